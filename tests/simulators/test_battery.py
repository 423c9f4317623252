"""The batteries as their UPS meets them: how long, how fast back, what one sees of a weak string, and what the card says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.battery.batteries import BREAKER, STATUS, Batteries
from simulators.chance import Chance
from simulators.parameters import Tables

POWER = 100_000.0  # W, rating of every UPS here
SECOND = 1_000_000
LAWS = ("vrla", "lithium", "flywheel")
LOADS = st.one_of(st.just(0.0), st.floats(1e-6, 1.5))  # parts of rating
OFFERS = st.one_of(st.just(0.0), st.floats(1e-6, 0.3))


def batteries(*tables, sites=1):
    """One battery a table, named a, b, c and so on."""
    names = tuple("abcdefgh"[: len(tables)])
    given_tables = [dict(zip(names, tables, strict=True))] * sites
    return Batteries(names, np.full(len(names), POWER), Tables(given_tables), Chance(range(sites), names))


class Run:
    """Steps one group, and adds up."""

    def __init__(self, group):
        self.group = group
        self.now = 0
        self.given = self.taken = self.lost = np.zeros(group.charge.shape)  # J
        self.before = group.stored.copy()

    def step(self, dt, demand, offered=0.0):
        shape = self.group.charge.shape
        out, into = self.group.step(self.now, dt, np.full(shape, demand), np.full(shape, offered))
        self.now += round(dt * SECOND)
        self.given = self.given + out * dt
        self.taken = self.taken + into * dt
        self.lost = self.lost + self.group.loss * dt
        return out, into

    def for_seconds(self, seconds, demand, offered=0.0, dt=1.0):
        for _ in range(round(seconds / dt)):
            self.step(dt, demand, offered)

    def until_exhausted(self, demand, dt=2.0):
        began = self.now
        while not self.group.exhausted.all():
            self.step(dt, demand)
            assert self.now - began < 20_000 * SECOND
        return (self.now - began) / SECOND


def lasted(table, demand, dt=2.0):
    return Run(batteries(table)).until_exhausted(demand, dt)


def status(group):
    return STATUS[group.status[0, 0]]


# How long


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize(("rated_time", "rated_load"), [(480.0, 1.0), (300.0, 0.58), (20.0, 0.8)])
def test_a_new_battery_lasts_its_rated_time_at_its_rated_load(law, rated_time, rated_load):
    table = {"law": law, "rated_time": rated_time, "rated_load": rated_load, "spread": 0.0}
    dt = 0.1 if rated_time < 100 else 1.0
    assert lasted(table, rated_load * POWER, dt) == pytest.approx(rated_time, abs=1.01 * dt)


def test_the_spread_of_its_strings_costs_next_to_nothing():
    assert lasted({"spread": 0.03}, POWER, 0.5) == pytest.approx(480.0, rel=0.002)


def test_lead_acid_gives_less_the_faster_it_is_drained_as_peukert_found():
    half, rated, double = (lasted({}, part * POWER) for part in (0.5, 1.0, 2.0))
    for slow, fast in ((half, rated), (rated, double)):
        assert 1.08 < np.log2(slow / fast) < 1.3


def test_lithium_and_flywheels_give_nearly_the_same_at_any_rate():
    assert lasted({"law": "lithium"}, POWER) * 2 == pytest.approx(lasted({"law": "lithium"}, POWER / 2), rel=0.05)
    assert lasted({"law": "flywheel"}, POWER, 0.1) * 2 == pytest.approx(30, abs=0.3)
    assert lasted({"law": "flywheel"}, POWER / 2, 0.1) == pytest.approx(30, abs=0.2)


def test_lead_acid_recovers_when_it_rests():
    run = Run(batteries({}))
    run.until_exhausted(POWER)
    at_cut_off = run.group.voltage[0, 0]
    run.step(0.1, 0.0, 1.0)  # one watt for its charger: it may be used again
    assert not run.group.exhausted[0, 0]
    run.for_seconds(1200, 0.0, dt=10.0)
    assert run.group.voltage[0, 0] > at_cut_off + 20
    assert run.until_exhausted(POWER) > 60


def test_an_exhausted_battery_gives_nothing_until_it_is_fed():
    run = Run(batteries({}))
    run.until_exhausted(POWER)
    run.for_seconds(600, 0.0, dt=10.0)
    out, _ = run.step(0.1, POWER)
    assert out[0, 0] == 0


def test_the_aged_batteries_of_an_eight_minute_design_last_little_over_a_minute():
    rated = {"rated_load": 0.58}
    demand = (0.58 / 0.95 + 0.01) * POWER
    assert 60 < lasted({**rated, "health": [0.327, 0.085]}, demand) < 100
    run = Run(batteries({**rated, "health": [0.305, 0.305]}))
    run.for_seconds(75, demand, dt=0.5)
    doubled = run.until_exhausted((1.16 / 0.95 + 0.01) * POWER)
    assert 5 < doubled < 30


@pytest.mark.parametrize("law", LAWS)
def test_the_length_of_the_steps_does_not_matter(law):
    table = {"law": law, "rated_time": 400.0, "health": [0.9, 0.1, 0.7]}
    fine, coarse, mixed = (Run(batteries(table)) for _ in range(3))
    fine.for_seconds(30, 0.7 * POWER, dt=0.1)
    coarse.for_seconds(30, 0.7 * POWER, dt=10.0)
    for _ in range(3):
        mixed.for_seconds(2, 0.7 * POWER, dt=0.1)
        mixed.for_seconds(8, 0.7 * POWER, dt=4.0)
    for other in (coarse, mixed):
        for name in ("charge", "stored", "runtime"):
            assert getattr(other.group, name) == pytest.approx(getattr(fine.group, name), rel=0.01)
        assert other.group.voltage == pytest.approx(fine.group.voltage, rel=0.001)
        assert other.lost == pytest.approx(fine.lost, rel=0.01)
    lengths = [lasted(table, POWER, dt) for dt in (0.2, 1.0)]
    assert lengths[0] == pytest.approx(lengths[1], abs=1.1)


def test_each_site_and_each_battery_is_as_it_would_be_alone():
    tables = (
        {},
        {"law": "flywheel", "health": [1.0]},
        {"law": "lithium", "health": [1.0, 0.5, 0.9]},
        {"health": [0.4]},
    )
    together = Run(batteries(*tables, sites=3))
    alone = [
        [batteries_of_site(table, name, site) for name, table in zip("abcd", tables, strict=True)] for site in range(3)
    ]
    stages = ((1.0, 14, 0.8 * POWER, 0.0), (10.0, 200, 0.0, POWER), (1.0, 10, 0.3 * POWER, 0.0))
    for dt, seconds, demand, offered in stages:
        for run in (together, *(run for row in alone for run in row)):
            run.for_seconds(seconds, demand, offered, dt)
    for site, row in enumerate(alone):
        for i, run in enumerate(row):
            for name in ("charge", "voltage", "stored", "runtime", "temperature", "current", "status"):
                assert getattr(together.group, name)[site, i] == pytest.approx(getattr(run.group, name)[0, 0], rel=1e-9)


def batteries_of_site(table, name, site):
    return Run(Batteries((name,), np.array([POWER]), Tables([{name: table}]), Chance([site], (name,))))


# Energy


@settings(max_examples=25, deadline=None)
@given(
    law=st.sampled_from(LAWS),
    health=st.lists(st.floats(0.0, 1.1), min_size=1, max_size=3).filter(lambda h: max(h) > 0.05),
    steps=st.lists(
        st.tuples(st.sampled_from([0.1, 1.0, 7.3, 10.0]), LOADS, OFFERS),
        min_size=1,
        max_size=25,
    ),
)
def test_energy_is_neither_made_nor_lost(law, health, steps):
    run = Run(batteries({"law": law, "health": health, "charge": 0.7}))
    scale = run.before[0, 0] + 1.0
    for dt, demand, offered in steps:
        out, into = run.step(dt, demand * POWER, offered * POWER)
        group = run.group
        assert out[0, 0] >= 0
        assert into[0, 0] >= 0
        assert (out <= max(0.0, demand * POWER)).all()
        assert (into <= min(offered * POWER, group.charger_power[0, 0]) * (1 + 1e-12)).all()
        assert not (out[0, 0] > 0 and into[0, 0] > 0)
        assert -1e-7 * scale < group.loss[0, 0] * dt  # heat is never taken in
        assert 0 <= group.charge[0, 0] <= 1
        if not group.exhausted[0, 0]:
            power = group.voltage[0, 0] * -group.current[0, 0]
            assert power == pytest.approx(group.power[0, 0], rel=1e-6, abs=1e-6 * POWER)
        assert group.string_current.sum() == pytest.approx(group.current[0, 0])
    balance = run.before + run.taken - run.given - run.lost - run.group.stored
    assert abs(balance[0, 0]) < 1e-6 * scale


def test_the_loss_is_what_resistance_and_polarisation_take_and_the_wells():
    """At the start of a discharge the wells are level: only sag (0.02) and polarisation (0.06) of nominal lose."""
    run = Run(batteries({"spread": 0.0}))
    run.step(0.1, POWER)
    current = -run.group.current[0, 0]
    rated = POWER / 480.0
    assert run.group.loss[0, 0] == pytest.approx(current * 480.0 * (0.06 + 0.02 * current / rated), rel=0.01)


def test_it_warms_with_its_losses_and_cools_over_hours():
    run = Run(batteries({}))
    run.until_exhausted(POWER, 1.0)
    warmed = run.group.temperature[0, 0] - 24.0
    assert warmed == pytest.approx(60.0 * run.lost[0, 0] / (480.0 * POWER), rel=0.05)
    run.for_seconds(2 * 3600, 0.0, dt=60.0)  # meanwhile the wells level out: that heats too
    before = run.group.temperature[0, 0] - 24.0
    run.for_seconds(3 * 3600, 0.0, dt=60.0)
    assert run.group.temperature[0, 0] - 24.0 == pytest.approx(before * np.exp(-1), rel=0.05)


# Charging


def charging_times(table, marks, dt):
    run = Run(batteries(table))
    discharge = run.until_exhausted(POWER)
    times = []
    for mark in marks:
        while run.group.charge[0, 0] < mark:
            run.step(dt, 0.0, POWER)
        times.append(run.now / SECOND - discharge)
    return discharge, times


def test_lead_acid_is_back_to_nine_tenths_after_ten_times_its_discharge_and_full_after_a_day():
    discharge, (most, full) = charging_times({}, (0.9, 0.995), 60.0)
    assert 8 < most / discharge < 13
    assert 20 < full / 3600 < 40


def test_lithium_is_full_in_two_to_three_hours_and_a_flywheel_in_minutes():
    _, (full,) = charging_times({"law": "lithium"}, (0.99,), 60.0)
    assert 1.8 < full / 3600 < 3.2
    _, (full,) = charging_times({"law": "flywheel"}, (0.99,), 1.0)
    assert 60 < full < 300


def test_the_charger_gives_its_power_first_and_then_holds_its_voltage():
    run = Run(batteries({}))
    run.until_exhausted(POWER)
    voltages = []
    _, into = run.step(30.0, 0.0, POWER)
    while into[0, 0] > 0.999 * 0.1 * POWER:
        voltages.append(run.group.voltage[0, 0])
        _, into = run.step(30.0, 0.0, POWER)
    assert voltages == sorted(voltages)
    assert voltages[0] < 500
    assert voltages[-1] > 530
    run.for_seconds(3600, 0.0, POWER, dt=60.0)
    _, later = run.step(10.0, 0.0, POWER)
    assert 0 < later[0, 0] < 0.2 * into[0, 0]
    assert run.group.voltage[0, 0] == pytest.approx(540)


def test_it_takes_no_more_than_is_offered_and_nothing_while_it_gives():
    run = Run(batteries({"charge": 0.5}))
    _, into = run.step(1.0, 0.0, 1234.0)
    assert into[0, 0] == pytest.approx(1234.0)
    out, into = run.step(1.0, 1000.0, POWER)
    assert (out[0, 0], into[0, 0]) == (1000.0, 0.0)
    _, into = run.step(1.0, 0.0, 0.0)
    assert into[0, 0] == 0


def test_a_dead_charger_takes_nothing_and_leaves_the_float_voltage():
    run = Run(batteries({"charge": 0.5}, {}))
    run.step(1.0, 0.0, POWER)
    assert run.group.voltage[0, 1] == pytest.approx(540)
    for i in range(2):
        run.group.set(0, i, "charger", False)
    _, into = run.step(1.0, 0.0, POWER)
    assert (into == 0).all()
    assert run.group.voltage[0, 1] < 520
    run.group.set(0, 0, "charger", True)
    _, into = run.step(1.0, 0.0, POWER)
    assert into[0, 0] > 0


# Strings


def test_two_healthy_strings_share_evenly_and_a_weak_one_hands_its_share_over():
    healthy, weak = Run(batteries({})), Run(batteries({"health": [0.9, 0.12]}))
    healthy.for_seconds(60, POWER)
    assert healthy.group.string_current[0, 0, 0] == pytest.approx(healthy.group.string_current[0, 0, 1], rel=0.05)
    parts = []
    while not weak.group.exhausted[0, 0]:
        current = weak.group.string_current[0, 0]
        parts.append(current[1] / current.sum() if current.any() else 0.5)
        weak.step(0.5, POWER)
    assert parts[1] > 0.3  # at first its voltage is as good as the other's
    assert min(parts) < 0.05


def test_a_weak_string_shows_in_the_first_minute():
    healthy, weak = Run(batteries({})), Run(batteries({"health": [0.6, 0.1]}))
    for run in (healthy, weak):
        run.step(1.0, POWER)
    first = weak.group.runtime[0, 0]
    for _ in range(59):
        healthy.step(1.0, POWER)
        weak.step(1.0, POWER)
        assert weak.group.voltage[0, 0] < healthy.group.voltage[0, 0]
    assert first - weak.group.runtime[0, 0] > 1.5 * 59
    assert 50 < 479 - healthy.group.runtime[0, 0] < 70


def test_the_voltage_falls_faster_once_a_weak_string_has_given_out():
    run = Run(batteries({"health": [0.6, 0.2]}))
    slopes, shares, before = [], [], None
    while run.step(0.5, POWER)[0][0, 0] == POWER:
        now = run.group.voltage[0, 0]
        if before is not None:
            slopes.append(before - now)
            shares.append(run.group.string_current[0, 0, 1] / run.group.current[0, 0])
        before = now
    gone = next(i for i, share in enumerate(shares) if share < 0.1)
    assert max(slopes[gone - 60 : gone]) > 1.5 * np.mean(slopes[5:40])


def test_an_open_string_leaves_all_to_the_others():
    run = Run(batteries({"spread": 0.0}))
    run.step(1.0, POWER)
    sound = run.group.voltage[0, 0]
    run.group.set(0, 0, "string", {"n": 2, "fault": "open"})
    run.step(1.0, POWER)
    assert run.group.string_current[0, 0, 1] == 0
    assert run.group.voltage[0, 0] < sound
    assert run.until_exhausted(POWER) < 230
    open_cell = Run(batteries({"health": [1.0, 0.0]}))
    assert open_cell.until_exhausted(POWER) == pytest.approx(lasted({}, 2 * POWER), rel=0.01)


def test_without_any_string_there_is_nothing():
    run = Run(batteries({"health": [1.0]}))
    run.group.set(0, 0, "string", {"n": 1, "fault": "open"})
    out, _ = run.step(0.1, POWER)
    assert out[0, 0] == 0
    assert run.group.exhausted[0, 0]
    assert run.group.charge[0, 0] == 0


def test_lithium_holds_its_voltage_and_ends_at_once_with_its_weakest_string():
    run = Run(batteries({"law": "lithium", "health": [1.0, 0.5]}))
    volts = []
    while not run.group.exhausted[0, 0]:
        run.step(0.5, POWER)
        volts.append(run.group.voltage[0, 0])
    assert min(volts[:-1]) > 0.93 * volts[0]
    assert run.now / SECOND < 0.75 * 480  # what the good string still holds is of no use


def test_a_flywheel_holds_its_voltage_to_its_least_speed():
    run = Run(batteries({"law": "flywheel"}))
    run.for_seconds(14.9, POWER, dt=0.1)
    assert run.group.voltage[0, 0] == pytest.approx(540)
    assert run.group.charge[0, 0] == pytest.approx(0.1 / 15.0, rel=0.01)
    out, _ = run.step(1.0, POWER)
    assert out[0, 0] == pytest.approx(0.1 * POWER)  # a tenth of the second was left
    assert run.group.exhausted[0, 0]
    assert run.group.stored[0, 0] > 0  # it still turns


# The breaker, the card and what a scenario sets


@pytest.mark.parametrize("position", ["open", "tripped"])
def test_behind_an_open_breaker_it_gives_and_takes_nothing(position):
    run = Run(batteries({"charge": 0.5}))
    run.group.set(0, 0, "breaker", position)
    assert status(run.group) == "fault"
    assert run.step(1.0, POWER)[0][0, 0] == 0
    assert run.step(1.0, 0.0, POWER)[1][0, 0] == 0
    assert not run.group.exhausted[0, 0]
    assert BREAKER[run.group.watched["breaker"][1][0, 0]] == position
    run.group.set(0, 0, "breaker", "closed")
    assert run.step(1.0, POWER)[0][0, 0] == POWER


def test_a_nameplate_estimate_promises_what_new_strings_would_do_and_an_honest_one_is_right():
    worn = {"health": [0.5, 0.5]}
    truth = lasted(worn, 0.8 * POWER)
    for estimate, low, high in (("nameplate", 1.8, 2.6), ("honest", 0.85, 1.1), ("optimistic", 2.7, 3.9)):
        run = Run(batteries({**worn, "estimate": estimate}))
        run.step(1.0, 0.8 * POWER)
        assert low * truth < run.group.runtime[0, 0] < high * truth
    new = Run(batteries({}))
    new.for_seconds(240, POWER)
    assert new.group.runtime[0, 0] == pytest.approx(240, rel=0.05)


@pytest.mark.parametrize("health", [[1.0, 1.0], [0.6, 0.6], [0.9, 0.3]])
def test_an_honest_estimate_keeps_its_word_all_the_way(health):
    run = Run(batteries({"health": health, "estimate": "honest"}))
    truth = lasted({"health": health}, POWER)
    for _ in range(int(truth * 0.8)):
        run.step(1.0, POWER)
        assert run.group.runtime[0, 0] == pytest.approx(truth - run.now / SECOND, abs=0.15 * truth)


def test_estimates_in_minutes_and_a_stuck_one():
    run = Run(batteries({"estimate": "minutes"}, {}))
    run.group.set(0, 1, "estimate", "stuck")
    shown = []
    for _ in range(200):
        run.step(1.0, POWER)
        shown.append(tuple(run.group.runtime[0]))
    minutes = {one for one, _ in shown}
    assert minutes == {420.0, 360.0, 300.0, 240.0}
    assert len({stuck for _, stuck in shown}) == 1
    assert shown[0][1] == pytest.approx(480)


def test_the_estimate_follows_the_load_and_the_expected_load_while_it_rests():
    run = Run(batteries({}))
    run.group.expected = np.full((1, 1), POWER / 2)
    run.for_seconds(2, 0.0, POWER)  # the card looks once a second
    half = run.group.runtime[0, 0]
    assert half == pytest.approx(lasted({"rated_time": 480.0}, POWER / 2), rel=0.02)
    run.step(1.0, POWER)
    assert run.group.runtime[0, 0] == pytest.approx(479, rel=0.02)


def test_its_status_goes_from_normal_over_low_to_depleted_and_back():
    run = Run(batteries({"rated_time": 300.0}))
    seen = []
    while not run.group.exhausted[0, 0]:
        run.step(1.0, POWER)
        if status(run.group) != (seen[-1] if seen else ""):
            seen.append(status(run.group))
            if seen[-1] == "low":
                assert run.group.runtime[0, 0] == pytest.approx(120, abs=3)
    while status(run.group) != "normal":
        run.step(10.0, 0.0, POWER)
        if status(run.group) != seen[-1]:
            seen.append(status(run.group))
    assert seen == ["normal", "low", "depleted", "low", "normal"]


def test_a_battery_to_be_replaced_says_so_unless_something_worse_is_to_be_said():
    group = batteries({})
    group.set(0, 0, "replace", True)
    assert status(group) == "replace"
    group.set(0, 0, "breaker", "open")
    assert status(group) == "fault"


def test_settings_hold_for_one_site_alone():
    group = batteries({}, {}, sites=2)
    group.set(1, 0, "charge", 0.3)
    group.set(1, 0, "temperature", 35.5)
    group.set(1, 1, "health", [0.5, 0.25])
    run = Run(group)
    run.step(0.1, 0.0)
    assert group.charge == pytest.approx(np.array([[1.0, 1.0], [0.3, 1.0]]), abs=1e-3)
    assert group.temperature == pytest.approx(np.array([[24.0, 24.0], [35.5, 24.0]]), abs=1e-3)
    assert group.stored[1, 1] == pytest.approx(0.375 * group.stored[0, 1])


@pytest.mark.parametrize("law", LAWS)
def test_a_battery_set_to_part_of_its_charge_lasts_that_part(law):
    table = {"law": law, "rated_time": 300.0}
    assert lasted({**table, "charge": 0.4}, POWER) == pytest.approx(120, abs=5)
    assert lasted({**table, "charge": 0.0}, POWER) == 0


def test_seconds_on_battery_count_from_the_last_time_it_took_over():
    run = Run(batteries({}))
    run.for_seconds(5, POWER, dt=0.1)
    assert run.group.seconds_on_battery[0, 0] == pytest.approx(5)
    run.step(0.1, 0.0, POWER)
    assert run.group.seconds_on_battery[0, 0] == 0


def test_a_discharge_is_quiet_until_a_minute_before_its_end():
    run = Run(batteries({}))
    lasted = 0.0
    was_quiet = []
    while not run.group.exhausted.any():
        run.step(1.0, POWER, 0.0)
        lasted += 1.0
        was_quiet.append((lasted, run.group.quiet))
    settled = was_quiet[2:-1]  # without the first look at how fast it falls, and without what is over
    loud = [at for at, quiet in settled if not quiet]
    assert 60 <= lasted - min(loud) <= 0.3 * lasted
    assert all(not quiet for at, quiet in settled if at >= min(loud))


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("colour", 1, "it has health"),
        ("health", [1.0], "a list of 2 numbers"),
        ("health", [1.0, -1.0], "expected a number from 0 to 2"),
        ("breaker", "ajar", "open, closed, tripped"),
        ("charger", 1, "true or false"),
        ("charge", 50, "from 0 to 1"),
        ("string", {"n": 0, "fault": "open"}, "from 1 to 2"),
        ("string", {"n": 1}, "fault"),
        ("estimate", "wild", "nameplate"),
        ("temperature", "warm", "a number"),
    ],
)
def test_a_setting_that_does_not_fit_is_refused_with_what_would(key, value, text):
    with pytest.raises(ValueError, match=text):
        batteries({}).set(0, 0, key, value)


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ({"law": "lead"}, "a.law = 'lead': expected vrla, lithium, flywheel"),
        ({"estimate": "wild"}, "a.estimate"),
        ({"health": []}, "a.health"),
        ({"charge": 40}, "a.charge = 40"),
        ({"sag": 0.2, "rated_time": 3000.0}, "no battery carries"),
    ],
)
def test_a_parameter_that_no_battery_can_have_is_refused(table, text):
    with pytest.raises(ValueError, match=text):
        batteries(table)


def test_without_a_ups_there_are_no_batteries():
    group = batteries()
    out, into = group.step(0, 0.1, np.zeros((1, 0)), np.zeros((1, 0)))
    assert out.shape == into.shape == group.charge.shape == (1, 0)
    assert group.quiet
