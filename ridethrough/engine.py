"""The engine: sample blocks in, effects out. No clock, no input or output; live and replay are one path.

Time enters only as the blocks' times. Pushing the same rows in other pieces gives the same effects.
"""

from typing import Any

import numpy as np

from alarms.book import Book
from alarms.effects import Effect
from detectors.bank import ALL
from detectors.event import Event
from detectors.layout import Layout
from detectors.state import carry
from telemetry.block import Channel, SampleBlock
from telemetry.site import Site


class Engine:
    """One site's detectors and alarms, fed block by block."""

    def __init__(self, site: Site, *, replay: bool) -> None:
        self.site = site
        self._book = Book(site, replay=replay)
        self._channels: tuple[Channel, ...] | None = None
        self._states: list[Any] = []
        self.last_tick: int | None = None

    def push(self, block: SampleBlock) -> list[Effect]:
        """Look at the block's rows and say what has to be told, in order of time.

        Raises:
            ValueError: a device that the site does not have, or rows that are not later than those before.
        """
        if not len(block):
            return []
        if self.last_tick is not None and block.times[0] <= self.last_tick:
            raise ValueError(f"rows run backwards: {block.times[0]} µs comes after {self.last_tick} µs")
        if block.channels != self._channels:
            self._relayout(block.channels)
        events: list[Event] = []
        for i, detector in enumerate(ALL):
            self._states[i], found = detector.step(self._states[i], block)
            events += found
        events.sort(key=lambda e: e.order)
        self.last_tick = int(block.times[-1])
        return self._tell(block, events)

    def _relayout(self, channels: tuple[Channel, ...]) -> None:
        """A device turned out to give more than was known: every detector goes on with the wider rows."""
        layout = Layout(self.site, channels)
        fresh = [detector.start(layout) for detector in ALL]
        self._states = (
            [carry(old, new) for old, new in zip(self._states, fresh, strict=True)] if self._states else fresh
        )
        self._channels = channels

    def _tell(self, block: SampleBlock, events: list[Event]) -> list[Effect]:
        """Walk the ticks at which something happens or a delay runs out; the others change nothing."""
        effects: list[Effect] = []
        at = 0
        while True:
            times = [events[at].time] if at < len(events) else []
            if (due := self._book.next_due) is not None:
                row = int(np.searchsorted(block.times, due))
                if row < len(block):
                    times.append(int(block.times[row]))
            if not times:
                return effects
            tick = min(times)
            upto = at
            while upto < len(events) and events[upto].time == tick:
                upto += 1
            effects += self._book.advance(tick, events[at:upto])
            at = upto
