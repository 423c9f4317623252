"""A device's own alarms, against a plain loop, and what a person would ask about."""

import math

import numpy as np
from hypothesis import HealthCheck, given, settings

from detectors.device_alarm import DeviceAlarmDetector
from detectors.event import Event
from streams import CHANNELS, SITE, run, streams
from telemetry.block import SECOND, Channel, Quality, SampleBlock

FAN = Channel("ups-a", "alarm.fan-failed")


def said(*bits: float, channel: Channel = FAN) -> list[Event]:
    """Events of a device that says this, a second apart; NaN is a lost answer."""
    values = np.array([bits], np.float32).T
    quality = np.where(np.isnan(values), Quality.MISSING, Quality.GOOD).astype(np.uint8)
    times = np.arange(1, len(bits) + 1, dtype=np.int64) * SECOND
    return run(DeviceAlarmDetector(), [SampleBlock((channel,), times, values, quality)], SITE)


def told(events: list[Event]) -> list[tuple[int, str, bool]]:
    return [(e.time // SECOND, "confirmed" if e.confirmed else "seen", e.active) for e in events]


def test_two_polls_confirm_and_the_device_itself_ends_it() -> None:
    """One poll is recorded, the second confirms, further ones add nothing; ok ends it."""
    events = said(0, 1, 1, 1, 0, 0)
    assert told(events) == [(2, "seen", True), (3, "confirmed", True), (5, "confirmed", False)]
    assert {(e.subject, e.point) for e in events} == {("ups-a", "fan-failed")}
    assert events[0].onset == (1 * SECOND, 2 * SECOND)
    assert events[-1].ended == (4 * SECOND, 5 * SECOND)


def test_an_alarm_of_one_poll_is_never_confirmed() -> None:
    assert told(said(0, 1, 0, 0)) == [(2, "seen", True), (3, "seen", False)]


def test_silence_neither_raises_nor_ends_it() -> None:
    """What a device last said of itself stands until it says something else; polls in between do not count."""
    lost = math.nan
    assert told(said(0, lost, lost, 0)) == []
    assert told(said(0, 1, lost, lost, 1, lost, 0)) == [
        (2, "seen", True),
        (5, "confirmed", True),
        (7, "confirmed", False),
    ]


def test_an_alarm_that_was_there_before_contact_is_told() -> None:
    events = said(1, 1)
    assert told(events) == [(1, "seen", True), (2, "confirmed", True)]
    assert events[0].onset == (1 * SECOND, 1 * SECOND)


def test_each_device_of_a_chain_has_its_own() -> None:
    events = said(1, channel=Channel("pdu-a", "device.2.alarm.breaker-tripped"))
    assert [(e.subject, e.point) for e in events] == [("pdu-a", "device.2.breaker-tripped")]


def plain(block: SampleBlock) -> list[tuple[object, ...]]:
    """The rules once more, a channel and a sample at a time, sharing no code with the detector."""
    found: list[tuple[object, ...]] = []
    for column, channel in enumerate(CHANNELS):
        if "alarm." not in channel.quantity:
            continue
        point = channel.quantity.replace("alarm.", "")
        last, count, began, bad = 0, 0, (0, 0), 0
        for time, value, quality in zip(
            map(int, block.times), block.values[:, column], block.quality[:, column], strict=True
        ):
            if quality != Quality.GOOD:
                continue
            if value == 1:
                began = began if count else (last or time, time)
                count += 1
                bad = last = time
                if count < 3:
                    found.append((time, channel.device, point, True, count == 2, began, None))
            else:
                if count:
                    found.append((time, channel.device, point, False, count > 1, began, (bad, time)))
                last, count = time, 0
    return sorted(found, key=repr)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(block=streams())
def test_the_detector_agrees_with_a_plain_loop(block: SampleBlock) -> None:
    mine = [
        (e.time, e.subject, e.point, e.active, e.confirmed, e.onset, e.ended)
        for e in run(DeviceAlarmDetector(), [block], SITE)
    ]
    assert sorted(mine, key=repr) == plain(block)
