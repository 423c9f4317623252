"""Suppression by design: what must follow from an alarm that the NOC has is recorded, not sent.

The kinds table says what follows from what; here stands where on the one-line, and for how long.
"""

from alarms.deadlines import Deadlines
from alarms.entry import Entry
from alarms.kind import Blame
from alarms.kinds import KINDS, PRECEDENCE
from alarms.reach import Reach, longest_transfer
from alarms.register import Register
from alarms.rows.consequences import SUPPLY, SUPPLY_UNSTABLE
from telemetry.block import SECOND

GRACE = 30 * SECOND  # a cause explains for so long after its end: a UPS walks in, a switch goes back
REBOOT = 180 * SECOND  # the same for silence: a network card that lost its power takes minutes to answer again
SPELL = 60 * SECOND  # an unstable supply explains spells, not a state that lasts (IEEE 1159: sustained above 1 min)

_BEHIND_UPS = ("comms_lost", "load_loss_predicted")  # a UPS keeps a bad supply away, but no silence and no loss
_LOW = ("voltage_sag", "voltage_interruption", "phase_loss", "undervoltage")
_LASTING = ("undervoltage", "overvoltage")  # what a sag or swell of the same feed turns into


class Suppression:
    """Finds the alarm that another follows from."""

    def __init__(self, reach: Reach, register: Register, deadlines: Deadlines) -> None:
        self._reach = reach
        self._register = register
        self._deadlines = deadlines

    def start(self) -> None:
        """Let go of causes that are over for good. To be called at every new moment."""
        for cause in list(self._register.causes):
            if not cause.told and (cause.gone_at is None or self._deadlines.passed(cause.gone_at + REBOOT)):
                self._register.spent(cause)

    def cause(self, child: Entry) -> Entry | None:
        """The alarm that explains `child` now: the one it has as long as that holds, else the nearest to the source.

        Only an alarm that was itself told is one, so that `suppressed_by` leads to what the NOC has.
        """
        if child.row.first_always and child.count <= 1:
            return None
        able = [e for e in self._register.causes if child.kind in KINDS[e.kind].silences and e is not child]
        able.sort(key=lambda e: (e.alarm_id != child.suppressed_by, self._rank(e)))
        return next((e for e in able if self._explains(e, child)), None)

    def _rank(self, cause: Entry) -> tuple[object, ...]:
        depth = self._reach.depth(cause.subject, cause.point)
        return (depth, cause.told_at, PRECEDENCE[cause.kind], cause.alarm_id)

    def _explains(self, cause: Entry, child: Entry) -> bool:
        if not self._upstream(cause, child) or self._turned_into(cause, child):
            return False
        until = [self._until(cause, child), self._known_until(cause, child)]
        return not any(self._deadlines.passed(moment) for moment in until if moment is not None)

    @staticmethod
    def _turned_into(cause: Entry, child: Entry) -> bool:
        """Whether the child is the cause itself, which goes on under another name: that is news, and no delay is due."""
        same = (cause.subject, cause.point) == (child.subject, child.point)
        return same and not cause.raw and child.kind in _LASTING

    def _upstream(self, cause: Entry, child: Entry) -> bool:
        """Whether the power that `child` is about comes through what `cause` is about."""
        above = self._reach.above(child.subject, child.point, past_ups=child.kind in _BEHIND_UPS)
        if cause.row.group == SUPPLY:
            return self._reach.node(cause.subject, cause.point) in above
        if cause.subject == child.subject or cause.subject in above:
            return True
        return bool(self._lost(child)) and self._too_few(cause, child)

    def _lost(self, child: Entry) -> set[str]:
        """The lost utilities that the power at `child` normally comes from."""
        above = self._reach.above(child.subject, child.point, past_ups=True)
        return {e.subject for e in self._register.of("utility_lost") if e.raw and e.subject in above}

    def _too_few(self, cause: Entry, child: Entry) -> bool:
        """Whether it leaves a switch above with too few emergency sources: a spare one that failed explains nothing."""
        causes = self._register.causes
        failed = {e.subject for e in causes if e.row.blame is Blame.FAILED and (e.told or e is cause)}
        switches = self._reach.switches(child.subject, child.point)
        return any(cause.subject in self._reach.emergency_way(s) and self._reach.short(s, failed) for s in switches)

    @staticmethod
    def _known_until(cause: Entry, child: Entry) -> int | None:
        """How long the NOC takes it into account: a moment longer than it lasts."""
        if cause.told or cause.gone_at is None:
            return None
        return cause.gone_at + (REBOOT if child.kind == "comms_lost" else GRACE)

    def _until(self, cause: Entry, child: Entry) -> int | None:
        """How long that explains it, None for always: what outlasts its cause's doing has one of its own."""
        since = self._lasts_since(child)
        if since is None or child.kind == SUPPLY_UNSTABLE:
            return None
        if child.kind == "comms_lost":
            return self._silent_until(cause, child, since)
        if cause.row.blame is Blame.FAILED:
            return since + SPELL if self._power_had_come(cause, child) else None
        if cause.kind == "utility_lost":
            switches = self._reach.switches(child.subject, child.point)
            if child.kind != "ups_on_battery" or not switches:
                return None
            slowest = max(map(longest_transfer, switches)) + self._reach.walk_in(child.subject)
            return max(cause.active_since + slowest, since + SPELL)
        if cause.kind == SUPPLY_UNSTABLE or child.kind == "ups_on_battery":
            return since + SPELL
        return None

    def _silent_until(self, cause: Entry, child: Entry, since: int) -> int | None:
        """A dead supply alone silences no UPS, nor what is behind one; but these are as silent as their UPS."""
        carriers = self._reach.carriers(child.subject, cause.subject)
        if not carriers:
            return None
        silent = [e for e in self._register.of("comms_lost") if e.subject in carriers and e is not child]
        return None if any(e.raw for e in silent) else max([since, *(e.raw_since for e in silent)]) + REBOOT

    def _power_had_come(self, cause: Entry, child: Entry) -> bool:
        """Whether a UPS goes on battery long after the generator failed, and not because its utility is dead again."""
        standby = cause.subject in self._reach.standby(child.subject, child.point)
        if not standby or child.kind != "ups_on_battery" or child.raw_since <= cause.active_since + GRACE:
            return False
        lost = self._lost(child)
        low = [e for e in self._register.of(*_LOW) if self._reach.node(e.subject, e.point) in lost]
        return not any(e.raw or e.raw_since >= child.raw_since for e in low)

    def _lasts_since(self, child: Entry) -> int | None:
        """Since when its condition has held without a break; None where it does not hold now."""
        if child.kind != "utility_lost":
            return child.raw_since if child.raw else None
        # It outlasts the dead supply by the retransfer delay; the voltage there says how long it was really gone.
        node = self._reach.node(child.subject, child.point)
        seen = [e for e in self._register.of(*_LOW) if self._reach.node(e.subject, e.point) == node]
        return min((e.raw_since for e in seen or [child] if e.raw), default=None)
