"""The findings of the voltage machine as columns of arrays; events are made when somebody reads them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from detectors import curves
from detectors.event import Event, EventKind, Evidence
from detectors.lazy_events import LazyEvents
from detectors.voltage_state import KINDS, LONG, Voltages
from detectors.windows import Floats, Places
from telemetry.block import Quality, SampleBlock


@dataclass(frozen=True, slots=True)
class Found:
    """S findings. level 0 stands for what has lasted a minute.

    feed, track, level: (S,) whose, and which kind
    row: (S,) in which it became known
    active: (S,)
    began: (S, 2) µs
    bad: (S,) µs, last sample at the level, of one that ended
    worst: (S,) per unit
    confirmed: (S,)
    """

    feed: Places
    track: NDArray[np.int8]
    level: NDArray[np.int8]
    row: Places
    active: NDArray[np.bool_]
    began: NDArray[np.int64]
    bad: NDArray[np.int64]
    worst: Floats
    confirmed: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.feed)

    @staticmethod
    def joined(parts: Sequence["Found"]) -> "Found":
        """All of them."""
        return Found(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Found)))


class VoltageEvents(LazyEvents):
    """Events in the order of `Event.order`, each made when it is read."""

    def __init__(self, v: Voltages, block: SampleBlock, found: Found) -> None:
        self._v, self._block, self._found = v, block, found

    def __len__(self) -> int:
        return len(self._found)

    def _kind(self, i: int) -> EventKind:
        track, level = int(self._found.track[i]), int(self._found.level[i])
        return EventKind(KINDS[track][level]) if level else LONG[track]

    def _sorted(self) -> Places:
        names = self._v.feeds.names
        keys = [
            (row, self._kind(i), *names[feed])
            for i, (row, feed) in enumerate(zip(self._found.row.tolist(), self._found.feed.tolist(), strict=True))
        ]
        return np.array(sorted(range(len(keys)), key=keys.__getitem__), np.int64)

    def _event(self, i: int) -> Event:
        f = self._found
        feed, row, kind, magnitude = int(f.feed[i]), int(f.row[i]), self._kind(i), float(f.worst[i])
        device, point = self._v.feeds.names[feed]
        time = int(self._block.times[row])
        onset = (int(f.began[i, 0]), int(f.began[i, 1]))
        ended = None if f.active[i] else (int(f.bad[i]), time)
        confirmed = bool(f.confirmed[i])
        lasted = curves.lasting(onset, time) if ended is None else curves.lasted(onset, ended)
        return Event(
            time=time,
            kind=kind,
            subject=device,
            point=point,
            active=ended is None,
            onset=onset,
            ended=ended,
            magnitude=magnitude,
            confirmed=confirmed,
            evidence=self._evidence(feed, row, time),
            detail=curves.described(
                kind,
                magnitude,
                lasted,
                float(self._v.feeds.nominal_frequency[feed]),
                load_side=bool(self._v.load_side[feed]),
            ),
        )

    def _evidence(self, feed: int, row: int, time: int) -> tuple[Evidence, ...]:
        """What the feed reads in that row."""
        first = int(self._v.first[feed])
        columns = self._v.columns[first : first + int(self._v.count[feed])].tolist()
        return tuple(
            Evidence(self._v.channels[c].device, self._v.channels[c].quantity, float(self._block.values[row, c]), time)
            for c in columns
            if self._block.quality[row, c] == Quality.GOOD
        )
