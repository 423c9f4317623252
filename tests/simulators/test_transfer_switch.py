"""The transfer switch: its timers, hysteresis, and what inhibits it."""

import pytest

from simulators.supply import DEAD, Supply
from simulators.transfer_switch import SwitchParameters, TransferSwitch
from telemetry.block import SECOND
from telemetry.site import TransferSettings

GOOD = Supply(1.0, 1.0, 1.0, 60.0)
STEP = SECOND // 10


class Bench:
    """A switch between two supplies that a test turns on and off."""

    def __init__(self, **settings: int) -> None:
        self.switch = TransferSwitch(TransferSettings(**settings), SwitchParameters(), 60.0)
        self.now = 0
        self.normal, self.emergency, self.inhibited = GOOD, DEAD, False
        self.run(5)

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            self.now += STEP
            self.switch.step(self.now, self.normal, self.emergency, self.inhibited)

    def until(self, position: str, limit: float = 1000) -> float:
        """Seconds until it is in that position."""
        begun = self.now
        while self.switch.position != position:
            self.run(0.1)
            assert self.now - begun < limit * SECOND, f"never came to {position}"
        return (self.now - begun) / SECOND


def test_the_engine_is_called_after_the_start_delay_and_not_for_a_shorter_outage() -> None:
    bench = Bench(start_delay=3 * SECOND)
    bench.normal = DEAD
    bench.run(2.9)
    assert not bench.switch.start_contact
    bench.normal = GOOD
    bench.run(5)
    bench.normal = DEAD
    bench.run(2.9)
    assert not bench.switch.start_contact  # the delay began anew
    bench.run(0.2)
    assert bench.switch.start_contact


def test_it_transfers_the_transfer_delay_after_the_emergency_source_is_good() -> None:
    bench = Bench(start_delay=SECOND, transfer_delay=2 * SECOND)
    bench.normal = DEAD
    bench.run(5)
    assert bench.switch.position == "normal"
    bench.emergency = GOOD
    assert bench.until("none") == pytest.approx(2.1, abs=0.11)
    assert bench.switch.output == DEAD
    assert bench.until("emergency") == pytest.approx(0.1)
    assert bench.switch.output == GOOD


def test_it_goes_back_only_after_the_utility_was_good_for_the_retransfer_delay() -> None:
    bench = Bench(start_delay=SECOND, transfer_delay=0, retransfer_delay=300 * SECOND)
    bench.normal, bench.emergency = DEAD, GOOD
    bench.until("emergency")
    bench.normal = GOOD
    bench.run(200)
    bench.normal = DEAD
    bench.run(1)
    bench.normal = GOOD
    assert bench.until("normal") == pytest.approx(300.2, abs=0.2)
    bench.run(0.1)
    assert not bench.switch.start_contact


def test_the_retransfer_delay_is_cut_short_when_the_emergency_source_fails() -> None:
    bench = Bench(start_delay=SECOND, transfer_delay=0)
    bench.normal, bench.emergency = DEAD, GOOD
    bench.until("emergency")
    bench.normal, bench.emergency = GOOD, DEAD
    assert bench.until("normal") == pytest.approx(0.7, abs=0.11)


def test_between_drop_out_and_pick_up_a_source_stays_what_it_was() -> None:
    bench = Bench(start_delay=SECOND)
    bench.normal = Supply(0.87, 1.0, 1.0, 60.0)
    bench.run(5)
    assert bench.switch.normal.good
    bench.normal = Supply(0.84, 1.0, 1.0, 60.0)
    bench.run(5)
    bench.normal = Supply(0.89, 1.0, 1.0, 60.0)
    bench.run(5)
    assert not bench.switch.normal.good
    bench.normal = Supply(0.91, 1.0, 1.0, 60.0)
    bench.run(0.2)
    assert bench.switch.normal.good


def test_a_source_of_the_right_voltage_and_the_wrong_frequency_is_not_used() -> None:
    bench = Bench(start_delay=SECOND, transfer_delay=0)
    bench.normal, bench.emergency = DEAD, Supply(1.0, 1.0, 1.0, 55.0)
    bench.run(30)
    assert bench.switch.position == "normal"


def test_inhibited_it_calls_the_engine_and_does_not_move() -> None:
    bench = Bench(start_delay=SECOND, transfer_delay=0)
    bench.inhibited, bench.normal, bench.emergency = True, DEAD, GOOD
    bench.run(60)
    assert bench.switch.start_contact
    assert bench.switch.position == "normal"
    assert bench.switch.output == DEAD
