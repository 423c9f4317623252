"""`ridethrough profiles new`: a first profile from a walk that passes its own test and reads nothing wrong."""

import json
import math
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from device_profiles import library
from device_profiles.schema import Point
from librenms import is_read_otherwise, sensors_of, walk
from ridethrough.profile_check import check_profile
from ridethrough.profile_draft import Written, write_draft
from telemetry.draft.draft import NothingToReadError
from telemetry.profile_case import read_walked

CASES = Path(__file__).parent.parent / "profiles"
SCRIPT = Path(sys.executable).with_name("ridethrough")

# Of which the given walks are read without any vendor's profile: by the UPS-MIB, and by what their agents say in words.
READ_TO_THE_HALF = {
    *("cxc_ups", "deltaups", "eaton-mgeups_5px", "eaton-mgeups_9px", "eatonupsm2_9px+empg2", "generex-ups_cs121"),
    *("generex-ups_cs141", "huaweiups_ups2000", "liebert_weblbds", "netmanplus_204", "netmanplus_208", "poweralert_2"),
    *("algcom-sm_sm9s", "cxrc_cxrc", "rittal-cmc-iii-pu_pdu-controller", "siteboss571_siteboss571", "siteboss572"),
}

UNKNOWN = """\
.1.3.6.1.2.1.1.1.0 = STRING: "Example plant controller, S/N 4711004711"
.1.3.6.1.2.1.1.2.0 = OID: .1.3.6.1.4.1.99999.3.1
.1.3.6.1.2.1.1.3.0 = Timeticks: (51) 0:00:00.51
.1.3.6.1.2.1.1.4.0 = STRING: "noc@example.com"
.1.3.6.1.2.1.1.5.0 = STRING: "plant-7"
.1.3.6.1.4.1.99999.3.1.1.0 = STRING: "4711004711"
.1.3.6.1.4.1.99999.3.1.2.1.2.1 = STRING: "Battery Voltage"
.1.3.6.1.4.1.99999.3.1.2.1.2.2 = STRING: "AC Mains"
.1.3.6.1.4.1.99999.3.1.2.1.2.3 = STRING: "Total Current"
.1.3.6.1.4.1.99999.3.1.2.1.3.1 = INTEGER: 5412
.1.3.6.1.4.1.99999.3.1.2.1.3.2 = INTEGER: 23120
.1.3.6.1.4.1.99999.3.1.2.1.3.3 = INTEGER: 1834
.1.3.6.1.4.1.99999.3.1.5.1.4.1 = INTEGER: 2302
.1.3.6.1.4.1.99999.3.1.5.1.4.2 = INTEGER: 2311
.1.3.6.1.4.1.99999.3.1.5.1.4.3 = INTEGER: 2298
"""


@pytest.fixture
def unknown(tmp_path: Path) -> Path:
    file = tmp_path / "plant.walk"
    file.write_text(UNKNOWN, encoding="utf-8")
    return file


def profiles(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [SCRIPT, "profiles", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60, check=False)


def test_a_first_profile_passes_its_own_test_at_once(unknown: Path) -> None:
    """From snmpwalk's text to a profile, its recording and what is read of it, in a folder that is no checkout."""
    done = profiles("new", "--from-walk", unknown, "--name", "acme/plant", cwd=unknown.parent)
    assert (done.returncode, done.stderr) == (0, "")
    read = json.loads((unknown.parent / "acme" / "plant.expected.json").read_text(encoding="utf-8"))
    assert read == {
        "profile": "acme/plant",
        "how": "sysObjectID",
        "readings": {"battery.voltage": 54.12, "input.voltage": 231.2, "circuit.3.current": 18.34},
    }
    again = profiles("test", "acme/plant.toml", cwd=unknown.parent)
    assert again.returncode == 0, again.stdout


def test_each_guess_says_why_and_what_is_not_sure_is_a_comment(unknown: Path) -> None:
    """Three phases without a word are only shown; without their `#` they are points that can be read."""
    written = write_draft(unknown, unknown.parent)
    text = written.path.read_text(encoding="utf-8")
    points = tomllib.loads(text)["point"]
    assert all(point["note"].startswith("guessed: ") and "seen" in point for point in points)
    assert points[1]["when"] == {"oid": "1.3.6.1.4.1.99999.3.1.2.1.2.2", "equals": ["AC Mains"]}
    assert not any(point["oid"].startswith("1.3.6.1.4.1.99999.3.1.5.") for point in points)
    comments = text.split("# [[point]]")[1].split("#\n")[0].replace("# ", "")
    written.path.write_text(f"{text}\n[[point]]\n{comments}", encoding="utf-8")
    values = {v.quantity: v.value for v in read_walked(walk(unknown), library.load_file(written.path)).values}
    assert [values[f"circuit.{n}.voltage"] for n in (1, 2, 3)] == [230.2, 231.1, 229.8]
    check = check_profile(written.path)
    assert [d.quantity for d in check.cases[0].differences] == [f"circuit.{n}.voltage" for n in (1, 2, 3)]


def test_the_recording_holds_what_is_read_and_no_one_s_names(unknown: Path) -> None:
    """Neither serial numbers nor people nor places go into it."""
    written = write_draft(unknown, unknown.parent)
    text = written.path.with_suffix(".snmprec").read_text(encoding="utf-8")
    assert "1.3.6.1.2.1.1.1.0|4|Example plant controller, S/N …" in text
    assert "1.3.6.1.2.1.1.3.0|67|51" in text
    everything = text + written.path.read_text(encoding="utf-8")
    assert not any(name in everything for name in ("4711004711", "noc@", "plant-7"))


def test_nobody_s_work_is_overwritten(unknown: Path) -> None:
    """A file that is there stays, and the sentence names it; exit 2."""
    assert profiles("new", "--from-walk", unknown, cwd=unknown.parent).returncode == 0
    file = unknown.parent / "enterprise-99999" / "plant.toml"
    file.write_text("mine", encoding="utf-8")
    done = profiles("new", "--from-walk", unknown, cwd=unknown.parent)
    assert done.returncode == 2
    assert "enterprise-99999/plant.toml: is there already" in done.stderr
    assert file.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("name", ["../card", "/card", "acme/", "_x", "acme/_card", "a/b/c", "Acme/My Card"])
def test_a_name_is_a_place_below_the_folder_and_nowhere_else(unknown: Path, name: str) -> None:
    """What would lie elsewhere, or could not be named in a site file, is refused before anything is written; exit 2."""
    before = sorted(unknown.parent.parent.rglob("*"))
    done = profiles("new", "--from-walk", unknown, "--name", name, cwd=unknown.parent)
    assert done.returncode == 2
    assert "expected VENDOR/MODEL" in done.stderr
    assert sorted(unknown.parent.parent.rglob("*")) == before


def test_a_walk_s_file_name_becomes_a_name_that_can_be_typed(unknown: Path) -> None:
    """Blanks, brackets and endings of it go."""
    written = write_draft(unknown.rename(unknown.with_name("My Plant (room 3).walk.txt")), unknown.parent)
    assert written.path.name == "my-plant-room-3.toml"


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("hello", 2, "holds no row of a walk"),
        ('.1.3.6.1.4.1.99999.3.1.1.0 = STRING: "x"\n', 1, "nothing in it looks like a voltage"),
        (".1.3.6.1.4.1.99999.3.1.1.0 = INTEGER: 2312\n", 1, ""),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path: Path, text: str, code: int, said: str) -> None:
    """No walk; a walk without anything to read; a walk of which nothing is sure, which is written for a person."""
    (tmp_path / "w").write_text(text, encoding="utf-8")
    done = profiles("new", "--from-walk", "w", "-o", "out", cwd=tmp_path)
    assert done.returncode == code
    assert said in done.stderr
    assert (tmp_path / "out").exists() == (not said)
    assert said or "Nothing is sure enough to be read" in done.stdout


def test_a_ups_of_no_known_maker_takes_the_standard_s_points(tmp_path: Path) -> None:
    """All that the UPS-MIB gives, under a name that wins over the generic profile."""
    written = write_draft(CASES / "rfc1628-ups" / "walk.snmprec", tmp_path)
    standard = json.loads((CASES / "rfc1628-ups" / "expected.json").read_text(encoding="utf-8"))
    mine = json.loads(written.path.with_suffix(".expected.json").read_text(encoding="utf-8"))
    assert written.draft.known_as == "rfc1628/ups"
    assert mine["readings"] == standard["readings"]
    assert mine["profile"] == f"{written.path.parent.name}/{written.path.stem}"


def test_a_known_device_takes_the_points_of_its_profile(tmp_path: Path) -> None:
    """What its vendor's profile reads, the new one reads too, and it says that the device is known."""
    case = CASES / "apc-rack-switch"
    written = write_draft(case / "walk.snmprec", tmp_path, "acme/switch")
    expected = json.loads((case / "expected.json").read_text(encoding="utf-8"))
    mine = json.loads(written.path.with_suffix(".expected.json").read_text(encoding="utf-8"))
    assert written.draft.known_as == expected["profile"]
    assert mine["readings"] == expected["readings"]


def _standards() -> dict[str, tuple[Point, ...]]:
    """What of the library stays when every vendor is unknown."""
    return {"_ups_mib": library.bases()["_ups_mib"]}


@pytest.fixture(scope="module")
def drafts(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Written | None]]:
    """A draft of every given walk, by a library that knows no vendor; None where it reads nothing."""
    known, others = _standards(), [library.load("rfc1628/ups")]
    found: dict[str, tuple[Path, Written | None]] = {}
    for file in sorted(data_dir.glob("devices/librenms/*.snmprec")):
        folder = tmp_path_factory.mktemp("draft")
        try:
            written = write_draft(file, folder, "some/device", known=known, among=others)
        except NothingToReadError:
            found[file.stem] = (file, None)
        else:
            found[file.stem] = (file, written if written.check else None)
    return found


def _compared(file: Path, written: Written) -> Iterator[tuple[str, bool, bool]]:
    """What LibreNMS reads of a walk: the object, whether the draft reads it, and whether otherwise."""
    values = read_walked(walk(file), library.load_file(written.path)).values
    for oid, kind, theirs in sensors_of(file):
        mine = [v for v in values if v.source == oid and not math.isnan(v.value)]
        yield oid, bool(mine), any(is_read_otherwise(v, kind, theirs) for v in mine)


def test_devices_of_unknown_makers_are_read_to_the_half_and_none_wrong(
    drafts: dict[str, tuple[Path, Written | None]],
) -> None:
    """On at least ten given walks, with every vendor's profile hidden, without a hand's touch; no value wrong on any of all."""
    halves, wrong = set(), []
    for name, (file, written) in drafts.items():
        if written is None:
            continue
        compared = list(_compared(file, written))
        wrong += [(name, oid) for oid, _, otherwise in compared if otherwise]
        if compared and 2 * sum(read for _, read, _ in compared) >= len(compared):
            halves.add(name)
    assert wrong == []
    assert READ_TO_THE_HALF - halves == set()


def test_every_draft_of_a_given_walk_passes_its_own_test(drafts: dict[str, tuple[Path, Written | None]]) -> None:
    """Recognised as itself where anything tells it from others, each point seen, each reading as written down."""
    others = [library.load("rfc1628/ups")]
    read = [written for _, written in drafts.values() if written]
    assert len(read) > 25
    for written in read:
        check = check_profile(written.path, among=others)
        assert check.is_right, (written.path, check.cases)


def test_a_draft_of_a_given_walk_reads_nothing_that_somebody_has_set(
    drafts: dict[str, tuple[Path, Written | None]],
) -> None:
    """No guess is of an object that the vendor's own profile knows as another unit or not as a measurement of now."""
    for file, written in drafts.values():
        known = {v.source: v for v in read_walked(walk(file)).values} if written and written.draft.sure else {}
        guesses = read_walked(walk(file), library.load_file(written.path)).values if written and known else ()
        for value in guesses:
            if value.source in known and not math.isnan(known[value.source].value):
                assert value.value == pytest.approx(known[value.source].value, rel=0.01), (file.stem, value)
                assert "nominal" not in known[value.source].quantity


def test_a_card_that_repeats_itself_is_not_believed_by_the_new_profile_either(tmp_path: Path) -> None:
    """What a base knows of its card's word for a silent device, the profile that extends it knows as well."""
    known = {p.name: p for p in library.catalogue() if p.fresh}
    case = next(
        c for c in sorted(CASES.glob("apc-ups*")) if read_walked(walk(c / "walk.snmprec")).profile in known.values()
    )
    written = write_draft(case / "walk.snmprec", tmp_path, "acme/card")
    mine = library.load_file(written.path)
    assert written.draft.known_as is not None
    assert mine.fresh == known[written.draft.known_as].fresh
    assert f"{mine.fresh.place}|" in written.path.with_suffix(".snmprec").read_text(encoding="utf-8")
