"""What happens at a site, and when: a scenario's events, with what chance decides drawn from a seed."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, TypeAlias

import numpy as np
from pydantic import BaseModel, ConfigDict

from telemetry.moment import microseconds
from telemetry.site_duration import parse_duration

# A moment in a scenario file: `10:32:00.4`, a time of day where the scenario's start is written; "1m30s", a duration
# after the start; or "lockout + 4s", so long after an event named before. A value that chance decides is
# `{ between = [low, high] }`, or `{ one_of = [...] }`.
Moment: TypeAlias = time | str

_PART = re.compile(r"[\d.]+[a-z]+")
_NAMED = re.compile(r"([a-z][\w.-]*)(?:\s*([+-])\s*(\S+))?")


def duration(text: str) -> int:
    """Microseconds of a duration such as `1h30m`, `2.5s`, `100ms`.

    Raises:
        ValueError: the text is none.
    """
    parts = _PART.findall(text)
    if not parts or "".join(parts) != text:
        raise ValueError(f"{text!r} is no duration; expected numbers with ms, s, m or h, such as '90s' or '1m30s'")
    return sum(parse_duration(part) for part in parts)


def moment(at: Moment, start: datetime, happened: Mapping[str, int] | None = None) -> int:
    """Microseconds UTC of a moment of a scenario that begins at `start`, which knows its offset from UTC.

    A time of day earlier than the start's is the next day's.

    Args:
        at: as the scenario file has it
        start: of the scenario
        happened: µs UTC of what can be named

    Raises:
        ValueError: the text is no moment, or names nothing that happened.
    """
    if isinstance(at, str):
        named = _NAMED.fullmatch(at)
        if named is None:
            return microseconds(start) + duration(at)
        name, sign, offset = named.groups()
        if name not in (happened or {}):
            raise ValueError(
                f"{at!r} is no time of day, no duration such as '90s', and {name!r} did not happen in this run;"
                f" what happened: {', '.join(sorted(happened or {})) or 'nothing that has a name'}"
            )
        return (happened or {})[name] + (duration(offset) if offset else 0) * (-1 if sign == "-" else 1)
    day = datetime.combine(start.date(), at, start.tzinfo)
    return microseconds(day if day >= start else day + timedelta(days=1))


class Between(BaseModel):
    """A moment that chance decides: at the earliest the first, at the latest the second."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    between: tuple[Moment, Moment]


class Happening(BaseModel):
    """An event as the scenario file has it.

    set: {part of the plant: {what to set: value}}; `relay-86 = { tripped = true }`
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    at: Moment | Between
    what: str
    id: str | None = None
    set: dict[str, dict[str, Any]] = {}


@dataclass(frozen=True, slots=True)
class Event:
    """An event with everything drawn. time: microseconds UTC."""

    time: int
    what: str
    id: str | None
    settings: Mapping[str, Mapping[str, Any]]


def draw(happenings: Sequence[Happening], start: datetime, seed: int) -> tuple[Event, ...]:
    """The events of one run, in order of time. The same seed gives the same events."""
    rng = np.random.default_rng([seed, 1])
    events = []
    happened: dict[str, int] = {}
    for happening in happenings:
        at = happening.at
        if isinstance(at, Between):
            low, high = (moment(m, start, happened) for m in at.between)
            if low > high:
                first, second = at.between
                raise ValueError(
                    f"event {happening.what!r}: between {first} and {second}, but the second is the earlier"
                )
            at_time = int(rng.integers(low, high, endpoint=True))
        else:
            at_time = moment(at, start, happened)
        if happening.id:
            happened[happening.id] = at_time
        events.append(Event(at_time, happening.what, happening.id, drawn(happening.set, rng)))
    return tuple(sorted(events, key=lambda e: e.time))


def drawn_tables(tables: Mapping[str, Mapping[str, Any]], seed: int) -> dict[str, dict[str, Any]]:
    """A scenario's parameters with everything drawn. The same seed gives the same numbers."""
    found: dict[str, dict[str, Any]] = drawn(tables, np.random.default_rng([seed, 2]))
    return found


def drawn(value: Any, rng: np.random.Generator) -> Any:
    """A value of a scenario file with what chance decides: `{ between = [low, high] }` and `{ one_of = [...] }`."""
    match value:
        case {"between": [low, high], **rest} if not rest:
            return float(rng.uniform(low, high))
        case {"one_of": [*choices], **rest} if choices and not rest:
            return choices[int(rng.integers(len(choices)))]
        case Mapping():
            return {key: drawn(inner, rng) for key, inner in value.items()}
        case list() | tuple():
            return [drawn(inner, rng) for inner in value]
    return value
