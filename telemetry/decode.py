"""From a device's own words to quantities, as its profile says. Pure: no network, no clock.

A sentinel gives MISSING, what cannot be believed gives SUSPECT, both with NaN (`telemetry/word.py`). What
a device does not answer gives nothing at all.

Two quantities steer how tables are named. `input.phases` says how many rows of the feed's tables are real:
many single-phase agents send three. `input.wiring` says whether one table of voltages is measured to neutral
or from line to line; a profile that has it lists that table as both.
"""

import math
import re
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from device_profiles.quantities import Quantity, quantity
from device_profiles.schema import Address, Point, Profile
from device_profiles.table import Row, name_of, rows_of
from telemetry.block import Quality
from telemetry.reading import RawAnswer, Value
from telemetry.word import number_of, word_at

_Place = tuple[str, Address]  # a key of the raw answer, and how to read what stands there

_FEED = re.compile(r"(.+?)\.\{(phase|pair)\}")
_FORM = {"phase": "line_to_neutral", "pair": "line_to_line"}


@dataclass(frozen=True, slots=True)
class _Slot:
    """A quantity with the places that can give it, the preferred first."""

    quantity: Quantity
    places: tuple[_Place, ...]


@dataclass(frozen=True, slots=True)
class _Feed:
    """What a device says of one of its feeds: None where it never does, 0 or "" where it did not in this answer."""

    phases: int | None = None
    wiring: str | None = None


_Feeds = tuple[tuple[str, _Feed], ...]


def decode(profile: Profile, raw: RawAnswer, instances: Collection[str] | None = None) -> tuple[Value, ...]:
    """The quantities in one answer, each at most once: the first place with a GOOD value wins.

    Args:
        profile: how the device's words are read
        raw: the device's words by address
        instances: the addresses that the device is known to have since first contact. Names come from them,
            so that a row missing in one answer renames nothing. Absent: the addresses in `raw`.
    """
    known = frozenset(raw if instances is None else instances)
    slots = _slots(profile, known, _feeds(profile, raw, known))
    return tuple(value for slot in slots if (value := _value(slot, raw)) is not None)


def _feeds(profile: Profile, raw: RawAnswer, known: Collection[str]) -> _Feeds:
    """What this answer says of each feed of which the profile can say something."""
    phases: dict[str, int | None] = {}
    wirings: dict[str, str | None] = {}
    for point in profile.point:
        feed, _, what = point.quantity.rpartition(".")
        if what not in {"phases", "wiring"}:
            continue
        slot = _Slot(quantity(point.quantity), tuple((a.oid, a) for a in point.addresses if a.oid))
        value = _value(slot, raw)
        good = value.value if value and value.quality is Quality.GOOD else None
        unsaid = value is None and any(key in known for key, _ in slot.places)
        if what == "phases":
            phases[feed] = int(good) if good is not None else 0 if unsaid else None
        else:
            wirings[feed] = (good is not None and slot.quantity.state(good)) or ""
    return tuple((feed, _Feed(phases.get(feed), wirings.get(feed))) for feed in phases | wirings)


@lru_cache(maxsize=4096)
def _slots(profile: Profile, known: frozenset[str], feeds: _Feeds) -> tuple[_Slot, ...]:
    """Every quantity of a device with these addresses; where to read it from."""
    places: dict[str, list[_Place]] = defaultdict(list)
    said = dict(feeds)
    for point in profile.point:
        for address in point.addresses:
            if address.register_ is not None:
                places[point.quantity].append((f"{address.space}:{address.register_}", address))
            elif address.oid:
                places[point.quantity].append((address.oid, address))
            else:
                for key, name in _names(point, address, known, said).items():
                    places[name].append((key, address))
    return tuple(_Slot(quantity(name), tuple(at)) for name, at in places.items() if not _is_doubled(name, places, said))


def _names(point: Point, address: Address, known: frozenset[str], said: dict[str, _Feed]) -> dict[str, str]:
    """The quantity's name for each instance of a column. One phase alone is a single-phase device."""
    rows = rows_of(address, point, known)
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


def _is_doubled(name: str, names: Collection[str], said: dict[str, _Feed]) -> bool:
    """Whether it is a voltage or current without a phase, of a feed that has several: nobody knows of which."""
    feed, _, what = name.rpartition(".")
    each = {"voltage": f"{feed}.L2-N.voltage", "current": f"{feed}.L2.current"}.get(what)
    if each is None:
        return False
    return each in names or said.get(feed, _Feed()).phases not in {None, 1}


def _value(slot: _Slot, raw: RawAnswer) -> Value | None:
    doubtful: Value | None = None
    for key, address in slot.places:
        word = word_at(key, address, raw)
        if word is None:
            continue
        number, quality = number_of(slot.quantity, address, word)
        if quality is Quality.GOOD:
            return Value(slot.quantity.name, number, quality, key)
        doubtful = doubtful or Value(slot.quantity.name, math.nan, quality, key)
    return doubtful
