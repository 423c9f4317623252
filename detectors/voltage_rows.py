"""The exact machine of voltage events: all rows of a block at once, for the feeds that need it.

Its arrays run along feeds first and rows last, so that what belongs to one feed stands together: levels become
spells, and a spell's worst value is one reduction.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.feeds import CARRYING
from detectors.hysteresis import falls_below, rises_above
from detectors.screen import Screen, carried_on
from detectors.spells import Spells, spells
from detectors.usual import noise_room
from detectors.voltage_events import Found
from detectors.voltage_state import GONE, HIGH, LOW, OUTSIDE, PHASE_LOST, SUSTAINED, Voltages
from detectors.windows import Floats, Places
from telemetry.block import Quality, SampleBlock

CONFIRM = 2  # samples in a row: one alone may be a glitch of the device

_NAN = np.float32(np.nan)
_LATER = np.iinfo(np.int64).max
_HALVED = np.float32(0.65)  # per unit: with one phase gone, two line-to-line voltages read 0.58 and the third 1.00

Bools = NDArray[np.bool_]
Limit = Floats | np.float32


@dataclass(slots=True)
class _Phase:
    """One column of each feed.

    at: (E,) its place in the state
    pu: (E, T) per unit of its base
    new: (E, T) whether it is a sample of that row's own; None where all are
    last_new: (E, T + 1) one more than the last row before that one with a new sample; 0 where there is none
    """

    at: Places
    pu: Floats
    new: Bools | None

    @property
    def last_new(self) -> Places:
        if self.new is None:
            return np.broadcast_to(np.arange(self.pu.shape[1] + 1), (len(self.pu), self.pu.shape[1] + 1))
        rows = np.where(self.new, np.arange(1, self.pu.shape[1] + 1), 0)
        return np.concatenate((np.zeros((len(rows), 1), np.int64), np.maximum.accumulate(rows, axis=1)), axis=1)


@dataclass(frozen=True, slots=True)
class Outside:
    """masks: of each phase (E, T), whether it is at the feed's level; worst: (E, T) of their new samples, NaN where there is none."""

    masks: list[Bools]
    worst: Floats


class Rows:
    """A block's rows for E feeds that have P voltage columns each. It writes into the state that it is given."""

    def __init__(self, v: Voltages, block: SampleBlock, screen: Screen, feeds: Places) -> None:
        self._v, self._block, self._screen, self._feeds = v, block, screen, feeds
        self._idle = self._not_carrying()
        self._spoiled = bool(screen.spoiled[v.columns[v.first[feeds][:, None] + np.arange(v.count[feeds[0]])]].any())
        self._phases = [self._phase(v.first[feeds] + p) for p in range(int(v.count[feeds[0]]))]

    def judge(self) -> list[Found]:
        """What begins, is confirmed and ends, of both tracks."""
        found: list[Found] = []
        for track in (LOW, HIGH):
            level, masks = self._low() if track == LOW else self._high()
            before = self._v.per_feed.level[self._feeds, track]
            if before.any() or level.any():
                outside = Outside(masks, self._extreme(np.fmin if track == LOW else np.fmax, masks))
                found += self._follow(track, level, outside, spells(level, before))
        sampled, times = self._v.per_column.sampled, self._block.times
        for phase in self._phases:
            row = phase.last_new[:, -1] - 1
            sampled[phase.at] = np.where(row >= 0, times[row], sampled[phase.at])
        return found

    def _phase(self, at: Places) -> _Phase:
        columns = self._v.columns[at]
        pu = self._block.values.T[columns]
        pu /= self._of_rows(self._screen.usual.base[:, self._screen.usual.tracked.entry[columns]])
        if not self._screen.spoiled[columns].any():
            return _Phase(at, pu, None)
        return _Phase(at, pu, np.ascontiguousarray((self._block.quality[:, columns] == Quality.GOOD).T))

    def _of_rows(self, of_pieces: Floats) -> Floats:
        """(E, T), or (E, 1) where it is the same in all pieces, of (pieces, E)."""
        if (of_pieces[0] == of_pieces).all():
            return of_pieces[0][:, None]
        return np.ascontiguousarray(of_pieces[self._screen.pieces.of_row].T)

    def _not_carrying(self) -> Bools | None:
        """(E, T) whether the UPS says that it does not carry its load: its output is then not judged."""
        s, columns = self._v.per_feed, self._v.feeds.status[self._feeds]
        if not len(own := np.flatnonzero(columns >= 0)):
            return None
        idle = np.zeros((len(columns), len(self._block)), bool)
        codes = carried_on(self._block.values[:, columns[own]], s.status[self._feeds[own]]).astype(np.int8)
        idle[own] = ((codes >= 0) & ~CARRYING[codes]).T
        s.status[self._feeds[own]] = codes[-1]
        return idle

    def _judged(self, phase: _Phase) -> Floats:
        """(E, T) what the phase's conditions are held against: nominal where its UPS does not carry the load."""
        return phase.pu if self._idle is None else np.where(self._idle, np.float32(1), phase.pu)

    def _room(self, phase: _Phase) -> Floats | None:
        """(E, T) parts of nominal by which a noisy sensor's limits are further out; None where none is noisy."""
        known = self._screen.usual
        entry = known.tracked.entry[self._v.columns[phase.at]]
        room = noise_room(known.noise[:, entry], known.base[:, entry])
        limits = self._v.limits
        if not (room > np.float32(min(1 - limits.sag[0], limits.swell[0] - 1))).any():
            return None
        return self._of_rows(np.nan_to_num(room))

    def _low(self) -> tuple[NDArray[np.int8], list[Bools]]:
        """(E, T) the level of the low track, and of each phase whether it is at it."""
        c, limits = self._v.per_column, self._v.limits
        some_dead = False
        low, dead = [], []
        for phase in self._phases:
            pu, room = self._judged(phase), self._room(phase)
            begin: Limit = limits.sag[0] if room is None else np.minimum(limits.sag[0], np.float32(1) - room)
            end: Limit = limits.sag[1] if room is None else begin + (limits.sag[1] - limits.sag[0])
            low.append(falls_below(pu, begin, end, c.low[phase.at]))
            c.low[phase.at] = low[-1][:, -1]
            if c.dead[phase.at].any() or (pu < limits.interruption[0]).any():
                some_dead = True
                dead.append(falls_below(pu, *limits.interruption, c.dead[phase.at]))
                c.dead[phase.at] = dead[-1][:, -1]
            else:
                dead.append(np.zeros_like(low[-1]))
        any_low = np.logical_or.reduce(low)
        level = any_low.view(np.int8)
        if some_dead:
            any_dead: Bools = np.logical_or.reduce(dead)
            gone = (
                np.logical_and.reduce([d | self._never(p) for d, p in zip(dead, self._phases, strict=True)]) & any_dead
            )
            level = np.where(gone, GONE, np.where(any_dead, PHASE_LOST, level)).astype(np.int8)
            at_it = [np.where(any_dead, d, x) for d, x in zip(dead, low, strict=True)]
        else:
            at_it = low
        if len(to_line := self._three_to_line()):
            level = self._halved(level, [low[i] for i in to_line], [self._phases[i] for i in to_line])
        return level, at_it

    def _high(self) -> tuple[NDArray[np.int8], list[Bools]]:
        """The same of the high track."""
        c, limits = self._v.per_column, self._v.limits
        high = []
        for phase in self._phases:
            pu, room = self._judged(phase), self._room(phase)
            begin: Limit = limits.swell[0] if room is None else np.maximum(limits.swell[0], np.float32(1) + room)
            end: Limit = limits.swell[1] if room is None else begin + (limits.swell[1] - limits.swell[0])
            high.append(rises_above(pu, begin, end, c.high[phase.at]))
            c.high[phase.at] = high[-1][:, -1]
        return np.logical_or.reduce(high).view(np.int8), high

    def _three_to_line(self) -> list[int]:
        """The places of the three line-to-line columns; none where the feeds have not got all three, or others too."""
        to_line = self._v.to_line[self._phases[0].at[0] : self._phases[0].at[0] + len(self._phases)]
        return [0, 1, 2] if len(self._phases) == 3 and to_line.all() else []

    def _halved(self, level: NDArray[np.int8], low: list[Bools], phases: list[_Phase]) -> NDArray[np.int8]:
        """With one phase dead, the two voltages to it are little more than a half, and the third is whole."""
        c, half = self._v.per_column, []
        for phase in phases:
            half.append(falls_below(self._judged(phase), _HALVED, _HALVED, c.half[phase.at]))
            c.half[phase.at] = half[-1][:, -1]
        lost = np.sum(low, axis=0) == 2
        for below, halved in zip(low, half, strict=True):
            lost &= below == halved
        return np.where(lost & (level == OUTSIDE), np.int8(PHASE_LOST), level)

    def _never(self, phase: _Phase) -> Bools:
        """(E, T) or (E, 1) whether the column has given no value up to that row: such a one says nothing of an interruption."""
        unseen = self._v.per_column.sampled[phase.at] == 0
        if phase.new is None or not unseen.any():
            return np.zeros((len(unseen), 1), bool)
        return unseen[:, None] & ~np.logical_or.accumulate(phase.new, axis=1)

    def _extreme(self, pick: np.ufunc, outside: list[Bools]) -> Floats:
        """(E, T) the farthest new value among the columns that are outside; NaN where none has one."""
        found = np.full(outside[0].shape, _NAN)
        for phase, mask in zip(self._phases, outside, strict=True):
            shown = mask if phase.new is None else mask & phase.new
            pick(found, phase.pu, out=found, where=shown)
        return found

    def _follow(self, track: int, level: NDArray[np.int8], outside: Outside, s: Spells) -> list[Found]:
        """Take one track of every feed through its spells."""
        state, times, rows = self._v.per_feed, self._block.times, len(self._block)
        pick = np.fmin if track == LOW else np.fmax
        feed = self._feeds[s.entity]
        had = np.where(s.goes_on, state.samples[feed, track], 0)
        worst_before = np.where(s.goes_on, state.worst[feed, track], _NAN)
        began = np.where(s.goes_on[:, None], state.began[feed, track], times[np.minimum(s.start, rows - 1)][:, None])
        fresh = np.flatnonzero(~s.goes_on)
        began[fresh, 0] = self._last_before(outside, s.entity[fresh], s.start[fresh])
        shown = _shown(outside.worst, s, had, all_are_new=not self._spoiled)
        bad = np.where(shown.last >= 0, times[shown.last], state.bad[feed, track])
        extremes = Extremes(pick, outside.worst, s, worst_before)
        if self._spoiled:
            # No column that is at the new level shows itself yet: what is known is of the level before.
            for i in np.flatnonzero(~s.anew & np.isnan(extremes.upto(s.start + 1))):
                extremes.before[i] = extremes.upto(s.stop)[i - 1]
                bad[i] = bad[i - 1] if shown.last[i] < 0 else bad[i]
        minute = np.where(s.level == OUTSIDE, np.searchsorted(times, began[:, 1] + SUSTAINED), rows)
        long_before = s.goes_on & state.sustained[feed, track]
        lasts = ~long_before & (minute < s.stop)
        over = np.flatnonzero(s.stop < rows)
        long_over = over[(long_before | lasts)[over]]
        second, worst = np.flatnonzero(shown.second >= 0), extremes.upto(s.stop)

        def found(of: Places, row: Places, far: Floats, *, level: NDArray[np.int8], active: bool, sure: Bools) -> Found:
            n = len(of)
            return Found(
                feed[of],
                np.full(n, track, np.int8),
                level,
                row[of],
                np.full(n, active),
                began[of],
                bad[of],
                far[of],
                sure,
            )

        none, yes = np.zeros(len(feed), np.int8), np.ones(len(feed), bool)
        result = [
            found(
                fresh,
                s.start,
                extremes.upto(s.start + 1),
                level=s.level[fresh],
                active=True,
                sure=shown.at_start[fresh] >= CONFIRM,
            ),
            found(
                second,
                shown.second,
                extremes.upto(shown.second + 1),
                level=s.level[second],
                active=True,
                sure=yes[second],
            ),
            found(over, s.stop, worst, level=s.level[over], active=False, sure=shown.count[over] >= CONFIRM),
        ]
        if len(new := np.flatnonzero(lasts)):
            result.append(found(new, minute, extremes.upto(minute + 1), level=none[new], active=True, sure=yes[new]))
        if len(long_over):
            result.append(found(long_over, s.stop, worst, level=none[long_over], active=False, sure=yes[long_over]))
        state.level[self._feeds, track], state.samples[self._feeds, track] = level[:, -1], 0
        state.sustained[self._feeds, track] = False
        open_ = np.flatnonzero(s.stop == rows)
        at = feed[open_], track
        state.samples[at], state.began[at] = np.minimum(shown.count[open_], CONFIRM), began[open_]
        state.bad[at], state.worst[at] = bad[open_], worst[open_]
        state.sustained[at] = (long_before | lasts)[open_]
        return result

    def _last_before(self, outside: Outside, entity: Places, start: Places) -> NDArray[np.int64]:
        """µs up to which these feeds are known not to have been at the level that this row shows them to be at."""
        times, sampled = self._block.times, self._v.per_column.sampled
        earliest, latest = np.full(len(entity), _LATER), np.zeros(len(entity), np.int64)
        for phase, mask in zip(self._phases, outside.masks, strict=True):
            row = start - 1 if phase.new is None else phase.last_new[entity, start] - 1
            before = np.where(row >= 0, times[row], sampled[phase.at[entity]])
            shows = mask[entity, start] & (before > 0)
            if phase.new is not None:
                shows &= phase.new[entity, start]
            earliest = np.where(shows, np.minimum(earliest, before), earliest)
            latest = np.maximum(latest, before)
        known = np.where(latest > 0, latest, times[start])
        return np.where(earliest < _LATER, earliest, known)


@dataclass(frozen=True, slots=True)
class _Shown:
    """Of S spells, the new samples that showed their feed outside without a break.

    count: up to the spell's end, those of the spells before it included; at_start: up to its first row
    second: the row of the second of them, where it is a later one than the spell's first; -1 elsewhere
    last: the last row of the spell that has one; -1 for none
    """

    count: Places
    at_start: Places
    second: Places
    last: Places


def _shown(worst: Floats, s: Spells, had: NDArray[np.integer], *, all_are_new: bool) -> _Shown:
    """Which rows of the spells hold a new sample that shows them; `had`: (S,) of those that go on, before the block."""
    length, at = s.stop - s.start, s.entity * worst.shape[1]
    if all_are_new:
        own, first = length, np.minimum(length, 1)
    else:
        total = np.concatenate(([0], np.cumsum(~np.isnan(worst).ravel())))
        own = total[at + s.stop] - total[at + s.start]
        first = total[np.minimum(at + s.start + 1, at + s.stop)] - total[at + s.start]
    # A spell that follows another without a break goes on counting.
    running = np.cumsum(own + had) - own - had
    before = running - running[np.maximum.accumulate(np.where(s.anew, np.arange(len(own)), 0))] + had
    need = CONFIRM - before
    if all_are_new:
        second, last = s.start + need - 1, s.stop - 1
    else:
        start = total[at + s.start]
        second = np.searchsorted(total, start + np.maximum(need, 1)) - 1 - at
        last = np.searchsorted(total, start + np.maximum(own, 1)) - 1 - at
    is_second = (need > 0) & (need <= own) & ((second > s.start) | s.goes_on)
    return _Shown(before + own, before + first, np.where(is_second, second, -1), np.where(own > 0, last, -1))


class Extremes:
    """The worst of S spells up to any of their rows, with what they had before."""

    def __init__(self, pick: np.ufunc, worst: Floats, s: Spells, before: Floats) -> None:
        self._pick, self._flat, self.before = pick, np.append(worst, _NAN), before
        self._start = s.entity * worst.shape[1] + s.start
        self._base, self._rows = s.entity * worst.shape[1], worst.shape[1]

    def upto(self, stop: Places) -> Floats:
        """(S,) over the rows before `stop`; what it had before where there are none."""
        far = self.before.copy()
        end = self._base + np.minimum(stop, self._rows)
        some = np.flatnonzero(end > self._start)
        if len(some):
            pairs = np.stack((self._start[some], end[some]), axis=1).ravel()
            far[some] = self._pick(far[some], self._pick.reduceat(self._flat, pairs)[::2])
        return far
