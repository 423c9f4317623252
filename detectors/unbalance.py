"""Unbalance of three phases, on the middles of windows, in the style of IEC 61000-4-30.

From three voltages between phases: the true one, V2/V1 (`VUF`), which their magnitudes determine. From three to
neutral V2/V1 is not determined, so it is the largest deviation from their mean (`PVUR`), and is called so. Where a
feed gives both, the true one is judged.

A window in which a phase was outside ±10 % of its base, or the supply moved much, is flagged (IEC 61000-4-30:2015
4.7) and neither begins nor ends anything: what is wrong then is another thing, and a dead feed has no balance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from detectors.event import Event, EventKind, Evidence
from detectors.feeds import judged_feeds
from detectors.layout import Layout
from detectors.screen import Screen, picked
from detectors.state import State, copied
from detectors.usual import HIGH, LOW, tracked_columns
from detectors.windows import Floats, Places, Windows, lengths_of
from telemetry.block import SECOND, Channel, SampleBlock

RECORDED = 0.02  # EN 50160:2010 4.2.10 (2 % for 95 % of a week)
LIMIT = 0.03  # ANSI C84.1-2020 annex C, at the service
DEADBAND = 0.003
HOLD = 60 * SECOND
HOLD_WINDOWS = 3
RESTLESS = np.float32(0.05)  # of its base: what a phase may move by within a window
# No unbalance is more than the phases' range over their mean: a screen in single precision, with room for its rounding.
_MARGIN = np.float32(0.999)
VUF, PVUR = "VUF", "PVUR"

Numbers = NDArray[np.float64]


def voltage_unbalance_factor(volts: Numbers) -> Numbers:
    """V2/V1 of three voltages between phases, as a part.

    IEC 61000-4-30:2015 5.7.1: with b = (sum of U⁴) / (sum of U²)², sqrt((1 - s) / (1 + s)), s = sqrt(3 - 6 b).

    Args:
        volts: (…, 3) magnitudes
    """
    squares = np.square(volts)
    beta = np.square(squares).sum(axis=-1) / np.square(squares.sum(axis=-1))
    # Magnitudes that no triangle has (measured not quite at one time) would be a root of less than nothing.
    s = np.sqrt(np.clip(3 - 6 * beta, 0, 1))
    return np.asarray(np.sqrt((1 - s) / (1 + s)))


def phase_voltage_unbalance_rate(volts: Numbers) -> Numbers:
    """Largest deviation from the mean of three voltages to neutral, as a part of it (IEEE 112, "PVUR").

    Args:
        volts: (…, 3) magnitudes
    """
    mean = volts.mean(axis=-1)
    return np.asarray(np.abs(volts - mean[..., None]).max(axis=-1) / mean)


@dataclass(slots=True)
class Unbalances(State):
    """Entries along the three-phase feeds; a second axis of 2 runs along the limits. Times in µs, 0 for none.

    level: 0 none, 1 recorded, 2 told
    windows: in a row at or above each limit, counted up to those that it takes
    since: end of the first of these
    sound: first row of the last window below both limits
    began: (…, 2) `sound` and `since` when it was first said
    bad: first row of the last window that was not below where the level ends
    worst: since it began, as a part
    """

    level: NDArray[np.int8]
    windows: NDArray[np.int8]
    since: NDArray[np.int64]
    sound: NDArray[np.int64]
    began: NDArray[np.int64]
    bad: NDArray[np.int64]
    worst: Numbers


@dataclass(slots=True)
class Balance:
    """The detector's state: what belongs to the layout, and what is carried on.

    names: (F,) device and point of the feeds that have three phases
    columns: (F, 3) of the stream; entries: (F, 3) the same among the tracked ones
    between: (F,) whether these voltages stand between phases
    by_rows: rows of a window → (feeds that have it, (F', 3) places among that window's columns)
    limits, ends: (2,) of recorded and told: from where on, and below what it is over
    """

    names: tuple[tuple[str, str], ...]
    columns: Places
    entries: Places
    between: NDArray[np.bool_]
    by_rows: Mapping[int, tuple[Places, Places]]
    limits: Numbers
    ends: Numbers
    channels: tuple[Channel, ...]
    state: Unbalances


class UnbalanceDetector:
    """`voltage_unbalance`: above 2 % recorded, above 3 % confirmed, when held for 60 s."""

    def start(self, layout: Layout) -> Balance:
        """Before the first window."""
        names, columns, between = [], [], []
        feeds = judged_feeds(layout)
        for name, own in zip(feeds.names, feeds.columns, strict=True):
            for phases, is_between in ((own[3:6], True), (own[:3], False)):
                if (phases >= 0).all():
                    names.append(name)
                    columns.append(phases)
                    between.append(is_between)
                    break
        limit = layout.site.limit(EventKind.VOLTAGE_UNBALANCE, LIMIT)
        band = layout.site.deadband(EventKind.VOLTAGE_UNBALANCE, DEADBAND)
        limits = np.array([min(RECORDED, limit), limit])
        n = len(names)
        state = Unbalances(
            tuple("/".join(name) for name in names),
            level=np.zeros(n, np.int8),
            windows=np.zeros((n, 2), np.int8),
            since=np.zeros((n, 2), np.int64),
            sound=np.zeros(n, np.int64),
            began=np.zeros((n, 2), np.int64),
            bad=np.zeros(n, np.int64),
            worst=np.zeros(n, np.float64),
        )
        three = np.array(columns, np.int64).reshape(-1, 3)
        by_rows = {rows: _places(three, own) for rows, own in lengths_of(layout).items()}
        entries = np.searchsorted(tracked_columns(layout), three)
        return Balance(
            tuple(names),
            three,
            entries,
            np.array(between, bool),
            by_rows,
            limits,
            limits - band,
            layout.channels,
            state,
        )

    def step(self, state: Balance, block: SampleBlock, screen: Screen) -> tuple[Balance, Sequence[Event]]:  # noqa: ARG002
        """Judge the windows that ended; feeds that stay below the limits cost a look at their range."""
        if not len(state.names) or not any(len(w) for w in screen.windows):
            return state, ()
        after = replace(state, state=copied(state.state))
        events: list[Event] = []
        for w in screen.windows:
            feeds, places = state.by_rows[w.rows]
            if len(w) and len(feeds):
                events += _Phases(after, w, screen, feeds, places).judge()
        return after, sorted(events, key=lambda e: e.order)


def _places(columns: Places, own: Places) -> tuple[Places, Places]:
    """Which feeds have their three columns among these, and where."""
    feeds = np.flatnonzero(np.isin(columns, own).all(axis=1))
    return feeds, np.searchsorted(own, columns[feeds])


class _Phases:
    """The windows of one length, for the F feeds that have them. It writes into the state that it is given."""

    def __init__(self, v: Balance, w: Windows, screen: Screen, feeds: Places, places: Places) -> None:
        self._v, self._w, self._usual, self._feeds, self._places = v, w, screen.usual, feeds, places
        self._entries = v.entries[feeds]
        self._piece = np.searchsorted(screen.pieces.edges, w.stops, side="right") - 1

    def judge(self) -> list[Event]:
        """Pass over the feeds that stay below the limits, and go through the windows of the others."""
        s = self._v.state
        lows, highs = ([picked(v, p) for p in self._places.T] for v in (self._w.low, self._w.high))
        middles = [low + high for low, high in zip(lows, highs, strict=True)]
        reach = np.maximum(np.maximum(middles[0], middles[1]), middles[2])
        reach -= np.minimum(np.minimum(middles[0], middles[1]), middles[2])
        least = np.float32(self._v.limits[0] / 3) * _MARGIN
        uneven = reach >= least * (middles[0] + middles[1] + middles[2])
        if uneven.any():  # what a sag makes of a window is no unbalance
            uneven &= np.stack([self._at_rest(k, lows, highs) for k in range(len(self._w))])
        restless = uneven.any(axis=0) | (s.level[self._feeds] > 0) | s.windows[self._feeds].any(axis=1)
        rest = ~restless
        for k in reversed(range(len(self._w))):
            if not rest.any():
                break
            sound = rest & self._at_rest(k, lows, highs)
            s.sound[self._feeds[sound]] = self._w.begins[k]
            rest &= ~sound
        events: list[Event] = []
        if len(busy := np.flatnonzero(restless)):
            for k in range(len(self._w)):
                events += self._window(k, busy)
        return events

    def _at_rest(self, k: int, lows: list[Floats], highs: list[Floats]) -> NDArray[np.bool_]:
        """(F,) the same of all feeds, phase by phase."""
        found = np.ones(len(self._feeds), bool)
        for phase, (low, high) in enumerate(zip(lows, highs, strict=True)):
            base = picked(self._usual.base[self._piece[k]][None], self._entries[:, phase])[0]
            found &= (low[k] >= LOW * base) & (high[k] <= HIGH * base) & (high[k] - low[k] <= RESTLESS * base)
            found &= picked(self._w.seen[k][None], self._places[:, phase])[0] * 2 >= self._w.rows
        return found

    def _judged(self, k: int, which: Places) -> NDArray[np.bool_]:
        """(m,) whether this window of these feeds is to be judged: known, near its base, at rest."""
        places = self._places[which]
        low, high = self._w.low[k, places], self._w.high[k, places]
        base = self._usual.base[self._piece[k], self._entries[which]]
        fits = (low >= LOW * base) & (high <= HIGH * base) & (high - low <= RESTLESS * base)
        return np.asarray((fits & (self._w.seen[k, places] * 2 >= self._w.rows)).all(axis=1))

    def _volts(self, k: int, which: Places) -> Numbers:
        places = self._places[which]
        return np.asarray((self._w.low[k, places].astype(np.float64) + self._w.high[k, places]) / 2)

    def _window(self, k: int, busy: Places) -> list[Event]:
        """Count one window of these feeds, and say what begins, worsens, ends."""
        v, s, time = self._v, self._v.state, int(self._w.times[k])
        judged = self._judged(k, busy)
        s.windows[self._feeds[busy[~judged]]] = 0
        which = busy[judged]
        at, volts = self._feeds[which], self._volts(k, which)
        unbalance = np.where(v.between[at], voltage_unbalance_factor(volts), phase_voltage_unbalance_rate(volts))
        over = unbalance[:, None] >= v.limits
        s.since[at] = np.where(over & (s.windows[at] == 0), time, s.since[at])
        s.windows[at] = np.where(over, np.minimum(s.windows[at] + 1, HOLD_WINDOWS), 0)
        level = s.level[at]
        s.worst[at] = np.where(level > 0, np.maximum(s.worst[at], unbalance), unbalance)
        ends = (level > 0) & (unbalance < v.ends[np.maximum(level, 1) - 1])
        events = [self._event(int(i), k, volts[j], ended=True) for j, i in enumerate(at) if ends[j]]
        s.level[at[ends]] = 0
        # What is below where it was told, but above where it is recorded, is recorded anew when it has been held.
        s.windows[at[ends]] = np.where(over[ends], 1, 0)
        s.since[at[ends]] = time
        s.bad[at[~ends]] = self._w.begins[k]
        s.sound[at[~over[:, 0]]] = self._w.begins[k]
        held = (s.windows[at] == HOLD_WINDOWS) & (time - s.since[at] >= HOLD)
        reached = np.where(held[:, 1], 2, held[:, 0])
        rises = np.flatnonzero(reached > s.level[at])
        fresh = at[rises][s.level[at[rises]] == 0]
        s.began[fresh] = np.stack([s.sound[fresh], s.since[fresh, 0]], axis=1)
        s.level[at[rises]] = reached[rises]
        return events + [self._event(int(at[j]), k, volts[j], ended=False) for j in rises]

    def _event(self, i: int, k: int, volts: Numbers, *, ended: bool) -> Event:
        v, s, time = self._v, self._v.state, int(self._w.times[k])
        (device, point), worst = v.names[i], round(float(s.worst[i]), 5)
        began, first = s.began[i].tolist()
        detail: dict[str, object] = {"unbalance": worst, "form": VUF if v.between[i] else PVUR}
        if s.level[i] == 2:
            detail["severity"] = "minor"  # whatever the site's own limit is
        return Event(
            time=time,
            kind=EventKind.VOLTAGE_UNBALANCE,
            subject=device,
            point=point,
            active=not ended,
            onset=(began or first, first),
            ended=(int(s.bad[i]), time) if ended else None,
            magnitude=worst,
            confirmed=bool(s.level[i] == 2),
            evidence=tuple(
                Evidence(device, v.channels[c].quantity, round(volt, 2), int(self._w.begins[k]))
                for c, volt in zip(v.columns[i].tolist(), volts.tolist(), strict=True)
            ),
            detail=detail,
        )
