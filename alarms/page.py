"""docs/alarms.md, made from the kinds table. `make golden` writes it anew; a test holds it to the table."""

from collections.abc import Iterator
from itertools import groupby

from alarms.chatter import MANY, WINDOW
from alarms.kind import AlarmKind
from alarms.kinds import KINDS, silenced_by
from alarms.rows.consequences import SUPPLY_UNSTABLE
from alarms.state import TRANSITIONS, State, Trigger
from alarms.suppression import GRACE, REBOOT, SPELL
from alarms.times import duration

_HEAD = """\
# Alarms

This page is made from the kinds table `alarms/kinds.py` and its rows by `make golden`. `ridethrough explain KIND`
prints one kind, and what a site sets differently.

## What is sent

The NOC is sent an onset of severity minor or above, a rise of severity, and the clear of what it was sent. The
journal has every change.

`ride_through_s` is the predicted loss of the load minus the earliest possible generator power. Where a kind says
"by ride-through", above 3 min raises it to minor, 3 min or less to major, below 0 to critical. The severity never
falls while the alarm is active. A finding that rests on a single poll is recorded with severity info.

## What is recorded, not sent

An alarm that must follow from another one upstream, which the NOC has, is suppressed: `suppressed_by` names that
one. Upstream is the way on which its power normally comes; a generator counts only while the utility on that way
is lost, and a UPS's bypass does not count. A UPS keeps a bad supply from what it feeds: behind its output only
what is wrong with the UPS itself explains anything but silence and predicted losses.

- When the cause is over, it explains for another {grace} (a UPS walks in, a switch goes back), a silence for another
  {reboot} (a network card starts). What holds longer is told then; what ends before is never told.
- A lost utility explains a UPS on battery for as long as the slowest permitted transfer takes; after that, spells of
  up to {spell}.
- A dead supply explains the silence of a UPS for {reboot}: that has a battery. So it does for what is behind a UPS
  which answers; what is behind a silent one is as silent as that.
- A generator that failed explains nothing while as many are left as the switch `needs`. A UPS that goes on battery
  more than {grace} later, while its utility is not dead again, it explains for spells of up to {spell}: power had come
  in spite of it.
- A disturbed supply explains a UPS on battery for up to {spell} a spell.
- A missed stage, a trip, a lockout and a dropped load are never suppressed, nor is the first predicted loss of a UPS
  or load in an incident.
- Some alarms are typical children. Their first telling waits a few seconds ("waits for a cause") for the cause to be
  seen by its own device, polled a moment later. It is told also if its condition ends meanwhile.

The chatter guard: {many} disturbances of one feed within {window} are one `{unstable}` with a live count, told
when it begins, recorded each time the count doubles, over after {window} of quiet. What disturbs the feed meanwhile
is suppressed by it, unless it lasts more than {spell}. A disturbance is a sag, swell, interruption, lost phase, rapid
voltage change or frequency deviation; what only deepens or continues another counts once, a slow shift never. A
voltage that swings or scatters makes the same alarm without any disturbance; it begins with the earlier of both.

What a device's own counter or register shows of an event between polls is told like any other, and says so.

## States (ISA-18.2)
"""


def render() -> str:
    """The whole page."""
    head = _HEAD.format(
        grace=duration(GRACE),
        reboot=duration(REBOOT),
        spell=duration(SPELL),
        many=MANY,
        window=duration(WINDOW),
        unstable=SUPPLY_UNSTABLE,
    )
    lines = [head, *_states(), ""]
    for group, kinds in groupby(KINDS.values(), key=lambda k: k.group):
        lines += [f"## {group.capitalize()}", ""]
        for kind in kinds:
            lines += _kind(kind)
    return "\n".join(lines).rstrip("\n") + "\n"


def _states() -> Iterator[str]:
    yield f"| state | {' | '.join(Trigger)} |"
    yield "|---" * (1 + len(Trigger)) + "|"
    for state in State:
        cells = (TRANSITIONS.get((state, trigger)) for trigger in Trigger)
        yield f"| {state} | " + " | ".join(c.value if c else "–" for c in cells) + " |"


def _kind(kind: AlarmKind) -> Iterator[str]:
    raised = ", raised by ride-through" if kind.by_ride_through else ""
    delays = [f"told after {duration(kind.on_delay)}"] if kind.on_delay else []
    delays += [f"over after {duration(kind.off_delay)}"] if kind.off_delay else []
    delays += [f"waits {duration(kind.hold)} for a cause"] if kind.hold else []
    yield from (f"### `{kind.name}`", "", f"{kind.meaning}", "")
    if kind.grade:
        raised += f", {kind.grade.severity} from {kind.grade.said}"
    yield f"- severity: {kind.severity}{raised}"
    yield from (f"- {limit.figure} ({limit.basis})" for limit in kind.limits)
    if delays:
        yield f"- {', '.join(delays)}"
    if silencers := silenced_by(kind.name):
        yield f"- suppressed below: {_names(silencers)}"
    if kind.silences:
        yield f"- suppresses below: {_names(kind.silences)}"
    yield "- look at:"
    yield from (f"  - {line}" for line in kind.advice)
    yield ""


def _names(kinds: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in kinds)
