"""Where a finding stands on the one-line, and what its power comes through."""

from collections.abc import Iterator
from functools import lru_cache

from telemetry.block import SECOND
from telemetry.oneline import OneLine, feeder
from telemetry.site import Device, Site


class Reach:
    """Questions about one site's one-line, as suppression and incidents ask them.

    A device has one way on which its power normally comes: its feeder, a switch's normal source, what a
    meter measures. Emergency sources stand by beside that way; a bypass is none.
    """

    def __init__(self, site: Site) -> None:
        self._oneline = OneLine(site)
        self._devices = {d.name: d for d in site.devices}
        self._loads = {load.name: load.fed_by for load in site.loads}
        self.above = lru_cache(maxsize=None)(self._above)
        self.standby = lru_cache(maxsize=None)(self._standby)
        self.sources = lru_cache(maxsize=None)(self._sources)

    def node(self, subject: str, point: str | None) -> str:
        """The device whose output is seen at that point: the feeder for an input, itself for an output or a source."""
        return self._oneline.node(subject, point)

    def depth(self, subject: str, point: str | None) -> tuple[int, bool]:
        """Sorts by nearness to the source; where two see the same, the one that it is comes first."""
        node = self.node(subject, point)
        return (self._oneline.depth(node), node != subject)

    def _above(self, subject: str, point: str | None, *, past_ups: bool) -> frozenset[str]:
        """What the power at that point comes through, sources included.

        Args:
            subject: a device or load.
            point: which of its feeds; None for its normal one.
            past_ups: whether to look on above a UPS, which keeps a bad supply from what it feeds.
        """
        found: set[str] = set()
        edge = list(self._loads.get(subject, ())) or [self.node(subject, point)]
        for name in edge:
            found.update(self._way(name, past_ups=past_ups))
        return frozenset(found)

    def _way(self, name: str, *, past_ups: bool = True) -> Iterator[str]:
        while True:
            yield name
            device = self._devices.get(name)
            above = feeder(device) if device else None
            if above is None or (device and device.kind == "ups" and not past_ups):
                return
            name = above

    def _standby(self, subject: str, point: str | None) -> frozenset[str]:
        """The emergency sources of the switches above, and what feeds those."""
        found: set[str] = set()
        for switch in self.switches(subject, point):
            for name in switch.emergency:
                found.update(self._way(name))
        return frozenset(found)

    def switches(self, subject: str, point: str | None) -> tuple[Device, ...]:
        """The transfer switches that the power at that point comes through, by name."""
        names = sorted(self.above(subject, point, past_ups=True))
        return tuple(self._devices[n] for n in names if self._devices[n].kind == "transfer_switch")

    def short(self, switch: Device, failed: set[str]) -> bool:
        """Whether fewer of the switch's emergency sources are left than it needs, when all these have failed."""
        sources = {s: {*self._way(name), s} for name in switch.emergency for s in self._oneline.sources(name)}
        left = [s for s, way in sources.items() if not way & failed]
        return len(left) < min(switch.needs, len(sources))

    def carriers(self, subject: str, cause: str) -> frozenset[str]:
        """The UPSs between `cause` and `subject`, itself included: these have a battery to speak with."""
        between = (
            ({subject} | self.above(subject, None, past_ups=True)) - self.above(cause, None, past_ups=True) - {cause}
        )
        return frozenset(n for n in between if n in self._devices and self._devices[n].kind == "ups")

    def walk_in(self, subject: str) -> int:
        """How long that UPS takes to load a source that it has accepted, microseconds."""
        return self._devices[subject].walk_in

    def _sources(self, subject: str) -> frozenset[str]:
        """The sources that an alarm of this subject has to do with.

        A switch's are its normal and its emergency ones, a generator's itself and the normal ones of the
        switches that wait for it; a load's are those of all its sides.
        """
        device = self._devices.get(subject)
        found = {n for n in self.above(subject, None, past_ups=True) if not self._oneline.feeders(n)}
        if device and device.kind == "transfer_switch":
            found |= {s for name in device.emergency for s in self._oneline.sources(name)}
        if device and device.kind in ("generator", "switchgear"):
            served = [d for d in self._devices.values() if subject in self.emergency_way(d)]
            found |= {s for d in served for s in self.sources(d.name)}
        return frozenset(found)

    def emergency_way(self, device: Device) -> frozenset[str]:
        """What the emergency sources of a switch come through."""
        return frozenset(n for name in device.emergency for n in self._way(name))


def longest_transfer(switch: Device) -> int:
    """Microseconds from the loss of the normal source until a UPS has to accept the other, all deadlines used up.

    Start delay, crank limit + 5 s, transfer delay + 10 s, neutral delay, and 60 s for the UPS beside its walk-in.
    """
    t = switch.transfer
    return t.start_delay + t.crank_limit + t.transfer_delay + t.neutral_delay + 75 * SECOND
