"""The dense looks: what they find is what a loop finds."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from detectors.screen import carried_on, extremes, last_times

BLOCKS = arrays.arrays(
    np.float32, st.tuples(st.integers(1, 6), st.integers(1, 12)), elements=st.sampled_from([np.nan, -1.0, 0.0, 2.0])
)


def same(found: float, expected: float) -> bool:
    return found == expected or (math.isnan(found) and math.isnan(expected))


@given(values=BLOCKS, data=st.data())
def test_extremes_are_those_of_the_columns_asked_for_whether_few_or_many(
    values: np.ndarray, data: st.DataObject
) -> None:
    columns = data.draw(st.lists(st.integers(0, values.shape[1] - 1), max_size=values.shape[1], unique=True))
    lowest, highest = extremes(values, np.array(columns, np.int64))
    for c, low, high in zip(columns, lowest, highest, strict=True):
        known = [v for v in values[:, c].tolist() if not math.isnan(v)]
        assert same(low, min(known, default=math.nan))
        assert same(high, max(known, default=math.nan))


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
