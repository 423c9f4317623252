"""From a device's own words to quantities, as its profile says. Pure: no network, no clock.

A value is GOOD only where the raw word has a legal type, is no sentinel, names a known state and lies in
the quantity's range. A sentinel gives MISSING, everything else that cannot be believed gives SUSPECT;
both with NaN. What a device does not answer gives nothing at all.
"""

import math
import re
import struct
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from device_profiles.quantities import Kind, Quantity, quantity
from device_profiles.schema import WORDS_OF, Address, Point, Profile
from device_profiles.table import Row, expand, name_of, rows_of
from telemetry.block import Quality
from telemetry.reading import Raw, RawAnswer, Value

# A number as text, perhaps with its unit behind it.
_NUMBER = re.compile(r"([-+]?[0-9]+(?:[.,][0-9]+)?)\s*([^\s0-9]*)")
_HEXADECIMAL = re.compile(r"0[xX][0-9a-fA-F]{1,16}")
_THOUSANDS = re.compile(r"[-+]?[1-9][0-9]{0,2},[0-9]{3}")  # or a decimal comma: nobody can tell
_UNITS = {"°C": {"c", "°c"}, "s": {"s", "sec", "seconds"}}

# Decimal places that a scaled value keeps, so that 1216 * 0.1 is the 121.6 that is meant.
_PLACES = 9

# How `struct` names the register types, most significant word first.
_LAYOUT = {"u16": "H", "s16": "h", "bit": "H", "u32": "I", "s32": "i", "u64": "Q", "s64": "q", "f32": "f", "f64": "d"}

_Place = tuple[str, Address]  # an address in the raw answer, and how to read what stands there


@dataclass(frozen=True, slots=True)
class _Slot:
    """A quantity with the places that can give it, the preferred first."""

    quantity: Quantity
    places: tuple[_Place, ...]


def decode(profile: Profile, raw: RawAnswer, instances: Collection[str] | None = None) -> tuple[Value, ...]:
    """The quantities in one answer, each at most once: the first place with a GOOD value wins.

    Args:
        profile: how the device's words are read
        raw: the device's words by address
        instances: the addresses that the device is known to have since first contact. Names come from them,
            so that a row missing in one answer renames nothing. Absent: the addresses in `raw`.
    """
    known = frozenset(raw if instances is None else instances)
    slots = _slots(profile, known, _phase_counts(profile, raw, known))
    return tuple(value for slot in slots if (value := _value(slot, raw)) is not None)


def possible_quantities(profile: Profile) -> tuple[str, ...]:
    """What a device of this profile can give, as far as is known without contact.

    All phases, pairs and sources stand in it; outlets and what else a device has any number of do not.
    """
    return tuple(dict.fromkeys(name for point in profile.point for name in expand(point.quantity)))


def _phase_counts(profile: Profile, raw: RawAnswer, known: Collection[str]) -> tuple[tuple[str, int], ...]:
    """How many phases each feed has where the device says so (`input.phases`).

    0 where it is known to say so and did not in this answer: its rows then cannot be named.
    """
    counts = []
    for point in profile.point:
        feed, _, last = point.quantity.rpartition(".")
        if last != "phases":
            continue
        slot = _Slot(quantity(point.quantity), tuple((a.oid, a) for a in point.addresses if a.oid))
        value = _value(slot, raw)
        if value and value.quality is Quality.GOOD:
            counts.append((feed, int(value.value)))
        elif value is None and any(key in known for key, _ in slot.places):
            counts.append((feed, 0))
    return tuple(counts)


@lru_cache(maxsize=4096)
def _slots(profile: Profile, known: frozenset[str], phases: tuple[tuple[str, int], ...]) -> tuple[_Slot, ...]:
    """Every quantity of a device with these addresses; where to read it from."""
    places: dict[str, list[_Place]] = defaultdict(list)
    limits = dict(phases)
    for point in profile.point:
        feed = re.split(r"\.\{(?:phase|pair)\}", point.quantity)[0]
        for address in point.addresses:
            if address.register_ is not None:
                places[point.quantity].append((f"{address.space}:{address.register_}", address))
            elif address.oid:
                places[point.quantity].append((address.oid, address))
            else:
                for key, name in _names(point, address, known, limits.get(feed, 3)).items():
                    places[name].append((key, address))
    return tuple(_Slot(quantity(name), tuple(at)) for name, at in places.items() if not _is_doubled(name, places))


def _names(point: Point, address: Address, known: frozenset[str], phases: int) -> dict[str, str]:
    """The quantity's name for each instance of a column. One phase alone is a single-phase device."""
    rows = {
        oid: row
        for oid, row in rows_of(address, point, known).items()
        if row.get("phase", 1) <= phases and row.get("pair", 1) <= max(1, phases * (phases - 1) // 2)
    }
    siblings: dict[tuple[tuple[str, int], ...], set[int]] = defaultdict(set)
    for row in rows.values():
        siblings[_without_phase(row)].add(row.get("phase", 0))
    return {
        oid: name_of(point.quantity, row, single_phase=len(siblings[_without_phase(row)]) == 1)
        for oid, row in rows.items()
    }


def _without_phase(row: Row) -> tuple[tuple[str, int], ...]:
    return tuple(sorted((name, number) for name, number in row.items() if name != "phase"))


def _is_doubled(name: str, names: Collection[str]) -> bool:
    """Whether it is a voltage or current without a phase, beside those of every phase."""
    feed, _, what = name.rpartition(".")
    return (what == "voltage" and f"{feed}.L2-N.voltage" in names) or (
        what == "current" and f"{feed}.L2.current" in names
    )


def _value(slot: _Slot, raw: RawAnswer) -> Value | None:
    doubtful: Value | None = None
    for key, address in slot.places:
        word = _word(key, address, raw)
        if word is None:
            continue
        number, quality = _number(slot.quantity, address, word)
        if quality is Quality.GOOD:
            return Value(slot.quantity.name, number, quality, key)
        doubtful = doubtful or Value(slot.quantity.name, math.nan, quality, key)
    return doubtful


def _word(key: str, address: Address, raw: RawAnswer) -> Raw | float | None:
    """What stands at an address; a register's words joined. None where the device did not answer it."""
    if address.register_ is None:
        return raw.get(key)
    keys = [f"{address.space}:{address.register_ + i}" for i in range(WORDS_OF[address.type])]
    words = [raw.get(k) for k in keys]
    if None in words:
        return None
    return _joined(words, address)


def _joined(words: list[Raw | None], address: Address) -> float | str:
    """Registers as one number; as text, which no register holds, where they are no 16-bit words."""
    try:
        data = struct.pack(f">{len(words)}H", *(words if address.words == "big" else reversed(words)))
    except struct.error:
        return repr(words)
    number: float = struct.unpack(f">{_LAYOUT[address.type]}", data)[0]
    # A 32-bit float as the shortest decimal that means it: 230.1, not 230.10000610351562.
    return float(str(np.float32(number))) if address.type == "f32" else number


def _number(of: Quantity, address: Address, word: Raw | float) -> tuple[float, Quality]:
    """A word as a number in the quantity's unit, or a state's code, with its quality."""
    text = _text(word)
    number = _as_number(word, text, of)
    if number is not None and address.bits and isinstance(number, int):
        lowest, many = address.bits
        number = number >> lowest & (1 << many) - 1
        text = str(number)
    if _is_unknown(address, number, text):
        return math.nan, Quality.MISSING
    if of.kind is Kind.STATE:
        state = address.states.get(text)
        return (math.nan, Quality.SUSPECT) if state is None else (float(of.code(state)), Quality.GOOD)
    if number is None:
        return math.nan, Quality.SUSPECT
    try:
        value = round(number * address.scale + address.offset, _PLACES)
    except OverflowError:
        return math.nan, Quality.SUSPECT
    if not of.low <= value <= of.high or not math.isfinite(value):
        return math.nan, Quality.SUSPECT
    return value, Quality.GOOD


def _text(word: Raw | float) -> str:
    """A word as text: a number's digits, a string without quotes and padding."""
    if isinstance(word, bytes):
        return word.decode("utf-8", errors="replace").strip(" \t\r\n\0\"'")
    return str(int(word)) if isinstance(word, bool) else str(word)


def _as_number(word: Raw | float, text: str, of: Quantity) -> float | int | None:
    """The number that a word is; None where it is none or could be more than one."""
    if isinstance(word, int | float):
        return word
    if isinstance(word, str):  # an OID or an IP address
        return None
    if _HEXADECIMAL.fullmatch(text):
        return int(text, 16)
    match = _NUMBER.fullmatch(text)
    if not match or _THOUSANDS.fullmatch(match[1]):
        return None
    unit = match[2].lower()
    if unit and unit != of.unit.lower() and unit not in _UNITS.get(of.unit, ()):
        return None
    return float(match[1].replace(",", "."))


def _is_unknown(address: Address, number: float | None, text: str) -> bool:
    """Whether the device says so that it does not know: a sentinel of the profile, or a float's NaN."""
    if number is not None and math.isnan(number):
        return True
    return any(u == number if isinstance(u, float) else u.lower() == text.lower() for u in address.unknown)
