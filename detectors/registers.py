"""What the devices counted: counters and registers turn into events that no poll saw.

A sag of a tenth of a second falls between two polls; a UPS's `upsInputLineBads`, a card's lowest and highest voltage of
the last minute and the reason of the last transfer still show it. They are the device's own measurement and need no
second sample. Where the polls saw the disturbance, where a register repeats what another has shown, and at first
contact, nothing is said: polled values tell more.

A counter tells neither which way the voltage went nor how far: it is told as a sag of unknown depth, the likeliest,
unless another register of the same poll tells.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from detectors import register_state
from detectors.event import Event
from detectors.layout import Layout
from detectors.register_rows import NONE, FeedRows
from detectors.register_state import COUNT, HIGHEST, INSIDE, LOWEST, REASON, Registers
from detectors.screen import Screen, last_times
from detectors.state import copied
from telemetry.block import Quality, SampleBlock


class RegisterDetector:
    """Sags, swells, interruptions and rapid changes of a judged feed that only its device's registers show."""

    def start(self, layout: Layout) -> Registers:
        """Before the first row."""
        return register_state.start(layout)

    def step(self, state: Registers, block: SampleBlock, screen: Screen) -> tuple[Registers, Sequence[Event]]:
        """Read the registers that changed; one that stands still costs one look at its extremes."""
        if not len(state.columns):
            return state, ()
        after = replace(state, state=copied(state.state))
        exact = after.state.kind.any(axis=1) | _changed(state, screen)
        events: list[Event] = []
        for g in np.flatnonzero(exact).tolist():
            events += FeedRows(after, block, g).judge()
        _remember_calm(after, block, screen, ~exact)
        return after, sorted(events, key=lambda e: e.order)


def _changed(v: Registers, screen: Screen) -> NDArray[np.bool_]:
    """(G,) whether any register of the feed may have changed in a way that counts."""
    given, value = v.columns >= 0, v.state.value
    low = np.where(given, screen.low[v.columns], np.nan)
    high = np.where(given, screen.high[v.columns], np.nan)
    other = ~np.isnan(low) & ((low != value) | (high != value))
    other[:, REASON] &= high[:, REASON] > NONE
    for register, stays in (
        (LOWEST, low[:, LOWEST] / v.base >= v.limits.lowest),
        (HIGHEST, high[:, HIGHEST] / v.base <= v.limits.swell[0]),
    ):
        other[:, register] &= ~(stays & (value[:, register] == INSIDE))
    return np.asarray(other[:, [COUNT, LOWEST, HIGHEST, REASON]].any(axis=1))


def _remember_calm(v: Registers, block: SampleBlock, screen: Screen, calm: NDArray[np.bool_]) -> None:
    """What stays of the feeds whose registers stand still: when they were sampled, and when polls saw them outside."""
    s = v.state
    g, register = np.nonzero(calm[:, None] & (v.columns >= 0))
    columns = v.columns[g, register]
    sampled = np.full(len(columns), block.times[-1])
    if len(rest := np.flatnonzero(screen.spoiled[columns])):
        good = block.quality[:, columns[rest]] == Quality.GOOD
        sampled[rest] = last_times(good, block.times, s.sampled[g[rest], register[rest]])
    s.sampled[g, register] = sampled
    low, high = screen.low[v.polled] / v.nominal, screen.high[v.polled] / v.nominal
    left = np.flatnonzero(calm[v.owner] & ((low < v.bounds[0]) | (high > v.bounds[1])))
    if not len(left):
        return
    seen = block.quality[:, v.polled[left]] == Quality.GOOD
    unit = np.where(seen, block.values[:, v.polled[left]], np.float32(np.nan)) / v.nominal[left]
    for side, outside in enumerate((unit < v.bounds[0, left], unit > v.bounds[1, left])):
        when = last_times(outside, block.times, np.zeros(len(left), np.int64))
        np.maximum.at(s.outside, (v.owner[left], v.ways[side, left]), when)
