"""What every detector owes, of the step detector on streams long enough to settle."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from detectors.bank import Bank
from detectors.event import Event
from detectors.layout import Layout
from detectors.steps import StepDetector
from restless import CHANNELS, SITE, stream
from same_events import restore, save, taken, unordered
from streams import run
from telemetry.block import Quality, SampleBlock

seeds = pytest.mark.parametrize("seed", range(100, 110))


def found(*pieces: SampleBlock) -> list[Event]:
    return run(StepDetector(), list(pieces), SITE)


@seeds
def test_any_cut_gives_the_same_events(seed: int) -> None:
    """Cuts anywhere: pieces of a row, of a few, of hundreds, at and beside the edges of windows."""
    block, rng = stream(seed), np.random.default_rng(seed)
    whole = found(block)
    assert whole
    for typical in (3, 17, 200):
        cuts = np.cumsum(rng.integers(1, 2 * typical, len(block)))
        edges = [0, *cuts[cuts < len(block)].tolist(), len(block)]
        assert found(*(block.rows(a, b) for a, b in pairwise(edges))) == whole


@pytest.mark.parametrize("seed", range(110, 114))
def test_row_by_row_gives_the_same_events(seed: int) -> None:
    """Live is replay."""
    block = stream(seed)
    assert found(*(block.rows(i, i + 1) for i in range(len(block)))) == found(block)


@seeds
def test_the_order_of_columns_makes_no_difference(seed: int) -> None:
    """Neither of those of one feed nor of feeds."""
    block = stream(seed)
    order = np.random.default_rng(seed).permutation(len(CHANNELS)).tolist()
    assert unordered(found(taken(block, order))) == unordered(found(block))


@seeds
def test_columns_that_come_later_were_not_there_before(seed: int) -> None:
    """A stream that grows tells what it would have told had the late columns been there and silent."""
    block, rng = stream(seed), np.random.default_rng(seed)
    cut = int(rng.integers(1, len(block)))
    late = sorted(rng.choice(len(CHANNELS), 4, replace=False).tolist())
    values, quality = block.values.copy(), block.quality.copy()
    values[:cut, late], quality[:cut, late] = np.nan, Quality.MISSING
    whole = replace(block, values=values, quality=quality)
    first = [i for i in range(len(CHANNELS)) if i not in late]
    grown = found(taken(whole, first).rows(0, cut), whole.rows(cut, len(whole)))
    assert unordered(grown) == unordered(found(whole))


@seeds
def test_saved_state_goes_on_as_if_nothing_had_been(seed: int) -> None:
    """Written with np.savez after each of some pieces, and read back into a fresh start."""
    block, rng = stream(seed), np.random.default_rng(seed)
    bank, layout, events = Bank([StepDetector()]), Layout(SITE, CHANNELS), []
    state = bank.start(layout)
    edges = sorted({0, len(block), *rng.integers(0, len(block), 8).tolist()})
    for a, b in pairwise(edges):
        state, [more] = bank.step(restore(bank.start(layout), save(state)), block.rows(a, b))
        events += more
    assert events == found(block)


@seeds
def test_neither_its_input_nor_the_state_before_is_written_to(seed: int) -> None:
    """The same step twice from the same state gives the same, and from arrays that cannot be written to."""
    block = stream(seed)
    for array in (block.times, block.values, block.quality):
        array.flags.writeable = False
    bank = Bank([StepDetector()])
    half = len(block) // 2
    state, _ = bank.step(bank.start(Layout(SITE, CHANNELS)), block.rows(0, half))
    first, second = (bank.step(state, block.rows(half, len(block)))[1] for _ in range(2))
    assert [list(e) for e in first] == [list(e) for e in second]
