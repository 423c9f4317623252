"""The scenarios of the program: what their truth says is what the plant does."""

import math
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest

from simulators.scenario import load_scenario, names
from simulators.simulate import Run, simulate
from simulators.truth import iso
from telemetry.block import SECOND

# The kinds that this version's detectors and alarms know; a truth that names another could never be met.
KINDS = {
    *("utility_lost", "voltage_sag", "voltage_swell", "voltage_interruption", "frequency_deviation", "supply_unstable"),
    *("no_start_command", "sources_locked_out", "ats_fail_to_transfer", "ats_open", "transfer_slow"),
    *("transfer_unconfirmed", "generator_fail_to_start", "generator_out_of_spec", "ups_on_battery"),
    *("ups_load_dropped", "load_loss_predicted", "comms_lost"),
}


@cache
def _run(name: str, seed: int = 1) -> Run:
    run = Run(load_scenario(name), seed)
    run.advance(run.scenario.stop)
    return run


def _time(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000) * (SECOND // 1000)


def _at(hour: int, minute: int, second: float) -> int:
    """Microseconds UTC of a time of day in April 2014 where the lockout was."""
    return round(datetime(2014, 4, 18, hour + 4, minute, tzinfo=UTC).timestamp() * SECOND + second * SECOND)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", names())
def test_the_truth_is_whole_and_names_devices_of_the_site_and_kinds_that_exist(name: str, seed: int) -> None:
    run = _run(name, seed)
    truth = run.truth()
    subjects = {d.name for d in run.scenario.site.devices} | {load.name for load in run.scenario.site.loads}
    assert truth["id"] == name
    for event in truth["events"]:
        assert run.scenario.start <= _time(event["start"]) < _time(event["latest"]) <= run.scenario.stop
        assert set(event["kind"]) <= KINDS
        assert set(event["subject"]) <= subjects
    assert set(truth["root"]["subject"]) <= subjects
    assert set(truth["allowed"]) <= KINDS
    assert truth["max_10min"] == 9


def test_good_transfer_loses_nothing_and_ends_as_it_began() -> None:
    run = _run("good-transfer")
    assert set(run.plant.milestones) == {"ats-a.emergency", "ats-b.emergency"}
    lost = next(e.time for e in run.scenario.events(1) if e.id == "utility_lost")
    assert max(run.plant.milestones.values()) - lost <= 9 * SECOND
    assert {s.position for s in run.plant.parts.switches.values()} == {"normal"}
    assert {u.state for u in run.plant.parts.upses.values()} == {"online"}
    assert "lost_at" not in run.truth()


def test_the_generator_that_does_not_fire_locks_out_after_75_s_of_cranking_and_both_sides_are_lost() -> None:
    run = _run("generator-fail-to-start")
    begun = next(e.time for e in run.scenario.events(1) if e.id == "utility_lost")
    happened = run.plant.milestones
    assert 75 * SECOND <= happened["gen-1.locked_out"] - begun <= 77 * SECOND
    assert happened["gen-1.locked_out"] < happened["ups-a.lost"] < happened["ups-b.lost"] == happened["row-1.lost"]
    assert "ats-a.emergency" not in happened
    assert run.truth()["lost_at"] == {name: iso(happened[f"{name}.lost"]) for name in ("ups-a", "ups-b", "row-1")}


def test_in_the_lockout_both_sources_are_blocked_at_once_and_the_sides_drop_in_turn() -> None:
    run = _run("lockout-2014")
    lockout = next(e.time for e in run.scenario.events(1) if e.id == "lockout")
    happened = run.plant.milestones
    assert _at(10, 32, 0.3) <= lockout <= _at(10, 32, 0.6)
    assert happened["ups-a.lost"] == pytest.approx(_at(10, 33, 28), abs=3 * SECOND)
    assert _at(10, 33, 45) <= happened["ups-b.lost"] <= _at(10, 34, 0)
    assert happened["ups-b.lost"] == happened["row-1.lost"]
    assert _at(10, 52, 0) < happened["ats-a.emergency"] < _at(10, 52, 20)


def test_in_the_lockout_ups_b_would_have_lasted_longer_had_it_not_taken_over_side_a() -> None:
    """The loss predicted one minute into the discharge is honest: within 30 s of what then came."""
    run = Run(load_scenario("lockout-2014"))
    run.advance(_at(10, 33, 4))
    battery = run.plant.parts.upses["ups-b"].battery
    draining = -sum(battery.left)
    run.advance(_at(10, 33, 5))
    draining += sum(battery.left)
    predicted = _at(10, 33, 5) + round(sum(battery.left) / -draining * SECOND)
    actual = _run("lockout-2014").plant.milestones["ups-b.lost"]
    assert 10 * SECOND < predicted - actual < 28 * SECOND


def test_in_the_lockout_the_cards_of_both_dead_sides_are_silent_and_control_power_answers() -> None:
    scenario = load_scenario("lockout-2014")
    silent: dict[int, set[str]] = {}
    for time, devices in simulate(scenario):
        silent[time] = {name for name, values in devices.items() if values is None}
        if time >= _at(10, 46, 0):
            break
    assert silent[_at(10, 33, 0)] == set()
    assert silent[_at(10, 35, 0)] == {"ups-a", "ups-b", "pdu-a1", "pdu-b1"}
    assert silent[_at(10, 46, 0)] == set()


def test_what_the_lockout_shows_first() -> None:
    """10:32:00 a sag on one phase; 10:32:02 both inputs of both switches dead, inhibited, the engine called."""
    shown: dict[int, dict[str, Any]] = {}
    for time, devices in simulate(load_scenario("lockout-2014")):
        shown[time] = devices
        if time > _at(10, 32, 12):
            break
    sag = shown[_at(10, 32, 0)]["utility-1"]
    assert sag["input.L2-N.voltage"] == pytest.approx(0.18 * 277, rel=0.02)
    assert sag["input.L1-N.voltage"] == pytest.approx(0.86 * 277, rel=0.02)
    for switch in ("ats-a", "ats-b"):
        first = shown[_at(10, 32, 2)][switch]
        assert first["input.1.voltage"] == first["input.2.voltage"] == 0
        assert (first["ats.mode"], first["ats.start_contact"]) == (2, 1)  # inhibited, run
    running = shown[_at(10, 32, 12)]
    assert all(running[g]["output.voltage"] > 0.95 * 277 for g in ("gen-1", "gen-2", "gen-3"))
    assert running["ats-a"]["input.2.voltage"] == 0
    assert math.isclose(running["ups-a"]["battery.current"], -415, rel_tol=0.06)
