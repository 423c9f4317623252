"""What the book keeps of one alarm."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from alarms.facts import Facts, figure
from alarms.kind import AlarmKind, Severity, worse
from alarms.kinds import KINDS
from alarms.state import State
from alarms.times import duration
from detectors.event import Event, Evidence
from detectors.loss import ENOUGH
from telemetry.site import Site


@dataclass(slots=True)
class Entry:
    """One alarm's standing: numbers, names and tuples only. Times in microseconds UTC.

    raw, raw_since: what the detector says, and since when it says so
    passing: it began and ended within the tick that is being settled
    active, active_since: the same behind its delays
    spoken: whether this activation has been recorded; told: whether the NOC has its onset, but not its clear
    told_at: when it was told; gone_at: when one that had been told was over
    fresh: something new is known that no change has shown yet
    count: onsets within its incident
    """

    alarm_id: str
    kind: str
    subject: str
    point: str | None
    rev: int = 0
    state: State = State.NORMAL
    raw: bool = False
    raw_since: int = 0
    passing: bool = False
    active: bool = False
    active_since: int = 0
    spoken: bool = False
    told: bool = False
    told_at: int = 0
    gone_at: int | None = None
    fresh: bool = False
    count: int = 0
    severity: Severity = Severity.INFO
    confirmed: bool = False
    suppressed_by: str | None = None
    incident: str | None = None
    onset: tuple[int, int] = (0, 0)
    cleared: tuple[int, int] | None = None
    magnitude: float = 0.0
    evidence: tuple[Evidence, ...] = ()
    detail: Mapping[str, object] = field(default_factory=dict)

    @property
    def row(self) -> AlarmKind:
        """Its kind's row in the table."""
        return KINDS[self.kind]

    def take(self, event: Event) -> bool:
        """Learn what a detector found.

        A device's own record of a time that is known already is no news; what is seen takes the place of what was not.

        Returns:
            Whether it was news.
        """
        unseen = event.detail.get("unseen") is True
        if self.raw and unseen and not self.unseen:
            return False
        if event.active and (not self.raw or self.unseen > unseen):
            self.begin(event.time, event.onset)
        elif event.active:
            self.fresh = True
        elif self.raw:
            self.end(event.time, event.ended)
        self.confirmed = self.confirmed or (event.active and event.confirmed)
        self.magnitude = event.magnitude
        self.evidence = event.evidence or self.evidence
        self.detail = {**self.detail, **event.detail}
        return True

    @property
    def unseen(self) -> bool:
        """Whether no poll saw it: only a counter or a register of the device shows it."""
        return self.detail.get("unseen") is True

    def begin(self, time: int, onset: tuple[int, int]) -> None:
        """The condition holds from now on."""
        self.raw, self.raw_since = True, time
        self.cleared = None
        self.count += 1
        self.detail = {}
        self.fresh = self.fresh or not self.told  # what is only recorded is recorded each time
        if not self.active:
            self.onset, self.confirmed, self.evidence = onset, False, ()

    def end(self, time: int, ended: tuple[int, int] | None) -> None:
        """The condition is gone."""
        self.passing = time == self.raw_since and not self.active
        if not self.active and not self.passing:  # gone before its delay was over: it never was
            self.count -= 1
        self.raw, self.raw_since = False, time
        self.cleared = ended or (time, time)

    def settle(self) -> None:
        """What passed within this tick has been dealt with; where its kind has a delay, it never was."""
        if self.passing and not self.active:
            self.count -= 1
        self.passing = False

    def judge(self) -> Severity:
        """How severe it is by what is known now; the alarm itself never falls below what it has been."""
        if not self.confirmed:
            return Severity.INFO
        found = self.row.severity
        ride_through = figure(self.detail, "ride_through_s")
        if self.row.by_ride_through and ride_through is not None:
            found = worse(found, by_ride_through(ride_through))
        grade = self.row.grade
        if grade and (reached := figure(self.detail, grade.key)) is not None and reached >= grade.least:
            found = worse(found, grade.severity)
        given = self.detail.get("severity")
        return worse(found, Severity(given)) if isinstance(given, str) else found

    def title(self, facts: Facts) -> str:
        """What is wrong, in one line; of one that is over, how long it was."""
        title = self.row.title(facts)
        if self.active or self.cleared is None:
            return title
        return f"over {_after(self.onset, self.cleared, polled='duration_s' in self.detail)}: {title}"

    def facts(self, site: Site, time: int) -> Facts:
        """What its words are made of at `time`."""
        return Facts(
            site=site,
            subject=self.subject,
            point=self.point,
            time=time,
            onset=self.onset,
            magnitude=self.magnitude,
            confirmed=self.confirmed,
            count=self.count,
            evidence=self.evidence,
            detail=self.detail,
            over=not self.active,
        )


def _after(onset: tuple[int, int], cleared: tuple[int, int], *, polled: bool) -> str:
    """`after 52 ms`; where polls leave it open, `after 1 s to 3 s`, `within 2 s`."""
    shortest, longest = max(0, cleared[0] - onset[1]), cleared[1] - onset[0]
    if not polled or longest < 2 * shortest:
        return f"after {duration(cleared[1] - onset[1])}"
    return f"after {duration(shortest)} to {duration(longest)}" if shortest else f"within {duration(longest)}"


def by_ride_through(seconds: float) -> Severity:
    """Severity by predicted load loss minus earliest possible generator power."""
    if seconds < 0:
        return Severity.CRITICAL
    return Severity.MAJOR if seconds <= ENOUGH else Severity.MINOR
