"""What pollers and recognition send is nothing but reads, whatever a device does in return."""

import asyncio

import pytest

from device_profiles import library
from telemetry.address import parse
from telemetry.pollers.modbus import ModbusPoller
from telemetry.pollers.snmp import SnmpPoller
from telemetry.pollers.snmp_gufo import GufoSession
from telemetry.pollers.snmp_pysnmp import PysnmpSession
from telemetry.recognise import recognise

STATUS = "1.3.6.1.2.1.33.1.4.1.0"
GET, GET_NEXT, GET_BULK, SET = 0xA0, 0xA1, 0xA5, 0xA3  # RFC 3416 3: tags of the PDUs


def parts(octets: bytes):
    """The elements of a BER sequence's content: (tag, content)."""
    while octets:
        tag, length, rest = octets[0], octets[1], octets[2:]
        if length & 0x80:
            count = length & 0x7F
            length, rest = int.from_bytes(rest[:count]), rest[count:]
        yield tag, rest[:length]
        octets = rest[length:]


def pdu_of(message: bytes) -> int:
    """The tag of a message's PDU. Of v3 it can be seen only where nothing is encrypted."""
    ((_, content),) = parts(message)
    (_, version), *rest = parts(content)
    if int.from_bytes(version) < 3:
        return rest[1][0]
    scoped = rest[2]
    assert scoped[0] == 0x30, "encrypted"
    return list(parts(scoped[1]))[2][0]


def test_a_set_would_be_seen():
    set_request = bytes.fromhex(
        "3027020101 04067075626c6963 a31a020101 020100 020100 300f300d 06082b06010201010300 020101"
    )
    assert pdu_of(set_request) == SET
    assert pdu_of(set_request.replace(b"\xa3", b"\xa0", 1)) == GET


async def everything(url, make_poller, between, count):
    await recognise(parse(url), timeout=0.3)
    poller = make_poller(parse(url))
    for number in range(count):
        between(number)
        await poller.poll()
    await poller.close()


@pytest.mark.parametrize("version", ["1", "2c"])
@pytest.mark.parametrize("session", [GufoSession, PysnmpSession])
def test_snmp_pollers_send_only_reads(session, version, udp_agent, honest):
    serve = honest({STATUS: 3, "1.3.6.1.2.1.33.1.3.3.1.3.1": 231})
    behaviours = [
        serve,
        lambda r: [],
        lambda r: [r.error(1)],
        lambda r: [r.error(5, 1)],
        lambda r: [r.error(17, 1)],
        lambda r: [b"\x30\x03\x02\x01"],
        honest({}),
        honest({"1.3.6.1.2.1.1.3.0": 1, STATUS: 3}),
        serve,
        serve,
    ]
    agent = udp_agent(serve)

    def change(number):
        agent.behaviour = behaviours[number]

    def make(address):
        return SnmpPoller(address, library.load("rfc1628/ups"), session(address), timeout=0.2)

    asyncio.run(everything(f"{agent.url}&version={version}", make, change, len(behaviours)))
    sent = {pdu_of(r.data) for r in agent.requests}
    # GETNEXT finds out whose objects an agent has; its tables are then read in bulk where it can.
    assert sent == ({GET, GET_NEXT} if version == "1" else {GET, GET_NEXT, GET_BULK})


def test_snmp_v3_sends_only_reads(snmpd, udp_proxy, monkeypatch):
    monkeypatch.setenv("RIDETHROUGH_AUTH_KEY", "authpass1234")
    agent = snmpd(f'override .{STATUS} integer 3\ncreateUser ups SHA-256 "authpass1234"\nrouser ups auth\n')
    silent = []
    proxy = udp_proxy(agent.port, lambda octets: None if silent else octets)

    def change(number):
        if number == 1:
            silent.append(True)
        elif number == 2:
            silent.clear()

    def make(address):
        return SnmpPoller(address, library.load("rfc1628/ups"), PysnmpSession(address), timeout=0.5)

    asyncio.run(everything(f"snmp://ups@127.0.0.1:{proxy.port}?auth=sha256", make, change, 3))
    assert {pdu_of(data) for data in proxy.requests} == {GET, GET_NEXT, GET_BULK}


def test_modbus_pollers_send_only_reads(modbus_server):
    space, number = "holding", 1000
    server = modbus_server({(space, number + i): 1 for i in range(300)})
    codes = [None, 1, 2, 3, 4, 6, 11, None]

    def change(n):
        server.code = codes[n]
        server.change = (lambda request, answer: None) if n == len(codes) - 1 else (lambda request, answer: answer)

    for name in ("dse/gencomm", "schneider/pm5000"):

        def make(address, name=name):
            return ModbusPoller(address, library.load(name), timeout=0.2)

        asyncio.run(everything(server.url, make, change, len(codes)))
    assert server.codes
    assert set(server.codes) <= {1, 2, 3, 4}
