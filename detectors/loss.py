"""When each UPS and each load is lost: told only where a loss is to be expected.

A good transfer ends long before the battery and says nothing. A loss is to be expected once a stage that power
needs is missed or locked out, where there is no second source, where the battery ends before the earliest possible
power, or where a UPS does not take up the power that is there.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.event import EventKind
from detectors.observation import STATUS
from detectors.row import Row
from detectors.sources import Utilities
from detectors.stages import STAGES
from detectors.state import State
from detectors.switch import NEVER, S5, Moves, Switches
from detectors.switch_findings import Outlook
from detectors.truth import FALSE, TRUE, enough
from detectors.ups import Upses
from detectors.wiring import Wiring
from telemetry.block import SECOND
from telemetry.site import Device

PREDICTED = EventKind.LOAD_LOSS_PREDICTED
REPEAT = 60 * SECOND  # after the first prediction: by then the slope is well known (CONTRACTS 6)
MOVED, MOVED_PART = 10 * SECOND, 0.05  # a prediction that moves by this is told anew (CONTRACTS 6)
JITTER = 2 * SECOND  # but what polling cannot resolve is no move
TAKE_UP = 30 * SECOND  # beyond its walk-in, for a UPS to take up good power (facts: S6, warn at 30 s)
SHUTDOWN_NEAR = 60 * SECOND


@dataclass(slots=True)
class Predictions(State):
    """Losses foretold, by UPS or load. Times in µs, 0 for none.

    first: when the first was told; told: the loss as it was told last; rank: severity as told last, 0 … 2
    repeated: (P,) bool, told once more after a minute; lost: (P,) bool, told that it came true
    """

    first: NDArray[np.int64]
    told: NDArray[np.int64]
    rank: NDArray[np.int64]
    repeated: NDArray[np.bool_]
    lost: NDArray[np.bool_]


SEVERITIES = ("minor", "major", "critical")


def start(w: Wiring) -> Predictions:
    """Nothing is foretold."""
    keys = (*w.upses.names, *(load.name for load in w.layout.site.loads))
    n = len(keys)
    first, told, rank = (np.zeros(n, np.int64) for _ in range(3))
    return Predictions(keys, first, told, rank, repeated=np.zeros(n, bool), lost=np.zeros(n, bool))


@dataclass(frozen=True, slots=True)
class LossFindings:
    """Judges one row and writes into the ledger."""

    row: Row
    p: Predictions
    utilities: Utilities
    switches: Switches
    moves: Moves
    upses: Upses
    ends: NDArray[np.int64]
    power: NDArray[np.int64]

    def tell(self) -> None:
        """UPSs first: a load's loss is that of its sides."""
        u = self.row.w.upses
        for i, name in enumerate(u.names):
            if self.row.ledger.active(PREDICTED, name):
                self._still(i)
            elif self.upses.battery[i] and self.ends[i] and (because := self._because(i)):
                self._first(i, int(self.ends[i]), because, self._ride_through(i))
        for k, load in enumerate(self.row.w.layout.site.loads, start=len(u.names)):
            self._load(k, load.name, load.shutdown_time)

    def _because(self, i: int) -> str:
        """Why a loss of this UPS is to be expected; empty where it is not."""
        u, s = self.row.w.upses, self.switches
        k, now = int(u.switch[i]), self.row.time
        taken_up_by = int(u.walk_in[i]) + TAKE_UP
        waits = now - int(self.upses.battery[i])
        if k < 0:
            if u.utility[i] >= 0 and (self._utility_lost(i) or self.row.seen.input_dead[i] != FALSE):
                return "no_second_source"
            return "not_taken_up" if waits > taken_up_by else ""
        if not s.lost[k]:
            return "not_taken_up" if waits > taken_up_by else ""
        if s.locked[k]:
            return "locked_out"
        if self.moves.transferred[k] == TRUE:
            return "not_taken_up" if min(waits, now - int(s.done[k, S5])) > taken_up_by else ""
        if self._missed(k):
            return "stage_missed"
        if self.power[k] == NEVER:
            return "no_second_source"
        if self.ends[i] < self.power[k]:
            return "battery_short"
        return "not_taken_up" if waits > taken_up_by + self._longest(k) else ""

    def _longest(self, k: int) -> int:
        """µs that a transfer takes at the most: past them, stages that nobody can see have not been done."""
        t = self.row.w.switches.devices[k].transfer
        return t.start_delay + t.crank_limit + t.transfer_delay + t.neutral_delay + sum(s.allowance for s in STAGES)

    def _utility_lost(self, i: int) -> bool:
        v = int(self.row.w.upses.utility[i])
        return v >= 0 and bool(self.utilities.lost[v])

    def _missed(self, k: int) -> bool:
        name = self.row.w.switches.devices[k].name
        kinds = (
            EventKind.NO_START_COMMAND,
            EventKind.ATS_FAIL_TO_TRANSFER,
            EventKind.ATS_OPEN,
            EventKind.TRANSFER_UNCONFIRMED,
        )
        if any(self.row.ledger.active(kind, name) for kind in kinds):
            return True
        w = self.row.w
        failed = self.row.ledger.all_active(EventKind.GENERATOR_FAIL_TO_START, w.sources.names)
        failed |= self.row.ledger.all_active(EventKind.GENERATOR_OUT_OF_SPEC, w.sources.names)
        left = enough(np.where(failed, FALSE, TRUE).astype(np.int8), w.switches.sources, w.switches.needs)
        return bool(left[k] == FALSE)

    def _ride_through(self, i: int) -> float | None:
        k = int(self.row.w.upses.switch[i])
        if k < 0 or not self.switches.lost[k] or self.power[k] == NEVER:
            return None
        return (int(self.ends[i]) - int(self.power[k])) / SECOND

    def _still(self, i: int) -> None:
        status = int(self.upses.status[i])
        if self.upses.dropped[i]:
            self._update(i, int(self.upses.dropped[i]), None, lost=True)
        elif status not in (STATUS["on_battery"], STATUS["off"], -1) and self.row.seen.status[i] >= 0:
            self._end(i)
        elif self.ends[i]:
            self._update(i, int(self.ends[i]), self._ride_through(i), lost=False)

    def _load(self, k: int, name: str, shutdown_time: int | None) -> None:
        loss = self._loss_of(name)
        active = self.row.ledger.active(PREDICTED, name)
        if loss is None:
            if active:
                self._end(k)
            return
        shutdown_by = None if shutdown_time is None else loss - shutdown_time
        ride = self._ride_through_of(name)
        if not active:
            self._first(k, loss, "sides_lost", ride, shutdown_by)
        else:
            self._update(k, loss, ride, lost=loss <= self.row.time, shutdown_by=shutdown_by)

    def _ride_through_of(self, load: str) -> float | None:
        """Of the side that holds out longest."""
        upstream = self.row.w.layout.oneline.upstream(load)
        sides = [i for i, n in enumerate(self.row.w.upses.names) if n in upstream and self.ends[i]]
        if not sides:
            return None
        return self._ride_through(max(sides, key=lambda i: (int(self.ends[i]), self.row.w.upses.names[i])))

    def _loss_of(self, name: str) -> int | None:
        """µs at which `name` loses its last side; None while a side is not lost and not foretold."""
        kind = self.row.w.layout.oneline.kind(name)
        if kind == "ups":
            i = self.row.w.upses.names.index(name)
            if self.upses.dropped[i]:
                return int(self.upses.dropped[i])
            return int(self.p.told[i]) if self.row.ledger.active(PREDICTED, name) else None
        if kind == "utility":
            v = self.row.w.utilities.names.index(name)
            return int(self.utilities.unsteady[v]) if self.utilities.lost[v] else None
        if kind == "transfer_switch":
            k = self.switches.keys.index(name)
            if self.switches.lost[k] and self.moves.transferred[k] == FALSE and not self.power[k] < NEVER:
                return int(self.switches.loss[k, 1])
        feeders = self._feeders(name)
        sides = [self._loss_of(f) for f in feeders]
        if not sides or any(side is None for side in sides):
            return None
        return max(side for side in sides if side is not None)

    def _feeders(self, name: str) -> tuple[str, ...]:
        if self.row.w.layout.oneline.kind(name) == "load":
            return self.row.w.layout.oneline.feeders(name)
        device: Device = self.row.w.layout.site.device(name)
        if device.kind == "transfer_switch":
            return tuple(f for f in (device.normal, *device.emergency) if f)
        return (device.fed_by,) if device.fed_by else ()

    def _rank(self, because: str | None, ride: float | None, shutdown_by: int | None, loss: int) -> int:
        if because in ("locked_out", "no_second_source", "battery_short") or loss <= self.row.time:
            return 2
        if shutdown_by is not None and self.row.time >= shutdown_by - SHUTDOWN_NEAR:
            return 2
        if ride is None or ride > 180:
            return 1 if ride is None else 0
        return 2 if ride < 0 else 1

    def _first(self, i: int, loss: int, because: str, ride: float | None, shutdown_by: int | None = None) -> None:
        p, name = self.p, self.p.keys[i]
        p.first[i], p.told[i], p.repeated[i] = self.row.time, loss, False
        p.lost[i] = loss <= self.row.time
        p.rank[i] = self._rank(because, ride, shutdown_by, loss)
        detail = self._detail(i, loss, ride, shutdown_by) | {"because": because}
        u = self.row.w.upses
        shown = self.row.evidence(u.charge[i], u.runtime[i], u.status[i]) if i < len(u.names) else ()
        self.row.ledger.begin(PREDICTED, name, onset=(self.row.previous, self.row.time), evidence=shown, detail=detail)

    def _update(self, i: int, loss: int, ride: float | None, *, lost: bool, shutdown_by: int | None = None) -> None:
        p, now = self.p, self.row.time
        moved, left = abs(loss - int(p.told[i])), max(0, loss - now)
        again = not p.repeated[i] and now - int(p.first[i]) >= REPEAT
        rank = max(int(p.rank[i]), self._rank(None, ride, shutdown_by, loss)) if not lost else 2
        worse = rank > p.rank[i] or (lost and not p.lost[i])
        if not (worse or again or (moved >= max(JITTER, min(MOVED, int(MOVED_PART * left))) and not p.lost[i])):
            return
        p.repeated[i] |= again
        p.told[i], p.rank[i], p.lost[i] = loss, rank, lost
        u = self.row.w.upses
        shown = self.row.evidence(u.charge[i], u.runtime[i], u.status[i]) if i < len(u.names) else ()
        self.row.ledger.change(PREDICTED, p.keys[i], evidence=shown, detail=self._detail(i, loss, ride, shutdown_by))

    def _detail(self, i: int, loss: int, ride: float | None, shutdown_by: int | None) -> dict[str, object]:
        detail: dict[str, object] = {
            "loss_predicted": {self.p.keys[i]: loss},
            "severity": SEVERITIES[int(self.p.rank[i])],
            "lost": bool(self.p.lost[i]),
        }
        if ride is not None:
            detail["ride_through_s"] = ride
        if shutdown_by is not None:
            detail["shutdown_by"] = shutdown_by
        return detail

    def _end(self, i: int) -> None:
        self.p.first[i] = 0
        self.row.ledger.end(PREDICTED, self.p.keys[i])


def pending(p: Predictions) -> bool:
    """Whether time alone can bring something about."""
    return bool(((p.first > 0) & ~(p.lost & p.repeated)).any())


def outlook(w: Wiring, ends: NDArray[np.int64], power: NDArray[np.int64]) -> Outlook:
    """What each switch has to look forward to: its earliest power, and the first loss of a UPS below it."""
    below = np.where(w.switches.below_ups & (ends > 0), ends, NEVER).min(axis=1, initial=NEVER)
    return Outlook(power=power, loss=np.where(below == NEVER, 0, below))
