"""`ridethrough explain`: why an alarm comes, by which figures, and where each figure is from."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import typer
from rich.table import Table

from alarms.kind import AlarmKind, Severity
from alarms.kinds import KINDS, silenced_by
from alarms.times import duration
from detectors.stages import STAGES, Stage
from ridethrough.screen import out
from telemetry.site import Device, Limits, Site, TransferSettings

# Where a figure comes from that the site file does not set.
_STANDARD = {
    "start_delay": "common setting of the override of momentary outages (TDES)",
    "crank_limit": "three cycles of 15 s crank and 15 s rest, NFPA 110 5.6.4.2",
    "accept_within": "NFPA 110 Type 10: loss of normal to load energised",
    "transfer_delay": "common setting (TDNE)",
    "retransfer_delay": "common setting (TDEN)",
    "cooldown": "common setting of the unloaded cool-down (TDEC)",
    "neutral_delay": "no delayed transition (TDN)",
    "dropout": "usual acceptance of a normal source",
    "pickup": "usual acceptance of a normal source",
    "nominal_voltage": "230 V, IEC 60038",
    "nominal_output_voltage": "as its input",
    "nominal_frequency": "50 Hz, IEC 60038",
    "interval": "the site's tick",
    "walk_in": "soft start of a rectifier",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One figure of a device, as it is in force."""

    key: str
    value: str
    origin: str


def explain_kind(kind: AlarmKind, limits: Limits | None) -> dict[str, Any]:
    """Everything that the kinds table says of one kind, with what the site sets differently."""
    delays = {"on_delay": kind.on_delay, "off_delay": kind.off_delay}
    own = {f.name: getattr(limits, f.name) for f in fields(Limits)} if limits else {}
    return {
        "kind": kind.name,
        "group": kind.group,
        "severity": kind.severity.value,
        "raised_by_ride_through": kind.by_ride_through,
        "raised_from": {"figure": kind.grade.said, "severity": kind.grade.severity.value} if kind.grade else None,
        "meaning": kind.meaning,
        "limits": [{"figure": limit.figure, "basis": limit.basis} for limit in kind.limits],
        **{key: duration(value) for key, value in delays.items()},
        "set_by_the_site": {
            key: duration(value) if key.endswith("delay") else value for key, value in own.items() if value is not None
        },
        "suppressed_by": list(silenced_by(kind.name)),
        "suppresses": list(kind.silences),
        "look_at": list(kind.advice),
    }


def explain_device(site: Site, device: Device, raw: Mapping[str, Any]) -> list[Setting]:
    """A device's settings, each with where it comes from: the device's entry, the site, or a standard."""
    entry: Mapping[str, Any] = next((d for d in raw.get("device", []) if d.get("name") == device.name), {})
    rows = [
        _setting(key, getattr(device, key), unit, key in entry, key in raw.get("site", {}))
        for key, unit in (
            ("interval", ""),
            ("nominal_voltage", " V"),
            ("nominal_output_voltage", " V"),
            ("nominal_frequency", " Hz"),
        )
    ]
    if device.kind == "transfer_switch":
        own, wide = entry.get("transfer", {}), raw.get("transfer", {})
        rows += [
            _setting(f.name, getattr(device.transfer, f.name), "", f.name in own, f.name in wide)
            for f in fields(TransferSettings)
        ]
        rows += [_deadline(stage, device.transfer) for stage in STAGES]
    if device.kind == "ups":
        rows.append(_setting("walk_in", device.walk_in, "", "walk_in" in entry, False))
    for kind, limits in site.limits.items():
        for f in fields(Limits):
            if (value := getattr(limits, f.name)) is not None:
                rows.append(_setting(f"{kind}.{f.name}", value, "", False, True))
    return rows


def _deadline(stage: Stage, timers: TransferSettings) -> Setting:
    """How long a stage has; polls slower than its allowance lengthen it."""
    allowed = sum(getattr(timers, name) for name in stage.settings) + stage.allowance
    parts = " + ".join((*stage.settings, duration(stage.allowance)))
    value = f"{duration(allowed)} from {stage.reckoned_from} to {stage.done}; then {' / '.join(stage.missed)}"
    return Setting(f"{stage.name} deadline", value, f"{parts} ({stage.citation})")


def _setting(key: str, value: float, unit: str, own: bool, wide: bool) -> Setting:
    text = duration(int(value)) if isinstance(value, int) and not unit else f"{value:g}{unit}"
    origin = (
        "the device's entry in the site file"
        if own
        else "the site file, for all devices"
        if wide
        else _STANDARD.get(key, "default")
    )
    return Setting(key, text, origin)


def explain(what: str, site: Site | None, site_text: str, *, as_json: bool) -> bool:
    """Print it; False where there is neither such a kind nor, in the site, such a device."""
    if kind := KINDS.get(what):
        found = explain_kind(kind, site.limits.get(what) if site else None)
        typer.echo(json.dumps(found, ensure_ascii=False, indent=1)) if as_json else _print_kind(found)
        return True
    if site is None or what not in {d.name for d in site.devices}:
        return False
    rows = explain_device(site, site.device(what), tomllib.loads(site_text))
    if as_json:
        typer.echo(
            json.dumps(
                [{f.name: getattr(r, f.name) for f in fields(Setting)} for r in rows], ensure_ascii=False, indent=1
            )
        )
        return True
    table = Table("setting", "value", "from", box=None, pad_edge=False)
    for row in rows:
        table.add_row(row.key, row.value, row.origin)
    out.print(table)
    return True


def _print_kind(found: Mapping[str, Any]) -> None:
    raised = ", raised by how long the batteries last against the generator" * found["raised_by_ride_through"]
    if grade := found["raised_from"]:
        raised += f", {grade['severity']} from {grade['figure']}"
    if not Severity(found["severity"]).notifies:
        raised += " (recorded, not sent)" if not grade else " (what is less is recorded, not sent)"
    out.print(f"[bold]{found['kind']}[/] ({found['group']}), {found['severity']}{raised}")
    out.print(found["meaning"], markup=False)
    out.print("[bold]limits[/]")
    for limit in found["limits"]:
        out.print(f"  {limit['figure']}  – {limit['basis']}", markup=False)
    told, over = (f"after {d}" if d != duration(0) else "at once" for d in (found["on_delay"], found["off_delay"]))
    out.print(f"  then told {told}, and over {over}")
    for key, value in found["set_by_the_site"].items():
        out.print(f"  the site sets {key} = {value}")
    out.print("[bold]look at[/]")
    for line in found["look_at"]:
        out.print(f"  {line}", markup=False)
    if found["suppressed_by"]:
        out.print(f"recorded, not sent, below an active {', '.join(found['suppressed_by'])}")
    if found["suppresses"]:
        out.print(f"while active, what follows from it below is recorded, not sent: {', '.join(found['suppresses'])}")
