"""The rules of frequency once more: one supply and one sample at a time, sharing no code with the detector."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from telemetry.block import Channel, Quality, SampleBlock

SECOND = 1_000_000


@dataclass
class Supply:
    """One supply and what it is held against. `volts`: quantity → nominal; `says`: (device, quantity) of its state."""

    device: str
    point: str
    volts: dict[str, float]
    nominal: float = 50.0
    generator: bool = False
    direct: bool = True
    says: tuple[str, str] | None = None

    @property
    def shown(self) -> float:
        return 0.015 * self.nominal if self.generator else 0.2

    @property
    def inside(self) -> float:
        return 0.015 * self.nominal - 0.5 if self.generator else 0.15

    @property
    def limit(self) -> float:
        return 0.05 * self.nominal if self.generator else 0.5

    @property
    def end(self) -> float:
        return self.limit - (0.5 if self.generator else 0.05)


@dataclass
class Stretch:
    """Samples in a row at one level: `band`, `limit` or `back`."""

    level: str
    began: tuple[int, int]
    start: float
    worst: list[float] = field(default_factory=list)
    told: bool = False


def plain(block: SampleBlock, supplies: list[Supply]) -> list[tuple[Any, ...]]:
    """(time, device, point, active, confirmed, why, onset, ended, lowest, highest, rate) of every event."""
    return sorted((e for s in supplies for e in Loop(block, s).run()), key=repr)


def single_rate(hertz: float, before: float, interval: int) -> float:
    """Hz/s in single precision."""
    return float((np.float32(hertz) - np.float32(before)) / (np.float32(interval) / np.float32(SECOND)))


class Loop:
    """One supply, as far as its samples have been looked at."""

    def __init__(self, block: SampleBlock, s: Supply) -> None:
        self.block, self.s = block, s
        self.at = {c: i for i, c in enumerate(block.channels)}
        self.counted: int | None = None  # time of the last sample that says when it was in order
        self.previous: float | None = None  # the last sample, unless it was of no supply
        self.time = 0  # its time
        self.slope: float | None = None
        self.ready = not s.generator
        self.strayed: int | None = None
        self.step_from_nominal: bool | None = None  # None: the last sample was no step
        self.stretch: Stretch | None = None
        self.said = ""
        self.rate = 0.0

    def run(self) -> Iterator[tuple[Any, ...]]:
        column = self.at[Channel(self.s.device, f"{self.s.point}.frequency")]
        for row, time in enumerate(map(int, self.block.times)):
            if self.block.quality[row, column] == Quality.GOOD:
                yield from self.sample(row, time, float(self.block.values[row, column]))

    def sample(self, row: int, time: int, hertz: float) -> Iterator[tuple[Any, ...]]:
        s, away = self.s, abs(hertz - self.s.nominal)
        off = self.no_supply(row, hertz)
        level = self.level(away, inside=off | self.mere_step(time, hertz, off=off))
        yield from self.ended(time, level)
        slope = None if self.previous is None else single_rate(hertz, self.previous, time - self.time)
        if level is None:
            self.stretch = slope = None
        else:
            yield from self.outside(time, hertz, level, slope)
        if not (off and away >= s.limit - 1e-4):
            self.counted = time
        self.previous, self.time, self.slope = (None if off else hertz), time, slope

    def no_supply(self, row: int, hertz: float) -> bool:
        s, values = self.s, self.block.values[row]
        known = [float(values[self.at[Channel(s.device, q)]]) / v for q, v in s.volts.items()]
        known = [pu for pu in known if not math.isnan(pu)]
        off = hertz < s.nominal / 2 or bool(known and max(known) < 0.5)
        if s.says is not None:
            off = off or float(values[self.at[Channel(*s.says)]]) in {0.0, 1.0, 4.0}
        if s.generator:
            self.ready = not off and (self.ready or abs(hertz - s.nominal) < s.shown - 1e-4)
        return off or not self.ready

    def mere_step(self, time: int, hertz: float, *, off: bool) -> bool:
        s = self.s
        if abs(hertz - s.nominal) == 1.0 and not s.generator and not off:
            if self.step_from_nominal is None:
                self.step_from_nominal = self.previous == s.nominal
            return self.step_from_nominal and self.strayed is not None and time - self.strayed <= 3600 * SECOND
        if self.step_from_nominal and hertz == s.nominal and not off:
            self.strayed = self.time
        self.step_from_nominal = None
        return False

    def level(self, away: float, *, inside: bool) -> str | None:
        was = self.stretch.level if self.stretch else None
        if inside or away < self.s.inside or (was is None and away < self.s.shown - 1e-4):
            return None
        if away >= self.s.limit - 1e-4 or (was == "limit" and away >= self.s.end):
            return "limit"
        return "back" if was in {"limit", "back"} else "band"

    def ended(self, time: int, level: str | None) -> Iterator[tuple[Any, ...]]:
        stretch = self.stretch
        if stretch is None or (level is not None and stretch.level in {level, "band"}):
            return
        if self.said:
            assert self.counted is not None
            confirmed = stretch.told and stretch.level == "limit"
            yield self.event(time, stretch, active=False, confirmed=confirmed, ended=(self.counted, time))
        self.said = ""

    def outside(self, time: int, hertz: float, level: str, slope: float | None) -> Iterator[tuple[Any, ...]]:
        if self.stretch is None or self.stretch.level == "back" != level:
            self.rate = 0.0
        if self.stretch is None or self.stretch.level != level:
            if self.stretch is not None and self.stretch.level == "limit":
                self.rate = 0.0
            began = time if self.counted is None else self.counted
            self.stretch = Stretch(level, (began, time), hertz if self.previous is None else self.previous)
        now = self.stretch
        now.worst.append(hertz)
        fast = slow = 0.0
        if slope is not None and self.slope is not None and slope * self.slope > 0:
            fast = min(abs(slope), abs(self.slope))
        if time - now.began[0] >= 4 * SECOND:
            slow = abs(single_rate(hertz, now.start, time - now.began[0]))
        self.rate = max(self.rate, fast, slow)
        direct = self.s.direct and not self.s.generator
        held = len(now.worst) >= 2 and self.held(now, time, hertz, slope)
        quick = level == "band" and direct and (fast >= 1.0 or slow >= 0.125)
        tell = (held or quick) and not now.told and level != "back"
        now.told = now.told or tell
        if tell:
            self.said = "limit" if level == "limit" else "band" if held else "rate"
        elif level == "limit" and not self.s.generator and len(now.worst) == 1:
            self.said = "limit"
        else:
            return
        yield self.event(time, now, active=True, confirmed=tell and level == "limit", ended=None)

    def held(self, now: Stretch, time: int, hertz: float, slope: float | None) -> bool:
        s, lasted = self.s, time - now.began[1]
        assert self.previous is not None
        if s.generator:
            falling = hertz < s.nominal and slope is not None and slope <= -0.5
            over = now.level == "limit" and min(hertz, self.previous) - s.nominal > 0.12 * s.nominal
            return over or (lasted >= 5.5 * SECOND and not falling)
        large = now.level == "limit" and s.direct and min(abs(hertz - s.nominal), abs(self.previous - s.nominal)) > 1.0
        return large or lasted + (time - self.time) >= 9.5 * SECOND

    def event(
        self, time: int, now: Stretch, *, active: bool, confirmed: bool, ended: tuple[int, int] | None
    ) -> tuple[Any, ...]:
        where = (time, self.s.device, self.s.point)
        return (
            *(*where, active, confirmed, self.said, now.began, ended),
            *(min(now.worst), max(now.worst), self.rate),
        )
