"""The register detector beside a plain loop over one feed and one poll at a time, which shares no code with it.

The loop keeps every poll and looks back through all of them whenever a register moves.
"""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detectors.registers import RegisterDetector
from streams import run
from telemetry.block import SECOND, Channel, Quality, SampleBlock
from telemetry.site_file import parse_site

SITE = parse_site(
    """
[site]
name = "counted"
nominal_voltage = 230
[[device]]
name = "ups-a"
kind = "ups"
[[device]]
name = "meter-1"
kind = "meter"
""",
    "counted.toml",
)
NONE, OVER, UNDER, BLACKOUT, SAG, SPIKE, RATE, FREQUENCY, TEST = range(9)
FEEDS = {
    "ups-a": ("voltage", "frequency", "linebads", "voltage.minimum", "voltage.maximum", "transfer.reason"),
    "meter-1": ("L1-N.voltage", "L2-N.voltage", "L3-N.voltage", "voltage.minimum"),
}
CHANNELS = tuple(Channel(device, f"input.{name}") for device, names in FEEDS.items() for name in names)
CALM = {"linebads": 3.0, "transfer.reason": float(NONE), "frequency": 50.0}
MINUTE, LAG = 60 * SECOND, 10 * SECOND
REASONS = ("none", "overvoltage", "undervoltage", "blackout", "sag", "spike", "rate_of_change", "frequency", "test")


@dataclass
class Poll:
    """What one poll of a device gave: names of the feed to values, NaN left out."""

    time: int
    given: dict[str, float]

    @property
    def volts(self) -> list[float]:
        return [v for name, v in self.given.items() if name == "voltage" or name.endswith("-N.voltage")]

    @property
    def low(self) -> bool:
        return any(v / 230 < 0.9 - 1e-6 for v in self.volts)

    @property
    def high(self) -> bool:
        return any(v / 230 > 1.1 + 1e-6 for v in self.volts)

    @property
    def off(self) -> bool:
        hertz = self.given.get("frequency", 50.0)
        return not 49.5 <= hertz <= 50.5

    @property
    def doubted(self) -> bool:
        """Whether its minimum and maximum say nothing."""
        lowest = min(self.volts, default=math.nan)
        return not (
            not math.isnan(lowest)
            and self.given.get("voltage.minimum", 0.0) <= lowest + 11.5
            and self.given.get("voltage.maximum", 1e6) >= lowest - 11.5
        )


@dataclass
class Sign:
    """What a poll's registers showed of one direction, until the next poll."""

    kind: str
    onset: tuple[int, int]
    count: int
    shown: dict[str, float]


@dataclass
class OneFeed:
    """All that one feed's device ever said."""

    device: str
    single: bool
    polls: list[Poll] = field(default_factory=list)
    spoke: dict[str, int] = field(default_factory=dict)
    fell: int = -MINUTE
    waiting: dict[str, Sign] = field(default_factory=dict)
    told: list[tuple[Any, ...]] = field(default_factory=list)

    def poll(self, poll: Poll) -> None:
        self.settle(poll)
        earlier = [p.given["linebads"] for p in self.polls if "linebads" in p.given]
        if earlier and poll.given.get("linebads", math.inf) < earlier[-1]:
            self.fell = poll.time
        if poll.time >= self.fell + MINUTE:
            self.extreme(poll, "voltage.minimum", "low")
            self.extreme(poll, "voltage.maximum", "high")
            self.reason(poll)
            self.count(poll)
        self.polls.append(poll)

    def last(self, name: str) -> int | None:
        """When a register was last sampled before this poll."""
        return next((p.time for p in reversed(self.polls) if name in p.given), None)

    def seen(self, poll: Poll, since: int, *ways: str) -> bool:
        return any(getattr(p, way) for p in [*self.polls, poll] if p.time >= since for way in ways)

    def heard(self, since: int, *names: str) -> bool:
        return any(self.spoke.get(name, -1) >= since for name in names)

    def extreme(self, poll: Poll, name: str, way: str) -> None:
        trusted = [p for p in self.polls if name in p.given and not p.doubted]
        if name not in poll.given or poll.doubted or not trusted:
            return
        sign = 1 if way == "high" else -1
        limit = 253.0 if way == "high" else 207.0
        now, was = poll.given[name], trusted[-1].given[name]
        if sign * now <= sign * limit + 1e-4 or (sign * was > sign * limit + 1e-4 and sign * (now - was) <= 4.6):
            return
        since = (self.last(name) or 0) - MINUTE
        known = self.seen(poll, since, way) or self.heard(since, "linebads", "transfer.reason")
        self.spoke[name] = poll.time
        if not known:
            dead = self.single and now < 23
            kind = "voltage_swell" if way == "high" else "voltage_interruption" if dead else "voltage_sag"
            self.waiting[way] = Sign(kind, (since, poll.time), 1, {name: now})

    def reason(self, poll: Poll) -> None:
        name = "transfer.reason"
        now, before = poll.given.get(name), self.last(name)
        reasons = [p.given[name] for p in self.polls if p.given.get(name, NONE) != NONE]
        if now is None or before is None or now in (NONE, TEST, FREQUENCY) or now == (reasons or [NONE])[-1]:
            return
        way = "high" if now in (OVER, SPIKE) else "low"
        kind = {OVER: "voltage_swell", SPIKE: "voltage_swell", RATE: "rapid_voltage_change"}.get(now, "voltage_sag")
        since = before - LAG
        ways = ("low", "high", "off") if now == RATE else (way,)
        extremes = {"low": ("voltage.minimum",), "high": ("voltage.maximum",)}[way]
        others = ("voltage.minimum", "voltage.maximum") if now == RATE else extremes
        known = self.seen(poll, since, *ways) or self.heard(since, "linebads", *others)
        self.spoke[name] = poll.time
        if not known:
            self.waiting.setdefault(way, Sign(kind, (before, poll.time), 1, {name: now}))
        elif way in self.waiting:
            self.waiting[way].shown[name] = now

    def count(self, poll: Poll) -> None:
        name = "linebads"
        before = self.last(name)
        if name not in poll.given or before is None:
            return
        was = next(p.given[name] for p in reversed(self.polls) if name in p.given)
        rise = poll.given[name] - was
        if rise <= 0 or rise > 10 * (poll.time - before) / SECOND:
            return
        since = before - LAG
        known = self.seen(poll, since, "low", "high", "off") or self.heard(
            since, "voltage.minimum", "voltage.maximum", "transfer.reason"
        )
        self.spoke[name] = poll.time
        more = round(rise) - known
        if sign := self.waiting.get("low") or self.waiting.get("high"):
            sign.count += more
            sign.shown[name] = poll.given[name]
            sign.onset = (max(sign.onset[0], before), poll.time)
        elif more:
            self.waiting["low"] = Sign("voltage_sag", (before, poll.time), more, {name: poll.given[name]})

    def settle(self, poll: Poll) -> None:
        for way, sign in self.waiting.items():
            far = sign.shown.get("voltage.minimum", sign.shown.get("voltage.maximum"))
            seen = getattr(poll, way) if far is not None else poll.low or poll.high or poll.off
            if sign.count <= seen:
                continue
            counted = sign.count - seen if "linebads" in sign.shown else None
            shown = frozenset(
                (f"input.{n}", REASONS[int(v)] if n == "transfer.reason" else round(v, 3))
                for n, v in sign.shown.items()
            )
            height = 0.0 if far is None else round(far / 230, 4)
            for active in (True, False):
                self.told.append((poll.time, sign.kind, self.device, active, sign.onset, height, counted, shown))
        self.waiting = {}


def plain(block: SampleBlock) -> list[tuple[Any, ...]]:
    told: list[tuple[Any, ...]] = []
    for device, names in FEEDS.items():
        feed = OneFeed(device, single=device == "ups-a")
        for row in range(len(block)):
            own = {n: block.channels.index(Channel(device, f"input.{n}")) for n in names}
            if all(block.quality[row, i] == Quality.HELD for i in own.values()):
                continue
            given = {n: float(block.values[row, i]) for n, i in own.items() if block.quality[row, i] == Quality.GOOD}
            feed.poll(Poll(int(block.times[row]), given))
        told += feed.told
    return sorted(told, key=lambda e: (*e[:3], e[4], not e[3]))


def values(name: str) -> st.SearchStrategy[float]:
    if name == "linebads":
        return st.sampled_from((0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 9.0, 1000.0))
    if name == "transfer.reason":
        return st.sampled_from([float(r) for r in range(9)])
    if name == "frequency":
        return st.sampled_from((50.0, 49.0, 51.0))
    if name == "voltage.maximum":
        return st.sampled_from((0.0, 110.0, 230.0, 250.0, 260.0, 262.0, 270.0))
    if name == "voltage.minimum":
        return st.sampled_from((0.0, 20.0, 100.0, 103.0, 200.0, 230.0, 250.0))
    return st.sampled_from((0.0, 100.0, 200.0, 210.0, 230.0, 250.0, 260.0))


@st.composite
def counted(draw: st.DrawFn) -> SampleBlock:
    """Polls of a UPS and a meter with spells of anything, most of them of the registers; lost and held polls too."""
    rows = 40
    calm = [CALM.get(c.quantity.removeprefix("input."), 230.0) for c in CHANNELS]
    numbers = np.tile(np.array(calm, np.float32), (rows, 1))
    quality = np.zeros(numbers.shape, np.uint8)
    device = draw(st.sampled_from(["ups-a", "ups-a", "meter-1"]))
    own = [i for i, c in enumerate(CHANNELS) if c.device == device]
    around = draw(st.integers(1, rows - 6))
    for _ in range(draw(st.integers(1, 12))):
        i = draw(st.one_of(st.sampled_from(own), st.integers(0, len(CHANNELS) - 1)))
        start = draw(st.one_of(st.integers(around, around + 4), st.integers(0, rows - 1)))
        stop = start + draw(st.sampled_from((1, 2, 3, 9, 40)))
        numbers[start:stop, i] = draw(values(CHANNELS[i].quantity.removeprefix("input.")))
    for _ in range(draw(st.integers(0, 3))):
        row, device = draw(st.integers(1, rows - 1)), draw(st.sampled_from(list(FEEDS)))
        own = [i for i, c in enumerate(CHANNELS) if c.device == device]
        if draw(st.booleans()):
            numbers[row, own], quality[row, own] = numbers[row - 1, own], Quality.HELD
        else:
            own = own if draw(st.booleans()) else own[:1]
            numbers[row, own], quality[row, own] = np.nan, Quality.MISSING
    quality[np.isnan(numbers) & (quality == Quality.GOOD)] = Quality.MISSING
    steps = draw(st.lists(st.sampled_from((1, 1, 5, 11, 30, 61, 300)), min_size=rows, max_size=rows))
    times = 1_700_000_000 * SECOND + np.cumsum(steps).astype(np.int64) * SECOND
    return SampleBlock(CHANNELS, times, numbers, quality)


def found(pieces: list[SampleBlock]) -> list[tuple[Any, ...]]:
    return [
        (
            *(e.time, str(e.kind), e.subject, e.active, e.onset, round(e.magnitude, 4), e.detail.get("counted")),
            frozenset((x.quantity, x.value if isinstance(x.value, str) else round(x.value, 3)) for x in e.evidence),
        )
        for e in run(RegisterDetector(), pieces, SITE)
    ]


lenient = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@lenient
@given(block=counted())
def test_the_detector_agrees_with_a_plain_loop(block: SampleBlock) -> None:
    assert found([block]) == [(*e[:5], pytest.approx(e[5], abs=2e-4), *e[6:]) for e in plain(block)]


@lenient
@given(block=counted(), data=st.data())
def test_any_cut_gives_the_same_events(block: SampleBlock, data: st.DataObject) -> None:
    """On streams in which registers move: the streams that all detectors share seldom have such."""
    cuts = sorted(data.draw(st.sets(st.integers(0, len(block)), max_size=12)))
    pieces = [block.rows(a, b) for a, b in zip([0, *cuts], [*cuts, len(block)], strict=True)]
    assert found(pieces) == found([block])


@lenient
@given(block=counted())
def test_every_event_begins_and_ends_in_one_tick(block: SampleBlock) -> None:
    """What is told is over: a record of the device leaves no alarm standing, whatever follows."""
    events = run(RegisterDetector(), [block], SITE)
    for begun, over in zip(events[::2], events[1::2], strict=True):
        assert (begun.active, over.active) == (True, False)
        assert (begun.time, begun.kind, begun.subject, begun.onset) == (over.time, over.kind, over.subject, over.onset)
        assert over.ended == over.onset
        assert begun.onset[0] <= begun.onset[1] < begun.time
        assert begun.confirmed
        assert begun.detail["unseen"] is True
