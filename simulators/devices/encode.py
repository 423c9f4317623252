"""A profile turned round: from quantities to the words in which a device of that profile would say them.

The inverse of `telemetry/decode.py`, so that simulated devices answer as real ones do: whole numbers in
the device's scale, its own state numbers, its sentinels for what it does not know.
"""

import math
import re
import struct
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from itertools import product
from zlib import crc32

from device_profiles.quantities import Kind, quantity
from device_profiles.schema import WORDS_OF, Address, Label, Profile, placeholders
from device_profiles.table import name_of
from telemetry.reading import Raw
from telemetry.word import LAYOUT, is_one_of

_NUMBERS = {"phase": (1, 2, 3), "pair": (1, 2, 3), "source": (1, 2), "unit": (2,)}
_MOST_SENTINELS = 2_000  # that may lie side by side
_DECIMALS = 3  # that a device gives which says how many there are
_RANGE = {"u16": (0, 2**16 - 1), "s16": (-(2**15), 2**15 - 1), "u32": (0, 2**32 - 1), "s32": (-(2**31), 2**31 - 1)}
_RANGE |= {"u64": (0, 2**64 - 1), "s64": (-(2**63), 2**63 - 1), "bit": (0, 1)}

# A state that a device has no word for is said by another that is as true.
_INSTEAD = {
    ("generator.state", "locked_out"): "stopped",
    ("battery.status", "depleted"): "low",
    ("ats.mode", "inhibited"): "manual",
    ("ups.status", "eco"): "online",
    ("ups.status", "boost"): "online",
    ("ups.status", "trim"): "online",
    ("ups.status", "test"): "on_battery",
    ("battery.status", "fault"): "normal",
    ("battery.status", "replace"): "normal",
    ("battery.breaker", "tripped"): "open",
    ("generator.state", "cooldown"): "running",
    ("generator.breaker", "tripped"): "open",
    ("input.transfer.reason", "frequency"): "rate_of_change",
}

_FORM = re.compile(r"(.*)\.L\d-(N|L\d)\.voltage")

Place = tuple[str, tuple[tuple[str, Address], ...]]  # a quantity, and (key, address) of every place that gives it


def encode(profile: Profile, values: Mapping[str, float]) -> dict[str, Raw]:
    """The raw answer of a device that measures `values`.

    Args:
        profile: how the device speaks
        values: quantities in their unit, states as their codes; NaN is what the device does not know

    Returns:
        Words by address, as a poller would read them. What `values` lacks has no SNMP instance; a register
        cannot be absent and holds the device's sentinel. Of a measurement's places only the first is there.
    """
    raw: dict[str, Raw] = {}
    places_of = dict(_places(profile))
    for name, places in (*places_of.items(), *_numbered(profile, tuple(values))):
        value = values.get(name, math.nan)
        if profile.protocol == "snmp" and (name not in values or _is_other_form(name, values, places_of)):
            continue
        said = ""
        for key, address in places:
            beside = _beside(key, address)
            if key == said or _is_for_another(address, beside, raw):
                continue
            word = None if said or math.isnan(value) else _word(name, address, value)
            sentinel = _sentinel(address) if word is None else None
            if word is None and sentinel is None and address.lists is None:
                continue  # a device that says something else does not say it there
            _put(raw, key, address, sentinel if word is None else word)
            raw = beside | raw
            said = key if word is not None else said
            if said and quantity(name).kind is not Kind.STATE:
                break
    for register in profile.match.registers:
        raw.setdefault(f"{register.space}:{register.register_}", register.equals[0])
    return raw


def walked(profile: Profile, raw: Mapping[str, Raw]) -> dict[str, Raw]:
    """The answer as a poller has it that has read the device's lists to their end: each with its own OID."""
    there = [column for column, sign in profile.lists().items() if sign in raw]
    return {**raw, **{column: sum(key.startswith(f"{column}.") for key in raw) for column in there}}


@lru_cache(maxsize=64)
def _places(profile: Profile) -> tuple[Place, ...]:
    """Where each quantity stands that needs no number to name it."""
    places: dict[str, list[tuple[str, Address]]] = {}
    for point in profile.point:
        names = placeholders(point.quantity)
        if "n" in names:
            continue
        for numbers in product(*(_NUMBERS[n] for n in names)):
            row = dict(zip(names, numbers, strict=True))
            at = ((_key(a, row), a) for a in (_labelled(address, row) for address in point.addresses))
            places.setdefault(name_of(point.quantity, row), []).extend(at)
    return tuple((name, tuple(at)) for name, at in places.items())


@lru_cache(maxsize=256)
def _numbered(profile: Profile, names: tuple[str, ...]) -> tuple[Place, ...]:
    """Where those of `names` stand that have a number, such as outlets."""
    return tuple(_numbered_places(profile, names))


def _numbered_places(profile: Profile, names: tuple[str, ...]) -> Iterator[Place]:
    for point in profile.point:
        others = placeholders(point.quantity) - {"n"}
        if "n" not in placeholders(point.quantity):
            continue
        for numbers in product(*(_NUMBERS[n] for n in others)):
            row = dict(zip(others, numbers, strict=True))
            pattern = re.compile(re.escape(name_of(point.quantity, row)).replace(r"\{n\}", r"(\d+)"))
            for name in names:
                if match := pattern.fullmatch(name):
                    numbered = row | {"n": int(match[1])}
                    at = ((_key(a, numbered), a) for a in (_labelled(address, numbered) for address in point.addresses))
                    yield name, tuple((key, a) for key, a in at if "-" not in key)  # of a series that begins further on


def _is_other_form(name: str, values: Mapping[str, float], known: Collection[str]) -> bool:
    """Whether it is a voltage in the form that this device's one table of voltages does not hold."""
    match = _FORM.fullmatch(name)
    if match is None or (wiring := f"{match[1]}.wiring") not in known or wiring not in values:
        return False
    return quantity(wiring).state(values[wiring]) != ("line_to_neutral" if match[2] == "N" else "line_to_line")


def _labelled(address: Address, row: dict[str, int]) -> Address:
    """The address with the name of its row, where it has one, as the device gives it."""
    if address.label is None:
        return address
    return address.model_copy(
        update={"label": Label(column=address.label.column, reads=name_of(address.label.reads, row))}
    )


def _key(address: Address, row: dict[str, int]) -> str:
    """The address of a row as `RawAnswer` has it; what an index leaves open is row 1."""
    if address.register_ is not None:
        return f"{address.space}:{address.register_}"
    if address.column is None:
        return str(address.oid)
    if address.lists is not None:
        return f"{address.column}.{_own_row(address.lists)}"
    index = address.index or ("*" if address.label else "{" + next(iter(row)) + "}")
    for last in re.findall(r"{(\w+)}", index)[-1:]:
        row = row | {last: address.first + (row[last] - 1) * address.every}
    if "unit" in row:
        row = row | {"unit": row["unit"] + address.first_unit - 1}
    for name, number in row.items():
        index = index.replace(f"{{{name}}}", str(number))
    return f"{address.column}.{index.replace('*', _own_row(address.label.reads) if address.label else '1')}"


def _own_row(what: str) -> str:
    """A row that nothing else is in."""
    return str(1 + crc32(what.encode()) % 60_000)


def _beside(key: str, address: Address) -> dict[str, Raw]:
    """What a device with that place has beside it: what makes it count, and where its point stands."""
    row = key.removeprefix(address.column) if address.column else ""
    found: dict[str, Raw] = {}
    if address.when:
        first = address.when.equals[0] if address.when.equals else 1
        found[f"{address.when.place}{row if address.when.column else ''}"] = (
            first.encode() if isinstance(first, str) else int(first)
        )
    if address.decimals:
        found[f"{address.decimals}{row}"] = _DECIMALS
    if address.label:
        found[f"{address.label.column}{row}"] = address.label.reads.encode()
    return found


def _is_for_another(address: Address, beside: Mapping[str, Raw], raw: Mapping[str, Raw]) -> bool:
    """Whether a place counts only on devices that say otherwise than this one has said already."""
    equals = address.when.equals if address.when else ()
    return bool(equals) and any(
        place in raw and not is_one_of(raw[place], equals)
        for place in beside
        if address.when and place.startswith(address.when.place)
    )


def _word(name: str, address: Address, value: float) -> float | str | None:
    """The word for a value; None where this place has none, as for a state that it does not know."""
    of = quantity(name)
    if address.lists is not None:
        return address.lists if of.state(value) == "active" else None  # an alarm that is not active has no row
    if of.kind is Kind.STATE:
        state = of.state(value) or ""
        words = {state: raw for raw, state in reversed(address.states.items())}
        word = words.get(state, words.get(_INSTEAD.get((name, state), "")))
        return int(word) if word is not None and re.fullmatch(r"-?\d+", word) else word
    number = (value - address.offset) / address.scale * (10**_DECIMALS if address.decimals else 1)
    if address.register_ is not None and address.type in ("f32", "f64"):
        return number
    return _legal(address, round(number), dead=value == 0)


def _legal(address: Address, number: int, *, dead: bool) -> int:
    """The nearest number that the place can hold and that is no sentinel.

    A device whose sentinel is 0 cannot say that there is nothing: of a dead feed it does not know the frequency.
    """
    if address.bits:
        low, high = 0, (1 << address.bits[1]) - 1
    elif address.register_ is not None:
        low, high = _RANGE[address.type]
    else:
        low, high = -(2**31), 2**63 - 1
    number = max(low, min(high, number))
    if dead and not number:
        return number
    for distance in range(_MOST_SENTINELS):  # of two that are equally near, the higher
        for nearby in (number + distance, number - distance):
            if low <= nearby <= high and float(nearby) not in address.unknown:
                return nearby
    return number


def _sentinel(address: Address) -> float | None:
    """How the place says that it does not know; None where it cannot."""
    if address.register_ is not None and address.type in ("f32", "f64"):
        return math.nan
    numbers = [int(u) for u in address.unknown if isinstance(u, float | int)]
    return numbers[-1] if numbers else None


def _put(raw: dict[str, Raw], key: str, address: Address, word: float | str | None) -> None:
    if word is None:
        return
    if isinstance(word, str):
        raw[key] = word.encode()
        return
    if address.character:
        flags = raw.get(key, b"")
        raw[key] = _flagged(flags if isinstance(flags, bytes) else b"", address.character, int(word))
        return
    if address.bits:
        lowest, many = address.bits
        mask = (1 << many) - 1 << lowest
        before = raw.get(key, 0)
        word = (int(before) & ~mask if isinstance(before, int) else 0) | int(word) << lowest
    if address.register_ is None:
        raw[key] = int(word)
        return
    data = struct.pack(f">{LAYOUT[address.type]}", word)
    words = struct.unpack(f">{WORDS_OF[address.type]}H", data)
    for i, register in enumerate(words if address.words == "big" else reversed(words)):
        raw[f"{address.space}:{int(address.register_) + i}"] = register


def _flagged(flags: bytes, place: int, flag: int) -> bytes:
    """A text of flags with the one at a place (from 1) set."""
    text = flags.ljust(place, b"0")
    return text[: place - 1] + str(flag).encode() + text[place:]
