"""What is told of a switch: missed stages, lockouts, and how a transfer went."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.event import EventKind
from detectors.ledger import Ledger
from detectors.observation import POSITION, Observation
from detectors.stages import OPEN_AFTER, STAGES, START_SIGNALLED, TRANSFERRED, UNCONFIRMED_AFTER
from detectors.switch import NEVER, S2, S5, Moves, Switches
from detectors.tick import Tick
from detectors.truth import FALSE, TRUE, UNKNOWN
from detectors.wiring import Wiring, poll_allowance
from device_profiles.quantities import quantity
from telemetry.block import SECOND

NO_START, LOCKED = EventKind.NO_START_COMMAND, EventKind.SOURCES_LOCKED_OUT
FAILED, OPEN = EventKind.ATS_FAIL_TO_TRANSFER, EventKind.ATS_OPEN
SLOW, UNCONFIRMED = EventKind.TRANSFER_SLOW, EventKind.TRANSFER_UNCONFIRMED
OF_A_TRANSFER = (NO_START, LOCKED, FAILED, OPEN, SLOW, UNCONFIRMED)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a row says of the time to come, (S,) µs: earliest power, and the first loss of a UPS below; 0 unknown."""

    power: NDArray[np.int64]
    loss: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SwitchFindings:
    """Writes one row's findings into the ledger."""

    w: Wiring
    s: Switches
    ledger: Ledger
    tick: Tick
    seen: Observation
    moves: Moves
    outlook: Outlook

    def tell(self) -> None:
        """All that this row has to say."""
        for i in np.flatnonzero(self.moves.returned):
            self._returned(int(i))
        for i in np.flatnonzero(self.moves.locked):
            self._locked_out(int(i))
        for i in np.flatnonzero(self.moves.freed):
            self.ledger.end(self.tick, LOCKED, self._name(int(i)))
        for i, stage in zip(*np.nonzero(self.moves.done), strict=True):
            self._done(int(i), int(stage))
        waiting = self.s.lost & ~self.s.locked
        for i in np.flatnonzero(waiting & (self.s.done[:, S2] == 0) & (self.moves.signalled == FALSE)):
            self._no_start_command(int(i))
        for i in np.flatnonzero(waiting & (self.s.done[:, S5] == 0) & (self.seen.emergency == TRUE)):
            self._not_transferred(int(i))
        for i in np.flatnonzero((self.s.opened > 0) | self._active(OPEN)):
            self._open(int(i))

    def _name(self, i: int) -> str:
        return self.w.switches.devices[i].name

    def _active(self, kind: EventKind) -> NDArray[np.bool_]:
        return self.ledger.all_active(kind, self.s.keys)

    def _common(self, i: int) -> dict[str, object]:
        sources = self.w.sources.names
        detail: dict[str, object] = {
            "emergency": tuple(n for n, of in zip(sources, self.w.switches.sources[i], strict=True) if of),
        }
        if normal := self.w.switches.devices[i].normal:
            detail["source"] = normal
        if self.s.lost[i]:
            detail["since_loss_s"] = (self.tick.time - int(self.s.loss[i, 1])) / SECOND
        if self.outlook.loss[i] and self.outlook.power[i] != NEVER:
            detail["ride_through_s"] = (int(self.outlook.loss[i]) - int(self.outlook.power[i])) / SECOND
        return detail

    def _margin(self, i: int, stage: int) -> float:
        return (int(self.s.due[i, stage]) - self.tick.time) / SECOND

    def _returned(self, i: int) -> None:
        """The normal side is back: nothing of this transfer is asked for any more."""
        places = self.w.switches.normal_shown_by[i]
        for kind in OF_A_TRANSFER:
            if kind is not OPEN:
                self.ledger.end(
                    self.tick,
                    kind,
                    self._name(i),
                    ended=self.tick.onset(places),
                    evidence=self.tick.evidence(places) if self.ledger.active(kind, self._name(i)) else (),
                )

    def _locked_out(self, i: int) -> None:
        w, s = self.w.switches, self.w.sources
        places = np.concatenate(
            [w.mode[[i]], w.barred[i], w.tripped[i], w.bus[i]]
            + [p[w.sources[i]] for p in (s.state, s.lockout, s.breaker)]
        )
        shown = [e for e in self.tick.evidence(places) if e.value in ("inhibited", "locked_out", "tripped")]
        said = [
            f"{e.device} {'is' if e.value != 'locked_out' else 'is'} {str(e.value).replace('_', ' ')}" for e in shown
        ]
        detail = self._common(i) | {
            "severity": "critical",
            "locked_by": tuple(dict.fromkeys(e.device for e in shown)),
            "reason": " and ".join(dict.fromkeys(said)),
        }
        lock = self.tick.onset(places)[0]
        self.ledger.begin(
            self.tick,
            LOCKED,
            self._name(i),
            onset=(
                max(lock if lock < self.tick.time else 0, min(int(self.s.loss[i, 0]), self.tick.time)),
                self.tick.time,
            ),
            evidence=(*shown, *self.tick.evidence(w.normal_shown_by[i])),
            detail=detail,
        )

    def _no_start_command(self, i: int) -> None:
        if self.tick.time < self.s.due[i, S2]:
            return
        w, s = self.w.switches, self.w.sources
        mine = w.sources[i]
        self.ledger.begin(
            self.tick,
            NO_START,
            self._name(i),
            onset=(self.tick.previous, self.tick.time),
            magnitude=-self._margin(i, S2),
            evidence=self.tick.evidence(w.contact[i], s.state[mine], s.speed[mine], w.normal_shown_by[i]),
            detail=self._common(i) | {"stage": START_SIGNALLED.name, "stage_margin_s": self._margin(i, S2)},
        )

    def _not_transferred(self, i: int) -> None:
        late = -self._margin(i, S5)
        if not self.s.due[i, S5] or late < 0:
            return
        verdict = self.moves.transferred[i]
        if verdict == UNKNOWN:
            kind = UNCONFIRMED
            if late * SECOND < UNCONFIRMED_AFTER:
                return
        else:
            kind = OPEN if self.seen.position[i] == POSITION["none"] else FAILED
        w = self.w.switches
        position = quantity("input.source").state(float(self.seen.position[i]))
        detail = self._common(i) | {
            "stage": TRANSFERRED.name,
            "stage_margin_s": -late,
            "source_good_s": (self.tick.time - int(self.s.emergency[i])) / SECOND,
        }
        if position:
            detail["position"] = position
        if kind is FAILED and position == "emergency":
            detail["reason"] = "it says it has, but its load side is dead"
        self.ledger.begin(
            self.tick,
            kind,
            self._name(i),
            onset=(self.tick.previous, self.tick.time),
            magnitude=late,
            evidence=self.tick.evidence(
                w.position[i], w.load[i], w.load_far[i], w.below[i], w.emergency[i], w.emergency_status[i], w.mode[i]
            ),
            detail=detail,
        )
        for other in (FAILED, UNCONFIRMED):
            if other is not kind:
                self.ledger.end(self.tick, other, self._name(i))

    def _open(self, i: int) -> None:
        """Open without a transfer under way: no source to wait for. Within one, S5 judges it."""
        w, s = self.w.switches, self.s
        known_shut = self.seen.position[i] > POSITION["none"]
        if known_shut or self.seen.load[i] == TRUE:
            self.ledger.end(self.tick, OPEN, self._name(i), evidence=self.tick.evidence(w.position[i], w.load[i]))
            return
        allowed = w.devices[i].transfer.neutral_delay + max(OPEN_AFTER, int(poll_allowance(w.poll)[i]))
        open_for = self.tick.time - int(s.opened[i])
        if s.lost[i] or self.seen.normal_holds[i] != TRUE or self.seen.position[i] < 0 or open_for < allowed:
            return
        self.ledger.begin(
            self.tick,
            OPEN,
            self._name(i),
            onset=(self.tick.previous, self.tick.time),
            magnitude=(open_for - allowed) / SECOND,
            evidence=self.tick.evidence(w.position[i], w.load[i], w.normal_shown_by[i]),
            detail=self._common(i)
            | {"stage": TRANSFERRED.name, "stage_margin_s": (allowed - open_for) / SECOND, "open_s": open_for / SECOND},
        )

    def _done(self, i: int, stage: int) -> None:
        """A stage is done: what was missed of it is over; the journal learns the margin."""
        name, margin = self._name(i), self._margin(i, stage)
        told = {"stage": STAGES[stage].name, "stage_margin_s": margin}
        if stage == S2:
            self.ledger.end(self.tick, NO_START, name, magnitude=max(0.0, -margin), detail=told)
        if stage == S5:
            for kind in (FAILED, OPEN, UNCONFIRMED):
                self.ledger.end(self.tick, kind, name, magnitude=max(0.0, -margin), detail=told)
            self._slow(i)
        if (v := self.w.switches.utility[i]) >= 0:
            stages = {
                self._name(k): {
                    STAGES[j].name: (int(self.s.due[k, j]) - int(self.s.done[k, j])) / SECOND
                    for j in range(len(STAGES))
                    if self.s.done[k, j] and self.s.due[k, j]
                }
                for k in np.flatnonzero((self.w.switches.utility == v) & self.s.lost)
            }
            detail = told | {"switch": name, "stages": stages}
            self.ledger.change(self.tick, EventKind.UTILITY_LOST, self.w.utilities.names[v], detail=detail)

    def _slow(self, i: int) -> None:
        """Later than accepted, for sure: it was seen undone after the time was over."""
        w, s = self.w.switches, self.s
        allowed = w.devices[i].transfer.accept_within
        if int(s.undone[i]) - int(s.loss[i, 1]) < allowed:
            return
        took = self.tick.time - int(s.loss[i, 1])
        self.ledger.begin(
            self.tick,
            SLOW,
            self._name(i),
            onset=(int(s.undone[i]), self.tick.time),
            magnitude=(took - allowed) / SECOND,
            evidence=self.tick.evidence(w.position[i], w.load[i], w.load_far[i]),
            detail=self._common(i)
            | {
                "stage": TRANSFERRED.name,
                "stage_margin_s": (allowed - took) / SECOND,
                "took_s": took / SECOND,
                "allowed_s": allowed / SECOND,
            },
        )
