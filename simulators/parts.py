"""The parts that a plant is made of, built from the site file and a scenario's parameters."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simulators.battery.batteries import Batteries
from simulators.chance import Chance
from simulators.devices.cards import Cards, Networks
from simulators.distribution.loads import Loads
from simulators.distribution.pdus import Pdus
from simulators.distribution.rooms import Rooms
from simulators.distribution.switchgear import Switchgears
from simulators.generator.buses import GeneratorBuses
from simulators.generator.generators import Generators
from simulators.milestones import Watched
from simulators.parameters import Given, Tables
from simulators.supply import Floats
from simulators.transfer_switch.switches import TransferSwitches
from simulators.ups.upses import Upses
from simulators.utility.relays import Relays
from simulators.utility.utilities import Utilities
from simulators.wiring import Indices, Wiring
from telemetry.block import SECOND
from telemetry.site import Device, Site

Passing = Switchgears | TransferSwitches | Upses | Pdus


class Part(Watched, Protocol):
    """A group of like parts, an array each over `(S, n)`."""

    @property
    def quiet(self) -> bool:
        """Whether nothing of it moves faster than over tens of seconds."""

    def set(self, site: int, i: int, key: str, value: object) -> None:
        """Change one thing of part `i` at one site.

        Raises:
            ValueError: there is no such thing, or the value does not fit it.
        """


@dataclass(frozen=True, slots=True)
class Group:
    """Like devices of one depth, which pass power on.

    columns: their nodes; feeds: the nodes that feed them (a switch's normal side); others: of a switch's
        emergency side and a UPS's bypass
    to_feeds, to_others: `(nodes, n)` which sum up what those nodes have to give
    """

    kind: str
    devices: tuple[Device, ...]
    part: Passing
    columns: Indices
    feeds: Indices
    others: Indices
    to_feeds: Floats
    to_others: Floats


@dataclass(frozen=True, slots=True)
class Parts:
    """Every part of a plant.

    called_by: `(switches, generators)` which switch's start contact calls which generator
    relay_watches: the nodes at which the relays measure; relay_blocks: `(relays, devices)`
    room_of: `(devices,)` the room in which each stands; -1: nobody knows
    cords: `(loads, most cords)` nodes; has_cord: where there is one; to_cords: `(nodes, loads · cords)`
    """

    utilities: Utilities
    relays: Relays
    generators: Generators
    buses: GeneratorBuses
    groups: tuple[Group, ...]
    batteries: tuple[Batteries, ...]
    loads: Loads
    cards: Cards
    networks: Networks
    rooms: Rooms
    room_of: Indices
    called_by: NDArray[np.bool_]
    relay_watches: Indices
    relay_blocks: NDArray[np.bool_]
    cords: Indices
    has_cord: NDArray[np.bool_]
    to_cords: Floats

    def all(self) -> tuple[Part, ...]:
        """Every group of parts."""
        passing = tuple(group.part for group in self.groups)
        own = (self.utilities, self.relays, self.generators, self.buses, *passing, *self.batteries)
        return (*own, self.loads, self.cards, self.networks, self.rooms)

    def named(self) -> Mapping[str, list[tuple[Part, int]]]:
        """What a scenario can set, by the name it uses: a UPS is set with its battery and its card."""
        found: dict[str, list[tuple[Part, int]]] = {}
        for part in self.all():
            for i, name in enumerate(part.names):
                found.setdefault(name, []).append((part, i))
        return found

    @property
    def switches(self) -> list[Group]:
        """The groups of transfer switches, in the order of `called_by`."""
        return [group for group in self.groups if group.kind == "transfer_switch"]


def build(site: Site, wiring: Wiring, given: Sequence[Given], seeds: Sequence[int]) -> Parts:
    """The parts of a site, one plant a seed.

    Args:
        site: the devices and how they hang together
        wiring: of that site
        given: the scenario's parameters, one table a seed
        seeds: of chance

    Raises:
        ValueError: a parameter names nothing of the site, a part has no such parameter, or there is no model of a device.
    """
    for device in site.devices:
        if device.kind == "dc_plant":
            raise ValueError(f"the plant has no model of {device.name}, a {device.kind}")
    tables = Tables(given)

    def chance(names: Sequence[str]) -> Chance:
        return Chance(seeds, names)

    utilities, sets = wiring.of_kind("utility"), wiring.of_kind("generator")
    names, called = _names(utilities), _names(sets)
    generators = Generators(
        called,
        _ratings(sets),
        _frequencies(sets),
        tables,
        chance(called),
        defaults=[{"cooldown": _cooldown(wiring, d) / SECOND} for d in sets],
    )
    batteries: list[Batteries] = []
    groups = []
    for kind, devices in wiring.groups():
        part = _passing(kind, devices, wiring, tables, chance, batteries)
        feeds = wiring.feeds([d.normal if kind == "transfer_switch" else d.fed_by for d in devices])
        others = (
            wiring.emergencies(devices)
            if kind == "transfer_switch"
            else wiring.feeds([d.bypass_fed_by or d.fed_by for d in devices])
        )
        sums = wiring.sums(feeds), wiring.sums(others)
        groups.append(Group(kind, devices, part, wiring.columns(devices), feeds, others, *sums))
    relays = _relays(site, tables)
    loads, cords = _loads(site, wiring, tables)
    parts = Parts(
        Utilities(names, _frequencies(utilities), tables, chance(names)),
        relays,
        generators,
        GeneratorBuses(
            [bus.name for bus in wiring.buses],
            [tuple(called.index(m) for m in bus.members) for bus in wiring.buses],
            [bus.needs for bus in wiring.buses],
            generators,
            tables,
        ),
        tuple(groups),
        tuple(batteries),
        loads,
        Cards([d.name for d in site.devices], [d.kind for d in site.devices], tables),
        Networks(tables, [d.name for d in site.devices]),
        *_rooms(site, tables),
        _called_by(wiring, called),
        wiring.feeds(relays.watches),
        np.array([[d.name in blocked for d in site.devices] for blocked in relays.blocks], np.bool_).reshape(
            len(relays.names), len(site.devices)
        ),
        np.where(cords < 0, wiring.dead, cords),
        cords >= 0,
        wiring.sums(np.where(cords < 0, wiring.dead, cords).ravel()),
    )
    if tables.left:
        raise ValueError(f"the plant has no {', '.join(tables.left)}")
    return parts


def _passing(  # noqa: PLR0917  # what every kind needs
    kind: str,
    devices: Sequence[Device],
    wiring: Wiring,
    tables: Tables,
    chance: Callable[[Sequence[str]], Chance],
    batteries: list[Batteries],
) -> Passing:
    names = _names(devices)
    match kind:
        case "transfer_switch":
            settings = [d.transfer for d in devices]
            has_engine = np.array([bool(wiring.calls(d)) for d in devices], np.bool_)
            return TransferSwitches(names, settings, _frequencies(devices), tables, chance(names), has_engine)
        case "ups":
            battery = Batteries(names, _ratings(devices), tables, chance(names))
            batteries.append(battery)
            walk_in = np.array([d.walk_in for d in devices], np.int64)
            return Upses(names, _ratings(devices), _frequencies(devices), walk_in, tables, battery, chance(names))
        case "switchgear":
            return Switchgears(names, tables, _currents(devices), _voltages(devices))
        case _:
            return Pdus(names, tables, _currents(devices), _voltages(devices))


def _relays(site: Site, tables: Tables) -> Relays:
    names = tables.names_with("blocks")
    first = next((d.name for d in site.devices if d.kind == "utility"), None)
    known = {d.name for d in site.devices}
    watches = [tables.pop(name, "watches", first) for name in names]
    blocks = [tables.pop(name, "blocks") for name in names]
    for name, watched, blocked in zip(names, watches, blocks, strict=True):
        if unknown := [d for d in (watched, *blocked) if d not in known]:
            raise ValueError(f"{name} watches or blocks {', '.join(map(str, unknown))}, which the site does not have")
    return Relays(names, tables, watches, blocks)


def _loads(site: Site, wiring: Wiring, tables: Tables) -> tuple[Loads, Indices]:
    """The loads, and the node at each of their cords; -1 where one has fewer."""
    most = max((len(load.fed_by) for load in site.loads), default=0)
    cords = np.full((len(site.loads), most), -1, np.intp)
    for i, load in enumerate(site.loads):
        cords[i, : len(load.fed_by)] = wiring.feeds(load.fed_by)
    return Loads([load.name for load in site.loads], cords, tables), cords


def _rooms(site: Site, tables: Tables) -> tuple[Rooms, Indices]:
    """The rooms, and in which of them each device stands."""
    loads = [load.name for load in site.loads]
    devices = [d.name for d in site.devices]
    names = tables.names_with("heated_by")

    def numbers(name: str, key: str, among: Sequence[str]) -> list[int]:
        given = tables.pop(name, key, [])
        if unknown := [what for what in given if what not in among]:
            raise ValueError(f"{name}.{key}: expected some of {', '.join(among)}, not {', '.join(map(str, unknown))}")
        return [among.index(what) for what in given]

    room_of = np.full(len(devices), -1, np.intp)
    for i, name in enumerate(names):
        room_of[numbers(name, "holds", devices)] = i
    cooled = [numbers(name, "cooled_by", loads) for name in names]
    return Rooms(names, tables, cooled, [numbers(name, "heated_by", loads) for name in names]), room_of


def _called_by(wiring: Wiring, called: Sequence[str]) -> NDArray[np.bool_]:
    switches = [d for kind, devices in wiring.groups() if kind == "transfer_switch" for d in devices]
    calls = [[g in wiring.calls(d) for g in called] for d in switches]
    return np.array(calls, np.bool_).reshape(len(switches), len(called))


def _cooldown(wiring: Wiring, generator: Device) -> int:
    """As the switches that call it have it set: the longest of them."""
    calling = [d.transfer.cooldown for d in wiring.of_kind("transfer_switch") if generator.name in wiring.calls(d)]
    return max(calling, default=generator.transfer.cooldown)


def _names(devices: Sequence[Device]) -> tuple[str, ...]:
    return tuple(d.name for d in devices)


def _ratings(devices: Sequence[Device]) -> Floats:
    for device in devices:
        if device.rating_power is None:
            raise ValueError(f"the plant needs rating_power of {device.name}")
    return np.array([d.rating_power for d in devices], np.float64)


def _frequencies(devices: Sequence[Device]) -> Floats:
    return np.array([d.nominal_frequency for d in devices], np.float64)


def _currents(devices: Sequence[Device]) -> Floats:
    return np.array([np.nan if d.rating_current is None else d.rating_current for d in devices], np.float64)


def _voltages(devices: Sequence[Device]) -> Floats:
    return np.array([d.nominal_voltage for d in devices], np.float64)
