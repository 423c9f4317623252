"""The samples of some supplies in a block, supply by supply, and which of them are of no supply at all."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.frequency_state import Frequencies
from detectors.frequency_supplies import ALIVE, RUNS, Flags, Floats
from detectors.windows import Places
from telemetry.block import SECOND, Quality, SampleBlock, Times

# A device that counts whole hertz and drops the rest reads 49 as often as 50 of a sound supply. So one hertz, exactly,
# that came and went within this time is one step of such a device, and not looked at again.
STRAYS = 3600 * SECOND
_STEP = np.float32(1.0)  # Hz


@dataclass(frozen=True, slots=True)
class Samples:
    """The good samples of E supplies, each supply's in a row. A sample's place is supply * T + row.

    feeds: (E,) of the detector's supplies
    times: (T,)
    hertz: (E * T,) by place, NaN where there is no good sample
    away: (E * T,) from nominal
    off: (E * T,) whether it is of no supply: dead, at rest, starting; None where none can be
    uncounted: (E * T,) of those, the ones that tell nothing of when the supply was last in order
    places, numbers: (G,) of the good samples, (E * T,) the number at each place; None where all are good
    first: (E + 1,) number of each supply's first good sample; numbers count good samples through
    """

    feeds: Places
    times: Times
    hertz: Floats
    away: Floats
    off: Flags | None
    uncounted: Flags | None
    places: Places | None
    numbers: Places | None
    first: Places

    def place(self, number: Places) -> Places:
        """Of good samples by their number."""
        return number if self.places is None else self.places[number]

    def number(self, place: Places) -> Places:
        """Of good samples by their place."""
        return place if self.numbers is None else self.numbers[place]

    def time(self, number: Places) -> NDArray[np.int64]:
        """µs of good samples."""
        return self.times[self.place(number) % len(self.times)]

    def value(self, number: Places) -> Floats:
        """Hz of good samples, NaN of no supply."""
        place = self.place(number)
        return (
            self.hertz[place] if self.off is None else np.where(self.off[place], np.float32(np.nan), self.hertz[place])
        )

    def value_before(self, v: Frequencies, feed: Places, number: Places) -> Floats:
        """Hz of the sample before each, in earlier blocks too; NaN where it was of no supply, or none was."""
        first = number == self.first[feed]
        return np.where(first, v.state.hertz[self.feeds[feed]], self.value(number - ~first))

    def time_before(self, v: Frequencies, feed: Places, number: Places) -> NDArray[np.int64]:
        """µs of the last sample before each that counts, in earlier blocks too; its own time where there is none."""
        before = self.last_counted(number - 1, feed)
        carried = v.state.sampled[self.feeds[feed]]
        none = np.where(carried > 0, carried, self.time(number))
        return np.where(before >= 0, self.time(np.maximum(before, 0)), none)

    def last_counted(self, number: Places, feed: Places) -> Places:
        """The last sample that counts, up to each and of the same supply; -1 where the block has none."""
        if self.uncounted is not None:
            good = np.arange(self.first[-1])
            counted = np.maximum.accumulate(np.where(self.uncounted[self.place(good)], -1, good))
            number = np.where(number >= 0, counted[np.maximum(number, 0)], -1)
        return np.where(number >= self.first[feed], number, -1)


def samples(v: Frequencies, block: SampleBlock, feeds: Places, *, suspect: bool, whole: bool) -> Samples:
    """Gather the samples of some supplies.

    Args:
        v: the state before the block; `ready` is carried on
        block: the rows
        feeds: which of the detector's supplies
        suspect: whether any of them can be of no supply
        whole: whether each of them is good in every row
    """
    columns, limits = v.supplies.feeds.frequency[feeds], v.supplies.limits.of(feeds)
    hertz = np.ascontiguousarray(block.values[:, columns].T)
    places, numbers, first = None, None, np.arange(len(feeds) + 1) * len(block)
    if not whole:
        good = (block.quality[:, columns] == Quality.GOOD).T
        hertz[~good] = np.nan
        places, numbers = np.flatnonzero(good), np.cumsum(good) - 1
        first = np.concatenate(([0], np.cumsum(np.count_nonzero(good, axis=1))))
    away = np.abs(hertz - limits.nominal[:, None])
    off = uncounted = None
    if suspect:
        dead = _off(v, block, feeds, hertz, away)
        off, uncounted = dead.reshape(-1), (dead & (away >= limits.limit[:, None])).reshape(-1)
    return Samples(feeds, block.times, hertz.reshape(-1), away.reshape(-1), off, uncounted, places, numbers, first)


def _off(v: Frequencies, block: SampleBlock, feeds: Places, hertz: Floats, away: Floats) -> Flags:
    """(E, T) what the supply gives is no supply's frequency: slow, without voltage, of a generator that does not run."""
    s, limits = v.supplies, v.supplies.limits.of(feeds)
    columns = s.feeds.columns[feeds]
    off = np.asarray(hertz < np.float32(ALIVE) * limits.nominal[:, None])
    highest = np.full(off.shape, np.nan, np.float32)
    for form in range(columns.shape[1]):
        if len(own := np.flatnonzero(columns[:, form] >= 0)):
            part = block.values[:, columns[own, form]].T / s.feeds.nominal[feeds[own], form, None]
            highest[own] = np.fmax(highest[own], part)
    off |= highest < np.float32(ALIVE)
    if len(g := np.flatnonzero(limits.generator)):
        if len(says := g[s.state[feeds[g]] >= 0]):
            said = block.values[:, s.state[feeds[says]]].T
            off[says] |= ~np.isnan(said) & ~np.isin(said, RUNS)
        off[g] |= ~_ready(v, feeds[g], off[g], hertz[g], away[g] < limits.shown[g, None])
    return off


def _ready(v: Frequencies, feeds: Places, stopped: Flags, hertz: Floats, inside: Flags) -> Flags:
    """(G, T) whether each generator has been in its band since it started; written into the state too."""
    known = ~np.isnan(hertz)
    row = np.where(known & (stopped | inside), np.arange(hertz.shape[1]), -1)
    last = np.maximum.accumulate(row, axis=1)
    in_band = np.take_along_axis(~stopped, np.maximum(last, 0), axis=1)
    ready = np.where(last >= 0, in_band, v.state.ready[feeds, None])
    v.state.ready[feeds] = ready[:, -1]
    return ready


def steps(v: Frequencies, s: Samples, feed: Places, place: Places) -> Flags | None:
    """Which samples are one step of a device that counts whole hertz, so that they say nothing; None where none is.

    The first such spell is told like any other: only a step back to nominal shows that it was one.

    Args:
        v: the state; what came and went is written into it
        s: the samples
        feed: (P,) of those that are outside, in order
        place: (P,) theirs
    """
    strayed, stepped = _carried_steps(v, s)
    nominal = v.supplies.limits.nominal[s.feeds]
    masked = None
    which = np.flatnonzero(s.away[place] == _STEP)
    which = which[~v.supplies.limits.generator[s.feeds[feed[which]]]]
    if len(which):
        feed, number = feed[which], s.number(place[which])
        begins = breaks(feed, number)
        run, start = np.cumsum(begins) - 1, np.flatnonzero(begins)
        owner, last = feed[start], number[np.append(start[1:], len(number)) - 1]
        before = s.value_before(v, owner, number[start])
        goes_on = (number[start] == s.first[owner]) & (np.abs(before - nominal[owner]) == _STEP)
        at_nominal = np.where(goes_on, stepped[owner], before == nominal[owner])
        open_ = last + 1 == s.first[owner + 1]
        after = s.value(np.where(open_, last, last + 1))
        stray = np.flatnonzero(at_nominal & ~open_ & (after == nominal[owner]))
        came = strayed[owner]
        earlier = np.searchsorted(stray, np.arange(len(start))) - 1  # of the runs before, the last that was one
        known = np.flatnonzero(earlier >= 0)
        known = known[owner[stray[earlier[known]]] == owner[known]]
        came[known] = s.time(last[stray[earlier[known]]])
        masked = np.zeros(len(place), bool)
        masked[which] = at_nominal[run] & (came[run] > 0) & (s.time(number) - came[run] <= STRAYS)
        strayed[owner[stray]] = s.time(last[stray])  # in order: the last of each supply stays
        v.state.stepped[s.feeds[owner[open_ & at_nominal]]] = True
    v.state.strayed[s.feeds] = strayed
    return masked


def breaks(feed: Places, number: Places) -> Flags:
    """(M,) whether each is not the good sample right after the one before it."""
    found = np.ones(len(feed), bool)
    found[1:] = (number[1:] != number[:-1] + 1) | (feed[1:] != feed[:-1])
    return found


def _carried_steps(v: Frequencies, s: Samples) -> tuple[NDArray[np.int64], Flags]:
    """(E,) when the last step came and went, with what the first samples show; whether one was under way before."""
    seen = np.flatnonzero(np.diff(s.first) > 0)
    strayed, stepped = v.state.strayed[s.feeds], v.state.stepped[s.feeds]
    back = seen[stepped[seen] & (s.value(s.first[seen]) == v.supplies.limits.nominal[s.feeds[seen]])]
    strayed[back] = v.state.sampled[s.feeds[back]]
    v.state.stepped[s.feeds[seen]] = False
    return strayed, stepped
