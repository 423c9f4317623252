"""The grid at the site's door: what its phasors, its breaker and its wandering do, measured at the feed."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.chance import Chance
from simulators.parameters import Tables
from simulators.utility.utilities import WORDS, Utilities

START = 1_700_000_000_000_000
NAMES = ("utility-1", "utility-2")
STILL = {"imbalance": [0, 0, 0], "wander": 0, "wander_frequency": 0}
A = np.exp(2j * np.pi / 3)


class Grid:
    """Utilities with a clock."""

    def __init__(self, seeds=(0,), table=STILL, names=NAMES, nominal=60.0):
        given = {name: dict(table) for name in names}
        self.u = Utilities(names, np.full(len(names), nominal), Tables([given] * len(seeds)), Chance(seeds, names))
        self.now = START
        self.step(0.1)

    def step(self, dt):
        self.now += round(dt * 1e6)
        return self.u.step(self.now, dt)

    def set(self, key, value, site=0, i=0):
        self.u.set(site, i, key, value)

    def run(self, seconds, dt=0.1):
        """[(seconds since now, word, supply)] of feed 0 of site 0, one a step."""
        found = []
        for k in range(round(seconds / dt)):
            supply = self.step(dt)
            found.append((round((k + 1) * dt, 6), WORDS[self.u.state[0, 0]], supply))
        return found

    @property
    def volts(self):
        return self.u.supply.volts[0, 0]


def changes(run):
    """[(seconds, word)] of each new word."""
    return [(t, word) for (_, before, _), (t, word, _) in itertools.pairwise(run) if word != before]


def during(fault, table=STILL, nominal=60.0):
    grid = Grid(table=table, nominal=nominal)
    grid.set("fault", fault)
    grid.step(0.1)
    return grid


def solved(kind, depth, k):
    """Phase voltages, L1 first, at the node between a source and a line to a bolted fault, by the phase impedance matrix.

    Oracle: source and line have Z1 = Z2 = j and Z0 = kj for each ohm; the line is as long as leaves `depth`.
    """
    source, line = 1 - depth, depth
    matrix = np.full((3, 3), 1j * (k - 1) / 3) + np.eye(3) * 1j
    emf = np.array([1, A**2, A])
    if kind == "ll":  # L2 and L3 tied together, no current to ground: one loop
        loop = (emf[1] - emf[2]) / (2 * 1j)
        current = np.array([0, loop, -loop])
    else:
        hit = {"slg": [0], "llg": [1, 2], "3ph": [0, 1, 2]}[kind]
        current = np.zeros(3, complex)
        current[hit] = np.linalg.solve(matrix[np.ix_(hit, hit)] * (source + line), emf[hit])
    return emf - source * matrix @ current


@pytest.mark.parametrize("kind", ["slg", "ll", "llg", "3ph"])
@pytest.mark.parametrize("k", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("depth", [0.0, 0.3, 0.9])
def test_phasors_are_those_of_the_circuit(kind, k, depth):
    grid = during({"type": kind, "depth": depth}, STILL | {"zero_ratio": k})
    assert grid.volts == pytest.approx(solved(kind, depth, k), abs=1e-9)


def bollen(letter, v):
    """Bollen's seven types of three-phase dip of characteristic voltage v: L1 the phase of symmetry."""
    third, half = np.sqrt(3) / 3, np.sqrt(3) / 2
    after = {
        "A": (v, -v / 2, -half * v),
        "B": (v, -0.5, -half),
        "C": (1, -0.5, -half * v),
        "D": (v, -v / 2, -half),
        "E": (1, -v / 2, -half * v),
        "F": (v, -v / 2, -(third + v * third / 2)),
        "G": (2 / 3 + v / 3, -1 / 3 - v / 6, -half * v),
    }
    first, real, imaginary = after[letter]
    return np.array([first, real + 1j * imaginary, real - 1j * imaginary])


@pytest.mark.parametrize(
    ("kind", "near", "behind", "characteristic"),
    [
        ("3ph", "A", "A", lambda v: v),
        ("slg", "B", "C", lambda v: 1 / 3 + 2 * v / 3),
        ("ll", "C", "D", lambda v: v),
        ("llg", "E", "F", lambda v: v),
    ],
)
@pytest.mark.parametrize("depth", [0.0, 0.18, 0.5, 0.8])
def test_dips_are_bollens_types_at_the_fault_and_behind_a_transformer(kind, near, behind, characteristic, depth):
    at_fault = during({"type": kind, "depth": depth})
    assert at_fault.volts == pytest.approx(bollen(near, depth), abs=1e-9)
    inside = during({"type": kind, "depth": depth, "behind": "delta-wye"})
    expected = np.abs(bollen(behind, characteristic(depth)))
    assert np.sort(np.abs(inside.volts)) == pytest.approx(np.sort(expected), abs=1e-9)
    assert inside.u.zero_sequence[0, 0] == pytest.approx(0, abs=1e-12)


def test_single_line_fault_behind_a_transformer_takes_two_phases_and_turns_them_apart():
    grid = Grid()
    before = grid.volts.copy()
    grid.set("fault", {"type": "slg", "phase": "L1", "depth": 0.0, "behind": "delta-wye"})
    grid.step(0.1)
    turned = np.degrees(np.angle(grid.volts / before))
    assert np.abs(grid.volts) == pytest.approx([1 / np.sqrt(3), 1 / np.sqrt(3), 1])
    assert turned == pytest.approx([-30, 30, 0], abs=1e-9)


def test_hit_pole_of_2014_has_36_percent_negative_sequence():
    grid = during({"type": "slg", "phase": "L2", "depth": 0.18, "sound": 0.86})
    levels = np.abs(grid.volts)
    assert levels == pytest.approx([0.86, 0.18, 0.86], abs=1e-9)
    assert grid.u.negative_sequence[0, 0] / grid.u.positive_sequence[0, 0] == pytest.approx(0.358, abs=1e-3)
    assert np.abs(levels - levels.mean()).max() / levels.mean() == pytest.approx(0.716, abs=1e-3)
    assert grid.u.zero_sequence[0, 0] == pytest.approx(0.68 / 3, abs=1e-9)


@pytest.mark.parametrize("kind", ["slg", "ll", "llg", "3ph"])
@pytest.mark.parametrize("behind", ["none", "delta-wye"])
def test_another_phase_is_the_same_fault_turned(kind, behind):
    first, second, third = (
        during({"type": kind, "phase": phase, "depth": 0.3, "behind": behind}).volts / np.array([1, A**2, A])
        for phase in ("L1", "L2", "L3")
    )
    assert np.roll(first, 1) == pytest.approx(second, abs=1e-12)
    assert np.roll(first, 2) == pytest.approx(third, abs=1e-12)


def test_jump_turns_the_faulted_phase_only():
    volts = during({"type": "slg", "depth": 0.4, "jump": -20}).volts
    assert np.degrees(np.angle(volts[0])) == pytest.approx(-20)
    assert np.abs(volts) == pytest.approx([0.4, 1, 1])


@given(
    kind=st.sampled_from(["slg", "ll", "llg", "3ph"]),
    depth=st.floats(0, 1),
    k=st.floats(0, 10),
    behind=st.sampled_from(["none", "delta-wye"]),
    jump=st.floats(-60, 60),
)
@settings(max_examples=60, deadline=None)
def test_sequences_hold_what_the_phases_hold_and_none_is_beyond_the_source(kind, depth, k, behind, jump):
    grid = during({"type": kind, "depth": depth, "behind": behind, "jump": jump}, STILL | {"zero_ratio": k})
    u = grid.u
    held = u.positive_sequence**2 + u.negative_sequence**2 + u.zero_sequence**2
    assert 3 * held[0, 0] == pytest.approx((np.abs(grid.volts) ** 2).sum(), abs=1e-9)
    assert u.negative_sequence[0, 0] <= 0.5 * abs(1 - depth * np.exp(1j * np.radians(jump))) + 1e-9
    assert kind in {"slg", "llg"} or u.zero_sequence[0, 0] == pytest.approx(0, abs=1e-12)
    assert u.supply.levels.max() <= np.sqrt(3) + 1e-9  # a sound phase rises to phase-to-phase voltage at most


def test_fault_ends_where_it_was():
    grid = Grid()
    before = grid.volts.copy()
    grid.set("fault", {"type": "3ph", "depth": 0.0})
    assert changes([(0, "sound", None), *grid.run(1)]) == [(0.1, "faulted")]
    grid.set("fault", False)
    assert grid.run(0.1)[0][1] == "sound"
    assert grid.volts == pytest.approx(before)


def test_another_fault_takes_the_place_of_the_first():
    grid = during({"type": "slg", "depth": 0.2})
    grid.set("fault", {"type": "3ph", "depth": 0.6})
    assert grid.step(0.1).levels[0, 0] == pytest.approx([0.6, 0.6, 0.6])


def test_arc_varies_about_its_depth_and_only_where_it_burns():
    grid = Grid(seeds=range(40))
    for site in range(40):
        grid.set("fault", {"type": "slg", "depth": 0.4, "arc": 0.05}, site=site)
    levels = np.array([grid.step(0.1).levels[:, :, 0] for _ in range(50)])
    assert levels[:, :, 1] == pytest.approx(1)
    assert levels[:, :, 0].mean() == pytest.approx(0.4, abs=0.01)
    assert levels[:, :, 0].std() == pytest.approx(0.05, rel=0.1)
    assert levels.min() >= 0
    assert not grid.u.quiet


RECLOSER = {"clears_after": 0.3, "dead": [0.4, 2, 15]}
FAULT = {"type": "3ph", "depth": 0.1}


def test_permanent_fault_comes_back_at_every_shot_and_locks_the_feeder_out():
    grid = Grid()
    grid.set("recloser", RECLOSER | {"permanent": True})
    grid.set("fault", FAULT)
    seen = changes([(0, "sound", None), *grid.run(60)])
    # The fault is there from the first step on: 0.1 s.
    assert seen == [
        (0.1, "faulted"),
        (0.4, "dead"),
        (0.8, "faulted"),
        (1.1, "dead"),
        (3.1, "faulted"),
        (3.4, "dead"),
        (18.4, "faulted"),
        (18.7, "feeder_locked_out"),
    ]
    assert not grid.u.supply.volts[0, 0].any()
    assert grid.u.supply.frequency[0, 0] == 0
    assert grid.u.supply.levels[0, 1] == pytest.approx(1)  # the other feed has noticed nothing
    assert grid.u.quiet
    grid.set("fault", False)
    assert changes([(0, "feeder_locked_out", None), *grid.run(1)]) == [(0.1, "sound")]


@pytest.mark.parametrize(("holds_on", "sound_at"), [(1, 0.8), (2, 3.1), (3, 18.4)])
def test_temporary_fault_is_gone_at_the_shot_that_holds(holds_on, sound_at):
    grid = Grid()
    grid.set("recloser", RECLOSER | {"holds_on": holds_on})
    grid.set("fault", FAULT)
    seen = changes([(0, "sound", None), *grid.run(60)])
    assert seen[-1] == (sound_at, "sound")
    assert [word for _, word in seen] == ["faulted", "dead"] * holds_on + ["sound"]
    assert not grid.u.faults.present.any()
    grid.set("fault", FAULT)  # the next fault begins a new count
    assert changes([(0, "sound", None), *grid.run(60)]) == seen


def test_fault_that_goes_while_the_feeder_is_open_holds_at_the_next_shot():
    grid = Grid()
    grid.set("recloser", RECLOSER | {"permanent": True})
    grid.set("fault", FAULT)
    grid.run(1.5)
    grid.set("fault", False)
    assert changes([(1.5, "dead", None), *grid.run(20)]) == [(1.6, "sound")]


def test_fault_that_was_gone_before_anything_saw_it_opens_nothing():
    grid = Grid()
    grid.set("recloser", RECLOSER)
    grid.set("fault", FAULT)
    grid.set("fault", False)
    assert {word for _, word, _ in grid.run(2)} == {"sound"}


def test_feeder_without_shots_opens_once():
    grid = Grid()
    grid.set("fault", FAULT)
    grid.run(5)
    grid.set("recloser", {"clears_after": 1, "dead": []})
    assert changes([(0, "faulted", None), *grid.run(60)]) == [(1.1, "feeder_locked_out")]
    grid.set("recloser", False)
    assert grid.run(0.1)[0][1] == "faulted"


@pytest.mark.parametrize("steps", [[1.0] * 40, [0.5, 1.5] * 20, [0.1] * 100 + [2.0, 0.5, 0.5] * 10])
def test_shots_come_when_they_are_due_whatever_the_steps(steps):
    def states(times):
        grid = Grid()
        grid.set("recloser", {"clears_after": 1, "dead": [2, 5, 10], "holds_on": 3})
        grid.set("fault", FAULT)
        found = {}
        for dt in times:
            grid.step(dt)
            found[grid.now] = WORDS[grid.u.state[0, 0]], grid.u.supply.levels[0, 0].tolist()
        return found

    # The first step says when the fault began, and so is the same of both.
    fine = states([steps[0]] + [0.1] * 500)
    coarse = states(steps)
    assert coarse == {now: fine[now] for now in coarse}


def test_voltage_is_what_is_commanded_by_phase():
    grid = Grid()
    grid.set("voltage", [0.86, 0.18, 0.9])
    assert grid.step(0.1).levels[0] == pytest.approx(np.array([[0.86, 0.18, 0.9], [1, 1, 1]]))
    grid.set("voltage", 0)
    assert changes([(0, "sound", None), *grid.run(0.5)]) == [(0.1, "dead")]
    assert (grid.u.supply.frequency[0] == [0, 60]).all()
    assert (grid.u.supply.distortion[0] > 0).tolist() == [False, True]


def test_frequency_off_nominal_turns_the_angle():
    grid = Grid()
    grid.set("frequency", 0.1)
    grid.run(2.5)
    assert grid.u.supply.frequency[0] == pytest.approx([60.1, 60])
    assert np.degrees(grid.u.supply.angle[0]) == pytest.approx([90, 0])
    grid.set("frequency", 0)
    grid.run(5)
    assert np.degrees(grid.u.supply.angle[0]) == pytest.approx([90, 0])
    grid.set("angle", -30)
    grid.step(0.1)
    assert np.degrees(grid.u.supply.angle[0]) == pytest.approx([60, 0])


def test_wandering_has_the_size_and_the_memory_that_it_is_given():
    seeds = range(300)
    grid = Grid(seeds, table={"imbalance": [0, 0, 0]})
    lag = 6  # steps of 10 s: the time after which 1/e of it is remembered
    steps = [grid.step(10) for _ in range(100)]
    for path, size in (
        (np.array([s.levels[:, 0, 0] - 1 for s in steps]), 0.003),
        (np.array([s.frequency[:, 0] - 60 for s in steps]), 0.012),
    ):
        assert path.std() == pytest.approx(size, rel=0.1)
        remembered = (path[lag:] * path[:-lag]).mean() / path.var()
        assert remembered == pytest.approx(np.exp(-1), abs=0.05)


def test_healthy_phases_differ_by_the_imbalance():
    grid = Grid(table={"wander": 0})
    assert grid.step(1).levels[0, 0] == pytest.approx([1.002, 0.996, 1.002])
    assert grid.u.negative_sequence[0, 0] == pytest.approx(0.002, abs=1e-6)


@pytest.mark.parametrize("steps", [[1.0] * 60, [10.0] * 6, [0.1] * 95 + [7.5, 10.0, 0.5, 2.5] + [5.0] * 6])
def test_wandering_is_the_same_path_whatever_the_steps(steps):
    fine, coarse = Grid(table={}), Grid(table={})
    for dt in steps:
        for _ in range(round(dt / 0.1)):
            fine.step(0.1)
        coarse.step(dt)
        assert coarse.u.supply.volts == pytest.approx(fine.u.supply.volts, abs=1e-9)
        assert coarse.u.supply.frequency == pytest.approx(fine.u.supply.frequency, abs=1e-9)


def test_feeds_of_one_grid_stay_in_step_and_those_of_two_do_not():
    names = ("north", "south", "far")
    given = {"far": {"grid": "another"}}
    u = Utilities(names, np.full(3, 50.0), Tables([given]), Chance([3], names))
    apart = np.empty((360, 2))
    for k in range(360):
        angle = u.step(START + k * 10_000_000, 10.0).angle[0]
        apart[k] = np.angle(np.exp(1j * (angle[0] - angle[1:])))
    assert np.abs(apart[:, 0]).max() < 1e-9
    assert np.abs(apart[:, 1]).max() > 1


def test_each_site_is_the_same_among_others_as_alone():
    def story(grid, site):
        grid.set("fluctuation", {"low": 0.7, "high": 0.9, "every": 0.5}, site=site)
        grid.set("fault", {"type": "slg", "depth": 0.2, "arc": 0.1}, site=site, i=1)
        grid.set("recloser", RECLOSER | {"holds_on": 2}, site=site, i=1)

    seeds = (4, 5, 6)
    together = Grid(seeds, table={})
    alone = [Grid((seed,), table={}) for seed in seeds]
    for site in (0, 2):
        story(together, site)
        story(alone[site], 0)
    for _ in range(60):
        supply = together.step(0.1)
        for site, grid in enumerate(alone):
            assert (grid.step(0.1).volts[0] == supply.volts[site]).all()
    assert (together.u.state == np.concatenate([grid.u.state for grid in alone])).all()
    assert not np.allclose(together.u.supply.volts[0], together.u.supply.volts[2])


def test_fluctuation_redraws_each_phase_in_its_bounds_and_stays_where_it_ends():
    grid = Grid()
    grid.set("fluctuation", {"low": 0.72, "high": 0.91, "every": 3})
    levels = np.array([s.levels[0, 0] for _, _, s in grid.run(60)])
    assert 0.72 <= levels.min() < 0.75
    assert 0.88 < levels.max() <= 0.91
    assert (np.diff(levels, axis=0).any(axis=1).nonzero()[0] + 1).tolist() == list(range(30, 600, 30))
    assert (np.ptp(levels, axis=1) > 0).all()
    assert grid.u.supply.levels[0, 1] == pytest.approx(1)
    grid.set("fluctuation", False)
    assert grid.run(10)[-1][2].levels[0, 0] == pytest.approx(levels[-1])
    assert grid.u.quiet


@pytest.mark.parametrize("dt", [0.1, 1.0])
def test_ramp_is_straight(dt):
    grid = Grid()
    grid.set("ramp", {"to": 0.8, "over": 20})
    assert not grid.u.quiet
    levels = [s.levels[0, 0, 0] for _, _, s in grid.run(30, dt)]
    times = dt * np.arange(len(levels))  # it begins with the first step
    assert levels == pytest.approx(np.maximum(1 - 0.2 * times / 20, 0.8))
    assert grid.u.quiet
    grid.set("ramp", {"to": 1.0, "over": 10})
    grid.run(5.0 + dt, dt)
    grid.set("ramp", False)
    assert grid.run(9, dt)[-1][2].levels[0, 0] == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("key", "value"), [("voltage", 0.95), ("fluctuation", {"low": 0.95, "high": 0.95, "every": 60})]
)
def test_ramp_ends_where_another_level_is_set(key, value):
    grid = Grid()
    grid.set("ramp", {"to": 0.5, "over": 10})
    grid.run(2)
    grid.set(key, value)
    assert [s.levels[0, 0, 0] for _, _, s in grid.run(20)] == pytest.approx([0.95] * 200)


def test_slow_ramp_is_quiet():
    grid = Grid()
    grid.set("ramp", {"to": 0.9, "over": 3600})
    grid.step(0.1)
    assert grid.u.quiet


@pytest.mark.parametrize("dt", [0.1, 0.5])
def test_oscillation_swings_and_dies_away(dt):
    grid = Grid()
    grid.set("oscillation", {"amplitude": 0.1, "hertz": 0.3, "decay": 8})
    levels = [s.levels[0, 0, 2] for _, _, s in grid.run(20, dt)]
    t = dt * np.arange(len(levels))
    assert levels == pytest.approx(1 + 0.1 * np.exp(-t / 8) * np.sin(2 * np.pi * 0.3 * t))
    assert not grid.u.quiet
    grid.run(60, dt)
    assert grid.u.quiet
    grid.set("oscillation", {"amplitude": 0.1, "hertz": 0.3})
    grid.run(90, dt)
    assert not grid.u.quiet
    grid.set("oscillation", False)
    assert grid.step(dt).levels[0, 0] == pytest.approx(1)


def test_island_drifts_collapses_and_joins_the_grid_where_that_is():
    grid = Grid()
    grid.set("island", {"drift_hz_per_s": -0.5, "voltage_per_s": -0.01, "collapses_at_hz": 57})
    run = grid.run(10)
    assert changes([(0, "sound", None), *run]) == [(0.1, "islanded"), (6.1, "dead")]
    t = 0.1 * np.arange(60)
    assert [s.frequency[0, 0] for _, _, s in run[:60]] == pytest.approx(60 - 0.5 * t)
    assert [s.lowest[0, 0] for _, _, s in run[:60]] == pytest.approx(1 - 0.01 * t)
    turned = np.unwrap([s.angle[0, 0] for _, _, s in run[:60]])
    assert turned == pytest.approx(-np.pi * 0.5 * t**2, abs=1e-9)
    assert run[-1][2].frequency[0].tolist() == [0, 60]
    grid.set("island", False)
    assert grid.run(0.1)[0][1] == "sound"
    assert grid.volts == pytest.approx([1, A**2, A])


def test_island_whose_voltage_is_gone_has_collapsed_and_rests():
    grid = Grid()
    grid.set("island", {"drift_hz_per_s": 0.1, "voltage_per_s": -0.5, "collapses_at_hz": 70})
    assert changes([(0, "sound", None), *grid.run(5)]) == [(0.1, "islanded"), (2.1, "dead")]
    assert grid.u.quiet
    assert not grid.volts.any()
    assert grid.u.islands.collapsed.tolist() == [[True, False]]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("fluctuation", {"low": 0.7, "high": 0.9, "every": 3}),
        ("oscillation", {"amplitude": 0.05, "hertz": 0.5}),
        ("ramp", {"to": 0.9, "over": 60}),
        ("island", {"drift_hz_per_s": 0.2, "collapses_at_hz": 65}),
        ("fault", {"type": "slg", "depth": 0.2, "arc": 0.1}),
    ],
)
def test_what_moves_is_not_quiet_from_before_its_first_step_until_it_is_ended(key, value):
    grid = Grid()
    assert grid.u.quiet
    grid.set(key, value)
    assert not grid.u.quiet
    grid.step(0.1)
    assert not grid.u.quiet
    grid.set(key, False)
    grid.step(0.1)
    assert grid.u.quiet


def test_breaker_that_moves_within_ten_seconds_is_not_quiet():
    grid = Grid()
    grid.set("recloser", {"clears_after": 0.2, "dead": [30]})
    grid.set("fault", FAULT | {"arc": 0.05})  # an arc burns only while it is fed
    assert not grid.u.quiet
    quiet = []
    for _ in range(400):
        grid.step(0.1)
        quiet.append(grid.u.quiet)
    # It opens at the third step, closes 30 s later; the last ten seconds before are not quiet.
    assert [k for k in range(1, 400) if quiet[k] != quiet[k - 1]] == [2, 202, 302]


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("volts", 1, "a utility has voltage, frequency.*not volts = 1"),
        ("voltage", "low", "voltage = 'low': expected a number"),
        ("voltage", True, "voltage = True: expected a number"),
        ("voltage", -0.1, "from 0 to 2"),
        ("voltage", [1, 1], "one number or three"),
        ("frequency", None, "frequency"),
        ("fluctuation", True, "expected a table with low, high, every, or false"),
        (
            "fluctuation",
            {"low": 0.9, "high": 0.7, "every": 3},
            "fluctuation.low = 0.9: expected a number from 0 to 0.7",
        ),
        ("fluctuation", {"low": 0.9, "high": 1}, "fluctuation needs every"),
        ("ramp", {"to": 0.9}, "ramp.over"),
        ("ramp", {"to": 0.9, "over": 1, "shape": "s"}, "ramp has no shape; it has to, over"),
        ("oscillation", {"amplitude": 0.1, "hertz": 20}, "oscillation.hertz = 20: expected a number from 0.01 to 5"),
        ("fault", {"type": "short", "depth": 0}, "fault.type = 'short': expected one of slg, ll, llg, 3ph"),
        ("fault", {"type": "slg"}, "fault needs depth"),
        ("fault", {"type": "slg", "depth": 0.9, "sound": 0.8}, "fault.depth = 0.9: expected a number from 0 to 0.8"),
        ("fault", {"type": "slg", "depth": 0, "phase": "A"}, "expected one of L1, L2, L3"),
        ("fault", {"type": "slg", "depth": 0, "behind": "wye"}, "expected one of none, delta-wye"),
        ("recloser", {"dead": [1, 2, 3, 4, 5, 6]}, "a list of up to 5"),
        ("recloser", {"dead": [1, 2], "holds_on": 3}, "holds_on = 3: expected a number from 1 to 2"),
        ("recloser", {"holds_on": 1.5}, "the number of a shot"),
        ("recloser", {"permanent": 1}, "true or false"),
        ("island", {"drift_hz_per_s": 0.5, "collapses_at_hz": 57}, "never comes there"),
        ("island", {"drift_hz_per_s": 0, "collapses_at_hz": 57}, "never comes there"),
    ],
)
def test_setting_that_does_not_fit_says_what_would(key, value, says):
    grid = Grid()
    with pytest.raises(ValueError, match=says):
        grid.set(key, value)
    assert grid.step(0.1).levels == pytest.approx(np.ones((1, 2, 3)))


@pytest.mark.parametrize("table", [{"imbalance": [0.1, 0.2]}, {"wander_time": 0}, {"zero_ratio": -1}])
def test_parameter_that_does_not_fit_is_refused(table):
    with pytest.raises(ValueError, match="a utility's"):
        Grid(table=table)
