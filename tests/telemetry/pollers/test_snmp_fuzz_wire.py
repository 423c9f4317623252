"""Agents on loopback whose octets are wrong in every way that we could think of, under the poller and both libraries.

An honest agent here says nothing that is 77; whatever lies says 77 where it can.
"""

import asyncio
import gc
import random
import time
import tracemalloc
from collections.abc import Callable

import pytest

import ber
from device_profiles.schema import Profile
from hostile_agent import UPTIME, HostileAgent, Question, honest, right
from telemetry.address import parse
from telemetry.block import Quality
from telemetry.pollers.snmp import SnmpPoller
from telemetry.pollers.snmp_gufo import GufoSession
from telemetry.pollers.snmp_pysnmp import PysnmpSession
from telemetry.pollers.snmp_session import NoReply, Rejected

UPS = "1.3.6.1.2.1.33.1"
ALARMS, FAN_FAILED = f"{UPS}.6.2.1.2", f"{UPS}.6.3.16"
PROFILE = Profile.model_validate(
    {
        "name": "acme/fuzzed",
        "vendor": "Acme",
        "model": "Fuzzed",
        "kind": "ups",
        "protocol": "snmp",
        "source": ["made up"],
        "point": [
            {"quantity": "ups.status", "oid": f"{UPS}.4.1.0", "states": {"3": "online", "4": "bypass"}},
            {"quantity": "battery.charge", "oid": f"{UPS}.2.4.0"},
            {"quantity": "battery.runtime", "oid": f"{UPS}.2.3.0", "scale": 60},
            {"quantity": "input.{phase}-N.voltage", "column": f"{UPS}.3.3.1.3"},
            {"quantity": "alarm.fan-failed", "column": ALARMS, "lists": FAN_FAILED, "when": {"oid": f"{UPS}.6.1.0"}},
            {"quantity": "alarm.overload", "column": ALARMS, "lists": f"{UPS}.6.3.8", "when": {"oid": f"{UPS}.6.1.0"}},
        ],
    }
)
OBJECTS = {
    UPTIME: ber.integer(4711, ber.TIMETICKS),
    f"{UPS}.2.3.0": ber.integer(30),
    f"{UPS}.2.4.0": ber.integer(98, ber.GAUGE32),
    **{f"{UPS}.3.3.1.3.{phase}": ber.integer(230 + phase) for phase in (1, 2, 3)},
    f"{UPS}.4.1.0": ber.integer(3),
    f"{UPS}.6.1.0": ber.integer(1, ber.GAUGE32),
    f"{ALARMS}.4": ber.oid(FAN_FAILED),
}
HONEST = {
    (f"{UPS}.4.1.0", "ups.status"): 0,
    (f"{UPS}.2.4.0", "battery.charge"): 98,
    (f"{UPS}.2.3.0", "battery.runtime"): 1800,
    **{(f"{UPS}.3.3.1.3.{phase}", f"input.L{phase}-N.voltage"): 230 + phase for phase in (1, 2, 3)},
    (ALARMS, "alarm.fan-failed"): 1,
    (ALARMS, "alarm.overload"): 0,
}
LIE = 77

BACK_ENDS = {
    "gufo v1": (GufoSession, "snmp://127.0.0.1:{}?community=public&version=1"),
    "gufo v2c": (GufoSession, "snmp://127.0.0.1:{}?community=public"),
    "pysnmp v2c": (PysnmpSession, "snmp://127.0.0.1:{}?community=public"),
    "pysnmp v3": (PysnmpSession, "snmp://operator@127.0.0.1:{}"),
}
back_ends = pytest.mark.parametrize("back_end", BACK_ENDS)

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
    "another's answers, a storm of them": lambda q: [
        q.wrap(ber.pdu(q.id + n, ber.varbind(q.oids[0], ber.integer(LIE))), message_id=q.message_id + n) for n in range(1, 300)
    ],
}  # fmt: skip


def believed(answer):
    return {(v.source, v.quantity): v.value for v in answer.values if v.quality is Quality.GOOD}


class Watched:
    """A poller with the agent that it asks; nothing that the event loop complains of is lost."""

    def __init__(self, back_end: str, timeout: float):
        self._kind, self._url = BACK_ENDS[back_end]
        self.timeout = timeout
        self.complaints: list[dict] = []

    async def __aenter__(self):
        asyncio.get_running_loop().set_exception_handler(lambda _loop, what: self.complaints.append(what))
        self.agent = await HostileAgent(honest(OBJECTS)).open()
        address = parse(self._url.format(self.agent.port))
        self.poller = SnmpPoller(address, PROFILE, self._kind(address), timeout=self.timeout)
        return self

    async def __aexit__(self, *_):
        await self.poller.close()
        self.agent.close()
        assert not self.complaints

    async def poll(self, behaviour=None, within=None):
        """What an answer makes believe while the agent behaves like this, else as it should."""
        self.agent.behaviour = behaviour or honest(OBJECTS)
        self.poller._timeout = self.poller._client._timeout = within or self.timeout
        async with asyncio.timeout(20):
            return believed(await self.poller.poll())

    def look_now(self):
        """Let the next poll look at the device anew, as it does by itself every while."""
        self.poller._look_at = self.poller._peace_until = 0.0


async def told(back_end, lie):
    """A device lies at first contact, and again when it is known. Nothing of it is believed, and after it all is read."""
    async with Watched(back_end, 3) as w:
        assert (await w.poll(lie, 0.1)).items() <= HONEST.items()
        w.look_now()
        await w.poll()
        assert await w.poll() == HONEST
        assert (await w.poll(lie, 0.1)).items() <= HONEST.items()
        assert await w.poll() == HONEST


@back_ends
@pytest.mark.parametrize("first", range(0, len(LIES), 24))
def test_no_lie_is_believed_and_none_does_lasting_harm(back_end, first):
    """Each lie to a known and to a new device: nothing raised, no GOOD value that an honest agent would not give."""

    async def one(name, lie, room):
        async with room:
            try:
                await told(back_end, lie)
            except BaseException as e:
                e.add_note(f"the agent's lie: {name}")
                raise

    async def run():
        room = asyncio.Semaphore(6)
        await asyncio.gather(*(one(name, lie, room) for name, lie in list(LIES.items())[first : first + 24]))

    asyncio.run(run())


def stale(q, count):
    """Sound answers to requests that were never sent."""
    pairs = [(oid, ber.integer(LIE)) for oid, _ in right(OBJECTS, q)[0]]
    for n in range(1, count + 1):
        changed = 10_000 * n  # one library numbers its requests one by one
        yield q.wrap(
            ber.pdu(q.id ^ changed, b"".join(ber.varbind(*p) for p in pairs)), message_id=q.message_id ^ changed
        )


NUISANCES = {
    "objects in another order": lambda q: [q.answer(right(OBJECTS, q)[0][::-1], *right(OBJECTS, q)[1:])]
    if q.kind == ber.GET
    else honest(OBJECTS)(q),
    "each answer three times": lambda q: honest(OBJECTS)(q) * 3,
    "others' answers first": lambda q: [*stale(q, 40), *honest(OBJECTS)(q)],
    "others' answers behind": lambda q: [*honest(OBJECTS)(q), *stale(q, 40)],
    "the right answer from another port, too": lambda q: [*((octets,) for octets in lies(ber.integer(LIE))(q)), *honest(OBJECTS)(q)],
}  # fmt: skip


@back_ends
@pytest.mark.parametrize("name", NUISANCES)
def test_a_right_answer_is_found_among_others(back_end, name):
    """What comes beside the right answer changes nothing of it."""

    async def run():
        async with Watched(back_end, 3) as w:
            for _ in range(3):
                assert await w.poll(NUISANCES[name]) == HONEST

    asyncio.run(run())


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
@pytest.mark.parametrize("session", [GufoSession, PysnmpSession])
def test_every_changed_answer_is_read_as_it_stands_or_not_at_all(session):
    """As above, each of them."""
    assert asyncio.run(read_mutants(session, range(100_000))) > 100


BURDENS = {
    "thirty thousand levels": lambda q: [LIES["thirty thousand levels"](q)[0]] * 20,
    "thirty thousand levels in an answer": lambda q: [q.around(b"\x30\x80" * 30_000)] * 20,
    "seven thousand objects": lambda q: LIES["an object seven thousand times"](q) * 20,
    "an object with a name of 60 kB": lambda q: [q.around(ber.tlv(ber.SEQUENCE, ber.tlv(ber.OID, b"\x2b" + b"\x81" * 60_000 + b"\x01"), ber.integer(1)))] * 20,
    "an INTEGER of 60 kB": lambda q: [q.around(ber.varbind(q.oids[0], ber.tlv(ber.INTEGER, b"\x01" * 60_000)))] * 20,
    "a text of 60 kB": lambda q: [q.answer([(oid, ber.tlv(ber.OCTETS, b"7" * 60_000)) for oid in q.oids[:1]])] * 20,
    "others' answers": lambda q: list(stale(q, 400)),
}  # fmt: skip


@back_ends
@pytest.mark.parametrize("name", BURDENS)
def test_what_is_hard_to_read_keeps_nobody_waiting(back_end, name):
    """While an agent sends what takes long to take apart, the event loop is never held up for long."""

    async def run():
        async with Watched(back_end, 3) as w:
            await w.poll()
            clock = time.thread_time  # of this thread alone: a busy machine is no failure
            longest, over = 0.0, False

            async def watch():
                nonlocal longest
                while not over:
                    before = clock()
                    await asyncio.sleep(0)
                    longest = max(longest, clock() - before)

            watching = asyncio.create_task(watch())
            gc.collect()
            gc.disable()
            try:
                await w.poll(BURDENS[name], 0.1)
            finally:
                gc.enable()
                over = True
            await watching
            assert longest < 0.2
            assert await w.poll() == HONEST

    asyncio.run(run())


@pytest.mark.parametrize("back_end", ["gufo v2c", "pysnmp v3"])
def test_memory_does_not_grow_with_what_an_agent_makes_up(back_end):
    """New rows at every look, a restart at every poll, texts and names without end: nothing of it stays."""
    chance = random.Random(5)

    def inventive(q: Question) -> list[bytes]:
        uptime = [(UPTIME, ber.integer(chance.randrange(10**9), ber.TIMETICKS))]
        if q.kind != ber.GET:
            column = f"{UPS}.3.3.1.3"
            arc = max(ber.arcs_of(q.oids[0])[len(ber.arcs_of(column)) :] or (0,)) + chance.randint(1, 10**6)
            return [q.answer([(f"{column}.{arc + n}", ber.tlv(ber.OCTETS, chance.randbytes(30))) for n in range(20)])]
        return [q.answer([*uptime, *((oid, ber.tlv(ber.OCTETS, chance.randbytes(30))) for oid in q.oids[1:])])]

    async def run():
        async with Watched(back_end, 0.2) as w:
            used = []
            for number in range(24):
                w.look_now()
                await w.poll(inventive)
                if number == 4:
                    tracemalloc.start()
                elif number > 4:
                    gc.collect()
                    used.append(tracemalloc.get_traced_memory()[0])
            tracemalloc.stop()
            assert used[-1] < used[8] + 500_000, used

    asyncio.run(run())
