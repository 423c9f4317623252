"""What a transfer switch believes of its sources."""

import pytest

from switch_bench import Bench
from telemetry.block import SECOND


@pytest.mark.parametrize(
    ("side", "levels", "good"),
    [
        ("normal", [1.0, 0.87], True),
        ("normal", [1.0, 0.84], False),
        ("normal", [0.84, 0.89], False),
        ("normal", [0.84, 0.91], True),
        ("normal", [1.16], False),
        ("normal", [1.16, 1.12], False),
        ("normal", [1.16, 1.09], True),
        ("normal", [[1.0, 1.0, 0.5]], False),
        ("emergency", [0.89], False),
        ("emergency", [0.91], True),
        ("emergency", [0.91, 0.86], True),
        ("emergency", [0.91, 0.84], False),
    ],
)
def test_between_drop_out_and_pick_up_a_source_stays_what_it_was(side: str, levels: list[object], good: bool) -> None:
    bench = Bench()
    for level in levels:
        setattr(bench, side, level)
        bench.run(1)
    assert bench.words[side] == f"{side}_{'good' if good else 'bad'}"


@pytest.mark.parametrize(
    ("hertz", "good"),
    [
        ([55.0], False),
        ([57.5], True),
        ([57.5, 55.0], True),
        ([57.5, 53.5], False),
        ([64.0], False),
        ([60.0, 64.0], True),
    ],
)
def test_a_source_is_judged_by_its_frequency_too(hertz: list[float], good: bool) -> None:
    bench = Bench(start_delay=SECOND, transfer_delay=0)
    bench.emergency = 1.0
    for frequency in hertz:
        bench.emergency_frequency = frequency
        bench.run(1)
    assert bool(bench.switches.emergency_good[0, 0]) is good


def test_unbalance_is_seen_only_where_it_is_watched() -> None:
    for parameters, good in (({}, True), ({"dropout_unbalance": 0.05, "pickup_unbalance": 0.03}, False)):
        bench = Bench(parameters)
        bench.normal = [1.06, 1.0, 0.92]
        bench.run(1)
        assert bool(bench.switches.normal_good[0, 0]) is good


def test_a_source_of_the_right_voltage_and_the_wrong_frequency_is_not_used() -> None:
    bench = Bench(start_delay=SECOND, transfer_delay=0)
    bench.normal, bench.emergency, bench.emergency_frequency = 0.0, 1.0, 55.0
    bench.run(30)
    assert bench.called
    assert bench.position == "normal"
