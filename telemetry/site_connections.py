"""Where a raw site file reaches out: device addresses and profiles, MQTT, InfluxDB."""

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from device_profiles import library
from telemetry.address import AddressError, parse
from telemetry.site_fault import Fault, key_path, nearest

Raw = Mapping[str, Any]


def check_profile(raw: Raw, i: int, device: Raw) -> Iterator[Fault]:
    """The profile exists, and speaks what the address speaks."""
    name, address = device.get("profile"), device.get("address")
    if not isinstance(name, str) or name == "auto":
        return
    if name not in library.names():
        message = f'found {name!r}, expected "auto" or a profile that `ridethrough profiles list` shows'
        yield Fault(key_path(raw, "device", i, "profile"), message + nearest(name, library.names()))
        return
    try:
        protocol = library.load(name).protocol
    except library.ProfileError:  # its own fault, which `profiles test` shows in full
        return
    scheme = urlsplit(address).scheme if isinstance(address, str) else ""
    if scheme and scheme.partition("+")[0] in ("snmp", "modbus") and scheme.partition("+")[0] != protocol:
        message = f"found {scheme}://, but the profile {name!r} speaks {protocol}; expected the two to agree"
        yield Fault(key_path(raw, "device", i, "address"), message)


def check_address(raw: Raw, i: int, device: Raw) -> Iterator[Fault]:
    """The address has the form of one. Whether anything answers there is not looked at."""
    address = device.get("address")
    if isinstance(address, str):
        try:
            parse(address)
        except AddressError as e:
            yield Fault(key_path(raw, "device", i, "address"), str(e))


def check_connections(raw: Raw) -> Iterator[Fault]:
    """The URLs of [mqtt] and [influxdb], and who may send commands."""
    mqtt, influxdb = raw.get("mqtt"), raw.get("influxdb")
    if isinstance(mqtt, dict):
        yield from _url("mqtt.url", mqtt.get("url"), ("mqtt", "mqtts"))
        yield from _commands(mqtt)
        for key, other in (("key_file", "cert_file"), ("cert_file", "key_file"), ("password_file", "username")):
            if key in mqtt and other not in mqtt:
                yield Fault(f"mqtt.{key}", f"found without {other}; expected {other} beside it")
    if isinstance(influxdb, dict):
        yield from _url("influxdb.url", influxdb.get("url"), ("http", "https"))


def _url(key: str, url: object, schemes: tuple[str, ...]) -> Iterator[Fault]:
    if not isinstance(url, str):
        return
    expected = f"expected {' or '.join(f'{scheme}://HOST:PORT' for scheme in schemes)}"
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises where it is no port
    except ValueError as e:
        yield Fault(key, f"found a URL that cannot be read ({e}), {expected}")
        return
    if parts.username is not None or parts.password is not None:
        yield Fault(key, f"found a user or password in the URL, {expected}: secrets stand in a file or the environment")
    elif parts.scheme not in schemes or not parts.hostname:
        yield Fault(key, f"found {url!r}, {expected}")


def _commands(mqtt: Raw) -> Iterator[Fault]:
    """Whoever can publish to the broker could silence alarms: commands need a safe way and a login."""
    if mqtt.get("commands") is not True:
        return
    if "username" not in mqtt and "cert_file" not in mqtt:
        yield Fault("mqtt.commands", "found true without a login; expected username or cert_file beside it")
    try:
        parts = urlsplit(str(mqtt.get("url", "")))
    except ValueError:
        return
    if parts.scheme == "mqtt" and not _is_loopback(parts.hostname or ""):
        yield Fault("mqtt.commands", "found true on an open line; expected mqtts:// or a broker on this host")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
