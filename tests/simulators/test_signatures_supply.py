"""What failures of the utility look like in the answers of meters, switches and UPSs."""

import numpy as np
import pytest

from course import SITES, Course, played
from device_profiles.quantities import quantity
from simulators.supply import Floats

NOMINAL = 277.0
PHASES = ("L1-N", "L2-N", "L3-N")
ON_BATTERY = quantity("ups.status").code("on_battery")
ONLINE = quantity("ups.status").code("online")
RUN = quantity("ats.start_contact").code("run")
EMERGENCY = quantity("input.source").code("emergency")
NORMAL = quantity("input.source").code("normal")


def _phases(course: Course, site: int, since: str, until: str, device: str = "utility-1") -> Floats:
    """`(polls, 3)` parts of nominal, phase to neutral."""
    columns = [course.values(site, device, f"input.{phase}.voltage", since, until) for phase in PHASES]
    return np.stack(columns, axis=-1) / NOMINAL


def _between(course: Course, site: int, since: str, until: str) -> Floats:
    """`(polls, 3)` parts of nominal, phase to phase."""
    pairs = ("L1-L2", "L2-L3", "L3-L1")
    columns = [course.values(site, "utility-1", f"input.{pair}.voltage", since, until) for pair in pairs]
    return np.stack(columns, axis=-1) / (NOMINAL * 3**0.5)


def _unbalance(pairs: Floats) -> Floats:
    """V2/V1 of three voltages phase to phase (IEC 61000-4-30 5.7)."""
    beta = (pairs**4).sum(axis=-1) / (pairs**2).sum(axis=-1) ** 2
    s = np.sqrt(np.maximum(3 - 6 * beta, 0))
    unbalance: Floats = np.sqrt((1 - s) / (1 + s))
    return unbalance


@pytest.mark.parametrize("site", SITES)
def test_a_dip_of_tenths_of_a_second_stands_in_the_registers_and_calls_no_engine(site: int) -> None:
    course = played("momentary-dip", "2m50s to 4m", "7m50s to 9m")
    for dip in ("first", "second"):
        before = course.values(site, "ups-a", "input.linebads", "2m50s", f"{dip} - 1s")[-1]
        after = course.mean(site, "ups-a", "input.linebads", f"{dip} + 1s", f"{dip} + 10s")
        assert after == before + 1
        lowest = course.values(site, "ups-a", "input.voltage.minimum", f"{dip} + 1s", f"{dip} + 30s") / NOMINAL
        assert lowest.max() < 0.8
        seen = _phases(course, site, f"{dip} + 1s", f"{dip} + 30s")
        assert (seen > 0.95).all()  # and no poll saw it
    assert "start_called" not in course.milestones(site, "ats-a")
    assert "cranking" not in course.milestones(site, "gen-1")


@pytest.mark.parametrize("site", SITES)
def test_a_change_of_tap_moves_the_level_by_two_percent_and_nothing_else(site: int) -> None:
    course = played("tap-change", "4m to 7m")
    before = _phases(course, site, "4m", "down - 1s").mean()
    after = _phases(course, site, "down + 1s", "7m").mean()
    assert after - before == pytest.approx(-0.02, abs=0.006)
    assert course.values(site, "ups-a", "ups.status", "4m", "7m") == pytest.approx(ONLINE)


@pytest.mark.parametrize("site", SITES)
def test_a_fault_to_ground_takes_one_phase_and_leaves_two(site: int) -> None:
    course = played("sag-line-to-ground", "2m50s to 4m")
    sag = np.sort(_phases(course, site, "fault + 100ms", "cleared - 100ms"), axis=-1)
    assert len(sag) >= 2
    assert (sag[:, 0] < 0.65).all()
    assert (sag[:, 1] > 0.85).all()
    utilities = course.run.plant.parts.utilities
    assert (_unbalance(_between(course, site, "fault + 100ms", "cleared - 100ms")) > 0.1).all()
    assert course.values(site, "ups-a", "ups.status", "fault + 1s", "cleared - 100ms") == pytest.approx(ON_BATTERY)
    assert utilities.faulted.sum() == 0
    assert (_phases(course, site, "cleared + 1s", "4m") > 0.97).all()


@pytest.mark.parametrize("site", SITES)
def test_a_fault_between_lines_behind_delta_wye_takes_one_phase_deep_and_two_less_without_zero_sequence(
    site: int,
) -> None:
    course = played("sag-line-to-line", "2m50s to 4m")
    sag = np.sort(_phases(course, site, "fault + 100ms", "cleared - 100ms"), axis=-1)
    assert len(sag) >= 2
    assert (sag[:, 0] < 0.45).all()
    assert (sag[:, 1] < 0.95).all()
    assert sag[:, 1] == pytest.approx(sag[:, 2], abs=0.02)  # Bollen's type D: the two others alike
    unbalance = _unbalance(_between(course, site, "fault + 100ms", "cleared - 100ms"))
    assert (unbalance > 0.4).all()  # V2 of a line-to-line fault; of one phase to ground it is half of that


def test_behind_delta_wye_no_zero_sequence_arrives_and_without_it_does() -> None:
    measured = {}
    for name in ("sag-line-to-ground", "sag-line-to-line"):
        course = Course(name)
        start = min(course.when(site, "fault") for site in SITES)
        course.run.advance(start // 1_000_000 * 1_000_000 - 1_000_000)
        highest = np.zeros(len(SITES))
        for _ in range(12):
            course.run.advance(course.run.plant.now + 1_000_000)
            highest = np.maximum(highest, course.run.plant.parts.utilities.zero_sequence[:, 0])
        measured[name] = highest
    assert (measured["sag-line-to-ground"] > 0.12).all()
    assert (measured["sag-line-to-line"] < 0.01).all()


@pytest.mark.parametrize("site", SITES)
def test_a_train_of_faults_dips_three_times_and_is_good_between(site: int) -> None:
    course = played("recloser-train", "3m50s to 7m")
    lowest = _phases(course, site, "3m50s", "7m").min(axis=-1)
    begins = np.flatnonzero((lowest[1:] < 0.9) & (lowest[:-1] >= 0.9))
    assert len(begins) == 3
    assert ((lowest > 0.97).sum()) > 150
    for fault in ("first", "second", "third"):
        dead = _phases(course, site, f"{fault} + 500ms", f"{fault} + 1700ms")
        assert (dead < 0.01).all()  # open, waiting for its shot
    counted = course.values(site, "ups-a", "input.linebads", "3m50s", "7m")
    assert counted[-1] - counted[0] == 3
    assert course.milestones(site, "ats-a").count("start_called") == 3
    assert "on_emergency" not in course.milestones(site, "ats-a")


@pytest.mark.parametrize("site", SITES)
def test_a_permanent_fault_ends_in_a_lock_out_and_the_site_transfers(site: int) -> None:
    course = played("permanent-fault-feeder-lockout", "2m50s to 4m30s")
    shots = [word for word in course.milestones(site, "utility-1") if word in {"faulted", "feeder_locked_out"}]
    assert shots == ["faulted"] * 4 + ["feeder_locked_out"]
    assert (_phases(course, site, "utility-1.feeder_locked_out + 1s", "4m30s") == 0).all()
    assert course.values(site, "ats-a", "input.source", "fault + 12s", "4m30s") == pytest.approx(EMERGENCY)
    assert course.seconds(site, "fault", "ats-a.on_emergency") < 10


@pytest.mark.parametrize("site", SITES)
def test_an_oscillation_swings_within_the_limits_and_nobody_transfers(site: int) -> None:
    course = played("supply-oscillation", "4m to 7m")
    calm, swinging = (_phases(course, site, *span).mean(axis=-1) for span in (("4m", "5m"), ("swings + 2s", "7m")))
    assert np.abs(np.diff(calm)).max() < 0.01
    steps = np.abs(np.diff(swinging))
    assert (steps > 0.04).mean() > 0.3
    turns = np.count_nonzero(np.diff(np.sign(np.diff(swinging))))
    seconds = course.seconds(site, "swings + 2s", "7m")
    assert 2 * 0.15 < turns / seconds < 2 * 0.25  # twice in each period
    assert 0.90 < swinging.min() < 0.955
    assert course.values(site, "ups-a", "ups.status", "4m", "7m") == pytest.approx(ONLINE)
    assert course.milestones(site, "ats-a") == []


@pytest.mark.parametrize("site", SITES)
def test_an_island_drifts_in_frequency_and_voltage_until_it_collapses(site: int) -> None:
    course = played("island-drifts", "3m50s to 6m30s")
    frequency = course.values(site, "utility-1", "input.frequency", "island + 1s", "utility-1.dead - 1s")
    slopes = np.diff(frequency)
    assert slopes.mean() == pytest.approx(-0.05, abs=0.012)
    assert np.abs(slopes - slopes.mean()).max() < 0.05
    assert frequency[-1] < 57.5
    levels = _phases(course, site, "island + 1s", "utility-1.dead - 1s").mean(axis=-1)
    assert 0.02 < levels[:5].mean() - levels[-5:].mean() < 0.10
    steady = course.values(site, "utility-1", "input.frequency", "3m50s", "island - 1s")
    assert np.abs(steady - 60).max() < 0.1
    assert course.seconds(site, "island", "utility-1.dead") > 40
    assert course.milestones(site, "ats-a")[0] == "normal_bad"
    assert course.when(site, "ats-a.normal_bad") == course.when(site, "utility-1.dead")  # until then it was good enough


@pytest.mark.parametrize("site", SITES)
def test_flicker_goes_in_and_out_of_the_drop_out_and_holds_the_retransfer_off(site: int) -> None:
    course = played("flicker-unstable", "3m50s to 8m")
    lowest = _phases(course, site, "flicker + 1s", "8m").min(axis=-1)
    assert np.count_nonzero((lowest[1:] < 0.85) & (lowest[:-1] >= 0.85)) >= 3
    assert (lowest < 0.9).mean() > 0.5
    assert 0.70 < lowest.min() < 0.85
    unbalance = _unbalance(_between(course, site, "flicker + 1s", "8m"))
    assert np.median(unbalance) > 0.02
    on_generator = course.values(site, "ats-a", "input.source", "ats-a.on_emergency + 1s", "8m")
    assert on_generator == pytest.approx(EMERGENCY)


@pytest.mark.parametrize("site", SITES)
def test_a_lost_phase_is_dead_while_the_two_others_stay(site: int) -> None:
    course = played("phase-loss", "3m50s to 6m")
    levels = np.sort(_phases(course, site, "blown + 1s", "6m"), axis=-1)
    assert (levels[:, 0] < 0.01).all()
    assert (levels[:, 1:] > 0.97).all()
    assert _unbalance(_between(course, site, "blown + 1s", "6m")) == pytest.approx(0.5, abs=0.01)  # V2/V1
    assert course.values(site, "ats-a", "ats.start_contact", "blown + 3s", "6m") == pytest.approx(RUN)
    assert course.values(site, "ats-a", "input.source", "blown + 12s", "6m") == pytest.approx(EMERGENCY)


@pytest.mark.parametrize("site", SITES)
def test_a_slow_undervoltage_passes_below_ninety_percent_and_no_switch_leaves_it(site: int) -> None:
    course = played("slow-undervoltage", "3m50s to 10m")
    sinking = _phases(course, site, "sinks", "sinks + 55s").min(axis=-1)
    assert np.abs(np.diff(sinking)).max() < 0.01  # no step anywhere
    first_below = np.flatnonzero(sinking < 0.9)[0]
    assert 38 <= first_below <= 55
    low = _phases(course, site, "sinks + 65s", "10m").min(axis=-1)
    assert low.min() > 0.85
    assert low.max() < 0.9
    assert course.values(site, "ats-a", "input.source", "3m50s", "10m") == pytest.approx(NORMAL)
    assert course.values(site, "ups-a", "ups.status", "3m50s", "10m") == pytest.approx(ONLINE)
    currents = [course.mean(site, "ups-a", "input.current", *s) for s in (("3m50s", "sinks"), ("sinks + 65s", "10m"))]
    assert currents[1] / currents[0] == pytest.approx(1 / 0.872, rel=0.02)  # constant power


@pytest.mark.parametrize("site", SITES)
def test_a_swell_sends_the_upses_to_their_batteries_with_a_live_input(site: int) -> None:
    course = played("swell", "3m50s to 5m30s")
    levels = _phases(course, site, "swell + 1s", "over - 1s")
    assert len(levels) >= 6
    assert ((levels > 1.1) & (levels < 1.15)).all()
    assert course.values(site, "ups-a", "ups.status", "swell + 1s", "over - 1s") == pytest.approx(ON_BATTERY)
    assert course.values(site, "ups-a", "input.voltage", "swell + 1s", "over - 1s").min() > 1.1 * NOMINAL
    assert course.values(site, "ups-a", "output.voltage", "swell + 1s", "over - 1s").max() < 1.02 * NOMINAL
    assert "start_called" not in course.milestones(site, "ats-a")
