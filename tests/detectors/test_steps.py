"""Rapid changes, shifts, swings and scatter: the cases that an operator would ask about."""

from collections import Counter

import numpy as np
import pytest
from numpy.typing import NDArray

from detectors.bank import Bank
from detectors.event import Event, EventKind
from detectors.layout import Layout
from detectors.steps import StepDetector
from detectors.voltage import VoltageDetector
from streams import run
from telemetry.block import SECOND, Channel, Quality, SampleBlock
from telemetry.site import Device, Limits, Site

CHANGE, UNREST = EventKind.RAPID_VOLTAGE_CHANGE, EventKind.SUPPLY_UNSTABLE
DEVICES = (Device("meter", "meter", nominal_voltage=230.0),)
METER = Site("test", DEVICES)
SETTLED = 160  # samples: ten windows, of which five have to be known


def volts(*parts: float, sigma: float = 0.001, after: int = 0) -> NDArray[np.float32]:
    """A settled supply of 230 V, then these parts of it, then `after` more samples as before."""
    rng = np.random.default_rng(1)
    series = np.concatenate((np.ones(SETTLED), parts, np.ones(after)))
    return (230 * (series + sigma * rng.standard_normal(len(series)))).astype(np.float32)


def found(values: NDArray[np.float32], site: Site = METER) -> list[Event]:
    """Events of one column, a second apart; what is NaN was not answered."""
    channels, times = (Channel("meter", "input.voltage"),), np.arange(1, len(values) + 1, dtype=np.int64) * SECOND
    quality = np.where(np.isnan(values), Quality.MISSING, Quality.GOOD).astype(np.uint8)
    return run(StepDetector(), [SampleBlock(channels, times, values[:, None], quality[:, None])], site)


def story(events: list[Event]) -> list[tuple[int, EventKind, bool]]:
    """In samples since the supply had settled; 1 is the first."""
    return [(e.time // SECOND - SETTLED, e.kind, e.active) for e in events]


def test_a_step_is_told_at_its_third_sample() -> None:
    """Its onset lies between the last sample before it and its first, and it says by how much."""
    [event, *_] = found(volts(*[0.97] * 10))
    assert story([event]) == [(3, CHANGE, True)]
    assert event.onset == (SETTLED * SECOND, (SETTLED + 1) * SECOND)
    assert event.detail["change"] == pytest.approx(-0.03, abs=0.005)
    assert event.detail["reference"] == pytest.approx(230, abs=1)
    assert "gradual" not in event.detail


def test_a_step_is_over_when_three_samples_are_as_usual_again() -> None:
    """Or when what is usual has followed."""
    assert story(found(volts(*[0.97] * 10, after=10))) == [(3, CHANGE, True), (13, CHANGE, False)]
    assert story(found(volts(*[0.97] * 100)))[-1][1:] == (CHANGE, False)


@pytest.mark.parametrize("samples", [1, 2])
def test_one_or_two_samples_a_little_off_are_nothing(samples: int) -> None:
    """A step stays."""
    assert found(volts(*[0.97] * samples, after=30)) == []


def test_a_jump_is_told_at_once() -> None:
    """6 % from one sample to the next need no second sample."""
    [event, _] = found(volts(0.94, after=10))
    assert story([event]) == [(1, CHANGE, True)]
    assert event.onset == (SETTLED * SECOND, (SETTLED + 1) * SECOND)


def test_lost_polls_widen_the_onset_of_a_step() -> None:
    """It lies between the last answer before it and the first after."""
    [event, *_] = found(volts(np.nan, np.nan, *[0.97] * 6))
    assert story([event]) == [(5, CHANGE, True)]
    assert event.onset == (SETTLED * SECOND, (SETTLED + 3) * SECOND)


def test_a_step_that_ends_in_a_dip_is_no_rapid_change() -> None:
    """IEC 61000-4-30 5.11: the dip takes its place."""
    assert found(volts(0.97, 0.97, 0.7, 0.7, 0.7, after=30)) == []


def test_a_rapid_change_is_over_with_the_dip_that_follows() -> None:
    """What is a dip is not a rapid change too."""
    assert story(found(volts(*[0.96] * 5, 0.7, after=30))) == [(3, CHANGE, True), (6, CHANGE, False)]


def test_the_way_back_from_a_dip_is_no_rapid_change() -> None:
    """A supply that recovers in two steps has a sample inside the limits on its way."""
    assert found(volts(0.7, 0.7, 0.93, after=30)) == []


def test_coming_back_from_an_interruption_to_another_level_is_no_shift() -> None:
    """As after a transfer to another source: it has not shifted, it is another supply."""
    assert found(volts(*[0.0] * 20, *[0.93] * 100)) == []


def test_a_slow_shift_is_told_as_gradual() -> None:
    """8 % over 30 samples: no sample steps, but the usual voltage is left behind."""
    [event, *_] = found(volts(*np.linspace(1, 0.92, 31)[1:], *[0.92] * 10))
    assert (event.kind, event.detail["gradual"]) == (CHANGE, True)
    assert 20 < story([event])[0][0] <= 30
    assert 18 < story([event])[0][0] <= 30
    assert event.detail["change"] == pytest.approx(-0.06, abs=0.01)


def test_a_drift_over_an_hour_is_what_becomes_usual() -> None:
    """The reference follows."""
    assert found(volts(*np.linspace(1, 0.93, 3600))) == []


def test_three_swings_in_a_row_are_an_oscillation() -> None:
    """To and fro by 3 %: told at the third swing, since the first, with how far they go."""
    event = next(e for e in found(volts(*[1.03, 0.97] * 10)) if e.kind is UNREST)
    assert story([event]) == [(4, UNREST, True)]
    assert event.onset == ((SETTLED + 1) * SECOND, (SETTLED + 2) * SECOND)
    assert event.detail["why"] == "oscillation"
    assert event.detail["swing"] == pytest.approx(0.06, abs=0.01)


def test_two_swings_are_nothing() -> None:
    """There and back is a glitch."""
    assert not [e for e in found(volts(1.0, 0.95, after=40)) if e.kind is UNREST]


def test_swings_that_all_go_one_way_are_no_oscillation() -> None:
    """Neither are three that have rests between them."""
    assert not [e for e in found(volts(0.955, 0.91, 0.955, after=40)) if e.kind is UNREST]
    rests = np.repeat([1.03, 0.97] * 4, 3)
    assert not [e for e in found(volts(*rests, after=40)) if e.kind is UNREST]


def test_an_oscillation_is_over_after_sixteen_quiet_samples() -> None:
    """The last swing is the way back to normal."""
    events = [e for e in found(volts(*[1.03, 0.97] * 10, after=40)) if e.kind is UNREST]
    assert story(events)[1:] in ([(20 + 16, UNREST, False)], [(20 + 17, UNREST, False)])


def test_three_windows_that_scatter_are_a_spread() -> None:
    """Up and down by 2.2 %, too slowly for a swing: known within four windows, over with the first calm one."""
    events = found(volts(*(1 + 0.022 * np.sin(np.arange(96) * 2 * np.pi / 16)), after=64))
    assert [(e.active, e.detail["why"]) for e in events] == [(True, "spread"), (False, "spread")]
    (begins, _, _), (ends, _, _) = story(events)
    assert 48 <= begins <= 64
    assert 96 < ends <= 96 + 32
    assert events[0].onset[0] <= (SETTLED + 16) * SECOND <= events[0].onset[1] + 16 * SECOND


def test_a_noisy_sensor_does_not_flood() -> None:
    """Noise of 4.8 %, for an hour: at most one unrest and few changes, none of them a shift."""
    told = Counter(e.kind for e in found(volts(*np.ones(3600), sigma=0.048)) if e.active)
    assert told[UNREST] <= 1
    assert told[CHANGE] <= 3


def test_a_sag_on_a_noisy_sensor_is_found() -> None:
    """What widens the limits for noise does not blind."""
    values = volts(*np.ones(600), *[0.6] * 5, *np.ones(60), sigma=0.048)
    channels, times = (Channel("meter", "input.voltage"),), np.arange(1, len(values) + 1, dtype=np.int64) * SECOND
    block = SampleBlock(channels, times, values[:, None], np.zeros((len(values), 1), np.uint8))
    sags = [e for e in run(VoltageDetector(), [block], METER) if e.kind is EventKind.VOLTAGE_SAG and e.active]
    assert any(e.onset[1] == (SETTLED + 601) * SECOND for e in sags)


def test_a_site_can_set_its_own_limits() -> None:
    """Both that of changes and that of swings."""
    wide = Site("test", DEVICES, limits={str(CHANGE): Limits(limit=0.05), str(UNREST): Limits(limit=0.09)})
    tight = Site("test", DEVICES, limits={str(CHANGE): Limits(limit=0.01)})
    assert found(volts(*[0.97] * 10), wide) == []
    assert [e for e in found(volts(*[1.03, 0.97] * 10), wide) if e.kind is UNREST] == []
    assert [e for e in found(volts(*[1.05, 0.95] * 10), wide) if e.kind is UNREST]
    assert found(volts(*[0.985] * 10)) == []
    assert story(found(volts(*[0.985] * 10), tight))[0] == (3, CHANGE, True)


def test_a_site_s_wrong_nominal_voltage_makes_no_difference() -> None:
    """What moves is held against what is usual."""
    wrong = Site("test", (Device("meter", "meter", nominal_voltage=400.0),))
    assert story(found(volts(*[0.97] * 10), wrong))[0] == (3, CHANGE, True)


def test_the_phases_of_a_feed_make_one_event() -> None:
    """With the first that steps it begins, with the last that is as usual again it is over."""
    one, other = volts(*[0.97] * 10, after=10), volts(1.0, *[0.96] * 12, after=7)
    channels = tuple(Channel("meter", f"input.L{p}-N.voltage") for p in (1, 2))
    times = np.arange(1, len(one) + 1, dtype=np.int64) * SECOND
    block = SampleBlock(channels, times, np.column_stack((one, other)), np.zeros((len(one), 2), np.uint8))
    events = run(StepDetector(), [block], METER)
    assert story(events) == [(3, CHANGE, True), (16, CHANGE, False)]
    assert [e.evidence[0].quantity for e in events] == ["input.L1-N.voltage", "input.L2-N.voltage"]


def test_a_change_of_every_feed_at_once_is_told_of_each() -> None:
    """25,000 feeds behind one transformer whose tap changes."""
    feeds = 25_000
    site = Site("test", tuple(Device(f"m{i}", "meter", nominal_voltage=230.0) for i in range(feeds)))
    channels = tuple(Channel(f"m{i}", "input.voltage") for i in range(feeds))
    rng, bank = np.random.default_rng(1), Bank([StepDetector()])
    state, told = bank.start(Layout(site, channels)), []
    for start in range(0, 180, 60):
        level = np.where(np.arange(start, start + 60) < 140, 230.0, 222.0)[:, None]
        values = (level + 0.2 * rng.standard_normal((60, feeds))).astype(np.float32)
        times = np.arange(start + 1, start + 61, dtype=np.int64) * SECOND
        state, [events] = bank.step(state, SampleBlock(channels, times, values, np.zeros(values.shape, np.uint8)))
        told += [(e.subject, e.active, e.time // SECOND) for e in events]
    assert Counter(t[1:] for t in told)[True, 143] == feeds
    assert len({t[0] for t in told}) == feeds
