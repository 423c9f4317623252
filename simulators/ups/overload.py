"""How long an inverter carries too much: inverse time, as on data sheets."""

import numpy as np

from simulators.stopwatch import Flags
from simulators.supply import Floats
from simulators.ups.parameters import UpsParameters

_SPENT = 1.0 - 1e-9  # a sum of equal parts may stay a hair below one


class InverterOverload:
    """heat: (S, n) how much of the time that the inverter carries an overload is used up; 1 trips it."""

    def __init__(self, parameters: UpsParameters, shape: tuple[int, int]) -> None:
        self.heat = np.zeros(shape)
        self.rate = np.zeros(shape)  # 1/s at which it is being used up
        self._p = parameters

    @property
    def tripped(self) -> Flags:
        """Where it carries no more."""
        return self.heat >= _SPENT

    @property
    def moving(self) -> Flags:
        """Where it trips within some 10 s."""
        return self.heat + 20.0 * self.rate >= 1.0

    def step(self, dt: float, overload: Floats, inverting: Flags) -> None:
        """`dt` s with that load, in parts of rating, on the inverter where `inverting`."""
        over = inverting & (overload > self._p.overload_continuous)
        if not over.any() and not self.heat.any():
            self.rate = np.zeros_like(self.heat)
            return
        self.rate = over / self.endurance(overload)
        cooled = self.heat * np.exp(-dt / self._p.overload_cooling)
        self.heat = np.where(over, np.minimum(1.0, self.heat + dt * self.rate), cooled)

    def endurance(self, overload: Floats) -> Floats:
        """(S, n) s that a cold inverter carries so much; inf for what it carries for ever."""
        p = self._p
        seconds = p.overload_beyond
        for step in reversed(range(p.overload_steps.shape[-1])):
            seconds = np.where(overload <= p.overload_steps[..., step], p.overload_times[..., step], seconds)
        seconds = np.where(p.overload_seconds > 0.0, p.overload_seconds, seconds)
        return np.where(overload <= p.overload_continuous, np.inf, seconds)
