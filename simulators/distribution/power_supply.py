"""Power supplies of IT equipment: they draw the same power at any voltage, and what one cord loses the others get at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulators.distribution.breakers import Bools
from simulators.parameters import Tables
from simulators.supply import Floats

# Below this, in parts of nominal, a feed is dead for power supplies.
ALIVE = 0.8

_LEAST_SHARE = 1e-12  # of a cord in hot standby, which takes everything once it is alone


@dataclass(frozen=True, slots=True)
class PowerSupplyParameters:
    """Of the power supplies of one load.

    dropout, pickup: parts of nominal by phase; they stop below the one and start above the other. Supplies for 200–240 V
        stop near 180 V and start again some volts higher (judgement)
    inrush: times its share, that a cord draws while its supplies charge their capacitors (judgement: tens of amperes
        for some milliseconds each, seen over `inrush_time`)
    inrush_time: s
    boot_time: s in which the power rises from nothing to what it was, after all cords were dead; 0: at once
    """

    dropout: Floats | float = ALIVE
    pickup: Floats | float = 0.85
    inrush: Floats | float = 1.5
    inrush_time: Floats | float = 0.1
    boot_time: Floats | float = 0.0


class PowerSupplies:
    """Those of `k` loads of `S` sites, on up to `c` cords, by phase.

    They hold their load up for some 20 ms (ITI curve), less than any step: what is dead in a step has lost its load.
    A phase that is missing at every cord loses what hangs on it, and no more.

    lost: `(S, k)` some of the load is dead
    settled: nothing changes until power, shares or voltage do
    """

    def __init__(self, names: Sequence[str], tables: Tables, phases: Floats) -> None:
        """All are at work at first.

        Args:
            names: of the loads
            tables: their parameters are taken from it
            phases: `(S, k, 3)` how the power is spread over the phases; the sum is 1
        """
        p = tables.take(PowerSupplyParameters, names)
        self._dropout = np.asarray(p.dropout)[..., np.newaxis, np.newaxis]
        self._pickup = np.asarray(p.pickup)[..., np.newaxis, np.newaxis]
        self._inrush = np.asarray(p.inrush)[..., np.newaxis, np.newaxis] - 1.0
        self._inrush_time = np.asarray(p.inrush_time)[..., np.newaxis, np.newaxis]
        self._boot_time = np.maximum(np.asarray(p.boot_time), 1e-9)[..., np.newaxis]
        self._boots = bool((np.asarray(p.boot_time) > 0).any())
        self._phases = phases
        self._used = phases > 0
        self.lost: Bools = np.zeros(phases.shape[:2], np.bool_)
        self.settled = True
        self._live: Bools | None = None  # (S, k, c, 3)
        self._threshold: Floats = self._dropout
        self._charging: Floats = np.zeros(())  # s that inrush still lasts, by cord and phase
        self._booted: Floats = np.ones(phases.shape)  # how far each phase's equipment is; 1: at work
        self._drawn: Floats = np.zeros(())
        self._stale = True

    def changed(self) -> None:
        """Power or shares are no longer what they were."""
        self._stale = True

    def draw(self, dt: float, levels: Floats, usable: Bools, power: Floats, shares: Floats) -> Floats:
        """What each cord draws: `(S, k, c, 3)` W on the average of the step. Not to be written to.

        Args:
            dt: s
            levels: `(S, k, c, 3)` parts of nominal
            usable: `(S, k, c)` cords that are there and have a power supply that works
            power: `(S, k)` W
            shares: `(S, k, c)` by which live cords share, in any unit
        """
        live = (levels > self._threshold) & usable[..., np.newaxis]
        if self._live is None:
            self._charging = np.zeros(live.shape)
            self._follow(live, live)
        elif not np.array_equal(live, self._live):
            self._follow(live, self._live)
        elif not self._stale:
            return self._drawn
        weights = live * np.maximum(shares, _LEAST_SHARE)[..., np.newaxis]
        total = weights.sum(axis=2)
        fed = total > 0
        self.lost = (self._used & ~fed).any(axis=-1)
        wanted = power[..., np.newaxis] * self._phases
        steady: Floats = weights * (wanted / np.where(fed, total, 1.0))[:, :, np.newaxis]
        self._stale = False
        self._drawn = steady if not self._boots else steady * self._boot(dt, fed)[:, :, np.newaxis]
        if self._charging.any():
            self._drawn = self._drawn + steady * self._inrush * np.minimum(self._charging, dt) / dt
            self._charging = np.maximum(self._charging - dt, 0.0)
            self._charging[self._charging < 1e-9] = 0.0
            self._stale = True
        self.settled = not self._stale
        return self._drawn

    def _follow(self, live: Bools, before: Bools) -> None:
        self._charging = np.where(live & ~before, self._inrush_time, self._charging * live)
        self._threshold = np.where(live, self._dropout, self._pickup)
        self._live = live
        self._stale = True

    def _boot(self, dt: float, fed: Bools) -> Floats:
        """How much of its power each phase's equipment draws, on the average of the step."""
        before = self._booted * fed
        self._booted = np.minimum(before + dt / self._boot_time, 1.0) * fed
        rising = (self._booted - before) * self._boot_time / dt  # the part of the step in which it still rises
        if ((self._booted < 1.0) & fed).any() or (rising > 0).any():
            self._stale = True
        mean: Floats = self._booted - 0.5 * (self._booted - before) * rising
        return mean
