"""The physical model of a site: its devices, wired as the site file says, stepping in time. Several sites at once.

Time is integer microseconds. While anything moves, a step is `STEP`; while all is quiet it is up to `QUIET_STEP`.
Within a step voltage flows down, from sources to loads, and power flows back up: what is drawn at the bottom
has reached every source by the end of the step. Sites of one plant are the same site under other seeds: they share the
steps and nothing else.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from simulators.devices.instruments import shown
from simulators.devices.panels import panels
from simulators.devices.registers import Fast, Registers
from simulators.distribution.switchgear import Switchgears
from simulators.milestones import Milestones
from simulators.parameters import Given
from simulators.parts import Parts, build
from simulators.supply import Floats, Supply, dead
from simulators.transfer_switch.switches import TransferSwitches
from simulators.ups.upses import Upses
from simulators.wiring import Indices, Wiring
from telemetry.block import SECOND
from telemetry.site import Site

STEP = SECOND // 10
QUIET_STEP = 10 * SECOND
SETTLING = 20 * STEP  # before the start: what loads draw has then settled
_QUIET_AFTER = 2 * SECOND  # that long all must have been quiet before steps grow

# Below this, in parts of nominal, a feed is dead for power supplies and cards.
ALIVE = 0.8


class Plant:
    """A site at one instant, once for each seed.

    parts: everything that it is made of; their attributes are its hidden state
    supplies: what every node of the wiring gives, `(S, nodes)`
    drawn: `(S, nodes, 3)` W by phase that is drawn from each node
    taken: `(S, devices, 3)` W by phase that each device takes in, from whatever feeds it
    registers: what the UPSs' cards keep between two polls
    milestones: what happened when
    observers: called after every step
    """

    def __init__(self, site: Site, given: Sequence[Given], *, start: int, seeds: Sequence[int]) -> None:
        """Everything is at rest on the utility at `start` (µs UTC).

        Args:
            site: the devices and how they hang together
            given: the scenario's parameters, one table a seed
            start: µs UTC
            seeds: of chance, one a site

        Raises:
            ValueError: the parameters do not fit the site.
        """
        self.site = site
        self.sites = len(seeds)
        self.wiring = Wiring(site)
        self.parts: Parts = build(site, self.wiring, given, seeds)
        self.now = start - SETTLING
        self.supplies = dead(self.sites, self.wiring.nodes)
        self.drawn: Floats = np.zeros((self.sites, self.wiring.nodes, 3))
        self.taken: Floats = np.zeros((self.sites, len(site.devices), 3))
        self.observers: list[Callable[[Plant], None]] = []
        self._upses = [group for group in self.parts.groups if isinstance(group.part, Upses)]
        upses = [device for group in self._upses for device in group.devices]
        self.registers = Registers([d.name for d in upses], [d.nominal_voltage for d in upses], self.sites)
        self._named = self.parts.named()
        self._all = self.parts.all()
        self._restless_at = self.now
        self._sources = self.wiring.columns(self.wiring.of_kind("utility"))
        self._sets = self.wiring.columns(self.wiring.of_kind("generator"))
        self._buses = np.arange(len(site.devices), self.wiring.dead)
        while self.now < start:
            self._step(STEP)
        self._panels = panels(self, seeds)
        self.milestones = Milestones(self._all, self.sites)
        self._restless_at = self.now

    @property
    def quiet(self) -> bool:
        """Whether nothing has moved for a while, so that steps may be long."""
        return self.now - self._restless_at >= _QUIET_AFTER

    def set(self, site: int, name: str, key: str, value: object) -> None:
        """One setting of a scenario at one site: a device, load, relay or other part, and what to set there.

        Raises:
            ValueError: there is no such part or setting.
        """
        parts = self._named.get(name)
        if not parts:
            raise ValueError(f"nothing of the plant that can be set is named {name!r}; it has {', '.join(self._named)}")
        self._restless_at = self.now
        faults = []
        for part, i in parts:
            try:
                return part.set(site, i, key, value)
            except ValueError as e:
                faults.append(str(e))
        raise ValueError("; ".join(faults))

    def advance(self, to: int) -> None:
        """Step until `to` (µs UTC) is reached."""
        while self.now < to:
            self._forward(to)

    def advance_before(self, to: int) -> None:
        """Step as long as that stays before `to`: what is then set holds from the first step at or after `to`."""
        while self.now + STEP < to:
            self._forward(to - 1)

    def readings(self, site: int = 0) -> dict[str, dict[str, float] | None]:
        """What the devices of one site show now: {quantity: value}, None where nobody can ask for it.

        Reading changes nothing: asked twice at one time, the instruments show the same, noise included.
        """
        seen = shown(self._panels, self.now, site)
        answers = self.parts.cards.answering[site] & self.parts.networks.reached[site]
        return {d.name: seen[d.name] if up else None for d, up in zip(self.site.devices, answers, strict=True)}

    def hidden(self, name: str, attribute: str, site: int = 0) -> Any:
        """What no instrument shows: an attribute of a part, such as `stored` of a UPS's battery.

        Raises:
            KeyError: there is no such part, or it has no such attribute.
        """
        for part, i in self._named.get(name, []):
            if hasattr(part, attribute):
                return getattr(part, attribute)[site, i]
        raise KeyError(f"{name}.{attribute}")

    def _forward(self, to: int) -> None:
        longest = QUIET_STEP if self.quiet else STEP
        self._step(max(STEP, min(longest, (to - self.now) // STEP * STEP)))
        self.milestones.look(self.now)
        for observer in self.observers:
            observer(self)
        if not all(part.quiet for part in self._all):
            self._restless_at = self.now

    def _step(self, step: int) -> None:
        """Bring every part to `step` µs later."""
        self.now += step
        dt = step / SECOND
        parts = self.parts
        supplies = dead(self.sites, self.wiring.nodes)
        _hand_on(supplies, self._sources, parts.utilities.step(self.now, dt))
        tripped = parts.relays.step(self.now, dt, supplies.at(parts.relay_watches))
        blocked = np.asarray((tripped[:, :, np.newaxis] & parts.relay_blocks).any(axis=1))
        self._run_generators(dt)
        _hand_on(supplies, self._sets, parts.generators.supply)
        _hand_on(supplies, self._buses, parts.buses.supply)
        for group in parts.groups:
            source = supplies.at(group.feeds)
            match group.part:
                case TransferSwitches() as switches:
                    # A lockout relay keeps the mains in front of a switch open, those of both its sides.
                    locked = blocked[:, group.columns]
                    normal, emergency = source.only(~locked), supplies.at(group.others).only(~locked)
                    given = switches.energise(self.now, dt, normal, emergency, locked)
                case Switchgears() as boards:
                    given = boards.energise(self.now, dt, source, blocked[:, group.columns])
                case Upses() as upses:
                    given = upses.energise(self.now, dt, source, supplies.at(group.others))
                case pdus:
                    given = pdus.energise(self.now, dt, source)
            _hand_on(supplies, group.columns, given)
        self.supplies = supplies
        self._draw(dt)
        self._cool_and_answer(dt)

    def _run_generators(self, dt: float) -> None:
        parts = self.parts
        called = np.zeros((self.sites, len(parts.generators.names)), np.bool_)
        contacts = [group.part.start_contact for group in parts.switches if isinstance(group.part, TransferSwitches)]
        if contacts and called.size:
            called = np.asarray((np.concatenate(contacts, axis=1)[:, :, np.newaxis] & parts.called_by).any(axis=1))
        carried = parts.buses.share(self.drawn[:, self._buses].sum(axis=-1))
        parts.generators.step(self.now, dt, called, carried)
        parts.buses.step(self.now, dt)

    def _draw(self, dt: float) -> None:
        """What everything draws from what feeds it, from the loads upwards."""
        parts = self.parts
        cords = parts.loads.draw(self.now, dt, self._at_cords(), parts.has_cord)
        drawn: Floats = parts.to_cords @ cords.reshape(self.sites, -1, 3)
        for group in reversed(parts.groups):
            load = drawn[:, group.columns]
            main: Floats
            other: Floats | None = None
            match group.part:
                case TransferSwitches() as switches:
                    switches.absorb(self.now, dt, load)
                    main, other = switches.on_normal, switches.on_emergency
                case Upses() as upses:
                    main, other = upses.absorb(self.now, dt, load)
                case passing:
                    main = passing.absorb(self.now, dt, load)
            drawn += group.to_feeds @ main
            if other is not None:
                drawn += group.to_others @ other
            self.taken[:, group.columns] = main if other is None else main + other
        self.drawn = drawn

    def _at_cords(self) -> Supply:
        cords, there = self.parts.cords, self.supplies
        return Supply(there.volts[:, cords], there.frequency[:, cords], there.distortion[:, cords])

    def _cool_and_answer(self, dt: float) -> None:
        parts = self.parts
        if parts.rooms.names:
            parts.rooms.step(self.now, dt, parts.loads.drawn, parts.loads.cooling_power)
            for group in self._upses:
                rooms = parts.room_of[group.columns]
                upses = group.part
                if isinstance(upses, Upses):
                    upses.ambient = np.where(rooms >= 0, parts.rooms.temperature[:, rooms], upses.ambient)
        lowest = self.supplies.lowest
        fed = lowest[:, : len(self.site.devices)] > ALIVE
        parts.networks.step(self.now, dt, fed)
        for group in self._upses:  # a UPS's card lives on its input as well
            fed[:, group.columns] |= lowest[:, group.feeds] > ALIVE
        parts.cards.step(self.now, dt, fed)
        if self._upses:
            self.registers.notice(self.now, self._fast())

    def _fast(self) -> Fast:
        """What the cards of all UPSs notice at every step."""
        upses = [group.part for group in self._upses if isinstance(group.part, Upses)]
        return Fast(
            np.concatenate([u.source.lowest for u in upses], axis=1),
            np.concatenate([u.source.highest for u in upses], axis=1),
            np.concatenate([u.mode for u in upses], axis=1),
            np.concatenate([u.line_bads for u in upses], axis=1),
            np.concatenate([self.parts.cards.began[:, group.columns] for group in self._upses], axis=1),
        )


def _hand_on(supplies: Supply, nodes: Indices, given: Supply) -> None:
    supplies.volts[:, nodes] = given.volts
    supplies.frequency[:, nodes] = given.frequency
    supplies.distortion[:, nodes] = given.distortion
