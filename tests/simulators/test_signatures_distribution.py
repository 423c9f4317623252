"""What failures below the UPSs look like: in PDUs, boards, static switches, in silence, and in the room."""

import numpy as np
import pytest

from course import SITES, Course, played
from device_profiles.quantities import quantity

ON_BATTERY = quantity("ups.status").code("on_battery")
ONLINE = quantity("ups.status").code("online")
OFF = quantity("ups.status").code("off")
NORMAL = quantity("input.source").code("normal")
EMERGENCY = quantity("input.source").code("emergency")


def _step(course: Course, site: int, device: str, what: str, event: str) -> tuple[float, float]:
    """Mean over some seconds before an event and after it."""
    before = course.mean(site, device, what, f"{event} - 10s", f"{event} - 1s")
    after = course.mean(site, device, what, f"{event} + 1s", f"{event} + 15s")
    return before, after


@pytest.mark.parametrize("site", SITES)
def test_a_tripped_pdu_falls_silent_at_once_and_its_partner_takes_its_current(site: int) -> None:
    course = played("pdu-feed-lost", "3m50s to 5m30s")
    a, b = (course.mean(site, p, "input.current", "tripped - 10s", "tripped - 1s") for p in ("pdu-a1", "pdu-b1"))
    assert course.silent(site, "tripped + 100ms", "5m30s") == {"pdu-b1"}
    _, after = _step(course, site, "pdu-a1", "input.current", "tripped")
    tape = course.run.plant.hidden("tape-1", "drawn", site) / 360  # has no other cord, and is on A alone
    assert after - a == pytest.approx(b, rel=0.03)
    assert a - tape == pytest.approx(b, rel=0.03)
    assert not course.run.plant.hidden("row-1", "lost", site)
    shares = [_step(course, site, ups, "output.realpower", "tripped") for ups in ("ups-a", "ups-b")]
    assert shares[0][1] - shares[0][0] == pytest.approx(shares[1][0] - shares[1][1], rel=0.1)
    assert shares[0][1] - shares[0][0] > 35_000


@pytest.mark.parametrize("site", SITES)
def test_overload_trips_the_other_side_minutes_later_and_then_the_row_is_lost(site: int) -> None:
    course = played("overload-cascade", "3m50s to 5m30s", "6m to 9m")
    assert course.mean(site, "pdu-b1", "input.current", "3m50s", "tripped - 1s") == pytest.approx(0.62 * 400, rel=0.05)
    over = course.mean(site, "pdu-b1", "input.current", "tripped + 2s", "tripped + 20s") / 400
    assert 1.18 < over < 1.32
    took = course.seconds(site, "tripped", "pdu-b1.breaker_tripped")
    ends, began = over**2, (over / 2) ** 2
    assert took == pytest.approx(120 * np.log((ends - began) / (ends - 1.4)), rel=0.08)  # the law of a bimetal
    assert course.milestones(site, "row-1") == ["lost"]
    assert course.when(site, "row-1.lost") - course.when(site, "pdu-b1.breaker_tripped") <= 200_000
    assert course.silent(site, "pdu-b1.breaker_tripped + 1s", "9m") == {"pdu-a1", "pdu-b1"}
    assert (
        course.mean(site, "ups-a", "ups.status", "pdu-b1.breaker_tripped + 1s", "9m") == ONLINE
    )  # nothing above is wrong


@pytest.mark.parametrize("site", SITES)
def test_a_shift_of_load_takes_from_one_side_what_the_other_gains(site: int) -> None:
    course = played("load-shift", "3m50s to 5m30s")
    a, b = (_step(course, site, pdu, "input.current", "shift") for pdu in ("pdu-a1", "pdu-b1"))
    assert a[1] - a[0] == pytest.approx(-(b[1] - b[0]), rel=0.05)
    assert a[1] < 0.4 * a[0]
    assert course.silent(site, "3m50s", "5m30s") == set()
    polled = course.values(site, "pdu-b1", "input.current", "shift - 2s", "shift + 3s")
    assert np.count_nonzero(np.abs(np.diff(polled)) > 0.2 * polled[0]) == 1  # within one poll


@pytest.mark.parametrize("site", SITES)
def test_what_has_one_cord_is_off_when_its_pdu_trips_and_what_has_two_is_not(site: int) -> None:
    course = played("single-corded-load-lost", "3m50s to 5m30s")
    assert course.milestones(site, "tape-1") == ["lost"]
    assert course.milestones(site, "row-1") == []
    before, after = (_step(course, site, ups, "output.realpower", "tripped") for ups in ("ups-a", "ups-b"))
    lost = before[0] + after[0] - before[1] - after[1]  # what the site no longer draws
    assert lost == pytest.approx(4_000, abs=1_200)
    assert course.silent(site, "tripped + 1s", "5m30s") == {"pdu-a1"}


@pytest.mark.parametrize("site", SITES)
def test_a_static_switch_on_its_alternate_feeds_its_load_without_a_gap_from_the_other_side(site: int) -> None:
    course = played("static-switch-on-alternate", "3m50s to 5m30s")
    assert course.mean(site, "sts-1", "input.source", "3m50s", "misled - 1s") == NORMAL
    assert course.mean(site, "sts-1", "input.source", "misled + 1s", "5m30s") == EMERGENCY
    # Both sources are good, as the boards in front of it show; the switch alone says otherwise.
    volts = [course.values(site, "sts-1", f"input.{n}.voltage", "misled + 1s", "5m30s") / 277 for n in (1, 2)]
    assert min(v.min() for v in volts) > 0.97
    assert course.mean(site, "sts-1", "input.1.status", "misled + 1s", "5m30s") == 1.0  # bad
    assert course.milestones(site, "legacy-1") == []
    assert "output_dead" not in course.milestones(site, "sts-1")
    legacy = course.run.plant.hidden("legacy-1", "drawn", site)
    a, b = (_step(course, site, board, "input.realpower", "misled") for board in ("board-a", "board-b"))
    assert a[0] - a[1] == pytest.approx(legacy, rel=0.25)
    assert b[1] - b[0] == pytest.approx(legacy, rel=0.25)
    assert "cranking" not in course.milestones(site, "gen-1")  # it calls no engine


@pytest.mark.parametrize("site", SITES)
def test_the_red_button_darkens_all_outputs_in_one_poll_with_good_inputs_and_full_batteries(site: int) -> None:
    course = played("emergency-power-off", "3m50s to 5m30s")
    for ups in ("ups-a", "ups-b"):
        assert course.values(site, ups, "ups.status", "pressed + 1s", "5m30s") == pytest.approx(OFF)
        assert course.values(site, ups, "output.voltage", "pressed + 1s", "5m30s").max() == 0
        assert course.values(site, ups, "input.voltage", "pressed + 1s", "5m30s").min() > 0.97 * 277
        assert course.values(site, ups, "battery.charge", "pressed + 1s", "5m30s").min() > 99
    assert course.when(site, "ups-a.lost") == course.when(site, "ups-b.lost") == course.when(site, "row-1.lost")
    assert course.silent(site, "pressed + 1s", "5m30s") == {"pdu-a1", "pdu-b1"}
    assert course.values(site, "utility-1", "input.realpower", "pressed + 1s", "5m30s").max() < 2_000


@pytest.mark.parametrize("site", SITES)
def test_a_network_that_dies_with_its_power_silences_what_is_well(site: int) -> None:
    course = played("network-dies-with-its-power", "3m50s to 5m30s")
    carried = {"ats-a", "meter-a", "ups-a", "board-a", "pdu-a1", "pdu-a2", "pdu-a9"}
    assert course.silent(site, "tripped + 100ms", "5m30s") == carried
    assert course.milestones(site, "ups-a") == course.milestones(site, "row-2") == []  # and all of it is well
    before, after = _step(course, site, "pdu-b2", "input.current", "tripped")
    assert after == pytest.approx(2 * before, rel=0.03)  # the one thing that says which feed it was
    before, after = _step(course, site, "pdu-b1", "input.current", "tripped")
    assert after == pytest.approx(before, rel=0.03)


@pytest.mark.parametrize("site", SITES)
def test_one_failed_power_supply_leaves_its_side_alive_without_current(site: int) -> None:
    course = played("one-power-supply-fails", "3m50s to 5m30s")
    dead = course.values(site, "pdu-a9", "input.current", "failed + 1s", "5m30s")
    assert dead.max() == 0
    assert course.values(site, "pdu-a9", "input.voltage", "failed + 1s", "5m30s").min() > 0.95 * 120
    before, after = _step(course, site, "pdu-b9", "input.current", "failed")
    assert after == pytest.approx(2 * before, rel=0.03)
    assert course.milestones(site, "rack-9") == []


@pytest.mark.parametrize("site", SITES)
def test_cooling_that_restarts_slowly_lets_the_room_warm_although_power_rides_through(site: int) -> None:
    course = played("cooling-restarts-slowly", "3m50s to 5m30s", "8m to 8m20s")
    assert course.milestones(site, "row-1") == []
    power = course.values(site, "meter-m", "input.realpower", "utility_lost + 30s", "8m20s")
    level = course.values(site, "meter-m", "input.voltage", "utility_lost + 12s", "8m20s") / 277
    assert level.min() > 0.95  # there is power long before there is cooling
    assert power.max() < 20_000  # the pumps alone
    assert course.mean(site, "meter-m", "input.realpower", "3m50s", "utility_lost - 1s") == pytest.approx(
        145_000, rel=0.02
    )
    plant = course.run.plant
    heat = plant.hidden("row-1", "drawn", site)
    passed = course.seconds(site, "chiller-1.not_cooling", "8m20s")
    warmed = plant.hidden("room-1", "temperature", site) - 22
    assert warmed == pytest.approx(heat / 5e6 * passed, rel=0.03)
    assert course.seconds(site, "chiller-1.not_cooling", "room-1.temperature_high") == pytest.approx(
        5 * 5e6 / heat, rel=0.05
    )
