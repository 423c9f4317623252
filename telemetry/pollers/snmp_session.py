"""What asks an SNMP agent one thing once. Two libraries stand behind it; which one makes no difference to a reader."""

from collections.abc import Sequence
from typing import Protocol

from telemetry.address import SnmpAddress
from telemetry.reading import Raw

ROWS = 20  # of a table asked for in one request

# Error status: of v1 for an object that does not exist (RFC 1157); of one who may not ask for it (RFC 3416).
_NO_SUCH_NAME = 2
_NO_ACCESS, _AUTHORIZATION_ERROR = 6, 16


class NoReply(Exception):  # noqa: N818 - what happened, not a fault of this program
    """Nothing came back in time."""


class Unreadable(NoReply):
    """Something came back that is no answer to what was asked."""


class PortClosed(NoReply):
    """The host says that nothing listens on that port."""


class Refused(NoReply):
    """The agent or the network said no, and asking again changes nothing. The text is a sentence for people."""


def no_way(address: SnmpAddress, error: Exception) -> Refused:
    """What to raise where the network cannot carry a request."""
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return Refused(f"there is no way to {address.place} ({reason}): check the address, and this host's network")


class Rejected(Exception):  # noqa: N818 - as above
    """The agent rejects the request as a whole: too big, or (SNMP v1) one object in it does not exist.

    index: which of the objects asked for does not exist, from 0; None where that is not what is wrong
    """

    def __init__(self, index: int | None = None) -> None:
        super().__init__(index)
        self.index = index


def failed(address: SnmpAddress, status: int, index: int) -> Refused | Rejected:
    """What to raise for an answer that says that the request failed.

    Args:
        address: of the agent
        status: the answer's error status, not 0
        index: of the object to blame, from 1
    """
    if status in {_NO_ACCESS, _AUTHORIZATION_ERROR}:
        return Refused(f"the agent at {address} lets nobody read who asks in this way: check its access list")
    return Rejected(index - 1 if status == _NO_SUCH_NAME else None)


class Rows(Protocol):
    """A column being walked."""

    async def following(self, wait: float) -> tuple[str, Raw | None] | None:
        """The instance after the last one, and its value (None where it has none); None at the end.

        An agent may send rows that are out of order or of another column: the caller checks. May be asked again
        after a failure, and then repeats the last request.

        Args:
            wait: seconds for an answer

        Raises:
            NoReply, Rejected: as `SnmpSession.get`.
        """
        ...


class SnmpSession(Protocol):
    """A socket, or what a library has in its place, to one agent. Opens itself when it is first used."""

    async def get(self, oids: Sequence[str], wait: float) -> dict[str, Raw]:
        """One GET request. Objects that are absent or Null are not in the answer; others than asked for may be.

        Args:
            oids: numeric, without a leading dot
            wait: seconds for an answer

        Raises:
            NoReply: no answer that can be believed; its subclasses say why
            Rejected: the agent rejects the request as a whole
        """
        ...

    def walk(self, column: str, *, by_one: bool) -> Rows:
        """Begin to walk a column, by GETNEXT (v1 has nothing else) or by GETBULK."""
        ...

    async def close(self) -> None:
        """Give the socket back. Harmless when called twice."""
        ...
