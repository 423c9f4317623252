"""The voltage that an oscillogram's events are measured against: a recorder knows no site. Pure.

In the idea of IEC 61000-4-30's sliding reference it is what the feed had before anything happened. A record that begins
within an event shows none; then the level of the world's grids nearest to what the feed settles at is taken.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telemetry.nominal import STANDARD_VOLTAGES, is_near

Floats = NDArray[np.float64]

SQRT3 = 3**0.5
# V line to line, of medium and high voltage grids (IEC 60038 and common ones beside it).
GRID_VOLTAGES = (
    *(
        3_000,
        3_300,
        4_160,
        6_000,
        6_600,
        10_000,
        11_000,
        12_470,
        13_200,
        13_800,
        15_000,
        20_000,
        22_000,
        23_000,
        25_000,
    ),
    *(30_000, 33_000, 34_500, 35_000, 45_000, 66_000, 69_000, 110_000, 115_000, 132_000, 138_000, 150_000, 154_000),
    *(161_000, 220_000, 230_000, 275_000, 330_000, 345_000, 380_000, 400_000, 500_000, 735_000, 750_000, 765_000),
)
SECONDARY_VOLTAGES = (57.735, 63.509, 66.395, 69.282, 100.0, 110.0, 115.0, 120.0)  # V, of measuring transformers

_BEFORE = 3  # windows: the first two cycles; recorders keep at least as many before what started them
_RISE = 1.10  # a feed that later settles above this part of its beginning may have begun in an event,
_HIGHEST_RISE = 1.40  # and above this part it has: swells are smaller


@dataclass(frozen=True, slots=True)
class Declared:
    """volts: to neutral, or line to line where only that was recorded. measured: whether the feed itself had it before."""

    volts: float
    measured: bool


def declared_voltage(rms: Floats, rated: float | None, *, line_to_line: bool) -> Declared:
    """What a feed's phases ought to have.

    Args:
        rms: (R, P) V, of each phase; NaN where unknown
        rated: V, what its transformer is made for, line to line or to neutral; None where that is not known
        line_to_line: whether the columns are pairs of phases
    """
    known = rms[~np.isnan(rms).all(axis=1)]
    before = float(np.nanmedian(known[:_BEFORE]))
    settled = float(np.nanquantile(np.nanmedian(known, axis=1), 0.9))
    levels = _levels(line_to_line=line_to_line)
    expected = [rated, rated / SQRT3] if rated else levels
    if settled <= _RISE * before or (settled <= _HIGHEST_RISE * before and is_near(before, expected, 0.05)):
        return Declared(before, measured=True)
    return Declared(min(expected, key=lambda level: abs(level - settled)), measured=False)


def is_level(volts: float, *, line_to_line: bool) -> bool:
    """Whether a voltage stands near to what any supply, or a measuring transformer, gives."""
    return is_near(volts, _levels(line_to_line=line_to_line), 0.1)


def _levels(*, line_to_line: bool) -> list[float]:
    grid = GRID_VOLTAGES if line_to_line else tuple(volts / SQRT3 for volts in GRID_VOLTAGES)
    return [*STANDARD_VOLTAGES, *SECONDARY_VOLTAGES, *grid]
