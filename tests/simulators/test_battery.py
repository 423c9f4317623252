"""The battery: energy, Peukert, weak strings, and what its UPS believes of it."""

import pytest

from simulators.battery import Battery, BatteryParameters

POWER = 100_000.0


def _runs(battery: Battery, power: float) -> float:
    """Seconds until it is exhausted."""
    seconds = 0.0
    while not battery.exhausted:
        battery.discharge(0.1, power)
        seconds += 0.1
    return seconds


def test_a_discharge_gives_exactly_the_energy_that_was_in_it() -> None:
    battery = Battery(POWER, BatteryParameters(rated_time=300, health=(0.6, 0.5), peukert=1.0))
    energy = sum(battery.capacity)
    assert energy == pytest.approx(POWER * 300 * 0.55)
    assert _runs(battery, 80_000) * 80_000 == pytest.approx(energy, rel=1e-3)


def test_a_new_battery_lasts_its_rated_time_at_its_rated_load() -> None:
    assert _runs(Battery(POWER, BatteryParameters(rated_time=300, rated_load=0.5)), 50_000) == pytest.approx(
        300, abs=0.2
    )


def test_twice_the_load_takes_more_than_half_of_the_time_away() -> None:
    parameters = BatteryParameters(rated_time=300, rated_load=0.5, peukert=1.15)
    lasted = _runs(Battery(POWER, parameters), 100_000)
    assert lasted == pytest.approx(300 / 2**1.15, rel=0.01)


def test_when_a_weak_string_gives_out_the_voltage_falls_at_a_blow() -> None:
    battery = Battery(POWER, BatteryParameters(rated_time=300, health=(0.9, 0.2)))
    fall = []
    before = battery.voltage
    while battery.left[1]:
        battery.discharge(0.1, POWER)
        fall.append(before - battery.voltage)
        before = battery.voltage
    assert fall[-1] > 20 * max(fall[1:-1])  # the first step is the load's own sag


def test_an_aged_battery_is_believed_to_last_longer_than_it_does() -> None:
    battery = Battery(POWER, BatteryParameters(rated_time=300, health=(0.3, 0.3)))
    assert battery.estimate(POWER) > 2.5 * _runs(
        Battery(POWER, BatteryParameters(rated_time=300, health=(0.3, 0.3))), POWER
    )


def test_recharge_is_bounded_by_the_charger_and_ends_full() -> None:
    battery = Battery(POWER, BatteryParameters(charge=0.5, charger=0.1))
    before = sum(battery.left)
    drawn = battery.recharge(1.0)
    assert drawn == pytest.approx(10_000)
    assert sum(battery.left) - before == pytest.approx(10_000)
    assert battery.current > 0
    for _ in range(20_000):
        battery.recharge(1.0)
    assert battery.charge == pytest.approx(1.0, abs=0.001)
    assert all(left <= capacity for left, capacity in zip(battery.left, battery.capacity, strict=True))


def test_voltage_sags_under_load_and_floats_when_full() -> None:
    battery = Battery(POWER, BatteryParameters())
    assert battery.voltage == 540
    battery.discharge(0.1, POWER)
    assert battery.voltage < 480
    assert battery.current == pytest.approx(-POWER / battery.voltage)
