"""The kinds of alarm: one table. `ridethrough explain` and docs/alarms.md print it, the book acts by it."""

from alarms.kind import AlarmKind
from alarms.rows.supply import SUPPLY_KINDS
from alarms.rows.telemetry import TELEMETRY_KINDS
from alarms.rows.transfer import TRANSFER_KINDS
from alarms.rows.ups import UPS_KINDS
from alarms.rows.voltage import VOLTAGE_KINDS
from telemetry.site import Site

_ROWS = (*SUPPLY_KINDS, *VOLTAGE_KINDS, *TRANSFER_KINDS, *UPS_KINDS, *TELEMETRY_KINDS)

KINDS: dict[str, AlarmKind] = {row.name: row for row in _ROWS}


def silenced_by(name: str) -> tuple[str, ...]:
    """The kinds that, active upstream, keep this one from being sent."""
    return tuple(row.name for row in _ROWS if name in row.silences)


def _level(name: str) -> int:
    return max((1 + _level(cause) for cause in silenced_by(name) if cause != name), default=0)


# Causes before what follows from them: within one tick the order of events makes no difference.
PRECEDENCE: dict[str, int] = {row.name: _level(row.name) for row in _ROWS}


def delays(name: str, site: Site | None) -> tuple[int, int]:
    """On-delay and off-delay of a kind in microseconds: the site's `[limits.KIND]`, else the table's."""
    row, own = KINDS[name], site.limits.get(name) if site else None
    on_delay = row.on_delay if own is None or own.on_delay is None else own.on_delay
    off_delay = row.off_delay if own is None or own.off_delay is None else own.off_delay
    return on_delay, off_delay
