"""How long something has held, for many parts at once."""

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
Micros = NDArray[np.int64]

FOR_EVER = 2**62  # µs, longer than any run


class Stopwatch:
    """Runs while a condition holds and is back at nothing when it does not.

    held: (S, n) whether the condition held at the last step
    """

    def __init__(self, shape: tuple[int, int], *, held: bool = False) -> None:
        """With `held` the condition has held for ever."""
        self.held: Flags = np.full(shape, held)
        self._since: Micros = np.full(shape, -FOR_EVER, np.int64)

    def step(self, now: int, holds: Flags) -> None:
        """Whether it holds at `now` µs."""
        begins = holds & ~self.held
        if begins.any():
            self._since = np.where(begins, now, self._since)
        self.held = holds

    def elapsed(self, now: int) -> Micros:
        """µs since it has held; -1 where it does not."""
        return np.where(self.held, now - self._since, -1)
