"""What every poller is, whatever it speaks."""

from typing import Protocol

from telemetry.reading import Answer


class Poller(Protocol):
    """Reads one device. Never raises for what the device or the network does: that is an `Answer` with an error."""

    async def poll(self) -> Answer:
        """Read every point once. The caller sets the deadline and may cancel; the next poll then starts afresh."""
        ...

    def quantities(self) -> tuple[str, ...]:
        """What the device has given so far; nothing before first contact."""
        ...

    async def close(self) -> None:
        """Give sockets back. Harmless when called twice."""
        ...
