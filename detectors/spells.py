"""Spells: the unbroken runs of rows in which something stands at one level."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.windows import Places


@dataclass(frozen=True, slots=True)
class Spells:
    """S spells at levels above 0, by entity, then in order of time.

    entity: (S,)
    level: (S,)
    start: (S,) the row in which it begins; 0 of one that goes on from before
    stop: (S,) the first row in which it is over; T while it holds
    goes_on: (S,) whether it began before the first row
    """

    entity: Places
    level: NDArray[np.int8]
    start: Places
    stop: Places
    goes_on: NDArray[np.bool_]

    @property
    def anew(self) -> NDArray[np.bool_]:
        """(S,) whether it does not follow another level above 0 without a break."""
        if not len(self.entity):
            return np.zeros(0, bool)
        return np.append(True, (self.entity[1:] != self.entity[:-1]) | (self.start[1:] != self.stop[:-1]))

    def where(self, chosen: NDArray[np.bool_]) -> "Spells":
        """Only these."""
        return Spells(
            self.entity[chosen], self.level[chosen], self.start[chosen], self.stop[chosen], self.goes_on[chosen]
        )


def spells(level: NDArray[np.int8], before: NDArray[np.int8]) -> Spells:
    """The spells of (E, T) levels, with the levels (E,) before the first row."""
    rows = level.shape[1]
    changed = np.empty(level.shape, bool)
    np.not_equal(level[:, 1:], level[:, :-1], out=changed[:, 1:])
    np.not_equal(level[:, 0], before, out=changed[:, 0])
    at = np.flatnonzero(changed)
    entity, start = np.divmod(at, rows)
    now = level.reshape(-1)[at]
    goes_on = np.zeros(len(at), bool)
    if len(held := np.flatnonzero(before)):  # what goes on comes before what begins in the same row
        first = np.searchsorted(entity, held)
        entity, start = np.insert(entity, first, held), np.insert(start, first, 0)
        now, goes_on = np.insert(now, first, before[held]), np.insert(goes_on, first, True)
    stop = np.full(len(start), rows)
    same = entity[1:] == entity[:-1]
    stop[:-1][same] = start[1:][same]
    return Spells(entity, now, start, stop, goes_on).where(now > 0)
