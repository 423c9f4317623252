"""`ridethrough check`: what can be known of a site file without the network."""

import tomllib
from pathlib import Path

from alarms.kinds import KINDS
from telemetry.site import Site
from telemetry.site_fault import Fault, SiteError, nearest
from telemetry.site_file import load_site

# Kinds whose detectors take their limit and deadband from the site.
_WITH_LIMITS = ("voltage_sag", "voltage_swell", "voltage_interruption", "frequency_deviation")


def faults(path: Path) -> tuple[Fault, ...]:
    """Every fault of the file, those of the site's shape first.

    Raises:
        SiteUnreadableError: it cannot be read, or is no TOML.
    """
    try:
        load_site(path)
        found: tuple[Fault, ...] = ()
    except SiteError as e:
        found = e.faults
    return found + _kind_faults(path)


def _kind_faults(path: Path) -> tuple[Fault, ...]:
    """Limits that nothing acts on: of kinds that there are not, or that have no limit to set.

    Telemetry knows no alarms, so its own checks cannot tell.
    """
    tables = tomllib.loads(path.read_text(encoding="utf-8-sig")).get("limits")
    found = []
    for kind, limits in (tables if isinstance(tables, dict) else {}).items():
        if kind not in KINDS:
            found.append(Fault(f"limits.{kind}", f"no alarm kind is named {kind!r}{nearest(kind, KINDS)}"))
        elif kind not in _WITH_LIMITS:
            found += [
                Fault(f"limits.{kind}.{key}", f"{kind} has none; on_delay and off_delay can be set")
                for key in ("limit", "deadband")
                if isinstance(limits, dict) and key in limits
            ]
    return tuple(found)


def usable_site(path: Path) -> tuple[Site, str]:
    """The site and its text, without a fault.

    Raises:
        SiteError: it has faults.
        SiteUnreadableError: it cannot be read, or is no TOML.
    """
    if found := faults(path):
        raise SiteError(str(path), found)
    return load_site(path), path.read_text(encoding="utf-8-sig")
