"""SNMP v3: every way of authentication and privacy, and no value from an answer that was changed on its way."""

import asyncio
import time

import pytest

from device_profiles import library
from telemetry.address import AUTH, PRIV, parse
from telemetry.block import Quality
from telemetry.pollers.open import open_poller

STATUS = "1.3.6.1.2.1.33.1.4.1.0"
VOLTAGE = "1.3.6.1.2.1.33.1.3.3.1.3.1"
OBJECTS = f"override .{STATUS} integer 3\noverride .{VOLTAGE} integer 231\n"
AUTH_KEY, PRIV_KEY = "authpass1234", "privpass1234"

# Names of net-snmp's configuration. A `-C` is the second way to make a long key from a password.
NET_SNMP_AUTH = dict(zip(AUTH, ["MD5", "SHA", "SHA-224", "SHA-256", "SHA-384", "SHA-512"], strict=True))
NET_SNMP_PRIV = {
    **dict(zip(PRIV, ["DES", "AES", "AES-192", "AES-256"], strict=True)),
    "aes192 the second way": "AES-192-C",
    "aes256 the second way": "AES-256-C",
}


@pytest.fixture(autouse=True)
def keys(monkeypatch):
    monkeypatch.setenv("RIDETHROUGH_AUTH_KEY", AUTH_KEY)
    monkeypatch.setenv("RIDETHROUGH_PRIV_KEY", PRIV_KEY)


def user(name, auth="SHA-256", priv="AES", level="authPriv"):
    return f'createUser {name} {auth} "{AUTH_KEY}" {priv} "{PRIV_KEY}"\nrouser {name} {level}\n'


def polls(url, count=1, timeout=1.0, between=lambda number: None):
    async def run():
        poller = open_poller(parse(url), library.load("rfc1628/ups"), timeout=timeout)
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


BOTH = {"ups.status": 0, "input.voltage": 231}


def test_reads_with_every_authentication_and_privacy_of_the_contract(snmpd):
    pairs = [(auth, "aes128") for auth in AUTH] + [("sha256", priv) for priv in NET_SNMP_PRIV]
    names = {pair: f"user{i}" for i, pair in enumerate(pairs)}
    agent = snmpd(OBJECTS + "".join(user(n, NET_SNMP_AUTH[a], NET_SNMP_PRIV[p]) for (a, p), n in names.items()))
    got = {}
    for (auth, priv), name in names.items():
        (answer,) = polls(f"snmp://{name}@127.0.0.1:{agent.port}?auth={auth}&priv={priv.split()[0]}")
        got[auth, priv] = answer.error or good(answer)
    assert got == dict.fromkeys(pairs, BOTH)


def test_reads_with_authentication_alone(snmpd):
    agent = snmpd(OBJECTS + user("ups", level="auth"))
    (answer,) = polls(f"snmp://ups@127.0.0.1:{agent.port}?auth=sha256")
    assert good(answer) == BOTH


def flipped(position):
    """Changes one octet of every authenticated answer: of its MAC, or the last of its ciphertext."""

    def change(answer):
        octets = bytearray(answer)
        mac = octets.find(b"\x04\x18")  # msgAuthenticationParameters of SHA-256: 24 octets (RFC 7860 4.2.1)
        if mac > 0 and any(octets[mac + 2 : mac + 26]):
            octets[mac + 3 if position == "MAC" else -1] ^= 0x01
        return bytes(octets)

    return change


@pytest.mark.parametrize("position", ["MAC", "ciphertext"])
def test_an_answer_that_was_changed_on_its_way_gives_no_value(position, snmpd, udp_proxy):
    agent = snmpd(OBJECTS + user("ups"))
    honest, changing = udp_proxy(agent.port), udp_proxy(agent.port, flipped(position))
    query = "?auth=sha256&priv=aes128"
    (through,) = polls(f"snmp://ups@127.0.0.1:{honest.port}{query}")
    assert good(through) == BOTH
    for answer in polls(f"snmp://ups@127.0.0.1:{changing.port}{query}", count=2):
        assert answer.values == ()
        assert "that can be believed" in answer.error


def test_tampering_that_begins_later_ends_the_values(snmpd, udp_proxy):
    agent = snmpd(OBJECTS + user("ups"))
    tampering = []
    proxy = udp_proxy(agent.port, lambda octets: flipped("MAC")(octets) if tampering else octets)
    answers = polls(
        f"snmp://ups@127.0.0.1:{proxy.port}?auth=sha256&priv=aes128",
        count=3,
        between=lambda number: {1: lambda: tampering.append(1), 2: tampering.clear}.get(number, lambda: None)(),
    )
    assert [good(a) for a in answers] == [BOTH, {}, BOTH]


def test_a_replayed_answer_is_not_believed(snmpd, udp_proxy):
    """Sends the first authenticated answer again and again, in place of the later ones."""
    agent = snmpd(OBJECTS + user("ups"))
    first = []

    def replay(octets):
        mac = octets.find(b"\x04\x18")
        if mac > 0 and any(octets[mac + 2 : mac + 26]):
            first.append(octets)
            return first[0] if len(first) > 8 else octets
        return octets

    proxy = udp_proxy(agent.port, replay)
    answers = polls(f"snmp://ups@127.0.0.1:{proxy.port}?auth=sha256&priv=aes128", count=12, timeout=0.5)
    assert good(answers[0]) == BOTH
    assert answers[-1].values == ()


def test_each_reason_why_a_user_is_refused_has_a_sentence_of_its_own(snmpd, monkeypatch):
    agent = snmpd(OBJECTS + user("ups"))
    host = f"127.0.0.1:{agent.port}"

    def error(who, query="?auth=sha256&priv=aes128"):
        (answer,) = polls(f"snmp://{who}@{host}{query}", timeout=0.5)
        assert answer.values == ()
        assert host in answer.error
        assert AUTH_KEY not in answer.error
        return answer.error

    assert "knows no SNMP v3 user 'nobody'" in error("nobody")
    assert "may not read" in error("ups", "?auth=sha256") or "lets nobody read" in error("ups", "?auth=sha256")
    monkeypatch.setenv("RIDETHROUGH_AUTH_KEY", "wrongpass1234")
    assert "does not accept the auth key of user 'ups'" in error("ups")
    monkeypatch.setenv("RIDETHROUGH_AUTH_KEY", AUTH_KEY)
    monkeypatch.setenv("RIDETHROUGH_PRIV_KEY", "wrongpass1234")
    assert "keys" in error("ups") or "priv key" in error("ups")


def test_a_silent_agent_is_told_in_time(udp_proxy, snmpd):
    agent = snmpd(OBJECTS + user("ups"))
    silent = udp_proxy(agent.port, lambda octets: None)
    begun = time.monotonic()
    (answer,) = polls(f"snmp://ups@127.0.0.1:{silent.port}?auth=sha256&priv=aes128", timeout=0.5)
    assert time.monotonic() - begun < 10
    assert answer.error.startswith(f"no answer from 127.0.0.1:{silent.port} that can be believed (SNMP v3, 3 tries")


def test_an_agent_that_comes_back_as_another_engine_is_read_again(snmpd):
    """As after a card was replaced, or one that forgets its engine id and boot counter restarted."""
    agent = snmpd(OBJECTS + user("ups"))

    def restart(number):
        if number == 1:
            agent.stop()
            agent.start()

    answers = polls(f"snmp://ups@127.0.0.1:{agent.port}?auth=sha256&priv=aes128", count=5, between=restart)
    assert good(answers[0]) == good(answers[4]) == BOTH


def test_one_user_name_with_other_keys_on_another_device(snmpd, monkeypatch):
    first = snmpd(OBJECTS + user("ups"))
    second = snmpd(OBJECTS + user("ups").replace(AUTH_KEY, "otherpass1234"))
    query = "?auth=sha256&priv=aes128"

    async def run():
        pollers = []
        for agent, key in ((first, AUTH_KEY), (second, "otherpass1234")):
            monkeypatch.setenv("RIDETHROUGH_AUTH_KEY", key)
            address = parse(f"snmp://ups@127.0.0.1:{agent.port}{query}")
            pollers.append(open_poller(address, library.load("rfc1628/ups"), timeout=1))
        answers = await asyncio.gather(*(p.poll() for p in pollers))
        for p in pollers:
            await p.close()
        return answers

    assert [good(a) for a in asyncio.run(run())] == [BOTH, BOTH]
