"""What is recorded of each kind of part, and where in the plant it stands."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulators.battery.batteries import Batteries
from simulators.distribution.switchgear import Switchgears
from simulators.generator.generators import Generators
from simulators.generator.settings import FAULTS, SWITCHES
from simulators.plant import Plant
from simulators.supply import BALANCED
from simulators.transfer_switch.switches import TransferSwitches
from simulators.ups.upses import Upses
from telemetry.block import SECOND

Getter = Callable[[], NDArray[Any]]
Key = tuple[str, int, str]  # kind, number of the group, what

# {what: path of the attribute}; an attribute without a name of its own here is recorded under its own.
_GENERATOR = {
    **{name: name for name in ("state", "mode", "breaker", "lockout", "carries", "cranking", "fuel", "coolant")},
    **{name: name for name in ("battery_voltage", "load", "loss", "started", "fuelled", "stored")},
    **{name: f"supply.{name}" for name in ("lowest", "highest", "frequency")},
    "trip": "trip_cause",
    "speed": "engine.speed",
    "burnt": "engine.burnt",
    "battery_health": "starter.health",
}
_SWITCH = {
    **{name: name for name in ("position", "mode")},
    **{name: f"conditions.{name}" for name in ("fault", "test")},
    "contact": "start_contact",
    "normal": "normal.lowest",
    "normal_highest": "normal.highest",
    "emergency": "emergency.lowest",
    "emergency_highest": "emergency.highest",
}
_UPS = {
    **{name: name for name in ("mode", "emergency_off", "bypass_locked", "test_result", "load", "overload")},
    **{name: name for name in ("input_power", "bypass_power", "loss", "temperature")},
    **{name: f"controllers.{name}" for name in ("fault", "maintenance", "stopped")},
}
_BATTERY = {
    **{name: name for name in ("power", "current", "string_current", "stored", "status", "exhausted", "charger_works")},
    **{f"battery_{name}": name for name in ("loss", "breaker", "temperature")},
    "voltage": "voltage",
}
_LOAD = {name: name for name in ("lost", "drawn", "running", "power")} | {"sound": "_sound"}
_ROOM = {name: name for name in ("temperature", "heat", "removed")}


def watched(plant: Plant, levels: Getter) -> Iterator[tuple[Key, Getter]]:
    """Everything that is recorded, each `(S, n, …)`.

    Args:
        plant: of which
        levels: `(S, nodes, 3)` of its nodes, in parts of nominal
    """
    parts = plant.parts
    yield from _of("node", 0, _node(plant, levels))
    yield from _of("device", 0, {"taken": lambda: plant.taken.sum(axis=-1)})
    yield from _of("card", 0, {"heard": lambda: parts.cards.answering & parts.networks.reached})
    alone = (
        ("utility", parts.utilities, {"state": "state"}),
        ("relay", parts.relays, {"tripped": "tripped"}),
        ("bus", parts.buses, {"handing": "handing", "connected": "connected"}),
        ("load", parts.loads, _LOAD),
        ("room", parts.rooms, _ROOM),
    )
    for kind, part, paths in alone:
        if part.names:
            yield from _of(kind, 0, _paths(part, paths))
    if parts.generators.names:
        yield from _of("generator", 0, _paths(parts.generators, _GENERATOR) | _settings(parts.generators))
    for number, group in enumerate(parts.groups):
        part = group.part
        match part:
            case TransferSwitches():
                found = _paths(part, _SWITCH)
            case Upses():
                found = _paths(part, _UPS) | _battery(part.batteries)
            case _:
                found = _breaker(part) | (
                    {"lockout": lambda p=part: p.lockout} if isinstance(part, Switchgears) else {}
                )
        yield from _of(group.kind, number, found)


def made(plant: Plant) -> dict[str, dict[str, Any]]:
    """How parts are made, which does not change in a run: {name: {what: (S,) …}}."""
    parts = plant.parts
    found: dict[str, dict[str, Any]] = {
        bus.name: {"members": bus.members, "needs": bus.needs} for bus in plant.wiring.buses
    }
    for i, name in enumerate(parts.relays.names):
        found[name] = {"blocks": parts.relays.blocks[i]}
    sets = parts.generators
    of = ("efficiency", "fuel_hours", "friction", "fan", "copper", "high_temperature_warning", "cooldown")
    for i, name in enumerate(sets.names):
        found[name] = {key: getattr(sets.parameters, key)[:, i] for key in of} | {"rating": sets.rating_power[i]}
    for group in parts.groups:
        for i, name in enumerate(group.part.names):
            match group.part:
                case Upses() as upses:
                    own = {key: np.asarray(getattr(upses._p, key))[:, i] for key in ("efficiency", "idle")}
                    found[name] = own | {"rating": upses.rating_power[i]}
                case TransferSwitches() as switches:
                    found[name] = {"neutral": switches._transition.neutral[:, i] / SECOND}
                case boards:
                    found[name] = {"rating": boards.breakers.rating[:, i]}
    return found


def names_of(plant: Plant) -> dict[str, tuple[str, ...]]:
    """{kind: names of its parts}, in the order in which they are recorded."""
    parts = plant.parts
    found = {
        "node": (*plant.wiring.names, *(bus.name for bus in plant.wiring.buses), ""),
        "device": plant.wiring.names,
        "card": parts.cards.names,
        "utility": parts.utilities.names,
        "relay": parts.relays.names,
        "generator": parts.generators.names,
        "bus": parts.buses.names,
        "load": parts.loads.names,
        "room": parts.rooms.names,
    }
    for group in parts.groups:
        found[group.kind] = found.get(group.kind, ()) + group.part.names
    return {kind: names for kind, names in found.items() if names}


def _of(kind: str, number: int, what: Mapping[str, Getter]) -> Iterator[tuple[Key, Getter]]:
    for name, get in what.items():
        yield (kind, number, name), get


def _paths(part: object, paths: Mapping[str, str]) -> dict[str, Getter]:
    return {what: partial(attrgetter(path), part) for what, path in paths.items()}


def _node(plant: Plant, levels: Getter) -> dict[str, Getter]:
    def unbalance() -> NDArray[np.float64]:
        volts = plant.supplies.volts
        return np.abs(volts @ BALANCED) / np.maximum(np.abs(volts @ BALANCED.conj()), 1e-6)

    return {
        "lowest": lambda: levels().min(axis=-1),
        "highest": lambda: levels().max(axis=-1),
        "unbalance": unbalance,
        "frequency": lambda: plant.supplies.frequency,
        "drawn": lambda: plant.drawn.sum(axis=-1),
    }


def _settings(sets: Generators) -> dict[str, Getter]:
    """Switches, and the fault by its place in FAULTS."""
    none = np.zeros(sets.state.shape, np.int8)

    def fault() -> NDArray[np.int8]:
        if not sets.settings.faults:
            return none
        return np.select([sets.settings.has[f] for f in FAULTS], range(len(FAULTS)), 0).astype(np.int8)

    return {"fault": fault} | {switch: partial(sets.settings.on.__getitem__, switch) for switch in SWITCHES}


def _battery(batteries: Batteries) -> dict[str, Getter]:
    """Also `charge`: C in each string that has any, and `weakest`: health of the weakest string in use, 0 of an open one."""
    store = batteries._stores

    def charge() -> NDArray[np.float64]:
        found = np.full(batteries.string_current.shape, np.nan)
        for law in store._laws:
            if hasattr(law.store, "level"):
                found[:, law.of] = law.store.level * law.store.capacity * store._amperes[:, law.of, np.newaxis]
        return found

    def weakest() -> NDArray[np.float64]:
        return np.fmin.reduce(batteries.health * batteries.joined, axis=-1)

    return _paths(batteries, _BATTERY) | {"charge": charge, "weakest": weakest}


def _breaker(parts: Any) -> dict[str, Getter]:
    return {
        "breaker": lambda: parts.breakers.state,
        "current": lambda: parts.current.max(axis=-1),
        "loss": lambda: parts.loss,
    }
