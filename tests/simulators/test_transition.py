"""How a transfer switch passes between live sources: open, closed or in phase."""

import numpy as np
import pytest

from switch_bench import QUICK, Bench, on_emergency
from telemetry.block import SECOND


def test_a_closed_transition_gives_no_break_and_overlaps_for_a_tenth_of_a_second() -> None:
    bench = on_emergency({"transition": "closed"})
    lowest = 1.0
    while bench.position != "normal":
        lowest = min(lowest, float(bench.step().lowest[0, 0]))
    assert lowest == pytest.approx(1)
    *_, (closed, first), (opened, second) = bench.visited
    assert (first, second) == ("both", "normal")
    assert opened - closed == SECOND // 10


def test_a_closed_transition_is_open_when_the_other_source_is_dead() -> None:
    bench = on_emergency({"transition": "closed"})
    assert [position for _, position in bench.visited] == ["normal", "none", "emergency"]


@pytest.mark.parametrize(
    ("apart", "waits"),
    [
        ({}, False),
        ({"emergency": 0.96}, False),
        ({"emergency": 0.94}, True),
        ({"slip": 0.15}, True),  # until the angle is small
        ({"lead": np.radians(4)}, False),
        ({"lead": np.radians(6)}, True),
        ({"lead": 2 * np.pi - np.radians(4)}, False),
        ({"slip": 0.25}, True),
    ],
)
def test_sources_that_do_not_match_are_not_closed_together(apart: dict[str, float], waits: bool) -> None:
    bench = on_emergency({"transition": "closed"}, retransfer_delay=2 * SECOND)
    for what, value in apart.items():
        setattr(bench, what, value)
    bench.run(2.2)
    assert (bench.position == "emergency") is waits
    assert bench.switches.quiet is not waits


def test_a_closed_transition_waits_for_the_angle() -> None:
    bench = on_emergency({"transition": "closed"}, retransfer_delay=2 * SECOND)
    bench.slip, bench.lead = 0.1, np.radians(10)
    bench.until("both")
    ahead = np.degrees(bench.switches.emergency.angle - bench.switches.normal.angle)[0, 0]
    assert abs(ahead) <= 5
    assert bench.now - bench.visited[-2][0] > 9 * SECOND


def test_a_closed_transition_that_never_matches_is_made_open() -> None:
    bench = on_emergency({"transition": "closed", "patience": 20}, retransfer_delay=2 * SECOND)
    bench.emergency = 0.92
    assert bench.until("normal") == pytest.approx(22.2)
    assert bench.visited[-2][1] == "none"


@pytest.mark.parametrize("slip", [0.05, 0.3, 0.7, -0.4])
def test_an_in_phase_transfer_arrives_when_the_sources_are_in_step(slip: float) -> None:
    bench = on_emergency({"transition": "in_phase"}, retransfer_delay=2 * SECOND)
    bench.slip, bench.lead = slip, 2.0
    bench.until("normal")
    apart = np.angle(np.exp(1j * (bench.switches.emergency.angle - bench.switches.normal.angle)))[0, 0]
    assert abs(np.degrees(apart)) < 16
    assert bench.visited[-2][1] == "none"


def test_an_open_transfer_takes_no_heed_of_the_angle() -> None:
    bench = on_emergency(retransfer_delay=2 * SECOND)
    bench.lead = np.pi
    assert bench.until("normal") == pytest.approx(2.2)


@pytest.mark.parametrize("transition", ["closed", "in_phase"])
def test_a_bad_source_is_left_without_waiting_for_a_match(transition: str) -> None:
    bench = Bench({"transition": transition}, **QUICK)
    bench.emergency, bench.lead = 1.0, 2.0
    bench.run(1)
    bench.normal = 0.7
    assert bench.until("emergency") == pytest.approx(1.2)
    assert bench.visited[-2][1] == "none"


def test_it_no_longer_waits_once_the_other_source_has_failed() -> None:
    bench = on_emergency({"transition": "closed"}, retransfer_delay=2 * SECOND)
    bench.lead = 2.0
    bench.run(5)
    assert not bench.switches.quiet
    bench.normal = 0.0
    bench.run(0.2)
    assert bench.switches.quiet


def test_an_in_phase_transfer_asks_for_no_equal_voltages() -> None:
    bench = on_emergency({"transition": "in_phase"}, retransfer_delay=2 * SECOND)
    bench.emergency = 0.91
    assert bench.until("normal") == pytest.approx(2.2)


def test_by_hand_no_match_is_waited_for() -> None:
    bench = on_emergency({"transition": "in_phase"})
    bench.lead = np.pi
    bench.set(mode="manual", position="normal")
    assert bench.until("normal") == pytest.approx(0.2)


def test_stuck_open_a_closed_transition_leaves_the_load_dead_too() -> None:
    bench = on_emergency({"transition": "closed"}, retransfer_delay=2 * SECOND)
    bench.set(fault="stuck_open")
    bench.run(10)
    assert bench.position == "none"
