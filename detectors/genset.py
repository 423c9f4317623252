"""S3 and S4: the generator starts, and gives power that a switch accepts."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.event import EventKind
from detectors.ledger import Ledger
from detectors.observation import Observation
from detectors.stages import IN_SPEC, IN_SPEC_NOT_BEFORE, RUNS, SETTLED
from detectors.state import State
from detectors.tick import Tick
from detectors.truth import FALSE, TRUE, since
from detectors.wiring import SourceWiring, Wiring
from telemetry.block import SECOND

FAIL, OUT = EventKind.GENERATOR_FAIL_TO_START, EventKind.GENERATOR_OUT_OF_SPEC


@dataclass(slots=True)
class Generators(State):
    """Emergency sources, by name.

    asked: (G,) µs since when a switch wants it to run, 0 while none does
    running, good: (G,) µs since when it is up to speed, in spec without a break; 0 while it is not
    cranked: (G,) bool, whether it was cranking when last seen
    """

    asked: NDArray[np.int64]
    running: NDArray[np.int64]
    good: NDArray[np.int64]
    cranked: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Demand:
    """What the switches want of each generator in one row, (G,).

    since: µs, 0 where none wants it; judged: one wants it that is not locked out
    waited_for: one waits for its power; short_of: one waits, sees none arrive, though enough run in spec
    """

    since: NDArray[np.int64]
    judged: NDArray[np.bool_]
    waited_for: NDArray[np.bool_]
    short_of: NDArray[np.bool_]


def start(w: SourceWiring) -> Generators:
    """At rest."""
    g = len(w.names)
    return Generators(w.names, *(np.zeros(g, np.int64) for _ in range(3)), np.zeros(g, bool))


def step(w: Wiring, g: Generators, demand: Demand, ledger: Ledger, tick: Tick, seen: Observation) -> None:
    """Judge one row."""
    s = w.sources
    g.asked = np.where(demand.since == 0, 0, np.where(g.asked > 0, g.asked, demand.since))
    g.running = since(g.running, seen.running, tick.time)
    g.good = since(g.good, seen.good, tick.time)
    gave_up = s.generator & (seen.overcranked == TRUE) & ((g.asked > 0) | g.cranked)
    due = RUNS.due(g.asked, s.crank_limit, s.poll)
    late = s.generator & demand.judged & (g.asked > 0) & (seen.running == FALSE) & (tick.time >= due)
    failed = ledger.all_active(FAIL, s.names)
    for i in np.flatnonzero((gave_up | late) & ~failed):
        _fail(w, g, int(i), due, bool(gave_up[i]), ledger, tick)
    freed = (seen.running == TRUE) | ((g.asked == 0) & (seen.overcranked != TRUE))
    for i in np.flatnonzero(failed & freed):
        margin = (due[i] - tick.time) / SECOND if seen.running[i] == TRUE and g.asked[i] else None
        ledger.end(tick, FAIL, s.names[i], detail={} if margin is None else {"stage_margin_s": margin})
    _spec(w, g, demand, ledger, tick, seen)
    known = seen.cranking != 0
    g.cranked[known] = (seen.cranking == TRUE)[known]


def _asking(w: Wiring, i: int) -> tuple[str, ...]:
    return tuple(d.name for d, of in zip(w.switches.devices, w.switches.sources[:, i], strict=True) if of)


def _fail(
    w: Wiring, g: Generators, i: int, due: NDArray[np.int64], overcrank: bool, ledger: Ledger, tick: Tick
) -> None:
    s = w.sources
    asked = int(g.asked[i])
    detail: dict[str, object] = {"stage": RUNS.name, "switches": _asking(w, i), "overcrank": overcrank}
    if asked:
        detail |= {"stage_margin_s": (int(due[i]) - tick.time) / SECOND, "since_start_s": (tick.time - asked) / SECOND}
    if overcrank:
        detail["reason"] = "its controller has given up cranking and locked itself out"
    places = (s.state[i], s.lockout[i], s.speed[i], s.volts[i])
    ledger.begin(
        tick,
        FAIL,
        s.names[i],
        onset=tick.onset(np.array([s.state[i], s.lockout[i]])) if overcrank else (tick.previous, tick.time),
        magnitude=max(0.0, (tick.time - int(due[i])) / SECOND) if asked else 0.0,
        evidence=tick.evidence(*places),
        detail=detail,
    )


def _spec(w: Wiring, g: Generators, demand: Demand, ledger: Ledger, tick: Tick, seen: Observation) -> None:
    s = w.sources
    due = np.maximum(IN_SPEC.due(g.running, 0, s.poll), g.asked + IN_SPEC_NOT_BEFORE)
    bad = (seen.good == FALSE) | demand.short_of
    wanted = s.generator & demand.waited_for & demand.judged & (g.running > 0) & (seen.running == TRUE)
    out = ledger.all_active(OUT, s.names)
    for i in np.flatnonzero(wanted & bad & (tick.time >= due) & ~out):
        ledger.begin(
            tick,
            OUT,
            s.names[i],
            onset=(tick.previous, tick.time),
            magnitude=(tick.time - int(due[i])) / SECOND,
            evidence=tick.evidence(s.volts[i], s.frequency[i], s.breaker[i], s.speed[i]),
            detail=_spec_detail(w, g, int(i), int(due[i]), bool(seen.good[i] != FALSE), tick),
        )
    settled = (g.good > 0) & (tick.time - g.good >= SETTLED) & ~demand.short_of
    for i in np.flatnonzero(out & (settled | ~demand.waited_for)):
        detail: dict[str, object] = {"stage_margin_s": (int(due[i]) - int(g.good[i])) / SECOND} if g.good[i] else {}
        ledger.end(tick, OUT, s.names[i], detail=detail)


def _spec_detail(w: Wiring, g: Generators, i: int, due: int, reaches_nobody: bool, tick: Tick) -> dict[str, object]:
    s = w.sources
    detail: dict[str, object] = {
        "stage": IN_SPEC.name,
        "stage_margin_s": (due - tick.time) / SECOND,
        "since_start_s": (tick.time - int(g.asked[i])) / SECOND,
        "switches": _asking(w, i),
    }
    if not np.isnan(tick.values[s.volts[i]]).all():
        detail["voltage_pu"] = tick.lowest(s.volts[i])
    if not np.isnan(hertz := float(tick.values[s.frequency[i]])):
        detail["frequency"] = hertz
    if reaches_nobody:
        detail["reason"] = "its power does not reach the switch"
    return detail
