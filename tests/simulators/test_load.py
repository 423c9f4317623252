"""Loads: how cords share them, what survives on which feed, and what comes back how."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.distribution.breakers import BreakerParameters, Breakers, currents
from simulators.distribution.loads import Loads
from simulators.parameters import Tables
from simulators.supply import BALANCED, Supply
from telemetry.block import SECOND

POWER = 9000.0


class Bench:
    """One load on up to two cords whose levels a test changes: (S, 1, c, 3)."""

    def __init__(self, cords: int = 2, sites: int = 1, **table: object) -> None:
        self.loads = Loads(["row"], np.arange(cords)[np.newaxis], Tables([{"row": {"power": POWER, **table}}] * sites))
        self.there = np.ones((1, cords), np.bool_)
        self.levels = np.ones((sites, 1, cords, 3))
        self.now, self.energy = 0, 0.0
        self.run(0.1)

    def run(self, seconds: float, dt: float = 0.1) -> None:
        for _ in range(round(seconds / dt)):
            self.now += round(dt * SECOND)
            frequency = 50.0 * (self.levels.max(axis=-1) > 0)
            feeds = Supply(self.levels * BALANCED, frequency, np.zeros(frequency.shape))
            self.drawn = self.loads.draw(self.now, dt, feeds, self.there)
            self.energy += self.drawn.sum() * dt

    @property
    def by_cord(self) -> list[float]:
        return [float(watts) for watts in self.drawn[0, 0].sum(axis=-1)]

    @property
    def word(self) -> str:
        words, codes = self.loads.watched["load"]
        return words[codes[0, 0]]


def test_two_cords_share_evenly_and_so_do_three_phases() -> None:
    bench = Bench()
    assert bench.drawn[0, 0] == pytest.approx(np.full((2, 3), POWER / 6))
    assert bench.loads.drawn[0, 0] == pytest.approx(POWER)


def test_what_one_side_loses_the_other_gets_in_the_same_step() -> None:
    bench = Bench()
    bench.levels[0, 0, 0] = 0
    bench.run(0.1)
    assert bench.by_cord == pytest.approx([0, POWER])
    assert bench.word == "fed"


def test_a_single_corded_load_dies_with_its_feed_and_returns_with_it_at_once() -> None:
    bench = Bench(cords=1)
    bench.levels[:] = 0
    bench.run(0.1)
    assert (bench.word, bench.by_cord) == ("lost", [0])
    bench.levels[:] = 1
    bench.run(0.3)
    assert (bench.word, bench.by_cord) == ("fed", [POWER])


def test_it_is_lost_only_when_both_sides_are() -> None:
    bench = Bench()
    for side in (0, 1):
        assert bench.word == "fed"
        bench.levels[0, 0, side] = 0
        bench.run(0.1)
    assert bench.word == "lost"
    assert bench.drawn.sum() == 0


def test_its_power_is_the_same_at_any_voltage_that_it_works_on() -> None:
    bench = Bench()
    for level in (1.1, 0.95, 0.85, 0.81):
        bench.levels[:] = level
        bench.run(0.1)
        assert sum(bench.by_cord) == pytest.approx(POWER)
    bench.levels[:] = 0.79
    bench.run(0.1)
    assert bench.word == "lost"


def test_between_drop_out_and_pick_up_it_stays_what_it_was() -> None:
    bench = Bench()
    words = []
    for level in (0.82, 0.79, 0.82, 0.86, 0.82):
        bench.levels[:] = level
        bench.run(0.1)
        words.append(bench.word)
    assert words == ["fed", "lost", "lost", "fed", "fed"]


def test_a_phase_that_one_side_lacks_comes_from_the_other() -> None:
    bench = Bench()
    bench.levels[0, 0, 0, 1] = 0
    bench.run(0.1)
    assert bench.drawn[0, 0] == pytest.approx(POWER / 6 * np.array([[1, 0, 1], [1, 2, 1]]))
    assert bench.word == "fed"


def test_a_phase_that_both_sides_lack_loses_what_hangs_on_it_and_no_more() -> None:
    bench = Bench()
    bench.levels[0, 0, :, 2] = 0
    bench.run(0.1)
    assert bench.drawn[0, 0].sum(axis=0) == pytest.approx([POWER / 3, POWER / 3, 0])
    assert bench.word == "lost"


def test_a_load_on_two_phases_does_not_miss_the_third() -> None:
    bench = Bench(phases=[2, 1, 0])
    assert bench.drawn[0, 0].sum(axis=0) == pytest.approx([POWER * 2 / 3, POWER / 3, 0])
    bench.levels[0, 0, :, 2] = 0
    bench.run(0.1)
    assert bench.word == "fed"


def test_a_dead_power_supply_moves_its_share_and_leaves_one_cord_that_must_not_fail() -> None:
    bench = Bench()
    bench.loads.set(0, 0, "cord", {"n": 1, "fault": True})
    bench.run(0.1)
    assert bench.by_cord == pytest.approx([0, POWER])
    bench.levels[0, 0, 1] = 0
    bench.run(0.1)
    assert bench.word == "lost"
    bench.loads.set(0, 0, "cord", {"n": 1, "fault": False})
    bench.run(0.3)
    assert bench.by_cord == pytest.approx([POWER, 0])


def test_shares_are_kept_while_both_cords_live_and_a_hot_standby_takes_all() -> None:
    bench = Bench(shares=[3, 1])
    assert bench.by_cord == pytest.approx([POWER * 3 / 4, POWER / 4])
    bench.loads.set(0, 0, "shares", [1, 0])
    bench.run(0.1)
    assert bench.by_cord == pytest.approx([POWER, 0], abs=1e-6)
    bench.levels[0, 0, 0] = 0
    bench.run(0.1)
    assert bench.by_cord == pytest.approx([0, POWER])


def test_power_that_a_scenario_sets_holds_from_the_next_step() -> None:
    bench = Bench()
    bench.loads.set(0, 0, "power", 500)
    bench.run(0.1)
    assert sum(bench.by_cord) == pytest.approx(500)


def test_a_load_without_power_is_lost_all_the_same() -> None:
    bench = Bench(power=0.0)
    bench.levels[:] = 0
    bench.run(0.1)
    assert bench.word == "lost"


def test_on_return_it_draws_an_inrush_and_only_what_returns_does() -> None:
    bench = Bench(inrush=1.5, inrush_time=0.1)
    bench.levels[0, 0, 0] = 0
    bench.run(1)
    bench.levels[0, 0, 0] = 1
    bench.run(0.1)
    assert bench.by_cord == pytest.approx([1.5 * POWER / 2, POWER / 2])
    assert not bench.loads.quiet
    bench.run(0.1)
    assert bench.by_cord == pytest.approx([POWER / 2, POWER / 2])
    assert bench.loads.quiet


def test_it_boots_along_a_ramp_after_all_was_dead_and_not_after_one_side_was() -> None:
    bench = Bench(boot_time=60.0, inrush=1.0)
    bench.levels[0, 0, 0] = 0
    bench.run(1)
    bench.levels[0, 0, 0] = 1
    bench.run(0.1)
    assert sum(bench.by_cord) == pytest.approx(POWER)
    bench.levels[:] = 0
    bench.run(1)
    bench.levels[:] = 1
    bench.run(30)
    assert sum(bench.by_cord) == pytest.approx(POWER / 2, rel=0.01)
    assert bench.word == "fed"
    bench.run(31)
    assert sum(bench.by_cord) == pytest.approx(POWER)
    assert bench.loads.quiet


@pytest.mark.parametrize("boot_time", [0.0, 25.0])
def test_the_energy_of_a_return_does_not_depend_on_the_step(boot_time: float) -> None:
    spent = []
    for dt in (0.1, 1.0, 10.0):
        bench = Bench(boot_time=boot_time)
        bench.levels[:] = 0
        bench.run(10, dt)
        bench.levels[:] = 1
        bench.energy = 0.0
        bench.run(60, dt)
        spent.append(bench.energy)
    assert spent == pytest.approx([POWER * (60 - boot_time / 2 + 0.05)] * 3)


def test_when_side_a_dies_the_breaker_of_side_b_follows_minutes_later_and_takes_the_load() -> None:
    """The cascade that a design above half of a breaker's rating invites."""
    bench = Bench()
    rating, volts = 0.70 * POWER / 3 / 230.0, np.array([230.0, 230.0])  # each side carries 71 % of its breaker
    both = Breakers(np.array([rating, rating]), Tables([{}]).take(BreakerParameters, ["a", "b"]))

    def run(seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            bench.run(0.1)
            both.step(bench.now, 0.1, currents(bench.drawn[:, 0], bench.levels[:, 0], volts))
            bench.levels[0, 0, ~both.closed[0]] = 0

    run(60)
    assert both.closed.all()
    bench.levels[0, 0, 0] = 0
    run(20)
    assert bench.word == "fed"
    run(180)
    assert not both.closed[0, 1]
    assert bench.word == "lost"


def test_loads_of_different_cord_counts_live_side_by_side() -> None:
    cords = np.array([[0, 1], [0, -1]], np.intp)
    loads = Loads(["two", "one"], cords, Tables([{"two": {"power": 100.0}, "one": {"power": 10.0}}]))
    levels = np.ones((1, 2, 2, 3))  # what stands in the place of the missing cord must not count

    def draw() -> list[list[float]]:
        feeds = Supply(levels * BALANCED, np.full((1, 2, 2), 50.0), np.zeros((1, 2, 2)))
        drawn: list[list[float]] = loads.draw(0, 0.1, feeds, cords >= 0)[0].sum(axis=-1).tolist()
        return drawn

    assert draw() == [pytest.approx([50, 50]), pytest.approx([10, 0])]
    levels[:, :, 0] = 0
    assert draw() == [pytest.approx([0, 100]), pytest.approx([0, 0])]
    assert loads.lost.tolist() == [[False, True]]


LEVELS = st.lists(st.sampled_from([0.0, 0.5, 0.79, 0.82, 0.9, 1.0]), min_size=6, max_size=6)


@given(st.lists(LEVELS, min_size=1, max_size=12), st.floats(0.5, 3), st.sampled_from([0.0, 0.35, 5.0]))
def test_whatever_comes_live_cords_alone_are_drawn_from_and_carry_all_that_is_not_lost(
    course: list[list[float]], uneven: float, boot_time: float
) -> None:
    bench = Bench(shares=[uneven, 1.0], boot_time=boot_time, inrush=1.4)
    for levels in course:
        bench.levels[0, 0] = np.array(levels).reshape(2, 3)
        bench.run(0.1)
        assert not bench.drawn[bench.levels < 0.8].any()
        assert (bench.drawn >= 0).all()
        assert bench.drawn.sum() <= 1.4 * POWER + 1e-6
        dead = (bench.levels[0, 0] < 0.8).all(axis=0)
        assert not dead.any() or bench.word == "lost"
        if boot_time == 0 and not bench.loads.lost.any():
            assert bench.drawn.sum() >= POWER - 1e-6


@given(st.lists(st.lists(st.sampled_from([0.0, 0.82, 1.0]), min_size=4, max_size=4), min_size=1, max_size=8))
def test_each_site_is_fed_as_it_would_be_alone(course: list[list[float]]) -> None:
    both, alone = Bench(sites=2, boot_time=0.7), [Bench(boot_time=0.7), Bench(boot_time=0.7)]
    for levels in course:
        both.levels[:] = np.array(levels).reshape(2, 1, 2, 1)
        both.run(0.1)
        for site, one in enumerate(alone):
            one.levels[:] = both.levels[site : site + 1]
            one.run(0.1)
            assert both.drawn[site] == pytest.approx(one.drawn[0])
            assert both.loads.lost[site] == one.loads.lost[0]


def test_a_site_without_loads_draws_nothing() -> None:
    loads = Loads([], np.zeros((0, 2), np.intp), Tables([{}]))
    feeds = Supply(np.zeros((1, 0, 2, 3), np.complex128), np.zeros((1, 0, 2)), np.zeros((1, 0, 2)))
    assert loads.draw(0, 0.1, feeds, np.zeros((0, 2), np.bool_)).shape == (1, 0, 2, 3)
    assert loads.quiet


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("power", -1),
        ("power", "much"),
        ("shares", [1]),
        ("shares", [0, 0]),
        ("cord", {"n": 3, "fault": True}),
        ("cord", {"n": 0, "fault": True}),
        ("fault", True),
        ("feed", 3),
    ],
)
def test_a_setting_that_it_has_not_is_refused(key: str, value: object) -> None:
    with pytest.raises(ValueError, match=r"a load has power \(W\), shares .* not"):
        Bench().loads.set(0, 0, key, value)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"kind": "lamp"}, "row.kind = 'lamp': expected it, cooling, mechanical"),
        ({"shares": [1, 2, 3]}, "row.shares: expected 2 numbers"),
        ({"phases": [1, 1]}, "phases of row: expected three numbers"),
        ({"phases": [1, -1, 1]}, "phases of row: expected three numbers"),
    ],
)
def test_a_parameter_that_does_not_fit_is_refused(table: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Bench(**table)


def test_what_no_load_has_is_left_to_be_reported() -> None:
    tables = Tables([{"row": {"power": 1.0, "restart": 5.0}}])
    Loads(["row"], np.zeros((1, 1), np.intp), tables)
    assert tables.left == ["row.restart"]  # a machine has it, power supplies have not
