"""Which columns of a block are what: the phases of a feed, the position of a switch.

A layout is made once for a stream's channels. Detectors ask it for columns when they start, and keep
index arrays; in `step` they touch names no more.
"""

import math
from dataclasses import dataclass

from device_profiles.quantities import PHASE_TO_NEUTRAL, PHASE_TO_PHASE
from telemetry.block import Channel
from telemetry.oneline import OneLine
from telemetry.site import Device, Site

SQRT3 = math.sqrt(3)


@dataclass(frozen=True, slots=True)
class Feed:
    """The voltage columns of one feed of one device.

    columns: one a phase; phase to neutral where the device gives that, else phase to phase, else its single figure
    nominal: V that each of these columns should read
    """

    columns: tuple[int, ...]
    nominal: float


class Layout:
    """The columns of one stream, seen through the site."""

    def __init__(self, site: Site, channels: tuple[Channel, ...]) -> None:
        self.site = site
        self.oneline = OneLine(site)
        self.channels = channels
        self._column = {c: i for i, c in enumerate(channels)}
        self._of: dict[str, list[int]] = {d.name: [] for d in site.devices}
        for i, channel in enumerate(channels):
            if channel.device not in self._of:
                raise ValueError(
                    f"the stream has a device {channel.device!r} that the site {site.name!r} does not have"
                )
            self._of[channel.device].append(i)

    def column(self, device: str, quantity: str) -> int:
        """The column of that quantity, or -1."""
        return self._column.get(Channel(device, quantity), -1)

    def columns(self, device: str) -> tuple[int, ...]:
        """All columns of a device."""
        return tuple(self._of[device])

    def feed(self, device: Device, point: str) -> Feed | None:
        """The voltages of `point` (`input`, `output`, `input.1`, `input.2`, `input.bypass`); None where the device gives none."""
        nominal = device.nominal_output_voltage if point == "output" else device.nominal_voltage
        for phases, factor in ((PHASE_TO_NEUTRAL, 1.0), (PHASE_TO_PHASE, SQRT3), (("",), 1.0)):
            names = (f"{point}.{phase}.voltage" if phase else f"{point}.voltage" for phase in phases)
            found = tuple(c for name in names if (c := self.column(device.name, name)) >= 0)
            if found:
                return Feed(found, nominal * factor)
        return None
