"""What the keys of a site file say about one another, checked on the raw table.

Each check takes what it understands and passes over the rest: a value of the wrong shape is reported by
the schema, and hides no other fault here.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from telemetry.site import TransferSettings
from telemetry.site_connections import check_address, check_connections, check_profile
from telemetry.site_duration import parse_duration
from telemetry.site_fault import Fault, key_path
from telemetry.site_graph import check_cycles, check_references, names_at, tables

Raw = Mapping[str, Any]

# Keys that only devices of these kinds may have.
_ONLY = {
    "normal": ("transfer_switch",),
    "emergency": ("transfer_switch",),
    "needs": ("transfer_switch",),
    "transfer": ("transfer_switch",),
    "bypass_fed_by": ("ups",),
    "walk_in": ("ups",),
    "measures": ("meter",),
    "measures_point": ("meter",),
}
_SOURCES = ("utility", "generator")


def check_raw(raw: Raw) -> list[Fault]:
    """Every fault between keys."""
    faults = [*_doubles(raw), *check_references(raw), *check_cycles(raw)]
    faults += [*_grid(raw), *_maintenance(raw), *_transfer(raw, "transfer"), *check_connections(raw)]
    for i, device in tables(raw, "device"):
        faults += [*_kind(raw, i, device), *_transfer(raw, "device", i, "transfer")]
        faults += [*check_profile(raw, i, device), *check_address(raw, i, device)]
    return faults


def _doubles(raw: Raw) -> Iterator[Fault]:
    first: dict[str, str] = {}
    for section in ("device", "load"):
        for i, table in tables(raw, section):
            name = table.get("name")
            if not isinstance(name, str):
                continue
            if name in first:
                message = f"found {name!r} a second time, after {first[name]}; expected a name of its own"
                yield Fault(key_path(raw, section, i, "name"), message)
            first.setdefault(name, f"{section}[{i}]")


def _kind(raw: Raw, i: int, device: Raw) -> Iterator[Fault]:
    kind = device.get("kind")
    if not isinstance(kind, str):
        return
    for key, kinds in _ONLY.items():
        if key in device and kind not in kinds:
            yield Fault(key_path(raw, "device", i, key), f"found at a {kind}; only a {' or '.join(kinds)} has it")
    if kind == "transfer_switch":
        for key in ("normal", "emergency"):
            if key not in device:
                yield Fault(key_path(raw, "device", i, key), "is missing: a transfer_switch needs normal and emergency")
        if "fed_by" in device:
            message = "found at a transfer_switch; expected normal and emergency in its place"
            yield Fault(key_path(raw, "device", i, "fed_by"), message)
        yield from _needs(raw, i, device)
    if kind in _SOURCES and "fed_by" in device:
        yield Fault(key_path(raw, "device", i, "fed_by"), f"found at a {kind}; a {kind} is a source, nothing feeds it")


def _needs(raw: Raw, i: int, device: Raw) -> Iterator[Fault]:
    needs, emergency = device.get("needs"), names_at(device, "emergency")
    if isinstance(needs, int) and emergency and needs > len(emergency):
        message = f"found {needs}, expected no more than the {len(emergency)} of emergency"
        yield Fault(key_path(raw, "device", i, "needs"), message)
    normal = device.get("normal")
    if isinstance(normal, str) and normal in emergency:
        message = f"found {normal!r}, which is its normal source too; expected another"
        yield Fault(key_path(raw, "device", i, "emergency"), message)
    for doubled in sorted({name for name in emergency if emergency.count(name) > 1}):
        yield Fault(key_path(raw, "device", i, "emergency"), f"found {doubled!r} more than once, expected it once")


def _grid(raw: Raw) -> Iterator[Fault]:
    """Every interval is a whole multiple of the tick."""
    site = raw.get("site")
    tick_text = site.get("tick", "1s") if isinstance(site, dict) else "1s"
    tick = _duration(tick_text)
    if not tick:
        return
    for i, device in tables(raw, "device"):
        interval = _duration(device.get("interval", tick_text))
        if interval and interval % tick:
            message = f"found {device['interval']!r}, expected a whole multiple of the tick of {tick_text!r}"
            yield Fault(key_path(raw, "device", i, "interval"), message)


def _duration(text: object) -> int | None:
    try:
        return parse_duration(text)
    except ValueError:
        return None


def _maintenance(raw: Raw) -> Iterator[Fault]:
    for i, table in tables(raw, "maintenance"):
        begin, end = table.get("from"), table.get("to")
        if not (isinstance(begin, datetime) and isinstance(end, datetime)):
            continue
        if begin.tzinfo and end.tzinfo and begin >= end:
            message = f"found {end.isoformat()}, expected a time after from, which is {begin.isoformat()}"
            yield Fault(key_path(raw, "maintenance", i, "to"), message)


def _transfer(raw: Raw, *place: str | int) -> Iterator[Fault]:
    """Drop-out lies below pick-up, whichever table each is from: else a switch would hunt."""
    settings: dict[str, Any] = {"dropout": TransferSettings().dropout, "pickup": TransferSettings().pickup}
    own = raw.get("transfer") if len(place) == 1 else raw["device"][place[1]].get("transfer")
    for table in (raw.get("transfer"), own):
        if isinstance(table, dict):
            settings |= {key: table[key] for key in settings if key in table}
    low, high = settings["dropout"], settings["pickup"]
    if not (isinstance(own, dict) and isinstance(low, int | float) and isinstance(high, int | float)):
        return
    if ("dropout" in own or "pickup" in own) and not low < high:
        key = "dropout" if "dropout" in own else "pickup"
        yield Fault(
            key_path(raw, *place, key), f"found dropout {low:g} and pickup {high:g}, expected dropout below pickup"
        )
