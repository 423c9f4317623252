"""Puts readings onto the tick grid: one row a tick, whether or not anything answered.

Silence is data: where an answer was due and did not come, the row says MISSING and holds NaN; where none
was due, it says HELD and repeats the row before.
"""

import math
from collections.abc import Collection, Iterable, Mapping

import numpy as np

from telemetry.block import Channel, Quality, SampleBlock
from telemetry.reading import Reading


class Assembler:
    """Readings in, rows out. It knows no clock: times are those of the readings and of the rows asked for."""

    def __init__(self, channels_of: Mapping[str, tuple[str, ...]], interval_of: Mapping[str, int], tick: int) -> None:
        """Begin before the first row.

        Args:
            channels_of: the quantities that each device is known to give; more may be added later
            interval_of: how often each device is polled, microseconds
            tick: the grid, microseconds; rows stand at whole multiples of it
        """
        self._interval_of = interval_of
        self._tick = tick
        self._columns: dict[str, dict[str, int]] = {device: {} for device in channels_of}
        self._channels: tuple[Channel, ...] = ()
        self._values = np.empty(0, np.float32)
        self._waiting: dict[str, list[Reading]] = {device: [] for device in channels_of}
        self._used: dict[str, tuple[int, int]] = {}
        self._last: int | None = None
        for device, quantities in channels_of.items():
            self.add_channels(device, quantities)

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The columns of the next row, in the order in which they became known."""
        return self._channels

    def add_channels(self, device: str, quantities: Iterable[str]) -> None:
        """A device turns out to give more: further columns, behind those known. Known ones are no news.

        Raises:
            KeyError: the assembler was not made for that device.
        """
        columns = self._columns[device]
        fresh = tuple(dict.fromkeys(quantity for quantity in quantities if quantity not in columns))
        if not fresh:
            return
        columns |= {quantity: len(self._channels) + i for i, quantity in enumerate(fresh)}
        self._channels += tuple(Channel(device, quantity) for quantity in fresh)
        self._values = np.concatenate([self._values, np.full(len(fresh), np.nan, np.float32)])

    def put(self, reading: Reading) -> None:
        """Take a reading, in any order. One with an error brings nothing: that its answer is missing, the row says.

        Raises:
            KeyError: the assembler was not made for that device.
        """
        waiting = self._waiting[reading.device]
        if reading.answer.error is None:
            waiting.append(reading)

    def row(self, time: int, due: Collection[str] | None = None) -> SampleBlock:
        """The row of the tick that begins at `time`.

        A device's newest answer of the tick counts. One that is put too late for its own tick counts in
        the next row made, unless a newer one was used before.

        Args:
            time: microseconds UTC, a whole multiple of the tick, later than the row before
            due: the devices whose poll was due; None: those whose interval divides `time`

        Returns:
            A block of one row. GOOD where an answer has the quantity, MISSING where it lacks it or was due
            and did not come, SUSPECT where it is not to be believed, HELD where no answer was due.

        Raises:
            ValueError: `time` is not on the grid, or not after the row before.
        """
        if time % self._tick or (self._last is not None and time <= self._last):
            raise ValueError(f"{time} µs is not on the grid of {self._tick} µs after {self._last} µs")
        self._last = time
        values = self._values.copy()
        quality = np.full(len(values), Quality.HELD, np.uint8)
        for device, columns in self._columns.items():
            reading = self._newest(device, time + self._tick)
            is_due = time % self._interval_of[device] == 0 if due is None else device in due
            if reading is None and not is_due:
                continue
            own = list(columns.values())
            values[own] = np.nan
            quality[own] = Quality.MISSING
            for value in reversed(reading.answer.values if reading else ()):
                column = columns.get(value.quantity)
                if column is None:
                    continue
                believed = value.quality is Quality.GOOD and not math.isnan(value.value)
                values[column] = value.value if believed else np.nan
                bad = Quality.SUSPECT if value.quality is Quality.SUSPECT else Quality.MISSING
                quality[column] = Quality.GOOD if believed else bad
        self._values = values
        return SampleBlock(self._channels, np.array([time], np.int64), values[np.newaxis].copy(), quality[np.newaxis])

    def _newest(self, device: str, before: int) -> Reading | None:
        """The newest reading answered before that time and not used yet; older ones are done with."""
        waiting = self._waiting[device]
        if not waiting:
            return None
        ready = [reading for reading in waiting if reading.answered < before]
        self._waiting[device] = [reading for reading in waiting if reading.answered >= before]
        newest = max(ready, key=lambda r: (r.answered, r.requested), default=None)
        if newest is None or (newest.answered, newest.requested) <= self._used.get(device, (-1, -1)):
            return None
        self._used[device] = (newest.answered, newest.requested)
        return newest
