"""Profiles of devices that nobody makes."""

from collections.abc import Mapping

from device_profiles.schema import Profile


def made_up(*points: Mapping[str, object], kind: str = "ups", protocol: str = "snmp", **more: object) -> Profile:
    """A profile of these points, as its file would say them."""
    head = {"name": "acme/made-up", "vendor": "Acme", "model": "Made up", "kind": kind, "protocol": protocol}
    return Profile.model_validate({**head, "source": ["made up"], **more, "point": list(points)})
