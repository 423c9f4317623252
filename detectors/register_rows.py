"""The exact reading of one feed's registers: row by row, where one of them has changed.

A sign waits for one poll before it is told: where that poll shows the voltage outside, it is the polls' own event that
began between the reading of the voltage and that of the register.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.curves import described, lasted
from detectors.event import Event, EventKind, Evidence
from detectors.register_state import COUNT, HIGH, HIGHEST, INSIDE, KINDS, LOW, LOWEST, OFF, REASON, Registers
from detectors.screen import carried_on
from detectors.voltage_state import HYSTERESIS
from device_profiles.quantities import quantity
from telemetry.block import SECOND, Quality, SampleBlock, Times, Values

# How long a register may show what the poll before already could have: the minute over which a minimum and maximum are
# kept; and the seconds by which a card's copy of its UPS's counters lags behind that of its voltages (judgement).
MINUTE = 60 * SECOND
LAG = 10 * SECOND
_BACK = {COUNT: LAG, LOWEST: MINUTE, HIGHEST: MINUTE, REASON: LAG}
_KEPT = {COUNT: 0, LOWEST: MINUTE, HIGHEST: MINUTE, REASON: 0}
_MOST = 10  # a second: a counter that rises faster counts no failures of a supply
_DOUBT = np.float32(0.05)  # per unit: a minimum above, or a maximum below, what is polled by more is of something else

_SAG, _INTERRUPTION, _SWELL, _CHANGE = (
    KINDS.index(kind)
    for kind in (
        EventKind.VOLTAGE_SAG,
        EventKind.VOLTAGE_INTERRUPTION,
        EventKind.VOLTAGE_SWELL,
        EventKind.RAPID_VOLTAGE_CHANGE,
    )
)
_REASONS = quantity("input.transfer.reason")
NONE = _REASONS.code("none")
# Why the UPS left its supply → which way that went, and what it is called where nothing tells how far.
_BY_REASON = {
    **{_REASONS.code(low): (LOW, _SAG) for low in ("undervoltage", "blackout", "sag")},
    **{_REASONS.code(high): (HIGH, _SWELL) for high in ("overvoltage", "spike")},
    _REASONS.code("rate_of_change"): (LOW, _CHANGE),
}
_NAN = np.float32(np.nan)


@dataclass(frozen=True, slots=True)
class _Polls:
    """The D rows of a block in which the feed's device was asked.

    times: (D,)
    before: (D, 4) µs of each register's sample before that row
    value, was: (D, 4) what counts of each register in that row, NaN if nothing; and in the last before that had any
    outside: (D, 3) µs of the last poll up to that row that saw the feed low, high, off its frequency
    """

    times: Times
    before: NDArray[np.int64]
    value: Values
    was: Values
    outside: NDArray[np.int64]


class FeedRows:
    """A block's rows for feed `g`. It writes into the state that it is given."""

    def __init__(self, v: Registers, block: SampleBlock, g: int) -> None:
        self._v, self._g, self._events = v, g, list[Event]()
        self._own = np.flatnonzero(v.owner == g)
        self._voltages = v.ways[0, self._own] == LOW
        self._polls = self._asked(block)

    def judge(self) -> list[Event]:
        """Read the registers where they changed; events come in order of time."""
        polls, s = self._polls, self._v.state
        changed = ~np.isnan(polls.value) & (polls.value != polls.was)
        rows = np.flatnonzero(changed.any(axis=1))
        waiting = [0] if s.kind[self._g].any() else []
        for k in np.unique(np.concatenate([waiting, rows, rows + 1])).astype(int).tolist():
            if k == len(polls.times):
                break
            self._settle(k)
            if polls.value[k, COUNT] < polls.was[k, COUNT]:
                s.fell[self._g] = polls.times[k]
            for register in (LOWEST, HIGHEST, REASON, COUNT):
                if changed[k, register]:
                    self._read(k, register)
        return self._events

    def _asked(self, block: SampleBlock) -> _Polls:
        """Look at the rows in which an answer was due; what was known before them is in the state."""
        v, g, s = self._v, self._g, self._v.state
        registers, polled = v.columns[g], v.polled[self._own]
        quality = block.quality[:, np.concatenate([registers[registers >= 0], polled])]
        due = np.flatnonzero((quality != Quality.HELD).any(axis=1))
        times = block.times[due]
        good = (block.quality[np.ix_(due, registers)] == Quality.GOOD) & (registers >= 0)
        values = np.where(good, block.values[np.ix_(due, registers)], _NAN)
        seen = block.quality[np.ix_(due, polled)] == Quality.GOOD
        unit = np.where(seen, block.values[np.ix_(due, polled)], _NAN) / v.nominal[self._own]
        ways, bounds = v.ways[:, self._own], v.bounds[:, self._own]
        low, high = unit < bounds[0], unit > bounds[1]
        gone = np.stack([((low & (ways[0] == w)) | (high & (ways[1] == w))).any(axis=1) for w in (LOW, HIGH, OFF)], 1)
        outside = np.maximum.accumulate(np.where(gone, times[:, None], s.outside[g]), axis=0)
        sampled = np.maximum.accumulate(np.where(good, times[:, None], s.sampled[g]), axis=0)
        value = self._counting(values, np.fmin.reduce(unit[:, self._voltages], axis=1, initial=_NAN))
        kept = carried_on(value, s.value[g])
        before, was = np.vstack([s.sampled[g], sampled]), np.vstack([s.value[g], kept])
        s.sampled[g], s.value[g] = before[-1], was[-1]
        s.outside[g] = np.vstack([s.outside[g], outside])[-1]
        return _Polls(times, before[:-1], value, was[:-1], outside)

    def _counting(self, values: Values, present: Values) -> Values:
        """(D, 4) what counts of each register; `present` (D,) is the voltage that is polled beside them, per unit.

        An extreme that contradicts the voltage beside it is none: an agent that starts gives zeros.
        """
        limits, unit = self._v.limits, values / self._v.base[self._g]
        doubted = np.isnan(present)
        doubted |= (unit[:, LOWEST] > present + _DOUBT) | (unit[:, HIGHEST] < present - _DOUBT)
        found = values.copy()
        for register, inside in ((LOWEST, unit >= limits.lowest), (HIGHEST, unit <= limits.swell[0])):
            found[inside[:, register], register] = INSIDE
            found[doubted, register] = _NAN
        found[values[:, REASON] == NONE, REASON] = _NAN  # of a restart; it is no transfer
        return found

    def _read(self, k: int, register: int) -> None:
        """One register has changed in poll `k`."""
        polls, s, g = self._polls, self._v.state, self._g
        now, was, time = polls.value[k, register], polls.was[k, register], int(polls.times[k])
        if not polls.before[k, register] or (s.fell[g] > 0 and time < s.fell[g] + MINUTE):
            return  # what stood there before, or what a card that starts puts in it
        if register == REASON:
            sign = _BY_REASON.get(int(now))
        elif np.isnan(was):
            sign = None
        elif register == COUNT:
            rise, since = now - was, time - int(polls.before[k, COUNT])
            sign = (LOW, _SAG) if 0 < rise <= _MOST * since / SECOND else None
        else:
            sign = self._extreme(register, now, was)
        if sign is None:
            return
        known = self._known(k, register, sign)
        s.spoke[g, register] = time
        if register == COUNT:
            self._count(k, round(float(now - was)) - known)
        elif not known:
            self._wait(k, register, sign)
        elif register == REASON and s.kind[g, sign[0]]:
            s.shown[g, sign[0], REASON] = now

    def _extreme(self, register: int, now: np.float32, was: np.float32) -> tuple[int, int] | None:
        """What a minimum or maximum shows that has changed; None where it is inside, or no further out than it was."""
        base, limits = self._v.base[self._g], self._v.limits
        if now == INSIDE:
            return None
        if register == HIGHEST:
            return (HIGH, _SWELL) if was == INSIDE or (now - was) / base > HYSTERESIS else None
        if was != INSIDE and (was - now) / base <= HYSTERESIS:
            return None
        alone = np.count_nonzero(self._voltages) == 1  # of several phases one may be dead, which is no interruption
        return (LOW, _INTERRUPTION if alone and now / base < limits.interruption[0] else _SAG)

    def _known(self, k: int, register: int, sign: tuple[int, int]) -> bool:
        """Whether polls saw what a register shows in poll `k`, or another register has shown it."""
        s, g = self._v.state, self._g
        since = self._polls.before[k, register] - _BACK[register]
        if register == COUNT or sign[1] == _CHANGE:
            ways, others = [LOW, HIGH, OFF], [r for r in (LOWEST, HIGHEST, REASON, COUNT) if r != register]
        else:
            ways = [sign[0]]
            others = [COUNT, REASON] if register != REASON else [COUNT, (LOWEST, HIGHEST)[sign[0]]]
        return bool(max(self._polls.outside[k, ways].max(), s.spoke[g, others].max()) >= since)

    def _count(self, k: int, more: int) -> None:
        """The counter has shown so many more than are known: of what this poll's other registers show, if they do."""
        s, g = self._v.state, self._g
        shown = np.flatnonzero(s.kind[g])
        if not len(shown) and more:
            self._wait(k, COUNT, (LOW, _SAG))
            s.counted[g, LOW] = more
        elif len(shown):
            way = int(shown[0])
            s.counted[g, way] += more
            s.shown[g, way, COUNT] = self._polls.value[k, COUNT]
            s.onset[g, way, 0] = max(s.onset[g, way, 0], self._polls.before[k, COUNT])

    def _wait(self, k: int, register: int, sign: tuple[int, int]) -> None:
        """A sign of poll `k`: the next one has to bear it out."""
        s, g, (way, kind), polls = self._v.state, self._g, sign, self._polls
        if s.kind[g, way]:
            return
        s.kind[g, way], s.counted[g, way] = kind, 1
        s.onset[g, way] = polls.before[k, register] - _KEPT[register], polls.times[k]
        s.shown[g, way] = _NAN
        s.shown[g, way, register] = polls.value[k, register]

    def _settle(self, k: int) -> None:
        """Tell what waited for poll `k`, but for the one disturbance that this poll sees itself."""
        s, g, time = self._v.state, self._g, self._polls.times[k]
        for way in np.flatnonzero(s.kind[g]).tolist():
            known_as = [way] if not np.isnan(s.shown[g, way, [LOWEST, HIGHEST]]).all() else [LOW, HIGH, OFF]
            s.counted[g, way] -= self._polls.outside[k, known_as].max() == time
            if s.counted[g, way] > 0:
                self._tell(int(time), way)
            s.kind[g, way] = 0

    def _tell(self, time: int, way: int) -> None:
        """It begins and ends in one poll: when it is known it is over."""
        v, g, s = self._v, self._g, self._v.state
        kind, (device, point) = EventKind(str(KINDS[s.kind[g, way]])), v.feeds.names[g]
        onset = (int(s.onset[g, way, 0]), int(s.onset[g, way, 1]))
        extreme = float(s.shown[g, way, (LOWEST, HIGHEST)[way]] / v.base[g])
        detail: dict[str, object] = {"unseen": True}
        if not np.isnan(s.shown[g, way, COUNT]):
            detail["counted"] = int(s.counted[g, way])
        lasting = lasted(onset, onset)
        hertz = float(v.feeds.nominal_frequency[g])
        over = described(kind, extreme, lasting, hertz, load_side=False)
        if np.isnan(extreme) or lasting[1] > MINUTE:  # of unknown height, or of any class: no name
            over = {"duration_s": over["duration_s"]}
        for ended, more in ((None, {}), (onset, over)):
            self._events.append(
                Event(
                    time=time,
                    kind=kind,
                    subject=device,
                    point=point,
                    active=ended is None,
                    onset=onset,
                    ended=ended,
                    magnitude=0.0 if np.isnan(extreme) else extreme,
                    evidence=self._evidence(way),
                    detail=detail | more,
                )
            )

    def _evidence(self, way: int) -> tuple[Evidence, ...]:
        """What the registers showed."""
        v, g, s = self._v, self._g, self._v.state
        found, time = s.shown[g, way], int(s.onset[g, way, 1])
        channels = {r: v.channels[v.columns[g, r]] for r in np.flatnonzero(~np.isnan(found)).tolist()}
        return tuple(
            Evidence(c.device, c.quantity, _REASONS.states[int(found[r])] if r == REASON else float(found[r]), time)
            for r, c in channels.items()
        )
