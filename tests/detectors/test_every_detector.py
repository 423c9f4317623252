"""What every detector owes: any cut, any order of columns, missing data, saved state give the same events."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detectors.bank import ALL, Bank
from detectors.detector import Detector
from detectors.event import EventKind
from detectors.layout import Layout
from same_events import coming_late, restore, save, taken, unordered
from streams import CHANNELS, SITE, run, streams
from telemetry.block import SECOND, Channel, Quality, SampleBlock
from telemetry.site import Device, Site

detector = pytest.mark.parametrize("detector", ALL, ids=lambda d: type(d).__name__)
settled = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@detector
@settled
@given(block=streams(), data=st.data())
def test_any_cut_gives_the_same_events(detector: Detector[Any], block: SampleBlock, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(block)), max_size=12)))
    pieces = [block.rows(a, b) for a, b in zip([0, *cuts], [*cuts, len(block)], strict=True)]
    assert run(detector, pieces) == run(detector, [block])


@detector
@settled
@given(block=streams())
def test_row_by_row_gives_the_same_events(detector: Detector[Any], block: SampleBlock) -> None:
    assert run(detector, [block.rows(i, i + 1) for i in range(len(block))]) == run(detector, [block])


@detector
@settled
@given(block=streams(), data=st.data())
def test_the_order_of_columns_makes_no_difference(
    detector: Detector[Any], block: SampleBlock, data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(CHANNELS))))
    assert unordered(run(detector, [taken(block, order)])) == unordered(run(detector, [block]))


@detector
@settled
@given(
    block=streams(),
    name=st.sampled_from(["ups-a/input.bypass.voltage", "pdu-a/outlet.1.current", "gen-1/generator.fuel"]),
)
def test_a_column_that_never_answers_changes_nothing(detector: Detector[Any], block: SampleBlock, name: str) -> None:
    more = SampleBlock(
        (*block.channels, Channel(*name.split("/"))),
        block.times,
        np.column_stack([block.values, np.full(len(block), np.nan, np.float32)]),
        np.column_stack([block.quality, np.full(len(block), Quality.MISSING, np.uint8)]),
    )
    assert run(detector, [more]) == run(detector, [block])


@detector
@settled
@given(block=streams(), cut=st.integers(0, 40))
def test_columns_that_come_later_were_not_there_before(detector: Detector[Any], block: SampleBlock, cut: int) -> None:
    """A stream that grows tells what it would have told had the late columns been there and silent."""
    late = [i for i, c in enumerate(CHANNELS) if c.device == "pdu-a"]
    whole, grown = coming_late(block, late, cut)
    assert unordered(run(detector, grown)) == unordered(run(detector, [whole]))


@detector
def test_nothing_but_silence_is_found_in_silence(detector: Detector[Any]) -> None:
    """Rows without a single value say nothing of voltages, sources or transfers."""
    rows = 200
    block = SampleBlock(
        CHANNELS,
        np.arange(1, rows + 1, dtype=np.int64) * SECOND,
        np.full((rows, len(CHANNELS)), np.nan, np.float32),
        np.full((rows, len(CHANNELS)), Quality.MISSING, np.uint8),
    )
    assert {e.kind for e in run(detector, [block])} <= {EventKind.COMMS_LOST}


@detector
def test_a_block_without_rows_or_columns_is_legal(detector: Detector[Any]) -> None:
    empty = SampleBlock(CHANNELS, np.empty(0, np.int64), *_shaped(0, len(CHANNELS)))
    assert run(detector, [empty]) == []
    narrow = SampleBlock((), np.array([SECOND], np.int64), *_shaped(1, 0))
    assert run(detector, [narrow]) == []


def _shaped(rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    return np.empty((rows, columns), np.float32), np.empty((rows, columns), np.uint8)


@detector
@settled
@given(block=streams())
def test_its_input_is_not_written_to(detector: Detector[Any], block: SampleBlock) -> None:
    for array in (block.times, block.values, block.quality):
        array.flags.writeable = False
    run(detector, [block])


@detector
@settled
@given(block=streams(), cut=st.integers(1, 39))
def test_saved_state_goes_on_as_if_nothing_had_been(detector: Detector[Any], block: SampleBlock, cut: int) -> None:
    """State is plain arrays: written with np.savez, read back into a fresh start, it gives the same events."""
    bank, layout = Bank([detector]), Layout(SITE, CHANNELS)
    state, [before] = bank.step(bank.start(layout), block.rows(0, cut))
    restored = restore(bank.start(layout), save(state))
    _, [after] = bank.step(restored, block.rows(cut, len(block)))
    assert [*before, *after] == run(detector, [block])


@detector
def test_a_site_without_a_switch_is_legal(detector: Detector[Any]) -> None:
    """One meter, nothing else, through a disturbance: most recordings that people bring look like this."""
    site = Site("one", (Device("meter", "meter"),))
    volts = np.array([[230.0], [230.0], [0.0], [np.nan], [0.0], [230.0]], np.float32)
    quality = np.where(np.isnan(volts), Quality.MISSING, Quality.GOOD).astype(np.uint8)
    block = SampleBlock((Channel("meter", "input.voltage"),), np.arange(1, 7, dtype=np.int64) * SECOND, volts, quality)
    assert {e.subject for e in run(detector, [block], site)} <= {"meter"}
