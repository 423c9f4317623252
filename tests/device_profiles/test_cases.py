"""Walks over `tests/profiles/<case>/`: a device's recorded words, and what is to be read in them.

A case holds `walk.snmprec` or `registers.toml` (with `profile.toml` where the profile is the case's own) and
`expected.json`; or a faulty `profile.toml` and `load.err`. `pytest --golden` rewrites what is expected.
"""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from device_profiles import library
from device_profiles.quantities import quantity
from device_profiles.schema import Profile
from device_profiles.table import name_of
from device_profiles.walk import read_walk
from telemetry.block import Quality
from telemetry.decode import decode
from telemetry.reading import RawAnswer, Value

CASES = Path(__file__).parent.parent / "profiles"
FAULTY = sorted(path.parent.name for path in CASES.glob("*/load.err"))
READ = sorted({path.parent.name for name in ("walk.snmprec", "registers.toml") for path in CASES.glob(f"*/{name}")})
ASSUMED = re.compile(r"schneider-pm5000")  # what a meter's registers do not tell, its user does


def _raw(case: Path) -> RawAnswer:
    walk = case / "walk.snmprec"
    if walk.exists():
        return read_walk(walk.read_text(encoding="utf-8"))
    table = tomllib.loads((case / "registers.toml").read_text(encoding="utf-8"))
    return {
        f"{space}:{int(first) + i}": word
        for space, blocks in table.items()
        for first, words in blocks.items()
        for i, word in enumerate(words)
    }


def _recognised(case: Path, raw: RawAnswer) -> tuple[Profile | None, str | None]:
    """The profile of a case, and how it was found: as a poller does at first contact."""
    if (case / "profile.toml").exists():
        return library.load_file(case / "profile.toml"), "given"
    if ASSUMED.match(case.name):
        return library.load("schneider/pm5000"), "given"
    identity = raw.get("1.3.6.1.2.1.1.2.0")
    if isinstance(identity, str) and (names := library.match_sys_object_id(identity)):
        return library.load(names[0]), "sysObjectID"
    for profile in library.probe_candidates("snmp" if identity else "modbus"):
        match = profile.match
        if (match.probe and all(oid in raw for oid in match.probe)) or (
            match.registers and all(raw.get(f"{r.space}:{r.register_}") in r.equals for r in match.registers)
        ):
            return profile, "probe"
    return None, None


def _shown(value: Value) -> float | str:
    if value.quality is not Quality.GOOD:
        return value.quality.name.lower()
    of = quantity(value.quantity)
    return of.state(value.value) or value.value if of.states else value.value


def _read(case: Path) -> dict[str, Any]:
    raw = _raw(case)
    profile, how = _recognised(case, raw)
    values = decode(profile, raw) if profile else ()
    return {
        "profile": profile.name if profile else None,
        "how": how,
        "readings": {value.quantity: _shown(value) for value in values},
    }


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--golden", default=False))


@pytest.mark.parametrize("name", READ)
def test_recording_reads_as_expected(name: str, golden: bool) -> None:
    """A recorded device is recognised and gives the readings that are written down for it, no more and no fewer."""
    case = CASES / name
    read, file = _read(case), case / "expected.json"
    if golden:
        file.write_text(json.dumps(read, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    assert read == json.loads(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", FAULTY)
def test_faulty_profile_is_told_whole(name: str, golden: bool) -> None:
    """A faulty profile file is refused with every fault, each with its file and key."""
    case = CASES / name
    with pytest.raises(library.ProfileError) as caught:
        library.load_file(case / "profile.toml")
    told, file = str(caught.value).replace(f"{case}/", "") + "\n", case / "load.err"
    if golden:
        file.write_text(told, encoding="utf-8")
    assert told == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", library.names())
def test_every_point_is_seen_in_a_recording(name: str) -> None:
    """Each quantity of a profile is read with a good value from some recording of ours."""
    seen = {
        value.quantity
        for case in map(CASES.joinpath, READ)
        if (found := _recognised(case, _raw(case))[0]) and found.name == name
        for value in decode(found, _raw(case))
        if value.quality is Quality.GOOD
    }
    points = [point.quantity for point in library.load(name).point]
    assert not [q for q in points if not seen & _names(q, seen)]


def expand(quantity: str) -> tuple[str, ...]:
    """The names that a quantity with placeholders can become on a three-phase device; none where `{n}` is in it."""
    names: tuple[str, ...] = (quantity,)
    for name, last in (("source", 2), ("phase", 3), ("pair", 3)):
        if f"{{{name}}}" in quantity:
            names = tuple(name_of(n, {name: number}) for n in names for number in range(1, last + 1))
    return tuple(n for n in names if "{" not in n)


def _names(template: str, seen: set[str]) -> set[str]:
    """What of `seen` a quantity of a profile can have been, its single-phase form included."""
    if "{n}" in template:
        pattern = re.compile(re.escape(template).replace(r"\{n\}", r"\d+"))
        return {name for name in seen if pattern.fullmatch(name)}
    return {*expand(template), *expand(re.sub(r"\.\{phase\}(-N)?", "", template))}
