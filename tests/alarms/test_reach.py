"""Where a finding stands on the one-line."""

import pytest

from alarms.reach import Reach, longest_transfer
from telemetry.block import SECOND
from telemetry.site import Device, Site, TransferSettings


@pytest.fixture(scope="module")
def reach() -> Reach:
    """One side with everything: switchboard, generator main, meters, a bypass from elsewhere, a UPS behind a UPS."""
    return Reach(
        Site(
            "dc",
            (
                Device("utility-a", "utility"),
                Device("utility-b", "utility"),
                Device("gen-1", "generator"),
                Device("gen-main", "switchgear", fed_by="gen-1"),
                Device("main-a", "switchgear", fed_by="utility-a"),
                Device("ats-a", "transfer_switch", normal="main-a", emergency=("gen-main",)),
                Device("ats-u", "transfer_switch", normal="utility-a", emergency=("utility-b",)),
                Device("ups-a", "ups", fed_by="ats-a", bypass_fed_by="utility-b"),
                Device("ups-small", "ups", fed_by="ups-a"),
                Device("pdu-a", "pdu", fed_by="ups-a"),
                Device("meter-in", "meter", measures="ats-a"),
                Device("meter-out", "meter", measures="ats-a", measures_point="output"),
                Device("meter-u", "meter", measures="utility-a"),
            ),
        )
    )


@pytest.mark.parametrize(
    ("subject", "point", "node"),
    [
        ("utility-a", "input", "utility-a"),
        ("ats-a", "input.1", "main-a"),
        ("ats-a", "output", "ats-a"),
        ("ats-u", "input.2", "utility-b"),
        ("ups-a", "input", "ats-a"),
        ("ups-a", "output", "ups-a"),
        ("ups-a", "input.bypass", "utility-b"),
        ("meter-in", "input", "main-a"),
        ("meter-out", "input", "ats-a"),
        ("meter-u", "input", "utility-a"),
        ("row-1", None, "row-1"),
    ],
)
def test_what_is_seen_at_a_point(reach, subject, point, node):
    """An input sees what feeds it; an output and a source are themselves; a meter sees what it measures."""
    assert reach.node(subject, point) == node


@pytest.mark.parametrize(
    ("subject", "point", "past_ups", "above"),
    [
        ("ups-a", "input", False, {"ats-a", "main-a", "utility-a"}),
        ("pdu-a", "input", False, {"ups-a"}),
        ("pdu-a", "input", True, {"ups-a", "ats-a", "main-a", "utility-a"}),
        ("ups-small", None, False, {"ups-a"}),
        ("ups-a", "output", False, {"ups-a"}),
        ("ats-u", "input.2", False, {"utility-b"}),
        ("utility-a", None, False, {"utility-a"}),
    ],
)
def test_what_power_comes_through(reach, subject, point, past_ups, above):
    """The normal way only: no emergency source, no bypass; not past a UPS unless asked."""
    assert reach.above(subject, point, past_ups=past_ups) == above


def test_what_stands_by(reach):
    """The emergency sources of the switches above, with what feeds them."""
    assert reach.standby("pdu-a", "input") == {"gen-main", "gen-1"}
    assert reach.standby("utility-a", None) == frozenset()


def test_what_an_alarm_has_to_do_with(reach):
    """A switch with all its sources, a generator also with the normal ones of whom it serves, a UPS with its own."""
    assert reach.sources("ats-a") == {"utility-a", "gen-1"}
    assert reach.sources("gen-1") == {"gen-1", "utility-a"}
    assert reach.sources("gen-main") == {"gen-1", "utility-a"}
    assert reach.sources("ups-a") == {"utility-a"}


def test_nearest_the_source_first_and_the_source_before_who_sees_it(reach):
    """What is told first where several see the same."""
    seen = [("ups-a", "input"), ("meter-u", "input"), ("ats-a", "input.1"), ("utility-a", "input")]
    assert sorted(seen, key=lambda s: reach.depth(*s)) == [
        ("utility-a", "input"),
        ("meter-u", "input"),
        ("ats-a", "input.1"),
        ("ups-a", "input"),
    ]


def test_the_slowest_permitted_transfer():
    """All deadlines used up, by the switch's own timers: 2 + 30 + 5 + 15 + 10 + 1 + 60 s."""
    timers = TransferSettings(
        start_delay=2 * SECOND, crank_limit=30 * SECOND, transfer_delay=15 * SECOND, neutral_delay=SECOND
    )
    assert longest_transfer(Device("ats", "transfer_switch", transfer=timers)) == 123 * SECOND


@pytest.mark.parametrize(
    ("subject", "cause", "carriers"),
    [
        ("ats-a", "utility-a", set()),
        ("ups-a", "utility-a", {"ups-a"}),
        ("pdu-a", "ats-a", {"ups-a"}),
        ("pdu-a", "gen-1", {"ups-a"}),
        ("pdu-a", "ups-a", set()),
        ("ups-small", "ups-a", {"ups-small"}),
    ],
)
def test_what_has_a_battery_between_it_and_a_cause(reach, subject, cause, carriers):
    """Not a UPS that is the cause itself, nor one above it."""
    assert reach.carriers(subject, cause) == carriers


@pytest.mark.parametrize(
    ("needs", "failed", "short"),
    [
        (1, {"gen-1"}, False),
        (2, {"gen-1"}, True),
        (1, {"gen-1", "gen-2"}, True),
        (1, {"gen-main"}, False),
        (5, set(), False),
        (5, {"gen-2"}, True),
    ],
)
def test_a_switch_is_short_of_sources_when_fewer_are_left_than_it_needs(needs, failed, short):
    """A failed board takes those behind it along; more than there are cannot be needed."""
    switch = Device("ats", "transfer_switch", emergency=("gen-main", "gen-2"), needs=needs)
    devices = (Device("gen-1", "generator"), Device("gen-2", "generator"), switch)
    site = Site("dc", (*devices, Device("gen-main", "switchgear", fed_by="gen-1")))
    assert Reach(site).short(switch, failed) is short
