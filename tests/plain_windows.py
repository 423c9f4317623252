"""Windows and what must last for some of them, in plain loops: for the oracles of detectors that judge by window."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from telemetry.block import SECOND, Channel, Quality, SampleBlock

ROWS = 16


@dataclass
class InARow:
    """One thing that is told after some windows in a row, and over after as many."""

    windows: int
    active: bool = False
    run: int = 0
    good: int = 0
    bad: int = 0
    onset: tuple[int, int] = (0, 0)

    def judge(self, bad: bool, began: int, ended: int) -> bool:
        """Whether this window begins it or ends it."""
        if bad == self.active:
            self.run = 0
            if bad:
                self.bad = ended
            else:
                self.good = began
            return False
        if not self.run and bad:
            self.bad = began
        elif not self.run:
            self.good = ended
        self.run += 1
        if self.run < self.windows:
            return False
        self.active, self.run = bad, 0
        if bad:
            self.onset = (self.good or self.bad, self.bad)
            self.bad = ended
        return True

    @property
    def ended(self) -> tuple[int, int] | None:
        """When it was over."""
        return None if self.active else (self.bad, self.good)


def windows(block: SampleBlock) -> Iterator[tuple[list[int], int, int]]:
    """The rows of each window that is over, when it began and when it was known to be over."""
    rows: list[int] = []
    for row, time in enumerate(block.times):
        if rows and time // (ROWS * SECOND) != block.times[rows[-1]] // (ROWS * SECOND):
            yield rows, int(block.times[rows[0]]), int(time)
            rows = []
        rows.append(row)


def extremes(block: SampleBlock, rows: list[int], name: str) -> tuple[float, float] | None:
    """Lowest and highest value of `device/quantity`; None where less than half of the polls were answered."""
    column = block.channels.index(Channel(*name.split("/")))
    known = [v for row in rows if not math.isnan(v := float(block.values[row, column]))]
    good = sum(block.quality[row, column] == Quality.GOOD for row in rows)
    return (min(known), max(known)) if good * 2 >= ROWS and known else None
