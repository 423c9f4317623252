"""The Modbus poller against servers on loopback, honest ones and others."""

import asyncio
import struct
import time

import pytest

from device_profiles.schema import Profile
from telemetry.address import parse
from telemetry.block import Quality
from telemetry.pollers.modbus import ModbusPoller

REGISTERS = {("holding", n): 2300 + n for n in (10, 11, 12, 40, 41)} | {
    ("input", 5): 500,
    ("coil", 3): 1,
    ("discrete", 9): 1,
}


def profile(**more):
    def point(quantity, register, **rest):
        return {"quantity": quantity, "register": register, "scale": 0.1, **rest}

    return Profile.model_validate(
        {
            "name": "test/meter",
            "vendor": "x",
            "model": "y",
            "kind": "meter",
            "protocol": "modbus",
            "source": ["a test"],
            "point": [
                point("input.L1-N.voltage", 10),
                point("input.L2-N.voltage", 11),
                point("input.L3-N.voltage", 12),
                point("output.L1-N.voltage", 40),
                point("output.L2-N.voltage", 41),
                point("input.frequency", 5, space="input"),
                {"quantity": "outlet.1.status", "register": 3, "space": "coil", "states": {"0": "off", "1": "on"}},
                {"quantity": "outlet.2.status", "register": 9, "space": "discrete", "states": {"0": "off", "1": "on"}},
            ],
            **more,
        }
    )


ALL = {
    "input.L1-N.voltage": 231.0,
    "input.L2-N.voltage": 231.1,
    "input.L3-N.voltage": 231.2,
    "output.L1-N.voltage": 234.0,
    "output.L2-N.voltage": 234.1,
    "input.frequency": 50.0,
    "outlet.1.status": 1,
    "outlet.2.status": 1,
}


def polls(url, *, count=1, given=None, timeout=0.5, between=lambda number: None):
    async def run():
        poller = ModbusPoller(parse(url), given or profile(), timeout=timeout)
        try:
            answers = []
            for number in range(count):
                between(number)
                answers.append(await poller.poll())
            return answers
        finally:
            await poller.close()
            await poller.close()

    return asyncio.run(run())


def good(answer):
    return {v.quantity: v.value for v in answer.values if v.quality is Quality.GOOD}


def without(*names):
    return {name: value for name, value in ALL.items() if name not in names}


def test_reads_all_four_spaces_in_few_reads_over_one_connection(modbus_server):
    filler = {("holding", n): 0 for n in range(13, 40)}
    server = modbus_server(REGISTERS | filler)
    answers = polls(server.url, count=3)
    assert [good(a) for a in answers] == [ALL] * 3
    assert server.reads[:5] == [(1, 3, 1), (2, 9, 1), (3, 10, 3), (3, 40, 2), (4, 5, 1)]
    assert len(server.reads) == 15
    assert server.connections == 1


def test_a_gap_that_the_device_has_not_is_found_once_and_read_around(modbus_server):
    near = {("holding", n): 2300 + n for n in (10, 11, 12, 20, 21)}
    given = profile()
    moved = {40: 20, 41: 21}
    given = given.model_copy(
        update={
            "point": tuple(p.model_copy(update={"register_": moved.get(p.register_, p.register_)}) for p in given.point)
        }
    )
    server = modbus_server(REGISTERS | near)
    answers = polls(server.url, count=2, given=given, between=lambda n: server.reads.clear())
    assert [len(good(a)) for a in answers] == [8, 8]
    assert [r for r in server.reads if r[0] == 3] == [(3, 10, 3), (3, 20, 2)]


@pytest.mark.parametrize("register", [10, 11, 12, 40, 41])
def test_a_register_that_the_device_has_not_hides_no_other(register, modbus_server):
    filler = {("holding", n): 0 for n in range(13, 40)}
    there = {place: word for place, word in (REGISTERS | filler).items() if place != ("holding", register)}
    server = modbus_server(there)
    given = profile()
    answers = polls(server.url, count=2, given=given, between=lambda n: server.reads.clear())
    lost = next(p.quantity for p in given.point if p.register_ == register)
    assert [good(a) for a in answers] == [without(lost)] * 2
    assert all(not start <= register < start + count for code, start, count in server.reads if code == 3)


def test_a_register_that_was_there_is_asked_for_until_it_comes_back(modbus_server):
    server = modbus_server(REGISTERS)

    def lose(number):
        server.registers = {p: w for p, w in REGISTERS.items() if number != 1 or p != ("holding", 11)}

    answers = polls(server.url, count=3, between=lose)
    assert [good(a) for a in answers] == [ALL, without("input.L2-N.voltage"), ALL]


def test_a_register_that_comes_later_is_found(modbus_server, monkeypatch):
    monkeypatch.setattr("telemetry.pollers.modbus._SOONEST", 0.1)
    server = modbus_server({p: w for p, w in REGISTERS.items() if p != ("holding", 11)})

    def show(number):
        if number == 1:
            server.registers = dict(REGISTERS)
            time.sleep(0.2)

    answers = polls(server.url, count=2, between=show)
    assert [good(a) for a in answers] == [without("input.L2-N.voltage"), ALL]


def test_a_device_without_one_space_gives_the_others(modbus_server):
    server = modbus_server({place: word for place, word in REGISTERS.items() if place[0] == "holding"})
    answers = polls(server.url, count=2)
    assert [good(a) for a in answers] == [without("input.frequency", "outlet.1.status", "outlet.2.status")] * 2


def test_asks_for_no_more_registers_than_the_device_allows(modbus_server):
    server = modbus_server(REGISTERS)
    (answer,) = polls(server.url, given=profile(max_registers=2))
    assert good(answer) == ALL
    assert max(count for code, _, count in server.reads if code in (3, 4)) == 2


def test_a_refused_connection_is_told_at_once(free_port):
    port = free_port()
    begun = time.monotonic()
    (answer,) = polls(f"modbus://127.0.0.1:{port}/1", timeout=30)
    assert time.monotonic() - begun < 15, "long before the time-out"
    assert answer.values == ()
    assert f"no connection to 127.0.0.1:{port}" in answer.error
    assert "connection refused" in answer.error
    assert "check the address and port" in answer.error


def test_silence_is_told_in_time(modbus_server):
    server = modbus_server(REGISTERS)
    server.change = lambda request, answer: None
    begun = time.monotonic()
    (answer,) = polls(server.url, timeout=0.4)
    assert 0.3 < time.monotonic() - begun < 10
    assert answer.error.startswith(f"no answer from 127.0.0.1:{server.port} (Modbus TCP, unit 1) in 0.4 s")


def test_another_unit_is_not_taken_for_the_one_meant(modbus_server):
    server = modbus_server(REGISTERS, unit=None)
    server.change = lambda request, answer: answer[:6] + bytes([7]) + answer[7:]
    (answer,) = polls(server.url, timeout=0.4)
    assert answer.values == ()
    assert "check the unit id" in answer.error


@pytest.mark.parametrize(
    ("code", "meaning"), [(4, "failed"), (6, "busy"), (10, "no way to that unit"), (11, "unit id")]
)
def test_an_exception_is_told_with_its_meaning(code, meaning, modbus_server):
    server = modbus_server(REGISTERS)
    server.code = code
    (answer,) = polls(server.url)
    assert answer.values == ()
    assert f"exception {code}" in answer.error
    assert meaning in answer.error


def test_a_device_that_has_none_of_the_registers_is_told(modbus_server):
    server = modbus_server({})
    (answer,) = polls(server.url)
    assert answer.values == ()
    assert "exception 2" in answer.error


def test_a_connection_that_was_closed_meanwhile_is_made_again_unnoticed(modbus_server):
    server = modbus_server(REGISTERS)
    answers = polls(server.url, count=2, between=lambda number: server.drop() if number else None)
    assert [a.error for a in answers] == [None, None]
    assert good(answers[1]) == ALL
    assert server.connections == 2


def test_a_server_that_dies_and_comes_back_is_read_again(modbus_server, free_port):
    port = free_port()
    servers = [modbus_server(REGISTERS, port=port)]

    def kill_and_revive(number):
        if number == 1:
            servers[0].close()
        elif number == 2:
            servers.append(modbus_server(REGISTERS, port=port))

    answers = polls(servers[0].url, count=3, between=kill_and_revive)
    assert [bool(a.error) for a in answers] == [False, True, False]
    assert good(answers[2]) == ALL


def test_a_late_answer_is_never_taken_for_the_next_polls(modbus_server):
    server = modbus_server(REGISTERS)

    def delay(number):
        server.delay = 0.5 if number == 1 else 0.0
        server.registers = dict.fromkeys(REGISTERS, 1) if number == 1 else dict(REGISTERS)

    answers = polls(server.url, count=3, timeout=0.4, between=delay)
    assert answers[1].values == ()
    assert good(answers[2]) == ALL


def liars():
    return {
        "too few registers": lambda request, answer: answer[:5] + bytes([5]) + answer[6:8] + bytes([2, 9, 9]),
        "an answer to another request": lambda request, answer: struct.pack(">H", 999) + answer[2:],
        "no Modbus": lambda request, answer: b"HTTP/1.1 400 Bad Request\r\n\r\n",
        "random octets": lambda request, answer: bytes(range(7, 60)),
        "cut short": lambda request, answer: answer[:-1],
        "another function": lambda request, answer: answer[:7] + bytes([0x2B]) + answer[8:],
        "its own request": lambda request, answer: request,
    }


@pytest.mark.parametrize("name", liars())
def test_a_server_that_lies_gives_an_error_and_no_value(name, modbus_server, caplog):
    server = modbus_server(REGISTERS)
    server.change = liars()[name]
    answers = polls(server.url, count=2, timeout=0.3)
    assert [a.values for a in answers] == [(), ()]
    assert all(f"127.0.0.1:{server.port}" in a.error for a in answers)


def test_what_was_answered_counts_though_the_rest_was_lost(modbus_server):
    server = modbus_server(REGISTERS)

    def lose(number):
        if number == 1:
            server.change = lambda request, answer: answer if request[7] == 1 else None

    first, second = polls(server.url, count=2, timeout=0.3, between=lose)
    assert good(first) == ALL
    assert good(second) == {"outlet.1.status": 1}
    assert second.error is None


def test_a_poll_that_was_cancelled_spoils_no_other(modbus_server):
    server = modbus_server(REGISTERS)

    async def run():
        poller = ModbusPoller(parse(server.url), profile(), timeout=2)
        await poller.poll()
        server.delay = 0.3
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(poller.poll(), 0.1)
        server.delay = 0.0
        answer = await poller.poll()
        await poller.close()
        return answer

    assert good(asyncio.run(run())) == ALL


def test_a_silent_device_delays_no_other(modbus_server):
    silent, sound = modbus_server(REGISTERS), modbus_server(REGISTERS)
    silent.change = lambda request, answer: None

    async def run():
        dead = ModbusPoller(parse(silent.url), profile(), timeout=30)
        alive = ModbusPoller(parse(sound.url), profile(), timeout=2)
        waiting = asyncio.create_task(dead.poll())
        await asyncio.sleep(0.1)
        for _ in range(5):
            assert (await alive.poll()).error is None
        assert not waiting.done(), "five polls of the one, while the other was waited for"
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await dead.close()
        await alive.close()

    asyncio.run(run())


def test_reads_from_pymodbus(free_port):
    from pymodbus.server import ModbusTcpServer
    from pymodbus.simulator import DataType, SimData, SimDevice

    port = free_port()

    async def run():
        data = [SimData(10, values=[2310, 2311, 2312], datatype=DataType.REGISTERS)]
        server = ModbusTcpServer(SimDevice(1, simdata=data), address=("127.0.0.1", port))
        await server.serve_forever(background=True)
        poller = ModbusPoller(parse(f"modbus://127.0.0.1:{port}/1"), profile(), timeout=1)
        try:
            return await poller.poll()
        finally:
            await poller.close()
            await server.shutdown()

    voltages = {f"input.{phase}-N.voltage" for phase in ("L1", "L2", "L3")}
    assert good(asyncio.run(run())) == {name: ALL[name] for name in voltages}
