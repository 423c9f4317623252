"""The voltage that a grid is made to have: levels by phase, slow ramps, redrawn levels, oscillation."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from simulators.chance import Chance
from simulators.supply import Floats
from simulators.utility.settings import SECOND, Range, number, numbers, phases, table

NEVER = np.iinfo(np.int64).max
_NOT_YET = -1  # a time that the next step fills in
_REDRAWN = (4, 5, 6)  # purposes for which chance is asked, one a phase
_STILL = 1e-4  # an oscillation this small, in parts, or a ramp this slow, in parts a second, is none
_HIGHEST = 2.0  # the most that may be commanded, in parts
_FLUCTUATION: Mapping[str, Range] = {
    "low": Range(0, _HIGHEST),
    "high": Range(0, _HIGHEST),
    "every": Range(0.1, 3600),
}
_OSCILLATION: Mapping[str, Range] = {"amplitude": Range(0, 1), "hertz": Range(0.01, 5), "decay": Range(0, 86_400, 0)}


class Levels:
    """`(S, n, 3)` rms by phase, in parts of nominal, before faults and wandering. For the settings see `Utilities`."""

    def __init__(self, sites: int, n: int, chance: Chance) -> None:
        shape = sites, n
        self.commanded = np.ones((*shape, 3))
        self._chance = chance
        self._from, self._to = np.ones((*shape, 3)), np.ones((*shape, 3))
        self._ramp_began, self._ramp_lasts = np.full(shape, NEVER), np.ones(shape)
        self._redrawn = {key: np.zeros(shape) for key in _FLUCTUATION}
        self._redraws = np.full(shape, NEVER)  # µs
        self._swing = {key: np.zeros(shape) for key in _OSCILLATION}
        self._swing_began = np.full(shape, NEVER)
        self._now = 0

    def set_voltage(self, site: int, i: int, value: object) -> None:
        """One number, or one a phase; it ends a ramp.

        Raises:
            ValueError: it is neither.
        """
        self.commanded[site, i] = phases("voltage", value, 0, _HIGHEST)
        self._ramp_began[site, i] = NEVER

    def set_ramp(self, site: int, i: int, value: object) -> None:
        """{to: parts, over: s}, from where the voltage is; false holds it there.

        Raises:
            ValueError: it is no such table.
        """
        at = site, i
        if value is False:
            self._ramp_began[at] = NEVER
            return
        given = table("ramp", value, ("to", "over"))
        self._to[at] = phases("ramp.to", given.get("to"), 0, _HIGHEST)
        self._ramp_lasts[at] = number("ramp.over", given.get("over"), 0.1, 604_800) * SECOND
        self._from[at] = self.commanded[at]
        self._ramp_began[at] = _NOT_YET

    def set_fluctuation(self, site: int, i: int, value: object) -> None:
        """{low, high, every}: each phase is redrawn in [low, high] every so many seconds; false ends it.

        Raises:
            ValueError: it is no such table.
        """
        at = site, i
        if value is False:
            self._redraws[at] = NEVER
            return
        found = numbers("fluctuation", table("fluctuation", value, tuple(_FLUCTUATION)), _FLUCTUATION)
        number("fluctuation.low", found["low"], 0, found["high"])
        for key, array in self._redrawn.items():
            array[at] = found[key]
        self._redraws[at] = _NOT_YET
        self._ramp_began[at] = NEVER

    def set_oscillation(self, site: int, i: int, value: object) -> None:
        """{amplitude: parts, hertz, decay: s to 1/e, 0 for none}; false ends it.

        Raises:
            ValueError: it is no such table.
        """
        at = site, i
        if value is False:
            self._swing_began[at] = NEVER
            return
        found = numbers("oscillation", table("oscillation", value, tuple(_OSCILLATION)), _OSCILLATION)
        for key, array in self._swing.items():
            array[at] = found[key]
        self._swing_began[at] = _NOT_YET

    def step(self, now: int) -> Floats:
        """The levels at `now`."""
        self._now = now
        if (ramps := self._ramp_began < NEVER).any():
            self._ramp_began[self._ramp_began == _NOT_YET] = now
            share = np.clip((now - self._ramp_began) / self._ramp_lasts, 0, 1)[..., np.newaxis]
            self.commanded = np.where(
                ramps[..., np.newaxis], self._from + (self._to - self._from) * share, self.commanded
            )
            self._ramp_began[ramps & (share[..., 0] >= 1)] = NEVER
        if (redrawn := self._redraws <= now).any():
            self._redraw(now, redrawn)
        swings = self._swing_began < NEVER
        if not swings.any():
            return self.commanded
        self._swing_began[self._swing_began == _NOT_YET] = now
        passed = np.where(swings, now - self._swing_began, 0) / SECOND
        swung = self._amplitude(passed) * np.sin(2 * np.pi * self._swing["hertz"] * passed)
        levels: Floats = self.commanded * (1 + np.where(swings, swung, 0))[..., np.newaxis]
        return levels

    def moves_by(self, then: int) -> bool:
        """Whether the voltage of any feed moves until `then` (µs), other than slowly."""
        if self._redraws.min(initial=NEVER) <= then:
            return True
        steep = np.abs(self._to - self._from).max(axis=-1, initial=0) / self._ramp_lasts * SECOND > _STILL
        if (steep & (self._ramp_began < NEVER)).any():
            return True
        swings = self._swing_began < NEVER
        if not swings.any():
            return False
        passed = np.where(swings & (self._swing_began != _NOT_YET), self._now - self._swing_began, 0) / SECOND
        return bool((swings & (self._amplitude(passed) > _STILL)).any())

    def _redraw(self, now: int, redrawn: NDArray[np.bool_]) -> None:
        every = np.maximum(np.rint(self._redrawn["every"] * SECOND).astype(np.int64), 1)
        self._redraws[self._redraws == _NOT_YET] = now
        low, high = self._redrawn["low"], self._redrawn["high"]
        for phase, purpose in enumerate(_REDRAWN):
            drawn = low + (high - low) * self._chance.uniform(now, purpose)
            self.commanded[..., phase] = np.where(redrawn, drawn, self.commanded[..., phase])
        self._redraws = np.where(redrawn, self._redraws + every * (1 + (now - self._redraws) // every), self._redraws)

    def _amplitude(self, passed: Floats) -> Floats:
        decay = self._swing["decay"]
        amplitude: Floats = self._swing["amplitude"] * np.exp(-passed / np.where(decay > 0, decay, np.inf))
        return amplitude
