"""What sources give: three phases as phasors, for many feeds of many sites at once."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Phasors = NDArray[np.complex128]

# Phase to neutral of a balanced supply: L1, L2, L3 follow one another at 120°.
BALANCED: Phasors = np.exp(-2j * np.pi * np.arange(3) / 3)


class Supply(NamedTuple):
    """What is there at feeds of any shape `…`, usually `(S, n)`: n feeds of S sites.

    volts: `(…, 3)` phasors of rms voltage, phase to neutral, in parts of nominal; their common angle is that
        against a frame that turns at nominal frequency, so that two sources can be out of step
    frequency: `(…)` Hz; 0 where nothing turns
    distortion: `(…)` total harmonic distortion of the voltage, in parts
    """

    volts: Phasors
    frequency: Floats
    distortion: Floats

    @property
    def levels(self) -> Floats:
        """`(…, 3)` rms by phase, in parts of nominal."""
        return np.abs(self.volts)

    @property
    def lowest(self) -> Floats:
        """`(…)` the lowest phase."""
        lowest: Floats = np.abs(self.volts).min(axis=-1)
        return lowest

    @property
    def highest(self) -> Floats:
        """`(…)` the highest phase."""
        highest: Floats = np.abs(self.volts).max(axis=-1)
        return highest

    @property
    def angle(self) -> Floats:
        """`(…)` of the positive sequence, in radians."""
        positive = (self.volts * np.conj(BALANCED)).sum(axis=-1)
        angle: Floats = np.angle(positive)
        return angle

    def at(self, feeds: NDArray[np.intp]) -> "Supply":
        """Those feeds of every site: indices along the second axis."""
        return Supply(self.volts[:, feeds], self.frequency[:, feeds], self.distortion[:, feeds])

    def where(self, this: NDArray[np.bool_], other: "Supply") -> "Supply":
        """This where the mask `(…)` holds, else the other."""
        return Supply(
            np.where(this[..., np.newaxis], self.volts, other.volts),
            np.where(this, self.frequency, other.frequency),
            np.where(this, self.distortion, other.distortion),
        )

    def only(self, there: NDArray[np.bool_]) -> "Supply":
        """This where the mask `(…)` holds, else nothing."""
        return Supply(self.volts * there[..., np.newaxis], self.frequency * there, self.distortion * there)


def dead(*shape: int) -> Supply:
    """Nothing, at feeds of that shape."""
    return Supply(np.zeros((*shape, 3), np.complex128), np.zeros(shape), np.zeros(shape))


def balanced(level: Floats, frequency: Floats, angle: Floats | float = 0.0) -> Supply:
    """Three equal phases, undistorted."""
    common = level * np.exp(1j * np.asarray(angle))
    return Supply(
        common[..., np.newaxis] * BALANCED, np.broadcast_to(frequency, np.shape(level)) * 1.0, np.zeros(np.shape(level))
    )
