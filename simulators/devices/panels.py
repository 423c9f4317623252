"""Which instruments a plant's devices have, and where in it they measure."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from simulators.devices import instruments
from simulators.devices.instruments import Columns, Panel
from simulators.distribution.switchgear import Switchgears
from simulators.parts import Group
from simulators.supply import Floats
from simulators.transfer_switch.switches import TransferSwitches
from simulators.ups.upses import Upses
from telemetry.site import Device

if TYPE_CHECKING:
    from simulators.plant import Plant


def panels(plant: "Plant", seeds: Sequence[int]) -> tuple[Panel, ...]:
    """The instruments of every device, like by like."""
    wiring = plant.wiring
    reads: list[tuple[Sequence[Device], Callable[[], Columns]]] = []
    if utilities := wiring.of_kind("utility"):
        reads.append((utilities, _utilities(plant, utilities)))
    if meters := wiring.of_kind("meter"):
        reads.append((meters, _meters(plant, meters)))
    if sets := wiring.of_kind("generator"):
        reads.append((sets, _generators(plant, sets)))
    reads += [(group.devices, _with_probes(plant, group, _passing(plant, group))) for group in plant.parts.groups]
    return tuple(Panel(devices, seeds, read) for devices, read in reads)


def _utilities(plant: "Plant", devices: Sequence[Device]) -> Callable[[], Columns]:
    nodes, nominal = plant.wiring.columns(devices), _nominal(devices)
    return lambda: instruments.meter(plant.supplies.at(nodes), plant.drawn[:, nodes], nominal)


def _meters(plant: "Plant", devices: Sequence[Device]) -> Callable[[], Columns]:
    """Beside an input they see what goes into the device, beside an output what comes out of it."""
    nodes, nominal = plant.wiring.measured(devices), _nominal(devices)
    beside = plant.wiring.columns([plant.site.device(d.measures or d.name) for d in devices])
    into = np.array([d.measures is not None and d.measures_point == "input" for d in devices], np.bool_)

    def read() -> Columns:
        watts = np.where(into[:, np.newaxis], plant.taken[:, beside], plant.drawn[:, nodes])
        return instruments.meter(plant.supplies.at(nodes), watts, nominal)

    return read


def _generators(plant: "Plant", devices: Sequence[Device]) -> Callable[[], Columns]:
    sets, nominal = plant.parts.generators, _nominal(devices)
    return lambda: instruments.generator(sets, nominal)


def _with_probes(plant: "Plant", group: Group, read: Callable[[], Columns]) -> Callable[[], Columns]:
    """UPSs and PDUs in a room have a probe of its temperature."""
    rooms = plant.parts.room_of[group.columns]
    if group.kind not in {"ups", "pdu"} or (rooms < 0).all():
        return read
    return lambda: (
        read() | {"ambient.temperature": np.where(rooms >= 0, plant.parts.rooms.temperature[:, rooms], np.nan)}
    )


def _passing(plant: "Plant", group: Group) -> Callable[[], Columns]:
    nominal, nodes, feeds = _nominal(group.devices), group.columns, group.feeds
    match group.part:
        case TransferSwitches() as switches:
            return lambda: instruments.transfer_switch(switches, plant.drawn[:, nodes], nominal)
        case Upses() as upses:
            output = np.array([d.nominal_output_voltage for d in group.devices])
            return lambda: instruments.ups(upses, nominal, output)
        case Switchgears() as boards:
            return lambda: instruments.switchgear(
                boards, plant.supplies.at(feeds), plant.supplies.at(nodes), plant.drawn[:, nodes], nominal
            )
        case _:
            return lambda: instruments.meter(plant.supplies.at(nodes), plant.drawn[:, nodes], nominal)


def _nominal(devices: Sequence[Device]) -> Floats:
    return np.array([d.nominal_voltage for d in devices])
