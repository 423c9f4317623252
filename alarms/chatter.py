"""The chatter guard: a supply that keeps coming and going, or swings, is one alarm with a count, not fifty.

Two things make a supply unstable: how often it is disturbed, which is counted here, and how its voltage moves, which a
detector finds (`supply_unstable` as an event). Both are one alarm: from the earlier, until both have been quiet.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from alarms.facts import figure
from detectors.event import Event, EventKind, Evidence
from telemetry.block import SECOND

WINDOW = 600 * SECOND  # three disturbances within it are one unstable supply, and so long it must be quiet to be over
MANY = 3

_VOLTAGE = frozenset(
    {
        EventKind.VOLTAGE_SAG,
        EventKind.VOLTAGE_SWELL,
        EventKind.VOLTAGE_INTERRUPTION,
        EventKind.PHASE_LOSS,
        EventKind.UNDERVOLTAGE,
        EventKind.OVERVOLTAGE,
        EventKind.RAPID_VOLTAGE_CHANGE,
    }
)
# `utility_lost` is not among them: it outlasts its disturbance by the retransfer delay.
_DISTURBANCES = _VOLTAGE | {EventKind.FREQUENCY_DEVIATION}
_SWING = EventKind.SUPPLY_UNSTABLE

WATCHED = _DISTURBANCES | {_SWING}


@dataclass(slots=True)
class Unrest:
    """What the guard knows of one feed of one device. Times in microseconds UTC.

    holding: kinds that hold now, a swing among them
    spells: onsets of its disturbances of the last ten minutes and how many each stands for, until it is called unstable
    unstable: it is disturbed often, or swings, or has not been quiet long enough since
    confirmed: that rests on more than one poll
    onset: since when; where both are so, since the earlier
    count: disturbances since the first that belongs to it, while it is unstable
    told, repeats_told: the counts that were last worth a word; the next are twice these
    news: there is something worth a word that has not been said
    quiet_since: when the last disturbance or swing was over
    evidence, magnitude, detail: of the last that was found; magnitude and detail of how it swings only
    """

    subject: str
    point: str | None
    holding: set[str] = field(default_factory=set)
    spells: list[tuple[tuple[int, int], int]] = field(default_factory=list)
    unstable: bool = False
    confirmed: bool = False
    onset: tuple[int, int] = (0, 0)
    count: int = 0
    told: int = 0
    repeats_told: float = 0.0
    news: bool = False
    quiet_since: int = 0
    evidence: tuple[Evidence, ...] = ()
    magnitude: float = 0.0
    detail: Mapping[str, object] = field(default_factory=dict)

    def take(self, time: int, events: Iterable[Event]) -> None:
        """Learn of one tick's events on this feed, in the order of `Event.order`.

        A sag that deepens, or stays as an undervoltage, is one disturbance, not two; a frequency that is off hides no
        sag. A slow shift is none.
        """
        before, begun = frozenset(self.holding), []
        for e in events:
            if e.kind is _SWING:
                self._swing(time, e)
            elif e.detail.get("gradual") is True:
                continue
            elif e.active and e.kind not in self.holding:
                begun.append(e)
            if e.active:
                self.holding.add(e.kind)
            elif e.kind in self.holding:
                self.holding.remove(e.kind)
                self.quiet_since = max(self.quiet_since, e.ended[1] if e.ended else time)
        anew = [e for e in begun if not before & (_VOLTAGE if e.kind in _VOLTAGE else _DISTURBANCES)]
        if anew:
            self._count(time, anew)

    def _swing(self, time: int, event: Event) -> None:
        """A detector finds that the voltage swings or scatters, does so still, or no more."""
        if event.active and _SWING not in self.holding:
            self._begin(time, event.onset)
            self.repeats_told, self.news = 0.0, True
        if not self.unstable:
            return
        repeats = figure(event.detail, "repeats") or 0.0
        if repeats >= 2 * self.repeats_told:
            self.repeats_told, self.news = repeats, self.news or repeats > 0
        self.confirmed = self.confirmed or event.confirmed
        self.evidence = event.evidence or self.evidence
        self.magnitude, self.detail = event.magnitude, {**self.detail, **event.detail}

    def _count(self, time: int, events: list[Event]) -> None:
        """A disturbance begins, in one or several kinds; a device that counts can tell of many at once."""
        self.evidence = events[0].evidence or self.evidence
        many = max(max(1, round(figure(e.detail, "counted") or 1)) for e in events)
        self.spells = [*self._recent(time), (events[0].onset, many)]
        frequent = sum(n for _, n in self.spells) >= MANY
        if self.unstable:
            self.count += many
        elif frequent:
            self._begin(time, events[0].onset)
        self.confirmed = self.confirmed or frequent
        if self.count >= 2 * self.told:
            self.told, self.news = self.count, self.unstable

    def _begin(self, time: int, onset: tuple[int, int]) -> None:
        """It is unstable from now on, the disturbances of the last ten minutes with it; or for one more reason."""
        if self.unstable:
            self.onset = min(self.onset, onset)
            return
        self.spells = self._recent(time)
        self.onset = min([onset, *(begun for begun, _ in self.spells)])
        self.count = sum(n for _, n in self.spells)
        self.unstable, self.confirmed, self.news, self.told = True, False, True, max(1, self.count)

    def _recent(self, time: int) -> list[tuple[tuple[int, int], int]]:
        return [spell for spell in self.spells if spell[0][1] > time - WINDOW]

    def over(self) -> int | None:
        """When it will have been quiet long enough; None while something holds."""
        return None if self.holding else self.quiet_since + WINDOW

    def settle(self) -> None:
        """It has been quiet long enough."""
        self.unstable, self.count, self.spells, self.magnitude, self.detail = False, 0, [], 0.0, {}
