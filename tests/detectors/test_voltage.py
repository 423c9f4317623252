"""Voltage events against a plain loop, and the cases that an operator would ask about."""

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from detectors.event import Event, EventKind
from detectors.voltage import VoltageDetector
from streams import CHANNELS, SITE, run, streams
from telemetry.block import SECOND, Channel, Quality, SampleBlock
from telemetry.site import Device, Limits, Site

SAG, SWELL, OUT = EventKind.VOLTAGE_SAG, EventKind.VOLTAGE_SWELL, EventKind.VOLTAGE_INTERRUPTION
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


def test_one_dead_phase_is_a_sag_and_all_dead_an_interruption() -> None:
    assert [e.kind for e in supply((230, 230, 230), (0, 230, 230))] == [SAG]
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
    assert [e.kind for e in supply((230, 230, 230), (0, 0, nan))] == [SAG]
    assert story(supply((230, 230, 230), (0, 0, 0), (nan, nan, nan), (0, 0, 0)))[-1] == (4, OUT, True, True)
    assert not [e for e in supply((230, 230, 230), (0, 0, 0), (230, 230, nan)) if e.kind is SAG and not e.active]


def test_a_held_sample_is_no_second_one() -> None:
    assert story(supply(230, 200, 200, 200, held=(2, 3))) == [(2, SAG, True, False)]


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


def plain(block: SampleBlock) -> list[tuple[object, ...]]:
    """The rules once more, a feed and a sample at a time, sharing no code with the detector."""
    found: list[tuple[object, ...]] = []
    for device, point in (
        ("utility-1", "input"),
        ("ats-a", "input.1"),
        ("ups-a", "input"),
        ("ups-a", "output"),
        ("pdu-a", "input"),
    ):
        columns = [
            i
            for i, c in enumerate(CHANNELS)
            if c.device == device and c.quantity.startswith(f"{point}.") and c.quantity.endswith("voltage")
        ]
        status = next(
            (i for i, c in enumerate(CHANNELS) if point == "output" and c == Channel(device, "ups.status")), None
        )
        seen: set[int] = set()
        flags: dict[tuple[str, int], bool] = {}
        carrying, last, now = True, None, {"low": None, "high": None}
        count, first, bad, worst = {"low": 0, "high": 0}, {}, {}, {}
        for row, time in enumerate(map(int, block.times)):
            if status is not None and not math.isnan(block.values[row, status]):
                carrying = block.values[row, status] != 3  # off
            new = [i for i in columns if block.quality[row, i] == Quality.GOOD]
            if not new and carrying:
                continue
            pu = {
                i: np.float32(block.values[row, i]) / np.float32(230)
                for i in columns
                if not math.isnan(block.values[row, i])
            }
            seen |= set(pu) if new else set()
            for name, enters, leaves in (
                ("low", lambda v: v < np.float32(0.9), lambda v: v >= np.float32(0.92)),
                ("dead", lambda v: v < np.float32(0.1), lambda v: v >= np.float32(0.12)),
                ("high", lambda v: v > np.float32(1.1), lambda v: v <= np.float32(1.08)),
            ):
                for i in columns:
                    if not carrying:
                        flags[name, i] = False
                    elif i in pu:
                        flags[name, i] = (flags.get((name, i), False) or bool(enters(pu[i]))) and not leaves(pu[i])
            dead = [i for i in seen if flags.get(("dead", i))]
            level = {
                "low": OUT
                if dead and len(dead) == len(seen)
                else SAG
                if any(flags.get(("low", i)) for i in columns)
                else None,
                "high": SWELL if any(flags.get(("high", i)) for i in columns) else None,
            }
            for track in ("low", "high"):
                if now[track] and level[track] != now[track]:
                    found.append(
                        (
                            time,
                            now[track],
                            device,
                            point,
                            False,
                            count[track] >= 2,
                            first[track],
                            (bad[track], time),
                            worst[track],
                        )
                    )
                if level[track] is None:
                    now[track], count[track] = None, 0
                    continue
                extreme = (min if track == "low" else max)(pu.values(), default=math.nan)
                count[track] += 1
                if level[track] != now[track]:
                    first[track], worst[track] = (time if last is None else last, time), extreme
                    found.append(
                        (time, level[track], device, point, True, count[track] >= 2, first[track], None, worst[track])
                    )
                else:
                    worst[track] = (min if track == "low" else max)(worst[track], extreme)
                    if count[track] == 2:
                        found.append((time, level[track], device, point, True, True, first[track], None, worst[track]))
                now[track], bad[track] = level[track], time
            if new:
                last = time
    return sorted(found, key=repr)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(block=streams())
def test_the_detector_agrees_with_a_plain_loop(block: SampleBlock) -> None:
    mine = [
        (e.time, e.kind, e.subject, e.point, e.active, e.confirmed, e.onset, e.ended, np.float32(e.magnitude))
        for e in run(VoltageDetector(), [block], SITE)
    ]
    assert sorted(mine, key=repr) == plain(block)
