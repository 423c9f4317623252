"""One profile file: read, validated, and every fault in it worded for people."""

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from device_profiles.schema import Mixin, Point, Profile

DATA = Path(__file__).parent / "data"

_Model = TypeVar("_Model", Profile, Mixin)

# How pydantic puts it, and how a person would.
_WORDS = {"Input should be": "should be", "a valid string": "text", "a valid integer": "a whole number"}
_WORDS |= {
    "a valid number": "a number",
    "a valid array": "a list",
    "a valid tuple": "a list",
    "a valid dictionary": "a table",
}

# What can be set right, or left out, to see whether the rest of a point contradicts itself.
_STAND_INS = {"oid": "1.3.6", "column": "1.3.6", "register": 0}
_DISPENSABLE = {"scale", "offset", "range", "bits", "unknown", "words", "space", "type", "seen", "note", "fallback"}


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


def read(path: Path, faults: list[Fault]) -> dict[str, Any] | None:
    """The file's table; None where it is none, and `faults` says why."""
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except OSError as e:
        faults.append(Fault(shown(path), "", f"cannot be read: {e.strerror}"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        faults.append(Fault(shown(path), "", f"is no TOML: {e}"))
    return None


def validate(model: type[_Model], table: Mapping[str, Any], path: Path, faults: list[Fault]) -> _Model | None:
    """The table as a profile or a mix-in; None where it is faulty, and `faults` holds every fault."""
    try:
        return model.model_validate(table)
    except ValidationError as e:
        errors = e.errors()
        faults += [Fault(shown(path), _key(error["loc"], table), _message(error)) for error in errors]
        faults += _contradictions(table, errors, path)
        return None


def shown(path: Path) -> str:
    """The file's name as short as it stays clear."""
    return str(path.relative_to(DATA)) if path.is_relative_to(DATA) else str(path)


def _contradictions(table: Mapping[str, Any], errors: list[Any], path: Path) -> Iterator[Fault]:
    """What validation did not come to in points in which single keys are faulty already."""
    keys: dict[int, set[str]] = defaultdict(set)
    unknown = {error["loc"] for error in errors if error["type"] == "extra_forbidden"}
    for error in errors:
        match error["loc"]:
            case ("point", int(i), str(key), *_):
                keys[i].add(key)
    for i, faulty in keys.items():
        repaired = {k: _STAND_INS.get(k, v) if k in faulty else v for k, v in table["point"][i].items()}
        for key in faulty:
            if key in _DISPENSABLE or ("point", i, key) in unknown:
                repaired.pop(key, None)
        try:
            Point.model_validate(repaired)
        except ValidationError as e:
            for error in e.errors():
                if error["type"] == "value_error" and not error["loc"]:
                    yield Fault(shown(path), _key(("point", i), table), _message(error))


def _key(place: tuple[int | str, ...], table: Mapping[str, Any]) -> str:
    """`point[3] battery.runtime.scale`: the path of a key, a point with its quantity beside its number."""
    text = ""
    here: Any = table
    for step in place:
        if isinstance(step, str) and not isinstance(here, dict):
            break  # no key, but pydantic's name for one of several types
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
    if kind == "too_short":
        return "needs at least one"
    if kind == "value_error":
        return str(context["error"])
    message = re.sub(r", unable to parse .*", "", str(error["msg"]))
    message = re.sub(r"^String should match pattern .*", "is not of the expected form", message)
    for theirs, ours in _WORDS.items():
        message = message.replace(theirs, ours)
    return f"{message}; it is {error['input']!r}"
