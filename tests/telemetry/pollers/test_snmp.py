"""The SNMP poller, by both libraries, against honest agents and others."""

import asyncio
import random
import socket
import time

import pytest

from device_profiles import library
from device_profiles.schema import Profile
from telemetry.address import parse
from telemetry.block import Quality
from telemetry.pollers.snmp import SnmpPoller
from telemetry.pollers.snmp_gufo import GufoSession
from telemetry.pollers.snmp_pysnmp import PysnmpSession

UPTIME = "1.3.6.1.2.1.1.3.0"
UPS = "1.3.6.1.2.1.33.1"
STATUS = f"{UPS}.4.1.0"
VOLTAGE = f"{UPS}.3.3.1.3.1"
ONE_PHASE = {
    f"{UPS}.2.1.0": 2,
    f"{UPS}.2.3.0": 30,
    f"{UPS}.2.4.0": 100,
    f"{UPS}.3.3.1.2.1": 500,
    VOLTAGE: 231,
    STATUS: 3,
    f"{UPS}.4.4.1.2.1": 230,
}

both_libraries = pytest.mark.parametrize("session", [GufoSession, PysnmpSession])


def poller_of(url, session, profile="rfc1628/ups", timeout=0.6):
    address = parse(url)
    given = library.load(profile) if isinstance(profile, str) else profile
    return SnmpPoller(address, given, session(address), timeout=timeout)


def polls(url, session, *, count=1, profile="rfc1628/ups", timeout=0.6, between=lambda number: None):
    """The answers to so many polls of one poller; `between` is called before each with its number."""

    async def run():
        poller = poller_of(url, session, profile, timeout)
        try:
            answers = []
            for number in range(count):
                between(number)
                answers.append(await poller.poll())
            return answers
        finally:
            await poller.close()

    return asyncio.run(run())


def good(answer):
    return {v.quantity: v.value for v in answer.values if v.quality is Quality.GOOD}


@both_libraries
def test_reads_scalars_and_rows_at_the_first_poll(session, udp_agent, honest):
    agent = udp_agent(honest(ONE_PHASE))
    (answer,) = polls(agent.url, session)
    assert answer.error is None
    assert good(answer)["input.voltage"] == 231
    assert good(answer)["battery.runtime"] == 1800
    assert next(v.source for v in answer.values if v.quantity == "input.voltage") == VOLTAGE


@both_libraries
def test_later_polls_ask_only_for_what_is_there_and_states_first(session, udp_agent, honest):
    agent = udp_agent(honest(ONE_PHASE))
    polls(agent.url, session, count=2, between=lambda n: agent.requests.clear())
    (request,) = agent.requests
    assert request.kind == "get"
    assert set(request.oids) == {UPTIME, *ONE_PHASE}
    states = {STATUS, f"{UPS}.2.1.0"}
    assert set(request.oids[1:3]) == states


@both_libraries
@pytest.mark.parametrize("version", ["1", "2c"])
def test_both_libraries_and_versions_read_the_same_from_net_snmp(session, version, snmpd):
    lines = [f"override .{oid} integer {value}" for oid, value in ONE_PHASE.items()]
    lines += [
        f'override .{UPS}.1.1.0 octet_str "Acme"',
        f"override .{UPS}.3.3.1.3.2 integer 232",
        f"override .{UPS}.3.3.1.3.3 integer -1",
    ]
    agent = snmpd("\n".join(lines))
    reference = polls(agent.url, PysnmpSession)
    answers = polls(f"{agent.url}&version={version}", session, count=2)
    assert [a.values for a in answers] == [reference[0].values] * 2
    assert {"input.L1-N.voltage", "input.L2-N.voltage"} <= set(good(reference[0]))


@both_libraries
def test_both_libraries_hand_on_each_type_alike(session, udp_agent, honest):
    types = {
        f"1.3.6.1.4.1.9.{i}.0": value for i, value in enumerate([-5, b"\xff\x00a", b"", b"232.6V", "1.3.6.1.4.1.9"])
    }
    agent = udp_agent(honest(types))

    async def run():
        library_session = session(parse(agent.url))
        try:
            return await library_session.get(list(types), 1.0)
        finally:
            await library_session.close()

    assert asyncio.run(run()) == types


@both_libraries
@pytest.mark.parametrize("version", ["1", "2c"])
def test_what_the_device_has_not_is_asked_for_once_and_never_a_value(session, version, udp_agent, honest):
    agent = udp_agent(honest({STATUS: 3}))
    answers = polls(f"{agent.url}&version={version}", session, count=2, between=lambda n: agent.requests.clear())
    assert [good(a) for a in answers] == [{"ups.status": 0}] * 2
    assert [r.oids for r in agent.requests] == [[UPTIME, STATUS]]


@both_libraries
def test_null_is_no_value(session, udp_agent, honest):
    agent = udp_agent(honest({STATUS: 3, f"{UPS}.2.4.0": None, VOLTAGE: None}))
    (answer,) = polls(agent.url, session)
    assert good(answer) == {"ups.status": 0}


@both_libraries
def test_a_row_that_goes_missing_renames_nothing(session, udp_agent, honest):
    three = {STATUS: 3, **{f"{UPS}.4.4.1.2.{i}": 229 + i for i in (1, 2, 3)}}
    agent = udp_agent(honest(three))

    def lose(number):
        if number == 1:
            agent.behaviour = honest({STATUS: 3, f"{UPS}.4.4.1.2.1": 230})

    before, after = polls(agent.url, session, count=2, between=lose)
    assert set(good(before)) == {"ups.status", *(f"output.{p}-N.voltage" for p in ("L1", "L2", "L3"))}
    assert set(good(after)) == {"ups.status", "output.L1-N.voltage"}


@both_libraries
def test_an_object_that_was_there_is_asked_for_again_when_it_comes_back(session, udp_agent, honest):
    agent = udp_agent(honest({STATUS: 3, VOLTAGE: 231}))
    steps = [{STATUS: 3, VOLTAGE: 231}, {STATUS: 3}, {STATUS: 3, VOLTAGE: 229}]

    def step(number):
        agent.behaviour = honest(steps[number])

    answers = polls(agent.url, session, count=3, between=step)
    assert [good(a).get("input.voltage") for a in answers] == [231, None, 229]


@both_libraries
def test_a_restarted_device_is_looked_at_anew(session, udp_agent, honest):
    agent = udp_agent(honest({STATUS: 3}))

    def restart(number):
        if number == 1:
            agent.behaviour = honest({UPTIME: 100, STATUS: 3, VOLTAGE: 230, f"{UPS}.2.4.0": 97})

    answers = polls(agent.url, session, count=3, between=restart)
    assert set(good(answers[0])) == {"ups.status"}
    assert {"input.voltage", "battery.charge", "ups.status"} <= set(good(answers[2]))


@both_libraries
def test_a_request_that_is_too_big_is_cut_and_stays_cut(session, udp_agent, honest):
    profile = Profile.model_validate(
        {
            "vendor": "x",
            "model": "y",
            "kind": "pdu",
            "protocol": "snmp",
            "source": ["a test"],
            "point": [
                {"quantity": f"outlet.{i}.current", "oid": f"1.3.6.1.4.1.9.1.{i}.0", "scale": 0.1} for i in range(1, 41)
            ],
        }
    )
    all_of_it = honest({f"1.3.6.1.4.1.9.1.{i}.0": i for i in range(1, 41)})
    agent = udp_agent(lambda request: [request.error(1)] if len(request.oids) > 10 else all_of_it(request))
    answers = polls(agent.url, session, count=2, profile=profile, between=lambda n: agent.requests.clear())
    assert [len(good(a)) for a in answers] == [40, 40]
    assert max(len(r.oids) for r in agent.requests) <= 10
    assert len(agent.requests) <= 7


@both_libraries
def test_one_object_in_error_hides_no_other(session, udp_agent, honest):
    serve = honest(ONE_PHASE)
    bad = f"{UPS}.2.3.0"
    agent = udp_agent(lambda r: [r.error(5, r.oids.index(bad) + 1)] if r.kind == "get" and bad in r.oids else serve(r))
    answers = polls(agent.url, session, count=2)
    assert [set(good(a)) for a in answers] == [
        {"ups.status", "battery.status", "battery.charge", "input.frequency", "input.voltage", "output.voltage"}
    ] * 2


@both_libraries
def test_one_lost_request_is_asked_again(session, udp_agent, honest):
    serve = honest(ONE_PHASE)
    lost = []

    def lose_every_second(request):
        lost.append(request)
        return [] if len(lost) % 2 else serve(request)

    agent = udp_agent(lose_every_second)
    (answer,) = polls(agent.url, session)
    assert good(answer)["input.voltage"] == 231


@both_libraries
def test_what_was_answered_counts_though_the_rest_was_lost(session, udp_agent, honest):
    agent = udp_agent(honest(ONE_PHASE))
    serve = honest(ONE_PHASE)

    def silence_tables(number):
        if number == 1:
            agent.behaviour = lambda r: serve(r) if STATUS in r.oids else []

    profile = library.load("rfc1628/ups")
    many = profile.model_copy(
        update={
            "point": profile.point
            + tuple(
                Profile.model_validate(
                    {
                        **{k: getattr(profile, k) for k in ("vendor", "model", "kind", "protocol", "source")},
                        "point": [{"quantity": f"outlet.{i}.current", "oid": f"1.3.6.1.4.1.9.1.{i}.0"}],
                    }
                ).point[0]
                for i in range(1, 40)
            )
        }
    )
    agent.behaviour = serve = honest({**ONE_PHASE, **{f"1.3.6.1.4.1.9.1.{i}.0": i for i in range(1, 40)}})
    first, second = polls(agent.url, session, count=2, profile=many, between=silence_tables)
    assert (first.error, second.error) == (None, None)
    assert len(good(first)) > 40
    assert good(second)["ups.status"] == 0
    assert 0 < len(good(second)) < 30


@both_libraries
def test_silence_is_told_with_address_tries_and_what_to_check(session, udp_agent):
    agent = udp_agent(lambda request: [])
    begun = time.monotonic()
    (answer,) = polls(agent.url, session, timeout=0.5)
    assert answer.values == ()
    assert 0.4 < time.monotonic() - begun < 1.5
    for part in (f"127.0.0.1:{agent.port}", "SNMP v2c, 3 tries in 0.5 s", "check the address", "community"):
        assert part in answer.error
    assert "public" not in answer.error


@both_libraries
def test_a_closed_port_is_told_at_once(session, free_port):
    port = free_port(socket.SOCK_DGRAM)
    begun = time.monotonic()
    (answer,) = polls(f"snmp://127.0.0.1:{port}?community=public", session, timeout=5)
    assert time.monotonic() - begun < 1
    assert answer.error.startswith(f"nothing listens at 127.0.0.1:{port}")


@both_libraries
def test_an_agent_that_dies_and_comes_back_is_read_again(session, snmpd):
    agent = snmpd("\n".join(f"override .{oid} integer {value}" for oid, value in ONE_PHASE.items()))

    def kill_and_revive(number):
        if number == 1:
            agent.stop()
        elif number == 2:
            agent.start()

    answers = polls(agent.url, session, count=3, between=kill_and_revive)
    assert [bool(a.error) for a in answers] == [False, True, False], answers
    assert good(answers[0]) == good(answers[2]) != {}


@both_libraries
def test_a_late_answer_is_never_taken_for_the_next_polls(session, udp_agent, honest):
    slow = honest({**ONE_PHASE, VOLTAGE: 999})
    agent = udp_agent(honest(ONE_PHASE))

    def delay(number):
        if number == 1:  # answers come when the poll has given up, and the next one is under way
            agent.behaviour = lambda r: [(0.5, octets) for octets in slow(r)]
        elif number == 2:
            agent.behaviour = lambda r: [(0.1, octets) for octets in honest(ONE_PHASE)(r)]

    answers = polls(agent.url, session, count=3, timeout=0.4, between=delay)
    assert answers[1].error
    assert good(answers[2])["input.voltage"] == 231


@both_libraries
def test_a_poll_that_was_cancelled_spoils_no_other(session, udp_agent, honest):
    agent = udp_agent(honest(ONE_PHASE))

    async def run():
        poller = poller_of(agent.url, session, timeout=2)
        await poller.poll()
        agent.behaviour = lambda r: [(0.3, octets) for octets in honest({**ONE_PHASE, VOLTAGE: 999})(r)]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(poller.poll(), 0.1)
        agent.behaviour = lambda r: [(0.4, octets) for octets in honest(ONE_PHASE)(r)]
        answer = await poller.poll()
        await poller.close()
        await poller.close()
        return answer

    assert good(asyncio.run(run()))["input.voltage"] == 231


@both_libraries
def test_a_silent_device_delays_no_other(session, udp_agent, honest):
    silent, sound = udp_agent(lambda r: []), udp_agent(honest(ONE_PHASE))

    async def run():
        dead, alive = poller_of(silent.url, session, timeout=2), poller_of(sound.url, session, timeout=2)
        await alive.poll()
        waiting = asyncio.create_task(dead.poll())
        await asyncio.sleep(0.1)
        begun = time.monotonic()
        for _ in range(10):
            assert (await alive.poll()).error is None
        took = time.monotonic() - begun
        assert not waiting.done()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await dead.close()
        await alive.close()
        return took

    assert asyncio.run(run()) < 1


def liars(honest):
    """Behaviours of agents that lie, each by name. An honest answer from them would say 231 V."""
    serve = honest(ONE_PHASE)
    chance = random.Random(1)

    def honest_pairs(r):
        return [(oid, {UPTIME: 12345, **ONE_PHASE}.get(oid, 231)) for oid in r.oids]

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
@pytest.mark.parametrize("name", liars(lambda mib: None))
def test_an_agent_that_lies_gives_an_error_and_no_value(session, name, udp_agent, honest):
    agent = udp_agent(liars(honest)[name])
    answers = polls(agent.url, session, count=2, timeout=0.3)
    assert [a.values for a in answers] == [(), ()]
    assert all(f"127.0.0.1:{agent.port}" in a.error for a in answers)


@both_libraries
def test_doubled_answers_are_taken_once(session, udp_agent, honest):
    serve = honest(ONE_PHASE)
    agent = udp_agent(lambda r: serve(r) * 3)
    answers = polls(agent.url, session, count=3)
    assert [good(a) for a in answers] == [good(answers[0])] * 3
    assert good(answers[0])["input.voltage"] == 231


@both_libraries
def test_an_answer_in_another_order_goes_by_its_objects(session, udp_agent, honest):
    mib = {UPTIME: 12345, **ONE_PHASE}
    agent = udp_agent(
        lambda r: [r.answer([(o, mib[o]) for o in reversed(r.oids) if o in mib])] if r.kind == "get" else honest(mib)(r)
    )
    (answer,) = polls(agent.url, session)
    assert good(answer)["input.voltage"] == 231
    assert good(answer)["ups.status"] == 0


@both_libraries
@pytest.mark.parametrize("rows", [[1, 1, 1], [2, 1, 2, 1]], ids=["the same row", "rows that go back"])
def test_a_table_that_loops_ends(session, rows, udp_agent, honest):
    column = VOLTAGE.rpartition(".")[0]
    serve = honest(ONE_PHASE)

    def loop(request):
        if request.kind != "get" and request.oids[0].startswith(column):
            return [request.answer([(f"{column}.{row}", 231) for row in rows])]
        return serve(request)

    agent = udp_agent(loop)
    (answer,) = polls(agent.url, session)
    assert good(answer)["battery.runtime"] == 1800
    assert sum(r.kind != "get" and r.oids[0].startswith(column) for r in agent.requests) < 5


@both_libraries
def test_a_table_without_end_ends(session, udp_agent, honest):
    column = VOLTAGE.rpartition(".")[0]
    serve = honest(ONE_PHASE)

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
def test_an_answer_from_elsewhere_is_not_believed(session, udp_agent, honest):
    serve = honest(ONE_PHASE)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as elsewhere:

        def from_elsewhere(request):
            for octets in serve(request):
                elsewhere.sendto(octets, request.sender)
            return []

        agent = udp_agent(from_elsewhere)
        (answer,) = polls(agent.url, session, timeout=0.4)
    assert agent.requests
    assert answer.values == ()


def test_quantities_are_the_profiles_before_contact_and_the_devices_after(udp_agent, honest):
    agent = udp_agent(honest(ONE_PHASE))

    async def run():
        poller = poller_of(agent.url, GufoSession)
        before = poller.quantities()
        await poller.poll()
        after = poller.quantities()
        await poller.close()
        return before, after

    before, after = asyncio.run(run())
    assert "input.L3-N.voltage" in before
    assert set(after) == set(good(polls(agent.url, GufoSession)[0]))


@both_libraries
def test_a_name_is_resolved(session, udp_agent, honest):
    agent = udp_agent(honest(ONE_PHASE))
    (answer,) = polls(f"snmp://localhost:{agent.port}?community=public", session)
    # Where localhost means ::1 first, the agent on 127.0.0.1 is not there: that is told, not raised.
    assert answer.error is None or "localhost" in answer.error


@both_libraries
def test_a_name_that_nobody_knows_is_told(session):
    (answer,) = polls("snmp://no-such-host.invalid?community=public", session)
    assert "no-such-host.invalid is not known" in answer.error
