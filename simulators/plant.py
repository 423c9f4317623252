"""The physical model of a two-sided site: its devices, wired as the site file says, stepping in time.

Time is integer microseconds and moves in steps of `STEP`. Within a step power flows down, from sources
to loads; what loads draw reaches the sources one step later. Chance comes from one generator seeded by
scenario and seed, so that a run can be had again.
"""

import zlib
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import Any, Protocol, TypeVar

import numpy as np

from device_profiles.quantities import quantity
from simulators import instruments
from simulators.battery import BatteryParameters
from simulators.generator import Generator, GeneratorParameters
from simulators.generator_bus import GeneratorBus, LockoutRelay
from simulators.load import Card, DualCordedLoad
from simulators.supply import DEAD, Supply
from simulators.transfer_switch import SwitchParameters, TransferSwitch
from simulators.ups import Ups, UpsParameters
from simulators.utility import Utility, UtilityParameters
from telemetry.block import SECOND
from telemetry.site import Device, Site

STEP = SECOND // 10
SETTLING = 10 * STEP  # before the start: what loads draw has then reached the sources
CARD_BOOT = 45 * SECOND
CARD_HOLD = 15 * SECOND

# Noise of instruments: standard deviation in parts of the reading, class 0.2 to 0.5 as common.
_NOISE = {"V": 5e-4, "A": 2e-3, "W": 2e-3, "VA": 2e-3, "Hz": 3e-5, "rpm": 1e-3, "kPa": 5e-3}

P = TypeVar("P")
Parameters = Mapping[str, Mapping[str, Any]]


class _Settable(Protocol):
    def set(self, key: str, value: object) -> None: ...


class Plant:
    """A site at one instant.

    milestones: {name: µs} of what happened first when, for the scenario's truth: `ups-a.lost`, `row-1.lost`,
        `gen-1.locked_out`, `ats-a.emergency` (its first arrival there)
    """

    def __init__(self, site: Site, parameters: Parameters, *, start: int, seed: int) -> None:
        """Everything is at rest on the utility at `start` (µs UTC).

        Raises:
            ValueError: a parameter names nothing of the site, or the part has no such parameter.
        """
        self.site = site
        self.now = start - SETTLING
        self.milestones: dict[str, int] = {}
        self._start = start
        self._noise_key = zlib.crc32(site.name.encode()) << 32 | seed & 0xFFFF_FFFF
        rng = np.random.default_rng([seed, 2])
        given = {name: dict(table) for name, table in parameters.items()}
        of_kind: dict[str, list[Device]] = {}
        for device in site.devices:
            of_kind.setdefault(device.kind, []).append(device)
        if missing := set(of_kind) - {"utility", "generator", "transfer_switch", "ups", "pdu"}:
            raise ValueError(f"the plant has no model of {', '.join(sorted(missing))}")

        def take(device: str, cls: type[P]) -> P:
            table = given.get(device, {})
            known = {f.name for f in fields(cls)}  # type: ignore[arg-type]  # all are dataclasses
            mine = {key: table.pop(key) for key in list(table) if key in known}
            return cls(**{key: tuple(value) if isinstance(value, list) else value for key, value in mine.items()})

        self.utilities = {
            d.name: Utility(d.nominal_frequency, take(d.name, UtilityParameters), rng)
            for d in of_kind.get("utility", [])
        }
        self.generators = {
            d.name: Generator(_rating(d), d.nominal_frequency, take(d.name, GeneratorParameters), rng)
            for d in of_kind.get("generator", [])
        }
        self.switches = {
            d.name: TransferSwitch(d.transfer, take(d.name, SwitchParameters), d.nominal_frequency)
            for d in of_kind.get("transfer_switch", [])
        }
        self.upses = {
            d.name: Ups(
                _rating(d),
                d.nominal_frequency,
                d.walk_in,
                take(d.name, UpsParameters),
                take(d.name, BatteryParameters),
            )
            for d in of_kind.get("ups", [])
        }
        self._pdus = [d.name for d in of_kind.get("pdu", [])]
        self.loads = {
            load.name: DualCordedLoad(load.fed_by, float(given.get(load.name, {}).pop("power", 0.0)))
            for load in site.loads
        }
        self.relays = {name: LockoutRelay(table.pop("blocks")) for name, table in given.items() if "blocks" in table}
        if unknown := [f"{name}.{key}" for name, table in given.items() for key in table]:
            raise ValueError(f"the plant has no {', '.join(unknown)}")

        self._device = {d.name: d for d in site.devices}
        self._buses = {
            d.name: GeneratorBus([self.generators[g] for g in d.emergency if g in self.generators], d.needs)
            for d in of_kind.get("transfer_switch", [])
        }
        self._answering = dict.fromkeys(self._device, True)  # what has no card lives on control power
        self._cards = {name: Card(CARD_BOOT, CARD_HOLD) for name in self.upses}
        self._cards |= {name: Card(CARD_BOOT) for name in self._pdus}
        self._settable: dict[str, _Settable] = {**self.utilities, **self.generators, **self.loads, **self.relays}
        self._supply: dict[str, Supply] = {}  # what each device hands on
        self._inputs: dict[str, tuple[Supply, Supply]] = {}  # of each switch: normal, emergency
        self._drawn: dict[str, float] = dict.fromkeys(self._device, 0.0)  # W, from each device
        self.advance(start)

    def set(self, part: str, key: str, value: object) -> None:
        """One setting of a scenario: a device, load or relay, and what to set there.

        Raises:
            ValueError: there is no such part or setting.
        """
        if part not in self._settable:
            raise ValueError(
                f"nothing of the plant that can be set is named {part!r}; it has {', '.join(self._settable)}"
            )
        self._settable[part].set(key, value)

    def advance(self, to: int) -> None:
        """Step until `to` (µs UTC) is reached."""
        while self.now < to:
            self.now += STEP
            self.step()

    def advance_before(self, to: int) -> None:
        """Step as long as that stays before `to`: what is then set holds from the first step at or after `to`."""
        while self.now + STEP < to:
            self.now += STEP
            self.step()

    def step(self) -> None:
        """Bring every part to `now`."""
        dt = STEP / SECOND
        for name, utility in self.utilities.items():
            self._supply[name] = utility.step(dt)
        self._run_generators(dt)
        for name, switch in self.switches.items():
            device = self._device[name]
            locked = any(relay.tripped and name in relay.blocks for relay in self.relays.values())
            normal = DEAD if locked else self._supply.get(device.normal or "", DEAD)
            emergency = DEAD if locked else self._buses[name].supply()
            self._inputs[name] = normal, emergency
            self._supply[name] = switch.step(self.now, normal, emergency, locked)
            if switch.position == "emergency":
                self._reached(f"{name}.emergency")
        for name, ups in self.upses.items():
            self._supply[name] = ups.step(self.now, dt, self._feed(name), self._drawn[name])
            if ups.state == "off":
                self._reached(f"{name}.lost")
        for name in self._pdus:
            self._supply[name] = self._feed(name)
        for name, card in self._cards.items():
            fed = self._supply[name].lowest > 0.8 or (name in self.upses and self._feed(name).lowest > 0.8)
            self._answering[name] = card.answers(self.now, fed)
        self._draw()

    def readings(self) -> dict[str, dict[str, float] | None]:
        """What every device's instruments show now: {quantity: value}, None where its card is silent.

        Reading changes nothing: asked twice at one time, the instruments show the same, noise included.
        """
        found: dict[str, dict[str, float] | None] = {}
        noise = np.random.Generator(np.random.Philox(key=[self._noise_key, self.now - self._start]))
        for name, device in self._device.items():
            if not self._answering[name]:
                found[name] = None
                continue
            values = self._shown(device)
            strengths = _strengths(tuple(values))
            drawn = (1 + noise.standard_normal(len(values)) * strengths).tolist()
            found[name] = {q: v * factor for (q, v), factor in zip(values.items(), drawn, strict=True)}
        return found

    def _shown(self, device: Device) -> instruments.Values:
        name = device.name
        match device.kind:
            case "utility":
                return instruments.utility(device, self._supply[name], self._drawn[name])
            case "generator":
                return instruments.generator(device, self.generators[name])
            case "transfer_switch":
                normal, emergency = self._inputs[name]
                return instruments.transfer_switch(device, self.switches[name], normal, emergency, self._drawn[name])
            case "ups":
                return instruments.ups(device, self.upses[name], self._feed(name))
            case _:
                return instruments.pdu(device, self._supply[name], self._drawn[name])

    def _feed(self, name: str) -> Supply:
        return self._supply.get(self._device[name].fed_by or "", DEAD)

    def _run_generators(self, dt: float) -> None:
        called = {g for name, s in self.switches.items() if s.start_contact for g in self._device[name].emergency}
        carried = dict.fromkeys(self.generators, 0.0)
        for name, switch in self.switches.items():
            if switch.position == "emergency":
                connected = self._buses[name].connected
                for g, generator in self.generators.items():
                    if generator in connected:
                        carried[g] += self._drawn[name] / len(connected)
        for name, generator in self.generators.items():
            self._supply[name] = generator.step(dt, name in called, carried[name])
            if generator.state == "locked_out":
                self._reached(f"{name}.locked_out")

    def _draw(self) -> None:
        """What everything draws from what feeds it, from the loads upwards."""
        drawn = dict.fromkeys(self._device, 0.0)
        for name, load in self.loads.items():
            live = [cord for cord in load.cords if self._supply[cord].lowest > 0.8]
            for cord, power in load.share(live).items():
                drawn[cord] += power
            if load.lost:
                self._reached(f"{name}.lost")
        for name in self._pdus:
            if feeder := self._device[name].fed_by:
                drawn[feeder] += drawn[name]
        for name, ups in self.upses.items():
            if feeder := self._device[name].fed_by:
                drawn[feeder] += ups.input_power
        for name, switch in self.switches.items():
            normal = self._device[name].normal
            if normal and switch.position == "normal":
                drawn[normal] += drawn[name]
        self._drawn = drawn

    def _reached(self, milestone: str) -> None:
        self.milestones.setdefault(milestone, self.now)


def _rating(device: Device) -> float:
    if device.rating_power is None:
        raise ValueError(f"the plant needs rating_power of {device.name}")
    return device.rating_power


@cache
def _strengths(names: tuple[str, ...]) -> np.ndarray:
    return np.array([_NOISE.get(quantity(name).unit, 0.0) for name in names])
