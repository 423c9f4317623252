"""The catalogue of quantities: every name that a device's numbers and states can have.

Names follow Network UPS Tools where it has one (`input.L1-N.voltage`, `battery.runtime`). A name is
looked up with `quantity()`; indexed names (`outlet.7.current`) come from the templates below, so that
the catalogue stays short and a device may have any number of outlets.

A state's number in a sample block is its position in `Quantity.states`. New states are appended,
never inserted: recordings hold the numbers.
"""

import difflib
import re
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache

PHASES = ("L1", "L2", "L3")
PHASE_TO_NEUTRAL = ("L1-N", "L2-N", "L3-N")
PHASE_TO_PHASE = ("L1-L2", "L2-L3", "L3-L1")

# The feeds of a device: where a voltage or frequency can be measured.
FEEDS = ("input", "output", "input.1", "input.2", "input.bypass")


# What a device of each kind is watched for above all: its one column while nothing else is known of it.
PRINCIPAL = {
    "utility": "input.frequency",
    "generator": "generator.state",
    "switchgear": "switchgear.breaker",
    "transfer_switch": "input.source",
    "ups": "ups.status",
    "pdu": "input.current",
    "meter": "input.frequency",
    "dc_plant": "dc.voltage",
}


class Kind(StrEnum):
    """What a number is, and so what may be done with it."""

    MEASUREMENT = "measurement"
    STATE = "state"
    COUNTER = "counter"


class UnknownQuantityError(ValueError):
    """A name that the catalogue does not have; the message names the nearest one that it has."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A named measurable.

    `low` and `high` bound what the quantity can physically be, in its unit: a value outside is never
    believed, whatever the device says. They are no alarm limits.
    """

    name: str
    unit: str
    kind: Kind
    states: tuple[str, ...] = ()
    low: float = float("-inf")
    high: float = float("inf")

    def code(self, state: str) -> int:
        """The number that stands for `state` in a sample block."""
        return self.states.index(state)

    def state(self, code: float) -> str | None:
        """The state that `code` stands for; None for NaN and for a number that is no state."""
        if not 0 <= code < len(self.states) or code != int(code):
            return None
        return self.states[int(code)]


def _measurement(name: str, unit: str, low: float, high: float) -> Quantity:
    return Quantity(name, unit, Kind.MEASUREMENT, (), low, high)


def _state(name: str, *states: str) -> Quantity:
    return Quantity(name, "", Kind.STATE, states, 0, len(states) - 1)


def _fixed() -> list[Quantity]:
    rows: list[Quantity] = []
    for feed in FEEDS:
        rows += [
            _measurement(f"{feed}.{form}voltage", "V", 0, 60_000)
            for form in ("", *(f"{p}." for p in PHASE_TO_NEUTRAL + PHASE_TO_PHASE))
        ]
        # What a device keeps beside what it measures: its highest and lowest of late, and what it is made for.
        rows += [_measurement(f"{feed}.voltage.{of}", "V", 0, 60_000) for of in ("minimum", "maximum", "nominal")]
        rows += [_measurement(f"{feed}.frequency{of}", "Hz", 0, 100) for of in ("", ".nominal")]
        rows += [_measurement(f"{feed}.realpower.{of}", "W", 0, 1e9) for of in ("maximum", "nominal")]
        rows += [_measurement(f"{feed}.{of}", "A", 0, 100_000) for of in ("N.current", "current.nominal")]
        rows.append(_measurement(f"{feed}.power.nominal", "VA", 0, 1e9))
        rows.append(Quantity(f"{feed}.phases", "", Kind.COUNTER, (), 1, 3))
        rows.append(_state(f"{feed}.wiring", "line_to_neutral", "line_to_line"))
        for phase in ("", *(f"{p}." for p in PHASES)):
            rows += [
                _measurement(f"{feed}.{phase}current", "A", 0, 100_000),
                _measurement(f"{feed}.{phase}realpower", "W", -1e9, 1e9),
                _measurement(f"{feed}.{phase}power", "VA", 0, 1e9),
                _measurement(f"{feed}.{phase}reactivepower", "var", -1e9, 1e9),
                _measurement(f"{feed}.{phase}power.percent", "%", 0, 1000),
                *([_measurement(f"{feed}.{phase}frequency", "Hz", 0, 100)] if phase else []),
            ]
        for pair in PHASE_TO_PHASE:  # what is connected from line to line
            rows += [
                _measurement(f"{feed}.{pair}.current", "A", 0, 100_000),
                _measurement(f"{feed}.{pair}.realpower", "W", -1e9, 1e9),
                _measurement(f"{feed}.{pair}.power", "VA", 0, 1e9),
            ]
    rows += [
        _measurement("ups.load", "%", 0, 1000),
        _measurement("ups.temperature", "°C", -60, 200),
        _measurement("ambient.temperature", "°C", -60, 200),
        _measurement("battery.charge", "%", 0, 100),
        _measurement("battery.charge.low", "%", 0, 100),
        _measurement("battery.runtime", "s", 0, 10_000_000),
        _measurement("battery.runtime.low", "s", 0, 10_000_000),  # at which the battery counts as low
        _measurement("battery.voltage.nominal", "V", -2_000, 2_000),
        *(_measurement(f"battery.test.{end}.voltage", "V", -2_000, 2_000) for end in ("initial", "final")),
        *(_measurement(f"battery.test.{end}.current", "A", -20_000, 20_000) for end in ("initial", "final")),
        _measurement("battery.voltage", "V", -2_000, 2_000),
        _measurement("battery.current", "A", -20_000, 20_000),
        _measurement("battery.temperature", "°C", -60, 200),
        _measurement("battery.charger.temperature", "°C", -60, 200),
        _measurement("generator.speed", "rpm", 0, 10_000),
        _measurement("generator.battery.voltage", "V", 0, 200),
        _measurement("generator.alternator.voltage", "V", 0, 200),  # that charges the battery while the engine runs
        _measurement("generator.fuel", "%", 0, 130),
        _measurement("generator.oil.pressure", "kPa", 0, 10_000),
        _measurement("generator.oil.temperature", "°C", -60, 300),
        _measurement("generator.coolant.temperature", "°C", -60, 300),
        _measurement("dc.voltage", "V", -2_000, 2_000),
        _measurement("dc.negative.voltage", "V", -2_000, 2_000),  # of the other half, where a bus is split
        _measurement("dc.voltage.nominal", "V", -2_000, 2_000),
        _measurement("dc.current", "A", -100_000, 100_000),
        _measurement("dc.current.nominal", "A", 0, 100_000),
        _measurement("dc.realpower", "W", -1e9, 1e9),
        _measurement("dc.realpower.nominal", "W", 0, 1e9),
        _measurement("dc.power.percent", "%", 0, 1000),
        # Of all rectifiers, or all converters, of a DC plant together.
        *(
            _measurement(f"{part}.{what}", unit, low, high)
            for part in ("rectifier", "converter")
            for what, unit, low, high in (
                ("input.voltage", "V", -2_000, 2_000),
                ("voltage", "V", -2_000, 2_000),
                ("current", "A", -100_000, 100_000),
                ("realpower", "W", -1e9, 1e9),
            )
        ),
        *(_measurement(f"rectifier.voltage.{of}", "V", -2_000, 2_000) for of in ("nominal", "set")),
        Quantity("ups.on_battery.time", "s", Kind.COUNTER, (), 0, 1e9),
        Quantity("input.linebads", "", Kind.COUNTER, (), 0, 2**64),
        Quantity("device.uptime", "s", Kind.COUNTER, (), 0, 1e10),
        _measurement("device.temperature", "°C", -60, 200),  # of its own electronics
        _state("ups.status", "online", "on_battery", "bypass", "off", "test", "boost", "trim", "eco"),
        _state("battery.status", "normal", "low", "depleted", "fault", "replace"),
        _state("ups.test.result", "none", "passed", "warning", "failed", "aborted", "in_progress"),
        # Mains voltages at which a UPS takes to its battery.
        *(_measurement(f"input.transfer.{end}", "V", 0, 60_000) for end in ("low", "high")),
        # What made a UPS leave its mains the last time.
        _state(
            "input.transfer.reason",
            "none",
            "overvoltage",
            "undervoltage",
            "blackout",
            "sag",
            "spike",
            "rate_of_change",
            "frequency",
            "test",
        ),
        _state("battery.breaker", "open", "closed", "tripped"),
        _state("input.source", "none", "normal", "emergency", "both"),
        _state("input.1.status", "good", "bad"),
        _state("input.2.status", "good", "bad"),
        _state("ats.mode", "auto", "manual", "inhibited", "test"),
        _state("ats.start_contact", "stop", "run"),
        _state("generator.state", "stopped", "cranking", "running", "cooldown", "locked_out"),
        _state("generator.mode", "auto", "manual", "off"),
        _state("generator.breaker", "open", "closed", "tripped"),
        _state("switchgear.breaker", "open", "closed", "tripped"),
        _state("lockout.status", "normal", "locked_out"),
    ]
    return rows


# What a device has several of, by number: an outlet, a bank of outlets, a breaker, a string or block of a battery, a
# module of a UPS or DC plant, a cabinet's sensor.
PARTS = ("outlet", "outlet.group", "circuit", "battery", "rectifier", "converter", "inverter", "module", "ambient")

_OF_A_PART = (
    *((f"{side}voltage", "V", -2_000, 2_000) for side in ("", "input.", "output.")),
    *((f"{side}current", "A", -20_000, 20_000) for side in ("", "input.", "output.")),
    *((f"{side}frequency", "Hz", 0, 100) for side in ("", "input.", "output.")),
    *((f"{side}realpower", "W", -1e6, 1e6) for side in ("", "input.", "output.")),
    *((f"{side}power", "VA", 0, 1e6) for side in ("", "input.", "output.")),
    ("reactivepower", "var", -1e6, 1e6),
    ("power.percent", "%", 0, 1000),
    ("charge", "%", 0, 100),
    ("runtime", "s", 0, 10_000_000),
    ("temperature", "°C", -60, 200),
    ("temperature.nominal", "°C", -60, 200),  # that a cooling unit is set to hold there
    ("disconnect.voltage", "V", -2_000, 2_000),  # at which it is cut off (low-voltage disconnect)
)

# Of a part with several phases, such as a breaker of three poles or a meter's channel.
_OF_ITS_PHASES = (
    *((f"{form}.voltage", "V", 0, 60_000) for form in PHASE_TO_NEUTRAL + PHASE_TO_PHASE),
    *((f"{phase}.current", "A", 0, 20_000) for phase in PHASES),
    *((f"{phase}.frequency", "Hz", 0, 100) for phase in PHASES),
    *((f"{phase}.realpower", "W", -1e6, 1e6) for phase in PHASES),
    *((f"{phase}.power", "VA", 0, 1e6) for phase in PHASES),
    *((f"{phase}.reactivepower", "var", -1e6, 1e6) for phase in PHASES),
)

_TEMPLATES = (
    *(
        _measurement(f"{part}.{{n}}.{name}", unit, low, high)
        for part in PARTS
        for name, unit, low, high in (*_OF_A_PART, *_OF_ITS_PHASES)
    ),
    *(_state(f"{part}.{{n}}.status", "off", "on") for part in ("outlet", "outlet.group", "circuit")),
)

CATALOGUE: dict[str, Quantity] = {q.name: q for q in _fixed()}
TEMPLATES: dict[str, Quantity] = {q.name: q for q in _TEMPLATES}

_INDEXED = re.compile(r"\.([1-9][0-9]{0,4})\.")

# A device that answers for others of its kind behind it: `device.2.input.L1.current` is the second of a chain (the
# first goes without), as in NUT.
_CHAINED = re.compile(r"device\.(?:[2-9]|[1-9][0-9]{1,2})\.(?!device\.)(.+)")

# An alarm of the device's own, by the name that its maker gave it: `alarm.fan-failed`, `alarm.rectifier-3-failed`.
ALARM = re.compile(r"alarm\.[a-z][a-z0-9]*(-[a-z0-9]+)*")
ALARM_STATES = ("ok", "active")


@cache
def quantity(name: str) -> Quantity:
    """The catalogue's entry for `name`.

    Raises:
        UnknownQuantityError: the catalogue has no such name.
    """
    if found := CATALOGUE.get(name):
        return found
    if chained := _CHAINED.fullmatch(name):
        return replace(quantity(chained[1]), name=name)
    if ALARM.fullmatch(name):
        return _state(name, *ALARM_STATES)
    template = TEMPLATES.get(_INDEXED.sub(".{n}.", name, count=1))
    if template and "{n}" not in name:
        return replace(template, name=name)
    near = difflib.get_close_matches(name, [*CATALOGUE, *TEMPLATES], n=1)
    hint = f"; the nearest is {near[0]!r}" if near else ""
    raise UnknownQuantityError(f"no quantity is named {name!r}{hint}")
