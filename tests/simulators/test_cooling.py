"""Chillers that a dip stops and that start slowly, and the rooms that heat up meanwhile."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.distribution.loads import Loads
from simulators.distribution.rooms import Rooms
from simulators.parameters import Tables
from simulators.supply import BALANCED, Supply
from telemetry.block import SECOND

CHILLER = 50_000.0
HEAT = 100_000.0


class Bench:
    """A row on a feed that never fails, and a chiller on one whose level a test changes; both in one room."""

    def __init__(self, room: dict[str, object] | None = None, sites: int = 1, **chiller: object) -> None:
        given = {
            "row": {"power": HEAT},
            "chiller": {"kind": "cooling", "power": CHILLER, **chiller},
            "hall": room or {},
        }
        tables = Tables([given] * sites)
        self.cords = np.array([[0], [1]], np.intp)
        self.loads = Loads(["row", "chiller"], self.cords, tables)
        self.rooms = Rooms(["hall"], tables, [(1,)], [(0,)])
        assert not tables.left
        self.level = np.ones(sites)
        self.now, self.heated, self.removed = 0, 0.0, 0.0
        self.run(0.1)

    def run(self, seconds: float, dt: float = 0.1) -> None:
        for _ in range(round(seconds / dt)):
            self.now += round(dt * SECOND)
            levels = np.ones((len(self.level), 2, 1, 3))
            levels[:, 1] = self.level[:, np.newaxis, np.newaxis]
            feeds = Supply(levels * BALANCED, np.full(levels.shape[:3], 50.0), np.zeros(levels.shape[:3]))
            self.drawn = self.loads.draw(self.now, dt, feeds, self.cords >= 0)
            self.rooms.step(self.now, dt, self.loads.drawn, self.loads.cooling_power)
            self.heated += self.rooms.heat.sum() * dt
            self.removed += self.rooms.removed.sum() * dt

    def until(self, word: str, limit: float = 4000, dt: float = 0.1) -> float:
        begun = self.now
        while self.word != word:
            self.run(dt, dt)
            assert self.now - begun < limit * SECOND, f"never {word}"
        return (self.now - begun) / SECOND

    @property
    def word(self) -> str:
        words, codes = self.loads.watched["machine"]
        return words[codes[0, 1]]

    @property
    def temperature(self) -> float:
        return float(self.rooms.temperature[0, 0])


def test_while_all_is_well_the_room_stays_at_its_setpoint() -> None:
    bench = Bench()
    bench.run(600, dt=10)
    assert bench.temperature == pytest.approx(22.0)
    assert bench.rooms.removed[0, 0] == pytest.approx(HEAT)
    assert bench.loads.quiet
    assert bench.rooms.quiet


def test_a_chiller_removes_its_coefficient_times_what_it_draws() -> None:
    bench = Bench(cop=4.0)
    assert bench.loads.cooling_power.tolist() == [[0.0, 4.0 * CHILLER]]


def test_a_dip_of_two_cycles_passes_and_a_longer_one_stops_it_for_minutes() -> None:
    bench = Bench()
    bench.level[:] = 0.5
    bench.run(0.1)
    bench.level[:] = 1
    bench.run(1)
    assert bench.word == "cooling"
    bench.level[:] = 0.5
    bench.run(0.3)
    bench.level[:] = 1
    bench.run(0.1)
    assert bench.word == "not_cooling"
    assert bench.drawn[0, 1].sum() == 0
    assert bench.until("cooling") == pytest.approx(300, abs=0.2)


def test_a_sag_to_three_quarters_is_ridden_through() -> None:
    bench = Bench()
    bench.level[:] = 0.75
    bench.run(60)
    assert bench.word == "cooling"
    assert bench.drawn[0, 1].sum() == pytest.approx(CHILLER)


def test_too_low_to_close_it_stays_off() -> None:
    bench = Bench(restart=5.0)
    bench.level[:] = 0
    bench.run(1)
    bench.level[:] = 0.8
    bench.run(100)
    assert bench.word == "not_cooling"
    bench.level[:] = 0.9
    assert bench.until("cooling") == pytest.approx(5, abs=0.2)


def test_every_interruption_begins_the_restart_anew() -> None:
    bench = Bench(restart=1800.0)
    for _ in range(3):
        bench.level[:] = 0
        bench.run(1)
        bench.level[:] = 1
        bench.run(1)
        bench.run(1700, dt=10)
        assert bench.word == "not_cooling"
    assert bench.until("cooling", dt=1) == pytest.approx(99, abs=1.5)


def test_it_ramps_to_full_power() -> None:
    bench = Bench(restart=10.0, ramp=120.0)
    bench.level[:] = 0
    bench.run(1)
    bench.level[:] = 1
    bench.until("cooling")
    bench.run(60)
    assert bench.drawn[0, 1].sum() == pytest.approx(CHILLER / 2, rel=0.01)
    assert bench.loads.cooling_power[0, 1] == pytest.approx(1.5 * CHILLER, rel=0.01)
    assert not bench.loads.quiet
    bench.run(61)
    assert bench.drawn[0, 1].sum() == pytest.approx(CHILLER)
    assert bench.loads.quiet


def test_a_fault_of_its_own_stops_it_until_it_is_over_and_the_restart_has_run() -> None:
    bench = Bench(restart=20.0)
    bench.loads.set(0, 1, "fault", True)
    bench.run(60)
    assert bench.word == "not_cooling"
    assert not bench.loads.lost[0, 1]  # its feed is good
    bench.loads.set(0, 1, "fault", False)
    assert bench.until("cooling") == pytest.approx(20, abs=0.2)


def test_without_cooling_the_room_climbs_by_heat_over_capacity() -> None:
    bench = Bench(room={"heat_capacity": 2e6})
    bench.level[:] = 0
    bench.run(1)
    before = bench.temperature
    bench.run(60)
    assert bench.temperature - before == pytest.approx(60 * HEAT / 2e6, rel=1e-6)  # 3 °C a minute
    assert bench.rooms.removed[0, 0] == pytest.approx(0, abs=1e-3)


def test_after_the_restart_the_room_comes_back_to_its_setpoint() -> None:
    bench = Bench()
    words, _ = bench.rooms.watched["temperature"]
    bench.level[:] = 0
    bench.run(2)
    bench.level[:] = 1
    bench.run(300, dt=1)
    assert bench.temperature > 27
    assert words[bench.rooms.watched["temperature"][1][0, 0]] == "temperature_high"
    hottest = bench.temperature
    bench.run(3600, dt=1)
    assert 22.0 <= bench.temperature < 22.05 < hottest
    assert words[bench.rooms.watched["temperature"][1][0, 0]] == "temperature_normal"


def test_without_airflow_the_cooling_does_not_reach_the_room() -> None:
    bench = Bench()
    bench.rooms.set(0, 0, "airflow", 0.0)
    bench.run(120)
    assert bench.temperature == pytest.approx(22 + 120 * HEAT / 5e6)
    assert bench.word == "cooling"


def test_pumps_restart_soon_and_do_not_cool() -> None:
    bench = Bench(kind="mechanical")
    words, codes = bench.loads.watched["machine"]
    assert words[codes[0, 1]] == "running"
    bench.level[:] = 0
    bench.run(1)
    bench.level[:] = 1
    assert bench.until("running") == pytest.approx(10, abs=0.2)
    assert bench.loads.cooling_power[0, 1] == 0


def test_with_two_cords_a_machine_runs_on_the_one_that_is_good() -> None:
    tables = Tables([{"chiller": {"kind": "cooling", "power": CHILLER}}])
    loads = Loads(["chiller"], np.array([[0, 1]], np.intp), tables)
    for levels, expected in (([1, 1], [CHILLER, 0]), ([0, 1], [0, CHILLER]), ([0.9, 0.0], [CHILLER, 0])):
        volts = np.array(levels, np.float64).reshape(1, 1, 2, 1) * BALANCED
        feeds = Supply(volts, np.full((1, 1, 2), 50.0), np.zeros((1, 1, 2)))
        drawn = loads.draw(0, 0.1, feeds, np.ones((1, 2), np.bool_))
        assert drawn[0, 0].sum(axis=-1).tolist() == pytest.approx(expected)
    assert loads.running.all()


def test_a_chiller_of_two_rooms_serves_them_evenly() -> None:
    rooms = Rooms(["a", "b"], Tables([{}]), [(2,), (2,)], [(0,), (1,)])
    for _ in range(60):
        rooms.step(0, 1.0, np.array([[50e3, 150e3, 60e3]]), np.array([[0.0, 0.0, 200e3]]))
    assert rooms.temperature[0] == pytest.approx([22.0, 22.0 + 60 * 50e3 / 5e6])


def scalar_room(temperature: float, course: list[tuple[float, float]], capacity: float, control: float) -> float:
    """The slow oracle: steps of 2 ms."""
    for heat, available in course:
        for _ in range(5000):
            wanted = heat + capacity * (temperature - 22.0) / control
            temperature += 0.002 * (heat - min(max(wanted, 0.0), available)) / capacity
    return temperature


WATTS = st.floats(0, 300_000)


@settings(max_examples=40)
@given(st.floats(15, 35), st.lists(st.tuples(WATTS, WATTS), min_size=1, max_size=3))
def test_a_step_of_ten_seconds_is_exact(begun: float, course: list[tuple[float, float]]) -> None:
    results = []
    for dt in (10.0, 1.0, 0.5):
        rooms = Rooms(["hall"], Tables([{"hall": {"heat_capacity": 4e5}}]), [(1,)], [(0,)])
        rooms.temperature[:] = begun
        for heat, available in course:
            for _ in range(round(10 / dt)):
                rooms.step(0, dt, np.array([[heat, 0.0]]), np.array([[0.0, available]]))
                assert -1e-3 <= rooms.removed[0, 0] <= available + 1e-3
        results.append(rooms.temperature[0, 0])
    assert results == pytest.approx([results[0]] * 3, abs=1e-9)
    assert results[0] == pytest.approx(scalar_room(begun, course, 4e5, 60.0), abs=1e-3)


@settings(max_examples=15)
@given(st.lists(st.tuples(st.sampled_from([0.0, 0.6, 1.0]), st.integers(1, 40)), min_size=1, max_size=8))
def test_heat_is_removed_or_stays_in_the_room(course: list[tuple[float, int]]) -> None:
    bench = Bench(restart=15.0, ramp=10.0)
    stored, bench.heated, bench.removed = bench.rooms.stored.sum(), 0.0, 0.0
    for level, seconds in course:
        bench.level[:] = level
        bench.run(seconds, dt=0.5)
    assert bench.heated - bench.removed == pytest.approx(bench.rooms.stored.sum() - stored, abs=1.0)


@settings(max_examples=15)
@given(st.lists(st.tuples(st.sampled_from([0.0, 0.6, 1.0]), st.sampled_from([0.0, 1.0])), min_size=1, max_size=8))
def test_each_site_cools_as_it_would_alone(course: list[tuple[float, float]]) -> None:
    both, alone = Bench(sites=2, restart=7.0), [Bench(restart=7.0), Bench(restart=7.0)]
    for levels in course:
        both.level[:] = levels
        both.run(5, dt=0.5)
        for site, one in enumerate(alone):
            one.level[:] = levels[site]
            one.run(5, dt=0.5)
            assert both.rooms.temperature[site] == pytest.approx(one.rooms.temperature[0])
            assert both.loads.running[site] == pytest.approx(one.loads.running[0])


@settings(max_examples=15)
@given(st.integers(0, 400), st.integers(1, 8))
def test_while_a_stopped_chiller_is_quiet_it_does_not_start_within_ten_seconds(waited: int, outage: int) -> None:
    bench = Bench(restart=300.0)
    bench.level[:] = 0
    bench.run(outage, dt=1)
    bench.level[:] = 1
    bench.run(waited, dt=1)
    if bench.loads.quiet:
        before = bench.word
        bench.run(9, dt=1)
        assert bench.word == before


def test_the_energy_of_a_restart_does_not_depend_on_the_step() -> None:
    spent = []
    for dt in (0.1, 1.0):
        bench = Bench(restart=20.0, ramp=30.0)
        bench.level[:] = 0
        bench.run(5, dt)
        bench.level[:] = 1
        energy = 0.0
        for _ in range(round(80 / dt)):
            bench.run(dt, dt)
            energy += bench.drawn[0, 1].sum() * dt
        spent.append(energy)
    assert spent[1] == pytest.approx(spent[0], abs=1.1 * CHILLER)  # the start falls on a step
    assert spent[0] == pytest.approx(CHILLER * (80 - 20 - 15), rel=0.01)


@pytest.mark.parametrize(("key", "value"), [("airflow", 2), ("temperature", 30), ("setpoint", "cold")])
def test_a_setting_that_a_room_has_not_is_refused(key: str, value: object) -> None:
    with pytest.raises(ValueError, match=r"a room has setpoint .* and airflow"):
        Bench().rooms.set(0, 0, key, value)
