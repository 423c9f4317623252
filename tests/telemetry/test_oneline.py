"""The one-line: who feeds whom."""

import pytest

from telemetry.oneline import OneLine
from telemetry.site import Device, Load, Site

TWO_SIDES = Site(
    "dc",
    (
        Device("utility-a", "utility"),
        Device("utility-b", "utility"),
        Device("gen-1", "generator"),
        Device("gen-2", "generator"),
        Device("ats-a", "transfer_switch", normal="utility-a", emergency=("gen-1", "gen-2"), needs=2),
        Device("ats-b", "transfer_switch", normal="utility-b", emergency=("gen-1",)),
        Device("ups-a", "ups", fed_by="ats-a", bypass_fed_by="ats-b"),
        Device("pdu-a", "pdu", fed_by="ups-a"),
        Device("pdu-b", "pdu", fed_by="ats-b"),
        Device("meter-a", "meter", measures="ats-a"),
        Device("meter-b", "meter", fed_by="ats-b", measures="pdu-b"),
        Device("spare", "ups"),
    ),
    (Load("row-1", ("pdu-a", "pdu-b")), Load("row-2", ("pdu-a",))),
)


@pytest.fixture
def oneline() -> OneLine:
    return OneLine(TWO_SIDES)


def test_feeders_are_in_order_of_preference(oneline: OneLine):
    """Normal before emergency, the own feed before the bypass, a load's in the order of the file."""
    assert oneline.feeders("ats-a") == ("utility-a", "gen-1", "gen-2")
    assert oneline.feeders("ups-a") == ("ats-a", "ats-b")
    assert oneline.feeders("row-1") == ("pdu-a", "pdu-b")
    assert oneline.feeders("utility-a") == ()


def test_fed_is_feeders_turned_round(oneline: OneLine):
    """Each edge is seen from both its ends."""
    seen = {(feeder, name) for name in oneline.names for feeder in oneline.feeders(name)}
    assert seen == {(name, fed) for name in oneline.names for fed in oneline.fed(name)}
    assert oneline.fed("pdu-a") == ("row-1", "row-2")


def test_upstream_is_nearest_first(oneline: OneLine):
    """Each name once, however many ways lead to it."""
    assert oneline.upstream("row-2") == ("pdu-a", "ups-a", "ats-a", "ats-b", "utility-a", "gen-1", "gen-2", "utility-b")


def test_upstream_is_all_that_its_feeders_have_and_themselves(oneline: OneLine):
    """Step by step or at once, it is the same."""
    for name in oneline.names:
        feeders = oneline.feeders(name)
        assert set(oneline.upstream(name)) == set(feeders).union(*map(oneline.upstream, feeders))


def test_a_meter_hangs_on_what_feeds_it_else_on_what_it_measures(oneline: OneLine):
    """So that it loses its own supply, or its subject, with the device that it belongs to."""
    assert oneline.feeders("meter-a") == ("ats-a",)
    assert oneline.feeders("meter-b") == ("ats-b",)


def test_sources_are_what_nothing_feeds(oneline: OneLine):
    """Utilities, generators, and a device that is connected to nothing."""
    assert oneline.sources("row-2") == ("utility-a", "gen-1", "gen-2", "utility-b")
    assert oneline.sources("gen-1") == ("gen-1",)
    assert oneline.sources("spare") == ("spare",)


def test_depth_counts_steps_from_the_furthest_source(oneline: OneLine):
    """Every device is deeper than each of its feeders, so that the smaller depth is nearer the source."""
    assert oneline.depth("utility-a") == 0
    assert oneline.depth("row-1") == 4
    for name in oneline.names:
        assert all(oneline.depth(feeder) < oneline.depth(name) for feeder in oneline.feeders(name))


def test_kinds_are_those_of_the_devices_and_load(oneline: OneLine):
    """A load is a kind of its own."""
    assert (oneline.kind("ups-a"), oneline.kind("row-1")) == ("ups", "load")


def test_ways_through_the_graph_are_not_counted_out():
    """A ladder of 60 rungs has 2^60 ways through it, and each name is looked at once all the same."""
    rungs = 60
    devices = [Device("u", "utility"), Device("a0", "ups", fed_by="u"), Device("b0", "ups", fed_by="u")]
    for i in range(1, rungs):
        devices += [Device(f"{side}{i}", "ups", fed_by=f"a{i - 1}", bypass_fed_by=f"b{i - 1}") for side in "ab"]
    assert OneLine(Site("ladder", tuple(devices))).depth(f"a{rungs - 1}") == rungs


def test_a_chain_of_thousands_is_no_limit():
    """Nothing recurses along the power path."""
    chain = [Device("d0", "utility"), *(Device(f"d{i}", "pdu", fed_by=f"d{i - 1}") for i in range(1, 1500))]
    assert OneLine(Site("chain", tuple(chain))).depth("d1499") == 1499
