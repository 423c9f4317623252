"""Dense looks at a block: they find the few columns that need an exact one, and keep what is to be kept of the others."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from telemetry.block import Times, Values


def extremes(values: Values, columns: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Lowest and highest value of each of these columns, NaN where there is none."""
    return _reduced(np.fmin, values, columns), _reduced(np.fmax, values, columns)


def bounds_of(values: Values, columns: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Lowest and highest value of each of these columns, NaN where any is missing."""
    return _reduced(np.minimum, values, columns), _reduced(np.maximum, values, columns)


def _reduced(pick: np.ufunc, values: Values, columns: NDArray[np.int64]) -> NDArray[np.float32]:
    # Reading a block in order is five times as fast as gathering columns from it, so where more than a fifth is
    # asked for, all of it is read.
    if 5 * len(columns) > values.shape[1]:
        return np.asarray(pick.reduce(values, axis=0)[columns], np.float32)
    return np.asarray(pick.reduce(np.take(values, columns, axis=1), axis=0), np.float32)


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
