"""Recordings of real devices, which others made: read right, or not at all.

The whole path but the network: recognition, first contact, decoding (`telemetry/pollers/snmp_walk.py`). LibreNMS's own
values lie beside the walks; what it reads is compared by OID. Where it misreads a walk itself, its word does not count.
"""

import math
import re
from functools import cache
from pathlib import Path

import pytest

from device_profiles.quantities import quantity
from device_profiles.schema import Profile
from librenms import is_misread, is_read_otherwise, sensors_of, walk
from telemetry.block import Quality
from telemetry.profile_case import read_walked
from telemetry.reading import Value


@pytest.fixture(scope="module")
def walks(data_dir: Path) -> dict[str, Path]:
    files = [*data_dir.glob("devices/librenms/*.snmprec"), *data_dir.glob("devices/snmpsim-data/*.snmprec")]
    return {file.stem: file for file in files}


@cache
def _read(file: Path) -> tuple[Profile | None, tuple[Value, ...]]:
    """The profile of a recorded device, and what its first poll gives."""
    found = read_walked(walk(file))
    return found.profile, found.values


def _good(file: Path) -> dict[str, float | str]:
    """Every believed reading: a number, or a state's name."""
    return {
        v.quantity: quantity(v.quantity).state(v.value) or v.value for v in _read(file)[1] if v.quality is Quality.GOOD
    }


def test_what_librenms_reads_is_read_and_none_of_it_otherwise(walks: dict[str, Path]) -> None:
    """At least 97 % of the sensors that it does not misread, no value or unit that differs, no walk that gives nothing."""
    expected, read, wrong, silent = 0, 0, [], []
    for name, file in walks.items():
        theirs = list(sensors_of(file))
        values = _read(file)[1]
        expected += sum(not is_misread(file, oid) for oid, _, _ in theirs)
        if theirs and not values:
            silent.append(name)
        for oid, kind, value in theirs:
            mine = [v for v in values if v.source == oid and not math.isnan(v.value)]
            read += bool(mine) and not is_misread(file, oid)
            wrong += [(name, v, value) for v in mine if is_read_otherwise(v, kind, value)]
    assert wrong == []
    assert silent == []
    assert expected > 1750
    assert read >= 0.97 * expected


def test_every_ups_and_transfer_switch_gives_its_state(walks: dict[str, Path]) -> None:
    """The one thing that must be known of them is known, as a canonical state, wherever the walk holds it."""
    wanted = {"ups": "ups.status", "transfer_switch": "input.source"}
    # Of the first its rating and two more are recorded, nothing of its output; of the second not which source is in use.
    not_recorded = {"dell-ups_rack3750w", "tripplite-poweralert"}
    without = {
        name
        for name, file in walks.items()
        if (profile := _read(file)[0]) and (state := wanted.get(profile.kind)) and state not in _good(file)
    }
    assert without - not_recorded == set()


def test_no_walk_reads_the_implausible(walks: dict[str, Path]) -> None:
    """What is called good lies where a sound or a dead supply, a battery, a room can."""
    assert len(walks) >= 100
    for name, file in walks.items():
        for q, value in _good(file).items():
            of = quantity(q)
            if isinstance(value, str):
                continue
            assert of.low <= value <= of.high, (name, q, value)
            if of.unit == "Hz":
                assert value == 0 or 45 <= value <= 65, (name, q, value)
            elif of.unit == "°C":
                assert -45 <= value <= 90, (name, q, value)
            elif "-N.voltage" in q:
                assert value <= 300, (name, q, value)
            elif re.fullmatch(r"(device\.\d+\.)?(input|output)\.(\d\.)?(L\d-L\d\.)?voltage", q):
                assert value <= 500, (name, q, value)
            elif of.unit == "%":
                assert value <= 200, (name, q, value)


def test_a_line_that_gives_volts_amperes_and_watts_agrees_with_itself(walks: dict[str, Path]) -> None:
    """No power above volts times amperes, as a scale that is ten times off would make it."""
    lines = 0
    for name, file in walks.items():
        good = _good(file)
        for q, watts in good.items():
            match = re.fullmatch(r"(.+?\.)((?:L\d\.)?)realpower", q)
            volts = match and (
                good.get(f"{match[1]}{match[2].replace('.', '-N.')}voltage") or good.get(f"{match[1]}voltage")
            )
            amperes = match and good.get(f"{match[1]}{match[2]}current")
            if isinstance(watts, float) and isinstance(volts, float) and isinstance(amperes, float):
                lines += volts * amperes > 100
                assert watts <= 1.25 * volts * amperes + 40, (name, q, watts, volts, amperes)
    assert lines > 30


def test_one_profile_wins_on_a_device_of_several_mibs(walks: dict[str, Path]) -> None:
    """Eaton's 9E answers the UPS-MIB, its own XUPS and MGE's: the vendor's profile reads it, and what the MIBs share agrees."""
    profile, values = _read(walks["eaton-93e-80"])
    assert profile is not None
    assert profile.vendor.startswith("Eaton")
    assert len({v.quantity for v in values}) == len(values)


def test_devices_are_what_they_say_that_they_are(walks: dict[str, Path]) -> None:
    """No device is read by another maker's profile, but for the standard's."""
    for name, file in walks.items():
        profile = _read(file)[0]
        assert profile is not None, name
        if profile.name == "rfc1628/ups":
            assert any(oid.startswith("1.3.6.1.2.1.33.1.4.") for oid in walk(file)), name


@pytest.mark.parametrize(
    ("name", "some"),
    [
        (
            "apc_smart1500",
            {
                "ups.status": "online",
                "input.voltage": 247.6,
                "output.frequency": 50.0,
                "output.current": 1.0,
                "ups.load": 17.6,
                "battery.runtime": 4560.0,
                "ambient.2.temperature": 21.0,
            },
        ),
        (
            "apc_ats",
            {
                "input.source": "normal",
                "ats.mode": "auto",
                "ats.start_contact": "stop",
                "input.1.status": "good",
                "input.2.status": "bad",
                "lockout.status": "normal",
                "generator.state": "stopped",
                "generator.mode": "auto",
                "input.1.L1-L2.voltage": 470.4,
                "input.2.L3-L1.voltage": 0.7,
                "output.L2-L3.voltage": 467.9,
                "generator.battery.voltage": 14.1,
            },
        ),
        ("apc_ap8959eu3", {"input.voltage": 231.0, "input.current": 1.3, "input.realpower": 270.0}),
        (
            "generex-ups_cs141",
            {"ups.status": "bypass", "input.L3-N.voltage": 235.0, "output.L2.current": 2.1, "battery.voltage": 271.6},
        ),
        (
            "eaton-mgeups_9px",
            {"ups.status": "online", "input.voltage": 237.0, "output.realpower": 310.0, "output.frequency": 50.2},
        ),
        ("huaweiups_ups2000", {"ups.status": "online", "input.frequency": 50.0, "output.frequency": 50.0}),
        ("cxc_ups", {"ups.status": "online", "input.voltage": 122.2, "output.voltage": 122.0}),
        ("gepulsar", {"dc.voltage": -54.49}),
    ],
)
def test_a_device_as_its_owner_would_read_it(walks: dict[str, Path], name: str, some: dict[str, float | str]) -> None:
    """Figures and states of a few devices, as a person reads them off the walk."""
    good = _good(walks[name])
    assert good | some == good
