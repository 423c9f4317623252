"""Walks over `tests/profiles/<case>/`: a device's recorded words, and what is to be read in them.

A case holds `walk.snmprec` or `registers.toml` (with `profile.toml` where the profile is the case's own) and
`expected.json`; or a faulty `profile.toml` and `load.err`. `pytest --golden` rewrites what is expected.
"""

import asyncio
import json
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from device_profiles import library
from device_profiles.quantities import quantity
from device_profiles.schema import Profile
from device_profiles.table import name_of
from device_profiles.walk import Walk, read_walk
from telemetry.address import SnmpAddress, parse
from telemetry.block import Quality
from telemetry.decode import decode
from telemetry.pollers.snmp import SnmpPoller
from telemetry.pollers.snmp_client import SnmpClient
from telemetry.pollers.snmp_walk import WalkSession
from telemetry.reading import RawAnswer, Value
from telemetry.recognise import recognise_agent

CASES = Path(__file__).parent.parent / "profiles"
FAULTY = sorted(path.parent.name for path in CASES.glob("*/load.err"))
READ = sorted({path.parent.name for name in ("walk.snmprec", "registers.toml") for path in CASES.glob(f"*/{name}")})
ASSUMED = re.compile(r"schneider-pm5000")  # what a meter's registers do not tell, its user does


def _registers(case: Path) -> RawAnswer:
    table = tomllib.loads((case / "registers.toml").read_text(encoding="utf-8"))
    return {
        f"{space}:{int(first) + i}": word
        for space, blocks in table.items()
        for first, words in blocks.items()
        for i, word in enumerate(words)
    }


async def _polled(walk: Walk, given: Profile | None) -> tuple[Profile | None, str | None, tuple[Value, ...]]:
    """An agent that answers from a walk, recognised and polled as any other: profile, how it was found, values."""
    address = parse("snmp://recorded?community=walk")
    assert isinstance(address, SnmpAddress)
    how: str | None = "given"
    if given is None:
        found = await recognise_agent(address, SnmpClient(address, WalkSession(walk), timeout=1))
        if found.profile is None:
            return None, None, ()
        given, how = library.load(found.profile), found.how
    answer = await SnmpPoller(address, given, WalkSession(walk), timeout=1).poll()
    return given, how, answer.values


@cache
def _read(case: Path) -> tuple[Profile | None, str | None, tuple[Value, ...]]:
    """What is read of a case, as at first contact."""
    given = library.load_file(case / "profile.toml") if (case / "profile.toml").exists() else None
    if (case / "walk.snmprec").exists():
        return asyncio.run(_polled(read_walk((case / "walk.snmprec").read_text(encoding="utf-8")), given))
    raw = _registers(case)
    how = "given"
    if given is None and ASSUMED.match(case.name):
        given = library.load("schneider/pm5000")
    for profile in library.probe_candidates("modbus") if given is None else ():
        if all(raw.get(f"{r.space}:{r.register_}") in r.equals for r in profile.match.registers):
            given, how = profile, "probe"
            break
    return given, how if given else None, decode(given, raw) if given else ()


def _shown(value: Value) -> float | str:
    if value.quality is not Quality.GOOD:
        return value.quality.name.lower()
    of = quantity(value.quantity)
    return of.state(value.value) or value.value if of.states else value.value


def _expected(case: Path) -> dict[str, Any]:
    profile, how, values = _read(case)
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
    read, file = _expected(case), case / "expected.json"
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
        for found, _, values in map(_read, map(CASES.joinpath, READ))
        if found and found.name == name
        for value in values
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
    if "{n}" in template or "{unit}" in template:
        forms = {template, re.sub(r"\.\{phase\}(-N)?", "", template)}
        any_row = {r"\{n\}": r"\d+", r"\{unit\}": r"\d+", r"\{phase\}": "L[123]", r"\{pair\}": "L[123]-L[123]"}
        patterns = "|".join(re.escape(form) for form in forms)
        for placeholder, row in any_row.items():
            patterns = patterns.replace(placeholder, row)
        return {name for name in seen if re.fullmatch(patterns, name)}
    return {*expand(template), *expand(re.sub(r"\.\{phase\}(-N)?", "", template))}
