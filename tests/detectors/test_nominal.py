"""A wrong nominal voltage or scale is said once, in words that name what to look at; a right one never."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.event import Event, EventKind
from detectors.nominal import NominalDetector
from device_profiles.quantities import PHASE_TO_NEUTRAL, PHASE_TO_PHASE
from streams import run
from telemetry.block import SECOND, Channel, Quality, SampleBlock
from telemetry.site import Device, Site

POLLS = 16
START = 1_700_000_000 // POLLS * POLLS
SITE = Site("nominal", (Device("meter", "meter"), Device("ups", "ups", nominal_output_voltage=120.0)))
SINGLE = ("meter/input.voltage",)


def made_of(levels: list[tuple[float, int]], names: tuple[str, ...] = SINGLE) -> SampleBlock:
    """Spells of (V, windows), the same for all of these columns but for their noise."""
    rng = np.random.default_rng(5)
    volts = np.concatenate([np.full(windows * POLLS, level) for level, windows in levels])
    values = (volts[:, None] + rng.normal(0, 0.2, (len(volts), len(names)))).astype(np.float32)
    channels = tuple(Channel(*name.split("/")) for name in names)
    times = (START + np.arange(len(volts), dtype=np.int64)) * SECOND
    return SampleBlock(channels, times, values, np.zeros(values.shape, np.uint8))


def found(levels: list[tuple[float, int]], names: tuple[str, ...] = SINGLE, site: Site = SITE) -> list[Event]:
    return run(NominalDetector(), [made_of(levels, names)], site)


def test_it_is_said_once_in_words_that_name_the_entry() -> None:
    [event] = found([(120, 100)])
    assert (event.kind, event.subject, event.point) == (EventKind.VALUE_IMPLAUSIBLE, "meter", "input.voltage")
    assert event.active
    assert event.confirmed
    assert event.time == (START + 5 * POLLS) * SECOND
    assert event.onset == (event.time, event.time)
    assert event.detail["suspected_nominal"] == 120
    assert event.detail["reason"] == (
        "reads a steady 120 V, the site file says 230 V nominal: is nominal_voltage wrong, or has the supply been low "
        "since before the first poll? Limits are now judged against 120 V"
    )
    [sample] = event.evidence
    assert (sample.quantity, sample.value) == ("input.voltage", pytest.approx(120, abs=0.5))


@pytest.mark.parametrize(
    ("reads", "said"),
    [
        (2300, "the scale is wrong by 10:"),
        (23_100, "the scale is wrong by 100:"),
        (398, "√3 times that: does it give voltages between phases as voltages to neutral"),
        (133, "that by √3: nominal_voltage is line to neutral"),
        (277, "has the supply been high since"),
    ],
)
def test_a_scale_that_is_wrong_is_named(reads: float, said: str) -> None:
    [event] = found([(reads, 10)])
    assert said in str(event.detail["reason"])


def test_three_phases_of_one_feed_are_one_finding() -> None:
    [event] = found([(277, 30)], tuple(f"meter/input.{p}.voltage" for p in PHASE_TO_NEUTRAL))
    assert [e.quantity for e in event.evidence] == [f"input.{p}.voltage" for p in PHASE_TO_NEUTRAL]
    assert event.detail["suspected_nominal"] == 277


def test_between_phases_it_is_said_in_the_site_files_terms() -> None:
    [event] = found([(480, 30)], tuple(f"meter/input.{p}.voltage" for p in PHASE_TO_PHASE))
    assert event.detail["suspected_nominal"] == 277
    assert "480 V between phases (277 V to neutral), the site file says 230 V" in str(event.detail["reason"])


def test_an_output_is_held_against_its_own_entry() -> None:
    assert found([(120, 30)], ("ups/output.voltage",)) == []
    [event] = found([(230, 30)], ("ups/output.voltage",))
    assert event.point == "output.voltage"
    assert "is nominal_output_voltage wrong" in str(event.detail["reason"])


@pytest.mark.parametrize(
    "levels",
    [
        [(230, 50)],
        [(210, 50)],
        [(0, 50)],
        [(12, 50)],
        [(230, 2), (120, 50)],
        [(120, 4), (230, 50)],
        [(120, 2), (150, 2), (180, 2), (200, 2), (225, 20)],
    ],
)
def test_what_is_or_has_been_near_nominal_or_is_dead_or_moves_is_right(levels: list[tuple[float, int]]) -> None:
    assert found(levels) == []


def test_a_supply_that_comes_back_to_nominal_ends_it() -> None:
    begun, over = found([(195, 10), (230, 20), (195, 20)])
    assert not over.active
    assert over.time == (START + 15 * POLLS) * SECOND
    assert over.onset == begun.onset
    assert over.ended == (over.time, over.time)


def test_a_site_file_that_is_right_says_nothing() -> None:
    mended = replace(SITE, devices=(Device("meter", "meter", nominal_voltage=120.0),))
    assert found([(120, 50)], SINGLE, mended) == []


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), data=st.data())
def test_any_cut_says_the_same_and_each_feed_says_it_in_turns(seed: int, data: st.DataObject) -> None:
    """Begin, end, begin …; whatever its columns do."""
    rng = np.random.default_rng(seed)
    names = (*(f"meter/input.{p}.voltage" for p in PHASE_TO_NEUTRAL), "ups/input.voltage", "ups/output.voltage")
    block = made_of([(1.0, 40)], names)
    for i in range(len(names)):
        levels = np.repeat(rng.choice([115, 120, 195, 230, 277, 2300, math.nan], 8), 5 * POLLS)
        block.values[:, i] = levels * (1 + rng.normal(0, 0.001, len(block)))
    block.quality[np.isnan(block.values)] = Quality.MISSING
    cuts = sorted(data.draw(st.sets(st.integers(0, len(block)), max_size=20)))
    events = run(NominalDetector(), [block.rows(a, b) for a, b in pairwise([0, *cuts, len(block)])], SITE)
    assert events == run(NominalDetector(), [block], SITE)
    assert {e.point for e in events} <= {"input.voltage", "output.voltage"}
    for subject, point in {(e.subject, e.point) for e in events}:
        turns = [e.active for e in events if (e.subject, e.point) == (subject, point)]
        assert turns == [i % 2 == 0 for i in range(len(turns))]
