"""The incidents: what is public of each comes out of the plant, in the public order and at the public times.

Seconds are from the event that began it. Each scenario runs once, under two seeds at once; what a device shows is that of
the first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import pytest

from device_profiles.quantities import quantity
from simulators.scenario import Scenario, load_scenario
from simulators.simulate import Run
from telemetry.block import SECOND

pytestmark = pytest.mark.timeout(600)  # a story of an hour takes long where the machine has much else to do

SEEDS = (1, 2)
NORMAL_VOLTAGE = 277.0

Shown = Mapping[str, Mapping[str, float] | None]


@dataclass(frozen=True, slots=True)
class Story:
    """A run that is over. happened: µs UTC of events and milestones, one table a seed; shown: at each poll, first seed."""

    scenario: Scenario
    happened: tuple[Mapping[str, int], ...]
    shown: Mapping[int, Shown]
    rooms: Mapping[int, float]  # °C of the first room, if there is one

    def since(self, begin: str, name: str) -> list[float]:
        """Seconds from one moment to another, one a seed."""
        return [(of[name] - of[begin]) / SECOND for of in self.happened]

    def polls(self, begin: str, low: float, high: float) -> list[Shown]:
        """What was shown at the polls within [low, high] s after `begin`."""
        start = self.happened[0][begin]
        return [s for time, s in self.shown.items() if low <= (time - start) / SECOND <= high]

    def values(self, device: str, what: str, begin: str, low: float, high: float) -> list[float]:
        """One quantity of one device at those polls, where it answered."""
        polls = (poll[device] for poll in self.polls(begin, low, high))
        return [values[what] for values in polls if values is not None]


@cache
def _story(name: str) -> Story:
    scenario = load_scenario(name)
    run = Run(scenario, *SEEDS)
    shown: dict[int, Shown] = {}
    rooms: dict[int, float] = {}
    for time in scenario.times():
        if scenario.due(time):
            run.advance(time)
            shown[time] = run.plant.readings()
            if run.plant.parts.rooms.names:
                rooms[time] = float(run.plant.parts.rooms.temperature[0, 0])
    run.advance(scenario.stop)
    happened = tuple(
        {event.id: event.time for event in scenario.events(seed) if event.id} | dict(run.plant.milestones.of(site))
        for site, seed in enumerate(SEEDS)
    )
    return Story(scenario, happened, shown, rooms)


def _code(what: str, word: str) -> float:
    return float(quantity(what).code(word))


def _never(story: Story, name: str) -> bool:
    return not any(name in of for of in story.happened)


# --- 2017-11: no start command, six UPSs


def test_six_upses_of_one_outage_end_at_the_public_times() -> None:
    story = _story("no-start-command-2017")
    public = {6: 521, 5: 701, 2: 798, 1: 872, 4: 912, 3: 1013}
    for ups, seconds in public.items():
        assert story.since("loss", f"ups-{ups}.lost") == pytest.approx([seconds] * 2, abs=15)
    for of in story.happened:
        assert sorted(public, key=lambda ups: of[f"ups-{ups}.lost"]) == list(public)
        assert of["routing.lost"] == of["ups-3.lost"]


def test_nothing_calls_the_generators_and_they_are_ready_and_still() -> None:
    story = _story("no-start-command-2017")
    assert _never(story, "ats-1.start_called")
    assert _never(story, "ats-2.start_called")
    polls = ("loss", 5, 800)  # until somebody starts one by hand
    for ats in ("ats-1", "ats-2"):
        assert set(story.values(ats, "ats.start_contact", *polls)) == {_code("ats.start_contact", "stop")}
        assert max(story.values(ats, "input.1.voltage", *polls)) == 0
    for gen in ("gen-1", "gen-2"):
        assert set(story.values(gen, "generator.state", *polls)) == {_code("generator.state", "stopped")}
        assert max(story.values(gen, "generator.speed", *polls)) == 0
        assert min(story.values(gen, "generator.battery.voltage", *polls)) > 27  # no starter pulls it down


def test_the_first_start_by_hand_fails_and_the_later_ones_do_not() -> None:
    story = _story("no-start-command-2017")
    assert story.since("loss", "gen-1.cranking") == pytest.approx([833] * 2, abs=1)  # 07:18:00
    assert story.since("loss", "gen-1.running") == pytest.approx([1018] * 2, abs=3)  # 07:21:03
    assert story.since("loss", "gen-2.running") == pytest.approx([1117] * 2, abs=3)  # 07:22:42


# --- 2023-11: one feed and the generators, then a ground fault


def test_batteries_of_ten_minutes_end_after_four() -> None:
    story = _story("parallel-feed-ground-fault-2023")
    assert story.since("ground_fault", "ups-a.lost") == pytest.approx([240] * 2, abs=12)
    assert story.since("ground_fault", "row-1.lost") == pytest.approx([240] * 2, abs=12)
    promised = story.values("ups-a", "battery.runtime", "ground_fault", -60, -1)
    assert min(promised) == pytest.approx(600, rel=0.1)
    first, later = (story.values("ups-a", "battery.runtime", "ground_fault", s, s + 1)[0] for s in (60, 180))
    assert later - first < -1.5 * 120  # faster than the clock


def test_the_ground_fault_takes_the_feed_and_the_generators_that_carried_the_other_side() -> None:
    story = _story("parallel-feed-ground-fault-2023")
    before = story.polls("ground_fault", -10, -1)[-1]
    assert before["gen-1"]["output.realpower"] + before["gen-2"]["output.realpower"] > 150_000  # type: ignore[index]
    assert before["utility-1"]["input.realpower"] > 150_000  # type: ignore[index]
    assert story.since("ground_fault", "relay-86.relay_tripped") == pytest.approx([0.5] * 2, abs=0.2)
    for gen in ("gen-1", "gen-2"):
        assert story.since("relay-86.relay_tripped", f"{gen}.locked_out") == pytest.approx([0.1] * 2, abs=0.2)
        states = story.values(gen, "lockout.status", "ground_fault", 1, 600)
        assert set(states) == {_code("lockout.status", "locked_out")}
        assert set(story.values(gen, "generator.breaker", "ground_fault", 1, 2)) == {
            _code("generator.breaker", "tripped")
        }


# --- 2010-05: one of two switches halts


def test_one_switch_transfers_and_its_sister_halts_before_a_good_generator() -> None:
    story = _story("ground-fault-halts-transfer-2010")
    assert all(5 < s < 12 for s in story.since("ground_fault", "ats-1.on_emergency"))
    sister = ("ats-2", "ground_fault", 15, 1200)
    assert set(story.values("ats-2", "input.source", *sister[1:])) == {_code("input.source", "normal")}
    assert set(story.values("ats-2", "ats.mode", *sister[1:])) == {_code("ats.mode", "inhibited")}
    assert set(story.values("ats-2", "input.2.status", *sister[1:])) == {_code("input.2.status", "good")}
    assert max(story.values("ats-2", "output.voltage", *sister[1:])) == 0
    assert _never(story, "ups-1.lost")
    assert all(s < 600 for s in story.since("ground_fault", "row-2.lost"))


def test_the_fault_pulls_one_phase_down_and_leaves_the_others() -> None:
    """A fault to ground: unbalance that an ordinary outage does not have."""
    story = _story("ground-fault-halts-transfer-2010")
    low, *others = sorted(
        story.values("utility-1", f"input.L{n}-N.voltage", "ground_fault", 0, 0.5)[0] for n in (1, 2, 3)
    )
    assert low < 0.25 * NORMAL_VOLTAGE
    assert min(others) > 0.7 * NORMAL_VOLTAGE


# --- 2012-06-14: generator overheats, the breaker that takes over opens


def test_the_generator_trips_nine_minutes_after_the_loss_and_the_breaker_four_minutes_later() -> None:
    story = _story("generator-overheats-failover-breaker-2012")
    assert story.since("loss", "gen-a.tripped_high_temperature") == pytest.approx([540] * 2, abs=30)
    assert story.since("gen-a.locked_out", "pdu-b1.breaker_tripped") == pytest.approx([240] * 2, abs=40)
    for of in story.happened:
        assert of["gen-a.locked_out"] < of["ups-a.lost"] < of["pdu-b1.breaker_tripped"] <= of["row-1.lost"]
    assert _never(story, "ups-b.lost")


def test_the_coolant_climbs_for_minutes_before_the_trip_and_the_other_generator_s_does_not() -> None:
    story = _story("generator-overheats-failover-breaker-2012")
    hot = story.values("gen-a", "generator.coolant.temperature", "loss", 60, 530)
    assert all(later >= earlier for earlier, later in pairwise(hot))
    assert hot[-1] > 100
    assert max(story.values("gen-b", "generator.coolant.temperature", "loss", 60, 530)) < 95
    assert all(s > 60 for s in story.since("gen-a.coolant_high", "gen-a.locked_out"))


def test_the_breaker_s_current_doubles_when_side_a_is_lost() -> None:
    story = _story("generator-overheats-failover-breaker-2012")
    before = story.values("pdu-b1", "input.L1.current", "ups-a.lost", -20, -2)[-1]
    after = story.values("pdu-b1", "input.L1.current", "ups-a.lost", 3, 10)[0]
    assert after == pytest.approx(2 * before, rel=0.05)
    assert before < 1200 < after  # what the breaker is set to


# --- 2012-06-29: unstable generators, two outages


def test_the_second_outage_comes_33_minutes_later_and_empties_the_batteries_in_seven() -> None:
    story = _story("unstable-generators-two-outages-2012")
    assert story.since("loss", "second_loss") == [33 * 60] * 2
    assert story.since("second_loss", "row-1.lost") == pytest.approx([420] * 2, abs=30)
    assert all(s > 1980 for s in story.since("loss", "ups-a.lost"))  # not in the first
    at_loss = story.values("ups-a", "battery.charge", "second_loss", -10, -1)[-1]
    assert 40 < at_loss < 95  # half an hour of charging is not enough


def test_the_generators_run_outside_five_per_cent_and_no_switch_takes_them() -> None:
    story = _story("unstable-generators-two-outages-2012")
    for begin in ("loss", "second_loss"):
        for gen in ("gen-1", "gen-2", "gen-3"):
            polls = (begin, 20, 60)
            assert set(story.values(gen, "generator.state", *polls)) == {_code("generator.state", "running")}
            volts = [v / NORMAL_VOLTAGE for v in story.values(gen, "output.L1-N.voltage", *polls)]
            assert min(volts) < 0.85
            assert max(volts) > 1.05
        for ats in ("ats-a", "ats-b"):
            assert set(story.values(ats, "input.source", begin, 0, 240)) == {_code("input.source", "normal")}
            assert set(story.values(ats, "ats.start_contact", begin, 4, 240)) == {_code("ats.start_contact", "run")}


# --- 2016-06: a long sag


def test_the_flywheels_feed_the_sag_and_are_empty_in_seconds() -> None:
    story = _story("long-sag-backfeed-2016")
    for ups in ("ups-a", "ups-b"):
        assert all(s < 10 for s in story.since("sag", f"{ups}.lost"))  # 15 s and more without the grid's share
        power = story.values(ups, "input.realpower", "sag", 1, 4)
        assert min(power) < -100_000  # backwards
        charge = story.values(ups, "battery.charge", "sag", 0, 5)
        assert charge[0] - charge[-1] > 40
    sagging = story.values("utility-1", "input.voltage", "sag", 1, 10)
    assert 0.3 < min(sagging) / NORMAL_VOLTAGE < max(sagging) / NORMAL_VOLTAGE < 0.7


def test_the_generators_run_with_open_breakers_until_a_person_comes() -> None:
    story = _story("long-sag-backfeed-2016")
    for gen in ("gen-a", "gen-b"):
        polls = ("sag", 20, 1300)
        assert min(story.values(gen, "output.voltage", *polls)) > 0.95 * NORMAL_VOLTAGE
        assert max(story.values(gen, "output.realpower", *polls)) == 0
        assert set(story.values(gen, "generator.breaker", *polls)) == {_code("generator.breaker", "open")}
    assert all(1380 <= s < 1400 for s in story.since("sag", "ats-a.on_emergency"))


# --- 2011-08: generators that do not synchronise


def test_all_run_at_voltage_and_none_gives_power() -> None:
    story = _story("generators-fail-to-synchronise-2011")
    polls = ("loss", 30, 1400)
    for gen in ("gen-1", "gen-2", "gen-3"):
        assert set(story.values(gen, "generator.state", *polls)) == {_code("generator.state", "running")}
        assert min(story.values(gen, "output.voltage", *polls)) > 0.95 * NORMAL_VOLTAGE
        assert max(story.values(gen, "output.realpower", *polls)) == 0
    for ats in ("ats-a", "ats-b"):
        assert max(story.values(ats, "input.2.voltage", *polls)) == 0
    assert all(300 < s < 600 for s in story.since("loss", "row-1.lost"))
    assert all(0 < s < 30 for s in story.since("by_hand", "ats-a.on_emergency"))


# --- 2007-07: repeated flicker


def test_three_of_ten_sets_do_not_complete_their_start_and_two_fifths_of_the_load_are_lost() -> None:
    story = _story("repeated-flicker-2007")
    failed = {"gen-6", "gen-8", "gen-9"}
    for of in story.happened:
        assert {n.split(".")[0] for n in of if n.endswith(".tripped_overcrank")} == failed
        assert "hall-1.lost" not in of
    lost = story.polls("gone", 0, 1)[0]["ups-2"]["output.realpower"]  # type: ignore[index]
    kept = story.polls("gone", 0, 1)[0]["ups-1"]["output.realpower"]  # type: ignore[index]
    assert lost / (lost + kept) == pytest.approx(0.4, abs=0.02)


def test_the_flywheel_bridges_thirteen_seconds() -> None:
    story = _story("repeated-flicker-2007")
    assert story.since("gone", "hall-2.lost") == pytest.approx([13] * 2, abs=2)


def test_the_supply_flickers_five_times_and_the_sets_are_called_less_than_a_minute_apart() -> None:
    story = _story("repeated-flicker-2007")
    for of in story.happened:
        calls = [of[f"ats-2.start_called{n}"] for n in ("", ".2", ".3", ".4", ".5")]
        assert "ats-2.start_called.6" not in of
        assert all(0 < b - a <= 60 * SECOND for a, b in pairwise(calls))
    # Fuel comes and goes: the speed rises and falls away again, crank cycle after crank cycle.
    speed = story.values("gen-6", "generator.speed", "gone", 0, 70)
    assert max(speed) > 1000
    assert min(speed[-20:]) < 300
    contact = story.values("ats-2", "ats.start_contact", "gone", 3, 60)
    assert set(contact) == {_code("ats.start_contact", "run")}


# --- 2007-11: chillers


def test_the_power_holds_and_the_chillers_do_not_come_back_between_the_transfers() -> None:
    story = _story("two-transfers-chillers-2007")
    assert _never(story, "ups-a.lost")
    assert _never(story, "ups-b.lost")
    assert _never(story, "row-1.lost")
    for of in story.happened:
        moves = [of["ats-m.on_emergency"], of["ats-m.on_normal"], of["ats-m.on_emergency.2"]]
        assert max(moves) - min(moves) < 30 * 60 * SECOND
        assert of["chiller-1.cooling"] - of["ats-m.on_emergency.2"] == pytest.approx(1800 * SECOND, abs=SECOND)
        assert "chiller-1.cooling.2" not in of
    watts = story.values("pdu-m1", "input.realpower", "loss", 10, 3000)
    assert max(watts) == 0


def test_the_room_climbs_until_servers_are_shut_down() -> None:
    story = _story("two-transfers-chillers-2007")
    loss = story.happened[0]["loss"]
    after = {m: story.rooms[loss + m * 60 * SECOND] for m in (-1, 10, 20, 30, 40)}
    assert after[-1] == pytest.approx(22, abs=0.1)
    climbs = [after[b] - after[a] for a, b in ((10, 20), (20, 30), (30, 40))]
    assert climbs == pytest.approx([3.9] * 3, abs=0.4)  # °C in ten minutes
    assert 35 < after[40] < 45


# --- 2008-04: low voltage


def test_the_batteries_drain_in_a_saw_tooth_while_the_switch_takes_the_voltage() -> None:
    story = _story("low-voltage-drain-2008")
    polls = ("first_low", 0, 1500)
    volts = [v / NORMAL_VOLTAGE for v in story.values("ats-a", "input.1.voltage", *polls)]
    assert 0.85 < min(volts) < 0.9 < max(volts) < 0.95
    assert set(story.values("ats-a", "input.source", *polls)) == {_code("input.source", "normal")}
    charge = story.values("ups-a", "battery.charge", *polls)
    falls = sum(b < a - 0.5 for a, b in pairwise(charge))
    rises = sum(b > a for a, b in pairwise(charge))
    assert falls > 10
    assert rises > 10
    assert charge[-1] < 0.5 * charge[0]
    for of in story.happened:
        assert "ups-a.on_battery.9" in of
        assert of["ups-a.on_battery.9"] < of["to_generator"]


def test_the_load_is_dropped_back_on_the_street_at_2326() -> None:
    story = _story("low-voltage-drain-2008")
    assert story.since("back_on_street", "row-1.lost") == pytest.approx([300] * 2, abs=45)  # 23:26
    assert all(s > 0 for s in story.since("to_generator", "ups-a.lost"))


# --- 2015-08: four dips


def test_the_fourth_dip_empties_what_the_first_three_have_drained() -> None:
    story = _story("four-dips-repeated-drain-2015")
    for of in story.happened:
        assert of["strike_4"] < of["ups-2.lost"] < of["strike_4"] + 30 * SECOND
        assert of["row-2.lost"] == of["ups-2.lost"]
        assert "ups-2.on_battery.5" not in of
    assert _never(story, "ups-1.lost")
    assert _never(story, "ats-2.start_called")  # each dip is over before the engine is called
    before = [
        story.values("ups-2", "battery.charge", s, -6, -1)[-1] for s in ("first", "strike_2", "strike_3", "strike_4")
    ]
    assert all(later < earlier - 5 for earlier, later in pairwise(before))


# --- 2017-05: UPSs switched off


def test_the_outputs_are_dead_while_the_input_is_sound_and_the_batteries_full() -> None:
    story = _story("ups-switched-off-2017")
    for ups in ("ups-a", "ups-b"):
        polls = ("off", 1, 10)
        assert max(story.values(ups, "output.voltage", *polls)) == 0
        assert min(story.values(ups, "input.voltage", *polls)) > 0.97 * NORMAL_VOLTAGE
        assert min(story.values(ups, "battery.charge", *polls)) > 99
        assert max(abs(a) for a in story.values(ups, "battery.current", *polls)) < 1
        assert set(story.values(ups, "ups.status", *polls)) == {_code("ups.status", "off")}
    assert story.since("off", "row-1.lost") == pytest.approx([0] * 2, abs=0.2)
    assert _never(story, "gen-1.cranking")


def test_it_comes_back_all_at_once_after_a_quarter_of_an_hour_with_a_surge() -> None:
    story = _story("ups-switched-off-2017")
    assert story.since("off", "row-1.fed") == pytest.approx([900] * 2, abs=2)
    assert all(s < 1 for s in story.since("on", "ups-a.overloaded"))
    assert all(s < 1 for s in story.since("on", "pdu-a1.breaker_tripped"))


# --- 2015-05: a start battery


def test_one_of_four_does_not_turn_and_only_its_hall_is_lost() -> None:
    story = _story("start-battery-fails-2015")
    polls = ("loss", 2, 14)  # its first crank
    assert max(story.values("gen-4", "generator.speed", *polls)) == 0
    assert min(story.values("gen-4", "generator.battery.voltage", *polls)) < 0.6 * 24
    assert min(story.values("gen-4", "generator.battery.voltage", "loss", -8, -1)) > 26
    assert min(story.values("gen-1", "generator.battery.voltage", "loss", 2, 14)) > 17
    assert set(story.values("ats-4", "ats.start_contact", *polls)) == {_code("ats.start_contact", "run")}
    assert story.since("loss", "gen-4.tripped_overcrank") == pytest.approx([76] * 2, abs=2)
    for of in story.happened:
        assert {n for n in of if n.endswith(".lost")} == {"ups-4.lost", "row-4.lost"}
        assert all(of[f"ats-{n}.on_emergency"] - of["loss"] < 12 * SECOND for n in (1, 2, 3))


# --- 2020-08: one output for both risers


def test_both_risers_are_dead_in_one_poll_and_the_input_is_sound() -> None:
    story = _story("common-ups-output-2020")
    first = story.polls("failed", 0, 1)[-1]
    assert first["pdu-a1"] is None
    assert first["pdu-b1"] is None
    assert first["ups-1"] is not None
    assert first["ups-1"]["output.voltage"] == 0
    assert first["ups-1"]["input.voltage"] > 0.97 * 230
    assert story.since("ups-1.lost", "row-1.lost") == [0, 0]
    assert _never(story, "ups-1.on_battery")


# --- 2023-10: a part does not take load


def test_sags_then_a_move_by_hand_that_one_hall_does_not_follow() -> None:
    story = _story("partial-transfer-2023")
    for of in story.happened:
        assert [of[f"ups-4.on_battery{n}"] < of["moved"] for n in ("", ".2", ".3", ".4")] == [True] * 4
        assert all(of[f"ats-{n}.on_emergency"] - of["moved"] < 12 * SECOND for n in (1, 2, 3))
        assert {n for n in of if n.endswith(".lost")} == {"ups-4.lost", "row-4.lost"}
    polls = ("moved", 15, 1500)
    assert set(story.values("ats-4", "input.source", *polls)) == {_code("input.source", "normal")}
    assert set(story.values("ats-4", "input.2.status", *polls)) == {_code("input.2.status", "good")}
    assert max(story.values("ats-4", "output.voltage", *polls)) == 0
    assert story.since("moved", "utility_back") == [29 * 60] * 2  # 07:31 to 08:00


# --- 2025-03: the UPS in the way


def test_the_switch_is_on_a_good_generator_and_the_ups_gives_nothing_until_it_is_bypassed() -> None:
    story = _story("ups-blocks-generator-2025")
    assert all(s < 12 for s in story.since("loss", "ats-1.on_emergency"))
    assert all(30 < s < 90 for s in story.since("loss", "ups-1.lost"))  # by 12:54
    polls = ("ups-1.lost", 2, 13)  # as long as its card still answers
    assert max(story.values("ups-1", "output.voltage", *polls)) == 0
    assert min(story.values("ups-1", "input.voltage", *polls)) > 0.95 * 230
    assert max(story.values("ups-1", "input.realpower", "ats-1.on_emergency", 15, 45)) < 1000  # it takes nothing
    assert set(story.values("ats-1", "input.source", "ups-1.lost", 2, 1300)) == {_code("input.source", "emergency")}
    assert story.since("bypassed", "row-1.fed") == pytest.approx([0] * 2, abs=0.5)
    assert max(story.values("gen-1", "output.realpower", "bypassed", 5, 60)) > 200_000


# --- the two variants of 2014


def test_with_a_failed_battery_side_a_drops_in_the_poll_of_the_hit_and_side_b_takes_all() -> None:
    story = _story("lockout-2014-battery-fails")
    assert story.since("pole_hit", "ups-a.lost") == pytest.approx([0] * 2, abs=0.2)
    assert all(0.2 < s < 0.8 for s in story.since("pole_hit", "relay-86.relay_tripped"))
    after = story.values("ups-b", "ups.load", "pole_hit", 2, 10)
    assert after == pytest.approx([116] * len(after), abs=3)
    plain = _story("lockout-2014-not-in-auto").since("pole_hit", "ups-b.lost")
    assert all(alone < shared for alone, shared in zip(story.since("pole_hit", "ups-b.lost"), plain, strict=True))
    assert set(story.values("ats-a", "ats.mode", "pole_hit", 2, 700)) == {_code("ats.mode", "inhibited")}


def test_not_in_auto_calls_no_engine_although_nothing_is_locked_out() -> None:
    story = _story("lockout-2014-not-in-auto")
    polls = ("pole_hit", 2, 700)
    for ats in ("ats-a", "ats-b"):
        assert set(story.values(ats, "ats.mode", *polls)) == {_code("ats.mode", "manual")}
        assert set(story.values(ats, "ats.start_contact", *polls)) == {_code("ats.start_contact", "stop")}
        assert set(story.values(ats, "input.source", *polls)) == {_code("input.source", "normal")}
    for gen in ("gen-1", "gen-2", "gen-3"):
        assert max(story.values(gen, "generator.speed", *polls)) == 0
        assert set(story.values(gen, "lockout.status", *polls)) == {_code("lockout.status", "normal")}
    for of in story.happened:
        assert of["ups-a.lost"] < of["ups-b.lost"] == of["row-1.lost"]
        assert of["ats-a.on_emergency"] - of["in_auto"] < 20 * SECOND


# --- all of them


INCIDENTS = (
    "no-start-command-2017",
    "parallel-feed-ground-fault-2023",
    "ground-fault-halts-transfer-2010",
    "generator-overheats-failover-breaker-2012",
    "unstable-generators-two-outages-2012",
    "long-sag-backfeed-2016",
    "generators-fail-to-synchronise-2011",
    "repeated-flicker-2007",
    "two-transfers-chillers-2007",
    "low-voltage-drain-2008",
    "four-dips-repeated-drain-2015",
    "ups-switched-off-2017",
    "start-battery-fails-2015",
    "common-ups-output-2020",
    "partial-transfer-2023",
    "ups-blocks-generator-2025",
    "lockout-2014-battery-fails",
    "lockout-2014-not-in-auto",
)


@pytest.mark.parametrize("name", INCIDENTS)
def test_an_incident_says_what_is_public_and_what_is_invented(name: str) -> None:
    scenario = load_scenario(name)
    assert scenario.about == "incident"
    assert "Public" in scenario.note
    assert "Invented" in scenario.note
    assert scenario.sources
