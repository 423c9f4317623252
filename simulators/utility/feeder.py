"""The breaker of the feeder upstream of the site: it clears faults, and recloses."""

import numpy as np

from simulators.utility.faults import Faults
from simulators.utility.settings import SECOND, Range, number, numbers, table

NEVER = np.iinfo(np.int64).max
MOST_SHOTS = 5
_USUAL_DEAD = (0.4, 2.0, 15.0)


class Feeders:
    """One feeder to each of `(S, n)` sites' feeds; without a recloser it lets every fault stand.

    A recloser is a table of

    clears_after: s from a fault's beginning until the breaker is open
    dead: s that it stays open before each shot; after the last shot it opens for good
    permanent: the fault is there at every shot
    holds_on: the shot that finds a fault of the other kind gone

    closed, locked_out: `(S, n)`; opened: `(S, n)` how often it has opened at the last fault
    """

    def __init__(self, sites: int, n: int) -> None:
        shape = sites, n
        self.closed = np.ones(shape, np.bool_)
        self.locked_out = np.zeros(shape, np.bool_)
        self.opened = np.zeros(shape, np.int64)
        self._recloses = np.zeros(shape, np.bool_)
        self._permanent = np.zeros(shape, np.bool_)
        self._holds_on = np.ones(shape, np.int64)
        self._shots = np.zeros(shape, np.int64)
        self._clears_after = np.zeros(shape, np.int64)  # µs, as are all below
        self._dead = np.zeros((*shape, MOST_SHOTS + 1), np.int64)
        self._due = np.full(shape, NEVER)  # when the breaker moves next
        self._trips = np.zeros(shape, np.bool_)  # a fault was set since the last step

    def set(self, site: int, i: int, value: object, faults: Faults) -> None:
        """Put a recloser there, or take it away with false: then the feeder is closed.

        Raises:
            ValueError: it is no such table.
        """
        at = site, i
        if value is False:
            self._recloses[at] = self._trips[at] = False
            self._close(at)
            return
        given = table("recloser", value, ("clears_after", "dead", "permanent", "holds_on"))
        dead = given.get("dead", _USUAL_DEAD)
        if not isinstance(dead, list | tuple) or len(dead) > MOST_SHOTS:
            raise ValueError(f"recloser.dead = {dead!r}: expected a list of up to {MOST_SHOTS} times in s, one a shot")
        dead = [number("recloser.dead", v, 0, 3600) for v in dead]
        permanent = given.get("permanent", False)
        if not isinstance(permanent, bool):
            raise ValueError(f"recloser.permanent = {permanent!r}: expected true or false")  # noqa: TRY004  # a scenario's value
        last = Range(1, len(dead) if dead and not permanent else MOST_SHOTS, 1)
        found = numbers("recloser", given, {"clears_after": Range(0, 60, 0.3), "holds_on": last})
        if found["holds_on"] % 1:
            raise ValueError(f"recloser.holds_on = {found['holds_on']}: expected the number of a shot")
        self._recloses[at] = True
        self._permanent[at], self._holds_on[at], self._shots[at] = permanent, int(found["holds_on"]), len(dead)
        self._clears_after[at] = round(found["clears_after"] * SECOND)
        self._dead[at] = 0
        self._dead[site, i, : len(dead)] = [round(v * SECOND) for v in dead]
        if faults.present[at]:
            self.see(site, i, faulted=True)

    def see(self, site: int, i: int, *, faulted: bool) -> None:
        """A fault was set there, or taken away. One that is repaired lets a feeder that had locked out be closed."""
        at = site, i
        if faulted and self.closed[at]:
            self._trips[at] = self._recloses[at]
            self.opened[at] = 0
        elif not faulted and (self.closed[at] or self.locked_out[at]):
            self._trips[at] = False
            self._close(at)

    def step(self, now: int, faults: Faults) -> None:
        """Open and close what is due by `now`; a fault that has burnt itself out is taken from `faults`."""
        if self._trips.any():
            self._due = np.where(self._trips, now + self._clears_after, self._due)
            self._trips[:] = False
        while (ready := self._due <= now).any():
            opening, closing = ready & self.closed, ready & ~self.closed
            last = opening & (self.opened == self._shots)
            dead = np.take_along_axis(self._dead, self.opened[..., np.newaxis], axis=-1)[..., 0]
            self.opened += opening
            self.closed ^= ready
            self.locked_out |= last
            gone = closing & ~self._permanent & (self.opened >= self._holds_on)
            faults.present &= ~gone
            wait = np.where(opening, dead, self._clears_after)
            ends = last | (closing & ~faults.present)
            self._due[ready] += wait[ready]
            self._due[ends] = NEVER

    def moves_by(self, then: int) -> bool:
        """Whether any breaker moves until `then` (µs)."""
        return bool(self._trips.any() or (self._due <= then).any())

    def _close(self, at: tuple[int, int]) -> None:
        self.closed[at], self.locked_out[at], self.opened[at], self._due[at] = True, False, 0, NEVER
