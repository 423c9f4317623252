"""What goes wrong for a reason of its own is told, although something upstream has failed too."""

from dataclasses import replace

import pytest

from alarms.book import Book
from telemetry.block import SECOND
from telemetry.site import Device


@pytest.fixture
def tell(site, event, told, start):
    """`tell(lines, until, site)`: every change as a line, of events as lines."""

    def run(lines, until=600, at=site):
        book = Book(at, replay=True)
        return [told(c) for c in book.advance(start + until * SECOND, [event(line) for line in lines])]

    return run


@pytest.fixture(scope="module")
def spare(site):
    """The same site with three generators, two of which carry it."""
    devices = [
        replace(d, emergency=("gen-1", "gen-2", "gen-3"), needs=2) if d.kind == "transfer_switch" else d
        for d in site.devices
    ]
    return replace(site, devices=(*devices, Device("gen-2", "generator"), Device("gen-3", "generator")))


DEAD = ("0 utility-b utility_lost", "0 utility-b input voltage_interruption")


def of(lines, *words):
    return [line for line in lines if all(word in line for word in words)]


def test_a_dead_utility_hides_a_silent_switch_and_a_silent_ups_no_longer_than_three_minutes(tell):
    """A switch's controller may well be dead; a UPS has a battery."""
    lines = tell(("0 utility-a utility_lost", "3 ats-a comms_lost", "3 ups-a comms_lost"))
    assert of(lines, "comms_lost") == [
        "23 ats-a/comms_lost suppressed minor < utility-a/utility_lost",
        "23 ups-a/comms_lost suppressed minor < utility-a/utility_lost",
        "183 ups-a/comms_lost unacknowledged minor told",
    ]


def test_a_network_card_that_starts_anew_is_never_told(tell):
    lines = tell(("0 utility-a utility_lost", "3 ups-a comms_lost", "170 ups-a -comms_lost"))
    assert of(lines, "comms_lost", "told") == []


def test_a_lockout_hides_a_silent_ups_no_longer(tell):
    lines = tell(("0 ats-a sources_locked_out", "3 ups-a comms_lost"))
    assert of(lines, "comms_lost", "told") == ["183 ups-a/comms_lost unacknowledged minor told"]


def test_what_is_behind_a_silent_ups_is_one_message_with_it(tell):
    """That message comes from the UPS; once that answers, what is behind it has three minutes more."""
    lines = tell(
        (
            "0 utility-a utility_lost",
            "3 ups-a comms_lost",
            "3 pdu-a1 comms_lost",
            "300 ups-a -comms_lost",
        )
    )
    assert of(lines, "comms_lost", "told") == [
        "183 ups-a/comms_lost unacknowledged minor told",
        "300 ups-a/comms_lost returned minor told",
        "480 pdu-a1/comms_lost unacknowledged minor told",
    ]


def test_what_is_silent_behind_a_ups_that_answers_is_told(tell):
    lines = tell(("0 utility-a utility_lost", "3 pdu-a1 comms_lost"))
    assert of(lines, "comms_lost", "told") == ["183 pdu-a1/comms_lost unacknowledged minor told"]


def test_a_ups_that_dropped_its_load_explains_the_silence_behind_it_for_good(tell):
    lines = tell(
        ("0 utility-a utility_lost", "60 ups-a ups_load_dropped", "63 ups-a comms_lost", "63 pdu-a1 comms_lost")
    )
    assert of(lines, "comms_lost", "told") == []


@pytest.mark.parametrize("begins", [0, 300])
def test_a_spare_generator_that_failed_hides_no_ups_on_battery(tell, spare, begins):
    """Two of three are enough: a UPS that stays or goes on battery has a reason of its own."""
    lines = tell((*DEAD, "80 gen-3 generator_fail_to_start", f"{begins} ups-b ups_on_battery"), at=spare)
    due = max(186, begins + 60)  # the slowest transfer, or a spell
    assert of(lines, "ups_on_battery", "told") == [f"{due} ups-b/ups_on_battery unacknowledged minor told"]


@pytest.mark.parametrize("begins", [0, 300])
def test_too_few_generators_for_a_dead_utility_explain_a_ups_on_battery(tell, spare, begins):
    failed = ("80 gen-3 generator_fail_to_start", "81 gen-1 generator_fail_to_start")
    lines = tell((*DEAD, *failed, f"{begins} ups-b ups_on_battery"), at=spare)
    assert of(lines, "ups_on_battery", "told") == []


def test_a_ups_that_goes_on_battery_once_its_utility_is_back_is_told_after_a_minute(tell):
    """The utility is still being watched, and its only generator still locked out: neither is the reason."""
    back = "95 utility-b input -voltage_interruption"
    failed = "80 gen-1 generator_fail_to_start"
    first = ("0 ups-b ups_on_battery", "100 ups-b -ups_on_battery")
    lines = tell((*DEAD, failed, back, *first, "300 ups-b ups_on_battery"))
    assert of(lines, "ups_on_battery", "told") == ["360 ups-b/ups_on_battery unacknowledged minor told"]


def test_a_ups_on_battery_in_a_second_spell_of_a_dead_utility_is_explained_until_it_has_walked_in(tell):
    spells = (
        "95 utility-b input -voltage_interruption",
        "100 ups-b -ups_on_battery",
        "300 utility-b input voltage_interruption",
        "300 ups-b ups_on_battery",
        "400 utility-b input -voltage_interruption",
        "415 ups-b -ups_on_battery",
    )
    lines = tell((*DEAD, "80 gen-1 generator_fail_to_start", "0 ups-b ups_on_battery", *spells))
    assert of(lines, "ups_on_battery", "told") == []
