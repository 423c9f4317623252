"""Recordings of real devices, which others made: read right, or not at all."""

import json
import math
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from device_profiles import library
from device_profiles.quantities import quantity
from device_profiles.schema import Profile
from device_profiles.walk import Walk, read_walk
from telemetry.block import Quality
from telemetry.decode import decode
from telemetry.reading import Value

# LibreNMS's classes of sensors that are quantities here, with the unit of a reading and how many of it make theirs.
CLASSES = {
    "voltage": ("V", 1),
    "current": ("A", 1),
    "frequency": ("Hz", 1),
    "charge": ("%", 1),
    "load": ("%", 1),
    "temperature": ("°C", 1),
    "runtime": ("s", 60),
    "power": ("W VA var", 1),
}
SENTINELS = {-1, 65_535, 32_767, 4_294_967_295, 2_147_483_647}
# The only vendors whose walks may be known as yet; all others are known by their UPS-MIB, or not at all.
APC = re.compile(r"apc[_-]")


@pytest.fixture(scope="module")
def walks(data_dir: Path) -> dict[str, Path]:
    files = [*data_dir.glob("devices/librenms/*.snmprec"), *data_dir.glob("devices/snmpsim-data/*.snmprec")]
    return {file.stem: file for file in files}


@cache
def _walk(file: Path) -> Walk:
    return read_walk(file.read_text(encoding="utf-8", errors="replace"))


def _recognised(walk: Walk) -> Profile | None:
    identity = walk.get("1.3.6.1.2.1.1.2.0")
    if isinstance(identity, str) and (names := library.match_sys_object_id(identity)):
        return library.load(names[0])
    probed = (p for p in library.probe_candidates("snmp") if all(oid in walk for oid in p.match.probe))
    return next(probed, None)


def _values(file: Path) -> tuple[Value, ...]:
    profile = _recognised(_walk(file))
    return decode(profile, _walk(file)) if profile else ()


def _states(file: Path) -> dict[str, str | None]:
    states = {v.quantity: quantity(v.quantity).state(v.value) for v in _values(file) if quantity(v.quantity).states}
    return {name: state for name, state in states.items() if state}


def _good(file: Path) -> dict[str, float]:
    return {v.quantity: v.value for v in _values(file) if v.quality is Quality.GOOD}


def _theirs(file: Path) -> Iterator[tuple[str, str, float]]:
    """What LibreNMS reads from a walk: OID, class and value, where the walk has a real value there."""
    walk = _walk(file)
    sensors = json.loads(file.with_suffix(".json").read_text(encoding="utf-8")).get("sensors", {})
    for sensor in sensors.get("discovery", {}).get("sensors") or []:
        oid, kind, value = sensor["sensor_oid"].lstrip("."), sensor["sensor_class"], sensor["sensor_current"]
        a_date = "replac" in str(sensor["sensor_descr"]).lower() or "recommended" in str(sensor["sensor_descr"]).lower()
        if kind in CLASSES and isinstance(walk.get(oid), int) and walk[oid] not in SENTINELS and not a_date:
            yield oid, kind, float(value)


def test_apc_reads_as_librenms_does(walks: dict[str, Path]) -> None:
    """Of what LibreNMS reads from APC's devices at least 95 % is read here too, and none of it otherwise."""
    expected, read, wrong = 0, 0, []
    for name, file in walks.items():
        if not name.startswith("apc_"):
            continue
        ours = {value.source: value for value in _values(file)}
        for oid, kind, value in _theirs(file):
            if (name, kind) == ("apc_powerchute", "load"):  # which LibreNMS divides by ten
                continue
            expected += 1
            mine = ours.get(oid)
            if mine is None or math.isnan(mine.value):
                continue
            read += 1
            units, factor = CLASSES[kind]
            same = math.isclose(mine.value, value * factor, rel_tol=0.01, abs_tol=0.051 * factor)
            if not same or quantity(mine.quantity).unit not in units.split():
                wrong.append((name, mine, value))
    assert wrong == []
    assert expected > 90
    assert read >= 0.95 * expected


def test_no_walk_raises_or_reads_the_implausible(walks: dict[str, Path]) -> None:
    """All recordings decode; what is called good lies where a mains supply can."""
    assert len(walks) >= 100
    for name, file in walks.items():
        for value in _values(file):
            if value.quality is not Quality.GOOD:
                continue
            of = quantity(value.quantity)
            assert of.low <= value.value <= of.high, (name, value)
            if of.unit == "Hz":
                assert 45 <= value.value <= 65, (name, value)
            if value.quantity.endswith("-N.voltage"):
                assert value.value <= 300, (name, value)


def test_only_known_devices_are_recognised(walks: dict[str, Path]) -> None:
    """A device that is neither APC's nor answers the UPS-MIB is not taken for one that is."""
    known = {name: profile.name for name, file in walks.items() if (profile := _recognised(_walk(file)))}
    for name, profile in known.items():
        if profile.startswith("apc/"):
            assert APC.match(name), name
        else:
            assert any(oid.startswith("1.3.6.1.2.1.33.1.4.") for oid in _walk(walks[name])), name
    for name in ("liebert", "raritan-pdu_px3", "himoinsa-gensets", "supercap", "cyberpower", "emerson-network-power"):
        assert name not in known


def test_smart_ups(walks: dict[str, Path]) -> None:
    """APC's Smart-UPS 1500: on line, high precision read in tenths, the sensors of its card."""
    file = walks["apc_smart1500"]
    assert _states(file) == {"ups.status": "online"}
    assert _good(file) | {
        "input.voltage": 247.6,
        "output.frequency": 50.0,
        "output.current": 1.0,
        "ups.load": 17.6,
        "battery.runtime": 4560.0,
        "ambient.2.temperature": 21.0,
    } == _good(file)


def test_transfer_switch(walks: dict[str, Path]) -> None:
    """APC's switch, rack and facility in one agent: position, mode, both sides, generator at rest."""
    file = walks["apc_ats"]
    assert _states(file) == {
        "input.source": "normal",
        "ats.mode": "auto",
        "ats.start_contact": "stop",
        "input.1.status": "good",
        "input.2.status": "good",
        "lockout.status": "normal",
        "generator.state": "stopped",
        "generator.mode": "auto",
    }
    assert _good(file) | {
        "input.1.L1-L2.voltage": 470.4,
        "input.2.L3-L1.voltage": 0.7,
        "output.L2-L3.voltage": 467.9,
        "generator.battery.voltage": 14.1,
    } == _good(file)


def test_rack_pdu(walks: dict[str, Path]) -> None:
    """APC's rack PDU: a single phase, power in watts, outlets with their states."""
    good = _good(walks["apc_ap8959eu3"])
    assert good | {"input.voltage": 231.0, "input.current": 1.3, "input.realpower": 270.0} == good
    assert sum(name.startswith("outlet.") and name.endswith(".status") for name in good) == 24


@pytest.mark.parametrize(
    ("name", "status", "some"),
    [
        (
            "generex-ups_cs141",
            "bypass",
            {
                "input.L3-N.voltage": 235.0,
                "output.L2.current": 2.1,
                "battery.voltage": 271.6,
                "battery.runtime": 32_640.0,
            },
        ),
        (
            "eaton-mgeups_9px",
            "online",
            {
                "input.voltage": 237.0,
                "output.realpower": 310.0,
                "output.frequency": 50.2,
                "input.bypass.voltage": 238.0,
            },
        ),
    ],
)
def test_ups_of_any_vendor(walks: dict[str, Path], name: str, status: str, some: dict[str, float]) -> None:
    """A UPS whose vendor has no profile is read through the standard's."""
    profile = _recognised(_walk(walks[name]))
    assert profile is not None
    assert profile.name == "rfc1628/ups"
    assert _states(walks[name])["ups.status"] == status
    good = _good(walks[name])
    assert good | some == good
