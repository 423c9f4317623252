"""A first profile of a device that no profile knows, from a walk of it.

Three sources, in this order of trust: mix-ins and profiles that read something of it; guesses that two independent things
support; guesses for a person. Only the first two are read.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from device_profiles import library
from device_profiles.quantities import quantity
from device_profiles.schema import Address, Match, Point, Profile
from device_profiles.walk import Walk
from telemetry.block import Quality
from telemetry.draft.base import Base, bases_of, is_of_maker
from telemetry.draft.guess import Guess, guesses
from telemetry.draft.placed import Placed, placed
from telemetry.draft.sheet import ENTERPRISES
from telemetry.draft.text import profile_text, walk_text
from telemetry.draft.wording import without_serials
from telemetry.profile_case import read_walked
from telemetry.word import number_of, text_of

_SYSTEM = ("1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.2.0", "1.3.6.1.2.1.1.3.0")  # sysDescr, sysObjectID, sysUpTime
_SYS_OBJECT_ID = _SYSTEM[1]
_MAKER, _MODEL = "1.3.6.1.2.1.33.1.1.1.0", "1.3.6.1.2.1.33.1.1.2.0"  # upsIdentManufacturer, upsIdentModel
_HOSTS = ("8072", "2021", "311")  # Net-SNMP, UCD-SNMP, Microsoft: what a card runs on, not what it watches
_ABOVE_MAKER = 7  # arcs of 1.3.6.1.4.1.MAKER
_SHORTEST_TREE = 9  # arcs of a subtree that is a product's, not a maker's


@dataclass(frozen=True, slots=True)
class Draft:
    """A first profile, its recording, and what there is to say of them.

    vendor, model: as they can stand in a file's name; no model where the device says none
    known_as: the profile of the library that knows the device already
    bases: what the profile extends, with how much each reads
    sure: guesses that it reads
    maybe: guesses that it only shows
    match: how it recognises the device; nothing where nothing tells it from others
    """

    vendor: str
    model: str
    known_as: str | None
    bases: tuple[Base, ...]
    sure: tuple[Placed, ...]
    maybe: tuple[Guess, ...]
    match: Match
    profile: str
    walk: str

    @property
    def reads(self) -> bool:
        """Whether the profile reads anything; else all that it holds stands there for a person to choose from."""
        return bool(self.bases or self.sure)


class NothingToReadError(ValueError):
    """A walk in which nothing is known and nothing can be guessed."""


def draft(
    walk: Walk,
    *,
    known: Mapping[str, tuple[Point, ...]] | None = None,
    among: Collection[Profile] | None = None,
) -> Draft:
    """A first profile for the device of a walk.

    Args:
        walk: the device's words
        known: what can be extended, points by name; absent: the library's
        among: the profiles that the device could be taken for; absent: the library's

    Raises:
        NothingToReadError: nothing of the walk can be read.
    """
    others = library.catalogue() if among is None else among
    recognised = read_walked(walk, None, others).profile
    bases = bases_of(walk, library.bases() if known is None else known, recognised)
    looked_at = frozenset().union(*(base.looked_at for base in bases))
    free = [oid for oid in walk if oid.startswith(ENTERPRISES) and _maker(oid) not in _HOSTS and oid not in looked_at]
    found = guesses(walk, free)
    if recognised and is_of_maker(recognised):  # who wrote that profile has left the rest out
        found = tuple(replace(guess, sure=False) for guess in found)
    taken = {name for base in bases for name in (*base.quantities, *(point.quantity for point in base.points))}
    sure = tuple(each for each in placed([g for g in found if g.sure], taken) if _is_good(each, walk))
    maybe = tuple(guess for guess in found if not guess.sure)
    if not bases and not sure and not maybe:
        raise NothingToReadError(
            "no mix-in or profile reads anything of this walk, and nothing in it looks like a voltage, a frequency or a "
            "temperature: expected a whole walk (snmpwalk -On … .1) of a device that measures such"
        )
    match = _match(walk, bases, sure, recognised)
    fresh = next((profile.fresh for profile in _extended(bases) if profile.fresh), None)
    recorded = _recorded(walk, bases, sure, maybe, match) | ({fresh.place} & walk.keys() if fresh else set())
    maker, model = _said(walk, _MAKER), _said(walk, _MODEL)
    number = _maker(next((p.guess.oid for p in sure), _object_id(walk) or ""))
    profile = profile_text(
        vendor=maker or (f"enterprise {number}" if number else "unknown vendor"),
        model=model or "unknown model",
        kind=_kind(bases, sure),
        source=["a walk of the device; its MIB is still to be named", *_standards(bases)],
        extends=[base.name for base in bases],
        match=match,
        fresh=fresh,
        sure=sure,
        maybe=maybe,
        walk=walk,
    )
    return Draft(
        vendor=slug(maker) or f"enterprise-{number or 'unknown'}",
        model=slug(model),
        known_as=recognised.name if recognised else None,
        bases=bases,
        sure=sure,
        maybe=maybe,
        match=match,
        profile=profile,
        walk=walk_text(walk, recorded),
    )


def _recorded(
    walk: Walk, bases: Iterable[Base], sure: Iterable[Placed], maybe: Iterable[Guess], match: Match
) -> set[str]:
    """The objects that a profile looks at, and what the device says that it is; nothing else of a walk is anyone's business."""
    oids = {oid for oid in _SYSTEM if oid in walk}
    oids |= {oid for base in bases for oid in base.looked_at}
    for guess in (*(p.guess for p in sure), *maybe):
        oids |= {guess.oid, *(guess.condition or ())[:1]}
    for subtree in match.tree:
        if not any(oid.startswith(f"{subtree}.") for oid in oids):
            oids |= set([oid for oid in walk if oid.startswith(f"{subtree}.") and isinstance(walk[oid], int)][:1])
    return oids


def _is_good(placed_: Placed, walk: Walk) -> bool:
    """Whether a poll would believe it."""
    guess = placed_.guess
    quality = number_of(quantity(placed_.quantity), Address(oid=guess.oid), walk[guess.oid], guess.scale)[1]
    return quality is Quality.GOOD


def _match(walk: Walk, bases: tuple[Base, ...], sure: tuple[Placed, ...], recognised: Profile | None) -> Match:
    """By its sysObjectID where that says something, by what it has of its maker's own in any case."""
    said = _object_id(walk)
    of_maker = sorted(oid for base in bases for oid in base.read if oid.startswith(ENTERPRISES))
    of_maker += [p.guess.oid for p in sure]
    if not of_maker and said:  # reads a standard only: what else it has tells it from others of that standard
        of_maker = [o for o in walk if o.startswith(f"{ENTERPRISES}{_maker(said)}.") and isinstance(walk[o], int)]
    tree = _above(of_maker[0]) if of_maker else None
    is_specific = said is not None and said.count(".") >= _ABOVE_MAKER and _maker(said) not in _HOSTS
    return Match(
        sys_object_id=(said,) if said and is_specific else (),
        tree=(tree,) if tree else (),
        rank=max(recognised.match.rank + 1, 0) if recognised else 0,
    )


def _above(oid: str) -> str:
    """The subtree of an object that is a product's, not all of its maker's."""
    arcs = oid.split(".")
    return ".".join(arcs[: min(max(_SHORTEST_TREE, len(arcs) - 3), len(arcs) - 1)])


def _object_id(walk: Walk) -> str | None:
    """The sysObjectID, where it is a maker's."""
    said = walk.get(_SYS_OBJECT_ID)
    text = text_of(said).lstrip(".") if said is not None else ""
    return text if re.fullmatch(r"1\.3\.6\.1\.4\.1(\.\d+)+", text) else None


def _maker(oid: str) -> str:
    """The maker's number in an OID."""
    return oid.removeprefix(ENTERPRISES).partition(".")[0] if oid.startswith(ENTERPRISES) else ""


def _said(walk: Walk, oid: str) -> str:
    word = walk.get(oid)
    text = text_of(word) if isinstance(word, bytes) else ""
    return without_serials(text) if text.isprintable() else ""


def _standards(bases: Iterable[Base]) -> list[str]:
    return ["RFC 1628 (UPS-MIB)"] if any(base.name == "_ups_mib" for base in bases) else []


def _kind(bases: tuple[Base, ...], sure: tuple[Placed, ...]) -> str:
    """What a device that reads so is, as far as that shows; a person looks at it."""
    for profile in _extended(bases):
        return profile.kind
    names = {point.quantity for base in bases for point in base.points}
    if "ups.status" in names:
        return "ups"
    parts = {p.guess.part for p in sure}
    if parts & {"dc", "battery"}:
        return "dc_plant"
    return "pdu" if any(p.quantity.endswith(".current") for p in sure) else "meter"


def _extended(bases: Iterable[Base]) -> list[Profile]:
    """The profiles among them, the best one first."""
    return [library.load(base.name) for base in bases if base.name in library.names()][::-1]


def slug(text: str) -> str:
    """A text as it can stand in a profile's name; empty where nothing of it can."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
