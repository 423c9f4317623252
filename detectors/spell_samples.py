"""What the samples of spells show: how many of them, the first, the second, the last, and the worst up to some row."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.spells import Spells
from detectors.windows import Floats, Places

CONFIRM = 2  # samples in a row: one alone may be a glitch of the device

_NAN = np.float32(np.nan)


@dataclass(frozen=True, slots=True)
class Shown:
    """Of S spells, the new samples that showed their feed outside without a break.

    count: up to the spell's end, those of the spells before it included; at_start: up to its first row
    first, last: the rows of the spell's first and last; -1 for none
    second: the row of the second of all, where it is a later one than the spell's first row; -1 elsewhere
    """

    count: Places
    at_start: Places
    first: Places
    second: Places
    last: Places


def shown_by(worst: Floats, s: Spells, had: NDArray[np.integer], *, all_are_new: bool) -> Shown:
    """Which rows of the spells hold a new sample that shows them; `had`: (S,) of those that go on, before the block."""
    length, at = s.stop - s.start, s.entity * worst.shape[1]
    if all_are_new:
        own, in_first = length, np.minimum(length, 1)
    else:
        total = np.concatenate(([0], np.cumsum(~np.isnan(worst).ravel())))
        own = total[at + s.stop] - total[at + s.start]
        in_first = total[np.minimum(at + s.start + 1, at + s.stop)] - total[at + s.start]
    # A spell that follows another without a break goes on counting.
    running = np.cumsum(own + had) - own - had
    before = running - running[np.maximum.accumulate(np.where(s.anew, np.arange(len(own)), 0))] + had
    need = CONFIRM - before
    if all_are_new:
        first, second, last = s.start, s.start + need - 1, s.stop - 1
    else:
        start = total[at + s.start]
        first = np.searchsorted(total, start + 1) - 1 - at
        second = np.searchsorted(total, start + np.maximum(need, 1)) - 1 - at
        last = np.searchsorted(total, start + np.maximum(own, 1)) - 1 - at
    is_second = (need > 0) & (need <= own) & ((second > s.start) | s.goes_on)
    first, second, last = (
        np.where(yes, row, -1) for yes, row in ((own > 0, first), (is_second, second), (own > 0, last))
    )
    return Shown(before + own, before + in_first, first, second, last)


class Extremes:
    """The worst of S spells up to some of their rows, with what they had before.

    before: (S,) NaN where there was nothing
    """

    def __init__(self, pick: np.ufunc, worst: Floats, s: Spells, shown: Shown, before: Floats) -> None:
        self._pick, self._flat, self._rows, self.before = pick, worst.reshape(-1), worst.shape[1], before
        self._base, self._spells, self._shown = s.entity * worst.shape[1], s, shown

    def _at(self, row: Places) -> Floats:
        """(S,) what that row shows, NaN for -1."""
        return np.where(row >= 0, self._flat[np.minimum(self._base + row, len(self._flat) - 1)], _NAN)

    def at_start(self) -> Floats:
        """(S,) up to the first row."""
        return np.asarray(
            self._pick(self.before, self._at(np.where(self._spells.stop > self._spells.start, self._spells.start, -1)))
        )

    def at_second(self) -> Floats:
        """(S,) up to the second sample: between the first and that there is none."""
        return np.asarray(
            self._pick(self.before, self._pick(self._at(self._shown.first), self._at(self._shown.second)))
        )

    def upto(self, stop: Places, only: Places | None = None) -> Floats:
        """(S,) over the rows before `stop`, of these only; what it had before where there are none."""
        far, start = self.before.copy(), self._base + self._spells.start
        end = self._base + np.minimum(stop, self._rows)
        some = np.flatnonzero(end > start) if only is None else only
        if len(some):
            pairs = np.stack((start[some], end[some]), axis=1).ravel()
            flat = np.append(self._flat[: pairs[-1]], _NAN) if pairs[-1] == len(self._flat) else self._flat
            far[some] = self._pick(far[some], self._pick.reduceat(flat, pairs)[::2])
        return far
