"""`ridethrough run` against real parts: recorded devices served by snmpsim, Modbus servers, a real broker."""

import asyncio
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest

from device_profiles.library import load
from simulators.devices.encode import encode
from simulators.devices.modbus_device import UNIT, ModbusDevice

WALKS = {
    "ups-smart": ("apc_smart1500", "ups"),
    "ats-rack": ("apc_ats", "transfer_switch"),
    "ups-cs141": ("generex-ups_cs141", "ups"),
    "ups-9px": ("eaton-mgeups_9px", "ups"),
    "pdu-ap8959": ("apc_ap8959eu3", "pdu"),
}
METER = {"input.L1-N.voltage": 231.0, "input.L2-N.voltage": 230.0, "input.L3-N.voltage": 232.0, "input.frequency": 50.0}
GENERATOR = {"generator.state": 0.0, "generator.mode": 0.0, "generator.speed": 0.0, "generator.battery.voltage": 27.0}


class Listener:
    """A NOC: hears everything under ridethrough/."""

    def __init__(self, port: int) -> None:
        self.heard: list[tuple[str, Any, float]] = []
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        self._client.on_message = self._note
        self._client.connect("127.0.0.1", port)
        self._client.subscribe("ridethrough/#", 1)
        self._client.loop_start()

    def _note(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        payload = json.loads(message.payload) if message.payload else None
        self.heard.append((message.topic, payload, time.monotonic()))

    def until(self, fits: Callable[[str, Any], bool], seconds: float) -> Any:
        """The first payload that fits; fails when none comes."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for topic, payload, _ in list(self.heard):
                if payload is not None and fits(topic, payload):
                    return payload
            time.sleep(0.1)
        pytest.fail(f"nothing fitting came in {seconds} s; heard {[t for t, _, _ in self.heard]}")

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def broker(require: Callable[[str], str], tmp_path: Path, free_port: Callable[..., int]) -> Iterator[int]:
    port = free_port()
    conf = tmp_path / "mosquitto.conf"
    conf.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    process = subprocess.Popen([require("mosquitto"), "-c", conf], stderr=subprocess.DEVNULL)
    for _ in range(50):
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    yield port
    process.terminate()
    process.wait()


@pytest.fixture
def agents(
    require: Callable[[str], str], data_dir: Path, tmp_path: Path, free_port: Callable[..., int]
) -> Iterator[dict[str, tuple[subprocess.Popen[bytes], int]]]:
    """One process a recorded device, so that one can be killed alone."""
    program = require("snmpsim-command-responder")
    started = {}
    for name, (walk, _) in WALKS.items():
        folder = tmp_path / name
        folder.mkdir()
        rows = {}
        for line in (data_dir / "devices" / "librenms" / f"{walk}.snmprec").read_text(errors="replace").splitlines():
            if line.count("|") >= 2:
                rows[tuple(int(arc) for arc in line.split("|")[0].split(".") if arc)] = line.lstrip(".")
        (folder / "public.snmprec").write_text("\n".join(rows[oid] for oid in sorted(rows)) + "\n")
        port = free_port(socket.SOCK_DGRAM)
        command = [program, f"--data-dir={folder}", f"--agent-udpv4-endpoint=127.0.0.1:{port}"]
        command += [f"--cache-dir={folder}/cache", "--logging-method=null"]
        if os.geteuid() == 0:
            command += ["--process-user=root", "--process-group=root"]
        started[name] = (subprocess.Popen(command, stderr=subprocess.DEVNULL), port)
    yield started
    for process, _ in started.values():
        process.kill()
        process.wait()


@pytest.fixture
def modbus() -> Iterator[dict[str, int]]:
    """A meter and a generator controller, in a thread with an event loop of its own."""
    ports: dict[str, int] = {}
    ready, done = threading.Event(), threading.Event()

    async def serve() -> None:
        devices = []
        for name, profile, values in (("utility", "schneider/pm5000", METER), ("gen", "dse/gencomm", GENERATOR)):
            device = ModbusDevice(load(profile))
            device.set(encode(load(profile), values))
            device.open()
            await device.settled()
            ports[name] = device.port
            devices.append(device)
        ready.set()
        await asyncio.to_thread(done.wait)
        for device in devices:
            device.close()
            await device.settled()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert ready.wait(10)
    yield ports
    done.set()
    thread.join()


def site_file(folder: Path, broker: int, snmp: dict[str, int], modbus: dict[str, int]) -> Path:
    """All devices unconnected but the switch, as found on a first day."""
    lines = ['[site]\nname = "walks"\nnominal_voltage = 230\n', f'[mqtt]\nurl = "mqtt://127.0.0.1:{broker}"\n']
    for name, kind, address in (
        ("utility", "utility", f"modbus://127.0.0.1:{modbus['utility']}/{UNIT}"),
        ("gen", "generator", f"modbus://127.0.0.1:{modbus['gen']}/{UNIT}"),
        *((n, WALKS[n][1], f"snmp://127.0.0.1:{port}?community=public") for n, port in snmp.items()),
    ):
        profile = {"utility": "schneider/pm5000", "gen": "dse/gencomm"}.get(name, "auto")
        lines.append(f'[[device]]\nname = "{name}"\nkind = "{kind}"\nprofile = "{profile}"\naddress = "{address}"')
        lines.append('normal = "utility"\nemergency = "gen"\n' if kind == "transfer_switch" else "")
    path = folder / "site.toml"
    path.write_text("\n".join(lines))
    return path


@pytest.mark.timeout(180)
def test_one_killed_agent_is_missed_alone_and_delays_nobody(
    broker: int,
    agents: dict[str, tuple[subprocess.Popen[bytes], int]],
    modbus: dict[str, int],
    tmp_path: Path,
) -> None:
    site = site_file(tmp_path, broker, {n: port for n, (_, port) in agents.items()}, modbus)
    noc = Listener(broker)
    script = Path(sys.executable).with_name("ridethrough")
    time.sleep(8)  # snmpsim builds its indexes before it answers
    program = subprocess.Popen([script, "run", site, "--record", tmp_path / "rec"], stdout=subprocess.DEVNULL)
    try:
        noc.until(lambda topic, p: topic == "ridethrough/walks/status" and p["online"], 30)
        time.sleep(15)
        assert not [p for t, p, _ in noc.heard if t.endswith("/event") and p["kind"] == "comms_lost"], "all answer"
        killed = time.monotonic()
        agents["ups-9px"][0].kill()
        change = noc.until(lambda topic, p: topic.endswith("/event") and p["kind"] == "comms_lost", 30)
        assert change["subject"] == "ups-9px"
        time.sleep(12)
        lost = {p["subject"] for t, p, _ in noc.heard if t.endswith("/event") and p["kind"] == "comms_lost"}
        assert lost == {"ups-9px"}
        beats = [at for t, p, at in noc.heard if t.endswith("/status") and p and p["online"] and at > killed]
        assert beats, "ticks go through the engine as before"
        program.send_signal(signal.SIGTERM)
        assert program.wait(20) == 0
        noc.until(lambda topic, p: topic == "ridethrough/walks/status" and not p["online"], 10)
    finally:
        program.kill()
        program.wait()
        noc.close()

    from telemetry.block import Quality
    from telemetry.recordings.open import open_recording

    recording = open_recording(tmp_path / "rec", None)
    contacts = recording.meta["contacts"]
    assert set(contacts) >= {*WALKS, "utility", "gen"}, "how each device was read is kept"
    assert contacts["ups-cs141"]["profile"] == "rfc1628/ups"
    assert contacts["ups-cs141"]["scales"]["1.3.6.1.2.1.33.1.4.4.1.2"] == 1.0
    rows = list(recording.blocks(1))
    times = [int(r.times[0]) for r in rows]
    # A device that delays others does it in every row, some fifteen after the kill; a busy machine may once or twice.
    late = sum(b - a > 1_000_000 for a, b in itertools.pairwise(times))
    assert late <= 2, "a row every second"
    for name in ("utility", "gen", "ups-smart", "ats-rack", "ups-cs141", "pdu-ap8959"):
        good = [
            any(r.quality[0, i] == Quality.GOOD for i, c in enumerate(r.channels) if c.device == name) for r in rows
        ]
        first = good.index(True)
        assert sum(not g for g in good[first:]) <= 3, f"{name} was delayed by the one that was killed"
