"""Three-valued logic on arrays: what is observed to hold, observed not to hold, or cannot be seen.

Kleene's strong logic in int8: +1 true, 0 unobservable, -1 false. So `and` is the minimum, `or` the maximum and
`not` the negation, and an unobservable part is never taken for ok nor for failed.
"""

import numpy as np
from numpy.typing import NDArray

Truth = NDArray[np.int8]
Levels = NDArray[np.int8]  # a number a column; -1 where nothing is known

TRUE, UNKNOWN, FALSE = 1, 0, -1


def reaches(levels: Levels, level: int) -> Truth:
    """Whether each is at `level` or above."""
    return np.where(levels < 0, UNKNOWN, np.where(levels >= level, TRUE, FALSE)).astype(np.int8)


def among(levels: Levels, *codes: int) -> Truth:
    """Whether each state is one of `codes`."""
    found = np.zeros(levels.shape, bool)
    for code in codes:
        found |= levels == code
    return np.where(levels < 0, UNKNOWN, np.where(found, TRUE, FALSE)).astype(np.int8)


def every(truths: Truth) -> Truth:
    """Whether all along the last axis hold."""
    least: Truth = truths.min(axis=-1)
    return least


def some(truths: Truth) -> Truth:
    """Whether any along the last axis holds."""
    most: Truth = truths.max(axis=-1)
    return most


def first_known(*truths: Truth) -> Truth:
    """The first that can be seen: the best witness, else the next."""
    known = truths[0]
    for truth in truths[1:]:
        known = np.where(known == UNKNOWN, truth, known)
    return known


def enough(truths: Truth, members: NDArray[np.bool_], needs: NDArray[np.int64]) -> Truth:
    """Whether at least `needs` of each group's members hold.

    Args:
        truths: (..., G) of every member
        members: (S, G), which of them belong to which group
        needs: (S,)

    Returns:
        (..., S)
    """
    surely = (truths == TRUE).astype(np.int64) @ members.T.astype(np.int64)
    perhaps = (truths != FALSE).astype(np.int64) @ members.T.astype(np.int64)
    return np.where(surely >= needs, TRUE, np.where(perhaps < needs, FALSE, UNKNOWN)).astype(np.int8)


def since(began: NDArray[np.int64], holds: Truth, now: int) -> NDArray[np.int64]:
    """Keep the start of an unbroken spell; what cannot be seen breaks none."""
    return np.where(holds == TRUE, np.where(began > 0, began, now), np.where(holds == FALSE, 0, began))
