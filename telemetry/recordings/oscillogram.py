"""An oscillogram: instantaneous values of all analog channels of a COMTRADE record, and when they were sampled."""

import io
import math
import re
from dataclasses import dataclass
from datetime import MINYEAR, UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import comtrade
import numpy as np
from numpy.typing import NDArray

from telemetry.moment import microseconds
from telemetry.recordings.oscillogram_files import OscillogramFiles, read_files
from telemetry.recordings.recording import RecordingError

Floats = NDArray[np.float64]

_PACKAGE: Any = comtrade  # has no types

_EXPECTED = "expected a COMTRADE configuration (IEEE C37.111-1991, -1999 or -2013)"
_NO_STAMP = 0xFFFFFFFF
_WIDTHS = {"BINARY": 2, "BINARY32": 4, "FLOAT32": 4}  # bytes of a value
_END = b"\x1a"  # what old systems end a text with
_DIGITS = 6  # of a number of channels
_MOST = 1e9  # V or A; what is beyond, not finite above all, is no sample
_DAY = 86_400  # s
_UNITS = {"V": ("V", 1.0), "kV": ("V", 1e3), "KV": ("V", 1e3), "A": ("A", 1.0), "kA": ("A", 1e3), "KA": ("A", 1e3)}
_RATES = (1e-3, 1e9)  # samples a second
_RATE_TOLERANCE = 0.02  # of a step
# What the package raises at a text that is no configuration, or at values that are none.
_FAULTS = (ValueError, TypeError, IndexError, AttributeError, OverflowError, comtrade.ComtradeError)


@dataclass(frozen=True, slots=True)
class Trace:
    """One analog channel.

    phase, circuit: as the recorder wrote them; often empty
    unit: `V`, `A`, or what else the recorder wrote
    rated: what its transformer is made for on the primary side, in `unit`; None where the recorder does not say
    values: (S,) in `unit`, of the primary side where the transformer's ratio is given; NaN where missing
    """

    name: str
    phase: str
    circuit: str
    unit: str
    rated: float | None
    values: Floats


@dataclass(frozen=True, slots=True)
class Oscillogram:
    """What one recorder caught.

    station, frequency: of the supply; Hz, as the recorder wrote it
    start: of the first sample, microseconds UTC
    times: (S,) s since `start`, strictly rising
    notes: what was assumed of its clock, for people
    """

    station: str
    frequency: float
    start: int
    times: Floats
    traces: tuple[Trace, ...]
    notes: tuple[str, ...]


def read_oscillogram(path: Path) -> Oscillogram:
    """Load a record, whole.

    Args:
        path: its .cfg or .cff

    Raises:
        RecordingError: a file is missing, is none of COMTRADE's or is damaged; the message says what was expected.
    """
    files = read_files(path)
    cfg = _configuration(files)
    _check(cfg, files)
    try:
        times, clock = _times(cfg, _stamps(cfg, files), files)
        analog = _analog(cfg, files)
    except _FAULTS as e:
        if isinstance(e, RecordingError):
            raise
        raise RecordingError(f"{files.data_name}: holds what is no sample ({e}); expected {cfg.ft} values") from None
    start, zone = _start(cfg, files)
    traces = tuple(_trace(c, v) for c, v in zip(cfg.analog_channels, analog, strict=True))
    return Oscillogram(cfg.station_name, cfg.frequency, start, times, traces, (*clock, *zone))


class _CountedLines:
    """A text that knows the line it is at."""

    def __init__(self, text: str) -> None:
        self._text = io.StringIO(text)
        self.number, self.line = 0, ""

    def readline(self) -> str:
        """The next line; empty at the end."""
        self.number, self.line = self.number + 1, self._text.readline()
        return self.line


def _configuration(files: OscillogramFiles) -> Any:
    text = files.configuration.split("\n")
    counts = re.findall(r"\d+", text[1]) if len(text) > 1 else []
    if any(len(count) > _DIGITS or int(count) > len(text) for count in counts):
        raise RecordingError(f"{files.path}: line 2 is {text[1].strip()[:60]!r}, more than its lines; {_EXPECTED}")
    cfg: Any = _PACKAGE.Cfg(ignore_warnings=True)
    lines = _CountedLines(files.configuration)
    try:
        cfg.read(lines)
    except _FAULTS:
        found = repr(lines.line.strip()[:60]) if lines.line else "the end of the file"
        raise RecordingError(f"{files.path}: line {lines.number} is {found}; {_EXPECTED}") from None
    return cfg


def _check(cfg: Any, files: OscillogramFiles) -> None:
    """Whether the configuration agrees with itself and with the length of the samples."""
    where = files.path
    if cfg.channels_count != cfg.analog_count + cfg.status_count:
        raise RecordingError(
            f"{where}: line 2 says {cfg.channels_count} channels, {cfg.analog_count} of them analog and "
            f"{cfg.status_count} status; expected their sum"
        )
    for number, channel in enumerate(cfg.analog_channels, 3):
        factors = (channel.a, channel.b, channel.primary, channel.secondary)
        if not all(map(math.isfinite, factors)):
            raise RecordingError(
                f"{where}: line {number} (channel {channel.name!r}) has a factor that is no number; expected a, b, "
                "primary and secondary as numbers"
            )
    last = [end for _, end in cfg.sample_rates]
    if not all(a < b for a, b in zip([0, *last], last, strict=False)):
        raise RecordingError(f"{where}: its sampling rates end at samples {last}; expected numbers that rise")
    if not all(rate == 0 or _RATES[0] <= rate <= _RATES[1] for rate, _ in cfg.sample_rates):
        raise RecordingError(f"{where}: has a sampling rate that is none; expected samples a second")
    held = _held(cfg, files)
    if held != last[-1]:
        raise RecordingError(
            f"{files.data_name}: holds {held:.6g} samples, {where.name} says {last[-1]}; expected as many: one of the "
            "two files was cut or belongs to another record"
        )


def _row_size(cfg: Any) -> int:
    return int(8 + cfg.analog_count * _WIDTHS[cfg.ft.upper()] + 2 * math.ceil(cfg.status_count / 16))


def _held(cfg: Any, files: OscillogramFiles) -> float:
    """How many samples the data hold; a fraction where they end within one."""
    form = cfg.ft.upper()
    if form == "ASCII":
        return len(_lines(files.data))
    if form not in _WIDTHS:
        raise RecordingError(
            f"{files.path}: its samples are of the form {cfg.ft!r}; expected ASCII, BINARY, BINARY32 or FLOAT32"
        )
    size = len(files.data)
    return (size - 1 if size % _row_size(cfg) == 1 and files.data.endswith(_END) else size) / _row_size(cfg)


def _lines(data: bytes) -> list[str]:
    return [line for line in data.replace(_END, b"").decode("ascii", "replace").splitlines() if line.strip()]


def _samples(cfg: Any, files: OscillogramFiles) -> str | bytes:
    """The data as the package takes them."""
    return "\n".join(_lines(files.data)) if cfg.ft.upper() == "ASCII" else files.data


def _stamps(cfg: Any, files: OscillogramFiles) -> Floats | None:
    """(S,) s, the stamps that samples carry; None where one has none."""
    if cfg.ft.upper() == "ASCII":
        texts = [line.split(",", 2)[1].strip() for line in _lines(files.data)]
        if not all(texts):
            return None
        stamps = np.array([float(text) for text in texts])
    else:
        size = _row_size(cfg)
        rows = np.frombuffer(files.data, np.uint8, len(files.data) // size * size).reshape(-1, size)
        stamps = rows[:, 4:8].copy().view("<u4")[:, 0].astype(np.float64)
    factor = float(cfg.timemult * cfg.time_base)
    if np.any(stamps == _NO_STAMP) or not (factor > 0 and math.isfinite(factor)):
        return None
    return _unwrapped(stamps) * factor


def _unwrapped(stamps: Floats) -> Floats:
    """The stamps since the first, where their counter of 16 or 32 bits ran over: at 65 ms, or at 4.3 s in nanoseconds."""
    steps = np.diff(stamps)
    turn = 2.0**16 if stamps.max() < 2**16 else 2.0**32
    steps[steps < -0.9 * turn] += turn
    return np.concatenate([[0.0], np.cumsum(steps)])


def _times(cfg: Any, stamps: Floats | None, files: OscillogramFiles) -> tuple[Floats, tuple[str, ...]]:
    """(S,) s since the first sample, and what was found strange.

    The samples' own stamps, which show gaps too, where they rise and keep to the rates; else the rates.
    """
    rising = stamps is not None and bool(np.all(np.diff(stamps) > 0))
    rated = all(rate for rate, _ in cfg.sample_rates)
    notes: tuple[str, ...] = ()
    if stamps is not None and rising and (not rated or _keeps_to(stamps, cfg)):
        times = stamps
    elif rated:
        times = _by_rate(cfg)
        if stamps is not None and stamps.any():
            notes = ("the times that its samples carry contradict its sampling rates: these were taken",)
    else:
        raise RecordingError(
            f"{files.data_name}: its samples carry no times that rise, and {files.path.name} no sampling rate; "
            "expected one of them"
        )
    if not times[-1] <= _DAY:
        raise RecordingError(f"{files.path}: is {times[-1] / 3600:.0f} h long; expected a record of no more than a day")
    return times, notes


def _by_rate(cfg: Any) -> Floats:
    """(S,) s; each sample lies one step of its own rate after the one before."""
    ends = [end for _, end in cfg.sample_rates]
    steps = np.repeat([1 / rate for rate, _ in cfg.sample_rates], np.diff([0, *ends]))
    return np.asarray(np.cumsum(steps) - steps[0])


def _keeps_to(stamps: Floats, cfg: Any) -> bool:
    """Whether the usual step of the stamps is that of the rate, in every stretch."""
    start = 0
    for rate, end in cfg.sample_rates:
        if end - start > 1 and abs(float(np.median(np.diff(stamps[start:end]))) * rate - 1) > _RATE_TOLERANCE:
            return False
        start = end
    return True


def _start(cfg: Any, files: OscillogramFiles) -> tuple[int, tuple[str, ...]]:
    """The time of the first sample, microseconds UTC, and what was assumed of it."""
    moment: datetime = cfg.start_timestamp.replace(tzinfo=UTC)
    if moment.year == MINYEAR:
        return 0, (f"{files.path.name} gives no date: its times count from 1970-01-01",)
    if moment.year < 100:  # the standard of 1991 has two digits
        moment = moment.replace(year=moment.year + (1900 if moment.year >= 70 else 2000))
    offset = _offset(str(cfg._time_code)) if cfg.rev_year == "2013" else None  # noqa: SLF001
    if offset is None:
        return microseconds(moment), ("the recorder's clock was taken for UTC",)
    return microseconds(moment - offset), ()


def _offset(code: str) -> timedelta | None:
    """`+9`, `-3h30`: how far the recorder's clock is ahead of UTC; None where that is not said."""
    match = re.fullmatch(r"([+-]?)(\d{1,2})(?:h(\d{1,2}))?", code.strip())
    if match is None:
        return None
    ahead = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return -ahead if match[1] == "-" else ahead


def _analog(cfg: Any, files: OscillogramFiles) -> list[Floats]:
    """(S,) of each analog channel, NaN where missing."""
    record: Any = _PACKAGE.Comtrade(ignore_warnings=True, use_numpy_arrays=True, use_double_precision=True)
    record.read(files.configuration, _samples(cfg, files))
    analog = [np.asarray(values, np.float64) for values in record.analog]
    if cfg.rev_year == "1991" and cfg.ft.upper() == "BINARY" and analog:
        # There a missing value is written as -1, which is a value too: it is missing where all channels have it.
        lost = np.logical_and.reduce([np.isnan(values) for values in analog])
        minus_one = [c.b - c.a for c in cfg.analog_channels]
        analog = [np.where(np.isnan(v) & ~lost, x, v) for v, x in zip(analog, minus_one, strict=True)]
    return analog


def _trace(channel: Any, values: Floats) -> Trace:
    """A channel with its values on the primary side, in V or A where they are voltages or currents."""
    ratio, rated = 1.0, None
    unit, scale = _UNITS.get(channel.uu, (channel.uu, 1.0))
    if channel.primary > 0 and channel.secondary > 0 and channel.primary != channel.secondary:
        rated = channel.primary * scale
        ratio = channel.primary / channel.secondary if channel.pors.upper() == "S" else 1.0
    values = np.where(np.abs(values) < _MOST, values * (ratio * scale), np.nan)
    return Trace(channel.name, channel.ph, channel.ccbm, unit, rated, values)
