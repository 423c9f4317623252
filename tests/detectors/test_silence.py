"""Lost communication against a plain loop, and the cases that an operator would ask about."""

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detectors.event import Event
from detectors.silence import SilenceDetector
from streams import CHANNELS, SITE, run, streams
from telemetry.block import SECOND, Channel, Quality, SampleBlock
from telemetry.site import Device, Site

TWO = Site("test", (Device("a", "ups"), Device("b", "ups")))
CODES = {"g": Quality.GOOD, "h": Quality.HELD, "m": Quality.MISSING, "s": Quality.SUSPECT}


def polled(**devices: str) -> list[Event]:
    """Events of devices whose polls go so: `g` good, `m` missed, `h` none due, `s` not believed; `/` parts columns."""
    channels, columns = [], []
    for name, text in devices.items():
        for i, polls in enumerate(text.split("/")):
            channels.append(Channel(name, ("ups.load", "input.voltage", "ups.temperature")[i]))
            columns.append([CODES[p] for p in polls])
    quality = np.array(columns, np.uint8).T
    values = np.where((quality == Quality.GOOD) | (quality == Quality.HELD), 50, np.nan).astype(np.float32)
    times = np.arange(1, len(quality) + 1, dtype=np.int64) * SECOND
    return run(SilenceDetector(), [SampleBlock(tuple(channels), times, values, quality)], TWO)


def story(events: list[Event]) -> list[tuple[int, str, bool]]:
    return [(e.time // SECOND, e.subject, e.active) for e in events]


def test_three_missed_polls_are_silence_and_two_answers_end_it() -> None:
    events = polled(a="ggmmgmmmmgggg")
    assert story(events) == [(8, "a", True), (11, "a", False)]
    assert events[0].onset == (5 * SECOND, 6 * SECOND)
    assert events[1].ended == (9 * SECOND, 10 * SECOND)


def test_one_answer_does_not_end_it() -> None:
    assert story(polled(a="gmmmgmgmgg")) == [(4, "a", True), (10, "a", False)]


def test_rows_without_a_poll_do_not_count() -> None:
    assert story(polled(a="ghhmhhmhhmhh")) == [(10, "a", True)]


def test_an_answer_that_is_not_believed_is_an_answer() -> None:
    assert polled(a="gsssss") == []


def test_a_quantity_that_never_came_is_not_waited_for() -> None:
    assert polled(a="gggggggg/mmmmmmmm") == []
    assert story(polled(a="ghmhmhmh/mmmmmmmm")) == [(7, "a", True)]


def test_one_quantity_that_fails_is_not_the_device() -> None:
    assert polled(a="gggggg/gmmmmm") == []


def test_a_device_that_was_never_heard_counts_from_the_first_poll() -> None:
    events = polled(a="mmm", b="ggg")
    assert story(events) == [(3, "a", True)]
    assert events[0].onset == (1 * SECOND, 1 * SECOND)


def plain(block: SampleBlock) -> list[tuple[object, ...]]:
    """The rules once more, a device and a row at a time, sharing no code with the detector."""
    found: list[tuple[object, ...]] = []
    for device in {c.device for c in block.channels}:
        columns = [i for i, c in enumerate(block.channels) if c.device == device]
        given_before: set[int] = set()
        missed = answers = 0
        silent, heard, since, bad, back = False, None, (0, 0), 0, 0
        for row, time in enumerate(map(int, block.times)):
            quality = {i: Quality(int(block.quality[row, i])) for i in columns}
            given_before |= {i for i, q in quality.items() if q is Quality.GOOD}
            if {Quality.GOOD, Quality.SUSPECT} & set(quality.values()):
                heard = time
                if silent:
                    answers += 1
                    back = time if answers == 1 else back
                    if answers == 2:
                        found.append((time, device, False, since, (bad, back)))
                        silent, answers = False, 0
                if not silent:
                    missed = 0
                continue
            waited = [quality[i] for i in given_before]
            if (Quality.MISSING in waited) if waited else set(quality.values()) == {Quality.MISSING}:
                answers, missed, bad = 0, missed + 1, time
                if missed == 1:
                    since = (time if heard is None else heard, time)
                if missed == 3 and not silent:
                    silent = True
                    found.append((time, device, True, since, None))
    return sorted(found, key=repr)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(block=streams(), data=st.data())
def test_the_detector_agrees_with_a_plain_loop(block: SampleBlock, data: st.DataObject) -> None:
    quality = block.quality.copy()
    for i in data.draw(st.sets(st.integers(0, len(CHANNELS) - 1))):
        rows = data.draw(st.lists(st.sampled_from(list(Quality)), min_size=len(block), max_size=len(block)))
        quality[:, i] = rows
    mixed = SampleBlock(CHANNELS, block.times, block.values, quality)
    mine = [(e.time, e.subject, e.active, e.onset, e.ended) for e in run(SilenceDetector(), [mixed], SITE)]
    assert sorted(mine, key=repr) == plain(mixed)
