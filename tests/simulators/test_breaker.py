"""Breakers: what they carry, when they release, and when they latch again."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.distribution.breakers import CLOSED, OPEN, TRIPPED, BreakerParameters, Breakers
from simulators.parameters import Tables
from telemetry.block import SECOND

RATING = 32.0


def breakers(n: int = 1, sites: int = 1, rating: float = RATING) -> Breakers:
    names = [f"b{i}" for i in range(n)]
    return Breakers(np.full(n, rating), Tables([{}] * sites).take(BreakerParameters, names))


def run(which: Breakers, multiple: float, seconds: float, dt: float = 0.1, begun: float = 0.0) -> float | None:
    """Seconds until the first trips at that multiple of the rated current; None if it does not."""
    for step in range(1, round(seconds / dt) + 1):
        current = np.full((*which.rating.shape, 3), multiple * RATING) * which.closed[..., np.newaxis]
        which.step(round((begun + step * dt) * SECOND), dt, current)
        if not which.closed[0, 0]:
            return step * dt
    return None


@pytest.mark.parametrize("multiple", [0.8, 1.0, 1.05, 1.13])
def test_it_carries_the_conventional_non_tripping_current_for_ever(multiple: float) -> None:
    assert run(breakers(), multiple, 4 * 3600, dt=10.0) is None


@pytest.mark.parametrize(
    ("multiple", "earliest", "latest"), [(1.35, 60, 600), (1.45, 30, 3600), (2.0, 10, 60), (2.55, 1, 60)]
)
@pytest.mark.parametrize("before", [0.0, 0.4, 0.8])
def test_overload_trips_it_when_the_closed_form_says_and_the_standard_allows(
    multiple: float, earliest: float, latest: float, before: float
) -> None:
    one = breakers()
    run(one, before, 0.1)  # what it carried until now, for long
    p = BreakerParameters()
    expected = float(p.breaker_time_constant) * math.log(
        (multiple**2 - before**2) / (multiple**2 - float(p.breaker_thermal_trip))
    )
    took = run(one, multiple, 4000)
    assert took == pytest.approx(expected, abs=0.11)
    assert earliest < took < latest
    assert one.state[0, 0] == TRIPPED


def test_a_short_circuit_trips_it_within_the_step_and_an_inrush_of_nine_times_does_not() -> None:
    assert run(breakers(), 10.5, 1) == pytest.approx(0.1)
    assert run(breakers(), 9.0, 0.5) is None


def test_one_pole_is_enough() -> None:
    one = breakers()
    one.step(0, 0.1, np.zeros((1, 1, 3)))
    for step in range(600):
        one.step(step, 0.1, np.array([[[0.0, 2.0 * RATING, 0.0]]]))
    assert one.state[0, 0] == TRIPPED
    assert one.heat[0, 0, 0] == pytest.approx(0, abs=1e-12)


def test_without_a_rating_it_never_trips_and_can_be_switched() -> None:
    one = breakers(rating=math.nan)
    assert run(one, 100, 100) is None
    one.set(0, 0, "open")
    assert one.state[0, 0] == OPEN
    assert not one.closed[0, 0]


def test_a_hand_closes_it_only_once_it_has_cooled() -> None:
    one = breakers()
    run(one, 2.0, 100)
    one.set(0, 0, "closed")
    assert one.state[0, 0] == TRIPPED
    assert not one.quiet
    took = 0.0
    while one.state[0, 0] != CLOSED:
        one.step(0, 0.1, np.zeros((1, 1, 3)))
        took += 0.1
        assert took < 200
    p = BreakerParameters()
    cooling = float(p.breaker_time_constant) * math.log(float(p.breaker_thermal_trip) / float(p.breaker_reset))
    assert took == pytest.approx(cooling, abs=1.0)


def test_the_hand_that_waits_outlasts_a_bimetal_that_is_still_above_its_limit() -> None:
    one = breakers()
    run(one, 0.0, 0.1)
    run(one, 4.0, 100, dt=5.0)
    assert one.heat.max() > 1.5
    one.set(0, 0, "closed")
    for _ in range(200):
        one.step(0, 1.0, np.zeros((1, 1, 3)))
    assert one.closed[0, 0]


def test_the_hand_that_waits_gives_up_when_a_relay_trips_it() -> None:
    one = breakers()
    run(one, 2.0, 100)
    one.set(0, 0, "closed")
    one.trip(np.ones((1, 1), np.bool_))
    for _ in range(200):
        one.step(0, 1.0, np.zeros((1, 1, 3)))
    assert one.state[0, 0] == TRIPPED


def test_after_a_short_circuit_a_hand_closes_it_at_once() -> None:
    one = breakers()
    run(one, 0.4, 0.1)
    run(one, 12.0, 0.1)
    assert one.state[0, 0] == TRIPPED
    one.set(0, 0, "closed")
    assert one.state[0, 0] == CLOSED


def test_reset_while_hot_and_loaded_again_it_trips_sooner() -> None:
    one = breakers()
    run(one, 0.0, 0.1)
    first = run(one, 2.0, 100)
    one.set(0, 0, "closed")
    while not one.closed[0, 0]:
        one.step(0, 0.1, np.zeros((1, 1, 3)))
    again = run(one, 2.0, 100)
    assert first is not None
    assert again is not None
    assert again < 0.8 * first


def test_a_stuck_one_calls_and_does_not_open() -> None:
    one = breakers()
    one.stuck[0, 0] = True
    assert run(one, 5.0, 100) is None
    assert one.step(0, 0.1, np.full((1, 1, 3), 5.0 * RATING))[0, 0]


def test_a_rating_of_its_own_counts_before_that_of_the_device() -> None:
    tables = Tables([{"b0": {"breaker_rating": 16.0}}])
    one = Breakers(np.array([RATING]), tables.take(BreakerParameters, ["b0"]))
    assert run(one, 1.0, 200) is not None  # 32 A through 16 A


def test_a_value_that_is_no_state_is_refused() -> None:
    with pytest.raises(ValueError, match="a breaker is open, closed, tripped, not 'shut'"):
        breakers().set(0, 0, "shut")


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.floats(0, 1.17), st.sampled_from([1, 7, 10, 40])), min_size=1, max_size=12),
    st.sampled_from([1.0, 0.5]),
)
def test_the_heat_does_not_depend_on_the_step(course: list[tuple[float, int]], dt: float) -> None:
    fine, coarse, once = breakers(), breakers(), breakers()
    for one in (fine, coarse, once):
        one.step(0, dt, np.zeros((1, 1, 3)))
    for multiple, seconds in course:
        current = np.full((1, 1, 3), multiple * RATING)
        for _ in range(seconds * 10):
            fine.step(0, 0.1, current)
        for _ in range(round(seconds / dt)):
            coarse.step(0, dt, current)
        once.step(0, float(seconds), current)
    assert fine.heat == pytest.approx(coarse.heat, rel=1e-9, abs=1e-12)
    assert fine.heat == pytest.approx(once.heat, rel=1e-9, abs=1e-12)


@given(st.lists(st.lists(st.floats(0, 12), min_size=2, max_size=2), min_size=1, max_size=4))
def test_each_site_trips_as_it_would_alone(course: list[list[float]]) -> None:
    both = breakers(sites=2)
    alone = [breakers(), breakers()]
    for multiples in course:
        for _ in range(20):
            current = np.array(multiples).reshape(2, 1, 1) * np.full(3, RATING)
            both.step(0, 1.0, current)
            for site, one in enumerate(alone):
                one.step(0, 1.0, current[site : site + 1])
    for site, one in enumerate(alone):
        assert both.state[site] == one.state[0]
        assert both.heat[site] == pytest.approx(one.heat[0])


@given(st.floats(0, 3), st.floats(0, 3), st.integers(0, 200))
def test_while_it_is_quiet_nothing_trips_within_ten_seconds(before: float, multiple: float, seconds: int) -> None:
    one = breakers()
    run(one, before, 0.1)
    run(one, multiple, seconds, dt=1.0)
    if one.quiet and one.closed[0, 0]:
        assert run(one, multiple, 10, dt=0.5) is None
