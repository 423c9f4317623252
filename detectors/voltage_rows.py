"""The exact machine of voltage events: row by row, for the feeds that need it, all of them at once."""

import numpy as np
from numpy.typing import NDArray

from detectors.event import Event, EventKind, Evidence
from detectors.feeds import CARRYING
from detectors.screen import carried_on, last_times
from detectors.voltage_state import HIGH, KINDS, LOW, Voltages
from telemetry.block import Quality, SampleBlock

CONFIRM = 2  # samples in a row: one alone may be a glitch of the device

_NAN = np.float32(np.nan)
_LATER = np.iinfo(np.int64).max


class Rows:
    """A block's rows for E feeds. It writes into the state that it is given.

    Rows in which all of them are inside their limits and none was outside before are passed over.
    """

    def __init__(self, v: Voltages, block: SampleBlock, feeds: NDArray[np.int64]) -> None:
        self._v, self._block, self._feeds = v, block, feeds
        self._columns = v.feeds.columns[feeds]
        self._new = (block.quality[:, self._columns] == Quality.GOOD) & (self._columns >= 0)
        # What is held, or not given, is no evidence.
        self._volts = np.where(self._new, block.values[:, self._columns], _NAN)
        self._pu = self._volts / v.feeds.nominal[feeds]
        self._idle = self._not_carrying()
        self._row = 0
        self._events: list[Event] = []

    def _not_carrying(self) -> NDArray[np.bool_]:
        """(T, E) whether the UPS says that it does not carry its load: its output is then not judged."""
        s, columns = self._v.state, self._v.feeds.status[self._feeds]
        idle = np.zeros((len(self._block), len(columns)), bool)
        if len(own := np.flatnonzero(columns >= 0)):
            codes = carried_on(self._block.values[:, columns[own]], s.status[self._feeds[own]]).astype(np.int8)
            idle[:, own] = (codes >= 0) & ~CARRYING[codes]
            s.status[self._feeds[own]] = codes[-1]
        return idle

    def judge(self) -> list[Event]:
        """Judge every row; events come in order of time."""
        limits = self._v.limits
        begins = np.asarray(((self._pu < limits.lowest) | (self._pu > limits.swell[0])).any(axis=(1, 2)))
        while self._row < len(self._block):
            if not self._v.state.level[self._feeds].any() and not begins[self._row]:
                self._pass_over(begins)
            else:
                self._judge_row()
                self._row += 1
        return self._events

    def _pass_over(self, begins: NDArray[np.bool_]) -> None:
        """Go to the next row in which something begins."""
        s, later = self._v.state, begins[self._row :]
        stop = self._row + int(later.argmax()) if later.any() else len(self._block)
        new, times = self._new[self._row : stop], self._block.times[self._row : stop]
        s.sampled[self._feeds] = last_times(new, times, s.sampled[self._feeds])
        self._row = stop

    @property
    def _time(self) -> int:
        return int(self._block.times[self._row])

    def _judge_row(self) -> None:
        s, at, limits = self._v.state, self._feeds, self._v.limits
        pu, new, idle = self._pu[self._row], self._new[self._row], self._idle[self._row]
        moved = new.any(axis=1) | idle
        if not moved.any():
            return
        sampled = s.sampled[at]
        low = (s.low[at] | (pu < limits.sag[0])) & ~(pu >= limits.sag[1]) & ~idle[:, None]
        dead = (s.dead[at] | (pu < limits.interruption[0])) & ~(pu >= limits.interruption[1]) & ~idle[:, None]
        high = (s.high[at] | (pu > limits.swell[0])) & ~(pu <= limits.swell[1]) & ~idle[:, None]
        s.low[at], s.dead[at], s.high[at] = low, dead, high
        gone = (dead | ((sampled == 0) & ~new)).all(axis=1) & dead.any(axis=1)
        self._move(LOW, moved, np.where(gone, 2, low.any(axis=1)), np.where(gone[:, None], dead, low))
        self._move(HIGH, moved, high.any(axis=1).astype(np.int64), high)
        s.sampled[at] = np.where(new, self._time, sampled)

    def _move(self, track: int, moved: NDArray[np.bool_], level: NDArray[np.int64], outside: NDArray[np.bool_]) -> None:
        """Take the track of each feed that `moved` to its new level, and say what begins, is confirmed, ends.

        A row in which none of the columns that are `outside` gives a value keeps the level, but is no further poll
        that shows it.
        """
        s, time = self._v.state, self._time
        busy = np.flatnonzero(moved & ((s.level[self._feeds, track] > 0) | (level > 0)))
        if not len(busy):
            return
        feeds, now, outside = self._feeds[busy], level[busy], outside[busy]
        was = s.level[feeds, track]
        self._tell(track, busy[(was != now) & (was > 0)], ended=True)
        pick = np.fmin if track == LOW else np.fmax
        extreme = pick.reduce(np.where(outside, self._pu[self._row, busy], _NAN), axis=1)
        shown, entered = ~np.isnan(extreme), (was != now) & (now > 0)
        s.level[feeds, track] = now
        s.samples[feeds, track] = np.where(now > 0, s.samples[feeds, track] + shown, 0)
        s.worst[feeds, track] = np.where(entered & shown, extreme, pick(s.worst[feeds, track], extreme))
        s.began[feeds[entered], track, 0] = self._last_before(busy[entered], outside[entered])
        s.began[feeds[entered], track, 1] = time
        s.bad[feeds[shown], track] = time
        self._tell(track, busy[entered | (shown & (s.samples[feeds, track] == CONFIRM))], ended=False)

    def _last_before(self, chosen: NDArray[np.int64], outside: NDArray[np.bool_]) -> NDArray[np.int64]:
        """µs up to which these feeds are known not to have been at the level that this row shows them to be at."""
        sampled = self._v.state.sampled[self._feeds[chosen]]
        shown = outside & (sampled > 0) & self._new[self._row, chosen]
        earliest = np.where(shown, sampled, _LATER).min(axis=1)
        latest = sampled.max(axis=1)
        return np.where(shown.any(axis=1), earliest, np.where(latest > 0, latest, self._time))

    def _tell(self, track: int, chosen: NDArray[np.int64], *, ended: bool) -> None:
        """An event of each of the chosen feeds, at its track's present level."""
        s, time, feeds = self._v.state, self._time, self._feeds[chosen]
        facts = zip(
            chosen.tolist(),
            feeds.tolist(),
            s.level[feeds, track].tolist(),
            s.began[feeds, track].tolist(),
            s.bad[feeds, track].tolist(),
            s.worst[feeds, track].tolist(),
            (s.samples[feeds, track] >= CONFIRM).tolist(),
            strict=True,
        )
        for i, feed, level, began, bad, worst, confirmed in facts:
            device, point = self._v.feeds.names[feed]
            self._events.append(
                Event(
                    time=time,
                    kind=EventKind(KINDS[track][level]),
                    subject=device,
                    point=point,
                    active=not ended,
                    onset=(began[0], began[1]),
                    ended=(bad, time) if ended else None,
                    magnitude=worst,
                    confirmed=confirmed,
                    evidence=self._evidence(device, i),
                )
            )

    def _evidence(self, device: str, i: int) -> tuple[Evidence, ...]:
        """What the feed reads in this row."""
        columns, volts, time = self._columns[i].tolist(), self._volts[self._row, i].tolist(), self._time
        channels, new = self._v.channels, self._new[self._row, i].tolist()
        return tuple(
            Evidence(device, channels[c].quantity, v, time)
            for c, v, is_new in zip(columns, volts, new, strict=True)
            if is_new
        )
