"""Whether a UPS takes what is at its input: its windows, the time to qualify, the rectifier's walk-in."""

import numpy as np

from simulators.stopwatch import Flags, Micros, Stopwatch
from simulators.supply import Floats, Supply
from simulators.ups.parameters import UpsParameters
from telemetry.block import SECOND


class UpsInputs:
    """All arrays `(S, n)`.

    good: in all its windows; good_for: µs, -1 while it is bad
    qualified: good for long enough that the rectifier draws from it
    walked: how much of the load the rectifier carries, 0–1
    line_bads: how often the input went from good to bad
    bad_for: µs, -1 while it is good
    """

    def __init__(self, parameters: UpsParameters, nominal_frequency: Floats, walk_in: Micros, sites: int) -> None:
        """The input has been good for ever; `nominal_frequency` (n,) Hz, `walk_in` (n,) µs."""
        shape = (sites, len(nominal_frequency))
        self._p = parameters
        self._nominal = nominal_frequency
        self._window = parameters.frequency_window * nominal_frequency
        self._delay = _micros(parameters.distortion_delay)
        self._qualify = _micros(parameters.qualify)
        self._retry = np.minimum(_micros(parameters.retry), self._qualify)
        self._walk_in = np.broadcast_to(np.asarray(walk_in, np.int64), shape)
        self._retake = np.minimum(_micros(parameters.retake), self._walk_in)
        self._needs, self._walks = self._qualify, self._walk_in  # of the present spell of good input
        self._only_distorted = np.zeros(shape, np.bool_)  # nothing else was bad in this spell of bad input
        self._frequency = np.zeros(shape)  # Hz at the last step
        self._distorted = Stopwatch(shape)
        self._good = Stopwatch(shape, held=True)
        self._bad = Stopwatch(shape)
        self.good: Flags = self._good.held
        self.good_for: Micros = self._good.elapsed(0)
        self.bad_for: Micros = self._bad.elapsed(0)
        self.qualified = np.ones(shape, np.bool_)
        self.walked = np.ones(shape)
        self.line_bads = np.zeros(shape, np.int64)

    @property
    def moving(self) -> Flags:
        """Where a time runs that ends soon."""
        return self.good & ((self.walked < 1.0) | self._distorted.held)

    def step(self, now: int, dt: float, source: Supply, own_distortion: Floats) -> None:
        """Look at the input at `now` µs; `own_distortion` is what the rectifier itself adds."""
        p = self._p
        levels = source.levels
        moved = np.abs(source.frequency - self._frequency)
        in_window = (
            (levels.min(axis=-1) >= p.low)
            & (levels.max(axis=-1) <= p.high)
            & (np.abs(source.frequency - self._nominal) <= self._window)
            & ((moved <= p.slew * dt) | (self._frequency == 0.0))
        )
        self._frequency = source.frequency
        self._distorted.step(now, source.distortion + own_distortion > p.distortion_limit)
        good = in_window
        if self._distorted.held.any():
            good = in_window & (self._distorted.elapsed(now) < self._delay)
        changes = good != self.good
        if changes.any():
            self._change(good, in_window)
        if not good.all():
            self._only_distorted &= in_window
        self._good.step(now, good)
        self._bad.step(now, ~good)
        self.good, self.good_for, self.bad_for = good, self._good.elapsed(now), self._bad.elapsed(now)
        self.qualified = self.good_for >= self._needs
        self.walked = np.clip((self.good_for - self._needs) / np.maximum(self._walks, 1), 0.0, 1.0)

    def _change(self, good: Flags, in_window: Flags) -> None:
        lost, regained = self.good & ~good, good & ~self.good
        self.line_bads += lost
        self._only_distorted = np.where(lost, in_window, self._only_distorted)
        short = regained & self._only_distorted
        self._needs = np.where(short, self._retry, np.where(regained, self._qualify, self._needs))
        self._walks = np.where(short, self._retake, np.where(regained, self._walk_in, self._walks))


def _micros(seconds: Floats) -> Micros:
    return np.rint(np.asarray(seconds) * SECOND).astype(np.int64)
