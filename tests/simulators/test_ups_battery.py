"""The UPS and its battery together: how long they last, what comes back, tests."""

import numpy as np
import pytest

from simulators.battery.batteries import Batteries
from simulators.chance import Chance
from simulators.parameters import Tables
from telemetry.block import SECOND
from ups_bench import DEAD, GOOD, RATING, Bench


def with_strings(load=1.0, **parameters):
    tables = Tables([{"ups-a": parameters}])
    battery = Batteries(("ups-a",), np.array([RATING]), tables, Chance([1], ["ups-a"]))
    bench = Bench(battery=battery)
    bench.load = load * RATING
    return bench


def strings_step(bench, dt):
    """A step, the balance of UPS and battery together at its end."""
    ups, battery = bench.ups, bench.battery
    before = battery.stored.copy()
    bench.now += round(dt * SECOND)
    live = ups.energise(bench.now, dt, bench.source, bench.bypass).lowest > 0.5
    ups.absorb(bench.now, dt, np.full((1, 1, 3), bench.load / 3) * live[..., np.newaxis])
    coming = ups.input_power + ups.bypass_power - ups.load - ups.loss - battery.loss
    assert np.allclose(coming * dt, battery.stored - before, rtol=1e-6, atol=1.0)
    return battery.power[0, 0]


def test_with_strings_it_carries_the_load_as_long_as_they_last_and_recharges_them():
    bench = with_strings(load=0.5)
    bench.source = DEAD
    seconds = 0.0
    while bench.state != "off":
        strings_step(bench, 1.0)
        seconds += 1.0
        assert seconds < 3_000
    assert 850 < seconds < 1_300  # 480 s at rated load; half of it lasts more than twice as long
    bench.source = GOOD
    for _ in range(30):
        strings_step(bench, 1.0)
    low = bench.battery.charge[0, 0]
    assert bench.battery.current > 0
    for _ in range(360):
        strings_step(bench, 10.0)
    assert bench.battery.charge[0, 0] > low + 0.2
    assert bench.state == "online"


def test_an_open_breaker_of_the_real_battery_drops_the_load_and_fails_the_test():
    bench = with_strings(load=0.5)
    bench.battery.set(0, 0, "breaker", "open")
    bench.set("test", True)
    for _ in range(5):
        strings_step(bench, 0.1)
        assert bench.output == pytest.approx(1.0)
    assert bench.test_result == "failed"
    bench.source = DEAD
    strings_step(bench, 0.1)
    assert bench.state == "off"


def test_a_battery_that_is_worn_out_fails_its_test_and_a_sound_one_passes():
    results = []
    for health in ([1.0, 1.0], [0.03, 0.0]):
        bench = with_strings(load=0.9, health=health)
        bench.set("test", True)
        for _ in range(120):
            strings_step(bench, 0.1)
        assert bench.ups.load == pytest.approx(0.9 * RATING)
        results.append(bench.test_result)
    assert results == ["passed", "failed"]
