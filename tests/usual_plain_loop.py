"""What is usual of a column, learnt in a plain loop that shares no code with `detectors/usual.py` and `windows.py`."""

import math
import statistics
from dataclasses import dataclass, field

import numpy as np

from telemetry.block import SECOND

POLLS = 16
STANDARD = (100, 110, 115, 120, 127, 208, 220, 230, 240, 277, 347, 400, 415, 480)

f32 = np.float32


@dataclass
class Loop:
    """One column's learning. What is compared is single precision, as in the program."""

    nominal: float | None
    part: float
    base: np.float32 = field(init=False)
    proper: bool = field(init=False)
    middles: list[np.float32] = field(default_factory=list)
    noise: np.float32 = field(default_factory=lambda: f32(math.nan))
    returned: int = 0
    steady: bool = False

    def __post_init__(self) -> None:
        self.base = f32(math.nan if self.nominal is None else self.nominal)
        self.proper = self.nominal is None

    @property
    def known(self) -> tuple[float, float, float]:
        """Reference, noise, base."""
        if len(self.middles) < 5:
            return math.nan, math.nan, float(self.base)
        return float(statistics.median(self.middles)) if self.steady else math.nan, float(self.noise), float(self.base)

    def window(self, low: float, high: float, polls: int) -> None:
        """Learn from one that is over."""
        self.steady = False
        if polls < POLLS / 2:
            return
        lowest, highest, settled = f32(low), f32(high), len(self.middles) == 5
        inside = self._inside(lowest, highest)
        alive = self.nominal is None or (lowest + highest) * f32(0.5) > f32(0.2) * self.base
        near = self._near(lowest, highest, self.base)
        if ((inside or (near and not settled)) if self.proper else alive) or self.nominal is None:
            self._learn(lowest, highest)
            self.steady, self.proper = True, self.proper or near
        if self.nominal is None:
            return
        came_back = self.base != f32(self.nominal) and self._near(lowest, highest, f32(self.nominal)) and not inside
        self.returned = self.returned + 1 if came_back else 0
        if self.returned == 5:
            self.base, self.proper, self.returned, self.middles = f32(self.nominal), True, 0, []
        if not self.proper and len(self.middles) == 5:
            self._correct()

    def _learn(self, low: np.float32, high: np.float32) -> None:
        spread = high - low
        if len(self.middles) < 5:
            noise = spread if math.isnan(self.noise) else min(self.noise, spread)
        else:
            wild = self.nominal is not None and spread > f32(2.5) * self.noise and spread > f32(0.035) * self.base
            noise = self.noise * (f32(1) if wild else f32(1.02) if spread > self.noise else f32(1) / f32(1.02))
        self.noise = max(noise, f32(1e-6))
        self.middles = [*self.middles, (low + high) * f32(0.5)][-5:]

    def _inside(self, low: np.float32, high: np.float32) -> bool:
        # As the limits of a voltage have it: in parts of the base.
        room = min(self.noise * f32(1.7) / self.base, f32(0.2)) * self.base if len(self.middles) == 5 else f32(0)
        lowest = min(f32(0.9) * self.base, self.base - room)
        highest = max(f32(1.1) * self.base, self.base + room)
        return bool(low >= lowest and high <= highest)

    def _near(self, low: np.float32, high: np.float32, base: np.float32) -> bool:
        middle = (low + high) * f32(0.5)
        return bool(f32(0.9) * base <= middle <= f32(1.1) * base and high - low <= f32(0.2) * base)

    def _correct(self) -> None:
        reads = statistics.median(self.middles)
        if max(self.middles) - min(self.middles) > f32(0.03) * reads:
            return
        if f32(0.9) * self.base <= reads <= f32(1.1) * self.base:
            return
        nearest = min((f32(v) * f32(self.part) for v in STANDARD), key=lambda v: abs(v - reads))
        self.base = nearest if abs(nearest - reads) <= f32(0.06) * nearest else reads
        self.proper = True


@dataclass
class Learner:
    """One column, row by row: its windows, and what is learnt from them. interval: rows from poll to poll."""

    loop: Loop
    interval: int
    number: int = -1
    values: list[float] = field(default_factory=list)
    polls: int = 0
    began: int = 0

    def row(self, time: int, value: float, *, good: bool) -> tuple[int, float, float, bool] | None:
        """Take one row.

        Returns:
            Of a window that is over with it: its first row's µs, lowest and highest value, and whether half of it came.
        """
        number, over = time // (POLLS * self.interval * SECOND), None
        if number != self.number and self.number >= 0:
            low, high = min(self.values, default=math.nan), max(self.values, default=math.nan)
            self.loop.window(low, high, self.polls)
            over = (self.began, low, high, self.polls >= POLLS / 2)
        if number != self.number:
            self.number, self.values, self.polls, self.began = number, [], 0, time
        if not math.isnan(value):
            self.values.append(value)
        self.polls += good
        return over
