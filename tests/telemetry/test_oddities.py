"""What real agents say otherwise than their MIBs would have it: each oddity once, on the device that has it.

The devices are recordings of others. Each is met too in a recording of our own (`tests/profiles/`), with invented values.
"""

from functools import cache
from pathlib import Path

import pytest

from device_profiles.walk import Walk, read_walk
from telemetry.block import Quality
from telemetry.profile_case import CaseReading, read_walked, shown
from telemetry.reading import Value

# What agents answer where they do not know, and what may say so and be meant all the same.
SENTINELS = {-1, 65535, 655350, 32767, 9999, 2**32 - 1, 2**31 - 1, -(2**31), -273}
MEANT = {("battery.current", -1), ("circuit.4.current", -1)}  # 0.1 A the other way


@cache
def _read(file: Path) -> tuple[CaseReading, Walk, dict[str, Value]]:
    walk = read_walk(file.read_text(encoding="utf-8", errors="replace"))
    found = read_walked(walk)
    return found, walk, {value.quantity: value for value in found.values}


@pytest.fixture(scope="module")
def walks(data_dir: Path) -> dict[str, Path]:
    return {file.stem: file for file in data_dir.glob("devices/*/*.snmprec")}


def test_no_sentinel_is_ever_a_value(walks: dict[str, Path]) -> None:
    """In all recordings: what stands for "I do not know" is never read as a number."""
    met: set[object] = set()
    for name, file in walks.items():
        _, raw, values = _read(file)
        for value in values.values():
            word = raw.get(value.source)
            if word in SENTINELS and (value.quantity, word) not in MEANT:
                met.add(word)
                assert value.quality is not Quality.GOOD, (name, value, word)
    assert {-1, 65535, 655350, 2**32 - 1, 2**31 - 1, 9999} <= met


@pytest.mark.parametrize(
    ("oddity", "walk", "name", "expected"),
    [
        # What is not known
        ("-1 for a probe that is not there", "apc_ap8959eu3", "ambient.1.temperature", "missing"),
        ("65535 of a register that is not there", "socomec-ups", "battery.runtime", "missing"),
        ("655350: 65535 times ten", "socomec-ups", "input.current", "missing"),
        ("4294967295 for no runtime", "huaweiups_ups2000", "battery.runtime", "missing"),
        ("2147483647 for no figure", "cxc", "battery.charge", "missing"),
        ("9999 for no sensor", "vertiv-dcs", "battery.temperature", "missing"),
        ("0 °C for no probe", "algcom-dc-ups", "ambient.temperature", "missing"),
        ("0 V of a unit that lives from it", "apc-epdu_epdu1116s", "input.L1-N.voltage", "missing"),
        ("0 for a module that is not there", "supercap", "battery.1.voltage", "missing"),
        # Scales by vendor inside one MIB
        ("tenths of volts at the input alone", "cxc_ups", "input.voltage", 122.2),
        ("volts at the output of the same agent", "cxc_ups", "output.voltage", 122.0),
        ("tenths of volts in a three-phase table", "apc-mgeups_galaxy7000", "output.L1-N.voltage", 230.3),
        ("kW where W belongs, of one digit", "huaweiups_ups2000", "output.realpower", "suspect"),
        ("0 W beside volts and amperes", "netmanplus_208", "input.L1.realpower", "suspect"),
        ("less than no power", "generex-ups_cs141", "output.L1.realpower", "suspect"),
        ("no power at all in the table", "liebert_weblbds", "output.L1.current", 42.0),
        # Instances
        ("a zero behind every index", "apc-mgeups_galaxy7000", "output.L1.current", 35.0),
        ("Null rows of an agent with one phase", "deltaups", "output.voltage", 121.0),
        ("three phases that no count announces", "generex-ups_cs121", "output.L3-N.voltage", 227.0),
        ("rows counted from 0", "ict-pdu_ict200db-12irc", "outlet.1.status", "on"),
        ("rows that begin at 10", "gepulsar", "rectifier.12.input.voltage", 246.0),
        ("rows numbered by serial", "ees", "battery.1.temperature", 21.198),
        # Types
        ("a number as decimal text", "cxc_e3", "input.voltage", 246.52),
        ("a number as text in hexadecimal octets", "ict-mps", "dc.voltage", 54.1),
        ("text with a unit", "siteboss572", "ambient.3.temperature", 30.0),
        ("volts in thousandths, as text", "atenpdu", "outlet.1.voltage", 238.44),
        ("decimal places that the device gives for each sensor", "raritan-pdu_px3", "input.current", 7.467),
        ("°F", "sentry3", "ambient.1.temperature", 20.0),
        ("mA and mV", "eatonpdu_2", "input.voltage", 118.45),
        # States: never one enumeration for two vendors
        ("3 is normal in the UPS-MIB", "generex-ups_cs121", "ups.status", "online"),
        ("2 is on line with APC", "apc_smart1500", "ups.status", "online"),
        ("9 is buck with MegaTec", "netagent2", "ups.status", "trim"),
        ("1 is the mains with Eaton's Matrix", "eaton-matrix", "ups.status", "online"),
        # DC plants
        ("-54.49 V is a plant in order", "gepulsar", "dc.voltage", -54.49),
        ("-55.2 V of a distribution panel", "ict-pdu_ict200db-12irc", "dc.voltage", -55.2),
        ("-48.1 V beside 27.4 V", "imcopower-big", "circuit.2.voltage", -48.1),
    ],
)
def test_an_oddity_reads_right_or_not_at_all(
    oddity: str, walk: str, name: str, expected: float | str, walks: dict[str, Path]
) -> None:
    """One row an oddity: on which device it is met, and what is read there."""
    value = _read(walks[walk])[2].get(name)
    assert value is not None, f"{oddity}: {name} is not read at all"
    assert shown(value) == (pytest.approx(expected) if isinstance(expected, float) else expected), oddity


@pytest.mark.parametrize(
    ("oddity", "walk", "vendor", "how"),
    [
        ("net-snmp's own sysObjectID", "huawei-smu", "Huawei", "probe"),
        ("net-snmp's own sysObjectID, another maker", "iboot_pdu8-2n15", "Dataprobe", "probe"),
        ("0.0", "himoinsa-gensets", "Himoinsa", "probe"),
        ("no system group at all", "supercap", "SuperCap", "probe"),
        ("a leading dot", "dell-rpdu", "Dell", "sysObjectID"),
        ("the maker's root and no product", "valere", "Eltek", "sysObjectID"),
        ("a subtree of another project's", "vertiv-dcs", "Vertiv", "probe"),
    ],
)
def test_a_sys_object_id_that_says_little_misleads_nobody(
    oddity: str, walk: str, vendor: str, how: str, walks: dict[str, Path]
) -> None:
    """Wrong, empty, generic: the device is recognised all the same, by what it answers."""
    found = _read(walks[walk])[0]
    assert found.profile is not None
    assert found.profile.vendor.lower().startswith(vendor.lower()), oddity
    assert found.how == how, oddity
