"""The kinetic battery model: charge in two wells, of which only one feeds the terminals at once.

J. F. Manwell and J. G. McGowan, "Lead acid battery storage model for hybrid energy systems", Solar Energy 50 (1993)
399–405. Every function works element by element on strings of any shape.

Units: voltage in parts of nominal, power in parts of a string's rated power, so current in rated power over nominal
voltage; capacity, the charge that both wells hold, in seconds of that current; energy in seconds of rated power.
Current is positive out of the string.

State of a string: `charge`, the mean level of both wells (1 when full), and `gap`, the level of the available well
above that of the bound one (0 after a long rest, negative after a discharge). Both follow linear equations,

    charge' = −i / Q        gap' = −i / (c·Q) − k·gap

with c the part of the charge that is available and k the rate at which the wells level out.
"""

from typing import NamedTuple

import numpy as np

from simulators.supply import Floats


class Chemistry(NamedTuple):
    """What makes one kind of cell.

    full: open-circuit voltage when full, parts of nominal
    slope: parts of nominal that it falls by, in proportion to what is gone
    knee, end: it also falls by knee·x / (end − x), where x is what is gone of the available well
    polarisation: parts of nominal lost as soon as any current flows (activation at the plates)
    available: part of the charge in the available well
    rate: 1/s at which the wells level out
    minimum: level of the available well at which the battery's own management cuts off; -1: it has none
    """

    full: Floats | float
    slope: Floats | float
    knee: Floats | float
    end: Floats | float
    polarisation: Floats | float
    available: Floats | float
    rate: Floats | float
    minimum: Floats | float


class Span(NamedTuple):
    """A step's length and what follows from it alone.

    dt: s; left: part of a gap that is left after it; swing: s, what a flow of 1 adds to the gap; reach: s of flow that
    a full available well gives; climb: what a gap of −1 adds to the available well in half of it
    """

    dt: Floats | float
    left: Floats | float
    swing: Floats | float
    reach: Floats | float
    climb: Floats | float


class Halfway(NamedTuple):
    """A string as it will be in the middle of a step, were it not for the current of that step.

    emf: voltage behind its resistance; level: of its available well
    emf_drop, level_drop: what a current of 1 through the step takes off these
    """

    emf: Floats
    level: Floats
    emf_drop: Floats
    level_drop: Floats


def span(cell: Chemistry, dt: Floats | float) -> Span:
    """A step of `dt` s."""
    left = np.exp(-cell.rate * dt)
    swing = (1.0 - left) / (cell.available * cell.rate)
    bound = 1.0 - cell.available
    return Span(dt, left, swing, dt + bound * swing, bound * cell.rate * (0.5 * dt))


def level(cell: Chemistry, charge: Floats, gap: Floats) -> Floats:
    """Of the available well: 1 when full."""
    available: Floats = charge + (1.0 - cell.available) * gap
    return available


def emf(cell: Chemistry, available: Floats) -> Floats:
    """Open-circuit voltage, parts of nominal, by the level of the available well."""
    gone = np.minimum(1.0 - available, 1.0)
    voltage: Floats = cell.full - gone * (cell.slope + cell.knee / (cell.end - gone))
    return voltage


def level_at(cell: Chemistry, voltage: Floats) -> Floats:
    """The level of the available well at that open-circuit voltage: the inverse of `emf`."""
    below = np.maximum(cell.full - voltage, 0.0)
    half = 0.5 * (cell.slope * cell.end + cell.knee + below)
    gone: Floats = (half - np.sqrt(half * half - cell.slope * cell.end * below)) / cell.slope
    return 1.0 - gone


def energy(cell: Chemistry, charge: Floats, gap: Floats) -> Floats:
    """What is in both wells, in parts of capacity times nominal voltage: the integral of the open-circuit voltage.

    Charge that flows from one well to the other falls by their difference in voltage: that energy becomes heat.
    """
    available = cell.available * _from_full(cell, 1.0 - level(cell, charge, gap))
    bound = (1.0 - cell.available) * _from_full(cell, 1.0 - charge + cell.available * gap)
    held: Floats = _from_full(cell, 1.0) - available - bound
    return held


def halfway(cell: Chemistry, charge: Floats, gap: Floats, capacity: Floats, step: Span) -> Halfway:
    """Linearised: with it, a current found for the middle of the step is right to second order and stable at the knee."""
    now = level(cell, charge, gap)
    gone = np.minimum(1.0 - now, 1.0)
    bend = cell.knee / (cell.end - gone)
    steepness = cell.slope + bend * (cell.end / (cell.end - gone))
    rising = -step.climb * gap
    drop = (0.5 * step.dt / cell.available) / capacity
    return Halfway(cell.full - gone * (cell.slope + bend) + steepness * rising, now + rising, steepness * drop, drop)


def advance(charge: Floats, gap: Floats, capacity: Floats, current: Floats, step: Span) -> tuple[Floats, Floats]:
    """`charge` and `gap` after a steady current: the closed-form solution, exact for a step of any length."""
    flow = current / capacity
    return charge - flow * step.dt, gap * step.left - flow * step.swing


def most_out(cell: Chemistry, charge: Floats, gap: Floats, capacity: Floats, step: Span) -> Floats:
    """The current that would just empty the available well in the step."""
    most: Floats = np.maximum(charge + (1.0 - cell.available) * step.left * gap, 0.0) * capacity / step.reach
    return most


def most_in(cell: Chemistry, charge: Floats, gap: Floats, capacity: Floats, step: Span) -> Floats:
    """The current that would just fill it."""
    most: Floats = np.maximum(1.0 - charge - (1.0 - cell.available) * step.left * gap, 0.0) * capacity / step.reach
    return most


def _from_full(cell: Chemistry, gone: Floats | float) -> Floats:
    """Integral of the open-circuit voltage from a full well down to one from which so much is gone."""
    knee = -cell.knee * (gone + cell.end * np.log1p(-gone / cell.end))
    drained: Floats = gone * (cell.full - 0.5 * cell.slope * gone) - knee
    return drained
