"""Incidents: what belongs together because it shares a cause on the one-line."""

from dataclasses import dataclass, field

from alarms.entry import Entry
from alarms.facts import figure
from alarms.kind import Blame, Severity, worse
from alarms.reach import Reach
from alarms.times import compact, iso, iso_second
from telemetry.block import SECOND

SCHEMA = "ridethrough.incident/1"
LINGER = 600 * SECOND  # what comes on the same sources so soon after the last of it still belongs to it
AT_ONCE = 10  # seconds: a UPS that carries no longer has failed (S1), whatever its battery says
# Silence, what a device says of itself, and values that are not to be believed say nothing about power: they join their
# cause or stand alone.
_NOT_OF_POWER = ("comms_lost", "device_alarm", "value_frozen", "value_implausible", "sensor_disagreement")


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident as it stands at one change. Times in microseconds UTC.

    onset: when its first alarm began; ended: when its last was over, None while any is active
    cause: `kind@subject` of its root as known now
    severity: the worst of what is not suppressed
    alarms, active, suppressed: how many alarms it has had, has now, and has had suppressed
    notifications: how many changes of it were sent to the NOC
    """

    id: str
    time: int
    onset: int
    ended: int | None
    severity: Severity
    cause: str
    alarms: int
    active: int
    suppressed: int
    notifications: int
    loss_predicted: dict[str, int]
    replay: bool

    def to_json(self) -> dict[str, object]:
        """The object of topic `incident/<id>`."""
        return {
            "schema": SCHEMA,
            "time": iso(self.time),
            "incident": self.id,
            "onset": iso(self.onset),
            "ended": None if self.ended is None else iso(self.ended),
            "active": self.ended is None,
            "severity": self.severity.value,
            "cause": self.cause,
            "loss_predicted": {s: iso_second(t) for s, t in sorted(self.loss_predicted.items())},
            "alarms": self.alarms,
            "active_alarms": self.active,
            "suppressed_alarms": self.suppressed,
            "notifications": self.notifications,
            "replay": self.replay,
        }


@dataclass(slots=True)
class _Case:
    """What is kept of one incident; each mapping by alarm_id."""

    id: str
    onset: int
    sources: frozenset[str]
    ended: int | None = None
    severity: Severity = Severity.INFO
    notifications: int = 0
    blame: dict[str, tuple[object, ...]] = field(default_factory=dict)
    active: set[str] = field(default_factory=set)
    suppressed: set[str] = field(default_factory=set)
    losses: dict[str, int] = field(default_factory=dict)


class Incidents:
    """All incidents of a site, and which one an alarm belongs to."""

    def __init__(self, reach: Reach, *, replay: bool) -> None:
        self._reach = reach
        self._replay = replay
        self._cases: dict[str, _Case] = {}

    def open(self, incident: str | None, now: int) -> bool:
        """Whether that incident goes on, or ended only a while ago."""
        case = self._cases.get(incident) if incident else None
        return case is not None and (case.ended is None or now - case.ended <= LINGER)

    def join(self, entry: Entry, cause: Entry | None, now: int) -> str | None:
        """The incident that the alarm belongs to: its own, its cause's, one on the same sources, else a new one.

        None for what is not worth telling and belongs to nothing: a glitch makes no incident.
        """
        if self.open(entry.incident, now):
            return entry.incident
        if cause is not None and self.open(cause.incident, now):
            return cause.incident
        sources = self._reach.sources(entry.subject)
        if entry.kind not in _NOT_OF_POWER:
            for case in self._cases.values():  # in the order in which they began
                if self.open(case.id, now) and case.sources & sources:
                    return case.id
        if not entry.severity.notifies:
            return None
        self._cases = {name: case for name, case in self._cases.items() if self.open(name, now)}
        sources = frozenset() if entry.kind in _NOT_OF_POWER else sources
        case = _Case(f"{compact(entry.onset[1])}-{entry.subject}-{entry.kind}", entry.onset[1], sources)
        self._cases[case.id] = case
        return case.id

    def record(self, entry: Entry, losses: dict[str, int], now: int, *, notify: bool) -> Incident | None:
        """Count a change of an alarm and return its incident as it stands now."""
        case = self._cases.get(entry.incident or "")
        if case is None:
            return None
        if entry.kind not in _NOT_OF_POWER:
            case.sources |= self._reach.sources(entry.subject)
        case.notifications += notify
        case.blame.setdefault(entry.alarm_id, self._blame(entry))
        (case.active.add if entry.active else case.active.discard)(entry.alarm_id)
        if entry.suppressed_by:
            case.suppressed.add(entry.alarm_id)
        elif entry.active:
            case.severity = worse(case.severity, entry.severity)
        case.losses |= losses
        case.ended = None if case.active else now
        root = min(case.blame.values())
        return Incident(
            id=case.id,
            time=now,
            onset=case.onset,
            ended=case.ended,
            severity=case.severity,
            cause=str(root[-1]),
            alarms=len(case.blame),
            active=len(case.active),
            suppressed=len(case.suppressed),
            notifications=case.notifications,
            loss_predicted=dict(case.losses),
            replay=self._replay,
        )

    def _blame(self, entry: Entry) -> tuple[object, ...]:
        """Sorts by nearness to the root: what failed before what was lost, then the nearest to the source, the first.

        A UPS that carried its load for a while before it dropped it did what it could: that is an effect.
        """
        blame = entry.row.blame
        carried = figure(entry.detail, "on_battery_s")
        if entry.kind == "ups_load_dropped" and carried is not None and carried > AT_ONCE:
            blame = Blame.EFFECT
        depth = self._reach.depth(entry.subject, entry.point)
        return (blame.rank, depth, entry.onset[1], f"{entry.kind}@{entry.subject}")
