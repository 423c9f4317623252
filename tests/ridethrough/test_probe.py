"""`ridethrough probe` and the poller behind it against real agents that answer what our recordings hold."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from device_profiles import library
from device_profiles.quantities import quantity
from telemetry.address import parse
from telemetry.block import Quality
from telemetry.pollers.open import open_poller
from telemetry.recognise import recognise

CASES = Path(__file__).parent.parent / "profiles"
NAMES = sorted(path.parent.name for path in CASES.glob("*/walk.snmprec") if not (path.parent / "profile.toml").exists())
SCRIPT = Path(sys.executable).with_name("ridethrough")
NO_POWER = [name for name in NAMES if name.startswith("no-power-device")]


@pytest.fixture(scope="module")
def agent(require: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One snmpsim process; each recording is what a community of its name sees. Its address, without a community."""
    folder = tmp_path_factory.mktemp("walks")
    for name in NAMES:
        rows = {}
        for line in (CASES / name / "walk.snmprec").read_text(encoding="utf-8").splitlines():
            if line.count("|") >= 2 and not line.startswith("#"):
                rows[tuple(int(arc) for arc in line.split("|")[0].split("."))] = line
        (folder / f"{name}.snmprec").write_text("\n".join(rows[oid] for oid in sorted(rows)) + "\n", encoding="utf-8")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    command = [require("snmpsim-command-responder"), f"--data-dir={folder}", f"--cache-dir={folder}/cache"]
    command += [f"--agent-udpv4-endpoint=127.0.0.1:{port}", "--logging-method=null"]
    if os.geteuid() == 0:
        command += ["--process-user=root", "--process-group=root"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    url = f"snmp://127.0.0.1:{port}"
    for _ in range(60):
        if asyncio.run(recognise(parse(f"{url}?community=rfc1628-ups"), timeout=1)).profile:
            break
        assert process.poll() is None, "snmpsim did not start"
        time.sleep(0.2)
    yield url
    process.kill()
    process.wait()


async def _read(url: str) -> dict[str, object]:
    """What is read of an agent at first contact, as the recordings' expected files have it."""
    address = parse(url)
    found = await recognise(address, timeout=5)
    if found.profile is None:
        assert found.answered, found.error
        return {"profile": None, "how": None, "readings": {}}
    poller = open_poller(address, library.load(found.profile), timeout=5)
    try:
        answer = await poller.poll()
    finally:
        await poller.close()
    readings: dict[str, object] = {}
    for value in answer.values:
        of = quantity(value.quantity)
        good = (of.state(value.value) if of.states else None) or value.value
        readings[value.quantity] = good if value.quality is Quality.GOOD else value.quality.name.lower()
    return {"profile": found.profile, "how": found.how, "readings": readings}


@pytest.mark.parametrize("name", NAMES)
def test_an_agent_reads_as_its_recording(name: str, agent: str) -> None:
    """Over the wire a device is recognised and read as it is from its recording in memory."""
    expected = json.loads((CASES / name / "expected.json").read_text(encoding="utf-8"))
    assert asyncio.run(_read(f"{agent}?community={name}")) == expected


def _probe(url: str) -> subprocess.CompletedProcess[str]:
    command = [SCRIPT, "probe", url, "--json"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("name", NO_POWER)
def test_what_is_no_power_device_gives_no_numbers(name: str, agent: str) -> None:
    """A switch, a printer, a host: no profile, exit 1, not one reading, and a sentence that says what it is."""
    done = _probe(f"{agent}?community={name}")
    found = json.loads(done.stdout)
    assert done.returncode == 1
    assert found["unmatched"] is True
    assert found["readings"] == []
    assert found["device"]["profile"] is None
    assert "no profile knows it" in found["error"]


def test_a_ups_of_no_known_maker_reads_through_the_standard_s_profile(agent: str) -> None:
    """The command says what it is, how it knew, and where each figure is from."""
    done = _probe(f"{agent}?community=rfc1628-ups")
    found = json.loads(done.stdout)
    assert done.returncode == 0
    assert (found["device"]["profile"], found["device"]["how"]) == ("rfc1628/ups", "probe")
    status = next(r for r in found["readings"] if r["quantity"] == "ups.status")
    assert (status["state"], status["source"], status["quality"]) == ("online", "1.3.6.1.2.1.33.1.4.1.0", "good")


def test_a_scale_that_was_found_is_told(agent: str) -> None:
    """A reading whose scale first contact showed says which it is; one whose scale the profile gives does not."""
    done = _probe(f"{agent}?community=rfc1628-ups-scales")
    readings = {r["quantity"]: r for r in json.loads(done.stdout)["readings"]}
    raw = {line.split("|")[0]: line.split("|")[2] for line in _lines("rfc1628-ups-scales")}
    found = {name: r["scale"] for name, r in readings.items() if "scale" in r and r["quality"] == "good"}
    assert {0.1, 0.01, 1000.0} <= set(found.values())
    assert all(round(int(raw[readings[q]["source"]]) * s, 6) == readings[q]["value"] for q, s in found.items())
    assert "scale" not in readings["battery.voltage"]


def _lines(name: str) -> list[str]:
    lines = (CASES / name / "walk.snmprec").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.count("|") >= 2 and not line.startswith("#")]


def test_a_device_is_read_as_a_profile_of_one_s_own(agent: str, tmp_path: Path) -> None:
    """A file anywhere, by its path, before it is part of any library; one that is not there is named."""
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "card.toml").write_bytes((library.DATA / "rfc1628" / "ups.toml").read_bytes())
    command = [SCRIPT, "probe", f"{agent}?community=rfc1628-ups", "--json", "--profile"]
    done = subprocess.run(
        [*command, "acme/card.toml"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert json.loads(done.stdout)["device"]["profile"] == "acme/card"
    assert json.loads(done.stdout)["device"]["how"] == "given"
    none = subprocess.run(
        [*command, "acme/no.toml"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert none.returncode == 2
    assert "acme/no.toml: cannot be read" in none.stdout
