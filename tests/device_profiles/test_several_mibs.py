"""A device that speaks several MIBs: an Eaton UPS whose card gives the UPS-MIB, XUPS and MGE's, three times the same."""

import asyncio
from pathlib import Path

import pytest

from device_profiles import library
from device_profiles.quantities import quantity
from device_profiles.walk import Walk, read_walk
from telemetry.address import SnmpAddress, parse
from telemetry.block import Quality
from telemetry.pollers.snmp import SnmpPoller
from telemetry.pollers.snmp_client import SnmpClient
from telemetry.pollers.snmp_walk import WalkSession
from telemetry.recognise import recognise_agent

OURS = Path(__file__).parent.parent / "profiles" / "eaton-mge-ups" / "walk.snmprec"
ADDRESS = parse("snmp://recorded?community=walk")

# How far two MIBs of one card may lie apart: by the decimal places that one of them has not.
RESOLUTION = {"V": 1.0, "A": 1.0, "Hz": 0.1, "W": 1.0, "VA": 1.0, "%": 1.0, "s": 60.0, "°C": 1.0}


def _recognised(walk: Walk) -> str | None:
    assert isinstance(ADDRESS, SnmpAddress)
    return asyncio.run(recognise_agent(ADDRESS, SnmpClient(ADDRESS, WalkSession(walk), timeout=1))).profile


def _read(walk: Walk, profile: str) -> dict[str, float]:
    """What one profile reads of the walk, good values only."""
    assert isinstance(ADDRESS, SnmpAddress)
    answer = asyncio.run(SnmpPoller(ADDRESS, library.load(profile), WalkSession(walk), timeout=1).poll())
    names = [value.quantity for value in answer.values]
    assert len(names) == len(set(names))
    return {value.quantity: value.value for value in answer.values if value.quality is Quality.GOOD}


def _agree(walk: Walk) -> int:
    """How many quantities the three MIBs share in a walk, all of which agree."""
    readings = [_read(walk, name) for name in ("eaton/mge-ups", "eaton/ups", "rfc1628/ups")]
    shared = set(readings[0]) & set(readings[1]) & set(readings[2])
    for name in shared:
        values = [reading[name] for reading in readings]
        assert max(values) - min(values) <= RESOLUTION.get(quantity(name).unit, 0), name
    return len(shared)


def test_one_profile_wins_and_the_mibs_agree() -> None:
    """A card of three MIBs is one device of one profile, and gives by each of them the same, on a walk of our own making."""
    walk = read_walk(OURS.read_text(encoding="utf-8"))
    assert _recognised(walk) == "eaton/mge-ups"
    assert _agree(walk) > 50


@pytest.mark.parametrize("says", ["1.3.6.1.4.1.8072.3.2.10", "0.0", "1.3.6.1.4.1.9.1.1", "1.3.6.1.2.1.33"])
def test_its_own_profile_wins_whatever_it_says_that_it_is(says: str) -> None:
    """Its maker's profile is found by its objects too, before the UPS-MIB's, under a generic or foreign sysObjectID."""
    text = OURS.read_text(encoding="utf-8").replace(
        "1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.705.1", f"1.3.6.1.2.1.1.2.0|6|{says}"
    )
    assert says in text
    assert _recognised(read_walk(text)) in {"eaton/mge-ups", "eaton/ups"}


def test_one_profile_wins_on_a_recorded_device(data_dir: Path) -> None:
    """So does a recorded three-phase UPS of this kind."""
    walk = read_walk((data_dir / "devices/snmpsim-data/eaton-93e-80.snmprec").read_text(encoding="utf-8"))
    assert _recognised(walk) == "eaton/mge-ups"
    assert _agree(walk) > 40
    readings = _read(walk, "eaton/mge-ups")
    assert readings["input.L1.current"] == 21.0  # of one MIB in tenths of amperes, of another in amperes
    assert "battery.runtime" not in readings  # 65535 s: all that it can say
