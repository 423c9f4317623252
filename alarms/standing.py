"""What stands when a recording ends: a delay that is under way there will never run out."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from alarms.entry import Entry
from alarms.kind import Severity
from alarms.state import State
from telemetry.site import Site


@dataclass(frozen=True, slots=True)
class Standing:
    """A condition that holds, or is gone with its alarm still waiting for a delay.

    severity: by what is known
    holds: whether it holds still
    told: whether the NOC has it
    suppressed: whether the NOC is spared it, because it has the cause
    title: as that of an alarm; of one that is gone, how long it was
    """

    severity: Severity
    holds: bool
    told: bool
    suppressed: bool
    title: str


def standing(entries: Iterable[Entry], site: Site, now: int) -> list[Standing]:
    """What stands at `now` (microseconds UTC), in the order of the entries; it changes nothing."""
    return [_seen(entry, site, now) for entry in entries if entry.raw or entry.active]


def _seen(entry: Entry, site: Site, now: int) -> Standing:
    severity = entry.severity if entry.active else entry.judge()
    without_delays = replace(entry, active=entry.raw)
    return Standing(
        severity=severity,
        holds=entry.raw,
        told=entry.told,
        suppressed=entry.state is State.SUPPRESSED,
        title=without_delays.title(without_delays.facts(site, now)),
    )
