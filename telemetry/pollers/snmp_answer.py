"""Whether a datagram is an SNMP answer to the letter (X.690, RFC 1157, RFC 3412, RFC 3416). Pure.

The libraries are forgiving where a wrong value comes of it: an empty INTEGER is read as 0, one that is too long without
its highest octets, an arc of an OID modulo 2³², so that one object passes for another; and an answer that says that it
failed is read as if it had not. What is not told here to be sound goes to no library.
"""

import re
from collections.abc import Container
from dataclasses import dataclass
from functools import lru_cache

_SEQUENCE, _INTEGER, _OCTETS, _OID, _RESPONSE, _REPORT = 0x30, 0x02, 0x04, 0x06, 0xA2, 0xA8
_VERSIONS = (b"\x00", b"\x01")  # v1, v2c
_OPAQUE, _WRAPPED = 0x44, 0x9F  # and its first octet where a float or a 64-bit integer of net-snmp's is in it
_UNSAID = {0x05, 0x80, 0x81}  # Null, noSuchObject, noSuchInstance
_END_OF_MIB_VIEW = 0x82
_UNSIGNED = {0x41: 4, 0x42: 4, 0x43: 4, 0x46: 8, 0x47: 4}  # Counter32, Gauge32, TimeTicks, Counter64, UInteger32
# Of each type, how many octets a value has. An INTEGER of more than 32 bits is not legal, and seen.
_SIZES = {
    _INTEGER: (1, 8),
    _OCTETS: (0, 65_535),
    _OID: (1, 640),
    0x40: (4, 4),  # IpAddress
    _OPAQUE: (1, 65_535),
    **{tag: (1, octets + 1) for tag, octets in _UNSIGNED.items()},
    **dict.fromkeys((*_UNSAID, _END_OF_MIB_VIEW), (0, 0)),
}
_PARTICULAR = {_OID, _OPAQUE, *_UNSIGNED}
_V3 = b"\x03"
_MOST = 128  # objects in one answer; nobody asks for more in one request

# Arcs below 2³², each in as few octets as it needs; the first two are one octet below 3.0.
_ARCS = re.compile(
    rb"[\x00-\x77](?:[\x00-\x7f]|[\x81-\xff][\x80-\xff]{0,2}[\x00-\x7f]|[\x81-\x8f][\x80-\xff]{3}[\x00-\x7f]){0,127}"
)


class UnsoundError(ValueError):
    """A datagram that is no SNMP answer, or one that two readers would read in two ways."""


@dataclass(frozen=True, slots=True)
class Header:
    """What an answer says beside its values.

    request_id: of the request that it answers
    status: 0 where the request succeeded
    index: of the object to blame, from 1; 0 where none is
    names: of the objects, as octets
    unsaid: of those that have no value, endOfMibView apart
    """

    request_id: int
    status: int
    index: int
    names: tuple[bytes, ...]
    unsaid: tuple[bytes, ...]

    @property
    def is_doubled(self) -> bool:
        """Whether it speaks of an object more than once."""
        return len(set(self.names)) < len(self.names)


def header(datagram: bytes) -> Header:
    """The header of an answer of SNMP v1 or v2c of which everything is sound.

    Raises:
        UnsoundError: it is not; the text says what.
    """
    try:
        at, end = _body(datagram)
        _, start, at = _open(datagram, at, end, _INTEGER)
        if datagram[start:at] not in _VERSIONS:
            raise UnsoundError("neither version 1 nor 2c")
        _, _, at = _open(datagram, at, end, _OCTETS)
        return _answer(datagram, at, end, {_RESPONSE})
    except IndexError:
        raise UnsoundError("cut short") from None


def header_v3(datagram: bytes) -> Header | None:
    """The header of an answer of SNMP v3 of which everything is sound; None where it is encrypted.

    Raises:
        UnsoundError: as `header`.
    """
    try:
        at, end = _body(datagram)
        for expected in (_INTEGER, _SEQUENCE, _OCTETS):  # version, header, what the security model needs
            _, _, at = _open(datagram, at, end, expected)
        tag, at, scope_end = _open(datagram, at, end)
        if scope_end != end:
            raise UnsoundError("octets behind the PDU")
        if tag == _OCTETS:
            return None
        for _ in range(2):  # engine, context
            _, _, at = _open(datagram, at, end, _OCTETS)
        return _answer(datagram, at, end, {_RESPONSE, _REPORT})
    except IndexError:
        raise UnsoundError("cut short") from None


def _body(datagram: bytes) -> tuple[int, int]:
    """Where the content of the one message in a datagram begins and ends."""
    _, at, end = _open(datagram, 0, len(datagram), _SEQUENCE)
    if end != len(datagram):
        raise UnsoundError("octets behind the message")
    return at, end


def _answer(data: bytes, at: int, end: int, kinds: Container[int]) -> Header:
    """The header of a PDU of one of these kinds, which fills the rest."""
    kind, at, pdu_end = _open(data, at, end)
    if kind not in kinds or pdu_end != end:
        raise UnsoundError("no answer, or octets behind it")
    numbers = []
    for _ in range(3):
        _, start, at = _open(data, at, end, _INTEGER)
        if not 1 <= at - start <= 4:
            raise UnsoundError("a number in the header is none of 32 bits")
        numbers.append(int.from_bytes(data[start:at], "big", signed=True))
    request_id, status, index = numbers
    _, at, list_end = _open(data, at, end, _SEQUENCE)
    if list_end != end:
        raise UnsoundError("octets behind the objects")
    names, unsaid = _objects(data, at, end)
    if not names and not status:
        raise UnsoundError("an answer without objects")
    return Header(request_id, status, index, tuple(names), tuple(unsaid))


def number(message: bytes) -> int:
    """By which a request and its answer belong together: the request id, of SNMP v3 the message id.

    Raises:
        UnsoundError: it is no SNMP message.
    """
    try:
        _, at, end = _open(message, 0, len(message), _SEQUENCE)
        _, start, at = _open(message, at, end, _INTEGER)
        if message[start:at] == _V3:
            _, at, end = _open(message, at, end, _SEQUENCE)
        else:
            _, _, at = _open(message, at, end, _OCTETS)
            _, at, end = _open(message, at, end)
        _, start, at = _open(message, at, end, _INTEGER)
        return int.from_bytes(message[start:at], "big", signed=True)
    except IndexError:
        raise UnsoundError("cut short") from None


def octets_of(oid: str) -> bytes:
    """An OID as it stands in a datagram, without its head."""
    first, second, *rest = map(int, oid.split("."))
    octets = bytearray()
    for arc in (40 * first + second, *rest):
        groups = [arc >> shift & 0x7F | 0x80 for shift in range(28, 0, -7) if arc >> shift]
        octets += bytes([*groups, arc & 0x7F])
    return bytes(octets)


def text_of(octets: bytes) -> str:
    """The OID that these octets of a sound answer are."""
    arcs, arc = [], 0
    for octet in octets:
        arc = arc << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def _objects(data: bytes, at: int, end: int) -> tuple[list[bytes], list[bytes]]:
    """The names of the objects, and of those without a value, when each and its value are sound."""
    names: list[bytes] = []
    unsaid: list[bytes] = []
    while at < end:
        _, at, stop = _open(data, at, end, _SEQUENCE)
        _, start, at = _open(data, at, stop, _OID)
        name = data[start:at]
        if not _is_oid(name):
            raise UnsoundError("an object's name is no OID")
        tag, start, at = _open(data, at, stop)
        if at != stop:
            raise UnsoundError("octets behind a value")
        shortest, longest = _SIZES.get(tag, (1, 0))
        if not shortest <= at - start <= longest or (tag in _PARTICULAR and not _is_sound(tag, data[start:at])):
            raise UnsoundError(f"a value of type {tag:#04x} is none")
        names.append(name)
        if tag in _UNSAID:
            unsaid.append(name)
        if len(names) > _MOST:
            raise UnsoundError("more objects than anybody asks for")
    return names, unsaid


def _open(data: bytes, at: int, end: int, expected: int = 0) -> tuple[int, int, int]:
    """Tag of what begins at `at`, and where its content begins and ends."""
    tag = data[at]
    size = data[at + 1]
    start = at + 2
    if size > 0x7F:
        many = size & 0x7F
        if not 1 <= many <= 4:  # none: a length that is not said
            raise UnsoundError("a length that is not said, or too long")
        size = int.from_bytes(data[start : start + many], "big")
        start += many
    stop = start + size
    if stop > end:
        raise UnsoundError("a length beyond the end")
    if expected and tag != expected:
        raise UnsoundError(f"type {tag:#04x} where {expected:#04x} belongs")
    return tag, start, stop


@lru_cache(maxsize=65_536)
def _is_oid(content: bytes) -> bool:
    return bool(_ARCS.fullmatch(content))


def _is_sound(tag: int, content: bytes) -> bool:
    """Whether a value of a type that has more to it than its length is one."""
    if tag == _OID:
        return _is_oid(content)
    if tag == _OPAQUE:
        return content[0] == _WRAPPED
    return len(content) <= _UNSIGNED[tag] or not content[0]  # agents are seen to leave that octet out, too
