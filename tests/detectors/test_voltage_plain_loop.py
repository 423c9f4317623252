"""The voltage detector beside a plain loop over one feed and one row at a time, which shares no code with it."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from detectors.voltage import VoltageDetector
from streams import run, streams
from telemetry.block import Quality, SampleBlock

FEEDS = (("utility-1", "input"), ("ats-a", "input.1"), ("ups-a", "input"), ("ups-a", "output"), ("pdu-a", "input"))
OFF = 3.0  # the code of `off` in ups.status


@dataclass
class Track:
    """One condition of a feed, as it stands."""

    kind: str | None = None
    bad_polls: int = 0
    onset: tuple[int, int] = (0, 0)
    last_bad: int = 0
    worst: float = 0.0
    long: bool = False


@dataclass
class OneFeed:
    """What is remembered of a feed; sets and dicts are of column numbers."""

    sampled: dict[int, int] = field(default_factory=dict)
    low: set[int] = field(default_factory=set)
    dead: set[int] = field(default_factory=set)
    high: set[int] = field(default_factory=set)
    last: dict[int, float] = field(default_factory=dict)
    status: float | None = None
    below: Track = field(default_factory=Track)
    above: Track = field(default_factory=Track)


def plain(block: SampleBlock) -> list[tuple[Any, ...]]:
    """Every event, as (time, kind, device, point, active, onset, ended, magnitude, confirmed, evidence)."""
    told: list[tuple[Any, ...]] = []
    for device, point in FEEDS:
        columns = {
            i: 230.0 * (3**0.5 if c.quantity.count("L") == 2 else 1.0)
            for i, c in enumerate(block.channels)
            if c.device == device
            and c.quantity.removeprefix(f"{point}.")
            in ("voltage", *(f"L{n}-N.voltage" for n in (1, 2, 3)), "L1-L2.voltage", "L2-L3.voltage", "L3-L1.voltage")
            and c.quantity.startswith(f"{point}.")
        }
        status = next(
            (i for i, c in enumerate(block.channels) if c.device == device and c.quantity == "ups.status"), None
        )
        told += list(one_feed(block, device, point, columns, status if point == "output" else None))
    return sorted(told, key=lambda e: e[:4])


def one_feed(
    block: SampleBlock, device: str, point: str, columns: dict[int, float], status: int | None
) -> Iterator[tuple[Any, ...]]:
    feed = OneFeed()
    for row in range(len(block)):
        time = int(block.times[row])
        if status is not None and not math.isnan(block.values[row, status]):
            feed.status = float(block.values[row, status])
        fresh = {c: float(block.values[row, c]) for c in columns if block.quality[row, c] == Quality.GOOD}
        idle = feed.status == OFF
        if not fresh and not idle:
            continue
        for c, volts in fresh.items():
            pu = volts / columns[c]
            mark(feed.low, c, pu < 0.9 - 1e-7, pu >= 0.92 - 1e-7)
            mark(feed.dead, c, pu < 0.1 - 1e-8, pu >= 0.12 - 1e-8)
            mark(feed.high, c, pu > 1.1 + 1e-7, pu <= 1.08 + 1e-7)
        if idle:
            feed.low, feed.dead, feed.high = set(), set(), set()
        gone = feed.dead and feed.dead == feed.sampled.keys() | fresh.keys()
        pus = {c: volts / columns[c] for c, volts in fresh.items()}
        feed.last |= pus
        below = "voltage_sag" if feed.low else None
        if gone:
            below = "voltage_interruption"
        elif feed.dead or one_phase_dead(feed, block, columns):
            below = "phase_loss"
        above = "voltage_swell" if feed.high else None
        evidence = frozenset((block.channels[c].quantity, round(v, 3)) for c, v in fresh.items())
        for track, kind, involved, worst_of in (
            (feed.below, below, feed.dead or feed.low, min),
            (feed.above, above, feed.high, max),
        ):
            seen = [pus[c] for c in involved if c in pus]
            before = [feed.sampled[c] for c in involved if c in pus and c in feed.sampled]
            known_good = min(before) if before else max(feed.sampled.values(), default=None)
            yield from follow(track, kind, seen, worst_of, time, known_good, (device, point), evidence)
        feed.sampled |= dict.fromkeys(fresh, time)


def one_phase_dead(feed: OneFeed, block: SampleBlock, columns: dict[int, float]) -> bool:
    """Line to line: two voltages between little more than nothing and two thirds, and the third is not low."""
    if len(columns) != 3 or any(block.channels[c].quantity.count("L") != 2 for c in columns):
        return False
    return len(feed.low) == 2 and all(feed.last[c] < 0.65 for c in feed.low)


def mark(members: set[int], column: int, enters: bool, leaves: bool) -> None:
    if enters:
        members.add(column)
    elif leaves:
        members.discard(column)


def follow(
    track: Track,
    kind: str | None,
    seen: list[float],
    worst_of: Any,
    time: int,
    before: int | None,
    where: tuple[str, str],
    evidence: frozenset[tuple[str, float]],
) -> Iterator[tuple[Any, ...]]:
    long = {"voltage_sag": "undervoltage", "voltage_swell": "overvoltage"}

    def event(active: bool, kind: str | None = None) -> tuple[Any, ...]:
        return (
            time,
            kind or track.kind,
            *where,
            active,
            track.onset,
            None if active else (track.last_bad, time),
            round(track.worst, 4),
            track.bad_polls >= 2 or kind is not None,
            evidence,
        )

    changed = kind != track.kind
    if changed and track.kind:
        yield event(active=False)
        if track.long:
            yield event(active=False, kind=long[track.kind])
        track.long = False
    if kind is None:
        track.kind, track.bad_polls = None, 0
        return
    if changed:
        track.kind = kind
        track.onset = (time if before is None else before, time)
    if seen:
        track.worst = worst_of(seen) if changed else worst_of([track.worst, *seen])
        track.bad_polls += 1
        track.last_bad = time
    if changed or (seen and track.bad_polls == 2):
        yield event(active=True)
    if kind in long and not track.long and time >= track.onset[1] + 60_000_000:
        track.long = True
        yield event(active=True, kind=long[kind])


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(block=streams())
def test_the_detector_agrees_with_a_plain_loop(block: SampleBlock) -> None:
    found = [
        (
            *(e.time, str(e.kind), e.subject, e.point, e.active, e.onset, e.ended, round(e.magnitude, 4), e.confirmed),
            frozenset((x.quantity, round(float(x.value), 3)) for x in e.evidence),
        )
        for e in run(VoltageDetector(), [block])
    ]
    expected = plain(block)
    assert [e[:7] for e in found] == [e[:7] for e in expected]
    assert found == [(*e[:7], pytest.approx(e[7], abs=2e-4), *e[8:]) for e in expected]
