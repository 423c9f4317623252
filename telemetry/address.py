"""Device addresses: URLs of the site file and the command line, read into plain data.

| URL | device |
|---|---|
| `snmp://HOST[:161]?community=NAME[&version=1]` | SNMP v2c, or v1 |
| `snmp://USER@HOST[:161]?auth=sha256&priv=aes128` | SNMP v3 |
| `modbus://HOST[:502]/UNIT` | Modbus TCP |

The keys of SNMP v3 never stand in a URL: for a device `ups-a` of a site they are looked for in the environment as
`RIDETHROUGH_UPS_A_AUTH_KEY`, in the file that its `auth_key_file` names, and as `RIDETHROUGH_AUTH_KEY` (the same for
`PRIV`). Neither they nor a community are ever shown: not by `str` or `repr`, not in an error.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, cast
from urllib.parse import SplitResult, unquote, urlsplit

from telemetry.site import Device

Version = Literal["1", "2c", "3"]

AUTH = ("md5", "sha", "sha224", "sha256", "sha384", "sha512")  # RFC 3414 (md5, sha), RFC 7860
PRIV = ("des", "aes128", "aes192", "aes256")  # RFC 3414 (des), RFC 3826; the longer keys as vendors do it

_SNMP_PORT = 161
_MODBUS_PORT = 502
_SHORTEST_KEY = 8  # RFC 3414 11.2
_LATER = ("modbus+rtu", "modbus+serial", "modbus+tls", "nut")
_FORMS = {
    "snmp": "snmp://HOST?community=NAME, or snmp://USER@HOST?auth=sha256&priv=aes128",
    "modbus": "modbus://HOST/UNIT",
}
_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")


class AddressError(ValueError):
    """An address that cannot be used; the text names every fault and what was expected, and shows no secret."""


@dataclass(frozen=True, slots=True)
class _Host:
    host: str
    port: int

    @property
    def place(self) -> str:
        """Host and port as people write them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class SnmpAddress(_Host):
    """Where an SNMP agent is, and as whom to ask it.

    community: of version 1 and 2c
    user, auth, priv: of version 3; `auth` is one of AUTH and `priv` one of PRIV, or None where that is not used
    auth_key, priv_key: the passwords; None where they are not used or not found yet
    """

    version: Version
    community: str = field(default="", repr=False)
    user: str = ""
    auth: str | None = None
    priv: str | None = None
    auth_key: str | None = field(default=None, repr=False)
    priv_key: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        as_user = f", user {self.user}" if self.user else ""
        return f"{self.place} (SNMP v{self.version}{as_user})"


@dataclass(frozen=True, slots=True)
class ModbusAddress(_Host):
    """Where a Modbus TCP server is, and which of the units behind it is meant (0 to 255)."""

    unit: int

    def __str__(self) -> str:
        return f"{self.place} (Modbus TCP, unit {self.unit})"


Address = SnmpAddress | ModbusAddress


def parse(url: str, device: Device | None = None) -> Address:
    """The address that a URL means.

    Args:
        url: as in the table above
        device: the device of a site whose address it is. Its keys must be at hand, for it is about to be polled;
            without a device a missing key is left open.

    Raises:
        AddressError: with every fault of the URL, or the key that is nowhere to be found.
    """
    try:
        parts = urlsplit(url)
    except ValueError as e:
        raise AddressError(f"the address cannot be read ({e}); expected {' or '.join(_FORMS.values())}") from None
    if parts.scheme in _LATER:
        raise AddressError(f"{parts.scheme}:// is not built yet; this version reads {_schemes()}")
    if parts.scheme not in _FORMS:
        raise AddressError(
            f"the address begins with {parts.scheme + ':' if parts.scheme else 'no scheme'}; expected {_schemes()}"
        )
    query, faults = _query(parts)
    faults += _faults(parts)
    faults += _snmp_faults(parts, query) if parts.scheme == "snmp" else _modbus_faults(parts, query)
    if faults:
        raise AddressError(f"{_shown(parts)}: {'; '.join(faults)}; expected {_FORMS[parts.scheme]}")
    host = parts.hostname or ""
    if parts.scheme == "modbus":
        return ModbusAddress(host, parts.port or _MODBUS_PORT, int(parts.path.strip("/")))
    user = unquote(parts.username or "")
    version = "3" if user else query.get("version", "2c")
    address = SnmpAddress(
        host,
        parts.port or _SNMP_PORT,
        cast(Version, version),
        query.get("community", ""),
        user,
        query.get("auth"),
        query.get("priv"),
    )
    return _with_keys(address, device)


def _with_keys(address: SnmpAddress, device: Device | None = None) -> SnmpAddress:
    """The address with the keys that it needs, as far as they are to be found.

    Raises:
        AddressError: a key is too short, its file cannot be read, or (for a device) it is nowhere to be found.
    """
    auth_key = _key("auth", device, device.auth_key_file if device else None) if address.auth else None
    priv_key = _key("priv", device, device.priv_key_file if device else None) if address.priv else None
    found = replace(address, auth_key=auth_key, priv_key=priv_key)
    if device:
        check_keys(found, device.name)
    return found


def check_keys(address: SnmpAddress, device: str | None = None) -> None:
    """Raises AddressError where a key is missing that the address needs; the text says where it is looked for."""
    for what, used, key in (("auth", address.auth, address.auth_key), ("priv", address.priv, address.priv_key)):
        if used and not key:
            places = [f"{n} in the environment" for n in _variables(what, device)]
            if device:
                places.append(f"a file that {what}_key_file of the device names")
            raise AddressError(f"{address} needs its {what} key, and it is in none of: {', '.join(places)}")


def _variables(what: str, device: str | None) -> list[str]:
    general = f"RIDETHROUGH_{what.upper()}_KEY"
    return [f"RIDETHROUGH_{device.upper().replace('-', '_')}_{what.upper()}_KEY", general] if device else [general]


def _key(what: str, device: Device | None, file: str | None) -> str | None:
    """The device's own variable, its file, the variable for all devices: the first that is there."""
    *own, general = _variables(what, device.name if device else None)
    whose = f"{device.name}: " if device else ""
    key = next((value for name in own if (value := os.environ.get(name))), None)
    if not key and file:
        try:
            key = Path(file).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as e:
            reason = e.strerror if isinstance(e, OSError) else "it is no text"
            raise AddressError(f"{whose}the {what} key cannot be read from {file}: {reason}") from None
    key = key or os.environ.get(general)
    if key and len(key) < _SHORTEST_KEY:
        raise AddressError(
            f"{whose}the {what} key is too short; expected {_SHORTEST_KEY} characters or more (RFC 3414)"
        )
    return key


def _schemes() -> str:
    return " and ".join(f"{scheme}://" for scheme in _FORMS)


def _shown(parts: SplitResult) -> str:
    """The address without what must not be shown."""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _query(parts: SplitResult) -> tuple[dict[str, str], list[str]]:
    """The settings behind `?`, percent signs decoded; a plus is a plus."""
    found: dict[str, str] = {}
    faults = []
    for item in filter(None, parts.query.split("&")):
        name, _, value = item.partition("=")
        if name in found:
            faults.append(f"{name} stands there twice")
        found[name] = unquote(value)
    return found, faults


def _faults(parts: SplitResult) -> Iterator[str]:
    if parts.password is not None:
        yield (
            "a password must not stand in a URL: the keys of SNMP v3 come from RIDETHROUGH_AUTH_KEY and "
            "RIDETHROUGH_PRIV_KEY in the environment, or from files that the site file names"
        )
    if not parts.hostname:
        yield "it names no host"
    elif not _HOST.fullmatch(parts.hostname):
        yield f"{parts.hostname!r} is no host name and no IP address"
    try:
        if parts.port == 0:
            yield "port 0 cannot be asked"
    except ValueError:
        yield "the port is no number from 1 to 65535"
    if parts.fragment or "#" in parts.path:
        yield "what follows # is lost: write # as %23"


def _unknown(query: Mapping[str, str], known: tuple[str, ...]) -> Iterator[str]:
    for name in query:
        if name not in known:
            yield f"{name!r} is no setting" + (f" of these: {', '.join(known)}" if known else "; it has none")


def _snmp_faults(parts: SplitResult, query: Mapping[str, str]) -> Iterator[str]:
    yield from _unknown(query, ("community", "version", "auth", "priv"))
    if parts.path not in ("", "/"):
        yield "an SNMP address has no path"
    version, auth, priv = query.get("version"), query.get("auth"), query.get("priv")
    if parts.username:
        if "community" in query:
            yield "it has a user (SNMP v3) and a community (SNMP v1, v2c): which?"
        if version not in (None, "3"):
            yield f"version {version!r} has no user"
        if auth is not None and auth not in AUTH:
            yield f"auth is {auth!r}, and there are {', '.join(AUTH)}"
        if priv is not None and priv not in PRIV:
            yield f"priv is {priv!r}, and there are {', '.join(PRIV)}"
        if priv is not None and auth is None:
            yield "priv needs auth beside it"
        return
    if version == "3":
        yield "version 3 needs a user before the host"
    elif version not in (None, "1", "2c"):
        yield f"version is {version!r}, and there are 1 and 2c, and 3 with a user before the host"
    if "auth" in query or "priv" in query:
        yield "auth and priv need a user before the host (SNMP v3)"
    elif not query.get("community") and version != "3":
        yield "it has neither a community (SNMP v1, v2c) nor a user (SNMP v3)"


def _modbus_faults(parts: SplitResult, query: Mapping[str, str]) -> Iterator[str]:
    yield from _unknown(query, ())
    if parts.username:
        yield "Modbus TCP knows no user"
    unit = parts.path.strip("/")
    if not unit:
        yield "the unit is missing; on a device with its own network port it is 1 as a rule"
    elif not re.fullmatch(r"[0-9]{1,3}", unit) or int(unit) > 255:
        yield f"unit {unit!r} is no number from 0 to 255"
