"""The one-line: how the site's devices and loads feed one another."""

from graphlib import TopologicalSorter

from telemetry.site import Device, Site


class OneLine:
    """The graph of a site: an edge from each feeder to what it feeds. A site file with a cycle never gets here."""

    def __init__(self, site: Site) -> None:
        self._devices = {d.name: d for d in site.devices}
        self._kind = {d.name: d.kind for d in site.devices} | {load.name: "load" for load in site.loads}
        self._feeders: dict[str, tuple[str, ...]] = {}
        for d in site.devices:
            measured = (d.measures,) if d.measures and d.fed_by is None else ()
            feeders = (d.normal, *d.emergency, d.fed_by, d.bypass_fed_by, *measured)
            self._feeders[d.name] = tuple(dict.fromkeys(f for f in feeders if f))
        for load in site.loads:
            self._feeders[load.name] = load.fed_by
        fed: dict[str, list[str]] = {name: [] for name in self._feeders}
        for name, its_feeders in self._feeders.items():
            for feeder in its_feeders:
                fed[feeder].append(name)
        self._fed = {name: tuple(names) for name, names in fed.items()}
        self._upstream = {name: self._above(name) for name in self._feeders}
        self._depth: dict[str, int] = {}
        for name in TopologicalSorter(self._feeders).static_order():
            self._depth[name] = max((1 + self._depth[feeder] for feeder in self._feeders[name]), default=0)

    def _above(self, name: str) -> tuple[str, ...]:
        found: dict[str, None] = {}
        edge = list(self._feeders[name])
        while edge:
            found |= dict.fromkeys(edge)
            edge = list(dict.fromkeys(n for at in edge for n in self._feeders[at] if n not in found))
        return tuple(found)

    @property
    def names(self) -> tuple[str, ...]:
        """Every device and load."""
        return tuple(self._feeders)

    def kind(self, name: str) -> str:
        """The device's kind, or `load`."""
        return self._kind[name]

    def feeders(self, name: str) -> tuple[str, ...]:
        """What feeds it directly: normal before emergency, own feed before bypass. A meter hangs on what it measures."""
        return self._feeders[name]

    def fed(self, name: str) -> tuple[str, ...]:
        """What it feeds directly."""
        return self._fed[name]

    def upstream(self, name: str) -> tuple[str, ...]:
        """Everything between it and its sources, sources included, nearest first."""
        return self._upstream[name]

    def sources(self, name: str) -> tuple[str, ...]:
        """The devices upstream that nothing feeds: utilities, generators; itself, if nothing feeds it."""
        return tuple(n for n in (name, *self._upstream[name]) if not self._feeders[n])

    def depth(self, name: str) -> int:
        """Steps from the furthest source: 0 for a source. Nearer the source is smaller."""
        return self._depth[name]

    def node(self, name: str, point: str | None) -> str:
        """The device whose output is seen at that point: the feeder for an input, itself for an output or a source."""
        device = self._devices.get(name)
        if device is None:
            return name
        if device.kind == "meter" and device.measures and device.fed_by is None:
            return device.measures if device.measures_point == "output" else self.node(device.measures, "input")
        if point == "input.2" and device.emergency:
            return device.emergency[0]
        if point == "input.bypass" and device.bypass_fed_by:
            return device.bypass_fed_by
        return name if point == "output" else feeder(device) or name


def feeder(device: Device) -> str | None:
    """What its power normally comes from: its feeder, a switch's normal source, what a meter measures."""
    return device.fed_by or device.normal or device.measures or next(iter(device.emergency), None)
