"""The demo: real agents, real pollers, and the same answer as without a network."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(sys.executable).with_name("ridethrough")


def ridethrough(*words: object) -> str:
    done = subprocess.run([SCRIPT, *map(str, words)], capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def journal(path: Path) -> list[bytes]:
    """The lines, all of them marked as live ones."""
    return [line.replace(b'"replay":true', b'"replay":false') for line in path.read_bytes().splitlines()]


@pytest.mark.timeout(300)
def test_a_recorded_demo_replays_byte_for_byte_and_simulates_alike(tmp_path: Path) -> None:
    """The lockout of 2014 over real SNMP and Modbus, as fast as the agents answer."""
    live, rec = tmp_path / "live.jsonl", tmp_path / "rec"
    words = ("--speed", "100000", "--no-console", "--exit", "--alarms", live, "--record", rec)
    shown = ridethrough("demo", *words)
    assert "Reconstruction" in shown, "said wherever it is shown"
    assert "neither utility-1 nor" in shown

    assert (rec / "alarms.jsonl").read_bytes() == live.read_bytes()
    ridethrough("replay", rec, "--alarms", tmp_path / "replayed.jsonl")
    assert journal(tmp_path / "replayed.jsonl") == journal(live)
    assert not any(json.loads(line)["replay"] for line in live.read_bytes().splitlines())

    ridethrough("simulate", "lockout-2014", "-o", tmp_path / "sim")
    ridethrough("replay", tmp_path / "sim", "--alarms", tmp_path / "simulated.jsonl")
    assert journal(tmp_path / "simulated.jsonl") == journal(live)
