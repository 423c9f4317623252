"""Traps: what a device sends of itself when what it shows changes."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device_profiles.library import load
from device_profiles.quantities import quantity
from simulators.devices.traps import Trap, Traps
from telemetry.block import SECOND

START = 1_700_000_000 * SECOND
APC = "1.3.6.1.4.1.318.0"
UPS_MIB = "1.3.6.1.2.1.33.2"
PROFILES = {
    "apc": "apc/ups",
    "mib": "rfc1628/ups",
    "xats": "apc/transfer-switch",
    "rack": "apc/rack-switch",
    "gen": "dse/gencomm",
}

Words = dict[str, str | float]


def values(words: Words) -> dict[str, float]:
    return {n: float(quantity(n).code(w)) if isinstance(w, str) else w for n, w in words.items()}


def sent(device: str, *shown: Words | None, every: int = 1) -> list[Trap]:
    """The traps of a device that shows one after the other, `every` s."""
    traps = Traps({name: load(profile) for name, profile in PROFILES.items()})
    return [
        trap
        for i, words in enumerate(shown)
        for trap in traps.sent(START + i * every * SECOND, {device: None if words is None else values(words)})
    ]


def oids(traps: list[Trap]) -> list[str]:
    return [trap.oid for trap in traps]


@pytest.mark.parametrize(
    ("before", "after", "number"),
    [
        ({"ups.status": "online"}, {"ups.status": "on_battery"}, 5),
        ({"ups.status": "on_battery"}, {"ups.status": "online"}, 9),
        ({"ups.status": "on_battery"}, {"ups.status": "off"}, 12),
        ({"ups.status": "online"}, {"ups.status": "bypass"}, 21),
        ({"ups.status": "bypass"}, {"ups.status": "online"}, 23),
        ({"battery.status": "normal"}, {"battery.status": "low"}, 7),
        ({"battery.status": "low"}, {"battery.status": "normal"}, 11),
        ({"battery.status": "low"}, {"battery.status": "depleted"}, 4),
        ({"ups.load": 98.0}, {"ups.load": 103.0}, 2),
        ({"ups.load": 103.0}, {"ups.load": 98.0}, 33),
        ({"ups.test.result": "in_progress"}, {"ups.test.result": "failed"}, 3),
        ({"ups.test.result": "in_progress"}, {"ups.test.result": "passed"}, 10),
    ],
)
def test_an_apc_ups_says_what_has_changed(before: Words, after: Words, number: int) -> None:
    assert oids(sent("apc", before, after, after)) == [f"{APC}.{number}"]


@pytest.mark.parametrize(
    ("before", "after", "number"),
    [
        ({"input.source": "normal"}, {"input.source": "emergency"}, 398),
        ({"input.source": "normal"}, {"input.source": "none"}, 397),
        ({"ats.start_contact": "stop"}, {"ats.start_contact": "run"}, 401),
        ({"ats.start_contact": "run"}, {"ats.start_contact": "stop"}, 402),
        ({"ats.mode": "auto"}, {"ats.mode": "inhibited"}, 405),
        ({"ats.mode": "auto"}, {"ats.mode": "test"}, 411),
    ],
)
def test_a_facility_switch_says_what_has_changed(before: Words, after: Words, number: int) -> None:
    assert oids(sent("xats", before, after, after)) == [f"{APC}.{number}"]


def test_a_start_has_failed_when_no_good_source_comes_within_the_crank_limit() -> None:
    idle: Words = {"ats.start_contact": "stop", "input.2.status": "bad"}
    called: Words = {"ats.start_contact": "run", "input.2.status": "bad"}
    good: Words = {"ats.start_contact": "run", "input.2.status": "good"}
    failed = sent("xats", idle, *[called] * 90)
    assert oids(failed) == [f"{APC}.401", f"{APC}.403"]
    assert failed[1].time - failed[0].time == 75 * SECOND
    assert oids(sent("xats", idle, *[called] * 70, *[good] * 90)) == [f"{APC}.401"]


def test_a_rack_switch_says_that_it_has_switched_and_that_one_source_is_left() -> None:
    both: Words = {"input.source": "normal", "input.1.status": "good", "input.2.status": "good"}
    one: Words = {"input.source": "emergency", "input.1.status": "bad", "input.2.status": "good"}
    assert oids(sent("rack", both, one, both)) == [f"{APC}.126", f"{APC}.127", f"{APC}.126", f"{APC}.128"]


def test_a_ups_by_the_standard_repeats_that_it_is_on_battery_every_minute() -> None:
    on_battery: Words = {"ups.status": "on_battery", "battery.runtime": 480.0, "ups.on_battery.time": 7.0}
    traps = sent("mib", {"ups.status": "online"}, *[on_battery] * 130, {"ups.status": "online"})
    assert oids(traps) == [f"{UPS_MIB}.1"] * 3
    assert [(trap.time - START) // SECOND for trap in traps] == [1, 61, 121]
    assert ("1.3.6.1.2.1.33.1.2.3.0", 8) in traps[0].varbinds
    assert ("1.3.6.1.2.1.33.1.2.2.0", 7) in traps[0].varbinds


def test_a_ups_by_the_standard_adds_and_removes_entries_of_its_alarm_table() -> None:
    traps = sent("mib", {"battery.status": "normal"}, {"battery.status": "low"}, {"battery.status": "normal"})
    assert oids(traps) == [f"{UPS_MIB}.3", f"{UPS_MIB}.4"]
    assert traps[0].varbinds[-1] == ("1.3.6.1.2.1.33.1.6.2.1.2", "1.3.6.1.2.1.33.1.6.3.3")
    assert oids(sent("mib", {"ups.test.result": "in_progress"}, {"ups.test.result": "passed"})) == [f"{UPS_MIB}.2"]


def test_a_trap_carries_the_agent_s_uptime_where_it_is_known_and_its_own_oid() -> None:
    before: Words = {"ups.status": "online", "device.uptime": 10.0}
    after: Words = {"ups.status": "on_battery", "device.uptime": 12.5}
    (trap,) = sent("apc", before, after)
    assert trap.varbinds[:2] == (("1.3.6.1.2.1.1.3.0", 1250), ("1.3.6.1.6.3.1.1.4.1.0", f"{APC}.5"))
    assert trap.device == "apc"
    assert trap.time == START + SECOND


def test_a_card_that_was_down_does_not_tell_what_happened_meanwhile() -> None:
    assert sent("apc", {"ups.status": "online"}, None, {"ups.status": "on_battery"}) == []
    # What still holds is said again by those who repeat it.
    assert oids(sent("mib", {"ups.status": "online"}, None, {"ups.status": "on_battery"})) == [f"{UPS_MIB}.1"]


def test_what_is_not_known_for_a_while_is_no_change_and_hides_none() -> None:
    online: Words = {"ups.status": "online", "ups.load": 50.0}
    unknown: Words = {"ups.status": float("nan"), "ups.load": float("nan")}
    assert sent("apc", online, unknown, online) == []
    assert oids(sent("apc", online, unknown, {"ups.status": "on_battery"})) == [f"{APC}.5"]


def test_a_device_that_speaks_no_snmp_sends_no_traps() -> None:
    assert sent("gen", {"generator.state": "stopped"}, {"generator.state": "locked_out"}) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(quantity("ups.status").states), min_size=2, max_size=20))
def test_a_mains_failure_and_its_end_are_each_told_once(states: list[str]) -> None:
    traps = oids(sent("apc", *({"ups.status": state} for state in states)))
    working = {"online", "eco", "boost", "trim"}
    steps = list(pairwise(states))
    assert traps.count(f"{APC}.5") == sum(a != "on_battery" == b for a, b in steps)
    assert traps.count(f"{APC}.9") == sum(a == "on_battery" and b in working for a, b in steps)
