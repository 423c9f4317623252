"""Frozen values: found by repeats that the channel's own history does not have, and only by these."""

import math
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors import screen
from detectors.event import Event, EventKind
from detectors.frozen import FrozenDetector
from detectors.layout import Layout
from streams import run
from telemetry.block import SECOND, Channel, Quality, SampleBlock
from telemetry.site import Device, Site

POLLS = 16
START = 1_700_000_000 // 320 * 320
INTERVAL = {"meter": 1, "ups": 10}
SITE = Site("frozen", tuple(Device(name, name, interval=s * SECOND) for name, s in INTERVAL.items()))
CHANNELS = (
    Channel("meter", "input.voltage"),
    Channel("ups", "input.voltage"),
    Channel("meter", "input.current"),
    Channel("ups", "battery.charge"),
)


def made_of(columns: dict[str, np.ndarray], steps: np.ndarray | None = None) -> SampleBlock:
    """A block of these columns by `device/quantity`: NaN is missing, and between the polls of a slow device held."""
    channels = tuple(Channel(*name.split("/")) for name in columns)
    values = np.column_stack(list(columns.values())).astype(np.float32)
    quality = np.where(np.isnan(values), Quality.MISSING, Quality.GOOD).astype(np.uint8)
    rows = np.arange(len(values))
    for i, channel in enumerate(channels):
        every = INTERVAL[channel.device]
        values[:, i] = values[rows // every * every, i]
        quality[rows % every > 0, i] = Quality.HELD
    times = START + (rows if steps is None else np.cumsum(steps))
    return SampleBlock(channels, times.astype(np.int64) * SECOND, values, quality)


def mains(rows: int, seed: int = 0, spread: float = 0.4, quantum: float = 0.1, level: float = 230) -> np.ndarray:
    volts = level + np.random.default_rng(seed).normal(0, spread, rows)
    return np.round(volts / quantum) * quantum


def found(volts: np.ndarray, name: str = "meter/input.voltage") -> list[Event]:
    return run(FrozenDetector(), [made_of({name: volts})], SITE)


@pytest.mark.parametrize("start", [1000, 1001, 1007, 1008, 1015, 1016, 5000])
def test_sixty_equal_samples_are_found_within_them_wherever_they_begin(start: int) -> None:
    volts = mains(6000)
    volts[start : start + 60] = volts[start]
    begun, over = found(volts)
    assert (begun.kind, begun.subject, begun.point) == (EventKind.VALUE_FROZEN, "meter", "input.voltage")
    assert begun.active
    assert not over.active
    at, end = (START + start) * SECOND, (START + start + 60) * SECOND
    assert at < begun.time < end
    assert begun.onset[0] <= at <= begun.onset[1]
    assert over.ended is not None
    assert over.ended[0] < end <= over.ended[1] == over.time
    assert over.onset == begun.onset
    assert begun.detail["stuck_at"] == pytest.approx(volts[start])
    assert begun.detail["quantum"] == pytest.approx(0.1)
    assert begun.detail["repeats"] == begun.magnitude == 32
    assert 32 <= over.magnitude <= 60
    [sample] = begun.evidence
    assert (sample.device, sample.quantity, sample.time) == ("meter", "input.voltage", begun.onset[1])


def test_a_slow_device_is_judged_by_its_polls() -> None:
    """Polled every tenth row: 20 equal polls hold no two whole windows, 60 do."""
    volts = np.repeat(mains(400), 10)
    for polls, events in ((20, 0), (60, 2)):
        frozen = volts.copy()
        frozen[3000 : 3000 + polls * 10] = volts[3000]
        assert len(found(frozen, "ups/input.voltage")) == events


@pytest.mark.parametrize(
    ("what", "volts"),
    [
        ("whole volts of a supply that moves by two", mains(20_000, spread=0.5, quantum=1)),
        ("a regulated output", np.concatenate([np.full(5000, 230.0), [230.1], np.full(20_000, 230.0)])),
        ("a feed without voltage", np.concatenate([mains(3000), np.zeros(5000)])),
        (
            "a generator at rest, which runs and rests again",
            np.concatenate([np.zeros(900), mains(3000), np.zeros(3000)]),
        ),
        ("a dead feed with a volt on it", np.concatenate([mains(3000), np.full(5000, 1.3)])),
        ("silence", np.concatenate([mains(3000), np.full(5000, np.nan)])),
        ("nothing known of it before", np.concatenate([mains(60), np.full(50, 230.0), mains(1000)])),
    ],
)
def test_what_is_calm_by_its_nature_is_not_frozen(what: str, volts: np.ndarray) -> None:
    if "whole volts" in what:
        volts[4000:4050] = 230
        volts[8000:8400] = 231
    assert found(volts) == []


def test_what_is_held_is_no_repeat() -> None:
    """The stream goes on while a device is not asked: evidence of nothing, and no end of what is frozen."""
    block = made_of({"meter/input.voltage": mains(4000)})
    block.values[2000:3000, 0] = block.values[1999, 0]
    block.quality[2000:3000, 0] = Quality.HELD
    assert run(FrozenDetector(), [block], SITE) == []
    block.values[1900:3000, 0], block.quality[1900:2000, 0] = 230, Quality.GOOD
    begun, over = run(FrozenDetector(), [block], SITE)
    assert begun.time < (START + 2000) * SECOND
    assert over.time > (START + 3000) * SECOND
    assert over.magnitude < 120


def test_a_channel_that_stands_still_by_itself_must_stand_still_four_times_as_long() -> None:
    """Three windows before there is history enough to judge them, then six: both are usual. 24 are not."""
    volts = mains(40_000)
    volts[96 : 96 + 48] = 230.2
    volts[8000 : 8000 + 96] = 229.9
    assert found(volts) == []
    volts[16_000 : 16_000 + 400] = 230.4
    begun, _ = found(volts)
    assert begun.detail["repeats"] == 4 * 96


def test_a_run_that_was_told_does_not_become_usual() -> None:
    volts = mains(20_000)
    for start in range(2000, 20_000, 2000):
        volts[start : start + 60] = volts[start]
    assert [e.active for e in found(volts)] == [True, False] * 9


@pytest.mark.parametrize("start", [2192, 2190])
def test_what_falls_into_a_frozen_stretch_teaches_nothing(start: int) -> None:
    """A sag put into frozen values stands still too; that is no nature of the channel."""
    volts = mains(10_000)
    volts[2000:2400] = 230.2
    volts[start : start + 20] = 215.0
    volts[6000:6060] = 230.3
    last = found(volts)[-2]
    assert last.active
    assert last.time < (START + 6060) * SECOND


def test_what_draws_little_scatters_little() -> None:
    """A load of 20 A scatters by 1 A; what is left of it, 0.3 A, repeats for hours."""
    amperes = np.concatenate([mains(3000, level=20, spread=0.3, quantum=0.01), np.full(10_000, 0.3)])
    assert found(amperes, "meter/input.current") == []
    rest = np.flatnonzero(np.arange(10_000) % 400 == 0)
    amperes[3000 + rest] = 0.31
    assert found(amperes, "meter/input.current") == []
    amperes[3000:] = 19.5
    assert len(found(amperes, "meter/input.current")) == 1


Usual = tuple[float, float]  # noise, base


@dataclass
class Loop:
    """One column, window by window."""

    repeats: int = 0
    value: float = math.nan
    longest: int = 0
    varied: int = 0
    quantum: float = math.nan
    size: np.float32 = field(default_factory=lambda: np.float32(math.nan))
    moved: int = 0
    since: int = 0
    stood: int = 0
    recovers: int = 0
    told: bool = False
    events: list[tuple[int, bool, tuple[int, int], tuple[int, int] | None, int]] = field(default_factory=list)

    def window(self, rows: list[tuple[int, float, int]], time: int, usual: Usual, span: int) -> None:
        """The rows (time, value, quality) of one that was over at `time`; what is usual after it."""
        begin = rows[0][0]
        values = [v for _, v, _ in rows if not math.isnan(v)]
        polls = sum(q == Quality.GOOD for _, _, q in rows)
        if polls < 8:
            return
        if begin // span % 8 == 0:
            self._learn_size(abs(np.float32(max(values))))
        if min(values) < max(values):
            self._end(time, usual)
            if self.varied < 64 and (step := abs(np.float32(max(values)) - np.float32(self.value))) > 0:
                self.quantum = float(step) if math.isnan(self.quantum) else min(self.quantum, float(step))
            self.varied, self.moved, self.value = self.varied + 1, begin, max(values)
        elif self.repeats and values[0] == self.value:
            self.repeats, self.stood = self.repeats + polls, begin
            long = self.repeats >= max(24, 4 * self.longest) and 4 * self.repeats <= 16 * self.varied
            if not self.told and long and self._judged(usual):
                self.told = True
                self.events.append((time, True, (self.moved, self.since), None, self.repeats))
        else:
            if self.repeats:
                self._end(time, usual)
                self.moved = self.stood
            self.value, self.repeats, self.since, self.stood = values[0], polls, begin, begin

    def _learn_size(self, reads: np.float32) -> None:
        if math.isnan(self.size):
            self.size = reads
        else:
            step = np.float32(1.02**8) if reads > self.size else np.float32(1) / np.float32(1.02**8)
            self.size = max(self.size * step, np.float32(1e-6))

    def _judged(self, usual: Usual) -> bool:
        noise, base = (np.float32(v) for v in usual)
        size = self.size if math.isnan(base) else base
        part = min(abs(np.float32(self.value)), size)
        return bool(noise * part >= np.float32(4) * np.float32(self.quantum) * size)

    def _end(self, time: int, usual: Usual) -> None:
        if self.repeats and self.told:
            self.events.append((time, False, (self.moved, self.since), (self.stood, time), self.repeats))
            self.recovers = self.varied + 8
        elif self.repeats and self.varied >= self.recovers and self._judged(usual):
            self.longest = max(self.longest, self.repeats)
        self.told, self.repeats = False, 0


@st.composite
def streams(draw: st.DrawFn) -> SampleBlock:
    """Channels of several coarsenesses, with spells of standing still, of jumps, of silence and of what is held."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows = draw(st.sampled_from((500, 2500, 6000)))
    steps = rng.choice([1, 1, 1, 1, 1, 1, 1, 9], rows) if draw(st.booleans()) else np.ones(rows, np.int64)
    columns = {}
    for channel in CHANNELS:
        every = INTERVAL[channel.device]
        quantum = float(rng.choice([0.01, 0.1, 0.5]))
        volts = np.repeat(mains(-(-rows // every), int(rng.integers(1000)), 0.5, quantum), every)[:rows]
        volts[: int(rng.choice([0, 0, 300]))] = 0
        for _ in range(draw(st.integers(0, 12))):
            start = int(rng.integers(rows))
            length = int(rng.choice([20, 40, 60, 100, 300])) * every
            volts[start : start + length] = rng.choice([volts[start], 229.5, 0.5, 0, np.nan])
        columns[f"{channel.device}/{channel.quantity}"] = volts
    block = made_of(columns, steps)
    for _ in range(draw(st.integers(0, 3))):
        start = int(rng.integers(1, rows))
        spell = slice(start, start + int(rng.choice([5, 50, 500])))
        column = int(rng.integers(len(CHANNELS)))
        block.values[spell, column] = block.values[start - 1, column]
        block.quality[spell, column] = Quality.HELD
    return block


def loop(block: SampleBlock, column: int) -> Loop:
    """Row by row; what is usual comes from the screen, whose tests hold it to a loop of its own."""
    seen = screen.look(screen.start(Layout(SITE, CHANNELS)), block)[1]
    entry, piece = seen.usual.tracked.entry[column], seen.pieces.of_row
    span, judge, rows = POLLS * INTERVAL[block.channels[column].device] * SECOND, Loop(), []
    for row, time in enumerate(block.times.tolist()):
        if rows and time // span != rows[0][0] // span:
            known = (seen.usual.noise, seen.usual.base)
            judge.window(rows, time, tuple(float(k[piece[row], entry]) for k in known), span)
            rows = []
        rows.append((time, float(block.values[row, column]), int(block.quality[row, column])))
    return judge


def facts(events: list[Event], channel: Channel) -> list[object]:
    own = [e for e in events if (e.subject, e.point) == (channel.device, channel.quantity)]
    return [(e.time, e.active, e.onset, e.ended, e.detail["repeats"]) for e in own]


@settings(max_examples=40, deadline=None)
@given(block=streams(), data=st.data())
def test_what_is_found_is_what_a_loop_finds_under_any_cut(block: SampleBlock, data: st.DataObject) -> None:
    at = sorted(data.draw(st.sets(st.integers(0, len(block)), max_size=20)))
    events = run(FrozenDetector(), [block.rows(a, b) for a, b in pairwise([0, *at, len(block)])], SITE)
    for column, channel in enumerate(CHANNELS[:3]):
        assert facts(events, channel) == loop(block, column).events
    assert not facts(events, CHANNELS[3]), "a percentage is not judged"


@settings(max_examples=4, deadline=None)
@given(block=streams())
def test_row_by_row_finds_the_same(block: SampleBlock) -> None:
    rows = run(FrozenDetector(), [block.rows(i, i + 1) for i in range(len(block))], SITE)
    assert rows == run(FrozenDetector(), [block], SITE)
