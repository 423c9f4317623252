"""The alternator with its voltage regulator: how the voltage dips under a step of load, comes back, and hunts."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from simulators.generator.engine import Engines
from simulators.generator.parameters import GeneratorParameters
from simulators.supply import BALANCED, Floats, Supply

Bools = NDArray[np.bool_]

_EXCITED = 0.7  # of rated speed, above which the regulator excites
_GONE = 0.01  # of rated voltage, below which there is none
_BUILT = 0.7  # of rated voltage: below it the exciter builds up, above the regulator regulates
_LOW, _HIGH = 0.80, 1.30  # what a regulator gives that has lost a part of its sensing, or all


class Alternators:
    """Voltage and angle at the terminals.

    All `(S, n)`. level: in parts of nominal; angle: rad against a frame that turns at nominal frequency
    swing: part of the level by which an unstable regulator is off just now
    """

    def __init__(self, p: GeneratorParameters, nominal_frequency: Floats, shape: tuple[int, int]) -> None:
        self._p = p
        self._nominal_frequency = nominal_frequency
        zero: Floats = np.zeros(shape)
        self.level = self.angle = self.swing = self._carried = self._target = zero

    @property
    def settled(self) -> Bools:
        """`(S, n)` whether the voltage has come to rest."""
        settled: Bools = np.abs(self.level - self._target) < 2e-3
        return settled

    def step(self, now: int, dt: float, engines: Engines, reference: Floats | float, unstable: Bools | None) -> None:
        """`dt` seconds later.

        Args:
            now: µs
            dt: s
            engines: after their step
            reference: `(S, n)` voltage that the regulator is to hold
            unstable: `(S, n)` where it hunts; None if nowhere
        """
        p = self._p
        speed, carried = engines.speed, engines.delivered
        if not (speed.any() or self.level.any()):
            return
        self.angle = np.remainder(
            self.angle + 2 * np.pi * dt * self._nominal_frequency * (engines.turned - 1), 2 * np.pi
        )
        # The step of load meets the transient reactance; then the field follows.
        dipped = np.maximum(0.0, self.level - p.voltage_dip * (carried - self._carried) * (self.level > _BUILT))
        self._carried = carried
        self._target = np.where(speed > _EXCITED, reference * np.minimum(1.0, speed / p.knee), 0.0)
        within = np.where((dipped > _BUILT) & (self._target > 0), p.voltage_recovery, p.excitation)
        self.level = self._target + (dipped - self._target) * np.exp(-dt / within)
        self.level = self.level * ((self.level > _GONE) | (self._target > 0))
        if unstable is not None and unstable.any():
            # Of no whole part of a second, so that no poll at whole seconds sees it stand still.
            phase = 2 * np.pi * p.hunting_frequency * (now % 1_000_000_000_000) / 1e6
            self.swing = np.where(unstable & (self.level > _BUILT), p.hunting * np.sin(phase), 0.0)
        elif self.swing.any():
            self.swing = np.zeros_like(self.swing)

    def join(self, tied: Bools, mean: Callable[[Floats], Floats]) -> None:
        """Connected sets have one voltage: reactive power flows until it is so.

        Args:
            tied: `(S, n)` connected to others
            mean: of `(S, n)` values over those that are tied together, by what they weigh
        """
        angle = np.arctan2(mean(np.sin(self.angle)), mean(np.cos(self.angle)))
        self.angle = np.where(tied, angle, self.angle)
        self.level = np.where(tied, mean(self.level), self.level)
        if self.swing.any():
            self.swing = np.where(tied, mean(self.swing), self.swing)

    def supply(self, speed: Floats) -> Supply:
        """What stands at the terminals, each set alone."""
        p = self._p
        level = self.level * (1 + self.swing)
        there = level > _GONE
        volts = (level * there * np.exp(1j * self.angle))[..., np.newaxis] * BALANCED
        distortion = (p.distortion + p.distortion_loaded * np.maximum(self._carried, 0.0)) * there
        return Supply(volts, self._nominal_frequency * speed * there, distortion)


def reference(low: Bools, high: Bools) -> Floats:
    """`(S, n)` the voltage that a regulator holds: nominal, or what its fault makes of it."""
    held: Floats = np.where(low, _LOW, np.where(high, _HIGH, 1.0))
    return held
