"""What the devices of one site say, and when: between what their instruments show and what a poller is given.

A card answers from its own copy of its device, refreshed now and then; answers take time, come late or never;
registers and counters are the card's and begin anew with it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp
from typing import Any

from simulators.chance import Chance
from simulators.devices.answering_parameters import KEYS, AnsweringParameters
from simulators.devices.registers import Registers
from simulators.devices.sensors import Sensors
from telemetry.block import SECOND

Values = Mapping[str, float]
Readings = Mapping[str, Values | None]  # device -> {quantity: value}; None while its card is silent

_IDEAL = AnsweringParameters()
_PHASE, _LOST, _LATE, _HOW_LATE, _LATENCY = range(5)  # what is drawn
_SPREAD = 0.33  # of the latency, in parts of e


@dataclass(frozen=True, slots=True)
class Shown:
    """One device's answer to a poll.

    values: what it says; None: it does not answer
    delay: µs from the poll to the answer; None: it is lost
    stamp: µs UTC, by the device's own clock, of what it says
    began: µs since when its agent counts its uptime; None: not known
    """

    values: Values | None
    delay: int | None
    stamp: int
    began: int | None = None


class Answering:
    """The devices of one site. What it shows at one time is the same, however often it is asked then."""

    def __init__(
        self,
        names: Sequence[str],
        parameters: Mapping[str, AnsweringParameters],
        seed: int,
        *,
        tick: int = SECOND,
        registers: Registers | None = None,
        site: int = 0,
    ) -> None:
        """Nothing has been read yet.

        Args:
            names: of the devices
            parameters: of those that are not ideal
            seed: of chance
            tick: µs, the grid on which answers that are late miss their place
            registers: of the UPSs' cards, if there are any
            site: its number in them
        """
        self.names = tuple(names)
        self._tick = tick
        self._registers = registers
        self._site = site
        self._parameters = {name: parameters.get(name, _IDEAL) for name in self.names}
        self._sensors = {name: Sensors(p) for name, p in self._parameters.items()}
        self._copies: dict[str, tuple[int, int, Values]] = {}  # of slow cards: refresh, µs, values
        self._chance = Chance([seed], self.names)
        self._sort()
        self._phases = dict(zip(self.names, self._chance.uniform(0, _PHASE)[0].tolist(), strict=True))

    def set(self, device: str, key: str, value: object) -> None:
        """One setting of a scenario: any of the parameters, from now on.

        Raises:
            ValueError: there is no such device or parameter, or the value does not fit it.
        """
        if device not in self._parameters:
            raise ValueError(f"there is no device {device!r}; there are {', '.join(self.names)}")
        if key not in KEYS:
            raise ValueError(f"answers have {', '.join(KEYS)}, not {key} = {value!r}")
        changed = AnsweringParameters.of(device, self._parameters[device].model_dump() | {key: value})
        self._parameters[device] = changed
        self._sensors[device].become(changed)
        self._sort()

    def refreshing(self, since: int, now: int) -> tuple[str, ...]:
        """The devices whose cards look at them in (since, now], both µs: `refresh` gives them what they see then."""
        return tuple(name for name in self._slow if self._refresh(name, since) != self._refresh(name, now))

    def refresh(self, now: int, readings: Readings, began: Mapping[str, int] | None = None) -> None:
        """Let slow cards look at their devices. Those of `readings` that are not due, or not slow, are left alone."""
        kept = self._registers.values(self._site) if self._registers else {}
        for name, values in readings.items():
            if name in self._slow:
                self._look(name, now, values, kept.get(name), (began or {}).get(name))

    def show(self, now: int, readings: Readings, began: Mapping[str, int] | None = None) -> dict[str, Shown]:
        """What each device answers to a poll at `now` (µs).

        Args:
            now: µs UTC
            readings: what their instruments show now
            began: µs since when the agents count
        """
        kept = self._registers.values(self._site) if self._registers else {}
        delays = self._delays(now)
        found: dict[str, Shown] = {}
        for name, values in readings.items():
            p = self._parameters[name]
            since = (began or {}).get(name)
            at, said = self._look(name, now, values, kept.get(name), since)
            found[name] = Shown(said, delays.get(name, 0), at + round(p.clock * SECOND), since)
        return found

    def _sort(self) -> None:
        """Find those that need more than to be read."""
        every = [(i, name, p) for i, (name, p) in enumerate(self._parameters.items())]
        self._slow = {name: None for _, name, p in every if p.update > 0}
        self._delayed = [(i, name, p) for i, name, p in every if p.latency or p.lost or p.late]

    def _look(
        self, name: str, now: int, values: Values | None, kept: Values | None, began: int | None
    ) -> tuple[int, Values | None]:
        """What the card has of its device, and since when: a copy, where it is slow and has one."""
        if values is None:
            self._copies.pop(name, None)
            return now, None
        slow = name in self._slow
        refresh = self._refresh(name, now) if slow else 0
        if slow and (copy := self._copies.get(name)) and copy[0] == refresh and copy[1] <= now:
            return copy[1], copy[2]
        seen = self._sensors[name].read(_with_registers(values, kept, now, began))
        if slow:
            self._copies[name] = refresh, now, seen
        return now, seen

    def _refresh(self, name: str, now: int) -> int:
        """How many times the card has looked since 1970."""
        p = self._parameters[name]
        phase = p.phase if p.phase is not None else self._phases[name] * p.update
        return (now - round(phase * SECOND)) // max(1, round(p.update * SECOND))

    def _delays(self, now: int) -> dict[str, int | None]:
        """µs until the answer comes, of the devices that do not answer at once; None: never."""
        if not self._delayed:
            return {}
        lost, late, how_late = (self._chance.uniform(now, what)[0] for what in (_LOST, _LATE, _HOW_LATE))
        normal = self._chance.normal(now, _LATENCY)[0]
        found: dict[str, int | None] = {}
        for i, name, p in self._delayed:
            takes = round(p.latency * exp(_SPREAD * normal[i]) * SECOND)
            if late[i] < p.late:
                takes = self._tick + int(how_late[i] * self._tick)
            found[name] = None if lost[i] < p.lost else takes
        return found


def _with_registers(values: Values, kept: Values | None, now: int, began: int | None) -> Values:
    """What the instruments show, with what the card keeps and counts itself."""
    if kept is None and (began is None or "ups.on_battery.time" not in values):
        return values
    found: dict[str, Any] = {**values, **(kept or {})}
    if began is not None:
        uptime = max(0.0, (now - began) / SECOND)
        found["device.uptime"] = uptime
        if "ups.on_battery.time" in found:  # RFC 1628: since the transfer, or since the agent restarted
            found["ups.on_battery.time"] = min(found["ups.on_battery.time"], uptime)
    return found
