"""Findings by window that must last: told after some windows in a row, over after as many in a row without.

A window that says nothing neither adds to a row nor breaks it: unknown is neither good nor bad.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from detectors.state import State


class Verdict(IntEnum):
    """What a window says."""

    NOTHING = -1
    GOOD = 0
    BAD = 1


class Turn(IntEnum):
    """What a window brings about."""

    NONE = 0
    BEGUN = 1
    ENDED = 2


@dataclass(slots=True)
class Lasting(State):
    """Entries along whatever is judged. Times in µs, 0 for none.

    active: told
    run: windows in a row that say the other thing
    good: start of the last good window; while active, end of the first of a row of good ones
    bad: start of the first of a row of bad windows; while active, end of the last bad one
    onset: (…, 2) last good, first bad; of what is active
    """

    active: NDArray[np.bool_]
    run: NDArray[np.int8]
    good: NDArray[np.int64]
    bad: NDArray[np.int64]
    onset: NDArray[np.int64]

    @property
    def waiting(self) -> NDArray[np.bool_]:
        """(…) where the next window matters, whatever it says."""
        return self.active | (self.run > 0)


def lasting(keys: tuple[str, ...]) -> Lasting:
    """Before the first window."""
    n = len(keys)
    return Lasting(
        keys,
        np.zeros(n, bool),
        np.zeros(n, np.int8),
        np.zeros(n, np.int64),
        np.zeros(n, np.int64),
        np.zeros((n, 2), np.int64),
    )


def judge(s: Lasting, i: int, verdict: int, window: tuple[int, int], windows: int) -> Turn:
    """Take one window of one entry into its state, which is written into.

    Args:
        s: the state
        i: the entry
        verdict: `Verdict`
        window: µs of its first row, and of the row in which it was known to be over
        windows: in a row that are needed
    """
    began, ended = window
    if verdict == Verdict.NOTHING:
        return Turn.NONE
    active, bad = bool(s.active[i]), verdict == Verdict.BAD
    if active == bad:  # nothing new
        s.run[i] = 0
        if bad:
            s.bad[i] = ended
        else:
            s.good[i] = began
        return Turn.NONE
    if s.run[i] == 0:
        if bad:
            s.bad[i] = began
        else:
            s.good[i] = ended
    s.run[i] += 1
    if s.run[i] < windows:
        return Turn.NONE
    s.active[i], s.run[i] = bad, 0
    if not bad:
        return Turn.ENDED
    s.onset[i] = (int(s.good[i]) or int(s.bad[i]), int(s.bad[i]))
    s.bad[i] = ended
    return Turn.BEGUN
