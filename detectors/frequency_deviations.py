"""What is to be said of the spells in which supplies are off their frequency: when each is told, confirmed and over.

All stretches of a block at once; how fast it changes and how long it has lasted is reckoned for each of their samples.
"""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from detectors.frequency_events import Found
from detectors.frequency_outside import outside
from detectors.frequency_samples import Samples
from detectors.frequency_state import BACK, BAND, FAST, INSIDE, LIMIT, NOTHING, OFF, SHIFTED, Frequencies
from detectors.frequency_supplies import Flags, Floats
from detectors.windows import Places
from telemetry.block import SECOND

CONFIRM = 2  # samples in a row
# What those samples must stand for together: EN 50160 judges means over 10 s. A little less, for a poll
# of five seconds comes a few milliseconds early as often as late.
SPAN = round(9.5 * SECOND)
LARGE = 1.0  # Hz; more than that, twice in a row, is told at once: Europe's grids shed load from 49.0 Hz on
# A generator is given 5 s to recover from a load step (ISO 8528-5 class G2); outside for surely longer, it counts.
RECOVERY = round(5.5 * SECOND)
COASTING = 0.5  # Hz/s; a generator that slows down faster is stopping, or not yet at what it can hold
# Rates of change, Hz/s: held by two intervals in a row, and as a mean of at least `SLOW_SPAN` since the spell began.
FAST_RATE = 1.0  # what loss-of-mains protection acts on today in Great Britain (EREC G99)
SLOW_RATE = 0.125  # what it acted on before (EREC G59): a large unit lost on a small grid
SLOW_SPAN = 4 * SECOND

Worst: TypeAlias = tuple[Floats, Floats, Floats]  # lowest, highest, rate
_NAN, _SECOND = np.float32(np.nan), np.float32(SECOND)


def _upto(pick: np.ufunc, values: NDArray[Any], starts: Places, stops: Places) -> NDArray[Any]:
    """`pick` over each [start, stop)."""
    if not len(starts):
        return values[:0]
    found: NDArray[Any] = pick.reduceat(np.append(values, values[-1]), np.column_stack((starts, stops)).reshape(-1))[
        ::2
    ]
    return found


class Deviations:
    """The stretches of one level, and what is to be said of them. It writes into the state that it is given."""

    def __init__(self, v: Frequencies, s: Samples) -> None:
        self._v, self._s, self._state = v, s, v.state
        o = self._o = outside(v, s)
        self._hertz = s.hertz[o.place]
        self._time = s.times[o.place - o.feed * len(s.times)]
        self._stretches()
        self._rates()
        self._tells()

    def _stretches(self) -> None:
        """Where each begins and ends, and what it brings with it from earlier blocks."""
        o, s, state = self._o, self._s, self._state
        begins = o.begins.copy()
        begins[1:] |= o.level[1:] != o.level[:-1]
        at = self._start = np.flatnonzero(begins)
        self._stop = np.append(at[1:], len(begins))[: len(at)]
        self._feed, self._level, first = o.feed[at], o.level[at], o.first[at]
        self._owner = s.feeds[self._feed]
        was = np.where(first, state.level[self._owner], INSIDE)
        self._carried = (was == self._level) & first
        # From the band over the limit it is one event that gets worse.
        self._follows = np.flatnonzero((self._level == LIMIT) & ~o.begins[at] & (np.roll(self._level, 1) == BAND))
        self._worsens = (self._level == LIMIT) & (was == BAND)
        self._before = s.value_before(self._v, self._feed, o.number[at])
        anchor = np.where(np.isnan(self._before), self._hertz[at], self._before)
        began = np.column_stack((s.time_before(self._v, self._feed, o.number[at]), self._time[at]))
        self._began = np.where(self._carried[:, None], state.began[self._owner], began)
        self._samples = np.where(self._carried, state.samples[self._owner], 0)
        self._from = np.where(self._carried, state.start[self._owner], anchor)
        self._told = self._carried & state.told[self._owner]
        self._generator = self._v.supplies.limits.generator[self._owner]

    def _each(self, of_stretch: NDArray[Any]) -> NDArray[Any]:
        """(M,) what is known of its stretch, of each sample."""
        return np.repeat(of_stretch, self._stop - self._start)

    def _earlier(self, mine: NDArray[Any], first: NDArray[Any]) -> NDArray[Any]:
        """(M,) of the sample before each; of a stretch's first sample, `first`."""
        found = np.empty_like(mine)
        found[1:] = mine[:-1]
        found[self._start] = first
        return found

    def _rates(self) -> None:
        """How fast each sample shows it to change: the lesser of two intervals, or the mean of a longer time."""
        o, state, at = self._o, self._state, self._start
        number = o.number[at]
        earlier = np.where(o.first[at], state.sampled[self._owner], self._s.time(np.maximum(number - 1, 0)))
        # Single precision throughout: what is carried to the next block is no less exact.
        with np.errstate(invalid="ignore", divide="ignore"):
            interval = (self._time - self._earlier(self._time, earlier)).astype(np.float32)
            change = self._hertz - self._earlier(self._hertz, self._before)
            self._slope = change / (interval / _SECOND)
            begins = o.begins[at]
            carried = np.where(o.first[at] & (state.level[self._owner] > INSIDE), state.slope[self._owner], _NAN)
            within = np.where(begins, carried, self._slope[at - 1])
            last = self._earlier(self._slope, within)
            fast = np.minimum(np.abs(self._slope), np.abs(last))
            self._fast = np.where(self._slope * last > 0, fast, np.float32(0))
            since = self._time - self._each(self._began[:, 0])
            mean = np.abs(self._hertz - self._each(self._from)) / (since.astype(np.float32) / _SECOND)
            self._slow = np.where(since >= SLOW_SPAN, mean, np.float32(0))
        self._rate = np.maximum(self._fast, self._slow)

    def _tells(self) -> None:
        """In which sample each stretch is worth a word, and what has been said by its end."""
        limits, index = self._v.supplies.limits, np.arange(len(self._o.feed))
        direct = self._each(limits.direct[self._owner])
        held = self._held(direct)
        worth = self._each(self._level == BAND) & direct & ((self._fast >= FAST_RATE) | (self._slow >= SLOW_RATE))
        worth |= held & self._each((self._level != BACK) & ~self._told)
        worth &= self._each(~self._told)
        self._tell = _upto(np.minimum, np.where(worth, index, len(index)), self._start, self._stop)
        told = np.flatnonzero(self._tell < len(index))
        said = np.where(self._carried, self._state.said[self._owner], np.int8(NOTHING))
        word = np.where(held[self._tell[told]], SHIFTED, FAST)
        said[told] = np.where(self._level[told] == LIMIT, OFF, word)
        said[(self._level == LIMIT) & ~self._generator] = OFF
        inherits = np.flatnonzero(self._worsens & (said == NOTHING))
        said[inherits] = self._state.said[self._owner[inherits]]
        inherits = self._follows[said[self._follows] == NOTHING]
        said[inherits] = said[inherits - 1]
        said[self._level == BACK] = NOTHING
        self._said = said

    def _held(self, direct: Flags) -> Flags:
        """(M,) whether it has by then lasted long enough to be told."""
        o, limits, state, at = self._o, self._v.supplies.limits, self._state, self._start
        lasted = self._time - self._each(self._began[:, 1])
        previous = self._earlier(self._time, np.where(self._carried, state.sampled[self._owner], self._time[at]))
        held = lasted + (self._time - previous) >= SPAN
        at_limit = o.level == LIMIT
        last = self._earlier(self._hertz, np.where(self._carried, state.hertz[self._owner], _NAN))
        nominal = self._each(limits.nominal[self._owner])
        held |= at_limit & direct & (o.away > LARGE) & (np.abs(last - nominal) > LARGE)
        if self._generator.any():
            falls = (self._hertz < nominal) & (self._slope <= -COASTING)
            over = self._each(limits.over[self._owner])
            fast = at_limit & (self._hertz - nominal > over) & (last - nominal > over)
            held = np.where(self._each(self._generator), ((lasted >= RECOVERY) & ~falls) | fast, held)
        # Of a stretch, the first sample of all is alone.
        held[at[self._samples + 1 < CONFIRM]] = False
        return np.asarray(held, bool)

    def found(self) -> Found:
        """Everything there is to say; the state is then that after the block."""
        o = self._o
        number = o.number[self._stop - 1]
        over = number + 1 < self._s.first[self._feed + 1]
        followed = np.zeros(len(self._start), bool)
        followed[self._follows - 1] = True
        enters = np.flatnonzero((self._level == LIMIT) & ~self._carried & ~self._generator)
        tells = np.flatnonzero(self._tell < len(o.feed))
        ends = np.flatnonzero(over & ~followed & (self._said != NOTHING))
        worst = self._worst(np.arange(len(self._start)), self._stop)
        parts = [
            self._at(enters, self._start[enters], np.int8(OFF), confirmed=False),
            self._at(tells, self._tell[tells], self._said[tells], confirmed=self._level[tells] == LIMIT),
            self._ended(ends, number[ends] + 1, worst),
            self._ended_at_once(),
        ]
        self._remember(np.flatnonzero(~over), worst)
        return Found.joined(parts)

    def _worst(self, of: Places, stop: Places) -> Worst:
        """Lowest, highest and rate of stretches up to `stop`, earlier blocks too."""
        state, start, owner, carried = self._state, self._start[of], self._owner[of], self._carried[of]
        low, high = (_upto(pick, self._hertz, start, stop) for pick in (np.minimum, np.maximum))
        before = np.where(carried | self._worsens[of], state.rate[owner], np.float32(0))
        if len(self._follows):
            follows = np.flatnonzero(np.isin(of, self._follows))
            start[follows] = self._start[of[follows] - 1]
            before[follows] = np.where(self._carried[of[follows] - 1], state.rate[owner[follows]], 0)
        return (
            np.where(carried, np.minimum(state.lowest[owner], low), low),
            np.where(carried, np.maximum(state.highest[owner], high), high),
            np.maximum(_upto(np.maximum, self._rate, start, stop), before),
        )

    def _at(self, of: Places, index: NDArray[Any], said: Any, confirmed: Any) -> Found:
        """What begins or is confirmed, at these samples."""
        n, o = len(of), self._o
        return Found(
            self._owner[of],
            o.place[index] - o.feed[index] * len(self._s.times),
            np.ones(n, bool),
            np.broadcast_to(confirmed, n),
            np.broadcast_to(said, n),
            self._began[of],
            self._time[index],
            *self._worst(of, index + 1),
            self._hertz[index],
        )

    def _ended(self, of: Places, number: Places, worst: Worst) -> Found:
        """What is over by the samples of these numbers."""
        place = self._s.place(number)
        return Found(
            self._owner[of],
            place % len(self._s.times),
            np.zeros(len(of), bool),
            (self._level[of] == LIMIT) & (self._told[of] | (self._tell[of] < len(self._o.feed))),
            self._said[of],
            self._began[of],
            self._time[self._stop[of] - 1],
            worst[0][of],
            worst[1][of],
            worst[2][of],
            self._s.hertz[place],
        )

    def _ended_at_once(self) -> Found:
        """What went on before this block and is over by its first sample."""
        s, state, o = self._s, self._state, self._o
        was, now = state.level[s.feeds], np.full(len(s.feeds), INSIDE, np.int8)
        now[o.feed[o.first]] = o.level[o.first]
        seen = np.diff(s.first) > 0
        over = seen & (state.said[s.feeds] != NOTHING) & (now != was) & ~((was == BAND) & (now == LIMIT))
        at = np.flatnonzero(over)
        supply, place = s.feeds[at], s.place(s.first[at])
        return Found(
            supply,
            place % len(s.times),
            np.zeros(len(at), bool),
            state.told[supply] & (was[at] == LIMIT),
            state.said[supply],
            state.began[supply],
            state.sampled[supply],
            state.lowest[supply],
            state.highest[supply],
            state.rate[supply],
            s.hertz[place],
        )

    def _remember(self, lasting: Places, worst: Worst) -> None:
        """What holds after the block, of the stretches that go on and of all else."""
        s, state, o = self._s, self._state, self._o
        seen = np.flatnonzero(np.diff(s.first) > 0)
        supply, owner = s.feeds[seen], self._owner[lasting]
        state.level[supply], state.said[supply], state.told[supply] = INSIDE, NOTHING, False
        state.samples[supply], state.slope[supply] = 0, _NAN
        state.level[owner], state.said[owner] = self._level[lasting], self._said[lasting]
        state.told[owner] = self._told[lasting] | (self._tell[lasting] < len(o.feed))
        state.samples[owner] = self._samples[lasting] + self._stop[lasting] - self._start[lasting]
        state.slope[owner] = self._slope[self._stop[lasting] - 1]
        state.began[owner], state.start[owner] = self._began[lasting], self._from[lasting]
        state.lowest[owner], state.highest[owner], state.rate[owner] = (each[lasting] for each in worst)
        ends = s.first[seen + 1] - 1
        counted = s.last_counted(ends, seen)
        some = counted >= 0
        state.sampled[supply[some]] = s.time(counted[some])
        state.hertz[supply] = s.value(ends)
