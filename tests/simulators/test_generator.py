"""A generator set: battery, engine, governor, regulator, coolant, fuel, as they are measured."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator_bench import RATING, Bench
from simulators.generator.generators import FAULTS
from simulators.generator.parameters import GeneratorParameters


def _loaded(load: float, seconds: float = 60.0, **parameters: float) -> Bench:
    bench = Bench(**parameters)
    bench.run(15)
    bench.run(seconds, load=load * RATING)
    return bench


def test_a_sound_set_is_in_spec_within_ten_seconds_of_its_start_signal_at_every_seed() -> None:
    bench = Bench(seeds=range(40))
    bench.run(10)
    assert bench.sets.in_spec.all()
    assert bench.sets.closed.all()


def test_starts_differ_from_seed_to_seed() -> None:
    bench = Bench(seeds=range(40))
    first: dict[int, float] = {}

    def watch() -> None:
        for site in np.flatnonzero(bench.sets.in_spec[:, 0]):
            first.setdefault(int(site), bench.now)

    bench.run(10, each=watch)
    assert np.ptp(list(first.values())) > 0.5e6


def test_the_start_battery_dips_to_about_twenty_volts_with_each_attempt_deeper_and_recovers_in_the_rests() -> None:
    bench = Bench()
    bench.fault("does_not_fire")
    assert bench.sets.battery_voltage[0, 0] == pytest.approx(27.2)
    dips, rests = [], []
    for _ in range(3):
        bench.run(14)
        dips.append(bench.sets.battery_voltage[0, 0])
        assert 100 < bench.sets.speed[0, 0] < 250
        bench.run(15.8)
        rests.append(bench.sets.battery_voltage[0, 0])
        assert bench.sets.speed[0, 0] < 5
        bench.run(0.2)
    assert 17 < dips[2] < dips[1] < dips[0] < 21
    assert dips[0] - dips[2] > 0.6
    assert min(rests) > 25


def test_a_dead_start_battery_collapses_below_nine_volts_and_nothing_turns() -> None:
    bench = Bench()
    bench.fault("dead_battery")
    assert bench.sets.battery_voltage[0, 0] > 27
    speeds: list[float] = []
    bench.run(14, each=lambda: speeds.append(bench.sets.speed[0, 0]))
    assert bench.sets.battery_voltage[0, 0] < 9
    assert max(speeds) == 0


def test_a_worn_battery_dips_deeper_and_turns_slower() -> None:
    new, worn = Bench(), Bench(battery_health=0.5)
    for bench in (new, worn):
        bench.fault("does_not_fire")
        bench.run(14)
    assert worn.sets.battery_voltage[0, 0] < new.sets.battery_voltage[0, 0] - 2
    assert 0 < worn.sets.speed[0, 0] < 0.8 * new.sets.speed[0, 0]


def test_without_its_charger_a_battery_drains_slowly() -> None:
    bench = Bench()
    bench.all("charger", False)
    bench.run(3600, dt=10.0, start=False)
    after_an_hour = bench.sets.battery_voltage[0, 0]
    bench.run(48 * 3600, dt=60.0, start=False)
    assert 24.5 < bench.sets.battery_voltage[0, 0] < after_an_hour - 0.1
    assert after_an_hour < 25.3


@pytest.mark.parametrize("load", [0.3, 0.5, 0.7])
def test_a_healthy_set_holds_iso_8528_5_class_g2_on_load_and_on_rejection(load: float) -> None:
    bench = Bench()
    bench.run(30)
    course: list[tuple[float, float]] = []

    def watch() -> None:
        course.append((bench.sets.speed[0, 0] / 1800, bench.sets.supply.lowest[0, 0]))

    bench.run(10, load=load * RATING, each=watch)
    bench.run(10, each=watch)
    speed, voltage = np.array(course).T
    on, off = slice(0, 100), slice(100, 200)
    assert 0.90 <= speed[on].min() < 1 - 0.05 * load  # it does dip
    assert 0.80 <= voltage[on].min() < 1 - 0.05 * load
    assert 1 + 0.05 * load < speed[off].max() <= 1.12
    assert voltage[off].max() <= 1.25
    for part in (on, off):
        assert np.abs(speed[part][50:] - 1).max() < 0.015  # recovered within 5 s
        assert np.abs(voltage[part][60:] - 1).max() < 0.025  # within 6 s


def test_it_carries_its_full_load_in_one_step_outside_g2_and_without_a_trip() -> None:
    bench = Bench()
    bench.run(30)
    low: list[float] = []
    bench.run(20, load=RATING, each=lambda: low.append(bench.sets.speed[0, 0] / 1800))
    assert min(low) < 0.91
    assert bench.state() == "running"
    assert bench.sets.speed[0, 0] == pytest.approx(1800, rel=1e-3)


def test_a_turbocharger_that_is_slow_to_help_makes_the_dip_of_a_large_step_deeper_and_of_a_small_one_not() -> None:
    dips = {}
    for load in (0.3, 0.8):
        for turbo in (0.1, 2.0):
            bench = Bench(aspirated=0.7, turbo=turbo)
            bench.run(40)
            low: list[float] = []
            bench.run(5, load=load * RATING, each=lambda s=low, b=bench: s.append(b.sets.speed[0, 0]))
            dips[load, turbo] = min(low)
    assert dips[0.3, 0.1] == pytest.approx(dips[0.3, 2.0])
    assert dips[0.8, 0.1] < dips[0.8, 2.0] - 20


def test_the_voltage_comes_back_with_its_time_constant() -> None:
    bench = Bench(voltage_recovery=1.5, knee=0.5)
    bench.run(40)
    levels: list[float] = []
    bench.run(2, load=0.4 * RATING, each=lambda: levels.append(1 - bench.sets.supply.lowest[0, 0]))
    assert levels[15] / levels[0] == pytest.approx(np.exp(-1), rel=0.1)


def test_the_swing_agrees_with_a_plain_scalar_integration() -> None:
    """The same engine in steps of a tenth of a millisecond, written out."""
    bench = Bench()
    bench.run(40)
    mine: list[float] = []
    bench.run(5, load=0.6 * RATING, each=lambda: mine.append(bench.sets.speed[0, 0] / 1800))
    p, h, load = GeneratorParameters(), 1e-4, 0.6
    friction = p.friction + p.fan
    speed, torque, integral, slow = 1.0, friction, 0.0, []
    for k in range(50_000):
        drag = p.friction + p.fan * speed**2
        error = 1 - speed
        integral += p.governor_reset * error * h
        torque += (drag + p.governor * error + integral - torque) * h / p.actuator
        speed += (torque - drag - (load + p.copper * load**2) / speed) * h / (2 * p.inertia)
        if (k + 1) % 1000 == 0:
            slow.append(speed)
    assert np.abs(np.array(mine) - slow).max() < 0.004
    assert min(mine) == pytest.approx(min(slow), abs=0.003)


@pytest.mark.parametrize("load", [0.6, 1.3])
def test_a_load_beyond_the_engine_drags_the_speed_down_until_the_set_trips(load: float) -> None:
    bench = Bench()
    if load < 1:
        bench.fault("weak_engine")
    bench.run(30)
    frequencies: list[float] = []

    def watch() -> None:
        if bench.breaker() == "closed":
            frequencies.append(bench.sets.supply.frequency[0, 0])

    bench.run(10, load=load * RATING, each=watch)
    assert bench.trip() == "underfrequency"
    assert (bench.state(), bench.breaker()) == ("locked_out", "tripped")
    assert 40 < frequencies[-1] < 52.5
    assert np.all(np.diff(frequencies[1:]) < 0)
    assert bench.buses.supply.frequency[0, 0] == 0


def test_the_voltage_dip_is_in_proportion_to_the_step() -> None:
    dips = []
    for load in (0.2, 0.4):
        bench = Bench()
        bench.run(40)
        bench.run(0.1, load=load * RATING)
        dips.append(1 - bench.sets.supply.lowest[0, 0])
    assert dips[1] == pytest.approx(2 * dips[0], rel=0.1)


@given(
    st.lists(
        st.tuples(st.floats(0, 1.5), st.booleans(), st.sampled_from(FAULTS), st.sampled_from([0.1, 0.1, 1.0, 10.0])),
        min_size=1,
        max_size=5,
    )
)
@settings(max_examples=10, deadline=None)
def test_energy_is_kept_and_nothing_leaves_its_bounds_whatever_happens(
    events: list[tuple[float, bool, str, float]],
) -> None:
    bench = Bench(2, shared=True)
    bench.run(12)
    for load, start, fault, dt in events:
        bench.fault(fault)
        bench.run(max(5.0, 3 * dt), dt=dt, start=start, load=load * RATING)
        sets = bench.sets
        assert bench.imbalance < 1e-6
        assert ((sets.speed >= 0) & (sets.speed < 1.4 * 1800)).all()
        assert ((sets.supply.lowest >= 0) & (sets.supply.highest < 1.6)).all()
        assert ((sets.battery_voltage > 0) & (sets.battery_voltage < 27.3)).all()
        assert ((sets.fuel >= 0) & (sets.fuel <= 100)).all()
        assert (sets.coolant < 120).all()


def test_energy_is_kept_through_a_whole_start_stop_and_rest() -> None:
    bench = Bench(cooldown=10.0)
    bench.run(20, load=0.5 * RATING)
    bench.run(60, start=False)
    bench.run(600, dt=10.0, start=False)
    assert bench.state() == "stopped"
    assert bench.sets.stored[0, 0] == 0
    assert bench.imbalance < 1e-9
    assert bench.sets.loss[0, 0] == 0


@pytest.mark.parametrize("dt", [1.0, 10.0])
def test_the_length_of_steps_changes_nothing_that_lasts(dt: float) -> None:
    fine, coarse = Bench(), Bench()
    for bench, step in ((fine, 0.1), (coarse, dt)):
        bench.run(40)
        bench.run(50, dt=step, load=0.5 * RATING)
        bench.run(50, dt=step, load=0.7 * RATING)
    for quantity in ("speed", "fuel", "coolant", "battery_voltage", "stored"):
        assert getattr(coarse.sets, quantity) == pytest.approx(getattr(fine.sets, quantity), rel=2e-3), quantity
    assert coarse.gained == pytest.approx(fine.gained, rel=2e-3)
    assert coarse.imbalance < 1e-6


def test_steps_of_one_second_show_the_same_dip_as_steps_of_a_tenth() -> None:
    ends = []
    for dt in (0.1, 1.0):
        bench = Bench()
        bench.run(40)
        speeds: list[float] = []
        bench.run(5, dt=dt, load=0.6 * RATING, each=lambda s=speeds, b=bench: s.append(b.sets.speed[0, 0]))
        ends.append(speeds[round(1 / dt) - 1 :: round(1 / dt)])
    assert ends[0] == pytest.approx(ends[1], rel=1e-6)


def test_any_number_of_sites_gives_each_the_answer_that_it_has_alone() -> None:
    together = Bench(2, seeds=(3, 4, 5), shared=True)
    alone = [Bench(2, seeds=(seed,), shared=True) for seed in (3, 4, 5)]
    for bench in (together, *alone):
        bench.fault("slow_start", 1)
        bench.run(40, load=0.4 * RATING)
    for site, bench in enumerate(alone):
        for quantity in ("speed", "fuel", "coolant", "battery_voltage", "load", "state", "breaker"):
            there = getattr(together.sets, quantity)[site]
            assert there == pytest.approx(getattr(bench.sets, quantity)[0], abs=1e-9), quantity
        assert together.sets.supply.volts[site] == pytest.approx(bench.sets.supply.volts[0], abs=1e-9)


def test_a_full_tank_lasts_its_hours_at_full_load_and_many_times_that_at_none() -> None:
    idle, full = Bench(), Bench()
    idle.run(60)
    full.run(60)
    before = full.sets.fuel[0, 0], idle.sets.fuel[0, 0]
    full.run(3600, dt=10.0, load=RATING)
    idle.run(3600, dt=10.0)
    burnt = before[0] - full.sets.fuel[0, 0]
    assert burnt == pytest.approx(100 / 24, rel=0.01)
    assert before[1] - idle.sets.fuel[0, 0] < 0.15 * burnt


def test_without_its_fan_it_warns_and_then_trips_about_nine_minutes_after_the_start() -> None:
    bench = Bench()
    bench.fault("fan_failed")
    bench.run(20, load=0.6 * RATING)
    warned = 20 + bench.until(lambda: bool(bench.sets.high_temperature_warning[0, 0]), 900, dt=1.0, load=0.6 * RATING)
    tripped = warned + bench.until(lambda: bench.trip() != "none", 900, dt=1.0, load=0.6 * RATING)
    assert bench.trip() == "high_temperature"
    assert tripped == pytest.approx(540, abs=60)
    assert 30 < tripped - warned < 180


@pytest.mark.parametrize("load", [0.0, 0.6, 1.0])
def test_with_its_fan_the_coolant_settles_at_the_thermostat_in_steps_of_any_length(load: float) -> None:
    bench = Bench()
    bench.run(30)
    bench.run(3000, dt=10.0, load=load * RATING)
    assert 80 < bench.sets.coolant[0, 0] < 95
    before = bench.sets.coolant[0, 0]
    bench.run(10, dt=10.0, load=load * RATING)
    assert bench.sets.coolant[0, 0] == pytest.approx(before, abs=0.05)


def test_a_resting_engine_is_kept_warm_unless_its_heater_failed() -> None:
    bench = Bench(2)
    bench.all("heater", False, 1)
    bench.run(7200, dt=20.0, start=False)
    assert bench.sets.coolant[0] == pytest.approx([40, 25.3], abs=0.3)


def test_a_leak_empties_the_tank_and_the_engine_stalls_of_it() -> None:
    bench = _loaded(0.5, 20)
    bench.fault("fuel_leak")
    took = bench.until(lambda: bench.trip() != "none", 700, dt=2.0, load=0.5 * RATING)
    assert took == pytest.approx(60 * 96 / 10, rel=0.02)
    assert bench.trip() == "out_of_fuel"
    bench.run(30)
    assert bench.sets.speed[0, 0] == 0
    assert bench.sets.fuel[0, 0] == 0


def test_out_of_fuel_stops_it_and_no_start_succeeds_before_it_is_filled() -> None:
    bench = _loaded(0.5, 20)
    bench.fault("out_of_fuel")
    bench.run(30)
    assert bench.trip() == "out_of_fuel"
    bench.fault("none")
    bench.all("reset", True)
    bench.run(80)
    assert bench.trip() == "overcrank"
    bench.all("fuel", 50.0)
    bench.all("reset", True)
    bench.run(10)
    assert bench.sets.in_spec[0, 0]


def test_low_output_is_steady_at_eighty_percent_and_not_in_spec() -> None:
    bench = Bench()
    bench.fault("low_output")
    bench.run(30)
    assert bench.sets.supply.lowest[0, 0] == pytest.approx(0.8, abs=1e-3)
    assert bench.state() == "running"
    assert bench.breaker() == "open"


def test_a_governor_set_low_is_not_in_spec() -> None:
    bench = Bench()
    bench.fault("low_frequency")
    bench.run(30)
    assert bench.sets.supply.frequency[0, 0] == pytest.approx(0.93 * 60, abs=0.01)
    assert bench.sets.supply.lowest[0, 0] == pytest.approx(0.93 / 0.96, abs=1e-3)  # volts by hertz below the knee
    assert not bench.sets.in_spec[0, 0]


def test_an_unstable_regulator_swings_by_eight_percent_about_twice_in_five_seconds() -> None:
    bench = Bench()
    bench.run(30)
    bench.fault("unstable")
    levels: list[float] = []
    bench.run(30, each=lambda: levels.append(bench.sets.supply.lowest[0, 0]))
    assert 0.915 < min(levels) < 0.925
    assert 1.075 < max(levels) < 1.085
    crossings = int(np.count_nonzero(np.diff(np.sign(np.array(levels) - 1))))
    assert crossings == pytest.approx(2 * 0.43 * 30, abs=2)
    assert not bench.sets.quiet


@pytest.mark.parametrize(
    ("fault", "trip", "within"),
    [("overspeed", "overspeed", 2), ("overvoltage", "overvoltage", 4), ("low_oil_pressure", "low_oil_pressure", 3)],
)
def test_a_running_set_trips_on_what_is_out_of_its_limits(fault: str, trip: str, within: float) -> None:
    bench = _loaded(0.3, 10)
    bench.fault(fault)
    bench.until(lambda: bench.trip() != "none", within, load=0.3 * RATING if fault != "overspeed" else 0.0)
    assert bench.trip() == trip
    assert (bench.state(), bench.breaker()) == ("locked_out", "tripped")


def test_oil_pressure_follows_the_speed() -> None:
    bench = Bench()
    assert bench.sets.oil_pressure[0, 0] == 0
    bench.run(20)
    assert bench.sets.oil_pressure[0, 0] == pytest.approx(420, rel=0.01)


def test_a_load_bank_loads_a_set_that_exercises_with_its_breaker_open() -> None:
    bench = Bench()
    bench.all("exercise", True)
    bench.all("load_bank", 0.4 * RATING)
    bench.run(30, start=False)
    assert bench.state() == "running"
    assert bench.breaker() == "open"
    assert bench.sets.load[0, 0] == pytest.approx(0.4 * RATING, rel=1e-6)
    bench.run(5, start=True)
    assert bench.breaker() == "closed"


def test_the_angle_of_its_phasors_turns_with_the_difference_from_nominal_frequency() -> None:
    bench = Bench()
    bench.fault("low_frequency")
    bench.run(40)
    before = bench.sets.supply.angle[0, 0]
    bench.run(0.1)
    turned = (bench.sets.supply.angle[0, 0] - before + np.pi) % (2 * np.pi) - np.pi
    assert turned == pytest.approx(-2 * np.pi * 60 * 0.07 * 0.1, rel=1e-3)


def test_quiet_is_rest_and_steady_load_but_no_start_step_or_run_down() -> None:
    bench = Bench()
    bench.run(1, start=False)
    assert bench.sets.quiet
    bench.run(5)
    assert not bench.sets.quiet
    bench.run(75, load=0.5 * RATING)
    assert bench.sets.quiet
    bench.run(0.5, load=0.7 * RATING)
    assert not bench.sets.quiet
    bench.run(60, start=False)
    assert bench.sets.quiet
    bench.run(235, dt=1.0, start=False)  # the cool-down ends within ten seconds
    assert not bench.sets.quiet
    bench.run(10, start=False)
    assert bench.state() == "stopped"
    assert not bench.sets.quiet
    bench.run(60, start=False)
    assert bench.sets.quiet


@pytest.mark.parametrize(
    ("key", "value"),
    [("fault", "moody"), ("fuel", 101.0), ("fuel", True), ("mode", "auto "), ("charger", 1), ("reset", False)],
)
def test_what_it_cannot_be_set_to_is_refused_with_what_it_can(key: str, value: object) -> None:
    with pytest.raises(ValueError, match=r"does_not_fire.*start_by_hand.*reset"):
        Bench().sets.set(0, 0, key, value)


def test_the_words_that_it_is_watched_by_are_its_own() -> None:
    words = [word for words, _ in Bench().sets.watched.values() for word in words]
    assert len(set(words)) == len(words)
