"""What every detector is: state in, state out."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from detectors.event import Event
from detectors.layout import Layout
from detectors.screen import Screen
from telemetry.block import SampleBlock

S = TypeVar("S")


class Detector(Protocol[S]):
    """A pure function over sample blocks. It knows no clock, no socket and no log, and writes to none of its inputs.

    Any cut of the stream gives the same events: what reaches an event is accumulated in tick order, or over windows
    aligned to time, never per block. The order of columns makes no difference, nor does a further column that is all
    MISSING.
    """

    def start(self, layout: Layout) -> S:
        """The state before the first row of a stream with this layout."""
        ...

    def step(self, state: S, block: SampleBlock, screen: Screen) -> tuple[S, Sequence[Event]]:
        """Look at the rows of a block that has at least one.

        Args:
            state: after the rows before; it stays as it is
            block: the rows
            screen: what the dense look at them saw: it says which columns can be passed over

        Returns:
            The state after the rows, and events in the order of `Event.order`. The sequence may be lazy: an event is
            made when somebody reads it.
        """
        ...
