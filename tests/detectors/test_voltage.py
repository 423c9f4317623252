"""Voltage events: the cases that an operator would ask about."""

import math

import numpy as np
import pytest

from detectors.event import Event, EventKind
from detectors.voltage import VoltageDetector
from streams import run
from telemetry.block import SECOND, Channel, Quality, SampleBlock
from telemetry.site import Device, Limits, Site

SAG, SWELL, OUT = EventKind.VOLTAGE_SAG, EventKind.VOLTAGE_SWELL, EventKind.VOLTAGE_INTERRUPTION
LOSS = EventKind.PHASE_LOSS
METER = Site("test", (Device("meter", "meter", nominal_voltage=230.0),))


def supply(*volts: tuple[float, ...] | float, site: Site = METER, held: tuple[int, ...] = ()) -> list[Event]:
    """Events of a meter whose phases read these volts, a second apart; rows named in `held` are HELD."""
    rows = [v if isinstance(v, tuple) else (v,) for v in volts]
    names = ["input.voltage"] if len(rows[0]) == 1 else [f"input.L{i + 1}-N.voltage" for i in range(3)]
    values = np.array(rows, np.float32)
    quality = np.where(np.isnan(values), Quality.MISSING, Quality.GOOD).astype(np.uint8)
    quality[list(held)] = Quality.HELD
    channels = tuple(Channel("meter", n) for n in names)
    times = np.arange(1, len(rows) + 1, dtype=np.int64) * SECOND
    return run(VoltageDetector(), [SampleBlock(channels, times, values, quality)], site)


def story(events: list[Event]) -> list[tuple[int, EventKind, bool, bool]]:
    return [(e.time // SECOND, e.kind, e.active, e.confirmed) for e in events]


def test_one_low_sample_is_recorded_but_not_confirmed() -> None:
    assert story(supply(230, 200, 230)) == [(2, SAG, True, False), (3, SAG, False, False)]


def test_a_second_low_sample_confirms_once() -> None:
    events = supply(230, 200, 190, 195, 230)
    assert story(events) == [(2, SAG, True, False), (3, SAG, True, True), (5, SAG, False, True)]
    assert events[-1].onset == (1 * SECOND, 2 * SECOND)
    assert events[-1].ended == (4 * SECOND, 5 * SECOND)
    assert events[-1].magnitude == pytest.approx(190 / 230)


def test_the_limit_itself_is_no_sag_and_hysteresis_holds_it() -> None:
    assert story(supply(230, 207, 230)) == []
    assert story(supply(230, 206.9, 211, 211.7)) == [(2, SAG, True, False), (3, SAG, True, True), (4, SAG, False, True)]


def test_any_phase_begins_a_sag_and_all_phases_end_it() -> None:
    events = supply((230, 230, 230), (230, 150, 230), (195, 230, 230), (230, 230, 230))
    assert story(events) == [(2, SAG, True, False), (3, SAG, True, True), (4, SAG, False, True)]


def test_one_dead_phase_is_a_phase_loss_and_all_dead_an_interruption() -> None:
    assert [e.kind for e in supply((230, 230, 230), (0, 230, 230))] == [LOSS]
    assert [e.kind for e in supply((230, 230, 230), (0, 0, 0))] == [OUT]


def test_an_interruption_takes_the_place_of_the_sag_that_it_deepens() -> None:
    assert story(supply(230, 150, 0, 150, 230)) == [
        (2, SAG, True, False),
        (3, OUT, True, True),
        (3, SAG, False, False),
        (4, OUT, False, True),
        (4, SAG, True, True),
        (5, SAG, False, True),
    ]


def test_a_lost_neutral_is_a_sag_and_a_swell_at_once() -> None:
    assert {e.kind for e in supply((230, 230, 230), (150, 290, 260))} == {SAG, SWELL}


def test_a_missing_phase_is_neither_dead_nor_back() -> None:
    nan = math.nan
    assert [e.kind for e in supply((230, 230, 230), (0, 0, nan))] == [LOSS]
    assert story(supply((230, 230, 230), (0, 0, 0), (nan, nan, nan), (0, 0, 0)))[-1] == (4, OUT, True, True)
    assert not [e for e in supply((230, 230, 230), (0, 0, 0), (230, 230, nan)) if e.kind is LOSS and not e.active]


def test_a_held_sample_is_no_second_one() -> None:
    assert story(supply(230, 200, 200, 200, held=(2, 3))) == [(2, SAG, True, False)]


def test_a_stream_that_begins_with_held_samples_knows_nothing_before_the_first_of_its_own() -> None:
    """A replay from the middle of an outage on: what no poll of its own has shown is not told."""
    assert supply(0, 0, held=(0, 1)) == []
    assert story(supply(0, 0, 0, held=(0, 1))) == [(3, OUT, True, False)]


def test_a_stream_that_begins_in_a_sag_does_not_know_its_onset() -> None:
    assert supply(200, 200)[0].onset == (1 * SECOND, 1 * SECOND)


def test_the_onset_reaches_back_to_the_last_sample_over_missing_ones() -> None:
    assert supply(230, math.nan, math.nan, 200)[0].onset == (1 * SECOND, 4 * SECOND)


def test_a_site_can_set_its_own_limit() -> None:
    wide = Site("test", METER.devices, limits={"voltage_sag": Limits(limit=0.8)})
    assert supply(230, 200, 230, site=wide) == []
    assert story(supply(230, 180, 230, site=wide))


def test_a_phase_to_phase_voltage_is_judged_by_its_own_nominal() -> None:
    channels = (Channel("meter", "input.L1-L2.voltage"),)
    values = np.array([[398.0], [398.0], [300.0]], np.float32)
    block = SampleBlock(channels, np.arange(1, 4, dtype=np.int64) * SECOND, values, np.zeros((3, 1), np.uint8))
    assert story(run(VoltageDetector(), [block], METER)) == [(3, SAG, True, False)]


def test_an_output_that_the_ups_has_switched_off_is_no_interruption() -> None:
    site = Site("test", (Device("ups", "ups", nominal_voltage=230.0, nominal_output_voltage=230.0),))
    channels = (Channel("ups", "ups.status"), Channel("ups", "output.voltage"))
    times = np.arange(1, 5, dtype=np.int64) * SECOND

    def events(status: float) -> list[EventKind]:
        values = np.array([[0, 230], [0, 230], [status, 0], [status, 0]], np.float32)
        return [
            e.kind
            for e in run(VoltageDetector(), [SampleBlock(channels, times, values, np.zeros((4, 2), np.uint8))], site)
        ]

    assert events(3) == [], "off"
    assert events(1) == [OUT, OUT], "on battery, and yet nothing comes out: begun, confirmed"


def test_a_phase_that_gives_no_value_confirms_nothing() -> None:
    """The other phases' next poll is no second sample of the one that was low."""
    nan = math.nan
    assert story(supply((230, 230, 230), (150, 230, 230), (nan, 230, 230), (nan, 230, 230))) == [(2, SAG, True, False)]
    assert story(supply((230, 230, 230), (150, 230, 230), (nan, 230, 230), (150, 230, 230)))[-1] == (4, SAG, True, True)


def test_the_onset_reaches_back_to_the_last_sample_of_the_phase_that_failed() -> None:
    events = supply((230, 230, 230), (math.nan, 230, 230), (math.nan, 230, 230), (150, 230, 230))
    assert events[0].onset == (1 * SECOND, 4 * SECOND)


@pytest.mark.parametrize("nominal", [120.0, 230.0, 240.0, 480.0])
def test_what_the_screen_lets_pass_is_no_sag_row_by_row_either(nominal: float) -> None:
    """Around the limit to the last bit of single precision, a block cut anywhere says the same."""
    site = Site("test", (Device("meter", "meter", nominal_voltage=nominal),))
    channels = (Channel("meter", "input.L1-L2.voltage"), Channel("meter", "input.L2-L3.voltage"))
    edge = np.float32(nominal * 3**0.5) * np.float32(0.9)
    for volts in (np.nextafter(edge, np.float32(0)), edge, np.nextafter(edge, np.float32(1e6))):
        values = np.array([[volts, edge * 1.1], [volts, edge / 2]], np.float32)
        whole = SampleBlock(channels, np.array([1, 2], np.int64) * SECOND, values, np.zeros((2, 2), np.uint8))
        pieces = [whole.rows(0, 1), whole.rows(1, 2)]
        assert run(VoltageDetector(), pieces, site) == run(VoltageDetector(), [whole], site)
