"""The site's transfers, wired to a stream's columns: who feeds whom, and which column shows it.

Made once for a layout. Everything is an index array into the levels of `levels.py`; a quantity that the stream
does not have points to the last level, which is always unknown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.layout import Layout
from detectors.levels import ABSENT, Feed, Watch, Watched
from detectors.paths import (
    PASSES_ON,
    below,
    emergency_sources,
    hangs_on,
    of_kind,
    same_source,
    sources_behind,
    switches_on,
    watched_source,
)
from telemetry.block import SECOND
from telemetry.site import Device

Index = NDArray[np.int64]
Members = NDArray[np.bool_]
Durations = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class UtilityWiring:
    """Utilities and whoever sees them.

    names: (V,); observers: (O,) devices; feeds: (O, 3); watches: (V, O) who sees which; retransfer: (V,) µs
    """

    names: tuple[str, ...]
    observers: tuple[str, ...]
    feeds: Index
    watches: Members
    retransfer: Durations


@dataclass(frozen=True, slots=True)
class SwitchWiring:
    """Two-source switches.

    devices: (S,); utility: (S,) index of the utility that is its normal source, -1 for none
    normal, normal_far: (S, 3) its own measurement and its source's; normal_status: (S,)
    emergency: (S, 3), emergency_frequency, emergency_status: the same for the other side
    load, load_far: (S, 3) its own and a meter's measurement of its load side; below: (S, B, 3) inputs of what it feeds
    below_ups: (S, U) the UPSs that it feeds
    sources: (S, G) its emergency sources, `needs` (S,) of which carry the load, 0 where it has none; has_generator: (S,)
    alone: (S, G) those of them that feed no other switch
    barred: (S, K) lockout contacts of the switch and on the way from its emergency sources; tripped: (S, K) breakers on it
    bus: (S, K) lockout contacts of the switchgear on its normal side
    poll: (S,) µs between two polls of the slowest device that its stages S2 to S4 are judged by
    load_poll: (S,) the same of what shows its load side
    """

    devices: tuple[Device, ...]
    utility: Index
    normal: Index
    normal_far: Index
    normal_status: Index
    emergency: Index
    emergency_frequency: Index
    emergency_status: Index
    position: Index
    mode: Index
    contact: Index
    load: Index
    load_far: Index
    below: Index
    below_ups: Members
    sources: Members
    needs: NDArray[np.int64]
    has_generator: Members
    alone: Members
    barred: Index
    tripped: Index
    bus: Index
    poll: Durations
    load_poll: Durations

    @property
    def normal_shown_by(self) -> Index:
        """(S, 3) places of the best witness of the normal side that the stream has."""
        status = np.repeat(self.normal_status[:, None], 3, axis=1)
        return np.where(self.normal >= 0, self.normal, np.where(status >= 0, status, self.normal_far))

    def setting(self, name: str) -> Durations:
        """(S,) µs of a timer of each switch's `transfer` settings."""
        return np.array([getattr(d.transfer, name) for d in self.devices], np.int64)


@dataclass(frozen=True, slots=True)
class SourceWiring:
    """What stands behind the emergency sides: generators, and other sources such as a second utility or a UPS.

    names: (G,); generator: (G,) bool; crank_limit, poll: (G,) µs
    state, speed, breaker, lockout, frequency, power: (G,); volts: (G, 3 K)
    shown_at: (G,) the switches by whose measurement alone it is judged; none where anything says itself that it runs
    """

    names: tuple[str, ...]
    generator: Members
    state: Index
    speed: Index
    breaker: Index
    lockout: Index
    volts: Index
    frequency: Index
    power: Index
    crank_limit: Durations
    poll: Durations
    shown_at: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class UpsWiring:
    """Uninterruptible supplies.

    names: (U,); switch, utility: (U,) index of the switch or else the utility that it hangs on, -1 for none
    status, charge, runtime: (U,); output, input: (U, 3)
    walk_in, poll: (U,) µs
    """

    names: tuple[str, ...]
    switch: Index
    utility: Index
    status: Index
    output: Index
    input: Index
    charge: Index
    runtime: Index
    walk_in: Durations
    poll: Durations


@dataclass(frozen=True, slots=True)
class Wiring:
    """All of it; `at`: each utility's, switch's and UPS's place among its own kind."""

    layout: Layout
    at: Mapping[str, int]
    watched: Watched
    utilities: UtilityWiring
    switches: SwitchWiring
    sources: SourceWiring
    upses: UpsWiring


def wire(layout: Layout) -> Wiring:
    """Wire a layout."""
    watch = Watch(layout)
    utilities = _utilities(layout, watch)
    names = emergency_sources(layout)
    upses = tuple(d for d in layout.site.devices if d.kind == "ups")
    switches = _switches(layout, watch, utilities.names, names, upses)
    return Wiring(
        layout=layout,
        at={
            name: i
            for group in (utilities.names, tuple(d.name for d in switches.devices), tuple(d.name for d in upses))
            for i, name in enumerate(group)
        },
        utilities=utilities,
        switches=switches,
        sources=_sources(layout, watch, names, switches),
        upses=_upses(layout, watch, upses, switches.devices, utilities.names),
        watched=watch.watched(),
    )


def _index(places: list[int]) -> Index:
    return np.array(places, np.int64)


def _feeds(feeds: list[Feed]) -> Index:
    return np.array(feeds, np.int64).reshape(-1, 3)


def _members(groups: Sequence[Sequence[str]], names: tuple[str, ...]) -> Members:
    """(groups, names) bool: which group has which name."""
    at = {name: i for i, name in enumerate(names)}
    found = np.zeros((len(groups), len(names)), bool)
    for row, group in zip(found, groups, strict=True):
        row[[at[name] for name in group if name in at]] = True
    return found


def _padded(rows: list[list[int]]) -> Index:
    """Ragged rows as one array, filled with the place that is always unknown."""
    width = max((len(r) for r in rows), default=0) or 1
    return np.array([r + [-1] * (width - len(r)) for r in rows], np.int64).reshape(len(rows), width)


def _utilities(layout: Layout, watch: Watch) -> UtilityWiring:
    utilities = of_kind(layout, "utility")
    names = tuple(d.name for d in utilities)
    observers: list[str] = []
    feeds: list[Feed] = []
    seen: list[int] = []
    for d in layout.site.devices:
        points, sees = watched_source(d)
        if sees not in names:
            continue
        feed = next((f for p in points if (f := watch.voltage(d, p)) != ABSENT), ABSENT)
        if feed != ABSENT:
            observers.append(d.name)
            feeds.append(feed)
            seen.append(names.index(sees))
    retransfer = [
        max((s.transfer.retransfer_delay for s in switches_on(layout, d.name)), default=d.transfer.retransfer_delay)
        for d in utilities
    ]
    watches = np.array(seen, np.int64)[None, :] == np.arange(len(names))[:, None]
    return UtilityWiring(names, tuple(observers), _feeds(feeds), watches, np.array(retransfer, np.int64))


def _switches(
    layout: Layout, watch: Watch, utilities: tuple[str, ...], sources: tuple[str, ...], upses: tuple[Device, ...]
) -> SwitchWiring:
    devices = of_kind(layout, "transfer_switch")
    site = {d.name: d for d in layout.site.devices}
    behind = [sources_behind(layout, d) for d in devices]
    normals = [same_source(layout, d.normal) for d in devices]
    ways = [[n for e in d.emergency for n in same_source(layout, e) if site[n].kind in PASSES_ON] for d in devices]
    fed = [below(layout, d) for d in devices]
    widest = max((len(b) for b in fed), default=0) or 1
    inputs = [[watch.voltage(site[n], "input") for n in b] + [ABSENT] * (widest - len(b)) for b in fed]

    def lockouts(names: list[str]) -> list[int]:
        return [watch.state(n, "lockout.status") for n in names]

    members = _members(behind, sources)
    return SwitchWiring(
        devices=devices,
        utility=_index([next((utilities.index(n) for n in names if n in utilities), -1) for names in normals]),
        normal=_feeds([watch.voltage(d, "input.1") for d in devices]),
        normal_far=_feeds([_source_feed(watch, site, d.normal) for d in devices]),
        normal_status=_index([watch.state(d.name, "input.1.status") for d in devices]),
        emergency=_feeds([watch.voltage(d, "input.2") for d in devices]),
        emergency_frequency=_index([watch.frequency(d, "input.2") for d in devices]),
        emergency_status=_index([watch.state(d.name, "input.2.status") for d in devices]),
        position=_index([watch.state(d.name, "input.source") for d in devices]),
        mode=_index([watch.state(d.name, "ats.mode") for d in devices]),
        contact=_index([watch.state(d.name, "ats.start_contact") for d in devices]),
        load=_feeds([watch.voltage(d, "output") for d in devices]),
        load_far=_feeds([_metered_output(layout, watch, d.name) for d in devices]),
        below=np.array(inputs, np.int64).reshape(len(devices), widest, 3),
        below_ups=_members(fed, tuple(u.name for u in upses)),
        sources=members,
        alone=members & (members.sum(axis=0) == 1),
        needs=np.array([min(d.needs, len(b)) for d, b in zip(devices, behind, strict=True)], np.int64),
        has_generator=np.array([any(site[n].kind == "generator" for n in b) for b in behind], bool),
        barred=_padded([lockouts([d.name, *way]) for d, way in zip(devices, ways, strict=True)]),
        tripped=_padded([[watch.state(n, "switchgear.breaker") for n in way] for way in ways]),
        bus=_padded([lockouts([n for n in names if site[n].kind == "switchgear"]) for names in normals]),
        poll=np.array(
            [max(x.interval for x in (d, *(site[n] for n in b))) for d, b in zip(devices, behind, strict=True)],
            np.int64,
        ),
        load_poll=np.array(
            [_load_poll(layout, watch, d, b) for d, b in zip(devices, fed, strict=True)],
            np.int64,
        ),
    )


def _load_poll(layout: Layout, watch: Watch, switch: Device, fed: list[str]) -> int:
    """µs between two polls of the best witness of a switch's load side that the stream has."""
    if watch.voltage(switch, "output") != ABSENT:
        return switch.interval
    if (meter := _meter_on(layout, watch, switch.name)) is not None:
        return meter.interval
    seeing = [d for d in map(layout.site.device, fed) if watch.voltage(d, "input") != ABSENT]
    return max((d.interval for d in seeing), default=switch.interval)


def _source_feed(watch: Watch, site: dict[str, Device], name: str | None) -> Feed:
    """What the source of a switch's side measures of itself."""
    if name is None:
        return ABSENT
    points = ("input", "output") if site[name].kind in ("utility", "meter") else ("output",)
    return next((f for p in points if (f := watch.voltage(site[name], p)) != ABSENT), ABSENT)


def _meter_on(layout: Layout, watch: Watch, switch: str) -> Device | None:
    """The meter that stands beside a switch's load side and gives a voltage."""
    meters = (d for d in of_kind(layout, "meter") if d.measures == switch and d.measures_point == "output")
    return next((d for d in meters if _metered(watch, d) != ABSENT), None)


def _metered(watch: Watch, meter: Device) -> Feed:
    return next((f for p in ("input", "output") if (f := watch.voltage(meter, p)) != ABSENT), ABSENT)


def _metered_output(layout: Layout, watch: Watch, switch: str) -> Feed:
    meter = _meter_on(layout, watch, switch)
    return ABSENT if meter is None else _metered(watch, meter)


def _sources(layout: Layout, watch: Watch, names: tuple[str, ...], switches: SwitchWiring) -> SourceWiring:
    devices = [layout.site.device(n) for n in names]
    every = range(len(names))
    owners = [[s for s, of in zip(switches.devices, switches.sources, strict=True) if of[g]] for g in every]
    alone = [
        [s for s, b in zip(switches.devices, switches.sources, strict=True) if b[g] and b.sum() == 1] for g in every
    ]

    def state(g: int, quantity: str) -> int:
        """Its own, or what the controller of a switch with this source alone says of it."""
        sayers = (names[g], *(s.name for s in alone[g]))
        return next((c for n in sayers if (c := watch.state(n, quantity)) >= 0), -1)

    states = [state(g, "generator.state") for g in every]
    speeds = [watch.number(n, "generator.speed", 50.0, 600.0) for n in names]
    own = [_source_feed(watch, {d.name: d}, d.name) for d in devices]
    # Of one that says nothing of itself, the only sign is what reaches the switches with this source alone.
    mute = [own[g] == ABSENT and states[g] < 0 and speeds[g] < 0 for g in every]
    shown_at = [[s for s in alone[g] if mute[g] and watch.voltage(s, "input.2") != ABSENT] for g in every]
    volts = [[watch.voltage(s, "input.2") for s in shown_at[g]] or [own[g]] for g in every]
    widest = max(map(len, volts), default=1)
    frequencies = [
        [watch.frequency(d, "output"), *(watch.frequency(s, "input.2") for s in shown_at[g])]
        for g, d in enumerate(devices)
    ]
    return SourceWiring(
        names=names,
        generator=np.array([d.kind == "generator" for d in devices], bool),
        state=_index(states),
        speed=_index(speeds),
        breaker=_index([state(g, "generator.breaker") for g in every]),
        lockout=_index([watch.state(n, "lockout.status") for n in names]),
        volts=np.array([(f * widest)[:widest] for f in volts], np.int64).reshape(len(names), 3 * widest),
        frequency=_index([next((c for c in found if c >= 0), -1) for found in frequencies]),
        power=_index(
            [watch.number(d.name, "output.realpower", max(1.0, 0.01 * (d.rating_power or 0.0))) for d in devices]
        ),
        crank_limit=np.array([max(s.transfer.crank_limit for s in owned) for owned in owners], np.int64),
        poll=np.array(
            [max(d.interval, *(s.interval for s in o)) for d, o in zip(devices, owners, strict=True)], np.int64
        ),
        shown_at=tuple(tuple(s.name for s in found) for found in shown_at),
    )


def _upses(
    layout: Layout, watch: Watch, devices: tuple[Device, ...], switches: tuple[Device, ...], utilities: tuple[str, ...]
) -> UpsWiring:
    at = {d.name: i for i, d in enumerate(switches)}
    feeders = [hangs_on(layout, d.fed_by) for d in devices]
    return UpsWiring(
        names=tuple(d.name for d in devices),
        switch=_index([at.get(n or "", -1) for n in feeders]),
        utility=_index([utilities.index(n) if n in utilities else -1 for n in feeders]),
        status=_index([watch.state(d.name, "ups.status") for d in devices]),
        output=_feeds([watch.voltage(d, "output") for d in devices]),
        input=_feeds([watch.voltage(d, "input") for d in devices]),
        charge=_index([watch.number(d.name, "battery.charge") for d in devices]),
        runtime=_index([watch.number(d.name, "battery.runtime") for d in devices]),
        walk_in=np.array([d.walk_in for d in devices], np.int64),
        poll=np.array([d.interval for d in devices], np.int64),
    )


def poll_allowance(poll: Durations) -> Durations:
    """µs within which two polls are sure to have been made."""
    return 2 * poll + SECOND
