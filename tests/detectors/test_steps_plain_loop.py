"""The step detector beside a plain loop over one column and one row at a time, which shares no code with it."""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from detectors.event import Event
from detectors.steps import StepDetector
from restless import CHANNELS, FEEDS, SITE, stream
from streams import run
from telemetry.block import Quality, SampleBlock
from usual_plain_loop import Learner, Loop

F = np.float32  # the loop rounds as the detector does, lest a limit be met to the last bit by one of them only
NOTHING = F(math.nan)
SEEDS = range(24)


class Known:
    """What is usual of a column at one moment."""

    def __init__(self, known: tuple[float, float, float]) -> None:
        self.usual, self.spread, self.base = map(F, known)

    def threshold(self, part: float) -> Any:
        """V; nothing reaches it while the usual voltage is unknown."""
        return F(math.inf) if math.isnan(self.usual) else max(F(part) * self.usual, self.spread * F(1.7))


@dataclass
class Column:
    """One column: what is usual of it, its last samples as (time, volts), and what it is in."""

    learner: Learner
    samples: list[tuple[int, Any]] = field(default_factory=list)
    changed: bool = False
    swings: bool = False
    since_swing: int = 0
    restless: list[tuple[int, int]] = field(default_factory=list)
    scatters: bool = False
    known: Known = field(init=False)

    def row(self, time: int, volts: Any, good: bool) -> Iterator[tuple[str, bool, tuple[int, int], float]]:
        """What begins and is over: (why, whether it begins, onset, by how much)."""
        over = self.learner.row(time, float(volts), good=good)
        self.known = Known(self.learner.loop.known)
        if over is not None:
            yield from self.window(time, *over)
        if good:
            inside = F(0.9) * self.known.base <= volts <= F(1.1) * self.known.base
            self.samples = [*self.samples, (time, volts if inside else NOTHING)][-6:]
            yield from self.change()
            yield from self.swing()

    def change(self) -> Iterator[tuple[str, bool, tuple[int, int], float]]:
        known, usual = self.known, self.known.usual
        now = self.samples[-1][1]
        volts = [v for _, v in self.samples]
        last = volts[-3:]
        half = known.threshold(0.025) / 2
        near = len(last) == 3 and not math.isnan(usual) and all(abs(v - usual) <= half for v in last)
        why, back = None, 3
        if len(volts) >= 4 and all(abs(v - usual) >= known.threshold(0.05) for v in last):
            above = {v > usual for v in last}
            before = volts[-4] - usual
            came = before < known.threshold(0.05) if above == {True} else before > -known.threshold(0.05)
            why = "gradual" if len(above) == 1 and came else None
        if len(volts) >= 3 and abs(volts[-1] - volts[-2]) >= known.threshold(0.055) and not math.isnan(volts[-3]):
            why, back = "rapid", 1
        if len(volts) >= 5 and not any(map(math.isnan, volts[-5:])):
            step, before_ = known.threshold(0.025), volts[-5:-3]
            if min(before_) - max(last) >= step or min(last) - max(before_) >= step:
                why, back = "rapid", 3
        if abs(now - usual) <= half:
            why = None
        if why and not self.changed:
            self.changed = True
            origin = usual if why == "gradual" else volts[-1 - back]
            onset = (self.samples[-1 - back][0], self.samples[-back][0])
            yield why, True, onset, float((now - origin) / usual)
        elif self.changed and not why and (near or math.isnan(now)):
            self.changed = False
            yield "change", False, (0, 0), 0.0

    def swing(self) -> Iterator[tuple[str, bool, tuple[int, int], float]]:
        limit = self.known.threshold(0.04)
        by = [b - a for (_, a), (_, b) in zip(self.samples[:-1], self.samples[1:], strict=True)]
        wide = [i for i, b in enumerate(by) if abs(b) >= limit]
        newest = len(by) - 1
        if newest not in wide:
            self.since_swing += 1
        else:
            self.since_swing = 0
            three = wide[-3:]
            if len(three) == 3 and three[1] - three[0] <= 2 and three[2] - three[1] <= 2 and not self.swings:
                signs = [by[i] > 0 for i in three]
                if signs[0] != signs[1] != signs[2]:
                    self.swings = True
                    onset = (self.samples[three[0]][0], self.samples[three[0] + 1][0])
                    yield "oscillation", True, onset, float(max(abs(by[i]) for i in three) / self.known.usual)
        if self.swings and self.since_swing >= 16:
            self.swings = False
            yield "oscillation", False, (0, 0), 0.0

    def window(
        self, time: int, began: int, lowest: float, highest: float, enough: bool
    ) -> Iterator[tuple[str, bool, tuple[int, int], float]]:
        known, low, high = self.known, F(lowest), F(highest)
        if not enough or not (low >= F(0.9) * known.base and high <= F(1.1) * known.base):
            return
        if high - low >= max(F(0.035) * known.usual, F(4) * known.spread):
            self.restless.append((began, time))
            if len(self.restless) == 3:
                self.scatters = True
                yield "spread", True, self.restless[0], float((high - low) / known.usual)
        else:
            self.restless = []
            if self.scatters:
                self.scatters = False
                yield "spread", False, (0, 0), 0.0


def plain(block: SampleBlock) -> list[tuple[Any, ...]]:
    """Every event, as (time, kind, device, point, active, onset, why, by how much)."""
    told: list[tuple[Any, ...]] = []
    for device, point in FEEDS:
        own = {
            i: Column(Learner(Loop(230 * part, part), 3 if device == "slow" else 1))
            for i, c in enumerate(CHANNELS)
            for part in (3**0.5 if c.quantity.count("L") == 2 else 1.0,)
            if c.device == device and c.quantity.startswith(f"{point}.") and c.quantity.endswith("voltage")
        }
        standing: dict[str, list[Any]] = {}
        count: Counter[str] = Counter()
        for row in range(len(block)):
            time, turns = int(block.times[row]), []
            for i, column in own.items():
                found = column.row(time, block.values[row, i], block.quality[row, i] == Quality.GOOD)
                turns += [
                    (not begins, -abs(by), CHANNELS[i].quantity, why, onset, by) for why, begins, onset, by in found
                ]
            for ends, _, _, why, onset, by in sorted(turns, key=lambda t: t[:3]):
                kind = "supply_unstable" if why in ("oscillation", "spread") else "rapid_voltage_change"
                count[kind] += -1 if ends else 1
                if not ends and count[kind] == 1:
                    standing[kind] = [onset, why, round(by, 3)]
                if count[kind] == (0 if ends else 1):
                    told.append((time, kind, device, point, not ends, *standing[kind]))
    return sorted(told, key=lambda e: (*e[:4], e[5], not e[4]))


def brief(e: Event) -> tuple[Any, ...]:
    d = e.detail
    why = d.get("why") or ("gradual" if d.get("gradual") else "rapid")
    return (e.time, str(e.kind), e.subject, e.point, e.active, e.onset, why, d.get("change", d.get("swing")))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_detector_agrees_with_a_plain_loop(seed: int) -> None:
    block = stream(seed)
    found, expected = [brief(e) for e in run(StepDetector(), [block], SITE)], plain(block)
    assert [e[:7] for e in found] == [e[:7] for e in expected]
    assert [e[7] for e in found] == pytest.approx([e[7] for e in expected], abs=1e-3)


def test_the_streams_hold_everything_that_is_compared() -> None:
    """Each sort of finding begins and ends in them many times, so that agreement says something."""
    told = Counter((e[4], e[6]) for seed in SEEDS for e in plain(stream(seed)))
    assert all(
        told[active, why] >= 5 for active in (True, False) for why in ("rapid", "gradual", "oscillation", "spread")
    )
