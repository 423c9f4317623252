"""`ridethrough profiles test`, as one calls it on a file of one's own, in a folder that is no checkout."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from device_profiles import library

CASES = Path(__file__).parent.parent / "profiles"
SCRIPT = Path(sys.executable).with_name("ridethrough")


def profiles_test(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [SCRIPT, "profiles", "test", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def card(tmp_path: Path) -> Path:
    """A profile of one's own that takes from the standard's, with a recording that reads as written down."""
    folder = tmp_path / "acme"
    folder.mkdir()
    (folder / "card.toml").write_text(
        """
        vendor = "Acme"
        model = "Card"
        kind = "ups"
        protocol = "snmp"
        source = ["RFC 1628 (UPS-MIB)"]
        extends = ["_ups_mib"]

        [match]
        tree = ["1.3.6.1.2.1.33.1.4"]

        [[point]]
        quantity = "input.voltage.maximum"
        oid = "1.3.6.1.2.1.33.1.9.3.0"
        """,
        encoding="utf-8",
    )
    shutil.copy(CASES / "rfc1628-ups" / "walk.snmprec", folder / "card.snmprec")
    (folder / "card.expected.json").write_text('{"profile": null, "how": null, "readings": {}}', encoding="utf-8")
    assert profiles_test("acme/card.toml", "--accept", cwd=tmp_path).returncode == 0
    return folder / "card.toml"


def test_a_profile_that_reads_as_expected_passes(card: Path) -> None:
    """Exit 0, a line a case, and what was written down is what the standard's profile reads, and the point of its own."""
    done = profiles_test(card, cwd=card.parent)
    standard = json.loads((CASES / "rfc1628-ups" / "expected.json").read_text(encoding="utf-8"))["readings"]
    written = json.loads(card.with_suffix(".expected.json").read_text(encoding="utf-8"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "ok card.snmprec: " in done.stdout
    assert (written["profile"], written["how"]) == ("acme/card", "probe")
    assert written["readings"].items() >= standard.items()
    assert written["readings"].keys() - standard.keys() == {"input.voltage.maximum"}


def test_each_difference_is_told(card: Path) -> None:
    """What is read otherwise, what is not read, and what nobody expected, each with both sides; exit 1."""
    file = card.with_suffix(".expected.json")
    expected = json.loads(file.read_text(encoding="utf-8"))
    was = expected["readings"]["battery.charge"]
    expected["readings"] |= {"battery.charge": 12.0, "ups.temperature": 20.0}
    del expected["readings"]["ups.status"]
    file.write_text(json.dumps(expected), encoding="utf-8")
    done = profiles_test(card, "--json", cwd=card.parent)
    (case,) = json.loads(done.stdout)["cases"]
    assert done.returncode == 1
    assert case["differences"] == [
        {"quantity": "battery.charge", "expected": 12.0, "read": was},
        {"quantity": "ups.temperature", "expected": 20.0, "read": None},
        {"quantity": "ups.status", "expected": None, "read": "online"},
    ]
    told = profiles_test(card, cwd=card.parent).stdout
    assert "wrong card.snmprec" in told
    assert "battery.charge" in told


def test_a_point_that_no_recording_shows_fails(card: Path) -> None:
    """A point of the file's own without a value is named; one of what it extends is only counted."""
    with card.open("a", encoding="utf-8") as file:
        file.write('\n[[point]]\nquantity = "ambient.temperature"\noid = "1.3.6.1.4.1.99999.9.1.0"\n')
    done = profiles_test(card, cwd=card.parent)
    assert done.returncode == 1
    assert "ambient.temperature: no recording shows it" in done.stderr
    assert json.loads(profiles_test(card, "--json", cwd=card.parent).stdout)["unseen"] == ["ambient.temperature"]


def test_a_profile_that_another_one_outranks_fails(card: Path) -> None:
    """The device has to be recognised as this profile among those of the library, by its own match."""
    card.write_text(card.read_text(encoding="utf-8").replace('tree = ["', 'rank = -20\ntree = ["'), encoding="utf-8")
    done = profiles_test(card, cwd=card.parent)
    assert done.returncode == 1
    assert "recognised as rfc1628/ups by probe, expected acme/card by probe" in done.stdout


def test_a_profile_without_recording_fails(card: Path) -> None:
    """Nothing to hold it against is said, with what is looked for; exit 1."""
    card.with_suffix(".snmprec").unlink()
    done = profiles_test(card, cwd=card.parent)
    assert done.returncode == 1
    assert "card.snmprec with card.expected.json" in done.stderr


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("card.toml", "vendor = ", "is no TOML"),
        ("card.toml", 'vendor = "Acme"\ncolour = "red"', "colour: is no key of a profile here"),
        ("card.snmprec", "nothing", "holds no row of a walk"),
        ("card.expected.json", "{", "is no JSON"),
        ("card.expected.json", "[]", "expected an object with profile, how and readings"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_file(card: Path, file: str, text: str, said: str) -> None:
    """Exit 2, and the sentence names the file."""
    (card.parent / file).write_text(text, encoding="utf-8")
    done = profiles_test(card, cwd=card.parent)
    assert done.returncode == 2
    assert said in done.stderr
    assert file in done.stderr


def test_a_recording_without_what_is_read_of_it_is_told(card: Path) -> None:
    """Exit 2, and how to write it; programs get the same as JSON."""
    card.with_suffix(".expected.json").unlink()
    done = profiles_test(card, "--json", cwd=card.parent)
    told = json.loads(done.stdout)
    assert (done.returncode, told["right"]) == (2, False)
    assert "card.expected.json: is not there" in told["faults"][0]["message"]
    assert "--accept" in done.stderr


def test_a_folder_of_cases_that_is_not_there_is_told(card: Path) -> None:
    """A slip in its name does not pass for a folder without cases; exit 2."""
    done = profiles_test(card, "--cases", "nowhere", cwd=card.parent)
    assert done.returncode == 2
    assert "nowhere" in done.stderr


def test_a_profile_of_the_library_is_held_against_cases_elsewhere(tmp_path: Path) -> None:
    """Of a folder of cases of many profiles, those that name this one count; folders beside a profile do so too."""
    done = profiles_test(library.DATA / "rfc1628" / "ups.toml", "--cases", CASES, "--json", cwd=tmp_path)
    names = [case["name"] for case in json.loads(done.stdout)["cases"]]
    assert done.returncode == 0, done.stdout
    assert "rfc1628-ups" in names
    assert not any(name.startswith("apc-") for name in names)
    shutil.copytree(library.DATA, tmp_path / "data")
    shutil.copytree(CASES / "rfc1628-ups", tmp_path / "data" / "rfc1628" / "ups" / "three-phase")
    beside = profiles_test("data/rfc1628/ups.toml", cwd=tmp_path)
    assert beside.returncode == 0, beside.stdout
    assert "ok three-phase: " in beside.stdout


def test_a_profile_of_registers_is_held_against_registers(tmp_path: Path) -> None:
    """A Modbus device's recording is its words by address, beside the profile."""
    folder = tmp_path / "dse"
    folder.mkdir()
    shutil.copy(library.DATA / "dse" / "gencomm.toml", folder)
    shutil.copy(CASES / "dse-gencomm" / "registers.toml", folder / "gencomm.registers.toml")
    shutil.copy(CASES / "dse-gencomm" / "expected.json", folder / "gencomm.expected.json")
    done = profiles_test("dse/gencomm.toml", "--json", cwd=tmp_path)
    (case,) = json.loads(done.stdout)["cases"]
    assert case["differences"] == []
    assert (case["recognised"], case["how"]) == ("dse/gencomm", "probe")
