"""Frequency deviation of a supply, believed only while there is a supply.

A bus that dies coasts through 47 Hz and 40 Hz with tens of volts on it: that is a lost source, not a
frequency event. So a feed's frequency counts only where its voltage is unknown or above half of nominal,
and a figure below half of nominal frequency is no supply at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from detectors.event import Event, EventKind, Evidence
from detectors.feeds import Feeds, judged_feeds
from detectors.layout import Layout
from detectors.screen import Screen, last_times
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

    sampled: last sample that counted, or was inside
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

    def step(self, state: Frequencies, block: SampleBlock, screen: Screen) -> tuple[Frequencies, Sequence[Event]]:
        """Judge the block's rows; feeds that stay inside cost one look at their column."""
        if not len(state.feeds.names):
            return state, ()
        after = replace(state, state=copied(state.state))
        lowest, highest = screen.low[state.feeds.frequency], screen.high[state.feeds.frequency]
        nominal = state.feeds.nominal_frequency
        outside = np.fmax(nominal - lowest, highest - nominal) >= state.limit
        exact = after.state.active | outside
        events: list[Event] = []
        for f in np.flatnonzero(exact):
            events += _judge(after, block, int(f))
        _remember_calm(after, block, ~exact)
        return after, sorted(events, key=lambda e: e.order)


def _remember_calm(v: Frequencies, block: SampleBlock, calm: NDArray[np.bool_]) -> None:
    """When each feed that stayed inside was last sampled."""
    sampled, columns = v.state.sampled, v.feeds.frequency
    good = block.quality[-1, columns] == Quality.GOOD
    sampled[calm & good] = block.times[-1]
    if len(rest := np.flatnonzero(calm & ~good)):
        sampled[rest] = last_times(block.quality[:, columns[rest]] == Quality.GOOD, block.times, sampled[rest])


def _dying(v: Frequencies, block: SampleBlock, f: int) -> NDArray[np.bool_]:
    """(T,) the rows in which what the feed gives is no supply's frequency."""
    columns = v.feeds.columns[f]
    with np.errstate(invalid="ignore"):
        slow = block.values[:, v.feeds.frequency[f]] < ALIVE * v.feeds.nominal_frequency[f]
        volts = np.where(columns >= 0, block.values[:, columns] / v.feeds.nominal[f], np.float32(np.nan))
        return np.asarray(slow | (np.fmax.reduce(volts, axis=1) < ALIVE), bool)


def _judge(v: Frequencies, block: SampleBlock, f: int) -> list[Event]:
    """Go through the samples of one feed, in order."""
    s, events = v.state, []
    column, nominal = v.feeds.frequency[f], float(v.feeds.nominal_frequency[f])
    dying = _dying(v, block, f)
    for row in np.flatnonzero(block.quality[:, column] == Quality.GOOD):
        time, hertz = int(block.times[row]), float(block.values[row, column])
        away = abs(hertz - nominal)
        if dying[row] or away < (v.end if s.active[f] else v.limit):
            if s.active[f]:
                events.append(_event(v, block, f, int(row), ended=True))
                s.active[f] = s.told[f] = False
                s.samples[f] = 0
            if not dying[row] or away < v.limit:
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
