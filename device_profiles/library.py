"""Finds, reads and matches profiles.

A profile is `data/<vendor>/<model>.toml` and is named `<vendor>/<model>`. A file whose name begins
with `_` is a mix-in: points that profiles share. `extends` names a file beside the profile, else one of
the data folder. Merging has one rule: bases from left to right, then the file's own points; the same
`quantity` replaces; `drop` removes; nothing else merges.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from device_profiles.schema import Mixin, Point, Profile, Protocol

DATA = Path(__file__).parent / "data"

_Model = TypeVar("_Model", Profile, Mixin)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in a profile file, and where."""

    file: str
    key: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.message}" if self.key else f"{self.file}: {self.message}"


class ProfileError(ValueError):
    """A profile file cannot be used. `faults` holds everything that is wrong with it and with what it extends."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


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
    table = _read(path, faults)
    own = _validate(Profile, table, path, faults) if table is not None else None
    points = _resolve(path, table or {}, own.point if own else (), (path,), faults)
    if own is None or faults:
        raise ProfileError(tuple(faults))
    return own.model_copy(update={"name": f"{path.parent.name}/{path.stem}", "point": tuple(points.values())})


@cache
def _catalogue() -> tuple[Profile, ...]:
    """Every profile that can be read: a faulty file never hides the others."""
    found = []
    for name in names():
        try:
            found.append(load(name))
        except ProfileError:
            continue
    return tuple(found)


def match_sys_object_id(oid: str) -> tuple[str, ...]:
    """The profiles whose device says this sysObjectID: the longest match first, then the higher rank, then by name."""
    oid = oid.lstrip(".")
    found: list[tuple[int, int, str]] = []
    for profile in _catalogue():
        lengths = [_match_length(pattern, oid) for pattern in profile.match.sys_object_id]
        if best := max(lengths, default=0):
            found.append((-best, -profile.match.rank, profile.name))
    return tuple(name for _, _, name in sorted(found))


def probe_candidates(protocol: Protocol) -> tuple[Profile, ...]:
    """The profiles that can be told by what a device answers, the higher rank first, then by name."""
    found = [p for p in _catalogue() if p.protocol == protocol and (p.match.probe or p.match.registers)]
    return tuple(sorted(found, key=lambda p: (-p.match.rank, p.name)))


def _match_length(pattern: str, oid: str) -> int:
    """How many arcs of `oid` the pattern names, an exact match counting one more; 0 where it does not match."""
    if not pattern.endswith(".*"):
        return pattern.count(".") + 2 if pattern == oid else 0
    stem = pattern[:-2]
    return stem.count(".") + 1 if oid == stem or oid.startswith(f"{stem}.") else 0


def _read(path: Path, faults: list[Fault]) -> dict[str, Any] | None:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except OSError as e:
        faults.append(Fault(_shown(path), "", f"cannot be read: {e.strerror}"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        faults.append(Fault(_shown(path), "", f"is no TOML: {e}"))
    return None


def _resolve(
    path: Path, table: Mapping[str, Any], own: tuple[Point, ...], chain: tuple[Path, ...], faults: list[Fault]
) -> dict[str, Point]:
    """The points by quantity: bases from left to right, then own; `drop` takes away in between."""
    points: dict[str, Point] = {}
    for base in _strings(table.get("extends")):
        where = _find_base(path, base)
        if where is None:
            faults.append(
                Fault(_shown(path), "extends", f"there is no {base}.toml beside this file or in {DATA.name}/")
            )
        elif where in chain:
            faults.append(Fault(_shown(path), "extends", f"{base!r} leads back to this file"))
        else:
            points |= _base(where, (*chain, where), faults)
    faults += [
        Fault(_shown(path), "drop", f"no base has {quantity!r}")
        for quantity in _strings(table.get("drop"))
        if points.pop(quantity, None) is None
    ]
    seen: set[str] = set()
    for i, point in enumerate(own):
        if point.quantity in seen:
            faults.append(Fault(_shown(path), f"point[{i}] {point.quantity}", "stands in this file twice"))
        seen.add(point.quantity)
        points[point.quantity] = point
    return points


def _base(path: Path, chain: tuple[Path, ...], faults: list[Fault]) -> dict[str, Point]:
    table = _read(path, faults)
    if table is None:
        return {}
    base: Mixin | Profile | None
    if path.name.startswith("_"):
        base = _validate(Mixin, table, path, faults)
    else:
        base = _validate(Profile, table, path, faults)
    return _resolve(path, table, base.point if base else (), chain, faults)


def _find_base(path: Path, base: str) -> Path | None:
    places = (path.parent / f"{base}.toml", DATA / f"{base}.toml")
    return next((place.resolve() for place in places if place.is_file()), None)


def _strings(value: Any) -> list[str]:
    """A list of strings, or nothing: what else may stand there is reported by validation."""
    return [v for v in value if isinstance(v, str)] if isinstance(value, list) else []


def _validate(model: type[_Model], table: Mapping[str, Any], path: Path, faults: list[Fault]) -> _Model | None:
    try:
        return model.model_validate(table)
    except ValidationError as e:
        faults += [Fault(_shown(path), _key(error["loc"], table), _message(error)) for error in e.errors()]
        return None


def _key(place: tuple[int | str, ...], table: Mapping[str, Any]) -> str:
    """`point[3] battery.runtime.scale`: the path of a key, a point with its quantity beside its number."""
    text = ""
    here: Any = table
    for step in place:
        try:
            here = here[step]
        except (KeyError, IndexError, TypeError):
            here = None
        if isinstance(step, str):
            text += f".{step}" if text else step
        else:
            name = here.get("quantity") if isinstance(here, dict) else None
            text += f"[{step}] {name}" if name else f"[{step}]"
    return text


def _message(error: Any) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return "is no key of a profile here"
    if kind == "missing":
        return "is missing"
    if kind == "value_error":
        return str(context["error"])
    message = str(error["msg"]).replace("Input should be", "should be")
    message = re.sub(r"^String should match pattern .*", "is not of the expected form", message)
    return f"{message}; it is {error['input']!r}"


def _shown(path: Path) -> str:
    """The file's name as short as it stays clear."""
    return str(path.relative_to(DATA)) if path.is_relative_to(DATA) else str(path)


def faults() -> Iterator[Fault]:
    """What is wrong with the profile files of the library; nothing in a sound installation."""
    for name in names():
        try:
            load(name)
        except ProfileError as e:
            yield from e.faults
