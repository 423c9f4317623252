"""Tables of everything, whose rows are told from one another by their names; and series of rows behind one another."""

import asyncio
from collections.abc import Sequence

import pytest

from device_profiles.schema import Profile
from made_up import made_up
from simulators.devices.encode import encode
from telemetry.address import SnmpAddress, parse
from telemetry.block import Quality
from telemetry.decode import decode
from telemetry.pollers.snmp import SnmpPoller
from telemetry.pollers.snmp_walk import WalkSession
from telemetry.reading import Answer, Raw, RawAnswer

NAMES = "1.3.3"
VALUES = "1.3.11"
SCALES = "1.3.7"


def _labelled(quantity: str, reads: str, **more: object) -> dict[str, object]:
    return {"quantity": quantity, "column": VALUES, "label": {"column": NAMES, "reads": reads}, **more}


def _table(*rows: tuple[str, bytes, int]) -> dict[str, Raw]:
    """Value and name by row."""
    return {f"{column}.{row}": word for row, name, value in rows for column, word in ((NAMES, name), (VALUES, value))}


def _good(profile: Profile, raw: RawAnswer) -> dict[str, float]:
    return {v.quantity: v.value for v in decode(profile, raw) if v.quality is Quality.GOOD}


VOLTAGE = _labelled("input.{phase}-N.voltage", "Phase {phase}.Voltage.Value", scale=0.1)
SOCKET = _labelled("outlet.{n}.current", "Socket {n}.Current.Value", scale=0.01)


def test_rows_are_told_by_their_names_wherever_they_stand() -> None:
    """A device with more plugged in has the same rows at other numbers."""
    near = _table(("1.4", b"Phase L1.Voltage.Value", 2301), ("1.9", b"Phase L2.Voltage.Value", 2293))
    far = _table(("1.71", b"Phase L1.Voltage.Value", 2301), ("2.180", b"Phase L2.Voltage.Value", 2293))
    assert _good(made_up(VOLTAGE), near) == {"input.L1-N.voltage": 230.1, "input.L2-N.voltage": 229.3}
    assert _good(made_up(VOLTAGE), far) == _good(made_up(VOLTAGE), near)


@pytest.mark.parametrize(
    "name",
    [b"Phase L4.Voltage.Value", b"Phase L1.Voltage.Status", b"Phase L1-Voltage.Value", b"", b"\xff\xfe", b"Phase L1"],
)
def test_a_row_with_another_name_is_not_read(name: bytes) -> None:
    """A name that is not the one meant to the letter names nothing."""
    assert _good(made_up(VOLTAGE), _table(("1.4", name, 2301))) == {}


def test_numbers_in_a_name_are_the_part_s() -> None:
    """Outlets by the number in their name, a leading zero or not; a pair of lines by its own."""
    table = _table(("1.1", b"Socket 07.Current.Value", 120), ("1.2", b"Socket 12.Current.Value", 45))
    assert _good(made_up(SOCKET), table) == {"outlet.7.current": 1.2, "outlet.12.current": 0.45}
    pair = _labelled("input.{pair}.voltage", "*:{pair}", index="1.*")
    table = _table(("1.1", b"AA:L2-L3", 401), ("2.1", b"BA:L1-L2", 402))
    assert _good(made_up(pair), table) == {"input.L2-L3.voltage": 401.0}


def test_a_row_of_a_labelled_table_can_have_its_scale_beside_it() -> None:
    """Name and condition decide together."""
    by_scale = [
        _labelled("input.N.current", "Neutral", scale=scale, when={"column": SCALES, "equals": [said]})
        for said, scale in ((-100, 0.01), (-10, 0.1))
    ]
    profile = made_up({**by_scale[0], "fallback": [{k: v for k, v in by_scale[1].items() if k != "quantity"}]})
    table = _table(("2.3", b"Neutral", 311))
    assert _good(profile, {**table, f"{SCALES}.2.3": -100}) == {"input.N.current": 3.11}
    assert _good(profile, {**table, f"{SCALES}.2.3": -10}) == {"input.N.current": 31.1}
    assert _good(profile, {**table, f"{SCALES}.2.3": 7}) == {}


def test_a_further_series_goes_on_behind_the_one_before() -> None:
    """Outlets that each feed counts anew get numbers of their own."""
    point: dict[str, object] = {"quantity": "outlet.{n}.current", "column": "1.3.1", "index": "1.1.{n}"}
    point["fallback"] = [{"column": "1.3.1", "index": "1.2.{n}", "first": -99}]
    raw = {"1.3.1.1.1.1": 4, "1.3.1.1.1.2": 5, "1.3.1.1.2.1": 6}
    assert _good(made_up(point), raw) == {"outlet.1.current": 4.0, "outlet.2.current": 5.0, "outlet.101.current": 6.0}


def test_a_labelled_table_turned_round_is_read_back() -> None:
    """What a simulated device of such a profile says is what was meant."""
    profile = made_up(VOLTAGE, SOCKET)
    said = {
        "input.L1-N.voltage": 230.0,
        "input.L2-N.voltage": 231.0,
        "input.L3-N.voltage": 229.0,
        "outlet.7.current": 1.5,
    }
    assert _good(profile, encode(profile, said)) == said


class _Losing(WalkSession):
    """An agent that does not give some objects when asked for them one by one."""

    asked: tuple[str, ...] = ()
    lost: frozenset[str] = frozenset()

    async def get(self, oids: Sequence[str], wait: float) -> dict[str, Raw]:
        self.asked = tuple(oids)
        return {oid: word for oid, word in (await super().get(oids, wait)).items() if oid not in self.lost}


def test_a_poll_asks_for_named_rows_only_and_a_name_lost_for_once_renames_nothing() -> None:
    """Of a table of everything the poller asks what is read of it; with one phase's name lost, three phases stay three."""
    table = _table(
        ("1.1", b"Login.Attempts", 0),
        *((f"1.{40 + n}", f"Phase L{n}.Voltage.Value".encode(), 2300 + n) for n in (1, 2, 3)),
    )
    session = _Losing(table)
    address = parse("snmp://recorded?community=walk")
    assert isinstance(address, SnmpAddress)

    async def polls() -> tuple[Answer, Answer]:
        poller = SnmpPoller(address, made_up(VOLTAGE), session, timeout=1)
        first = await poller.poll()
        session.lost = frozenset({f"{NAMES}.1.42", f"{NAMES}.1.43"})
        return first, await poller.poll()

    first, second = asyncio.run(polls())
    assert [v.quantity for v in second.values] == [v.quantity for v in first.values]
    assert {v.quantity: v.value for v in second.values}["input.L1-N.voltage"] == 230.1
    assert not any(oid.endswith(".1.1") for oid in session.asked if oid.startswith((NAMES, VALUES)))
    assert f"{VALUES}.1.43" in session.asked


def test_a_column_that_is_read_without_names_too_is_asked_for_whole() -> None:
    """A thermometer is told by its unit; what makes an alarm count in another row of the same columns is asked for as well."""
    kind = {"column": "1.3.2", "equals": [10]}
    warm = _labelled("ambient.{n}.temperature", "7", index="{n}", when=kind)
    wet: dict[str, object] = {
        "quantity": "alarm.sensor-{n}-wet",
        "column": "1.3.4",
        "states": {"0": "ok", "1": "active"},
    }
    wet["when"] = {"column": "1.3.2", "equals": [17]}
    walk: dict[str, Raw] = {
        f"{VALUES}.1": 21,
        f"{NAMES}.1": 7,
        "1.3.2.1": 10,
        "1.3.2.2": 17,
        "1.3.4.1": 0,
        "1.3.4.2": 1,
    }
    address = parse("snmp://recorded?community=walk")
    assert isinstance(address, SnmpAddress)

    async def polls() -> Answer:
        poller = SnmpPoller(address, made_up(warm, wet), WalkSession(walk), timeout=1)
        await poller.poll()
        return await poller.poll()

    answer = asyncio.run(polls())
    assert {v.quantity: v.value for v in answer.values} == {"ambient.1.temperature": 21.0, "alarm.sensor-2-wet": 1.0}


def test_of_one_long_list_every_so_many_objects_are_the_next_part_s() -> None:
    """A battery of several modules as one flat list: each figure of a module by its place in the list."""
    flat = {"column": VALUES, "every": 4, "scale": 0.01}
    profile = made_up(
        {"quantity": "battery.{n}.voltage", "first": 2, **flat},
        {"quantity": "battery.{n}.temperature", "first": 3, **flat},
    )
    heard = _good(profile, {f"{VALUES}.{place}": 1000 + place for place in range(1, 11)})
    assert heard == {
        "battery.1.voltage": 10.02,
        "battery.2.voltage": 10.06,
        "battery.3.voltage": 10.1,
        "battery.1.temperature": 10.03,
        "battery.2.temperature": 10.07,
    }
    assert encode(profile, {"battery.3.voltage": 12.5}) == {f"{VALUES}.10": 1250}


def test_rows_told_by_two_columns_of_names_are_all_asked_for() -> None:
    """A table whose rows are told by their name, and others of it by their unit: neither leaves the other's out."""
    unit = {"column": "1.3.5", "reads": "3"}
    profile = made_up(
        _labelled("dc.voltage", "Vsys", scale=0.01),
        {"quantity": "circuit.{n}.voltage", "column": VALUES, "index": "{n}", "label": unit, "scale": 0.01},
    )
    table = _table(("1", b"Vsys", 5400), ("2", b"Cabinet", 5390), ("3", b"Load", 77))
    address = parse("snmp://recorded?community=walk")
    assert isinstance(address, SnmpAddress)

    async def polls() -> Answer:
        walk = {**table, "1.3.5.1": 3, "1.3.5.2": 3, "1.3.5.3": 5}
        poller = SnmpPoller(address, profile, WalkSession(walk), timeout=1)
        await poller.poll()
        return await poller.poll()

    heard = {v.quantity: v.value for v in asyncio.run(polls()).values}
    assert heard == {"dc.voltage": 54.0, "circuit.1.voltage": 54.0, "circuit.2.voltage": 53.9}
