"""When something is so: stretches of time of a recorded run, and how to find them.

Masks are `(T, S)`: T steps of S sites, with the steps' times in µs.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from telemetry.block import SECOND

Mask = NDArray[np.bool_]
Times = NDArray[np.int64]


class Span(NamedTuple):
    """Something is so at site number `site`; all times µs.

    begin: from when it may honestly be said: what leads to it has begun
    until: by when it is so beyond doubt: a truth's `start` lies between the two
    due: what defines it is fulfilled, so that it can be told; a truth's `latest` is not before
    end: it is over
    """

    site: int
    begin: int
    until: int
    due: int
    end: int


def spans(
    times: Times, mask: Mask, *, held: float = 0.0, until: float | None = None, standing: bool = False
) -> list[Span]:
    """The stretches in which the mask holds for at least `held` s.

    Args:
        times: `(T,)`
        mask: `(T, S)`
        held: s for which it must hold before it counts
        until: s after its beginning within which a truth may begin; `held` unless it is said
        standing: a truth may begin as long as it holds
    """
    found = []
    for site, first, last in runs(mask):
        begin, end = int(times[first]), int(times[min(last, len(times) - 1)])
        due = begin + round(held * SECOND)
        if due > end and held:
            continue
        latest = end if standing else begin + round((held if until is None else until) * SECOND)
        found.append(Span(site, begin, latest, due, end))
    return found


def runs(mask: Mask) -> Iterator[tuple[int, int, int]]:
    """`(site, first, last)`: steps first … last − 1 of each stretch in which the mask holds."""
    padded = np.zeros((mask.shape[0] + 2, mask.shape[1]), np.int8)
    padded[1:-1] = mask
    change = np.diff(padded, axis=0)
    for site in range(mask.shape[1]):
        firsts, lasts = np.flatnonzero(change[:, site] == 1), np.flatnonzero(change[:, site] == -1)
        for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True):
            yield site, first, last


def onsets(times: Times, mask: Mask) -> list[list[int]]:
    """Of each site, when the mask begins to hold; not what holds from the first step on."""
    found: list[list[int]] = [[] for _ in range(mask.shape[1])]
    for site, first, _ in runs(mask):
        if first:
            found[site].append(int(times[first]))
    return found


def repeated(when: Iterable[list[int]], times: int, within: float, end: float = 0.0) -> list[Span]:
    """Where so many onsets (of each site) fall within so many seconds: from the first to the last of them."""
    found = []
    for site, own in enumerate(when):
        for first, last in zip(own, own[times - 1 :], strict=False):
            if last - first <= within * SECOND:
                found.append(Span(site, first, last, last, last + round(end * SECOND)))
    return found


def latched(on: Mask, off: Mask, *, initially: bool) -> Mask:
    """True since `on`, false since `off`, the latter first where both are."""
    code = np.where(off, 0, np.where(on, 1, -1)).astype(np.int8)
    place = np.where(code >= 0, np.arange(len(code))[:, np.newaxis], -1)
    last = np.maximum.accumulate(place, axis=0)
    state = np.take_along_axis(code, np.maximum(last, 0), axis=0)
    found: Mask = np.where(last < 0, initially, state == 1)
    return found


def since(times: Times, mask: Mask) -> NDArray[np.int64]:
    """`(T, S)` µs since when the mask holds; only where it does."""
    begins = mask & ~np.vstack((np.zeros((1, mask.shape[1]), np.bool_), mask[:-1]))
    first = np.maximum.accumulate(np.where(begins, np.arange(len(mask))[:, np.newaxis], 0), axis=0)
    return times[first]


def without_gaps(times: Times, mask: Mask, longest: float) -> Mask:
    """The mask with gaps between two stretches filled that last no longer than so many seconds."""
    filled = mask.copy()
    for site, first, last in runs(~mask):
        if first and last < len(times) and times[last] - times[first] <= longest * SECOND:
            filled[first:last, site] = True
    return filled


def stepwise(times: Times, sites: int, changes: Iterable[tuple[int, int, Any]], initially: Any) -> NDArray[Any]:
    """`(T, S)` of what was set when: `(time, site, value)` in order of time."""
    found = np.full((len(times), sites), initially)
    for time, site, value in changes:
        # A setting holds from the step after the one at which it was made; what was there at the start, from it on.
        found[np.searchsorted(times, time, side="left") :, site] = value
    return found
