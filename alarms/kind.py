"""What is known of an alarm kind before it ever happens."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from alarms.facts import Facts


class Severity(StrEnum):
    """How soon somebody must act: critical to warning as X.733 has them, and `info` for what is only recorded."""

    CRITICAL = "critical"
    MAJOR = "major"
    MINOR = "minor"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """Larger is worse: `info` 0 … `critical` 4. As strings they would sort by the alphabet."""
        return _RANK[self]

    @property
    def notifies(self) -> bool:
        """Whether the NOC is told: minor and above."""
        return self.rank >= _RANK[Severity.MINOR]


_RANK = {s: i for i, s in enumerate(reversed(Severity))}


def worse(*severities: Severity) -> Severity:
    """The worst of them."""
    return max(severities, key=lambda s: s.rank)


class Blame(StrEnum):
    """What a kind can be to its incident: the root is the first of these that anything in it is."""

    FAILED = "a missed transfer stage, a trip or a lockout"
    LOST = "the lost source"
    UNSTABLE = "a supply that comes and goes"
    DISTURBED = "a disturbed supply"
    EFFECT = "an effect of something else, its own cause only where nothing else is known"

    @property
    def rank(self) -> int:
        """Smaller is nearer the root."""
        return list(Blame).index(self)


@dataclass(frozen=True, slots=True)
class Limit:
    """A figure that decides, and where it comes from (standard and clause, a device's setting, or a choice)."""

    figure: str
    basis: str


@dataclass(frozen=True, slots=True)
class Grade:
    """A figure of the finding from which on the kind is more severe than its row says.

    key: of the event's detail
    least: the smallest figure that counts, in the detail's unit
    severity: what it then is
    said: the figure as people read it
    """

    key: str
    least: float
    severity: Severity
    said: str


@dataclass(frozen=True, slots=True)
class AlarmKind:
    """One row of the kinds table.

    group: as the kinds are grouped for people (`supply`, `transfer: the switch` …)
    severity: without anything that raises it
    by_ride_through: whether `ride_through_s` raises the severity
    grade: a figure of the finding that raises it
    title: one line for someone woken at 3 am, from the facts of the finding
    meaning: what has happened, in one or two sentences
    limits: the figures that decide
    advice: what to look at and whom to call; never an act upon the plant
    blame: what it can be to its incident
    on_delay, off_delay: microseconds that the condition must have held, and been gone
    hold: microseconds that a first telling waits for a cause to show; a condition that ends meanwhile is told still
    silences: kinds that must follow from this one on what it feeds, recorded there but not sent
    first_always: whether the first of a subject in an incident is sent even under a cause
    """

    name: str
    group: str
    severity: Severity
    title: Callable[[Facts], str]
    meaning: str
    limits: tuple[Limit, ...]
    advice: tuple[str, ...]
    blame: Blame
    by_ride_through: bool = False
    grade: Grade | None = None
    on_delay: int = 0
    off_delay: int = 0
    hold: int = 0
    silences: tuple[str, ...] = ()
    first_always: bool = False

    @property
    def worst(self) -> Severity:
        """What its own figures can make of it."""
        return worse(self.severity, self.grade.severity) if self.grade else self.severity
