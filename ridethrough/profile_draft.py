"""`ridethrough profiles new`: writes a first profile of an unknown device, its recording, and what is read of it."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from device_profiles.schema import Point, Profile
from ridethrough.profile_check import ProfileCheck, check_profile
from telemetry.draft.draft import Draft, draft, slug
from telemetry.walk_file import read_walk_file

_NAME = re.compile(r"[a-z0-9][a-z0-9-]*/[a-z0-9][a-z0-9-]*")


@dataclass(frozen=True, slots=True)
class Written:
    """A first profile that has been written.

    objects: how many objects the walk has
    check: what holding it against its own recording shows; None where it reads nothing yet
    """

    path: Path
    objects: int
    draft: Draft
    check: ProfileCheck | None


def write_draft(
    walk_file: Path,
    folder: Path,
    name: str | None = None,
    *,
    known: Mapping[str, tuple[Point, ...]] | None = None,
    among: Collection[Profile] | None = None,
) -> Written:
    """Write a first profile as `folder/vendor/model.toml`, its recording and what is read of it beside it.

    Args:
        walk_file: what `snmpwalk -On` printed, or `.snmprec`; packed by gzip or not
        folder: where it goes
        name: `vendor/model`; None for what the device says of itself
        known: what can be extended, points by name; absent: the library's
        among: the profiles that the device could be taken for; absent: the library's

    Raises:
        NothingToReadError: nothing of the walk can be read.
        OSError: a file cannot be read or written.
        ValueError: the file holds no walk, the name is none, or a file of that name is there already.
    """
    walk = read_walk_file(walk_file)
    made = draft(walk, known=known, among=among)
    named = name or f"{made.vendor}/{made.model or slug(walk_file.name.partition('.')[0]) or 'card'}"
    if not _NAME.fullmatch(named):
        raise ValueError(f"--name {named}: expected VENDOR/MODEL of small letters, digits and -, such as acme/card")
    path = folder / f"{named}.toml"
    texts = {path: made.profile, path.with_suffix(".snmprec"): made.walk}
    for file in texts:
        if file.exists():
            raise ValueError(
                f"{file}: is there already, and may hold somebody's work: give another --name, or move it away"
            )
    path.parent.mkdir(parents=True, exist_ok=True)
    for file, text in texts.items():
        file.write_text(text, encoding="utf-8")
    return Written(path, len(walk), made, check_profile(path, accept=True, among=among) if made.reads else None)
