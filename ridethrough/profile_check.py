"""`ridethrough profiles test`: holds one profile's file against its recordings. No network, no checkout."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from device_profiles import library
from device_profiles.profile_file import read
from device_profiles.schema import Profile
from telemetry.block import Quality
from telemetry.profile_case import (
    Case,
    CaseReading,
    cases_beside,
    cases_in,
    read_case,
    read_expected,
    unseen,
    write_expected,
)
from telemetry.reading import Value


@dataclass(frozen=True, slots=True)
class Difference:
    """A quantity that a case does not read as it is written down; None where one side has none."""

    quantity: str
    expected: float | str | None
    read: float | str | None


@dataclass(frozen=True, slots=True)
class TriedCase:
    """One case against its expected reading.

    recognised, how: as what the device is recognised among the library's profiles and this one
    expected_as: what is written down for that, in words
    known: whether it is so, or was not asked for
    """

    name: str
    recognised: str | None
    how: str | None
    expected_as: str
    known: bool
    readings: int
    differences: tuple[Difference, ...]

    @property
    def is_right(self) -> bool:
        """Whether it was recognised and reads as it is written down."""
        return self.known and not self.differences


@dataclass(frozen=True, slots=True)
class ProfileCheck:
    """What holding a profile against its recordings showed.

    unseen: quantities of the file itself that no recording shows with a GOOD value
    unseen_of_bases: those of what it extends; another model's recording may show them
    """

    profile: Profile
    cases: tuple[TriedCase, ...]
    unseen: tuple[str, ...]
    unseen_of_bases: tuple[str, ...]

    @property
    def is_right(self) -> bool:
        """Whether there is a recording, each reads as expected, and every point of the file is seen."""
        return bool(self.cases) and all(case.is_right for case in self.cases) and not self.unseen

    @property
    def readings(self) -> int:
        """How many values can be believed, in all cases together."""
        return sum(case.readings for case in self.cases)

    def to_json(self) -> dict[str, Any]:
        """The object that `profiles test --json` prints."""
        return {
            "profile": self.profile.name,
            "right": self.is_right,
            "cases": [{**asdict(case), "right": case.is_right} for case in self.cases],
            "unseen": list(self.unseen),
            "unseen_of_bases": list(self.unseen_of_bases),
        }


def check_profile(
    path: Path,
    *,
    cases: Path | None = None,
    accept: bool = False,
    tell: Callable[[TriedCase], None] = lambda _: None,
    among: Collection[Profile] | None = None,
) -> ProfileCheck:
    """Hold a profile's file against the recordings that lie beside it.

    Args:
        path: of the profile's file
        cases: a folder with further cases, of which those count whose `expected.json` names this profile
        accept: write down what is read now in place of what was expected
        tell: is told each case as soon as it has been read
        among: the other profiles that the device could be taken for; absent: the library's

    Raises:
        ProfileError: the profile is faulty; it holds every fault.
        OSError, ValueError: a case cannot be read; the message names the file.
    """
    profile = library.load_file(path)
    others = library.catalogue() if among is None else among
    known = (*(other for other in others if other.name != profile.name), profile)
    tried: list[TriedCase] = []
    values: list[Value] = []
    for case in (*cases_beside(path), *(_cases_of(profile, cases) if cases else ())):
        found, given = read_case(case.words, None, known), read_case(case.words, profile)
        if accept:
            write_expected(case, found if found.profile == profile else given)
        tried.append(_tried(case, profile, found, given))
        values += given.values
        tell(tried[-1])
    own = {point["quantity"] for point in (read(path, []) or {}).get("point", ())}
    return ProfileCheck(
        profile,
        tuple(tried),
        unseen([p for p in profile.point if p.quantity in own], values),
        unseen([p for p in profile.point if p.quantity not in own], values),
    )


def _cases_of(profile: Profile, folder: Path) -> Iterator[Case]:
    for case in cases_in(folder):
        if not case.words.with_name("profile.toml").exists() and read_expected(case).get("profile") == profile.name:
            yield case


def _tried(case: Case, profile: Profile, found: CaseReading, given: CaseReading) -> TriedCase:
    """A case beside what is written down for it."""
    expected = read_expected(case)
    recognised = found.profile.name if found.profile else None
    asked = expected.get("how") != "given"
    known = not asked or (recognised, found.how) == (expected.get("profile"), expected.get("how"))
    is_another = asked and expected.get("profile") != profile.name
    return TriedCase(
        case.name,
        recognised,
        found.how,
        f"{expected['profile']} by {expected.get('how')}" if expected.get("profile") else "nothing that is known",
        known,
        sum(value.quality is Quality.GOOD for value in given.values),
        () if is_another else tuple(_differences(expected["readings"], given.to_json()["readings"])),
    )


def _differences(expected: dict[str, Any], read_: dict[str, Any]) -> Iterator[Difference]:
    for name in {**expected, **read_}:
        if expected.get(name) != read_.get(name):
            yield Difference(name, expected.get(name), read_.get(name))
