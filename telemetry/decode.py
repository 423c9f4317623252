"""From a device's own words to quantities, as its profile says. Pure: no network, no clock.

A sentinel gives MISSING, what cannot be believed gives SUSPECT, both with NaN (`telemetry/word.py`). What
a device does not answer gives nothing at all. A card that has lost its device and repeats what it heard last (`fresh`)
says only that; one that is known to tell, and does not this time, is not believed either.
"""

import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from device_profiles.schema import Profile
from telemetry.block import Quality
from telemetry.inventory import Inventory
from telemetry.reading import RawAnswer, Value
from telemetry.scale import contradicted, settle
from telemetry.slot import Slot, value_of
from telemetry.word import is_one_of, text_of

_FURTHER = re.compile(r"(.+)\.L2(?:-N|-L3)?\.(voltage|current)")


class Decoder:
    """Decodes the answers of one device, of which it remembers what it has and what it counts in.

    scales: what its agent was found to count in where the profile leaves that open (`telemetry/scale.py`)
    """

    def __init__(self, profile: Profile, scales: Mapping[str, float] | None = None) -> None:
        """Nothing is known of the device yet.

        Args:
            profile: how its words are read
            scales: what its agent is known to count in already
        """
        self.scales: Mapping[str, float] = scales or {}
        self._profile = profile
        self._lists = profile.lists()
        self._inventory = Inventory(profile)
        self._several: set[str] = set()  # single figures beside which the device has given a further phase

    def decode(self, raw: RawAnswer, known: Collection[str] | None = None) -> tuple[Value, ...]:
        """The quantities in one answer, each at most once: the first place with a GOOD value wins.

        Args:
            raw: the device's words by address
            known: the addresses that it is known to have since first contact. Names come from them, so that a row
                missing in one answer renames nothing. Absent: those in `raw`.
        """
        there = frozenset(raw if known is None else known)
        slots = self._inventory.slots(raw, there)
        self.scales = settle(slots, raw, self.scales)
        listed = {column: _listed(column, raw) for column in self._lists if column in raw}
        values = {s.quantity.name: v for s in slots if (v := value_of(s, raw, self.scales, listed)) is not None}
        for name in self._beside_phases(slots, there - raw.keys(), values):
            values.pop(name, None)
        return tuple(_heard(self._profile, raw, there, contradicted(values, slots)))

    def _beside_phases(self, slots: Iterable[Slot], lost: Collection[str], values: Mapping[str, Value]) -> set[str]:
        """The single figures of feeds of which there are further phases: nobody knows of which they are.

        A phase counts that was ever believed, or that the device has and did not answer this time; not one that it says
        not to have.
        """
        unanswered: set[str] = set()
        for slot in slots:
            if match := _FURTHER.fullmatch(slot.quantity.name):
                phases = values.get(f"{match[1]}.phases")
                if phases is not None and phases.value == 1:
                    continue
                value = values.get(slot.quantity.name)
                if value is not None and value.quality is Quality.GOOD:
                    self._several.add(f"{match[1]}.{match[2]}")
                elif value is None and any(place.key in lost for place in slot.places):
                    unanswered.add(f"{match[1]}.{match[2]}")
        return self._several | unanswered


def decode(profile: Profile, raw: RawAnswer, known: Collection[str] | None = None) -> tuple[Value, ...]:
    """The quantities in the answer of a device of which nothing else is remembered; see `Decoder.decode`."""
    return Decoder(profile).decode(raw, known)


def _heard(profile: Profile, raw: RawAnswer, known: Collection[str], values: Iterable[Value]) -> Iterator[Value]:
    """The values of an answer; nothing but that it is so where a card does not hear its device."""
    source = profile.fresh.place if profile.fresh else ""
    is_heard = profile.fresh is None or (
        is_one_of(raw[source], profile.fresh.equals) if source in raw else source not in known
    )
    for value in values:
        if is_heard or value.source == source:
            yield value
        else:
            yield Value(value.quantity, math.nan, Quality.MISSING, value.source)


def _listed(column: str, raw: RawAnswer) -> frozenset[str]:
    """What a list of what is active holds."""
    return frozenset(text_of(word) for key, word in raw.items() if key.startswith(f"{column}."))
