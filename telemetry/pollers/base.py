"""What every poller is, whatever it speaks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from telemetry.reading import Answer


@dataclass(frozen=True, slots=True)
class Contact:
    """How a device is read since it first answered.

    profile: by which
    scales: what its agent was found to count in where the profile leaves that open, by the OID of the object or column
    unusual: those of them that are not what the profile expects first
    """

    profile: str
    scales: Mapping[str, float] = field(default_factory=dict)
    unusual: frozenset[str] = frozenset()

    def to_json(self) -> dict[str, Any]:
        """As a recording keeps it."""
        return {"profile": self.profile, "scales": dict(self.scales)}


class Poller(Protocol):
    """Reads one device. Never raises for what the device or the network does: that is an `Answer` with an error."""

    async def poll(self) -> Answer:
        """Read every point once. The caller sets the deadline and may cancel; the next poll then starts afresh."""
        ...

    def quantities(self) -> tuple[str, ...]:
        """What the device has been found to have so far (`Answer.given`); nothing before first contact."""
        ...

    def contact(self) -> Contact | None:
        """How the device is read; None before it first answered."""
        ...

    async def close(self) -> None:
        """Give sockets back. Harmless when called twice."""
        ...
