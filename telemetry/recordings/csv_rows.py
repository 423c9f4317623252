"""Turns records (a time, a channel, a value) into rows: one for each time, with missing rows put in."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from telemetry.block import Channel, Quality, SampleBlock, Times
from telemetry.recordings.cadence import Cadence, Ints
from telemetry.recordings.csv_records import Records

_CELLS = 1 << 20  # samples in one piece of work: bounds the memory, whatever the file
_ABSENT = 255  # in place of a quality: nothing was recorded


def rows(records: Iterable[Records], channels: tuple[Channel, ...], cadence: Cadence) -> Iterator[SampleBlock]:
    """The rows of a stream of records.

    A channel without a value at a row is MISSING where its value was due: it has been away for more than
    one and a half of its own usual distances, in rows or in time (so a channel that comes with every row is
    due at every row). It is MISSING once for each value that did not come; in between, and before, it is
    HELD. A row is put in wherever two rows are more than 1.5 intervals apart.
    """
    filler = _Filler(channels, cadence)
    for whole in _whole_times(records):
        yield from filler.fill(whole)


def _whole_times(records: Iterable[Records]) -> Iterator[Records]:
    """The records so that those of one time are never cut in two."""
    pending: list[Records] = []
    for batch in records:
        cut = int(np.searchsorted(batch.times, batch.times[-1]))
        if cut or (pending and pending[-1].times[-1] != batch.times[0]):
            yield _joined([*pending, _part(batch, 0, cut)])
            pending = []
        pending.append(_part(batch, cut, len(batch)))
    if pending:
        yield _joined(pending)


def _part(records: Records, start: int, stop: int) -> Records:
    at = slice(start, stop)
    return Records(records.times[at], records.column[at], records.values[at], records.quality[at])


def _joined(parts: list[Records]) -> Records:
    return Records(
        np.concatenate([part.times for part in parts]),
        np.concatenate([part.column for part in parts]),
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.quality for part in parts]),
    )


class _Filler:
    """Fills the rows of one stream; holds what the rows before leave for the next."""

    def __init__(self, channels: tuple[Channel, ...], cadence: Cadence) -> None:
        self._channels = channels
        self._cadence = cadence
        self._count = 0  # rows so far
        self._last: int | None = None  # time of the last row
        self._values = np.full(len(channels), np.nan, np.float32)
        self._seen_row = np.full(len(channels), -1, np.int64)
        self._seen_time = np.empty(0, np.int64)
        self._overdue = np.full(len(channels), -1, np.int64)  # values that did not come since; -1: none ever came

    def fill(self, records: Records) -> Iterator[SampleBlock]:
        """The rows of records that begin with a time of their own."""
        if self._last is None:
            self._seen_time = records.times[0] - self._cadence.channel_interval
        new = np.diff(records.times, prepend=records.times[0] - 1) > 0
        real = records.times[new]
        before = np.concatenate([real[:1] - 1 if self._last is None else [self._last], real[:-1]])
        place = np.cumsum(1 + self._cadence.inserted(real - before)) - 1  # of each real row among all
        of_record = place[np.cumsum(new) - 1]
        most = max(1, _CELLS // len(self._channels))
        for start in range(0, int(place[-1]) + 1, most):
            stop = min(start + most, int(place[-1]) + 1)
            times = self._times(np.arange(start, stop), place, real, before)
            a, b = np.searchsorted(of_record, (start, stop))
            yield self._block(times, of_record[a:b] - start, _part(records, int(a), int(b)))

    def _times(self, at: Ints, place: Ints, real: Times, before: Ints) -> Times:
        """Times of the rows `at`: a real row's own; an inserted one's on the grid that its gap begins."""
        following = np.searchsorted(place, at)
        previous_place = np.concatenate([[-1], place[:-1]])[following]
        on_grid = before[following] + (at - previous_place) * self._cadence.interval
        return np.where(place[following] == at, real[following], on_grid)

    def _block(self, times: Times, row: Ints, records: Records) -> SampleBlock:
        shape = (len(times), len(self._channels))
        values = np.full(shape, np.nan, np.float32)
        quality = np.full(shape, _ABSENT, np.uint8)
        values[row, records.column] = records.values
        quality[row, records.column] = records.quality
        seen = quality != _ABSENT
        if seen.all():
            self._seen_row[:] = self._count + len(times) - 1
            self._seen_time[:] = times[-1]
            self._overdue[:] = 0
        else:
            self._judge(times, values, quality, seen)
        self._count += len(times)
        self._last = int(times[-1])
        self._values = values[-1]
        return SampleBlock(self._channels, times, values, quality)

    def _judge(
        self, times: Times, values: NDArray[np.float32], quality: NDArray[np.uint8], seen: NDArray[np.bool_]
    ) -> None:
        """Say of every absent sample whether it is MISSING or HELD; a held one repeats the row before."""
        number = self._count + np.arange(len(times))[:, np.newaxis]
        seen_row = np.maximum.accumulate(np.where(seen, number, self._seen_row), axis=0)
        seen_time = np.maximum.accumulate(np.where(seen, times[:, np.newaxis], self._seen_time), axis=0)
        overdue = np.where(seen, 0, self._not_come(number - seen_row, times[:, np.newaxis] - seen_time))
        more = np.diff(overdue, axis=0, prepend=self._overdue[np.newaxis]) > 0
        quality[~seen] = np.where(more, Quality.MISSING, Quality.HELD)[~seen]
        source = np.where(quality == Quality.HELD, 0, np.arange(1, len(times) + 1)[:, np.newaxis])
        stacked = np.concatenate([self._values[np.newaxis], values])
        values[:] = np.take_along_axis(stacked, np.maximum.accumulate(source, axis=0), axis=0)
        self._seen_row, self._seen_time, self._overdue = seen_row[-1], seen_time[-1], overdue[-1]

    def _not_come(self, rows_since: Ints, time_since: Ints) -> Ints:
        """How many values of a channel should have come since its last one, by rows or by time."""
        every_row, every = self._cadence.channel_rows, self._cadence.channel_interval
        by_rows = (rows_since - every_row - every_row // 2) // every_row + 1
        by_time = (2 * time_since - 3 * every - 1) // (2 * every) + 1
        not_come: Ints = np.maximum(0, np.maximum(by_rows, by_time))
        return not_come
