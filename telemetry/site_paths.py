"""The files and folders that a site file names."""

from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from telemetry.site import Device, InfluxDb, Mqtt, Site

_FILES = ("auth_key_file", "priv_key_file", "password_file", "ca_file", "cert_file", "key_file", "token_file")

P = TypeVar("P", Device, Mqtt, InfluxDb)


def with_paths_from(folder: Path, site: Site) -> Site:
    """The site with every relative path in it taken from that folder."""
    return replace(
        site,
        devices=tuple(_placed(folder, device) for device in site.devices),
        mqtt=_placed(folder, site.mqtt) if site.mqtt else None,
        influxdb=_placed(folder, site.influxdb) if site.influxdb else None,
        recording_path=str(folder / site.recording_path) if site.recording_path else None,
        state_path=str(folder / site.state_path) if site.state_path else None,
    )


def _placed(folder: Path, part: P) -> P:
    files: dict[str, Any] = {key: str(folder / path) for key in _FILES if (path := getattr(part, key, None))}
    return replace(part, **files)
