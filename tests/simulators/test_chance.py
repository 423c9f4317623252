"""Chance: the same wherever it is asked, and as even and as bell-shaped as it says."""

import numpy as np
import pytest

from simulators.chance import Chance

NAMES = ["ups-a", "ups-b", "gen-1"]


def test_a_part_draws_the_same_whoever_else_is_there_and_however_often_it_is_asked() -> None:
    many = Chance([1, 2, 3], NAMES)
    alone = Chance([2], ["ups-b"])
    for purpose in (0, 1):
        for now in (0, 1, 1_700_000_000_000_000):
            assert many.uniform(now, purpose)[1, 1] == alone.uniform(now, purpose)[0, 0]
            assert (
                many.normal(now, purpose)[1, 1] == alone.normal(now, purpose)[0, 0] == alone.normal(now, purpose)[0, 0]
            )


def test_seeds_names_times_and_purposes_draw_apart() -> None:
    drawn = [
        Chance([seed], [name]).uniform(now, purpose)[0, 0]
        for seed in range(5)
        for name in NAMES
        for now in (0, 100_000, 200_000)
        for purpose in range(4)
    ]
    assert len(set(drawn)) == len(drawn)


def test_uniform_numbers_are_even_and_normal_ones_have_their_moments() -> None:
    chance = Chance(range(1_000), [f"part-{i}" for i in range(100)])
    even = chance.uniform(7)
    assert np.histogram(even, 10, (0, 1))[0] == pytest.approx(np.full(10, 10_000), rel=0.05)
    bell = chance.normal(7)
    assert bell.mean() == pytest.approx(0, abs=0.01)
    assert bell.std() == pytest.approx(1, abs=0.01)
    assert np.abs(bell).max() <= 3.5
    assert (np.abs(bell) < 1).mean() == pytest.approx(0.683, abs=0.02)


def test_a_step_of_time_says_nothing_of_the_next() -> None:
    chance = Chance(range(200), NAMES)
    series = np.stack([chance.normal(100_000 * step) for step in range(200)])
    after, before = series[1:].ravel(), series[:-1].ravel()
    assert abs(np.corrcoef(after, before)[0, 1]) < 0.01
