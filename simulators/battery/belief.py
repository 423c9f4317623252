"""What the card of a UPS estimates its battery's runtime to be: not always what the battery will do."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simulators.battery.parameters import ESTIMATES
from simulators.supply import Floats

MOST = 86_400.0  # s
MINUTE = 60.0

# Under load the estimate is cut in proportion once the voltage is this near the cut-off, parts of nominal: cards see
# the knee, and take back what they promised (judgement).
NEAR = 0.04

_HONEST, _STUCK, _MINUTES, _OPTIMISTIC = (
    ESTIMATES.index(word) for word in ("honest", "stuck", "minutes", "optimistic")
)


class Store(Protocol):
    """What is known of the strings or wheels of `m` batteries, power in parts of one string's rated power."""

    def lasts(self, power: Floats) -> Floats:
        """`(S, m)` s that the strings as they are, full, give that power."""

    def lasted(self, power: Floats) -> Floats:
        """`(S, m)` s that they gave it when new."""


class Belief:
    """The estimates of `m` batteries.

    words: `(S, m)` positions in ESTIMATES, as set; shown: `(S, m)` s, at which a stuck one stays
    """

    def __init__(self, words: NDArray[np.int8], optimism: Floats) -> None:
        self.words = words
        self.shown: Floats = np.full(words.shape, np.nan)
        self._optimism = optimism

    def runtime(self, store: Store, power: Floats, charge: Floats, margin: Floats) -> Floats:
        """`(S, m)` s.

        Args:
            store: the strings
            power: `(S, m)` that they give or would give
            charge: `(S, m)` parts of full
            margin: `(S, m)` parts of nominal that the voltage is above the cut-off; inf where it is not under load
        """
        words = self.words
        whole = store.lasted(power)
        if (words == _HONEST).any():
            whole = np.where(words == _HONEST, store.lasts(power), whole)
        runtime = np.where(power > 0, charge * whole, MOST)
        if (words == _OPTIMISTIC).any():
            runtime = np.where(words == _OPTIMISTIC, runtime * self._optimism, runtime)
        seen = np.where(words == _HONEST, 1.0, np.clip(margin / NEAR, 0.0, 1.0))
        runtime = np.minimum(runtime * seen, MOST)
        if (words == _MINUTES).any():
            runtime = np.where(words == _MINUTES, np.floor(runtime / MINUTE) * MINUTE, runtime)
        if (words == _STUCK).any():
            runtime = np.where((words == _STUCK) & ~np.isnan(self.shown), self.shown, runtime)
        self.shown = runtime
        return runtime
