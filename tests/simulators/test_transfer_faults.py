"""What the faults of a transfer switch look like from outside."""

import numpy as np
import pytest

from switch_bench import QUICK, Bench, on_emergency
from telemetry.block import SECOND


def test_stuck_it_does_not_leave() -> None:
    bench = Bench(**QUICK)
    bench.set(fault="stuck")
    bench.normal, bench.emergency = 0.0, 1.0
    bench.run(60)
    assert bench.called
    assert (bench.position, bench.levels) == ("normal", [0, 0, 0])
    assert bench.words["mode"] == "in_auto"
    assert bench.words["emergency"] == "emergency_good"
    bench.set(fault="none")
    assert bench.until("emergency") == pytest.approx(0.2)


def test_stuck_open_both_sources_may_be_good_and_the_load_is_dead() -> None:
    bench = Bench(**QUICK)
    bench.set(fault="stuck_open")
    bench.normal, bench.emergency = 0.0, 1.0
    bench.run(30)
    bench.normal = 1.0
    bench.run(30)
    assert bench.words["position"] == "between"
    assert bench.words["normal"] == "normal_good"
    assert bench.words["emergency"] == "emergency_good"
    assert bench.words["output"] == "output_dead"
    bench.set(fault="none")
    bench.until("normal", limit=1)


def test_a_slow_mechanism_takes_seconds() -> None:
    bench = Bench({"slow": 4}, **QUICK)
    bench.set(fault="slow_mechanism")
    bench.normal, bench.emergency = 0.0, 1.0
    bench.until("none")
    assert bench.until("emergency") == pytest.approx(4)


def test_a_dead_controller_calls_no_engine_and_does_not_move() -> None:
    bench = Bench(**QUICK)
    bench.set(fault="no_start")
    bench.normal, bench.emergency = 0.0, 1.0
    bench.run(60)
    assert not bench.called
    assert bench.position == "normal"
    assert bench.words["normal"] == "normal_bad"


@pytest.mark.parametrize(("pole", "levels"), [("L1", [0, 1, 1]), ("L3", [1, 1, 0])])
def test_a_failed_contact_leaves_one_phase_out_on_its_own_side_only(pole: str, levels: list[int]) -> None:
    bench = Bench({"pole": pole}, **QUICK)
    bench.set(fault="failed_contact")
    bench.step()
    assert bench.levels == [1, 1, 1]
    bench.normal, bench.emergency = 0.0, 1.0
    bench.until("emergency")
    assert bench.levels == levels
    assert bench.words["output"] == "output_dead"  # by its lowest phase
    load = np.full((1, 1, 3), 1000.0) * bench.switches.output.levels
    assert bench.switches.absorb(bench.now, 0.1, load).sum() == pytest.approx(2000)


def test_a_failed_contact_of_the_normal_side_comes_and_goes_with_the_fault() -> None:
    bench = Bench(**QUICK)
    bench.set(fault="failed_contact_normal", pole="L3")
    bench.step()
    assert bench.levels == [1, 1, 0]
    assert bench.words["normal"] == "normal_good"  # the source is; no transfer
    bench.run(60)
    assert bench.position == "normal"
    bench.set(fault="none")
    bench.step()
    assert bench.levels == [1, 1, 1]


def test_a_dead_source_that_is_taken_for_good_is_transferred_to() -> None:
    bench = Bench(**QUICK)
    bench.set(fault="sees_good_emergency")
    bench.normal = 0.0
    bench.until("emergency")
    bench.run(10)
    assert bench.words["emergency"] == "emergency_good"
    assert bench.words["output"] == "output_dead"


def test_a_good_source_that_is_taken_for_bad_is_left() -> None:
    bench = Bench(**QUICK)
    bench.set(fault="sees_bad_normal")
    bench.emergency = 1.0
    bench.until("emergency")
    bench.run(60)
    assert bench.position == "emergency"
    assert bench.levels == [1, 1, 1]


def transfers_near_drop_out(fault: str) -> int:
    bench = Bench(start_delay=SECOND, transfer_delay=0, retransfer_delay=300 * SECOND)
    bench.emergency = 1.0
    bench.set(fault=fault)
    for _ in range(20):
        for level in (0.84, 0.87):
            bench.normal = level
            bench.run(15)
    return int(bench.switches.transfers[0, 0])


def test_hunting_it_transfers_many_times_in_ten_minutes_where_a_healthy_one_does_so_once() -> None:
    assert transfers_near_drop_out("none") == 1
    assert transfers_near_drop_out("hunting") >= 3


def test_hunting_is_chance_of_site_and_time_alone() -> None:
    together = Bench(sites=2, seeds=(7, 8), **QUICK)
    alone = Bench(seeds=(8,), **QUICK)
    for bench in (together, alone):
        bench.normal, bench.emergency = 0.86, 1.0
        bench.set(fault="hunting")
    positions = []
    for _ in range(1200):
        together.step()
        alone.step()
        positions.append(together.switches.position[:, 0])
        assert positions[-1][1] == alone.switches.position[0, 0]
    assert (np.array(positions)[:, 0] != np.array(positions)[:, 1]).any()


def test_a_hunting_relay_does_not_trouble_a_steady_source() -> None:
    bench = Bench(**QUICK)
    bench.emergency = 1.0
    bench.set(fault="hunting")
    bench.run(120)
    assert not bench.called
    assert bench.switches.quiet


def test_an_early_retransfer_leaves_out_the_delay_once() -> None:
    bench = on_emergency()
    bench.set(fault="early_retransfer")
    assert bench.until("normal") == pytest.approx(0.2)
    bench.normal = 0.0
    bench.until("emergency")
    bench.normal = 1.0
    assert bench.until("normal") == pytest.approx(30.2)


def test_a_controller_that_dies_on_the_emergency_source_lets_the_engine_go() -> None:
    bench = on_emergency()
    assert bench.called
    bench.set(fault="no_start")
    bench.run(60)
    assert not bench.called
    assert bench.position == "emergency"


def test_a_hunting_relay_picks_up_where_it_drops_out() -> None:
    bench = Bench({"chatter": 0.0}, **QUICK)
    bench.set(fault="hunting")
    for level, good in ((0.84, False), (0.86, True)):
        bench.normal = level
        bench.step()
        assert bool(bench.switches.normal_good[0, 0]) is good
