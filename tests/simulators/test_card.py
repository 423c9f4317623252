"""Cards and networks: who can still be asked when the power goes, and since when it counts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.devices.cards import Cards, Networks
from simulators.parameters import Tables
from telemetry.block import SECOND

START = 1_700_000_000 * SECOND
NAMES = ("ups-a", "pdu-a1", "gen-1")
KINDS = ("ups", "pdu", "generator")


class Bench:
    """Cards of three devices, at as many sites as there are tables, all fed by what a test sets."""

    def __init__(self, *tables: dict[str, dict[str, object]]) -> None:
        self.cards = Cards(NAMES, KINDS, Tables(tables or ({},)))
        self.now = START
        self.fed = np.ones((len(tables) or 1, len(NAMES)), np.bool_)
        self.cards.step(self.now, 0.1, self.fed)

    def run(self, seconds: float, dt: float = 0.1) -> np.ndarray:
        for _ in range(round(seconds / dt)):
            self.now += round(dt * SECOND)
            self.cards.step(self.now, dt, self.fed)
        return self.cards.answering[0]


def test_a_pdu_s_card_dies_with_its_feed_a_ups_s_a_little_later_and_a_controller_s_not() -> None:
    bench = Bench()
    bench.fed[:] = False
    assert list(bench.run(0.1)) == [True, False, True]
    assert list(bench.run(14.9)) == [True, False, True]
    assert list(bench.run(0.1)) == [False, False, True]


def test_a_card_answers_once_it_has_booted_and_not_before() -> None:
    bench = Bench()
    bench.fed[:] = False
    bench.run(60)
    bench.fed[:] = True
    assert list(bench.run(45.0)) == [False, False, True]
    assert list(bench.run(0.1)) == [True, True, True]


def test_power_that_flickers_while_a_card_boots_makes_it_begin_again() -> None:
    bench = Bench()
    bench.fed[:] = False
    bench.run(60)
    bench.fed[:] = True
    bench.run(40)
    bench.fed[:] = False
    bench.run(1)
    bench.fed[:] = True
    assert not bench.run(40)[1]
    assert bench.run(6)[1]


def test_a_dip_shorter_than_a_ups_s_hold_is_no_restart() -> None:
    bench = Bench()
    began = bench.cards.began.copy()
    bench.fed[:] = False
    bench.run(10)
    bench.fed[:] = True
    assert bench.run(1)[0]
    assert bench.cards.began[0, 0] == began[0, 0]


def test_uptime_is_long_at_first_and_begins_anew_with_the_card() -> None:
    bench = Bench()
    assert (START - bench.cards.began == 3_000_000 * SECOND).all()
    bench.fed[0, 1] = False
    bench.run(5)
    bench.fed[0, 1] = True
    back = bench.now + round(45.1 * SECOND)
    bench.run(60)
    assert bench.cards.began[0, 1] == back
    assert bench.cards.began[0, 0] == START - 3_000_000 * SECOND


def test_a_restart_is_silence_of_that_length_and_a_new_uptime_while_the_device_works_on() -> None:
    bench = Bench()
    bench.cards.set(0, 2, "restarts", 20)
    began = bench.now + round(0.1 * SECOND)
    assert list(bench.run(0.1)) == [True, True, False]
    bench.run(19.9)
    assert not bench.cards.answering[0, 2]
    assert bench.run(0.1)[2]
    assert bench.cards.began[0, 2] == began + 20 * SECOND


def test_silence_is_silence_and_no_restart() -> None:
    bench = Bench()
    began = bench.cards.began.copy()
    bench.cards.set(0, 0, "silent", True)
    assert list(bench.run(100)) == [False, True, True]
    bench.cards.set(0, 0, "silent", False)
    assert bench.run(0.1).all()
    assert (bench.cards.began == began).all()


def test_what_is_dead_from_the_start_is_silent_from_the_start() -> None:
    cards = Cards(NAMES, KINDS, Tables([{}]))
    cards.step(START, 0.1, np.array([[False, False, False]]))
    assert list(cards.answering[0]) == [False, False, True]


def test_parameters_are_the_device_s_own_at_each_site() -> None:
    bench = Bench({"pdu-a1": {"card_hold": 5.0}}, {"pdu-a1": {"control_power": True}}, {})
    bench.fed[:] = False
    bench.run(1)
    assert list(bench.cards.answering[:, 1]) == [True, True, False]
    bench.run(10)
    assert list(bench.cards.answering[:, 1]) == [False, True, False]


@pytest.mark.parametrize(("key", "value"), [("restarts", -1), ("restarts", True), ("silent", 1), ("power", 1)])
def test_what_a_card_cannot_is_said(key: str, value: object) -> None:
    with pytest.raises(ValueError, match="a card has restarts"):
        Bench().cards.set(0, 0, key, value)


def test_every_change_is_watched_and_a_timer_that_runs_out_soon_is_not_quiet() -> None:
    bench = Bench()
    words, codes = bench.cards.watched["card"]
    assert [words[c] for c in codes[0]] == ["card_up"] * 3
    assert bench.cards.quiet
    bench.fed[:] = False
    bench.run(0.1)
    assert words[bench.cards.watched["card"][1][0, 1]] == "card_down"
    assert bench.cards.quiet  # the UPS's card has 15 s left
    bench.run(5.1)
    assert not bench.cards.quiet
    bench.run(10)
    assert bench.cards.quiet
    bench.cards.set(0, 0, "restarts", 1)
    assert not bench.cards.quiet


def quietly(bench: Bench, until: int) -> None:
    """As the plant steps: long where all is quiet."""
    while bench.now < until:
        bench.run(step := min(10.0 if bench.cards.quiet else 0.1, (until - bench.now) / SECOND), step)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 900), st.tuples(st.booleans(), st.booleans())), min_size=1, max_size=6))
def test_long_steps_in_quiet_times_change_nothing(changes: list[tuple[int, tuple[bool, bool]]]) -> None:
    fine, coarse = Bench(), Bench()
    for tenths, fed in changes:
        for bench in (fine, coarse):
            bench.fed[0, :2] = fed
            bench.run(0.1)
        fine.run(tenths / 10)
        quietly(coarse, fine.now)
        assert (fine.cards.answering == coarse.cards.answering).all()
        assert (fine.cards.began == coarse.cards.began).all()


class Net:
    """Two networks: one of the PDUs fed by a UPS, one of all fed by either side."""

    def __init__(self, sites: int = 1, **parameters: object) -> None:
        table = {
            "net-a": {"carries": ["pdu-a1"], "fed_by": ["ups-a"], **parameters},
            "core": {"carries": ["ups-a", "pdu-a1"], "fed_by": ["ups-a", "gen-1"]},
        }
        self.tables = Tables([table] * sites)
        self.networks = Networks(self.tables, NAMES)
        self.now = START
        self.fed = np.ones((sites, len(NAMES)), np.bool_)
        self.networks.step(self.now, 0.1, self.fed)

    def run(self, seconds: float, dt: float = 0.1) -> list[bool]:
        for _ in range(round(seconds / dt)):
            self.now += round(dt * SECOND)
            self.networks.step(self.now, dt, self.fed)
        return list(self.networks.reached[0])


def test_a_network_takes_what_it_carries_with_it_and_leaves_the_rest() -> None:
    net = Net()
    assert net.tables.left == []
    net.fed[0, 0] = False
    assert net.run(0.1) == [True, False, True]
    net.fed[0, 2] = False
    assert net.run(0.1) == [False, False, True]


def test_a_network_comes_back_after_its_boot_and_a_device_behind_two_when_both_are() -> None:
    net = Net(boot=180.0)
    net.fed[:] = False
    net.run(10)
    net.fed[:] = True
    assert net.run(120) == [False, False, True]
    assert net.run(0.1) == [True, False, True]
    assert net.run(60) == [True, True, True]


def test_a_battery_of_its_own_carries_it_so_long_and_fills_ten_times_slower() -> None:
    net = Net(hold=30.0)
    net.fed[0, 0] = False
    assert net.run(30.0)[1]
    assert not net.run(0.2)[1]
    net.fed[0, 0] = True
    net.run(200.1)
    assert net.networks.left[0, 0] == pytest.approx(20.0, abs=0.02)
    net.fed[0, 0] = False
    assert net.run(19.9)[1]
    assert not net.run(0.4)[1]


def test_a_second_outage_finds_the_battery_that_the_first_has_left() -> None:
    net = Net(hold=30.0)
    for fed, seconds in ((False, 20), (True, 10), (False, 10.9)):
        net.fed[0, 0] = fed
        assert net.run(seconds)[1]
    assert not net.run(0.4)[1]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 60), st.booleans()), min_size=1, max_size=6))
def test_the_battery_of_a_network_is_the_same_in_any_steps(changes: list[tuple[int, bool]]) -> None:
    fine, coarse = Net(hold=40.0), Net(hold=40.0)
    for seconds, fed in changes:
        for net in (fine, coarse):
            net.fed[0, 0] = fed
            net.run(1, 1.0)
        fine.run(seconds)
        coarse.run(seconds, 1.0)
        assert fine.networks.left == pytest.approx(coarse.networks.left, abs=1e-6)
        assert 0 <= fine.networks.left[0, 0] <= 40


def test_a_network_that_is_silent_or_restarts_passes_nothing_meanwhile() -> None:
    net = Net()
    net.networks.set(0, 0, "silent", True)
    assert net.run(0.1) == [True, False, True]
    net.networks.set(0, 0, "silent", False)
    assert net.run(0.1) == [True, True, True]
    net.networks.set(0, 1, "restarts", True)
    assert not net.networks.quiet
    assert net.run(119) == [False, False, True]
    assert not net.networks.quiet
    assert net.run(1.1) == [True, True, True]
    assert net.networks.quiet
    words, codes = net.networks.watched["network"]
    assert words[codes[0, 1]] == "network_up"


def test_sites_do_not_touch_one_another() -> None:
    net = Net(sites=2)
    net.fed[1] = False
    net.run(5)
    assert net.networks.reached.tolist() == [[True, True, True], [False, False, True]]


def test_a_site_without_networks_is_reached_everywhere() -> None:
    networks = Networks(Tables([{}]), NAMES)
    assert networks.step(START, 0.1, np.zeros((1, 3), np.bool_)).all()
    assert networks.quiet


@pytest.mark.parametrize(
    ("table", "match"),
    [
        ({"carries": ["ups-z"], "fed_by": []}, "net.carries: expected names of the site's devices, not 'ups-z'"),
        ({"carries": ["ups-a"], "fed_by": "ups-a"}, "net.fed_by: expected names of the site's devices, not ups-a"),
        ({"carries": ["ups-a"], "hold": -1.0}, "must not be negative"),
    ],
)
def test_a_network_of_what_is_not_there_is_refused(table: dict[str, object], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        Networks(Tables([{"net": table}]), NAMES)
