"""An SNMP agent on loopback whose octets are its own: v1, v2c and v3 without keys."""

import asyncio
import socket
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import ber

UPTIME = "1.3.6.1.2.1.1.3.0"
ENGINE = b"\x80\x00\x1f\x88\x04hostile"
_UNKNOWN_ENGINE = "1.3.6.1.6.3.15.1.1.4.0"  # usmStatsUnknownEngineIDs

Varbinds = list[tuple[str, bytes]]


@dataclass
class Question:
    """A request.

    kind: the PDU's tag
    repetitions: how many rows a GETBULK wants
    data: all of it
    """

    version: int
    community: bytes
    kind: int
    id: int
    repetitions: int
    oids: list[str]
    data: bytes
    message_id: int = 0

    def wrap(self, pdu: bytes, **changed: Any) -> bytes:
        """The message around an answer."""
        of = {"version": self.version, "community": self.community, "message_id": self.message_id, **changed}
        if self.version != 3:
            return ber.message(pdu, of["version"], of["community"])
        scoped = ber.tlv(ber.SEQUENCE, ber.tlv(ber.OCTETS, ENGINE), ber.tlv(ber.OCTETS), pdu)
        return ber.tlv(
            ber.SEQUENCE, ber.integer(of["version"]), _global(of["message_id"]), _security(of["community"]), scoped
        )

    def answer(self, varbinds: Varbinds, status: int = 0, index: int = 0, request_id: int | None = None) -> bytes:
        """An answer of sound form."""
        return self.around(b"".join(ber.varbind(*v) for v in varbinds), status, index, request_id)

    def around(self, varbinds: bytes, status: int = 0, index: int = 0, request_id: int | None = None) -> bytes:
        """An answer whose objects are these octets."""
        return self.wrap(ber.pdu(self.id if request_id is None else request_id, varbinds, status, index))


def _global(message_id: int) -> bytes:
    return ber.tlv(
        ber.SEQUENCE, ber.integer(message_id), ber.integer(65_507), ber.tlv(ber.OCTETS, b"\0"), ber.integer(3)
    )


def _security(user: bytes, engine: bytes = ENGINE) -> bytes:
    parts = (
        ber.tlv(ber.OCTETS, engine),
        ber.integer(1),
        ber.integer(1),
        *(ber.tlv(ber.OCTETS, o) for o in (user, b"", b"")),
    )
    return ber.tlv(ber.OCTETS, ber.tlv(ber.SEQUENCE, *parts))


def question(data: bytes) -> Question | bytes:
    """What a request asks; the answer itself where it only asks who the agent is."""
    ((_, body),) = ber.parse(data)
    (_, version), *rest = ber.parse(body)
    message_id, community = 0, b""
    if version == b"\x03":
        message_id = int.from_bytes(ber.parse(rest[0][1])[0][1], "big", signed=True)
        ((_, security),) = ber.parse(rest[1][1])
        engine, _, _, user, *_ = (content for _, content in ber.parse(security))
        _, _, pdu = ber.parse(rest[2][1])
        if not engine:
            report = ber.pdu(0, ber.varbind(_UNKNOWN_ENGINE, ber.integer(1, ber.COUNTER32)), kind=ber.REPORT)
            scoped = ber.tlv(ber.SEQUENCE, ber.tlv(ber.OCTETS, ENGINE), ber.tlv(ber.OCTETS), report)
            return ber.tlv(ber.SEQUENCE, ber.integer(3), _global(message_id), _security(b""), scoped)
        community = user
    else:
        (_, community), pdu = rest
    kind, content = pdu
    request_id, _, repetitions, objects = (content for _, content in ber.parse(content))
    oids = [ber.dotted(ber.parse(one)[0][1]) for _, one in ber.parse(objects)]
    return Question(
        version[0],
        community,
        kind,
        int.from_bytes(request_id, "big", signed=True),
        repetitions[0],
        oids,
        data,
        message_id,
    )


def right(objects: Mapping[str, bytes], q: Question) -> tuple[Varbinds, int, int]:
    """What an agent that has these objects, each with its value's octets, says: objects, error status and index."""
    rising = sorted(objects, key=ber.arcs_of)
    v1 = q.version == 0
    if q.kind == ber.GET:
        if v1 and (missing := [i for i, oid in enumerate(q.oids, 1) if oid not in objects]):
            return [(oid, ber.tlv(ber.NULL)) for oid in q.oids], 2, missing[0]
        return [(oid, objects.get(oid, ber.tlv(ber.NO_SUCH_INSTANCE))) for oid in q.oids], 0, 0
    after = [oid for oid in rising if ber.arcs_of(oid) > ber.arcs_of(q.oids[0])]
    if not after and v1:
        return [(q.oids[0], ber.tlv(ber.NULL))], 2, 1
    rows = [(oid, objects[oid]) for oid in after[: q.repetitions if q.kind == ber.GETBULK else 1]]
    return rows or [(q.oids[0], ber.tlv(ber.END_OF_MIB_VIEW))], 0, 0


def honest(objects: Mapping[str, bytes]) -> Callable[[Question], list[bytes]]:
    """The behaviour of such an agent."""
    return lambda q: [q.answer(*right(objects, q))]


class HostileAgent(asyncio.DatagramProtocol):
    """Answers each request with what `behaviour` gives: octets, to be sent from another port where they are in a tuple."""

    def __init__(self, behaviour: Callable[[Question], Iterable[bytes | tuple[bytes]]]):
        self.behaviour = behaviour
        self.requests = 0
        self._elsewhere = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    async def open(self) -> "HostileAgent":
        self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: self, local_addr=("127.0.0.1", 0)
        )
        self.port = self._transport.get_extra_info("sockname")[1]
        return self

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.requests += 1
        asked = question(data)
        for answer in [asked] if isinstance(asked, bytes) else self.behaviour(asked):
            if isinstance(answer, tuple):
                self._elsewhere.sendto(answer[0], addr)
            else:
                self._transport.sendto(answer, addr)

    def close(self) -> None:
        self._transport.close()
        self._elsewhere.close()
