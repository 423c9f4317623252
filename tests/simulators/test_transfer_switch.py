"""Transfer switches: mechanism, what people move by hand, quiet, and many of them at once."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.chance import Chance
from simulators.parameters import Tables
from simulators.supply import dead
from simulators.transfer_switch.conditions import POSITIONS
from simulators.transfer_switch.switches import FAULTS, TransferSwitches
from switch_bench import BEGIN, QUICK, Bench, on_emergency
from telemetry.block import SECOND


def test_a_transfer_breaks_before_it_makes() -> None:
    bench = on_emergency()
    assert [position for _, position in bench.visited] == ["normal", "none", "emergency"]
    (_, _), (left, _), (arrived, _) = bench.visited
    assert arrived - left == SECOND // 10
    assert bench.switches.transfers[0, 0] == 1


@pytest.mark.parametrize(("parameters", "neutral", "dark"), [({}, 2, 2.1), ({"transition": "delayed"}, 0, 1.1)])
def test_a_delayed_transition_stays_between_the_sources_on_purpose(
    parameters: dict[str, object], neutral: int, dark: float
) -> None:
    bench = on_emergency(parameters, neutral_delay=neutral * SECOND)
    bench.until("normal")
    gone = [b - a for (a, what), (b, _) in pairwise(bench.visited) if what == "none"]
    assert gone == [round(dark * SECOND)] * 2


def test_locked_out_between_the_sources_it_stays_there() -> None:
    bench = Bench(neutral_delay=5 * SECOND, **QUICK)
    bench.normal, bench.emergency = 0.0, 1.0
    bench.until("none")
    bench.blocked = True
    bench.run(60)
    assert bench.position == "none"
    bench.blocked = False
    assert bench.until("emergency") == pytest.approx(0.1)


def test_it_turns_round_between_the_sources_when_the_one_ahead_fails() -> None:
    bench = Bench(neutral_delay=5 * SECOND, **QUICK)
    bench.normal, bench.emergency = 0.0, 1.0
    bench.until("none")
    bench.normal, bench.emergency = 1.0, 0.0
    bench.until("normal", limit=6)
    assert "emergency" not in [position for _, position in bench.visited]


def test_by_hand_it_is_moved_to_where_somebody_wants_it() -> None:
    bench = Bench(**QUICK)
    bench.set(mode="manual", position="emergency")
    assert bench.until("emergency") == pytest.approx(0.2)  # to a dead source
    assert bench.levels == [0, 0, 0]
    bench.set(position="none")
    bench.run(30)
    assert bench.position == "none"
    bench.set(position="normal")
    assert bench.until("normal") == pytest.approx(0.2)
    bench.set(position="none")
    bench.run(30)
    bench.set(mode="auto")
    assert bench.until("normal") == pytest.approx(0.2)


def test_a_mechanism_can_be_made_slower_on_the_way() -> None:
    bench = Bench(**QUICK)
    bench.set(mechanism=0.5)
    bench.normal, bench.emergency = 0.0, 1.0
    bench.until("none")
    assert bench.until("emergency") == pytest.approx(0.5)


def test_a_static_switch_moves_within_the_step_and_locks_the_load_on() -> None:
    bench = Bench({"static": True, "lock": 0.25}, has_engine=False, transfer_delay=0, retransfer_delay=10 * SECOND)
    bench.normal = 0.0
    assert bench.step().lowest[0, 0] == 1
    assert bench.position == "emergency"
    bench.normal, bench.emergency = 1.0, 0.0
    bench.run(0.2)
    assert bench.position == "emergency"
    bench.step()
    assert bench.position == "normal"
    bench.normal, bench.emergency = 0.0, 1.0
    bench.run(0.2)
    assert bench.position == "normal"
    bench.step()
    assert bench.position == "emergency"
    bench.normal = 1.0
    assert bench.until("normal") == pytest.approx(10.1)
    bench.emergency = bench.normal = 0.0
    bench.run(2)
    assert bench.position == "normal"
    bench.emergency = 1.0
    bench.run(10)
    bench.normal = 1.0
    assert bench.until("normal") == pytest.approx(10.1)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("fault", "broken"),
        ("position", "both"),
        ("mode", "test"),
        ("test", True),
        ("retransfer", False),
        ("mechanism", -1),
        ("mechanism", True),
        ("pole", "N"),
        ("colour", 1),
    ],
)
def test_a_setting_that_does_not_fit_is_refused_with_what_there_is(key: str, value: object) -> None:
    with pytest.raises(ValueError, match=r"a transfer switch has fault .*stuck_open"):
        Bench().set(**{key: value})


@pytest.mark.parametrize(("key", "value"), [("transition", "soft"), ("pole", "L4"), ("mechanism", "fast")])
def test_a_parameter_that_does_not_fit_is_refused_by_its_name(key: str, value: object) -> None:
    with pytest.raises(ValueError, match=rf"ats\.{key} = '{value}': expected"):
        Bench({key: value})


def test_it_is_quiet_unless_something_moves_or_a_timer_is_about_to_end() -> None:
    bench = Bench(start_delay=SECOND, transfer_delay=5 * SECOND, retransfer_delay=60 * SECOND)
    assert bench.switches.quiet
    bench.normal = 0.0
    bench.step()
    assert not bench.switches.quiet  # the start delay
    bench.run(2)
    assert bench.switches.quiet  # nothing to do until the generator is there
    bench.emergency = 1.0
    bench.step()
    assert not bench.switches.quiet  # the transfer delay
    bench.until("none")
    assert not bench.switches.quiet
    bench.until("emergency")
    assert not bench.switches.quiet  # what it does where it has just arrived
    bench.step()
    assert bench.switches.quiet
    bench.normal = 1.0
    bench.run(40)
    assert bench.switches.quiet
    bench.run(10.2)
    assert not bench.switches.quiet
    bench.until("normal")
    bench.step()
    assert bench.switches.quiet


LEVELS = st.sampled_from([0.0, 0.84, 0.88, 1.0])
ACTS = st.sampled_from(
    [
        *(("fault", fault) for fault in FAULTS),
        *(("mode", mode) for mode in ("auto", "manual", "inhibited")),
        *(("position", position) for position in POSITIONS[:3]),
        *(("test", test) for test in ("load", "engine", False)),
        ("retransfer", True),
    ]
)


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.tuples(LEVELS, LEVELS, st.booleans(), ACTS, st.integers(1, 40)), max_size=10),
    st.sampled_from(["open", "delayed", "closed", "in_phase"]),
)
def test_whatever_is_done_no_energy_appears_and_nothing_is_drawn_from_an_open_side(
    story: list[tuple[float, float, bool, tuple[str, object], int]], transition: str
) -> None:
    bench = Bench({"transition": transition}, transfer_delay=SECOND, retransfer_delay=2 * SECOND)
    switches = bench.switches
    bench.slip = 0.1
    for normal, emergency, blocked, (key, value), steps in story:
        bench.normal, bench.emergency, bench.blocked = normal, emergency, blocked
        bench.set(**{key: value})
        for _ in range(steps):
            output = bench.step()
            load = 1000.0 * output.levels**2
            drawn = switches.absorb(bench.now, 0.1, load)
            assert drawn.sum() == pytest.approx(load.sum())
            assert switches.loss.sum() == switches.stored.sum() == 0
            assert np.allclose(drawn, switches.on_normal + switches.on_emergency)
            if bench.position in {"none", "normal"}:
                assert not switches.on_emergency.any()
            if bench.position in {"none", "emergency"}:
                assert not switches.on_normal.any()
            highest = np.maximum(switches.normal.levels, switches.emergency.levels)
            assert (output.levels <= highest + 1e-12).all()
            assert (bench.position != "both") or transition == "closed"
            assert switches.timer_remaining[0, 0] >= 0


def test_every_site_fares_as_it_would_alone() -> None:
    rng = np.random.default_rng(4)
    stories = [[(float(rng.choice([0.0, 1.0])), float(rng.choice([0.0, 1.0]))) for _ in range(12)] for _ in range(4)]
    faults = ["none", "early_retransfer", "failed_contact", "slow_mechanism"]
    together = Bench(sites=4, **QUICK)
    alone = [Bench(seeds=[site], **QUICK) for site in range(4)]
    for site, fault in enumerate(faults):
        together.switches.set(site, 0, "fault", fault)
        alone[site].switches.set(0, 0, "fault", fault)
    for chapter in range(12):
        together.normal = [story[chapter][0] for story in stories]
        together.emergency = [story[chapter][1] for story in stories]
        for site, bench in enumerate(alone):
            bench.normal, bench.emergency = stories[site][chapter]
        for _ in range(40):
            together.step()
            for site, bench in enumerate(alone):
                bench.step()
                for what in ("position", "start_contact", "transfers", "normal_good", "emergency_good", "mode"):
                    assert getattr(together.switches, what)[site, 0] == getattr(bench.switches, what)[0, 0]
                assert np.allclose(together.switches.output.volts[site], bench.switches.output.volts[0])
    assert together.switches.transfers.min() > 0


def test_words_tell_themselves() -> None:
    bench = Bench()
    words = [word for _, (words, _) in sorted(bench.switches.watched.items()) for word in words]
    assert len(words) == len(set(words))
    assert bench.words == {
        "position": "on_normal",
        "contact": "start_stopped",
        "mode": "in_auto",
        "normal": "normal_good",
        "emergency": "emergency_bad",
        "output": "output_live",
    }
    assert all(codes.dtype == np.int8 and codes.shape == (1, 1) for _, codes in bench.switches.watched.values())
    assert bench.now > BEGIN


def test_what_was_seen_of_a_step_does_not_change_in_the_next() -> None:
    bench = Bench(**QUICK)
    before = {what: codes for what, (_, codes) in bench.switches.watched.items()}
    copies = {what: codes.copy() for what, codes in before.items()}
    bench.set(test="load", fault="failed_contact")
    bench.emergency = 1.0
    bench.until("emergency")
    assert all(np.array_equal(before[what], copies[what]) for what in before)


def test_a_site_without_switches_has_none() -> None:
    switches = TransferSwitches([], [], np.zeros(0), Tables([{}, {}]), Chance([1, 2], []), np.zeros(0, np.bool_))
    output = switches.energise(BEGIN, 0.1, dead(2, 0), dead(2, 0), np.zeros((2, 0), np.bool_))
    assert output.volts.shape == (2, 0, 3)
    assert switches.absorb(BEGIN, 0.1, np.zeros((2, 0, 3))).shape == (2, 0, 3)
    assert switches.quiet
