"""One case for each way in which a transfer can fail, and for each way in which it must not be said to."""

import pytest

from detectors.event import Event, EventKind

QUIET = ("utility_lost", "ups_on_battery")


def of(events: list[Event], kind: EventKind, *, active: bool = True) -> Event:
    """The first such event."""
    return next(e for e in events if e.kind is kind and e.active is active)


def test_a_good_transfer_says_only_that_the_utility_is_lost_and_the_ups_is_on_battery(stream, good):
    assert stream(good).told() == [
        "10 +ups_on_battery ups-a",
        "10 +utility_lost utility-1",
        "20 -ups_on_battery ups-a",
    ]


def test_a_good_transfer_leaves_its_margins_in_the_journal(stream, good):
    last = [e for e in stream(good).events() if e.kind is EventKind.UTILITY_LOST][-1]
    assert last.detail["stage"] == "S5"
    assert last.detail["stages"] == {"ats-a": {"S2": 5.0, "S3": 77.0, "S4": 12.0, "S5": 11.0}}


def test_a_loss_shorter_than_the_start_delay_misses_no_stage(stream):
    text = """
    10 utility-1 input.voltage 0; ats-a input.1.voltage 0; ats-a output.voltage 0; ups-a ups.status on_battery
    12 utility-1 input.voltage 230; ats-a input.1.voltage 230; ats-a output.voltage 230; ups-a ups.status online
    """
    assert {line.split()[1][1:] for line in stream(text).told()} == set(QUIET)


def test_no_start_command_is_told_at_the_start_delay_and_two_polls_and_a_second(stream, lost):
    made = stream(lost)
    assert made.told("no_start_command", "generator_fail_to_start") == ["16 +no_start_command ats-a"]
    event = of(made.events(), EventKind.NO_START_COMMAND)
    assert event.detail["stage"] == "S2"
    assert event.detail["stage_margin_s"] == 0.0
    assert event.detail["since_loss_s"] == 6.0
    assert ("ats-a", "ats.start_contact", "stop") in [(e.device, e.quantity, e.value) for e in event.evidence]


def test_a_late_start_command_ends_its_alarm_and_says_how_late(stream, lost):
    made = stream(lost + "25 ats-a ats.start_contact run")
    assert made.told("no_start_command") == ["16 +no_start_command ats-a", "25 -no_start_command ats-a"]
    assert of(made.events(), EventKind.NO_START_COMMAND, active=False).detail["stage_margin_s"] == -9.0


def test_a_start_contact_that_cannot_be_seen_is_neither_ok_nor_missed(stream, lost):
    made = stream(lost, until=120, without="ats-a ats.start_contact")
    assert made.told("no_start_command") == []
    assert made.told("generator_fail_to_start") == ["93 +generator_fail_to_start gen-1"]


def test_a_generator_that_cranks_in_vain_is_told_after_the_crank_limit_and_five_seconds(stream, lost):
    text = lost + "11 ats-a ats.start_contact run; gen-1 generator.state cranking; gen-1 generator.speed 180"
    made = stream(text, until=120)
    assert made.told("generator_fail_to_start", "no_start_command") == ["91 +generator_fail_to_start gen-1"]
    event = of(made.events(), EventKind.GENERATOR_FAIL_TO_START)
    assert (event.detail["stage"], event.detail["since_start_s"], event.detail["overcrank"]) == ("S3", 80.0, False)


def test_overcrank_is_told_at_once_and_locks_both_sources_out(stream, lost):
    text = (
        lost
        + """
    11 ats-a ats.start_contact run; gen-1 generator.state cranking
    40 gen-1 generator.state locked_out
    """
    )
    made = stream(text, until=120)
    assert made.told(
        "generator_fail_to_start", "sources_locked_out", "ats_fail_to_transfer", "generator_out_of_spec"
    ) == [
        "40 +generator_fail_to_start gen-1",
        "40 +sources_locked_out ats-a",
    ]
    assert of(made.events(), EventKind.GENERATOR_FAIL_TO_START).detail["overcrank"] is True
    assert of(made.events(), EventKind.SOURCES_LOCKED_OUT).detail["locked_by"] == ("gen-1",)


def test_overcrank_with_a_good_utility_locks_nothing_out(stream):
    text = """
    10 ats-a ats.start_contact run; gen-1 generator.state cranking
    40 gen-1 generator.state locked_out
    """
    assert stream(text).told() == ["40 +generator_fail_to_start gen-1"]


def test_a_generator_below_90_percent_of_voltage_is_out_of_spec(stream, lost):
    text = (
        lost
        + """
    11 ats-a ats.start_contact run; gen-1 generator.state cranking
    15 gen-1 generator.state running; gen-1 output.voltage 190; gen-1 output.frequency 50; ats-a input.2.voltage 190
    """
    )
    made = stream(text)
    told = made.told("generator_out_of_spec", "ats_fail_to_transfer")
    assert told == ["28 +generator_out_of_spec gen-1"]
    assert of(made.events(), EventKind.GENERATOR_OUT_OF_SPEC).detail["voltage_pu"] == pytest.approx(190 / 230)


def test_a_generator_below_95_percent_of_frequency_is_out_of_spec(stream, lost):
    text = (
        lost
        + """
    11 ats-a ats.start_contact run; gen-1 generator.state running; gen-1 output.voltage 230; gen-1 output.frequency 47
    """
    )
    assert "28 +generator_out_of_spec gen-1" in stream(text).told()


def test_good_power_that_does_not_reach_the_switch_is_no_fault_of_the_switch(stream, lost):
    text = (
        lost
        + """
    11 ats-a ats.start_contact run; gen-1 generator.state running; gen-1 output.voltage 230; gen-1 output.frequency 50
    """
    )
    made = stream(text)
    assert made.told("generator_out_of_spec", "ats_fail_to_transfer") == ["28 +generator_out_of_spec gen-1"]
    assert "reach" in of(made.events(), EventKind.GENERATOR_OUT_OF_SPEC).detail["reason"]


def test_a_switch_that_stays_on_the_dead_side_has_failed_to_transfer(stream, good):
    made = stream(
        good
        + "18 ats-a input.source normal; ats-a output.voltage 0; ups-a input.voltage 0\n20 ups-a ups.status on_battery"
    )
    assert made.told("ats_fail_to_transfer", "ats_open", "transfer_unconfirmed") == ["29 +ats_fail_to_transfer ats-a"]
    event = of(made.events(), EventKind.ATS_FAIL_TO_TRANSFER)
    assert event.detail["source_good_s"] == 13.0
    assert event.detail["position"] == "normal"
    assert event.detail["emergency"] == ("gen-1",)


def test_a_contact_that_says_emergency_over_a_dead_load_side_is_no_transfer(stream, good):
    made = stream(good + "18 ats-a output.voltage 0; ups-a input.voltage 0\n20 ups-a ups.status on_battery")
    assert made.told("ats_fail_to_transfer", "transfer_unconfirmed") == ["29 +ats_fail_to_transfer ats-a"]
    assert "load side is dead" in of(made.events(), EventKind.ATS_FAIL_TO_TRANSFER).detail["reason"]


def test_a_switch_between_its_sources_is_open(stream, good):
    text = (
        good
        + "18 ats-a input.source none; ats-a output.voltage 0; ups-a input.voltage 0\n20 ups-a ups.status on_battery"
    )
    assert stream(text).told("ats_fail_to_transfer", "ats_open") == ["29 +ats_open ats-a"]


def test_a_neutral_delay_is_granted(stream, good, site_text):
    slow = site_text.replace('emergency = "gen-1"', 'emergency = "gen-1"\n[device.transfer]\nneutral_delay = "20s"')
    text = (
        good
        + "18 ats-a input.source none; ats-a output.voltage 0\n40 ats-a input.source emergency; ats-a output.voltage 230"
    )
    assert stream(text, site=slow).told("ats_open", "ats_fail_to_transfer") == []


def test_a_switch_that_opens_with_a_good_normal_source_is_open(stream):
    text = "10 ats-a input.source none; ats-a output.voltage 0; ups-a input.voltage 0; ups-a ups.status on_battery"
    assert stream(text).told("ats_open") == ["20 +ats_open ats-a"]


def test_a_late_transfer_ends_the_failure_and_is_slow(stream, good):
    text = (
        good
        + """
    18 ats-a input.source normal; ats-a output.voltage 0; ups-a input.voltage 0
    20 ups-a ups.status on_battery
    40 ats-a input.source emergency; ats-a output.voltage 230; ups-a input.voltage 230
    45 ups-a ups.status online
    """
    )
    made = stream(text)
    assert made.told("ats_fail_to_transfer", "transfer_slow") == [
        "29 +ats_fail_to_transfer ats-a",
        "40 -ats_fail_to_transfer ats-a",
        "40 +transfer_slow ats-a",
    ]
    assert of(made.events(), EventKind.ATS_FAIL_TO_TRANSFER, active=False).detail["stage_margin_s"] == -11.0
    slow = of(made.events(), EventKind.TRANSFER_SLOW)
    assert (slow.detail["took_s"], slow.detail["allowed_s"]) == (30.0, 10.0)


def test_a_load_side_that_nothing_shows_leaves_the_transfer_unconfirmed(stream, good):
    blind = "ats-a output.voltage, ups-a input.voltage, ups-a ups.status"
    made = stream(good, without=blind)
    assert made.told("transfer_unconfirmed", "ats_fail_to_transfer") == ["39 +transfer_unconfirmed ats-a"]


@pytest.mark.parametrize(
    ("without", "extra"),
    [
        ("ats-a output.voltage", ""),
        ("ats-a output.voltage, ups-a input.voltage", ""),
        (
            "ats-a output.voltage, ups-a input.voltage, ups-a ups.status",
            "0 gen-1 output.realpower 0\n18 gen-1 output.realpower 40000",
        ),
    ],
    ids=["the input of the UPS", "the word of the UPS", "the generator's power"],
)
def test_another_witness_of_the_load_side_confirms_a_transfer(stream, good, without, extra):
    assert stream(good + extra, without=without).told("transfer_unconfirmed", "ats_fail_to_transfer") == []


def test_a_position_that_cannot_be_seen_is_judged_by_the_load_side(stream, good):
    assert {line.split()[1][1:] for line in stream(good, without="ats-a input.source").told()} == set(QUIET)


def test_the_normal_source_coming_back_ends_the_sequence_without_failure(stream, lost):
    text = (
        lost
        + """
    11 ats-a ats.start_contact run; gen-1 generator.state cranking
    14 utility-1 input.voltage 230; ats-a input.1.voltage 230; ats-a output.voltage 230; ups-a input.voltage 230
    14 ats-a ats.start_contact stop; gen-1 generator.state stopped
    16 ups-a ups.status online
    """
    )
    assert {line.split()[1][1:] for line in stream(text, until=200).told()} == set(QUIET)


def test_the_normal_source_coming_back_ends_an_alarm_of_the_sequence(stream, lost):
    text = lost + "30 utility-1 input.voltage 230; ats-a input.1.voltage 230; ats-a output.voltage 230"
    assert stream(text).told("no_start_command") == ["16 +no_start_command ats-a", "30 -no_start_command ats-a"]


def test_a_generator_that_already_runs_has_done_its_stages_at_once(stream, lost):
    running = "0 gen-1 generator.state running; gen-1 output.voltage 230; gen-1 output.frequency 50; ats-a input.2.voltage 230"
    text = running + lost + "14 ats-a input.source emergency; ats-a output.voltage 230; ups-a input.voltage 230"
    made = stream(text)
    stages = [e.detail["stages"] for e in made.events() if e.kind is EventKind.UTILITY_LOST][-1]
    assert set(stages["ats-a"]) == {"S2", "S3", "S4", "S5"}
    assert {line.split()[1][1:] for line in made.told()} == set(QUIET)


def test_an_inhibited_switch_with_a_dead_normal_side_is_locked_out_at_the_first_poll(stream, lost):
    made = stream(lost + "10 ats-a ats.mode inhibited", until=120)
    assert made.told("sources_locked_out", "no_start_command", "ats_fail_to_transfer") == [
        "10 +sources_locked_out ats-a"
    ]
    event = of(made.events(), EventKind.SOURCES_LOCKED_OUT)
    assert (event.detail["locked_by"], event.detail["reason"]) == (("ats-a",), "ats-a is inhibited")
    assert event.onset[1] == event.time


def test_an_inhibited_switch_with_a_good_normal_side_is_no_lockout(stream):
    assert stream("10 ats-a ats.mode inhibited").told() == []


def test_manual_mode_alone_is_no_lockout(stream, lost):
    assert stream(lost + "5 ats-a ats.mode manual").told("sources_locked_out") == []


def test_after_a_lockout_is_lifted_the_stages_are_asked_for_anew(stream, lost):
    text = lost + "10 ats-a lockout.status locked_out\n40 ats-a lockout.status normal"
    assert stream(text).told("sources_locked_out", "no_start_command") == [
        "10 +sources_locked_out ats-a",
        "40 -sources_locked_out ats-a",
        "46 +no_start_command ats-a",
    ]


def test_a_lockout_that_goes_silent_is_not_taken_for_lifted(stream, lost):
    text = lost + "10 ats-a lockout.status locked_out\n40 ats-a lockout.status -"
    assert stream(text).told("sources_locked_out", "no_start_command") == ["10 +sources_locked_out ats-a"]


def test_silence_of_every_device_fails_no_stage(stream, lost, at_rest):
    silent = "\n".join(
        f"12 {entry.split()[0]} {entry.split()[1]} -"
        for line in at_rest.strip().splitlines()
        for entry in line.partition(" ")[2].split(";")
    )
    assert {line.split()[1][1:] for line in stream(lost + silent, until=200).told()} == set(QUIET)


def test_a_ten_second_poll_misses_no_six_second_deadline_by_itself(stream, lost, site_text):
    slow = site_text.replace('kind = "transfer_switch"', 'kind = "transfer_switch"\ninterval = "10s"')
    started = """
    11 ats-a ats.start_contact =; ats-a input.source =
    20 ats-a ats.start_contact run; ats-a input.source normal
    20 gen-1 generator.state cranking
    """
    assert stream(lost + started, site=slow, until=30).told("no_start_command") == []


def test_a_switch_without_a_generator_has_no_start_stages(stream, site_text):
    site = site_text.replace('kind = "generator"\nrating_power = 100_000', 'kind = "utility"')
    base = """
    0 utility-1 input.voltage 230; gen-1 input.voltage 230
    0 ats-a input.1.voltage 230; ats-a input.2.voltage 230; ats-a output.voltage 230; ats-a input.source normal
    """
    text = "10 ats-a input.1.voltage 0; utility-1 input.voltage 0; ats-a output.voltage 0"
    kinds = ("no_start_command", "generator_fail_to_start", "generator_out_of_spec", "ats_fail_to_transfer")
    assert stream(text, base=base, site=site).told(*kinds) == ["26 +ats_fail_to_transfer ats-a"]
    dead = text + "\n10 gen-1 input.voltage 0; ats-a input.2.voltage 0"
    assert stream(dead, base=base, site=site, until=200).told(*kinds, "sources_locked_out") == []


TWO_SIDES = """
[[device]]
name = "gen-2"
kind = "generator"

[[device]]
name = "ats-b"
kind = "transfer_switch"
normal = "utility-1"
emergency = "gen-2"
"""

SIDE_B = """
0 gen-2 generator.state stopped; gen-2 output.voltage 0
0 ats-b input.1.voltage 230; ats-b input.source normal; ats-b output.voltage 230; ats-b ats.start_contact stop
10 ats-b input.1.voltage 0; ats-b output.voltage 0
"""


def test_each_side_of_a_site_is_judged_for_itself(stream, good, site_text):
    made = stream(good + SIDE_B, site=site_text + TWO_SIDES)
    assert made.told("no_start_command", "utility_lost") == ["10 +utility_lost utility-1", "16 +no_start_command ats-b"]


SEVERAL = {"gen-2": "stopped", "gen-3": "stopped"}


def several(needs: int, site_text: str) -> str:
    extra = "".join(f'\n[[device]]\nname = "{name}"\nkind = "generator"\n' for name in SEVERAL)
    return site_text.replace('emergency = "gen-1"', f'emergency = ["gen-1", "gen-2", "gen-3"]\nneeds = {needs}') + extra


def test_with_enough_generators_one_that_does_not_start_is_told_and_the_transfer_is_good(stream, good, site_text):
    others = """
    0 gen-2 generator.state stopped; gen-2 output.voltage 0; gen-3 generator.state stopped; gen-3 output.voltage 0
    11 gen-2 generator.state cranking; gen-3 generator.state cranking
    15 gen-2 generator.state running; gen-2 output.voltage 230
    """
    made = stream(good + others, site=several(2, site_text), until=120)
    assert set(made.told()) - {
        "10 +utility_lost utility-1",
        "10 +ups_on_battery ups-a",
        "20 -ups_on_battery ups-a",
    } == {"91 +generator_fail_to_start gen-3"}


def test_too_few_generators_left_is_a_lockout(stream, lost, site_text):
    others = """
    0 gen-2 generator.state stopped; gen-3 generator.state stopped
    11 ats-a ats.start_contact run; gen-1 generator.state cranking; gen-2 generator.state locked_out
    13 gen-3 generator.state locked_out
    """
    made = stream(lost + others, site=several(2, site_text), until=30)
    assert made.told("sources_locked_out") == ["13 +sources_locked_out ats-a"]
    assert of(made.events(), EventKind.SOURCES_LOCKED_OUT).detail["locked_by"] == ("gen-2", "gen-3")


def test_a_lockout_of_the_switchgear_above_the_switch_locks_both_sources_out(stream, lost, site_text):
    site = site_text.replace('normal = "utility-1"', 'normal = "main"') + (
        '\n[[device]]\nname = "main"\nkind = "switchgear"\nfed_by = "utility-1"\n'
    )
    text = "0 main lockout.status normal\n" + lost + "10 main lockout.status locked_out"
    assert stream(text, site=site).told("sources_locked_out") == ["10 +sources_locked_out ats-a"]


def test_the_generator_columns_of_a_switch_stand_in_for_a_generator_that_is_not_polled(stream, lost):
    gone = ", ".join(
        f"gen-1 {q}"
        for q in (
            "generator.state",
            "generator.speed",
            "lockout.status",
            "generator.breaker",
            "output.voltage",
            "output.frequency",
        )
    )
    text = (
        "0 ats-a generator.state stopped\n"
        + lost
        + "11 ats-a generator.state cranking\n30 ats-a generator.state locked_out"
    )
    assert stream(text, without=gone).told("generator_fail_to_start") == ["30 +generator_fail_to_start gen-1"]
