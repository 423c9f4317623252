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

# A moment in a scenario file: `10:32:00.4`, a time of day where the scenario's start is written, or
# "1m30s", a duration after the start. A value that chance decides is `{ between = [low, high] }`.
Moment: TypeAlias = time | str

_PART = re.compile(r"[\d.]+[a-z]+")


def duration(text: str) -> int:
    """Microseconds of a duration such as `1h30m`, `2.5s`, `100ms`.

    Raises:
        ValueError: the text is none.
    """
    parts = _PART.findall(text)
    if not parts or "".join(parts) != text:
        raise ValueError(f"{text!r} is no duration; expected numbers with ms, s, m or h, such as '90s' or '1m30s'")
    return sum(parse_duration(part) for part in parts)


def moment(at: Moment, start: datetime) -> int:
    """Microseconds UTC of a moment of a scenario that begins at `start`, which knows its offset from UTC.

    A time of day earlier than the start's is the next day's.
    """
    if isinstance(at, str):
        return microseconds(start) + duration(at)
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
    for happening in happenings:
        at = happening.at
        if isinstance(at, Between):
            low, high = (moment(m, start) for m in at.between)
            at_time = int(rng.integers(low, high, endpoint=True))
        else:
            at_time = moment(at, start)
        settings = {
            part: {key: _drawn(value, rng) for key, value in values.items()} for part, values in happening.set.items()
        }
        events.append(Event(at_time, happening.what, happening.id, settings))
    return tuple(sorted(events, key=lambda e: e.time))


def _drawn(value: Any, rng: np.random.Generator) -> Any:
    if isinstance(value, dict) and set(value) == {"between"}:
        low, high = value["between"]
        return float(rng.uniform(low, high))
    return value
