"""When a generator set fails to do what it was called for."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hidden import Record
from physics_transfer import CLOSED, COOLDOWN, LOCKED_OUT, RUNNING, TRIPPED, called
from simulators.generator.settings import FAULTS
from spans import Mask, Span, onsets, repeated, runs, since, spans
from telemetry.block import SECOND

SETTLES = 6.0  # s, ISO 8528-5 G2: voltage is back after a step of load
NEVER_FIRES = [FAULTS.index(fault) for fault in ("does_not_fire", "dead_battery", "aborts")]
SPINS_UP = 20.0  # s from the loss within which a set is in spec
STEADY = 0.015, 0.025  # of frequency and of voltage, ISO 8528-5 G2
CARRIES = 0.01  # parts of rating
WORN = 0.80  # of its capacity: IEEE 1188, end of life


def in_band(record: Record, name: str) -> Mask:
    """Voltage 0.9–1.1 on every phase, frequency within 5 %."""
    nominal = record.site.device(name).nominal_frequency
    frequency = np.abs(record.of(name, "frequency") / nominal - 1) <= 0.05
    band: Mask = frequency & (record.of(name, "lowest") >= 0.90) & (record.of(name, "highest") <= 1.10)
    return band


def generator_fail_to_start(record: Record, name: str) -> list[Span]:
    """Called, and in a crank that will not fire, or kept from cranking; or cranking for longer than one crank lasts."""
    call = called(record, name)
    fault = record.of(name, "fault")
    silent = ~np.isin(record.of(name, "state"), (RUNNING, COOLDOWN))
    doomed = np.isin(fault, NEVER_FIRES) | (record.of(name, "mode") != 0) | ~record.of(name, "start_wire")
    doomed |= record.of(name, "emergency_stop") | (record.of(name, "fuel") <= 0) | record.of(name, "lockout")
    waits = call & (silent | (fault == FAULTS.index("aborts")))
    before = record.site.device(name).transfer.start_delay
    found = []
    for span in spans(record.times, waits):
        steps = slice(*np.searchsorted(record.times, (span.begin, span.end)))
        if doomed[steps, span.site].any() or span.end - span.begin > 35 * SECOND:
            # It may be said from the loss that made the switch call on.
            found.append(span._replace(begin=span.begin - before, until=span.end, due=span.begin))
    return found


def generator_out_of_spec(record: Record, name: str) -> list[Span]:
    """It runs, and its voltage or frequency stays out for longer than a step of load explains, or swings.

    Where it is so from the start, it may be said from the loss that made the switch call on.
    """
    runs_now = record.of(name, "state") == RUNNING
    call = called(record, name)
    begun = since(record.times, call) - record.site.device(name).transfer.start_delay
    out = spans(record.times, runs_now & ~in_band(record, name), held=SETTLES, until=SPINS_UP)
    swings = runs_now & (np.abs(record.of(name, "lowest") - 1) > 0.05)
    out += [span._replace(until=span.end) for span in repeated(onsets(record.times, swings), 3, 30.0, end=60.0)]
    found = []
    for span in out:
        at = int(np.searchsorted(record.times, span.begin)), span.site
        starting = call[at] and span.begin - begun[at] < SPINS_UP * SECOND
        found.append(span._replace(begin=int(begun[at])) if starting else span)
    return found


def generator_trip_on_load(record: Record, name: str) -> list[Span]:
    """It carried load, and its protections, or its collapse, opened the breaker or stopped it.

    It may be said since it was steady last.
    """
    carried = _carried(record, name)
    state, breaker = record.of(name, "state"), record.of(name, "breaker")
    gone = record.of(name, "lockout") | (breaker == TRIPPED) | (state == LOCKED_OUT)
    gone |= (breaker != CLOSED) & called(record, name)
    nominal = record.site.device(name).nominal_frequency
    band = np.abs(record.of(name, "frequency") / nominal - 1) <= STEADY[0]
    band &= np.abs(record.of(name, "lowest") - 1) <= STEADY[1]
    found = []
    for site, first, last in runs(gone):
        if first and carried[first - 1, site]:
            healthy = first - int(np.argmax(band[first - 1 :: -1, site])) if band[:first, site].any() else first
            begin, trip = int(record.times[min(healthy, first)]), int(record.times[first])
            found.append(Span(site, begin, trip, trip, int(record.times[min(last, len(gone) - 1)])))
    return found


def generator_fail_to_parallel(record: Record, name: str) -> list[Span]:
    """In spec and called, and its breaker stays open. It may be said since it runs."""
    runs_now = (record.of(name, "state") == RUNNING) & called(record, name)
    ready = in_band(record, name) & runs_now & (record.of(name, "breaker") != CLOSED)
    begun = since(record.times, runs_now)
    return [
        span._replace(begin=int(begun[np.searchsorted(record.times, span.begin), span.site]))
        for span in spans(record.times, ready, held=15.0, until=60.0)
    ]


def generator_fail_to_stop(record: Record, name: str) -> list[Span]:
    """Nothing calls it for longer than the cool-down, and it turns."""
    cooldown = float(record.fixed[name]["cooldown"].max())
    released = ~called(record, name) & ~record.of(name, "start_by_hand") & ~record.of(name, "exercise")
    turns = spans(record.times, released & (record.of(name, "speed") > 0.5), held=cooldown + 10.0)
    return [
        span._replace(begin=span.begin + round(cooldown * SECOND), until=span.begin + round((cooldown + 600) * SECOND))
        for span in turns
    ]


def reverse_power(record: Record, name: str) -> list[Span]:
    motored = record.of(name, "load") < -CARRIES * record.fixed[name]["rating"]
    return spans(record.times, motored, held=0.3, until=6.0)


def generator_not_ready(record: Record, name: str) -> list[Span]:
    """Something stands in the way of the next start (the points of NFPA 110 table 5.6.5.2)."""
    state = record.of(name, "state")
    found = []
    for standing in (
        record.of(name, "mode") != 0,
        record.of(name, "lockout") | (state == LOCKED_OUT),
        record.of(name, "emergency_stop"),
        record.of(name, "breaker") == TRIPPED,
        ~record.of(name, "start_wire"),
        ~record.of(name, "charger"),
        ~record.of(name, "heater"),
        (record.of(name, "battery_voltage") < 24.8) & ~record.of(name, "cranking"),
        record.of(name, "battery_health") < WORN,
        record.of(name, "fuel") < 25.0,
        record.of(name, "coolant") < 21.0,
        np.isin(record.of(name, "fault"), [FAULTS.index(f) for f in ("dead_battery", "fuel_leak", "out_of_fuel")]),
    ):
        found += spans(record.times, standing, standing=True)
    return found


def ready(record: Record, name: str) -> Mask:
    """`(T, S)` nothing latched or switched off keeps it from the next start."""
    fit: Mask = (record.of(name, "mode") == 0) & (record.of(name, "state") != LOCKED_OUT)
    return fit & ~(
        record.of(name, "lockout") | record.of(name, "emergency_stop") | (record.of(name, "breaker") == TRIPPED)
    )


def _carried(record: Record, name: str) -> NDArray[Any]:
    """`(T, S)` it has carried load a short while ago: UPSs leave one that stalls before it trips."""
    loaded = record.of(name, "load") > CARRIES * record.fixed[name]["rating"]
    place = np.maximum.accumulate(np.where(loaded, np.arange(len(loaded))[:, np.newaxis], -1), axis=0)
    ago = (record.times[:, np.newaxis] - record.times[np.maximum(place, 0)]) / SECOND
    return (place >= 0) & (ago <= 10.0)


GENERATOR = {
    f.__name__: f
    for f in (
        generator_fail_to_start,
        generator_out_of_spec,
        generator_trip_on_load,
        generator_fail_to_parallel,
        generator_fail_to_stop,
        reverse_power,
        generator_not_ready,
    )
}
