"""The engine: any cut of a stream gives the same answer, and columns may come in any order."""

from functools import cache

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ridethrough.engine import Engine
from simulators.scenario import load_scenario
from simulators.simulate import blocks
from telemetry.block import SampleBlock
from telemetry.recordings.recording import joined
from telemetry.site import Site

# Streams of every sort: losses, a good transfer, answers that are lost and late, a UPS that hunts.
TOLD = ("generator-fail-to-start", "good-transfer", "lockout-2014", "lossy-network", "ups-cycles-on-dirty-generator")


@cache
def stream(name: str) -> tuple[Site, SampleBlock]:
    """A scenario's run as one block: its columns are known from the start."""
    scenario = load_scenario(name)
    rows = list(blocks(scenario))
    last = rows[-1].channels
    assert rows[0].channels == last, "the simulated devices' columns are known before the first row"
    return scenario.site, joined(rows)


def journal(site: Site, pieces: list[SampleBlock]) -> list[str]:
    engine = Engine(site, replay=True)
    return [effect.to_line() for piece in pieces for effect in engine.push(piece)]


@pytest.mark.parametrize("name", TOLD)
def test_a_row_at_a_time_tells_the_same_as_all_at_once(name: str) -> None:
    site, block = stream(name)
    once = journal(site, [block])
    assert once
    assert journal(site, [block.rows(i, i + 1) for i in range(len(block))]) == once


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), name=st.sampled_from(TOLD))
def test_any_cut_tells_the_same(data: st.DataObject, name: str) -> None:
    site, block = stream(name)
    cuts = sorted(data.draw(st.sets(st.integers(1, len(block) - 1), max_size=40)))
    pieces = [block.rows(a, b) for a, b in zip([0, *cuts], [*cuts, len(block)], strict=True)]
    assert journal(site, pieces) == journal(site, [block])


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), name=st.sampled_from(TOLD))
def test_the_order_of_columns_makes_no_difference(data: st.DataObject, name: str) -> None:
    site, block = stream(name)
    order = np.array(data.draw(st.permutations(range(len(block.channels)))))
    shuffled = SampleBlock(
        tuple(block.channels[i] for i in order), block.times, block.values[:, order], block.quality[:, order]
    )
    assert journal(site, [shuffled]) == journal(site, [block])


def test_rows_that_run_backwards_are_refused() -> None:
    site, block = stream(TOLD[0])
    engine = Engine(site, replay=True)
    engine.push(block.rows(5, 6))
    with pytest.raises(ValueError, match="backwards"):
        engine.push(block.rows(4, 5))


def test_a_device_that_turns_out_to_give_more_interrupts_nothing() -> None:
    """A column that appears in mid-stream changes nothing of what the others tell."""
    site, block = stream("lockout-2014")
    some = len(block.channels) - 1  # the last column is one of a PDU's, which no alarm here rests on
    half = len(block) // 2
    narrow = SampleBlock(block.channels[:some], block.times, block.values[:, :some], block.quality[:, :some])
    grown = journal(site, [narrow.rows(0, half), block.rows(half, len(block))])
    assert grown == journal(site, [narrow])
