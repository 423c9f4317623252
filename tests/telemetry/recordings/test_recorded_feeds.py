"""Channels as owners of recorders name them, put together to feeds."""

import re

import numpy as np
import pytest

from telemetry.recordings.oscillogram import Trace
from telemetry.recordings.recorded_feeds import device_names, find_feeds
from telemetry.site_schema import NAME_PATTERN


def feeds(*channels: str) -> list[tuple[str, dict[str, str], dict[str, str]]]:
    """(name, voltages, currents) with the channels' names; each given as `name|phase|circuit|unit`."""
    traces = []
    for channel in channels:
        name, phase, circuit, unit = (*channel.split("|"), "", "", "")[:4]
        traces.append(Trace(name, phase, circuit, unit or "V", None, np.zeros(1)))
    return [
        (
            feed.name,
            {form: traces[i].name for form, i in feed.voltages.items()},
            {form: traces[i].name for form, i in feed.currents.items()},
        )
        for feed in find_feeds(traces)
    ]


def phases(a: str, b: str, c: str) -> dict[str, str]:
    return {"L1-N": a, "L2-N": b, "L3-N": c}


@pytest.mark.parametrize(
    ("channels", "name", "voltages"),
    [
        (["VA_G1|A", "VB_G1|B", "VC_G1|C"], "G1", ("VA_G1", "VB_G1", "VC_G1")),
        (["Bus I_Ua|A", "Bus I_Ub|B", "Bus I_Uc|C"], "Bus I", ("Bus I_Ua", "Bus I_Ub", "Bus I_Uc")),
        (["HV VR", "HV VS", "HV VT"], "HV", ("HV VR", "HV VS", "HV VT")),
        (["UL1", "UL2", "UL3"], "", ("UL1", "UL2", "UL3")),
        (["Main L1-N", "Main L2-N", "Main L3-N"], "Main", ("Main L1-N", "Main L2-N", "Main L3-N")),
        (["Van|AN", "Vbn|BN", "Vcn|CN"], "", ("Van", "Vbn", "Vcn")),
        (["Feeder red|R", "Feeder yel|Y", "Feeder blu|B"], "Feeder red", ("Feeder red", "Feeder yel", "Feeder blu")),
        (["CH1|A|Line 7", "CH2|B|Line 7", "CH3|C|Line 7"], "Line 7", ("CH1", "CH2", "CH3")),
        (["U1|1", "U2|2", "U3|3"], "U1", ("U1", "U2", "U3")),
    ],
)
def test_three_phases_are_found_however_they_are_named(channels, name, voltages) -> None:
    ((found, by_phase, _),) = feeds(*channels)
    assert by_phase == phases(*voltages)
    assert found == name


def test_pairs_of_phases_are_line_to_line() -> None:
    ((_, voltages, _),) = feeds("Uab|AB", "Ubc|BC", "Uca|CA")
    assert voltages == {"L1-L2": "Uab", "L2-L3": "Ubc", "L3-L1": "Uca"}


def test_two_buses_of_one_naming_are_two_feeds() -> None:
    found = feeds(*(f"U{p}{bus}|{p}" for bus in (1, 2) for p in "ABC"))
    assert [(name, list(v.values())) for name, v, _ in found] == [
        ("1", ["UA1", "UB1", "UC1"]),
        ("2", ["UA2", "UB2", "UC2"]),
    ]


def test_names_that_are_the_same_are_told_apart_by_their_order() -> None:
    assert [list(v) for _, v, _ in feeds(*(f"U|{p}" for p in "ABCABC"))] == [["L1-N", "L2-N", "L3-N"]] * 2


def test_feeds_a_and_b_of_a_data_centre_are_no_phases() -> None:
    assert [list(v) for _, v, _ in feeds("UPS A volts", "UPS B volts", "UPS C volts")] == [[""]] * 3


def test_neutral_and_residual_channels_are_no_phase() -> None:
    assert [v for _, v, _ in feeds("VN|N", "Bus 3U0", "HV VN", "open delta|Z0", "开口三角", "UL", "Residual V")] == []


def test_currents_go_with_the_voltage_whose_circuit_or_name_they_share() -> None:
    voltages = [f"V{p}_G1|{p}|G 1|V" for p in "ABC"] + [f"Bay7_U{p}|{p}||V" for p in "abc"]
    currents = [f"I{p}_G1|{p}|G 1|A" for p in "ABC"] + [f"Bay7_I{p}|{p}||A" for p in "abc"] + ["Bay8_Ia|A||A"]
    (_, _, first), (_, _, second) = feeds(*voltages, *currents)
    assert first == {"L1": "IA_G1", "L2": "IB_G1", "L3": "IC_G1"}
    assert second == {"L1": "Bay7_Ia", "L2": "Bay7_Ib", "L3": "Bay7_Ic"}


def test_a_circuit_that_all_voltages_share_gives_no_current_to_any() -> None:
    """Some recorders write the unit where the circuit belongs."""
    found = feeds(
        *(f"{bus}_U{p}|{p}|kV" for bus in ("one", "two") for p in "abc"), *(f"x_I{p}|{p}|kV|A" for p in "abc")
    )
    assert [currents for _, _, currents in found] == [{}, {}]


def test_device_names_are_such_as_a_site_file_allows_and_each_is_given_once() -> None:
    names = device_names(["220kV母线Ⅰ", "220kV母线Ⅰ", "HV Bus", "电压2", "", "--"])
    assert names == ["220kv-i", "220kv-i-2", "hv-bus", "feed-2", "feed", "feed-3"]

    assert all(re.match(NAME_PATTERN, name) for name in names)
