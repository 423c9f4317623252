"""Answers whose octets were changed on the way, under both libraries: what they read is what stands there."""

import asyncio
import random

import pytest

import ber
from hostile_agent import UPTIME, HostileAgent, Question, honest
from telemetry.address import parse
from telemetry.pollers.snmp_gufo import GufoSession
from telemetry.pollers.snmp_pysnmp import PysnmpSession
from telemetry.pollers.snmp_session import NoReply, Rejected
from watched_poller import UPS


def meaning(datagram: bytes) -> dict[str, object]:
    """The objects and values of a v2c answer, by a slow reading."""
    ((_, body),) = ber.parse(datagram)
    *_, (_, objects) = ber.parse(ber.parse(body)[2][1])
    found = {}
    for _, varbind in ber.parse(objects):
        (_, name), (tag, content) = ber.parse(varbind)
        if tag in {ber.INTEGER, ber.COUNTER32, ber.GAUGE32, ber.TIMETICKS, ber.COUNTER64, 0x47}:
            found[ber.dotted(name)] = int.from_bytes(content, "big", signed=tag == ber.INTEGER)
        elif tag in {ber.OCTETS, ber.OPAQUE}:
            found[ber.dotted(name)] = content
        elif tag == ber.OID:
            found[ber.dotted(name)] = ber.dotted(content)
        elif tag == ber.IP_ADDRESS:
            found[ber.dotted(name)] = ".".join(map(str, content))
    return found


def mutant(octets: bytes, number: int) -> bytes:
    """An answer cut at each length, then with each bit turned, then with several octets changed at random."""
    if number < len(octets):
        return octets[:number]
    number -= len(octets)
    changed = bytearray(octets)
    if number < 8 * len(octets):
        changed[number // 8] ^= 1 << number % 8
        return bytes(changed)
    chance = random.Random(number)
    for _ in range(chance.randint(1, 6)):
        octet = chance.choice([0, 1, 2, 4, 5, 6, 0x30, 0x7F, 0x80, 0x81, 0xFF, chance.randrange(256)])
        changed[chance.randrange(len(changed))] = octet
    return bytes(changed)


TYPED = {
    UPTIME: ber.integer(4711, ber.TIMETICKS),
    f"{UPS}.1.1.0": ber.tlv(ber.OCTETS, b"230.5 V"),
    f"{UPS}.1.2.0": ber.oid("1.3.6.1.4.1.318.4294967295"),
    f"{UPS}.1.3.0": ber.integer(-5),
    f"{UPS}.1.4.0": ber.integer(2**63 + 1, ber.COUNTER64),
    f"{UPS}.1.5.0": ber.tlv(ber.IP_ADDRESS, b"\x7f\0\0\1"),
    f"{UPS}.1.6.0": ber.integer(2**32 - 1, ber.GAUGE32),
    f"{UPS}.1.7.0": ber.tlv(ber.NULL),
    f"{UPS}.1.8.0": ber.tlv(ber.NO_SUCH_OBJECT),
}


async def read_mutants(session_of, numbers):
    """How many of the mutants were read; each as it is to be read."""
    heard, number, sent = 0, 0, b""
    agent = await HostileAgent(honest(TYPED)).open()
    session = session_of(parse(f"snmp://127.0.0.1:{agent.port}?community=public"))
    assert await session.get(list(TYPED), 3) == meaning(honest(TYPED)(sample())[0])

    def mutate(q: Question) -> list[bytes]:
        nonlocal sent
        sent = mutant(honest(TYPED)(q)[0], number)
        return [sent]

    agent.behaviour = mutate
    for number in numbers:  # noqa: B007 - `mutate` reads it
        try:
            answer = await session.get(list(TYPED), 0.02)
        except (NoReply, Rejected):
            continue
        heard += 1
        assert answer == meaning(sent), sent.hex()
    await session.close()
    agent.close()
    return heard


def sample():
    return Question(1, b"public", ber.GET, 0x12345678, 0, list(TYPED), b"")


@pytest.mark.parametrize(("session", "every"), [(GufoSession, 2), (PysnmpSession, 13)])
def test_a_changed_answer_is_read_as_it_stands_or_not_at_all(session, every):
    """Cut, with a bit turned, with octets changed: no exception, and no value but the one that stands there."""
    assert asyncio.run(read_mutants(session, range(0, 3_000, every))) > 10


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("session", "every"), [(GufoSession, 1), (PysnmpSession, 7)])
def test_every_changed_answer_is_read_as_it_stands_or_not_at_all(session, every):
    """As above, a hundred thousand of them, or a seventh of these."""
    assert asyncio.run(read_mutants(session, range(0, 100_000, every))) > 100
