"""Devices at one node that do not agree: by example, and the detector against plain loops."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from detectors.disagreement import DisagreementDetector
from detectors.event import Event
from device_profiles.quantities import PHASE_TO_NEUTRAL, PHASE_TO_PHASE, quantity
from plain_windows import InARow, extremes, windows
from streams import SITE, after_calm, run, streams
from telemetry.block import SECOND, Channel, Quality, SampleBlock
from telemetry.site import Device, Site
from telemetry.site_file import parse_site

WINDOW = 16
START = 16_000

# Utility, its meter, a switch, and below it a UPS with two PDUs and a meter at the switch's output.
CAMPUS = """
[site]
name = "campus"

[[device]]
name = "utility-1"
kind = "utility"

[[device]]
name = "gen-1"
kind = "generator"

[[device]]
name = "ats-a"
kind = "transfer_switch"
normal = "utility-1"
emergency = "gen-1"

[[device]]
name = "meter-7"
kind = "meter"
measures = "ats-a"
measures_point = "output"

[[device]]
name = "ups-a"
kind = "ups"
fed_by = "ats-a"

[[device]]
name = "pdu-a1"
kind = "pdu"
fed_by = "ups-a"
nominal_voltage = 120

[[device]]
name = "pdu-a2"
kind = "pdu"
fed_by = "ups-a"
nominal_voltage = 120
"""

Series = float | Sequence[float]


def told(values: Mapping[str, Series], count: int = 6, site: str | Site = CAMPUS) -> list[Event]:
    """What is found in a stream of that many windows; a series goes on with its last value."""
    rows = count * WINDOW
    series = [np.atleast_1d(np.asarray(v, np.float32)) for v in values.values()]
    table = np.column_stack([np.pad(s, (0, rows), mode="edge")[:rows] for s in series])
    quality = np.where(np.isnan(table), Quality.MISSING, Quality.GOOD).astype(np.uint8)
    times = START * SECOND + SECOND * np.arange(rows, dtype=np.int64)
    block = SampleBlock(tuple(Channel(*name.split("/")) for name in values), times, table, quality)
    return run(DisagreementDetector(), [block], site if isinstance(site, Site) else parse_site(site, "campus.toml"))


def then(first: float, second: float, at: int = 2) -> list[float]:
    """One value for so many windows, another from then on."""
    return [first] * (at * WINDOW) + [second]


def named(events: list[Event]) -> list[tuple[str, str | None, bool]]:
    return [(e.subject, e.point, e.active) for e in events]


NORMAL, EMERGENCY = (float(quantity("input.source").code(s)) for s in ("normal", "emergency"))


def test_a_ups_that_sees_no_input_while_meter_and_switch_see_a_good_one_is_told() -> None:
    [event] = told(
        {"ats-a/output.voltage": 231.2, "meter-7/input.voltage": 230.4, "ups-a/input.voltage": then(230.0, 0.0)}
    )
    assert named([event]) == [("ups-a", "input", True)]
    assert event.detail["reason"] == "reads 0 V, but ats-a output 231.2 V and meter-7 input 230.4 V"
    assert event.onset == ((START + WINDOW) * SECOND, (START + 2 * WINDOW) * SECOND)
    assert event.time == (START + 4 * WINDOW) * SECOND
    assert event.magnitude == pytest.approx(231.2 / 230)


def test_one_that_never_saw_an_input_is_told_as_well() -> None:
    events = told({"ats-a/output.voltage": 231.0, "ups-a/input.voltage": 0.0})
    assert named(events) == [("ups-a", "input", True)]


def test_a_ups_is_compared_through_the_switch_while_that_stands_on_a_side() -> None:
    """The switch gives no output voltage, but where it stands: on that side, its source is what the UPS has."""
    values = {"utility-1/input.voltage": 230.0, "ats-a/input.1.voltage": 230.0, "ats-a/input.2.voltage": 0.0}
    on_normal = told(values | {"ats-a/input.source": NORMAL, "ups-a/input.voltage": then(230.0, 0.0)})
    assert named(on_normal) == [("ups-a", "input", True)]
    other = {"utility-1/input.voltage": 0.0, "ats-a/input.1.voltage": 0.0, "ats-a/input.2.voltage": 230.0}
    on_emergency = values | other | {"ats-a/input.source": EMERGENCY}
    assert told(on_emergency | {"ups-a/input.voltage": 230.0}) == []
    assert named(told(on_emergency | {"ups-a/input.voltage": then(230.0, 0.0)})) == [("ups-a", "input", True)]
    assert told(values | {"ats-a/input.source": np.nan, "ups-a/input.voltage": then(230.0, 0.0)}) == []
    moving = told(values | {"ats-a/input.source": [NORMAL] * 8 + [0.0] * 8, "ups-a/input.voltage": 230.0})
    assert moving == []


def test_of_two_the_one_furthest_from_the_source_is_named() -> None:
    """Which of them is wrong is not known, and said so."""
    [event] = told({"ats-a/output.voltage": then(230.0, 0.0), "ups-a/input.voltage": 230.0})
    assert (event.subject, event.detail["others"]) == ("ups-a", ("ats-a output",))
    assert "which of them is wrong is not known" in str(event.detail["reason"])


def test_of_three_the_minority_is_named_though_it_is_nearest_to_the_source() -> None:
    [event] = told(
        {"ats-a/output.voltage": then(230.0, 0.0), "meter-7/input.voltage": 230.0, "ups-a/input.voltage": 229.0}
    )
    assert (event.subject, event.point) == ("ats-a", "output")
    assert "not known" not in str(event.detail["reason"])


def test_it_is_over_after_two_windows_that_agree() -> None:
    begun, over = told(
        {"ats-a/output.voltage": 230.0, "ups-a/input.voltage": [*then(230.0, 0.0), *[0.0] * (3 * WINDOW - 1), 230.0]}, 9
    )
    assert (begun.active, over.active) == (True, False)
    assert over.onset == begun.onset
    assert over.ended == ((START + 5 * WINDOW) * SECOND, (START + 6 * WINDOW) * SECOND)
    assert over.time == (START + 7 * WINDOW) * SECOND


@pytest.mark.parametrize("late", [1, 5, 16])
def test_an_outage_that_each_sees_in_its_own_poll_is_no_disagreement(late: int) -> None:
    """One device is a window behind the other, both ways."""
    soon, later = [230.0] * 40 + [0.0] * 100 + [230.0], [230.0] * (40 + late) + [0.0] * 100 + [230.0]
    for ats, ups in ((soon, later), (later, soon)):
        assert told({"ats-a/output.voltage": ats, "ups-a/input.voltage": ups}, 14) == []


def test_nothing_is_said_while_nobody_sees_a_sound_supply() -> None:
    """In a disturbance a breaker between two opens: that is the disturbance, not the sensors."""
    assert told({"ats-a/output.voltage": then(230.0, 190.0), "ups-a/input.voltage": then(230.0, 0.0)}) == []


def test_voltages_are_compared_in_parts_of_what_each_should_read() -> None:
    """A transformer in the PDU: 119 V of 120 V agree with 230 V of 230 V, 60 V do not."""
    values = {"ups-a/output.voltage": 230.0, "pdu-a1/input.voltage": 119.0}
    assert told(values | {"pdu-a2/input.voltage": 119.6}) == []
    assert named(told(values | {"pdu-a2/input.voltage": then(119.6, 60.0)})) == [("pdu-a2", "input", True)]


def test_a_nominal_that_does_not_fit_is_no_disagreement() -> None:
    """The device has never been near what the site file says of it: the file is wrong, not the sensor."""
    assert told({"ups-a/output.voltage": 230.0, "pdu-a1/input.voltage": 208.0}, 12) == []


@pytest.mark.parametrize("reads", [208.1, 252.0])
def test_a_tenth_of_nominal_is_not_yet_a_difference(reads: float) -> None:
    assert told({"ats-a/output.voltage": 230.0, "ups-a/input.voltage": then(230.0, reads)}) == []


def of_three(device: str, forms: Sequence[str], *volts: Series) -> dict[str, Series]:
    return {f"{device}.{form}.voltage": v for form, v in zip(forms, volts, strict=True)}


def test_a_lost_phase_is_no_disagreement_of_those_who_measure_it_otherwise() -> None:
    """To neutral it is 0 V, from line to line 58 %; one with a single figure may stand on a sound phase."""
    values = {
        **of_three("utility-1/input", PHASE_TO_NEUTRAL, then(230, 0), 230.0, 230.0),
        **of_three("ats-a/input.1", PHASE_TO_PHASE, then(398, 230), 398.0, then(398, 230)),
    }
    assert told(values) == []
    assert (
        told({**of_three("ats-a/output", PHASE_TO_NEUTRAL, then(230, 0), 230.0, 230.0), "ups-a/input.voltage": 230.0})
        == []
    )


def test_a_phase_that_only_one_of_them_lost_is_told_where_both_give_all_three() -> None:
    events = told(
        {
            **of_three("ats-a/output", PHASE_TO_NEUTRAL, 230.0, 231.0, 232.0),
            **of_three("meter-7/input", PHASE_TO_NEUTRAL, 230.0, 231.0, 232.0),
            **of_three("ups-a/input", PHASE_TO_NEUTRAL, 230.0, then(231, 0), 232.0),
        }
    )
    assert named(events) == [("ups-a", "input", True)]


def test_line_to_line_is_compared_with_phase_to_neutral() -> None:
    values = of_three("utility-1/input", PHASE_TO_NEUTRAL, 230.0, 230.0, 230.0)
    dead = of_three("ats-a/input.1", PHASE_TO_PHASE, then(398, 0), then(398, 0), then(398, 0))
    [event] = told(values | dead)
    assert event.detail["reason"].startswith("reads 0 V line to line, but utility-1 input 230 V;")


def test_frequencies_half_a_hertz_apart_are_told() -> None:
    values = {"ats-a/output.frequency": 50.0, "meter-7/input.frequency": 50.02}
    assert told(values | {"ups-a/input.frequency": then(50.0, 50.5)}) == []
    [event] = told(values | {"ups-a/input.frequency": then(50.0, 51.0)})
    assert event.detail["reason"] == "reads 51 Hz, but ats-a output 50 Hz and meter-7 input 50.02 Hz"


def test_the_frequency_of_a_dead_bus_says_nothing() -> None:
    """Its voltage does; and it is told in volts."""
    [event] = told(
        {
            "ats-a/output.voltage": 230.0,
            "ats-a/output.frequency": 50.0,
            "ups-a/input.voltage": then(230.0, 0.0),
            "ups-a/input.frequency": then(50.0, 0.0),
        }
    )
    assert "Hz" not in str(event.detail["reason"])


def test_a_generator_is_compared_only_while_its_breaker_is_closed() -> None:
    closed, opened = (float(quantity("generator.breaker").code(s)) for s in ("closed", "open"))
    values = {"gen-1/output.voltage": 230.0, "ats-a/input.2.voltage": then(230.0, 0.0)}
    assert told(values) == []
    assert told(values | {"gen-1/generator.breaker": opened}) == []
    assert len(told(values | {"gen-1/generator.breaker": closed})) == 1


@pytest.mark.parametrize(
    ("state", "values"),
    [
        ("test", {"ats-a/output.voltage": 230.0, "ups-a/input.voltage": then(230.0, 0.0)}),
        ("off", {"ups-a/output.voltage": then(230.0, 0.0), "pdu-a1/input.voltage": 120.0}),
    ],
)
def test_a_ups_in_test_or_off_explains_a_difference(state: str, values: dict[str, Series]) -> None:
    """In a test some measure no input; off, it may be bypassed by hand."""
    online = len(told(values | {"ups-a/ups.status": 0.0}))
    assert (online, told(values | {"ups-a/ups.status": float(quantity("ups.status").code(state))})) == (1, [])


def test_a_silent_device_says_nothing() -> None:
    values = {"ats-a/output.voltage": 230.0, "ups-a/input.voltage": then(230.0, 0.0)}
    assert told(values | {"ats-a/output.voltage": then(230.0, np.nan)}) == []


def test_devices_polled_at_other_intervals_are_compared_by_the_slowest() -> None:
    site = Site(
        "slow",
        (
            Device("utility-1", "utility", interval=2 * SECOND),
            Device("ats-a", "transfer_switch", normal="utility-1", interval=3 * SECOND),
            Device("meter-1", "meter", measures="utility-1", interval=5 * SECOND),
        ),
    )
    values = {
        "utility-1/input.voltage": then(230, 0, 10),
        "ats-a/input.1.voltage": 230.0,
        "meter-1/input.voltage": 230.0,
    }
    [event] = told(values, 40, site)
    assert event.subject == "utility-1"
    assert event.time == START * SECOND + 4 * 80 * SECOND, "two windows of 80 s after the one that it falls into"
    outage = {name: [230.0] * (200 + late) + [0.0] for late, name in enumerate(values)}
    assert told(outage, 40, site) == []


def test_a_site_without_connections_has_nobody_to_compare() -> None:
    site = Site("assumed", (Device("a", "meter"), Device("b", "meter"), Device("c", "ups")))
    assert told({"a/input.voltage": 230.0, "b/input.voltage": 0.0, "c/input.voltage": 120.0}, site=site) == []


def test_what_was_known_of_a_device_before_others_came_is_still_known() -> None:
    """The UPS was near its nominal once, long before the first PDU was heard: what it reads now is meant so."""
    rows = 10 * WINDOW
    ups, pdu = (np.array(s, np.float32) for s in ([*then(230.0, 160.0)[:-1]] + [160.0] * 8 * WINDOW, [120.0] * rows))
    times = START * SECOND + SECOND * np.arange(rows, dtype=np.int64)
    alone = SampleBlock((Channel("ups-a", "output.voltage"),), times, ups[:, None], np.zeros((rows, 1), np.uint8))
    both = SampleBlock(
        (*alone.channels, Channel("pdu-a1", "input.voltage")),
        times,
        np.column_stack((ups, pdu)),
        np.zeros((rows, 2), np.uint8),
    )
    cut = 4 * WINDOW
    events = run(DisagreementDetector(), [alone.rows(0, cut), both.rows(cut, rows)], parse_site(CAMPUS, "campus.toml"))
    assert named(events) == [("pdu-a1", "input", True)]


def test_of_many_that_contradict_it_three_are_named_and_the_rest_counted() -> None:
    pdus = [Device(f"pdu-{i:02}", "pdu", fed_by="ups-a") for i in range(9)]
    site = Site("many", (Device("ups-a", "ups"), *pdus))
    values: dict[str, Series] = {f"{d.name}/input.voltage": 230.0 for d in pdus}
    [event] = told({"ups-a/output.voltage": then(230.0, 0.0), **values}, site=site)
    assert str(event.detail["reason"]).endswith("pdu-02 input 230 V and 6 more likewise")
    assert len(event.detail["others"]) == 9


# The same in plain loops, of the nodes of the random streams.
NODES = {
    "utility-1": [("utility-1/input", 3, None), ("ats-a/input.1", -3, None)],
    "ats-a": [
        ("ats-a/output", 1, None),
        ("ups-a/input", 1, ("ups-a/ups.status", 4, False)),
        ("utility-1/input*", 3, ("ats-a/input.source", 1, True)),
        ("ats-a/input.1*", -3, ("ats-a/input.source", 1, True)),
        ("ats-a/input.2*", 1, ("ats-a/input.source", 2, True)),
    ],
    "ups-a": [("ups-a/output", 1, ("ups-a/ups.status", 3, False)), ("pdu-a/input", 1, None)],
}
FURTHEST = ["utility-1/input", "ats-a/input.1", "ats-a/output", "ups-a/input", "ups-a/output", "pdu-a/input"]
FREQUENCIES = {"utility-1/input", "ats-a/output", "ups-a/input"}


def heard(block: SampleBlock, rows: list[int], seat: tuple[str, int, tuple[str, int, bool] | None]) -> dict[str, Any]:
    """What one seat says in one window."""
    name, phases, condition = seat[0].rstrip("*"), seat[1], seat[2]
    if condition:
        state = extremes(block, rows, condition[0])
        so = state == (condition[1], condition[1])
        touches = state is not None and state[0] <= condition[1] <= state[1]
        if (condition[2] and not so) or (not condition[2] and touches):
            return {}
    forms = {3: [f"{p}." for p in PHASE_TO_NEUTRAL], -3: [f"{p}." for p in PHASE_TO_PHASE], 1: [""]}[phases]
    part = 230 * (3**0.5 if phases < 0 else 1)
    volts = [v for f in forms if (v := extremes(block, rows, f"{name}.{f}voltage"))]
    said: dict[str, Any] = {}
    if volts:
        whole = len(volts) == 3
        said["form"] = phases if whole else 0
        said["low"] = min(v[0] for v in volts) / part
        said["top"] = max(v[1] for v in volts) / part
        said["high"] = min(v[1] for v in volts) / part if whole else said["top"]
    hertz = extremes(block, rows, f"{name}.frequency") if name in FREQUENCIES else None
    if hertz and said.get("low", 1) >= 0.5 and hertz[0] >= 25:
        said["hertz"] = hertz
    return said


def contradict(a: dict[str, Any], b: dict[str, Any]) -> bool:
    if "low" in a and "low" in b:
        end = "high" if a["form"] == b["form"] != 0 else "top"
        if max(a["low"] - b[end], b["low"] - a[end]) > 0.10001:
            return True
    if "hertz" in a and "hertz" in b:
        return max(a["hertz"][0] - b["hertz"][1], b["hertz"][0] - a["hertz"][1]) > 0.501
    return False


def odd_ones(says: dict[str, dict[str, Any]]) -> set[str]:
    against = {a: sum(contradict(says[a], says[b]) for b in says if a != b) for a in says}
    wrong = {a for a, n in against.items() if n * 2 > len(says) - 1}
    if not 0 < len(wrong) * 2 < len(says):
        wrong = (
            {max(own, key=FURTHEST.index)} if (own := [a for a, n in against.items() if n and a in FURTHEST]) else set()
        )
    return wrong


def plain(block: SampleBlock) -> list[tuple[object, ...]]:
    """(time, subject, point, active, onset, ended) by loops over windows and nodes."""
    found: list[tuple[object, ...]] = []
    lasting = {name: InARow(2) for name in FURTHEST}
    for rows, began, ended in windows(block):
        for seats in NODES.values():
            says = {seat[0]: said for seat in seats if (said := heard(block, rows, seat))}
            sound = any(s["low"] >= 0.9 and s["top"] <= 1.1 if "low" in s else True for s in says.values())
            if len(says) < 2 or not sound:
                continue
            wrong = odd_ones(says)
            for name in says:
                if name in lasting and lasting[name].judge(name in wrong, began, ended):
                    one = lasting[name]
                    found.append((ended, *re.split("/", name), one.active, one.onset, one.ended))
    return sorted(found, key=lambda f: (f[0], f[1], f[2]))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(block=streams(60, longer=6))
def test_the_detector_agrees_with_a_plain_loop(block: SampleBlock) -> None:
    block = after_calm(block)
    events = run(DisagreementDetector(), [block], SITE)
    assert [(e.time, e.subject, e.point, e.active, e.onset, e.ended) for e in events] == plain(block)
