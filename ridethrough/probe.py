"""`ridethrough probe`: recognises one device, polls it once, says what it says."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.table import Table

from device_profiles import library
from device_profiles.library import ProfileError
from device_profiles.quantities import Kind, quantity
from device_profiles.schema import Profile
from ridethrough.screen import err, log_to_screen, out
from telemetry.address import AddressError, SnmpAddress, check_keys, parse
from telemetry.block import Quality
from telemetry.pollers.open import open_poller
from telemetry.reading import Value
from telemetry.recognise import recognise

_TIMEOUT = 3.0  # seconds for one request, its repeats included


@dataclass(frozen=True, slots=True)
class Probed:
    """What came of probing one device.

    how: `sysObjectID`, `probe` or `given`; None where no profile matched
    scales: what its agent was found to count in at this first contact, by the OID of the object or column
    unmatched: whether it answered but no profile knows it
    wrong_usage: whether `error` is about what was asked for, not about the device
    """

    profile: str | None = None
    vendor: str | None = None
    model: str | None = None
    how: str | None = None
    readings: tuple[Value, ...] = ()
    scales: Mapping[str, float] = field(default_factory=dict)
    unmatched: bool = False
    error: str | None = None
    wrong_usage: bool = False

    def to_json(self) -> dict[str, Any]:
        """The object that `probe --json` prints."""
        return {
            "device": {"profile": self.profile, "vendor": self.vendor, "model": self.model, "how": self.how},
            "readings": [_reading(v, self.scale_of(v)) for v in self.readings],
            "unmatched": self.unmatched,
            "error": self.error,
        }

    def scale_of(self, value: Value) -> float | None:
        """The scale of a reading where it was found, not given by the profile."""
        found = (s for place, s in self.scales.items() if f"{value.source}.".startswith(f"{place}."))
        return next(found, None)


async def probe(url: str, profile: str | None) -> Probed:
    """Recognise the device at `url`, or take it for `profile` (a name, or a file of one's own), and poll it once."""
    log_to_screen()
    try:
        address = parse(url)
        if isinstance(address, SnmpAddress):
            check_keys(address)
        given = _given(profile) if profile else None
    except (AddressError, ProfileError) as e:
        return Probed(error=str(e), wrong_usage=True)
    if given is None:
        found = await recognise(address, timeout=_TIMEOUT)
        if found.profile is None:
            return Probed(vendor=found.vendor, model=found.model, unmatched=found.answered, error=found.error)
        given, how = library.load(found.profile), found.how
    else:
        how = "given"
    try:
        poller = open_poller(address, given, timeout=_TIMEOUT)
    except ValueError as e:
        return Probed(error=str(e), wrong_usage=True)
    try:
        answer = await poller.poll()
    finally:
        await poller.close()
    contact = poller.contact()
    scales = contact.scales if contact else {}
    return Probed(given.name, given.vendor, given.model, how, answer.values, scales, error=answer.error)


def _given(profile: str) -> Profile:
    return library.load_file(Path(profile)) if profile.endswith(".toml") else library.load(profile)


def _reading(v: Value, scale: float | None) -> dict[str, Any]:
    of = quantity(v.quantity)
    found: dict[str, Any] = {
        "quantity": v.quantity,
        "value": None if math.isnan(v.value) else v.value,
        "unit": of.unit,
        "quality": v.quality.name.lower(),
        "source": v.source,
    }
    if of.kind is Kind.STATE:
        found["state"] = of.state(v.value)
    if scale is not None:
        found["scale"] = scale
    return found


def show(found: Probed, *, as_json: bool) -> None:
    """Print it, for people or for programs."""
    if as_json:
        out.print_json(data=found.to_json()) if out.is_terminal else out.print(_line(found), markup=False)
        return
    if found.profile:
        known = "as it was given" if found.how == "given" else f"known by {found.how}"
        out.print(f"[bold]{found.vendor} {found.model}[/], profile {found.profile}, {known}")
    if found.readings:
        table = Table(box=None, pad_edge=False)
        for column, justify in (
            ("quantity", "left"),
            ("value", "right"),
            ("unit", "left"),
            ("quality", "left"),
            ("source", "left"),
        ):
            table.add_column(column, justify=justify, overflow="fold")  # type: ignore[arg-type]
        for v in found.readings:
            of = quantity(v.quantity)
            value = "–" if math.isnan(v.value) else of.state(v.value) or f"{v.value:.10g}"
            quality = "" if v.quality is Quality.GOOD else v.quality.name.lower()
            scale = found.scale_of(v)
            mark = "" if scale is None else f" × {scale:g}*"
            table.add_row(v.quantity, value, of.unit, quality, f"[dim]{v.source}{mark}[/]")
        out.print(table)
        if found.scales:
            out.print("[dim]* what this agent counts in, told from what is plausible: the profile leaves it open[/]")
    if found.error:
        err.print(f"ridethrough: {found.error}", markup=False)


def _line(found: Probed) -> str:
    return json.dumps(found.to_json(), ensure_ascii=False)
