"""What is told of a switch: missed stages, lockouts, and how a transfer went."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.event import EventKind
from detectors.observation import POSITION
from detectors.row import Row
from detectors.stages import OPEN_AFTER, STAGES, START_SIGNALLED, TRANSFERRED, UNCONFIRMED_AFTER
from detectors.switch import S2, S5, Moves, Outlook, Switches
from detectors.truth import FALSE, TRUE, UNKNOWN
from detectors.wiring import poll_allowance
from device_profiles.quantities import quantity
from telemetry.block import SECOND

NO_START, LOCKED = EventKind.NO_START_COMMAND, EventKind.SOURCES_LOCKED_OUT
FAILED, OPEN = EventKind.ATS_FAIL_TO_TRANSFER, EventKind.ATS_OPEN
SLOW, UNCONFIRMED = EventKind.TRANSFER_SLOW, EventKind.TRANSFER_UNCONFIRMED
OF_A_TRANSFER = (NO_START, LOCKED, FAILED, OPEN, SLOW, UNCONFIRMED)


@dataclass(frozen=True, slots=True)
class SwitchFindings:
    """Writes one row's findings into the ledger."""

    row: Row
    s: Switches
    moves: Moves
    outlook: Outlook

    def tell(self) -> None:
        """All that this row has to say."""
        for i in np.flatnonzero(self.moves.returned):
            self._returned(int(i))
        for i in np.flatnonzero(self.moves.locked):
            self._locked_out(int(i))
        for i in np.flatnonzero(self.moves.freed):
            self.row.ledger.end(LOCKED, self._name(int(i)))
        for i, stage in zip(*np.nonzero(self.moves.done), strict=True):
            self._done(int(i), int(stage))
        waiting = self.s.lost & ~self.s.locked
        for i in np.flatnonzero(waiting & (self.s.done[:, S2] == 0) & (self.moves.signalled == FALSE)):
            self._no_start_command(int(i))
        for i in np.flatnonzero(waiting & (self.s.done[:, S5] == 0) & (self.row.seen.emergency == TRUE)):
            self._not_transferred(int(i))
        for i in np.flatnonzero((self.s.opened > 0) | self._active(OPEN)):
            self._open(int(i))

    def _name(self, i: int) -> str:
        return self.row.w.switches.devices[i].name

    def _active(self, kind: EventKind) -> NDArray[np.bool_]:
        return self.row.ledger.all_active(kind, self.s.keys)

    def _common(self, i: int) -> dict[str, object]:
        sources = self.row.w.sources.names
        detail: dict[str, object] = {
            "emergency": tuple(n for n, of in zip(sources, self.row.w.switches.sources[i], strict=True) if of),
        }
        if normal := self.row.w.switches.devices[i].normal:
            detail["source"] = normal
        if self.s.lost[i]:
            detail["since_loss_s"] = (self.row.time - int(self.s.loss[i, 1])) / SECOND
        if np.isfinite(ride := float(self.outlook.ride_through[i])):
            detail["ride_through_s"] = ride
        return detail

    def _margin(self, i: int, stage: int) -> float:
        return (int(self.s.due[i, stage]) - self.row.time) / SECOND

    def _told(self, i: int, stage: int) -> dict[str, object]:
        """A stage's name and margin; one that was done before its time began to run has no margin."""
        told: dict[str, object] = {"stage": STAGES[stage].name}
        return told | {"stage_margin_s": self._margin(i, stage)} if self.s.due[i, stage] else told

    def _returned(self, i: int) -> None:
        """The normal side is back: nothing of this transfer is asked for any more."""
        places = self.row.w.switches.normal_shown_by[i]
        for kind in OF_A_TRANSFER:
            if kind is not OPEN:
                self.row.ledger.end(
                    kind,
                    self._name(i),
                    ended=self.row.onset(places),
                    evidence=self.row.evidence(places) if self.row.ledger.active(kind, self._name(i)) else (),
                )

    def _locked_out(self, i: int) -> None:
        w, s = self.row.w.switches, self.row.w.sources
        places = np.concatenate(
            [w.mode[[i]], w.barred[i], w.tripped[i], w.bus[i]]
            + [p[w.sources[i]] for p in (s.state, s.lockout, s.breaker)]
        )
        shown = [e for e in self.row.evidence(places) if e.value in ("inhibited", "locked_out", "tripped")]
        said = [f"{e.device} is {str(e.value).replace('_', ' ')}" for e in shown]
        detail = self._common(i) | {
            "severity": "critical",
            "locked_by": tuple(dict.fromkeys(e.device for e in shown)),
            "reason": " and ".join(dict.fromkeys(said)),
        }
        lock = self.row.onset(places)[0]
        self.row.ledger.begin(
            LOCKED,
            self._name(i),
            onset=(
                max(lock if lock < self.row.time else 0, min(int(self.s.loss[i, 0]), self.row.time)),
                self.row.time,
            ),
            evidence=(*shown, *self.row.evidence(w.normal_shown_by[i])),
            detail=detail,
        )

    def _no_start_command(self, i: int) -> None:
        if self.row.time < self.s.due[i, S2]:
            return
        w, s = self.row.w.switches, self.row.w.sources
        mine = w.sources[i]
        self.row.ledger.begin(
            NO_START,
            self._name(i),
            onset=(self.row.previous, self.row.time),
            magnitude=-self._margin(i, S2),
            evidence=self.row.evidence(w.contact[i], s.state[mine], s.speed[mine], w.normal_shown_by[i]),
            detail=self._common(i) | {"stage": START_SIGNALLED.name, "stage_margin_s": self._margin(i, S2)},
        )

    def _not_transferred(self, i: int) -> None:
        late = -self._margin(i, S5)
        if not self.s.due[i, S5] or late < 0:
            return
        verdict = self.moves.transferred[i]
        failed, opened = (self.row.ledger.active(kind, self._name(i)) for kind in (FAILED, OPEN))
        if verdict == UNKNOWN:
            kind = UNCONFIRMED
            if late * SECOND < UNCONFIRMED_AFTER or failed or opened:  # silence takes back nothing that was seen
                return
        else:
            kind = OPEN if self.row.seen.position[i] == POSITION["none"] else FAILED
            if opened and self.row.seen.position[i] < 0:
                return
        w = self.row.w.switches
        position = quantity("input.source").state(float(self.row.seen.position[i]))
        detail = self._common(i) | {
            "stage": TRANSFERRED.name,
            "stage_margin_s": -late,
            "source_good_s": (self.row.time - int(self.s.emergency[i])) / SECOND,
        }
        if position:
            detail["position"] = position
        if kind is FAILED and position == "emergency":
            detail["reason"] = "it says it has, but its load side is dead"
        self.row.ledger.begin(
            kind,
            self._name(i),
            onset=(self.row.previous, self.row.time),
            magnitude=late,
            evidence=self.row.evidence(
                w.position[i], w.load[i], w.load_far[i], w.below[i], w.emergency[i], w.emergency_status[i], w.mode[i]
            ),
            detail=detail,
        )
        for other in (FAILED, UNCONFIRMED):
            if other is not kind:
                self.row.ledger.end(other, self._name(i))

    def _open(self, i: int) -> None:
        """Open without a transfer under way: no source to wait for. Within one, S5 judges it."""
        w, s = self.row.w.switches, self.s
        known_shut = self.row.seen.position[i] > POSITION["none"]
        if known_shut or self.row.seen.load[i] == TRUE:
            self.row.ledger.end(OPEN, self._name(i), evidence=self.row.evidence(w.position[i], w.load[i]))
            return
        allowed = w.devices[i].transfer.neutral_delay + max(OPEN_AFTER, int(poll_allowance(w.poll)[i]))
        open_for = self.row.time - int(s.opened[i])
        if s.lost[i] or self.row.seen.normal_holds[i] != TRUE or self.row.seen.position[i] < 0 or open_for < allowed:
            return
        self.row.ledger.begin(
            OPEN,
            self._name(i),
            onset=(self.row.previous, self.row.time),
            magnitude=(open_for - allowed) / SECOND,
            evidence=self.row.evidence(w.position[i], w.load[i], w.normal_shown_by[i]),
            detail=self._common(i)
            | {"stage": TRANSFERRED.name, "stage_margin_s": (allowed - open_for) / SECOND, "open_s": open_for / SECOND},
        )

    def _done(self, i: int, stage: int) -> None:
        """A stage is done: what was missed of it is over; the journal learns the margin."""
        name, told = self._name(i), self._told(i, stage)
        late = max(0.0, -self._margin(i, stage)) if "stage_margin_s" in told else 0.0
        if stage == S2:
            self.row.ledger.end(NO_START, name, magnitude=late, detail=told)
        if stage == S5:
            for kind in (FAILED, OPEN, UNCONFIRMED):
                self.row.ledger.end(kind, name, magnitude=late, detail=told)
            self._slow(i)
        if (v := self.row.w.switches.utility[i]) >= 0:
            stages = {
                self._name(int(k)): {
                    STAGES[j].name: (int(self.s.due[k, j]) - int(self.s.done[k, j])) / SECOND
                    for j in range(len(STAGES))
                    if self.s.done[k, j] and self.s.due[k, j]
                }
                for k in np.flatnonzero((self.row.w.switches.utility == v) & self.s.lost)
            }
            detail = told | {"switch": name, "stages": stages}
            if (ride := self._common(i).get("ride_through_s")) is not None:
                detail["ride_through_s"] = ride
            self.row.ledger.change(EventKind.UTILITY_LOST, self.row.w.utilities.names[v], detail=detail)

    def _slow(self, i: int) -> None:
        """Later than accepted, for sure: it was seen undone after the time was over."""
        w, s = self.row.w.switches, self.s
        allowed = w.devices[i].transfer.accept_within
        if int(s.undone[i]) - int(s.loss[i, 1]) < allowed:
            return
        took = self.row.time - int(s.loss[i, 1])
        self.row.ledger.begin(
            SLOW,
            self._name(i),
            onset=(int(s.undone[i]), self.row.time),
            magnitude=(took - allowed) / SECOND,
            evidence=self.row.evidence(w.position[i], w.load[i], w.load_far[i]),
            detail=self._common(i)
            | {
                "stage": TRANSFERRED.name,
                "stage_margin_s": (allowed - took) / SECOND,
                "took_s": took / SECOND,
                "allowed_s": allowed / SECOND,
            },
        )
