"""A feed that is cut off from the grid with some generation: it drifts until it collapses."""

from collections.abc import Mapping

import numpy as np

from simulators.supply import Floats
from simulators.utility.settings import SECOND, Range, numbers, table

_NOT_YET = -1  # a time that the next step fills in
_RANGES: Mapping[str, Range] = {
    "drift_hz_per_s": Range(-10, 10),
    "voltage_per_s": Range(-1, 1, 0.0),
    "collapses_at_hz": Range(1, 100),
}


class Islands:
    """`(S, n)` feeds that may be islands.

    An island is a table of

    drift_hz_per_s: Hz a second, not 0
    voltage_per_s: parts of the voltage a second
    collapses_at_hz: where the generation's protection trips, on the side to which frequency drifts

    islanded, collapsed: `(S, n)`
    frequency: `(S, n)` Hz off the grid's; factor: `(S, n)` of voltage
    turns: `(S, n)` cycles by which it is ahead of the grid
    """

    def __init__(self, sites: int, nominal: Floats) -> None:
        shape = sites, len(nominal)
        self._nominal = nominal
        self.islanded, self.collapsed = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
        self.frequency, self.factor, self.turns = np.zeros(shape), np.ones(shape), np.zeros(shape)
        self._number = {key: np.zeros(shape) for key in _RANGES}
        self._began = np.zeros(shape, np.int64)

    def set(self, site: int, i: int, value: object) -> None:
        """Cut that feed off, or join it to the grid again with false.

        Raises:
            ValueError: it is no such table, or frequency drifts away from where it is said to collapse.
        """
        at = site, i
        found = {} if value is False else numbers("island", table("island", value, tuple(_RANGES)), _RANGES)
        if found:
            drift, limit, nominal = found["drift_hz_per_s"], found["collapses_at_hz"], float(self._nominal[i])
            if (limit - nominal) * drift <= 0:
                raise ValueError(
                    f"island.collapses_at_hz = {limit:g}: a frequency that drifts by {drift:g} Hz/s from {nominal:g} Hz"
                    " never comes there"
                )
        for key, array in self._number.items():
            array[at] = found.get(key, 0.0)
        self.islanded[at], self.collapsed[at], self._began[at] = bool(found), False, _NOT_YET
        self.frequency[at], self.factor[at], self.turns[at] = 0.0, 1.0, 0.0

    def step(self, now: int, grid: Floats) -> None:
        """Go on to `now`. grid: `(S, n)` Hz of the grid as commanded."""
        if not self.islanded.any():
            return
        n = self._number
        self._began[self._began == _NOT_YET] = now
        passed = np.where(self.islanded, now - self._began, 0) / SECOND
        self.frequency = n["drift_hz_per_s"] * passed
        self.turns = self.frequency * passed / 2
        self.factor = np.maximum(1 + n["voltage_per_s"] * passed, 0)
        beyond = (grid + self.frequency - n["collapses_at_hz"]) * np.sign(n["drift_hz_per_s"]) >= 0
        self.collapsed |= self.islanded & (beyond | (self.factor <= 0))

    @property
    def moving(self) -> bool:
        """Whether any drifts."""
        return bool((self.islanded & ~self.collapsed).any())
