"""What an agent counts in, where those of one MIB differ: found out by what makes its values plausible. Pure.

The UPS-MIB counts volts, tenths of hertz and watts, and agents of it are seen to give tenths of volts, hundredths of
hertz and kilowatts, each for this table and not for that one. A profile lists what may be (`other_scales`); here the first
answer that is plausible at one of them decides, for each table by itself, and that stands: a supply that fails later
must not look like one that is counted otherwise. What fits at none is not believed.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from telemetry.block import Quality
from telemetry.nominal import FREQUENCIES, VOLTAGES, is_near
from telemetry.reading import RawAnswer, Value
from telemetry.slot import Place, Slot, value_at, value_of

_VOLTAGE_BAND, _FREQUENCY_BAND = 0.15, 0.10  # a supply that is in order stands within these parts of its nominal

# W to V·A: no load of a device that carries one has a power factor below the first; the second leaves room for rounding.
_POWER_FACTOR = (0.2, 1.1)
_WORTH_COMPARING = 100.0  # V·A: below it, noise and rounding decide
_TWO_DIGITS = 10  # a figure of one digit shows no scale

_POWER = re.compile(r"(?P<feed>.+?)\.(?:(?P<phase>L[123])\.)?(?:real)?power")


def settle(slots: Sequence[Slot], raw: RawAnswer, before: Mapping[str, float]) -> Mapping[str, float]:
    """The scale of each table and object of which the profile leaves it open, by `Address.place`; undecided ones are not in it.

    Args:
        slots: of the device
        raw: an answer of it
        before: what earlier answers showed; it stands
    """
    scales = dict(before)
    open_ = [(s, p) for s in slots for p in s.places if p.address.other_scales and p.address.place not in scales]
    if not open_:
        return before
    for unit, is_sound in (("V", _is_sound_voltage), ("Hz", _is_sound_frequency)):
        _decide([(s, p) for s, p in open_ if s.quantity.unit == unit], raw, is_sound, scales)
    powers = [(s, p) for s, p in open_ if s.quantity.unit in {"W", "VA"} and raw.get(p.key) not in {None, 0}]
    if powers:
        volt_amperes = _volt_amperes(slots, raw, scales)
        _decide(
            powers,
            raw,
            lambda slot, value: _carries(value, volt_amperes.get(slot.quantity.name)),
            scales,
            least=_TWO_DIGITS,
        )
    return scales


def contradicted(values: Mapping[str, Value], slots: Sequence[Slot]) -> Iterator[Value]:
    """The values of an answer; without a power of 0 where volts and amperes of the same line say that there is one.

    Agents that do not measure power say 0. Only where a profile knows them to differ.
    """
    doubtful = {
        s.quantity.name for s in slots if s.quantity.unit == "W" and any(p.address.other_scales for p in s.places)
    }
    for name, value in values.items():
        is_none = value.quality is Quality.GOOD and value.value == 0 and name in doubtful
        if is_none and _product(name, values) > _WORTH_COMPARING:
            yield Value(name, math.nan, Quality.SUSPECT, value.source)
        else:
            yield value


def _is_sound_voltage(_slot: Slot, value: float) -> bool:
    return is_near(value, VOLTAGES, _VOLTAGE_BAND)


def _is_sound_frequency(_slot: Slot, value: float) -> bool:
    return is_near(value, FREQUENCIES, _FREQUENCY_BAND)


def _carries(value: float, volt_amperes: float | None) -> bool:
    if volt_amperes is None or volt_amperes < _WORTH_COMPARING:
        return False
    low, high = _POWER_FACTOR
    return low * volt_amperes <= value <= high * volt_amperes


def _decide(
    places: Sequence[tuple[Slot, Place]],
    raw: RawAnswer,
    is_plausible: Callable[[Slot, float], bool],
    scales: dict[str, float],
    least: float = 0,
) -> None:
    """Write down the scale at which most rows of a table are plausible; of two that are level, the profile's first."""
    for table, address in {p.address.place: p.address for _, p in places}.items():
        fitting: dict[float, int] = {}
        for scale in (address.scale, *address.other_scales):
            values = [(slot, _good_at(p, slot, raw, scale)) for slot, p in places if p.address.place == table]
            fitting[scale] = sum(
                value is not None and abs(value) >= least * scale and is_plausible(slot, value)
                for slot, value in values
            )
        best = max(fitting, key=lambda scale: fitting[scale])
        if fitting[best]:
            scales[table] = best


def _good_at(place: Place, slot: Slot, raw: RawAnswer, scale: float) -> float | None:
    """What stands at a place at one scale; None where that cannot be believed."""
    read = value_at(place, slot.quantity, raw, {place.address.place: scale}, {})
    return read[0] if read and read[1] is Quality.GOOD else None


def _volt_amperes(slots: Sequence[Slot], raw: RawAnswer, scales: Mapping[str, float]) -> Mapping[str, float]:
    """V·A by the name of each power that stands for one line."""
    read = (value_of(slot, raw, scales, {}) for slot in slots if slot.quantity.unit in {"V", "A"})
    values = {value.quantity: value for value in read if value}
    return {
        slot.quantity.name: _product(slot.quantity.name, values) for slot in slots if slot.quantity.unit in {"W", "VA"}
    }


def _product(name: str, values: Mapping[str, Value]) -> float:
    """V·A of the line whose power has this name; 0 where nobody measures both."""
    match = _POWER.fullmatch(name)
    if match is None:
        return 0.0
    feed, phase = match["feed"], match["phase"]
    voltage = values.get(f"{feed}.{phase}-N.voltage" if phase else f"{feed}.voltage")
    current = values.get(f"{feed}.{phase}.current" if phase else f"{feed}.current")
    if not voltage or not current or Quality.GOOD is not voltage.quality or Quality.GOOD is not current.quality:
        return 0.0
    return voltage.value * current.value
