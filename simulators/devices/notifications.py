"""Which SNMP notifications devices send, by the MIB that they speak: PowerNet-MIB 4.5.9 and RFC 1628."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from device_profiles.quantities import quantity
from device_profiles.schema import Profile

Values = Mapping[str, float]
Words = Mapping[str, str]  # of states: {quantity, or what follows from several: word}
Varbind = tuple[str, int | str]

POWERNET = "1.3.6.1.4.1.318.0"  # then the number of the TRAP-TYPE
UPS_MIB = "1.3.6.1.2.1.33"
_TEXT = "1.3.6.1.4.1.318.2.3.3.0"  # mtrapargsString
_WORKING = ("online", "eco", "boost", "trim")
_STATES = (
    "ups.status",
    "battery.status",
    "ups.test.result",
    "alarm.communications-lost",
    "input.source",
    "input.1.status",
    "input.2.status",
    "ats.start_contact",
    "ats.mode",
)


class Notice(NamedTuple):
    """What a notification says. oid: its own; text: for people."""

    oid: str
    varbinds: tuple[Varbind, ...]
    text: str


class Dialect(Protocol):
    """A MIB's notifications."""

    def between(self, before: Words, after: Words) -> Iterator[Notice]:
        """What is sent once the states have gone from the ones to the others."""

    def standing(self, words: Words, values: Values) -> Notice | None:
        """What is sent again every minute while things are so."""


class _Change(NamedTuple):
    """Of a state, from any of some words (None: whatever else) to any of others: a TRAP-TYPE's number, and its text."""

    of: str
    before: tuple[str, ...] | None
    after: tuple[str, ...] | None
    number: int
    text: str

    def made(self, before: str | None, after: str | None) -> bool:
        if before is None or after is None or before == after:
            return False
        return (self.before is None or before in self.before) and (self.after is None or after in self.after)


@dataclass(frozen=True, slots=True)
class _PowerNet:
    changes: tuple[_Change, ...]

    def between(self, before: Words, after: Words) -> Iterator[Notice]:
        for change in self.changes:
            if change.made(before.get(change.of), after.get(change.of)):
                yield Notice(f"{POWERNET}.{change.number}", ((_TEXT, change.text),), change.text)

    def standing(self, words: Words, values: Values) -> Notice | None:
        del words, values
        return None


class _UpsMib:
    """OnBattery and TestInProgress are no entries of the alarm table here: they have traps of their own."""

    # A well-known alarm's number, its text, of which state, and the words in which it is active.
    ALARMS: Sequence[tuple[int, str, str, tuple[str, ...]]] = (
        (1, "battery bad", "battery.status", ("replace", "fault")),
        (3, "battery low", "battery.status", ("low",)),
        (4, "battery depleted", "battery.status", ("depleted",)),
        (8, "output overload", "overload", ("overload",)),
        (9, "on bypass", "ups.status", ("bypass",)),
        (14, "output off", "ups.status", ("off",)),
        (20, "communications lost", "alarm.communications-lost", ("active",)),
    )

    def between(self, before: Words, after: Words) -> Iterator[Notice]:
        for number, text, of, active in self.ALARMS:
            if of not in before or of not in after or (before[of] in active) == (after[of] in active):
                continue
            added = after[of] in active
            varbinds = ((f"{UPS_MIB}.1.6.2.1.1", number), (f"{UPS_MIB}.1.6.2.1.2", f"{UPS_MIB}.1.6.3.{number}"))
            yield Notice(f"{UPS_MIB}.2.{3 if added else 4}", varbinds, text if added else f"{text}: over")
        if before.get("ups.test.result") == "in_progress" and after.get("ups.test.result") != "in_progress":
            yield Notice(f"{UPS_MIB}.2.2", (), "test completed")

    def standing(self, words: Words, values: Values) -> Notice | None:
        """upsTrapOnBattery, with upsEstimatedMinutesRemaining and upsSecondsOnBattery."""
        if words.get("ups.status") != "on_battery":
            return None
        left, since = values.get("battery.runtime", 0.0), values.get("ups.on_battery.time", 0.0)
        binds = ((f"{UPS_MIB}.1.2.3.0", _whole(left / 60)), (f"{UPS_MIB}.1.2.2.0", _whole(since)))
        return Notice(f"{UPS_MIB}.2.1", binds, "on battery")


# `ups.status` says less than the MIB distinguishes: a bypass is taken for the software's own (21), as the
# profile turned round takes it.
_APC_UPS = _PowerNet(
    (
        _Change("ups.status", None, ("on_battery",), 5, "on battery"),
        _Change("ups.status", ("on_battery",), _WORKING, 9, "power restored"),
        _Change("ups.status", None, ("boost",), 6, "boost on"),
        _Change("ups.status", ("boost",), None, 34, "boost off"),
        _Change("ups.status", None, ("trim",), 31, "trim on"),
        _Change("ups.status", ("trim",), None, 35, "trim off"),
        _Change("ups.status", None, ("off",), 12, "turned off"),
        _Change("ups.status", ("off",), None, 30, "turned on"),
        _Change("ups.status", None, ("bypass",), 21, "on bypass"),
        _Change("ups.status", ("bypass",), _WORKING, 23, "returned from bypass"),
        _Change("overload", None, ("overload",), 2, "overload"),
        _Change("overload", ("overload",), None, 33, "overload cleared"),
        _Change("battery.status", ("normal", "replace"), ("low",), 7, "battery low"),
        _Change("battery.status", ("low",), ("normal",), 11, "battery no longer low"),
        _Change("battery.status", None, ("depleted",), 4, "battery discharged"),
        _Change("battery.status", ("depleted",), None, 38, "battery discharge cleared"),
        _Change("battery.status", None, ("replace",), 17, "battery needs replacement"),
        _Change("ups.test.result", None, ("failed",), 3, "self-test failed"),
        _Change("ups.test.result", None, ("passed",), 10, "self-test passed"),
        _Change("alarm.communications-lost", None, ("active",), 1, "communication with the UPS lost"),
        _Change("alarm.communications-lost", None, ("ok",), 8, "communication with the UPS established"),
    )
)
_APC_RACK_SWITCH = _PowerNet(
    (
        _Change("input.source", None, ("emergency",), 126, "switched to the other source"),
        _Change("input.source", None, ("normal",), 126, "switched to the preferred source"),
        _Change("redundancy", None, ("lost",), 127, "redundancy lost"),
        _Change("redundancy", None, ("full",), 128, "redundancy restored"),
        _Change("alarm.communications-lost", None, ("active",), 131, "communication with the switch lost"),
    )
)
_APC_FACILITY_SWITCH = _PowerNet(
    (
        _Change("input.source", None, ("none",), 397, "in neutral position"),
        _Change("input.source", None, ("normal", "emergency"), 398, "transferred"),
        _Change("ats.start_contact", None, ("run",), 401, "engine start asserted"),
        _Change("ats.start_contact", None, ("stop",), 402, "engine stop asserted"),
        _Change("start", None, ("failed",), 403, "start failure"),
        _Change("ats.mode", ("auto",), ("manual", "inhibited"), 405, "not in automatic mode"),
        _Change("ats.mode", None, ("test",), 411, "test initiated"),
    )
)
_OF_PROFILE: Mapping[str, Dialect] = {
    "apc/ups": _APC_UPS,
    "apc/rack-switch": _APC_RACK_SWITCH,
    "apc/transfer-switch": _APC_FACILITY_SWITCH,
}


def dialect(profile: Profile) -> Dialect | None:
    """How devices of that profile send notifications; None: not at all, as far as is known."""
    if found := _OF_PROFILE.get(profile.name):
        return found
    status = f"{UPS_MIB}.1.4.1.0"
    return _UpsMib() if any(address.place == status for address in profile.addresses()) else None


def words_of(values: Values) -> dict[str, str]:
    """The states that a device shows, by their words, and what follows from them and from its load."""
    found: dict[str, str] = {}
    for name in _STATES:
        if (word := quantity(name).state(values.get(name, -1.0))) is not None:
            found[name] = word
    if (load := values.get("ups.load", math.nan)) >= 0:
        found["overload"] = "overload" if load > 100 else "none"
    if "input.1.status" in found and "input.2.status" in found:
        both = found["input.1.status"] == found["input.2.status"] == "good"
        found["redundancy"] = "full" if both else "lost"
    return found


def _whole(number: float) -> int:
    return 0 if math.isnan(number) else round(number)
