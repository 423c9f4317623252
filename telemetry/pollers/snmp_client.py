"""Asks one SNMP agent: in requests that it can answer, more than once, never believing what was not asked for."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from telemetry.address import SnmpAddress
from telemetry.pollers.snmp_session import NoReply, PortClosed, Refused, Rejected, SnmpSession, Unreadable
from telemetry.reading import Raw

T = TypeVar("T")

UPTIME = "1.3.6.1.2.1.1.3.0"  # sysUpTime

_CHUNK = 24  # objects in one request, beside the uptime: an answer stays below the 1,472 octets of one Ethernet frame
_TRIES = 3  # of one request
_SHORTEST, _LONGEST = 0.2, 0.5  # of the time for one request, the part that its first try has
_MOST_ROWS = 1000  # of one column; no power device has more, a table that does loops


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of asking for many objects.

    values: of those that the agent has
    absent: those that it says it has not
    error: None where everything was answered, else a sentence for people; what is in neither of the above was not
    """

    values: dict[str, Raw] = field(default_factory=dict)
    absent: set[str] = field(default_factory=set)
    error: str | None = None


class SnmpClient:
    """Asks one agent.

    Each request also asks for sysUpTime. An agent that has it and answers without it has rejected the request as a
    whole, which not every library tells; the request is then cut until what is to blame stands alone.
    """

    def __init__(self, address: SnmpAddress, session: SnmpSession, *, timeout: float) -> None:
        """Nothing is sent yet.

        Args:
            address: whom to ask
            session: by which it is asked
            timeout: seconds for one request, its repeats included
        """
        self.address = address
        self._session = session
        self._timeout = timeout
        self._chunk = _CHUNK
        self._blamed = False  # whether something stood alone when it was rejected, so that size was not to blame
        self._smallest = _CHUNK  # size of a chunk after it was halved
        self._has_uptime: bool | None = None
        self._by_one = address.version == "1"  # whether tables are read by GETNEXT
        self._pace = 0.0  # seconds that answers take of late; a slow agent is not asked again in haste

    async def get(self, oids: Sequence[str], *, until: float = float("inf")) -> Reply:
        """The objects' values. Ends at the first request that is not answered at all.

        Args:
            oids: numeric, without a leading dot; the most important first
            until: the event loop's time at which no further request is sent
        """
        reply = Reply()
        self._blamed, self._smallest = False, self._chunk
        try:
            if self._has_uptime is None:
                await self._meet(reply)
            left = deque(_cut([oid for oid in dict.fromkeys(oids) if oid not in reply.values], self._chunk))
            while left:
                if asyncio.get_running_loop().time() >= until:
                    return Reply(
                        reply.values, reply.absent, f"{self.address.place} answers too slowly to be read in full"
                    )
                await self._ask(left, reply)
        except NoReply as e:
            return Reply(reply.values, reply.absent, self._sentence(e))
        if not self._blamed:
            self._chunk = self._smallest
        return reply

    async def walk(self, column: str, *, whole: bool = False, until: float = float("inf")) -> dict[str, Raw] | None:
        """The rows of a column: instance and value. None where no answer came in time.

        Rows after one that is out of order or of another column are not looked at; a column that never ends has none.
        An agent that does not answer GETBULK, as some do, is asked by GETNEXT from then on.

        Args:
            column: OID
            whole: a column that is out of order, without end, cut short or has a row without a value counts as not
                answered
            until: the event loop's time at which no further request is sent
        """
        found = await self._walk(column, whole, until)
        if found is None and not self._by_one:
            self._by_one = True
            found = await self._walk(column, whole, until)
            self._by_one = found is not None
        return found

    async def _walk(self, column: str, whole: bool, until: float) -> dict[str, Raw] | None:
        rows = self._session.walk(column, by_one=self._by_one)
        prefix = f"{column}."
        last: tuple[int, ...] = ()
        found: dict[str, Raw] = {}
        for _ in range(_MOST_ROWS):
            if asyncio.get_running_loop().time() >= until:
                return None
            try:
                row = await self._tries(rows.following)
            except Rejected as e:
                is_end = e.index is not None  # how an agent of SNMP v1 says that there is nothing more
                return found if is_end or (self._by_one and not whole) else None
            except NoReply:
                return None
            if row is None or not row[0].startswith(prefix):
                return found
            oid, value = row
            arcs = tuple(map(int, oid.split(".")))
            if arcs <= last:
                is_end = arcs == last and value is None  # endOfMibView stands beside the last object
                return found if is_end or not whole else None
            last = arcs
            if value is not None:
                found[oid] = value
            elif whole:
                return None
        return None if whole else {}

    async def after(self, oid: str) -> str | None:
        """The agent's next object behind an OID, whether or not it has a value; "" at the end, None without an answer.

        Args:
            oid: of an object that need not exist
        """
        rows = self._session.walk(oid, by_one=True)
        try:
            row = await self._tries(rows.following)
        except Rejected:  # how an agent of SNMP v1 says that there is nothing more
            return ""
        except NoReply:
            return None
        return row[0] if row else ""

    async def close(self) -> None:
        """Give the socket back."""
        await self._session.close()

    async def _meet(self, reply: Reply) -> None:
        """Find out whether the agent is there, and has an uptime."""
        try:
            got = await self._tries(lambda wait: self._session.get([UPTIME], wait))
        except Rejected:
            got = {}
        self._has_uptime = UPTIME in got
        if self._has_uptime:
            reply.values[UPTIME] = got[UPTIME]
        else:
            reply.absent.add(UPTIME)

    async def _ask(self, left: deque[list[str]], reply: Reply) -> None:
        """Ask for the first of the chunks that are left; put back in parts what was rejected."""
        chunk = [oid for oid in left.popleft() if oid != UPTIME]
        asked = [UPTIME, *chunk] if self._has_uptime else chunk
        if not asked:
            return
        try:
            got = await self._tries(lambda wait: self._session.get(asked, wait))
        except Rejected as e:
            known = e.index is not None and 0 <= e.index < len(asked)
            self._split(chunk, asked[e.index or 0] if known else None, left, reply)
            return
        except Unreadable:
            self._split(chunk, None, left, reply)
            return
        if self._has_uptime and not any(oid in got for oid in asked):
            self._split(chunk, None, left, reply)
            return
        for oid in asked:
            if oid in got:
                reply.values[oid] = got[oid]
            else:
                reply.absent.add(oid)

    def _split(self, chunk: list[str], culprit: str | None, left: deque[list[str]], reply: Reply) -> None:
        self._blamed = self._blamed or len(chunk) <= 1 or culprit in chunk
        if len(chunk) <= 1:
            reply.absent.update(chunk)
        elif culprit in chunk:
            reply.absent.add(str(culprit))
            left.appendleft([oid for oid in chunk if oid != culprit])
        else:
            half = len(chunk) // 2
            self._smallest = min(self._smallest, half)
            left.extendleft([chunk[half:], chunk[:half]])

    async def _tries(self, ask: Callable[[float], Awaitable[T]]) -> T:
        """What `ask` gives, asked up to three times.

        Raises:
            NoReply: the last failure, when all have failed
            Rejected: at once
        """
        clock = asyncio.get_running_loop().time
        closed = 0
        failure = NoReply()
        for wait in self._waits():
            begun = clock()
            try:
                answer = await ask(wait)
            except Refused:
                raise
            except PortClosed as e:
                failure, closed = e, closed + 1
                if closed == 2:  # the first may be about a request of long ago
                    break
            except NoReply as e:
                failure = e
            else:
                self._pace = max(clock() - begun, 0.9 * self._pace)
                return answer
        raise failure

    def _waits(self) -> tuple[float, ...]:
        """Seconds that each try has; all together they have the time for one request."""
        first = min(max(_SHORTEST * self._timeout, 2 * self._pace), _LONGEST * self._timeout)
        left = self._timeout - first
        return first, 0.4 * left, 0.6 * left

    def _sentence(self, failure: NoReply) -> str:
        a = self.address
        if isinstance(failure, Refused):
            return str(failure)
        if isinstance(failure, PortClosed):
            return (
                f"nothing listens at {a.place} (SNMP v{a.version}): check the address and port, and whether SNMP is "
                "switched on in the device"
            )
        tried = f"(SNMP v{a.version}, {_TRIES} tries in {self._timeout:.1f} s)"
        if isinstance(failure, Unreadable):
            return f"what {a.place} sends is no SNMP answer that can be read {tried}: check what listens on that port"
        if a.version == "3":
            return (
                f"no answer from {a.place} that can be believed {tried}: check the address, the firewall, the agent's "
                f"access list, user {a.user} and its keys"
            )
        return f"no answer from {a.place} {tried}: check the address, the community, the agent's access list and the firewall"


def _cut(oids: Sequence[str], size: int) -> list[list[str]]:
    return [list(oids[i : i + size]) for i in range(0, len(oids), size)] or [[]]
