"""The spells in which supplies are off their frequency: found from their edges, for all supplies of a block at once.

A spell is every sample from where a supply leaves its band to where it is inside again or no more a supply. Within it
are stretches of one level: outside the band, outside the limit, back within the limit.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.frequency_samples import Samples, breaks, steps
from detectors.frequency_state import BACK, BAND, INSIDE, LIMIT, Frequencies
from detectors.frequency_supplies import Flags, Floats
from detectors.windows import Places


@dataclass(frozen=True, slots=True)
class Outside:
    """The M samples in spells, in the order of supplies and time.

    feed, place, number: (M,) of `Samples`
    away: (M,) Hz from nominal
    begins: (M,) whether a spell begins there, or goes on from an earlier block
    first: (M,) whether it is its supply's first sample in the block
    level: (M,)
    """

    feed: Places
    place: Places
    number: Places
    away: Floats
    begins: Flags
    first: Flags
    level: NDArray[np.int8]


def outside(v: Frequencies, s: Samples) -> Outside:
    """Find them."""
    limits, was = v.supplies.limits.of(s.feeds), v.state.level[s.feeds]
    wide = s.away.reshape(len(s.feeds), -1) >= limits.shown_end[:, None]
    if s.off is not None:
        wide &= ~s.off.reshape(wide.shape)
    place = np.flatnonzero(wide)
    feed = np.repeat(np.arange(len(wide)), np.count_nonzero(wide, axis=1))
    if (masked := steps(v, s, feed, place)) is not None:
        place, feed = place[~masked], feed[~masked]
    number, away = s.number(place), s.away[place]
    entered = away >= limits.shown[feed]
    entered |= (number == s.first[feed]) & (was > INSIDE)[feed]
    begins = breaks(feed, number)
    if not entered[begins].all():
        kept = _latest(entered) >= _latest(begins)
        place, feed, number, away = place[kept], feed[kept], number[kept], away[kept]
        begins = breaks(feed, number)
    first = number == s.first[feed]
    goes_on = np.flatnonzero(first & (was > INSIDE)[feed])
    over, held = away >= limits.limit[feed], away >= limits.end[feed]
    off = over.copy()
    off[goes_on] |= held[goes_on] & (was[feed[goes_on]] == LIMIT)
    decided = over | ~held | begins
    if not decided.all():
        off = off[_latest(decided)]
    been = off.copy()
    been[goes_on] |= was[feed[goes_on]] >= LIMIT
    if (been[:-1] & ~begins[1:] & ~off[1:]).any():
        been = _latest(been) >= _latest(begins)
    level = np.where(off, np.int8(LIMIT), np.where(been, np.int8(BACK), np.int8(BAND)))
    return Outside(feed, place, number, away, begins, first, level)


def _latest(marked: Flags) -> Places:
    """(M,) the index of the last that is marked up to each, -1 before the first."""
    found: Places = np.maximum.accumulate(np.where(marked, np.arange(len(marked)), -1))
    return found
