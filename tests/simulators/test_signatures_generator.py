"""Signatures of starting and running: what each failure of a generator shows in the answers of the plant's devices.

Every scenario is run once for two seeds, and every test holds for both.
"""

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from device_profiles.quantities import quantity
from simulators.scenario import load_scenario
from simulators.simulate import Run
from telemetry.block import SECOND

SEEDS = (1, 2)
BOTH = range(len(SEEDS))
ALIVE = 27.0  # V of a start battery on its charger, less the noise
VOLTS, RPM = 277.0, 1800.0
MINUTE = 60

# Up to which second each is looked at; what comes later says nothing more of the signature.
UNTIL = {
    "no-start-command": 4 * MINUTE,
    "generator-does-not-hear": 4 * MINUTE,
    "generator-fail-to-start": 4 * MINUTE,
    "overcrank-with-good-utility": 18 * MINUTE,
    "dead-start-battery": 5 * MINUTE,
    "slow-start": 5 * MINUTE,
    "start-aborts": 5 * MINUTE,
    "generator-not-in-auto": 9 * MINUTE,
    "emergency-stop-standing": 13 * MINUTE,
    "start-battery-charger-failed": 45 * MINUTE,
    "generator-low-voltage": 5 * MINUTE,
    "generator-unstable": 5 * MINUTE,
    "generator-trips-on-load": 4 * MINUTE,
    "generator-overheats": 14 * MINUTE,
    "generator-out-of-fuel": 22 * MINUTE,
    "generators-fail-to-parallel": 5 * MINUTE,
    "one-of-three-fails": 5 * MINUTE,
    "generator-fails-to-stop": 25 * MINUTE,
    "generator-reverse-power": 7 * MINUTE,
    "weak-start-battery-trend": 243 * MINUTE,
}


class Story:
    """What the devices of a scenario answered at every poll, for each of SEEDS. Times: s after the start."""

    def __init__(self, name: str) -> None:
        scenario = load_scenario(name)
        run = Run(scenario, *SEEDS)
        self.parts, self.site, self.start = run.plant.parts, scenario.site, scenario.start
        self._answers = []
        last = scenario.start + UNTIL[name] * SECOND
        for time in scenario.times():
            if time > last:
                break
            if scenario.due(time):
                run.advance(time)
                self._answers.append([run.plant.readings(site) for site in BOTH])
        polled = [t for t in scenario.times() if t <= last and scenario.due(t)]
        self.times = (np.array(polled) - self.start) / SECOND
        self._happened = [
            {e.id: e.time for e in scenario.events(seed) if e.id} | run.plant.milestones.of(site)
            for site, seed in enumerate(SEEDS)
        ]

    def happened(self, site: int, what: str) -> bool:
        """Whether a milestone was reached by then."""
        return what in self._happened[site]

    def at(self, site: int, what: str) -> float:
        """When an event or milestone was."""
        return (self._happened[site][what] - self.start) / SECOND

    def polls(self, begin: float, end: float) -> NDArray[np.bool_]:
        """The polls after `begin` and before `end`."""
        return (self.times > begin) & (self.times < end)

    def shown(self, site: int, where: str, begin: float, end: float) -> NDArray[np.float64]:
        """What `device:quantity` showed in these polls; NaN while the device was silent."""
        device, name = where.split(":")
        silent = {name: np.nan}
        picked = np.flatnonzero(self.polls(begin, end))
        values = np.array([(self._answers[i][site][device] or silent)[name] for i in picked])
        assert values.size, f"no poll between {begin} and {end} s"
        return values

    def said(self, site: int, where: str, begin: float, end: float) -> set[str | None]:
        """The states that it showed."""
        of = quantity(where.split(":")[1])
        return {of.state(code) for code in self.shown(site, where, begin, end).tolist()}

    def cranks(self, site: int, begin: float, end: float, generator: str = "gen-1") -> list[tuple[float, float]]:
        """From when to when the starter pulled its battery down below all that a battery at rest has."""
        volts = self.shown(site, f"{generator}:generator.battery.voltage", begin, end)
        times = self.times[self.polls(begin, end)]
        low = np.flatnonzero(volts < 23)
        runs = np.split(low, np.flatnonzero(np.diff(low) > 1) + 1) if low.size else []
        return [(float(times[r[0]]), float(times[r[-1]])) for r in runs]


@cache
def _story(name: str) -> Story:
    return Story(name)


def _is_idle(story: Story, site: int, begin: float, end: float) -> bool:
    """Ready and at rest: stopped, no speed, no voltage, and a battery that nothing has loaded."""
    return bool(
        story.said(site, "gen-1:generator.state", begin, end) == {"stopped"}
        and story.said(site, "gen-1:lockout.status", begin, end) == {"normal"}
        and not story.shown(site, "gen-1:generator.speed", begin, end).any()
        and not story.shown(site, "gen-1:output.voltage", begin, end).any()
        and story.shown(site, "gen-1:generator.battery.voltage", begin, end).min() > ALIVE
    )


def _discharges(story: Story, site: int, begin: float, end: float) -> bool:
    """Both UPSs live on their batteries."""
    return all(
        story.said(site, f"{ups}:ups.status", begin, end) == {"on_battery"}
        and bool((story.shown(site, f"{ups}:battery.current", begin, end) < 0).all())
        for ups in ("ups-a", "ups-b")
    )


@pytest.mark.parametrize("site", BOTH)
@pytest.mark.parametrize(("name", "contact"), [("no-start-command", "stop"), ("generator-does-not-hear", "run")])
def test_a_generator_that_nothing_reaches_stays_ready_and_only_the_contact_tells_why(
    name: str, contact: str, site: int
) -> None:
    story = _story(name)
    lost, end = story.at(site, "utility_lost") + 2, UNTIL[name]
    for switch in ("ats-a", "ats-b"):
        assert story.said(site, f"{switch}:ats.start_contact", lost, end) == {contact}
        assert not story.shown(site, f"{switch}:input.1.voltage", lost, end).any()
        assert story.said(site, f"{switch}:input.source", lost, end) == {"normal"}
    assert story.said(site, "gen-1:generator.mode", lost, end) == {"auto"}
    assert _is_idle(story, site, lost, end)
    assert _discharges(story, site, lost, end)


@pytest.mark.parametrize("site", BOTH)
def test_an_engine_that_does_not_fire_cranks_three_times_15_s_with_15_s_between_and_locks_out(site: int) -> None:
    story = _story("generator-fail-to-start")
    called, locked = story.at(site, "ats-a.start_called"), story.at(site, "gen-1.locked_out")
    assert story.said(site, "ats-a:ats.start_contact", called, locked) == {"run"}
    assert story.said(site, "gen-1:generator.state", called + 0.2, locked) == {"cranking"}
    cranks = story.cranks(site, called, locked + 20)
    assert [begin - cranks[0][0] for begin, _ in cranks] == pytest.approx([0, 30, 60], abs=1)
    assert [end - begin for begin, end in cranks] == pytest.approx([14.5] * 3, abs=1)
    for begin, end in cranks:
        volts = story.shown(site, "gen-1:generator.battery.voltage", begin - 0.5, end + 0.5)
        assert 17 < volts.min() < volts.max() < 20.2
        speed = story.shown(site, "gen-1:generator.speed", begin + 1.5, end + 0.5)
        assert 100 < speed.min() < speed.max() < 250
    assert not story.shown(site, "gen-1:output.voltage", called, UNTIL["generator-fail-to-start"]).any()
    # No more dips: the battery recovers, and only a person can begin anew.
    assert story.said(site, "gen-1:lockout.status", locked + 1, 240) == {"locked_out"}
    assert not story.cranks(site, locked + 1, 240)
    assert story.shown(site, "ups-a:battery.current", called, 220).max() < 0


@pytest.mark.parametrize("site", BOTH)
def test_an_overcrank_outlives_the_outage_and_then_leaves_one_good_source(site: int) -> None:
    story = _story("overcrank-with-good-utility")
    back, end = story.at(site, "utility_back"), UNTIL["overcrank-with-good-utility"]
    both_out = story.at(site, "gen-1.locked_out") + 1, back
    assert story.said(site, "gen-1:lockout.status", *both_out) == {"locked_out"}
    assert story.said(site, "ats-a:input.1.status", *both_out) == {"bad"}
    after = back + 20, end
    assert story.said(site, "gen-1:lockout.status", *after) == {"locked_out"}
    for switch in ("ats-a", "ats-b"):
        assert story.said(site, f"{switch}:input.1.status", *after) == {"good"}
        assert story.said(site, f"{switch}:ats.mode", *after) == {"auto"}
        assert story.said(site, f"{switch}:ats.start_contact", *after) == {"stop"}
        assert story.shown(site, f"{switch}:output.voltage", *after).min() > 0.95 * VOLTS
    assert story.said(site, "ups-a:ups.status", *after) == {"online"}


@pytest.mark.parametrize("site", BOTH)
def test_a_dead_start_battery_gives_no_speed_at_all_and_collapses(site: int) -> None:
    story = _story("dead-start-battery")
    cranking, locked = story.at(site, "gen-1.cranking"), story.at(site, "gen-1.locked_out")
    before = story.shown(site, "gen-1:generator.battery.voltage", 60, cranking)
    assert before.min() > ALIVE  # nothing to be seen until it is needed
    assert story.said(site, "gen-1:generator.state", cranking, locked) == {"cranking"}
    assert story.said(site, "ats-a:ats.start_contact", cranking, locked) == {"run"}
    assert not story.shown(site, "gen-1:generator.speed", cranking, locked).any()
    for begin, end in story.cranks(site, cranking, locked):
        assert story.shown(site, "gen-1:generator.battery.voltage", begin - 0.5, end + 0.5).max() < 0.6 * 24
    assert locked - cranking == pytest.approx(75, abs=0.2)


@pytest.mark.parametrize("site", BOTH)
def test_a_slow_start_cranks_as_one_that_fails_and_then_carries_the_load(site: int) -> None:
    story = _story("slow-start")
    lost, called = story.at(site, "utility_lost"), story.at(site, "ats-a.start_called")
    running, carried = story.at(site, "gen-1.running"), story.at(site, "ats-a.on_emergency")
    assert [begin - called for begin, _ in story.cranks(site, called, carried)] == pytest.approx([0, 30, 60], abs=1.5)
    assert 60 < running - called < 75
    assert 10 < carried - lost < 80  # later than NFPA 110 Type 10, within the crank limit
    assert not story.happened(site, "gen-1.locked_out")
    assert story.said(site, "ats-a:input.source", carried, 300) == {"emergency"}
    assert story.shown(site, "ats-a:output.voltage", carried + 10, 300).min() > 0.9 * VOLTS
    assert story.said(site, "ups-a:ups.status", carried + 30, 300) == {"online"}
    assert story.shown(site, "ups-a:battery.charge", carried, 300).min() > 80


@pytest.mark.parametrize("site", BOTH)
def test_a_start_that_aborts_shows_speed_at_every_attempt_and_never_voltage_in_spec(site: int) -> None:
    story = _story("start-aborts")
    cranking, locked = story.at(site, "gen-1.cranking"), story.at(site, "gen-1.locked_out")
    assert story.said(site, "ats-a:ats.start_contact", cranking, locked) == {"run"}
    for attempt in (0, 30, 60):
        speed = story.shown(site, "gen-1:generator.speed", cranking + attempt, cranking + attempt + 15)
        assert 0.5 * RPM < speed.max() < 0.95 * RPM  # far above what a starter reaches
        assert speed[-1] < 0.3 * RPM
    assert story.shown(site, "gen-1:output.voltage", cranking, locked).max() < 0.9 * VOLTS
    assert not story.happened(site, "gen-1.in_spec")
    assert story.said(site, "gen-1:generator.state", locked, 300) == {"locked_out"}


@pytest.mark.parametrize("site", BOTH)
def test_a_generator_out_of_automatic_is_seen_standing_and_does_not_follow_the_contact(site: int) -> None:
    story = _story("generator-not-in-auto")
    left, lost = story.at(site, "left"), story.at(site, "utility_lost")
    modes = story.said(site, "gen-1:generator.mode", left, UNTIL["generator-not-in-auto"])
    assert len(modes) == 1
    assert modes < {"manual", "off"}
    assert story.said(site, "ats-a:input.1.status", left, lost) == {"good"}
    end = UNTIL["generator-not-in-auto"]
    assert story.said(site, "ats-a:ats.start_contact", lost + 2, end) == {"run"}
    assert _is_idle(story, site, lost + 2, end)  # no lock-out and no dip: neither overcrank nor a dead battery


@pytest.mark.parametrize("site", BOTH)
def test_an_emergency_stop_locks_out_an_engine_that_never_cranked_beside_a_good_utility(site: int) -> None:
    story = _story("emergency-stop-standing")
    pressed, reset = story.at(site, "pressed"), story.at(site, "reset")
    assert _is_idle(story, site, 0, pressed)
    assert story.said(site, "gen-1:lockout.status", pressed + 0.2, reset) == {"locked_out"}
    assert story.said(site, "gen-1:generator.state", pressed + 0.2, reset) == {"locked_out"}
    assert story.shown(site, "gen-1:generator.battery.voltage", 0, reset).min() > ALIVE
    assert story.said(site, "ats-a:ats.start_contact", 0, reset) == {"stop"}
    assert story.said(site, "ats-a:input.1.status", 0, reset) == {"good"}
    assert story.said(site, "gen-1:lockout.status", reset, 780) == {"normal"}


@pytest.mark.parametrize("site", BOTH)
def test_a_failed_charger_is_a_step_to_rest_voltage_and_then_hardly_a_slope(site: int) -> None:
    story = _story("start-battery-charger-failed")
    failed, mended = story.at(site, "failed"), 40 * MINUTE
    where = "gen-1:generator.battery.voltage"
    assert story.shown(site, where, 0, failed).min() > ALIVE
    at_rest = story.shown(site, where, failed + 2 * MINUTE, mended)
    assert 24.8 < at_rest.min() < at_rest.max() < 25.4
    assert 0 < at_rest[:20].mean() - at_rest[-20:].mean() < 0.1
    assert story.said(site, "gen-1:generator.state", 0, mended) == {"stopped"}
    assert story.said(site, "gen-1:generator.mode", 0, mended) == {"auto"}
    assert story.shown(site, where, mended + 2 * MINUTE, 45 * MINUTE).min() > ALIVE


@pytest.mark.parametrize("site", BOTH)
def test_low_voltage_stands_at_the_right_speed_and_the_switches_refuse_it(site: int) -> None:
    story = _story("generator-low-voltage")
    steady = story.at(site, "gen-1.running") + 10, UNTIL["generator-low-voltage"]
    assert story.shown(site, "gen-1:generator.speed", *steady) == pytest.approx(RPM, rel=0.01)
    assert story.shown(site, "gen-1:output.frequency", *steady) == pytest.approx(60, abs=0.3)
    for phase in ("L1-N", "L2-N", "L3-N"):
        assert story.shown(site, f"gen-1:output.{phase}.voltage", *steady) == pytest.approx(0.8 * VOLTS, rel=0.02)
    assert not story.happened(site, "gen-1.in_spec")
    assert story.said(site, "ats-a:input.2.status", *steady) == {"bad"}
    assert story.said(site, "ats-a:input.source", *steady) == {"normal"}
    assert _discharges(story, site, *steady)


def _swing(story: Story, site: int, begin: float, end: float) -> float:
    """From lowest to highest voltage of the generator, in parts of nominal."""
    return float(np.ptp(story.shown(site, "gen-1:output.L1-N.voltage", begin, end)) / VOLTS)


@pytest.mark.parametrize("site", BOTH)
def test_an_unstable_regulator_swings_the_voltage_both_ways_and_not_the_speed(site: int) -> None:
    story = _story("generator-unstable")
    carried = story.at(site, "ats-a.on_emergency")
    steady = carried + 30, carried + 60
    volts = story.shown(site, "gen-1:output.L1-N.voltage", *steady) / VOLTS
    assert volts.min() < 0.95
    assert volts.max() > 1.05
    assert np.sign(np.diff(volts)).min() < 0 < np.sign(np.diff(volts)).max()
    assert (np.diff(np.sign(volts - 1)) != 0).sum() > 10  # to and fro, not one dip under a step of load
    assert story.shown(site, "gen-1:generator.speed", *steady) == pytest.approx(RPM, rel=0.01)
    sound = _story("slow-start")
    carried = sound.at(site, "ats-a.on_emergency")
    assert _swing(story, site, *steady) > 0.10
    assert _swing(sound, site, carried + 30, carried + 60) < 0.02


@pytest.mark.parametrize("site", BOTH)
def test_a_trip_on_load_comes_after_a_good_transfer_with_power_flowing_and_the_speed_collapses_first(site: int) -> None:
    story = _story("generator-trips-on-load")
    carried, tripped = story.at(site, "ats-a.on_emergency"), story.at(site, "gen-1.breaker_tripped")
    assert 5 < tripped - carried < MINUTE
    assert story.said(site, "ats-a:input.source", carried, tripped) == {"emergency"}
    assert story.shown(site, "gen-1:output.realpower", carried, tripped).max() > 0.4 * 500_000
    unloaded = story.shown(site, "gen-1:output.frequency", story.at(site, "gen-1.in_spec"), carried + 5)
    assert unloaded == pytest.approx(60, abs=0.5)
    hertz = story.shown(site, "gen-1:output.frequency", tripped - 4, tripped)
    assert hertz[-1] < 56
    assert (np.diff(hertz) < 0).all()
    assert story.shown(site, "gen-1:output.voltage", tripped - 4, tripped)[-1] < 0.97 * VOLTS
    after = tripped + 3, UNTIL["generator-trips-on-load"]
    assert story.said(site, "gen-1:generator.breaker", *after) == {"tripped"}
    assert story.said(site, "gen-1:lockout.status", *after) == {"locked_out"}
    assert story.said(site, "ats-a:input.1.status", *after) == {"bad"}  # and no retransfer has caused it
    assert _discharges(story, site, *after)


@pytest.mark.parametrize("site", BOTH)
def test_a_generator_without_fan_heats_up_for_nine_minutes_and_is_sound_in_all_else_until_it_trips(site: int) -> None:
    story = _story("generator-overheats")
    carried, tripped = story.at(site, "ats-a.on_emergency"), story.at(site, "gen-1.tripped_high_temperature")
    assert 8 * MINUTE < tripped - carried < 11 * MINUTE
    coolant = story.shown(site, "gen-1:generator.coolant.temperature", carried, tripped)
    assert coolant[0] < 45
    assert coolant[-1] > 104
    assert (np.diff(coolant) > 0).all()
    assert tripped - story.at(site, "gen-1.coolant_high") > MINUTE / 2  # the alarm before the trip
    under_load = carried + 30, tripped
    assert story.shown(site, "gen-1:output.voltage", *under_load).min() > 0.95 * VOLTS
    assert story.shown(site, "gen-1:output.frequency", *under_load) == pytest.approx(60, abs=0.3)
    assert story.shown(site, "gen-1:generator.oil.pressure", *under_load).min() > 300
    assert story.said(site, "gen-1:lockout.status", tripped, 840) == {"locked_out"}
    assert _discharges(story, site, tripped + 2, 840)


@pytest.mark.parametrize("site", BOTH)
def test_a_day_tank_runs_dry_in_a_straight_line_that_tells_the_end(site: int) -> None:
    story = _story("generator-out-of-fuel")
    carried, empty = story.at(site, "ats-a.on_emergency"), story.at(site, "gen-1.tripped_out_of_fuel")
    begin, end = empty - 10 * MINUTE, empty - 5 * MINUTE
    fuel = story.shown(site, "gen-1:generator.fuel", begin, end)
    slope, level = np.polyfit(story.times[story.polls(begin, end)], fuel, 1)
    assert -level / slope == pytest.approx(empty, abs=20)
    assert story.shown(site, "gen-1:output.voltage", carried + 30, empty).min() > 0.95 * VOLTS
    assert story.shown(site, "gen-1:generator.coolant.temperature", carried, empty).max() < 98
    assert story.shown(site, "gen-1:generator.fuel", empty, empty + 20).max() == 0
    assert story.said(site, "gen-1:lockout.status", empty, empty + MINUTE) == {"locked_out"}


@pytest.mark.parametrize("site", BOTH)
def test_generators_that_are_not_paralleled_run_well_and_give_nothing_to_a_dead_bus(site: int) -> None:
    story = _story("generators-fail-to-parallel")
    steady = story.at(site, "gen-1.in_spec") + 5, UNTIL["generators-fail-to-parallel"]
    for generator in ("gen-1", "gen-2", "gen-3"):
        assert story.said(site, f"{generator}:generator.state", *steady) == {"running"}
        assert story.shown(site, f"{generator}:output.voltage", *steady).min() > 0.95 * VOLTS
        assert story.shown(site, f"{generator}:output.frequency", *steady) == pytest.approx(60, abs=0.3)
        assert not story.shown(site, f"{generator}:output.realpower", *steady).any()
        assert story.said(site, f"{generator}:generator.breaker", *steady) == {"open"}
    for switch in ("ats-a", "ats-b"):
        assert not story.shown(site, f"{switch}:input.2.voltage", *steady).any()
        assert story.said(site, f"{switch}:ats.start_contact", *steady) == {"run"}
    assert _discharges(story, site, *steady)


@pytest.mark.parametrize("site", BOTH)
def test_two_of_three_share_the_load_while_the_third_cranks_in_vain(site: int) -> None:
    story = _story("one-of-three-fails")
    carried, locked = story.at(site, "ats-a.on_emergency"), story.at(site, "gen-2.locked_out")
    assert len(story.cranks(site, 120, locked, "gen-2")) == 3
    assert story.shown(site, "gen-2:output.realpower", carried, 300).max() == 0
    steady = carried + 60, UNTIL["one-of-three-fails"]
    one, three = (story.shown(site, f"{g}:output.realpower", *steady) for g in ("gen-1", "gen-3"))
    assert one == pytest.approx(three, rel=0.03)
    assert one.min() > 0.3 * 250_000
    assert carried - story.at(site, "utility_lost") < 20
    assert story.shown(site, "ats-a:input.2.voltage", *steady).min() > 0.95 * VOLTS
    assert story.said(site, "ups-a:ups.status", *steady) == story.said(site, "ups-b:ups.status", *steady) == {"online"}


@pytest.mark.parametrize("site", BOTH)
def test_a_generator_that_does_not_stop_turns_without_load_and_nothing_asks_for_it(site: int) -> None:
    story = _story("generator-fails-to-stop")
    cooled = story.at(site, "gen-1.cooldown") + 5 * MINUTE
    still = cooled + 5, cooled + 10 * MINUTE
    assert story.said(site, "ats-a:ats.start_contact", *still) == {"stop"}
    assert story.said(site, "ats-a:input.source", *still) == {"normal"}
    assert story.said(site, "gen-1:generator.state", *still) == {"cooldown"}  # of five minutes, long over
    assert story.shown(site, "gen-1:generator.speed", *still) == pytest.approx(RPM, rel=0.01)
    assert not story.shown(site, "gen-1:output.realpower", *still).any()


@pytest.mark.parametrize("site", BOTH)
def test_a_powerless_generator_is_driven_by_the_others_until_its_relay_parts_it(site: int) -> None:
    story = _story("generator-reverse-power")
    failed, tripped = story.at(site, "power_lost"), story.at(site, "gen-2.tripped_reverse_power")
    assert 5 < tripped - failed < 10
    motored = failed + 2, tripped
    assert story.shown(site, "gen-2:output.realpower", *motored).max() < -0.05 * 250_000
    assert story.shown(site, "gen-2:generator.speed", *motored) == pytest.approx(RPM, rel=0.02)
    total = sum(
        story.shown(site, f"{g}:output.realpower", failed - 30, failed).mean() for g in ("gen-1", "gen-2", "gen-3")
    )
    others = sum(story.shown(site, f"{g}:output.realpower", *motored).mean() for g in ("gen-1", "gen-3"))
    assert others > 1.05 * total  # they carry the load, and it as well
    after = tripped + 5, UNTIL["generator-reverse-power"]
    assert story.said(site, "gen-2:generator.breaker", *after) == {"tripped"}
    assert story.shown(site, "gen-2:output.realpower", *after).max() == 0
    assert story.said(site, "ups-a:ups.status", failed, UNTIL["generator-reverse-power"]) == {"online"}


@pytest.mark.parametrize("site", BOTH)
def test_a_weak_start_battery_shows_in_its_dips_and_nowhere_else(site: int) -> None:
    story = _story("weak-start-battery-trend")
    tests = [story.at(site, f"test_{n}") for n in range(1, 6)]
    volts, speed = (
        [story.shown(site, f"gen-1:{what}", t, t + 10) for t in tests]
        for what in ("generator.battery.voltage", "generator.speed")
    )
    dips = [float(v.min()) for v in volts]
    assert dips == sorted(dips, reverse=True)
    assert dips[0] > 17
    assert 0.6 * 24 < dips[-1] < 16
    assert all(s.max() > 0.5 * RPM for s in speed)  # every test is passed
    at_rest = [story.shown(site, "gen-1:generator.battery.voltage", t - 60, t - 1).mean() for t in tests]
    assert np.ptp(at_rest) < 0.2
