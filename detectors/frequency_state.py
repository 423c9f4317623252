"""What is remembered of a supply's frequency."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.frequency_supplies import Supplies
from detectors.state import State
from telemetry.block import Channel

# Where a supply is: inside; outside what is recorded; outside what counts; back from there, but not yet inside.
INSIDE, BAND, LIMIT, BACK = range(4)
# What has been said of the present spell: nothing, that it is outside the band, that it changed fast, that it is off.
NOTHING, SHIFTED, FAST, OFF = range(4)


@dataclass(slots=True)
class FrequencyState(State):
    """Entries along the supplies, 65 bytes each. Times in µs, 0 for none.

    sampled: last sample that was of a supply, or inside
    hertz: of the last sample, NaN where it was of no supply
    slope: Hz/s before the last sample, NaN while inside
    level: where it is
    said: of the present spell
    told: what was said of the present level is confirmed
    samples: in a row at this level
    began: (…, 2) last sample before this level, first at it
    start: Hz of the last sample before this level
    lowest, highest: Hz at this level
    rate: Hz/s, the fastest since it left the band, or since it went over the limit again
    ready: a generator has been in its band since it started
    strayed: last sample of a spell of exactly one hertz
    stepped: such a spell is under way, and began at nominal
    """

    sampled: NDArray[np.int64]
    hertz: NDArray[np.float32]
    slope: NDArray[np.float32]
    level: NDArray[np.int8]
    said: NDArray[np.int8]
    told: NDArray[np.bool_]
    samples: NDArray[np.int32]
    began: NDArray[np.int64]
    start: NDArray[np.float32]
    lowest: NDArray[np.float32]
    highest: NDArray[np.float32]
    rate: NDArray[np.float32]
    ready: NDArray[np.bool_]
    strayed: NDArray[np.int64]
    stepped: NDArray[np.bool_]

    @staticmethod
    def before_the_first_row(keys: tuple[str, ...]) -> "FrequencyState":
        """Nothing is known, so nothing is outside."""
        n = len(keys)
        return FrequencyState(
            keys,
            sampled=np.zeros(n, np.int64),
            hertz=np.full(n, np.nan, np.float32),
            slope=np.full(n, np.nan, np.float32),
            level=np.zeros(n, np.int8),
            said=np.zeros(n, np.int8),
            told=np.zeros(n, bool),
            samples=np.zeros(n, np.int32),
            began=np.zeros((n, 2), np.int64),
            start=np.full(n, np.nan, np.float32),
            lowest=np.zeros(n, np.float32),
            highest=np.zeros(n, np.float32),
            rate=np.zeros(n, np.float32),
            ready=np.zeros(n, bool),
            strayed=np.zeros(n, np.int64),
            stepped=np.zeros(n, bool),
        )


@dataclass(slots=True)
class Frequencies:
    """The detector's state: what belongs to the layout, and what is carried on."""

    supplies: Supplies
    channels: tuple[Channel, ...]
    state: FrequencyState
