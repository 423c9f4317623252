"""The controller of a transfer switch: its timers and decisions."""

import pytest

from switch_bench import Bench
from telemetry.block import SECOND


def test_the_engine_is_called_after_the_start_delay_and_not_for_a_shorter_outage() -> None:
    bench = Bench(start_delay=3 * SECOND)
    for _ in range(2):  # the delay begins anew each time
        bench.normal = 0.0
        bench.run(2.9)
        bench.normal = 1.0
        bench.run(5)
    assert not bench.called
    bench.normal = 0.0
    bench.run(3)
    assert not bench.called
    bench.run(0.1)
    assert bench.called


def test_it_transfers_the_transfer_delay_after_the_emergency_source_is_good() -> None:
    bench = Bench(start_delay=SECOND, transfer_delay=2 * SECOND)
    bench.normal = 0.0
    bench.run(5)
    assert bench.position == "normal"
    bench.emergency = 1.0
    assert bench.until("none") == pytest.approx(2.1)
    assert bench.levels == [0, 0, 0]
    assert bench.until("emergency") == pytest.approx(0.1)
    assert bench.levels == [1, 1, 1]


def test_an_emergency_source_that_others_have_called_is_used_after_the_start_delay() -> None:
    bench = Bench(start_delay=2 * SECOND, transfer_delay=3 * SECOND)
    bench.emergency = 1.0
    bench.run(10)
    bench.normal = 0.0
    assert bench.until("emergency") == pytest.approx(2.2)


def test_it_goes_back_only_after_the_utility_was_good_for_the_retransfer_delay() -> None:
    bench = Bench(start_delay=SECOND, transfer_delay=0, retransfer_delay=300 * SECOND)
    bench.normal, bench.emergency = 0.0, 1.0
    bench.until("emergency")
    bench.normal = 1.0
    bench.run(200)
    bench.normal = 0.0
    bench.run(1)
    bench.normal = 1.0
    assert bench.until("normal") == pytest.approx(300.2)
    assert bench.called
    bench.run(0.1)
    assert not bench.called


def test_the_retransfer_delay_is_cut_short_when_the_emergency_source_fails() -> None:
    bench = Bench(start_delay=SECOND, transfer_delay=0)
    bench.normal, bench.emergency = 0.0, 1.0
    bench.until("emergency")
    bench.normal, bench.emergency = 1.0, 0.0
    assert bench.until("normal") == pytest.approx(0.7)


def test_a_dip_of_the_emergency_source_below_half_a_second_does_not_cut_it_short() -> None:
    bench = Bench(start_delay=SECOND, transfer_delay=0)
    bench.normal, bench.emergency = 0.0, 1.0
    bench.until("emergency")
    bench.normal, bench.emergency = 1.0, 0.8
    bench.run(0.4)
    bench.emergency = 1.0
    bench.run(20)
    assert bench.position == "emergency"


def test_a_dip_on_taking_the_load_is_ignored_for_as_long_as_it_is_set_to() -> None:
    bench = Bench({"ignore_dip": 15}, start_delay=SECOND, transfer_delay=0)
    bench.normal, bench.emergency = 0.0, 1.0
    bench.until("emergency")
    bench.normal, bench.emergency = 1.0, 0.7
    bench.run(6)
    assert bench.switches.timer_remaining[0, 0] == pytest.approx(9)
    assert not bench.switches.quiet
    assert bench.until("normal") == pytest.approx(9.1)


def test_with_both_sources_bad_it_stays_where_it_is() -> None:
    bench = Bench(start_delay=SECOND, transfer_delay=0)
    bench.normal, bench.emergency = 0.0, 1.0
    bench.until("emergency")
    bench.emergency = 0.0
    bench.run(30)
    assert bench.position == "emergency"


def test_inhibited_it_calls_the_engine_and_does_not_move() -> None:
    for how in ("relay", "panel"):
        bench = Bench(start_delay=SECOND, transfer_delay=0)
        if how == "relay":
            bench.blocked = True
        else:
            bench.set(mode="inhibited")
        bench.normal, bench.emergency = 0.0, 1.0
        bench.run(60)
        assert bench.called
        assert bench.position == "normal"
        assert bench.words["mode"] == "inhibited"
        assert bench.words["output"] == "output_dead"


def test_released_it_moves_at_once() -> None:
    bench = Bench(start_delay=SECOND, transfer_delay=0)
    bench.blocked, bench.normal, bench.emergency = True, 0.0, 1.0
    bench.run(60)
    bench.blocked = False
    assert bench.until("emergency") == pytest.approx(0.2)
    assert bench.words["mode"] == "in_auto"


def test_in_manual_it_neither_starts_nor_moves() -> None:
    bench = Bench(start_delay=SECOND, transfer_delay=0)
    bench.set(mode="manual")
    bench.normal, bench.emergency = 0.0, 1.0
    bench.run(60)
    assert not bench.called
    assert bench.position == "normal"
    assert bench.words["mode"] == "in_manual"
    bench.set(mode="auto")
    bench.run(0.3)
    assert bench.called
    assert bench.position == "emergency"


def test_turned_to_manual_during_an_outage_it_keeps_the_engine() -> None:
    bench = Bench(start_delay=SECOND, transfer_delay=0, retransfer_delay=10 * SECOND)
    bench.normal, bench.emergency = 0.0, 1.0
    bench.until("emergency")
    bench.set(mode="manual")
    bench.normal = 1.0
    bench.run(60)
    assert bench.called
    assert bench.position == "emergency"


def test_a_load_test_starts_transfers_and_comes_back_when_it_ends() -> None:
    bench = Bench(start_delay=3 * SECOND, transfer_delay=SECOND)
    bench.run(400)
    bench.set(test="load")
    bench.run(0.1)
    assert bench.called
    assert bench.words["mode"] == "in_test"
    assert bench.position == "normal"
    bench.run(8)
    bench.emergency = 1.0
    assert bench.until("emergency") == pytest.approx(1.2)
    bench.run(30)
    assert bench.position == "emergency"
    assert bench.switches.transfers[0, 0] == 1
    bench.set(test=False)
    assert bench.until("normal") == pytest.approx(0.2)
    bench.run(0.1)
    assert not bench.called
    assert bench.words["mode"] == "in_auto"


def test_a_load_test_gives_way_when_the_emergency_source_fails() -> None:
    bench = Bench(transfer_delay=SECOND)
    bench.set(test="load")
    bench.emergency = 1.0
    bench.until("emergency")
    bench.emergency = 0.0
    assert bench.until("normal") == pytest.approx(0.7)


def test_an_engine_test_starts_and_does_not_transfer() -> None:
    bench = Bench(transfer_delay=SECOND)
    bench.set(test="engine")
    bench.emergency = 1.0
    bench.run(60)
    assert bench.called
    assert bench.position == "normal"
    bench.set(test=False)
    bench.run(0.1)
    assert not bench.called


def test_a_real_outage_during_an_engine_test_is_served() -> None:
    bench = Bench(transfer_delay=SECOND)
    bench.set(test="engine")
    bench.emergency = 1.0
    bench.run(10)
    bench.normal = 0.0
    assert bench.until("emergency") == pytest.approx(0.2)


def test_somebody_may_bypass_the_retransfer_delay_and_only_to_a_good_source() -> None:
    bench = Bench(start_delay=SECOND, transfer_delay=0)
    bench.normal, bench.emergency = 0.0, 1.0
    bench.until("emergency")
    bench.set(retransfer=True)
    bench.run(10)
    assert bench.position == "emergency"
    bench.normal = 1.0
    assert bench.until("normal") == pytest.approx(0.2)
    bench.normal = 0.0
    bench.until("emergency")
    bench.normal = 1.0
    bench.run(20)
    assert bench.position == "emergency"  # what was asked for held once


def test_in_manual_the_retransfer_button_still_works() -> None:
    bench = Bench(start_delay=SECOND, transfer_delay=0)
    bench.normal, bench.emergency = 0.0, 1.0
    bench.until("emergency")
    bench.normal = 1.0
    bench.set(mode="manual", retransfer=True)
    assert bench.until("normal") == pytest.approx(0.2)


def test_the_timer_shown_is_the_one_that_runs() -> None:
    bench = Bench(start_delay=4 * SECOND, transfer_delay=3 * SECOND, retransfer_delay=60 * SECOND)
    bench.normal = 0.0
    bench.run(1.1)
    assert bench.switches.timer_remaining[0, 0] == pytest.approx(3)
    bench.run(3.5)
    assert bench.switches.timer_remaining[0, 0] == 0
    bench.emergency = 1.0
    bench.run(1.1)
    assert bench.switches.timer_remaining[0, 0] == pytest.approx(2)
    bench.until("emergency")
    bench.normal = 1.0
    bench.run(10.1)
    assert bench.switches.timer_remaining[0, 0] == pytest.approx(50)


def test_without_an_engine_nothing_is_called_and_the_good_side_is_taken_at_once() -> None:
    bench = Bench(has_engine=False, retransfer_delay=10 * SECOND)
    bench.normal = 0.0
    bench.step()
    assert bench.position == "emergency"
    assert bench.levels == [1, 1, 1]  # the break of milliseconds is within the step
    bench.run(5)
    assert not bench.called
    bench.normal = 1.0
    assert bench.until("normal") == pytest.approx(10.1)
    bench.emergency = bench.normal = 0.0
    bench.run(5)
    assert bench.position == "normal"
