"""The main breaker of a board: what opens it, what holds it open, and the one that does not open."""

import numpy as np
import pytest

from simulators.distribution.breakers import WORDS
from simulators.distribution.switchgear import Switchgears
from simulators.parameters import Tables
from simulators.supply import balanced
from telemetry.block import SECOND

VOLTS, RATING = 277.0, 1000.0


class Bench:
    """A board on a good source with a load that a test changes; `blocked` is what its lockout relay says."""

    def __init__(self, sites: int = 1, rating: float = RATING, **table: object) -> None:
        self.gear = Switchgears(["main"], Tables([{"main": table}] * sites), np.array([rating]), np.array([VOLTS]))
        self.source = balanced(np.ones((sites, 1)), np.full((sites, 1), 60.0))
        self.blocked = np.zeros((sites, 1), np.bool_)
        self.amps = 0.4 * RATING
        self.now = 0
        self.run(0.1)

    def run(self, seconds: float, dt: float = 0.1) -> None:
        for _ in range(round(seconds / dt)):
            self.now += round(dt * SECOND)
            self.output = self.gear.energise(self.now, dt, self.source, self.blocked)
            self.load = self.output.levels * self.amps * VOLTS
            self.drawn = self.gear.absorb(self.now, dt, self.load)

    @property
    def word(self) -> str:
        return WORDS[self.gear.watched["breaker"][1][0, 0]]


def test_closed_it_hands_on_what_it_gets_and_draws_what_is_drawn() -> None:
    bench = Bench()
    assert bench.output.volts == pytest.approx(bench.source.volts)
    assert bench.drawn == pytest.approx(bench.load)
    assert bench.gear.current == pytest.approx(np.full((1, 1, 3), 0.4 * RATING))


@pytest.mark.parametrize("state", ["open", "tripped"])
def test_switched_off_nothing_is_behind_it(state: str) -> None:
    bench = Bench()
    bench.gear.set(0, 0, "breaker", state)
    bench.run(0.1)
    assert bench.word == f"breaker_{state}"
    assert bench.output.highest == 0
    assert bench.output.frequency == 0
    assert not bench.drawn.any()
    bench.gear.set(0, 0, "breaker", "closed")
    bench.run(0.1)
    assert bench.output.lowest == pytest.approx(1)


def test_locked_out_it_opens_at_once_and_no_hand_closes_it() -> None:
    bench = Bench()
    bench.blocked[:] = True
    bench.run(0.1)
    assert (bench.word, bool(bench.gear.lockout[0, 0])) == ("breaker_tripped", True)
    bench.gear.set(0, 0, "breaker", "closed")
    bench.run(5)
    assert bench.word == "breaker_tripped"
    assert bench.output.highest == 0


def test_reset_it_closes_by_itself() -> None:
    bench = Bench()
    bench.blocked[:] = True
    bench.run(600, dt=10)
    bench.blocked[:] = False
    bench.run(0.1)
    assert bench.word == "breaker_closed"
    assert bench.output.lowest == pytest.approx(1)


def test_reset_it_waits_for_a_hand_where_it_does_not_reclose() -> None:
    bench = Bench(recloses=False)
    bench.blocked[:] = True
    bench.run(10)
    bench.blocked[:] = False
    bench.run(600, dt=10)
    assert bench.word == "breaker_tripped"
    bench.gear.set(0, 0, "breaker", "closed")
    bench.run(0.1)
    assert bench.word == "breaker_closed"


def test_a_lockout_that_ends_does_not_close_what_a_hand_had_opened() -> None:
    bench = Bench()
    bench.gear.set(0, 0, "breaker", "open")
    bench.run(1)
    bench.blocked[:] = True
    bench.run(1)
    bench.blocked[:] = False
    bench.run(10)
    assert bench.word == "breaker_open"


def test_what_a_hand_opens_during_a_lockout_stays_open_after_it() -> None:
    bench = Bench()
    bench.blocked[:] = True
    bench.run(1)
    bench.gear.set(0, 0, "breaker", "open")
    bench.blocked[:] = False
    bench.run(10)
    assert bench.word == "breaker_open"


def test_overload_opens_it_after_minutes_and_it_does_not_close_by_itself() -> None:
    bench = Bench()
    bench.amps = 1.35 * RATING
    bench.run(60)
    assert bench.word == "breaker_closed"
    bench.run(240)
    assert bench.word == "breaker_tripped"
    bench.run(600, dt=10)
    assert bench.word == "breaker_tripped"
    assert not bench.gear.lockout[0, 0]


def test_overload_after_a_lockout_that_is_over_leaves_it_open() -> None:
    bench = Bench()
    bench.blocked[:] = True
    bench.run(1)
    bench.blocked[:] = False
    bench.run(1)
    bench.amps = 12 * RATING
    bench.run(10)
    assert bench.word == "breaker_tripped"


def test_without_a_rating_overload_does_not_open_it_but_lockout_does() -> None:
    bench = Bench(rating=float("nan"))
    bench.amps = 50 * RATING
    bench.run(10)
    assert bench.word == "breaker_closed"
    bench.blocked[:] = True
    bench.run(0.1)
    assert bench.word == "breaker_tripped"


def test_a_stuck_breaker_that_is_locked_out_is_found_to_have_failed() -> None:
    bench = Bench(breaker_fail_delay=0.2)
    bench.gear.set(0, 0, "fault", "breaker_stuck")
    bench.blocked[:] = True
    bench.run(0.2)
    assert not bench.gear.failed_to_open[0, 0]
    assert not bench.gear.quiet
    bench.run(0.1)
    assert bench.gear.failed_to_open[0, 0]
    assert bench.word == "breaker_closed"
    assert bench.drawn.sum() > 0  # it still carries current
    bench.gear.set(0, 0, "fault", False)
    bench.run(0.1)
    assert bench.word == "breaker_tripped"
    assert not bench.gear.failed_to_open[0, 0]


def test_a_healthy_breaker_never_counts_as_failed() -> None:
    bench = Bench()
    bench.blocked[:] = True
    for _ in range(10):
        bench.run(0.1)
        assert not bench.gear.failed_to_open[0, 0]


def test_a_relay_that_trips_for_nothing_opens_it_without_a_lockout() -> None:
    bench = Bench()
    bench.gear.set(0, 0, "fault", "tripped")
    bench.run(0.1)
    assert (bench.word, bool(bench.gear.lockout[0, 0])) == ("breaker_tripped", False)


def test_only_the_blocked_site_goes_dark() -> None:
    bench = Bench(sites=3)
    bench.blocked[1, 0] = True
    bench.run(1)
    assert bench.output.lowest[:, 0] == pytest.approx([1, 0, 1])
    bench.blocked[1, 0] = False
    bench.run(0.1)
    assert bench.output.lowest[:, 0] == pytest.approx([1, 1, 1])


def test_words_tell_themselves_and_are_unique() -> None:
    words = [word for of_one, _ in Bench().gear.watched.values() for word in of_one]
    assert len(words) == len(set(words))


@pytest.mark.parametrize(("key", "value"), [("breaker", "shut"), ("fault", "stuck"), ("fault", True), ("power", 3)])
def test_a_setting_that_it_has_not_is_refused(key: str, value: object) -> None:
    with pytest.raises(ValueError, match=r"a switchgear has breaker .* and fault .*, not"):
        Bench().gear.set(0, 0, key, value)
