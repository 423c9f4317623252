"""The facts that an alarm's words are made of."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from numbers import Integral, Real

from alarms.times import duration, local
from detectors.event import Evidence
from telemetry.block import SECOND
from telemetry.site import Device, Site


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one finding at one moment. A detail that the detector did not give is None, never a guess.

    time, onset: microseconds UTC
    magnitude: in the kind's own unit
    confirmed: False while it rests on one poll
    count: onsets so far
    over: it is being told that the alarm is over
    """

    site: Site
    subject: str
    point: str | None
    time: int
    onset: tuple[int, int]
    magnitude: float
    confirmed: bool
    count: int
    evidence: tuple[Evidence, ...]
    detail: Mapping[str, object]
    over: bool = False

    @property
    def device(self) -> Device | None:
        """The subject, where it is a device and not a load."""
        return next((d for d in self.site.devices if d.name == self.subject), None)

    @property
    def where(self) -> str:
        """`ups-a`, or with its point `ats-a input.1`."""
        return f"{self.subject} {self.point}" if self.point else self.subject

    def number(self, key: str) -> float | None:
        """A figure of the detail."""
        return figure(self.detail, key)

    def text(self, key: str) -> str | None:
        """A name or sentence of the detail."""
        value = self.detail.get(key)
        return value if isinstance(value, str) and value else None

    def names(self, key: str) -> tuple[str, ...]:
        """Names of the detail, none where it gives none."""
        value = self.detail.get(key)
        return tuple(v for v in value if isinstance(v, str)) if isinstance(value, list | tuple) else ()

    def seconds(self, key: str) -> str | None:
        """A detail in seconds, said as a duration."""
        value = self.number(key)
        return None if value is None else duration(round(value * SECOND))

    @property
    def losses(self) -> dict[str, int]:
        """What loses power when, as predicted: microseconds UTC by device or load."""
        predicted = self.detail.get("loss_predicted")
        if not isinstance(predicted, Mapping):
            return {}
        return {str(name): int(time) for name, time in predicted.items() if isinstance(time, Integral)}

    @property
    def fine(self) -> bool:
        """Whether samples are less than a second apart, as those of an oscillogram: then milliseconds count."""
        return self.site.tick < SECOND

    def clock(self, time: int) -> str:
        """The time of day at the site."""
        return local(time, self.site.timezone, fine=self.fine)


def figure(detail: Mapping[str, object], key: str) -> float | None:
    """A figure of an event's detail; None where it has none, or none that is finite."""
    value = detail.get(key)
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        return None
    return float(value)


def enumeration(names: Iterable[str], word: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`; empty where there is none."""
    *others, last = [*names] or [""]
    return f"{', '.join(others)} {word} {last}" if others else last
