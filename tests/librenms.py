"""What LibreNMS reads of the walks that it recorded, beside which its own values lie: what is compared with it."""

import json
import math
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from device_profiles.quantities import quantity
from device_profiles.walk import Walk, read_walk
from telemetry.reading import Value

# LibreNMS's classes of sensors that are quantities here, with the units of a reading and how many of it make theirs.
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
SENTINELS = {-1, 65535, 655350, 32767, 9999, 2**32 - 1, 2**31 - 1, -(2**31), -100, -273, 2**32 - 11}
MISREAD = {
    ("huaweiups_ups2000", "frequency"),  # 5.0 Hz
    ("huaweiups_ups2000", "runtime"),
    ("liebert", ""),  # recorded undivided
    ("vertiv-dcs", "load"),  # 999.9 %
    ("apc_powerchute", "load"),
    ("ipoman", ""),
    ("himoinsa-gensets", "current"),  # one object too early: the first is a voltage, and read as one too
    ("supercap", "charge"),
    ("supercap", "current"),
    *((name, "load") for name in ("enexus", "enexus_smartpacks", "enexus_smartpacks2", "enexus_eltek-smartpack2-syst")),
}
# Single objects that LibreNMS misreads, by walk and the beginning of their OIDs (docs/decisions/0010): what it makes of
# them would be wrong to read.
MISREAD_OBJECTS = {
    "apc-mgeups_galaxy7000": ("1.3.6.1.4.1.705.1.7.2.1.4.",),  # % of a phase's capacity, as kVA
    "conteg-pdu": ("1.3.6.1.4.1.28402.12.1.1.2.6.1.1.10.", "1.3.6.1.4.1.28402.12.1.1.2.7.2.1.11."),  # W, divided by 100
    "cxc_e3": ("1.3.6.1.4.1.7309.5.3.1.31.",),  # hours, as sixteenths of minutes
    "eltek-webpower": ("1.3.6.1.4.1.12148.9.3.20.",),  # Ah, as A
    "enexus": ("1.3.6.1.4.1.12148.10.5.2.5.",),  # tenths of A, by the device's own setting
    "enexus_eltek-smartpack2-syst": ("1.3.6.1.4.1.12148.10.9.2.5.",),  # A, by the device's own setting
    "enexus_smartpacks": ("1.3.6.1.4.1.12148.10.5.2.5.",),
    "enexus_smartpacks2": ("1.3.6.1.4.1.12148.10.5.2.5.",),
    "generex-ups_cs141": ("1.3.6.1.2.1.33.1.4.4.1.4.",),  # less than no power
    "huawei-smu": ("1.3.6.1.4.1.2011.6.164.1.3.1.3.", "1.3.6.1.4.1.2011.6.164.1.6."),  # tenths of A, as A
    "huawei-smu_11b": ("1.3.6.1.4.1.2011.6.164.1.3.1.3.", "1.3.6.1.4.1.2011.6.164.1.6."),
    "huaweiups_ups2000": ("1.3.6.1.2.1.33.1.4.4.1.4.",),  # kW, as W
    "netagent2": ("1.3.6.1.4.1.935.1.1.1.2.2.7.",),  # %, as A
    "netmanplus_208": ("1.3.6.1.2.1.33.1.3.3.1.5.",),  # 0 W beside 10.6 A at 233 V
    "ts-bspdu": ("1.3.6.1.4.1.42610.1.4.4.1.6.1.2.1.15.", "1.3.6.1.4.1.42610.1.4.4.1.6.1.2.1.9."),  # V as W, A as V
    "vertiv-dcs": ("1.3.6.1.4.1.13400.3.2.225.1.1.8.",),  # hundredths of kW, as tenths of W
}
A_DATE = re.compile(r"replac|recommended|last battery", re.IGNORECASE)


@cache
def walk(file: Path) -> Walk:
    """A recorded device's words."""
    return read_walk(file.read_text(encoding="utf-8", errors="replace"))


def sensors_of(file: Path) -> Iterator[tuple[str, str, float]]:
    """What LibreNMS reads of a walk: OID, class and value, where the walk has a real value there."""
    words, name = walk(file), file.stem
    beside = file.with_suffix(".json")
    data = json.loads(beside.read_text(encoding="utf-8")).get("sensors", {}) if beside.exists() else {}
    for sensor in data.get("discovery", {}).get("sensors") or []:
        oid, kind, value = sensor["sensor_oid"].lstrip("."), sensor["sensor_class"], sensor["sensor_current"]
        if kind not in CLASSES or oid not in words or value is None or A_DATE.search(str(sensor["sensor_descr"])):
            continue
        word = words[oid]
        text = word.decode("utf-8", errors="replace") if isinstance(word, bytes) else str(word)
        raw = re.match(r"\s*-?\d+(\.\d+)?", text)
        if raw and not {float(raw[0]), float(value)} & SENTINELS and not {(name, kind), (name, "")} & MISREAD:
            yield oid, kind, float(value)


def is_read_otherwise(value: Value, kind: str, theirs: float) -> bool:
    """Whether a reading of the same object differs from theirs by more than 1 % and half of the last digit, or in its unit."""
    units, factor = CLASSES[kind]
    same = math.isclose(value.value, theirs * factor, rel_tol=0.01, abs_tol=0.051 * factor)
    return not same or quantity(value.quantity).unit not in units.split()


def is_misread(file: Path, oid: str) -> bool:
    """Whether LibreNMS takes that object of a walk for what it is not."""
    return oid.startswith(MISREAD_OBJECTS.get(file.stem, ("-",)))
