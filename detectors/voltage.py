"""Interruptions, phase losses, sags and swells, in the style of IEC 61000-4-30 with the limits of IEEE 1159.

A feed has two tracks. Low: normal, sag, phase loss, interruption, where the deeper takes the place of the shallower
and gives way to it while the supply recovers, so that one thing is said at a time. High: normal, swell, which goes
on beside the other (a lost neutral raises one phase and lowers another). A sag or swell of more than a minute is
an under- or overvoltage besides.

One dense look at the block finds the feeds that leave their limits or are outside already; only those are judged
row by row. Polled values are no half-cycle values: "in the style of", never "class A".
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from detectors.event import Event
from detectors.feeds import FORMS, judged_feeds
from detectors.layout import Layout
from detectors.screen import Screen, carried_on, last_times
from detectors.state import copied
from detectors.voltage_events import Found, VoltageEvents
from detectors.voltage_rows import Beyond, Rows
from detectors.voltage_state import VoltageLimits, Voltages, before_the_first_row
from telemetry.block import Quality, SampleBlock

_AT_A_TIME = 1 << 19  # values judged at a time: what fits a cache, and no storm takes memory without bound

_MARGIN = np.float32(1e-6)  # the screen multiplies where the exact machine divides: these round differently


class VoltageDetector:
    """Interruption, phase loss, sag, swell, under- and overvoltage of every judged feed.

    Standards: IEEE 1159-2019 table 2 (limits, a minute); IEC 61000-4-30:2015 5.4 and 5.5 (any phase begins, all
    phases end a dip or swell; all phases begin, any ends an interruption; hysteresis).
    """

    def start(self, layout: Layout) -> Voltages:
        """Before the first row: nothing is known."""
        feeds = judged_feeds(layout)
        load_side = [point == "output" or layout.site.device(device).kind == "pdu" for device, point in feeds.names]
        return before_the_first_row(feeds, VoltageLimits.of(layout.site), layout.channels, np.array(load_side, bool))

    def step(self, state: Voltages, block: SampleBlock, screen: Screen) -> tuple[Voltages, Sequence[Event]]:
        """Judge the block's rows."""
        if not len(state.columns):
            return state, ()
        after = replace(state, per_column=copied(state.per_column), per_feed=copied(state.per_feed))
        beyond = _beyond(after, screen)
        restless = beyond.low | beyond.high | after.per_feed.level.any(axis=1)
        found: list[Found] = []
        for feeds in _batches(after, np.flatnonzero(restless), len(block)):
            found += Rows(after, block, screen, feeds, beyond).judge()
        _remember_calm(after, block, screen, ~restless)
        return after, VoltageEvents(after, block, Found.joined(found)) if found else ()


def _beyond(v: Voltages, screen: Screen) -> Beyond:
    """The feeds that leave their limits in this block."""
    # Of all tracked columns at once: to pick the voltages first would cost more than to look at the others too.
    tracked, limits, found = screen.usual.tracked, v.limits, []
    of = slice(None) if len(tracked.columns) == len(screen.low) else tracked.columns
    least, most = screen.usual.bases(slice(None))
    for columns in (
        screen.low[of] < most * (limits.lowest + _MARGIN),
        screen.high[of] > least * (limits.swell[0] - _MARGIN),
    ):
        feeds = np.zeros(len(v.count), bool)
        feeds[v.owner[columns[tracked.entry[v.columns]]]] = True
        found.append(feeds)
    low, high = found
    nearer = float(min(1 - limits.sag[0], limits.swell[0] - 1))
    any_restless = bool(low.any() or high.any() or v.per_feed.level.any())
    return Beyond(low, high, noisy=any_restless and screen.usual.any_noisy(nearer))


def _batches(v: Voltages, feeds: NDArray[np.int64], rows: int) -> list[NDArray[np.int64]]:
    """The feeds, those together that have as many columns."""
    found = []
    for count in range(1, len(FORMS) + 1):
        alike = feeds[v.count[feeds] == count]
        to_line = v.to_line[v.first[alike]]
        for group in (alike[to_line], alike[~to_line]):
            size = max(1, _AT_A_TIME // (rows * count))
            found += [group[at : at + size] for at in range(0, len(group), size)]
    return found


def _remember_calm(v: Voltages, block: SampleBlock, screen: Screen, calm: NDArray[np.bool_]) -> None:
    """What stays of the feeds that stayed inside: when each column was last sampled, what their UPS says of itself."""
    sampled = v.per_column.sampled
    own = calm[v.owner]
    spoiled = screen.spoiled[v.columns]
    sampled[own & ~spoiled] = block.times[-1]
    if len(rest := np.flatnonzero(own & spoiled)):
        sampled[rest] = last_times(block.quality[:, v.columns[rest]] == Quality.GOOD, block.times, sampled[rest])
    told = np.flatnonzero(calm & (v.feeds.status >= 0))
    if len(told):
        v.per_feed.status[told] = carried_on(block.values[:, v.feeds.status[told]], v.per_feed.status[told])[-1]
