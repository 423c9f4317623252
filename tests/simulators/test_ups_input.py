"""Which inputs a UPS takes: windows, slope, distortion, hunting on a dirty generator."""

import numpy as np
import pytest

from telemetry.block import SECOND
from ups_bench import DEAD, GOOD, LOAD, RATING, Bench, level


@pytest.mark.parametrize(
    ("source", "taken"),
    [
        (level(0.84), False),
        (level(0.86), True),
        (level(1.11), False),
        (level(1.09), True),
        (level(1.0, 56.9), False),
        (level(1.0, 63.1), False),
        (GOOD._replace(volts=GOOD.volts * np.array([1, 1, 0.84])), False),
    ],
)
def test_an_input_out_of_its_window_is_no_input(source, taken):
    bench = Bench(slew=1000.0)
    bench.source = source
    bench.run(0.1)
    assert bench.state == ("online" if taken else "on_battery")


@pytest.mark.parametrize(("slope", "taken"), [(4.0, True), (14.0, False)])
def test_a_frequency_that_moves_too_fast_is_refused(slope, taken):
    bench = Bench()
    for step in range(5):
        bench.source = level(1.0, 60 + slope * 0.1 * (step + 1))
        bench.step()
    assert bench.state == ("online" if taken else "on_battery")


def test_it_counts_how_often_its_input_went_bad():
    bench = Bench()
    for _ in range(3):
        bench.source = DEAD
        bench.run(1)
        bench.source = GOOD
        bench.run(1)
    assert bench.ups.line_bads == 3


def changes(bench, seconds):
    """Instants, in s, at which it took to its battery."""
    found, before = [], bench.state
    for _ in range(round(seconds * 10)):
        bench.step()
        if bench.state == "on_battery" != before:
            found.append(bench.now / SECOND)
        before = bench.state
    return np.array(found)


def test_on_a_dirty_generator_it_hunts_about_every_four_seconds():
    bench = Bench()
    bench.source = level(1.0, distortion=0.06)
    cycle = np.diff(changes(bench, 60))
    assert len(cycle) >= 12
    assert cycle == pytest.approx(np.full(len(cycle), 4.0), abs=0.5)
    assert bench.ups.line_bads >= 12


@pytest.mark.parametrize(("distortion", "load"), [(0.055, RATING), (0.06, 0.2 * LOAD)])
def test_a_strong_source_or_a_light_load_does_not_hunt(distortion, load):
    bench = Bench()
    bench.source, bench.load = level(1.0, distortion=distortion), load
    assert len(changes(bench, 60)) == 0


def test_a_source_that_is_dirty_without_its_load_is_never_taken():
    bench = Bench()
    bench.source = level(1.0, distortion=0.12)
    bench.run(2)
    assert bench.state == "on_battery"
    bench.run(60)
    assert bench.state == "on_battery"
    assert bench.ups.watched["source"][1] == 1
    assert bench.ups.line_bads == 1


def test_a_source_that_was_worse_than_distorted_qualifies_in_full():
    bench = Bench()
    bench.source = level(1.0, distortion=0.12)
    bench.run(2)
    bench.source = DEAD
    bench.run(1)
    bench.source = GOOD
    assert bench.seconds_until(lambda: bench.state == "online") == pytest.approx(15, abs=0.3)
