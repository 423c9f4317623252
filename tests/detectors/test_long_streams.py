"""What every detector owes (`test_every_detector.py`), for those that look at windows: on streams of many windows."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.bank import Bank
from detectors.contradiction import ContradictionDetector
from detectors.detector import Detector
from detectors.disagreement import DisagreementDetector
from detectors.frozen import FrozenDetector
from detectors.layout import Layout
from detectors.nominal import NominalDetector
from detectors.unbalance import UnbalanceDetector
from device_profiles.quantities import Kind, quantity
from same_events import coming_late, restore, save, taken, unordered
from streams import CHANNELS, SITE, nominal_part, run
from telemetry.block import SECOND, Quality, SampleBlock

ROWS = 640
PDU = [i for i, c in enumerate(CHANNELS) if c.device == "pdu-a"]
DETECTORS = (FrozenDetector(), UnbalanceDetector(), NominalDetector(), ContradictionDetector(), DisagreementDetector())
detector = pytest.mark.parametrize("detector", DETECTORS, ids=lambda d: type(d).__name__)
settled = settings(max_examples=15, deadline=None)


def made_from(seed: int) -> SampleBlock:
    """Noise on every measurement; some feeds at a strange level, some phases low, some values standing still, some lost."""
    rng = np.random.default_rng(seed)
    values = np.zeros((ROWS, len(CHANNELS)), np.float32)
    for i, channel in enumerate(CHANNELS):
        of = quantity(channel.quantity)
        if of.kind is Kind.STATE:
            continue
        level = 230 * nominal_part(channel.quantity) if of.unit == "V" else 50
        part = np.full(ROWS, rng.choice([1, 1, 1, 0.52, 0.85, 1.2]))
        for _ in range(int(rng.integers(0, 3))):
            start = int(rng.integers(ROWS))
            part[start : start + int(rng.choice([20, 100, 300]))] = rng.choice([1, 0.94, 0.96, 0.5])
        values[:, i] = np.round(level * part * (1 + rng.normal(0, 0.002, ROWS)), 1)
        if rng.random() < 0.6:
            start = int(rng.integers(150, ROWS))
            values[start : start + int(rng.choice([40, 60, 200])), i] = values[start, i]
    quality = np.zeros(values.shape, np.uint8)
    lost = rng.random((ROWS, 1)) < rng.choice([0, 0.02, 0.3], len(CHANNELS))
    values[lost], quality[lost] = np.nan, Quality.MISSING
    return SampleBlock(CHANNELS, (1_700_000_000 + np.arange(ROWS, dtype=np.int64)) * SECOND, values, quality)


long_streams = st.integers(0, 2**32 - 1).map(made_from)


@detector
def test_these_streams_have_something_to_find(detector: Detector[Any]) -> None:
    """Else the tests below would prove nothing."""
    some = [len(run(detector, [made_from(seed)])) for seed in range(20)]
    assert sum(n > 0 for n in some) >= 3


@detector
@settled
@given(block=long_streams, data=st.data())
def test_any_cut_gives_the_same_events(detector: Detector[Any], block: SampleBlock, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, ROWS), max_size=12)))
    pieces = [block.rows(a, b) for a, b in zip([0, *cuts], [*cuts, ROWS], strict=True)]
    assert run(detector, pieces) == run(detector, [block])


@detector
@settled
@given(block=long_streams, data=st.data())
def test_the_order_of_columns_makes_no_difference(
    detector: Detector[Any], block: SampleBlock, data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(CHANNELS))))
    assert unordered(run(detector, [taken(block, order)])) == unordered(run(detector, [block]))


@detector
@settled
@given(block=long_streams, cut=st.integers(0, ROWS))
def test_columns_that_come_later_were_not_there_before(detector: Detector[Any], block: SampleBlock, cut: int) -> None:
    whole, grown = coming_late(block, PDU, cut)
    assert unordered(run(detector, grown)) == unordered(run(detector, [whole]))


@detector
@settled
@given(block=long_streams, cut=st.integers(1, ROWS - 1))
def test_saved_state_goes_on_as_if_nothing_had_been(detector: Detector[Any], block: SampleBlock, cut: int) -> None:
    bank, layout = Bank([detector]), Layout(SITE, CHANNELS)
    state, [before] = bank.step(bank.start(layout), block.rows(0, cut))
    _, [after] = bank.step(restore(bank.start(layout), save(state)), block.rows(cut, ROWS))
    assert [*before, *after] == run(detector, [block])


@detector
def test_alarms_that_are_active_at_a_time_have_names_of_their_own(detector: Detector[Any]) -> None:
    """(kind, subject, point) begins and ends in turns, but for what grows worse while it is active."""
    for seed in range(10):
        active: set[tuple[str, str, str | None]] = set()
        for event in run(detector, [made_from(seed)]):
            name = (event.kind, event.subject, event.point)
            assert event.active or name in active
            (active.add if event.active else active.discard)(name)
