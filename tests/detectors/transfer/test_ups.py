"""When a UPS is on battery, and when it has dropped its load."""

import pytest

from detectors.event import EventKind

ON_BATTERY = "10 ups-a ups.status on_battery; ups-a input.voltage 0\n"
KIND = "ups_load_dropped"


def test_on_battery_is_told_at_once_with_what_is_left(stream):
    made = stream(ON_BATTERY)
    assert made.told("ups_on_battery") == ["10 +ups_on_battery ups-a"]
    event = made.events()[0]
    assert (event.detail["battery_left_s"], event.detail["input_dead"]) == (600.0, True)
    assert event.onset == (made.block.times[9], made.block.times[10])


@pytest.mark.parametrize("status", ["test", "bypass", "boost", "trim", "eco"])
def test_other_states_are_no_battery_alarm(stream, status):
    assert stream(f"10 ups-a ups.status {status}").told() == []


def test_silence_does_not_end_it(stream):
    text = ON_BATTERY + "15 ups-a ups.status -\n30 ups-a ups.status online"
    assert stream(text).told("ups_on_battery") == ["10 +ups_on_battery ups-a", "30 -ups_on_battery ups-a"]


def test_a_ups_that_says_off_after_carrying_has_dropped_its_load_at_the_first_poll(stream):
    made = stream(ON_BATTERY + "40 ups-a ups.status off; ups-a output.voltage 0")
    assert made.told(KIND) == [f"40 +{KIND} ups-a"]
    event = next(e for e in made.events() if e.kind is EventKind.UPS_LOAD_DROPPED)
    assert (event.detail["seen_by"], event.detail["on_battery_s"]) == ("status", 30.0)


def test_a_dead_output_alone_needs_two_polls(stream):
    once = ON_BATTERY + "40 ups-a output.voltage 0\n41 ups-a output.voltage 230"
    assert stream(once).told(KIND) == []
    assert stream(ON_BATTERY + "40 ups-a output.voltage 0").told(KIND) == [f"41 +{KIND} ups-a"]


def test_a_held_dead_output_is_one_poll(stream):
    text = ON_BATTERY + "40 ups-a output.voltage 0\n41 ups-a output.voltage ="
    assert stream(text).told(KIND) == []


def test_a_ups_that_fails_to_battery_drops_its_load(stream):
    text = "10 ups-a input.voltage 0; ups-a output.voltage 0; ups-a ups.status off"
    assert stream(text).told(KIND) == [f"10 +{KIND} ups-a"]


def test_one_dead_phase_is_no_dropped_load(stream):
    base = """
    0 ups-a ups.status online; ups-a input.voltage 230
    0 ups-a output.L1-N.voltage 230; ups-a output.L2-N.voltage 230; ups-a output.L3-N.voltage 230
    """
    one = ON_BATTERY + "20 ups-a output.L2-N.voltage 0"
    assert stream(one, base=base).told(KIND) == []
    every = one + "; ups-a output.L1-N.voltage 0; ups-a output.L3-N.voltage 0"
    assert stream(every, base=base).told(KIND) == [f"21 +{KIND} ups-a"]


def test_a_ups_that_was_off_from_the_start_has_dropped_nothing(stream):
    text = "0 ups-a ups.status off; ups-a output.voltage 0\n10 ups-a input.voltage 0"
    assert stream(text).told(KIND) == []


def test_a_ups_that_is_switched_off_beside_a_good_input_has_dropped_nothing_by_fault(stream):
    assert stream("10 ups-a ups.status off; ups-a output.voltage 0").told(KIND) == []


def test_a_ups_that_falls_silent_is_unobservable(stream):
    text = ON_BATTERY + "40 ups-a ups.status -; ups-a output.voltage -; ups-a input.voltage -"
    assert stream(text).told(KIND) == []


def test_a_live_output_disproves_a_status_of_off(stream):
    assert stream(ON_BATTERY + "40 ups-a ups.status off").told(KIND) == []


def test_it_is_over_when_the_output_is_alive_again(stream):
    text = (
        ON_BATTERY
        + "40 ups-a ups.status off; ups-a output.voltage 0\n50 ups-a ups.status online; ups-a output.voltage 230"
    )
    assert stream(text).told(KIND) == [f"40 +{KIND} ups-a", f"50 -{KIND} ups-a"]


def test_the_load_side_of_the_switch_stands_in_for_an_input_that_is_not_measured(stream):
    text = "10 ats-a output.voltage 0; ups-a output.voltage 0; ups-a ups.status off"
    assert stream(text, without="ups-a input.voltage").told(KIND) == [f"10 +{KIND} ups-a"]
