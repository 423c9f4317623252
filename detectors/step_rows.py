"""The exact machine of steps, shifts and swings: sample by sample, for the columns that move, all of them at once."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.step_state import (
    GRADUAL,
    JUMP,
    LONGEST_REST,
    MANY_SWINGS,
    OSCILLATES,
    QUIET,
    RAPID,
    SAMPLES,
    Movement,
    StepLimits,
)
from detectors.windows import Floats, Places

_PER_SPREAD = np.float32(1.7)  # six sigma of the sensor's noise, in spreads of a window

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Level:
    """What is usual of n columns in one piece of a block, V: (n,) each.

    low, high: dip and swell limits: what is outside is no rapid change (IEC 61000-4-30:2015 5.11.1)
    usual: the reference, NaN while unknown; room: what noise alone can do
    """

    low: Floats
    high: Floats
    usual: Floats
    room: Floats

    @staticmethod
    def of(reference: Floats, noise: Floats, base: Floats) -> "Level":
        """Of what was learnt."""
        return Level(np.float32(0.9) * base, np.float32(1.1) * base, reference, Level.room_of(noise))

    @staticmethod
    def room_of(noise: Floats) -> Floats:
        """V that noise alone can do, of the usual spread of a window."""
        return noise * _PER_SPREAD

    def threshold(self, part: np.float32) -> Floats:
        """(n,) V that a change has to reach: a part of the usual voltage, and more than noise; NaN while that is unknown."""
        return np.maximum(part * self.usual, self.room)

    def inside(self, volts: Floats) -> Floats:
        """The samples that are inside the limits, NaN for the others."""
        return np.where((volts >= self.low) & (volts <= self.high), volts, np.float32(np.nan))

    def where(self, chosen: Any) -> "Level":
        """Only these columns."""
        return Level(*(getattr(self, f.name)[chosen] for f in fields(Level)))


@dataclass(frozen=True, slots=True)
class Turn:
    """Something begins or is over for one column. onset: µs, of what begins; part: of the usual voltage."""

    row: int
    column: int
    why: int
    begins: bool
    onset: tuple[int, int] = (0, 0)
    part: float = 0.0
    usual: float = 0.0


class Mover:
    """n columns through the rows of one piece. It writes into the movement that it is given."""

    def __init__(self, m: Movement, level: Level, limits: StepLimits, columns: Places) -> None:
        self._m, self._level, self._columns = m, level, columns
        self._step = level.threshold(limits.step)
        self._shift = level.threshold(limits.shift)
        self._jump = level.threshold(np.float32(max(JUMP, limits.step)))
        self._swing = level.threshold(limits.swing)
        self._near = level.threshold(limits.step * np.float32(0.5))
        self._new = np.ones(len(columns), bool)
        self.turns: list[Turn] = []

    def take(self, row: int, time: int, volts: Floats, new: Bools) -> None:
        """One row: (n,) volts, and whether each is a sample of its own."""
        m, level, self._new = self._m, self._level, new
        with np.errstate(invalid="ignore"):
            inside = new & (volts >= level.low) & (volts <= level.high)
            last, before_last = level.inside(m.last), level.inside(m.before_last)
            jumped = self._stepped(time, volts, inside, last, before_last)
            self._far(time, volts, inside, last)
            swung = self._swung(time, volts - last, inside)
            rapid = inside & (m.episode == 0) & (jumped | (np.abs(m.step_count) == SAMPLES))
            gradual = inside & (m.episode == 0) & ~rapid & (np.abs(m.far) == SAMPLES)
            near = inside & (np.abs(volts - level.usual) <= self._near)
        m.near = np.where(new, np.where(near & (m.episode > 0), m.near + 1, 0), m.near).astype(np.int8)
        over = (m.episode > 0) & ((m.near >= SAMPLES) | (new & ~inside))
        m.episode[over], m.near[over] = 0, 0
        m.episode[rapid], m.episode[gradual] = RAPID, GRADUAL
        calm = m.oscillates & (m.rest >= QUIET)
        m.oscillates[swung], m.oscillates[calm] = True, False
        if rapid.any() or gradual.any() or over.any() or swung.any() or calm.any():
            self._tell(row, time, volts, rapid, gradual, over, swung, calm)
        m.before_last = np.where(new, m.last, m.before_last)
        m.last = np.where(new, volts, m.last)
        m.sampled = np.where(new, time, m.sampled)

    def _stepped(self, time: int, volts: Floats, inside: Bools, last: Floats, before_last: Floats) -> Bools:
        """Follow steps; whether a sample alone is one."""
        m = self._m
        lower, upper = np.minimum(last, before_last), np.maximum(last, before_last)
        goes_on = (m.step_count < 0) & (volts <= m.step_from - self._step)
        goes_on |= (m.step_count > 0) & (volts >= m.step_from + self._step)
        down, up = volts <= lower - self._step, volts >= upper + self._step
        begins = inside & ~goes_on & (down | up)
        m.step_count = np.where(
            goes_on & inside, m.step_count + np.sign(m.step_count), np.where(self._new, 0, m.step_count)
        )
        m.step_count = np.where(begins, np.where(down, -1, 1), np.clip(m.step_count, -SAMPLES - 1, SAMPLES + 1)).astype(
            np.int8
        )
        m.step_from = np.where(begins, np.where(down, lower, upper), m.step_from)
        jumped = inside & (np.abs(volts - last) >= self._jump)
        self._onset(m.step_onset, begins | (jumped & (m.episode == 0)), time)
        return np.asarray(jumped, bool)

    def _far(self, time: int, volts: Floats, inside: Bools, last: Floats) -> None:
        """Count the samples far from usual, from one on that follows a sample inside the limits and not so far.

        What comes back from a dip to another level, as after a transfer to another source, has not shifted.
        """
        m = self._m
        side, before = self._side(volts), self._side(last)
        begins = inside & (side != 0) & (np.sign(m.far) != side) & (before != side) & ~np.isnan(last)
        goes_on = (side != 0) & (np.sign(m.far) == side)
        counted = np.where(begins, side, np.where(goes_on, np.clip(m.far + side, -SAMPLES - 1, SAMPLES + 1), 0))
        m.far = np.where(inside, counted, np.where(self._new, 0, m.far)).astype(np.int8)
        self._onset(m.far_onset, begins, time)

    def _side(self, volts: Floats) -> NDArray[np.int64]:
        """(n,) 1 far above usual, -1 far below, 0 elsewhere and where unknown."""
        away = volts - self._level.usual
        return np.where(away >= self._shift, 1, np.where(away <= -self._shift, -1, 0))

    def _swung(self, time: int, by: Floats, inside: Bools) -> Bools:
        """Follow swings to and fro; where there are enough of them for the first time."""
        m = self._m
        wide = inside & (np.abs(by) >= self._swing)
        sign = np.where(by < 0, -1, 1)
        against = wide & (np.sign(m.swings) == -sign) & (m.rest <= LONGEST_REST)
        self._onset(m.swing_onset, wide & ~against & ~m.oscillates, time)
        m.swing = np.where(wide, np.where(against, np.maximum(m.swing, np.abs(by)), np.abs(by)), m.swing)
        count = np.minimum(np.where(against, np.abs(m.swings) + 1, 1), MANY_SWINGS)
        m.rest = np.where(self._new, np.where(wide, 0, np.minimum(m.rest + 1, QUIET)), m.rest).astype(np.int8)
        rested = np.where(m.rest > LONGEST_REST, 0, m.swings)
        m.swings = np.where(wide, sign * count, rested).astype(np.int8)
        return wide & (np.abs(m.swings) >= MANY_SWINGS) & ~m.oscillates

    def _onset(self, onset: NDArray[np.int64], begins: Bools, time: int) -> None:
        """(last sample before, this) where something begins."""
        if begins.any():
            before = self._m.sampled[begins]
            onset[begins, 0], onset[begins, 1] = np.where(before > 0, before, time), time

    def _tell(
        self, row: int, time: int, volts: Floats, rapid: Bools, gradual: Bools, over: Bools, swung: Bools, calm: Bools
    ) -> None:
        m, usual = self._m, self._level.usual
        part = volts / usual - np.float32(1)
        for found, why, onset, by in (
            (rapid, RAPID, m.step_onset, part),
            (gradual, GRADUAL, m.far_onset, part),
            (swung, OSCILLATES, m.swing_onset, m.swing / usual),
        ):
            for i in np.flatnonzero(found).tolist():
                since = (int(onset[i, 0]), int(onset[i, 1]))
                self.turns.append(Turn(row, int(self._columns[i]), why, True, since, float(by[i]), float(usual[i])))
        for found, why in ((over, RAPID), (calm, OSCILLATES)):
            self.turns += [Turn(row, int(self._columns[i]), why, begins=False) for i in np.flatnonzero(found).tolist()]


def moving(m: Movement) -> Bools:
    """(n,) the columns for which something is under way: every further sample counts."""
    return np.asarray((m.step_count != 0) | (m.far != 0) | (m.episode != 0) | (m.swings != 0) | m.oscillates, bool)
