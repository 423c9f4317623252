"""How long batteries of strings would last: new ones by the tables of their rating, others from the state of their wells."""

from collections.abc import Sequence

import numpy as np

from simulators.battery import kibam
from simulators.battery.kibam import Chemistry
from simulators.battery.rating import RATES, SHORTEST, Rating
from simulators.supply import Floats

_FIRST = float(np.log2(RATES[0]))
_STEP = float(np.log2(RATES[1])) - _FIRST
_ITERATIONS = 4
_NOTHING = 1e-12


class Endurance:
    """For `m` batteries at `S` sites. capacity: `(S, m)` of a new string, as in kibam.py."""

    def __init__(self, cell: Chemistry, ratings: Sequence[Sequence[Rating]], cut_off: Floats) -> None:
        """Tables for every battery.

        Args:
            cell: of arrays that fit `(S, m)`
            ratings: of a new string, by site and battery
            cut_off: `(S, m)` parts of nominal
        """
        self._cell = cell
        self._cut_off = cut_off
        self.capacity: Floats = np.array([[r.capacity for r in row] for row in ratings], np.float64)
        self._lasts = np.array([[np.log(r.lasts) for r in row] for row in ratings], np.float64).reshape(-1)
        self._begin = np.arange(self.capacity.size).reshape(self.capacity.shape) * len(RATES)

    def new(self, rate: Floats) -> Floats:
        """`(S, m)` s that full new strings give a power, each in parts of its rated one.

        Above the tables that is nothing, below them as long as their energy allows.
        """
        rate = np.maximum(rate, _NOTHING)
        place = np.clip((np.log2(rate) - _FIRST) / _STEP, 0.0, len(RATES) - 1.001)
        below = place.astype(np.intp)
        row = self._begin + below
        low = self._lasts[row]
        longer = np.maximum(RATES[0] / rate, 1.0)
        lasts: Floats = np.exp(low + (place - below) * (self._lasts[row + 1] - low)) * longer
        return lasts

    def left(self, power: Floats, capacity: Floats, conductance: Floats, level: Floats, gap: Floats) -> Floats:
        """`(…, S, m)` s until strings that give that power together are cut off, taken as one whose wells stand so.

        All arguments are sums over the strings, or means weighted with their capacity.
        """
        flow, end = self._drain(power, capacity, conductance)
        return _runs_out(self._cell, level - end, gap, flow)

    def rested(self, power: Floats, capacity: Floats, conductance: Floats, charge: float) -> Floats:
        """`(S, m)` level of rested wells that have that part of a full discharge at that power left."""
        flow, end = self._drain(power, capacity, conductance)
        time = charge * _runs_out(self._cell, 1.0 - end, np.zeros_like(end), flow)
        return np.minimum(end - kibam.level(self._cell, *self._drawn(flow, time)), 1.0)

    def _drawn(self, flow: Floats, time: Floats) -> tuple[Floats, Floats]:
        none = np.zeros_like(flow)
        return kibam.advance(none, none, np.ones_like(flow), flow, kibam.span(self._cell, time))

    def _drain(self, power: Floats, capacity: Floats, conductance: Floats) -> tuple[Floats, Floats]:
        """What flows, in parts of capacity a second, and the level of the available well at the cut-off."""
        cell = self._cell
        drop = power / (self._cut_off * np.maximum(conductance, _NOTHING))
        end = kibam.level_at(cell, self._cut_off + cell.polarisation + drop)
        first = cell.full - cell.polarisation - drop
        voltage = 0.5 * (np.maximum(first, self._cut_off) + self._cut_off)
        flow = np.maximum(power / (voltage * np.maximum(capacity, _NOTHING)), _NOTHING)
        return flow, np.maximum(end, np.maximum(cell.minimum, 0.0))


def _runs_out(cell: Chemistry, above: Floats, gap: Floats, flow: Floats) -> Floats:
    """How many s until a steady current has emptied the available well: `above` is the mean level above the end.

    Its level above the end is above − flow·t + (1 − c)·[gap·e^(−k·t) − swing·(1 − e^(−k·t))] with swing = flow / (c·k).
    Newton's method from the time at which the bound well no longer matters comes to its root from one side, whether
    the available well runs down or, after a heavier discharge, first recovers.
    """
    swing = flow / (cell.available * cell.rate)
    other = 1.0 - cell.available
    time = np.maximum((above - other * swing) / flow, 0.0)
    for _ in range(_ITERATIONS):
        left = np.exp(-cell.rate * time)
        level = above - flow * time + other * (gap * left - swing * (1.0 - left))
        slope = -flow - other * cell.rate * left * (gap + swing)
        time = np.maximum(time - level / np.minimum(slope, -0.05 * flow), 0.0)
    return np.where(above + other * gap > 0, np.maximum(time, SHORTEST), 0.0)
