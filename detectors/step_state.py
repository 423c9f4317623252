"""What is remembered of how a voltage moves, and the limits of its steps, shifts and swings."""

from collections.abc import Mapping
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
SHIFT = 2.0  # steps: so far from the usual a slow shift begins
JUMP = 0.055  # from one sample to the next: no second sample is needed
SWING = 0.04  # from one sample to the next, to and fro; three in a row, no more than one sample apart
QUIET = 16  # samples without a swing end an oscillation
SCATTER = 0.875  # swings: spread of a window
MEMORY = 5  # samples that a step, a shift or a third swing looks back on

RAPID, GRADUAL, OSCILLATES, SCATTERS = 1, 2, 3, 4
CHANGE, UNREST = 0, 1
FINDINGS = (EventKind.RAPID_VOLTAGE_CHANGE, EventKind.SUPPLY_UNSTABLE)

_PER_SPREAD = np.float32(1.7)  # what noise alone can do: six sigma, in spreads of a window


def noise_reach(noise: Floats) -> Floats:
    """V that noise alone can do, of the usual spread of a window."""
    return noise * _PER_SPREAD


@dataclass(slots=True)
class Movement(State):
    """Entries along the voltage columns.

    recent: (…, 5) V of the newest samples, newest last; NaN for one outside the limits, and where there was none
    times: (…, 5) µs of these
    episode: 0, `RAPID`, `GRADUAL`
    oscillates: it does; rest: samples since its last swing
    """

    recent: Floats
    times: NDArray[np.int64]
    episode: NDArray[np.int8]
    oscillates: NDArray[np.bool_]
    rest: NDArray[np.int8]

    @property
    def under_way(self) -> NDArray[np.bool_]:
        """(n,) the columns for which something is to end: every sample counts."""
        return np.asarray((self.episode > 0) | self.oscillates, bool)


@dataclass(slots=True)
class Scatter(State):
    """Entries along the voltage columns.

    windows: in a row that scattered
    since: (…, 2) µs, when the first of them began, and when it was over
    """

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
    jump: np.float32
    swing: np.float32
    scatter: np.float32

    @staticmethod
    def of(site: Site) -> "StepLimits":
        """The figures above, unless the site sets its own."""
        step = site.limit(EventKind.RAPID_VOLTAGE_CHANGE, STEP)
        swing = site.limit(EventKind.SUPPLY_UNSTABLE, SWING)
        return StepLimits(*map(np.float32, (step, SHIFT * step, max(JUMP, step), swing, SCATTER * swing)))


@dataclass(frozen=True, slots=True)
class Turn:
    """Something begins or is over for one column. onset: µs, of what begins; part: of the usual voltage, V."""

    row: int
    column: int
    why: int
    begins: bool
    onset: tuple[int, int] = (0, 0)
    part: float = 0.0
    usual: float = 0.0


@dataclass(slots=True)
class Steps:
    """The detector's state. C columns of F feeds.

    columns: (C,) of the stream; owner: (C,) feed
    by_rows: rows of a window → (entries among the C, places among that window's columns)
    """

    feeds: Feeds
    limits: StepLimits
    channels: tuple[Channel, ...]
    columns: Places
    owner: Places
    by_rows: Mapping[int, tuple[Places, Places]]
    movement: Movement
    scatter: Scatter
    standing: Standing


def movement(keys: tuple[str, ...]) -> Movement:
    """Before the first sample."""
    n = len(keys)
    return Movement(
        keys,
        recent=np.full((n, MEMORY), np.nan, np.float32),
        times=np.zeros((n, MEMORY), np.int64),
        episode=np.zeros(n, np.int8),
        oscillates=np.zeros(n, bool),
        rest=np.zeros(n, np.int8),
    )


def scatter(keys: tuple[str, ...]) -> Scatter:
    """Before the first window."""
    n = len(keys)
    return Scatter(keys, np.zeros(n, np.int8), np.zeros((n, 2), np.int64))


def standing(keys: tuple[str, ...]) -> Standing:
    """Before anything is found."""
    f = len(keys)
    return Standing(
        keys,
        columns=np.zeros((f, 2), np.int8),
        onset=np.zeros((f, 2, 2), np.int64),
        far=np.zeros((f, 2), np.float32),
        usual=np.zeros((f, 2), np.float32),
        why=np.zeros((f, 2), np.int8),
    )
