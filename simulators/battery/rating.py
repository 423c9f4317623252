"""How large a new string must be, and how long it lasts: found by running it down at many rates at once."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from simulators.battery import kibam
from simulators.battery.kibam import Chemistry
from simulators.supply import Floats

# Rates of the tables, in parts of rated power: equal steps of their logarithm.
RATES: Floats = 2.0 ** np.arange(-5.0, 4.01, 0.25)
SHORTEST = 0.01  # s; below this a string cannot carry the power at all

_STEPS = 300  # of the time in which a string's whole capacity would be gone
_CANDIDATES = 9  # capacities tried at once
_ROUNDS = 5


class Rating(NamedTuple):
    """A new string of one design. capacity: s of rated current in both wells; lasts: s at each of RATES."""

    capacity: float
    lasts: Floats


@lru_cache(maxsize=256)
def rate(cell: Chemistry, rated_time: float, resistance: float, cut_off: float) -> Rating:
    """The string that lasts `rated_time` s at its rated power.

    Args:
        cell: of plain numbers
        rated_time: s
        resistance: parts of nominal voltage that it drops at rated current
        cut_off: parts of nominal at which it is cut off

    Raises:
        ValueError: no string can: its voltage is below the cut-off at rated power at once.
    """
    low, high = rated_time * 0.5, rated_time * 60.0
    for _ in range(_ROUNDS):
        tried = np.geomspace(low, high, _CANDIDATES)
        lasts = run_down(cell, resistance, cut_off, np.ones(_CANDIDATES), tried)
        above = int(np.clip(np.searchsorted(lasts, rated_time), 1, _CANDIDATES - 1))
        low, high = float(tried[above - 1]), float(tried[above])
    if lasts[-1] < rated_time:
        raise ValueError(
            f"no battery carries rated load for {rated_time:g} s with a sag of {resistance:g} and a cut-off of {cut_off:g} of nominal"
        )
    capacity = float(np.interp(rated_time, lasts, tried))
    lasts = run_down(cell, resistance, cut_off, RATES, np.full(len(RATES), capacity))
    return Rating(capacity, np.maximum(lasts, SHORTEST))


def run_down(cell: Chemistry, resistance: float, cut_off: float, power: Floats, capacity: Floats) -> Floats:
    """How many s full strings last, one an element, until each is cut off: interpolated between steps."""
    dt = capacity / power / _STEPS
    step = kibam.span(cell, dt)
    charge, gap = np.ones_like(power), np.zeros_like(power)
    lasts, before = np.zeros_like(power), np.full_like(power, np.inf)
    carrying = np.ones(power.shape, np.bool_)
    with np.errstate(invalid="ignore", divide="ignore"):
        while carrying.any():
            mid = kibam.halfway(cell, charge, gap, capacity, step)
            source, drop = mid.emf - cell.polarisation, resistance + mid.emf_drop
            root = np.sqrt(np.maximum(source * source - 4.0 * drop * power, 0.0))
            current = (source - root) / (2.0 * drop)
            voltage = np.where(root > 0, source - drop * current, 0.0)
            margin = np.minimum(voltage - cut_off, mid.level - mid.level_drop * current - cell.minimum)
            ending = carrying & (margin < 0)
            part = np.where(np.isinf(before), 0.0, before / (before - margin) - 0.5)
            lasts += dt * (np.where(ending, part, 0.0) + (carrying & ~ending))
            carrying &= ~ending
            before = margin
            flow = np.where(carrying, current, 0.0)
            charge, gap = kibam.advance(charge, gap, capacity, flow, step)
    return lasts
