"""What an agent's own words tell of the objects beside them: units, and what a name says is measured. Pure."""

import re
from dataclasses import dataclass

from device_profiles.walk import Walk
from telemetry.word import text_of

# A unit as agents write it -> the catalogue's, and by what a value has to be multiplied.
_UNITS = {
    **dict.fromkeys(("v", "volt", "volts", "vac", "vdc", "vrms"), ("V", 1.0)),
    **dict.fromkeys(("mv", "millivolts"), ("V", 0.001)),
    **dict.fromkeys(("a", "amp", "amps", "ampere", "amperes", "arms"), ("A", 1.0)),
    **dict.fromkeys(("ma", "milliamps"), ("A", 0.001)),
    **dict.fromkeys(("w", "watt", "watts"), ("W", 1.0)),
    **dict.fromkeys(("kw", "kilowatts"), ("W", 1000.0)),
    **dict.fromkeys(("va",), ("VA", 1.0)),
    **dict.fromkeys(("kva",), ("VA", 1000.0)),
    **dict.fromkeys(("var",), ("var", 1.0)),
    **dict.fromkeys(("kvar",), ("var", 1000.0)),
    **dict.fromkeys(("hz", "hertz"), ("Hz", 1.0)),
    **dict.fromkeys(("c", "°c", "degc", "deg c", "celsius", "degrees celsius"), ("°C", 1.0)),
    **dict.fromkeys(("f", "°f", "degf", "deg f", "fahrenheit", "degrees fahrenheit"), ("°F", 1.0)),
    **dict.fromkeys(("%", "percent"), ("%", 1.0)),
}
_MEASURED = re.compile(r"([-+]?\d+(?:\.\d+)?) ?([^\d\s][^\d]*)")

# What a name has to hold for its object to be of that unit, in the languages that agents were seen to speak.
_KINDS = {
    "V": r"volts?|voltages?|spann(?:ung)?|tension",
    "A": r"currents?|amps?|amperage|strom|courant",
    "W": r"active power|real power|true power|wirkleistung|watts?",
    "VA": r"apparent power|scheinleistung|va",
    "var": r"reactive power|blindleistung|var",
    "Hz": r"frequency|frequencies|freq|frequenz",
    "°C": r"temp|temps|temperatures?|temperatur|température",
    "%": r"percent|charge|soc",
    "other": r"humid(?:ity)?|energy|kwh|wh|ah|power factor|pf|thd|hours?|minutes?|runtime|time|date|capacity",
}
_KIND = {unit: re.compile(rf"(?<![a-z])(?:{words})(?![a-z])") for unit, words in _KINDS.items()}

# What is set, rated, counted or kept, not measured now.
_LIMIT = re.compile(
    r"(?<![a-z])(?:set ?(?:pt|point)?|limits?|alarms?|warn(?:ing)?s?|thresh(?:old)?s?|hyst(?:eresis)?|nom(?:inal)?|rated|rating"
    r"|min(?:imum)?|max(?:imum)?|peak|high|low|upper|lower|offset|delay|mode|status|state|fail(?:ed|ure)?|fault|test|config"
    r"|enable|disconnect|lvd|installed|available|count|shunt|ratio|correction|default|unbalance|imbalance)(?![a-z])"
)

# The part of a device that a name speaks of; the first that is found.
_PARTS = (
    ("battery", r"batt?(?:ery|erie|eries)?"),
    ("bypass", r"bypass"),
    ("dc", r"dc|bus"),
    ("mains", r"ac|mains?|utility|netz|grid"),
    ("input", r"input|line"),
    ("output", r"output|inverter"),
    ("ambient", r"ambient|room|cabinet|cab|outside|rack"),
)
_PART = tuple((part, re.compile(rf"(?<![a-z])(?:{words})(?![a-z])")) for part, words in _PARTS)

# A run of capitals and digits, a MAC or IP address, a mail address, the host's name in what Linux says of itself.
_SERIAL = re.compile(
    r"\b(?=(?:[A-Z-]*\d){6})[0-9A-Z-]{7,}\b|(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}|\d+\.\d+\.\d+\.\d+|\S+@\S+|(?<=^Linux )\S+"
)


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of the catalogue (or °F), by what a value is to be multiplied for it, and as the agent writes it."""

    name: str
    factor: float
    said: str


@dataclass(frozen=True, slots=True)
class Measured:
    """A text such as `12.094 Amps`."""

    value: float
    unit: Unit
    decimals: int


def text_in(walk: Walk, oid: str) -> str | None:
    """The object's text; None where it is no string or holds no letter, no degree sign and no percent sign."""
    word = walk[oid]
    if not isinstance(word, bytes):
        return None
    text = text_of(word)
    return text if text.isprintable() and re.search(r"[^\W\d_]|[%°]", text) else None


def unit_of(text: str) -> Unit | None:
    """The unit that a text is and nothing else."""
    found = _UNITS.get(text.strip().lower().rstrip("."))
    return Unit(*found, text) if found else None


def measured(text: str) -> Measured | None:
    """The value and unit that a text is and nothing else."""
    match = _MEASURED.fullmatch(text)
    unit = unit_of(match[2]) if match else None
    return Measured(float(match[1]), unit, len(match[1].partition(".")[2])) if match and unit else None


def unit_by_name(name: str) -> str | None:
    """The unit of what a name says is measured now; None where it says nothing, more than one thing, or a limit."""
    words = _words(name)
    if _LIMIT.search(words):
        return None
    found = [unit for unit, words_of in _KIND.items() if words_of.search(words)]
    if not found and re.fullmatch(r"(?:ac )?mains(?: l?\d)?", words):
        return "V"
    return found[0] if len(found) == 1 and found[0] != "other" else None


def is_limit(name: str) -> bool:
    """Whether a name speaks of what is set, rated or kept, not of what is measured now."""
    return _LIMIT.search(_words(name)) is not None


def part_by_name(name: str) -> str | None:
    """The part of the device that a name speaks of."""
    words = _words(name)
    return next((part for part, pattern in _PART if pattern.search(words)), None)


def is_serial_like(text: str) -> bool:
    """Whether a text holds what names one single device, its place on the network or its people."""
    return _SERIAL.search(text) is not None


def without_serials(text: str) -> str:
    """The text with `…` in place of what names one single device, its place on the network or its people."""
    return _SERIAL.sub("…", text)


def _words(name: str) -> str:
    """`Phase L1.Voltage.SetPtLow`, `MainsVolt 1` as words in small letters."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return " ".join(re.split(r"[\W_]+", parted)).lower().strip()
