"""S0: the utility is lost, and when it is back."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.event import EventKind
from detectors.row import Row
from detectors.state import State
from detectors.truth import FALSE, TRUE, UNKNOWN
from detectors.wiring import UtilityWiring
from telemetry.block import SECOND

UNWATCHED = 60 * SECOND  # a source that nobody has seen for longer has to be steady all over again
LOW_FOR = 3  # times as long must one be good that switches take, but that stays below 0.95: judgement


@dataclass(slots=True)
class Observers(State):
    """Who sees a utility, by `utility/observer`.

    low: (O, 2) µs (last sample at or above drop-out, first one below it); 0 while above
    in_a_row: (O,) new samples below drop-out that nobody contradicted
    """

    low: NDArray[np.int64]
    in_a_row: NDArray[np.int64]


@dataclass(slots=True)
class Utilities(State):
    """Utilities, by name.

    lost: (V,) bool; lowest: (V,) the lowest phase that anyone saw, in parts of nominal
    unsteady: (V, 2) µs of the last row below 0.95, below pick-up; steady: (V, 2) µs of the first row after each, 0 for
        none; seen: (V,) µs
    """

    lost: NDArray[np.bool_]
    lowest: NDArray[np.float64]
    unsteady: NDArray[np.int64]
    steady: NDArray[np.int64]
    seen: NDArray[np.int64]


def start(w: UtilityWiring) -> tuple[Observers, Utilities]:
    """All is well, as far as nobody says otherwise."""
    o, v = len(w.observers), len(w.names)
    owner = [w.names[int(np.flatnonzero(w.watches[:, i])[0])] for i in range(o)]
    observers = Observers(
        tuple(f"{owner[i]}/{w.observers[i]}" for i in range(o)), np.zeros((o, 2), np.int64), np.zeros(o, np.int64)
    )
    unsteady, steady = np.zeros((v, 2), np.int64), np.zeros((v, 2), np.int64)
    return observers, Utilities(w.names, np.zeros(v, bool), np.ones(v), unsteady, steady, np.zeros(v, np.int64))


def step(row: Row, observers: Observers, utilities: Utilities) -> None:
    """Judge one row: lost where two see it low, or the only one that sees it does so twice in a row."""
    u = row.w.utilities
    low, good = row.seen.holds == FALSE, (row.seen.holds == TRUE) & row.fresh(u.feeds)
    turned = low & (observers.low[:, 1] == 0)
    observers.low[turned] = np.column_stack((row.before(u.feeds), np.full(len(low), row.time)))[turned]
    contradicted = (u.watches & (u.watches @ good)[:, None]).any(axis=0)
    observers.in_a_row += low & row.fresh(u.feeds)
    observers.in_a_row[(row.seen.holds == TRUE) | contradicted] = 0
    seen_low = u.watches @ low
    utilities.lowest[~utilities.lost & ~seen_low] = 1.0
    for v in np.flatnonzero(seen_low | utilities.lost):
        _judge(row, int(v), observers, utilities)
    observers.low[row.seen.holds == TRUE] = 0


def _judge(row: Row, v: int, observers: Observers, utilities: Utilities) -> None:
    u = row.w.utilities
    mine = u.watches[v]
    witnesses = np.flatnonzero(mine & (row.seen.holds == FALSE))
    if len(witnesses):
        utilities.lowest[v] = min(float(utilities.lowest[v]), row.lowest(u.feeds[witnesses]))
    if not utilities.lost[v]:
        if len(witnesses) >= 2 or (observers.in_a_row[witnesses] >= 2).any():
            utilities.lost[v] = True
            utilities.unsteady[v], utilities.steady[v], utilities.seen[v] = row.time, 0, row.time
            first_low = int(observers.low[witnesses, 1].min())
            last_good = int(np.minimum(observers.low[witnesses, 0], first_low).max())
            row.ledger.begin(
                EventKind.UTILITY_LOST,
                u.names[v],
                onset=(last_good, first_low),
                magnitude=utilities.lowest[v],
                evidence=row.evidence(u.feeds[witnesses]),
                detail={"stage": "S0", "observers": tuple(u.observers[i] for i in witnesses)},
            )
        return
    for k, (holds, wait) in enumerate(((row.seen.steady, 1), (row.seen.usable, LOW_FOR))):
        if (holds[mine] == FALSE).any():
            utilities.unsteady[v, k], utilities.steady[v, k] = row.time, 0
        elif (holds[mine] == TRUE).any():
            if not utilities.steady[v, k] or row.time - utilities.seen[v] > UNWATCHED:
                utilities.steady[v, k] = row.time
            if row.time - utilities.steady[v, k] >= wait * u.retransfer[v]:
                utilities.lost[v] = False
                row.ledger.end(
                    EventKind.UTILITY_LOST,
                    u.names[v],
                    ended=(int(utilities.unsteady[v, k]), int(utilities.steady[v, k])),
                    magnitude=utilities.lowest[v],
                    evidence=row.evidence(u.feeds[mine]),
                )
    if (row.seen.steady[mine] != UNKNOWN).any():
        utilities.seen[v] = row.time


def pending(observers: Observers, utilities: Utilities) -> bool:
    """Whether time alone can bring something about."""
    return bool(utilities.lost.any() or observers.low.any())
