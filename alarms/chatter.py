"""The chatter guard: a supply that keeps coming and going is one alarm with a count, not fifty."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from detectors.event import Event, EventKind, Evidence
from telemetry.block import SECOND

WINDOW = 600 * SECOND  # three disturbances within it are one unstable supply, and so long it must be quiet to be over
MANY = 3

_VOLTAGE = frozenset({EventKind.VOLTAGE_SAG, EventKind.VOLTAGE_SWELL, EventKind.VOLTAGE_INTERRUPTION})

# `utility_lost` is not among them: it outlasts its disturbance by the retransfer delay.
WATCHED = _VOLTAGE | {EventKind.FREQUENCY_DEVIATION}


@dataclass(slots=True)
class Unrest:
    """What the guard knows of one feed of one device. Times in microseconds UTC.

    holding: kinds that hold now
    starts: onsets of its disturbances of the last ten minutes, until the supply is called unstable
    count: disturbances since the first of those, while it is unstable
    told: the count that was last worth a word; the next is twice that
    quiet_since: when the last disturbance was over
    """

    subject: str
    point: str | None
    holding: set[str] = field(default_factory=set)
    starts: list[tuple[int, int]] = field(default_factory=list)
    unstable: bool = False
    count: int = 0
    told: int = 0
    quiet_since: int = 0
    evidence: tuple[Evidence, ...] = ()

    def take(self, time: int, events: Iterable[Event]) -> None:
        """Learn of one tick's events on this feed, in any order.

        A sag that deepens is one disturbance, not two; a frequency that is off hides no sag.
        """
        before = frozenset(self.holding)
        begun = [e for e in events if e.active and e.kind not in before]
        for e in events:
            (self.holding.add if e.active else self.holding.discard)(e.kind)
        if not self.holding:
            self.quiet_since = time
        anew = [e for e in begun if not before & (_VOLTAGE if e.kind in _VOLTAGE else WATCHED)]
        if anew:
            self._count(time, anew[0])

    def _count(self, time: int, event: Event) -> None:
        self.evidence = event.evidence or self.evidence
        if self.unstable:
            self.count += 1
            return
        self.starts = [s for s in self.starts if s[1] > time - WINDOW] + [event.onset]
        if len(self.starts) >= MANY:
            self.unstable, self.count, self.told = True, len(self.starts), len(self.starts)

    def worth_a_word(self) -> bool:
        """Whether the count has doubled since it was last told."""
        if self.count < 2 * self.told:
            return False
        self.told = self.count
        return True

    def over(self) -> int | None:
        """When it will have been quiet long enough; None while something holds."""
        return None if self.holding else self.quiet_since + WINDOW

    def settle(self) -> None:
        """It has been quiet long enough."""
        self.unstable, self.count, self.starts = False, 0, []
