"""What a device has: each quantity of its profile with the places in its answers where it stands. Pure.

Three things are said by the device itself. `input.phases` says how many rows of the feed's tables are real: many
single-phase agents send three. `input.wiring` says whether one table of voltages is measured to neutral or from line
to line; a profile that has it lists that table as both. And a place may count only under a condition, or have its
decimal places in an object beside it: a device that is known to have that object, and does not give it this time,
has not said its value.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from device_profiles.quantities import quantity
from device_profiles.schema import Address, Point, Profile
from device_profiles.table import Row, label_columns, name_of, rows_of
from telemetry.block import Quality
from telemetry.reading import RawAnswer
from telemetry.slot import Place, Slot, value_of
from telemetry.word import text_of

_FEED = re.compile(r"(.+?)\.\{(phase|pair)\}")
_FORM = {"phase": "line_to_neutral", "pair": "line_to_line"}


@dataclass(frozen=True, slots=True)
class _Feed:
    """What a device says of one of its feeds: None where it never does, 0 or "" where it did not in this answer."""

    phases: int | None = None
    wiring: str | None = None


_Feeds = tuple[tuple[str, _Feed], ...]
_Labels = tuple[tuple[str, str], ...]


class Inventory:
    """Of one device: what its quantities are is worked out anew only where it has more, or says otherwise, than last time."""

    def __init__(self, profile: Profile) -> None:
        """Nothing is known of the device yet."""
        self._profile = profile
        self._said_of_feeds = tuple(_said_of_feeds(profile))
        self._last: tuple[frozenset[str], _Feeds, _Labels] | None = None
        self._slots: tuple[Slot, ...] = ()

    def slots(self, raw: RawAnswer, known: frozenset[str]) -> tuple[Slot, ...]:
        """Every quantity that the device has, with where to read it.

        Args:
            raw: an answer of it
            known: the addresses that it is known to have
        """
        said = (known, _feeds(self._said_of_feeds, raw, known), _labels(self._profile, raw))
        if said != self._last:
            self._slots, self._last = _slots(self._profile, *said), said
        return self._slots


def _said_of_feeds(profile: Profile) -> Iterator[tuple[str, str, Slot]]:
    """Each feed of which a device of this profile can say something, what that is, and where."""
    for point in profile.point:
        feed, _, what = point.quantity.rpartition(".")
        if what in {"phases", "wiring"}:
            yield feed, what, Slot(quantity(point.quantity), tuple(Place(a.oid, a) for a in point.addresses if a.oid))


def _feeds(said: Iterable[tuple[str, str, Slot]], raw: RawAnswer, known: Collection[str]) -> _Feeds:
    """What this answer says of each feed."""
    phases: dict[str, int | None] = {}
    wirings: dict[str, str | None] = {}
    for feed, what, slot in said:
        value = value_of(slot, raw, {}, {})
        good = value.value if value and value.quality is Quality.GOOD else None
        if what == "phases":
            unsaid = value is None and any(place.key in known for place in slot.places)
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
    return tuple(Slot(quantity(name), at) for name, at in found.items() if not _is_doubled(name, said))


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
    feed = _Feed()
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
    several = feed.phases is not None and feed.phases > 1  # of which it gives one: that keeps its name
    return {
        oid: name_of(point.quantity, row, single_phase=len(siblings[_without_phase(row)]) == 1 and not several)
        for oid, row in rows.items()
    }


def _without_phase(row: Row) -> tuple[tuple[str, int], ...]:
    return tuple(sorted((name, number) for name, number in row.items() if name != "phase"))


def _is_doubled(name: str, said: dict[str, _Feed]) -> bool:
    """Whether it is a voltage or current without a phase, of a feed that says that it has several: nobody knows of which."""
    feed, _, what = name.rpartition(".")
    return what in {"voltage", "current"} and said.get(feed, _Feed()).phases not in {None, 1}
