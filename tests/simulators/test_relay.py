"""Lockout relays: when a ground fault trips them, when it does not, and who releases them."""

import numpy as np
import pytest

from simulators.chance import Chance
from simulators.parameters import Tables
from simulators.supply import balanced, dead
from simulators.utility.relays import Relays
from simulators.utility.utilities import Utilities

START = 1_700_000_000_000_000
GROUND_FAULT = {"type": "slg", "phase": "L2", "depth": 0.18, "sound": 0.86}


class Board:
    """One utility feed a site, one relay at it."""

    def __init__(self, seeds=(0,), **table):
        grid, relay = ("utility-1",), ("relay-86",)
        self.u = Utilities(grid, np.array([60.0]), Tables([{}] * len(seeds)), Chance(seeds, grid))
        self.relays = Relays(relay, Tables([{"relay-86": table}] * len(seeds)), grid, [["ats-a", "ats-b"]])
        self.now = START

    def step(self, dt=0.1):
        self.now += round(dt * 1e6)
        return self.relays.step(self.now, dt, self.u.step(self.now, dt))[:, 0].copy()

    def trips_after(self, seconds=10.0, dt=0.1):
        """Seconds from the first step with the fault to that which finds the relay tripped, at site 0."""
        for k in range(round(seconds / dt)):
            if self.step(dt)[0]:
                return round(k * dt, 6)
        return None


@pytest.mark.parametrize("delay", [0.0, 0.3, 0.4, 0.5, 1.0])
def test_trips_when_the_delay_has_passed(delay):
    board = Board(armed=True, delay=delay)
    assert board.trips_after() is None
    board.u.set(0, 0, "fault", GROUND_FAULT)
    assert board.trips_after() == delay


def test_trips_at_the_first_step_after_a_delay_that_ends_between_two():
    board = Board(armed=True, delay=0.35)
    board.u.set(0, 0, "fault", GROUND_FAULT)
    assert board.trips_after() == 0.4


def test_trips_at_the_same_time_in_finer_steps():
    board = Board(armed=True)
    board.u.set(0, 0, "fault", GROUND_FAULT)
    assert board.trips_after(dt=0.02) == 0.4


def test_measures_the_zero_sequence_of_what_it_watches():
    board = Board(armed=True)
    board.u.set(0, 0, "fault", GROUND_FAULT)
    board.step()
    assert board.relays.zero_sequence[0, 0] == pytest.approx(0.68 / 3, abs=0.005)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("fault", {"type": "ll", "depth": 0.0}),
        ("fault", {"type": "3ph", "depth": 0.0}),
        ("fault", {"type": "slg", "depth": 0.0, "behind": "delta-wye"}),  # no zero sequence passes
        ("fault", {"type": "slg", "depth": 0.6}),  # far away: V0 0.13
        ("voltage", 0.0),
        ("voltage", 0.5),
    ],
)
def test_sees_no_ground_fault_in(key, value):
    board = Board(armed=True)
    board.u.set(0, 0, key, value)
    assert board.trips_after() is None


@pytest.mark.parametrize(("clears_after", "trips"), [(0.1, None), (0.35, None), (0.45, 0.4), (1.0, 0.4)])
def test_races_the_feeder_breaker(clears_after, trips):
    board = Board(armed=True, delay=0.4)
    board.u.set(0, 0, "recloser", {"clears_after": clears_after, "dead": [0.4, 2, 15]})
    board.u.set(0, 0, "fault", GROUND_FAULT)
    assert board.trips_after(30) == trips


def test_each_shot_onto_a_fault_is_timed_anew():
    board = Board(armed=True, delay=0.4)
    board.u.set(0, 0, "recloser", {"clears_after": 0.3, "dead": [0.4, 2, 15], "permanent": True})
    board.u.set(0, 0, "fault", GROUND_FAULT)
    assert board.trips_after(30) is None


def test_stays_tripped_until_a_person_releases_it():
    board = Board(armed=True)
    board.u.set(0, 0, "fault", GROUND_FAULT)
    assert board.trips_after() == 0.4
    board.u.set(0, 0, "fault", False)
    assert [board.step()[0] for _ in range(50)] == [True] * 50
    board.relays.set(0, 0, "tripped", False)
    assert board.trips_after() is None


def test_released_onto_the_fault_it_trips_again_after_its_delay():
    board = Board(armed=True)
    board.u.set(0, 0, "fault", GROUND_FAULT)
    board.trips_after()
    board.relays.set(0, 0, "tripped", False)
    assert board.trips_after() == 0.4


def test_without_its_element_only_a_scenario_trips_it():
    board = Board()
    board.u.set(0, 0, "fault", GROUND_FAULT)
    assert board.trips_after() is None
    board.relays.set(0, 0, "armed", True)
    assert board.trips_after() == 0.4
    board.relays.set(0, 0, "armed", False)
    board.relays.set(0, 0, "tripped", False)
    assert board.trips_after() is None
    board.relays.set(0, 0, "tripped", True)
    assert board.trips_after() == 0


@pytest.mark.parametrize(
    ("zero_sequence", "trips"),
    [
        ([0.21] * 7, 5),
        ([0.21, *[0.19] * 6], 5),  # held by what would not pick up
        ([0.21, 0.19, 0.17, 0.21, *[0.19] * 6], 8),  # dropped out once, timed anew
        ([0.19] * 10, None),
    ],
)
def test_drops_out_a_little_below_where_it_picks_up(zero_sequence, trips):
    relays = Relays(("r",), Tables([{"r": {"armed": True, "pickup": 0.2, "reset": 0.9, "delay": 1.0}}]))
    healthy = balanced(np.ones((1, 1)), np.array([60.0]))
    tripped = [
        bool(relays.step(START + k * 200_000, 0.2, healthy._replace(volts=healthy.volts + v0))[0, 0])
        for k, v0 in enumerate(zero_sequence)
    ]
    assert (tripped.index(True) if True in tripped else None) == trips


def test_each_site_by_itself():
    board = Board(seeds=(1, 2, 3), armed=True)
    board.u.set(1, 0, "fault", GROUND_FAULT)
    board.relays.set(2, 0, "tripped", True)
    assert board.step().tolist() == [False, False, True]
    for _ in range(4):
        found = board.step().tolist()
    assert found == [False, True, True]


def test_says_what_it_watches_blocks_and_is():
    board = Board(armed=True)
    assert board.relays.watches == ("utility-1",)
    assert board.relays.blocks == (frozenset({"ats-a", "ats-b"}),)
    words, codes = board.relays.watched["relay"]
    assert words[codes[0, 0]] == "relay_normal"
    board.relays.set(0, 0, "tripped", True)
    words, codes = board.relays.watched["relay"]
    assert words[codes[0, 0]] == "relay_tripped"


def test_quiet_but_while_it_times():
    board = Board(armed=True)
    board.step()
    assert board.relays.quiet
    board.u.set(0, 0, "fault", GROUND_FAULT)
    quiet = []
    for _ in range(10):
        board.step()
        quiet.append(board.relays.quiet)
    assert quiet == [False] * 4 + [True] * 6


def test_one_that_watches_nothing_rests():
    relays = Relays(("r",), Tables([{"r": {"armed": True}}]))
    assert not relays.step(START, 10.0, dead(1, 1)).any()
    assert relays.quiet


@pytest.mark.parametrize(("key", "value"), [("tripped", 1), ("armed", "yes"), ("pickup", 0.1)])
def test_setting_that_does_not_fit_says_what_would(key, value):
    with pytest.raises(ValueError, match="a lockout relay has tripped and armed"):
        Board().relays.set(0, 0, key, value)


@pytest.mark.parametrize("table", [{"pickup": 0}, {"delay": -1}])
def test_parameter_that_does_not_fit_is_refused(table):
    with pytest.raises(ValueError, match="a relay's pickup"):
        Board(**table)
