"""Columns as levels: the few that matter of a stream, each sample as the number of limits that it reaches.

What follows a transfer asks a voltage only few questions: dead, below drop-out, good. So each sample becomes a
small number once, vectorised, and all else is logic on small numbers. It also makes the calm screen exact: while
every column stays within the bounds of its level, nothing that is derived from levels can change.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.layout import Layout
from detectors.screen import Screen
from detectors.state import State
from detectors.truth import Levels
from telemetry.block import Channel, Values
from telemetry.site import Device

# Levels of a voltage. 0: dead.
ALIVE, HELD, ACCEPTED, STEADY, EXCESSIVE = 1, 2, 3, 4, 5
# Levels of a frequency, of a generator's speed and of its power.
IN_BAND, TOO_FAST = 1, 2
TURNING, RUNNING = 1, 2
LOADED = 1

_LIMITS = 5
_UNKNOWN = -1  # "column" of a quantity that the stream does not have, as an index into levels
Feed = tuple[int, int, int]
ABSENT: Feed = (_UNKNOWN, _UNKNOWN, _UNKNOWN)


@dataclass(frozen=True, slots=True)
class Watched:
    """The columns that are watched.

    columns: (M,) their place in the stream
    limits: (M, 5) float32, rising, padded with infinity: in the unit of the column; unused for a state
    states: (M,) bool, whether the column is a state, whose level is its code
    channels: (M,) what they are
    nominal: (M + 1,) V, NaN where the column is no voltage
    """

    columns: NDArray[np.int64]
    limits: NDArray[np.float32]
    states: NDArray[np.bool_]
    channels: tuple[Channel, ...]
    nominal: NDArray[np.float32]

    def levels(self, values: Values) -> Levels:
        """(T, M) values to (T, M + 1) levels; the last is always unknown and stands for every absent quantity."""
        reached = (values[:, :, None] >= self.limits).sum(axis=-1)
        found = np.full((len(values), values.shape[1] + 1), -1, np.int8)
        codes = np.nan_to_num(values, nan=-1.0)
        found[:, :-1] = np.where(np.isnan(values), -1, np.where(self.states, codes, reached))
        return found


class Watch:
    """Collects the columns to watch, and where each has its level."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._columns: list[int] = []
        self._limits: list[tuple[float, ...] | None] = []
        self._nominal: list[float] = []
        self._at: dict[int, int] = {}

    def state(self, device: str, quantity: str) -> int:
        """A state's place, -1 where the stream has none."""
        return self._add(self._layout.column(device, quantity), None)

    def number(self, device: str, quantity: str, *limits: float) -> int:
        """A measurement's place, -1 where the stream has none; `limits` rising, in its unit."""
        return self._add(self._layout.column(device, quantity), limits)

    def voltage(self, device: Device, point: str) -> Feed:
        """The places of a feed's phases; a single figure stands for all three.

        Limits in parts of nominal: 0.5 (below it nothing runs: ITIC 2000 lower curve, with room), the switch's
        drop-out and pick-up, 0.95 (steady), 1.20 (the highest over-voltage setting of transfer switches).
        """
        feed = self._layout.feed(device, point)
        if feed is None:
            return ABSENT
        t = device.transfer
        limits = (0.5, t.dropout, t.pickup, max(0.95, t.pickup), 1.2)
        places = [self._add(c, tuple(x * feed.nominal for x in limits), feed.nominal) for c in feed.columns]
        return (places[0], places[len(places) // 2], places[-1])

    def frequency(self, device: Device, point: str) -> int:
        """The place of a feed's frequency: in band from 0.95 to 1.10 of nominal (usual acceptance, UL 1008 practice)."""
        nominal = device.nominal_frequency
        return self.number(device.name, f"{point}.frequency", 0.95 * nominal, 1.10 * nominal)

    def watched(self) -> Watched:
        """All that was asked for."""
        limits = np.full((len(self._limits), _LIMITS), np.inf, np.float32)
        for i, row in enumerate(self._limits):
            limits[i, : len(row or ())] = row or ()
        return Watched(
            np.array(self._columns, np.int64),
            limits,
            np.array([row is None for row in self._limits], bool),
            tuple(self._layout.channels[c] for c in self._columns),
            np.array([*self._nominal, np.nan], np.float32),
        )

    def _add(self, column: int, limits: tuple[float, ...] | None, nominal: float = math.nan) -> int:
        if column < 0:
            return _UNKNOWN
        if column not in self._at:
            self._at[column] = len(self._columns)
            self._columns.append(column)
            self._limits.append(limits)
            self._nominal.append(nominal)
        return self._at[column]


@dataclass(slots=True)
class Bounds(State):
    """Where each watched column stands, by `device/quantity`.

    low, high: (M,) float32, the bounds of its level as of the last row looked at; NaN where it was unknown
    sampled: (M,) int64, µs of its last answer that counts as new, 0 before the first
    """

    low: NDArray[np.float32]
    high: NDArray[np.float32]
    sampled: NDArray[np.int64]

    def changed(self, values: Values) -> int:
        """The first of (T, M) rows in which any column leaves its level; T if none does."""
        inside = (values >= self.low) & (values < self.high)
        if inside.all():
            return len(values)
        inside |= np.isnan(self.low) & np.isnan(values)
        rows = inside.all(axis=1)
        return len(values) if rows.all() else int(rows.argmin())

    def calm(self, values: Values, columns: NDArray[np.int64], screen: Screen) -> bool:
        """Whether no column leaves its level in any row of (T, N); `columns` (M,) are the watched ones.

        The same question as `changed`, of a whole block, without gathering the watched columns from it.
        """
        lowest, highest = screen.low[columns], screen.high[columns]
        unknown = np.isnan(self.low)
        if not np.where(unknown, np.isnan(lowest), (lowest >= self.low) & (highest < self.high)).all():
            return False
        holes = columns[screen.spoiled[columns] & ~unknown]
        return not len(holes) or not np.isnan(np.take(values, holes, axis=1)).any()

    def settle(self, watched: Watched, levels: Levels, values: Values) -> None:
        """Take the bounds of one row."""
        at = levels[:-1].astype(np.int64)
        padded = np.column_stack((np.full(len(at), -np.inf, np.float32), watched.limits, np.full(len(at), np.inf)))
        rows = np.arange(len(at))
        unknown = at < 0
        column = np.where(unknown | watched.states, 0, at)
        self.low = np.where(watched.states, values, padded[rows, column]).astype(np.float32)
        self.high = np.where(watched.states, values + 0.5, padded[rows, column + 1]).astype(np.float32)
        self.low[unknown] = np.nan
        self.high[unknown] = np.nan


def bounds(watched: Watched) -> Bounds:
    """Before the first row."""
    m = len(watched.channels)
    return Bounds(
        tuple(f"{c.device}/{c.quantity}" for c in watched.channels),
        np.full(m, np.nan, np.float32),
        np.full(m, np.nan, np.float32),
        np.zeros(m, np.int64),
    )
