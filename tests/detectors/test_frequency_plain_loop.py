"""The frequency detector beside a plain loop over one supply and one sample at a time, which shares no code with it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detectors.bank import Bank
from detectors.event import Event
from detectors.frequency import FrequencyDetector
from detectors.layout import Layout
from frequency_plain_loop import Supply, plain
from streams import run
from telemetry.block import SECOND, Channel, Quality, SampleBlock
from telemetry.site_file import parse_site

SITE = parse_site(
    """
[site]
name = "all"
nominal_voltage = 230

[[device]]
name = "utility"
kind = "utility"

[[device]]
name = "gen-1"
kind = "generator"

[[device]]
name = "gen-2"
kind = "generator"

[[device]]
name = "ats-1"
kind = "transfer_switch"
normal = "utility"
emergency = "gen-1"

[[device]]
name = "ats-2"
kind = "transfer_switch"
normal = "utility"
emergency = "gen-2"

[[device]]
name = "ups"
kind = "ups"
fed_by = "ats-1"

[[device]]
name = "meter"
kind = "meter"
measures = "gen-2"
nominal_frequency = 60
""",
    "all.toml",
)
CHANNELS = tuple(
    Channel(*name.split("/"))
    for name in (
        *("utility/input.frequency", "utility/input.L1-N.voltage", "utility/input.L2-N.voltage"),
        *("gen-1/output.frequency", "gen-1/output.voltage", "gen-1/generator.state"),
        *("ats-1/input.1.frequency", "ats-1/input.2.frequency", "ats-2/input.2.frequency", "ats-2/input.2.voltage"),
        *("ups/input.frequency", "ups/output.frequency", "meter/input.frequency", "ats-2/generator.state"),
    )
)
SUPPLIES = [
    Supply("utility", "input", {"input.L1-N.voltage": 230.0, "input.L2-N.voltage": 230.0}),
    Supply("gen-1", "output", {"output.voltage": 230.0}, generator=True, says=("gen-1", "generator.state")),
    Supply("ats-1", "input.1", {}),
    Supply("ats-2", "input.2", {"input.2.voltage": 230.0}, generator=True, says=("ats-2", "generator.state")),
    Supply("ups", "input", {}, direct=False),
    Supply("meter", "input", {}, nominal=60.0, generator=True),
]
NEAR = (0, 0.1, 0.14, 0.2, 0.3, 0.44, 0.46, 0.5, 0.6, 0.8, 1.0, 1.2, 1.9, 2.1, 2.6, 5.0, 6.5, 26.0)


def nominal(c: Channel) -> float:
    return 60.0 if c.device == "meter" else 230.0 if c.quantity.endswith("voltage") else 50.0


@st.composite
def supplies(draw: st.DrawFn, rows: int = 40) -> SampleBlock:
    """Frequencies that jump, drift and count whole hertz; voltages and states that come and go; polls that are lost."""
    values = np.tile(np.array([nominal(c) for c in CHANNELS], np.float32), (rows, 1))
    states = [i for i, c in enumerate(CHANNELS) if c.quantity.endswith("state")]
    values[:, states] = 2.0
    for i, c in enumerate(CHANNELS):
        for _ in range(draw(st.integers(0, 5))):
            start = draw(st.integers(0, rows - 1))
            part = values[start : start + draw(st.integers(1, 20)), i]
            if i in states:
                part[:] = draw(st.integers(0, 4))
            elif nominal(c) == 230.0:
                part[:] = draw(st.sampled_from((0.0, 100.0, 114.0, 116.0, 230.0)))
            else:
                side, slope = (
                    draw(st.sampled_from((-1, 1))),
                    draw(st.sampled_from((0.0, 0.0, 0.05, 0.13, 0.5, 1.1, -0.3))),
                )
                part[:] = nominal(c) + side * (draw(st.sampled_from(NEAR)) + slope * np.arange(len(part)))
        if i not in states and draw(st.integers(0, 3)) == 0:
            values[:, i] = np.round(values[:, i], draw(st.integers(0, 1)))
    lost = draw(st.lists(st.tuples(st.integers(0, rows - 1), st.integers(0, len(CHANNELS) - 1)), max_size=20))
    quality = np.zeros(values.shape, np.uint8)
    for row, i in lost:
        values[row, i], quality[row, i] = np.nan, draw(st.sampled_from((Quality.MISSING, Quality.SUSPECT)))
    for row in draw(st.sets(st.integers(1, rows - 1), max_size=10)):
        values[row], quality[row] = values[row - 1], Quality.HELD
    steps = draw(st.lists(st.sampled_from((0.2, 0.7, 1.0, 1.0, 1.3, 5.0, 10.0, 2000.0)), min_size=rows, max_size=rows))
    times = 1_700_000_000 * SECOND + np.cumsum(np.round(np.array(steps) * SECOND)).astype(np.int64)
    return SampleBlock(CHANNELS, times, values, quality)


def told(events: list[Event]) -> list[tuple[Any, ...]]:
    return sorted(
        (
            (
                *(e.time, e.subject, e.point, e.active, e.confirmed, e.detail["why"], e.onset, e.ended),
                *(e.detail["lowest"], e.detail["highest"], e.detail.get("rocof_hz_s", 0.0)),
            )
            for e in events
        ),
        key=repr,
    )


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(block=supplies())
def test_the_detector_agrees_with_a_plain_loop(block: SampleBlock) -> None:
    """Every rule, on supplies of every type at once: the same events with the same onsets, extremes and rates."""
    assert told(run(FrequencyDetector(), [block], SITE)) == plain(block, SUPPLIES)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(block=supplies(), data=st.data())
def test_any_cut_gives_the_same_events(block: SampleBlock, data: st.DataObject) -> None:
    """What is carried from block to block is all that matters."""
    cuts = sorted(data.draw(st.sets(st.integers(0, len(block)), max_size=12)))
    pieces = [block.rows(a, b) for a, b in zip([0, *cuts], [*cuts, len(block)], strict=True)]
    assert run(FrequencyDetector(), pieces, SITE) == run(FrequencyDetector(), [block], SITE)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(block=supplies())
def test_a_row_at_a_time_gives_the_same_events(block: SampleBlock) -> None:
    """Live is replay."""
    rows = [block.rows(i, i + 1) for i in range(len(block))]
    assert run(FrequencyDetector(), rows, SITE) == run(FrequencyDetector(), [block], SITE)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(block=supplies())
def test_events_come_in_order_and_can_be_read_again(block: SampleBlock) -> None:
    """A lazy sequence is a sequence: its order is `Event.order`, and each reading gives the same."""
    bank = Bank([FrequencyDetector()])
    _, [events] = bank.step(bank.start(Layout(SITE, CHANNELS)), block)
    assert [e.order for e in events] == sorted(e.order for e in events)
    assert [events[i] for i in range(len(events))] == list(events) == list(events[:])
    with pytest.raises(IndexError):
        events[len(events)]
