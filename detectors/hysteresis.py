"""Conditions with hysteresis, for many columns at once."""

import numpy as np
from numpy.typing import NDArray

from detectors.windows import Floats

Bools = NDArray[np.bool_]


def falls_below(values: Floats, begin: Floats | np.float32, end: Floats | np.float32, before: Bools) -> Bools:
    """(E, T) whether each row's value has fallen below `begin` and not come back to `end` since.

    Args:
        values: (E, T); NaN says nothing, what held goes on
        begin, end: of that shape or what broadcasts to it; `end` is the higher
        before: (E,) whether it held before the first row
    """
    return _held(values < begin, values >= end, before)


def rises_above(values: Floats, begin: Floats | np.float32, end: Floats | np.float32, before: Bools) -> Bools:
    """(E, T) whether each row's value has risen above `begin` and not come back to `end` since; as `falls_below`."""
    return _held(values > begin, values <= end, before)


def _held(enters: Bools, leaves: Bools, before: Bools) -> Bools:
    """(E, T) set where it enters, reset where it leaves, else as in the row before."""
    undecided = ~(enters | leaves)
    if len(rest := np.flatnonzero(undecided.any(axis=1))):
        # The last row that decides, for each row of these.
        decides = np.where(undecided[rest], -1, np.arange(enters.shape[1], dtype=np.int32))
        row = np.maximum.accumulate(decides, axis=1)
        held = np.take_along_axis(enters[rest], np.maximum(row, 0), axis=1)
        enters[rest] = np.where(row >= 0, held, before[rest, None])
    return enters
