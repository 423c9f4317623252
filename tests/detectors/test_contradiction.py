"""Values of one device that cannot be: every relation by example, and the detector against plain loops."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from detectors.contradiction import ContradictionDetector
from detectors.event import Event
from plain_windows import InARow, extremes, windows
from streams import SITE, after_calm, run, streams
from telemetry.block import SECOND, Channel, Quality, SampleBlock
from telemetry.site import Device, Site

ONE = Site("one", (Device("ups-1", "ups"),))
WINDOW = 16

Series = float | Sequence[float]


def told(values: Mapping[str, Series], count: int = 8, site: Site = ONE, device: str = "ups-1") -> list[Event]:
    """What is found in a stream of that many windows; a short series is repeated."""
    rows = count * WINDOW
    table = np.column_stack([np.resize(np.asarray(v, np.float32), rows) for v in values.values()])
    quality = np.where(np.isnan(table), Quality.MISSING, Quality.GOOD).astype(np.uint8)
    times = WINDOW * SECOND * 1_000 + SECOND * np.arange(rows, dtype=np.int64)
    channels = tuple(Channel(device, name) for name in values)
    return run(ContradictionDetector(), [SampleBlock(channels, times, table, quality)], site)


def by_window(*values: float) -> list[float]:
    return [v for v in values for _ in range(WINDOW)]


def single(watts: Series, volts: Series = 230.0, amperes: Series = 10.2, power: str = "realpower") -> dict[str, Series]:
    return {f"output.{power}": watts, "output.voltage": volts, "output.current": amperes}


def test_watts_beyond_volts_times_amperes_are_told_after_three_windows() -> None:
    """Once, with the numbers, at the feed."""
    [event] = told(single(5200.0, amperes=10.0))
    assert (event.subject, event.point, event.active) == ("ups-1", "output", True)
    assert event.detail["reason"] == "reads 5,200 W but 230 V × 10 A cannot be more than 2,300 W"
    assert event.time == (WINDOW * 1_000 + 3 * WINDOW) * SECOND


@pytest.mark.parametrize("broken", [1, 2])
def test_a_window_or_two_out_of_step_say_nothing(broken: int) -> None:
    assert told(single(by_window(2000, 2000, *([5200] * broken), 2000, 2000, 2000))) == []


def test_it_is_over_after_three_windows_that_fit() -> None:
    begun, over = told(single(by_window(2000, 5200, 5200, 5200, 5200, 2000, 2000, 2000, 2000)), count=9)
    start = WINDOW * 1_000
    assert (begun.active, over.active) == (True, False)
    assert begun.onset == (start * SECOND, (start + WINDOW) * SECOND)
    assert over.onset == begun.onset
    assert over.ended == ((start + 5 * WINDOW) * SECOND, (start + 6 * WINDOW) * SECOND)
    assert over.time == (start + 8 * WINDOW) * SECOND


def test_a_power_that_volts_and_amperes_can_make_is_plausible() -> None:
    assert told(single([2300.0, 1800.0, 2346.0])) == []


def test_amperes_given_whole_leave_room_for_one() -> None:
    """2 A may be 2.9 A cut off: 680 W of 230 V are no contradiction; of a sensor with decimals they are."""
    assert told(single(680.0, amperes=[2.0, 2.0, 3.0][:1])) == []
    assert len(told(single(680.3, amperes=[2.02, 2.04]))) == 1


def test_power_that_flows_back_is_judged_by_its_size() -> None:
    assert told(single(-2200.0)) == []
    assert len(told(single(-5200.0))) == 1


def test_extremes_that_any_moment_could_join_are_no_contradiction() -> None:
    """Current and power swing within the window; only what no pair of values explains is told."""
    assert told(single([2000.0, 5200.0], amperes=[9.0, 24.1])) == []


def test_a_constant_zero_is_what_is_not_measured() -> None:
    assert told(single(5200.0, amperes=0.0)) == []


def test_nothing_is_said_of_a_feed_in_an_event() -> None:
    assert told(single(by_window(2000.0, *[5200.0] * 7), volts=by_window(230.0, *[200.0] * 7))) == []


def test_nothing_is_said_of_what_is_missing() -> None:
    assert told(single(5200.0, amperes=[10.2, np.nan, np.nan])) == []


def test_single_figures_of_a_feed_with_several_phases_are_of_different_ones() -> None:
    """The whole power beside one phase's volts and amperes, on a three-phase device."""
    assert told({**single(6900.0), "output.L2.current": 10.2}) == []
    assert told({**single(6900.0), "output.phases": 3.0}) == []
    assert len(told({**single(6900.0), "output.phases": 1.0, "input.L2.current": 10.2})) == 1
    assert len(told({**single(6900.0), "output.L2.current": np.nan})) == 1, "a phase that never spoke is none"


def test_each_phase_is_judged_by_its_own_figures() -> None:
    values = {"output.L1.realpower": 4000.0, "output.L1-N.voltage": 230.0, "output.L1.current": 10.2}
    [event] = told(values)
    assert event.detail["reason"] == "L1 reads 4,000 W but 230 V × 10.2 A cannot be more than 2,346 W"


def test_apparent_power_is_no_more_than_volts_times_amperes() -> None:
    [event] = told(single(5200.0, power="power"))
    assert "VA" in str(event.detail["reason"])


def test_real_power_is_no_more_than_apparent_power() -> None:
    [event] = told({"output.realpower": 5200.0, "output.power": 4010.0})
    assert event.detail["reason"] == "reads 5,200 W but 4,010 VA: W cannot be more than VA"
    assert told({"output.realpower": 4000.0, "output.power": 4010.0}) == []


def phases(total: float, *each: float) -> dict[str, Series]:
    return {"output.realpower": total, **{f"output.L{i}.realpower": w for i, w in enumerate(each, 1)}}


def test_phases_sum_to_the_whole() -> None:
    [event] = told(phases(9000.0, 2010.0, 2020.0, 1990.0))
    assert event.detail["reason"] == "reads 9,000 W but its phases sum to 6,020 W (2,010 + 2,020 + 1,990)"
    assert told(phases(6000.0, 2010.0, 2020.0, 1990.0)) == []
    assert told(phases(2000.0, 2010.0, 0.0, 0.0)) == [], "two phases without a load"
    assert told(phases(6000.0, 0.0, 0.0, 0.0)) == [], "phases that are not measured"


def lines(neutral: float, line: float) -> dict[str, Series]:
    return {"input.L1-N.voltage": neutral, "input.L2-N.voltage": neutral, "input.L1-L2.voltage": line}


@pytest.mark.parametrize("line", [230.2, 40.0, 4000.1, 690.3])
def test_a_line_voltage_that_its_phases_cannot_make_is_told(line: float) -> None:
    """One to neutral sold as line to line, a decimal place off, beyond the sum of both."""
    [event] = told(lines(230.4, line))
    assert "from L1 to L2 but 230.4 V and 230.4 V to neutral: these make about 399.1 V" in str(event.detail["reason"])


@pytest.mark.parametrize("line", [398.0, 460.2, 380.0, 0.0, 0.8])
def test_a_line_voltage_of_three_phases_of_two_or_none_is_plausible(line: float) -> None:
    """Three-phase, split-phase (twice), a little off, not measured."""
    assert told(lines(230.4, line)) == []


def test_a_feed_has_one_event_however_many_relations_are_broken() -> None:
    """It begins with the first and is over with the last."""
    watts = by_window(2000, 5200, 5200, 5200, 5200, 5200, 5200, 2000, 2000, 2000, 2000)
    apparent = by_window(2340, 2340, 2340, 2340, 5200, 5200, 5200, 5200, 5200, 5200, 2340)
    events = told({**single(watts), "output.power": apparent}, count=25)
    assert [e.active for e in events] == [True, False, True, False]
    assert events[0].onset == events[1].onset


def test_a_device_polled_every_tenth_row_is_judged_by_its_own_windows() -> None:
    site = Site("slow", (Device("ups-1", "ups", interval=10 * SECOND),))
    [event] = told(single(5200.0), count=50, site=site)
    assert event.time == 16_160 * SECOND + 2 * 160 * SECOND  # the third whole window


# The same in plain loops, of the relations that the random streams have.
def digit(low: float, high: float, coarsest: float) -> float:
    found = 0.01
    for unit in (0.1, 1.0, 10.0, 100.0, 1000.0):
        if unit <= coarsest and all(
            abs(v / unit - round(v / unit)) <= 1e-4 + 1e-6 * abs(v / unit) for v in (low, high)
        ):
            found = unit
    return found


def product(power: tuple[float, float], volts: tuple[float, float], amperes: tuple[float, float]) -> int:
    if (0, 0) in (power, amperes):
        return -1
    size = max(power[0], -power[1], 0)
    room = digit(*power, 1000) + volts[1] * max(digit(*amperes, 1), 0.5) + amperes[1] * digit(*volts, 1)
    return int(size > 1.1 * volts[1] * amperes[1] + room)


def apparent(real: tuple[float, float], power: tuple[float, float]) -> int:
    if (0, 0) in (real, power):
        return -1
    return int(max(real[0], -real[1], 0) > 1.1 * power[1] + digit(*real, 1000) + digit(*power, 1000))


def total(whole: tuple[float, float], *each: tuple[float, float]) -> int:
    if whole == (0, 0) or all(e == (0, 0) for e in each):
        return -1
    low, high = sum(e[0] for e in each), sum(e[1] for e in each)
    room = 0.05 * max(-whole[0], whole[1], -low, high) + sum(digit(*e, 1000) for e in (whole, *each))
    return int(max(whole[0] - high, low - whole[1]) > room)


RELATIONS = [
    ("ups-a", "output", "realpower", product, ("realpower", "voltage", "current")),
    ("ups-a", "output", "power", product, ("power", "voltage", "current")),
    ("ups-a", "output", "both", apparent, ("realpower", "power")),
    ("pdu-a", "input", "sum", total, ("realpower", *(f"L{p}.realpower" for p in (1, 2, 3)))),
]


def verdict(
    block: SampleBlock, rows: list[int], relation: tuple[str, str, str, Callable[..., int], Sequence[str]]
) -> int:
    device, point, _, rule, quantities = relation
    seen = [extremes(block, rows, f"{device}/{point}.{q}") for q in quantities]
    if None in seen:
        return -1
    if "voltage" in quantities and (seen[1][0] < 207 or seen[1][1] > np.float32(1.1) * np.float32(230)):
        return -1
    return rule(*seen)


def plain(block: SampleBlock) -> list[tuple[object, ...]]:
    """(time, subject, point, active, onset, ended) by loops over windows."""
    found: list[tuple[object, ...]] = []
    lasting = {key: InARow(3) for _, _, key, _, _ in RELATIONS}
    for rows, began, ended in windows(block):
        for feed in ("pdu-a/input", "ups-a/output"):
            own = [r for r in RELATIONS if f"{r[0]}/{r[1]}" == feed]
            before = [lasting[r[2]].onset for r in own if lasting[r[2]].active]
            turned = []
            for relation in own:
                one, says = lasting[relation[2]], verdict(block, rows, relation)
                if says >= 0 and one.judge(bool(says), began, ended):
                    turned.append(one)
                    one.onset = before[0] if before else one.onset
            if turned and any(lasting[r[2]].active for r in own) != bool(before):
                found.append((ended, *feed.split("/"), not before, turned[0].onset, turned[0].ended))
    return found


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(block=streams(60, longer=6))
def test_the_detector_agrees_with_a_plain_loop(block: SampleBlock) -> None:
    block = after_calm(block)
    events = run(ContradictionDetector(), [block], SITE)
    assert [(e.time, e.subject, e.point, e.active, e.onset, e.ended) for e in events] == plain(block)
