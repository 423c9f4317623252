"""Oscillograms that tests write, in COMTRADE as the standards describe it; no code is shared with the reader."""

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

PHASES = {"A": 0.0, "B": -2 * np.pi / 3, "C": 2 * np.pi / 3}


@dataclass
class Channel:
    """One analog channel: name, phase field, circuit, unit, its instantaneous values, and its factors."""

    name: str
    phase: str
    circuit: str
    unit: str
    values: np.ndarray
    factor: float = 0.02
    primary: float = 1.0
    secondary: float = 1.0
    side: str = "P"


def sine(times, volts, hertz=50.0, angle=0.0, dips=()):
    """A voltage of `volts` RMS; `dips` are (from, to, part that is left), in seconds."""
    level = np.ones_like(times)
    for begin, end, part in dips:
        level[(times >= begin) & (times < end)] = part
    return np.sqrt(2) * volts * level * np.sin(2 * np.pi * hertz * times + angle)


def three_phases(times, volts, hertz=50.0, *, name="U{}", dips=(), circuit="", field=True, **factors):
    """Three phases, all with the same dips."""
    return [
        Channel(name.format(p), p if field else "", circuit, "V", sine(times, volts, hertz, angle, dips), **factors)
        for p, angle in PHASES.items()
    ]


def write_oscillogram(
    path: Path,
    channels,
    rates,
    *,
    hertz="50",
    form="BINARY",
    revision="1999",
    stamps=None,
    encoding="utf-8",
    start="01/03/2026,14:32:35.000000",
    tail=(),
    status=0,
):
    """Write the .cfg and the .dat beside it, or both as one .cff; gives the path of the first.

    rates: [(samples a second, number of the last sample)]; stamps: (S,) as they stand in the file, None for missing
    """
    count = len(channels[0].values)
    head = ["made-up station,rec" + ("" if revision == "1991" else f",{revision}")]
    head.append(f"{len(channels) + status},{len(channels)}A,{status}D")
    for n, c in enumerate(channels, 1):
        head.append(
            f"{n},{c.name},{c.phase},{c.circuit},{c.unit},{c.factor!r},0.0,0.0,-32767,32767"
            + ("" if revision == "1991" else f",{c.primary!r},{c.secondary!r},{c.side}")
        )
    head += [f"{n},S{n},,,0" for n in range(1, status + 1)]
    head += [hertz, str(len(rates) if rates[0][0] else 0), *(f"{rate},{end}" for rate, end in rates)]
    head += [start, start, form]
    head += [] if revision == "1991" else ["1.0"]
    head += tail
    stamps = [0xFFFFFFFF] * count if stamps is None else stamps
    raw = [c.values / c.factor for c in channels]
    data = _ascii(raw, stamps, status) if form == "ASCII" else _binary(raw, stamps, status, form)
    configuration = "".join(line + "\r\n" for line in head).encode(encoding)
    if path.suffix.lower() == ".cff":
        kind = "ASCII" if form == "ASCII" else f"{form}: {len(data)}"
        path.write_bytes(
            b"--- file type: CFG ---\r\n" + configuration + f"--- file type: DAT {kind} ---\r\n".encode() + data
        )
        return path
    path.write_bytes(configuration)
    suffix = ".DAT" if path.suffix.isupper() else ".dat"
    path.with_suffix(suffix).write_bytes(data)
    return path


def _ascii(raw, stamps, status):
    lines = []
    for i, stamp in enumerate(stamps):
        values = ["99999" if np.isnan(r[i]) else str(round(r[i])) for r in raw]
        lines.append(",".join([str(i + 1), "" if stamp == 0xFFFFFFFF else str(stamp), *values, *["0"] * status]))
    return ("\r\n".join(lines) + "\r\n\x1a").encode()


def _binary(raw, stamps, status, form):
    letter, missing = {"BINARY": ("h", -32768), "BINARY32": ("i", -(2**31)), "FLOAT32": ("f", float("nan"))}[form]
    words = -(-status // 16)
    rows = []
    for i, stamp in enumerate(stamps):
        values = [missing if np.isnan(r[i]) else r[i] if form == "FLOAT32" else round(r[i]) for r in raw]
        rows.append(struct.pack(f"<II{len(raw)}{letter}{words}H", i + 1, stamp, *values, *[0] * words))
    return b"".join(rows)
