"""The dense looks: what they find is what a loop finds."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from detectors.screen import carried_on, last_times

BLOCKS = arrays.arrays(
    np.float32, st.tuples(st.integers(1, 6), st.integers(1, 12)), elements=st.sampled_from([np.nan, -1.0, 0.0, 2.0])
)


@given(seen=arrays.arrays(bool, st.tuples(st.integers(0, 6), st.integers(1, 5))))
def test_last_times_are_of_the_last_row_that_has_it(seen: np.ndarray) -> None:
    times = np.arange(100, 100 + len(seen), dtype=np.int64)
    before = np.arange(seen.shape[1], dtype=np.int64)
    expected = [max((int(t) for t, yes in zip(times, seen[:, c], strict=True) if yes), default=c) for c in before]
    assert last_times(seen, times, before).tolist() == expected


@given(values=BLOCKS)
def test_values_are_carried_on_until_the_next(values: np.ndarray) -> None:
    carried = carried_on(values, np.full(values.shape[1], 7, np.int8))
    for c in range(values.shape[1]):
        now = 7.0
        for row in range(len(values)):
            now = now if math.isnan(values[row, c]) else float(values[row, c])
            assert carried[row, c] == now
