"""Reads a site file: TOML to `Site`, or every fault of the file at once.

The schema looks at each value by itself, the checks look at what the values say about one another;
both always run, so that a person mends a file in one go.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from telemetry.block import SECOND
from telemetry.moment import microseconds
from telemetry.site import (
    Device,
    InfluxDb,
    Limits,
    Load,
    Maintenance,
    Mqtt,
    Site,
    TransferSettings,
)
from telemetry.site_checks import check_raw
from telemetry.site_fault import Fault, SiteError, SiteUnreadableError, shape_fault
from telemetry.site_paths import with_paths_from
from telemetry.site_schema import DeviceTable, SiteFile, TransferTable

__all__ = ["Fault", "SiteError", "SiteUnreadableError", "load_site", "parse_site"]

_NOMINAL_VOLTAGE = 230.0
_NOMINAL_FREQUENCY = 50.0


def load_site(path: str | Path) -> Site:
    """The site that a file describes. Relative paths in it are taken from the folder that it stands in.

    Raises:
        SiteError: the file has faults; all are listed.
        SiteUnreadableError: it cannot be read, or is no TOML.
    """
    path = Path(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as e:
        raise SiteUnreadableError(f"{path}: cannot be read: {e.strerror}") from None
    except UnicodeDecodeError as e:
        line = path.read_bytes()[: e.start].count(b"\n") + 1
        raise SiteUnreadableError(f"{path}: line {line}: is no text in UTF-8, which TOML is written in") from None
    return with_paths_from(path.parent, parse_site(text, str(path)))


def parse_site(text: str, name: str) -> Site:
    """The site that a text describes. `name` stands for the text in messages.

    Raises:
        SiteError: the text has faults; all are listed.
        SiteUnreadableError: it is no TOML; the message has the line.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as e:
        raise SiteUnreadableError(f"{name}: {_syntax(str(e))}") from None
    file, faults = None, []
    try:
        file = SiteFile.model_validate(raw)
    except ValidationError as e:
        faults += [shape_fault(raw, dict(error)) for error in e.errors(include_url=False)]
    faults = list(dict.fromkeys((*faults, *check_raw(raw))))
    if file is None or faults:
        raise SiteError(name, tuple(sorted(faults, key=lambda fault: _place(raw, fault.key))))
    return _site(file)


def _syntax(message: str) -> str:
    """The parser's message with the line in front: `line 7: Expected '=' after a key …`."""
    found = re.search(r" ?\(at (?:line (\d+), column (\d+)|end of document)\)", message)
    if not found:
        return f"is no TOML: {message}"
    where = f"line {found[1]}, column {found[2]}" if found[1] else "end of the file"
    return f"{where}: is no TOML: {message.replace(found[0], '')}"


def _place(raw: Mapping[str, Any], key: str) -> tuple[int, int]:
    """Where a key's table stands in the file: tables in their order, items of a list by number."""
    table = re.match(r"(\w*)(?:\[(\d+)\])?", key)
    section, number = (table[1], int(table[2] or 0)) if table else ("", 0)
    order = list(raw)
    return (order.index(section) if section in order else len(order), number)


def _site(file: SiteFile) -> Site:
    site = file.site
    tick = site.tick or SECOND
    voltage = site.nominal_voltage or _NOMINAL_VOLTAGE
    frequency = site.nominal_frequency or _NOMINAL_FREQUENCY
    transfer = _transfer(TransferSettings(), file.transfer)
    return Site(
        name=site.name,
        devices=tuple(_device(table, tick, voltage, frequency, transfer) for table in file.device),
        loads=tuple(Load(table.name, table.fed_by, table.shutdown_time) for table in file.load),
        tick=tick,
        nominal_voltage=voltage,
        nominal_frequency=frequency,
        timezone=site.timezone or "UTC",
        contacts=site.contacts,
        host_fed_by=site.host_fed_by,
        drill_every=site.drill_every,
        maintenance=tuple(
            Maintenance(table.devices, microseconds(table.from_), microseconds(table.to)) for table in file.maintenance
        ),
        limits={kind: Limits(**table.model_dump()) for kind, table in file.limits.items()},
        mqtt=Mqtt(**file.mqtt.model_dump()) if file.mqtt else None,
        influxdb=InfluxDb(**file.influxdb.model_dump()) if file.influxdb else None,
        recording_path=file.recording.path if file.recording else None,
        state_path=file.state.path if file.state else None,
    )


def _device(table: DeviceTable, tick: int, voltage: float, frequency: float, transfer: TransferSettings) -> Device:
    """The device with everything that the site says for all of them filled in."""
    own = table.model_dump(exclude_none=True, exclude={"transfer"})
    nominal = table.nominal_voltage or voltage
    filled = {
        "interval": tick,
        "nominal_voltage": nominal,
        "nominal_output_voltage": nominal,
        "nominal_frequency": frequency,
        "profile": "auto" if table.address else None,
    }
    return Device(**(filled | own), transfer=_transfer(transfer, table.transfer))


def _transfer(wider: TransferSettings, table: TransferTable) -> TransferSettings:
    return replace(wider, **table.model_dump(exclude_none=True))
