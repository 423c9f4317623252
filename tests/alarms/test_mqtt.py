"""The MQTT sink against a real Mosquitto."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from alarms.sinks.mqtt import MqttSink
from alarms.sinks.mqtt_link import Link, MqttConfigError
from telemetry.block import SECOND, SampleBlock
from telemetry.site import Mqtt

pytestmark = pytest.mark.server("mosquitto")

HOUR = 3600 * SECOND


class Broker:
    """A Mosquitto of our own; it keeps nothing over a restart."""

    def __init__(self, program: str, folder: Path, port: int, *conf: str) -> None:
        self.port = port
        self._command = [program, "-c", str(folder / "mosquitto.conf")]
        self._log = (folder / "mosquitto.log").open("wb")
        lines = (f"listener {port} 127.0.0.1", "persistence false", *(conf or ("allow_anonymous true",)))
        (folder / "mosquitto.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=self._log, stderr=self._log)
        wait_until(self._answers, "the broker listens")

    def _answers(self) -> bool:
        with suppress(OSError):
            client = Client(CallbackAPIVersion.VERSION2)
            client.connect("127.0.0.1", self.port)
            client.disconnect()
            return True
        return False

    def stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def close(self) -> None:
        self.stop()
        self._log.close()


class Noc:
    """A subscriber: what it hears, and the retained objects that it has at the end."""

    def __init__(self, broker: Broker, **login: str) -> None:
        self.heard: list[tuple[str, str, bool]] = []
        self._client = Client(CallbackAPIVersion.VERSION2)
        if login:
            self._client.username_pw_set(login["username"], login["password"])
        self._client.on_message = lambda _c, _u, m: self.heard.append((m.topic, m.payload.decode(), m.retain))
        self._client.on_connect = lambda c, *_: c.subscribe("#", qos=1)
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()

    def on(self, topic: str) -> list[str]:
        return [payload for heard, payload, _ in self.heard if heard == topic]

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def wait_until(holds: Callable[[], object], what: str, seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"waited {seconds} s, but not: {what}"
        time.sleep(0.02)


def row(when: int) -> SampleBlock:
    return SampleBlock((), np.array([when], np.int64), np.zeros((1, 0), np.float32), np.zeros((1, 0), np.uint8))


@pytest.fixture
def broker(require, tmp_path, free_port) -> Iterator[Broker]:
    found = Broker(require("mosquitto"), tmp_path, free_port())
    found.start()
    yield found
    found.close()


@contextmanager
def listening(broker: Broker, **login: str) -> Iterator[Noc]:
    noc = Noc(broker, **login)
    try:
        yield noc
    finally:
        noc.close()


@pytest.fixture
def sink(broker) -> Iterator[MqttSink]:
    found = MqttSink(Mqtt(broker.url), "dc", replay=False)
    yield found
    found.close()


@pytest.fixture
def story(book, event, start):
    """A loss, a UPS and a sag that follow from it, a failed generator, and the end of that."""
    lines = (
        "0 utility-a utility_lost",
        "0 ups-a ups_on_battery",
        "80 gen-1 generator_fail_to_start",
        "90 gen-1 -generator_fail_to_start",
        "95 ats-a input.1 voltage_sag",
    )
    return book.advance(start + 100 * SECOND, [event(line) for line in lines])


def test_alarms_events_and_incidents_stand_on_their_topics(broker, sink, story):
    """Each change is the retained object of its alarm; only what is notified is an event; the incident counts."""
    with listening(broker) as noc:
        sink.tell(story)
        incident = f"ridethrough/dc/incident/{story[0].incident.id}"
        notified = [c.to_line() for c in story if c.notify]
        wait_until(lambda: len(noc.on("ridethrough/dc/event")) == len(notified), "every event heard")
        wait_until(lambda: json.loads((noc.on(incident) or ["{}"])[-1]).get("notifications") == 3, "incident heard")
        assert noc.on("ridethrough/dc/event") == notified
        assert noc.on("ridethrough/dc/alarm/ups-a/ups_on_battery") == [
            c.to_line() for c in story if c.kind == "ups_on_battery"
        ]


def test_who_subscribes_later_has_what_stands(broker, sink, story, start):
    """Retained: the last object of each alarm and incident, the status; no event."""
    sink.tell(story)
    sink.after_tick(row(start))
    assert sink.flush()
    with listening(broker) as noc:
        wait_until(lambda: len(noc.heard) == 6, "all retained objects heard")
        assert all(retained for *_, retained in noc.heard)
        failed = json.loads(noc.on("ridethrough/dc/alarm/gen-1/generator_fail_to_start")[0])
        assert (failed["active"], failed["rev"]) == (False, 2)
        assert noc.on("ridethrough/dc/alarm/ats-a/voltage_sag/input.1")
        assert not noc.on("ridethrough/dc/event")


def test_the_heartbeat_follows_event_time(broker, sink, start):
    """At most one in ten seconds of event time, and none without a row."""
    with listening(broker) as noc:
        for second in (0, 1, 9, 10, 11, 19.5, 20, 300):
            sink.after_tick(row(start + round(second * SECOND)))
            assert sink.flush()
        wait_until(lambda: len(noc.on("ridethrough/dc/status")) == 4, "four heartbeats")
        first, *_, last = (json.loads(p) for p in noc.on("ridethrough/dc/status"))
        assert list(first) == ["online", "time", "seq", "last_tick", "since", "version"]
        assert first["online"] is True
        assert (last["seq"], last["last_tick"]) == (4, "2026-03-01T14:37:00.000Z")
        assert last["since"] == "2026-03-01T14:32:00.000Z"
        time.sleep(0.3)
        assert len(noc.on("ridethrough/dc/status")) == 4


def test_an_orderly_end_says_offline(broker, start):
    """After everything else has been delivered."""
    with listening(broker) as noc:
        sink = MqttSink(Mqtt(broker.url), "dc", replay=False)
        sink.after_tick(row(start))
        assert sink.flush()
        sink.close()
        sink.close()
        wait_until(lambda: len(noc.on("ridethrough/dc/status")) == 2, "both heard")
        assert noc.on("ridethrough/dc/status")[-1] == '{"online":false}'


def test_a_killed_process_leaves_its_last_will(broker, start):
    """Whatever happens to it, the NOC hears that it is gone."""
    program = f"""
        import time, numpy as np
        from alarms.sinks.mqtt import MqttSink
        from telemetry.block import SampleBlock
        from telemetry.site import Mqtt
        sink = MqttSink(Mqtt("{broker.url}"), "dc", replay=False)
        sink.after_tick(SampleBlock((), np.array([{start}]), np.zeros((1, 0)), np.zeros((1, 0))))
        time.sleep(60)
    """
    with listening(broker) as noc:
        process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)])
        try:
            wait_until(lambda: noc.on("ridethrough/dc/status"), "it is online")
            os.kill(process.pid, signal.SIGKILL)
            wait_until(lambda: noc.on("ridethrough/dc/status")[-1] == '{"online":false}', "the last will")
        finally:
            process.kill()
            process.wait()


def test_a_replay_stays_on_a_root_of_its_own(broker, story, start):
    """It never pages anyone."""
    with listening(broker) as noc:
        sink = MqttSink(Mqtt(broker.url), "dc", replay=True)
        sink.tell(story)
        sink.after_tick(row(start))
        sink.close()
        wait_until(lambda: '{"online":false}' in noc.on("ridethrough-replay/dc/status"), "the end")
        assert {topic.split("/")[0] for topic, *_ in noc.heard} == {"ridethrough-replay"}


def test_a_broker_that_comes_late_or_comes_back_empty_has_everything(broker, story, start):
    """Told while it was away, and again after it lost its memory: every current object and every event, in order."""
    broker.stop()
    sink = MqttSink(Mqtt(broker.url), "dc", replay=False)
    try:
        wait_until(lambda: sink.error, "the broker is missed")
        assert f"no MQTT broker answers at 127.0.0.1:{broker.port}" in sink.error
        sink.tell(story)
        sink.after_tick(row(start))
        broker.start()
        with listening(broker) as noc:
            wait_until(lambda: noc.on("ridethrough/dc/status"), "online after a late start", 40)
            events = [c.to_line() for c in story if c.notify]
            wait_until(lambda: noc.on("ridethrough/dc/event") in (events, []), "events in order, or before we listened")
        assert sink.flush()
        assert sink.error is None
        broker.stop()
        broker.start()
        with listening(broker) as noc:
            topics = {f"ridethrough/dc/alarm/{c.alarm_id.removeprefix('dc/')}" for c in story} | {
                "ridethrough/dc/status"
            }
            wait_until(lambda: topics <= {topic for topic, *_ in noc.heard}, "all retained objects again", 40)
            last = noc.on("ridethrough/dc/alarm/gen-1/generator_fail_to_start")[-1]
            assert json.loads(last)["active"] is False
    finally:
        sink.close()


def test_what_is_told_without_a_broker_is_bounded_and_current(free_port):
    """The latest object of each topic is kept; of the events the last ten thousand, and the rest is counted."""
    link = Link(Mqtt(f"mqtt://127.0.0.1:{free_port()}"), "dc", ("status", "gone"))
    try:
        for i in range(10_500):
            link.send("event", str(i), retain=False)
            link.send(f"alarm/{i % 7}", str(i), retain=True)
        assert link.dropped == 500
        waiting = list(link._waiting.values())
        assert len(waiting) == 10_007
        assert waiting[0] == ("event", "500", False)
        assert {(t, p) for t, p, retain in waiting if retain} == {
            (f"alarm/{i % 7}", str(i)) for i in range(10_493, 10_500)
        }
    finally:
        link.close(timeout=0)


def test_telling_never_waits_for_a_broker(free_port, story, start):
    """A broker that is not there costs the engine nothing."""
    sink = MqttSink(Mqtt(f"mqtt://127.0.0.1:{free_port()}"), "dc", replay=False)
    began = time.monotonic()
    for _ in range(200):
        sink.tell(story)
        sink.after_tick(row(start))
    assert time.monotonic() - began < 5
    began = time.monotonic()
    sink.close()
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("right", [True, False])
def test_a_login_is_taken_from_the_environment_and_a_wrong_one_is_explained(
    require, tmp_path, free_port, monkeypatch, right
):
    """A refusal names the broker, what it says, and what to look at; no password is in it."""
    subprocess.run(
        [require("mosquitto_passwd"), "-b", "-c", str(tmp_path / "passwd"), "noc", "correct-horse"],
        check=True,
        capture_output=True,
    )
    conf = ("allow_anonymous false", f"password_file {tmp_path / 'passwd'}", "user root")
    broker = Broker(require("mosquitto"), tmp_path, free_port(), *conf)
    broker.start()
    monkeypatch.setenv("RIDETHROUGH_MQTT_PASSWORD", "correct-horse" if right else "battery-staple")
    sink = MqttSink(Mqtt(broker.url, username="noc"), "dc", replay=False)
    try:
        sink.after_tick(row(SECOND))
        if right:
            with listening(broker, username="noc", password="correct-horse") as noc:  # noqa: S106 - of this test
                wait_until(lambda: noc.on("ridethrough/dc/status"), "logged in")
        else:
            wait_until(lambda: sink.error, "refused")
            assert f"127.0.0.1:{broker.port} refuses: Not authorized; look at `username`" in sink.error
            assert "staple" not in sink.error
    finally:
        sink.close()
        broker.close()


def test_a_password_file_is_read(tmp_path, monkeypatch, free_port):
    """And one that is not there is said so before anything runs."""
    monkeypatch.delenv("RIDETHROUGH_MQTT_PASSWORD", raising=False)
    config = Mqtt(f"mqtt://127.0.0.1:{free_port()}", username="noc", password_file=str(tmp_path / "secret"))
    with pytest.raises(FileNotFoundError):
        MqttSink(config, "dc", replay=False)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://noc.example", "expected mqtt://HOST"),
        ("mqtt://", "expected mqtt://HOST"),
        ("mqtt://noc.example:port", "expected mqtt://HOST"),
        ("mqtt://noc.example/topic", "expected mqtt://HOST"),
        ("mqtt://user:hunter2@noc.example", "holds no login"),
    ],
)
def test_a_wrong_url_is_explained(url, says):
    """And a password in it is not repeated."""
    with pytest.raises(MqttConfigError, match=says) as found:
        MqttSink(Mqtt(url), "dc", replay=False)
    assert "hunter2" not in str(found.value)


@pytest.mark.parametrize("name", ["a/b", "a+", "#", "", "a\0b"])
def test_a_site_name_that_is_no_topic_level_is_refused(name):
    """Nothing may be published where nobody listens."""
    with pytest.raises(MqttConfigError, match="topic"):
        MqttSink(Mqtt("mqtt://127.0.0.1"), name, replay=False)


def test_an_alarm_that_is_long_over_leaves_its_topic(broker, sink, story, start):
    """24 h of event time later its retained object is gone; what is still active stays."""
    with listening(broker) as noc:
        sink.tell(story)
        sink.after_tick(row(start + 90 * SECOND + 24 * HOUR - SECOND))
        sink.after_tick(row(start + 90 * SECOND + 24 * HOUR + 10 * SECOND))
        topic = "ridethrough/dc/alarm/gen-1/generator_fail_to_start"
        wait_until(lambda: "" in noc.on(topic), "the empty payload")
        assert "" not in noc.on("ridethrough/dc/alarm/utility-a/utility_lost")
    with listening(broker) as later:
        wait_until(lambda: later.on("ridethrough/dc/alarm/utility-a/utility_lost"), "what stands")
        time.sleep(0.2)
        assert not later.on(topic)
