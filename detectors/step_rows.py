"""The exact machine of steps, shifts and swings: all samples of a block at once, for the columns that move.

Each question is about a sample and the five before it, and is asked of all samples together: arrays run along the
samples first and the columns last, and `_ago(k)` is what each sample sees k samples back.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.hysteresis import held
from detectors.screen import Screen
from detectors.step_state import GRADUAL, MEMORY, OSCILLATES, QUIET, RAPID, Steps, Turn, noise_reach
from detectors.usual import HIGH, LOW
from detectors.windows import Floats, Places
from telemetry.block import Quality, SampleBlock

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Samples:
    """The new samples of E columns in a block, S of them at most, in order; a column may have fewer.

    rows: (S, E) or (S, 1) of the block
    volts: (S, E) NaN for one outside the limits of dips and swells: it is no part of a rapid change
        (IEC 61000-4-30:2015 5.11.1)
    there: (S, E) or (S, 1) whether there is one
    """

    rows: Places
    volts: Floats
    there: Bools

    @staticmethod
    def of(v: Steps, block: SampleBlock, screen: Screen, at: Places) -> "Samples":
        """Those of the columns `at`."""
        columns = v.columns[at]
        rows, volts, there = (
            np.arange(len(block))[:, None],
            block.values.take(columns, axis=1),
            np.ones((len(block), 1), bool),
        )
        if screen.spoiled[columns].any():
            new = block.quality.take(columns, axis=1) == Quality.GOOD
            count = new.sum(axis=0)
            rows = np.argsort(~new, axis=0, kind="stable")[: max(1, count.max())]
            volts, there = np.take_along_axis(volts, rows, axis=0), np.arange(len(rows))[:, None] < count
        base = base_of_rows(screen, rows, columns)
        return Samples(rows, _inside(volts, base, there), there)

    def where(self, chosen: Places) -> "Samples":
        """Only these of the columns."""
        rows = self.rows if self.rows.shape[1] == 1 else self.rows.take(chosen, axis=1)
        there = self.there if self.there.shape[1] == 1 else self.there.take(chosen, axis=1)
        return Samples(rows, self.volts.take(chosen, axis=1), there)


def of_rows(screen: Screen, known: Floats, rows: Places, columns: Places) -> Floats:
    """(S, E), or (1, E) where it is the same in all pieces: what was known in these rows of the block."""
    entry = screen.usual.tracked.entry[columns]
    if len(known) == 1 or known.strides[0] == 0:
        return known[:1, entry]
    piece = screen.pieces.of_row[rows]
    if piece.shape[1] == 1:
        return np.asarray(known.take(entry, axis=1)[piece[:, 0]], np.float32)
    return np.asarray(known[piece, entry], np.float32)


def base_of_rows(screen: Screen, rows: Places, columns: Places) -> Floats:
    """(S, E), or (E,) where it is the same in all pieces: V that the columns are judged against in these rows."""
    least, most = screen.usual.bases(screen.usual.tracked.entry[columns])
    return least if (least == most).all() else of_rows(screen, screen.usual.base, rows, columns)


def _inside(volts: Floats, base: Floats, there: Bools | None = None) -> Floats:
    """The volts inside the limits of dips and swells, NaN for the others, and for those that are not there.

    By arithmetic: to choose costs five times as much where nobody can foresee what is chosen.
    """
    inside = volts >= LOW * base
    inside &= volts <= HIGH * base
    if there is not None:
        inside &= there
    one_or_nan = inside.astype(np.float32)
    np.divide(one_or_nan, one_or_nan, out=one_or_nan)
    return np.multiply(volts, one_or_nan, out=one_or_nan)


def remembered(v: Steps, block: SampleBlock, screen: Screen) -> tuple[Floats, NDArray[np.int64]]:
    """(C, 5) the newest samples after a block, as `Movement` has them: V, and µs."""
    m, keep = v.movement, min(len(block), MEMORY)
    rows = np.arange(len(block) - keep, len(block))
    volts = block.values[rows].take(v.columns, axis=1)
    inside = _inside(volts, base_of_rows(screen, rows[:, None], v.columns))
    # Row by row, as the block has them: far cheaper than column by column.
    recent = np.concatenate((m.recent.T[keep:], inside)).T
    times = np.concatenate((m.times.T[keep:], np.broadcast_to(block.times[rows][:, None], volts.shape))).T
    if len(spoiled := np.flatnonzero(screen.spoiled[v.columns])):
        recent[spoiled], times[spoiled] = _remembered_of_spoiled(v, block, screen, spoiled)
    return recent, times


def _remembered_of_spoiled(
    v: Steps, block: SampleBlock, screen: Screen, at: Places
) -> tuple[Floats, NDArray[np.int64]]:
    """The same of columns that have no sample of their own in some rows."""
    m, columns, n = v.movement, v.columns[at], len(at)
    row, found, rest = np.full((MEMORY, n), -1), np.zeros(n, np.int64), np.arange(n)
    for r in range(len(block) - 1, -1, -1):  # back from the last one, until all have five
        here = rest[block.quality[r, columns[rest]] == Quality.GOOD]
        row[MEMORY - 1 - found[here], here] = r
        found[here] += 1
        if np.any(found[here] == MEMORY):
            rest = rest[found[rest] < MEMORY]
        if not len(rest):
            break
    inside = _inside(block.values[row, columns], base_of_rows(screen, row, columns))
    older = np.minimum(np.arange(MEMORY)[:, None] + found, MEMORY - 1)
    recent = np.where(row >= 0, inside, m.recent[at, older])
    return recent.T, np.where(row >= 0, block.times[row], m.times[at, older]).T


def judged(v: Steps, block: SampleBlock, screen: Screen, at: Places) -> list[Turn]:
    """What begins and is over for the columns `at`; the state is written into."""
    samples = Samples.of(v, block, screen, at)
    own = np.flatnonzero(_Mover(v, block, screen, at, samples).moving())
    return _Mover(v, block, screen, at[own], samples.where(own)).judge() if len(own) else []


class _Mover:
    """E columns through their samples of a block. It writes into the state that it is given."""

    def __init__(self, v: Steps, block: SampleBlock, screen: Screen, at: Places, samples: Samples) -> None:
        self._v, self._block, self._at, self._samples = v, block, at, samples
        self._volts = np.concatenate((v.movement.recent.T.take(at, axis=1), samples.volts))
        columns = v.columns[at]
        self._usual = of_rows(screen, screen.usual.reference, samples.rows, columns)
        self._reach = noise_reach(of_rows(screen, screen.usual.noise, samples.rows, columns))

    def moving(self) -> Bools:
        """(E,) the columns of which any sample is far from the one before or from the usual, or something is to end."""
        limits = self._v.limits
        # A sample is held against the limits that hold when it is looked back on: the least of the block let it pass.
        least = np.fmin.reduce(self._threshold(min(limits.step, limits.swing)), axis=0)
        found = (np.abs(np.diff(self._volts, axis=0)) >= least).any(axis=0)
        found |= (np.abs(self._ago(0) - self._usual) >= self._threshold(limits.shift)).any(axis=0)
        return np.asarray(found | self._v.movement.under_way[self._at], bool)

    def judge(self) -> list[Turn]:
        """What begins and is over."""
        return self._changes() + self._oscillations()

    def _ago(self, k: int) -> Floats:
        """(S, E) V of the sample k before each."""
        return self._volts[MEMORY - k : len(self._volts) - k]

    def _threshold(self, part: np.float32) -> Floats:
        """V that a change has to reach: a part of the usual voltage, and more than noise; NaN while that is unknown."""
        return np.asarray(np.maximum(part * self._usual, self._reach), np.float32)

    def _changes(self) -> list[Turn]:
        """Steps and slow shifts, and their ends; what arrives at the usual voltage is a return to it, no change."""
        m, now = self._v.movement, self._ago(0)
        stepped, jumped, shifted = self._stepped(), self._jumped(), self._shifted()
        near = [self._near(k) for k in range(3)]
        begins = (stepped | jumped | shifted) & ~near[0]
        before = m.episode[self._at] > 0
        if not (begins.any() or before.any()):
            return []
        over = np.logical_and.reduce(near) | (self._samples.there & np.isnan(now))
        active = held(begins, over, before)
        gradual = shifted & ~stepped & ~jumped
        turns = []
        for i, e in self._edges(active, before, begins=True):
            why = GRADUAL if gradual[i, e] else RAPID
            back = 1 if jumped[i, e] and not stepped[i, e] else 3
            usual = self._of(self._usual, i, e)
            since = usual if why == GRADUAL else float(self._ago(back)[i, e])
            part = (float(now[i, e]) - since) / usual
            turns.append(self._turn(i, e, why, self._onset(i, e, back), part))
            m.episode[self._at[e]] = why
        turns += [self._turn(i, e, RAPID) for i, e in self._edges(active, before, begins=False)]
        m.episode[self._at[~active[-1]]] = 0
        return turns

    def _stepped(self) -> Bools:
        """Three samples that are all a step away from both of the two before."""
        after, before, step = [self._ago(k) for k in range(3)], [self._ago(k) for k in (3, 4)], self._threshold
        down = np.minimum(*before) - np.maximum.reduce(after)
        up = np.minimum.reduce(after) - np.maximum(*before)
        return np.asarray(np.maximum(down, up) >= step(self._v.limits.step), bool)

    def _jumped(self) -> Bools:
        """A sample so far from the one before that no more are needed; what has just come back from a dip has not jumped."""
        by = np.abs(self._ago(0) - self._ago(1))
        return np.asarray((by >= self._threshold(self._v.limits.jump)) & ~np.isnan(self._ago(2)), bool)

    def _shifted(self) -> Bools:
        """Three samples far from usual, after one inside the limits and not so far.

        What comes back from a dip to another level, as after a transfer to another source, has not shifted.
        """
        far, before = self._threshold(self._v.limits.shift), self._ago(3) - self._usual
        after = [self._ago(k) - self._usual for k in range(3)]
        down, up = np.maximum.reduce(after) <= -far, np.minimum.reduce(after) >= far
        return np.asarray((down & (before > -far)) | (up & (before < far)), bool)

    def _near(self, k: int) -> Bools:
        """Whether the sample k before each is less than half a step from the usual voltage."""
        half = self._threshold(self._v.limits.step) * np.float32(0.5)
        return np.asarray(np.abs(self._ago(k) - self._usual) <= half, bool)

    def _oscillations(self) -> list[Turn]:
        """Three swings in a row, each against the one before and no more than a sample apart; and their ends."""
        m, limit = self._v.movement, self._threshold(self._v.limits.swing)
        by = [self._ago(k) - self._ago(k + 1) for k in range(MEMORY)]
        wide, before = [np.abs(b) >= limit for b in by], m.oscillates[self._at]
        if not (wide[0].any() or before.any()):
            return []

        def follows(k: int, j: int) -> Bools:
            """Whether the swing k samples back came right after an opposite one j samples back."""
            rested = ~wide[k + 1] if j == k + 2 else True
            return np.asarray(wide[j] & rested & (by[k] * by[j] < 0), bool)

        earlier = np.zeros(wide[0].shape, np.int8)  # how far back the first of the three is
        for second in (1, 2):
            for first in (second + 1, second + 2):
                earlier[wide[0] & follows(0, second) & follows(second, first)] = first
        begins = earlier > 0
        order = np.arange(1, len(begins) + 1)[:, None]
        last = np.maximum.accumulate(np.where(wide[0], order, 0), axis=0)
        rest = np.where(last > 0, order - last, order + m.rest[self._at])
        active = held(begins, self._samples.there & (rest >= QUIET), before)
        turns = []
        for i, e in self._edges(active, before, begins=True):
            back = int(earlier[i, e])
            widest = max(abs(float(b[i, e])) for b, w in zip(by[: back + 1], wide, strict=False) if w[i, e])
            turns.append(
                self._turn(i, e, OSCILLATES, self._onset(i, e, back + 1), widest / self._of(self._usual, i, e))
            )
        turns += [self._turn(i, e, OSCILLATES) for i, e in self._edges(active, before, begins=False)]
        m.oscillates[self._at] = active[-1]
        count = np.broadcast_to(self._samples.there, active.shape).sum(axis=0)
        newest = rest[np.maximum(count, 1) - 1, np.arange(len(count))]
        m.rest[self._at] = np.where(count > 0, np.minimum(newest, QUIET), m.rest[self._at])
        return turns

    @staticmethod
    def _edges(active: Bools, before: Bools, *, begins: bool) -> list[tuple[int, int]]:
        """The (sample, column) at which it becomes active, or no more."""
        was = np.concatenate((before[None], active[:-1]))
        return [(int(i), int(e)) for i, e in zip(*np.nonzero(active & ~was if begins else was & ~active), strict=True)]

    def _turn(self, i: int, e: int, why: int, onset: tuple[int, int] | None = None, part: float = 0.0) -> Turn:
        row, column = int(self._of(self._samples.rows, i, e)), int(self._at[e])
        if onset is None:
            return Turn(row, column, why, begins=False)
        return Turn(row, column, why, begins=True, onset=onset, part=part, usual=float(self._of(self._usual, i, e)))

    def _onset(self, i: int, e: int, back: int) -> tuple[int, int]:
        """µs of the sample so many before, and of the one after that."""
        return self._time(i - back, e), self._time(i - back + 1, e)

    def _time(self, i: int, e: int) -> int:
        if i < 0:
            return int(self._v.movement.times[self._at[e], i])
        return int(self._block.times[int(self._of(self._samples.rows, i, e))])

    @staticmethod
    def _of(array: NDArray[np.floating] | Places, i: int, e: int) -> float:
        """One of what may be the same for all samples, or for all columns."""
        return float(array[i if len(array) > 1 else 0, e if array.shape[1] > 1 else 0])
