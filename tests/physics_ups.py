"""When a UPS lives on its battery, on its bypass, on nothing, and when that could be foreseen."""

import numpy as np

from hidden import Record
from physics_supply import good_for
from simulators.ups.controller import FAULTS
from spans import Mask, Span, onsets, repeated, runs, spans, without_gaps
from telemetry.block import SECOND
from telemetry.oneline import OneLine

ONLINE, ON_BATTERY, BYPASS, OFF, TEST, BOOST, TRIM, ECO = range(8)
LOW, DEPLETED, FAULT, REPLACE = 1, 2, 3, 4
CHARGER = FAULTS.index("charger")
DEAD = 0.1  # parts of nominal, IEEE 1159
WORN = 0.80  # IEEE 1188: end of life
LITTLE = 120.0  # s, RFC 1628: the usual low-battery time
SPELL = 30.0  # s on line between two discharges that are one


def on_battery(record: Record, name: str) -> Mask:
    mask: Mask = record.of(name, "mode") == ON_BATTERY
    return mask


def input_good(record: Record, name: str) -> Mask:
    """What is at its input is what any UPS takes: 0.9–1.1 on every phase, frequency within 5 %."""
    device = record.site.device(name)
    feed = record.feed(device.fed_by)
    lowest, highest = record.node(feed, "lowest"), record.node(feed, "highest")
    near: Mask = np.abs(record.node(feed, "frequency") / device.nominal_frequency - 1) <= 0.05
    return near & (lowest >= 0.90) & (highest <= 1.10)


def dropped(record: Record, name: str) -> Mask:
    """Its output is dead, whoever did it."""
    dead: Mask = record.node(name, "highest") < DEAD
    return dead


def ups_on_battery(record: Record, name: str) -> list[Span]:
    return spans(record.times, on_battery(record, name))


def ups_on_bypass(record: Record, name: str) -> list[Span]:
    return spans(record.times, record.of(name, "mode") == BYPASS)


def ups_load_dropped(record: Record, name: str) -> list[Span]:
    return spans(record.times, dropped(record, name))


def ups_rejects_source(record: Record, name: str) -> list[Span]:
    """It lives on its battery for most of the time although its input is good."""
    walk_in = record.site.device(name).walk_in / SECOND
    well = input_good(record, name)
    refuses = well & without_gaps(record.times, on_battery(record, name), 5.0)
    return spans(record.times, refuses, held=walk_in + 15.0, until=walk_in + 120.0)


def ups_cycling(record: Record, name: str) -> list[Span]:
    """It goes to its battery and back again and again, though its input does not fail."""
    alive = record.node(record.feed(record.site.device(name).fed_by), "lowest") >= 0.85
    found = repeated(onsets(record.times, on_battery(record, name) & alive), 3, 120.0, end=60.0)
    return [span._replace(until=span.end) for span in found]


def battery_low(record: Record, name: str) -> list[Span]:
    """Its card says so, or it is in fact lost within two minutes."""
    found = spans(record.times, np.isin(record.of(name, "status"), (LOW, DEPLETED)), standing=True)
    for span in load_loss_predicted(record, name):
        last = max(span.begin, span.end - round(LITTLE * SECOND))
        found.append(Span(span.site, last, span.end, last, span.end))
    return found


def battery_weak(record: Record, name: str) -> list[Span]:
    """A string is worn, or open: known as soon as it must give, or as a test finds it."""
    worn = record.of(name, "weakest") < WORN
    gives = np.isin(record.of(name, "mode"), (ON_BATTERY, TEST))
    status = np.isin(record.of(name, "status"), (FAULT, REPLACE)) | (record.of(name, "test_result") == 3)
    found = spans(record.times, worn & gives, standing=True) + spans(record.times, status, standing=True)
    return found + spans(record.times, worn, standing=True)


def battery_drain(record: Record, name: str) -> list[Span]:
    """It discharges anew before the charge of the last time is back."""
    stored = record.of(name, "stored")
    full = stored[:1]
    found = []
    for site, first, last in runs(without_gaps(record.times, on_battery(record, name), 1.0)):
        if first and stored[first - 1, site] < 0.97 * full[0, site]:
            begin, end = int(record.times[first]), int(record.times[min(last, len(stored) - 1)])
            found.append(Span(site, begin, end, begin, end))
    return found


def charger_not_charging(record: Record, name: str) -> list[Span]:
    """On a good source for five minutes, not full, and nothing goes into the battery."""
    stored = record.of(name, "stored")
    missing = stored < 0.98 * stored.max(axis=0)
    idle = (record.of(name, "mode") == ONLINE) & (record.of(name, "power") > -1.0) & missing
    found = spans(record.times, idle, held=300.0, standing=True)
    broken = ~record.of(name, "charger_works") | (record.of(name, "fault") == CHARGER)
    return found + spans(record.times, broken, standing=True)


def load_loss_predicted(record: Record, name: str) -> list[Span]:
    """Of a UPS: it lives on its battery until that gives out. Of a load: every side of it is lost or comes to that.

    It is so from the moment from which no source reached it any more; only what then really was lost counts.
    """
    if name in record.names.get("load", ()):
        return _of_load(record, name)
    spells = without_gaps(record.times, on_battery(record, name), SPELL)
    hand = record.of(name, "emergency_off") | record.of(name, "stopped")
    found = []
    for site, first, _ in runs(dropped(record, name)):
        if first and spells[first - 1, site] and not hand[first, site]:
            begin = first - 1 - int(np.argmin(spells[first - 1 :: -1, site])) + 1
            at = int(record.times[first])
            found.append(Span(site, int(record.times[begin]), at, int(record.times[begin]), at))
    return found


def _of_load(record: Record, name: str) -> list[Span]:
    load = next(load for load in record.site.loads if load.name == name)
    found = []
    for site, first, _ in runs(record.of(name, "lost")):
        if not first:
            continue
        at = int(record.times[first])
        begins = [side_lost(record, cord, site, first) for cord in load.fed_by]
        begin = max(begins)
        found.append(Span(site, begin, at, begin, at))
    return found


def side_lost(record: Record, cord: str, site: int, step: int) -> int:
    """Since when the side of a load that died at `step` was lost, or bound to be."""
    at = int(record.times[step])
    dead = record.node(record.feed(cord), "lowest")[: step + 1, site] < 0.5
    if dead.all():
        return int(record.times[0])
    since = int(record.times[min(step, len(dead) - int(np.argmin(dead[::-1])))])
    above = (cord, *OneLine(record.site).upstream(cord))
    upses = [name for name in above if name in record.names.get("ups", ())]
    foreseen = [
        span.begin
        for ups in upses
        for span in load_loss_predicted(record, ups)
        if span.site == site and span.end <= at + SECOND and since >= span.begin and since - span.end <= SECOND
    ]
    return min([since, *foreseen])


def battery_alarms(record: Record, name: str) -> list[Mask]:
    return [
        np.isin(record.of(name, "status"), (FAULT, REPLACE)),
        np.isin(record.of(name, "status"), (LOW, DEPLETED)),
        record.of(name, "fault") > 0,
        record.of(name, "bypass_locked"),
        record.of(name, "mode") == BYPASS,
        record.of(name, "overload") > 1.0,
        record.of(name, "test_result") == 3,
        record.of(name, "emergency_off"),
        record.node(name, "highest") < DEAD,
    ]


def on_line(record: Record, name: str) -> Mask:
    """It feeds its load from its input, and has nothing latched."""
    mask: Mask = record.of(name, "mode") == ONLINE
    return mask & ~record.of(name, "bypass_locked") & ~record.of(name, "emergency_off")


def fed_for(record: Record, name: str) -> np.ndarray:
    """`(T, S)` s for which its input has been good."""
    return good_for(record, input_good(record, name))


UPS = {
    f.__name__: f
    for f in (
        ups_on_battery,
        ups_on_bypass,
        ups_load_dropped,
        ups_rejects_source,
        ups_cycling,
        battery_low,
        battery_weak,
        battery_drain,
        charger_not_charging,
        load_loss_predicted,
    )
}
