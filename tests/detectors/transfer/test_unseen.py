"""What is not seen is neither ok nor failed, and silence takes back nothing."""

import pytest

from detectors.event import EventKind

STUCK = """
10 utility-1 input.voltage 0; ats-a input.1.voltage 0; ats-a output.voltage 0
11 ups-a input.voltage 0; ups-a ups.status on_battery
11 ats-a ats.start_contact run; gen-1 generator.state running; gen-1 generator.speed 1500
16 gen-1 output.voltage 230; gen-1 output.frequency 50; ats-a input.2.voltage 230
"""
UNPOSITIONED = "ats-a input.source, ats-a output.voltage"
STAGES = ("ats_fail_to_transfer", "ats_open", "transfer_unconfirmed", "transfer_slow")


def test_a_load_side_still_alive_in_the_row_of_the_loss_is_no_transfer(stream):
    """The UPS was polled a moment before the loss, in the same row: its input proves nothing without a position."""
    made = stream(STUCK, without=UNPOSITIONED)
    assert made.told(*STAGES) == ["29 +ats_fail_to_transfer ats-a"]
    assert all("S5" not in e.detail.get("stages", {}).get("ats-a", {}) for e in made.events())


def test_a_load_side_that_never_goes_dead_is_a_transfer_once_its_sample_is_newer_than_the_loss(stream):
    text = STUCK.replace("ups-a input.voltage 0; ups-a ups.status on_battery", "ats-a ats.mode auto")
    assert stream(text, without=UNPOSITIONED).told(*STAGES) == []


def test_a_load_side_that_is_polled_every_30_s_is_waited_for(stream, good, site_text):
    """Neither failed nor slow: a held sample shows nothing after its time."""
    slow = site_text.replace('fed_by = "ats-a"', 'fed_by = "ats-a"\ninterval = "30s"', 1)
    held = "".join(f"{t} ups-a input.voltage =; ups-a ups.status =\n" for t in range(13, 42))
    text = good + "18 ups-a input.voltage 0\n20 ups-a ups.status on_battery\n"
    text += held + "42 ups-a input.voltage 230; ups-a ups.status online"
    assert stream(text, site=slow, without="ats-a output.voltage", until=100).told(*STAGES) == []


def test_a_failed_transfer_is_not_over_because_its_witness_falls_silent(stream):
    text = STUCK + "40 ups-a input.voltage -; ups-a ups.status -; ups-a output.voltage -"
    assert stream(text, without=UNPOSITIONED, until=90).told(*STAGES) == ["29 +ats_fail_to_transfer ats-a"]


def test_a_switch_that_is_open_and_falls_silent_has_not_failed_a_second_time(stream):
    silent = "40 ats-a input.source -; ats-a output.voltage -"
    text = STUCK + "18 ats-a input.source none\n" + silent
    assert stream(text, until=90).told(*STAGES) == ["29 +ats_open ats-a"]


def test_a_stage_done_before_its_time_began_to_run_has_no_margin(stream, at_rest):
    """The stream begins on the generator, whose power nothing shows yet."""
    base = at_rest.replace("ats-a input.source normal", "ats-a input.source emergency")
    text = "10 utility-1 input.voltage 0; ats-a input.1.voltage 0"
    events = stream(text, base=base).events()
    told = [e for e in events if e.kind is EventKind.UTILITY_LOST and e.detail["stage"] == "S5"]
    assert told
    assert all("stage_margin_s" not in e.detail for e in told)


# The main breaker between them is open: the utility's meter cannot speak for the switch.
BREAKER_OPEN = """
10 ats-a input.1.voltage 0; ats-a output.voltage 0; ups-a input.voltage 0; ups-a ups.status on_battery
"""
SILENT = (
    "ats-a input.1.voltage -; ats-a output.voltage -; ats-a input.source -; ats-a ats.mode -; ats-a lockout.status -"
)
ANSWERS = (
    "ats-a input.1.voltage 0; ats-a output.voltage 0; ats-a input.source normal; ats-a ats.mode auto; "
    "ats-a lockout.status normal"
)
UNANSWERED = SILENT + "; ats-a ats.start_contact -; ats-a input.2.voltage -"


@pytest.mark.parametrize("back", [31, 50])
def test_no_silence_of_the_switch_beside_a_good_utility_ends_what_it_saw(stream, back):
    """One lost poll or twenty: the sequence goes on, and no deadline starts anew."""
    made = stream(BREAKER_OPEN + f"30 {SILENT}\n{back} {ANSWERS}", until=100)
    assert made.told("no_start_command") == ["16 +no_start_command ats-a"]


def test_a_lost_poll_just_after_the_loss_ends_no_transfer(stream):
    """The utility is back for its meter in the very row in which the switch does not answer; its breaker stays open."""
    text = (
        BREAKER_OPEN
        + f"""
    10 utility-1 input.voltage 0
    30 utility-1 input.voltage 230; {SILENT}
    31 {ANSWERS}
    """
    )
    assert stream(text, until=100).told("no_start_command") == ["16 +no_start_command ats-a"]


def test_a_good_utility_frees_no_locked_out_switch_that_fell_silent(stream, lost):
    text = lost + f"10 ats-a lockout.status locked_out\n30 {SILENT}\n60 utility-1 input.voltage 230"
    assert stream(text, until=300).told("sources_locked_out") == ["10 +sources_locked_out ats-a"]


def test_a_utility_that_comes_back_ends_the_sequence_of_a_switch_that_stays_silent(stream, lost):
    """It had been lost for both: after two polls without an answer its meter speaks for the switch."""
    text = lost + f"18 {UNANSWERED}\n20 utility-1 input.voltage 230"
    made = stream(text, until=300)
    assert made.told("no_start_command") == ["16 +no_start_command ats-a", "21 -no_start_command ats-a"]


def test_a_switch_that_never_answered_is_spoken_for_by_its_utility(stream, at_rest):
    base = at_rest + f"0 {UNANSWERED}\n"
    text = "10 utility-1 input.voltage 0\n30 utility-1 input.voltage 230"
    made = stream(text, base=base, until=300)
    assert made.told("generator_fail_to_start", "no_start_command", *STAGES) == []


def test_a_lost_poll_of_the_switch_brings_no_power_to_it(stream, lost):
    """The generator runs in spec, and its breaker is open: silence of the switch is no arrival."""
    runs = "gen-1 generator.state running; gen-1 generator.speed 1500; gen-1 output.voltage 230"
    text = lost + f"11 ats-a ats.start_contact run; gen-1 output.frequency 50; {runs}"
    text += f"\n60 {UNANSWERED}\n61 {ANSWERS}; ats-a ats.start_contact run; ats-a input.2.voltage 0"
    assert stream(text, until=120).told("generator_out_of_spec") == ["28 +generator_out_of_spec gen-1"]
