"""S1: a UPS goes on battery, and whether it carries its load."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.event import EventKind
from detectors.observation import STATUS
from detectors.row import Row
from detectors.state import State
from detectors.truth import FALSE, TRUE, UNKNOWN, Levels, Truth, first_known
from detectors.wiring import UpsWiring
from telemetry.block import SECOND

ON_BATTERY, OFF = STATUS["on_battery"], STATUS["off"]


@dataclass(slots=True)
class Upses(State):
    """Uninterruptible supplies, by name.

    status: (U,) the last that was known, -1 for none
    battery: (U,) µs since when it is on battery, 0 while it is not
    carried: (U,) bool, it has been seen carrying its load
    exposed: (U,) bool, its input is gone or it is on battery, and no source has been accepted since
    dead: (U, 2) µs (last sample of the output before, first new sample of it dead), 0 while alive; deads: (U,) how many
    dropped: (U,) µs when it was first seen not carrying, 0 while it carries
    """

    status: Levels
    battery: NDArray[np.int64]
    carried: NDArray[np.bool_]
    exposed: NDArray[np.bool_]
    dead: NDArray[np.int64]
    deads: NDArray[np.int64]
    dropped: NDArray[np.int64]


def start(w: UpsWiring) -> Upses:
    """Nothing is known."""
    n = len(w.names)
    return Upses(
        w.names,
        status=np.full(n, -1, np.int8),
        battery=np.zeros(n, np.int64),
        carried=np.zeros(n, bool),
        exposed=np.zeros(n, bool),
        dead=np.zeros((n, 2), np.int64),
        deads=np.zeros(n, np.int64),
        dropped=np.zeros(n, np.int64),
    )


def step(row: Row, s: Upses) -> None:
    """Judge one row."""
    u, seen = row.w.upses, row.seen
    known, on = seen.status >= 0, seen.status == ON_BATTERY
    ended = (s.battery > 0) & known & ~on
    carried_for = np.where(s.battery > 0, row.time - s.battery, 0)
    input_dead = _input_dead(row)
    s.exposed |= on | (input_dead == TRUE)
    for i in np.flatnonzero(on & (s.battery == 0)):
        _on_battery(row, int(i), input_dead)
    s.battery = np.where(on, np.where(s.battery > 0, s.battery, row.time), np.where(known, 0, s.battery))
    for i in np.flatnonzero(ended):
        row.ledger.end(
            EventKind.UPS_ON_BATTERY,
            u.names[i],
            ended=row.onset(u.status[[i]]),
            evidence=row.evidence(u.status[i]),
        )
    _output(row, s)
    turned_off = (seen.status == OFF) & (s.status >= 0) & (s.status != OFF) & (seen.output != TRUE)
    dropped = (s.dropped == 0) & s.carried & s.exposed & (turned_off | (s.deads >= 2))
    for i in np.flatnonzero(dropped):
        _drop(row, s, int(i), int(carried_for[i]), by_status=bool(turned_off[i]))
    carries = (seen.output == TRUE) | (known & (seen.status != OFF) & (seen.output_dead != TRUE))
    for i in np.flatnonzero((s.dropped > 0) & carries & ~dropped):
        s.dropped[i] = 0
        row.ledger.end(EventKind.UPS_LOAD_DROPPED, u.names[i], evidence=row.evidence(u.status[i], u.output[i]))
    s.carried |= carries
    s.exposed &= ~(known & ~on & (seen.status != OFF) & (input_dead != TRUE) & carries)
    s.status = np.where(known, seen.status, s.status)


def _input_dead(row: Row) -> Truth:
    """Its own input, else the load side of the switch that it hangs on."""
    load = np.append(row.seen.load, np.int8(UNKNOWN))[row.w.upses.switch]
    return first_known(row.seen.input_dead, -load)


def _on_battery(row: Row, i: int, input_dead: Truth) -> None:
    u = row.w.upses
    detail: dict[str, object] = {"stage": "S1"}
    if input_dead[i] != UNKNOWN:
        detail["input_dead"] = bool(input_dead[i] == TRUE)
    if not np.isnan(left := float(row.values[u.runtime[i]])) and left > 0:
        detail["battery_left_s"] = left
    row.ledger.begin(
        EventKind.UPS_ON_BATTERY,
        u.names[i],
        onset=row.onset(u.status[[i]]),
        evidence=row.evidence(u.status[i], u.input[i], u.charge[i], u.runtime[i]),
        detail=detail,
    )


def _output(row: Row, s: Upses) -> None:
    """How long the output has been dead, by new samples only."""
    places = row.w.upses.output
    dead = (row.seen.output_dead == TRUE) & row.fresh(places)
    first = dead & (s.dead[:, 1] == 0)
    s.dead[first] = np.column_stack((row.before(places), np.full(len(dead), row.time)))[first]
    s.dead[row.seen.output_dead == FALSE] = 0
    s.deads = np.where(row.seen.output_dead == FALSE, 0, s.deads + dead)


def _drop(row: Row, s: Upses, i: int, carried_for: int, *, by_status: bool) -> None:
    u = row.w.upses
    s.dropped[i] = row.time if by_status else s.dead[i, 1]
    onset = row.onset(u.status[[i]]) if by_status else (int(s.dead[i, 0]), int(s.dead[i, 1]))
    row.ledger.begin(
        EventKind.UPS_LOAD_DROPPED,
        u.names[i],
        onset=onset,
        evidence=row.evidence(u.status[i], u.output[i], u.input[i]),
        detail={
            "stage": "S1",
            "severity": "critical",
            "seen_by": "status" if by_status else "voltage",
            "on_battery_s": carried_for / SECOND,
        },
    )


def pending(s: Upses) -> bool:
    """Whether time alone can bring something about."""
    return bool(s.battery.any() or ((s.dead[:, 1] > 0) & (s.dropped == 0) & s.exposed & s.carried).any())
