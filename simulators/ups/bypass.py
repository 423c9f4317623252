"""The static bypass of a UPS: whether it can take the load, and the inverter that keeps in step with it."""

import numpy as np

from simulators.stopwatch import Flags
from simulators.supply import BALANCED, Floats, Supply
from simulators.ups.parameters import UpsParameters

_INTERRUPTED = 0.1  # parts of nominal, IEEE 1159: below it a phase is interrupted
_IN_STEP = 0.1  # rad, at most, between inverter and bypass for a transfer without a gap (judgement)


class UpsBypasses:
    """All arrays `(S, n)`.

    good: within its windows; alive: at least one phase is there
    inverter: Supply of the inverter, as long as something feeds it
    in_step: the inverter is synchronised with a good bypass
    """

    def __init__(self, parameters: UpsParameters, nominal_frequency: Floats) -> None:
        """`nominal_frequency` (S, n) Hz."""
        shape = nominal_frequency.shape
        self._p = parameters
        self._nominal = nominal_frequency
        self._angle = np.zeros(shape)
        self.good: Flags = np.ones(shape, np.bool_)
        self.alive: Flags = np.ones(shape, np.bool_)
        self.in_step: Flags = np.ones(shape, np.bool_)
        self.inverter = Supply(np.ones((*shape, 1)) * BALANCED, nominal_frequency, parameters.output_distortion)

    def step(self, dt: float, source: Supply) -> None:
        """`dt` s with that at the bypass: the inverter follows it while it is good and runs free while it is not."""
        p = self._p
        levels = source.levels
        lowest, highest = levels.min(axis=-1), levels.max(axis=-1)
        self.alive = highest >= _INTERRUPTED
        slip = source.frequency - self._nominal
        self.good = (
            p.has_bypass
            & (lowest >= 1.0 - p.bypass_window)
            & (highest <= 1.0 + p.bypass_window)
            & (np.abs(slip) <= p.bypass_frequency_window)
        )
        turned = 2.0 * np.pi * dt
        slip = np.where(self.good, slip, 0.0)
        free = self._angle + turned * slip
        apart = np.where(self.good, np.remainder(source.angle - free + np.pi, 2.0 * np.pi) - np.pi, 0.0)
        most = turned * p.sync_rate
        caught = np.clip(apart, -most, most)
        self._angle = np.remainder(free + caught, 2.0 * np.pi)
        self.in_step = self.good & (np.abs(apart - caught) <= _IN_STEP)
        volts = np.exp(1j * self._angle)[..., np.newaxis] * BALANCED
        self.inverter = Supply(volts, self._nominal + slip + caught / turned, p.output_distortion)
