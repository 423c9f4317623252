"""What holds for any stream: cuts, orders, silent columns, restarts, and that skipping calm rows changes nothing."""

import copy
import itertools
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detectors.bank import Bank
from detectors.layout import Layout
from detectors.transfer import Supervised, TransferSupervisor
from device_profiles.quantities import Kind, quantity
from telemetry.block import SECOND, Channel, Quality, SampleBlock
from telemetry.site_file import parse_site

SITE = """
[site]
name = "two-sides"
nominal_voltage = 230
nominal_frequency = 50
[transfer]
start_delay = "1s"
crank_limit = "6s"
retransfer_delay = "8s"
[[device]]
name = "utility-1"
kind = "utility"
[[device]]
name = "gen-1"
kind = "generator"
[[device]]
name = "gen-2"
kind = "generator"
[[device]]
name = "ats-a"
kind = "transfer_switch"
normal = "utility-1"
emergency = ["gen-1", "gen-2"]
[[device]]
name = "ats-b"
kind = "transfer_switch"
normal = "utility-1"
emergency = "gen-2"
[[device]]
name = "ups-a"
kind = "ups"
fed_by = "ats-a"
[[device]]
name = "ups-b"
kind = "ups"
fed_by = "ats-b"
[[load]]
name = "row-1"
fed_by = ["ups-a", "ups-b"]
shutdown_time = "2m"
"""

WORDS = {
    "utility": {"input.voltage": (0, 210, 230)},
    "generator": {
        "generator.state": ("stopped", "cranking", "running", "locked_out"),
        "output.voltage": (0, 100, 230),
        "output.frequency": (0, 47, 50),
        "lockout.status": ("normal", "locked_out"),
    },
    "transfer_switch": {
        "input.1.voltage": (0, 200, 230),
        "input.2.voltage": (0, 230),
        "output.voltage": (0, 230),
        "input.source": ("none", "normal", "emergency"),
        "ats.mode": ("auto", "inhibited"),
        "ats.start_contact": ("stop", "run"),
    },
    "ups": {
        "ups.status": ("online", "on_battery", "off"),
        "input.voltage": (0, 230),
        "output.voltage": (0, 230),
        "battery.charge": tuple(range(100, 0, -7)),
        "battery.runtime": tuple(range(600, 0, -60)),
    },
}

site = parse_site(SITE, "site.toml")
CHANNELS = tuple(Channel(d.name, q) for d in site.devices for q in WORDS[d.kind])
KIND_OF = {d.name: d.kind for d in site.devices}
BEGINS = 1_700_000_000 * SECOND


def code(channel: Channel, word: object) -> float:
    q = quantity(channel.quantity)
    return q.code(str(word)) if q.kind is Kind.STATE else float(word)


@st.composite
def blocks(draw) -> SampleBlock:
    """Calm and trouble in spells; samples are missed, suspect or held now and then."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows = draw(st.integers(1, 60))
    restless = draw(st.sampled_from([0.01, 0.05, 0.3]))
    gone = draw(st.sampled_from([0.0, 0.0, 0.1]))
    values = np.empty((rows, len(CHANNELS)), np.float32)
    for i, channel in enumerate(CHANNELS):
        words = [code(channel, w) for w in WORDS[KIND_OF[channel.device]][channel.quantity]]
        calm = draw(st.sampled_from(words))
        value = calm
        for t in range(rows):
            if rng.random() < restless:
                value = words[rng.integers(len(words))]
            values[t, i] = value
    quality = np.full(values.shape, Quality.GOOD, np.uint8)
    for t, i in np.argwhere(rng.random(values.shape) < gone):
        quality[t, i] = rng.choice([Quality.MISSING, Quality.HELD])
        values[t, i] = np.nan if quality[t, i] == Quality.MISSING else values[max(0, t - 1), i]
    return SampleBlock(CHANNELS, BEGINS + np.arange(rows, dtype=np.int64) * SECOND, values, quality)


def run(block: SampleBlock, cuts: list[int] | None = None) -> list:
    supervisor = Bank([TransferSupervisor()])
    state = supervisor.start(Layout(site, block.channels))
    found = []
    edges = [0, *sorted(cuts or []), len(block)]
    for start, stop in itertools.pairwise(edges):
        state, told = supervisor.step(state, block.rows(start, stop))
        found += [event for events in told for event in events]
    return found


SLOW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SLOW
@given(blocks(), st.lists(st.integers(0, 90), max_size=8))
def test_any_cut_gives_the_same_events(block, cuts):
    assert run(block, [min(c, len(block)) for c in cuts]) == run(block)


@SLOW
@given(blocks())
def test_row_by_row_gives_the_same_events(block):
    assert run(block, list(range(1, len(block)))) == run(block)


@SLOW
@given(blocks())
def test_skipping_calm_rows_changes_nothing(block):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Supervised, "pending", property(lambda _: True))
        judged = run(block)
    assert judged == run(block)


@SLOW
@given(blocks(), st.permutations(range(len(CHANNELS))))
def test_the_order_of_columns_changes_nothing(block, order):
    order = list(order)
    moved = SampleBlock(
        tuple(block.channels[i] for i in order), block.times, block.values[:, order], block.quality[:, order]
    )
    assert run(moved) == run(block)


@SLOW
@given(blocks())
def test_further_columns_that_are_silent_change_nothing(block):
    extra = (
        Channel("ats-a", "lockout.status"),
        Channel("gen-1", "generator.breaker"),
        Channel("ups-a", "ups.load"),
        Channel("gen-1", "output.L1-N.voltage"),
    )[2:3]
    wider = SampleBlock(
        (*block.channels, *extra),
        block.times,
        np.column_stack((block.values, np.full((len(block), len(extra)), np.nan, np.float32))),
        np.column_stack((block.quality, np.full((len(block), len(extra)), Quality.MISSING, np.uint8))),
    )
    assert run(wider) == run(block)


@SLOW
@given(blocks(), st.integers(0, 90))
def test_a_stream_that_goes_on_with_another_layout_goes_on(block, cut):
    cut = min(cut, len(block))
    supervisor = Bank([TransferSupervisor()])
    state, told = supervisor.step(supervisor.start(Layout(site, block.channels)), block.rows(0, cut))
    back = list(range(len(CHANNELS)))[::-1]
    turned = SampleBlock(block.channels[::-1], block.times, block.values[:, back], block.quality[:, back])
    state = supervisor.start(Layout(site, turned.channels), state)
    _, more = supervisor.step(state, turned.rows(cut, len(block)))
    assert [event for events in [*told, *more] for event in events] == run(block)


@SLOW
@given(blocks())
def test_neither_the_state_nor_the_block_is_written_to(block):
    block.values.flags.writeable = block.quality.flags.writeable = block.times.flags.writeable = False
    supervisor = Bank([TransferSupervisor()])
    half = len(block) // 2
    state, _ = supervisor.step(supervisor.start(Layout(site, block.channels)), block.rows(0, half))
    kept = copy.deepcopy(state)
    once = supervisor.step(state, block.rows(half, len(block)))[1]
    assert supervisor.step(state, block.rows(half, len(block)))[1] == once
    assert supervisor.step(kept, block.rows(half, len(block)))[1] == once


@SLOW
@given(blocks())
def test_events_come_in_order_and_never_before_their_evidence(block):
    found = run(block)
    assert found == sorted(found, key=lambda e: e.order)
    open_: set[tuple[str, str]] = set()
    for event in found:
        assert event.onset[0] <= event.onset[1] <= event.time
        assert all(e.time <= event.time for e in event.evidence)
        assert not any(isinstance(e.value, float) and math.isnan(e.value) for e in event.evidence)
        key = (event.kind, event.subject)
        assert (event.ended is None) == event.active
        if not event.active:
            assert key in open_
            assert event.ended[0] <= event.ended[1] <= event.time
        (open_.add if event.active else open_.discard)(key)


def test_a_block_without_rows_is_legal():
    empty = SampleBlock(
        CHANNELS,
        np.zeros(0, np.int64),
        np.zeros((0, len(CHANNELS)), np.float32),
        np.zeros((0, len(CHANNELS)), np.uint8),
    )
    assert run(empty) == []


def test_a_stream_without_any_column_of_ours_is_legal():
    block = SampleBlock(
        (Channel("ups-a", "ups.load"),),
        BEGINS + np.arange(5, dtype=np.int64) * SECOND,
        np.ones((5, 1), np.float32),
        np.zeros((5, 1), np.uint8),
    )
    assert run(block) == []
