"""SNMP v1, v2c and v3 by pysnmp, which verifies the MAC of every v3 answer (from 7.1.30 on)."""

import asyncio
import ipaddress
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from pyasn1.type.univ import Integer, Null, ObjectIdentifier, OctetString  # type: ignore[import-untyped]
from pysnmp.entity.engine import SnmpEngine
from pysnmp.error import PySnmpError
from pysnmp.hlapi.v3arch.asyncio import auth as usm
from pysnmp.hlapi.v3arch.asyncio.auth import CommunityData, UsmUserData
from pysnmp.hlapi.v3arch.asyncio.cmdgen import bulk_cmd, get_cmd, next_cmd
from pysnmp.hlapi.v3arch.asyncio.context import ContextData
from pysnmp.hlapi.v3arch.asyncio.transport import Udp6TransportTarget, UdpTransportTarget
from pysnmp.proto import errind
from pysnmp.proto.rfc1902 import IpAddress
from pysnmp.smi.rfc1902 import ObjectIdentity, ObjectType

from telemetry.address import SnmpAddress
from telemetry.pollers.resolve import resolve
from telemetry.pollers.snmp_session import ROWS, NoReply, Refused, Rejected, Unreadable
from telemetry.reading import Raw

_AUTH = {
    "md5": usm.USM_AUTH_HMAC96_MD5,
    "sha": usm.USM_AUTH_HMAC96_SHA,
    "sha224": usm.USM_AUTH_HMAC128_SHA224,
    "sha256": usm.USM_AUTH_HMAC192_SHA256,
    "sha384": usm.USM_AUTH_HMAC256_SHA384,
    "sha512": usm.USM_AUTH_HMAC384_SHA512,
}
_PRIV = {
    "des": usm.USM_PRIV_CBC56_DES,
    "aes128": usm.USM_PRIV_CFB128_AES,
    "aes192": usm.USM_PRIV_CFB192_AES_BLUMENTHAL,
    "aes256": usm.USM_PRIV_CFB256_AES_BLUMENTHAL,
}
_LATER = 60.0  # seconds: the library's own time-out never comes first

_NO_SUCH_NAME = 2  # RFC 1157: the error status of v1 for an object that does not exist


class PysnmpSession:
    """An engine for one device: users of the same name may have other keys elsewhere."""

    def __init__(self, address: SnmpAddress) -> None:
        self._address = address
        self._engine: Any = None
        self._target: Any = None
        self._names: dict[str, Any] = {}  # objects in the library's form, made once: that is half of a poll's cost
        self._identity = _identity(address)

    async def get(self, oids: Sequence[str], wait: float) -> dict[str, Raw]:
        """See `SnmpSession`."""
        status, index, rows = await self.ask(get_cmd, [self.name(oid) for oid in oids], wait)
        if status:
            raise Rejected(index - 1 if status == _NO_SUCH_NAME else None)
        return {str(oid): raw for oid, value in rows if (raw := _raw(value)) is not None}

    def walk(self, column: str) -> "PysnmpRows":
        """See `SnmpSession`."""
        return PysnmpRows(self, column, by_one=self._address.version == "1")

    async def close(self) -> None:
        """See `SnmpSession`."""
        engine, self._engine, self._target = self._engine, None, None
        if engine is not None:
            engine.close_dispatcher()

    def name(self, oid: str) -> Any:
        """An object in the library's form."""
        if oid not in self._names:
            self._names[oid] = ObjectType(ObjectIdentity(oid))  # type: ignore[no-untyped-call]
        return self._names[oid]

    async def ask(self, command: Callable[..., Any], asked: Sequence[Any], wait: float) -> tuple[int, int, Any]:
        """One request: error status, index of the object to blame (from 1), and objects with their values.

        Raises:
            NoReply: as `SnmpSession.get`
        """
        try:
            async with asyncio.timeout(wait):
                await self._open()
                failure, status, index, rows = await command(
                    self._engine, self._identity, self._target, ContextData(), *asked, lookupMib=False  # type: ignore[no-untyped-call]
                )
        except TimeoutError:
            raise NoReply from None
        except PySnmpError:
            raise Unreadable from None
        if failure is not None:
            raise self._failure(failure)
        return int(status), int(index), rows

    async def _open(self) -> None:
        if self._engine is None:
            self._engine = SnmpEngine()
        if self._target is None:
            a = self._address
            host = await resolve(a.host, a.port)
            kind = Udp6TransportTarget if ipaddress.ip_address(host).version == 6 else UdpTransportTarget
            self._target = await kind.create((host, a.port), timeout=_LATER, retries=0)

    def _failure(self, failure: Exception) -> NoReply:
        """What the library says went wrong, for people where it is about the user."""
        a = self._address
        if isinstance(failure, errind.RequestTimedOut):
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
    "says that the request is not of its time: the boot counter or clock of its agent went back": (
        errind.NotInTimeWindow,
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
            # A GETBULK takes two numbers before the objects: how many of them have no rows, and how many rows.
            asked = [self._session.name(self._last)] if self._by_one else [0, ROWS, self._session.name(self._last)]
            status, _, rows = await self._session.ask(next_cmd if self._by_one else bulk_cmd, asked, wait)
            if status:
                return None
            self._fetched.extend((str(oid), _raw(value)) for oid, value in rows)
        if not self._fetched:
            return None
        row = self._fetched.popleft()
        self._last = row[0]
        return row


def _identity(a: SnmpAddress) -> Any:
    if a.version != "3":
        return CommunityData(a.community, mpModel=0 if a.version == "1" else 1)  # type: ignore[no-untyped-call]
    keys: dict[str, Any] = {}
    if a.auth:
        keys |= {"authKey": a.auth_key, "authProtocol": _AUTH[a.auth]}
    if a.priv:
        keys |= {"privKey": a.priv_key, "privProtocol": _PRIV[a.priv]}
    return UsmUserData(a.user, **keys)  # noqa: S509 - how safe it is, the device's owner has said in the address


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
