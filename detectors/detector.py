"""What every detector is: state in, state out."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from detectors.event import Event
from detectors.layout import Layout
from telemetry.block import SampleBlock

S = TypeVar("S")


class Detector(Protocol[S]):
    """A pure function over sample blocks. It knows no clock, no socket and no log, and writes to none of its inputs.

    Any cut of the stream gives the same events: what reaches an event is accumulated in tick order,
    never per block. The order of columns makes no difference, nor does a further column that is all
    MISSING. A block without rows is legal.
    """

    def start(self, layout: Layout) -> S:
        """The state before the first row of a stream with this layout."""
        ...

    def step(self, state: S, block: SampleBlock) -> tuple[S, Sequence[Event]]:
        """Look at the block's rows. Events come in the order of `Event.order`."""
        ...
