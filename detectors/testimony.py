"""What each seat at a node says in one window of the slowest device there: how low and high it has been.

Windows of faster devices are taken together until one of the slowest is over.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from detectors.feeds import FORMS
from detectors.screen import Screen
from detectors.siblings import Seats
from detectors.spans import Span
from detectors.state import State
from detectors.usual import HIGH, LOW
from detectors.windows import Floats, Places
from telemetry.block import Channel

DEAD = np.float32(0.2)  # of nominal: below, a feed has no voltage, whatever its nominal is
ALIVE = np.float32(0.5)  # of nominal: below, a bus is dying and its frequency says nothing; of frequency, too
_VOLTS = len(FORMS)
_FREQUENCY = _VOLTS  # a seat's slots: voltages, frequency, the states of its conditions
_STATES = slice(_VOLTS + 1, _VOLTS + 3)


@dataclass(slots=True)
class Heard(State):
    """Along the slots, by `node/device/point/device/quantity`: what was heard since the last window was judged.

    low, high: NaN where nothing was
    seen: rows with a value
    proper: a voltage that was near its nominal at some time, so that this is right
    """

    low: Floats
    high: Floats
    seen: NDArray[np.int32]
    proper: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Slots:
    """The columns of the seats of nodes that are judged at one interval: n slots of S seats.

    rows: of a window of these nodes
    seats: (S,) which they are among all; starts: (G,) where each node's begin; node: (S,)
    columns: (n,) of the stream; column_rows: (n,) of their windows
    at: (S, 10) the slot of each; n where there is none
    nominal: (n,) V; NaN for what is no voltage
    nominal_frequency: (S,) Hz
    code, need: (S, 2) of the conditions
    heard: (n,) entries of `Heard`
    """

    rows: int
    seats: Places
    starts: Places
    node: Places
    columns: Places
    column_rows: Places
    at: Places
    nominal: Floats
    nominal_frequency: Floats
    code: NDArray[np.int64]
    need: NDArray[np.bool_]
    heard: Places


@dataclass(frozen=True, slots=True)
class Said:
    """What S seats said in K windows. NaN: nothing that counts. Voltages in parts of nominal.

    form: (K, S) 1 three phases to neutral, 2 three from line to line, 0 less: one phase, nobody knows which
    low: (K, S) lowest phase at its lowest
    high: (K, S) lowest phase at its highest; the highest of all, where it is not known which is lowest
    top: (K, S) highest phase at its highest
    hertz_low, hertz_high: (K, S)
    raw_low, raw_high: (K, S, 10) as given, to tell
    """

    form: NDArray[np.int8]
    low: Floats
    high: Floats
    top: Floats
    hertz_low: Floats
    hertz_high: Floats
    raw_low: Floats
    raw_high: Floats

    def of(self, window: int, seats: slice) -> "Said":
        """What some seats said in one window: the same arrays without their first axis."""
        return Said(*(getattr(self, f.name)[window, seats] for f in fields(self)))

    @property
    def speaks(self) -> NDArray[np.bool_]:
        """(…) whether it says anything."""
        return np.asarray(~np.isnan(self.low) | ~np.isnan(self.hertz_low), bool)

    @property
    def sound(self) -> NDArray[np.bool_]:
        """(…) whether it sees a sound supply; by its frequency, where it gives no voltage."""
        volts = (self.low >= LOW) & (self.top <= HIGH)
        return np.asarray(volts | (np.isnan(self.low) & ~np.isnan(self.hertz_low)), bool)


def slots_of(seats: Seats, channels: tuple[Channel, ...], rows_of: dict[str, int]) -> tuple[tuple[Slots, ...], Heard]:
    """The slots of all seats, by the interval of their nodes, and that nothing was heard yet."""
    table = np.column_stack((seats.voltage, seats.frequency, seats.condition)).reshape(-1, _VOLTS + 3)
    keys: list[str] = []
    found = []
    for rows in np.unique(seats.rows).tolist():
        own = np.flatnonzero(seats.rows[seats.node] == rows) if len(seats.seats) else np.empty(0, np.int64)
        seat, slot = np.nonzero(table[own] >= 0)
        columns = table[own][seat, slot]
        at = np.full((len(own), _VOLTS + 3), len(columns), np.int64)
        at[seat, slot] = np.arange(len(columns))
        nominal = np.full(len(columns), np.nan, np.float32)
        volts = slot < _VOLTS
        nominal[volts] = seats.nominal[own[seat[volts]], slot[volts]]
        node = np.unique(seats.node[own], return_inverse=True)[1]
        found.append(
            Slots(
                rows,
                own,
                np.flatnonzero(np.diff(node, prepend=-1)),
                node,
                columns,
                np.array([rows_of[channels[c].device] for c in columns], np.int64),
                at,
                nominal,
                seats.nominal_frequency[own],
                seats.code[own],
                seats.need[own],
                np.arange(len(keys), len(keys) + len(columns)),
            )
        )
        for s, c in zip(seat, columns, strict=True):
            of = seats.seats[own[s]]
            keys.append(f"{of.node}/{of.device.name}/{of.point}/{channels[c].device}/{channels[c].quantity}")
    n = len(keys)
    nothing = np.full(n, np.nan, np.float32)
    return tuple(found), Heard(tuple(keys), nothing, nothing.copy(), np.zeros(n, np.int32), np.zeros(n, bool))


def listen(heard: Heard, s: Slots, span: Span, screen: Screen) -> Said:
    """What was said in the windows that ended; what stays open is written into `heard`."""
    low, high, seen = _gathered(heard, s, span, screen)
    heard.low[s.heard], heard.high[s.heard], heard.seen[s.heard] = low[-1], high[-1], seen[-1]
    low, high, seen = low[:-1], high[:-1], seen[:-1]
    silent = seen * 2 < s.rows
    low[silent], high[silent] = np.nan, np.nan
    base = _base(s, span, screen)
    near = (low >= LOW * base) & (high <= HIGH * base)
    near[:1] |= heard.proper[s.heard]
    proper = np.logical_or.accumulate(near, axis=0)
    if len(proper):
        heard.proper[s.heard] = proper[-1]
    unknown = ~np.isnan(base) & ~proper & ~(high < DEAD * base)
    low_parts, high_parts = np.where(unknown, np.nan, low / base), np.where(unknown, np.nan, high / base)
    raw_low, raw_high = _by_seat(s, low), _by_seat(s, high)
    fits = _fits(s, raw_low[..., _STATES], raw_high[..., _STATES])
    return _said(s, (_by_seat(s, low_parts), _by_seat(s, high_parts)), (raw_low, raw_high), fits)


def _gathered(heard: Heard, s: Slots, span: Span, screen: Screen) -> tuple[Floats, Floats, NDArray[np.int32]]:
    """(K + 1, n) extremes and rows seen of each window of these nodes; the last is still open."""
    shape = (len(span.stops) + 1, len(s.columns))
    low, high = np.full(shape, np.nan, np.float32), np.full(shape, np.nan, np.float32)
    seen = np.zeros(shape, np.int32)
    low[0], high[0], seen[0] = heard.low[s.heard], heard.high[s.heard], heard.seen[s.heard]
    for w in screen.windows:
        own = np.flatnonzero(s.column_rows == w.rows)
        if not len(own) or not len(w):
            continue
        places = np.searchsorted(w.columns, s.columns[own])
        of = np.searchsorted(span.stops, w.stops)  # the window of the node that each falls into
        first = np.flatnonzero(np.diff(of, prepend=-1))
        to = np.ix_(of[first], own)
        low[to] = np.fmin(low[to], np.fmin.reduceat(w.low[:, places], first, axis=0))
        high[to] = np.fmax(high[to], np.fmax.reduceat(w.high[:, places], first, axis=0))
        seen[to] += np.add.reduceat(w.seen[:, places], first, axis=0, dtype=np.int32)
    return low, high, seen


def _base(s: Slots, span: Span, screen: Screen) -> Floats:
    """(K, n) V that each voltage should read; by the site's nominal where nothing is learnt of it."""
    usual = screen.usual
    piece = np.searchsorted(screen.pieces.edges[:-1], span.stops)
    entry = usual.tracked.entry[s.columns]
    learnt = np.where((entry >= 0) & ~np.isnan(s.nominal), usual.base[piece][:, entry], np.float32(np.nan))
    return np.where(np.isnan(learnt), s.nominal, learnt)


def _by_seat(s: Slots, values: Floats) -> Floats:
    """(K, S, 10) of (K, n); NaN where a seat has no such slot."""
    return np.column_stack((values, np.full(len(values), np.nan, np.float32)))[:, s.at]


def _fits(s: Slots, low: Floats, high: Floats) -> NDArray[np.bool_]:
    """(K, S) whether a seat's conditions held all the time."""
    so = (low == s.code) & (high == s.code)
    passed = (low <= s.code) & (s.code <= high)
    return np.asarray(((s.code < 0) | np.where(s.need, so, ~passed)).all(axis=-1), bool)


def _said(s: Slots, parts: tuple[Floats, Floats], raw: tuple[Floats, Floats], fits: NDArray[np.bool_]) -> Said:
    neutral, lines, every = slice(0, 3), slice(3, 6), slice(0, _VOLTS)
    low, high = parts[0][..., every], parts[1][..., every]
    form = np.where(
        ~np.isnan(low[..., neutral]).any(axis=-1), 1, np.where(~np.isnan(low[..., lines]).any(axis=-1), 2, 0)
    )
    form = np.where(fits, form, 0).astype(np.int8)

    def chosen(one: Floats, two: Floats, less: Floats) -> Floats:
        found = np.where(form == 1, one, np.where(form == 2, two, less))
        return np.where(fits, found, np.float32(np.nan))

    lowest = chosen(low[..., neutral].min(-1), low[..., lines].min(-1), np.fmin.reduce(low, axis=-1))
    widest = np.fmax.reduce(high, axis=-1)
    hertz_low, hertz_high = raw[0][..., _FREQUENCY], raw[1][..., _FREQUENCY]
    turning = fits & ~(lowest < ALIVE) & (hertz_low >= ALIVE * s.nominal_frequency)
    return Said(
        form,
        lowest,
        chosen(high[..., neutral].min(-1), high[..., lines].min(-1), widest),
        chosen(high[..., neutral].max(-1), high[..., lines].max(-1), widest),
        np.where(turning, hertz_low, np.float32(np.nan)),
        np.where(turning, hertz_high, np.float32(np.nan)),
        *raw,
    )
