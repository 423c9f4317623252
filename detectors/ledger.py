"""What is standing: every finding of the supervisor by kind and subject, and the events that tell of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from detectors.event import Event, EventKind, Evidence
from detectors.state import State


@dataclass(slots=True)
class Standing(State):
    """Findings that hold, by `kind/subject`.

    active: (K,) bool; onset: (K, 2) µs (last known good, first known bad); magnitude: (K,) the worst so far
    """

    active: NDArray[np.bool_]
    onset: NDArray[np.int64]
    magnitude: NDArray[np.float64]


def standing(findings: Iterable[tuple[EventKind, str]]) -> Standing:
    """None of them holds."""
    keys = tuple(f"{kind}/{subject}" for kind, subject in findings)
    return Standing(keys, np.zeros(len(keys), bool), np.zeros((len(keys), 2), np.int64), np.zeros(len(keys)))


class Ledger:
    """Writes into `Standing`, and collects the events of one call of `step`."""

    def __init__(self, standing: Standing, index: Mapping[str, int]) -> None:
        """`index`: the place of each of `standing`'s keys."""
        self._standing = standing
        self._at = index
        self._time = self._previous = 0
        self.events: list[Event] = []

    def turn_to(self, time: int, previous: int) -> None:
        """What is written from now on is known at the row of `time`; the row before it is of `previous` (µs)."""
        self._time, self._previous = time, previous

    def active(self, kind: EventKind, subject: str) -> bool:
        """Whether it holds."""
        return bool(self._standing.active[self._at[f"{kind}/{subject}"]])

    def all_active(self, kind: EventKind, subjects: Iterable[str]) -> NDArray[np.bool_]:
        """(n,) whether it holds for each."""
        return np.array([self.active(kind, s) for s in subjects], bool)

    def begin(
        self,
        kind: EventKind,
        subject: str,
        *,
        onset: tuple[int, int],
        magnitude: float = 0.0,
        evidence: tuple[Evidence, ...] = (),
        detail: Mapping[str, object] | None = None,
    ) -> None:
        """It holds from now on; nothing is said if it already did."""
        i = self._at[f"{kind}/{subject}"]
        if self._standing.active[i]:
            return
        self._standing.active[i] = True
        self._standing.onset[i] = onset
        self._standing.magnitude[i] = magnitude
        self._tell(kind, subject, None, evidence, detail)

    def change(
        self,
        kind: EventKind,
        subject: str,
        *,
        magnitude: float | None = None,
        evidence: tuple[Evidence, ...] = (),
        detail: Mapping[str, object] | None = None,
    ) -> None:
        """It still holds, and more is known of it; nothing is said if it does not hold."""
        i = self._at[f"{kind}/{subject}"]
        if self._standing.active[i]:
            if magnitude is not None:
                self._standing.magnitude[i] = magnitude
            self._tell(kind, subject, None, evidence, detail)

    def end(
        self,
        kind: EventKind,
        subject: str,
        *,
        ended: tuple[int, int] | None = None,
        magnitude: float | None = None,
        evidence: tuple[Evidence, ...] = (),
        detail: Mapping[str, object] | None = None,
    ) -> None:
        """It holds no longer; nothing is said if it did not."""
        i = self._at[f"{kind}/{subject}"]
        if self._standing.active[i]:
            if magnitude is not None:
                self._standing.magnitude[i] = magnitude
            self._standing.active[i] = False
            self._tell(kind, subject, ended or (self._previous, self._time), evidence, detail)

    def _tell(
        self,
        kind: EventKind,
        subject: str,
        ended: tuple[int, int] | None,
        evidence: tuple[Evidence, ...],
        detail: Mapping[str, object] | None,
    ) -> None:
        s, i = self._standing, self._at[f"{kind}/{subject}"]
        event = Event(
            time=self._time,
            kind=kind,
            subject=subject,
            point=None,
            active=bool(s.active[i]),
            onset=(int(s.onset[i, 0]), int(s.onset[i, 1])),
            ended=ended,
            magnitude=float(s.magnitude[i]),
            evidence=evidence,
            detail=dict(detail or {}),
        )
        for at in range(len(self.events) - 1, -1, -1):
            told = self.events[at]
            if told.time != self._time:
                break
            if (told.kind, told.subject, told.active) == (kind, subject, event.active):
                self.events[at] = replace(
                    event, evidence=told.evidence + evidence, detail={**told.detail, **event.detail}
                )
                return
        self.events.append(event)
