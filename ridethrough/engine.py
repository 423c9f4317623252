"""The engine: sample blocks in, effects out. No clock, no input or output; live and replay are one path.

Time enters only as the blocks' times. Pushing the same rows in other pieces gives the same effects.
"""

import numpy as np

from alarms.book import Book
from alarms.effects import Effect
from alarms.standing import Standing
from detectors.bank import Bank, BankState
from detectors.event import Event
from detectors.layout import Layout
from telemetry.block import Channel, SampleBlock
from telemetry.site import Site


class Engine:
    """One site's detectors and alarms, fed block by block."""

    def __init__(self, site: Site, *, replay: bool) -> None:
        self.site = site
        self._book = Book(site, replay=replay)
        self._bank = Bank()
        self._channels: tuple[Channel, ...] | None = None
        self._state: BankState | None = None
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
        if self._state is None or block.channels != self._channels:  # a device turned out to give more than was known
            self._state = self._bank.start(Layout(self.site, block.channels), self._state)
            self._channels = block.channels
        self._state, found = self._bank.step(self._state, block)
        events = sorted((event for own in found for event in own), key=lambda e: e.order)
        self.last_tick = int(block.times[-1])
        return self._tell(block, events)

    def standing(self) -> list[Standing]:
        """What holds or waits for a delay after the last row: to be asked where no further row will come."""
        return [] if self.last_tick is None else self._book.standing(self.last_tick)

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
