"""Walks over `tests/profiles/<case>/`: a device's recorded words, and what is to be read in them.

A case holds `walk.snmprec` or `registers.toml` (with `profile.toml` where the profile is the case's own) and
`expected.json`; or a faulty `profile.toml` and `load.err`. `pytest --golden` rewrites what is expected.
"""

import re
from functools import cache
from pathlib import Path

import pytest

from device_profiles import library
from telemetry.profile_case import CaseReading, cases_in, read_case, read_expected, unseen, write_expected

CASES = Path(__file__).parent.parent / "profiles"
FAULTY = sorted(path.parent.name for path in CASES.glob("*/load.err"))
READ = {case.name: case for case in cases_in(CASES)}
ASSUMED = re.compile(r"schneider-pm5000")  # what a meter's registers do not tell, its user does


@cache
def _read(name: str) -> CaseReading:
    """What is read of a case, as at first contact."""
    words = READ[name].words
    if (own := words.with_name("profile.toml")).exists():
        given = library.load_file(own)
    else:
        given = library.load("schneider/pm5000") if ASSUMED.match(name) else None
    return read_case(words, given)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--golden", default=False))


@pytest.mark.parametrize("name", READ)
def test_recording_reads_as_expected(name: str, golden: bool) -> None:
    """A recorded device is recognised and gives the readings that are written down for it, no more and no fewer."""
    if golden:
        write_expected(READ[name], _read(name))
    assert _read(name).to_json() == read_expected(READ[name])


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
    values = [v for read in map(_read, READ) if read.profile and read.profile.name == name for v in read.values]
    assert unseen(library.load(name).point, values) == ()
