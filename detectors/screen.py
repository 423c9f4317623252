"""The screen: one dense look at a block, made once for all detectors.

On a normal day it is all that is done with a sample. Each detector decides by it which columns need its exact work.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors import usual, windows
from detectors.layout import Layout
from detectors.usual import Learning, Usual
from detectors.windows import Floats, Pieces, Windowing, Windows
from telemetry.block import SampleBlock, Times, Values


@dataclass(frozen=True, slots=True)
class Screen:
    """What the dense look at one block saw.

    low, high: (N,) extremes of each column in this block, NaN where it has no value
    spoiled: (N,) whether any sample of the column is held, missing or suspect
    pieces: the extremes of each window as far as it lies in this block
    windows: those that ended in it, one entry for each interval at which devices are polled
    usual: what was usual of each column in each piece
    """

    low: Floats
    high: Floats
    spoiled: NDArray[np.bool_]
    pieces: Pieces
    windows: tuple[Windows, ...]
    usual: Usual


@dataclass(slots=True)
class Screening:
    """The state of the screen."""

    windowing: Windowing
    learning: Learning


def start(layout: Layout) -> Screening:
    """Before the first row."""
    windowing = windows.start(layout)
    return Screening(windowing, usual.start(layout, windowing.lengths))


def look(state: Screening, block: SampleBlock) -> tuple[Screening, Screen]:
    """Look at a block of at least one row."""
    windowing, seen = windows.step(state.windowing, block)
    learning, known = usual.step(state.learning, seen.windows, seen.pieces)
    return Screening(windowing, learning), Screen(seen.low, seen.high, seen.spoiled, seen.pieces, seen.windows, known)


def picked(values: NDArray[Any], columns: NDArray[np.int64]) -> NDArray[Any]:
    """(T, n) these columns: a view where they stand at equal distances, as those of many devices alike do."""
    if len(columns) > 1 and (step := int(columns[1] - columns[0])) > 0 and (np.diff(columns) == step).all():
        return values[:, columns[0] : columns[-1] + 1 : step]
    return np.take(values, columns, axis=1)


def last_times(seen: NDArray[np.bool_], times: Times, before: NDArray[np.int64]) -> NDArray[np.int64]:
    """(…) µs of the last row in which each was seen, else `before`.

    Args:
        seen: (T, …) whether it was in that row
        times: (T,)
        before: (…) of earlier blocks
    """
    if not len(seen):
        return before
    if seen[-1].all():
        return np.full(before.shape, times[-1])
    row = len(seen) - 1 - seen[::-1].argmax(axis=0)
    return np.where(seen.any(axis=0), times[row], before)


def carried_on(values: Values, before: NDArray[Any]) -> NDArray[np.float32]:
    """(T, C) each column's last value that was known up to that row; `before` until there is one."""
    known = ~np.isnan(values)
    row = np.maximum.accumulate(np.where(known, np.arange(len(values))[:, None], -1), axis=0)
    return np.where(row >= 0, np.take_along_axis(values, np.maximum(row, 0), axis=0), before.astype(np.float32))
