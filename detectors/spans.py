"""When windows began and ended, by their length: of every length that the site has, whatever columns there are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.layout import Layout
from detectors.state import State, copied
from detectors.windows import Places, rows_in_window
from telemetry.block import SampleBlock, Times


class Span(NamedTuple):
    """The windows of one length that ended in a block: K of them.

    stops: (K,) the row in which each was known to be over
    began, ended: (K,) µs of its first row, and of that row
    """

    stops: Places
    began: Times
    ended: Times


@dataclass(slots=True)
class Opened(State):
    """The windows that are open, along the lengths that the site's devices have, by their rows. µs, 0 before the first.

    since: first row
    last: last row
    """

    since: NDArray[np.int64]
    last: NDArray[np.int64]


def opened(layout: Layout) -> Opened:
    """Before the first row. Every device of the site counts, heard or not: what is silent changes nothing."""
    lengths = sorted({rows_in_window(d, layout.site.tick) for d in layout.site.devices})
    return Opened(tuple(map(str, lengths)), np.zeros(len(lengths), np.int64), np.zeros(len(lengths), np.int64))


def spans(state: Opened, block: SampleBlock, tick: int) -> tuple[Opened, Mapping[int, Span]]:
    """Which windows ended in the block's rows, by their length in rows."""
    after, found = copied(state), {}
    for i, key in enumerate(state.keys):
        if not state.since[i]:
            after.since[i] = after.last[i] = block.times[0]
        since, before = int(after.since[i]), int(after.last[i])
        stops = np.flatnonzero(np.diff(np.concatenate(([before], block.times)) // (int(key) * tick)))
        ended = block.times[stops]
        starts = np.concatenate(([since], ended))
        found[int(key)] = Span(stops, starts[:-1], ended)
        after.since[i], after.last[i] = starts[-1], block.times[-1]
    return after, found
