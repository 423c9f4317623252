"""Buses: the first set on the dead bus, synchronising, sharing, what happens when one drops out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator_bench import RATING, Bench


def _parallel(sets: int = 3, needs: int = 2, seeds: tuple[int, ...] = (1,), **parameters: float) -> Bench:
    return Bench(sets, seeds, shared=True, needs=needs, **parameters)


def _running(load: float, **how: int) -> Bench:
    bench = _parallel(**how)
    bench.run(20)
    bench.run(20, load=load)
    return bench


def test_a_single_set_closes_when_it_is_in_spec_and_its_bus_hands_on() -> None:
    bench = Bench()
    bench.until(lambda: bool(bench.buses.handing[0, 0]), 10)
    assert bench.breaker() == "closed"
    assert bench.sets.in_spec[0, 0]
    assert bench.buses.supply.lowest[0, 0] >= 0.9


def test_sets_close_one_after_another_each_in_step_with_the_bus_within_ten_seconds() -> None:
    bench = _parallel(seeds=tuple(range(30)))
    sets, shape = bench.sets, (30, 3)
    ready, closed, away = np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape)
    was = np.zeros(shape, bool)

    def watch() -> None:
        now = bench.now / 1e6
        ready[np.isnan(ready) & sets.in_spec] = now
        fresh = sets.closed & ~was
        for site, i in np.argwhere(fresh):
            closed[site, i] = now
            if (others := np.flatnonzero(was[site])).size:
                away[site, i] = np.degrees(
                    abs(np.angle(sets.supply.volts[site, i, 0] / sets.supply.volts[site, others[0], 0]))
                )
            else:
                assert np.count_nonzero(fresh[site]) == 1  # two would meet out of step
        was[:] = sets.closed

    bench.run(30, each=watch)
    assert sets.closed.all()
    assert (away < 10).all()
    took = np.sort(closed - ready, axis=1)
    assert (took[:, 0] < 1.2).all()
    assert (took < 12).all()
    assert np.median(took[:, 1:]) > 1


def test_no_set_joins_while_its_voltage_is_off() -> None:
    bench = _parallel(sets=2, needs=1, seeds=tuple(range(40)))
    bench.fault("unstable", 1)
    apart: list[float] = []
    was = bench.sets.closed.copy()

    def watch() -> None:
        sites = np.flatnonzero(bench.sets.closed[:, 1] & ~was[:, 1] & was[:, 0])
        apart.extend(np.abs(bench.sets.supply.lowest[sites, 1] - bench.sets.supply.lowest[sites, 0]))
        was[:] = bench.sets.closed

    bench.run(30, each=watch)
    assert len(apart) >= 3
    assert max(apart) < 0.05


def test_a_set_of_too_high_a_voltage_does_not_close() -> None:
    bench = _parallel()
    bench.fault("overvoltage", 0)
    closed: list[bool] = []
    bench.run(15, each=lambda: closed.append(bool(bench.sets.closed[0, 0])))
    assert not any(closed)
    assert bench.sets.closed[0, 1:].all()


def test_closing_with_a_slip_loses_the_shock_and_no_energy() -> None:
    bench = _parallel(seeds=tuple(range(10)))
    bench.run(15)
    assert bench.sets.closed.all()
    assert bench.imbalance < 1e-10


def test_the_bus_hands_on_only_once_enough_sets_are_connected() -> None:
    bench = _parallel(needs=2)
    counts: list[tuple[bool, float, float]] = []
    bench.run(
        20,
        each=lambda: counts.append(
            (bool(bench.buses.handing[0, 0]), bench.buses.connected[0, 0], bench.buses.supply.lowest[0, 0])
        ),
    )
    assert any(not handing and connected == 1 for handing, connected, _ in counts)
    assert all(handing == (connected >= 2) == (level > 0.8) for handing, connected, level in counts)


def test_connected_sets_have_one_frequency_voltage_and_angle_and_share_by_rating() -> None:
    bench = Bench(3, shared=True, needs=2, rating=[500_000, 500_000, 250_000])
    bench.run(20)
    bench.run(15, load=750_000)
    sets = bench.sets
    assert sets.load[0] == pytest.approx([300_000, 300_000, 150_000], rel=1e-3)
    assert np.ptp(sets.supply.frequency[0]) < 1e-9
    assert np.ptp(np.abs(sets.supply.volts[0, :, 0] - sets.supply.volts[0, 0, 0])) < 1e-9
    assert bench.buses.supply.volts[0, 0] == pytest.approx(sets.supply.volts[0, 0])


def test_a_set_that_joins_a_loaded_bus_takes_its_part_over_some_seconds() -> None:
    bench = _parallel(needs=2)
    bench.fault("no_sync", 2)
    bench.run(20)
    bench.run(10, load=600_000)
    assert bench.sets.load[0] == pytest.approx([300_000, 300_000, 0], rel=1e-3, abs=1)
    bench.fault("none", 2)
    bench.until(lambda: bool(bench.sets.closed[0, 2]), 15, load=600_000)
    bench.run(1, load=600_000)
    assert 20_000 < bench.sets.load[0, 2] < 180_000
    bench.run(15, load=600_000)
    assert bench.sets.load[0] == pytest.approx([200_000] * 3, rel=0.01)


def test_a_dead_controller_closes_nothing_so_that_good_sets_run_beside_a_dead_bus() -> None:
    bench = _parallel()
    bench.buses.set(0, 0, "sync", "dead")
    bench.run(60)
    assert bench.sets.in_spec.all()
    assert (bench.sets.load == 0).all()
    assert not bench.sets.closed.any()
    assert bench.buses.supply.highest[0, 0] == 0
    bench.buses.set(0, 0, "sync", "ok")
    bench.run(15)
    assert bench.buses.handing[0, 0]


@pytest.mark.parametrize("fault", ["no_sync", "breaker_does_not_close"])
def test_one_that_does_not_close_is_left_out_and_two_of_three_carry_the_load(fault: str) -> None:
    bench = _parallel()
    bench.fault(fault, 1)
    bench.run(20)
    bench.run(10, load=700_000)
    assert bench.sets.closed[0].tolist() == [True, False, True]
    assert bench.sets.load[0] == pytest.approx([350_000, 0, 350_000], rel=1e-3, abs=1)
    assert not bench.buses.overloaded[0, 0]


def test_when_one_trips_the_others_pick_up_its_load_with_a_dip() -> None:
    bench = _running(700_000)
    bench.all("emergency_stop", True, 0)
    frequencies: list[float] = []
    bench.run(10, load=700_000, each=lambda: frequencies.append(bench.buses.supply.frequency[0, 0]))
    assert bench.sets.load[0] == pytest.approx([0, 350_000, 350_000], rel=1e-3, abs=1)
    assert bench.breaker(0) == "tripped"
    assert 55 < min(frequencies) < 59.7
    assert bench.buses.handing[0, 0]


def test_with_fewer_than_needed_it_asks_to_shed_and_hands_on_until_none_is_left() -> None:
    bench = _running(300_000)
    assert not bench.buses.overloaded[0, 0]
    for i in (0, 1):
        bench.all("emergency_stop", True, i)
    bench.run(1, load=300_000)
    assert bench.buses.overloaded[0, 0]
    assert bench.buses.handing[0, 0]
    bench.all("emergency_stop", True, 2)
    bench.run(0.2, load=300_000)
    assert not bench.buses.handing[0, 0]
    assert not bench.buses.overloaded[0, 0]
    assert bench.buses.supply.frequency[0, 0] == 0


def test_an_overload_takes_the_sets_down_one_after_another() -> None:
    bench = _running(900_000)
    bench.all("emergency_stop", True, 0)
    bench.run(2, load=1_200_000)
    bench.run(20, load=1_200_000)
    assert [bench.trip(i) for i in range(3)] == ["emergency_stop", "underfrequency", "underfrequency"]
    assert not bench.buses.live[0, 0]


def test_a_set_whose_engine_fails_is_motored_by_the_others_until_reverse_power_trips_it() -> None:
    bench = _running(600_000)
    bench.fault("loses_power", 1)
    bench.run(3, load=600_000)
    assert -0.2 * RATING < bench.sets.load[0, 1] < -0.08 * RATING
    assert bench.sets.load[0].sum() == pytest.approx(600_000, rel=1e-6)
    bench.run(5, load=600_000)
    assert (bench.trip(1), bench.breaker(1), bench.state(1)) == ("reverse_power", "tripped", "cooldown")
    assert bench.sets.load[0] == pytest.approx([300_000, 0, 300_000], rel=0.02, abs=1)


def test_a_weak_engine_is_helped_by_the_others_at_nominal_frequency() -> None:
    bench = _running(900_000)
    bench.fault("weak_engine", 2)
    bench.run(20, load=1_050_000)
    assert bench.sets.load[0, 2] == pytest.approx(0.5 * RATING, rel=0.01)
    assert bench.sets.load[0, 0] == pytest.approx(400_000, rel=0.01)
    assert bench.buses.supply.frequency[0, 0] == pytest.approx(60, abs=0.05)


def test_one_unstable_regulator_shakes_the_bus_by_its_part() -> None:
    bench = _running(0)
    bench.fault("unstable", 0)
    levels: list[float] = []
    bench.run(10, each=lambda: levels.append(bench.buses.supply.lowest[0, 0]))
    assert max(levels) - min(levels) == pytest.approx(2 * 0.08 / 3, rel=0.05)


def test_an_open_main_keeps_its_live_bus_to_itself() -> None:
    bench = _running(0)
    bench.buses.set(0, 0, "main", "open")
    bench.run(0.1)
    assert bench.buses.live[0, 0]
    assert bench.buses.supply.highest[0, 0] == 0


@given(st.lists(st.tuples(st.floats(0, 1.2e6), st.integers(0, 2), st.booleans()), min_size=1, max_size=4))
@settings(max_examples=10, deadline=None)
def test_what_connected_sets_give_is_what_is_drawn_and_energy_is_kept(events: list[tuple[float, int, bool]]) -> None:
    bench = _parallel()
    bench.run(15)
    for load, i, stopped in events:
        bench.all("emergency_stop", stopped, i)
        if not stopped:
            bench.all("reset", True, i)
        bench.run(4, load=load)
        assert bench.imbalance < 1e-6
        # What a collapsing bus cannot give is not given; all else is.
        assert bench.given <= bench.drawn * (1 + 1e-9) + 1e-6
        if bench.buses.live[0, 0] and (bench.sets.in_spec | ~bench.sets.closed).all():
            assert bench.sets.load[0].sum() == pytest.approx(bench.buses.handing[0, 0] * load, abs=1.0)


def test_shares_go_to_connected_sets_by_rating_and_nothing_goes_nowhere() -> None:
    bench = Bench(4, rating=[1e5, 2e5, 3e5, 4e5])
    assert (bench.buses.share(np.full((1, 4), 5e4)) == 0).all()
    bench.run(12)
    assert bench.buses.share(np.full((1, 4), 5e4)) == pytest.approx(np.full((1, 4), 5e4))


def test_a_bus_is_not_quiet_while_a_set_is_being_synchronised() -> None:
    bench = _parallel()
    waited: list[bool] = []

    def watch() -> None:
        closed = bench.sets.closed[0]
        if closed.any() and not closed.all() and (bench.sets.in_spec[0] & ~closed).any():
            waited.append(bench.buses.quiet)

    bench.run(20, each=watch)
    assert len(waited) > 10
    assert not any(waited[1:])  # in the first of them, the bus has only just come alive
    assert bench.buses.quiet


def test_a_generator_on_two_buses_and_an_unknown_setting_are_refused() -> None:
    from simulators.generator.buses import GeneratorBuses
    from simulators.parameters import Tables

    bench = Bench(2)
    with pytest.raises(ValueError, match="one bus only"):
        GeneratorBuses(("a", "b"), ((0, 1), (1,)), (1, 1), bench.sets, Tables([{}]))
    with pytest.raises(ValueError, match="sync"):
        bench.buses.set(0, 0, "sync", "perhaps")
