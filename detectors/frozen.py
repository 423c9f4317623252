"""Frozen values: a device answers, but what it answers is old.

A value is judged by its own last digit and its own history. In windows: one in which a column's lowest and highest
value are the same stood still; with the next at the same value it is one run. What moves by a few steps of its last
digit in a window anyway is too coarse to be judged (a regulated output, a supply read in whole volts), and so is
what stands near zero (an idle feed, a resting generator): what a load draws scatters in proportion to what it draws.

What is held between polls, or missing, is evidence of nothing: it neither goes on with a run nor ends it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from detectors.event import Event, EventKind, Evidence
from detectors.layout import Layout
from detectors.screen import Screen
from detectors.state import State, copied
from detectors.usual import tracked_columns
from detectors.windows import POLLS, Floats, Places, Windows
from telemetry.block import Channel, SampleBlock

LEAST = 24  # polls: more than a window has, so two must stand still
TIMES_LONGEST = 4  # the longest run that ended by itself
TIMES_MOVING = 4  # of the run, for which it has been seen to move
STEPS = 4  # of its last digit: what a column moves by in a usual window, at least, to be judged
RECOVERY = 8  # windows in which it moves, after it was frozen: what falls into a frozen stretch stands still too
_LEARNING = 64  # windows in which it moved, from which its last digit is learnt
_EVERY = 8  # windows: the usual size is learnt from one of so many
_STEP = np.float32(1.02**_EVERY)  # of it: as fast as the usual noise, which belongs to it
_BACK = np.float32(1) / _STEP
_SMALLEST = np.float32(1e-6)


@dataclass(slots=True)
class Standing(State):
    """Entries along the tracked columns. Times in µs, 0 for none.

    repeats: polls in a row that gave the same value, counted in whole windows
    value: of those; else the highest of the last window
    longest: polls of the longest run that ended by itself
    varied: windows in which it moved
    recovers: so many of these must have been before a run counts as its nature again
    quantum: smallest step that was seen from one window to the next, NaN before the first
    size: at which the usual noise was learnt, a running median; of columns that have no nominal value
    moved: first row of the last window before this run: in which it moved, or stood elsewhere
    since, stood: first row of the first and of the last window of this run
    told: it has been said that it is frozen
    """

    repeats: NDArray[np.int32]
    value: Floats
    longest: NDArray[np.int32]
    varied: NDArray[np.int32]
    recovers: NDArray[np.int32]
    quantum: Floats
    size: Floats
    moved: NDArray[np.int64]
    since: NDArray[np.int64]
    stood: NDArray[np.int64]
    told: NDArray[np.bool_]


@dataclass(slots=True)
class Frozen:
    """The detector's state: the tracked columns of the layout, and what is carried on.

    tick: µs from row to row
    least: polls that have to repeat
    """

    tick: int
    least: int
    channels: tuple[Channel, ...]
    standing: Standing


class FrozenDetector:
    """`value_frozen` while a value repeats exactly for far longer than it ever has; its point is the quantity."""

    def start(self, layout: Layout) -> Frozen:
        """Before the first window."""
        channels = tuple(layout.channels[c] for c in tracked_columns(layout))
        n = len(channels)
        standing = Standing(
            tuple(f"{c.device}/{c.quantity}" for c in channels),
            repeats=np.zeros(n, np.int32),
            value=np.full(n, np.nan, np.float32),
            longest=np.zeros(n, np.int32),
            varied=np.zeros(n, np.int32),
            recovers=np.zeros(n, np.int32),
            quantum=np.full(n, np.nan, np.float32),
            size=np.full(n, np.nan, np.float32),
            moved=np.zeros(n, np.int64),
            since=np.zeros(n, np.int64),
            stood=np.zeros(n, np.int64),
            told=np.zeros(n, bool),
        )
        least = max(LEAST, round(layout.site.limit(EventKind.VALUE_FROZEN, LEAST)))
        return Frozen(layout.site.tick, least, channels, standing)

    def step(self, state: Frozen, block: SampleBlock, screen: Screen) -> tuple[Frozen, Sequence[Event]]:  # noqa: ARG002
        """Judge the windows that ended; columns that moved in all of them cost one comparison."""
        if not any(len(w) for w in screen.windows):
            return state, ()
        after = replace(state, standing=copied(state.standing))
        events: list[Event] = []
        for w in screen.windows:
            if len(w):
                events += _judge(after, w, screen)
        return after, sorted(events, key=lambda e: e.order)


def _judge(v: Frozen, w: Windows, screen: Screen) -> list[Event]:
    """Pass over the columns that moved all the time, and go through the windows of the others."""
    s = v.standing
    entries, places = screen.usual.tracked.by_rows[w.rows]
    of = slice(None) if len(places) == w.low.shape[1] else places
    own = slice(None) if len(entries) == len(s.keys) else entries
    restless = np.asarray((w.low[:, of] == w.high[:, of]).any(axis=0) | (w.seen[:, of].min(axis=0) * 2 < w.rows))
    restless |= (s.repeats[own] > 0) | (s.varied[own] < _LEARNING)
    s.varied[own] += np.where(restless, np.int32(0), np.int32(len(w)))
    s.moved[own] = np.where(restless, s.moved[own], w.begins[-1])
    sizeless = np.flatnonzero(np.isnan(screen.usual.tracked.nominal[own]))
    sizes = _learn_sizes(v, w, entries[sizeless], places[sizeless])
    if not len(busy := np.flatnonzero(restless)):
        return []
    after = np.ix_(np.searchsorted(screen.pieces.edges, w.stops, side="right") - 1, entries[busy])
    size = screen.usual.base[after]
    without = np.flatnonzero(np.isnan(screen.usual.tracked.nominal[entries[busy]]))
    at = np.searchsorted(sizeless, busy[without])
    for k, learnt in enumerate(sizes):
        size[k, without] = learnt[at]
    runs = _Runs(v, w, entries[busy], places[busy], noise=screen.usual.noise[after], size=size)
    return [event for k in range(len(w)) for event in runs.window(k)]


def _learn_sizes(v: Frozen, w: Windows, entries: Places, places: Places) -> list[Floats]:
    """K times (m,) at what size the usual noise of columns without a nominal value was learnt, after each window."""
    sizes, size = [], v.standing.size[entries]
    for k, number in enumerate(w.begins // (w.rows * v.tick)):
        if number % _EVERY == 0:
            reads, known = np.abs(w.high[k, places]), w.seen[k, places] * 2 >= w.rows
            moved = np.maximum(size * np.where(reads > size, _STEP, _BACK), _SMALLEST)
            size = np.where(known, np.where(np.isnan(size), reads, moved), size)
        sizes.append(size)
    v.standing.size[entries] = size
    return sizes


class _Runs:
    """The runs of m columns, window by window. It writes into the state that it is given."""

    def __init__(self, v: Frozen, w: Windows, entries: Places, places: Places, *, noise: Floats, size: Floats) -> None:
        self._v, self._w, self._at, self._noise, self._size = v, w, entries, noise, size
        self._low, self._high = w.low[:, places], w.high[:, places]
        self._known = w.seen[:, places] * 2 >= w.rows
        self._polls = w.seen[:, places] // (w.rows // POLLS)

    def window(self, k: int) -> list[Event]:
        """Go on with each run, or end it."""
        s, at, begin = self._v.standing, self._at, self._w.begins[k]
        high, known = self._high[k], self._known[k]
        running, still = s.repeats[at] > 0, known & (self._low[k] == high)
        same = still & running & (high == s.value[at])
        begins, ends, moves = still & ~same, known & running & ~same, known & ~still
        events = [self._event(int(i), k, ended=True) for i in at[ends & s.told[at]]]
        learns = at[ends & ~s.told[at] & (s.varied[at] >= s.recovers[at]) & self._judged(k)]
        s.longest[learns] = np.maximum(s.longest[learns], s.repeats[learns])
        thaws = at[ends & s.told[at]]
        s.recovers[thaws] = s.varied[thaws] + RECOVERY
        self._learn_quantum(k, moves)
        s.varied[at[moves]] += 1
        s.moved[at[moves]] = begin
        s.moved[at[begins & running]] = s.stood[at[begins & running]]
        s.since[at[begins]] = begin
        s.stood[at[still]], s.value[at[known]], s.told[at[ends]] = begin, high[known], False
        s.repeats[at] = np.where(known, np.where(same, s.repeats[at], 0) + self._polls[k] * still, s.repeats[at])
        repeats = s.repeats[at]
        frozen = same & ~s.told[at] & (repeats >= np.maximum(self._v.least, TIMES_LONGEST * s.longest[at]))
        frozen &= s.varied[at].astype(np.int64) * POLLS >= TIMES_MOVING * repeats
        frozen &= self._judged(k)
        s.told[at[frozen]] = True
        return events + [self._event(int(i), k, ended=False) for i in at[frozen]]

    def _judged(self, k: int) -> NDArray[np.bool_]:
        """(m,) whether the column would be expected to move at the value where it stands."""
        s, size = self._v.standing, self._size[k]
        part = np.minimum(np.abs(s.value[self._at]), size)
        return np.asarray(self._noise[k] * part >= STEPS * s.quantum[self._at] * size, bool)

    def _learn_quantum(self, k: int, moved: NDArray[np.bool_]) -> None:
        s = self._v.standing
        learns = np.flatnonzero(moved & (s.varied[self._at] < _LEARNING))
        at = self._at[learns]
        step = np.abs(self._high[k, learns] - s.value[at])
        s.quantum[at] = np.where(step > 0, np.fmin(s.quantum[at], step), s.quantum[at])

    def _event(self, i: int, k: int, *, ended: bool) -> Event:
        s, channel, time = self._v.standing, self._v.channels[i], int(self._w.times[k])
        since, value, quantum = int(s.since[i]), float(f"{s.value[i]:.6g}"), float(f"{s.quantum[i]:.2g}")
        return Event(
            time=time,
            kind=EventKind.VALUE_FROZEN,
            subject=channel.device,
            point=channel.quantity,
            active=not ended,
            onset=(int(s.moved[i]), since),
            ended=(int(s.stood[i]), time) if ended else None,
            magnitude=float(s.repeats[i]),
            evidence=(Evidence(channel.device, channel.quantity, value, since),),
            detail={"repeats": int(s.repeats[i]), "stuck_at": value, "quantum": quantum},
        )
