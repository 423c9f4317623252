"""The sample block: the only thing that detectors see.

Times are integer microseconds since 1970 UTC throughout the program: exact, ordered, and fine enough
for half-cycle values of a fault record.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

SECOND = 1_000_000  # in the unit of time used everywhere: microseconds

Times = NDArray[np.int64]
Values = NDArray[np.float32]
Qualities = NDArray[np.uint8]


class Quality(IntEnum):
    """How far a sample can be believed."""

    GOOD = 0
    HELD = 1  # no answer was due: the row before once more (NaN too), evidence of nothing new
    MISSING = 2  # an answer was due and did not come: the value is NaN
    SUSPECT = 3  # answered, but not to be believed: the value is NaN


@dataclass(frozen=True, slots=True, order=True)
class Channel:
    """One column: a quantity of a device."""

    device: str
    quantity: str


@dataclass(frozen=True, slots=True)
class SampleBlock:
    """T rows of N channels on the tick grid.

    channels: the N columns, each once, in any order
    times: (T,) int64, microseconds UTC, strictly rising
    values: (T, N) float32 in the quantity's unit; states as their code; NaN where nothing is known
    quality: (T, N) uint8 of `Quality`; where it is MISSING or SUSPECT the value is NaN
    """

    channels: tuple[Channel, ...]
    times: Times
    values: Values
    quality: Qualities

    def __post_init__(self) -> None:
        """Raises ValueError where the shapes do not fit together."""
        shape = (len(self.times), len(self.channels))
        if self.values.shape != shape or self.quality.shape != shape:
            raise ValueError(
                f"{shape[0]} times and {shape[1]} channels, but values {self.values.shape}, quality {self.quality.shape}"
            )

    def __len__(self) -> int:
        return len(self.times)

    def rows(self, start: int, stop: int) -> "SampleBlock":
        """Rows [start, stop) as a block: views, nothing is copied."""
        return SampleBlock(self.channels, self.times[start:stop], self.values[start:stop], self.quality[start:stop])
