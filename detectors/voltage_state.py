"""What is remembered of a feed's voltage, and the limits that it is held against."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.event import EventKind
from detectors.feeds import FORMS, Feeds
from detectors.state import State
from telemetry.block import Channel
from telemetry.site import Site

SAG, SWELL, INTERRUPTION = 0.9, 1.1, 0.1  # per unit, IEEE 1159-2019 table 2
HYSTERESIS = 0.02  # per unit, usual with IEC 61000-4-30:2015 5.4, which leaves it to the user

LOW, HIGH = 0, 1  # the tracks
KINDS = (("", EventKind.VOLTAGE_SAG, EventKind.VOLTAGE_INTERRUPTION), ("", EventKind.VOLTAGE_SWELL))


@dataclass(slots=True)
class VoltageState(State):
    """Entries along the F judged feeds; a second axis of 7 runs along `FORMS`, one of 2 along the tracks.

    sampled: µs of the column's last sample, 0 before the first
    low, dead, high: the column is below, far below, above its limit, with hysteresis
    status: last known `ups.status` of an output, -1 where none is
    level: of each track, 0 normal, 1 and 2 as in `KINDS`
    samples: that showed a column outside, in a row, of each track
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

    @staticmethod
    def before_the_first_row(keys: tuple[str, ...]) -> "VoltageState":
        """Nothing is known, so nothing is outside."""
        feeds, forms, tracks = len(keys), len(FORMS), len(KINDS)
        return VoltageState(
            keys,
            sampled=np.zeros((feeds, forms), np.int64),
            low=np.zeros((feeds, forms), bool),
            dead=np.zeros((feeds, forms), bool),
            high=np.zeros((feeds, forms), bool),
            status=np.full(feeds, -1, np.int8),
            level=np.zeros((feeds, tracks), np.int8),
            samples=np.zeros((feeds, tracks), np.int32),
            began=np.zeros((feeds, tracks, 2), np.int64),
            bad=np.zeros((feeds, tracks), np.int64),
            worst=np.zeros((feeds, tracks), np.float32),
        )


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
            own = site.limits.get(kind)
            begin = limit if own is None or own.limit is None else own.limit
            band = HYSTERESIS if own is None or own.deadband is None else own.deadband
            return np.float32(begin), np.float32(begin + inwards * band)

        return VoltageLimits(
            pair(EventKind.VOLTAGE_SAG, SAG, 1),
            pair(EventKind.VOLTAGE_SWELL, SWELL, -1),
            pair(EventKind.VOLTAGE_INTERRUPTION, INTERRUPTION, 1),
        )

    @property
    def lowest(self) -> np.float32:
        """Above it nothing low begins."""
        return max(self.sag[0], self.interruption[0])

    def bounds(self, nominal: NDArray[np.float32]) -> NDArray[np.float32]:
        """(2, C) V between which nothing begins: a step of single precision inside the limits.

        Division and multiplication round differently; a screen that lets one sample too many through costs nothing.
        """
        low, high = nominal * self.lowest, nominal * self.swell[0]
        return np.stack([np.nextafter(low, np.float32(np.inf)), np.nextafter(high, np.float32(0))])


@dataclass(slots=True)
class Voltages:
    """The detector's state: the feeds and limits of the layout, and what is carried on.

    columns: (C,) every voltage column once
    owner: (C,) the feed that it belongs to
    slot: (C,) its place in the state's (F, 7) arrays, counted through
    bounds: (2, C) V, of `VoltageLimits.bounds`
    """

    feeds: Feeds
    limits: VoltageLimits
    channels: tuple[Channel, ...]
    columns: NDArray[np.int64]
    owner: NDArray[np.int64]
    slot: NDArray[np.int64]
    bounds: NDArray[np.float32]
    state: VoltageState
