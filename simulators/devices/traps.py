"""What devices send of themselves: SNMP traps, on changes between states that they show.

Nobody need listen. What a card would send while its network is down is lost, as with real ones: the caller knows.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from device_profiles.schema import Profile
from simulators.devices.notifications import Notice, Values, Varbind, dialect, words_of
from telemetry.block import SECOND

_UPTIME, _TRAP = "1.3.6.1.2.1.1.3.0", "1.3.6.1.6.3.1.1.4.1.0"  # sysUpTime and snmpTrapOID: every trap begins with them
_MINUTE = 60 * SECOND
_START_WITHIN = 75 * SECOND  # three cranks and two rests of 15 s, as NFPA 110 has it: after that a start has failed


@dataclass(frozen=True, slots=True)
class Trap:
    """One trap.

    time: µs UTC at which it is sent
    oid: of the notification
    varbinds: (OID, value) as SNMPv2 has them; without sysUpTime where the device does not say its uptime
    text: for people
    """

    time: int
    device: str
    oid: str
    varbinds: tuple[Varbind, ...]
    text: str


class Traps:
    """The traps of a site's devices. Remembers what each showed last."""

    def __init__(self, profiles: Mapping[str, Profile]) -> None:
        """Nothing has been seen. Devices of `profiles` that speak neither PowerNet nor the UPS-MIB send nothing."""
        self._speaks = {name: said for name, profile in profiles.items() if (said := dialect(profile))}
        self._before: dict[str, dict[str, str]] = {}
        self._again: dict[str, int] = {}  # when what stands is said again, µs
        self._called: dict[str, int] = {}  # since when a switch calls a generator that does not come, µs

    def sent(self, now: int, shown: Mapping[str, Values | None]) -> tuple[Trap, ...]:
        """What the devices in `shown` send at `now` (µs), in that order.

        Args:
            now: µs UTC, later with every call
            shown: {quantity: value} of each; None: its card is down. What happens meanwhile it does not tell later.
        """
        found: list[Trap] = []
        for name, values in shown.items():
            if name not in self._speaks:
                continue
            if values is None:
                for memory in (self._before, self._again, self._called):
                    memory.pop(name, None)
                continue
            found += (_trap(name, now, values, notice) for notice in self._notices(name, now, values))
        return tuple(found)

    def _notices(self, name: str, now: int, values: Values) -> Iterator[Notice]:
        speaks = self._speaks[name]
        words = words_of(values)
        words["start"] = self._start(name, now, words)
        if before := self._before.get(name):
            yield from speaks.between(before, words)
        self._before[name] = (before or {}) | words  # what is not known now is remembered as it was
        if (standing := speaks.standing(words, values)) is None:
            self._again.pop(name, None)
        elif now >= (due := self._again.get(name, now)):
            self._again[name] = due + _MINUTE
            yield standing

    def _start(self, name: str, now: int, words: Mapping[str, str]) -> str:
        """How the start goes of a generator that a switch calls."""
        if words.get("ats.start_contact") != "run" or words.get("input.2.status") != "bad":
            self._called.pop(name, None)
            return "none"
        called = self._called.setdefault(name, now)
        return "failed" if now - called >= _START_WITHIN else "pending"


def _trap(name: str, now: int, values: Values, notice: Notice) -> Trap:
    uptime = values.get("device.uptime")
    since: tuple[Varbind, ...] = () if uptime is None else ((_UPTIME, round(uptime * 100)),)
    return Trap(now, name, notice.oid, (*since, (_TRAP, notice.oid), *notice.varbinds), notice.text)
