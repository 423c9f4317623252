"""The parts that a plant is made of, built from the site file and a scenario's parameters."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Protocol, TypeVar

import numpy as np

from simulators.battery import BatteryParameters
from simulators.generator import Generator, GeneratorParameters
from simulators.generator_bus import GeneratorBus, LockoutRelay
from simulators.load import Card, DualCordedLoad
from simulators.transfer_switch import SwitchParameters, TransferSwitch
from simulators.ups import Ups, UpsParameters
from simulators.utility import Utility, UtilityParameters
from telemetry.block import SECOND
from telemetry.site import Device, Site

CARD_BOOT = 45 * SECOND
CARD_HOLD = 15 * SECOND  # of a UPS's card, after its output is gone

P = TypeVar("P")
Parameters = Mapping[str, Mapping[str, Any]]  # {device, load or relay: {parameter: value}}, in SI units


class Settable(Protocol):
    """A part that a scenario can change while it runs."""

    def set(self, key: str, value: object) -> None:
        """Change one thing.

        Raises:
            ValueError: there is no such thing, or the value does not fit it.
        """


@dataclass(frozen=True, slots=True)
class Parts:
    """Every part by the name of its device, load or relay. buses: by the switch whose emergency side they feed."""

    utilities: dict[str, Utility]
    generators: dict[str, Generator]
    buses: dict[str, GeneratorBus]
    switches: dict[str, TransferSwitch]
    upses: dict[str, Ups]
    pdus: tuple[str, ...]
    loads: dict[str, DualCordedLoad]
    relays: dict[str, LockoutRelay]
    cards: dict[str, Card]

    @property
    def settable(self) -> dict[str, Settable]:
        """What a scenario can change."""
        return {**self.utilities, **self.generators, **self.loads, **self.relays}


def build(site: Site, parameters: Parameters, seed: int) -> Parts:
    """The parts of a site. Each has chance of its own, by its name, so that one more changes none of the others.

    Raises:
        ValueError: a parameter names nothing of the site, a part has no such parameter, or there is no model of a device.
    """
    given = {name: dict(table) for name, table in parameters.items()}
    of_kind: dict[str, list[Device]] = {k: [] for k in ("utility", "generator", "transfer_switch", "ups", "pdu")}
    for device in site.devices:
        if device.kind not in of_kind:
            raise ValueError(f"the plant has no model of {device.name}, a {device.kind}")
        of_kind[device.kind].append(device)

    def take(device: Device, cls: type[P]) -> P:
        table = given.get(device.name, {})
        known = {f.name for f in fields(cls)}  # type: ignore[arg-type]  # all are dataclasses
        mine = {key: table.pop(key) for key in list(table) if key in known}
        return cls(**{key: tuple(value) if isinstance(value, list) else value for key, value in mine.items()})

    def chance(device: Device) -> np.random.Generator:
        return np.random.default_rng([seed, zlib.crc32(device.name.encode())])

    generators = {
        d.name: Generator(_rating(d), d.nominal_frequency, take(d, GeneratorParameters), chance(d))
        for d in of_kind["generator"]
    }
    parts = Parts(
        {d.name: Utility(d.nominal_frequency, take(d, UtilityParameters), chance(d)) for d in of_kind["utility"]},
        generators,
        {d.name: GeneratorBus([generators[g] for g in d.emergency], d.needs) for d in of_kind["transfer_switch"]},
        {
            d.name: TransferSwitch(d.transfer, take(d, SwitchParameters), d.nominal_frequency)
            for d in of_kind["transfer_switch"]
        },
        {
            d.name: Ups(_rating(d), d.nominal_frequency, d.walk_in, take(d, UpsParameters), take(d, BatteryParameters))
            for d in of_kind["ups"]
        },
        tuple(d.name for d in of_kind["pdu"]),
        {load.name: DualCordedLoad(load.fed_by, given.get(load.name, {}).pop("power", 0.0)) for load in site.loads},
        {name: LockoutRelay(table.pop("blocks")) for name, table in given.items() if "blocks" in table},
        {
            **{d.name: Card(CARD_BOOT, CARD_HOLD) for d in of_kind["ups"]},
            **{d.name: Card(CARD_BOOT) for d in of_kind["pdu"]},
        },
    )
    if unknown := [f"{name}.{key}" for name, table in given.items() for key in table]:
        raise ValueError(f"the plant has no {', '.join(unknown)}")
    return parts


def _rating(device: Device) -> float:
    if device.rating_power is None:
        raise ValueError(f"the plant needs rating_power of {device.name}")
    return device.rating_power
