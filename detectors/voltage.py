"""Interruptions, sags and swells, by phase, in the style of IEC 61000-4-30 with the limits of IEEE 1159.

A feed has two tracks. Low: normal, sag, interruption, where an interruption takes the place of the sag
that it deepens and gives way to one while it recovers, so that one thing is said at a time. High: normal,
swell, which goes on beside the other (a lost neutral raises one phase and lowers another).

One dense look at the block finds the feeds that leave their limits or are outside already; only those are
judged row by row. Polled values are no half-cycle values: "in the style of", never "class A".
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.event import Event, EventKind, Evidence
from detectors.feeds import CARRYING, FORMS, Feeds, judged_feeds
from detectors.layout import Layout
from detectors.state import State, copied
from telemetry.block import Channel, Quality, SampleBlock, Values
from telemetry.site import Site

SAG, SWELL, INTERRUPTION = 0.9, 1.1, 0.1  # per unit, IEEE 1159-2019 table 2
HYSTERESIS = 0.02  # per unit, IEC 61000-4-30:2015 5.4
CONFIRM = 2  # samples in a row: one alone may be a glitch of the device

LOW, HIGH = 0, 1
_KINDS = ((None, EventKind.VOLTAGE_SAG, EventKind.VOLTAGE_INTERRUPTION), (None, EventKind.VOLTAGE_SWELL))


@dataclass(slots=True)
class VoltageState(State):
    """Entries along the F judged feeds; a second axis of 7 runs along `FORMS`, one of 2 along the tracks.

    sampled: µs of the column's last sample, 0 before the first
    low, dead, high: the column is below, far below, above its limit, with hysteresis
    status: last known `ups.status` of an output, -1 where none is
    level: of each track, 0 normal, 1 and 2 as in `_KINDS`
    samples: in a row outside, of each track
    began: (…, 2, 2) last sample good, first bad, of each track's present level
    bad: last sample at the present level
    worst: per unit, of the present level
    """

    sampled: NDArray[np.int64]
    low: NDArray[np.bool_]
    dead: NDArray[np.bool_]
    high: NDArray[np.bool_]
    status: NDArray[np.int8]
    level: NDArray[np.int8]
    samples: NDArray[np.int32]
    began: NDArray[np.int64]
    bad: NDArray[np.int64]
    worst: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Limits:
    """Of the site, per unit: where a condition begins and where it ends."""

    sag: tuple[float, float]
    swell: tuple[float, float]
    interruption: tuple[float, float]

    @staticmethod
    def of(site: Site) -> "_Limits":
        def pair(kind: EventKind, limit: float, sign: int) -> tuple[float, float]:
            own = site.limits.get(kind)
            begin = limit if own is None or own.limit is None else own.limit
            band = HYSTERESIS if own is None or own.deadband is None else own.deadband
            return begin, begin + sign * band

        return _Limits(
            pair(EventKind.VOLTAGE_SAG, SAG, 1),
            pair(EventKind.VOLTAGE_SWELL, SWELL, -1),
            pair(EventKind.VOLTAGE_INTERRUPTION, INTERRUPTION, 1),
        )


@dataclass(slots=True)
class Voltages:
    """The detector's state: the feeds and limits of the layout, and what is carried on."""

    feeds: Feeds
    limits: _Limits
    channels: tuple[Channel, ...]
    columns: NDArray[np.int64]  # (C,) every voltage column once
    owner: NDArray[np.int64]  # (C,) its feed
    bounds: NDArray[np.float32]  # (2, C) V: inside them nothing begins
    state: VoltageState


class VoltageDetector:
    """Voltage interruption, sag and swell of every judged feed.

    Standards: IEEE 1159-2019 table 2 (limits); IEC 61000-4-30:2015 5.4 and 5.5 (any phase begins, all phases
    end a dip or swell; all phases begin, any ends an interruption; hysteresis).
    """

    def start(self, layout: Layout) -> Voltages:
        """Before the first row: nothing is known."""
        feeds, limits = judged_feeds(layout), _Limits.of(layout.site)
        owner, slot = np.nonzero(feeds.columns >= 0)
        nominal = feeds.nominal[owner, slot]
        f, phases, tracks = len(feeds.names), len(FORMS), len(_KINDS)
        state = VoltageState(
            feeds.keys,
            sampled=np.zeros((f, phases), np.int64),
            low=np.zeros((f, phases), bool),
            dead=np.zeros((f, phases), bool),
            high=np.zeros((f, phases), bool),
            status=np.full(f, -1, np.int8),
            level=np.zeros((f, tracks), np.int8),
            samples=np.zeros((f, tracks), np.int32),
            began=np.zeros((f, tracks, 2), np.int64),
            bad=np.zeros((f, tracks), np.int64),
            worst=np.zeros((f, tracks), np.float32),
        )
        lowest = np.float32(max(limits.sag[0], limits.interruption[0]))
        # A step of single precision inside the limits: dividing and multiplying round differently.
        bounds = np.stack(
            [np.nextafter(nominal * lowest, np.inf), np.nextafter(nominal * np.float32(limits.swell[0]), 0)],
            dtype=np.float32,
        )
        return Voltages(feeds, limits, layout.channels, feeds.columns[owner, slot], owner, bounds, state)

    def step(self, state: Voltages, block: SampleBlock) -> tuple[Voltages, Sequence[Event]]:
        """Judge the block's rows."""
        if not len(block) or not len(state.columns):
            return state, ()
        lowest, highest = _extremes(block.values, state.columns)
        with np.errstate(invalid="ignore"):
            outside = (lowest < state.bounds[0]) | (highest > state.bounds[1])
        s = copied(state.state)
        restless = np.asarray(s.level.any(axis=1))
        restless[state.owner[outside]] = True
        exact = np.flatnonzero(restless)
        after = Voltages(state.feeds, state.limits, state.channels, state.columns, state.owner, state.bounds, s)
        events = _Judge(after, block, exact).run() if len(exact) else []
        _remember_calm(after, block, ~restless)
        return after, sorted(events, key=lambda e: e.order)


def _extremes(values: Values, columns: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Lowest and highest value of each of these columns, NaN where there is none.

    Where most columns are voltages, reducing all of them in place beats gathering those few first.
    """
    if 2 * len(columns) > values.shape[1]:
        return np.fmin.reduce(values, axis=0)[columns], np.fmax.reduce(values, axis=0)[columns]
    own = values[:, columns]
    return np.fmin.reduce(own, axis=0), np.fmax.reduce(own, axis=0)


def _remember_calm(v: Voltages, block: SampleBlock, calm: NDArray[np.bool_]) -> None:
    """What stays of the feeds that stayed inside: when each column was last sampled, what their UPS says of itself."""
    s, feeds = v.state, v.feeds
    owner, slot = np.nonzero((feeds.columns >= 0) & calm[:, None])
    columns = feeds.columns[owner, slot]
    good = block.quality[-1, columns] == Quality.GOOD
    s.sampled[owner[good], slot[good]] = block.times[-1]
    if not good.all():
        earlier = block.quality[:, columns[~good]] == Quality.GOOD
        sampled = earlier.any(axis=0)
        last = len(block) - 1 - earlier[::-1].argmax(axis=0)
        s.sampled[owner[~good][sampled], slot[~good][sampled]] = block.times[last[sampled]]
    told = np.flatnonzero(calm & (feeds.status >= 0))
    if len(told):
        s.status[told] = _last_code(block.values[:, feeds.status[told]], s.status[told])


def _last_code(values: Values, before: NDArray[np.int8]) -> NDArray[np.int8]:
    """The last state of each column that is known, else the one from before."""
    known = ~np.isnan(values)
    row = len(values) - 1 - known[::-1].argmax(axis=0)
    last = values[row, np.arange(values.shape[1])]
    return np.where(known.any(axis=0), np.nan_to_num(last, nan=-1.0), before).astype(np.int8)


class _Judge:
    """Goes through a block row by row, for the feeds that need it, all of them at once."""

    def __init__(self, v: Voltages, block: SampleBlock, feeds: NDArray[np.int64]) -> None:
        self._v, self._block, self._feeds = v, block, feeds
        self._columns = v.feeds.columns[feeds]
        good = (block.quality[:, self._columns] == Quality.GOOD) & (self._columns >= 0)
        # What is held, or not given, is no evidence.
        self._pu = np.where(good, block.values[:, self._columns] / v.feeds.nominal[feeds], np.float32(np.nan))
        self._new = good.any(axis=2)
        status = v.feeds.status[feeds]
        self._status = np.where(status >= 0, block.values[:, status], np.float32(np.nan))
        self._row = 0
        self._events: list[Event] = []

    def run(self) -> list[Event]:
        """Judge every row; events come in order of time."""
        for row in range(len(self._block)):
            self._row = row
            self._judge_row()
        return self._events

    @property
    def _time(self) -> int:
        return int(self._block.times[self._row])

    def _judge_row(self) -> None:
        s, at = self._v.state, self._feeds
        told = self._status[self._row]
        s.status[at] = np.where(np.isnan(told), s.status[at], np.nan_to_num(told))
        idle = (s.status[at] >= 0) & ~CARRYING[s.status[at]]
        moved = self._new[self._row] | idle
        if not moved.any():
            return
        pu = self._pu[self._row]
        limits = self._v.limits
        for held, (begin, end), sign in (
            (s.low, limits.sag, 1),
            (s.dead, limits.interruption, 1),
            (s.high, limits.swell, -1),
        ):
            with np.errstate(invalid="ignore"):
                enters, leaves = sign * pu < np.float32(sign * begin), sign * pu >= np.float32(sign * end)
            holds = (held[at] | enters) & ~leaves & ~idle[:, None]
            held[at] = np.where(moved[:, None], holds, held[at])
        new = ~np.isnan(pu)
        never = (s.sampled[at] == 0) & ~new
        gone = (s.dead[at] | never).all(axis=1) & s.dead[at].any(axis=1)
        low = np.where(gone[:, None], s.dead[at], s.low[at])
        self._move(LOW, moved, np.where(gone, 2, low.any(axis=1)), low)
        self._move(HIGH, moved, np.asarray(s.high[at].any(axis=1), np.int64), s.high[at])
        s.sampled[at] = np.where(new, self._time, s.sampled[at])

    def _move(self, track: int, moved: NDArray[np.bool_], level: NDArray[np.int64], outside: NDArray[np.bool_]) -> None:
        """Take the track of each feed that `moved` to its new level, and say what begins, is confirmed, ends.

        A row in which none of the columns that are `outside` gives a value keeps the level, but is no further poll
        that shows it.
        """
        s, time = self._v.state, self._time
        was = s.level[self._feeds, track]
        busy = np.flatnonzero(moved & ((was > 0) | (level > 0)))
        if not len(busy):
            return
        feeds, was, now = self._feeds[busy], was[busy], level[busy]
        changed = was != now
        for i in busy[changed & (was > 0)]:
            self._tell(track, int(i), ended=True)
        pick = np.fmin if track == LOW else np.fmax
        extreme = pick.reduce(np.where(outside[busy], self._pu[self._row, busy], np.float32(np.nan)), axis=1)
        shown, entered = ~np.isnan(extreme), changed & (now > 0)
        s.level[feeds, track] = now
        s.samples[feeds, track] = np.where(now > 0, s.samples[feeds, track] + shown, 0)
        s.worst[feeds, track] = np.where(entered & shown, extreme, pick(s.worst[feeds, track], extreme))
        s.began[feeds[entered], track, 0] = self._last_before(busy[entered], outside[busy[entered]])
        s.began[feeds[entered], track, 1] = time
        s.bad[feeds[shown], track] = time
        for i in busy[entered | (shown & (s.samples[feeds, track] == CONFIRM))]:
            self._tell(track, int(i), ended=False)

    def _last_before(self, chosen: NDArray[np.int64], outside: NDArray[np.bool_]) -> NDArray[np.int64]:
        """µs up to which these feeds are known not to have been at the level that this row shows them to be at."""
        sampled = self._v.state.sampled[self._feeds[chosen]]
        shown = outside & (sampled > 0) & ~np.isnan(self._pu[self._row, chosen])
        earliest = np.where(shown, sampled, np.iinfo(np.int64).max).min(axis=1)
        latest = sampled.max(axis=1)
        return np.where(shown.any(axis=1), earliest, np.where(latest > 0, latest, self._time))

    def _tell(self, track: int, i: int, *, ended: bool) -> None:
        """An event of the i-th of these feeds, at its track's present level."""
        s, f = self._v.state, self._feeds[i]
        kind = _KINDS[track][s.level[f, track]]
        if kind is None:
            raise AssertionError("a normal feed has nothing to tell")
        device, point = self._v.feeds.names[f]
        began = s.began[f, track]
        self._events.append(
            Event(
                time=self._time,
                kind=kind,
                subject=device,
                point=point,
                active=not ended,
                onset=(int(began[0]), int(began[1])),
                ended=(int(s.bad[f, track]), self._time) if ended else None,
                magnitude=float(s.worst[f, track]),
                confirmed=bool(s.samples[f, track] >= CONFIRM),
                evidence=self._evidence(device, i),
            )
        )

    def _evidence(self, device: str, i: int) -> tuple[Evidence, ...]:
        """What the feed reads in this row."""
        row, columns = self._row, self._columns[i]
        return tuple(
            Evidence(device, self._v.channels[c].quantity, float(self._block.values[row, c]), self._time)
            for c in columns[~np.isnan(self._pu[row, i])]
        )
