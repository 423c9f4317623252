"""The kinetic battery model against an integration of its equations, and its energy against its voltage."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad, solve_ivp

from simulators.battery import kibam
from simulators.battery.laws import LITHIUM, VRLA
from simulators.battery.rating import RATES, rate, run_down

CELLS = [VRLA, LITHIUM]


def two_tanks(cell, capacity, current, available, bound, seconds):
    """Charges y1 and y2 by the equations as Manwell and McGowan wrote them, with no use of their solution."""
    part = cell.available
    k = cell.rate * part * (1 - part)

    def flow(_, y):
        between = k * (y[1] / (1 - part) - y[0] / part)
        return [-current + between, -between]

    solved = solve_ivp(flow, (0, seconds), [available, bound], rtol=1e-10, atol=1e-10 * capacity)
    return solved.y[:, -1]


@pytest.mark.parametrize("cell", CELLS)
@settings(max_examples=25, deadline=None)
@given(
    current=st.floats(-1.0, 2.0),
    first=st.floats(0.1, 1.0),
    second=st.floats(0.1, 1.0),
    seconds=st.floats(0.1, 2000.0),
)
def test_the_closed_form_is_what_an_integration_of_the_wells_gives(cell, current, first, second, seconds):
    capacity, part = 900.0, cell.available
    y1, y2 = two_tanks(cell, capacity, current, first * part * capacity, second * (1 - part) * capacity, seconds)
    level = part * first + (1 - part) * second
    mean, gap = kibam.advance(level, first - second, capacity, current, kibam.span(cell, seconds))
    assert mean == pytest.approx((y1 + y2) / capacity, abs=1e-7)
    assert kibam.level(cell, mean, gap) == pytest.approx(y1 / (part * capacity), abs=1e-7)


@pytest.mark.parametrize("cell", CELLS)
def test_a_discharge_at_steady_power_ends_when_an_integration_says_so(cell):
    capacity, resistance, cut_off = 900.0, 0.02, 0.835
    k = cell.rate * cell.available * (1 - cell.available)

    def voltage(y):
        level = y[0] / (cell.available * capacity)
        source = kibam.emf(cell, level) - cell.polarisation
        return 0.5 * (source + np.sqrt(source**2 - 4 * resistance))

    def flow(_, y):
        between = k * (y[1] / (1 - cell.available) - y[0] / cell.available)
        return [-1 / voltage(y) + between, -between]

    def margin(_, y):
        return min(voltage(y) - cut_off, y[0] / (cell.available * capacity) - cell.minimum)

    margin.terminal = True
    full = [cell.available * capacity, (1 - cell.available) * capacity]
    solved = solve_ivp(flow, (0, 3000), full, events=margin, rtol=1e-8, max_step=2.0)
    lasts = run_down(cell, resistance, cut_off, np.ones(1), np.full(1, capacity))
    assert lasts[0] == pytest.approx(solved.t_events[0][0], rel=1e-3)


@pytest.mark.parametrize("cell", CELLS)
def test_the_energy_of_the_wells_is_the_integral_of_their_voltage(cell):
    for level, gap in ((1.0, 0.0), (0.6, -0.3), (0.2, 0.1)):
        wells = kibam.level(cell, level, gap), level - cell.available * gap
        parts = cell.available, 1 - cell.available
        expected = sum(
            part * quad(lambda h: kibam.emf(cell, h), 0, well)[0] for part, well in zip(parts, wells, strict=True)
        )
        assert kibam.energy(cell, np.array(level), np.array(gap)) == pytest.approx(expected, rel=1e-6)


def test_what_flows_from_well_to_well_becomes_heat():
    apart = kibam.energy(VRLA, np.array(0.6), np.array(-0.4))
    even = kibam.energy(VRLA, np.array(0.6), np.array(0.0))
    assert 0 < apart - even < 0.01 * apart


@pytest.mark.parametrize("cell", CELLS)
def test_the_greatest_currents_just_empty_and_just_fill_the_available_well(cell):
    step = kibam.span(cell, 40.0)
    state = 0.5, -0.2, 900.0
    for current, end in ((kibam.most_out(cell, *state, step), 0.0), (-kibam.most_in(cell, *state, step), 1.0)):
        assert kibam.level(cell, *kibam.advance(*state, current, step)) == pytest.approx(end, abs=1e-12)


def test_a_string_is_as_large_as_its_rated_time_needs():
    for rated_time in (60.0, 480.0, 3600.0):
        rating = rate(VRLA, rated_time, 0.02, 0.835)
        assert rating.lasts[np.flatnonzero(RATES == 1.0)[0]] == pytest.approx(rated_time, rel=1e-4)
        assert (np.diff(rating.lasts) <= 0).all()


@pytest.mark.parametrize("cell", CELLS)
def test_a_level_is_found_from_its_voltage(cell):
    levels = np.linspace(0.0, 1.0, 21)
    assert kibam.level_at(cell, kibam.emf(cell, levels)) == pytest.approx(levels, abs=1e-9)
