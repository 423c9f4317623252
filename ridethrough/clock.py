"""Where the time of a live run comes from."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Event time, in microseconds UTC, and a way to wait for it."""

    def now(self) -> int:
        """The time now."""
        ...

    async def sleep_until(self, moment: int) -> None:
        """Return when `moment` has come; at once where it has passed."""
        ...


class WallClock:
    """The time of this host: the system's date at the start, carried on by the clock that nobody sets.

    A step of the system clock during the run (NTP after a cold start, a hand) would make rows run
    backwards or leave a hole; a steady clock does neither, and drifts by milliseconds a day.
    """

    def __init__(self) -> None:
        self._offset = time.time_ns() // 1000 - time.monotonic_ns() // 1000

    def now(self) -> int:
        """Microseconds UTC."""
        return self._offset + time.monotonic_ns() // 1000

    async def sleep_until(self, moment: int) -> None:
        """Wait in real time."""
        await asyncio.sleep(max(0, moment - self.now()) / 1e6)
