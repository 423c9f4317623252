"""When an alarm kind is physically so: told from the hidden state of the plant, by the definitions of the standards.

    spans = told("ups_on_battery", record, "ups-a")

Nothing here looks at what a device says, and nothing is shared with the detectors and alarms that are judged by it.
The definitions: IEEE 1159 and IEC 61000-4-30 (dips, swells, interruptions), EN 50160 (unbalance, frequency), NFPA 110
(transfer stages), ISO 8528-5 (generators), IEEE 1188 (batteries), and the signatures of failures of each stage.
"""

from collections.abc import Callable

from hidden import Record
from physics_distribution import DISTRIBUTION
from physics_generator import GENERATOR
from physics_supply import SUPPLY
from physics_telemetry import TELEMETRY
from physics_transfer import TRANSFER
from physics_ups import UPS
from spans import Span

Predicate = Callable[[Record, str], list[Span]]

PREDICATES: dict[str, Predicate] = {**SUPPLY, **TRANSFER, **GENERATOR, **UPS, **DISTRIBUTION, **TELEMETRY}
# Of these nothing in the plant decides: they are about the watch itself, or about a person's calendar.
UNDECIDED = {"transfer_unconfirmed", "value_implausible", "drill_overdue", "drill_failed", "monitor_degraded"}
KINDS = frozenset(PREDICATES) | UNDECIDED


def told(kind: str, record: Record, subject: str) -> list[Span]:
    """When that is so of a device or load; nothing where it can never be so of one of that kind."""
    try:
        return PREDICATES[kind](record, subject)
    except KeyError:
        return []
