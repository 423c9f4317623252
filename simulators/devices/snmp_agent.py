"""A device's SNMP agent (v1 and v2c, community `public`), on pysnmp: it answers from a table of instances."""

import bisect
import socket
import time
from collections.abc import Mapping
from typing import Any

from pysnmp.carrier.asyncio.dgram import udp
from pysnmp.entity import config
from pysnmp.entity.engine import SnmpEngine
from pysnmp.entity.rfc3413 import cmdrsp
from pysnmp.entity.rfc3413.context import SnmpContext
from pysnmp.proto.api import v2c
from pysnmp.smi.instrum import AbstractMibInstrumController

from device_profiles.schema import Profile
from telemetry.reading import Raw

COMMUNITY = "public"

_SYS_DESCR = (1, 3, 6, 1, 2, 1, 1, 1, 0)
_SYS_OBJECT_ID = (1, 3, 6, 1, 2, 1, 1, 2, 0)
_SYS_UP_TIME = (1, 3, 6, 1, 2, 1, 1, 3, 0)
_SYS_NAME = (1, 3, 6, 1, 2, 1, 1, 5, 0)

Oid = tuple[int, ...]


class _Instances(AbstractMibInstrumController):
    """What pysnmp's responders ask: the instances of one agent, in the order of their OIDs. Read only."""

    def __init__(self, system: Mapping[Oid, Any]) -> None:
        self._system = dict(system)
        self._started = time.monotonic()
        self._values: dict[Oid, Any] = {}
        self._order: list[Oid] = []
        self.replace({})

    def restart(self) -> None:
        """The agent's uptime begins anew."""
        self._started = time.monotonic()

    def replace(self, raw: Mapping[str, Raw]) -> None:
        """Answer with these words from now on."""
        values = self._system | {_oid(key): _typed(word) for key, word in raw.items()}
        if values.keys() != self._values.keys():
            self._order = sorted({*values, _SYS_UP_TIME})
        self._values = values

    def read_variables(self, *varBinds: Any, **_: Any) -> list[tuple[Any, Any]]:  # noqa: N803 - pysnmp's name
        """GET."""
        return [(name, self._value(tuple(name))) for name, _value in varBinds]

    def read_next_variables(self, *varBinds: Any, **_: Any) -> list[tuple[Any, Any]]:  # noqa: N803 - pysnmp's name
        """GETNEXT and, called again and again, GETBULK."""
        found = []
        for name, _value in varBinds:
            at = bisect.bisect_right(self._order, tuple(name))
            if at == len(self._order):
                found.append((name, v2c.EndOfMibView()))
            else:
                following = self._order[at]
                found.append((v2c.ObjectIdentifier(following), self._value(following)))
        return found

    def _value(self, oid: Oid) -> Any:
        if oid == _SYS_UP_TIME:
            return v2c.TimeTicks(int((time.monotonic() - self._started) * 100))
        value = self._values.get(oid)
        return v2c.NoSuchInstance() if value is None else value


class SnmpAgent:
    """One device on a UDP port of its own. Needs a running event loop.

    Silent, its port is closed: the host then refuses what is sent there, as far as the operating system tells.
    """

    def __init__(self, name: str, profile: Profile) -> None:
        """Take a free port of loopback; the agent answers from `open` on."""
        self._instances = _Instances(
            {
                _SYS_DESCR: v2c.OctetString(f"{profile.vendor} {profile.model} (simulated)"),
                _SYS_OBJECT_ID: v2c.ObjectIdentifier(_sys_object_id(profile)),
                _SYS_NAME: v2c.OctetString(name),
            }
        )
        self._engine = SnmpEngine()
        config.add_v1_system(self._engine, "area", COMMUNITY)
        context = SnmpContext(self._engine)
        context.unregister_context_name(v2c.OctetString(""))  # type: ignore[no-untyped-call]
        context.register_context_name(v2c.OctetString(""), self._instances)  # type: ignore[arg-type]
        for responder in (cmdrsp.GetCommandResponder, cmdrsp.NextCommandResponder, cmdrsp.BulkCommandResponder):
            responder(self._engine, context)
        self._open = False
        self._socket = _bound(0)
        self.port: int = self._socket.getsockname()[1]

    def open(self) -> None:
        """Answer from now on. Harmless when open."""
        if self._open:
            return
        self._instances.restart()
        if self._socket.fileno() < 0:
            self._socket = _bound(self.port)
        transport = udp.UdpAsyncioTransport().open_server_mode(sock=self._socket)
        config.add_transport(self._engine, udp.DOMAIN_NAME, transport)
        self._open = True

    def close(self) -> None:
        """Fall silent at once. Harmless when closed."""
        if self._open:
            self._engine.close_dispatcher()  # type: ignore[no-untyped-call]
            self._open = False
        self._socket.close()  # asyncio would do so a little later

    def set(self, raw: Mapping[str, Raw]) -> None:
        """Answer with these words from now on."""
        self._instances.replace(raw)


def _bound(port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bound.setblocking(False)
    bound.bind(("127.0.0.1", port))
    return bound


def _sys_object_id(profile: Profile) -> str:
    """One that the profile is recognised by; where it names none, one that nobody has."""
    pattern = next(iter(profile.match.sys_object_id), "1.3.6.1.4.1.8072.3.2.255")
    return pattern.removesuffix(".*") + ".1" if pattern.endswith(".*") else pattern


def _oid(key: str) -> Oid:
    return tuple(int(arc) for arc in key.split("."))


def _typed(word: Raw) -> Any:
    """The word with the type that an agent gives it."""
    if isinstance(word, bytes):
        return v2c.OctetString(word)
    if isinstance(word, str):
        return v2c.ObjectIdentifier(word)
    if -(2**31) <= word < 2**31:
        return v2c.Integer32(word)
    return v2c.Gauge32(word) if word < 2**32 else v2c.Counter64(word)
