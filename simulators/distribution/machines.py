"""Motor-driven loads, which a short dip stops and which start again slowly: chillers, pumps, fans."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.distribution.breakers import Bools
from simulators.parameters import Tables
from simulators.supply import Floats
from telemetry.block import SECOND

Times = NDArray[np.int64]

_SOON = 10 * SECOND  # the longest step that is made while all is quiet


@dataclass(frozen=True, slots=True)
class MachineParameters:
    """Of one machine.

    dropout: parts of nominal, of the lowest phase; below, its contactor lets go. IEC 60947-4-1 8.2.1.2 allows 0.2–0.75
    hold: s below `dropout` until it has let go (judgement; AC coils take 20–100 ms)
    pickup: parts of nominal above which it can be closed again (IEC 60947-4-1: 0.85)
    restart: s of good supply until it starts again: 300 of a chiller, whose compressor must not start more often and
        whose oil and water have to settle (usual anti-recycle time); 1800 happen. 10 of all other machines (judgement)
    ramp: s from the start to full power: 120 of a chiller, 10 of all other machines (judgement)
    cop: W of heat removed for each W drawn by a chiller with its pumps and towers; 3–5 is usual
    """

    dropout: Floats | float = 0.70
    hold: Floats | float = 0.1
    pickup: Floats | float = 0.85
    restart: Floats | float = 300.0
    ramp: Floats | float = 120.0
    cop: Floats | float = 3.0


class Machines:
    """`k` machines of `S` sites. Each runs on the first of its cords that is good enough.

    running: `(S, k)` its contactor is closed
    stopped: `(S, k)` by a fault of its own; once that is over it starts as after an outage
    unfed: `(S, k)` no cord is good enough to run on
    cooling_power: `(S, k)` W of heat that it can remove; 0 of what is no chiller
    """

    def __init__(self, names: Sequence[str], tables: Tables, chills: Sequence[bool]) -> None:
        """All run at first.

        Args:
            names: of the machines
            tables: their parameters are taken from it
            chills: which of them are chillers
        """
        p = tables.take(
            MachineParameters, names, [{} if chiller else {"restart": 10.0, "ramp": 10.0} for chiller in chills]
        )
        self._dropout, self._pickup = np.asarray(p.dropout), np.asarray(p.pickup)
        self._hold = (np.asarray(p.hold) * SECOND).astype(np.int64)
        self._restart = (np.asarray(p.restart) * SECOND).astype(np.int64)
        self._ramp = np.maximum(np.asarray(p.ramp), 1e-9)
        self._cop = np.asarray(p.cop) * np.asarray(chills, np.bool_)
        shape = self._dropout.shape
        self.running: Bools = np.ones(shape, np.bool_)
        self.stopped: Bools = np.zeros(shape, np.bool_)
        self.unfed: Bools = np.zeros(shape, np.bool_)
        self.cooling_power: Floats = np.zeros(shape)
        self._progress: Floats = np.ones(shape)  # from the start, 0, to full power, 1
        self._low: Bools = np.zeros(shape, np.bool_)
        self._low_since: Times = np.zeros(shape, np.int64)
        self._good: Bools = np.ones(shape, np.bool_)
        self._good_since: Times = np.zeros(shape, np.int64)
        self._now = 0

    def draw(self, now: int, dt: float, levels: Floats, power: Floats) -> Floats:
        """What each cord draws: `(S, k, c)` W on the average of the step.

        Args:
            now: µs UTC
            dt: s
            levels: `(S, k, c)` of the lowest phase, in parts of nominal; 0 where there is no cord
            power: `(S, k)` W at full power
        """
        self._now = now
        fit = levels >= self._dropout[..., np.newaxis]
        cord = fit.argmax(axis=-1)[..., np.newaxis]
        level = np.take_along_axis(levels, cord, axis=-1)[..., 0]
        self.unfed = level < self._dropout
        self._stop(now)
        self._start(now, level)
        drawn = power * self._rise(dt) * self.running
        if self.unfed.any():
            drawn = drawn * np.minimum(level / self._dropout, 1.0)  # it slows down while the contactor still holds
        self.cooling_power = drawn * self._cop
        by_cord: Floats = drawn[..., np.newaxis] * (np.arange(levels.shape[-1]) == cord)
        return by_cord

    @property
    def quiet(self) -> bool:
        """None is about to stop or to start, and none is on its way to full power."""
        if self.running.all() and not self._low.any() and not self.stopped.any() and (self._progress >= 1.0).all():
            return True
        waiting = ~self.running & self._good & (self._good_since + self._restart - self._now <= _SOON)
        moving = self.running & (self._low | self.stopped | (self._progress < 1.0))
        return not (waiting | moving).any()

    def _stop(self, now: int) -> None:
        if self.unfed.any() or self._low.any():
            self._low_since[self.unfed & ~self._low] = now
            self._low = self.unfed
            self.running &= ~(self._low & (now - self._low_since >= self._hold))
        if self.stopped.any():
            self.running &= ~self.stopped

    def _start(self, now: int, level: Floats) -> None:
        if self.running.all():
            self._good[:] = False
            return
        good = (level >= self._pickup) & ~self.stopped & ~self.running
        self._good_since[good & ~self._good] = now
        self._good = good
        self.running |= good & (now - self._good_since >= self._restart)

    def _rise(self, dt: float) -> Floats:
        """How much of its power each draws, on the average of the step."""
        if self.running.all() and (self._progress >= 1.0).all():
            return self._progress
        before = self._progress * self.running
        self._progress = np.minimum(before + dt / self._ramp, 1.0) * self.running
        rising = (self._progress - before) * self._ramp / dt
        mean: Floats = self._progress - 0.5 * (self._progress - before) * rising
        return mean
