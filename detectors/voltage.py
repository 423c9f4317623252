"""Interruptions, sags and swells, by phase, in the style of IEC 61000-4-30 with the limits of IEEE 1159.

A feed has two tracks. Low: normal, sag, interruption, where an interruption takes the place of the sag
that it deepens and gives way to one while it recovers, so that one thing is said at a time. High: normal,
swell, which goes on beside the other (a lost neutral raises one phase and lowers another).

One dense look at the block finds the feeds that leave their limits or are outside already; only those are
judged row by row. Polled values are no half-cycle values: "in the style of", never "class A".
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
from detectors.voltage_rows import Rows
from detectors.voltage_state import VoltageLimits, Voltages, VoltageState
from telemetry.block import Quality, SampleBlock

_AT_A_TIME = 1 << 21  # values judged at a time: what fits a cache, and no storm takes memory without bound


class VoltageDetector:
    """Voltage interruption, sag and swell of every judged feed.

    Standards: IEEE 1159-2019 table 2 (limits); IEC 61000-4-30:2015 5.4 and 5.5 (any phase begins, all phases
    end a dip or swell; all phases begin, any ends an interruption; hysteresis).
    """

    def start(self, layout: Layout) -> Voltages:
        """Before the first row: nothing is known."""
        feeds, limits = judged_feeds(layout), VoltageLimits.of(layout.site)
        owner, form = np.nonzero(feeds.columns >= 0)
        return Voltages(
            feeds,
            limits,
            layout.channels,
            columns=feeds.columns[owner, form],
            owner=owner,
            slot=owner * len(FORMS) + form,
            bounds=limits.bounds(feeds.nominal[owner, form]),
            state=VoltageState.before_the_first_row(feeds.keys),
        )

    def step(self, state: Voltages, block: SampleBlock, screen: Screen) -> tuple[Voltages, Sequence[Event]]:
        """Judge the block's rows."""
        if not len(state.columns):
            return state, ()
        lowest, highest = screen.low[state.columns], screen.high[state.columns]
        outside = (lowest < state.bounds[0]) | (highest > state.bounds[1])
        after = replace(state, state=copied(state.state))
        restless = np.asarray(after.state.level.any(axis=1))
        restless[state.owner[outside]] = True
        events: list[Event] = []
        if len(feeds := np.flatnonzero(restless)):
            rows = max(1, _AT_A_TIME // (len(feeds) * len(FORMS)))
            for start in range(0, len(block), rows):
                events += Rows(after, block.rows(start, start + rows), feeds).judge()
        _remember_calm(after, block, ~restless)
        return after, sorted(events, key=lambda e: e.order)


def _remember_calm(v: Voltages, block: SampleBlock, calm: NDArray[np.bool_]) -> None:
    """What stays of the feeds that stayed inside: when each column was last sampled, what their UPS says of itself."""
    sampled = v.state.sampled.reshape(-1)
    own = calm[v.owner]
    good = block.quality[-1, v.columns] == Quality.GOOD
    sampled[v.slot[own & good]] = block.times[-1]
    if len(rest := np.flatnonzero(own & ~good)):
        at = v.slot[rest]
        sampled[at] = last_times(block.quality[:, v.columns[rest]] == Quality.GOOD, block.times, sampled[at])
    told = np.flatnonzero(calm & (v.feeds.status >= 0))
    if len(told):
        v.state.status[told] = carried_on(block.values[:, v.feeds.status[told]], v.state.status[told])[-1]
