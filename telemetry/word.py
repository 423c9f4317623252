"""One word of a device as a number: types, scale, bits, sentinels, states, text. Pure.

GOOD only where the word has a legal type, is no sentinel, names a known state and lies in range.
"""

import math
import re
import struct
from collections.abc import Sequence

import numpy as np

from device_profiles.quantities import Kind, Quantity
from device_profiles.schema import WORDS_OF, Address
from telemetry.block import Quality
from telemetry.reading import Raw, RawAnswer

# A number as text, perhaps with its unit behind it.
_NUMBER = re.compile(r"([-+]?[0-9]+(?:[.,][0-9]+)?)\s*([^\s0-9]*)")
_WHOLE = re.compile(r"[-+]?[0-9]{1,20}")  # of 64 bits at most
_HEXADECIMAL = re.compile(r"0[xX][0-9a-fA-F]{1,16}")
_THOUSANDS = re.compile(r"[-+]?[1-9][0-9]{0,2},[0-9]{3}")  # or a decimal comma: nobody can tell
_UNITS = {"°C": {"c", "°c"}, "s": {"s", "sec", "seconds"}}
_PREFIXED = {"V", "A", "W", "VA", "var"}
_PREFIXES = {"k": 1e3, "K": 1e3, "m": 1e-3, "M": 1e6}

# Decimal places that a scaled value keeps, so that 1216 * 0.1 is the 121.6 that is meant.
_PLACES = 9

# How `struct` names the register types.
LAYOUT = {"u16": "H", "s16": "h", "bit": "H", "u32": "I", "s32": "i", "u64": "Q", "s64": "q", "f32": "f", "f64": "d"}

_UNBELIEVABLE = (math.nan, Quality.SUSPECT)


def word_at(key: str, address: Address, raw: RawAnswer) -> Raw | float | None:
    """What stands at an address: an SNMP object, or a register's words joined. None where it was not answered.

    Args:
        key: the OID of the instance, or the first register as `holding:3027`
        address: how its words are read
        raw: the device's answer
    """
    if address.register_ is None:
        return raw.get(key)
    numbers = range(address.register_, address.register_ + WORDS_OF[address.type])
    words = [raw.get(f"{address.space}:{number}") for number in numbers]
    return None if None in words else _joined(words, address)


def _joined(words: list[Raw | None], address: Address) -> float | str:
    """Registers as one number; as text, which no register holds, where one is no 16-bit word."""
    try:
        data = struct.pack(f">{len(words)}H", *(words if address.words == "big" else reversed(words)))
    except struct.error:
        return repr(words)
    number: float = struct.unpack(f">{LAYOUT[address.type]}", data)[0]
    # A 32-bit float as the shortest decimal that means it: 230.1, not 230.10000610351562.
    return float(str(np.float32(number))) if address.type == "f32" else number


def number_of(of: Quantity, address: Address, word: Raw | float, scale: float | None = None) -> tuple[float, Quality]:
    """A word as a number in the quantity's unit, or a state's code, and how far it can be believed.

    Args:
        of: the quantity
        address: how its words are read
        word: what stands there
        scale: in place of the address's own; NaN where nobody knows it

    Returns:
        GOOD and the number; NaN and MISSING for a sentinel; NaN and SUSPECT for all that cannot be believed
    """
    text = text_of(word)
    if address.character:
        text = text[address.character - 1 : address.character]
        word = text.encode()
    number = _as_number(word, text, of)
    if address.bits and isinstance(number, int):
        lowest, many = address.bits
        number = number >> lowest & (1 << many) - 1
        text = str(number)
    if _says_unknown(address, number, text):
        return math.nan, Quality.MISSING
    if of.kind is Kind.STATE:
        state = address.states.get(text)
        return _UNBELIEVABLE if state is None else (float(of.code(state)), Quality.GOOD)
    if number is None:
        return _UNBELIEVABLE
    factor, offset = address.scale if scale is None else scale, address.offset
    if isinstance(word, bytes) and _names_unit(text):
        factor, offset = 1.0, 0.0  # it is in that unit, whatever a bare number there is counted in
    try:
        scaled = number * factor if number else 0.0  # nothing is nothing at any scale
        value = round(scaled + offset, _PLACES)
    except OverflowError:  # an integer, or an infinity, beyond what a float can hold
        return _UNBELIEVABLE
    low, high = address.range or (of.low, of.high)
    if not (math.isfinite(value) and max(low, of.low) <= value <= min(high, of.high)):
        return _UNBELIEVABLE
    return value, Quality.GOOD


def text_of(word: Raw | float) -> str:
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
    factor = _factor(match[2], of.unit)
    if factor is None:
        return None
    if factor == 1 and _WHOLE.fullmatch(match[1]):
        return int(match[1])  # whole, so that its bits can be looked at
    return round(float(match[1].replace(",", ".")) * factor, _PLACES)


def _names_unit(text: str) -> bool:
    """Whether a number as text has its unit behind it."""
    match = None if _HEXADECIMAL.fullmatch(text) else _NUMBER.fullmatch(text)
    return bool(match and match[2])


def _factor(said: str, unit: str) -> float | None:
    """By what a number has to be multiplied behind which `said` stands as its unit; None where that is another unit."""
    if said.lower() in {"", unit.lower(), *_UNITS.get(unit, ())}:
        return 1.0
    return _PREFIXES.get(said[0]) if unit in _PREFIXED and said[1:].lower() == unit.lower() else None


def is_one_of(word: Raw | float, values: Sequence[float | str]) -> bool:
    """Whether a word is one of these: the same number, or the same text whatever its case."""
    text = text_of(word)
    return any(text.lower() == (v.lower() if isinstance(v, str) else f"{v:.15g}") for v in values)


def _says_unknown(address: Address, number: float | None, text: str) -> bool:
    """Whether the device says that it does not know: a sentinel of the profile, or a float's NaN."""
    if number is not None and math.isnan(number):
        return True
    return any(u == number if isinstance(u, float) else u.lower() == text.lower() for u in address.unknown)
