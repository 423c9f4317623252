"""Predictions of a loss: how early, how near, and only where a loss is to be expected."""

import itertools

import numpy as np
import pytest

from detectors.event import EventKind
from telemetry.block import SECOND

KIND = EventKind.LOAD_LOSS_PREDICTED


def discharge(seconds: float, *, begins: int = 10, until: int = 2000, doubles_at: float | None = None) -> str:
    """A battery that lasts `seconds` at its first load, in whole percents; the load doubles at `doubles_at`."""
    lines, left = [], 100.0
    for t in range(begins, until):
        lines.append(f"{t} ups-a battery.charge {max(0, round(left))}")
        left -= 100 / seconds * (2 if doubles_at is not None and t >= doubles_at else 1)
        if left <= 0:
            lines.append(f"{t + 1} ups-a ups.status off; ups-a output.voltage 0")
            break
    return "\n".join(lines)


def predictions(made, subject="ups-a"):
    """[(second at which it was told, predicted second)]."""
    found = [e for e in made.events() if e.kind is KIND and e.subject == subject and e.active]
    start = int(made.block.times[0])
    return [((e.time - start) / SECOND, (e.detail["loss_predicted"][subject] - start) / SECOND) for e in found]


@pytest.fixture
def locked(lost):
    """Both sources are locked out, so that every battery is going to its end."""
    return lost + "10 ats-a lockout.status locked_out\n"


@pytest.mark.parametrize("seconds", [60, 90, 150, 240, 480, 900, 1800])
def test_a_minute_after_the_first_prediction_it_is_within_a_fifth_of_the_time_left(stream, locked, seconds):
    made = stream(locked + discharge(seconds), until=seconds + 30, without="ups-a battery.runtime")
    told = predictions(made)
    first = told[0][0]
    assert first <= 10 + 3 * max(1, seconds / 100) + 2, "two changes of the figure are ground enough"
    later = next(((at, loss) for at, loss in told if at >= first + 60), None)
    if later is None:
        assert seconds <= 90
        return
    at, loss = later
    assert abs(loss - (10 + seconds)) <= max(0.2 * (10 + seconds - at), 30)


def test_a_slope_that_doubles_is_followed_within_twenty_seconds(stream, locked):
    made = stream(locked + discharge(480, doubles_at=100), until=420, without="ups-a battery.runtime")
    end = 100 + (480 - 90) / 2
    told = [(at, loss) for at, loss in predictions(made) if at >= 100]
    wrong = [at for at, loss in told if abs(loss - end) > max(0.2 * (end - at), 5)]
    right = [at for at, loss in told if abs(loss - end) <= max(0.2 * (end - at), 5)]
    assert max(wrong) < min(right) <= 120


def test_a_slope_that_halves_moves_the_prediction_out(stream, locked):
    slow = "\n".join(f"{t} ups-a battery.charge {90 - (t - 50) // 10}" for t in range(50, 200))
    text = locked + "\n".join(f"{t} ups-a battery.charge {100 - (t - 10) // 4}" for t in range(10, 50)) + "\n" + slow
    made = stream(text, until=190, without="ups-a battery.runtime")
    early, late = predictions(made)[0][1], predictions(made)[-1][1]
    assert early < 450
    assert late > 800


def test_the_figure_of_the_ups_gives_the_first_prediction(stream, locked):
    text = locked + "\n".join(f"{t} ups-a battery.runtime {600 - (t - 10)}" for t in range(10, 60))
    told = predictions(stream(text))
    assert told[0] == (11.0, 610.0)


@pytest.mark.parametrize(
    "runtime", ["0", "600", "-"], ids=["a figure of nothing", "a figure that stands still", "no figure"]
)
def test_a_figure_that_does_not_behave_is_left_out(stream, locked, runtime):
    text = locked + f"11 ups-a battery.runtime {runtime}\n" + discharge(240)
    told = predictions(stream(text, until=120))
    assert all(abs(loss - 250) <= 40 for at, loss in told if at > 30)


@pytest.mark.parametrize(
    "figures",
    [{t: 300 - (t - 10) for t in range(10, 21)}, {t: 200 - (t - 10) // 10 for t in range(10, 200, 10)}],
    ids=["it sticks after a while", "it falls ten times too slowly"],
)
def test_a_figure_that_no_longer_tells_of_the_discharge_gives_way_to_the_slope(stream, locked, figures):
    """However near it says that the end is."""
    text = locked + discharge(1200) + "\n" + "\n".join(f"{t} ups-a battery.runtime {s}" for t, s in figures.items())
    told = predictions(stream(text, until=200))
    assert any(loss < 400 for at, loss in told if at < 80), "it is believed at first"
    assert [abs(loss - 1210) < 200 for at, loss in told][-1]


def test_a_figure_that_rises_is_not_believed_until_it_falls_again(stream, locked):
    text = locked + "11 ups-a battery.runtime 500\n12 ups-a battery.runtime 900\n"
    told = predictions(stream(text, without="ups-a battery.charge"))
    assert told == [(11.0, 511.0)]


def test_the_earlier_of_both_counts(stream, locked):
    text = locked + discharge(200) + "\n" + "\n".join(f"{t} ups-a battery.runtime {900 - t}" for t in range(10, 100))
    told = predictions(stream(text, until=100))
    assert all(abs(loss - 210) < 40 for at, loss in told if at > 25)


def test_a_good_transfer_predicts_no_loss(stream, good):
    assert stream(good + discharge(300, until=20), until=300).told(KIND) == []


def test_a_battery_that_ends_before_the_earliest_power_is_told_before_any_stage_is_missed(stream, lost):
    made = stream(lost + discharge(12), without="ups-a battery.runtime")
    first = next(e for e in made.events() if e.kind is KIND and e.subject == "ups-a")
    assert first.detail["because"] == "battery_short"
    assert first.detail["ride_through_s"] < 0
    assert first.detail["severity"] == "critical"


def test_a_missed_stage_makes_a_loss_expected(stream, lost):
    made = stream(lost + discharge(300), until=60)
    first = next(e for e in made.events() if e.kind is KIND and e.subject == "ups-a")
    assert first.detail["because"] == "stage_missed"
    assert (first.time - made.block.times[0]) // SECOND == 16, "as soon as the start command is overdue"


def test_a_missed_stage_that_becomes_a_lockout_is_told_anew_with_its_reason(stream, lost):
    """It is past hope now: in the row of the lockout the UPS and its load rise to critical; a freed switch lowers nothing."""
    text = lost + discharge(600) + "\n20 ats-a lockout.status locked_out\n40 ats-a lockout.status normal"
    made = stream(text, until=120)
    start = int(made.block.times[0])
    every = [((e.time - start) // SECOND, e) for e in made.events() if e.kind is KIND]
    told = [(at, e.detail) for at, e in every if e.subject == "ups-a"]
    assert {(d["because"], d["severity"]) for at, d in told if at < 20} == {("stage_missed", "minor")}
    assert 20 in [at for at, _ in told]
    assert {(d["because"], d["severity"]) for at, d in told if at >= 20} == {("locked_out", "critical")}
    load = [e.detail for at, e in every if e.subject == "row-1" and at >= 20]
    assert {(d["because"], d["severity"]) for d in load} == {("sides_lost", "critical")}


def test_a_ups_without_a_second_source_is_told_at_once(stream):
    site = """
[site]
name = "office"
nominal_voltage = 230
[[device]]
name = "utility-1"
kind = "utility"
[[device]]
name = "ups-a"
kind = "ups"
fed_by = "utility-1"
"""
    base = "0 ups-a ups.status online; ups-a input.voltage 230; ups-a output.voltage 230; ups-a battery.charge 100\n"
    text = base + "10 ups-a ups.status on_battery; ups-a input.voltage 0\n" + discharge(300)
    made = stream(text, base="", site=site)
    assert next(e for e in made.events() if e.kind is KIND).detail["because"] == "no_second_source"


def test_a_ups_that_does_not_take_up_good_power_is_told_after_its_walk_in_and_thirty_seconds(stream):
    text = "10 ups-a ups.status on_battery\n" + discharge(600)
    made = stream(text, until=80)
    first = next(e for e in made.events() if e.kind is KIND and e.subject == "ups-a")
    assert first.detail["because"] == "not_taken_up"
    assert (first.time - made.block.times[0]) // SECOND == 51


def test_after_the_loss_the_prediction_stands_and_gives_the_actual_time(stream, locked):
    made = stream(locked + discharge(90), until=300)
    last = [e for e in made.events() if e.kind is KIND and e.subject == "ups-a"][-1]
    dropped = next(e for e in made.events() if e.kind is EventKind.UPS_LOAD_DROPPED)
    assert last.active
    assert last.detail["lost"] is True
    assert last.detail["loss_predicted"] == {"ups-a": dropped.time}


def test_it_ends_when_the_ups_is_back_on_a_source(stream, locked):
    back = "200 ups-a ups.status online\n200 ups-a output.voltage 230"
    made = stream(locked + discharge(90) + "\n" + back, until=300)
    assert made.told(KIND)[-2:] == [f"200 -{KIND} row-1", f"200 -{KIND} ups-a"]


def test_a_prediction_is_told_again_after_a_minute_and_when_it_moves(stream, locked):
    told = predictions(stream(locked + discharge(600), until=300, without="ups-a battery.runtime"))
    first = told[0][0]
    assert any(at == first + 60 for at, _ in told)
    moves = [
        abs(b[1] - a[1]) >= min(10, 0.05 * (b[1] - b[0])) or b[0] == first + 60 for a, b in itertools.pairwise(told)
    ]
    assert all(moves)
    assert len(told) < 25


TWO_CORDS = """
[[device]]
name = "ats-b"
kind = "transfer_switch"
normal = "utility-1"
emergency = "gen-1"
[[device]]
name = "ups-b"
kind = "ups"
fed_by = "ats-b"
"""


def test_a_load_with_two_cords_is_lost_with_its_later_side(stream, locked, site_text):
    site = site_text.replace('fed_by = ["ups-a"]', 'fed_by = ["ups-a", "ups-b"]') + TWO_CORDS
    side_b = """
    0 ats-b input.1.voltage 230; ats-b lockout.status normal; ats-b input.source normal
    0 ups-b ups.status online; ups-b output.voltage 230; ups-b battery.charge 100
    40 ats-b input.1.voltage 0; ats-b lockout.status locked_out
    40 ups-b ups.status on_battery
    """
    a, b = discharge(120), discharge(300, begins=40).replace("ups-a", "ups-b")
    made = stream(locked + side_b + a + "\n" + b, until=200, site=site, without="ups-a battery.runtime")
    assert predictions(made, "row-1")[0][0] == predictions(made, "ups-b")[0][0] > predictions(made)[0][0]
    for event in (e for e in made.events() if e.kind is KIND and e.subject == "row-1" and e.active):
        assert event.detail["loss_predicted"]["row-1"] > event.time + 30 * SECOND


def test_a_load_is_lost_when_its_last_side_is_and_not_when_that_was_foretold(stream, locked, site_text):
    site = site_text.replace('fed_by = ["ups-a"]', 'fed_by = ["ups-a", "ups-b"]') + TWO_CORDS
    side_b = """
    0 ats-b input.1.voltage 230; ats-b lockout.status normal; ats-b input.source normal
    0 ups-b ups.status online; ups-b output.voltage 230; ups-b battery.charge 100
    10 ats-b input.1.voltage 0; ats-b lockout.status locked_out
    10 ups-b ups.status on_battery
    """
    b = (
        discharge(90)
        .replace("ups-a", "ups-b")
        .replace("ups-b ups.status off; ups-b output.voltage 0", "ups-b battery.charge 0")
    )
    text = locked + side_b + discharge(60) + "\n" + b + "\n150 ups-b ups.status off; ups-b output.voltage 0"
    made = stream(text, until=200, site=site, without="ups-a battery.runtime")
    lost = next(e for e in made.events() if e.kind is KIND and e.subject == "row-1" and e.detail.get("lost"))
    assert lost.time == lost.detail["loss_predicted"]["row-1"] == made.block.times[150]


def test_a_load_with_a_good_side_is_not_foretold(stream, locked, site_text):
    site = site_text.replace('fed_by = ["ups-a"]', 'fed_by = ["ups-a", "ups-b"]') + TWO_CORDS
    assert predictions(stream(locked + discharge(90), until=200, site=site), "row-1") == []


def test_a_load_becomes_critical_a_minute_before_its_shutdown_has_to_begin(stream, lost):
    made = stream(lost + discharge(900), until=900)
    found = [e for e in made.events() if e.kind is KIND and e.subject == "row-1" and e.active]
    critical = next(e for e in found if e.detail["severity"] == "critical")
    by = critical.detail["shutdown_by"]
    assert critical.detail["loss_predicted"]["row-1"] - by == 120 * SECOND
    assert 0 <= critical.time - (by - 60 * SECOND) <= 10 * SECOND


def test_every_figure_of_a_prediction_is_a_plain_integer_time(stream, locked):
    for event in stream(locked + discharge(90), until=60).events():
        losses = event.detail.get("loss_predicted", {})
        assert all(type(t) is int for t in losses.values())
        assert not any(isinstance(v, np.generic) for v in event.detail.values())


def test_a_ups_that_falls_silent_is_foretold_no_other_end(stream, locked):
    """Its last figures stand: no end that runs before the clock, second by second."""
    text = locked + "\n".join(discharge(300).splitlines()[:60])
    quantities = ("ups.status", "battery.charge", "battery.runtime", "input.voltage", "output.voltage")
    silent = "".join(f"70 ups-a {q} -\n" for q in quantities)
    made = stream(text + "\n" + silent, until=900, without="ups-a battery.runtime")
    told = predictions(made)
    assert len([at for at, _ in told if at > 80]) == 0
    assert abs(told[-1][1] - 310) <= 20


def test_a_battery_that_goes_on_at_nothing_is_told_once_to_end_now(stream, locked):
    text = locked + discharge(120, until=129) + "".join(f"\n{t} ups-a battery.charge 0" for t in range(129, 400))
    told = predictions(stream(text, until=400, without="ups-a battery.runtime"))
    assert len([at for at, _ in told if at > 135]) <= 1


@pytest.mark.parametrize("pace", [1.0, 1.5, 2.0, 3.0])
def test_a_runtime_that_falls_faster_than_time_ends_as_much_earlier(stream, locked, pace):
    """The only figure that there is; facts of aged batteries: their label is optimistic."""
    figures = "".join(f"{t} ups-a battery.runtime {600 - round(pace * (t - 10))}\n" for t in range(10, 200))
    told = predictions(stream(locked + figures, until=100, without="ups-a battery.charge"))
    end = 10 + 600 / pace
    at, loss = next((at, loss) for at, loss in told if at >= told[0][0] + 60)
    assert abs(loss - end) <= 0.1 * (end - at)


def test_a_runtime_that_leaps_as_the_load_grows_has_no_other_pace(stream, locked):
    """It goes on at the pace of time from a lower figure."""
    figures = "".join(
        f"{t} ups-a battery.runtime {600 - (t - 10) if t < 40 else 300 - (t - 40)}\n" for t in range(10, 200)
    )
    told = predictions(stream(locked + figures, until=150, without="ups-a battery.charge"))
    assert all(abs(loss - 340) <= 5 for at, loss in told if at >= 41)


def test_a_load_is_in_as_much_danger_as_its_safest_side(stream, locked):
    made = stream(locked + discharge(480), until=60)
    ranks = {e.subject: e.detail["severity"] for e in made.events() if e.kind is KIND and e.detail["loss_predicted"]}
    assert ranks == {"ups-a": "critical", "row-1": "critical"}


def test_stages_that_nobody_can_see_have_not_put_power_there(stream, lost):
    """A switch and a generator that are not polled: what is known is that no transfer came, not that power waits."""
    blind = "gen-1 generator.state, gen-1 generator.speed, gen-1 lockout.status, gen-1 generator.breaker, "
    blind += "gen-1 output.voltage, gen-1 output.frequency, ats-a input.2.voltage, ats-a ats.start_contact"
    made = stream(lost + discharge(900), until=200, without=blind + ", ups-a battery.runtime")
    first = next(e for e in made.events() if e.kind is KIND and e.subject == "ups-a")
    assert first.detail["because"] == "stage_missed"


def test_a_load_behind_a_rack_switch_loses_its_last_side_with_its_ups_where_the_other_is_dead(stream):
    site = """
    [site]
    name = "rack"
    nominal_voltage = 230
    nominal_frequency = 50
    [[device]]
    name = "utility-1"
    kind = "utility"
    [[device]]
    name = "utility-2"
    kind = "utility"
    [[device]]
    name = "ups-a"
    kind = "ups"
    fed_by = "utility-1"
    [[device]]
    name = "ats-r"
    kind = "transfer_switch"
    normal = "ups-a"
    emergency = "utility-2"
    [[load]]
    name = "row-1"
    fed_by = ["ats-r"]
    """
    base = """
    0 ups-a ups.status online; ups-a input.voltage 230; ups-a output.voltage 230; ups-a battery.charge 100
    0 ats-r input.1.voltage 230; ats-r input.2.voltage 230; ats-r output.voltage 230; ats-r input.source normal
    """
    gone = "10 ups-a input.voltage 0; ups-a ups.status on_battery\n" + discharge(300)
    assert predictions(stream(gone, base=base, site=site), "row-1") == []
    dead = gone + "\n10 ats-r input.2.voltage 0"
    assert predictions(stream(dead, base=base, site=site), "row-1")
