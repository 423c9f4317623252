"""S3 and S4: the generator starts, and gives power that a switch accepts."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.event import EventKind
from detectors.row import Row
from detectors.stages import IN_SPEC, IN_SPEC_NOT_BEFORE, RUNS, SETTLED
from detectors.state import State
from detectors.truth import FALSE, TRUE, UNKNOWN, since
from detectors.wiring import SourceWiring, Wiring
from telemetry.block import SECOND

FAIL, OUT = EventKind.GENERATOR_FAIL_TO_START, EventKind.GENERATOR_OUT_OF_SPEC


@dataclass(slots=True)
class Generators(State):
    """Emergency sources, by name.

    running, good: (G,) µs since when it is up to speed, in spec without a break; 0 while it is not
    idle: (G,) new samples in a row that show it not running
    ran: (G,) bool, it has been running for a while since it was asked to
    cranked, gave_up: (G,) bool, it was cranking when last seen; its failure is a lockout of its own
    """

    running: NDArray[np.int64]
    good: NDArray[np.int64]
    idle: NDArray[np.int64]
    ran: NDArray[np.bool_]
    cranked: NDArray[np.bool_]
    gave_up: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Demand:
    """What the switches want of each generator in one row, (G,).

    since: µs, 0 where none wants it; judged: one wants it that is not locked out
    waited_for: one waits for its power; short_of: one waits, sees none arrive, though enough run in spec
    ride_through: s from the earliest possible power to the first loss below those that want it; infinite if unknown
    """

    since: NDArray[np.int64]
    judged: NDArray[np.bool_]
    waited_for: NDArray[np.bool_]
    short_of: NDArray[np.bool_]
    ride_through: NDArray[np.float64]


def start(w: SourceWiring) -> Generators:
    """At rest."""
    g = len(w.names)
    running, good, idle = (np.zeros(g, np.int64) for _ in range(3))
    ran, cranked, gave_up = (np.zeros(g, bool) for _ in range(3))
    return Generators(w.names, running, good, idle, ran=ran, cranked=cranked, gave_up=gave_up)


def step(row: Row, g: Generators, demand: Demand) -> None:
    """Judge one row."""
    s, seen = row.w.sources, row.seen
    g.running = since(g.running, seen.running, row.time)
    g.good = since(g.good, seen.good, row.time)
    shown = row.fresh(np.column_stack((s.state, s.speed, s.volts)))
    g.idle = np.where(seen.running == TRUE, 0, g.idle + (shown & (seen.running == FALSE)))
    served = row.time - np.maximum(g.running, demand.since)
    lasted = (g.running > 0) & (served >= IN_SPEC.allowance)  # no crank attempt lasts so long
    g.ran = (g.ran | lasted) & (demand.since > 0)
    known = seen.cranking != UNKNOWN
    cranked, g.cranked = g.cranked | (seen.cranking == TRUE), np.where(known, seen.cranking == TRUE, g.cranked)
    gave_up = s.generator & (seen.overcranked == TRUE) & ((demand.since > 0) | cranked)
    due = RUNS.due(demand.since, s.crank_limit, s.poll)
    still = (seen.running == FALSE) & (g.idle >= 2)  # one sample may be a glitch
    late = s.generator & demand.judged & still & ((row.time >= due) | g.ran)
    failed = row.ledger.all_active(FAIL, s.names)
    g.gave_up = (g.gave_up & failed) | gave_up
    for i in np.flatnonzero((gave_up | late) & ~failed):
        _fail(row, int(i), demand, int(due[i]), overcrank=bool(gave_up[i]), ran=bool(g.ran[i]))
    freed = (demand.since == 0) & (~g.gave_up | (seen.overcranked == FALSE))
    for i in np.flatnonzero(failed & (freed | (seen.running == TRUE))):
        done = seen.running[i] == TRUE and demand.since[i] > 0 and not g.ran[i]
        row.ledger.end(FAIL, s.names[i], detail={"stage_margin_s": (int(due[i]) - row.time) / SECOND} if done else {})
    _spec(row, g, demand)


def _asking(w: Wiring, i: int) -> tuple[str, ...]:
    return tuple(d.name for d, of in zip(w.switches.devices, w.switches.sources[:, i], strict=True) if of)


def _fail(row: Row, i: int, demand: Demand, due: int, *, overcrank: bool, ran: bool) -> None:
    s, asked = row.w.sources, int(demand.since[i])
    detail: dict[str, object] = {"stage": RUNS.name, "switches": _asking(row.w, i), "overcrank": overcrank, "ran": ran}
    if asked:
        detail["since_start_s"] = (row.time - asked) / SECOND
    if asked and not ran:
        detail["stage_margin_s"] = (due - row.time) / SECOND
    detail |= _ride_through(demand, i)
    if overcrank:
        detail["reason"] = f"its controller has {'shut it down' if ran else 'given up cranking'} and locked itself out"
    elif s.shown_at[i]:
        detail["reason"] = f"no voltage comes from it at {' or '.join(s.shown_at[i])}"
    places = (s.state[i], s.lockout[i], s.speed[i], s.volts[i])
    row.ledger.begin(
        FAIL,
        s.names[i],
        onset=row.onset(np.array([s.state[i], s.lockout[i]])) if overcrank else (row.previous, row.time),
        magnitude=max(0.0, (row.time - due) / SECOND) if asked and not ran else 0.0,
        evidence=row.evidence(*places),
        detail=detail,
    )


def _ride_through(demand: Demand, i: int) -> dict[str, object]:
    seconds = float(demand.ride_through[i])
    return {"ride_through_s": seconds} if np.isfinite(seconds) else {}


def _spec(row: Row, g: Generators, demand: Demand) -> None:
    s = row.w.sources
    due = np.maximum(IN_SPEC.due(g.running, 0, s.poll), demand.since + IN_SPEC_NOT_BEFORE)
    bad = (row.seen.good == FALSE) | demand.short_of
    wanted = s.generator & demand.waited_for & demand.judged & (g.running > 0) & (row.seen.running == TRUE)
    out = row.ledger.all_active(OUT, s.names)
    for i in np.flatnonzero(wanted & bad & (row.time >= due) & ~out):
        row.ledger.begin(
            OUT,
            s.names[i],
            onset=(row.previous, row.time),
            magnitude=(row.time - int(due[i])) / SECOND,
            evidence=row.evidence(s.volts[i], s.frequency[i], s.breaker[i], s.speed[i]),
            detail=_spec_detail(row, int(i), demand, int(due[i])),
        )
    settled = (g.good > 0) & (row.time - g.good >= SETTLED) & ~demand.short_of
    for i in np.flatnonzero(out & (settled | ~demand.waited_for)):
        detail: dict[str, object] = {"stage_margin_s": (int(due[i]) - int(g.good[i])) / SECOND} if g.good[i] else {}
        row.ledger.end(OUT, s.names[i], detail=detail)


def _spec_detail(row: Row, i: int, demand: Demand, due: int) -> dict[str, object]:
    s = row.w.sources
    detail: dict[str, object] = {
        "stage": IN_SPEC.name,
        "stage_margin_s": (due - row.time) / SECOND,
        "since_start_s": (row.time - int(demand.since[i])) / SECOND,
        "switches": _asking(row.w, i),
    }
    detail |= _ride_through(demand, i)
    if not np.isnan(row.values[s.volts[i]]).all():
        detail["voltage_pu"] = row.lowest(s.volts[i])
    if not np.isnan(hertz := float(row.values[s.frequency[i]])):
        detail["frequency"] = hertz
    if row.seen.good[i] != FALSE:
        detail["reason"] = "its power does not reach the switch"
    return detail
