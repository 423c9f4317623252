"""The columns of the seats round each node, and what they read in one window of the slowest device there.

Windows of faster devices are taken together until one of the slowest is over.
"""

from dataclasses import dataclass, replace

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
VOLTS = len(FORMS)
FREQUENCY = VOLTS  # a seat's slots: voltages, frequency, the states of its conditions
STATES = slice(VOLTS + 1, VOLTS + 3)


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
    measured: those of the n slots that are voltages or frequencies; measured_starts: (G,) where each node's begin there
    at: (S, 10) the slot of each; n where there is none
    nominal: (n,) V, Hz; NaN for a state
    volts: (n,) whether it is a voltage
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
    measured: Places
    measured_starts: Places
    at: Places
    nominal: Floats
    volts: NDArray[np.bool_]
    nominal_frequency: Floats
    code: NDArray[np.int64]
    need: NDArray[np.bool_]
    heard: Places

    def at_nodes(self, which: NDArray[np.bool_]) -> "Slots":
        """The seats of some of the nodes; all of the slots."""
        seats = which[self.node]
        node = np.cumsum(which)[self.node[seats]] - 1
        return replace(
            self,
            seats=self.seats[seats],
            starts=np.flatnonzero(np.diff(node, prepend=-1)),
            node=node,
            at=self.at[seats],
            nominal_frequency=self.nominal_frequency[seats],
            code=self.code[seats],
            need=self.need[seats],
        )


@dataclass(frozen=True, slots=True)
class Record:
    """What n slots read in K windows.

    low, high: (K, n) as given; NaN where too little was heard
    base: (K, n) V, Hz that each should read; NaN for a state
    unknown: (K, n) nothing shows yet that a voltage is meant to be near its base
    """

    low: Floats
    high: Floats
    base: Floats
    unknown: NDArray[np.bool_]


def slots_of(seats: Seats, channels: tuple[Channel, ...], rows_of: dict[str, int]) -> tuple[tuple[Slots, ...], Heard]:
    """The slots of all seats, by the interval of their nodes, and that nothing was heard yet."""
    table = np.column_stack((seats.voltage, seats.frequency, seats.condition)).reshape(-1, VOLTS + 3)
    keys: list[str] = []
    found = []
    for rows in np.unique(seats.rows).tolist():
        own = np.flatnonzero(seats.rows[seats.node] == rows) if len(seats.seats) else np.empty(0, np.int64)
        seat, slot = np.nonzero(table[own] >= 0)
        columns = table[own][seat, slot]
        at = np.full((len(own), VOLTS + 3), len(columns), np.int64)
        at[seat, slot] = np.arange(len(columns))
        nominal = np.full(len(columns), np.nan, np.float32)
        volts, hertz = slot < VOLTS, slot == FREQUENCY
        nominal[volts] = seats.nominal[own[seat[volts]], slot[volts]]
        nominal[hertz] = seats.nominal_frequency[own[seat[hertz]]]
        node = np.unique(seats.node[own], return_inverse=True)[1]
        measured = np.flatnonzero(volts | hertz)
        found.append(
            Slots(
                rows,
                own,
                np.flatnonzero(np.diff(node, prepend=-1)),
                node,
                columns,
                np.array([rows_of[channels[c].device] for c in columns], np.int64),
                measured,
                np.flatnonzero(np.diff(node[seat[measured]], prepend=-1)),
                at,
                nominal,
                volts,
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


def listen(heard: Heard, s: Slots, span: Span, screen: Screen) -> Record:
    """What was read in the windows that ended; what stays open is written into `heard`."""
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
    return Record(low, high, base, s.volts & ~proper & ~(high < DEAD * base))


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
        if len(own) == shape[1] and np.array_equal(of, np.arange(len(span.stops))):  # each as it is
            low[1:-1], high[1:-1], seen[1:-1] = (a[1:, places] for a in (w.low, w.high, w.seen))
            low[:1], high[:1] = np.fmin(low[:1], w.low[:1, places]), np.fmax(high[:1], w.high[:1, places])
            seen[:1] += w.seen[:1, places].astype(np.int32)
            continue
        first = np.flatnonzero(np.diff(of, prepend=-1))
        to = np.ix_(of[first], own)
        low[to] = np.fmin(low[to], np.fmin.reduceat(w.low[:, places], first, axis=0))
        high[to] = np.fmax(high[to], np.fmax.reduceat(w.high[:, places], first, axis=0))
        seen[to] += np.add.reduceat(w.seen[:, places], first, axis=0, dtype=np.int32)
    return low, high, seen


def _base(s: Slots, span: Span, screen: Screen) -> Floats:
    """(K, n) V, Hz that each should read; by the site's nominal where nothing is learnt of it."""
    usual = screen.usual
    piece = np.searchsorted(screen.pieces.edges[:-1], span.stops)
    entry = usual.tracked.entry[s.columns]
    learnt = np.where((entry >= 0) & s.volts, usual.base[np.ix_(piece, entry)], np.float32(np.nan))
    return np.where(np.isnan(learnt), s.nominal, learnt)
