"""What is remembered of how a voltage moves, and the limits of its steps, shifts and swings."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.event import EventKind
from detectors.feeds import Feeds
from detectors.state import State
from detectors.windows import Floats, Places
from telemetry.block import Channel
from telemetry.site import Site

# Parts of the usual voltage. IEC 61000-4-30:2015 5.11.1 leaves the threshold of a rapid change to the user, 1 to 6 %;
# in 2.4 device-years of sound mains 2.5 % is passed by four real changes and nothing else.
STEP = 0.025
SHIFT = 2.4  # steps: so far from the usual a slow shift begins
JUMP = 0.055  # from one sample to the next: no second sample is needed
SWING = 0.04  # from one sample to the next, to and fro
MANY_SWINGS = 3  # in a row, each against the one before
LONGEST_REST = 1  # samples without a swing between two of them
QUIET = 16  # samples without a swing end an oscillation
SAMPLES = 3  # at the new level before, and at the usual one after
SCATTER = 0.035  # spread of a window
TIMES_USUAL = 4.0  # the usual spread
WINDOWS = 3  # in a row that scatter

RAPID, GRADUAL, OSCILLATES, SCATTERS = 1, 2, 3, 4
CHANGE, UNREST = 0, 1
FINDINGS = (EventKind.RAPID_VOLTAGE_CHANGE, EventKind.SUPPLY_UNSTABLE)


@dataclass(slots=True)
class Movement(State):
    """Entries along the voltage columns. Times in µs.

    last, before_last: the newest two samples, V; NaN where there was none
    sampled: of the last
    step_from: V, what a step that may be under way started from; step_count: samples at its new level, negative down
    step_onset: (…, 2) last sample before it, first after
    far: samples in a row that are far from usual, negative below; far_onset: (…, 2)
    near: samples in a row that are near the usual again
    episode: 0, `RAPID`, `GRADUAL`
    swings: in a row, the last one's sign as theirs; rest: samples since; swing: widest, V
    swing_onset: (…, 2)
    oscillates: it does
    """

    last: Floats
    before_last: Floats
    sampled: NDArray[np.int64]
    step_from: Floats
    step_count: NDArray[np.int8]
    step_onset: NDArray[np.int64]
    far: NDArray[np.int8]
    far_onset: NDArray[np.int64]
    near: NDArray[np.int8]
    episode: NDArray[np.int8]
    swings: NDArray[np.int8]
    rest: NDArray[np.int8]
    swing: Floats
    swing_onset: NDArray[np.int64]
    oscillates: NDArray[np.bool_]


@dataclass(slots=True)
class Scatter(State):
    """Entries along the voltage columns. windows: in a row that scattered; since: µs, when the first of them was over."""

    windows: NDArray[np.int8]
    since: NDArray[np.int64]


@dataclass(slots=True)
class Standing(State):
    """Entries along the feeds; the second axis is that of `FINDINGS`.

    columns: how many of the feed's are in it
    onset: (…, 2, 2) µs
    far: the farthest when it began, part of the usual voltage; usual: V, what that was
    why: how it began, `RAPID`, `GRADUAL`, `OSCILLATES`, `SCATTERS`
    """

    columns: NDArray[np.int8]
    onset: NDArray[np.int64]
    far: Floats
    usual: Floats
    why: NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class StepLimits:
    """Of the site, parts of the usual voltage."""

    step: np.float32
    shift: np.float32
    swing: np.float32

    @staticmethod
    def of(site: Site) -> "StepLimits":
        """The figures above, unless the site sets its own."""
        change, unrest = (site.limits.get(k) for k in (EventKind.RAPID_VOLTAGE_CHANGE, EventKind.SUPPLY_UNSTABLE))
        step = STEP if change is None or change.limit is None else change.limit
        swing = SWING if unrest is None or unrest.limit is None else unrest.limit
        return StepLimits(np.float32(step), np.float32(SHIFT * step), np.float32(swing))


@dataclass(slots=True)
class Steps:
    """The detector's state. C columns of F feeds.

    columns: (C,) of the stream; owner: (C,) feed
    """

    feeds: Feeds
    limits: StepLimits
    channels: tuple[Channel, ...]
    columns: Places
    owner: Places
    movement: Movement
    scatter: Scatter
    standing: Standing


def movement(keys: tuple[str, ...]) -> Movement:
    """Before the first sample."""
    n = len(keys)
    return Movement(
        keys,
        last=np.full(n, np.nan, np.float32),
        before_last=np.full(n, np.nan, np.float32),
        sampled=np.zeros(n, np.int64),
        step_from=np.full(n, np.nan, np.float32),
        step_count=np.zeros(n, np.int8),
        step_onset=np.zeros((n, 2), np.int64),
        far=np.zeros(n, np.int8),
        far_onset=np.zeros((n, 2), np.int64),
        near=np.zeros(n, np.int8),
        episode=np.zeros(n, np.int8),
        swings=np.zeros(n, np.int8),
        rest=np.zeros(n, np.int8),
        swing=np.zeros(n, np.float32),
        swing_onset=np.zeros((n, 2), np.int64),
        oscillates=np.zeros(n, bool),
    )
