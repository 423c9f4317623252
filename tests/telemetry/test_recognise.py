"""How a device is recognised: by its sysObjectID, else by what it answers."""

import asyncio

import pytest

from device_profiles import library
from telemetry.address import parse
from telemetry.recognise import recognise

DESCR, OBJECT_ID = "1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.2.0"
UPS_MIB = "1.3.6.1.2.1.33.1.4.1.0"
APC_UPS = "1.3.6.1.4.1.318.1.1.1.4.1.1.0"
APC_SMART_UPS = "1.3.6.1.4.1.318.1.3.27"


def recognised(url, timeout=0.4):
    return asyncio.run(recognise(parse(url), timeout=timeout))


@pytest.mark.parametrize("value", [APC_SMART_UPS, f".{APC_SMART_UPS}".encode(), APC_SMART_UPS.encode()])
def test_by_its_sys_object_id_as_agents_send_it(value, udp_agent, honest):
    agent = udp_agent(honest({OBJECT_ID: value, DESCR: b"APC Web/SNMP Management Card"}))
    found = recognised(agent.url)
    profile = library.load("apc/ups")
    assert (found.profile, found.how, found.vendor, found.model) == (
        "apc/ups",
        "sysObjectID",
        profile.vendor,
        profile.model,
    )
    assert found.answered
    assert found.error is None


@pytest.mark.parametrize("value", ["0.0", b"", b"\x00", b"no OID", 7, "1.3.6.1.4.1.8072.3.2.10", None], ids=repr)
def test_by_probing_where_the_sys_object_id_says_nothing(value, udp_agent, honest):
    agent = udp_agent(honest({OBJECT_ID: value, UPS_MIB: 3}))
    found = recognised(agent.url)
    assert (found.profile, found.how) == ("rfc1628/ups", "probe")


def test_by_probing_where_there_is_no_system_group(udp_agent, honest):
    agent = udp_agent(
        lambda r: (
            honest({UPS_MIB: 3})(r)
            if not any(o.startswith("1.3.6.1.2.1.1.") for o in r.oids)
            else [r.answer([(o, 3 if o == UPS_MIB else r.api.NoSuchObject()) for o in r.oids])]
        )
    )
    found = recognised(agent.url)
    assert (found.profile, found.how) == ("rfc1628/ups", "probe")


def test_a_vendors_own_profile_comes_before_the_standards(udp_agent, honest):
    agent = udp_agent(honest({UPS_MIB: 3, APC_UPS: 2}))
    assert recognised(agent.url).profile == "apc/ups"


@pytest.mark.parametrize("version", ["1", "2c"])
def test_a_device_that_no_profile_knows_is_told_from_one_that_is_silent(version, udp_agent, honest):
    agent = udp_agent(honest({OBJECT_ID: "1.3.6.1.4.1.9.1.1", DESCR: b"Cisco IOS\r\nVersion 15" + b"x" * 200}))
    found = recognised(f"{agent.url}&version={version}")
    assert found.profile is None
    assert found.answered
    for part in ("answers, but no profile knows it", "1.3.6.1.4.1.9.1.1", "Cisco IOS Version 15", "…"):
        assert part in found.error
    silent = recognised(udp_agent(lambda r: []).url)
    assert (silent.profile, silent.answered) == (None, False)
    assert silent.error.startswith("no answer from")


def test_few_questions_are_asked(udp_agent, honest):
    """However many profiles there are: only those are tried of whose makers the agent has something."""
    patient = 5  # seconds for a request: a busy machine repeats none
    agent = udp_agent(honest({UPS_MIB: 3}))
    recognised(agent.url, patient)
    assert len(agent.requests) <= 5
    strange = udp_agent(honest({OBJECT_ID: "1.3.6.1.4.1.9.1.1", "1.3.6.1.4.1.9.2.1.0": 1, "1.3.6.1.4.1.40000.1.0": 1}))
    recognised(strange.url, patient)
    assert len(strange.requests) <= 7


@pytest.mark.parametrize("claim", [APC_SMART_UPS, "1.3.6.1.4.1.318.1.3.32"])
def test_a_sys_object_id_that_the_agent_does_not_live_up_to_misleads_nobody(claim, udp_agent, honest):
    """A card that says it is another product is what it answers as."""
    agent = udp_agent(honest({OBJECT_ID: claim, UPS_MIB: 3}))
    found = recognised(agent.url)
    assert (found.profile, found.how) == ("rfc1628/ups", "probe")


def test_a_maker_s_whole_subtree_proves_nothing(udp_agent, honest):
    """A device of a maker whose UPSs are known, that has nothing of theirs, is not taken for one."""
    agent = udp_agent(honest({OBJECT_ID: "1.3.6.1.4.1.5491.999", "1.3.6.1.4.1.5491.999.1.0": 7}))
    found = recognised(agent.url)
    assert (found.profile, found.answered) == (None, True)


def test_an_agent_that_answers_no_walk_is_probed_all_the_same(udp_agent, honest):
    """Some access lists and agents let a host GET what they do not let it walk."""
    serve = honest({OBJECT_ID: "0.0", APC_UPS: 2})
    agent = udp_agent(lambda r: serve(r) if r.kind == "get" else [])
    assert recognised(agent.url).profile == "apc/ups"


def test_a_missing_key_is_told(monkeypatch):
    monkeypatch.delenv("RIDETHROUGH_AUTH_KEY", raising=False)
    found = recognised("snmp://u@127.0.0.1?auth=sha256")
    assert not found.answered
    assert "RIDETHROUGH_AUTH_KEY" in found.error


def match_of(name):
    value = library.load(name).match.registers[0]
    return (value.space, value.register_), value.equals[0]


def test_a_modbus_device_by_its_registers(modbus_server):
    place, word = match_of("dse/gencomm")
    found = recognised(modbus_server({place: word}).url)
    assert (found.profile, found.how, found.answered) == ("dse/gencomm", "probe", True)


@pytest.mark.parametrize("registers", [{}, {("holding", 768): 77}], ids=["no such register", "another value"])
def test_a_modbus_device_that_no_profile_knows_is_told(registers, modbus_server):
    found = recognised(modbus_server(registers).url)
    assert (found.profile, found.answered) == (None, True)
    assert "no profile knows it" in found.error


def test_a_modbus_device_that_is_not_there_is_told(free_port):
    found = recognised(f"modbus://127.0.0.1:{free_port()}/1")
    assert (found.profile, found.answered) == (None, False)
    assert "connection refused" in found.error


@pytest.mark.parametrize(
    ("walk", "profile", "how"),
    [
        ("apc_smart1500", "apc/ups", "sysObjectID"),
        ("apc_ats", "apc/transfer-switch", "sysObjectID"),
        ("apc_ap8959eu3", "apc/rack-pdu", "sysObjectID"),
        ("generex-ups_cs141", "rfc1628/ups", "probe"),
        ("eaton-mgeups_9px", "eaton/mge-ups", "sysObjectID"),
    ],
)
def test_recorded_devices_are_recognised(walk, profile, how, udp_agent, honest, data_dir):
    from device_profiles.walk import read_walk

    recorded = read_walk(
        (data_dir / "devices" / "librenms" / f"{walk}.snmprec").read_text(encoding="utf-8", errors="replace")
    )
    kept = {oid: value for oid, value in recorded.items() if not isinstance(value, int) or abs(value) < 2**31}
    found = recognised(udp_agent(honest(kept)).url, timeout=2)
    assert (found.profile, found.how) == (profile, how)
