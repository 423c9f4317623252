"""Which of the known mix-ins and profiles read something of a walk."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from device_profiles.schema import Point, Profile
from device_profiles.walk import Walk
from telemetry.block import Quality
from telemetry.draft.sheet import ENTERPRISES
from telemetry.profile_case import read_walked


@dataclass(frozen=True, slots=True)
class Base:
    """What a profile can extend, with what it reads of the walk.

    read: the OIDs of its GOOD values
    quantities: the names of these
    looked_at: the OIDs of all objects that it asks for and the walk has
    """

    name: str
    points: tuple[Point, ...]
    read: frozenset[str]
    quantities: frozenset[str]
    looked_at: frozenset[str]


def bases_of(walk: Walk, known: Mapping[str, tuple[Point, ...]], recognised: Profile | None) -> tuple[Base, ...]:
    """The bases that read of the walk what no other reads, in the order in which to extend them: the best one last.

    One that has points of a maker's own counts only where the walk has a value for one of them: what it reads of a
    standard, the standard's mix-in reads too.

    Args:
        walk: the device's words
        known: points by the name of what can be extended
        recognised: the profile that knows the device already; it is the best one, unless it knows a standard only
    """
    candidates = [base for name, points in known.items() if (base := _read(walk, name, points)).read]
    chosen = [base for base in candidates if recognised and is_of_maker(recognised) and base.name == recognised.name]
    for of_maker in (True, False):
        open_ = [base for base in candidates if of_maker == any(map(_is_makers, _places(base.points)))]
        while open_:
            taken = frozenset().union(*(base.read for base in chosen))
            best = max(open_, key=lambda b: (len(_counted(b.read - taken, of_maker=of_maker)), -len(b.points)))
            if not _counted(best.read - taken, of_maker=of_maker):
                break
            chosen.append(best)
            open_.remove(best)
    return tuple(reversed(chosen))


def is_of_maker(profile: Profile) -> bool:
    """Whether a profile tells devices by what a maker gave them; else it knows a standard."""
    return any(map(_is_makers, (*profile.match.tree, *profile.match.probe, *profile.match.sys_object_id)))


def _counted(oids: Iterable[str], *, of_maker: bool) -> list[str]:
    return [oid for oid in oids if not of_maker or _is_makers(oid)]


def _is_makers(oid: str) -> bool:
    return oid.startswith(ENTERPRISES)


def _places(points: Iterable[Point]) -> list[str]:
    return [address.place for point in points for address in point.addresses]


def _read(walk: Walk, name: str, points: tuple[Point, ...]) -> Base:
    profile = Profile(
        name=name, vendor="", model="", kind="ups", protocol="snmp", source=("a walk",), point=_of_snmp(points)
    )
    asked = profile.asked()
    there = frozenset(
        oid for place, is_column in asked for oid in ((place,) if not is_column else _below(walk, place)) if oid in walk
    )
    values = read_walked(walk, profile).values if there else ()
    good = [value for value in values if value.quality is Quality.GOOD]
    return Base(name, points, frozenset(v.source for v in good), frozenset(v.quantity for v in good), there)


def _of_snmp(points: Iterable[Point]) -> tuple[Point, ...]:
    return tuple(point for point in points if all(address.protocol == "snmp" for address in point.addresses))


def _below(walk: Walk, column: str) -> list[str]:
    return [oid for oid in walk if oid.startswith(f"{column}.")]
