"""The feeds that are judged for their supply: where a voltage or frequency means something at all times.

A resting generator has no voltage and that is right; so the voltage of generators, and of the side of a switch that
has one behind it, is judged by the transfer supervisor alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.layout import SQRT3, Layout
from device_profiles.quantities import PHASE_TO_NEUTRAL, PHASE_TO_PHASE, quantity
from telemetry.site import Device

# One slot for each form in which a device can give a voltage, and the voltage's part of the nominal.
FORMS = {
    **dict.fromkeys((f"{p}." for p in PHASE_TO_NEUTRAL), 1.0),
    **dict.fromkeys((f"{p}." for p in PHASE_TO_PHASE), SQRT3),
    "": 1.0,
}

_STATUS = quantity("ups.status")
# While a UPS says one of these it claims to carry its load; an output without voltage is then an event. One that has
# never said anything is judged: unknown is not off. One that fell silent is taken at its last word.
CARRYING = np.array([s != "off" for s in _STATUS.states])


@dataclass(frozen=True, slots=True)
class Feeds:
    """F feeds with their columns; -1 where a device does not give that one.

    names: (device, point)
    columns: (F, 7) voltages, in the order of `FORMS`
    nominal: (F, 7) float32, V
    frequency: (F,) column
    nominal_frequency: (F,) Hz
    status: (F,) column of the state by which the device says whether it carries this feed
    """

    names: tuple[tuple[str, str], ...]
    columns: NDArray[np.int64]
    nominal: NDArray[np.float32]
    frequency: NDArray[np.int64]
    nominal_frequency: NDArray[np.float32]
    status: NDArray[np.int64]

    @property
    def keys(self) -> tuple[str, ...]:
        """What a state's entries along the feeds are named by."""
        return tuple("/".join(name) for name in self.names)

    def where(self, chosen: Sequence[bool]) -> "Feeds":
        """Only these of the feeds."""
        mask = np.array(chosen, bool)
        names = tuple(name for name, ok in zip(self.names, chosen, strict=True) if ok)
        return Feeds(
            names, *(a[mask] for a in (self.columns, self.nominal, self.frequency, self.nominal_frequency, self.status))
        )


def judged_feeds(layout: Layout) -> Feeds:
    """Every feed of the layout that gives a voltage or a frequency and is judged."""
    return feeds_at(layout, [(device, point) for device in layout.site.devices for point in _points(device, layout)])


def feeds_at(layout: Layout, points: Sequence[tuple[Device, str]]) -> Feeds:
    """Those of these points of devices at which the layout has a voltage or a frequency."""
    names, columns, nominal, frequency, hertz, status = [], [], [], [], [], []
    for device, point in points:
        volts = [layout.column(device.name, f"{point}.{form}voltage") for form in FORMS]
        f = layout.column(device.name, f"{point}.frequency")
        if max(*volts, f) < 0:
            continue
        base = device.nominal_output_voltage if point == "output" else device.nominal_voltage
        names.append((device.name, point))
        columns.append(volts)
        nominal.append([base * part for part in FORMS.values()])
        frequency.append(f)
        hertz.append(device.nominal_frequency)
        status.append(layout.column(device.name, "ups.status") if point == "output" else -1)
    return Feeds(
        tuple(names),
        np.array(columns, np.int64).reshape(-1, len(FORMS)),
        np.array(nominal, np.float32).reshape(-1, len(FORMS)),
        np.array(frequency, np.int64),
        np.array(hertz, np.float32),
        np.array(status, np.int64),
    )


def _points(device: Device, layout: Layout) -> tuple[str, ...]:
    if device.kind in ("utility", "meter", "pdu"):
        return ("input",)
    if device.kind == "ups":
        return ("input", "output")
    if device.kind == "transfer_switch":
        behind = {n for e in device.emergency for n in (e, *layout.oneline.upstream(e))}
        started = any(layout.oneline.kind(n) == "generator" for n in behind)
        return ("input.1",) if started else ("input.1", "input.2")
    return ()
