"""The utility at the site's door: commanded levels with the small wandering that every grid has."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simulators.supply import Supply


@dataclass(frozen=True, slots=True)
class UtilityParameters:
    """How the grid wanders while nothing is wrong.

    imbalance: parts of nominal by which each phase differs, steady (0.6 % between the extremes: IEEE 1159 calls 0.5–2 % usual)
    wander: standard deviation in parts of nominal; wander_frequency: Hz; wander_time: s, how slowly both move
    """

    imbalance: tuple[float, float, float] = (0.002, -0.004, 0.002)
    wander: float = 0.003
    wander_frequency: float = 0.012
    wander_time: float = 60.0


class Utility:
    """One feed of the grid. A scenario sets `voltage`, `frequency` and `fluctuation`.

    voltage: parts of nominal, one number or one a phase
    frequency: Hz away from nominal
    fluctuation: {low, high, every}: each phase is redrawn in [low, high] every so many seconds; None ends it
    """

    def __init__(self, nominal_frequency: float, parameters: UtilityParameters, rng: np.random.Generator) -> None:
        self._nominal_frequency = nominal_frequency
        self._parameters = parameters
        self._rng = rng
        self._levels = [1.0, 1.0, 1.0]
        self._offset = 0.0
        self._fluctuation: Mapping[str, float] | None = None
        self._until_redrawn = 0.0
        self._wander = self._wander_frequency = 0.0
        self._noise: Iterator[float] = iter(())  # standard normal numbers, drawn many at a time
        self.supply = Supply(1.0, 1.0, 1.0, nominal_frequency)

    def set(self, key: str, value: object) -> None:
        """One setting of a scenario.

        Raises:
            ValueError: there is no such setting, or the value does not fit it.
        """
        match key, value:
            case "voltage", int() | float():
                self._levels = [float(value)] * 3
            case "voltage", Sequence() if len(value) == 3:
                self._levels = [float(v) for v in value]
            case "frequency", int() | float():
                self._offset = float(value)
            case "fluctuation", {"low": _, "high": _, "every": _}:
                self._fluctuation = value  # type: ignore[assignment]  # its keys are checked here
            case "fluctuation", False:
                self._fluctuation = None
            case _:
                raise ValueError(
                    f"a utility has voltage (a number or three), frequency (Hz off nominal) and fluctuation"
                    f" (low, high, every; false ends it), not {key} = {value!r}"
                )

    def step(self, dt: float) -> Supply:
        """The supply `dt` seconds later."""
        p = self._parameters
        decay = dt / p.wander_time
        kick = math.sqrt(2 * decay)
        self._wander += -decay * self._wander + kick * p.wander * self._normal()
        self._wander_frequency += -decay * self._wander_frequency + kick * p.wander_frequency * self._normal()
        if self._fluctuation:
            self._until_redrawn -= dt
            if self._until_redrawn <= 0:
                self._until_redrawn = self._fluctuation["every"]
                low, high = self._fluctuation["low"], self._fluctuation["high"]
                self._levels = [float(v) for v in self._rng.uniform(low, high, 3)]
        a, b, c = (level * (1 + self._wander + off) for level, off in zip(self._levels, p.imbalance, strict=True))
        alive = max(a, b, c) > 0
        frequency = self._nominal_frequency + self._offset + self._wander_frequency if alive else 0.0
        self.supply = Supply(a, b, c, frequency)
        return self.supply

    def _normal(self) -> float:
        drawn = next(self._noise, None)
        if drawn is None:
            self._noise = iter(self._rng.standard_normal(4096).tolist())
            drawn = next(self._noise)
        return drawn
