"""A PDU: what it hands on and loses, its breaker, and its faults."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.distribution.breakers import WORDS
from simulators.distribution.pdus import Pdus
from simulators.parameters import Tables
from simulators.supply import Supply, balanced
from telemetry.block import SECOND

VOLTS, RATING = 230.0, 32.0


class Bench:
    """A PDU on a source, with a load of constant power by phase."""

    def __init__(self, sites: int = 1, rating: float = RATING, **table: object) -> None:
        self.pdu = Pdus(["pdu"], Tables([{"pdu": table}] * sites), np.array([rating]), np.array([VOLTS]))
        self.source = balanced(np.ones((sites, 1)), np.full((sites, 1), 50.0))
        self.power = np.full((sites, 1, 3), 0.4 * RATING * VOLTS)
        self.now, self.put_in, self.got_out = 0, 0.0, 0.0
        self.run(0.2)

    def run(self, seconds: float, dt: float = 0.1) -> None:
        for _ in range(round(seconds / dt)):
            self.now += round(dt * SECOND)
            self.output = self.pdu.energise(self.now, dt, self.source)
            self.load = self.power * (self.output.levels > 0.5)
            self.drawn = self.pdu.absorb(self.now, dt, self.load)
            self.put_in += self.drawn.sum() * dt
            self.got_out += (self.load.sum() + self.pdu.loss.sum()) * dt

    @property
    def word(self) -> str:
        return WORDS[self.pdu.watched["breaker"][1][0, 0]]


def test_at_rated_current_it_loses_the_drop_and_its_heat_agrees_with_ohm() -> None:
    bench = Bench(drop=0.01)
    bench.power[:] = 0.99 * RATING * VOLTS  # at the lowered voltage that is the rated current
    bench.run(10)
    assert bench.output.lowest[0, 0] == pytest.approx(0.99, abs=1e-6)
    assert bench.pdu.current == pytest.approx(np.full((1, 1, 3), RATING), rel=1e-5)
    assert bench.pdu.loss[0, 0] == pytest.approx(3 * 0.01 * VOLTS * RATING, rel=1e-5)


def test_the_drop_is_in_phase_and_frequency_and_distortion_pass() -> None:
    bench = Bench(drop=0.03)
    bench.source = Supply(bench.source.volts * np.exp(0.7j), bench.source.frequency, np.full((1, 1), 0.05))
    bench.run(1)
    assert bench.output.angle[0, 0] == pytest.approx(bench.source.angle[0, 0])
    assert bench.output.lowest[0, 0] < 0.99
    assert (bench.output.frequency[0, 0], bench.output.distortion[0, 0]) == (50.0, 0.05)


def test_without_a_rating_nothing_is_lost_and_nothing_trips() -> None:
    bench = Bench(rating=float("nan"))
    bench.power[:] = 1e6
    bench.run(100, dt=1)
    assert bench.output.volts == pytest.approx(bench.source.volts)
    assert bench.drawn == pytest.approx(bench.load)
    assert bench.word == "breaker_closed"


def test_a_lower_voltage_makes_more_current_of_the_same_power() -> None:
    bench = Bench(drop=0.0)
    before = bench.pdu.current.copy()
    bench.source = balanced(np.full((1, 1), 0.9), np.full((1, 1), 50.0))
    bench.run(0.2)
    assert bench.pdu.current == pytest.approx(before / 0.9)


@pytest.mark.parametrize(("share", "earliest", "latest"), [(1.35, 60, 600), (2.0, 10, 60)])
def test_a_load_that_the_other_side_left_to_it_trips_it(share: float, earliest: float, latest: float) -> None:
    bench = Bench(drop=0.0)
    bench.run(10)
    begun = bench.now
    bench.power[:] = share * RATING * VOLTS
    while bench.word == "breaker_closed":
        bench.run(0.1)
        assert bench.now - begun < latest * SECOND
    assert bench.now - begun > earliest * SECOND
    bench.run(0.1)
    assert bench.output.highest == 0
    assert not bench.drawn.any()


@pytest.mark.parametrize("state", ["open", "tripped"])
def test_switched_off_it_is_dead(state: str) -> None:
    bench = Bench()
    bench.pdu.set(0, 0, "breaker", state)
    bench.run(0.1)
    assert bench.word == f"breaker_{state}"
    assert (bench.output.highest[0, 0], bench.output.frequency[0, 0], bench.drawn.sum()) == (0, 0, 0)


def test_a_fault_within_trips_the_breaker_which_stays_tripped_until_a_hand_closes_it() -> None:
    bench = Bench()
    bench.pdu.set(0, 0, "fault", "feed")
    bench.run(0.1)
    assert bench.word == "breaker_tripped"
    assert bench.output.highest == 0
    bench.pdu.set(0, 0, "breaker", "closed")
    bench.run(0.1)
    assert bench.word == "breaker_tripped"  # onto the fault
    bench.pdu.set(0, 0, "fault", False)
    bench.run(10)
    assert bench.output.highest == 0
    bench.pdu.set(0, 0, "breaker", "closed")
    bench.run(0.1)
    assert bench.output.lowest > 0.98


def test_a_fault_within_a_dead_pdu_trips_nothing_yet() -> None:
    bench = Bench()
    bench.source = bench.source.only(np.zeros((1, 1), np.bool_))
    bench.pdu.set(0, 0, "fault", "feed")
    bench.run(1)
    assert bench.word == "breaker_closed"


def test_an_interrupted_conductor_takes_one_phase_and_no_other() -> None:
    bench = Bench()
    bench.pdu.set(0, 0, "fault", "L2")
    bench.run(0.2)
    levels = bench.output.levels[0, 0]
    assert levels[1] == 0
    assert min(levels[0], levels[2]) > 0.98
    assert bench.drawn[0, 0, 1] == 0
    bench.pdu.set(0, 0, "fault", False)
    bench.run(0.2)
    assert bench.output.lowest > 0.98


@given(
    st.floats(0, 0.05),
    st.lists(
        st.tuples(st.floats(0, 3), st.floats(0, 1.2), st.sampled_from(["feed", "L1", False, None])),
        min_size=1,
        max_size=6,
    ),
)
def test_what_goes_in_comes_out_or_is_lost(drop: float, course: list[tuple[float, float, object]]) -> None:
    bench = Bench(drop=drop)
    for multiple, level, fault in course:
        bench.power[:] = multiple * RATING * VOLTS
        bench.source = balanced(np.full((1, 1), level), np.full((1, 1), 50.0))
        if fault is not None:
            bench.pdu.set(0, 0, "fault", fault)
        bench.run(3, dt=0.5)
        assert np.all(bench.output.levels <= bench.source.levels + 1e-12)
        assert np.all(bench.pdu.loss >= 0)
    assert bench.put_in == pytest.approx(bench.got_out, rel=1e-9, abs=1e-6)


def test_any_number_of_sites_gives_each_what_it_has_alone() -> None:
    many, alone = Bench(sites=3), Bench()
    many.power *= np.array([0.5, 2.5, 5.0]).reshape(3, 1, 1)
    alone.power *= 2.5
    many.run(200)
    alone.run(200)
    assert many.output.volts[1] == pytest.approx(alone.output.volts[0])
    assert many.pdu.breakers.state[1] == alone.pdu.breakers.state[0]
    assert many.pdu.breakers.closed[:, 0].tolist() == [True, True, False]


@pytest.mark.parametrize(("key", "value"), [("breaker", "shut"), ("fault", "L4"), ("fault", True), ("outlet", 3)])
def test_a_setting_that_it_has_not_is_refused(key: str, value: object) -> None:
    with pytest.raises(ValueError, match=r"a PDU has breaker .* and fault .*, not"):
        Bench().pdu.set(0, 0, key, value)
