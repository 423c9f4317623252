"""The static bypass of a UPS: overload, lock, phase, maintenance, eco mode."""

import numpy as np
import pytest

from simulators.supply import Supply
from telemetry.block import SECOND
from ups_bench import DEAD, GOOD, LOAD, NEEDED, RATING, Bench, Bucket, level, with_bypass


@pytest.mark.parametrize(
    ("load", "seconds", "dt"), [(1.08, 3600, 5.0), (1.2, 600, 1.0), (1.25, 600, 1.0), (1.4, 60, 0.1), (1.6, 0.2, 0.1)]
)
def test_an_overload_goes_to_bypass_after_its_time(load, seconds, dt):
    bench = with_bypass()
    bench.load = load * RATING
    bench.step()
    assert bench.seconds_until(lambda: bench.state == "bypass", dt=dt) == pytest.approx(seconds, abs=0.15 + dt)
    assert bench.output == pytest.approx(1.0)


def test_a_time_for_all_overloads_takes_the_place_of_the_table():
    bench = with_bypass(overload_seconds=30.0)
    bench.load = 1.16 * RATING
    bench.step()
    assert bench.seconds_until(lambda: bench.state == "bypass") == pytest.approx(30, abs=0.2)


def test_a_ups_without_a_bypass_drops_what_its_inverter_cannot_carry():
    bench = with_bypass(overload_seconds=30.0, has_bypass=False)
    bench.load = 1.16 * RATING
    bench.step()
    assert bench.seconds_until(lambda: bench.state == "off") == pytest.approx(30, abs=0.2)


def test_five_percent_too_much_are_carried_for_ever():
    bench = with_bypass()
    bench.load = 1.05 * RATING
    bench.run(8_000, dt=10)
    assert bench.state == "online"


def test_one_full_phase_is_an_overload():
    bench = with_bypass()
    for _ in range(3):
        bench.now += SECOND // 10
        bench.ups.energise(bench.now, 0.1, GOOD, GOOD)
        bench.ups.absorb(bench.now, 0.1, np.array([[[0.6, 0.1, 0.1]]]) * RATING)
    assert bench.ups.overload == pytest.approx(1.8)
    assert bench.ups.watched["load"][1] == 1


def test_an_overload_without_a_bypass_is_the_end_of_the_output():
    bench = Bench(overload_seconds=30.0)
    bench.source, bench.load = DEAD, 1.16 * RATING
    assert bench.seconds_until(lambda: bench.state == "off") == pytest.approx(30, abs=0.3)
    assert bench.output == 0


def test_two_short_overloads_add_up():
    bench = with_bypass(overload_seconds=30.0)
    bench.load = 1.2 * RATING
    bench.run(20)
    bench.load = LOAD
    bench.run(5)
    bench.load = 1.2 * RATING
    assert 8 < bench.seconds_until(lambda: bench.state == "bypass") < 13


def test_it_comes_back_from_bypass_once_the_overload_is_gone():
    bench = with_bypass(overload_seconds=2.0)
    bench.load = 1.2 * RATING
    bench.run(60)
    bench.load = 1.03 * RATING
    bench.run(60)
    assert bench.state == "bypass"
    bench.load = LOAD
    assert bench.seconds_until(lambda: bench.state == "online") == pytest.approx(5, abs=0.3)
    assert bench.output == pytest.approx(1.0)


def overload_again(bench, pause):
    bench.load = 2.0 * RATING
    bench.run(1)
    assert bench.state == "bypass"
    bench.load = LOAD
    bench.run(pause, dt=1)


def test_the_third_transfer_within_ten_minutes_locks_it_until_unlocked():
    bench = with_bypass()
    for _ in range(2):
        overload_again(bench, 60)
        assert bench.state == "online"
    overload_again(bench, 60)
    assert bench.state == "bypass"
    assert bench.ups.bypass_locked
    bench.set("unlock", True)
    bench.run(6)
    assert bench.state == "online"
    overload_again(bench, 60)
    assert bench.state == "online"


def test_transfers_far_apart_do_not_lock_it():
    bench = with_bypass()
    for _ in range(4):
        overload_again(bench, 320)
        assert bench.state == "online"


def test_the_output_on_bypass_follows_the_source_phase_by_phase():
    bench = with_bypass()
    bench.set("fault", "inverter")
    bench.bypass = Supply(
        GOOD.volts * np.array([1.0, 0.95, 1.04 + 0.02j]), np.full((1, 1), 60.2), np.full((1, 1), 0.03)
    )
    bench.run(20)
    assert bench.state == "bypass"
    assert bench.ups.output.volts == pytest.approx(bench.bypass.volts)
    assert bench.ups.output.frequency == 60.2
    assert bench.from_bypass == pytest.approx(np.full((1, 1, 3), LOAD / 3 / 0.99))
    assert bench.input_power == pytest.approx(1_000 / 0.95)


@pytest.mark.parametrize("bypass", [level(0.89), level(1.11), level(1.0, 61.1), level(1.0, 58.9), DEAD])
def test_a_bypass_out_of_its_window_is_none(bypass):
    bench = with_bypass()
    bench.bypass = bypass
    bench.run(1)
    bench.set("fault", "inverter")
    bench.step()
    assert bench.state == "off"
    assert bench.output == 0


def test_a_failed_inverter_stays_on_bypass_until_repaired_and_drops_with_it():
    bench = with_bypass()
    bench.set("fault", "inverter")
    bench.run(700, dt=1)
    assert bench.state == "bypass"
    assert not bench.ups.bypass_locked
    bench.bypass = level(0.5)
    bench.step()
    assert bench.state == "off"
    bench.bypass = GOOD
    bench.run(6)
    assert bench.state == "bypass"
    bench.set("fault", "none")
    bench.run(6)
    assert bench.state == "online"


def test_a_bypass_that_dies_gives_the_load_back_to_the_battery_with_a_gap():
    bench = with_bypass()
    bench.set("fault", "inverter")
    bench.run(1)
    bench.set("fault", "none")
    bench.source = bench.bypass = DEAD
    bench.step()
    assert bench.state == "on_battery"
    assert 0.94 < bench.output < 0.99
    bench.step()
    assert bench.output == pytest.approx(1.0)


def test_a_bypass_that_dies_under_a_locked_ups_takes_the_load_with_it():
    bench = with_bypass()
    for _ in range(3):
        overload_again(bench, 60)
    bench.bypass = DEAD
    bench.step()
    assert bench.state == "off"
    assert bench.output == 0
    bench.bypass = GOOD
    bench.run(6)
    assert bench.state == "bypass"


def test_a_transfer_out_of_step_has_a_gap_and_one_in_step_has_none():
    outputs = []
    for angle in (0.0, 2.0):
        bench = with_bypass()
        bench.set("fault", "inverter")
        bench.bypass = Supply(GOOD.volts * np.exp(1j * angle), GOOD.frequency, GOOD.distortion)
        bench.step()
        outputs.append(bench.output)
    assert outputs[0] == pytest.approx(1.0)
    assert 0.94 < outputs[1] < 0.99


def test_it_comes_back_from_bypass_in_step_only():
    bench = with_bypass()
    bench.set("fault", "inverter")
    bench.run(1)
    bench.set("fault", "none")
    bench.run(4.9)
    bench.bypass = GOOD._replace(volts=GOOD.volts * np.exp(2j))
    bench.run(0.2)
    assert bench.state == "bypass"
    bench.seconds_until(lambda: bench.state == "online", limit=10)
    assert bench.ups.output.angle == pytest.approx(2.0)


def test_a_failed_rectifier_empties_the_battery_and_then_goes_to_bypass():
    bench = with_bypass(battery=Bucket(stored=30 * NEEDED))
    bench.set("fault", "rectifier")
    bench.step()
    assert bench.state == "on_battery"
    assert bench.ups.watched["source"][1] == 1
    assert bench.seconds_until(lambda: bench.state != "on_battery") == pytest.approx(30, abs=0.3)
    assert bench.state == "bypass"
    assert bench.output == pytest.approx(1.0)
    assert bench.input_power == 0
    assert bench.from_bypass.sum() == pytest.approx(LOAD / 0.99 + 1_000)  # its own consumption too


def test_maintenance_again_and_again_does_not_lock_it():
    bench = with_bypass()
    for _ in range(4):
        bench.set("maintenance_bypass", True)
        bench.run(10, dt=1)
        bench.set("maintenance_bypass", False)
        bench.run(10)
        assert bench.state == "online"


def test_in_maintenance_the_load_is_on_the_raw_source():
    bench = with_bypass()
    bench.set("maintenance_bypass", True)
    bench.run(1)
    assert bench.state == "bypass"
    assert bench.from_bypass.sum() == pytest.approx(LOAD)
    assert bench.input_power == 0
    bench.bypass = level(0.7)
    bench.step()
    assert bench.output == pytest.approx(0.7)
    assert bench.battery.given == 0
    bench.bypass = GOOD
    bench.set("maintenance_bypass", False)
    bench.run(6)
    assert bench.state == "online"


def test_it_may_restart_on_bypass_first():
    bench = with_bypass(battery=Bucket(stored=NEEDED), restart_on_bypass=True)
    bench.source = bench.bypass = DEAD
    bench.run(10)
    assert bench.state == "off"
    bench.source = bench.bypass = GOOD
    bench.run(5.2)
    assert bench.state == "bypass"
    bench.run(60)
    assert bench.state == "online"


def test_in_eco_mode_the_load_sees_a_gap_before_the_inverter_has_it():
    bench = with_bypass(eco=True)
    bench.run(60)
    assert bench.state == "eco"
    assert bench.ups.loss < 0.5 * (NEEDED / 0.95 - LOAD)
    bench.source = bench.bypass = level(0.5)
    bench.step()
    assert bench.state == "on_battery"
    assert np.sqrt(0.9) - 1e-9 <= bench.output <= np.sqrt(0.96)
    bench.step()
    assert bench.output == pytest.approx(1.0)
    bench.source = bench.bypass = GOOD
    assert bench.seconds_until(lambda: bench.state == "eco") == pytest.approx(60, abs=1)
    bench.set("eco", False)
    bench.step()
    assert bench.state == "online"
    assert bench.output == pytest.approx(1.0)
