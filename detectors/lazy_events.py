"""Events that are made when somebody reads them: what a storm of findings costs then is their arrays."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import overload

from detectors.event import Event
from detectors.windows import Places


class LazyEvents(Sequence[Event], ABC):
    """S findings as events in the order of `Event.order`; each is made anew whenever it is read."""

    @abstractmethod
    def _sorted(self) -> Places:
        """(S,) the findings in their order; asked for once, and only if somebody reads."""

    @abstractmethod
    def _event(self, i: int) -> Event:
        """The event of finding `i`."""

    @cached_property
    def _in_order(self) -> list[int]:
        return [int(i) for i in self._sorted()]

    @overload
    def __getitem__(self, index: int) -> Event: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Event]: ...

    def __getitem__(self, index: int | slice) -> Event | Sequence[Event]:
        if isinstance(index, slice):
            return [self._event(i) for i in self._in_order[index]]
        return self._event(self._in_order[index])

    def __iter__(self) -> Iterator[Event]:
        return map(self._event, self._in_order)

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Sequence) else NotImplemented

    __hash__ = None  # type: ignore[assignment]
