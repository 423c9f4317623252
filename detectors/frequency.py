"""Frequency deviation of a supply, believed only while there is a supply.

A bus that dies coasts through 47 Hz and 40 Hz with tens of volts on it: that is a lost source, not a
frequency event. So a frequency counts only where the supply's voltage is unknown or above half of nominal,
and a figure below half of nominal frequency is no supply at all. A generator counts while it runs, from when it
has been in its band.

What a supply does is judged on two scales: a small deviation that lasts and a large one at once; a rate of change
over two polls and over some seconds. Only what lies outside the limit is confirmed, all else is recorded.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from detectors.event import Event
from detectors.frequency_deviations import Deviations
from detectors.frequency_events import Found, FrequencyEvents
from detectors.frequency_samples import samples
from detectors.frequency_state import INSIDE, Frequencies, FrequencyState
from detectors.frequency_supplies import ALIVE, RUNS, Flags, supplies
from detectors.layout import Layout
from detectors.screen import Screen, carried_on, last_times
from detectors.state import copied
from telemetry.block import Quality, SampleBlock

_AT_A_TIME = 1 << 17  # samples judged at a time: what fits a cache, and no storm takes memory without bound


class FrequencyDetector:
    """Deviation of a supply's frequency from nominal: utilities by EN 50160 4.2.1, generators by ISO 8528-5 G2."""

    def start(self, layout: Layout) -> Frequencies:
        """Before the first row: nothing is known."""
        found = supplies(layout)
        return Frequencies(found, layout.channels, FrequencyState.before_the_first_row(found.feeds.keys))

    def step(self, state: Frequencies, block: SampleBlock, screen: Screen) -> tuple[Frequencies, Sequence[Event]]:
        """Judge the block's rows; supplies that stay in their band cost one look at their column."""
        s = state.supplies
        if not len(s.feeds.names):
            return state, ()
        after = replace(state, state=copied(state.state))
        suspect, exact = _restless(state, screen)
        whole = ~screen.spoiled[s.feeds.frequency]
        found = []
        for doubted in (False, True):
            for chosen in (whole, ~whole):
                feeds = np.flatnonzero(exact & (suspect == doubted) & chosen)
                at_a_time = max(1, _AT_A_TIME // len(block))
                for start in range(0, len(feeds), at_a_time):
                    some = feeds[start : start + at_a_time]
                    taken = samples(after, block, some, suspect=doubted, whole=chosen is whole)
                    found.append(Deviations(after, taken).found())
        _remember_calm(after, block, screen, ~exact)
        findings = Found.joined(found) if found else None
        if findings is None or not len(findings.supply):
            return after, ()
        return after, FrequencyEvents(after, block, findings)


def _restless(v: Frequencies, screen: Screen) -> tuple[Flags, Flags]:
    """Which supplies may have been none in some row, and which need the exact work."""
    s, state = v.supplies, v.state
    limits, nominal = s.limits, s.limits.nominal
    lowest, highest = screen.low[s.feeds.frequency], screen.high[s.feeds.frequency]
    half = np.float32(ALIVE) * nominal
    suspect = np.asarray(lowest < half)
    suspect[s.owner[screen.low[s.volts] < s.half]] = True
    exact = (state.level > INSIDE) | suspect | (np.abs(state.hertz - nominal) >= limits.shown)
    exact |= np.fmax(nominal - lowest, highest - nominal) >= limits.shown
    if len(g := np.flatnonzero(limits.generator)):
        says, column = s.state[g] >= 0, s.state[g]
        suspect[g] |= ~state.ready[g] | (says & ((screen.low[column] < min(RUNS)) | (screen.high[column] > max(RUNS))))
        at_rest = ~state.ready[g] & (state.level[g] == INSIDE) & ~(highest[g] >= half[g])
        exact[g] = (exact[g] | suspect[g]) & ~at_rest
    return suspect, exact


def _remember_calm(v: Frequencies, block: SampleBlock, screen: Screen, calm: Flags) -> None:
    """The last sample of each supply that was inside all along, or of a generator that was at rest."""
    state, column = v.state, v.supplies.feeds.frequency
    rests = calm & v.supplies.limits.generator & ~state.ready
    state.hertz[rests & ~np.isnan(screen.low[column])] = np.nan
    calm = calm & ~rests
    good = block.quality[-1, column] == Quality.GOOD
    now = calm & good
    state.sampled[now], state.hertz[now] = block.times[-1], block.values[-1, column[now]]
    if len(rest := np.flatnonzero(calm & ~good)):
        seen = block.quality[:, column[rest]] == Quality.GOOD
        state.sampled[rest] = last_times(seen, block.times, state.sampled[rest])
        values = np.where(seen, block.values[:, column[rest]], np.float32(np.nan))
        state.hertz[rest] = carried_on(values, state.hertz[rest])[-1]
