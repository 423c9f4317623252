"""The optional extra `fast`: kernels compiled by numba, with the same answers to the last bit.

They are asked for only where a block is large: compiling takes a second or two, and a small site never notices.
"""

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from telemetry.block import Values

Places = NDArray[np.int64]

LARGE = 1 << 20  # samples in a block from which on a compiled kernel pays
_TILE = 2048  # columns at a time: their extremes stay in the nearest cache

Extremes = Callable[[Values, Places, Values, Values], None]


@cache
def extremes() -> Extremes | None:
    """A kernel that writes the lowest and highest of (T, N) values between (P + 1,) edges into two (P, N) arrays.

    As `np.fmin.reduce` and `np.fmax.reduce` do, in one pass over memory. None where numba is not installed.
    """
    try:
        from numba import njit  # noqa: PLC0415
    except ImportError:
        return None

    lowest, highest = np.float32(np.inf), np.float32(-np.inf)

    @njit(error_model="numpy")
    def kernel(values: Values, edges: Places, low: Values, high: Values) -> None:
        for p in range(len(edges) - 1):
            for start in range(0, values.shape[1], _TILE):
                stop = min(values.shape[1], start + _TILE)
                least, most = low[p, start:stop], high[p, start:stop]
                least[:], most[:] = lowest, highest
                row = edges[p]
                # Four rows at a time: what is known so far is read and written a quarter as often. A comparison with
                # NaN is false, so what is missing is passed over.
                while row + 4 <= edges[p + 1]:
                    first, second = values[row, start:stop], values[row + 1, start:stop]
                    third, fourth = values[row + 2, start:stop], values[row + 3, start:stop]
                    for c in range(least.size):
                        a, b = least[c], most[c]
                        for x in (first[c], second[c], third[c], fourth[c]):
                            a = x if x < a else a  # noqa: FURB136
                            b = x if x > b else b  # noqa: FURB136
                        least[c], most[c] = a, b
                    row += 4
                while row < edges[p + 1]:
                    last = values[row, start:stop]
                    for c in range(least.size):
                        x = last[c]
                        least[c] = x if x < least[c] else least[c]  # noqa: FURB136
                        most[c] = x if x > most[c] else most[c]  # noqa: FURB136
                    row += 1
                for c in range(least.size):
                    if least[c] > most[c]:  # no value at all
                        least[c] = most[c] = np.nan

    return kernel
