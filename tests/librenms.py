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
