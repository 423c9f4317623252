"""The alarm book: events in, alarm changes out.

It knows no clock. Delays run in event time, and everything that can change by time alone is asked of
`Deadlines`, so that the book itself knows when it must look again: more calls in between change nothing.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby

from alarms.advice import advise
from alarms.alarm import AlarmChange
from alarms.chatter import WATCHED, Unrest
from alarms.deadlines import Deadlines
from alarms.entry import Entry
from alarms.incident import Incidents
from alarms.kind import worse
from alarms.kinds import PRECEDENCE, delays
from alarms.reach import Reach
from alarms.register import Register
from alarms.rows.consequences import SUPPLY_UNSTABLE
from alarms.standing import Standing, standing
from alarms.state import TRANSITIONS, State, Trigger
from alarms.suppression import Suppression
from detectors.event import Event
from telemetry.site import Site


class Book:
    """All alarms of one site."""

    def __init__(self, site: Site, *, replay: bool) -> None:
        self._site = site
        self._replay = replay
        self._reach = Reach(site)
        self._deadlines = Deadlines()
        self._register = Register(site.name)
        self._unrest: dict[tuple[str, str | None], Unrest] = {}
        self._suppression = Suppression(self._reach, self._register, self._deadlines)
        self._incidents = Incidents(self._reach, replay=replay)

    @property
    def next_due(self) -> int | None:
        """When the book has to be asked again although nothing happens, microseconds UTC; None: not at all."""
        return self._deadlines.nearest

    def standing(self, now: int) -> list[Standing]:
        """What holds or waits for a delay at `now`, microseconds UTC; causes before what follows from them."""
        return standing(self._in_order(), self._site, now)

    def advance(self, time: int, events: Sequence[Event]) -> list[AlarmChange]:
        """Everything that changes up to and at `time`, in order.

        Args:
            time: microseconds UTC, never earlier than before; delays that ran out meanwhile are told as of their own time.
            events: what has become known since the last call, no later than `time`; all of one tick in one call.

        Raises:
            ValueError: an event from the future, or from before what has been told already.
        """
        changes: list[AlarmChange] = []
        ticks = groupby(sorted(events, key=lambda e: e.order), key=lambda e: e.time)
        for tick, found in ticks:
            if tick > time or tick < self._deadlines.now:
                raise ValueError(f"an event of {tick} µs cannot be told between {self._deadlines.now} and {time} µs")
            changes += self._run_out(tick - 1)
            self._take(tick, list(found))
            changes += self._settle(tick)
        return changes + self._run_out(time)

    def _run_out(self, time: int) -> list[AlarmChange]:
        """The delays that run out up to `time`, each in its own turn."""
        changes: list[AlarmChange] = []
        while (due := self.next_due) is not None and due <= time:
            changes += self._settle(due)
        return changes

    def _take(self, tick: int, events: list[Event]) -> None:
        # What the guard joins with its count is not taken as it comes.
        news = [
            e for e in events if e.kind == SUPPLY_UNSTABLE or self._register.entry(e.kind, e.subject, e.point).take(e)
        ]
        watched = sorted((e for e in news if e.kind in WATCHED), key=lambda e: (e.subject, e.point or ""))
        for (subject, point), found in groupby(watched, key=lambda e: (e.subject, e.point)):
            self._unrest.setdefault((subject, point), Unrest(subject, point)).take(tick, list(found))

    def _settle(self, now: int) -> list[AlarmChange]:
        """Bring every alarm to where it belongs at `now`, causes before what follows from them."""
        self._deadlines.start(now)
        self._suppression.start()
        self._guard(now)
        return [change for entry in self._in_order() for change in self._turn(entry, now)]

    def _guard(self, now: int) -> None:
        for unrest in self._unrest.values():
            if not unrest.unstable:
                continue
            entry = self._register.entry(SUPPLY_UNSTABLE, unrest.subject, unrest.point)
            if not entry.raw:
                entry.begin(now, unrest.onset)
            entry.onset, entry.confirmed = min(entry.onset, unrest.onset), unrest.confirmed
            entry.count, entry.evidence = max(1, unrest.count), unrest.evidence
            entry.magnitude, entry.detail = unrest.magnitude, unrest.detail
            entry.fresh, unrest.news = entry.fresh or unrest.news, False
            over = unrest.over()
            if over is not None and self._deadlines.passed(over):
                entry.end(now, (unrest.quiet_since, now))
                unrest.settle()

    def _in_order(self) -> Iterable[Entry]:
        return sorted(
            self._register.waking(),
            key=lambda e: (PRECEDENCE[e.kind], self._reach.depth(e.subject, e.point), e.alarm_id),
        )

    def _turn(self, entry: Entry, now: int) -> Iterable[AlarmChange]:
        """One alarm: on when its condition has held, told or suppressed, off when it has been gone."""
        on_delay, off_delay = delays(entry.kind, self._site)
        if not entry.active and self._has_held(entry, on_delay):
            self._activate(entry, now)
        entry.settle()
        if not entry.active:
            return
        yield from self._tell(entry, now)
        if not entry.raw and entry.spoken and self._deadlines.passed(entry.raw_since + off_delay):
            yield self._clear(entry, now)

    def _has_held(self, entry: Entry, on_delay: int) -> bool:
        """Whether it holds, and has for its delay, as its onset tells; or came and went within this tick."""
        if entry.raw:
            return self._deadlines.passed(min(entry.raw_since, entry.onset[1]) + on_delay)
        return entry.passing and not on_delay

    def _activate(self, entry: Entry, now: int) -> None:
        entry.active, entry.active_since = True, now
        entry.severity, entry.spoken, entry.fresh = entry.judge(), False, True
        if not self._incidents.open(entry.incident, now):
            entry.incident = None
            entry.count = entry.count if entry.kind == SUPPLY_UNSTABLE else 1

    def _tell(self, entry: Entry, now: int) -> Iterable[AlarmChange]:
        rises = entry.judge().rank > entry.severity.rank
        entry.severity = worse(entry.severity, entry.judge())
        fresh = entry.fresh or rises
        cause = None if entry.told else self._suppression.cause(entry)
        if entry.told:
            if fresh:
                yield self._change(entry, now, notify=rises)
        elif cause is not None:
            if entry.state is not State.SUPPRESSED:
                entry.suppressed_by = cause.alarm_id
                yield self._change(entry, now, Trigger.SUPPRESS, cause=cause)
            elif fresh or entry.suppressed_by != cause.alarm_id:
                entry.suppressed_by = cause.alarm_id
                yield self._change(entry, now, cause=cause)
        elif entry.state is State.SUPPRESSED:
            if entry.raw:  # what is over, but for its delay, is not told late
                entry.suppressed_by = None
                yield self._change(entry, now, Trigger.RELEASE, notify=entry.severity.notifies)
            elif fresh:
                yield self._change(entry, now)
        elif not entry.severity.notifies:
            if not entry.spoken:
                yield self._change(entry, now, Trigger.ONSET)
            elif fresh:
                yield self._change(entry, now)
        elif self._held_long_enough(entry):
            yield self._change(entry, now, None if entry.spoken else Trigger.ONSET, notify=True)

    def _held_long_enough(self, entry: Entry) -> bool:
        """Whether a cause has had its time to show; nothing is awaited at a source."""
        sees_itself = self._reach.node(entry.subject, entry.point) == entry.subject
        return self._deadlines.passed(entry.active_since + (0 if sees_itself else entry.row.hold))

    def _clear(self, entry: Entry, now: int) -> AlarmChange:
        told, entry.active = entry.told, False
        if told:
            entry.gone_at = now
        entry.suppressed_by = None
        change = self._change(entry, now, Trigger.CLEAR, notify=told)
        entry.told = entry.spoken = False
        return change

    def _change(
        self,
        entry: Entry,
        now: int,
        trigger: Trigger | None = None,
        *,
        notify: bool = False,
        cause: Entry | None = None,
    ) -> AlarmChange:
        """Write the change down and say it."""
        if trigger is not None:
            entry.state = TRANSITIONS[entry.state, trigger]
        if notify and not entry.told:
            entry.told, entry.told_at = True, now
            self._register.told(entry)
        entry.spoken, entry.fresh = True, False
        entry.rev += 1
        entry.incident = self._incidents.join(entry, cause, now)
        facts = entry.facts(self._site, now)
        incident = self._incidents.record(entry, facts.losses, now, notify=notify)
        return AlarmChange(
            time=now,
            alarm_id=entry.alarm_id,
            rev=entry.rev,
            kind=entry.kind,
            subject=entry.subject,
            point=entry.point,
            severity=entry.severity,
            state=entry.state,
            active=entry.active,
            notify=notify,
            suppressed_by=entry.suppressed_by,
            onset=entry.onset,
            cleared=None if entry.active else entry.cleared,
            title=entry.title(facts),
            cause=incident.cause if incident else None,
            stage=facts.text("stage"),
            stage_margin_s=facts.number("stage_margin_s"),
            ride_through_s=facts.number("ride_through_s"),
            loss_predicted=facts.losses or None,
            evidence=entry.evidence,
            advice=advise(entry.row, facts),
            count=entry.count,
            replay=self._replay,
            incident=incident,
        )
