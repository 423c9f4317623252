"""Windows: sixteen polls of a column, and their extremes.

Windows are aligned to absolute time, so that every cut of the stream has the same ones. What is kept of one are
its lowest and highest value: these are exact in any order of the work, which a sum of floating-point numbers is
not. A piece is what one block holds of a window of the shortest length.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from detectors import fast
from detectors.layout import Layout
from detectors.state import State, copied
from telemetry.block import Quality, SampleBlock, Times
from telemetry.site import Device

POLLS = 16  # in a window: enough to know a spread, few enough to follow a supply

Floats = NDArray[np.float32]
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Windows:
    """The windows of n columns, polled at one interval, that ended in a block: K of them, in order.

    A window is over in the first row that belongs to a later one.

    columns: (n,) of the stream
    begins: (K,) µs of its first row
    stops: (K,) the row of the block in which it was known to be over
    times: (K,) µs, that row's
    low, high: (K, n) of all its rows, those of earlier blocks too; NaN where no value came
    seen: (K, n) rows that its GOOD samples stand for: one of a device that is polled every tenth row stands for ten,
        those that repeat it for none
    rows: how many a window has when none is lost
    """

    columns: Places
    begins: Times
    stops: Places
    times: Times
    low: Floats
    high: Floats
    seen: NDArray[np.integer]
    rows: int

    def __len__(self) -> int:
        return len(self.stops)


@dataclass(frozen=True, slots=True)
class Pieces:
    """What a block has of each window of the shortest length: P of them, in order.

    edges: (P + 1,) rows at which they begin; the last is the end of the block
    low, high: (P, N); of the first, of that window's rows before this block too (of a column with longer windows, of
        its own window's: more than every cut of the stream would show)
    """

    edges: Places
    low: Floats
    high: Floats

    @property
    def of_row(self) -> Places:
        """(T,) the piece of each row."""
        return np.repeat(np.arange(len(self.edges) - 1), np.diff(self.edges))


@dataclass(slots=True)
class OpenWindows(State):
    """What is known of each column's window that is not over, by `device/quantity`.

    low, high: of its rows so far, NaN where no value came
    polls: GOOD samples in it
    """

    low: Floats
    high: Floats
    polls: NDArray[np.int16]


@dataclass(slots=True)
class Clock(State):
    """Where the stream is, by the length of windows. Times in µs, 0 before the first row.

    begun: first row of the window that is open
    last: last row
    """

    begun: NDArray[np.int64]
    last: NDArray[np.int64]


@dataclass(slots=True)
class Windowing:
    """The state: which columns have windows of which length, and what is open.

    lengths: rows of a window → the columns that have it
    tick: µs from row to row
    """

    lengths: Mapping[int, Places]
    tick: int
    clock: Clock
    open: OpenWindows


@dataclass(frozen=True, slots=True)
class Extremes:
    """What one pass over a block saw.

    low, high: (N,) of each column in this block, NaN where it has no value
    spoiled: (N,) whether any sample of the column is not GOOD
    pieces: the same, piece by piece
    windows: those that ended, one entry for each interval at which devices are polled
    """

    low: Floats
    high: Floats
    spoiled: NDArray[np.bool_]
    pieces: Pieces
    windows: tuple[Windows, ...]


@dataclass(frozen=True, slots=True)
class _Parts:
    """What a block's windows are put together from: its P pieces, before them what was open where that is over now.

    number: (P + open,) of the windows of the shortest length
    open: 1 where what was open stands before the pieces, else 0
    times: (T,) of the block
    edges: (P + 1,) rows
    low, high, polls: (P + open, N)
    """

    number: Places
    open: int
    times: Times
    edges: Places
    low: Floats
    high: Floats
    polls: NDArray[np.int16]


def rows_in_window(device: Device, tick: int) -> int:
    """How many rows, one a tick of so many µs, a window of that device's columns has."""
    return POLLS * max(1, round(device.interval / tick))


def lengths_of(layout: Layout) -> Mapping[int, Places]:
    """Rows of a window → the columns that have such windows."""
    rows_of = {d.name: rows_in_window(d, layout.site.tick) for d in layout.site.devices}
    rows = np.array([rows_of[c.device] for c in layout.channels], np.int64)
    return {int(length): np.flatnonzero(rows == length) for length in np.unique(rows)}


def start(layout: Layout) -> Windowing:
    """Before the first row."""
    n, lengths = len(layout.channels), lengths_of(layout)
    return Windowing(
        lengths,
        layout.site.tick,
        Clock(tuple(map(str, lengths)), np.zeros(len(lengths), np.int64), np.zeros(len(lengths), np.int64)),
        OpenWindows(
            tuple(f"{c.device}/{c.quantity}" for c in layout.channels),
            np.full(n, np.nan, np.float32),
            np.full(n, np.nan, np.float32),
            np.zeros(n, np.int16),
        ),
    )


def step(state: Windowing, block: SampleBlock) -> tuple[Windowing, Extremes]:
    """Take the extremes of a block of at least one row.

    Args:
        state: after the rows before it
        block: any rows; what is missing is NaN
    """
    n, shortest = len(block.channels), POLLS * state.tick
    number = block.times // shortest
    edges = np.concatenate(([0], np.flatnonzero(np.diff(number)) + 1, [len(block)]))
    # The row before the first piece is for what earlier blocks left open.
    low, high = np.empty((len(edges), n), np.float32), np.empty((len(edges), n), np.float32)
    _take_extremes(block, edges, low[1:], high[1:])
    lowest, highest = np.fmin.reduce(low[1:], axis=0), np.fmax.reduce(high[1:], axis=0)
    spoiled = block.quality.max(axis=0) > 0
    polls = _polls(block, edges, spoiled, state.open.polls)
    low[0], high[0] = state.open.low, state.open.high
    before = int(state.clock.last.max(initial=0)) // shortest
    goes_on = before == number[0]
    if goes_on:  # the first piece belongs to it, in windows of any length
        np.fmin(low[0], low[1], out=low[1])
        np.fmax(high[0], high[1], out=high[1])
        polls[1] += polls[0]
    numbers = np.concatenate(([before], number[edges[:-1]]))
    first = int(goes_on)
    parts = _Parts(numbers[first:], 1 - first, block.times, edges, low[first:], high[first:], polls[first:])
    after = replace(state, clock=copied(state.clock), open=copied(state.open))
    windows = tuple(_ended(after, i, parts) for i in range(len(state.lengths)))
    after.clock.last[:] = block.times[-1]
    return after, Extremes(lowest, highest, spoiled, Pieces(edges, low[1:], high[1:]), windows)


def _take_extremes(block: SampleBlock, edges: Places, low: Floats, high: Floats) -> None:
    """Write the lowest and highest of each piece, (P, N)."""
    kernel = fast.extremes() if block.values.size >= fast.LARGE else None
    if kernel is not None:
        kernel(block.values, edges, low, high)
        return
    for i, (a, b) in enumerate(pairwise(edges.tolist())):
        np.fmin.reduce(block.values[a:b], axis=0, out=low[i])
        np.fmax.reduce(block.values[a:b], axis=0, out=high[i])


def _polls(
    block: SampleBlock, edges: Places, spoiled: NDArray[np.bool_], before: NDArray[np.int16]
) -> NDArray[np.int16]:
    """(P + 1, N) GOOD samples of what was open and of each piece."""
    polls = np.empty((len(edges), len(before)), np.int16)
    polls[0], polls[1:] = before, np.diff(edges)[:, None]
    if len(which := np.flatnonzero(spoiled)):
        quality = block.quality if len(which) == len(before) else block.quality[:, which]
        good = quality == Quality.GOOD
        for i, (a, b) in enumerate(pairwise(edges), 1):
            polls[i, which] = good[a:b].sum(axis=0, dtype=np.int16)
    return polls


def _ended(state: Windowing, which: int, parts: _Parts) -> Windows:
    """The windows of one length that ended; what stays open is written into the state."""
    length, columns = list(state.lengths.items())[which]
    of = slice(None) if len(columns) == parts.low.shape[1] else columns
    low, high, polls = parts.low[:, of], parts.high[:, of], parts.polls[:, of]
    number = parts.number // (length // POLLS)
    starts = np.concatenate(([0], np.flatnonzero(np.diff(number)) + 1))
    if len(starts) < len(number):  # some are made of more than one piece
        own = [slice(a, b) for a, b in pairwise([*starts.tolist(), len(number)])]
        low = np.stack([np.fmin.reduce(low[part], axis=0) for part in own])
        high = np.stack([np.fmax.reduce(high[part], axis=0) for part in own])
        polls = np.stack([polls[part].sum(axis=0, dtype=np.int16) for part in own])
    state.open.low[of], state.open.high[of], state.open.polls[of] = low[-1], high[-1], polls[-1]
    stops = parts.edges[starts[1:] - parts.open]
    times = parts.times[stops]
    begins = np.append(state.clock.begun[which] or parts.times[0], times)
    state.clock.begun[which] = begins[-1]
    ratio = length // POLLS
    seen = polls[:-1] if ratio == 1 else polls[:-1] * np.int32(ratio)
    return Windows(columns, begins[:-1], stops, times, low[:-1], high[:-1], seen, length)
