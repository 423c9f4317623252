"""Two things that go wrong at once: each of them is in the answers, and each hides the other."""

import numpy as np
import pytest

from course import SITES, played
from device_profiles.quantities import quantity

STATUS = quantity("ups.status")
CONTACT = quantity("ats.start_contact")
SOURCE = quantity("input.source")
GENERATOR = quantity("generator.state")


@pytest.mark.parametrize("site", SITES)
def test_one_side_has_no_generator_and_the_other_has_one_and_does_not_take_it(site: int) -> None:
    course = played("pair-start-failure-and-stuck-switch", "2m50s to 5m")
    for switch in ("ats-a", "ats-b"):  # both are dead, and both have called
        assert course.values(site, switch, "ats.start_contact", "utility_lost + 3s", "5m") == pytest.approx(
            CONTACT.code("run")
        )
        assert course.values(site, switch, "output.voltage", "utility_lost + 1s", "5m").max() == 0
    assert course.values(site, "gen-a", "output.voltage", "utility_lost", "5m").max() < 0.1 * 277
    assert 100 < course.values(site, "gen-a", "generator.speed", "utility_lost", "5m").max() < 250
    assert (
        course.values(site, "gen-a", "generator.battery.voltage", "utility_lost + 5s", "utility_lost + 15s").min() < 21
    )
    assert course.values(site, "gen-b", "output.voltage", "utility_lost + 15s", "5m").min() > 0.95 * 277
    assert course.values(site, "gen-b", "output.realpower", "utility_lost", "5m").max() < 1_000
    assert course.values(site, "ats-b", "input.source", "utility_lost", "5m") == pytest.approx(SOURCE.code("normal"))
    assert course.values(site, "ats-b", "input.2.status", "utility_lost + 15s", "5m") == pytest.approx(0)  # good


@pytest.mark.parametrize("site", SITES)
def test_a_weak_string_ends_before_a_slow_start_is_over_and_a_sound_battery_does_not(site: int) -> None:
    course = played("pair-weak-string-and-slow-start", "2m50s to 5m")
    assert course.when(site, "ups-a.lost") < course.when(site, "gen-1.running")
    assert course.seconds(site, "gen-1.cranking", "gen-1.running") > 30  # not in the first cycle
    until = "ups-a.lost - 1s"
    runtime = course.values(site, "ups-a", "battery.runtime", "utility_lost + 1s", until)
    volts = course.values(site, "ups-a", "battery.voltage", "utility_lost + 1s", until)
    sound = course.values(site, "ups-b", "battery.voltage", "utility_lost + 1s", until)
    assert (runtime[0] - runtime[-1]) / (len(runtime) - 1) > 1.5  # it falls faster than time passes
    assert volts[-1] < 0.95 * sound[-1]
    assert volts[-1] / 240 < 1.75  # V a cell
    assert "lost" not in course.milestones(site, "ups-b")
    assert course.milestones(site, "row-1") == []
    assert course.seconds(site, "utility_lost", "ats-a.on_emergency") > 10


@pytest.mark.parametrize("site", SITES)
def test_a_silent_set_that_trips_is_seen_by_the_switches_alone(site: int) -> None:
    course = played("pair-silent-generator-trips", "2m50s to 6m", "8m50s to 11m")
    assert course.silent(site, "silent + 100ms", "11m") == {"gen-1"}
    assert course.values(site, "ats-a", "output.voltage", "silent", "oil").min() > 0.95 * 277  # it still carries
    for switch in ("ats-a", "ats-b"):
        at = course.values(site, switch, "input.source", "gen-1.breaker_tripped + 1s", "11m")
        assert at == pytest.approx(SOURCE.code("emergency"))
        assert course.values(site, switch, "input.2.voltage", "gen-1.breaker_tripped + 8s", "11m").max() < 0.1 * 277
    status = course.values(site, "ups-a", "ups.status", "gen-1.breaker_tripped + 1s", "11m")
    assert status == pytest.approx(STATUS.code("on_battery"))
    assert "tripped_low_oil_pressure" in course.milestones(site, "gen-1")


@pytest.mark.parametrize("site", SITES)
def test_a_frozen_card_repeats_itself_while_its_feed_and_its_neighbour_tell_of_an_outage(site: int) -> None:
    course = played("pair-frozen-card-and-outage", "3m to 5m", "19m50s to 21m30s")
    for what in ("input.voltage", "output.voltage", "battery.voltage", "ups.load"):
        frozen = course.values(site, "ups-a", what, "frozen + 1s", "21m30s")
        assert np.ptp(frozen) == 0
    assert np.ptp(course.values(site, "ups-a", "input.voltage", "3m", "frozen - 1s")) > 0
    outage = "utility_lost + 1s", "ats-a.on_emergency - 1s"
    assert course.values(site, "ups-a", "input.voltage", *outage).min() > 0.97 * 277
    assert course.values(site, "ups-a", "ups.status", *outage) == pytest.approx(STATUS.code("online"))
    assert course.values(site, "ats-a", "output.voltage", *outage).max() == 0
    assert course.values(site, "ups-b", "ups.status", *outage) == pytest.approx(STATUS.code("on_battery"))
    assert course.run.plant.milestones.of(site)["ups-a.on_battery"] <= course.when(site, outage[0])


@pytest.mark.parametrize("site", SITES)
def test_a_battery_whose_charger_failed_stays_where_the_first_outage_left_it(site: int) -> None:
    course = played(
        "pair-charger-failed-and-second-outage", "3m50s to 4m20s", "24m to 24m10s", "31m30s to 32m10s", "35m to 35m2s"
    )
    earlier, later = ("24m", "24m10s"), ("31m30s", "second - 1s")
    a, b = (
        [course.values(site, ups, "battery.charge", *span)[-1] for span in (earlier, later)]
        for ups in ("ups-a", "ups-b")
    )
    assert course.values(site, "ups-a", "battery.charge", "3m50s", "first - 1s").min() > 99
    assert a[1] < 65
    assert a[1] - a[0] < 5  # within eight minutes, and only because acid finds its way back into the plates
    assert b[1] > max(b[0], a[1] + 25)
    assert course.values(site, "ups-a", "battery.voltage", *earlier).max() < 505  # at rest
    assert course.values(site, "ups-b", "battery.voltage", *earlier).min() > 535  # on its charger
    assert course.values(site, "ups-a", "battery.current", *earlier) == pytest.approx(0, abs=0.5)
    assert course.values(site, "ups-b", "battery.current", *earlier).min() > 2
    assert course.values(site, "ups-a", "ups.status", *later) == pytest.approx(STATUS.code("online"))
    assert course.seconds(site, "second", "ups-a.lost") < 0.8 * course.seconds(site, "first", "first_over") + 60
    assert course.values(site, "gen-1", "generator.speed", "3m50s", "35m2s").max() == 0
    assert "lost" not in course.milestones(site, "ups-b")


@pytest.mark.parametrize("site", SITES)
def test_in_a_drill_the_normal_source_is_good_until_the_real_outage_and_then_the_set_sags(site: int) -> None:
    course = played("pair-outage-during-drill", "3m50s to 5m", "9m50s to 11m30s", "13m50s to 16m")
    assert course.values(site, "ats-a", "input.1.voltage", "drill + 15s", "utility_lost - 1s").min() > 0.97 * 277
    assert course.values(site, "ats-a", "input.1.voltage", "utility_lost + 1s", "16m").max() == 0
    mode = course.values(site, "ats-a", "ats.mode", "drill + 1s", "16m")
    assert mode == pytest.approx(quantity("ats.mode").code("test"))  # all the time
    assert course.milestones(site, "ats-a").count("between") == 1  # A has nothing to do; B transfers
    assert course.seconds(site, "utility_lost", "ats-b.on_emergency") < 3  # onto a set that runs already
    frequency = course.values(site, "gen-1", "output.frequency", "stalls - 10s", "gen-1.breaker_tripped")
    assert frequency[0] == pytest.approx(60, abs=0.3)
    assert frequency[-1] < 55
    assert course.values(site, "ups-b", "ups.status", "stalls + 3s", "16m") == pytest.approx(STATUS.code("on_battery"))


@pytest.mark.parametrize("site", SITES)
def test_on_bypass_the_output_follows_the_input_and_a_sag_goes_through(site: int) -> None:
    course = played("pair-bypass-and-sag", "3m50s to 5m", "8m50s to 11m")
    assert course.values(site, "ups-a", "ups.status", "fault + 1s", "sag - 1s") == pytest.approx(STATUS.code("bypass"))
    given, taken = (
        course.values(site, "ups-a", f"{side}.L1-N.voltage", "fault + 1s", "sag - 1s") for side in ("output", "input")
    )
    assert np.abs(given / taken - 1).max() < 0.005
    own = course.values(site, "ups-b", "output.L1-N.voltage", "fault + 1s", "sag - 1s")
    assert np.ptp(own) < np.ptp(given)  # the one that inverts does not wander with the mains
    assert course.values(site, "ups-a", "output.voltage", "sag + 1s", "cleared - 1ms").max() < 0.6 * 277
    assert course.values(site, "ups-b", "output.voltage", "sag + 1s", "cleared - 1ms").min() > 0.97 * 277
    assert course.silent(site, "sag + 1s", "cleared") == {"pdu-a1"}
    assert course.milestones(site, "row-1") == []  # B carries it


@pytest.mark.parametrize("site", SITES)
def test_a_stuck_switch_behind_a_dead_network_shows_in_its_neighbours_only(site: int) -> None:
    course = played("pair-stuck-switch-and-dead-network", "3m50s to 5m", "8m50s to 10m30s", "13m to 16m30s")
    assert course.silent(site, "silent + 100ms", "10m30s") == {"ats-b", "pdu-b1"}
    assert course.values(site, "ats-a", "input.source", "utility_lost + 15s", "10m30s") == pytest.approx(
        SOURCE.code("emergency")
    )
    # The set carries one side alone, and UPS B's battery runs down behind a feed of which nobody tells.
    carried = course.mean(site, "gen-1", "output.realpower", "utility_lost + 60s", "10m30s")
    assert carried == pytest.approx(
        course.mean(site, "ats-a", "output.realpower", "utility_lost + 60s", "10m30s"), rel=0.01
    )
    assert course.values(site, "ups-b", "input.voltage", "utility_lost + 15s", "10m30s").max() == 0
    charge = course.values(site, "ups-b", "battery.charge", "utility_lost + 1s", "10m30s")
    assert (np.diff(charge) < 0).all()
    assert course.values(site, "ups-a", "ups.status", "ups-a.online", "10m30s") == pytest.approx(STATUS.code("online"))
    assert course.silent(site, "ups-b.lost + 1s", "16m30s") == {"ats-b", "pdu-b1"}
    before = course.mean(site, "pdu-a1", "input.current", "ups-b.lost - 30s", "ups-b.lost - 1s")
    after = course.mean(site, "pdu-a1", "input.current", "ups-b.lost + 1s", "16m30s")
    assert after == pytest.approx(2 * before, rel=0.03)
    assert course.milestones(site, "row-1") == []
