"""How often a recording's channels and rows come: what tells a missing answer from one that was not due."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from telemetry.block import SECOND, Times

_ROWS = 4_000_000  # as many intervals between rows are kept; a longer recording has its median from the first of them
_PER_CHANNEL = 1024  # and at least as many of each channel, where it has them

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Cadence:
    """The usual distances of rows.

    interval: microseconds from row to row
    channel_interval, channel_rows: (N,) from one value of a channel to its next, in microseconds and in rows
    length: number of rows with those to be inserted; None where there are too many to tell
    """

    interval: int
    channel_interval: Ints
    channel_rows: Ints
    length: int | None

    def inserted(self, gaps: Ints) -> Ints:
        """How many rows to put into each gap between two rows: none up to 1.5 intervals."""
        count = -(-(2 * gaps - self.interval) // (2 * self.interval)) - 1
        return np.where(2 * gaps > 3 * self.interval, count, 0)


class CadenceSurvey:
    """Collects the intervals of a stream of records."""

    def __init__(self) -> None:
        self._gaps: list[Ints] = []
        self._gaps_kept = 0
        self._rows = 0
        self._last: int | None = None
        self._channel_last = np.empty((2, 0), np.int64)  # time and row of each channel's last record
        self._counts = np.empty(0, np.int64)
        self._kept: list[Ints] = []  # (3, n): channel, microseconds, rows

    def add(self, times: Times, column: NDArray[np.int32], channels: int) -> None:
        """Take records that follow those before; `channels` is how many channels are known by now."""
        new = np.diff(times, prepend=times[0] - 1 if self._last is None else self._last) > 0
        rows = self._rows - 1 + np.cumsum(new)
        starts = times[new]
        if self._last is not None:
            starts = np.concatenate([[self._last], starts])
        if self._gaps_kept < _ROWS:
            self._gaps.append(np.diff(starts))
            self._gaps_kept += len(self._gaps[-1])
        self._rows = int(rows[-1]) + 1
        self._last = int(times[-1])
        self._grow(channels)
        self._add_channels(times, rows, column)

    def _grow(self, channels: int) -> None:
        more = channels - len(self._counts)
        self._channel_last = np.concatenate([self._channel_last, np.full((2, more), -1)], axis=1)
        self._counts = np.concatenate([self._counts, np.zeros(more, np.int64)])

    def _add_channels(self, times: Times, rows: Ints, column: NDArray[np.int32]) -> None:
        order = np.argsort(column, kind="stable")
        stacked = np.stack([times[order], rows[order]])
        sorted_column = column[order]
        first = np.diff(sorted_column, prepend=-1) != 0
        before = np.concatenate([stacked[:, :1], stacked[:, :-1]], axis=1)
        before[:, first] = self._channel_last[:, sorted_column[first]]
        last = np.flatnonzero(np.append(first[1:], True))
        self._channel_last[:, sorted_column[last]] = stacked[:, last]
        intervals = stacked - before
        keep = (before[1] >= 0) & (intervals[1] > 0) & (self._counts[sorted_column] < _PER_CHANNEL)
        self._kept.append(np.concatenate([sorted_column[np.newaxis, keep].astype(np.int64), intervals[:, keep]]))
        self._counts += np.bincount(sorted_column[keep], minlength=len(self._counts))

    def cadence(self) -> Cadence:
        """What was found.

        The interval of the rows is the median between two of them; where several devices answer at times of
        their own, their rows lie closer together than any of them polls, and the fastest channel's counts.
        A channel with one value only is expected at every row.
        """
        intervals, every = self._channel_medians()
        gaps = np.concatenate(self._gaps) if self._gaps else np.empty(0, np.int64)
        interval = SECOND
        if len(gaps):
            interval = max(1, round(float(np.median(gaps))))
        if (polled := intervals[intervals > 0]).size:
            interval = max(interval, int(polled.min()))
        found = Cadence(interval, np.where(intervals > 0, intervals, interval), every, None)
        length = self._rows + int(found.inserted(gaps).sum()) if len(gaps) == self._rows - 1 else None
        return Cadence(found.interval, found.channel_interval, found.channel_rows, length)

    def _channel_medians(self) -> tuple[Ints, Ints]:
        count = len(self._counts)
        intervals, rows = np.zeros(count, np.int64), np.ones(count, np.int64)
        if not self._kept:
            return intervals, rows
        kept = np.concatenate(self._kept, axis=1)
        kept = kept[:, np.argsort(kept[0], kind="stable")]
        edges = np.searchsorted(kept[0], np.arange(count + 1))
        for i, (a, b) in enumerate(pairwise(edges)):
            if a < b:
                intervals[i] = max(1, round(float(np.median(kept[1, a:b]))))
                rows[i] = max(1, round(float(np.median(kept[2, a:b]))))
        return intervals, rows
