"""The small wandering that every grid has while nothing is wrong."""

import numpy as np
from numpy.typing import NDArray

from simulators.chance import Chance
from simulators.supply import Floats

KNOT = 10_000_000  # µs between the instants at which the wandering is drawn; it goes straight between them
_VOLTAGE, _FREQUENCY = 1, 2  # purposes for which chance is asked
_FORGOTTEN = 64  # knots; whoever steps farther at once starts anew


class Wander:
    """Two Ornstein–Uhlenbeck processes a feed: voltage, and frequency, which feeds of one grid share.

    Drawn at fixed instants and not at every step, so that it is the same path whatever the steps are.

    voltage: `(S, n)` in parts; frequency: `(S, n)` Hz off; cycles: `(S, n)` the integral of frequency over the last step
    """

    def __init__(self, sizes: tuple[Floats, Floats], time: Floats, leaders: NDArray[np.intp], chance: Chance) -> None:
        """Nothing is drawn before the first step.

        Args:
            sizes: `(S, n)` standard deviations of voltage and frequency
            time: `(S, n)` s after which both have forgotten where they were
            leaders: `(n,)` the feed whose frequency each feed has
            chance: of both
        """
        self._sizes = np.stack([sizes[0], sizes[1][:, leaders]])
        keeps = np.stack([np.exp(-KNOT / 1e6 / time), np.exp(-KNOT / 1e6 / time[:, leaders])])
        self._keeps, self._kick = keeps, np.sqrt(1 - keeps**2) * self._sizes
        self._leaders = leaders
        self._chance = chance
        self._knot: int | None = None
        self._last = self._next = np.zeros_like(self._sizes)
        self._at = self._last  # now
        self.cycles = np.zeros_like(time)

    @property
    def voltage(self) -> Floats:
        """See the class."""
        voltage: Floats = self._at[0]
        return voltage

    @property
    def frequency(self) -> Floats:
        """See the class."""
        frequency: Floats = self._at[1]
        return frequency

    def step(self, now: int, dt: float) -> None:
        """Go on to `now`, `dt` seconds from the step before."""
        knot, past = divmod(now, KNOT)
        if self._knot is None or not 0 <= knot - self._knot <= _FORGOTTEN:
            self._knot = knot
            self._last = self._sizes * self._drawn(knot)
            self._next = self._keeps * self._last + self._kick * self._drawn(knot + 1)
            self._at = self._between(past)
            self.cycles = self._at[1] * dt
            return
        left = dt
        cycles = np.zeros_like(self.cycles)
        came_from = self._at[1]
        while self._knot < knot:
            self._knot += 1
            until = left - (now - self._knot * KNOT) / 1e6
            cycles += (came_from + self._next[1]) / 2 * until
            left -= until
            self._last, came_from = self._next, self._next[1]
            self._next = self._keeps * self._last + self._kick * self._drawn(self._knot + 1)
        self._at = self._between(past)
        self.cycles = cycles + (came_from + self._at[1]) / 2 * left

    def _between(self, past: int) -> Floats:
        between: Floats = self._last + (self._next - self._last) * (past / KNOT)
        return between

    def _drawn(self, knot: int) -> Floats:
        at = knot * KNOT
        return np.stack([self._chance.normal(at, _VOLTAGE), self._chance.normal(at, _FREQUENCY)[:, self._leaders]])
