"""Frequency deviation of a supply, believed only while there is a supply.

A bus that dies coasts through 47 Hz and 40 Hz with tens of volts on it: that is a lost source, not a
frequency event. So a feed's frequency counts only where its voltage is unknown or above half of nominal,
and a figure below half of nominal frequency is no supply at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.event import Event, EventKind, Evidence
from detectors.feeds import Feeds, judged_feeds
from detectors.layout import Layout
from detectors.state import State, copied
from telemetry.block import SECOND, Channel, Quality, SampleBlock

LIMIT = 0.5  # Hz from nominal, inclusive: EN 50160 4.2.1 (49.5 to 50.5 Hz for 99.5 % of a year)
DEADBAND = 0.05  # Hz
CONFIRM = 2  # samples in a row
# What those samples must stand for together: EN 50160 judges means over 10 s. A little less, for a poll
# of five seconds comes a few milliseconds early as often as late.
SPAN = round(9.5 * SECOND)
ALIVE = 0.5  # per unit of voltage, and of frequency
_ROUNDING = 1e-4  # Hz: 50.2 has no exact single-precision value


@dataclass(slots=True)
class FrequencyState(State):
    """Entries along the feeds that give a frequency. Times in µs, 0 for none.

    sampled: last sample that counted
    active, told: outside; confirmed and said so
    samples: in a row outside
    began: (…, 2) last sample good, first bad
    bad: last sample outside
    worst: Hz, furthest from nominal
    """

    sampled: NDArray[np.int64]
    active: NDArray[np.bool_]
    told: NDArray[np.bool_]
    samples: NDArray[np.int32]
    began: NDArray[np.int64]
    bad: NDArray[np.int64]
    worst: NDArray[np.float32]


@dataclass(slots=True)
class Frequencies:
    """The detector's state: what belongs to the layout, and what is carried on."""

    feeds: Feeds
    channels: tuple[Channel, ...]
    limit: float
    end: float
    state: FrequencyState


class FrequencyDetector:
    """Deviation of a supply's frequency from nominal, as EN 50160 4.2.1 bounds it."""

    def start(self, layout: Layout) -> Frequencies:
        """Before the first row: nothing is known. Outputs follow their input and are not judged again."""
        found = judged_feeds(layout)
        feeds = found.where(
            [f >= 0 and point != "output" for f, (_, point) in zip(found.frequency, found.names, strict=True)]
        )
        own = layout.site.limits.get(EventKind.FREQUENCY_DEVIATION)
        limit = LIMIT if own is None or own.limit is None else own.limit
        band = DEADBAND if own is None or own.deadband is None else own.deadband
        n = len(feeds.names)
        state = FrequencyState(
            feeds.keys,
            np.zeros(n, np.int64),
            np.zeros(n, bool),
            np.zeros(n, bool),
            np.zeros(n, np.int32),
            np.zeros((n, 2), np.int64),
            np.zeros(n, np.int64),
            np.zeros(n, np.float32),
        )
        return Frequencies(feeds, layout.channels, limit - _ROUNDING, limit - band, state)

    def step(self, state: Frequencies, block: SampleBlock) -> tuple[Frequencies, Sequence[Event]]:
        """Judge the block's rows; feeds that stay inside cost one look at their column."""
        if not len(block) or not len(state.feeds.names):
            return state, ()
        s = copied(state.state)
        after = Frequencies(state.feeds, state.channels, state.limit, state.end, s)
        own = block.values[:, state.feeds.frequency]
        away = np.fmax.reduce(np.abs(own - state.feeds.nominal_frequency), axis=0)
        with np.errstate(invalid="ignore"):
            exact = s.active | (away >= state.limit)
        events: list[Event] = []
        for f in np.flatnonzero(exact):
            events += _judge(after, block, int(f))
        _remember_calm(after, block, np.flatnonzero(~exact))
        return after, sorted(events, key=lambda e: e.order)


def _counts(v: Frequencies, block: SampleBlock, feeds: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(T, F) the rows in which each feed's frequency is a new sample of a living supply."""
    column = v.feeds.frequency[feeds]
    columns = v.feeds.columns[feeds]
    with np.errstate(invalid="ignore"):
        alive = block.values[:, column] >= ALIVE * v.feeds.nominal_frequency[feeds]
        pu = np.where(columns >= 0, block.values[:, columns] / v.feeds.nominal[feeds], np.float32(np.nan))
        dead = np.fmax.reduce(pu, axis=2) < ALIVE
    return np.asarray((block.quality[:, column] == Quality.GOOD) & alive & ~dead, bool)


def _remember_calm(v: Frequencies, block: SampleBlock, calm: NDArray[np.int64]) -> None:
    """When each feed that stayed inside was last sampled."""
    last = _counts(v, block.rows(len(block) - 1, len(block)), calm)[0]
    v.state.sampled[calm[last]] = block.times[-1]
    for f in calm[~last]:
        rows = np.flatnonzero(_counts(v, block, np.array([f])))
        if len(rows):
            v.state.sampled[f] = block.times[rows[-1]]


def _judge(v: Frequencies, block: SampleBlock, f: int) -> list[Event]:
    """Go through the samples of one feed, in order."""
    s, events = v.state, []
    column, nominal = v.feeds.frequency[f], float(v.feeds.nominal_frequency[f])
    counts = _counts(v, block, np.array([f]))[:, 0]
    dead = (block.quality[:, column] == Quality.GOOD) & ~counts  # a sample, but of no supply
    for row in np.flatnonzero(counts | dead):
        time, hertz = int(block.times[row]), float(block.values[row, column])
        away = abs(hertz - nominal)
        if dead[row] or (s.active[f] and away < v.end) or (not s.active[f] and away < v.limit):
            if s.active[f]:
                events.append(_event(v, block, f, int(row), ended=True))
                s.active[f] = s.told[f] = False
                s.samples[f] = 0
            if not dead[row]:
                s.sampled[f] = time
            continue
        previous = int(s.sampled[f]) or time
        entered = not s.active[f]
        if entered:
            s.active[f] = True
            s.began[f] = (previous, time)
            s.worst[f] = hertz
        elif away > abs(float(s.worst[f]) - nominal):
            s.worst[f] = hertz
        s.samples[f] += 1
        s.bad[f] = s.sampled[f] = time
        span = time - int(s.began[f, 1]) + (time - previous)
        confirmed = s.samples[f] >= CONFIRM and span >= SPAN and not s.told[f]
        s.told[f] |= confirmed
        if entered or confirmed:
            events.append(_event(v, block, f, int(row), ended=False))
    return events


def _event(v: Frequencies, block: SampleBlock, f: int, row: int, *, ended: bool) -> Event:
    s, time = v.state, int(block.times[row])
    device, point = v.feeds.names[f]
    column = v.feeds.frequency[f]
    return Event(
        time=time,
        kind=EventKind.FREQUENCY_DEVIATION,
        subject=device,
        point=point,
        active=not ended,
        onset=(int(s.began[f, 0]), int(s.began[f, 1])),
        ended=(int(s.bad[f]), time) if ended else None,
        magnitude=float(s.worst[f]),
        confirmed=bool(s.told[f]),
        evidence=(Evidence(device, v.channels[column].quantity, float(block.values[row, column]), time),),
    )
