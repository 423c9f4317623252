"""What was found of the injected events, by this program and by any rule, and how soon."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from detectors.event import EventKind
from injection import CLASSES, Injected, Trial
from mains import Stream
from ridethrough.engine import Engine
from telemetry.site import Limits

LATEST = 5  # samples after an event's last within which an onset still counts as having found it
PUSHED = 50_000  # rows at a time

Setting: TypeAlias = Mapping[str, Limits]


@dataclass(frozen=True, slots=True)
class Onset:
    """An alarm of this program became active, or was first sent to the NOC, at a row of the stream."""

    row: int
    kind: str
    title: str


@dataclass(slots=True)
class Onsets:
    """All that an engine said of a stream: every alarm that became active, and those of them that were notified."""

    every: list[Onset] = field(default_factory=list)
    notified: list[Onset] = field(default_factory=list)


def onsets(stream: Stream, setting: Setting | None = None) -> Onsets:
    """Run the whole engine over a stream and keep what it began to say, of any kind and severity.

    That a device is silent where the stream has no answer is left out: it is so, and no rule is asked for it.

    Args:
        stream: as it was recorded or with events in it
        setting: the site's `[limits.KIND]`; None: those that it has
    """
    site = stream.site if setting is None else replace(stream.site, limits=setting)
    engine, block, found = Engine(site, replay=True), stream.block, Onsets()
    active: set[str] = set()
    told: set[str] = set()
    for start in range(0, len(block), PUSHED):
        for change in engine.push(block.rows(start, start + PUSHED)):
            row = int(np.searchsorted(block.times, change.time))
            if change.kind == EventKind.COMMS_LOST and not stream.answered[row]:
                continue
            onset = Onset(row, change.kind, change.title)
            for known, now, kept in (
                (active, change.active, found.every),
                (told, change.active and (change.notify or change.alarm_id in told), found.notified),
            ):
                if now and change.alarm_id not in known:
                    kept.append(onset)
                (known.add if now else known.discard)(change.alarm_id)
    return found


@dataclass(frozen=True, slots=True, repr=False)
class Outcome:
    """Of each class of events: samples from the first to the onset, None where an event was not found.

    Samples that were not answered do not count, nor does an event of which no sample was answered.
    """

    delays: Mapping[str, tuple[int | None, ...]]

    def found(self, *names: str) -> int:
        """How many events of these classes, of all if none is named."""
        return len(self._found(names))

    def of(self, *names: str) -> int:
        """How many there were."""
        return sum(len(self.delays[name]) for name in names or CLASSES)

    def recall(self, *names: str) -> float:
        """The part that was found."""
        return self.found(*names) / self.of(*names)

    def delay(self, part: float, *names: str) -> float | None:
        """The quantile of the delay of those found, samples; None where none was."""
        found = self._found(names)
        return float(np.quantile(found, part, method="inverted_cdf")) if found else None

    def _found(self, names: tuple[str, ...]) -> list[int]:
        return [delay for name in names or CLASSES for delay in self.delays[name] if delay is not None]


def judge(trial: Trial, rows: Iterable[int]) -> Outcome:
    """Hold onsets, at rows of the trial's stream, against what was put into it."""
    at = np.unique(np.fromiter(rows, np.int64))
    answered = np.concatenate([[0], np.cumsum(trial.stream.answered)])
    delays: dict[str, list[int | None]] = {name: [] for name in CLASSES}
    for event in trial.truth:
        if answered[event.stop] > answered[event.start]:
            delays[event.name].append(_delay(event, at, answered))
    return Outcome({name: tuple(found) for name, found in delays.items()})


def _delay(event: Injected, at: NDArray[np.int64], answered: NDArray[np.int64]) -> int | None:
    i = int(np.searchsorted(at, event.start))
    if i == len(at) or at[i] > event.stop - 1 + LATEST:
        return None
    return int(answered[at[i]] - answered[event.start])
