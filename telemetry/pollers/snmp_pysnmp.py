"""SNMP v1, v2c and v3 by pysnmp, which verifies the MAC of every v3 answer (from 7.1.30 on)."""

import asyncio
import ipaddress
from collections import deque
from collections.abc import Sequence
from typing import Any

from pyasn1.type.univ import Integer, Null, ObjectIdentifier, OctetString  # type: ignore[import-untyped]
from pysnmp.entity.config import add_transport
from pysnmp.entity.engine import SnmpEngine
from pysnmp.entity.rfc3413.cmdgen import BulkCommandGeneratorSingleRun as BulkCommand
from pysnmp.entity.rfc3413.cmdgen import GetCommandGenerator as GetCommand
from pysnmp.entity.rfc3413.cmdgen import NextCommandGeneratorSingleRun as NextCommand
from pysnmp.error import PySnmpError
from pysnmp.hlapi.v3arch.asyncio import auth as usm
from pysnmp.hlapi.v3arch.asyncio.auth import CommunityData, UsmUserData
from pysnmp.hlapi.v3arch.asyncio.lcd import CommandGeneratorLcdConfigurator
from pysnmp.hlapi.v3arch.asyncio.transport import Udp6TransportTarget, UdpTransportTarget
from pysnmp.proto import errind
from pysnmp.proto.rfc1902 import IpAddress, ObjectName

from telemetry.address import SnmpAddress
from telemetry.pollers.resolve import resolve
from telemetry.pollers.snmp_answer import UnsoundError
from telemetry.pollers.snmp_line import connect
from telemetry.pollers.snmp_session import ROWS, NoReply, PortClosed, Refused, Unreadable, failed, no_way
from telemetry.reading import Raw

_AUTH = {
    "md5": usm.USM_AUTH_HMAC96_MD5,
    "sha": usm.USM_AUTH_HMAC96_SHA,
    "sha224": usm.USM_AUTH_HMAC128_SHA224,
    "sha256": usm.USM_AUTH_HMAC192_SHA256,
    "sha384": usm.USM_AUTH_HMAC256_SHA384,
    "sha512": usm.USM_AUTH_HMAC384_SHA512,
}
# No standard says how a password becomes a key longer than 16 octets. There are two ways (draft-blumenthal-aes-usm-04
# and draft-reeder-snmpv3-usm-3desede-00), each at home with some vendors: both are tried.
_PRIV = {
    "des": (usm.USM_PRIV_CBC56_DES,),
    "aes128": (usm.USM_PRIV_CFB128_AES,),
    "aes192": (usm.USM_PRIV_CFB192_AES_BLUMENTHAL, usm.USM_PRIV_CFB192_AES),
    "aes256": (usm.USM_PRIV_CFB256_AES_BLUMENTHAL, usm.USM_PRIV_CFB256_AES),
}
_KEPT = 5_000  # objects in the library's form
_LATER = 60.0  # seconds: the library's own time-out never comes first

# Seconds between two new engines for an agent that is heard and not believed. One takes 50 ms of everybody's time.
_REST = 2.0

_Identity = Any  # a community or a user, in the library's form
_GET: Any = GetCommand
_NEXT: Any = NextCommand
_BULK: Any = BulkCommand


class PysnmpSession:
    """An engine for one device: users of the same name may have other keys elsewhere.

    Below the library's high-level functions, which load MIBs for a second at their first call and look each object
    up in them.
    """

    def __init__(self, address: SnmpAddress) -> None:
        self._address = address
        self._engine: Any = None
        self._line: Any = None
        self._built = 0.0  # the event loop's time at which the engine was made
        self._target = ""  # the name by which the engine knows the agent
        self._host = ""  # its IP address
        self._identities = deque(_identities(address))  # the first is in use
        self._answered = False  # ever
        self._in_doubt = True  # whether the name still leads to that address
        self._answer: asyncio.Future[tuple[Any, ...]] | None = None  # that is waited for
        self._objects: dict[str, Any] = {}  # in the library's form, made once: that is half of a poll's cost

    async def get(self, oids: Sequence[str], wait: float) -> dict[str, Raw]:
        """See `SnmpSession`."""
        rows = await self.ask(_GET(), (), oids, wait)
        if len({oid for oid, _ in rows}) < len(rows):  # which of them is meant?
            raise Unreadable
        return {oid: raw for oid, raw in rows if raw is not None}

    def walk(self, column: str, *, by_one: bool) -> "PysnmpRows":
        """See `SnmpSession`."""
        return PysnmpRows(self, column, by_one=by_one)

    async def close(self) -> None:
        """See `SnmpSession`."""
        self._close()
        self._in_doubt = True

    async def ask(
        self, generator: Any, numbers: tuple[int, ...], oids: Sequence[str], wait: float
    ) -> list[tuple[str, Raw | None]]:
        """One request: objects with their values.

        Args:
            generator: the library's, for one kind of request
            numbers: what this kind of request has before the objects
            oids: the objects
            wait: seconds for an answer

        Raises:
            NoReply, Rejected: as `SnmpSession.get`
        """
        self._answer = answer = asyncio.get_running_loop().create_future()

        def done(_engine: Any, _handle: Any, *what: Any) -> None:
            if not answer.done():
                answer.set_result(what)

        self._in_doubt, was_in_doubt = True, self._in_doubt
        try:
            if was_in_doubt:
                await self._open(wait)
            self._line.heard = False
            async with asyncio.timeout(wait):
                objects = [self._object(oid) for oid in oids]
                generator.send_varbinds(self._engine, self._target, None, b"", *numbers, objects, done)
                failure, status, index, rows, _ = await answer
        except TimeoutError:
            self._reconsider()
            raise self._try_next(NoReply()) from None
        except OSError as e:
            raise no_way(self._address, e) from None
        except PySnmpError:
            raise Unreadable from None
        finally:
            if not answer.cancel() and not answer.cancelled():
                answer.exception()  # seen, even where the time was up in the same moment
        if failure is not None:
            self._reconsider()
            refusal = self._failure(failure)
            raise self._try_next(refusal) if isinstance(failure, errind.DecryptionError) else refusal
        self._in_doubt, self._answered = False, True
        if status:
            raise failed(self._address, int(status), int(index))
        return [(str(oid), _raw(value)) for oid, value in rows]

    def _try_next(self, failure: NoReply) -> NoReply:
        """What to raise for a failure that another way to make keys from passwords may avoid; that way is next."""
        if self._answered or len(self._identities) == 1 or not (self._line and self._line.heard):
            return failure
        self._identities.rotate()
        self._close()
        return NoReply()

    def _reconsider(self) -> None:
        """Forget what the engine knows of an agent that is heard but not believed: it may be another one by now."""
        now = asyncio.get_running_loop().time()
        if self._answered and self._line and self._line.heard and now - self._built >= _REST:
            self._close()

    def _close(self) -> None:
        engine, self._engine, self._line, self._host = self._engine, None, None, ""
        if engine is not None:
            engine.close_dispatcher()

    async def _open(self, wait: float) -> None:
        """Make the engine, or make it anew where the host's name leads elsewhere by now."""
        async with asyncio.timeout(wait):
            host = await resolve(self._address.host, self._address.port)
        if host == self._host:
            return
        self._close()
        port, is_ip6 = self._address.port, ipaddress.ip_address(host).version == 6
        kind = Udp6TransportTarget if is_ip6 else UdpTransportTarget
        target = await kind.create((host, port), timeout=_LATER, retries=0)
        self._engine = SnmpEngine()
        is_v3 = self._address.version == "3"
        self._line = await connect(host, port, is_ip6=is_ip6, is_v3=is_v3, on_error=self._line_failed)
        add_transport(self._engine, kind.TRANSPORT_DOMAIN, self._line)
        self._target, _ = CommandGeneratorLcdConfigurator().configure(self._engine, self._identities[0], target)
        self._host, self._built = host, asyncio.get_running_loop().time()

    def _line_failed(self, error: Exception) -> None:
        """What was sent last did not get there, or brought back something else than an answer."""
        if self._answer and not self._answer.done():
            if isinstance(error, UnsoundError):
                self._answer.set_exception(Unreadable())
            elif isinstance(error, ConnectionRefusedError):
                self._answer.set_exception(PortClosed())
            else:
                self._answer.set_exception(no_way(self._address, error))

    def _object(self, oid: str) -> Any:
        if len(self._objects) >= _KEPT:
            self._objects.clear()
        if oid not in self._objects:
            self._objects[oid] = (ObjectName(oid), Null(""))
        return self._objects[oid]

    def _failure(self, failure: Exception) -> NoReply:
        """What the library says went wrong, for people where it is about the user."""
        a = self._address
        if isinstance(failure, errind.RequestTimedOut | errind.UnknownEngineID | errind.NotInTimeWindow):
            return NoReply()
        for text, kinds in _REFUSALS.items():
            if isinstance(failure, kinds):
                return Refused(f"{a.place} {text.format(a=a)}")
        return Unreadable()


# What went wrong as the library names it, and as people read it.
_REFUSALS = {
    "knows no SNMP v3 user {a.user!r}: check the name in the address, and the users set up in the device": (
        errind.UnknownUserName,
        errind.UnknownSecurityName,
    ),
    "does not accept the auth key of user {a.user!r}: check the key, and whether the device has {a.auth} for it": (
        errind.WrongDigest,
        errind.AuthenticationFailure,
        errind.AuthenticationError,
    ),
    "cannot decrypt what user {a.user!r} sends: check the priv key, and whether the device has {a.priv} for it": (
        errind.DecryptionError,
        errind.EncryptionError,
    ),
    "does not let user {a.user!r} ask in this way: check whether the device wants auth and priv for it": (
        errind.UnsupportedSecurityLevel,
    ),
}


class PysnmpRows:
    """A column being walked by pysnmp."""

    def __init__(self, session: PysnmpSession, column: str, *, by_one: bool) -> None:
        self._session = session
        self._last = column
        self._by_one = by_one
        self._fetched: deque[tuple[str, Raw | None]] = deque()

    async def following(self, wait: float) -> tuple[str, Raw | None] | None:
        """See `Rows`."""
        if not self._fetched:
            # A GETBULK has two numbers before its objects: how many of them have no rows, and how many rows to send.
            generator, numbers = (_NEXT(), ()) if self._by_one else (_BULK(), (0, ROWS))
            self._fetched.extend(await self._session.ask(generator, numbers, [self._last], wait))
        if not self._fetched:
            return None
        row = self._fetched.popleft()
        self._last = row[0]
        return row


def _identities(a: SnmpAddress) -> list[_Identity]:
    """Whom to ask as, the likeliest first."""
    if a.version != "3":
        return [CommunityData(a.community, mpModel=0 if a.version == "1" else 1)]  # type: ignore[no-untyped-call]
    keys: dict[str, Any] = {}
    if a.auth:
        keys |= {"authKey": a.auth_key, "authProtocol": _AUTH[a.auth]}
    if a.priv:
        keys |= {"privKey": a.priv_key}
    ways = [{"privProtocol": way} for way in _PRIV[a.priv]] if a.priv else [{}]
    user: Any = UsmUserData
    return [user(a.user, **keys, **way) for way in ways]


def _raw(value: Any) -> Raw | None:
    """A value of the library as a device's word; None for Null and for what stands for an absent object."""
    if isinstance(value, Null):
        return None
    if isinstance(value, Integer):
        return int(value)
    if isinstance(value, IpAddress):
        return ".".join(map(str, bytes(value)))
    if isinstance(value, ObjectIdentifier):
        return str(value)
    return bytes(value) if isinstance(value, OctetString) else None
