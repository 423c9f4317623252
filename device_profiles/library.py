"""Finds, reads and matches profiles.

A profile is `data/<vendor>/<model>.toml` and is named `<vendor>/<model>`. A file whose name begins
with `_` is a mix-in: points that profiles share. `extends` names a file beside the profile, else one of
the data folder. Merging has one rule: bases from left to right, then the file's own points; the same
`quantity` replaces; `drop` removes; nothing else merges.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, get_args

from device_profiles.profile_file import DATA, Fault, ProfileError, read, shown, validate
from device_profiles.schema import Mixin, Point, Profile, Protocol

__all__ = [
    "DATA",
    "Fault",
    "ProfileError",
    "bases",
    "catalogue",
    "faults",
    "load",
    "load_file",
    "match_sys_object_id",
    "names",
    "probe_candidates",
    "sources",
]


@cache
def names() -> tuple[str, ...]:
    """The names of all profiles, sorted; whether or not each can be read."""
    files = (path for path in DATA.glob("*/*.toml") if not path.name.startswith("_"))
    return tuple(sorted(f"{path.parent.name}/{path.stem}" for path in files))


@cache
def load(name: str) -> Profile:
    """The profile of that name, resolved: with the points of what it extends.

    Raises:
        ProfileError: there is no such profile, or its file is faulty.
    """
    if name not in names():
        raise ProfileError((Fault(name, "", f"no such profile; there are {', '.join(names())}"),))
    return load_file(DATA / f"{name}.toml")


def load_file(path: Path) -> Profile:
    """The profile of a file anywhere, resolved. Its name is its folder's and its own.

    Raises:
        ProfileError: with every fault of the file and of what it extends.
    """
    faults: list[Fault] = []
    table = read(path, faults)
    own = validate(Profile, table, path, faults) if table is not None else None
    points = _resolve(path, table or {}, own.point if own else (), (path,), faults)
    faults += _of_other_protocol(path, (table or {}).get("protocol"), points)
    if own and not points and not faults:
        faults.append(Fault(shown(path), "point", "there is none, neither here nor in what this file extends"))
    if own is None or faults:
        raise ProfileError(tuple(faults))
    return own.model_copy(update={"name": f"{path.parent.name}/{path.stem}", "point": tuple(points.values())})


@cache
def catalogue() -> tuple[Profile, ...]:
    """Every profile that can be read: a faulty file never hides the others."""
    found = []
    for name in names():
        try:
            found.append(load(name))
        except ProfileError:
            continue
    return tuple(found)


def match_sys_object_id(oid: str, among: Iterable[Profile] | None = None) -> tuple[str, ...]:
    """The profiles whose device says this sysObjectID: the longest match first, then the higher rank, then by name.

    Args:
        oid: what the device says
        among: the profiles to choose from; absent: the library's
    """
    oid = oid.lstrip(".")
    found: list[tuple[int, int, str]] = []
    for profile in catalogue() if among is None else among:
        lengths = [_match_length(pattern, oid) for pattern in profile.match.sys_object_id]
        if best := max(lengths, default=0):
            found.append((-best, -profile.match.rank, profile.name))
    return tuple(name for _, _, name in sorted(found))


def probe_candidates(protocol: Protocol, among: Iterable[Profile] | None = None) -> tuple[Profile, ...]:
    """The profiles that can be told by what a device answers, the higher rank first, then by name.

    Args:
        protocol: by which the device is asked
        among: the profiles to choose from; absent: the library's
    """
    known = catalogue() if among is None else among
    found = [p for p in known if p.protocol == protocol and (p.match.probe or p.match.tree or p.match.registers)]
    return tuple(sorted(found, key=lambda p: (-p.match.rank, p.name)))


def bases() -> dict[str, tuple[Point, ...]]:
    """What a profile anywhere can extend: mix-ins and profiles, by the name to write, with their points and their bases'.

    Files that are faulty are left out.
    """
    found = {}
    for path in sorted(DATA.rglob("*.toml")):
        faults: list[Fault] = []
        points = _base(path, (path,), faults)
        if points and not faults:
            found[str(path.relative_to(DATA).with_suffix(""))] = tuple(points.values())
    return found


def sources(name: str) -> tuple[str, ...]:
    """Where the facts of a profile are from: its own sources, then those of what it extends."""
    found: dict[str, None] = {}
    files = [DATA / f"{name}.toml"]
    for path in files:  # grows as it goes
        table = read(path, []) or {}
        found |= dict.fromkeys(_strings(table.get("source")))
        bases = (_find_base(path, base) for base in _strings(table.get("extends")))
        files += [base for base in bases if base and base not in files]
    return tuple(found)


def faults() -> Iterator[Fault]:
    """What is wrong with the profile files of the library; nothing in a sound installation."""
    for name in names():
        try:
            load(name)
        except ProfileError as e:
            yield from e.faults


def _match_length(pattern: str, oid: str) -> int:
    """How many arcs of `oid` the pattern names, an exact match counting one more; 0 where it does not match."""
    if not pattern.endswith(".*"):
        return pattern.count(".") + 2 if pattern == oid else 0
    stem = pattern[:-2]
    return stem.count(".") + 1 if oid == stem or oid.startswith(f"{stem}.") else 0


def _resolve(
    path: Path, table: Mapping[str, Any], own: tuple[Point, ...], chain: tuple[Path, ...], faults: list[Fault]
) -> dict[str, Point]:
    """The points by quantity: bases from left to right, then own; `drop` takes away in between."""
    points: dict[str, Point] = {}
    for base in _strings(table.get("extends")):
        where = _find_base(path, base)
        if where is None:
            faults.append(Fault(shown(path), "extends", f"there is no {base}.toml beside this file or in {DATA.name}/"))
        elif where in chain:
            faults.append(Fault(shown(path), "extends", f"{base!r} leads back to this file"))
        else:
            points |= _base(where, (*chain, where), faults)
    faults += [
        Fault(shown(path), "drop", f"no base has {quantity!r}")
        for quantity in _strings(table.get("drop"))
        if points.pop(quantity, None) is None
    ]
    seen: set[str] = set()
    for i, point in enumerate(own):
        if point.quantity in seen:
            faults.append(Fault(shown(path), f"point[{i}] {point.quantity}", "stands in this file twice"))
        seen.add(point.quantity)
        points[point.quantity] = point
    return points


def _of_other_protocol(path: Path, protocol: Any, points: Mapping[str, Point]) -> list[Fault]:
    """Points that this profile's protocol cannot read."""
    if protocol not in get_args(Protocol):
        return []
    wrong = {q: a.protocol for q, point in points.items() for a in point.addresses if a.protocol != protocol}
    return [
        Fault(shown(path), quantity, f"is read by {other}, the profile by {protocol}")
        for quantity, other in wrong.items()
    ]


def _base(path: Path, chain: tuple[Path, ...], faults: list[Fault]) -> dict[str, Point]:
    table = read(path, faults)
    if table is None:
        return {}
    mixin = path.name.startswith("_")
    base = validate(Mixin, table, path, faults) if mixin else validate(Profile, table, path, faults)
    return _resolve(path, table, base.point if base else (), chain, faults)


def _find_base(path: Path, base: str) -> Path | None:
    places = (path.parent / f"{base}.toml", DATA / f"{base}.toml")
    return next((place.resolve() for place in places if place.is_file()), None)


def _strings(value: Any) -> list[str]:
    """A list of strings, or nothing: what else may stand there is reported by validation."""
    return [v for v in value if isinstance(v, str)] if isinstance(value, list) else []
