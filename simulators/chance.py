"""Chance that depends on nothing but what it is for: the seed, the part's name, the instant.

A number drawn for one part at one instant is the same whatever else is simulated, in whatever steps, asked
once or twice. There is no state: each number is a hash (splitmix64) of seed, name, purpose and time.
"""

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_HALVES = np.arange(0, 64, 16, dtype=np.uint64)  # where the four 16-bit numbers of a word begin


class Chance:
    """Numbers for `n` parts of each of `S` sites: every call gives an array of `(S, n)`."""

    def __init__(self, seeds: Sequence[int], names: Sequence[str]) -> None:
        """Nothing is drawn yet.

        Args:
            seeds: one a site
            names: of the parts, or whatever else tells them apart
        """
        of_site = np.array([seed & 0xFFFF_FFFF for seed in seeds], np.uint64)[:, np.newaxis]
        of_part = np.array([zlib.crc32(name.encode()) for name in names], np.uint64)
        self._key = _mixed(of_site << np.uint64(32) ^ of_part)

    def word(self, now: int, purpose: int = 0) -> NDArray[np.uint64]:
        """64 bits each. `purpose` parts what is drawn for different ends at one instant."""
        with np.errstate(over="ignore"):
            return _mixed(self._key + _GOLDEN * np.uint64((now * 61 + purpose) & 0xFFFF_FFFF_FFFF_FFFF))

    def uniform(self, now: int, purpose: int = 0) -> Floats:
        """In [0, 1)."""
        drawn: Floats = (self.word(now, purpose) >> np.uint64(11)).astype(np.float64) * 2.0**-53
        return drawn

    def normal(self, now: int, purpose: int = 0) -> Floats:
        """Mean 0, standard deviation 1, never beyond ±3.5: the sum of four uniform numbers, near enough to a bell."""
        word = self.word(now, purpose)
        quarters = (word[..., np.newaxis] >> _HALVES) & np.uint64(0xFFFF)
        drawn: Floats = (quarters.sum(axis=-1).astype(np.float64) / 65535.0 - 2.0) * np.sqrt(3.0)
        return drawn


def _mixed(word: NDArray[np.uint64]) -> NDArray[np.uint64]:
    with np.errstate(over="ignore"):
        word = (word ^ (word >> np.uint64(30))) * _FIRST
        word = (word ^ (word >> np.uint64(27))) * _SECOND
        return word ^ (word >> np.uint64(31))
