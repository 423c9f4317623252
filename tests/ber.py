"""BER by hand (X.690), so that a test can also send what no library would: parts are octets, put together freely."""

GET, GETNEXT, RESPONSE, SET, TRAP_V1, GETBULK, INFORM, TRAP, REPORT = (0xA0 + number for number in range(9))
INTEGER, OCTETS, NULL, OID, SEQUENCE = 0x02, 0x04, 0x05, 0x06, 0x30
IP_ADDRESS, COUNTER32, GAUGE32, TIMETICKS, OPAQUE, COUNTER64 = 0x40, 0x41, 0x42, 0x43, 0x44, 0x46
NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB_VIEW = 0x80, 0x81, 0x82


def length(size: int, octets: int = 0) -> bytes:
    """A length; in the long form of so many octets where that is given, whatever would be enough."""
    if not octets and size < 0x80:
        return bytes([size])
    octets = octets or (size.bit_length() + 7) // 8
    return bytes([0x80 | octets]) + size.to_bytes(octets, "big")


def tlv(tag: int, *content: bytes) -> bytes:
    """Tag, length and content."""
    whole = b"".join(content)
    return bytes([tag]) + length(len(whole)) + whole


def integer(number: int, tag: int = INTEGER) -> bytes:
    """A whole number, in as few octets as it needs."""
    return tlv(tag, number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True))


def arcs(dotted: str) -> bytes:
    """The content of an object identifier, of arcs of any size."""
    first, second, *rest = map(int, dotted.split("."))
    found = bytearray()
    for arc in (40 * first + second, *rest):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(arc & 0x7F | 0x80)
        found += bytes(reversed(groups))
    return bytes(found)


def oid(dotted: str) -> bytes:
    """An object identifier."""
    return tlv(OID, arcs(dotted))


def varbind(name: str, value: bytes) -> bytes:
    """An object and its value."""
    return tlv(SEQUENCE, oid(name), value)


def pdu(request_id: int, varbinds: bytes, status: int = 0, index: int = 0, kind: int = RESPONSE) -> bytes:
    """What an agent says; `varbinds` are octets that stand one behind the other."""
    return tlv(kind, integer(request_id), integer(status), integer(index), tlv(SEQUENCE, varbinds))


def message(data: bytes, version: int = 1, community: bytes = b"public") -> bytes:
    """A v1 (0) or v2c (1) message around a PDU."""
    return tlv(SEQUENCE, integer(version), tlv(OCTETS, community), data)


def parse(data: bytes) -> list[tuple[int, bytes]]:
    """Tag and content of everything that stands in a constructed value, or in a row.

    Raises:
        ValueError: a length lies.
    """
    found = []
    while data:
        if len(data) < 2:
            raise ValueError("cut short")
        tag, size, start = data[0], data[1], 2
        if size & 0x80:
            start = 2 + (size & 0x7F)
            size = int.from_bytes(data[2:start], "big")
        if len(data) < start + size:
            raise ValueError("cut short")
        found.append((tag, data[start : start + size]))
        data = data[start + size :]
    return found


def dotted(content: bytes) -> str:
    """An object identifier's content as text."""
    numbers, arc = [], 0
    for octet in content:
        arc = arc << 7 | octet & 0x7F
        if not octet & 0x80:
            numbers.append(arc)
            arc = 0
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))


def arcs_of(name: str) -> tuple[int, ...]:
    """An OID's arcs, by which objects are in order."""
    return tuple(map(int, name.split(".")))
