"""What is remembered of a feed's voltage, and the limits that it is held against."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.event import EventKind
from detectors.feeds import FORMS, Feeds
from detectors.state import State
from telemetry.block import SECOND, Channel
from telemetry.site import Site

SAG, SWELL, INTERRUPTION = 0.9, 1.1, 0.1  # per unit, IEEE 1159-2019 table 2
HYSTERESIS = 0.02  # per unit, usual with IEC 61000-4-30:2015 5.4, which leaves it to the user
SUSTAINED = 60 * SECOND  # IEEE 1159-2019 table 2: what lasts longer is an under- or overvoltage

LOW, HIGH = 0, 1  # the tracks
KINDS = (
    ("", EventKind.VOLTAGE_SAG, EventKind.PHASE_LOSS, EventKind.VOLTAGE_INTERRUPTION),
    ("", EventKind.VOLTAGE_SWELL),
)
OUTSIDE, PHASE_LOST, GONE = 1, 2, 3
LONG = (EventKind.UNDERVOLTAGE, EventKind.OVERVOLTAGE)  # what level 1 of a track is called after a minute


@dataclass(slots=True)
class ColumnState(State):
    """Entries along the voltage columns, by `device/quantity`.

    sampled: µs of the last sample, 0 before the first
    low, half, dead, high: below, about half, far below, above its limit, with hysteresis
    """

    sampled: NDArray[np.int64]
    low: NDArray[np.bool_]
    half: NDArray[np.bool_]
    dead: NDArray[np.bool_]
    high: NDArray[np.bool_]


@dataclass(slots=True)
class FeedState(State):
    """Entries along the judged feeds; a second axis of 2 runs along the tracks.

    status: last known `ups.status` of an output, -1 where none is
    level: of each track, 0 normal, else as in `KINDS`
    samples: that showed it, in a row
    began: (…, 2, 2) µs, last sample good, first bad, of each track's present level
    bad: µs, last sample at the present level
    worst: per unit, of the present level
    sustained: it has lasted a minute, and that was said
    """

    status: NDArray[np.int8]
    level: NDArray[np.int8]
    samples: NDArray[np.int8]
    began: NDArray[np.int64]
    bad: NDArray[np.int64]
    worst: NDArray[np.float32]
    sustained: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class VoltageLimits:
    """Of the site, per unit, single precision: where a condition begins and where it ends."""

    sag: tuple[np.float32, np.float32]
    swell: tuple[np.float32, np.float32]
    interruption: tuple[np.float32, np.float32]

    @staticmethod
    def of(site: Site) -> "VoltageLimits":
        """The standard's figures, unless the site sets its own."""

        def pair(kind: EventKind, limit: float, inwards: int) -> tuple[np.float32, np.float32]:
            begin = site.limit(kind, limit)
            return np.float32(begin), np.float32(begin + inwards * site.deadband(kind, HYSTERESIS))

        return VoltageLimits(
            pair(EventKind.VOLTAGE_SAG, SAG, 1),
            pair(EventKind.VOLTAGE_SWELL, SWELL, -1),
            pair(EventKind.VOLTAGE_INTERRUPTION, INTERRUPTION, 1),
        )

    @property
    def lowest(self) -> np.float32:
        """Above it nothing low begins."""
        return max(self.sag[0], self.interruption[0])


@dataclass(slots=True)
class Voltages:
    """The detector's state: the feeds and limits of the layout, and what is carried on.

    C columns of F feeds; those of one feed follow one another, in the order of `FORMS`.

    columns: (C,) every voltage column once
    owner: (C,) the feed that it belongs to
    first, count: (F,) where its columns begin, and how many it has
    to_line: (C,) whether it is measured line to line
    load_side: (F,) whether equipment is fed with this voltage, so that tolerance curves say something of it
    """

    feeds: Feeds
    limits: VoltageLimits
    channels: tuple[Channel, ...]
    columns: NDArray[np.int64]
    owner: NDArray[np.int64]
    first: NDArray[np.int64]
    count: NDArray[np.int64]
    to_line: NDArray[np.bool_]
    load_side: NDArray[np.bool_]
    per_column: ColumnState
    per_feed: FeedState


def before_the_first_row(
    feeds: Feeds, limits: VoltageLimits, channels: tuple[Channel, ...], load_side: NDArray[np.bool_]
) -> Voltages:
    """Nothing is known, so nothing is outside."""
    owner, form = np.nonzero(feeds.columns >= 0)
    columns = feeds.columns[owner, form]
    n, f, tracks = len(columns), len(feeds.names), len(KINDS)
    count = np.bincount(owner, minlength=f)
    return Voltages(
        feeds,
        limits,
        channels,
        columns=columns,
        owner=owner,
        first=np.cumsum(count) - count,
        count=count,
        to_line=np.array([len(name) > len("L1-N.") for name in FORMS])[form],
        load_side=load_side,
        per_column=ColumnState(
            tuple(f"{channels[c].device}/{channels[c].quantity}" for c in columns),
            sampled=np.zeros(n, np.int64),
            low=np.zeros(n, bool),
            half=np.zeros(n, bool),
            dead=np.zeros(n, bool),
            high=np.zeros(n, bool),
        ),
        per_feed=FeedState(
            feeds.keys,
            status=np.full(f, -1, np.int8),
            level=np.zeros((f, tracks), np.int8),
            samples=np.zeros((f, tracks), np.int8),
            began=np.zeros((f, tracks, 2), np.int64),
            bad=np.zeros((f, tracks), np.int64),
            worst=np.zeros((f, tracks), np.float32),
            sustained=np.zeros((f, tracks), bool),
        ),
    )
