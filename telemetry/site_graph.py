"""The names in a raw site file: do they exist, and does the power flow in circles?"""

from collections.abc import Iterator, Mapping
from typing import Any

from telemetry.site_fault import Fault, key_path, nearest

Raw = Mapping[str, Any]

_FEEDING = ("normal", "emergency", "fed_by", "bypass_fed_by", "measures")


def tables(raw: Raw, name: str) -> Iterator[tuple[int, Raw]]:
    """The tables of `[[name]]` with their number; what is none is passed over."""
    listed = raw.get(name)
    if isinstance(listed, list):
        yield from ((i, table) for i, table in enumerate(listed) if isinstance(table, dict))


def names_at(table: Raw, key: str) -> list[str]:
    """The names that stand at a key, alone or in a list; what is no text is passed over."""
    value = table.get(key)
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, str)]


def check_references(raw: Raw) -> Iterator[Fault]:
    """Every name that is pointed at is a device's."""
    devices, loads = _named(raw, "device"), _named(raw, "load")
    for section, keys in (("device", _FEEDING), ("load", ("fed_by",)), ("maintenance", ("devices",))):
        for i, table in tables(raw, section):
            for key in keys:
                for name in names_at(table, key):
                    if name not in devices:
                        yield Fault(key_path(raw, section, i, key), _unknown(name, devices, loads))
    site = raw.get("site")
    host = site.get("host_fed_by") if isinstance(site, dict) else None
    if isinstance(host, str):
        kind = devices.get(host, {}).get("kind")
        if host not in devices:
            yield Fault("site.host_fed_by", _unknown(host, devices, loads))
        elif kind != "ups":
            yield Fault("site.host_fed_by", f"found {host!r}, a {kind}; expected the ups that feeds this host")


def check_cycles(raw: Raw) -> Iterator[Fault]:
    """Nothing feeds itself: one fault for each way round that is found."""
    edges: dict[str, list[tuple[str, int, str]]] = {}  # name -> (its feeder, its number, the key that says so)
    for i, device in tables(raw, "device"):
        name = device.get("name")
        if isinstance(name, str):
            keys = (key for key in _FEEDING if key != "measures" or "fed_by" not in device)
            edges.setdefault(name, []).extend((feeder, i, key) for key in keys for feeder in names_at(device, key))
    done: set[str] = set()
    for start, its_feeders in edges.items():
        # Depth first, with a stack of its own: a site may be deep, and Python's stack is not.
        stack = [] if start in done else [(start, iter(its_feeders))]
        path = [name for name, _ in stack]
        while stack:
            name, feeders = stack[-1]
            for feeder, i, key in feeders:
                if feeder in path:
                    way = [*path[path.index(feeder) :], feeder]
                    message = f"{feeder} feeds itself: {' ← '.join(way)}; expected no way back"
                    yield Fault(key_path(raw, "device", i, key), message)
                elif feeder in edges and feeder not in done:
                    stack.append((feeder, iter(edges[feeder])))
                    path.append(feeder)
                    break
            else:
                done.add(name)
                stack.pop()
                path.pop()


def _named(raw: Raw, section: str) -> dict[str, Raw]:
    return {table["name"]: table for _, table in tables(raw, section) if isinstance(table.get("name"), str)}


def _unknown(name: str, devices: Mapping[str, Raw], loads: Mapping[str, Raw]) -> str:
    if name in loads:
        return f"found {name!r}, a load; expected a device, a load feeds nothing"
    return f"found {name!r}, expected the name of a device{nearest(name, devices)}"
