"""Windows: sixteen polls of a column, and their extremes.

Windows are aligned to absolute time, so that every cut of the stream has the same ones. What is kept of one are
its lowest and highest value: these are exact in any order of the work, which a sum of floating-point numbers is
not. A piece is what one block holds of a window of the shortest length.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from detectors.layout import Layout
from detectors.state import State, copied
from telemetry.block import SampleBlock, Times
from telemetry.site import Device

POLLS = 16  # in a window: enough to know a spread, few enough to follow a supply

Floats = NDArray[np.float32]
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Windows:
    """The windows of n columns, polled at one interval, that ended in a block: K of them, in order.

    A window is over in the first row that belongs to a later one.

    columns: (n,) of the stream
    stops: (K,) the row of the block in which it was known to be over
    times: (K,) µs, that row's
    low, high: (K, n) of all its rows, those of earlier blocks too; NaN where no value came
    seen: (K, n) rows with a value, held ones too
    rows: how many a window has when none is lost
    """

    columns: Places
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
    low, high: (P, N); of the first, of that window's rows before this block too
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
    seen: rows with a value
    time: µs of the last row, 0 before the first
    """

    low: Floats
    high: Floats
    seen: NDArray[np.int32]
    time: NDArray[np.int64]


@dataclass(slots=True)
class Windowing:
    """The state: which columns have windows of which length, and what is open.

    lengths: rows of a window → the columns that have it
    tick: µs from row to row
    """

    lengths: Mapping[int, Places]
    tick: int
    open: OpenWindows


@dataclass(frozen=True, slots=True)
class Extremes:
    """What one pass over a block saw.

    low, high: (N,) of each column in this block, NaN where it has no value
    pieces: the same, piece by piece
    windows: those that ended, one entry for each interval at which devices are polled
    """

    low: Floats
    high: Floats
    pieces: Pieces
    windows: tuple[Windows, ...]


def rows_in_window(device: Device, tick: int) -> int:
    """How many rows, one a tick of so many µs, a window of that device's columns has."""
    return POLLS * max(1, round(device.interval / tick))


def start(layout: Layout) -> Windowing:
    """Before the first row."""
    tick, n = layout.site.tick, len(layout.channels)
    rows_of = {d.name: rows_in_window(d, tick) for d in layout.site.devices}
    rows = np.array([rows_of[c.device] for c in layout.channels], np.int64)
    return Windowing(
        {int(length): np.flatnonzero(rows == length) for length in np.unique(rows)},
        tick,
        OpenWindows(
            tuple(f"{c.device}/{c.quantity}" for c in layout.channels),
            np.full(n, np.nan, np.float32),
            np.full(n, np.nan, np.float32),
            np.zeros(n, np.int32),
            np.zeros(n, np.int64),
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
    for i, (a, b) in enumerate(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True), 1):
        np.fmin.reduce(block.values[a:b], axis=0, out=low[i])
        np.fmax.reduce(block.values[a:b], axis=0, out=high[i])
    lowest, highest = np.fmin.reduce(low[1:], axis=0), np.fmax.reduce(high[1:], axis=0)
    low[0], high[0] = state.open.low, state.open.high
    before = int(state.open.time.max(initial=0)) // shortest
    numbers = np.concatenate(([before], number[edges[:-1]]))
    seen = _seen(block, edges, lowest, state.open.seen)
    after = replace(state, open=copied(state.open))
    windows = tuple(
        _ended(after.open, block, length, columns, numbers // (length // POLLS), edges, low, high, seen)
        for length, columns in state.lengths.items()
    )
    after.open.time[:] = block.times[-1]
    if before == number[0]:
        low[1], high[1] = np.fmin(low[0], low[1]), np.fmax(high[0], high[1])
    return after, Extremes(lowest, highest, Pieces(edges, low[1:], high[1:]), windows)


def _seen(block: SampleBlock, edges: Places, lowest: Floats, before: NDArray[np.int32]) -> NDArray[np.int32]:
    """(P + 1, N) rows with a value, of what was open and of each piece."""
    seen = np.empty((len(edges), len(before)), np.int32)
    seen[0], seen[1:] = before, np.diff(edges)[:, None]
    # A sum is NaN where any value is: faster than to ask each.
    holes = np.isnan(block.values.sum(axis=0)) if block.quality.any() else np.isnan(lowest)
    if len(which := np.flatnonzero(holes)):
        known = ~np.isnan(block.values[:, which])
        for i, (a, b) in enumerate(zip(edges[:-1], edges[1:], strict=True), 1):
            seen[i, which] = np.count_nonzero(known[a:b], axis=0)
    return seen


def _ended(
    open_: OpenWindows,
    block: SampleBlock,
    length: int,
    columns: Places,
    number: Places,
    edges: Places,
    low: Floats,
    high: Floats,
    seen: NDArray[np.int32],
) -> Windows:
    """The windows of one length that ended; what stays open is written into `open_`."""
    of = slice(None) if len(columns) == low.shape[1] else columns
    low, high, seen = low[:, of], high[:, of], seen[:, of]
    starts = np.concatenate(([0], np.flatnonzero(np.diff(number)) + 1))
    if len(starts) < len(number):  # some are made of more than one piece
        parts = [slice(a, b) for a, b in zip(starts, [*starts[1:], len(number)], strict=True)]
        low = np.stack([np.fmin.reduce(low[part], axis=0) for part in parts])
        high = np.stack([np.fmax.reduce(high[part], axis=0) for part in parts])
        seen = np.stack([seen[part].sum(axis=0, dtype=np.int32) for part in parts])
    open_.low[of], open_.high[of], open_.seen[of] = low[-1], high[-1], seen[-1]
    stops = edges[starts[1:] - 1]
    return Windows(columns, stops, block.times[stops], low[:-1], high[:-1], seen[:-1], length)
