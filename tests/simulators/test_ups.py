"""The UPS's power path: ride-through, walk-in, exhaustion, backfeed, energy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.chance import Chance
from simulators.parameters import Tables
from simulators.supply import Supply, balanced
from simulators.ups.controller import FAULTS, STATES
from simulators.ups.upses import Upses
from telemetry.block import SECOND
from ups_bench import DEAD, GOOD, LOAD, NEEDED, RATING, Bench, Bucket, level


def test_the_load_does_not_notice_that_the_input_is_lost():
    bench = Bench()
    bench.source = DEAD
    bench.step()
    assert bench.state == "on_battery"
    assert bench.output == pytest.approx(1.0)
    assert bench.battery.given == pytest.approx(NEEDED)
    assert bench.input_power == 0


def test_a_dip_of_one_phase_does_not_reach_the_load():
    bench = Bench()
    volts = GOOD.volts * np.array([1.0, 0.2, 1.0])
    bench.source = GOOD._replace(volts=volts)
    bench.step()
    assert bench.ups.output.levels == pytest.approx(np.ones((1, 1, 3)))
    assert bench.input_power == 0


def test_what_goes_in_is_what_comes_out_and_the_losses():
    bench = Bench()
    assert bench.input_power == pytest.approx(NEEDED / 0.95)
    assert bench.ups.loss == pytest.approx(NEEDED / 0.95 - LOAD)
    assert bench.ups.batteries.expected == pytest.approx(NEEDED)


def test_the_input_current_is_the_same_in_each_phase():
    bench = Bench()
    bench.source = GOOD._replace(volts=GOOD.volts * np.array([1.0, 0.9, 0.95]))
    bench.step()
    currents = bench.input[0, 0] / bench.source.levels[0, 0]
    assert currents == pytest.approx(np.full(3, currents.mean()))
    assert bench.input.sum() == pytest.approx(NEEDED / 0.95)


def test_the_rectifier_walks_in_after_the_input_was_good_for_a_while():
    bench = Bench(walk_in=10.0)
    bench.source = DEAD
    bench.run(30)
    bench.source = GOOD
    bench.run(4.9)
    assert bench.input_power == 0
    bench.run(5.1)
    assert bench.input_power == pytest.approx(0.5 * NEEDED / 0.95, rel=0.05)
    assert bench.battery.given == pytest.approx(0.5 * NEEDED, rel=0.05)
    assert bench.state == "on_battery"
    assert bench.ups.watched["source"][1] == 0
    bench.run(5.3)
    assert bench.state == "online"
    assert bench.battery.taken == 2_000


def test_a_rectifier_at_its_limit_has_the_battery_help_at_low_voltage():
    bench = Bench()
    bench.load = RATING
    bench.run(1)
    assert bench.battery.given == 0
    bench.source = level(0.86)
    bench.run(1)
    rated = (RATING / 0.95 + 1_000) / 0.95
    assert bench.state == "online"
    assert bench.input_power == pytest.approx(1.1 * 0.86 * rated)
    assert bench.battery.given == pytest.approx(0.95 * rated * (1 - 1.1 * 0.86))


def test_a_long_outage_ends_in_no_output_when_the_energy_is_used_up():
    bench = Bench(battery=Bucket(stored=30 * NEEDED))
    bench.source = DEAD
    assert bench.seconds_until(lambda: bench.state == "off") == pytest.approx(30, abs=0.11)
    assert bench.output == 0
    assert bench.ups.watched["output"][1] == 1
    assert bench.ups.load == 0
    bench.run(5)
    assert bench.battery.given == 0


def test_after_exhaustion_it_restarts_once_the_input_was_good_for_a_minute():
    bench = Bench(battery=Bucket(stored=NEEDED))
    bench.source = DEAD
    bench.run(10)
    assert bench.state == "off"
    bench.source = GOOD
    bench.run(59)
    assert bench.output == 0
    assert bench.battery.stored > 0.5 * NEEDED  # it charges meanwhile
    bench.run(2)
    assert bench.state == "online"
    assert bench.output == pytest.approx(1.0)


@pytest.mark.parametrize("cause", ["empty", "open", "path"])
def test_without_its_battery_the_output_drops_with_the_input(cause):
    bench = Bench()
    if cause == "empty":
        bench.battery.stored[:], bench.battery.exhausted[:] = 0.0, True
    elif cause == "open":
        bench.battery.breaker[:] = 0
    else:
        bench.set("fault", "battery_path")
        bench.battery.room[:] = 1e6
    bench.run(1)
    assert bench.battery.taken == 0
    assert bench.state == "online"
    bench.source = DEAD
    bench.step()
    assert bench.state == "off"
    assert bench.output == 0


def test_a_battery_too_weak_for_the_load_lets_it_go():
    bench = Bench()
    bench.battery.most[:] = NEEDED / 2
    bench.source = DEAD
    bench.step()
    assert bench.ups.load == pytest.approx(LOAD - 0.95 * NEEDED / 2)
    bench.step()
    assert bench.state == "off"
    assert not bench.battery.exhausted


def test_a_failed_charger_leaves_the_battery_as_it_is():
    bench = Bench(battery=Bucket(room=1e6))
    assert bench.battery.taken > 0
    bench.set("fault", "charger")
    bench.run(1)
    assert bench.battery.taken == 0
    assert bench.input_power == pytest.approx(NEEDED / 0.95)


def test_the_output_runs_free_without_a_bypass_and_in_phase_with_one():
    bench = Bench()
    bench.run(5)
    assert bench.ups.output.frequency == pytest.approx(60.0)
    for step in range(200):  # a bypass of 60.2 Hz that starts 2 rad ahead
        bench.bypass = balanced(np.ones((1, 1)), np.full((1, 1), 60.2), 2.0 + 2 * np.pi * 0.2 * (step + 1) * 0.1)
        bench.step()
        if step == 1:
            assert bench.ups.output.frequency > 60.5  # it catches up
    assert bench.ups.output.angle == pytest.approx(bench.bypass.angle)
    assert bench.ups.output.frequency == pytest.approx(60.2)
    assert bench.ups.output.levels == pytest.approx(np.ones((1, 1, 3)))
    bench.bypass = DEAD
    before = bench.ups.output.angle
    bench.run(1)
    assert bench.ups.output.frequency == pytest.approx(60.0)
    assert bench.ups.output.angle == pytest.approx(before)


@pytest.mark.parametrize("sag", [0.3, 0.5, 0.7])
def test_energy_flows_back_into_a_sag_until_the_input_is_parted(sag):
    bench = Bench(isolation_delay=2.0)
    bench.source = level(sag)
    bench.step()
    back = 4 * sag * (1 - sag) * RATING
    assert bench.state == "on_battery"
    assert bench.input_power == pytest.approx(-back)
    assert bench.battery.given == pytest.approx(NEEDED + back / 0.95)
    bench.run(1.8)
    assert bench.input_power < 0
    bench.run(0.3)
    assert bench.input_power == 0
    assert bench.battery.given == pytest.approx(NEEDED)


def test_nothing_flows_back_into_a_dead_source_nor_without_a_delay():
    slow, fast = Bench(isolation_delay=2.0), Bench()
    slow.source, fast.source = DEAD, level(0.5)
    for bench in (slow, fast):
        bench.run(1)
        assert bench.input_power == 0


def test_it_warms_up_with_its_losses():
    idle, half, full = Bench(), Bench(), Bench()
    assert half.ups.temperature == pytest.approx(28.8, abs=0.1)  # it had been running
    idle.load, full.load = 0.0, RATING
    for bench in (idle, half, full):
        bench.run(4_000, dt=10)
    temperatures = [bench.ups.temperature[0, 0] for bench in (idle, half, full)]
    assert temperatures == pytest.approx([25.6, 28.8, 32.0], abs=0.1)
    full.ups.ambient[:] = 35.0
    full.run(600, dt=10)
    assert full.ups.temperature == pytest.approx(32 + 10 * (1 - np.exp(-1)), abs=0.01)


def outage(steps):
    """An outage of 20 s and a minute after it, in steps that go round."""
    bench, i = Bench(battery=Bucket(stored=60 * NEEDED)), 0
    drawn = 0.0
    start = bench.now
    states = []
    while (elapsed := (bench.now - start) / SECOND) < 80:
        bench.source = DEAD if elapsed < 20 else GOOD
        bench.step(steps[i % len(steps)])
        drawn += steps[i % len(steps)] * bench.battery.given[0, 0]
        states.append((bench.now, bench.state))
        i += 1
    return drawn, next(at for at, state in states if state == "online"), bench.ups.temperature[0, 0]


@pytest.mark.parametrize("steps", [(1.0,), (0.1, 0.5, 0.4, 1.0)])
def test_the_length_of_the_steps_matters_little(steps):
    drawn, online, temperature = outage((0.1,))
    assert outage(steps)[0] == pytest.approx(drawn, rel=0.03)
    assert outage(steps)[1] == pytest.approx(online, abs=1.0 * SECOND)
    assert outage(steps)[2] == pytest.approx(temperature, abs=0.02)


def test_each_of_many_is_as_it_would_be_alone():
    rng = np.random.default_rng(5)
    sites, n, steps = 2, 2, 720
    shape = (sites, n)
    names = ("ups-a", "ups-b")
    levels = np.repeat(rng.choice([0.0, 0.5, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0], (steps // 60, *shape)), 60, axis=0)
    others = np.repeat(rng.choice([0.0, 1.0, 1.0, 1.0], (steps // 90, *shape)), 90, axis=0)
    loads = np.repeat(rng.uniform(0, 2.5, (steps // 45, *shape)), 45, axis=0) * RATING / 3
    eco = {"ups-a": {"eco": True, "eco_return": 5.0}, "ups-b": {"isolation_delay": 1.0}}

    def run(of_site, of_part):
        few = np.ones((len(of_site), len(of_part)))
        ups = Upses(
            tuple(names[i] for i in of_part),
            np.full(len(of_part), RATING),
            np.full(len(of_part), 60.0),
            np.full(len(of_part), 3 * SECOND),
            Tables([eco] * len(of_site)),
            Bucket(few.shape, stored=20 * NEEDED),
            Chance([10 + s for s in of_site], [names[i] for i in of_part]),
        )
        pick = np.ix_(of_site, of_part)
        for step in range(steps):
            now = (step + 1) * SECOND // 10
            source, bypass = (balanced(height[step][pick], 60.0 * few) for height in (levels, others))
            output = ups.energise(now, 0.1, source, bypass)
            ups.absorb(now, 0.1, np.repeat((loads[step][pick] * (output.lowest > 0.5))[..., np.newaxis], 3, -1))
            yield ups.mode, ups.input_power, output.levels.copy(), ups.temperature, ups.batteries.stored

    together = list(run([0, 1], [0, 1]))
    assert {STATES[code] for step in together for code in step[0].flat} >= {"online", "on_battery", "bypass", "eco"}
    for s in range(sites):
        for i in range(n):
            for many, alone in zip(together, run([s], [i]), strict=True):
                for a, b in zip(many, alone, strict=True):
                    assert np.allclose(a[s, i], b[0, 0], rtol=1e-9)


SETTINGS = st.one_of(
    st.tuples(st.just("fault"), st.sampled_from(FAULTS)),
    st.tuples(st.sampled_from(["maintenance_bypass", "eco", "off", "emergency_off"]), st.booleans()),
    st.tuples(st.sampled_from(["test", "unlock", "restart"]), st.just(True)),
)
SOURCES = st.tuples(
    *[st.sampled_from([0.0, 0.3, 0.84, 0.9, 1.0, 1.05, 1.2])] * 3,
    st.sampled_from([0.0, 58.5, 60.0, 60.3]),
    st.floats(0, 0.12),
)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            SOURCES,
            SOURCES,
            st.floats(0, 2),
            st.sampled_from([0.1, 1.0, 10.0]),
            st.integers(1, 30),
            st.none() | SETTINGS,
        ),
        max_size=8,
    ),
    st.floats(1e4, 3e7),
    st.sampled_from([0.0, 3.0]),
)
def test_no_energy_comes_from_nowhere(spells, stored, isolation):
    bench = Bench(battery=Bucket(stored=stored, room=1e6), isolation_delay=isolation, eco_return=3.0)
    ups = bench.ups

    def feed(a, b, c, frequency, distortion):
        return Supply(np.array([[[a, b, c]]]) * GOOD.volts, np.array([[frequency]]), np.array([[distortion]]))

    for source, bypass, load, dt, steps, setting in spells:
        bench.source, bench.bypass, bench.load = feed(*source), feed(*bypass), load * RATING
        if setting:
            bench.set(*setting)
        for _ in range(steps):
            bench.step(dt)
            coming = ups.input_power + ups.bypass_power + bench.battery.given
            going = ups.load + ups.loss + bench.battery.taken
            assert np.allclose(coming, going, rtol=1e-6, atol=1e-3)
            assert ups.loss >= -1e-3
            assert ups.load <= bench.load + 1e-6
            assert np.allclose(ups.input_power, bench.input.sum())
            assert np.allclose(ups.bypass_power, bench.from_bypass.sum())
            assert (ups.output.levels <= 1.2 + 1e-9).all()
            if bench.state == "off":
                assert not ups.output.volts.any()
                assert ups.bypass_power == 0
            if bench.state in {"online", "on_battery", "test"}:
                assert ups.bypass_power == 0
            if ups.input_power > 0:
                assert ups.accepted.all()
