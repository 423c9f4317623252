"""SNMP v1 and v2c by gufo-snmp. Not v3: gufo-snmp 0.13 believes answers whose MAC is wrong (docs/decisions/0003).

What gufo-snmp does not tell:
- an error status: such an answer is one without values (`SnmpClient` knows it by the uptime in each request)
- a closed port: it is a time-out that comes at once
- Null and exception values: they are left out
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeVar

from gufo.snmp import SnmpAuthError, SnmpError, SnmpVersion
from gufo.snmp.aio import SnmpSession as Gufo
from gufo.snmp.typing import ValueType

from telemetry.address import SnmpAddress
from telemetry.pollers.resolve import resolve
from telemetry.pollers.snmp_session import ROWS, NoReply, PortClosed, Refused, Unreadable, no_way
from telemetry.reading import Raw

T = TypeVar("T")

_LONG = 3600.0  # seconds: the library's own time-out never comes first


class GufoSession:
    """A socket for one device; a new one after every failure, so that nothing late is taken for an answer."""

    def __init__(self, address: SnmpAddress) -> None:
        self._address = address
        self._gufo: Gufo | None = None

    async def get(self, oids: Sequence[str], wait: float) -> dict[str, Raw]:
        """See `SnmpSession`."""

        async def ask() -> dict[str, ValueType]:
            gufo = await self.gufo()
            return await gufo.get_many(oids)

        answer = await self.within(wait, ask)
        return {oid: raw for oid, value in answer.items() if (raw := _raw(value)) is not None}

    def walk(self, column: str, *, by_one: bool) -> "GufoRows":
        """See `SnmpSession`."""
        return GufoRows(self, column, by_one=by_one)

    async def close(self) -> None:
        """See `SnmpSession`."""
        self._gufo = None

    async def gufo(self) -> Gufo:
        """The library's session, opened where it is not."""
        if self._gufo is None:
            a = self._address
            version = SnmpVersion.v1 if a.version == "1" else SnmpVersion.v2c
            host = await resolve(a.host, a.port)
            self._gufo = Gufo(host, a.port, a.community, version=version, timeout=_LONG)
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
        except SnmpAuthError:
            raise Refused(
                f"the agent at {self._address} lets nobody read who asks in this way: check its access list"
            ) from None
        except SnmpError:
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
        self._rows: AsyncIterator[tuple[str, ValueType]] | None = None

    async def following(self, wait: float) -> tuple[str, Raw | None] | None:
        """See `Rows`."""

        async def ask() -> tuple[str, ValueType] | None:
            if self._rows is None:
                gufo = await self._session.gufo()
                self._rows = gufo.getnext(self._column) if self._by_one else gufo.getbulk(self._column, ROWS)
            return await anext(self._rows, None)

        row = await self._session.within(wait, ask)
        return None if row is None else (row[0], _raw(row[1]))


def _raw(value: ValueType) -> Raw | None:
    return value if isinstance(value, int | bytes | str) else None
