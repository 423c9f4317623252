"""A generator that ran, and runs no more while it is wanted."""

import pytest

from detectors.event import EventKind

KIND = "generator_fail_to_start"
STOPS = "gen-1 generator.state stopped; gen-1 generator.speed 0; gen-1 output.voltage 0; gen-1 output.frequency 0"
RUNS = "gen-1 generator.state running; gen-1 generator.speed 1500; gen-1 output.voltage 230; gen-1 output.frequency 50"


@pytest.mark.parametrize("without", ["", "gen-1 generator.state, gen-1 generator.speed"])
def test_one_sample_of_a_generator_at_rest_is_no_failure(stream, good, without):
    text = good + f"150 {STOPS}\n151 {RUNS}"
    assert stream(text, until=200, without=without).told(KIND) == []


@pytest.mark.parametrize("at", [60, 150])
def test_a_generator_that_stops_while_it_is_wanted_is_told_after_two_polls_whenever_it_stops(stream, good, at):
    made = stream(good + f"{at} {STOPS}", until=200)
    assert made.told(KIND) == [f"{at + 1} +{KIND} gen-1"]
    event = next(e for e in made.events() if e.kind is EventKind.GENERATOR_FAIL_TO_START)
    assert event.detail["ran"] is True
    assert "stage_margin_s" not in event.detail


def test_a_controller_that_shuts_a_running_generator_down_has_not_given_up_cranking(stream, good):
    made = stream(good + "150 gen-1 lockout.status locked_out; " + STOPS, until=200)
    assert made.told(KIND) == [f"150 +{KIND} gen-1"]
    event = next(e for e in made.events() if e.kind is EventKind.GENERATOR_FAIL_TO_START)
    assert event.detail["reason"] == "its controller has shut it down and locked itself out"


def test_a_generator_that_ends_its_cooldown_as_it_is_asked_again_has_its_whole_time_to_start(stream, good):
    text = (
        good
        + f"""
    50 utility-1 input.voltage 230; ats-a input.1.voltage 230
    60 ats-a input.source normal; ats-a ats.start_contact stop; gen-1 generator.state cooldown
    100 utility-1 input.voltage 0; ats-a input.1.voltage 0; ats-a output.voltage 0
    104 {STOPS}
    106 gen-1 generator.state cranking
    110 {RUNS}
    113 ats-a input.source emergency; ats-a output.voltage 230
    """
    )
    assert stream(text, until=200).told(KIND) == []


def test_a_generator_that_fires_and_dies_between_two_cranks_has_not_run(stream, lost):
    fires = "".join(
        f"{t} gen-1 generator.state running; gen-1 generator.speed 900\n"
        f"{t + 4} gen-1 generator.state cranking; gen-1 generator.speed 150\n"
        for t in (20, 50)
    )
    made = stream(lost + "11 ats-a ats.start_contact run; gen-1 generator.state cranking\n" + fires, until=120)
    assert made.told(KIND) == [f"91 +{KIND} gen-1"]
    assert next(e for e in made.events() if e.kind is EventKind.GENERATOR_FAIL_TO_START).detail["ran"] is False


MUTE = ", ".join(
    f"gen-1 {q}"
    for q in ("generator.state", "generator.speed", "generator.breaker", "output.voltage", "output.frequency")
)
UNPOLLED = MUTE + ", gen-1 lockout.status"
SECOND_SWITCH = """
[[device]]
name = "ats-b"
kind = "transfer_switch"
normal = "utility-1"
emergency = "gen-1"
"""


@pytest.mark.parametrize("without", [UNPOLLED, MUTE], ids=["not polled", "polled for other things"])
def test_a_generator_that_says_nothing_of_itself_is_judged_by_what_reaches_its_switch(stream, lost, without):
    made = stream(lost + "11 ats-a ats.start_contact run", until=120, without=without)
    assert made.told(KIND) == [f"91 +{KIND} gen-1"]
    event = next(e for e in made.events() if e.kind is EventKind.GENERATOR_FAIL_TO_START)
    assert event.detail["reason"] == "no voltage comes from it at ats-a"
    assert ("ats-a", "input.2.voltage", 0.0) in [(e.device, e.quantity, e.value) for e in event.evidence]


def test_a_generator_that_is_not_polled_and_feeds_is_good(stream, good):
    told = stream(good, until=200, without=UNPOLLED).told()
    assert {line.split()[1] for line in told} == {"+utility_lost", "+ups_on_battery", "-ups_on_battery"}


def test_a_generator_that_is_not_polled_and_gives_bad_power_is_out_of_spec_and_not_failed(stream, lost):
    text = lost + "11 ats-a ats.start_contact run\n14 ats-a input.2.voltage 180"
    made = stream(text, until=200, without=UNPOLLED)
    assert made.told(KIND, "generator_out_of_spec") == ["28 +generator_out_of_spec gen-1"]


def test_a_generator_that_reaches_one_of_its_switches_runs(stream, lost, site_text):
    """The way to ats-a is open; that is no failure to start."""
    text = (
        lost
        + """
    0 ats-b input.1.voltage 230; ats-b input.2.voltage 0; ats-b output.voltage 230; ats-b input.source normal
    11 ats-a ats.start_contact run
    16 ats-b input.2.voltage 230
    """
    )
    made = stream(text, until=200, without=UNPOLLED, site=site_text + SECOND_SWITCH)
    assert made.told(KIND, "generator_out_of_spec") == ["28 +generator_out_of_spec gen-1"]


def test_a_generator_has_not_failed_while_one_of_its_switches_cannot_be_seen(stream, lost, site_text):
    text = lost + "11 ats-a ats.start_contact run\n0 ats-b input.1.voltage 230; ats-b input.2.voltage -"
    assert stream(text, until=200, without=UNPOLLED, site=site_text + SECOND_SWITCH).told(KIND) == []


def test_a_switch_with_several_generators_says_of_none_that_it_failed(stream, lost, site_text):
    """Nothing arrives: but whose fault that is, nobody can see."""
    site = site_text.replace('emergency = "gen-1"', 'emergency = ["gen-1", "gen-2"]')
    site += '\n[[device]]\nname = "gen-2"\nkind = "generator"\n'
    made = stream(lost + "11 ats-a ats.start_contact run", until=200, without=UNPOLLED, site=site)
    assert made.told(KIND, "generator_out_of_spec") == []
