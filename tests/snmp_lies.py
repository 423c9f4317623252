"""What an agent may say that is not so, each lie by its name.

An honest agent here says nothing that is 77; whatever lies says 77 where it can.
"""

import random
from collections.abc import Callable

import ber
from hostile_agent import Question, right
from watched_poller import OBJECTS

LIE = 77

Lie = Callable[[Question], list[bytes | tuple[bytes]]]


def lies(value: bytes) -> Lie:
    """Every object has this value."""
    return lambda q: [q.answer([(oid, value) for oid, _ in right(OBJECTS, q)[0]])]


def instead(varbind: Callable[[str], bytes]) -> Lie:
    """In the place of every object and value stand these octets."""
    return lambda q: [q.around(b"".join(varbind(oid) for oid, _ in right(OBJECTS, q)[0]))]


def changed(change: Callable[[bytes], bytes]) -> Lie:
    """The octets of the answer, changed."""
    return lambda q: [change(lies(ber.integer(LIE))(q)[0])]


def failing(status: int, index: int) -> Lie:
    """An answer that says that it failed, with values all the same."""
    return lambda q: [q.answer([(oid, ber.integer(LIE)) for oid in q.oids], status, index)]


def named(name: Callable[[str], bytes]) -> Lie:
    """The objects' names are these octets."""
    return instead(lambda oid: ber.tlv(ber.SEQUENCE, name(oid), ber.integer(LIE)))


def other_pdu(kind: int) -> Lie:
    varbinds = lambda q: b"".join(ber.varbind(oid, ber.integer(LIE)) for oid, _ in right(OBJECTS, q)[0])  # noqa: E731
    return lambda q: [q.wrap(ber.pdu(q.id, varbinds(q), kind=kind))]


def with_arc(oid: str, more: int) -> bytes:
    """The object identifier whose last arc but one is that much higher."""
    *first, arc, last = oid.split(".")
    return ber.oid(".".join([*first, str(int(arc) + more), last]))


SEVENTY_SEVEN = bytes([LIE])
LIES: dict[str, Lie] = {
    "silence": lambda q: [],
    "an empty datagram": lambda q: [b""],
    "random octets": lambda q: [random.Random(q.id).randbytes(90)],
    "60 kB of random octets": lambda q: [random.Random(q.id).randbytes(60_000)],
    "its own request": lambda q: [q.data],
    "a header alone": lambda q: [b"\x30\x82\x04\x00"],
    "a length of 127 octets": lambda q: [b"\x30\xff" + b"\xff" * 127],
    "a length beyond the end": changed(lambda d: d[:1] + ber.length(len(d) + 500) + d[2:]),
    "a length that is not said": changed(lambda d: b"\x30\x80" + ber.parse(d)[0][1] + b"\0\0"),
    "octets behind the message": changed(lambda d: d + b"\0\0"),
    "cut in the middle": changed(lambda d: d[: len(d) // 2]),
    "one octet short": changed(lambda d: d[:-1]),
    "thirty thousand levels": lambda q: [b"\x30\x80" * 30_000],
    "levels in a value": lies(b"\x30\x80" * 5_000),
    "another request's answer": lambda q: [q.answer([(oid, ber.integer(LIE)) for oid in q.oids], request_id=q.id ^ 1)],
    "a request id 2³² higher": lambda q: [q.answer([(oid, ber.integer(LIE)) for oid in q.oids], request_id=q.id + 2**32)],
    "a request id 2⁶⁴ higher": lambda q: [q.answer([(oid, ber.integer(LIE)) for oid in q.oids], request_id=q.id + 2**64)],
    "another community or user": lambda q: [q.wrap(ber.pdu(q.id, ber.varbind(q.oids[0], ber.integer(LIE))), community=b"x")],
    "another version": lambda q: [q.wrap(ber.pdu(q.id, ber.varbind(q.oids[0], ber.integer(LIE))), version=q.version ^ 1)],
    "a version 2³² higher": lambda q: [q.wrap(ber.pdu(q.id, ber.varbind(q.oids[0], ber.integer(LIE))), version=q.version + 2**32)],
    "another message id": lambda q: [q.wrap(ber.pdu(q.id + 1, ber.varbind(q.oids[0], ber.integer(LIE))), message_id=q.message_id ^ 1)],
    "from another port": lambda q: [(octets,) for octets in lies(ber.integer(LIE))(q)],
    **{f"PDU {kind:#x}": other_pdu(kind) for kind in range(0xA0, 0xAA) if kind != ber.RESPONSE},
    "no objects": lambda q: [q.around(b"")],
    "objects that nobody asked for": named(lambda oid: ber.oid(f"1.3.6.1.4.1.9.{oid}")),
    "instances of what was asked for": named(lambda oid: ber.oid(f"{oid}.9.9")),
    "no name": named(lambda oid: b""),
    "an empty name": named(lambda oid: ber.tlv(ber.OID)),
    "a name as text": named(lambda oid: ber.tlv(ber.OCTETS, oid.encode())),
    "a name with an arc 2³² higher": named(lambda oid: with_arc(oid, 2**32)),
    "a name with an arc 2⁶⁴ higher": named(lambda oid: with_arc(oid, 2**64)),
    "a name with an arc of 20,000 octets": named(lambda oid: ber.tlv(ber.OID, b"\x2b" + b"\x81" * 20 + b"\x01")),
    "a name that ends in the middle": named(lambda oid: ber.tlv(ber.OID, ber.arcs(oid) + b"\x81")),
    "a name with needless octets": named(lambda oid: ber.tlv(ber.OID, ber.arcs(oid)[:-1] + b"\x80" + ber.arcs(oid)[-1:])),
    "no value": instead(lambda oid: ber.tlv(ber.SEQUENCE, ber.oid(oid))),
    "two values": instead(lambda oid: ber.tlv(ber.SEQUENCE, ber.oid(oid), ber.integer(LIE), ber.integer(LIE))),
    "empty objects": instead(lambda oid: ber.tlv(ber.SEQUENCE)),
    "objects that are no sequence": instead(lambda oid: ber.tlv(0x31, ber.oid(oid), ber.integer(LIE))),
    "every object twice": instead(lambda oid: ber.varbind(oid, ber.integer(LIE)) + ber.varbind(oid, ber.integer(LIE + 1))),
    "an object seven thousand times": lambda q: [q.around(ber.varbind(q.oids[-1], ber.integer(LIE)) * (60_000 // 22))],
    "an empty INTEGER": lies(ber.tlv(ber.INTEGER)),
    "an empty Gauge32": lies(ber.tlv(ber.GAUGE32)),
    "an empty Counter64": lies(ber.tlv(ber.COUNTER64)),
    "an INTEGER of 9 octets": lies(ber.integer(2**64 + LIE)),
    "an INTEGER of 60,000 bits": lies(ber.integer(2**60_000 + LIE)),
    "a Gauge32 of 33 bits": lies(ber.integer(2**32 + LIE, ber.GAUGE32)),
    "a Counter64 of 65 bits": lies(ber.integer(2**64 + LIE, ber.COUNTER64)),
    "a BOOLEAN": lies(ber.tlv(0x01, SEVENTY_SEVEN)),
    "a REAL": lies(ber.tlv(0x09, b"\x0377.E0")),
    "an ENUMERATED": lies(ber.tlv(0x0A, SEVENTY_SEVEN)),
    "an ObjectDescriptor": lies(ber.tlv(0x07, b"77")),
    "a UTF8String": lies(ber.tlv(0x0C, b"77")),
    "a type of two octets": lies(b"\x5f\x4d\x01\x4d"),
    "a SEQUENCE": lies(ber.tlv(ber.SEQUENCE, ber.integer(LIE))),
    "an Opaque text": lies(ber.tlv(ber.OPAQUE, b"77")),
    "an Opaque float": lies(ber.tlv(ber.OPAQUE, bytes.fromhex("9f7804429a0000"))),
    "an Opaque INTEGER": lies(ber.tlv(ber.OPAQUE, ber.integer(LIE))),
    "an IpAddress": lies(ber.tlv(ber.IP_ADDRESS, b"\x4d\0\0\0")),
    "an IpAddress of 1 octet": lies(ber.tlv(ber.IP_ADDRESS, SEVENTY_SEVEN)),
    "an OID": lies(ber.oid("1.3.77")),
    "an empty OID": lies(ber.tlv(ber.OID)),
    "Null": lies(ber.tlv(ber.NULL)),
    "Null with content": lies(ber.tlv(ber.NULL, SEVENTY_SEVEN)),
    "noSuchObject": lies(ber.tlv(ber.NO_SUCH_OBJECT)),
    "noSuchInstance with content": lies(ber.tlv(ber.NO_SUCH_INSTANCE, SEVENTY_SEVEN)),
    "endOfMibView": lies(ber.tlv(ber.END_OF_MIB_VIEW)),
    "an empty text": lies(ber.tlv(ber.OCTETS)),
    "a text of 50 kB": lies(ber.tlv(ber.OCTETS, b"7" * 2_000)),
    "text": lies(ber.tlv(ber.OCTETS, b"\xff\xfe77\0")),
    "tooBig": failing(1, 0),
    "noSuchName of an object that was not asked for": failing(2, 99),
    "noSuchName, index below zero": failing(2, -5),
    "noSuchName, index beyond 32 bits": failing(2, 2**40),
    "genErr": failing(5, 1),
    "authorizationError": failing(16, 0),
    "an error that does not exist": failing(4242, 1),
    "an error below zero": failing(-1, 1),
    "another's answers, a storm of them": lambda q: list(stale(q, 300)),
}  # fmt: skip


def stale(q, count):
    """Sound answers to requests that were never sent."""
    pairs = [(oid, ber.integer(LIE)) for oid, _ in right(OBJECTS, q)[0]]
    for n in range(1, count + 1):
        changed = 10_000 * n  # one library numbers its requests one by one
        yield q.wrap(
            ber.pdu(q.id ^ changed, b"".join(ber.varbind(*p) for p in pairs)), message_id=q.message_id ^ changed
        )
