"""`ridethrough profiles`: what is known of devices."""

import json

import typer
from rich.table import Table

from device_profiles import library
from device_profiles.schema import Address, Profile
from ridethrough.screen import out


def listing(*, as_json: bool) -> None:
    """Every profile with its device."""
    rows = [library.load(name) for name in library.names()]
    if as_json:
        keys = ("name", "vendor", "model", "kind", "protocol")
        typer.echo(json.dumps([{k: getattr(p, k) for k in keys} for p in rows], ensure_ascii=False, indent=1))
        return
    table = Table("profile", "kind", "protocol", "quantities", "device", box=None, pad_edge=False)
    for p in rows:
        table.add_row(p.name, p.kind, p.protocol, str(len(p.point)), f"{p.vendor} {p.model}")
    out.print(table)


def show(name: str, *, resolved: bool, as_json: bool) -> None:
    """A profile's file as it stands, or what it reads with all that it takes from its mix-ins.

    Raises:
        ProfileError: there is none of that name, or its file is faulty.
    """
    profile = library.load(name)
    if as_json:
        typer.echo(profile.model_dump_json(indent=1, by_alias=True, exclude_defaults=True))
    elif resolved:
        _table(profile)
    else:
        typer.echo((library.DATA / f"{name}.toml").read_text(encoding="utf-8"))


def _table(profile: Profile) -> None:
    out.print(f"[bold]{profile.vendor} {profile.model}[/] ({profile.name}, {profile.kind}, {profile.protocol})")
    for source in profile.source:
        out.print(f"  source: {source}", markup=False)
    table = Table("quantity", "from", "scale", "states", "unknown", box=None, pad_edge=False)
    for point in profile.point:
        for i, a in enumerate(point.addresses):
            states = " ".join(f"{raw}={state}" for raw, state in a.states.items())
            table.add_row(
                "" if i else point.quantity, _where(a), f"{a.scale:g}", states, " ".join(f"{u:g}" for u in a.unknown)
            )
    out.print(table)


def _where(a: Address) -> str:
    if a.oid or a.column:
        return a.oid or f"{a.column}.{a.index or '…'}"
    bits = f" bits {a.bits[0]}+{a.bits[1]}" if a.bits else ""
    return f"{a.space}:{a.register_} {a.type}{bits}"
