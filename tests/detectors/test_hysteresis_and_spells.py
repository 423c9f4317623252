"""Hysteresis, spells and the compiled kernel: what arrays find is what loops find."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from detectors import fast, windows
from detectors.hysteresis import falls_below, rises_above
from detectors.spells import spells
from telemetry.block import SECOND, Channel, Quality, SampleBlock

VOLTS = arrays.arrays(
    np.float32,
    st.tuples(st.integers(1, 12), st.integers(1, 5)),
    elements=st.sampled_from([np.nan, 0.5, 0.89, 0.9, 0.91, 0.92, 1.0, 1.08, 1.09, 1.1, 1.11]),
)


@given(values=VOLTS, data=st.data())
@pytest.mark.parametrize(("find", "begin", "end"), [(falls_below, 0.9, 0.92), (rises_above, 1.1, 1.08)])
def test_a_condition_begins_at_one_limit_and_ends_at_the_other(find, begin, end, values, data):
    """A value between the limits, and a missing one, changes nothing."""
    before = np.array(data.draw(st.lists(st.booleans(), min_size=values.shape[1], max_size=values.shape[1])), bool)
    found = find(values, np.float32(begin), np.float32(end), before)
    sign = 1 if find is rises_above else -1
    for column in range(values.shape[1]):
        holds = bool(before[column])
        for row in range(len(values)):
            away = sign * values[row, column]
            holds = (holds or bool(away > sign * np.float32(begin))) and not away <= sign * np.float32(end)
            assert found[row, column] == holds


@given(
    level=arrays.arrays(np.int8, st.tuples(st.integers(1, 5), st.integers(1, 10)), elements=st.integers(0, 2)),
    data=st.data(),
)
def test_spells_are_the_runs_of_one_level(level, data):
    """Each run above 0, by entity and in order; one that was there before goes on, or is over in the first row."""
    before = data.draw(arrays.arrays(np.int8, len(level), elements=st.integers(0, 2)))
    expected = []
    for entity, row in enumerate(level.tolist()):
        now, start, goes_on = int(before[entity]), 0, True
        for at, value in enumerate([*row, -1]):
            if value != now:
                if now > 0:
                    expected.append((entity, now, start, at, goes_on))
                now, start, goes_on = value, at, False
    found = spells(level, before)
    assert [*zip(found.entity, found.level, found.start, found.stop, found.goes_on, strict=True)] == expected
    follows = [i > 0 and s[0] == expected[i - 1][0] and s[2] == expected[i - 1][3] for i, s in enumerate(expected)]
    assert found.anew.tolist() == [not f for f in follows]


@pytest.mark.skipif(fast.extremes() is None, reason="numba is not installed: the extra `fast`")
@pytest.mark.parametrize("lost", [0.0, 0.2, 1.0])
def test_the_compiled_kernel_gives_the_same_extremes_to_the_last_bit(monkeypatch, lost):
    """A block of any shape, with missing and infinite values, by numpy and by the kernel."""
    rng = np.random.default_rng(5)
    values = rng.normal(230, 5, (77, 4099)).astype(np.float32)
    values[rng.random(values.shape) < lost] = np.nan
    values[rng.random(values.shape) < 0.001] = np.inf
    values[rng.random(values.shape) < 0.001] = -np.inf
    quality = np.where(np.isnan(values), Quality.MISSING, Quality.GOOD).astype(np.uint8)
    channels = tuple(Channel("m", f"q{i}") for i in range(values.shape[1]))
    block = SampleBlock(channels, np.arange(1, 78, dtype=np.int64) * SECOND, values, quality)
    edges = np.array([0, 1, 15, 31, 47, 63, 77])
    found = {}
    for large in (1, 1 << 60):
        monkeypatch.setattr(fast, "LARGE", large)
        low, high = np.empty((6, 4099), np.float32), np.empty((6, 4099), np.float32)
        windows._take_extremes(block, edges, low, high)
        found[large] = low.tobytes(), high.tobytes()
    assert found[1] == found[1 << 60]
