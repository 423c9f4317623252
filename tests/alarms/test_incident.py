"""What belongs together, and what its root is."""

import pytest

from telemetry.block import SECOND


@pytest.fixture
def play(book, event, start):
    """Changes of some lines."""

    def run(*lines, until=0):
        events = [event(line) for line in lines]
        return book.advance(max([start + until * SECOND, *(e.time for e in events)]), events)

    return run


def test_everything_below_one_loss_is_one_incident(play):
    """Both UPSs of a side, its switch and the generator join the loss of its utility, whose second names it."""
    changes = play(
        "0 utility-a utility_lost",
        "0 ups-a ups_on_battery",
        "80 gen-1 generator_fail_to_start",
        "80 ats-a sources_locked_out",
        "81 row-1 load_loss_predicted",
    )
    assert {c.incident.id for c in changes} == {"20260301T143200Z-utility-a-utility_lost"}


def test_the_root_is_what_failed_nearest_the_source(play):
    """The cause moves from the lost source to the lockout to the generator that failed, and stays there."""
    changes = play(
        "0 utility-a utility_lost",
        "6 ats-a sources_locked_out",
        "80 gen-1 generator_fail_to_start",
        "90 ups-a load_loss_predicted",
    )
    assert [c.cause for c in changes] == [
        "utility_lost@utility-a",
        "sources_locked_out@ats-a",
        "generator_fail_to_start@gen-1",
        "generator_fail_to_start@gen-1",
    ]


def test_without_a_failure_the_root_is_the_lost_source(play):
    """Slow is not missed, and being on battery is an effect."""
    changes = play("0 ups-a ups_on_battery", "1 utility-a utility_lost", "14 ats-a transfer_slow")
    assert {c.cause for c in changes} == {"utility_lost@utility-a"}


def test_a_ups_that_held_is_no_root(book, event, start):
    """A load dropped after minutes on battery is the effect of the loss; one dropped at once is the failure."""
    held = event("300 ups-a ups_load_dropped", on_battery_s=298.0)
    changes = book.advance(start + 300 * SECOND, [event("0 utility-a utility_lost"), held])
    assert changes[-1].cause == "utility_lost@utility-a"


def test_a_ups_that_did_not_hold_is_the_root(book, event, start):
    """The other half."""
    failed = event("2 ups-a ups_load_dropped", on_battery_s=1.0)
    changes = book.advance(start + 2 * SECOND, [event("0 utility-a utility_lost"), failed])
    assert changes[-1].cause == "ups_load_dropped@ups-a"


def test_two_sides_with_one_cause_are_one_incident(play):
    """Both switches locked out at once share the generator."""
    changes = play("0 utility-a utility_lost", "2 ats-a sources_locked_out", "2 ats-b sources_locked_out")
    assert len({c.incident.id for c in changes}) == 1


def test_unrelated_sides_are_two_incidents(play):
    """A sag on one utility has nothing to do with a sag on the other."""
    changes = play("0 utility-a input voltage_sag", "5 utility-b input voltage_sag")
    assert len({c.incident.id for c in changes}) == 2


def test_a_silent_device_is_its_own_incident_unless_a_cause_explains_it(play):
    """Silence says nothing about power."""
    changes = play("0 utility-b utility_lost", "1 pdu-a1 comms_lost", "1 pdu-b1 comms_lost", until=60)
    incident = {c.subject: c.incident.id for c in changes}
    assert incident["pdu-b1"] == incident["utility-b"]
    assert incident["pdu-a1"] == "20260301T143201Z-pdu-a1-comms_lost"


def test_a_glitch_makes_no_incident(play):
    """Nor does it name one that comes a tick later."""
    glitch, lost = play("0 utility-a input ?voltage_sag", "1 utility-a utility_lost")[:2]
    assert glitch.incident is None
    assert glitch.cause is None
    assert lost.incident.id == "20260301T143201Z-utility-a-utility_lost"


def test_what_comes_soon_after_belongs_to_it_and_what_comes_later_does_not(play):
    """Ten minutes after its last alarm an incident is closed."""
    lines = ("0 utility-a utility_lost", "300 utility-a -utility_lost", "800 utility-a utility_lost")
    changes = play(*lines, "900 utility-a -utility_lost", "1501 utility-a utility_lost")
    assert [c.incident.id[:16] for c in changes] == ["20260301T143200Z"] * 4 + ["20260301T145701Z"]
    assert [c.count for c in changes] == [1, 1, 2, 2, 1]


def test_a_supply_that_comes_and_goes_is_the_root_of_its_sags(play):
    """Also where a frequency deviation came first."""
    sags = [f"{s} utility-a input {sign}voltage_sag" for t in (10, 40, 70) for s, sign in ((t, ""), (t + 2, "-"))]
    changes = play("0 utility-a input frequency_deviation", *sags)
    assert changes[-1].cause == "supply_unstable@utility-a"


def test_counters(play):
    """An incident says how much it is, how much of it is now, and how much of it the NOC was spared."""
    *_, last = play(
        "0 utility-a utility_lost",
        "0 ups-a ups_on_battery",
        "0 ats-a input.1 voltage_interruption",
        "9 ats-a input.1 -voltage_interruption",
        "20 ups-a -ups_on_battery",
        "300 utility-a -utility_lost",
    )
    assert last.incident.to_json() == {
        "schema": "ridethrough.incident/1",
        "time": "2026-03-01T14:37:00.000Z",
        "incident": "20260301T143200Z-utility-a-utility_lost",
        "onset": "2026-03-01T14:32:00.000Z",
        "ended": "2026-03-01T14:37:00.000Z",
        "active": False,
        "severity": "minor",
        "cause": "utility_lost@utility-a",
        "loss_predicted": {},
        "alarms": 3,
        "active_alarms": 0,
        "suppressed_alarms": 2,
        "notifications": 2,
        "replay": True,
    }
