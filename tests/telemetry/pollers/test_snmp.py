"""The SNMP poller, by both libraries: what it reads, and what it asks for."""

import asyncio
import time

import pytest

from device_profiles import library
from device_profiles.schema import Profile
from telemetry.address import parse
from telemetry.pollers.snmp_gufo import GufoSession
from telemetry.pollers.snmp_pysnmp import PysnmpSession

UPTIME = "1.3.6.1.2.1.1.3.0"
UPS = "1.3.6.1.2.1.33.1"
STATUS = f"{UPS}.4.1.0"
VOLTAGE = f"{UPS}.3.3.1.3.1"
PATIENT = 10  # seconds for a request: where requests are counted, a busy machine repeats none

both_libraries = pytest.mark.parametrize("session", [GufoSession, PysnmpSession])


@both_libraries
def test_reads_scalars_and_rows_at_the_first_poll(session, udp_agent, honest, polls, good, one_phase):
    agent = udp_agent(honest(one_phase))
    (answer,) = polls(agent.url, session)
    assert answer.error is None
    assert good(answer)["input.voltage"] == 231
    assert good(answer)["battery.runtime"] == 1800
    assert next(v.source for v in answer.values if v.quantity == "input.voltage") == VOLTAGE


@both_libraries
def test_later_polls_ask_only_for_what_is_there_and_states_first(session, udp_agent, honest, polls, one_phase):
    agent = udp_agent(honest(one_phase))
    polls(agent.url, session, count=2, timeout=PATIENT, between=lambda n: agent.requests.clear())
    (request,) = agent.requests
    assert request.kind == "get"
    assert set(request.oids) == {UPTIME, *one_phase}
    states = {STATUS, f"{UPS}.2.1.0"}
    assert set(request.oids[1:3]) == states


@both_libraries
@pytest.mark.parametrize("version", ["1", "2c"])
def test_both_libraries_and_versions_read_the_same_from_net_snmp(session, version, snmpd, polls, good, one_phase):
    lines = [f"override .{oid} integer {value}" for oid, value in one_phase.items()]
    lines += [
        f'override .{UPS}.1.1.0 octet_str "Acme"',
        f"override .{UPS}.3.3.1.3.2 integer 232",
        f"override .{UPS}.3.3.1.3.3 integer -1",
    ]
    agent = snmpd("\n".join(lines))
    reference = polls(agent.url, PysnmpSession)
    answers = polls(f"{agent.url}&version={version}", session, count=2)
    assert [repr(a.values) for a in answers] == [repr(reference[0].values)] * 2  # repr: a NaN is not equal to itself
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
def test_what_the_device_has_not_is_asked_for_once_and_never_a_value(session, version, udp_agent, honest, polls, good):
    agent = udp_agent(honest({STATUS: 3}))
    url = f"{agent.url}&version={version}"
    answers = polls(url, session, count=2, timeout=PATIENT, between=lambda n: agent.requests.clear())
    assert [good(a) for a in answers] == [{"ups.status": 0}] * 2
    assert [r.oids for r in agent.requests] == [[UPTIME, STATUS]]


@both_libraries
def test_null_is_no_value(session, udp_agent, honest, polls, good):
    agent = udp_agent(honest({STATUS: 3, f"{UPS}.2.4.0": None, VOLTAGE: None}))
    (answer,) = polls(agent.url, session)
    assert good(answer) == {"ups.status": 0}


@both_libraries
def test_a_row_that_goes_missing_renames_nothing(session, udp_agent, honest, polls, good):
    three = {STATUS: 3, **{f"{UPS}.4.4.1.2.{i}": 229 + i for i in (1, 2, 3)}}
    agent = udp_agent(honest(three))

    def lose(number):
        if number == 1:
            agent.behaviour = honest({STATUS: 3, f"{UPS}.4.4.1.2.1": 230})

    before, after = polls(agent.url, session, count=2, between=lose)
    assert set(good(before)) == {"ups.status", *(f"output.{p}-N.voltage" for p in ("L1", "L2", "L3"))}
    assert set(good(after)) == {"ups.status", "output.L1-N.voltage"}


@both_libraries
def test_an_object_that_was_there_is_asked_for_again_when_it_comes_back(session, udp_agent, honest, polls, good):
    agent = udp_agent(honest({STATUS: 3, VOLTAGE: 231}))
    steps = [{STATUS: 3, VOLTAGE: 231}, {STATUS: 3}, {STATUS: 3, VOLTAGE: 229}]

    def step(number):
        agent.behaviour = honest(steps[number])

    answers = polls(agent.url, session, count=3, between=step)
    assert [good(a).get("input.voltage") for a in answers] == [231, None, 229]


@both_libraries
def test_a_restarted_device_is_looked_at_anew(session, udp_agent, honest, polls, good):
    agent = udp_agent(honest({STATUS: 3}))

    def restart(number):
        if number == 1:
            agent.behaviour = honest({UPTIME: 100, STATUS: 3, VOLTAGE: 230, f"{UPS}.2.4.0": 97})

    answers = polls(agent.url, session, count=3, between=restart)
    assert set(good(answers[0])) == {"ups.status"}
    assert {"input.voltage", "battery.charge", "ups.status"} <= set(good(answers[2]))


def test_what_a_device_shows_only_later_is_found(udp_agent, honest, polls, good, monkeypatch, one_phase):
    monkeypatch.setattr("telemetry.pollers.snmp._SOONEST", 0.1)
    agent = udp_agent(honest({}))

    def show(number):
        if number == 1:
            agent.behaviour = honest(one_phase)
            time.sleep(0.2)

    answers = polls(agent.url, GufoSession, count=3, between=show)
    assert "has nothing that profile rfc1628/ups reads" in answers[0].error
    assert good(answers[2])["input.voltage"] == 231
    assert good(answers[2])["ups.status"] == 0


@both_libraries
def test_a_request_that_is_too_big_is_cut_and_stays_cut(session, udp_agent, honest, polls, good):
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
    forget = agent.requests.clear
    answers = polls(agent.url, session, count=2, profile=profile, timeout=PATIENT, between=lambda n: forget())
    assert [len(good(a)) for a in answers] == [40, 40]
    assert max(len(r.oids) for r in agent.requests) <= 10
    assert len(agent.requests) <= 7


@both_libraries
def test_one_object_in_error_hides_no_other(session, udp_agent, honest, polls, good, one_phase):
    serve = honest(one_phase)
    bad = f"{UPS}.2.3.0"
    agent = udp_agent(lambda r: [r.error(5, r.oids.index(bad) + 1)] if r.kind == "get" and bad in r.oids else serve(r))
    answers = polls(agent.url, session, count=2)
    assert [set(good(a)) for a in answers] == [
        {"ups.status", "battery.status", "battery.charge", "input.frequency", "input.voltage", "output.voltage"}
    ] * 2


@both_libraries
def test_one_lost_request_is_asked_again(session, udp_agent, honest, polls, good, one_phase):
    serve = honest(one_phase)
    lost = []

    def lose_every_second(request):
        lost.append(request)
        return [] if len(lost) % 2 else serve(request)

    agent = udp_agent(lose_every_second)
    (answer,) = polls(agent.url, session)
    assert good(answer)["input.voltage"] == 231


@both_libraries
def test_what_was_answered_counts_though_the_rest_was_lost(session, udp_agent, honest, polls, good, one_phase):
    agent = udp_agent(honest(one_phase))
    serve = honest(one_phase)

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
    agent.behaviour = serve = honest({**one_phase, **{f"1.3.6.1.4.1.9.1.{i}.0": i for i in range(1, 40)}})
    first, second = polls(agent.url, session, count=2, profile=many, between=silence_tables)
    assert (first.error, second.error) == (None, None)
    assert len(good(first)) > 40
    assert good(second)["ups.status"] == 0
    assert 0 < len(good(second)) < 30


def test_quantities_are_none_before_contact_and_the_devices_after(udp_agent, honest, polls, good, poller_of, one_phase):
    agent = udp_agent(honest(one_phase))

    async def run():
        poller = poller_of(agent.url, GufoSession)
        before = poller.quantities()
        await poller.poll()
        after = poller.quantities()
        await poller.close()
        return before, after

    before, after = asyncio.run(run())
    assert before == ()
    assert set(after) == set(good(polls(agent.url, GufoSession)[0]))


@both_libraries
def test_a_name_is_resolved(session, udp_agent, honest, polls, one_phase):
    agent = udp_agent(honest(one_phase))
    (answer,) = polls(f"snmp://localhost:{agent.port}?community=public", session)
    # Where localhost means ::1 first, the agent on 127.0.0.1 is not there: that is told, not raised.
    assert answer.error is None or "localhost" in answer.error


@both_libraries
def test_a_name_that_nobody_knows_is_told(session, polls):
    (answer,) = polls("snmp://no-such-host.invalid?community=public", session)
    assert "no-such-host.invalid is not known" in answer.error
