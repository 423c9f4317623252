"""A case of a profile: a device's recorded words, and what is to be read in them.

The words are a walk (`walk.snmprec`; what `snmpwalk -On` prints is read too) or Modbus registers (`registers.toml`), what
is to be read is `expected.json`. Tests of the library's profiles and `ridethrough profiles test` read them alike: the
recording stands in the place of the device, which is recognised and polled as any other.
"""

import asyncio
import json
import tomllib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from device_profiles import library
from device_profiles.quantities import quantity
from device_profiles.schema import Point, Profile
from device_profiles.table import names_of
from device_profiles.walk import Walk
from telemetry.address import SnmpAddress
from telemetry.block import Quality
from telemetry.decode import decode
from telemetry.pollers.snmp import SnmpPoller
from telemetry.pollers.snmp_client import SnmpClient
from telemetry.pollers.snmp_walk import WalkSession
from telemetry.reading import RawAnswer, Value
from telemetry.recognise import recognise_agent
from telemetry.walk_file import read_walk_file

_RECORDED = SnmpAddress(host="recorded", port=161, version="2c")
_TIMEOUT = 5.0  # seconds that nothing of a recording takes


@dataclass(frozen=True, slots=True)
class Case:
    """Where a case lies.

    name: for people
    words: what the device said, a walk or registers
    expected: what is read of it
    """

    name: str
    words: Path
    expected: Path


@dataclass(frozen=True, slots=True)
class CaseReading:
    """What is read of a device's recorded words, as at first contact.

    profile, how: as what it is recognised, and by what; `given` where the profile is named from outside
    """

    profile: Profile | None
    how: str | None
    values: tuple[Value, ...]

    def to_json(self) -> dict[str, Any]:
        """As it stands in `expected.json`."""
        return {
            "profile": self.profile.name if self.profile else None,
            "how": self.how,
            "readings": {value.quantity: shown(value) for value in self.values},
        }


def cases_in(folder: Path) -> tuple[Case, ...]:
    """The cases of a folder, one in each folder of it that holds words."""
    words = (path for name in ("walk.snmprec", "registers.toml") for path in folder.glob(f"*/{name}"))
    return tuple(Case(p.parent.name, p, p.with_name("expected.json")) for p in sorted(words))


def cases_beside(profile: Path) -> tuple[Case, ...]:
    """The cases of a profile's file: of `card.toml`, `card.snmprec` with `card.expected.json`, and the folders in `card/`."""
    expected = profile.with_suffix(".expected.json")
    alone = (profile.with_suffix(".snmprec"), profile.with_suffix(".registers.toml"))
    return (*(Case(p.name, p, expected) for p in alone if p.is_file()), *cases_in(profile.with_suffix("")))


def read_case(words: Path, given: Profile | None = None, among: Collection[Profile] | None = None) -> CaseReading:
    """Read a device's recorded words.

    Args:
        words: the file of a walk or of registers
        given: what the device is; absent: what it is recognised as
        among: the profiles to choose from; absent: the library's

    Raises:
        OSError: the file cannot be read.
        ValueError: it holds neither a walk nor registers; the message names the file.
    """
    if words.suffix == ".toml":
        return _registers_read(_registers(words), given, library.catalogue() if among is None else among)
    return read_walked(read_walk_file(words), given, among)


def read_walked(walk: Walk, given: Profile | None = None, among: Collection[Profile] | None = None) -> CaseReading:
    """What is read of an agent that answers from a walk; see `read_case`."""
    return asyncio.run(_polled(walk, given, library.catalogue() if among is None else among))


async def _polled(walk: Walk, given: Profile | None, among: Collection[Profile]) -> CaseReading:
    """An agent that answers from a walk, recognised and polled as any other."""
    profile, how = given, "given"
    if profile is None:
        client = SnmpClient(_RECORDED, WalkSession(walk), timeout=_TIMEOUT)
        found = await recognise_agent(_RECORDED, client, among)
        if found.profile is None:
            return CaseReading(None, None, ())
        profile, how = next(p for p in among if p.name == found.profile), str(found.how)
    answer = await SnmpPoller(_RECORDED, profile, WalkSession(walk), timeout=_TIMEOUT).poll()
    return CaseReading(profile, how, answer.values)


def _registers(path: Path) -> RawAnswer:
    """Each word by its address, of tables such as `[holding] 3027 = [17251, …]`."""
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        return {
            f"{space}:{int(first) + i}": word
            for space, blocks in tomllib.loads(text).items()
            for first, words in blocks.items()
            for i, word in enumerate(words)
        }
    except tomllib.TOMLDecodeError as e:
        raise ValueError(f"{path}: is no TOML: {e}") from None
    except (AttributeError, TypeError, ValueError):
        raise ValueError(f"{path}: expected tables of registers such as [holding] with 3027 = [17251, 0]") from None


def _registers_read(raw: RawAnswer, given: Profile | None, among: Iterable[Profile]) -> CaseReading:
    profile, how = given, "given"
    if profile is None:
        for known in library.probe_candidates("modbus", among):
            if all(raw.get(f"{r.space}:{r.register_}") in r.equals for r in known.match.registers):
                profile, how = known, "probe"
                break
        else:
            return CaseReading(None, None, ())
    return CaseReading(profile, how, decode(profile, raw))


def shown(value: Value) -> float | str:
    """A value for people: a number in its unit, a state's name, or why there is none."""
    if value.quality is not Quality.GOOD:
        return value.quality.name.lower()
    of = quantity(value.quantity)
    return of.state(value.value) or value.value if of.states else value.value


def read_expected(case: Case) -> dict[str, Any]:
    """What is written down for a case: `profile`, `how`, `readings`.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is not there, is no JSON, or not of this form; the message names the file.
    """
    try:
        expected = json.loads(case.expected.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(
            f"{case.expected}: is not there: expected what is read of {case.words.name}; "
            "`ridethrough profiles test --accept` writes it"
        ) from None
    except (json.JSONDecodeError, UnicodeDecodeError) as e:
        raise ValueError(f"{case.expected}: is no JSON: {e}") from None
    match expected:
        case {"readings": dict()}:
            return dict(expected)
    raise ValueError(f"{case.expected}: expected an object with profile, how and readings")


def write_expected(case: Case, read: CaseReading) -> None:
    """Write down what is read of a case, for a person to look through."""
    case.expected.write_text(json.dumps(read.to_json(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def unseen(points: Iterable[Point], values: Iterable[Value]) -> tuple[str, ...]:
    """The quantities of these points of which no value is GOOD."""
    seen = {value.quantity for value in values if value.quality is Quality.GOOD}
    return tuple(p.quantity for p in points if not any(map(names_of(p.quantity).fullmatch, seen)))
