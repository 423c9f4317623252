"""The site that is assumed for a recording that comes without one."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from device_profiles.quantities import PHASE_TO_PHASE
from telemetry.block import SECOND, Channel
from telemetry.nominal import STANDARD_VOLTAGES
from telemetry.recordings.cadence import Cadence
from telemetry.site import Device, Site

_DEAD = 50.0  # V; below, a side is without voltage and says nothing of its nominal one
_STANDSTILL = 25.0  # Hz; the same
_SQRT3 = 3**0.5
_OUT = ("output.",)
_IN = ("input.", "input.1.", "input.2.", "input.bypass.")

Samples = Mapping[Channel, NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class _Nominal:
    """A nominal voltage that was chosen. volts: as the standard has it; to_neutral: V, the same line to neutral."""

    volts: int
    form: str
    median: float

    @property
    def to_neutral(self) -> float:
        return self.volts / _SQRT3 if self.form == "line to line" else float(self.volts)


def assume_site(channels: tuple[Channel, ...], cadence: Cadence, first_hour: Samples) -> tuple[Site, tuple[str, ...]]:
    """A site named `replay` with the recording's devices, unconnected; and what was assumed, for people.

    Args:
        channels: of the recording
        cadence: of the recording; its interval becomes the tick
        first_hour: the values of the first hour, (n,) a channel, of voltages and frequencies
    """
    own = {name: tuple(of_device) for name, of_device in groupby(sorted(channels), key=lambda channel: channel.device)}
    sides = {name: (_nominal(c, _IN, first_hour), _nominal(c, _OUT, first_hour)) for name, c in own.items()}
    chosen = Counter(nominal.to_neutral for pair in sides.values() for nominal in pair if nominal)
    usual = chosen.most_common(1)[0][0] if chosen else Site("replay", ()).nominal_voltage
    frequency, reason = _frequency(first_hour)
    devices = []
    for name, (into, out) in sides.items():
        interval = min(int(cadence.channel_interval[channels.index(channel)]) for channel in own[name])
        either = into or out
        device = Device(
            name,
            _kind_of(tuple(channel.quantity for channel in own[name])),
            interval=max(1, round(interval / cadence.interval)) * cadence.interval,
            nominal_voltage=either.to_neutral if either else usual,
            nominal_output_voltage=out.to_neutral if out else either.to_neutral if either else usual,
            nominal_frequency=frequency,
        )
        devices.append(device)
    told = "; ".join(f"{d.name} ({d.kind}): {_said(*sides[d.name], usual)}" for d in devices)
    note = (
        f"no site file was given: assumed the site 'replay', a row every {cadence.interval / SECOND:g} s, "
        f"nominal {frequency:g} Hz ({reason}), and unconnected devices: {told}"
    )
    return Site("replay", tuple(devices), (), cadence.interval, usual, frequency), (note,)


def _kind_of(quantities: tuple[str, ...]) -> str:
    """The kind of a device that gives these quantities."""
    for kind, beginnings in (
        ("ups", ("ups.", "battery.")),
        ("transfer_switch", ("input.source", "ats.", "input.1.", "input.2.")),
        ("generator", ("generator.",)),
        ("pdu", ("outlet.",)),
    ):
        if any(quantity.startswith(beginnings) for quantity in quantities):
            return kind
    return "meter"


def _nominal(channels: tuple[Channel, ...], side: tuple[str, ...], samples: Samples) -> _Nominal | None:
    """The standard voltage nearest to the median of one side of a device: line to neutral where it has that."""
    voltages = [c for c in channels if c.quantity.startswith(side) and c.quantity.endswith(".voltage")]
    to_line = [c for c in voltages if c.quantity.split(".")[-2] in PHASE_TO_PHASE]
    to_neutral = [c for c in voltages if c not in to_line]
    for form, columns in (("line to neutral", to_neutral), ("line to line", to_line)):
        median = _median([samples[c] for c in columns if c in samples], _DEAD)
        if median is not None:
            return _Nominal(min(STANDARD_VOLTAGES, key=lambda volts: abs(volts - median)), form, median)
    return None


def _frequency(samples: Samples) -> tuple[float, str]:
    """The nominal frequency and why."""
    median = _median([values for c, values in samples.items() if c.quantity.endswith(".frequency")], _STANDSTILL)
    if median is None:
        return Site("replay", ()).nominal_frequency, "no frequency in the first hour"
    return min((50.0, 60.0), key=lambda hertz: abs(hertz - median)), f"median of the first hour {median:.2f} Hz"


def _median(parts: list[NDArray[np.float32]], above: float) -> float | None:
    """The median of all values above a bound; None where there is none."""
    values = np.concatenate([part[part > above] for part in parts]) if parts else np.empty(0)
    return float(np.median(values)) if len(values) else None


def _said(into: _Nominal | None, out: _Nominal | None, usual: float) -> str:
    sides = [
        f"nominal {nominal.volts} V {nominal.form} at its {side} (median of the first hour {nominal.median:.1f} V)"
        for nominal, side in ((into, "input"), (out, "output"))
        if nominal
    ]
    return " and ".join(sides) or f"no voltage in the first hour, nominal {usual:.0f} V line to neutral taken"
