"""The generator: start, crank cycles, lock-out, load steps, cool-down."""

import numpy as np
import pytest

from simulators.generator import Generator, GeneratorParameters

DT = 0.1


def _generator(**parameters: object) -> Generator:
    return Generator(500_000, 60.0, GeneratorParameters(**parameters), np.random.default_rng(1))


def _run(generator: Generator, seconds: float, *, start: bool = True, load: float = 0.0) -> None:
    for _ in range(round(seconds / DT)):
        generator.step(DT, start, load)


def test_a_sound_set_is_in_spec_within_ten_seconds_of_its_start_signal() -> None:
    for seed in range(20):
        generator = Generator(500_000, 60.0, GeneratorParameters(), np.random.default_rng(seed))
        _run(generator, 8)
        assert generator.state == "running"
        assert generator.in_spec
        assert generator.breaker == "closed"


def test_it_cranks_fifteen_seconds_and_rests_fifteen_three_times_and_then_locks_out() -> None:
    generator = _generator()
    generator.set("fault", "does_not_fire")
    pattern = []
    for _ in range(800):
        generator.step(DT, True, 0.0)
        pattern.append(generator.cranking)
    changes = [i * DT for i in range(1, len(pattern)) if pattern[i] != pattern[i - 1]]
    assert np.diff([0.0, *changes]) == pytest.approx([15, 15, 15, 15, 15], abs=0.2)
    assert generator.state == "locked_out"


def test_the_start_battery_dips_with_each_attempt_and_recovers_in_the_rests() -> None:
    generator = _generator()
    generator.set("fault", "does_not_fire")
    _run(generator, 10)
    assert 17 < generator.battery_voltage < 21
    assert 150 < generator.speed < 250
    _run(generator, 18)
    assert generator.battery_voltage > 26
    assert generator.speed < 5


def test_a_dead_start_battery_collapses_and_nothing_turns() -> None:
    generator = _generator()
    generator.set("fault", "dead_battery")
    _run(generator, 5)
    assert generator.battery_voltage < 0.6 * 24
    assert generator.speed == 0


def test_a_locked_out_set_stays_so_until_a_person_resets_it() -> None:
    generator = _generator()
    generator.set("fault", "does_not_fire")
    _run(generator, 80)
    generator.set("fault", "none")
    _run(generator, 60)
    assert generator.state == "locked_out"
    generator.set("reset", True)
    _run(generator, 10)
    assert generator.in_spec


def test_a_load_step_dips_voltage_and_frequency_and_both_come_back() -> None:
    generator = _generator()
    _run(generator, 20)
    generator.step(DT, True, 250_000)
    assert 0.89 < generator.supply.lowest < 0.95  # half of 18 %
    assert generator.supply.frequency < 58.0
    _run(generator, 10, load=250_000)
    assert generator.supply.lowest == pytest.approx(1.0, abs=0.005)
    assert generator.supply.frequency == pytest.approx(60.0, abs=0.05)


def test_without_a_start_signal_it_cools_down_for_five_minutes_and_stops() -> None:
    generator = _generator()
    _run(generator, 20)
    _run(generator, 299, start=False)
    assert generator.state == "cooldown"
    assert generator.breaker == "open"
    _run(generator, 2, start=False)
    assert generator.state == "stopped"
    _run(generator, 30, start=False)
    assert generator.supply.highest == 0


def test_called_again_while_it_cools_down_it_takes_the_load_at_once() -> None:
    generator = _generator()
    _run(generator, 20)
    _run(generator, 60, start=False)
    generator.step(DT, True, 0.0)
    assert generator.state == "running"
    assert generator.breaker == "closed"


def test_fuel_burns_with_the_load() -> None:
    idle, loaded = _generator(), _generator()
    _run(idle, 600)
    _run(loaded, 600, load=500_000)
    assert 96 - loaded.fuel == pytest.approx(100 * 600 / 86_400, rel=0.02)
    assert 96 - idle.fuel < 0.15 * (96 - loaded.fuel)


def test_an_unknown_fault_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="does_not_fire"):
        _generator().set("fault", "moody")
