"""What fuzzing found, one test each: how it is now. What is legal, or seen in the field, is still read."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ber
from hostile_agent import HostileAgent, honest, right
from telemetry.address import parse
from telemetry.pollers.snmp_answer import UnsoundError, header, number, octets_of, text_of
from telemetry.pollers.snmp_client import SnmpClient
from watched_poller import ALARMS, BACK_ENDS, FAN_FAILED, HONEST, OBJECTS, UPS, Watched

back_ends = pytest.mark.parametrize("back_end", BACK_ENDS)
NAME = f"{UPS}.4.1.0"


def answer(value: bytes, **changed) -> bytes:
    return ber.message(ber.pdu(7, ber.varbind(NAME, value), **changed))


@pytest.mark.parametrize(
    "value",
    [
        ber.tlv(ber.GAUGE32, b"\xff\xff\xff\xff"),
        ber.tlv(ber.GAUGE32, b"\0\xff\xff\xff\xff"),
        ber.tlv(ber.COUNTER64, b"\0" + 8 * b"\xff"),
        ber.integer(4_294_967_295),
        ber.tlv(ber.INTEGER, b"\0\0\0\x03"),
        ber.tlv(ber.OPAQUE, bytes.fromhex("9f780442f60000")),
        ber.oid("0.0"),
        ber.tlv(ber.OCTETS),
        b"\x04\x82\x00\x03abc",
    ],
    ids=lambda value: value.hex(),
)
def test_what_agents_are_seen_to_send_is_sound(value):
    """Needless octets of a length or number, a sign bit left bare, wide integers, net-snmp's floats."""
    assert header(answer(value)).names == (ber.arcs(NAME),)


def test_a_header_tells_id_error_and_who_is_to_blame():
    """As an answer of SNMP v1 that has not what it was asked for."""
    found = header(answer(ber.tlv(ber.NULL), status=2, index=1))
    assert (found.request_id, found.status, found.index, found.unsaid) == (7, 2, 1, (ber.arcs(NAME),))
    assert number(answer(ber.integer(3))) == 7


@settings(derandomize=True)
@given(st.binary(max_size=200))
def test_random_octets_are_unsound_and_raise_nothing_else(octets):
    """The check itself falls over nothing."""
    for read in (header, number):
        try:
            read(b"\x30" + bytes([len(octets) & 0x7F]) + octets)
        except UnsoundError:
            continue


@settings(derandomize=True)
@given(st.lists(st.integers(0, 2**32 - 1), max_size=20))
def test_an_oid_is_the_same_as_text_and_as_octets(arcs):
    """There and back, and as the tests' own BER has it."""
    oid = ".".join(map(str, (1, 3, *arcs)))
    assert octets_of(oid) == ber.arcs(oid)
    assert text_of(octets_of(oid)) == oid


@back_ends
def test_the_object_behind_another_is_told_wherever_it_stands(back_end):
    """gufo-snmp ends a walk at the first row outside without telling it; which makers' objects an agent has, hangs on it."""

    async def run():
        agent = await HostileAgent(honest({f"{UPS}.1.0": ber.integer(1), "1.3.6.1.4.1.534.1.0": ber.integer(2)})).open()
        kind, url = BACK_ENDS[back_end]
        address = parse(url.format(agent.port))
        client = SnmpClient(address, kind(address), timeout=3)
        try:
            return await client.after(f"{UPS}.1.0")
        finally:
            await client.close()
            agent.close()

    assert asyncio.run(run()) == "1.3.6.1.4.1.534.1.0"


def table(rows):
    """The alarm table says this; all else is as it should be."""

    def behave(q):
        if q.kind == ber.GET or not q.oids[0].startswith(ALARMS):
            return honest(OBJECTS)(q)
        return [q.answer(rows(q))]

    return behave


LISTS = {
    "that never ends": lambda q: [
        (f"{ALARMS}.{(ber.arcs_of(q.oids[0])[len(ber.arcs_of(ALARMS)) :] or (0,))[0] + n}", ber.integer(1))
        for n in range(1, 1 + (q.repetitions if q.kind == ber.GETBULK else 1))
    ],
    "that goes round": lambda q: [(f"{ALARMS}.2", ber.integer(1)), (f"{ALARMS}.1", ber.integer(1))],
    "with a row without a value": lambda q: [(f"{ALARMS}.2", ber.tlv(ber.NULL)), (f"{UPS}.7.1.0", ber.integer(1))][
        : 2 if q.kind == ber.GETBULK else 1
    ],
}


@back_ends
@pytest.mark.parametrize("name", LISTS)
def test_no_alarm_is_told_from_a_list(back_end, name):
    """A list of alarms that was not read to its end, in order, proves of none that it is not active."""

    async def run():
        async with Watched(back_end, 3) as w:
            told = await w.poll(table(LISTS[name]), 1.0)
            assert told == {key: value for key, value in HONEST.items() if key[0] != ALARMS}

    asyncio.run(run())


@pytest.mark.parametrize("back_end", ["gufo v2c", "pysnmp v2c", "pysnmp v3"])
def test_an_agent_to_which_getbulk_is_too_big_is_read_by_getnext(back_end):
    """TooBig is no end of a table."""

    def behave(q):
        return [q.answer([], 1)] if q.kind == ber.GETBULK else [q.answer(*right(OBJECTS, q))]

    async def run():
        async with Watched(back_end, 3) as w:
            assert await w.poll(behave) == HONEST

    asyncio.run(run())


@pytest.mark.parametrize("back_end", ["gufo v2c", "pysnmp v2c"])
def test_one_value_that_cannot_be_read_takes_no_other_with_it(back_end):
    """An empty OID, as sysObjectID is seen to be, once raised out of the poller."""
    broken = {**OBJECTS, f"{UPS}.2.4.0": ber.tlv(ber.OID), f"{ALARMS}.4": ber.oid(FAN_FAILED)}

    async def run():
        async with Watched(back_end, 3) as w:
            told = await w.poll(honest(broken))
            assert told == {key: value for key, value in HONEST.items() if key[1] != "battery.charge"}

    asyncio.run(run())


@back_ends
def test_what_is_asked_for_twice_is_asked_once(back_end):
    """An answer that speaks of an object twice is not believed: so no request does."""

    async def run():
        asked = []
        agent = await HostileAgent(lambda q: asked.append(q.oids) or honest(OBJECTS)(q)).open()
        kind, url = BACK_ENDS[back_end]
        address = parse(url.format(agent.port))
        client = SnmpClient(address, kind(address), timeout=3)
        reply = await client.get([NAME, f"{UPS}.2.4.0", NAME])
        await client.close()
        agent.close()
        assert {NAME, f"{UPS}.2.4.0"} <= set(reply.values)
        assert all(len(set(oids)) == len(oids) for oids in asked)

    asyncio.run(run())
