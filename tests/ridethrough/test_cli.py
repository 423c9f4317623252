"""The command line, as a person types it: what it prints and how it exits."""

import gzip
import json
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from alarms.kinds import KINDS

SCRIPT = Path(sys.executable).with_name("ridethrough")

FIVE_FAULTS = """
[site]
name = "dc"
tick = "1 fortnight"

[[device]]
name = "utility-a"
kind = "utilty"

[[device]]
name = "ats-a"
kind = "transfer_switch"
normal = "utility-a"
emergency = "gen-1"

[[device]]
name = "ups-a"
kind = "ups"
fed_by = "ats-a"
profil = "apc/ups"

[limits.voltage_sags]
limit = 0.8
"""


def ridethrough(*words: object, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    return subprocess.run([SCRIPT, *map(str, words)], capture_output=True, text=True, timeout=timeout, check=False)


def test_help_names_every_command() -> None:
    done = ridethrough("--help")
    assert done.returncode == 0
    for command in ("demo", "check", "run", "probe", "replay", "simulate", "profiles", "explain"):
        assert command in done.stdout


def test_five_different_faults_are_reported_at_once_with_their_keys(tmp_path: Path) -> None:
    site = tmp_path / "site.toml"
    site.write_text(FIVE_FAULTS)
    done = ridethrough("check", site)
    assert done.returncode == 1
    for key in (
        "site.tick",
        "device[0] utility-a.kind",
        "device[1] ats-a.emergency",
        "device[2] ups-a.profil",
        "limits.voltage_sags",
    ):
        assert key in done.stderr
    assert "5 faults" in done.stderr


def test_a_limit_that_nothing_acts_on_is_a_fault(tmp_path: Path) -> None:
    site = tmp_path / "site.toml"
    site.write_text('[site]\nname = "dc"\n[limits.comms_lost]\nlimit = 5\n[limits.voltage_sag]\nlimit = 0.8\n')
    done = ridethrough("check", site)
    assert "limits.comms_lost.limit" in done.stderr
    assert "voltage_sag" not in done.stderr


def test_check_in_json_is_for_programs(tmp_path: Path) -> None:
    site = tmp_path / "site.toml"
    site.write_text(FIVE_FAULTS)
    assert len(json.loads(ridethrough("check", site, "--json").stdout)) == 5


@pytest.mark.parametrize("command", ["check", "run", "replay"])
def test_a_file_that_is_not_there_is_a_wrong_file(command: str, tmp_path: Path) -> None:
    done = ridethrough(command, tmp_path / "none.toml")
    assert done.returncode == 2
    assert "none.toml" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_faulty_site_is_a_wrong_file_to_run(tmp_path: Path) -> None:
    site = tmp_path / "site.toml"
    site.write_text(FIVE_FAULTS)
    done = ridethrough("run", site)
    assert done.returncode == 2
    assert "ats-a.emergency" in done.stderr


@pytest.mark.parametrize("scheme", ["snmp", "modbus"])
def test_an_unreachable_device_says_what_was_tried_and_what_to_check(
    scheme: str, free_port: Callable[..., int]
) -> None:
    port = free_port(socket.SOCK_DGRAM if scheme == "snmp" else socket.SOCK_STREAM)
    url = f"snmp://127.0.0.1:{port}?community=geheim" if scheme == "snmp" else f"modbus://127.0.0.1:{port}/1"
    done = ridethrough("probe", url, "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 1
    assert found["readings"] == []
    assert f"127.0.0.1:{port}" in found["error"]
    assert "check" in found["error"]
    assert "geheim" not in done.stdout + done.stderr
    assert not found["unmatched"], "it did not answer, so nothing can be said of what it is"


def test_a_wrong_address_or_profile_is_wrong_usage() -> None:
    assert ridethrough("probe", "ftp://127.0.0.1").returncode == 2
    done = ridethrough("probe", "snmp://127.0.0.1?community=public", "--profile", "acme/none")
    assert done.returncode == 2
    assert "acme/none" in done.stderr


def test_a_kind_explains_itself() -> None:
    done = ridethrough("explain", "sources_locked_out", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["meaning"] == KINDS["sources_locked_out"].meaning


def test_explain_suggests_the_kind_that_was_meant() -> None:
    done = ridethrough("explain", "ats_fail_to_tranfer")
    assert done.returncode == 1
    assert "ats_fail_to_transfer" in done.stderr


def test_explain_names_the_device_s_entry_for_what_it_sets_itself() -> None:
    done = ridethrough("explain", "ups-a", "--site", "examples/site.toml", "--json")
    origins = {row["key"]: row["origin"] for row in json.loads(done.stdout)}
    own = {key for key, origin in origins.items() if origin == "the device's entry in the site file"}
    assert own == {"walk_in", "nominal_output_voltage"}


def test_explain_says_where_a_device_s_deadlines_come_from() -> None:
    done = ridethrough("explain", "ats-a", "--site", "examples/site.toml", "--json")
    rows = {row["key"]: row for row in json.loads(done.stdout)}
    assert "site file" in rows["accept_within"]["origin"]
    assert rows["crank_limit"]["value"] == "75 s"
    assert rows["S3 deadline"]["value"].startswith("80 s from start signal")
    assert "NFPA 110" in rows["S3 deadline"]["origin"]


def test_profiles_are_listed_and_shown() -> None:
    names = [p["name"] for p in json.loads(ridethrough("profiles", "list", "--json").stdout)]
    assert {"rfc1628/ups", "apc/ups", "apc/transfer-switch", "apc/rack-pdu", "schneider/pm5000", "dse/gencomm"} <= {
        *names
    }
    assert "1.3.6.1.2.1.33.1.2.3.0" in ridethrough("profiles", "show", "rfc1628/ups", "--resolved").stdout
    assert ridethrough("profiles", "show", "acme/none").returncode == 1


def test_simulate_then_replay_twice_gives_the_same_journal(tmp_path: Path) -> None:
    assert ridethrough("simulate", "good-transfer", "-o", tmp_path / "rec").returncode == 0
    first, second = tmp_path / "1.jsonl", tmp_path / "2.jsonl"
    assert ridethrough("replay", tmp_path / "rec", "--alarms", first).returncode == 0
    done = ridethrough("replay", tmp_path / "rec", "--alarms", second, "--against", first)
    assert done.returncode == 0
    assert first.read_bytes() == second.read_bytes()
    assert first.stat().st_size


def test_a_replay_that_differs_from_an_earlier_journal_says_how(tmp_path: Path) -> None:
    ridethrough("simulate", "good-transfer", "-o", tmp_path / "rec")
    journal = tmp_path / "old.jsonl"
    ridethrough("replay", tmp_path / "rec", "--alarms", journal)
    lines = journal.read_text().splitlines()
    journal.write_text("\n".join(lines[1:]) + "\n")
    done = ridethrough("replay", tmp_path / "rec", "--against", journal)
    assert done.returncode == 1
    assert "+ " in done.stdout


def test_part_of_a_csv_replays(tmp_path: Path) -> None:
    """A day of a quiet supply with a dead minute: the minute is told, and not where it is left out."""
    path = tmp_path / "mains.csv.gz"
    with gzip.open(path, "wt") as file:
        file.write("time,device,quantity,value\n")
        for i in range(3600):
            file.write(f"{1_700_000_000 + i},meter,input.voltage,{0.0 if 1800 <= i < 1860 else 230.0 + i % 3}\n")
    whole, part = tmp_path / "whole.jsonl", tmp_path / "part.jsonl"
    assert ridethrough("replay", path, "--alarms", whole).returncode == 0
    assert ridethrough("replay", path, "--alarms", part, "--to", "2023-11-14T22:40:00Z").returncode == 0
    assert "voltage_interruption" in whole.read_text()
    assert part.read_text() == ""


def test_a_recorded_earthquake_is_told_in_time_and_nothing_else(data_dir: Path, tmp_path: Path) -> None:
    """The frequency event of 13 Feb 2021 is active by 14:08:45Z."""
    journal = tmp_path / "out.jsonl"
    recording = data_dir / "mains" / "omron-ups-2021" / "recording.csv.gz"
    assert ridethrough("replay", recording, "--alarms", journal).returncode == 0
    changes = [json.loads(line) for line in journal.read_text().splitlines()]
    told = [c for c in changes if c["notify"] and c["active"]]
    assert [c["kind"] for c in told] == ["frequency_deviation"]
    assert told[0]["time"] <= "2021-02-13T14:08:45"
    assert told[0]["replay"]


def test_other_settings_are_compared(tmp_path: Path) -> None:
    """With a longer retransfer delay the lost utility is over later; nothing else changes."""
    ridethrough("simulate", "good-transfer", "-o", tmp_path / "rec")
    text = (tmp_path / "rec" / "site.toml").read_text()
    assert 'retransfer_delay = "5m"' in text
    other = tmp_path / "other.toml"
    other.write_text(text.replace('retransfer_delay = "5m"', 'retransfer_delay = "6m"'))
    done = ridethrough("replay", tmp_path / "rec", "--with", other)
    assert done.returncode == 0
    assert any(line.startswith("- ") and "over after" in line for line in done.stdout.splitlines())
    assert any(line.startswith("+ ") and "over after" in line for line in done.stdout.splitlines())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--against", "none.jsonl"), "none.jsonl: cannot be read: No such file"),
        (("--against", "junk.jsonl"), "junk.jsonl: found '[1]', expected an alarm change"),
        (("--from", "2020-01-01", "--to", "2020-01-02"), "no row between --from and --to"),
        (("--from", "yesterday"), "--from yesterday: expected a time such as"),
        (("--with", "other.toml"), "the site 'dc' has not what was recorded: meter"),
    ],
)
def test_a_replay_that_cannot_be_what_was_asked_for_says_why(words: tuple[str, str], said: str, tmp_path: Path) -> None:
    """Exit 2, in a sentence."""
    (tmp_path / "a.csv").write_text("time,device,quantity,value\n1700000000,meter,input.voltage,230\n")
    (tmp_path / "junk.jsonl").write_text("[1]\n")
    (tmp_path / "other.toml").write_text('[site]\nname = "dc"\n[[device]]\nname = "ups-a"\nkind = "ups"\n')
    done = subprocess.run(
        [SCRIPT, "replay", "a.csv", *words], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ridethrough: ")
    assert said in last


def test_a_folder_that_is_not_there_is_named_without_a_number(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("time,device,quantity,value\n1700000000,meter,input.voltage,230\n")
    done = ridethrough("replay", tmp_path / "a.csv", "--alarms", tmp_path / "none" / "a.jsonl")
    assert done.returncode == 3
    assert f"ridethrough: {tmp_path}/none/a.jsonl: No such file or directory" in done.stderr


def test_a_broker_that_is_not_there_is_said_on_stderr_only(tmp_path: Path, free_port: Callable[..., int]) -> None:
    (tmp_path / "a.csv").write_text("time,device,quantity,value\n1700000000,meter,input.voltage,230\n")
    done = ridethrough("replay", tmp_path / "a.csv", "--mqtt", f"mqtt://127.0.0.1:{free_port()}")
    assert done.returncode == 0
    assert "cannot be reached" in done.stderr
    assert "cannot be reached" not in done.stdout


def test_probing_with_a_user_whose_key_is_nowhere_is_wrong_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RIDETHROUGH_AUTH_KEY", raising=False)
    done = ridethrough("probe", "snmp://monitor@127.0.0.1?auth=sha256")
    assert done.returncode == 2
    assert "RIDETHROUGH_AUTH_KEY" in done.stderr


def test_a_site_without_an_address_cannot_be_watched(tmp_path: Path) -> None:
    """It would run for ever and see nothing."""
    site = tmp_path / "site.toml"
    site.write_text('[site]\nname = "dc"\n[[device]]\nname = "ups-a"\nkind = "ups"\n')
    done = ridethrough("run", site)
    assert done.returncode == 2
    assert "no device of the site 'dc' has an address" in done.stderr
