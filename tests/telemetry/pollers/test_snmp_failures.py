"""The SNMP poller, by both libraries, against agents that are silent, slow, dead or lie."""

import asyncio
import random
import socket
import time

import pytest

from telemetry.pollers.snmp_gufo import GufoSession
from telemetry.pollers.snmp_pysnmp import PysnmpSession

UPTIME = "1.3.6.1.2.1.1.3.0"
UPS = "1.3.6.1.2.1.33.1"
STATUS = f"{UPS}.4.1.0"
VOLTAGE = f"{UPS}.3.3.1.3.1"

both_libraries = pytest.mark.parametrize("session", [GufoSession, PysnmpSession])


@both_libraries
def test_silence_is_told_with_address_tries_and_what_to_check(session, udp_agent, polls):
    agent = udp_agent(lambda request: [])
    begun = time.monotonic()
    (answer,) = polls(agent.url, session, timeout=0.5)
    assert answer.values == ()
    assert 0.4 < time.monotonic() - begun < 10, "the libraries' own time-outs are much longer"
    for part in (f"127.0.0.1:{agent.port}", "SNMP v2c, 3 tries in 0.5 s", "check the address", "community"):
        assert part in answer.error
    assert "public" not in answer.error


@both_libraries
def test_a_closed_port_is_told_at_once(session, free_port, polls):
    port = free_port(socket.SOCK_DGRAM)
    begun = time.monotonic()
    (answer,) = polls(f"snmp://127.0.0.1:{port}?community=public", session, timeout=30)
    assert time.monotonic() - begun < 15, "long before the time-out"
    assert answer.error.startswith(f"nothing listens at 127.0.0.1:{port}")


@both_libraries
def test_an_agent_that_dies_and_comes_back_is_read_again(session, snmpd, polls, good, one_phase):
    agent = snmpd("\n".join(f"override .{oid} integer {value}" for oid, value in one_phase.items()))

    def kill_and_revive(number):
        if number == 1:
            agent.stop()
        elif number == 2:
            agent.start()

    answers = polls(agent.url, session, count=3, between=kill_and_revive)
    assert [bool(a.error) for a in answers] == [False, True, False], answers
    assert good(answers[0]) == good(answers[2]) != {}


@both_libraries
def test_a_late_answer_is_never_taken_for_the_next_polls(session, udp_agent, honest, polls, good, one_phase):
    slow = honest({**one_phase, VOLTAGE: 999})
    agent = udp_agent(honest(one_phase))

    def delay(number):
        if number == 1:  # answers come when the poll has given up, and the next one is under way
            agent.behaviour = lambda r: [(0.5, octets) for octets in slow(r)]
        elif number == 2:
            agent.behaviour = lambda r: [(0.1, octets) for octets in honest(one_phase)(r)]

    answers = polls(agent.url, session, count=3, timeout=0.4, between=delay)
    assert answers[1].error
    assert good(answers[2])["input.voltage"] == 231


@both_libraries
def test_a_poll_that_was_cancelled_spoils_no_other(session, udp_agent, honest, good, poller_of, one_phase):
    agent = udp_agent(honest(one_phase))

    async def run():
        poller = poller_of(agent.url, session, timeout=2)
        await poller.poll()
        agent.behaviour = lambda r: [(0.3, octets) for octets in honest({**one_phase, VOLTAGE: 999})(r)]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(poller.poll(), 0.1)
        agent.behaviour = lambda r: [(0.4, octets) for octets in honest(one_phase)(r)]
        answer = await poller.poll()
        await poller.close()
        await poller.close()
        return answer

    assert good(asyncio.run(run()))["input.voltage"] == 231


@both_libraries
def test_a_silent_device_delays_no_other(session, udp_agent, honest, poller_of, one_phase):
    silent, sound = udp_agent(lambda r: []), udp_agent(honest(one_phase))

    async def run():
        dead, alive = poller_of(silent.url, session, timeout=30), poller_of(sound.url, session, timeout=2)
        await alive.poll()
        waiting = asyncio.create_task(dead.poll())
        await asyncio.sleep(0.1)
        for _ in range(10):
            assert (await alive.poll()).error is None
        assert silent.requests
        assert not waiting.done(), "ten polls of the one, while the other was waited for"
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await dead.close()
        await alive.close()

    asyncio.run(run())


def liars(honest, one_phase):
    """Behaviours of agents that lie, each by name. An honest answer from them would say 231 V."""
    serve = honest(one_phase)
    chance = random.Random(1)

    def honest_pairs(r):
        return [(oid, {UPTIME: 12345, **one_phase}.get(oid, 231)) for oid in r.oids]

    return {
        "other objects than asked for": lambda r: [
            r.answer([(f"1.3.6.1.4.1.9.9.{i}", 231) for i, _ in enumerate(r.oids)])
        ],
        "the objects' values in each other's place": lambda r: [
            r.answer([(f"{oid}.7", value) for oid, value in honest_pairs(r)])
        ],
        "other request id": lambda r: [r.answer(honest_pairs(r), request_id=r.id + 1)],
        "cut short": lambda r: [octets[: len(octets) // 2] for octets in serve(r)],
        "one octet short": lambda r: [octets[:-1] for octets in serve(r)],
        "random octets": lambda r: [chance.randbytes(60) for _ in range(3)],
        "nothing but a header": lambda r: [b"\x30\xff\x01\x02\x03"],
        "an empty datagram": lambda r: [b""],
        "its own request": lambda r: [r.data],
    }


@both_libraries
@pytest.mark.parametrize("name", liars(lambda mib: None, {}))
def test_an_agent_that_lies_gives_an_error_and_no_value(session, name, udp_agent, honest, polls, one_phase):
    agent = udp_agent(liars(honest, one_phase)[name])
    answers = polls(agent.url, session, count=2, timeout=0.3)
    assert [a.values for a in answers] == [(), ()]
    assert all(f"127.0.0.1:{agent.port}" in a.error for a in answers)


@both_libraries
def test_doubled_answers_are_taken_once(session, udp_agent, honest, polls, good, one_phase):
    serve = honest(one_phase)
    agent = udp_agent(lambda r: serve(r) * 3)
    answers = polls(agent.url, session, count=3)
    assert [good(a) for a in answers] == [good(answers[0])] * 3
    assert good(answers[0])["input.voltage"] == 231


@both_libraries
def test_an_answer_in_another_order_goes_by_its_objects(session, udp_agent, honest, polls, good, one_phase):
    mib = {UPTIME: 12345, **one_phase}
    agent = udp_agent(
        lambda r: [r.answer([(o, mib[o]) for o in reversed(r.oids) if o in mib])] if r.kind == "get" else honest(mib)(r)
    )
    (answer,) = polls(agent.url, session)
    assert good(answer)["input.voltage"] == 231
    assert good(answer)["ups.status"] == 0


@both_libraries
@pytest.mark.parametrize("rows", [[1, 1, 1], [2, 1, 2, 1]], ids=["the same row", "rows that go back"])
def test_a_table_that_loops_ends(session, rows, udp_agent, honest, polls, good, one_phase):
    column = VOLTAGE.rpartition(".")[0]
    serve = honest(one_phase)

    def loop(request):
        if request.kind != "get" and request.oids[0].startswith(column):
            return [request.answer([(f"{column}.{row}", 231) for row in rows])]
        return serve(request)

    agent = udp_agent(loop)
    (answer,) = polls(agent.url, session, timeout=10)  # a busy machine repeats no request: they are counted
    assert good(answer)["battery.runtime"] == 1800
    assert sum(r.kind != "get" and r.oids[0].startswith(column) for r in agent.requests) < 5


@both_libraries
def test_a_table_without_end_ends(session, udp_agent, honest, polls, good, one_phase):
    column = VOLTAGE.rpartition(".")[0]
    serve = honest(one_phase)

    def endless(request):
        if request.kind != "get" and request.oids[0].startswith(column):
            first = int(request.oids[0].rpartition(".")[2]) + 1 if request.oids[0] != column else 1
            return [request.answer([(f"{column}.{row}", 231) for row in range(first, first + 20)])]
        return serve(request)

    agent = udp_agent(endless)
    (answer,) = polls(agent.url, session, timeout=2)
    assert good(answer)["battery.runtime"] == 1800
    assert len(agent.requests) < 100


@both_libraries
def test_an_agent_that_does_not_answer_getbulk_is_read_by_getnext(session, udp_agent, honest, polls, good, one_phase):
    serve = honest(one_phase)
    agent = udp_agent(lambda r: [] if r.kind == "getbulk" else serve(r))
    (answer,) = polls(agent.url, session, timeout=0.4)
    assert good(answer)["input.voltage"] == 231
    assert sum(r.kind == "getbulk" for r in agent.requests) <= 3


@both_libraries
def test_tables_that_first_contact_could_not_read_come_later(session, udp_agent, honest, polls, good, one_phase):
    serve = honest(one_phase)
    agent = udp_agent(lambda r: serve(r) if r.kind == "get" else [])

    def recover(number):
        if number == 1:
            agent.requests.clear()
        elif number == 2:
            agent.behaviour = serve
            time.sleep(2)

    answers = polls(agent.url, session, count=3, timeout=0.2, between=recover)
    assert [good(a).get("input.voltage") for a in answers] == [None, None, 231]
    assert [r.kind for r in agent.requests[:2]] == ["get", "get"]  # the agent is left in peace for a while


@both_libraries
def test_an_answer_from_elsewhere_is_not_believed(session, udp_agent, honest, polls, one_phase):
    serve = honest(one_phase)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as elsewhere:

        def from_elsewhere(request):
            for octets in serve(request):
                elsewhere.sendto(octets, request.sender)
            return []

        agent = udp_agent(from_elsewhere)
        (answer,) = polls(agent.url, session, timeout=0.4)
    assert agent.requests
    assert answer.values == ()


@both_libraries
def test_octets_changed_at_random_raise_nothing_and_bring_no_object_that_was_not_asked_for(
    session, udp_agent, honest, polls, one_phase
):
    """v1 and v2c protect nothing: a number may be wrong. But it is of an object that exists, and nothing falls over."""
    serve = honest(one_phase)
    chance = random.Random(2)

    def change(request):
        for octets in serve(request):
            changed = bytearray(octets)
            for _ in range(chance.randint(0, 2)):
                changed[chance.randrange(len(changed))] = chance.randrange(256)
            yield bytes(changed)

    agent = udp_agent(change)
    answers = polls(agent.url, session, count=60, timeout=0.06)
    assert any(a.values for a in answers)
    assert {v.source for a in answers for v in a.values} <= set(one_phase)
