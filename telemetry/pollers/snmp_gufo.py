"""SNMP v1 and v2c by gufo-snmp. Not v3: gufo-snmp 0.13 believes answers whose MAC is wrong (docs/decisions/0003).

What gufo-snmp does not tell:
- an error status, and what is wrong with an answer: `snmp_answer.py` looks at each before gufo-snmp does
- a closed port, where it is known when the next request is sent: it is a time-out that comes at once
- Null and exception values: they are left out
"""

import asyncio
import socket
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeVar

from gufo.snmp import SnmpError, SnmpVersion
from gufo.snmp.aio import SnmpSession as Gufo
from gufo.snmp.typing import ValueType

from telemetry.address import SnmpAddress
from telemetry.pollers.resolve import resolve
from telemetry.pollers.snmp_answer import Header, UnsoundError, header, octets_of, text_of
from telemetry.pollers.snmp_session import ROWS, NoReply, PortClosed, Rejected, Unreadable, failed, no_way
from telemetry.reading import Raw

T = TypeVar("T")

_LONG = 3600.0  # seconds: the library's own time-out never comes first
_LONGEST = 65_535  # octets of a datagram
_DOUBLES = 16  # answers that are known again when they come a second time


class _Strict(Gufo):
    """The library's session, which hears only answers that are sound and tell of success."""

    def __init__(self, address: SnmpAddress, host: str) -> None:
        version = SnmpVersion.v1 if address.version == "1" else SnmpVersion.v2c
        super().__init__(host, address.port, address.community, version=version, timeout=_LONG)
        self._address = address
        self._heard: deque[int] = deque(maxlen=_DOUBLES)  # numbers of requests
        self.last = Header(0, 0, 0, (), ())  # of the last answer

    async def _recv(self, receiver: Callable[[], T]) -> T:
        """What `receiver` makes of the next sound answer.

        In the place of the library's own, which waits by `asyncio.wait_for`: up to Python 3.11 that forgets that it was
        cancelled where something comes in the same moment, and goes on waiting.
        """
        loop = asyncio.get_running_loop()
        while True:
            readable = loop.create_future()
            loop.add_reader(self._fd, _set, readable)
            try:
                await readable
            finally:
                loop.remove_reader(self._fd)
            try:
                self._look()
                return receiver()
            except BlockingIOError:
                continue

    def _look(self) -> None:
        """Look at what `receiver` is about to read.

        Raises:
            UnsoundError: it is no answer that can be read in one way only; it is gone.
            Refused, Rejected: the agent says so.
            BlockingIOError: it was heard before, and is gone.
        """
        line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 0, self._fd)  # whatever family it has: only to receive
        is_fit = False
        try:
            datagram = line.recv(_LONGEST, socket.MSG_PEEK)
            try:
                answer = header(datagram)
                if answer.request_id in self._heard:
                    raise BlockingIOError
                self._heard.append(answer.request_id)
                if answer.status:
                    raise failed(self._address, answer.status, answer.index)
                self.last = answer
                is_fit = True
            finally:
                if not is_fit:
                    line.recv(1)
        finally:
            line.detach()


class GufoSession:
    """A socket for one device; a new one after every failure, so that nothing late is taken for an answer."""

    def __init__(self, address: SnmpAddress) -> None:
        self._address = address
        self._gufo: _Strict | None = None

    async def get(self, oids: Sequence[str], wait: float) -> dict[str, Raw]:
        """See `SnmpSession`."""

        async def ask() -> dict[str, ValueType]:
            gufo = await self.gufo()
            answer = await gufo.get_many(oids)
            if gufo.last.is_doubled:
                raise UnsoundError("an object has more than one value")
            return answer

        answer = await self.within(wait, ask)
        return {oid: raw for oid, value in answer.items() if (raw := _raw(value)) is not None}

    def walk(self, column: str, *, by_one: bool) -> "GufoRows":
        """See `SnmpSession`."""
        return GufoRows(self, column, by_one=by_one)

    async def close(self) -> None:
        """See `SnmpSession`."""
        self._gufo = None

    async def gufo(self) -> _Strict:
        """The library's session, opened where it is not."""
        if self._gufo is None:
            self._gufo = _Strict(self._address, await resolve(self._address.host, self._address.port))
        return self._gufo

    async def within(self, wait: float, ask: Callable[[], Awaitable[T]]) -> T:
        """What `ask` gives within `wait` seconds.

        Raises:
            NoReply: as `SnmpSession.get`; the socket is given up.
        """
        scope = asyncio.timeout(wait)
        answered = False
        try:
            async with scope:
                answer = await ask()
            answered = True
        except TimeoutError:
            raise (NoReply if scope.expired() else PortClosed) from None
        except Rejected:
            answered = True
            raise
        except ConnectionRefusedError:
            raise PortClosed from None
        except (SnmpError, UnsoundError, RuntimeError):
            raise Unreadable from None
        except OSError as e:
            raise no_way(self._address, e) from None
        except BaseException as e:
            if type(e).__name__ == "PanicException":  # the library fell over the answer's bytes
                raise Unreadable from None
            raise
        finally:
            if not answered:
                self._gufo = None
        return answer


class GufoRows:
    """A column being walked by gufo-snmp."""

    def __init__(self, session: GufoSession, column: str, *, by_one: bool) -> None:
        self._session = session
        self._column = column
        self._by_one = by_one
        self._inside = octets_of(column)
        self._gufo: _Strict | None = None
        self._rows: AsyncIterator[tuple[str, ValueType]] | None = None
        self._hole: bytes | None = None  # a row without a value, which gufo-snmp leaves out
        self._is_over = False

    async def following(self, wait: float) -> tuple[str, Raw | None] | None:
        """See `Rows`. Behind the others comes, without its value, one that was left out or the first of what follows."""

        async def ask() -> tuple[str, ValueType] | None:
            if self._rows is None or self._gufo is None:
                self._gufo = gufo = await self._session.gufo()
                self._rows = gufo.getnext(self._column) if self._by_one else gufo.getbulk(self._column, ROWS)
            row = await anext(self._rows, None)
            unsaid = self._gufo.last.unsaid
            self._hole = self._hole or next((name for name in unsaid if name.startswith(self._inside)), None)
            return row

        if self._is_over:
            return None
        row = await self._session.within(wait, ask)
        if row is not None:
            return row[0], _raw(row[1])
        self._is_over = True
        names = self._gufo.last.names if self._gufo else ()
        last = self._hole or next((name for name in names if not name.startswith(self._inside)), None)
        return None if last is None else (text_of(last), None)


def _set(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _raw(value: ValueType) -> Raw | None:
    return value if isinstance(value, int | bytes | str) else None
