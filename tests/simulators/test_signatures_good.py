"""What looks like a failure and is none: tests, exercises, planned work, restarts of cards, networks that lose answers."""

import numpy as np
import pytest

from course import SITES, played
from device_profiles.quantities import quantity
from telemetry.block import SECOND

STATUS = quantity("ups.status")
CONTACT = quantity("ats.start_contact")
SOURCE = quantity("input.source")
GENERATOR = quantity("generator.state")
BREAKER = quantity("generator.breaker")


@pytest.mark.parametrize("site", SITES)
def test_a_self_test_says_so_while_the_input_is_good_and_the_battery_gives(site: int) -> None:
    course = played("ups-self-test", "2m50s to 5m")
    tested = course.values(site, "ups-a", "ups.status", "test_a", "ups-a.online - 100ms")
    assert tested == pytest.approx(STATUS.code("test"))
    assert course.values(site, "ups-a", "battery.current", "test_a", "ups-a.online - 100ms").max() < -50
    assert course.values(site, "ups-a", "input.voltage", "2m50s", "5m").min() > 0.97 * 277
    assert course.values(site, "ups-a", "input.linebads", "2m50s", "5m").max() == 0
    assert course.values(site, "ups-b", "ups.status", "2m50s", "5m") == pytest.approx(STATUS.code("online"))
    assert course.mean(site, "ups-a", "input.transfer.reason", "ups-a.online", "5m") == quantity(
        "input.transfer.reason"
    ).code("test")


@pytest.mark.parametrize("site", SITES)
def test_an_exercise_turns_the_set_without_start_contact_breaker_or_load(site: int) -> None:
    course = played("generator-exercise", "2m50s to 4m")
    assert course.values(site, "ats-a", "ats.start_contact", "2m50s", "4m") == pytest.approx(CONTACT.code("stop"))
    assert course.values(site, "gen-1", "generator.state", "begins + 10s", "4m") == pytest.approx(
        GENERATOR.code("running")
    )
    assert course.values(site, "gen-1", "generator.breaker", "2m50s", "4m") == pytest.approx(BREAKER.code("open"))
    assert course.values(site, "gen-1", "output.realpower", "2m50s", "4m").max() == 0
    assert course.values(site, "gen-1", "generator.speed", "begins + 15s", "4m").min() > 1780


@pytest.mark.parametrize("site", SITES)
def test_a_drill_transfers_one_switch_that_says_test_with_a_good_normal_source(site: int) -> None:
    course = played("drill-with-load", "3m50s to 5m30s", "35m50s to 37m30s")
    assert course.values(site, "ats-a", "ats.mode", "begins + 1s", "5m30s") == pytest.approx(
        quantity("ats.mode").code("test")
    )
    assert course.values(site, "ats-a", "input.source", "begins + 12s", "5m30s") == pytest.approx(
        SOURCE.code("emergency")
    )
    assert course.values(site, "ats-a", "input.1.voltage", "3m50s", "37m30s").min() > 0.97 * 277
    assert course.values(site, "ats-b", "input.source", "3m50s", "37m30s") == pytest.approx(SOURCE.code("normal"))
    loaded = course.mean(site, "gen-1", "output.realpower", "begins + 60s", "5m30s")
    assert loaded == pytest.approx(course.mean(site, "ats-a", "output.realpower", "begins + 60s", "5m30s"), rel=0.01)
    assert course.values(site, "ats-a", "input.source", "ends + 2s", "37m30s") == pytest.approx(SOURCE.code("normal"))
    assert course.milestones(site, "row-1") == []


@pytest.mark.parametrize("site", SITES)
def test_on_maintenance_bypass_the_output_follows_the_input_and_the_load_notices_nothing(site: int) -> None:
    course = played("maintenance-bypass", "3m50s to 6m")
    assert course.values(site, "ups-a", "ups.status", "begins + 1s", "6m") == pytest.approx(STATUS.code("bypass"))
    given, taken = (
        course.values(site, "ups-a", f"{side}.frequency", "begins + 1s", "6m") for side in ("output", "input")
    )
    assert np.abs(given - taken).max() < 0.01
    assert course.milestones(site, "row-1") == course.milestones(site, "tape-1") == []
    site_file = course.run.scenario.site
    begins, ends = (course.when(site, moment) for moment in ("begins", "ends"))
    assert any("ups-a" in m.devices and m.start <= begins < ends <= m.stop for m in site_file.maintenance)


@pytest.mark.parametrize("site", SITES)
def test_a_planned_dead_bus_is_silent_below_its_board_within_its_window_and_loses_no_load(site: int) -> None:
    course = played("planned-dead-bus", "3m50s to 5m30s")
    assert course.silent(site, "opened + 1s", "5m30s") == {"pdu-b1", "pdu-b2", "pdu-b9"}
    assert course.values(site, "board-b", "input.voltage", "opened + 1s", "5m30s").min() > 0.97 * 277
    assert course.values(site, "board-b", "input.realpower", "opened + 1s", "5m30s").max() < 100
    for load in ("row-1", "row-2", "rack-9", "tape-1", "legacy-1"):
        assert course.milestones(site, load) == []
    opened, closed = (course.when(site, moment) for moment in ("opened", "closed"))
    windows = course.run.scenario.site.maintenance
    assert any({"board-b", "pdu-b1"} <= set(m.devices) and m.start <= opened < closed <= m.stop for m in windows)


@pytest.mark.parametrize("site", SITES)
def test_a_clock_that_jumps_moves_its_stamps_and_no_value(site: int) -> None:
    course = played("clock-step", "5m to 8m")
    ahead = {
        now - course.when(site, "forward"): shown["ups-a"].stamp - now for now, shown in course.answers[site].items()
    }
    assert {offset for since, offset in ahead.items() if since < -SECOND} == {0}
    assert {offset for since, offset in ahead.items() if since > SECOND} == {3600 * SECOND}
    volts = course.values(site, "ups-a", "input.voltage", "5m", "8m")
    assert np.abs(np.diff(volts)).max() < 0.02 * 277


@pytest.mark.parametrize("site", SITES)
def test_an_agent_that_restarts_is_away_for_a_while_and_counts_anew(site: int) -> None:
    course = played("agent-restart", "9m50s to 11m30s")
    before = course.values(site, "ups-a", "input.linebads", "9m50s", "restart_a - 1s")
    assert before == pytest.approx(1)
    assert course.silent(site, "restart_a + 1s", "ups-a.card_up - 1s") == {"ups-a"}
    assert course.values(site, "ups-a", "input.linebads", "ups-a.card_up + 1s", "11m30s") == pytest.approx(0)
    uptime = course.values(site, "ups-a", "device.uptime", "ups-a.card_up + 1s", "11m30s")
    assert uptime.max() < 100 < course.mean(site, "ups-a", "device.uptime", "9m50s", "restart_a - 1s")
    assert np.diff(uptime) == pytest.approx(1.0)
    assert "lost" not in course.milestones(site, "ups-a")  # the UPS works on


@pytest.mark.parametrize("site", SITES)
def test_steps_of_load_move_both_sides_alike_and_no_voltage(site: int) -> None:
    course = played("load-steps", "2m50s to 4m30s")
    steps = [
        course.mean(site, pdu, "input.current", "up + 1s", "4m30s")
        - course.mean(site, pdu, "input.current", "2m50s", "up - 1s")
        for pdu in ("pdu-a1", "pdu-b1")
    ]
    assert steps[0] == pytest.approx(steps[1], rel=0.03)
    assert steps[0] > 100
    assert course.values(site, "ups-a", "output.voltage", "2m50s", "4m30s").min() > 0.98 * 277


def test_a_delayed_transition_is_open_on_purpose_and_an_in_phase_one_waits_for_the_angle() -> None:
    course = played("good-transfer-in-phase", "1m50s to 2m20s", "14m38s to 14m40s")
    waits = []
    for site in SITES:
        assert 1.0 <= course.seconds(site, "ats-a.between", "ats-a.on_emergency") <= 2.2
        assert course.seconds(site, "utility_lost", "ats-a.on_emergency") < 10
        assert course.values(
            site, "ats-a", "input.source", "ats-a.between", "ats-a.on_emergency - 1ms"
        ) == pytest.approx(0)
        assert course.seconds(site, "ats-b.between.2", "ats-b.on_normal") <= 0.2
        waits.append(course.seconds(site, "ats-a.between.2", "ats-b.between.2"))
    # Back: A leaves when its delay is over, B at once or later, when the sources pass one another.
    assert min(waits) >= 0
    assert 0.5 < max(waits) < 60


@pytest.mark.parametrize("site", SITES)
def test_a_lossy_network_loses_and_delays_a_few_answers_and_slow_cards_repeat_theirs(site: int) -> None:
    course = played("lossy-network", "10s to 4m50s")
    polls = [shown[name] for shown in course.answers[site].values() for name in shown]
    assert np.mean([p.delay is None for p in polls]) == pytest.approx(0.01, abs=0.006)
    late = [p.delay for p in polls if p.delay is not None and p.delay >= SECOND]
    assert len(late) / len(polls) == pytest.approx(0.02, abs=0.008)
    volts = course.values(site, "ups-a", "input.L1-N.voltage", "10s", "4m")
    assert np.count_nonzero(np.diff(volts)) / (len(volts) - 1) == pytest.approx(1 / 5, abs=0.02)
    fresh = course.values(site, "utility-1", "input.L1-N.voltage", "10s", "4m")
    assert np.count_nonzero(np.diff(fresh)) == len(fresh) - 1


@pytest.mark.parametrize("site", SITES)
def test_on_a_quiet_day_voltages_wander_and_nothing_changes_its_state(site: int) -> None:
    course = played("quiet-day", "10m to 11m", "1h30m to 1h31m")
    assert course.run.plant.milestones.changes[site] == []
    volts = course.values(site, "utility-1", "input.L1-N.voltage", "10m", "1h31m")
    assert 0.1 < volts.std() < 5
    assert np.abs(volts / 277 - 1).max() < 0.02
