"""When each UPS and each load is lost: told only where a loss is to be expected.

A good transfer ends long before the battery and says nothing. A loss is to be expected once a stage that power
needs is missed or locked out, where there is no second source, where the battery ends before the earliest possible
power, or where a UPS does not take up the power that is there.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.event import EventKind, Evidence
from detectors.observation import STATUS
from detectors.row import Row
from detectors.sources import Utilities
from detectors.stages import STAGES
from detectors.state import State
from detectors.switch import NEVER, S5, Moves, Outlook, Switches
from detectors.truth import FALSE, TRUE, enough
from detectors.ups import Upses
from detectors.wiring import Wiring
from telemetry.block import SECOND
from telemetry.site import Device

PREDICTED = EventKind.LOAD_LOSS_PREDICTED
REPEAT = 60 * SECOND  # after the first prediction: by then the slope is well known
MOVED, MOVED_PART = 10 * SECOND, 0.05  # a prediction that moves by this is told anew
JITTER = 2 * SECOND  # but what polling cannot resolve is no move
TAKE_UP = 30 * SECOND  # beyond its walk-in, for a UPS to take up good power: judgement
SHUTDOWN_NEAR = 60 * SECOND  # before an orderly shutdown has to begin
ENOUGH = 180.0  # s to ride through that leave time to act
HOPELESS = ("locked_out", "no_second_source", "battery_short")
REASONS = (*HOPELESS, "stage_missed", "not_taken_up", "sides_lost")


@dataclass(slots=True)
class Predictions(State):
    """Losses foretold, by UPS or load. Times in µs, 0 for none.

    first: when the first was told; told: the loss as it was told last; rank: severity as told last, 0 … 2
    reason: why, as told last, as its place in REASONS
    repeated: (P,) bool, told once more after a minute; lost: (P,) bool, told that it came true
    """

    first: NDArray[np.int64]
    told: NDArray[np.int64]
    rank: NDArray[np.int64]
    reason: NDArray[np.int64]
    repeated: NDArray[np.bool_]
    lost: NDArray[np.bool_]


SEVERITIES = ("minor", "major", "critical")


def start(w: Wiring) -> Predictions:
    """Nothing is foretold."""
    keys = (*w.upses.names, *(load.name for load in w.layout.site.loads))
    n = len(keys)
    first, told, rank, reason = (np.zeros(n, np.int64) for _ in range(4))
    return Predictions(keys, first, told, rank, reason, repeated=np.zeros(n, bool), lost=np.zeros(n, bool))


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One loss.

    loss: µs; lost: it has come true; ride_through: s, None where no power can be foreseen; shutdown_by: µs
    rank: severity that it has at least
    """

    loss: int
    lost: bool = False
    ride_through: float | None = None
    shutdown_by: int | None = None
    rank: int = 0


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
                self._first(i, because, Foreseen(int(self.ends[i]), ride_through=self._ride_through(i)))
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
        return "stage_missed" if waits > taken_up_by + self._longest(k) else ""

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
            self._update(i, Foreseen(int(self.upses.dropped[i]), lost=True))
        elif status not in (STATUS["on_battery"], STATUS["off"], -1) and self.row.seen.status[i] >= 0:
            self._end(i)
        elif self.ends[i]:
            because = self._because(i) if self.upses.battery[i] else ""
            graver = (
                because if because in HOPELESS else REASONS[self.p.reason[i]]
            )  # what is past hope explains the rest
            self._update(i, Foreseen(int(self.ends[i]), ride_through=self._ride_through(i)), graver)

    def _load(self, k: int, name: str, shutdown_time: int | None) -> None:
        active = self.row.ledger.active(PREDICTED, name)
        if (found := self._loss_of(name)) is None:
            if active:
                self._end(k)
            return
        loss, lost = found
        shutdown_by = None if shutdown_time is None else loss - shutdown_time
        foreseen = Foreseen(loss, lost, self._ride_through_of(name), shutdown_by, self._rank_of(name))
        if active:
            self._update(k, foreseen)
        else:
            self._first(k, "sides_lost", foreseen)

    def _ride_through_of(self, load: str) -> float | None:
        """Of the side that holds out longest."""
        upstream = self.row.w.layout.oneline.upstream(load)
        sides = [i for n in upstream if self.row.w.layout.oneline.kind(n) == "ups" and self.ends[i := self.row.w.at[n]]]
        if not sides:
            return None
        return self._ride_through(max(sides, key=lambda i: (int(self.ends[i]), self.row.w.upses.names[i])))

    def _rank_of(self, load: str) -> int:
        """That of the side which is least in danger, of those that are left."""
        upstream = self.row.w.layout.oneline.upstream(load)
        upses = [self.row.w.at[n] for n in upstream if self.row.w.layout.oneline.kind(n) == "ups"]
        return min((int(self.p.rank[i]) for i in upses if self.p.first[i] and not self.upses.dropped[i]), default=0)

    def _loss_of(self, name: str) -> tuple[int, bool] | None:
        """µs at which `name` loses its last side, and whether it has; None while a side is not lost and not foretold."""
        kind = self.row.w.layout.oneline.kind(name)
        if kind == "ups":
            i = self.row.w.at[name]
            if self.upses.dropped[i]:
                return int(self.upses.dropped[i]), True
            return (int(self.p.told[i]), False) if self.row.ledger.active(PREDICTED, name) else None
        if kind == "utility":
            v = self.row.w.at[name]
            return (int(self.utilities.unsteady[v, 0]), True) if self.utilities.lost[v] else None
        if kind == "transfer_switch":
            k = self.row.w.at[name]
            if self.switches.lost[k] and self.moves.transferred[k] == FALSE and self.power[k] == NEVER:
                return int(self.switches.loss[k, 1]), True
            normal = self.row.w.switches.devices[k].normal
            if normal and not self.row.w.switches.has_generator[k] and self.row.seen.emergency[k] == FALSE:
                return self._loss_of(normal)  # its other side is dead already, and nothing there starts
        sides = [self._loss_of(f) for f in self._feeders(name)]
        known = [side for side in sides if side is not None]
        if not sides or len(known) < len(sides):
            return None
        return max(time for time, _ in known), all(lost for _, lost in known)

    def _feeders(self, name: str) -> tuple[str, ...]:
        if self.row.w.layout.oneline.kind(name) == "load":
            return self.row.w.layout.oneline.feeders(name)
        device: Device = self.row.w.layout.site.device(name)
        if device.kind == "transfer_switch":
            return tuple(f for f in (device.normal, *device.emergency) if f)
        return (device.fed_by,) if device.fed_by else ()

    def _rank(self, because: str, f: Foreseen) -> int:
        """Severity by the time that is left to ride through; never below what the reason alone makes it."""
        late = f.shutdown_by is not None and self.row.time >= f.shutdown_by - SHUTDOWN_NEAR
        if f.lost or late or because in HOPELESS:
            return 2
        if f.ride_through is None:
            return max(1, f.rank)
        return max(f.rank, 2 if f.ride_through < 0 else int(f.ride_through <= ENOUGH))

    def _first(self, i: int, because: str, f: Foreseen) -> None:
        p = self.p
        p.first[i], p.told[i], p.repeated[i], p.lost[i] = self.row.time, f.loss, False, f.lost
        p.rank[i], p.reason[i] = self._rank(because, f), REASONS.index(because)
        onset = (self.row.previous, self.row.time)
        self.row.ledger.begin(PREDICTED, p.keys[i], onset=onset, evidence=self._shown(i), detail=self._detail(i, f))

    def _update(self, i: int, f: Foreseen, because: str = "") -> None:
        """Tell it anew: when it moves, when it or its reason is graver, when it comes true, a minute after the first."""
        p, now = self.p, self.row.time
        reason = REASONS.index(because) if because else int(p.reason[i])
        part = int(MOVED_PART * max(0, f.loss - now))
        at_hand = max(f.loss, int(p.told[i])) <= now + JITTER  # now is now
        moved = not (p.lost[i] or at_hand) and abs(f.loss - int(p.told[i])) >= max(JITTER, min(MOVED, part))
        again = not p.repeated[i] and now - int(p.first[i]) >= REPEAT
        rank = max(int(p.rank[i]), self._rank(because, f))
        if not (moved or again or rank > p.rank[i] or reason != p.reason[i] or (f.lost and not p.lost[i])):
            return
        p.repeated[i] |= again
        p.told[i], p.rank[i], p.reason[i], p.lost[i] = f.loss, rank, reason, f.lost
        self.row.ledger.change(PREDICTED, p.keys[i], evidence=self._shown(i), detail=self._detail(i, f))

    def _shown(self, i: int) -> tuple[Evidence, ...]:
        u = self.row.w.upses
        return self.row.evidence(u.charge[i], u.runtime[i], u.status[i]) if i < len(u.names) else ()

    def _detail(self, i: int, f: Foreseen) -> dict[str, object]:
        detail: dict[str, object] = {
            "loss_predicted": {self.p.keys[i]: f.loss},
            "severity": SEVERITIES[int(self.p.rank[i])],
            "because": REASONS[int(self.p.reason[i])],
            "lost": f.lost,
            "ride_through_s": f.ride_through,
        }
        if f.shutdown_by is not None:
            detail["shutdown_by"] = f.shutdown_by
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
