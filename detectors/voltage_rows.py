"""The exact machine of voltage events: all rows of a block at once, for the feeds that need it.

Levels are made rows first, as the block has them; then turned, so that what belongs to one feed stands together:
levels become spells, and a spell's worst value is one reduction.
"""

from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from detectors.feeds import CARRYING
from detectors.hysteresis import Limit, falls_below, rises_above
from detectors.screen import Screen, carried_on, picked
from detectors.spell_samples import CONFIRM, Extremes, shown_by
from detectors.spells import Spells, spells
from detectors.usual import noise_room
from detectors.voltage_events import Found
from detectors.voltage_state import GONE, HIGH, LOW, OUTSIDE, PHASE_LOST, SUSTAINED, Voltages
from detectors.windows import Floats, Places
from telemetry.block import Quality, SampleBlock

_NAN = np.float32(np.nan)
_LATER = np.iinfo(np.int64).max
_HALVED = np.float32(0.65)  # per unit: with one phase gone, two line-to-line voltages read 0.58 and the third 1.00

Bools = NDArray[np.bool_]


@dataclass(slots=True)
class _Phase:
    """One column of each feed.

    at: (E,) its place in the state
    pu: (T, E) per unit of its base; NaN where there is no sample of that row's own
    new: (T, E) whether it is a sample of that row's own; None where all are
    """

    at: Places
    pu: Floats
    new: Bools | None

    def last_new(self, rows: Places, entities: Places) -> Places:
        """(n,) the last row before each of these that has a new sample of that entity; -1 for none."""
        if self.new is None:
            return rows - 1
        seen = np.where(self.new, np.arange(len(self.new), dtype=np.int32)[:, None], np.int32(-1))
        np.maximum.accumulate(seen, axis=0, out=seen)
        return np.where(rows > 0, seen[np.maximum(rows, 1) - 1, entities], -1)


@dataclass(frozen=True, slots=True)
class Outside:
    """masks: of each phase (T, E), whether it is at the feed's level.

    worst: (E, T) the farthest of their new samples, NaN where there is none
    """

    masks: list[Bools]
    worst: Floats


@dataclass(frozen=True, slots=True)
class Beyond:
    """What the dense look says of a block.

    low, high: (F,) feeds of which a column leaves the limits of that track
    noisy: whether any sensor's noise reaches a limit
    """

    low: Bools
    high: Bools
    noisy: bool


class Rows:
    """A block's rows for E feeds that have P voltage columns each. It writes into the state that it is given."""

    def __init__(self, v: Voltages, block: SampleBlock, screen: Screen, feeds: Places, beyond: Beyond) -> None:
        self._v, self._block, self._screen, self._feeds, self._noisy = v, block, screen, feeds, beyond.noisy
        self._beyond_limits = (bool(beyond.low[feeds].any()), bool(beyond.high[feeds].any()))
        self._idle = self._not_carrying()
        self._phases = [self._phase(v.first[feeds] + p) for p in range(int(v.count[feeds[0]]))]
        self._spoiled = any(phase.new is not None for phase in self._phases)

    def judge(self) -> list[Found]:
        """What begins, is confirmed and ends, of both tracks."""
        found: list[Found] = []
        for track in (LOW, HIGH):
            before = self._v.per_feed.level[self._feeds, track]
            if not before.any() and not self._beyond_limits[track]:
                continue
            level, masks = self._low() if track == LOW else self._high()
            if before.any() or level.any():
                pick = np.fmin if track == LOW else np.fmax
                exact = self._spoiled or self._idle is not None or not self._beyond(track, level, masks)
                outside = Outside(masks, self._extreme(pick, masks) if exact else self._farthest(pick))
                in_time = np.ascontiguousarray(level.T)
                found += self._follow(track, in_time, outside, spells(in_time, before))
        sampled, times = self._v.per_column.sampled, self._block.times
        for phase in self._phases:
            row = phase.last_new(np.full(len(phase.at), len(times)), np.arange(len(phase.at)))
            sampled[phase.at] = np.where(row >= 0, times[row], sampled[phase.at])
        return found

    def _beyond(self, track: int, level: NDArray[np.int8], masks: list[Bools]) -> bool:
        """Whether every column is outside just where it is beyond the limit itself: no hysteresis, no other level."""
        if self._noisy or (level > OUTSIDE).any():
            return False
        for phase, mask in zip(self._phases, masks, strict=True):
            limits = self._v.limits
            beyond = phase.pu < limits.sag[0] if track == LOW else phase.pu > limits.swell[0]
            if not np.array_equal(beyond, mask):
                return False
        return True

    def _phase(self, at: Places) -> _Phase:
        columns, usual = self._v.columns[at], self._screen.usual
        entry = usual.tracked.entry[columns]
        least, most = usual.bases(entry)
        base = least if (least == most).all() else usual.base[:, entry][self._screen.pieces.of_row]
        pu: Floats = np.divide(picked(self._block.values, columns), base, dtype=np.float32)
        if not self._screen.spoiled[columns].any():
            return _Phase(at, pu, None)
        new = self._block.quality.take(columns, axis=1) == Quality.GOOD
        pu[~new] = _NAN  # what is held is no evidence, not even where a stream begins with it
        return _Phase(at, pu, new)

    def _not_carrying(self) -> Bools | None:
        """(T, E) whether the UPS says that it does not carry its load: its output is then not judged."""
        s, columns = self._v.per_feed, self._v.feeds.status[self._feeds]
        if not len(own := np.flatnonzero(columns >= 0)):
            return None
        idle = np.zeros((len(self._block), len(columns)), bool)
        codes = carried_on(self._block.values[:, columns[own]], s.status[self._feeds[own]]).astype(np.int8)
        idle[:, own] = (codes >= 0) & ~CARRYING[codes]
        s.status[self._feeds[own]] = codes[-1]
        return idle

    def _judged(self, phase: _Phase) -> Floats:
        """(T, E) what the phase's conditions are held against: nominal where its UPS does not carry the load."""
        return phase.pu if self._idle is None else np.where(self._idle, np.float32(1), phase.pu)

    def _room(self, phase: _Phase) -> Floats | None:
        """(T, E) parts of nominal by which a noisy sensor's limits are further out; None where none is noisy."""
        if not self._noisy:
            return None
        usual = self._screen.usual
        entry = usual.tracked.entry[self._v.columns[phase.at]]
        room = np.nan_to_num(noise_room(usual.noise[:, entry], usual.base[:, entry]))
        return np.asarray(room[self._screen.pieces.of_row], np.float32)

    def _low(self) -> tuple[NDArray[np.int8], list[Bools]]:
        """(T, E) the level of the low track, and of each phase whether it is at it."""
        c, limits = self._v.per_column, self._v.limits
        low = []
        for phase in self._phases:
            pu, room = self._judged(phase), self._room(phase)
            begin: Limit = limits.sag[0] if room is None else np.minimum(limits.sag[0], np.float32(1) - room)
            end: Limit = limits.sag[1] if room is None else begin + (limits.sag[1] - limits.sag[0])
            low.append(falls_below(pu, begin, end, c.low[phase.at]))
            c.low[phase.at] = low[-1][-1]
        level = reduce(np.logical_or, low).view(np.int8)
        if self._some_dead():
            dead = self._dead()
            any_dead: Bools = reduce(np.logical_or, dead)
            every = reduce(np.logical_and, [d | self._never(p) for d, p in zip(dead, self._phases, strict=True)])
            level = np.where(every & any_dead, GONE, np.where(any_dead, PHASE_LOST, level)).astype(np.int8)
            low = [np.where(any_dead, d, x) for d, x in zip(dead, low, strict=True)]
        if self._three_to_line():
            level = self._halved(level, low)
        return level, low

    def _some_dead(self) -> bool:
        """Whether any phase is dead in this block or was before."""
        limit = self._v.limits.interruption[0]
        return any(self._v.per_column.dead[p.at].any() or (self._judged(p) < limit).any() for p in self._phases)

    def _dead(self) -> list[Bools]:
        """(T, E) of each phase whether it is dead."""
        c, found = self._v.per_column, []
        for phase in self._phases:
            found.append(falls_below(self._judged(phase), *self._v.limits.interruption, c.dead[phase.at]))
            c.dead[phase.at] = found[-1][-1]
        return found

    def _high(self) -> tuple[NDArray[np.int8], list[Bools]]:
        """The same of the high track."""
        c, limits = self._v.per_column, self._v.limits
        high = []
        for phase in self._phases:
            pu, room = self._judged(phase), self._room(phase)
            begin: Limit = limits.swell[0] if room is None else np.maximum(limits.swell[0], np.float32(1) + room)
            end: Limit = limits.swell[1] if room is None else begin + (limits.swell[1] - limits.swell[0])
            high.append(rises_above(pu, begin, end, c.high[phase.at]))
            c.high[phase.at] = high[-1][-1]
        return reduce(np.logical_or, high).view(np.int8), high

    def _three_to_line(self) -> bool:
        """Whether the feeds are measured by three voltages between phases and nothing else."""
        return len(self._phases) == 3 and all(self._v.to_line[phase.at[0]] for phase in self._phases)

    def _halved(self, level: NDArray[np.int8], low: list[Bools]) -> NDArray[np.int8]:
        """With one phase dead, the two voltages to it are little more than a half, and the third is whole."""
        c = self._v.per_column
        lost = (level == OUTSIDE) & (np.sum(low, axis=0) == 2)
        for phase, below in zip(self._phases, low, strict=True):
            half = falls_below(self._judged(phase), _HALVED, _HALVED, c.half[phase.at])
            c.half[phase.at] = half[-1]
            lost &= below == half
        return np.where(lost, np.int8(PHASE_LOST), level)

    def _never(self, phase: _Phase) -> Bools:
        """(T, E) or (E,) whether the column has given no value up to that row: it says nothing of an interruption."""
        unseen = self._v.per_column.sampled[phase.at] == 0
        if phase.new is None or not unseen.any():
            return np.zeros(len(unseen), bool)
        return np.asarray(unseen & ~np.logical_or.accumulate(phase.new, axis=0), bool)

    def _extreme(self, pick: np.ufunc, outside: list[Bools]) -> Floats:
        """(E, T) the farthest new value among the columns that are outside; NaN where none has one."""
        found: Floats | None = None
        for phase, mask in zip(self._phases, outside, strict=True):
            shown = np.where(mask, phase.pu, _NAN)
            found = shown if found is None else pick(found, shown, out=found)
        return np.ascontiguousarray(found.T)  # type: ignore[union-attr]

    def _farthest(self, pick: np.ufunc) -> Floats:
        """The same where every sample is new, and outside exactly where it is beyond the limit."""
        return np.ascontiguousarray(reduce(pick, [phase.pu for phase in self._phases]).T)

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
        shown = shown_by(outside.worst, s, had, all_are_new=not self._spoiled)
        bad = np.where(shown.last >= 0, times[shown.last], state.bad[feed, track])
        extremes = Extremes(pick, outside.worst, s, shown, worst_before)
        if self._spoiled:
            # No column that is at the new level shows itself yet: what is known is of the level before.
            for i in np.flatnonzero(~s.anew & np.isnan(extremes.at_start())):
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
                extremes.at_start(),
                level=s.level[fresh],
                active=True,
                sure=shown.at_start[fresh] >= CONFIRM,
            ),
            found(
                second,
                shown.second,
                extremes.at_second(),
                level=s.level[second],
                active=True,
                sure=yes[second],
            ),
            found(over, s.stop, worst, level=s.level[over], active=False, sure=shown.count[over] >= CONFIRM),
        ]
        if len(new := np.flatnonzero(lasts)):
            result.append(
                found(new, minute, extremes.upto(minute + 1, new), level=none[new], active=True, sure=yes[new])
            )
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
        if not self._spoiled and len(entity) and start.min() > 0:
            return np.asarray(times[start - 1], np.int64)
        earliest, latest = np.full(len(entity), _LATER), np.zeros(len(entity), np.int64)
        for phase, mask in zip(self._phases, outside.masks, strict=True):
            row = phase.last_new(start, entity)
            before = np.where(row >= 0, times[row], sampled[phase.at[entity]])
            shows = mask[start, entity] & (before > 0)
            if phase.new is not None:
                shows &= phase.new[start, entity]
            earliest = np.where(shows, np.minimum(earliest, before), earliest)
            latest = np.maximum(latest, before)
        known = np.where(latest > 0, latest, times[start])
        return np.where(earliest < _LATER, earliest, known)
