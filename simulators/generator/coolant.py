"""Heat of the engine: coolant, thermostat, fan, jacket heater."""

import numpy as np
from numpy.typing import NDArray

from simulators.generator.engine import Engines
from simulators.generator.parameters import GeneratorParameters
from simulators.supply import Floats

Bools = NDArray[np.bool_]

_IDLE = 0.25  # of the heat at full load, without any


class Coolant:
    """temperature: `(S, n)` °C."""

    def __init__(self, p: GeneratorParameters) -> None:
        self._p = p
        self.temperature: Floats = p.heater.copy()
        self._open = p.thermostat[..., 1] - p.thermostat[..., 0]

    def step(self, dt: float, engines: Engines, running: Bools, fan: Bools, heater: Bools) -> None:
        """`dt` seconds later.

        Args:
            dt: s
            engines: after their step
            running: `(S, n)` fuel burns
            fan: `(S, n)` works
            heater: `(S, n)` works
        """
        p = self._p
        off = p.ambient
        if running.any():
            open_ = np.minimum(np.maximum((self.temperature - p.thermostat[..., 0]) / self._open, 0.0), 1.0)
            loss = p.cooling + p.fan_cooling * open_ * engines.speed * fan
            heat = p.heating * (_IDLE + (1 - _IDLE) * np.maximum(engines.delivered, 0.0))
            towards = np.where(running, off + heat / loss, np.where(heater, p.heater, off))
            rate = np.where(running, loss, 1 / p.heating_up)
        else:
            towards, rate = np.where(heater, p.heater, off), 1 / p.heating_up
        self.temperature = self.temperature + (towards - self.temperature) * -np.expm1(-dt * rate)
