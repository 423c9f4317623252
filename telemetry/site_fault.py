"""What is wrong in a site file, worded for people."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from telemetry.site_schema import KEYS

# What a pydantic error type expects, in words.
_EXPECTED = {
    "string_type": "text in quotes",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "dict_type": "tables, one a kind",
    "datetime_type": "a date and time such as 2026-12-01T02:00:00Z",
    "finite_number": "a finite number",
    "model_type": "a table",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: the path of its key (`device[3] ups-a.fed_by`), what was found and what was expected."""

    key: str
    message: str

    def __str__(self) -> str:
        return f"{self.key}: {self.message}" if self.key else self.message


class SiteError(ValueError):
    """A site file with faults: `faults` holds all of them, in the order of the file."""

    def __init__(self, name: str, faults: tuple[Fault, ...]) -> None:
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        super().__init__("\n  ".join((f"{name} has {count}:", *map(str, faults))))
        self.name = name
        self.faults = faults


class SiteUnreadableError(ValueError):
    """A site file that cannot be read, or that is no TOML."""


def nearest(name: str, names: Iterable[str]) -> str:
    """`; did you mean 'ups-a'?`, or nothing where no name is near."""
    near = difflib.get_close_matches(name, list(names), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def key_path(raw: Mapping[str, Any], *place: str | int) -> str:
    """The path of a key as faults show it: a table of a list with its number, from 0, and its name.

    A number at the end is left out: it is an item of a list of texts, and the key is what people look for.
    """
    text = ""
    here: Any = raw
    while place and isinstance(place[-1], int) and len(place) > 2:
        place = place[:-1]
    for step in place:
        try:
            here = here[step]
        except (KeyError, IndexError, TypeError):
            here = None
        if isinstance(step, str):
            text += f".{step}" if text else step
        else:
            name = here.get("name") if isinstance(here, dict) else None
            text += f"[{step}] {name}" if isinstance(name, str) else f"[{step}]"
    return text


def shape_fault(raw: Mapping[str, Any], error: Mapping[str, Any]) -> Fault:
    """The fault that a pydantic error stands for."""
    place: tuple[str | int, ...] = error["loc"]
    return Fault(key_path(raw, *place), _message(place, error["type"], error.get("ctx", {}), error["input"]))


def _message(place: tuple[str | int, ...], kind: str, context: Mapping[str, Any], found: Any) -> str:
    table = tuple(step for step in place[:-1] if isinstance(step, str))
    if kind == "extra_forbidden":
        table = table[:1] if table[:1] == ("limits",) else table
        keys = KEYS.get(table, ())
        return "no such key here" + (nearest(str(place[-1]), keys) or f"; expected one of {', '.join(keys)}")
    if kind == "missing":
        return "is missing" if table else f"the table {_header(place[-1])} is missing"
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        choices = [choice.strip("'") for choice in context["expected"].replace(" or ", ", ").split(", ")]
        return f"found {_shown(found)}, expected one of {', '.join(choices)}{nearest(str(found), choices)}"
    if kind == "string_pattern_mismatch":
        return f"found {_shown(found)}, expected lower-case letters, digits and hyphens, not beginning with a hyphen"
    if kind in ("too_short", "string_too_short"):
        return "found nothing, expected at least one" if kind == "too_short" else "found an empty text"
    if kind in ("greater_than", "greater_than_equal", "less_than"):
        than = {"greater_than": "more than", "greater_than_equal": "at least", "less_than": "less than"}[kind]
        return f"found {_shown(found)}, expected {than} {next(iter(context.values())):g}"
    expected = _EXPECTED.get(kind, kind)
    if kind == "tuple_type" and place[-1] in ("device", "load", "maintenance"):
        expected = f"{_header(place[-1])} in double brackets"
    return f"found {_shown(found)}, expected {expected}"


def _header(table: object) -> str:
    return f"[[{table}]]" if table in ("device", "load", "maintenance") else f"[{table}]"


def _shown(found: Any) -> str:
    """What stands in the file, short."""
    if isinstance(found, dict):
        return "a table"
    if isinstance(found, list | tuple):
        return "a list"
    if isinstance(found, bool):
        return str(found).lower()
    if isinstance(found, datetime):
        return found.isoformat()
    return repr(found) if isinstance(found, str) else str(found)
