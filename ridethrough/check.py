"""`ridethrough check`: what can be known of a site file without the network."""

import tomllib
from pathlib import Path

from alarms.kinds import KINDS
from telemetry.site import Site
from telemetry.site_fault import Fault, SiteError, nearest
from telemetry.site_file import load_site


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
    return found + _unknown_kinds(path)


def _unknown_kinds(path: Path) -> tuple[Fault, ...]:
    """Limits for alarm kinds that there are not. (Telemetry knows no alarms, so its own checks cannot tell)."""
    limits = tomllib.loads(path.read_text(encoding="utf-8-sig")).get("limits")
    return tuple(
        Fault(f"limits.{kind}", f"no alarm kind is named {kind!r}{nearest(kind, KINDS)}")
        for kind in (limits if isinstance(limits, dict) else {})
        if kind not in KINDS
    )


def usable_site(path: Path) -> tuple[Site, str]:
    """The site and its text, without a fault.

    Raises:
        SiteError: it has faults.
        SiteUnreadableError: it cannot be read, or is no TOML.
    """
    if found := faults(path):
        raise SiteError(str(path), found)
    return load_site(path), path.read_text(encoding="utf-8-sig")
