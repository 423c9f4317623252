"""The UPS: ride-through, walk-in, exhaustion, restart."""

import pytest

from simulators.battery import BatteryParameters
from simulators.supply import DEAD, Supply
from simulators.ups import Ups, UpsParameters
from telemetry.block import SECOND

GOOD = Supply(1.0, 1.0, 1.0, 60.0)
LOAD = 50_000.0


class Bench:
    """A UPS of 100 kW at half load on a source that a test sets."""

    def __init__(self, walk_in: float = 10.0, **battery: object) -> None:
        self.ups = Ups(100_000, 60.0, round(walk_in * SECOND), UpsParameters(), BatteryParameters(**battery))
        self.now = 0
        self.source = GOOD
        self.run(1)

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            self.now += SECOND // 10
            self.ups.step(self.now, 0.1, self.source, LOAD)


def test_the_load_does_not_notice_that_the_input_is_lost() -> None:
    bench = Bench()
    bench.source = DEAD
    bench.run(0.1)
    assert bench.ups.state == "on_battery"
    assert bench.ups.output.lowest == 1.0
    assert bench.ups.battery.current < 0
    assert bench.ups.input_power == 0


@pytest.mark.parametrize("source", [Supply(0.84, 1, 1, 60.0), Supply(1.11, 1, 1, 60.0), Supply(1, 1, 1, 56.9)])
def test_an_input_out_of_its_window_is_no_input(source: Supply) -> None:
    bench = Bench()
    bench.source = source
    bench.run(0.1)
    assert bench.ups.state == "on_battery"


def test_what_goes_in_is_what_comes_out_and_the_losses() -> None:
    bench = Bench()
    inverter = LOAD / 0.95 + 1_000
    assert bench.ups.input_power == pytest.approx(inverter / 0.95)


def test_the_rectifier_walks_in_after_the_input_was_good_for_a_while() -> None:
    bench = Bench(walk_in=10.0)
    bench.source = DEAD
    bench.run(30)
    bench.source = GOOD
    bench.run(4.9)
    assert bench.ups.input_power == 0
    bench.run(5.1)
    half = bench.ups.input_power
    assert half == pytest.approx(0.5 * (LOAD / 0.95 + 1_000) / 0.95, rel=0.05)
    assert bench.ups.state == "on_battery"
    bench.run(5.3)
    assert bench.ups.state == "online"
    assert bench.ups.battery.current > 0


def test_a_long_outage_ends_in_no_output_when_the_energy_is_used_up() -> None:
    bench = Bench(rated_time=60, rated_load=0.5, peukert=1.0)
    bench.source = DEAD
    stored = sum(bench.ups.battery.left)
    used = 0.0
    while bench.ups.state == "on_battery" or not used:
        bench.run(0.1)
        used += 0.1 * (LOAD / 0.95 + 1_000)
    assert used == pytest.approx(stored, rel=0.01)
    assert bench.ups.state == "off"
    assert bench.ups.output == DEAD
    assert bench.ups.battery_status == "depleted"


def test_after_exhaustion_it_restarts_once_the_input_was_good_for_a_minute() -> None:
    bench = Bench(rated_time=10)
    bench.source = DEAD
    bench.run(60)
    assert bench.ups.state == "off"
    bench.source = GOOD
    bench.run(59)
    assert bench.ups.output == DEAD
    bench.run(2)
    assert bench.ups.state == "online"
    assert bench.ups.output.lowest == 1.0


def test_it_counts_how_often_its_input_went_bad() -> None:
    bench = Bench()
    for _ in range(3):
        bench.source = DEAD
        bench.run(1)
        bench.source = GOOD
        bench.run(1)
    assert bench.ups.line_bads == 3


def test_a_low_battery_is_said_while_it_discharges_only() -> None:
    bench = Bench(rated_time=100, rated_load=0.5)
    assert bench.ups.battery_status == "normal"
    bench.source = DEAD
    bench.run(1)
    assert bench.ups.runtime < 120
    assert bench.ups.battery_status == "low"
