"""The physical model of a two-sided site: its devices, wired as the site file says, stepping in time.

Time is integer microseconds and moves in steps of `STEP`. Within a step power flows down, from sources
to loads; what loads draw reaches the sources one step later. Chance comes from one generator seeded by
scenario and seed, so that a run can be had again.
"""

import zlib
from functools import cache

import numpy as np

from device_profiles.quantities import quantity
from simulators import instruments
from simulators.parts import Parameters, build
from simulators.supply import DEAD, Supply
from telemetry.block import SECOND
from telemetry.site import Device, Site

STEP = SECOND // 10
SETTLING = 10 * STEP  # before the start: what loads draw has then reached the sources

# Below this, in parts of nominal, a feed is dead for power supplies and cards.
ALIVE = 0.8

# Noise of instruments: standard deviation in parts of the reading, class 0.2 to 0.5 as common.
_NOISE = {"V": 5e-4, "A": 2e-3, "W": 2e-3, "VA": 2e-3, "Hz": 3e-5, "rpm": 1e-3, "kPa": 5e-3}


class Plant:
    """A site at one instant.

    milestones: {name: µs} of what happened first when, for the scenario's truth: `ups-a.lost`, `row-1.lost`,
        `gen-1.locked_out`, `ats-a.emergency` (its first arrival there)
    """

    def __init__(self, site: Site, parameters: Parameters, *, start: int, seed: int) -> None:
        """Everything is at rest on the utility at `start` (µs UTC).

        Raises:
            ValueError: the parameters do not fit the site.
        """
        self.now = start - SETTLING
        self.milestones: dict[str, int] = {}
        self.parts = build(site, parameters, seed)
        self._settable = self.parts.settable
        self._start = start
        self._noise_key = zlib.crc32(site.name.encode()) << 32 | seed & 0xFFFF_FFFF
        self._device = {d.name: d for d in site.devices}
        self._answering = dict.fromkeys(self._device, True)  # what has no card lives on control power
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
        for name, utility in self.parts.utilities.items():
            self._supply[name] = utility.step(dt)
        self._run_generators(dt)
        for name, switch in self.parts.switches.items():
            device = self._device[name]
            locked = any(relay.tripped and name in relay.blocks for relay in self.parts.relays.values())
            normal = DEAD if locked else self._supply.get(device.normal or "", DEAD)
            emergency = DEAD if locked else self.parts.buses[name].supply()
            self._inputs[name] = normal, emergency
            self._supply[name] = switch.step(self.now, normal, emergency, locked)
            if switch.position == "emergency":
                self._reached(f"{name}.emergency")
        for name, ups in self.parts.upses.items():
            self._supply[name] = ups.step(self.now, dt, self._feed(name), self._drawn[name])
            if ups.state == "off":
                self._reached(f"{name}.lost")
        for name in self.parts.pdus:
            self._supply[name] = self._feed(name)
        for name, card in self.parts.cards.items():
            fed = self._supply[name].lowest > ALIVE or (name in self.parts.upses and self._feed(name).lowest > ALIVE)
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
                return instruments.generator(device, self.parts.generators[name])
            case "transfer_switch":
                normal, emergency = self._inputs[name]
                return instruments.transfer_switch(
                    device, self.parts.switches[name], normal, emergency, self._drawn[name]
                )
            case "ups":
                return instruments.ups(device, self.parts.upses[name], self._feed(name))
            case _:
                return instruments.pdu(device, self._supply[name], self._drawn[name])

    def _feed(self, name: str) -> Supply:
        return self._supply.get(self._device[name].fed_by or "", DEAD)

    def _run_generators(self, dt: float) -> None:
        called = {g for name, s in self.parts.switches.items() if s.start_contact for g in self._device[name].emergency}
        carried = dict.fromkeys(self.parts.generators, 0.0)
        for name, switch in self.parts.switches.items():
            if switch.position == "emergency":
                connected = self.parts.buses[name].connected
                for g, generator in self.parts.generators.items():
                    if generator in connected:
                        carried[g] += self._drawn[name] / len(connected)
        for name, generator in self.parts.generators.items():
            self._supply[name] = generator.step(dt, name in called, carried[name])
            if generator.state == "locked_out":
                self._reached(f"{name}.locked_out")

    def _draw(self) -> None:
        """What everything draws from what feeds it, from the loads upwards."""
        drawn = dict.fromkeys(self._device, 0.0)
        for name, load in self.parts.loads.items():
            live = [cord for cord in load.cords if self._supply[cord].lowest > ALIVE]
            for cord, power in load.share(live).items():
                drawn[cord] += power
            if load.lost:
                self._reached(f"{name}.lost")
        for name in self.parts.pdus:
            if feeder := self._device[name].fed_by:
                drawn[feeder] += drawn[name]
        for name, ups in self.parts.upses.items():
            if feeder := self._device[name].fed_by:
                drawn[feeder] += ups.input_power
        for name, switch in self.parts.switches.items():
            normal = self._device[name].normal
            if normal and switch.position == "normal":
                drawn[normal] += drawn[name]
        self._drawn = drawn

    def _reached(self, milestone: str) -> None:
        self.milestones.setdefault(milestone, self.now)


@cache
def _strengths(names: tuple[str, ...]) -> np.ndarray:
    return np.array([_NOISE.get(quantity(name).unit, 0.0) for name in names])
