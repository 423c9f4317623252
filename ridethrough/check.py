"""`ridethrough check`: what can be known of a site file without the network."""

from pathlib import Path

from alarms.kinds import KINDS
from telemetry.site import Site
from telemetry.site_fault import Fault, SiteError, nearest
from telemetry.site_file import load_site


def faults(path: Path) -> tuple[Fault, ...]:
    """Every fault of the file.

    Raises:
        SiteUnreadableError: it cannot be read, or is no TOML.
    """
    try:
        return kind_faults(load_site(path))
    except SiteError as e:
        return e.faults


def kind_faults(site: Site) -> tuple[Fault, ...]:
    """The limits set for alarm kinds that there are not. (Telemetry knows no alarms, so its checks cannot tell.)"""
    return tuple(
        Fault(f"limits.{kind}", f"no alarm kind is named {kind!r}{nearest(kind, KINDS)}")
        for kind in site.limits
        if kind not in KINDS
    )


def usable_site(path: Path) -> tuple[Site, str]:
    """The site and its text, without a fault.

    Raises:
        SiteError: it has faults.
        SiteUnreadableError: it cannot be read, or is no TOML.
    """
    site = load_site(path)
    if found := kind_faults(site):
        raise SiteError(str(path), found)
    return site, path.read_text(encoding="utf-8-sig")
