"""Frequency events against a plain loop, and the cases that an operator would ask about."""

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from detectors.event import Event
from detectors.frequency import FrequencyDetector
from streams import CHANNELS, SITE, run, streams
from telemetry.block import SECOND, Channel, Quality, SampleBlock
from telemetry.site import Device, Limits, Site

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


def plain(block: SampleBlock) -> list[tuple[object, ...]]:
    """The rules once more, a feed and a sample at a time, sharing no code with the detector."""
    found: list[tuple[object, ...]] = []
    for device, point in (("utility-1", "input"), ("ups-a", "input")):
        column = CHANNELS.index(Channel(device, f"{point}.frequency"))
        volts = [
            i
            for i, c in enumerate(CHANNELS)
            if c.device == device and c.quantity.startswith(f"{point}.") and c.quantity.endswith("voltage")
        ]
        out, told, count, last, began, bad, worst = False, False, 0, None, (0, 0), 0, 50.0
        for row, time in enumerate(map(int, block.times)):
            if block.quality[row, column] != Quality.GOOD:
                continue
            hertz = float(block.values[row, column])
            known = [block.values[row, i] for i in volts if not math.isnan(block.values[row, i])]
            dead = hertz < 25 or (bool(known) and max(known) < 115)
            away = abs(hertz - 50)
            if dead or away < (0.45 if out else 0.5 - 1e-4):
                if out:
                    found.append((time, device, False, told, began, (bad, time), worst))
                out = told = False
                count = 0
                last = last if dead and away >= 0.5 - 1e-4 else time
                continue
            before = time if last is None else last
            if not out:
                out, began, worst, count = True, (before, time), hertz, 0
                entered = True
            else:
                entered = False
                worst = hertz if away > abs(worst - 50) else worst
            count += 1
            bad = last = time
            fresh = not told and count >= 2 and (time - began[1]) + (time - before) >= 9_500_000
            told = told or fresh
            if entered or fresh:
                found.append((time, device, True, told, began, None, worst))
    return sorted(found, key=repr)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(block=streams())
def test_the_detector_agrees_with_a_plain_loop(block: SampleBlock) -> None:
    mine = [
        (e.time, e.subject, e.active, e.confirmed, e.onset, e.ended, e.magnitude)
        for e in run(FrequencyDetector(), [block], SITE)
    ]
    assert sorted(mine, key=repr) == plain(block)
