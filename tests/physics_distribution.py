"""When power does not get to where it should, or could not if one more thing failed."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from hidden import Record
from physics_transfer import TRIPPED
from physics_ups import battery_alarms, input_good, side_lost
from spans import Mask, Span, spans
from telemetry.oneline import OneLine
from telemetry.site import Load

DEAD, USABLE = 0.1, 0.5  # parts of nominal
WARNS, OVER = 0.80, 1.00  # NEC: 80 % of a breaker for what runs for hours; the rating
FAILOVER = 30.0  # s within which both sides are lost together


def feed_lost(record: Record, name: str) -> list[Span]:
    """It, or one phase of it, is dead behind a feed that is not."""
    device = record.site.device(name)
    feed = record.feed(device.fed_by or device.normal)
    alive = record.node(feed, "lowest") >= 0.85
    found = spans(record.times, alive & (record.node(name, "highest") < DEAD))
    found += spans(record.times, alive & (record.node(name, "lowest") < DEAD))
    if device.kind == "ups":
        found += spans(record.times, record.node(feed, "highest") < DEAD)
    return found


def load_lost(record: Record, name: str) -> list[Span]:
    return spans(record.times, record.of(name, "lost"))


def redundancy_lost(record: Record, name: str) -> list[Span]:
    """Some of its cords are without power, not all. It may be said since nothing could keep that side any more."""
    load = _load(record, name)
    usable = _usable(record, load)
    left = usable.sum(axis=0)
    found = []
    for span in spans(record.times, (left > 0) & (left < len(usable)), until=1.0):
        step = int(np.searchsorted(record.times, span.begin))
        dead = [cord for cord, there in zip(load.fed_by, usable[:, step, span.site], strict=True) if not there]
        found.append(span._replace(begin=min(span.begin, *(side_lost(record, cord, span.site, step) for cord in dead))))
    return found


def not_redundant(record: Record, name: str) -> list[Span]:
    """One failure takes all of it: one cord, one device on every way to it, or a cord that gives nothing."""
    load = _load(record, name)
    line = OneLine(record.site)
    ways = [{cord, *line.upstream(cord)} - set(line.sources(cord)) for cord in load.fed_by]
    shared = len(ways) < 2 or bool(set.intersection(*ways))
    mask = np.full((len(record.times), record.sites), shared) | (_usable(record, load).sum(axis=0) < 2)
    return spans(record.times, mask, standing=True)


def failover_overload(record: Record, name: str) -> list[Span]:
    """It would be overloaded if it had to carry alone what it shares with the other side."""
    shares = [
        load for load in record.site.loads if len(load.fed_by) > 1 and name in OneLine(record.site).upstream(load.name)
    ]
    if not shares:
        return []
    alone = [
        load for load in record.site.loads if load not in shares and name in OneLine(record.site).upstream(load.name)
    ]
    watts = np.sum([record.of(load.name, "drawn") for load in (*shares, *alone)], axis=0)
    rating = _watts(record, name)
    return [span for limit in (WARNS, OVER) for span in spans(record.times, watts > limit * rating, standing=True)]


def overload(record: Record, name: str) -> list[Span]:
    found = []
    for limit in (WARNS, OVER, 1.05, 1.10):
        if name in record.names.get("ups", ()):
            over = record.of(name, "overload") > limit
            if limit == WARNS:
                continue
        elif name in record.names.get("generator", ()):
            over = record.of(name, "load") > limit * record.fixed[name]["rating"]
        else:
            over = record.of(name, "current") > limit * record.fixed[name]["rating"]
        found += spans(record.times, over, until=10.0)
    return found


def common_mode_loss(record: Record, name: str) -> list[Span]:
    """Every side of it has lost its sources within 30 s, dead or not yet."""
    load = _load(record, name)
    lost = [_side_without_source(record, cord) for cord in load.fed_by]
    if len(lost) < 2:
        return []
    found = []
    for span in spans(record.times, np.logical_and.reduce(lost), standing=True):
        step = int(np.searchsorted(record.times, span.begin))
        begins = [step - int(np.argmin(side[step::-1, span.site])) + 1 for side in lost]
        first, last = (int(record.times[min(max(b, 0), step)]) for b in (min(begins), max(begins)))
        if last - first <= FAILOVER * 1e6:
            found.append(span)
    return found


def emergency_power_off(record: Record, name: str) -> list[Span]:
    what = "emergency_off" if name in record.names.get("ups", ()) else "emergency_stop"
    return spans(record.times, record.of(name, what))


def temperature_high(record: Record, name: str) -> list[Span]:
    """Coolant above its pre-alarm; a UPS or its battery, or the room, above what makers and ASHRAE recommend."""
    found: list[Span] = []
    if name in record.names.get("generator", ()):
        hot = record.of(name, "coolant") > record.fixed[name]["high_temperature_warning"]
        found += spans(record.times, hot, standing=True)
    elif name in record.names.get("ups", ()):
        for what, limits in (("temperature", (35.0, 40.0)), ("battery_temperature", (30.0, 35.0, 40.0))):
            for limit in limits:
                found += spans(record.times, record.of(name, what) > limit, standing=True)
    for room in record.names.get("room", ()):
        found += spans(record.times, record.of(room, "temperature") > 27.0, standing=True)
    return found


def device_alarm(record: Record, name: str) -> list[Span]:
    """The device itself would complain."""
    kind = record.kind(name)
    masks: Iterable[Mask]
    match kind:
        case "ups":
            masks = battery_alarms(record, name)
        case "generator":
            hot = record.of(name, "coolant") > record.fixed[name]["high_temperature_warning"]
            masks = [record.of(name, "lockout"), record.of(name, "trip") > 0, record.of(name, "emergency_stop"), hot]
        case "pdu" | "switchgear":
            masks = [record.of(name, "breaker") == TRIPPED, record.node(name, "highest") < DEAD]
        case "transfer_switch":
            masks = [record.of(name, "fault") > 0, record.of(name, "mode") > 0]
        case _:
            masks = []
    return [span for mask in masks for span in spans(record.times, mask, until=10.0)]


def _side_without_source(record: Record, cord: str) -> Mask:
    """Nothing feeds the UPS of that side, or, where it has none, the cord itself is dead."""
    above = (cord, *OneLine(record.site).upstream(cord))
    upses = [name for name in above if name in record.names.get("ups", ())]
    if not upses:
        dead: Mask = record.node(record.feed(cord), "lowest") < USABLE
        return dead
    unfed: Mask = np.logical_and.reduce([~input_good(record, ups) for ups in upses])
    return unfed


def _usable(record: Record, load: Load) -> NDArray[np.bool_]:
    """`(cords, T, S)`."""
    sound = record.of(load.name, "sound")
    nodes = [record.node(record.feed(cord), "lowest") >= USABLE for cord in load.fed_by]
    return np.array([node & sound[..., i] for i, node in enumerate(nodes)])


def _watts(record: Record, name: str) -> NDArray[np.float64]:
    """`(S,)` W that it is rated for."""
    rating = np.asarray(record.fixed[name]["rating"])
    if name in record.names.get("ups", ()) or name in record.names.get("generator", ()):
        return rating
    return rating * 3 * record.site.device(name).nominal_voltage


def _load(record: Record, name: str) -> Load:
    for load in record.site.loads:
        if load.name == name:
            return load
    raise KeyError(name)


DISTRIBUTION = {
    f.__name__: f
    for f in (
        feed_lost,
        load_lost,
        redundancy_lost,
        not_redundant,
        failover_overload,
        overload,
        common_mode_loss,
        emergency_power_off,
        temperature_high,
        device_alarm,
    )
}
