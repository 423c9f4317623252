"""Frequency events: the cases that an operator would ask about."""

import numpy as np
import pytest

from detectors.event import Event
from detectors.frequency import FrequencyDetector
from streams import run
from telemetry.block import SECOND, Channel, Quality, SampleBlock
from telemetry.site import Device, Limits, Site
from telemetry.site_file import parse_site

METER = Site("test", (Device("meter", "meter"),))


def supply(
    hertz: list[float], *, every: float = 1.0, volts: list[float] | None = None, site: Site = METER
) -> list[Event]:
    """Events of a meter that reads these frequencies, `every` seconds apart."""
    columns = [hertz] + ([volts] if volts else [])
    values = np.array(columns, np.float32).T
    channels = (Channel("meter", "input.frequency"), Channel("meter", "input.voltage"))[: len(columns)]
    quality = np.where(np.isnan(values), Quality.MISSING, Quality.GOOD).astype(np.uint8)
    times = np.array([round((i + 1) * every * SECOND) for i in range(len(hertz))], np.int64)
    return run(FrequencyDetector(), [SampleBlock(channels, times, values, quality)], site)


def confirmed_at(events: list[Event]) -> list[float]:
    return [e.time / SECOND for e in events if e.active and e.confirmed]


def test_at_a_second_it_takes_ten_samples() -> None:
    assert confirmed_at(supply([50.0] * 5 + [49.4] * 9 + [50.0])) == []
    assert confirmed_at(supply([50.0] * 5 + [49.4] * 12)) == [15.0]


@pytest.mark.parametrize("every", [5.0, 6.0, 60.0])
def test_at_a_slow_poll_two_samples_do(every: float) -> None:
    assert confirmed_at(supply([50.0, 50.0, 49.4, 50.0], every=every)) == []
    assert confirmed_at(supply([50.0, 50.0, 49.4, 49.4], every=every)) == [4 * every]


def test_the_limit_counts_and_the_dead_band_holds() -> None:
    assert supply([50.0, 49.51, 50.49]) == []
    events = supply([50.0, 49.5, 49.54, 49.56])
    assert [(e.time // SECOND, e.active) for e in events] == [(2, True), (4, False)]


def test_a_dying_bus_is_no_frequency_event() -> None:
    """Volts below half of nominal, or a frequency that no supply has, are a lost source."""
    assert supply([50.0, 47.0, 44.0, 40.0], every=10, volts=[230.0, 60.0, 30.0, 10.0]) == []
    assert supply([50.0, 0.0, 0.0, 0.0], every=10) == []


def test_an_event_ends_when_the_supply_is_lost() -> None:
    events = supply([50.0, 49.0, 49.0, 30.0], every=10, volts=[230.0, 230.0, 230.0, 20.0])
    assert [(e.active, e.confirmed) for e in events] == [(True, False), (True, True), (False, True)]


def test_the_worst_is_kept_and_the_onset_is_an_interval() -> None:
    events = supply([50.0, 49.4, 48.4, 49.0, 50.0], every=10)
    assert events[-1].magnitude == pytest.approx(48.4)
    assert events[-1].onset == (10 * SECOND, 20 * SECOND)
    assert events[-1].ended == (40 * SECOND, 50 * SECOND)


def test_a_site_can_set_its_own_limit() -> None:
    site = Site("test", METER.devices, limits={"frequency_deviation": Limits(limit=0.2)})
    assert confirmed_at(supply([50.0, 49.75, 49.75], every=10, site=site)) == [30.0]


GENERATOR = parse_site(
    """
[site]
name = "gen"

[[device]]
name = "utility"
kind = "utility"

[[device]]
name = "gen"
kind = "generator"

[[device]]
name = "ats"
kind = "transfer_switch"
normal = "utility"
emergency = "gen"

[[device]]
name = "ups"
kind = "ups"
fed_by = "ats"
""",
    "gen.toml",
)
START = [0.0] * 5 + [10.0, 30.0, 42.0, 48.0, 49.9]  # at rest, then up to speed


def generator(
    hertz: list[float], *, every: float = 1.0, gives: str = "gen/output.frequency", **more: list[float]
) -> list[Event]:
    """Events of a generator that gives these frequencies; `volts` and `state` beside them."""
    names = {"volts": "gen/output.voltage", "state": "gen/generator.state"}
    channels = tuple(Channel(*name.split("/")) for name in (gives, *(names[m] for m in more)))
    values = np.array([hertz, *more.values()], np.float32).T
    times = np.array([round((i + 1) * every * SECOND) for i in range(len(hertz))], np.int64)
    block = SampleBlock(channels, times, values, np.zeros(values.shape, np.uint8))
    return run(FrequencyDetector(), [block], GENERATOR)


def whys(events: list[Event]) -> list[tuple[object, bool, bool]]:
    return [(e.detail["why"], e.active, e.confirmed) for e in events]


def test_a_small_deviation_is_recorded_once_it_has_lasted_and_never_confirmed() -> None:
    """±0.2 Hz: after two samples that stand for ten seconds, as `gradual`, which disturbs nothing."""
    assert supply([50.0] * 3 + [49.79] * 9 + [50.0]) == []
    events = supply([50.0] * 3 + [49.79] * 60 + [50.0])
    assert whys(events) == [("band", True, False), ("band", False, False)]
    assert [e.time // SECOND for e in events] == [13, 64]
    assert all(e.detail["gradual"] for e in events)


def test_a_deviation_that_grows_is_one_event_that_gets_worse() -> None:
    """The alarm has the onset of the alarm; one end is told, and nothing again on the way back."""
    events = supply([50.0] * 3 + [49.7] * 15 + [49.3] * 15 + [49.7] * 60 + [50.0])
    assert whys(events) == [
        ("band", True, False),
        ("limit", True, False),
        ("limit", True, True),
        ("limit", False, True),
    ]
    assert events[2].onset == (18 * SECOND, 19 * SECOND)
    assert events[3].time == 34 * SECOND


def test_a_large_deviation_is_told_at_its_second_sample() -> None:
    """More than 1 Hz needs no ten seconds, one sample of it is still a glitch."""
    assert confirmed_at(supply([50.0] * 5 + [48.8, 50.0])) == []
    assert confirmed_at(supply([50.0] * 5 + [48.8, 48.8, 50.0])) == [7.0]


def test_a_fast_change_within_the_limits_is_recorded_at_once() -> None:
    """0.125 Hz/s over four seconds: a large unit was lost somewhere; what comes of it is another matter."""
    events = supply([50.1, 50.1, 49.79, 49.7, 49.6, 49.55, 49.55, 50.0])
    assert whys(events) == [("rate", True, False), ("rate", False, False)]
    assert (events[0].time, events[0].detail["rocof_hz_s"]) == (6 * SECOND, pytest.approx(0.1375, rel=1e-3))
    assert supply([50.1, 50.1, 49.79, 49.75, 49.7, 49.7, 49.65, 50.0]) == [], "slower"
    assert supply([50.0, 49.7, 49.79, 49.7, 50.0], every=0.05) == [], "to and fro"
    events = supply([50.0, 49.9, 49.8, 49.7, 49.6], every=0.05)
    assert whys(events) == [("rate", True, False)]
    assert events[0].detail["rocof_hz_s"] == pytest.approx(2.0, rel=1e-3)


def test_the_rate_and_the_extremes_are_in_the_detail() -> None:
    events = supply([50.0, 49.2, 48.0, 47.0, 46.9, 47.5, 49.0, 50.0])
    assert events[-1].detail["lowest"] == pytest.approx(46.9)
    assert events[-1].detail["highest"] == pytest.approx(49.2)
    assert events[-1].detail["rocof_hz_s"] == pytest.approx(1.0, rel=1e-3), "two intervals in a row gave as much"


@pytest.mark.parametrize("digits", [0, 1])
def test_rounded_figures_neither_flood_nor_hide(digits: int) -> None:
    """A sound supply shown in whole or tenths of a hertz is silent for a day; one hertz less is told all the same."""
    rng = np.random.default_rng(5)
    sound = np.round(50 + 0.04 * np.sin(np.arange(8640) / 30) + rng.normal(0, 0.01, 8640), digits)
    assert supply(sound.tolist(), every=10) == []
    assert confirmed_at(supply([*sound[:100].tolist(), 49.0, 49.0, 49.0], every=10)) == [1020.0]


def test_a_device_that_drops_the_decimals_is_told_once() -> None:
    """49.99 Hz reads 49 and 50.01 reads 50: the first such spell may be one, what follows within the hour is none."""
    rng = np.random.default_rng(6)
    cut = np.floor(50 + 0.04 * np.sin(np.arange(8640) / 30) + rng.normal(0, 0.01, 8640)).tolist()
    assert 49.0 in cut[4000:]
    assert len(supply(cut, every=10)) <= 3
    assert confirmed_at(supply([*cut, 48.0, 48.0], every=10))[-1] == 86420.0, "two steps are no matter of decimals"


def test_a_supply_that_returns_from_nothing_has_no_rate() -> None:
    """50.00 Hz without voltage is no figure to reckon from."""
    events = supply([50.0] * 5 + [49.0] * 12, volts=[0.0] * 5 + [230.0] * 12)
    assert confirmed_at(events) == [15.0]
    assert "rocof_hz_s" not in events[0].detail


def test_a_start_and_a_stop_are_no_deviation() -> None:
    """From rest up to speed and back: slowness is judged by who waits for it, coasting down by nobody."""
    stop = [47.0, 43.0, 39.0, 35.0, 31.0, 27.0, 22.0, 10.0, 0.0]
    assert generator(START + [50.0] * 60 + stop) == []
    assert generator(START[:-1] + [48.0] * 60) == [], "never was in its band"


def test_a_load_step_is_allowed_its_recovery() -> None:
    """Class G2: 10 % down and back within 5 s; 12 % up."""
    assert generator(START + [50.0] * 10 + [45.1, 45.5, 46.5, 48.0, 49.0, 50.0] + [50.0] * 5) == []
    assert generator(START + [50.0] * 10 + [55.9, 54.0, 52.0, 51.0, 50.0]) == []


def test_a_generator_that_does_not_recover_is_told() -> None:
    """Outside 5 % for longer than it may take to recover: the seventh sample at a second, the second at ten."""
    assert confirmed_at(generator(START + [50.0] * 10 + [47.4] * 10)) == [27.0]
    assert confirmed_at(generator([50.0] * 5 + [47.4] * 10, every=10)) == [70.0]


def test_a_generator_outside_its_steady_band_is_recorded() -> None:
    """1.5 % for six seconds."""
    events = generator(START + [50.0] * 10 + [49.2] * 30 + [50.0])
    assert whys(events) == [("band", True, False), ("band", False, False)]


def test_an_overspeeding_generator_is_told_at_its_second_sample() -> None:
    """More than class G2 allows even for a moment."""
    assert confirmed_at(generator(START + [50.0] * 10 + [56.2, 57.0, 58.0])) == [22.0]


def test_a_generator_is_judged_while_it_runs() -> None:
    """By its own word where it gives one, and only with voltage."""
    slow = START + [50.0] * 10 + [47.0] * 20
    rows = len(slow)
    assert confirmed_at(generator(slow, state=[2.0] * rows)) == [27.0]
    assert generator(slow, state=[2.0] * 20 + [0.0] * 20) == []
    assert generator(slow, volts=[230.0] * 20 + [100.0] * 20) == []


def test_a_switch_tells_of_a_generator_that_does_not_itself() -> None:
    events = generator(START + [50.0] * 10 + [47.4] * 10, gives="ats/input.2.frequency")
    assert [(e.subject, e.point, e.confirmed) for e in events] == [("ats", "input.2", True)]


def test_what_a_generator_may_carry_is_not_told_for_a_load_step() -> None:
    """Behind a switch 1 Hz twice is no grid in need; ten seconds still are something."""
    dip = [50.0] * 5 + [47.0, 47.0, 48.0, 50.0]
    assert confirmed_at(generator(dip, gives="ups/input.frequency")) == []
    assert confirmed_at(generator(dip, gives="ats/input.1.frequency")) == [7.0]
