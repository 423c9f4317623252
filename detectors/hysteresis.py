"""Conditions with hysteresis, for many columns at once."""

import numpy as np
from numpy.typing import NDArray

from detectors.windows import Floats

Bools = NDArray[np.bool_]
Limit = Floats | np.float32


def falls_below(values: Floats, begin: Limit, end: Limit, before: Bools) -> Bools:
    """(T, E) whether each row's value has fallen below `begin` and not come back to `end` since.

    Args:
        values: (T, E); NaN says nothing, what held goes on
        begin: of that shape, or what broadcasts to it
        end: the same; the higher
        before: (E,) whether it held before the first row
    """
    return held(values < begin, values >= end, before)


def rises_above(values: Floats, begin: Limit, end: Limit, before: Bools) -> Bools:
    """(T, E) whether each row's value has risen above `begin` and not come back to `end` since; as `falls_below`."""
    return held(values > begin, values <= end, before)


def held(enters: Bools, leaves: Bools, before: Bools) -> Bools:
    """(T, E) set where it enters, else reset where it leaves, else as in the row before; the first two are written into."""
    leaves |= enters
    if leaves.all():
        return enters
    rest = np.flatnonzero(~leaves.all(axis=0))
    # The last row that decides, for each row of these.
    row = np.where(leaves[:, rest], np.arange(len(enters), dtype=np.int32)[:, None], np.int32(-1))
    np.maximum.accumulate(row, axis=0, out=row)
    enters[:, rest] = np.where(row >= 0, np.take_along_axis(enters[:, rest], np.maximum(row, 0), axis=0), before[rest])
    return enters
