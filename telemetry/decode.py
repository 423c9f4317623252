"""From a device's own words to quantities, as its profile says. Pure: no network, no clock.

A sentinel gives MISSING, what cannot be believed gives SUSPECT, both with NaN (`telemetry/word.py`). What
a device does not answer gives nothing at all.

Three things are said by the device itself. `input.phases` says how many rows of the feed's tables are real: many
single-phase agents send three. `input.wiring` says whether one table of voltages is measured to neutral or from line
to line; a profile that has it lists that table as both. And a place may count only under a condition, or have its
decimal places in an object beside it: a device that is known to have that object, and does not give it this time,
has not said its value. A card that has lost its device and repeats what it heard last (`fresh`) says only that.
"""

import math
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from device_profiles.quantities import ALARM_STATES, Quantity, quantity
from device_profiles.schema import Address, Point, Profile
from device_profiles.table import Row, label_columns, name_of, rows_of
from telemetry.block import Quality
from telemetry.reading import RawAnswer, Value
from telemetry.scale import contradicted, settle
from telemetry.slot import Place, Slot
from telemetry.word import is_one_of, number_of, text_of, word_at

_MOST_DECIMALS = 9

_FEED = re.compile(r"(.+?)\.\{(phase|pair)\}")
_FORM = {"phase": "line_to_neutral", "pair": "line_to_line"}


@dataclass(frozen=True, slots=True)
class _Feed:
    """What a device says of one of its feeds: None where it never does, 0 or "" where it did not in this answer."""

    phases: int | None = None
    wiring: str | None = None


_Feeds = tuple[tuple[str, _Feed], ...]
_Labels = tuple[tuple[str, str], ...]
_Listed = Mapping[str, frozenset[str]]  # what each list holds, by its column


def decode(
    profile: Profile,
    raw: RawAnswer,
    instances: Collection[str] | None = None,
    scales: Mapping[str, float] | None = None,
) -> tuple[Value, ...]:
    """The quantities in one answer, each at most once: the first place with a GOOD value wins.

    Args:
        profile: how the device's words are read
        raw: the device's words by address
        instances: the addresses that the device is known to have since first contact. Names come from them,
            so that a row missing in one answer renames nothing. Absent: the addresses in `raw`.
        scales: what its agent was found to count in (`telemetry/scale.py`). Absent: what this answer shows.
    """
    found = slots(profile, raw, instances)
    found_scales = settle(found, raw, {}) if scales is None else scales
    listed = {column: _listed(column, raw) for column in _lists(profile) if column in raw}
    values = {slot.quantity.name: v for slot in found if (v := value_of(slot, raw, found_scales, listed)) is not None}
    return tuple(_heard(profile, raw, contradicted(values, found)))


def _heard(profile: Profile, raw: RawAnswer, values: Iterable[Value]) -> Iterator[Value]:
    """The values of an answer; nothing but that it is so where a card repeats what it heard last."""
    word = raw.get(profile.fresh.place) if profile.fresh else None
    silent = profile.fresh is not None and word is not None and not is_one_of(word, profile.fresh.equals)
    for value in values:
        if silent and profile.fresh and value.source != profile.fresh.place:
            yield Value(value.quantity, math.nan, Quality.MISSING, value.source)
        else:
            yield value


def slots(profile: Profile, raw: RawAnswer, instances: Collection[str] | None = None) -> tuple[Slot, ...]:
    """Every quantity that a device has, with where to read it; see `decode`."""
    known = frozenset(raw if instances is None else instances)
    return _slots(profile, known, _feeds(profile, raw, known), _labels(profile, raw))


def _feeds(profile: Profile, raw: RawAnswer, known: Collection[str]) -> _Feeds:
    """What this answer says of each feed of which the profile can say something."""
    phases: dict[str, int | None] = {}
    wirings: dict[str, str | None] = {}
    for point in profile.point:
        feed, _, what = point.quantity.rpartition(".")
        if what not in {"phases", "wiring"}:
            continue
        slot = Slot(quantity(point.quantity), tuple(Place(a.oid, a) for a in point.addresses if a.oid))
        value = value_of(slot, raw, {}, {})
        good = value.value if value and value.quality is Quality.GOOD else None
        unsaid = value is None and any(place.key in known for place in slot.places)
        if what == "phases":
            phases[feed] = int(good) if good is not None else 0 if unsaid else None
        else:
            wirings[feed] = (good is not None and slot.quantity.state(good)) or ""
    return tuple((feed, _Feed(phases.get(feed), wirings.get(feed))) for feed in phases | wirings)


def _labels(profile: Profile, raw: RawAnswer) -> _Labels:
    """The names that this answer gives to the rows of tables of everything, by their OID."""
    columns = label_columns(profile)
    if not columns:
        return ()
    return tuple((key, text_of(word)) for key, word in raw.items() if key.startswith(columns))


@lru_cache(maxsize=4096)
def _slots(profile: Profile, known: frozenset[str], feeds: _Feeds, labels: _Labels) -> tuple[Slot, ...]:
    """Every quantity of a device with these addresses; where to read it from."""
    places: dict[str, list[Place]] = defaultdict(list)
    said = dict(feeds)
    label_of = dict(labels)
    for point in profile.point:
        for address in point.addresses:
            for key, name in _keys(point, address, known, said, label_of):
                if place := _place(key, address, known, places[name]):
                    places[name].append(place)
    found = {name: tuple(at) for name, at in places.items() if at}
    return tuple(Slot(quantity(name), at) for name, at in found.items() if not _is_doubled(name, found, known, said))


def _keys(
    point: Point, address: Address, known: frozenset[str], said: dict[str, _Feed], labels: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Each key of the raw answer that an address stands for, with the quantity that is read there."""
    if address.column is None or address.lists is not None:
        yield address.place, point.quantity
    else:
        yield from _names(point, address, known, said, labels).items()


def _place(key: str, address: Address, known: frozenset[str], before: list[Place]) -> Place | None:
    """The place, or None where this device has not what the address needs, or says more about it elsewhere."""
    row = key.removeprefix(address.column) if address.column else ""
    condition = f"{address.when.place}{row if address.when.column else ''}" if address.when else None
    if condition is not None and condition not in known and address.when and address.when.optional:
        condition = None
    decimals = f"{address.decimals}{row}" if address.decimals else None
    if any(needed is not None and needed not in known for needed in (condition, decimals)):
        return None
    if condition is None and decimals is None and any(p.key == key and (p.condition or p.decimals) for p in before):
        return None
    return Place(key, address, condition, decimals)


def _names(
    point: Point, address: Address, known: frozenset[str], said: dict[str, _Feed], labels: Mapping[str, str]
) -> dict[str, str]:
    """The quantity's name for each instance of a column. One phase alone is a single-phase device."""
    rows = rows_of(address, point, known, labels)
    if match := _FEED.match(point.quantity):
        feed, form = said.get(match[1], _Feed()), match[2]
        if feed.wiring is not None and point.quantity.endswith(".voltage") and feed.wiring != _FORM[form]:
            return {}
        if feed.phases is not None:
            last = feed.phases if form == "phase" else {3: 3, 2: 1}.get(feed.phases, 0)
            rows = {oid: row for oid, row in rows.items() if row[form] <= last}
    siblings: dict[tuple[tuple[str, int], ...], set[int]] = defaultdict(set)
    for row in rows.values():
        siblings[_without_phase(row)].add(row.get("phase", 0))
    return {
        oid: name_of(point.quantity, row, single_phase=len(siblings[_without_phase(row)]) == 1)
        for oid, row in rows.items()
    }


def _without_phase(row: Row) -> tuple[tuple[str, int], ...]:
    return tuple(sorted((name, number) for name, number in row.items() if name != "phase"))


def _is_doubled(
    name: str, places: Mapping[str, Sequence[Place]], known: frozenset[str], said: dict[str, _Feed]
) -> bool:
    """Whether it is a voltage or current without a phase, of a feed that has several: nobody knows of which."""
    feed, _, what = name.rpartition(".")
    each = {"voltage": (f"{feed}.L2-N.voltage", f"{feed}.L2-L3.voltage"), "current": (f"{feed}.L2.current",)}.get(what)
    phases = said.get(feed, _Feed()).phases
    if each is None or phases == 1:
        return False
    return phases is not None or any(place.key in known for e in each for place in places.get(e, ()))


def value_of(slot: Slot, raw: RawAnswer, scales: Mapping[str, float], listed: _Listed) -> Value | None:
    """What an answer says of a quantity; None where it says nothing."""
    doubtful: Value | None = None
    for place in slot.places:
        read = _read(slot.quantity, place, raw, scales, listed)
        if read is None:
            continue
        number, quality = read
        if quality is Quality.GOOD:
            return Value(slot.quantity.name, number, quality, place.key)
        doubtful = doubtful or Value(slot.quantity.name, math.nan, quality, place.key)
    return doubtful


def _read(
    of: Quantity, place: Place, raw: RawAnswer, scales: Mapping[str, float], listed: _Listed
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


@lru_cache(maxsize=256)
def _lists(profile: Profile) -> tuple[str, ...]:
    return profile.lists()


def _listed(column: str, raw: RawAnswer) -> frozenset[str]:
    """What a list of what is active holds."""
    return frozenset(text_of(word) for key, word in raw.items() if key.startswith(f"{column}."))
