"""A set's controller: crank cycles, lock-out, cool-down, modes, protections."""

import numpy as np
import pytest

from generator_bench import RATING, Bench
from simulators.generator.generators import TRIPS


def test_it_cranks_fifteen_seconds_and_rests_fifteen_three_times_and_then_locks_out() -> None:
    bench = Bench()
    bench.fault("does_not_fire")
    cranking: list[bool] = []
    bench.run(80, each=lambda: cranking.append(bool(bench.sets.cranking[0, 0])))
    changes = np.flatnonzero(np.diff(cranking)) + 1
    assert np.diff([0, *changes]) * 0.1 == pytest.approx([15, 15, 15, 15, 15], abs=0.11)
    assert (bench.state(), bench.trip()) == ("locked_out", "overcrank")
    assert bench.sets.lockout[0, 0]


def test_the_lock_out_comes_seventy_five_seconds_after_the_start_signal_at_any_step() -> None:
    for dt in (0.1, 1.0):
        bench = Bench()
        bench.fault("does_not_fire")
        took = bench.until(lambda b=bench: b.state() == "locked_out", 90, dt=dt)
        assert took == pytest.approx(75, abs=1.01 * dt)


def test_a_locked_out_set_stays_so_until_a_person_resets_it() -> None:
    bench = Bench()
    bench.fault("does_not_fire")
    bench.run(80)
    bench.fault("none")
    bench.run(60)
    assert bench.state() == "locked_out"
    bench.all("reset", True)
    assert bench.trip() == "none"
    bench.run(10)
    assert bench.sets.in_spec[0, 0]


def test_a_slow_start_succeeds_in_the_second_or_the_third_cycle() -> None:
    bench = Bench(seeds=range(20))
    bench.fault("slow_start")
    ran = np.full(20, np.inf)

    def watch() -> None:
        fresh = (bench.sets.state[:, 0] == 2) & np.isinf(ran)
        ran[fresh] = (bench.now - begin) / 1e6

    begin = bench.now
    bench.run(70, each=watch)
    second, third = (ran > 31) & (ran < 33), (ran > 61) & (ran < 63)
    assert (second | third).all()
    assert second.any()
    assert third.any()


def test_an_engine_that_aborts_comes_up_falls_back_and_ends_in_overcrank() -> None:
    bench = Bench()
    bench.fault("aborts")
    speeds: list[float] = []
    bench.run(80, each=lambda: speeds.append(bench.sets.speed[0, 0] / 1800))
    up = np.array(speeds) > 0.5
    assert np.count_nonzero(np.diff(up.astype(int)) == 1) == 3
    assert 0.55 < max(speeds) < 0.75
    assert bench.trip() == "overcrank"


def test_a_start_signal_that_goes_ends_the_cranking() -> None:
    bench = Bench()
    bench.fault("does_not_fire")
    bench.run(5)
    bench.run(0.2, start=False)
    assert bench.state() == "stopped"
    assert not bench.sets.cranking.any()


def test_without_a_start_signal_it_opens_cools_down_for_five_minutes_and_stops() -> None:
    bench = Bench()
    bench.run(20)
    bench.run(298, start=False, dt=1.0)
    assert (bench.state(), bench.breaker()) == ("cooldown", "open")
    assert bench.sets.supply.lowest[0, 0] == pytest.approx(1, abs=0.01)
    bench.run(4, start=False)
    assert bench.state() == "stopped"
    bench.run(30, start=False)
    assert bench.sets.supply.highest[0, 0] == 0
    assert bench.sets.speed[0, 0] == 0


def test_called_again_while_it_cools_down_it_takes_the_load_at_once() -> None:
    bench = Bench()
    bench.run(20)
    bench.run(60, start=False)
    bench.run(0.1)
    assert (bench.state(), bench.breaker()) == ("running", "closed")


def test_called_again_as_it_runs_down_it_waits_until_the_engine_stands() -> None:
    bench = Bench(cooldown=1.0)
    bench.run(20)
    bench.run(3, start=False)
    assert bench.state() == "stopped"
    turning: list[bool] = []
    bench.until(lambda: bench.state() == "cranking", 40, each=lambda: turning.append(bool(bench.sets.speed[0, 0] > 40)))
    assert sum(turning[:-1]) > 50
    assert not turning[-2]


def test_one_that_does_not_stop_turns_on_after_its_cool_down_until_an_emergency_stop() -> None:
    bench = Bench(cooldown=20.0)
    bench.fault("does_not_stop")
    bench.run(20)
    bench.run(60, start=False)
    assert bench.state() == "cooldown"
    assert bench.sets.speed[0, 0] == pytest.approx(1800, rel=1e-3)
    bench.all("emergency_stop", True)
    bench.run(30, start=False)
    assert bench.sets.speed[0, 0] == 0


@pytest.mark.parametrize(("key", "value"), [("mode", "manual"), ("mode", "off"), ("start_wire", False)])
def test_a_set_that_the_signal_does_not_reach_stays_ready_and_draws_nothing_from_its_battery(
    key: str, value: object
) -> None:
    bench = Bench()
    bench.all(key, value)
    bench.run(90, dt=0.5)
    assert (bench.state(), bench.trip()) == ("stopped", "none")
    assert bench.sets.battery_voltage[0, 0] > 27


def test_a_person_starts_it_in_manual_and_without_a_wire_but_not_when_it_is_off() -> None:
    bench = Bench(3)
    bench.all("mode", "manual", 0)
    bench.all("start_wire", False, 1)
    bench.all("mode", "off", 2)
    for i in range(3):
        bench.all("start_by_hand", True, i)
    bench.run(12)
    assert [bench.state(i) for i in range(3)] == ["running", "running", "stopped"]
    assert [bench.breaker(i) for i in range(3)] == ["closed", "closed", "open"]


def test_turned_to_manual_a_running_set_runs_on_and_turned_to_off_it_stops_at_once() -> None:
    bench = Bench()
    bench.run(15)
    bench.all("mode", "manual")
    bench.run(5, start=False)
    assert bench.state() == "running"
    bench.all("mode", "off")
    bench.run(0.1)
    assert (bench.state(), bench.breaker()) == ("stopped", "open")


def test_an_emergency_stop_locks_a_resting_set_out_and_holds_until_it_is_released() -> None:
    bench = Bench()
    bench.all("emergency_stop", True)
    bench.run(1, start=False)
    assert (bench.state(), bench.trip()) == ("locked_out", "emergency_stop")
    bench.all("reset", True)
    bench.run(20)
    assert bench.trip() == "emergency_stop"
    bench.all("emergency_stop", False)
    bench.all("reset", True)
    bench.run(12)
    assert bench.state() == "running"


def test_an_overload_opens_the_breaker_and_the_engine_cools_down_before_it_locks_out() -> None:
    bench = Bench(cooldown=20.0)
    bench.run(30)
    bench.run(5, load=0.7 * RATING)
    bench.run(9, load=1.08 * RATING)
    assert bench.breaker() == "closed"
    bench.run(3, load=1.08 * RATING)
    assert (bench.state(), bench.breaker(), bench.trip()) == ("cooldown", "tripped", "overload")
    bench.run(15)
    assert bench.state() == "cooldown"
    bench.run(6)
    assert bench.state() == "locked_out"


def test_low_voltage_counts_only_once_the_engine_has_had_its_time() -> None:
    bench = Bench(undervoltage=0.95)
    bench.fault("low_output")
    tripped = bench.until(lambda: bench.trip() == "undervoltage", 30)
    fired = bench.sets.parameters.safety_on[0, 0] + 2  # of cranking
    assert tripped == pytest.approx(fired + 5, abs=1)


def test_the_first_cause_stays() -> None:
    bench = Bench()
    bench.run(20)
    bench.fault("overspeed")
    bench.run(3)
    bench.all("emergency_stop", True)
    bench.run(3)
    assert bench.trip() == "overspeed"


def test_every_word_of_a_trip_is_there_once() -> None:
    assert len(set(TRIPS)) == len(TRIPS) == 12
