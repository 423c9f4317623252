"""`ridethrough profiles`: what is known of devices."""

import json
from collections.abc import Iterator
from pathlib import Path
from shlex import quote

import typer
from rich.table import Table

from device_profiles import library
from device_profiles.schema import Address, Profile
from ridethrough.profile_check import ProfileCheck, TriedCase, check_profile
from ridethrough.profile_draft import Written, write_draft
from ridethrough.screen import err, out
from telemetry.draft.draft import Draft


def listing(*, as_json: bool) -> None:
    """Every profile with its device."""
    rows = [library.load(name) for name in library.names()]
    if as_json:
        keys = ("name", "vendor", "model", "kind", "protocol")
        typer.echo(json.dumps([{k: getattr(p, k) for k in keys} for p in rows], ensure_ascii=False, indent=1))
        return
    table = Table("profile", "kind", "protocol", "quantities", "device", box=None, pad_edge=False)
    table.columns[0].no_wrap = True
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
    for column in table.columns:
        column.overflow = "fold"  # an OID cut short is none
    for point in profile.point:
        for i, a in enumerate(point.addresses):
            states = " ".join(f"{raw}={state}" for raw, state in a.states.items())
            table.add_row(
                "" if i else point.quantity, _where(a), f"{a.scale:g}", states, " ".join(map(_sentinel, a.unknown))
            )
    out.print(table)


def _sentinel(unknown: float | str) -> str:
    return f"{unknown:.10g}" if isinstance(unknown, float) else repr(unknown)


def _where(a: Address) -> str:
    if a.oid or a.column:
        return a.oid or f"{a.column}.{a.index or '…'}"
    bits = f" bits {a.bits[0]}+{a.bits[1]}" if a.bits else ""
    return f"{a.space}:{a.register_} {a.type}{bits}"


def new(walk: Path, folder: Path, name: str | None) -> bool:
    """Write a first profile of the device of a walk; say what was done, and what a person has to look at next.

    Returns:
        Whether it reads anything yet.

    Raises:
        NothingToReadError, OSError, ValueError: see `write_draft`.
    """
    written = write_draft(walk, folder, name)
    for line in _told(written):
        out.print(line, markup=False, soft_wrap=not out.is_terminal)
    return written.check is not None


def _told(written: Written) -> Iterator[str]:
    made, path, check = written.draft, written.path, written.check
    if made.known_as:
        yield f"{made.known_as} knows this device already: use it, unless you want to add to it."
    reads = [f"{len(base.quantities)} by {base.name}" for base in made.bases]
    reads += [f"{len(made.sure)} guessed, each with its reason"] if made.sure else []
    by = f" ({', '.join(reads)})" if reads else ""
    yield f"{path}: reads {check.readings if check else 'nothing yet'}{by}"
    if made.maybe:
        yield f"  {len(made.maybe)} objects could be something as well: they stand at its end, commented out"
    recorded = len(made.walk.splitlines()) - 1
    yield (
        f"{path.with_suffix('.snmprec')}: its recording, {recorded} of the walk's {written.objects} objects, without what "
        "looks like a serial number or an address; look through it before you pass it on"
    )
    if check is None:
        yield "Nothing is sure enough to be read. Take the # from a point that agrees with the device's own display, then:"
        yield f"  ridethrough profiles test {quote(str(path))} --accept"
        return
    yield f"{path.with_suffix('.expected.json')}: what is read of it; hold it against the device's own display"
    yield from _recognised(check, made)
    yield "Next: name vendor, model, kind and source; look through every guess; add the states and alarms that its MIB names."
    yield f"Then: ridethrough profiles test {quote(str(path))}"
    yield f"A site file can name it once it lies in {library.DATA / path.parent.name}"


def _recognised(check: ProfileCheck, made: Draft) -> Iterator[str]:
    """How a device at first contact is known as this profile, or why not."""
    found, name = check.cases[0].recognised, check.profile.name
    ways = [f"sysObjectID {oid}" for oid in made.match.sys_object_id]
    ways += [f"objects below {oid}" for oid in made.match.tree]
    if not ways:
        yield f"Nothing tells it from other devices: it has to be named, profile = {name!r}."
    elif found == name:
        yield f"It is recognised by {' and by '.join(ways)}."
    else:
        yield f"The device is still recognised as {found}: to be read as this one, it has to be named, profile = {name!r}."


def test(path: Path, *, cases: Path | None, accept: bool, as_json: bool) -> bool:
    """Hold a profile's file against its recordings and print what that shows, a line a case as it is read.

    Returns:
        Whether it is right.

    Raises:
        ProfileError, OSError, ValueError: see `check_profile`.
    """
    found = check_profile(path, cases=cases, accept=accept, tell=(lambda _: None) if as_json else _tell)
    if as_json:
        typer.echo(json.dumps(found.to_json(), ensure_ascii=False, indent=1))
        return found.is_right
    if not found.cases:
        beside = f"{path.with_suffix('.snmprec').name} with {path.with_suffix('.expected.json').name}"
        err.print(f"{path}: no recording: expected {beside}, or folders in {path.stem}/", markup=False)
    for quantity in found.unseen:
        err.print(f"{path}: {quantity}: no recording shows it with a value that can be believed", markup=False)
    if found.unseen_of_bases and found.cases:
        out.print(f"[dim]{len(found.unseen_of_bases)} quantities of what it extends are in no recording[/]")
    right = sum(case.is_right for case in found.cases)
    points = len(found.profile.point)
    out.print(
        f"{found.profile.name}: {points} quantities, {right} of {len(found.cases)} recordings read as expected",
        style="green" if found.is_right else "bold red",
    )
    return found.is_right


def _tell(case: TriedCase) -> None:
    """A case's line, and behind it what is wrong with it."""
    known = f"recognised as {case.recognised} by {case.how}" if case.recognised else "not recognised"
    mark = "[green]ok[/]" if case.is_right else "[bold red]wrong[/]"
    out.print(
        f"{mark} {case.name}: {case.readings} readings, {known}{'' if case.known else f', expected {case.expected_as}'}"
    )
    table = Table("quantity", "expected", "read", box=None, pad_edge=False)
    table.columns[0].overflow = "fold"
    for d in case.differences:
        table.add_row(d.quantity, _cell(d.expected), _cell(d.read))
    if case.differences:
        out.print(table)


def _cell(value: float | str | None) -> str:
    return "–" if value is None else f"{value:.10g}" if isinstance(value, float) else str(value)
