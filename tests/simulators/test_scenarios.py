"""The scenarios of the program: what their truth says is what the plant does."""

import math
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache

import pytest

from device_profiles.quantities import quantity
from simulators.scenario import load_scenario, names
from simulators.simulate import Run, simulate
from simulators.truth import iso
from telemetry.block import SECOND


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


def test_there_are_sixty_and_of_every_sort_and_their_sites_have_no_operators_name() -> None:
    scenarios = [load_scenario(name) for name in names()]
    sorts = Counter(s.about for s in scenarios)
    assert len(scenarios) >= 60
    assert sorts["incident"] >= 17
    assert min(sorts["good"], sorts["pair"]) >= 8
    assert len({s.title for s in scenarios}) == len(scenarios)
    assert all(s.site.name.startswith("dc-") for s in scenarios)


def test_good_transfer_loses_nothing_and_ends_as_it_began() -> None:
    run = _run("good-transfer")
    happened = run.plant.milestones.of(0)
    assert not [name for name in happened if name.endswith((".lost", ".locked_out"))]
    lost = next(e.time for e in run.scenario.events(1) if e.id == "utility_lost")
    for switch in ("ats-a", "ats-b"):
        assert happened[f"{switch}.on_emergency"] - lost <= 9 * SECOND
        assert run.plant.hidden(switch, "position") == quantity("input.source").code("normal")
    assert {run.plant.hidden(u, "mode") for u in ("ups-a", "ups-b")} == {quantity("ups.status").code("online")}
    assert "lost_at" not in run.truth()


def test_the_generator_that_does_not_fire_locks_out_after_75_s_of_cranking_and_both_sides_are_lost() -> None:
    run = _run("generator-fail-to-start")
    begun = next(e.time for e in run.scenario.events(1) if e.id == "utility_lost")
    happened = run.plant.milestones.of(0)
    assert 75 * SECOND <= happened["gen-1.locked_out"] - begun <= 77 * SECOND
    assert happened["gen-1.locked_out"] < happened["ups-a.lost"] < happened["ups-b.lost"] == happened["row-1.lost"]
    assert "ats-a.on_emergency" not in happened
    assert run.truth()["lost_at"] == {name: iso(happened[f"{name}.lost"]) for name in ("ups-a", "ups-b", "row-1")}


def test_in_the_lockout_both_sources_are_blocked_at_once_and_the_sides_drop_in_turn() -> None:
    run = _run("lockout-2014")
    lockout = next(e.time for e in run.scenario.events(1) if e.id == "lockout")
    happened = run.plant.milestones.of(0)
    assert _at(10, 32, 0.3) <= lockout <= _at(10, 32, 0.6)
    assert happened["ups-a.lost"] == pytest.approx(_at(10, 33, 28), abs=3 * SECOND)
    assert _at(10, 33, 40) <= happened["ups-b.lost"] <= _at(10, 34, 0)
    assert happened["ups-b.lost"] == happened["row-1.lost"]
    assert _at(10, 52, 0) < happened["ats-a.on_emergency"] < _at(10, 52, 20)


def test_in_the_lockout_the_loss_of_ups_b_that_can_be_foreseen_a_minute_in_is_honest() -> None:
    """What its charge then promises at the load of then is within 30 s of what came, though it took over side A."""
    run = Run(load_scenario("lockout-2014"))
    run.advance(_at(10, 32, 50))
    before = run.plant.hidden("ups-b", "charge")
    run.advance(_at(10, 33, 4))
    charge = run.plant.hidden("ups-b", "charge")
    predicted = run.plant.now + round(charge / (before - charge) * 14 * SECOND)
    actual = _run("lockout-2014").plant.milestones.of(0)["ups-b.lost"]
    assert 5 * SECOND < predicted - actual < 30 * SECOND


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
    shown: dict[int, Mapping[str, Mapping[str, float] | None]] = {}
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
