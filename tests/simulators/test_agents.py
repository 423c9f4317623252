"""Simulated devices on the network: what real clients and the program's own pollers get from them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from pymodbus.client import AsyncModbusTcpClient

from device_profiles.library import load
from simulators.devices.agents import SimulatedSite
from simulators.devices.encode import encode
from simulators.devices.modbus_device import ModbusDevice
from simulators.devices.snmp_agent import SnmpAgent
from simulators.scenario import load_scenario
from simulators.simulate import Run
from telemetry.address import parse
from telemetry.block import SECOND
from telemetry.decode import decode
from telemetry.pollers.base import Poller
from telemetry.pollers.open import open_poller
from telemetry.reading import Value
from telemetry.recognise import recognise

SHOWN = {"ups.status": 1.0, "battery.charge": 97.0, "input.phases": 3.0, "output.phases": 3.0}
SHOWN |= {f"{feed}.L{n}-N.voltage": 270.0 + n for feed in ("input", "output") for n in (1, 2, 3)}


def run(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(test())  # type: ignore[arg-type]


@asynccontextmanager
async def simulated(scenario: str) -> AsyncIterator[tuple[Run, SimulatedSite, dict[str, Poller]]]:
    """A scenario's run with its devices on the network and a poller for each."""
    run = Run(load_scenario(scenario))
    site = SimulatedSite(run.scenario.site)
    await site.start()
    show(run, site)
    profiles = {d.name: load(d.profile or "") for d in run.scenario.site.devices}
    pollers = {name: open_poller(parse(site.address(name)), p, timeout=2.0) for name, p in profiles.items()}
    try:
        yield run, site, pollers
    finally:
        await asyncio.gather(*(poller.close() for poller in pollers.values()))
        await site.stop()


def show(run: Run, site: SimulatedSite) -> dict[str, tuple[Value, ...] | None]:
    """Put what the devices say on the network; what pollers ought to bring back, None where an answer is lost."""
    expected: dict[str, tuple[Value, ...] | None] = {}
    for name, shown in run.show().items():
        values = None if shown.delay is None else shown.values
        site.set(name, values)
        profile = load(run.scenario.site.device(name).profile or "")
        expected[name] = None if values is None else in_order(decode(profile, encode(profile, values)))
    return expected


def in_order(values: tuple[Value, ...]) -> tuple[Value, ...]:
    return tuple(sorted(values, key=lambda v: v.quantity))


def same(one: tuple[Value, ...], other: tuple[Value, ...]) -> bool:
    return repr(in_order(one)) == repr(in_order(other))  # NaN is NaN


@pytest.mark.parametrize(
    ("scenario", "begin", "rounds"), [("lockout-2014", 56, 8), ("lockout-2014", 143, 12), ("lossy-network", 230, 60)]
)
def test_pollers_bring_back_what_the_direct_path_gives_and_nothing_from_silent_cards(
    scenario: str, begin: int, rounds: int
) -> None:
    """Around the lockout at 10:32:00, around 10:33:28, when the first UPS drops its load, and where devices err."""

    async def test() -> None:
        async with simulated(scenario) as (run, site, pollers):
            await asyncio.gather(*(p.poll() for p in pollers.values()))
            silent = 0
            lost: set[str] = set()
            for i in range(rounds):
                run.advance(run.scenario.start + (begin + 2 * i) * SECOND)
                expected = show(run, site)
                await asyncio.sleep(0.05 if lost else 0)
                answers = await asyncio.gather(*(p.poll() for p in pollers.values()))
                for name, first in zip(pollers, answers, strict=True):
                    wanted = expected[name]
                    # Where a connection was cut the first is spent on finding that out.
                    spent = name in lost and wanted is not None and first.error is not None
                    answer = await pollers[name].poll() if spent else first
                    if wanted is None:
                        silent += 1
                        assert answer.error is not None
                        assert answer.values == ()
                    else:
                        assert answer.error is None
                        assert same(answer.values, wanted), name
                lost = {name for name, wanted in expected.items() if wanted is None}
            assert (silent > 0) == (begin > 100)

    run(test)


def test_a_dead_card_is_silent_and_answers_again_when_it_lives() -> None:
    async def test() -> None:
        async with simulated("good-transfer") as (run, site, pollers):
            for name in ("ups-a", "utility-1"):
                assert (await pollers[name].poll()).error is None
                site.set(name, None)
                await asyncio.sleep(0.05)
                assert (await pollers[name].poll()).error is not None
                site.set(name, run.plant.readings()[name])
                await asyncio.sleep(0.05)
                answers = [await pollers[name].poll() for _ in range(2)]  # one may be spent on a stale connection
                assert answers[-1].error is None

    run(test)


def test_every_simulated_device_is_recognised_as_what_it_is() -> None:
    async def test() -> None:
        async with simulated("good-transfer") as (run, site, _):
            for device in run.scenario.site.devices:
                if device.profile == "schneider/pm5000":
                    continue  # nothing in its registers says what it is
                found = await recognise(parse(site.address(device.name)), timeout=2.0)
                assert found.profile == device.profile

    run(test)


def test_an_agent_walks_in_order_and_ends() -> None:
    client = pytest.importorskip("gufo.snmp.aio.client", reason="gufo-snmp has no wheel for this platform")

    async def test() -> None:
        profile = load("rfc1628/ups")
        raw = encode(profile, SHOWN)
        agent = SnmpAgent("ups-b", profile)
        agent.set(raw)
        agent.open()
        session = client.SnmpSession(addr="127.0.0.1", port=agent.port, community="public", timeout=2.0)
        try:
            for walk in (session.getnext, session.getbulk):
                walked = [(oid, value) async for oid, value in walk("1.3.6.1.2.1.33")]
                assert dict(walked) == raw
                keys = [tuple(int(arc) for arc in oid.split(".")) for oid, _ in walked]
                assert keys == sorted(keys)
            assert [oid async for oid, _ in session.getnext("1.3.6.1.2.1.99")] == []
            uptime = [await session.get("1.3.6.1.2.1.1.3.0")]
            await asyncio.sleep(0.05)
            uptime.append(await session.get("1.3.6.1.2.1.1.3.0"))
            assert 0 <= uptime[0] < uptime[1]
        finally:
            agent.close()

    run(test)


def test_nothing_can_be_written_to_a_simulated_device() -> None:
    async def test() -> None:
        profile = load("dse/gencomm")
        device = ModbusDevice(profile)
        device.set(encode(profile, {"generator.speed": 1800.0}))
        device.open()
        await device.settled()
        client = AsyncModbusTcpClient("127.0.0.1", port=device.port, timeout=2, retries=0)
        try:
            await client.connect()
            assert (await client.write_register(1030, 5, device_id=1)).isError()
            assert (await client.read_holding_registers(1030, count=1, device_id=1)).registers == [1800]
            assert (await client.read_holding_registers(0, count=1, device_id=1)).isError()
        finally:
            client.close()
            device.close()
            await device.settled()

    run(test)
