"""Where in a device's answer a quantity stands, and what an answer says there. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from device_profiles.quantities import ALARM_STATES, Quantity
from device_profiles.schema import Address
from telemetry.block import Quality
from telemetry.reading import RawAnswer, Value
from telemetry.word import is_one_of, number_of, word_at

Listed = Mapping[str, frozenset[str]]  # what each list of what is active holds, by its column

_MOST_DECIMALS = 9


@dataclass(frozen=True, slots=True)
class Place:
    """One place that can give a value.

    key: of the value, as in `RawAnswer`
    condition, decimals: the keys of what decides whether it counts, and where its point stands; None where nothing does
    """

    key: str
    address: Address
    condition: str | None = None
    decimals: str | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """A quantity with the places that can give it, the preferred first."""

    quantity: Quantity
    places: tuple[Place, ...]


def value_of(slot: Slot, raw: RawAnswer, scales: Mapping[str, float], listed: Listed) -> Value | None:
    """What an answer says of a quantity: the first GOOD value, else why there is none; None where it says nothing.

    Args:
        slot: the quantity and its places
        raw: the answer
        scales: of the places whose profile leaves that open, by `Address.place`; without one a value is not believed
        listed: the lists that the answer holds whole
    """
    doubtful: Value | None = None
    for place in slot.places:
        read = value_at(place, slot.quantity, raw, scales, listed)
        if read is None:
            continue
        number, quality = read
        if quality is Quality.GOOD:
            return Value(slot.quantity.name, number, quality, place.key)
        doubtful = doubtful or Value(slot.quantity.name, math.nan, quality, place.key)
    return doubtful


def value_at(
    place: Place, of: Quantity, raw: RawAnswer, scales: Mapping[str, float], listed: Listed
) -> tuple[float, Quality] | None:
    """The value at one place and how far it can be believed; None where it is not answered, or does not count."""
    address = place.address
    if place.key not in raw and address.register_ is None:
        return None
    if place.condition is not None and address.when:
        if place.condition not in raw:
            return math.nan, Quality.MISSING
        if address.when.equals and not is_one_of(raw[place.condition], address.when.equals):
            return None
    if address.lists is not None:
        is_active = address.lists in listed.get(place.key, ())
        return float(ALARM_STATES.index("active" if is_active else "ok")), Quality.GOOD
    word = word_at(place.key, address, raw)
    if word is None:
        return None
    scale = scales.get(address.place, math.nan) if address.other_scales else address.scale
    if place.decimals is not None:
        if place.decimals not in raw:
            return math.nan, Quality.MISSING
        decimals = raw[place.decimals]
        if not isinstance(decimals, int) or not 0 <= decimals <= _MOST_DECIMALS:
            return math.nan, Quality.SUSPECT
        scale /= 10**decimals
    return number_of(of, address, word, scale)
