"""A Mosquitto of our own, and who listens to it."""

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from telemetry.block import SECOND, SampleBlock


def eventually(holds: Callable[[], object], what: str, seconds: float = 30.0) -> None:
    """Wait until it holds.

    Raises:
        AssertionError: it does not, with its name.
    """
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"waited {seconds} s, but not: {what}"
        time.sleep(0.02)


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
        eventually(self._answers, "the broker listens")

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

    @contextmanager
    def listening(self, **login: str) -> Iterator["Noc"]:
        """Hear everything, retained objects first."""
        noc = Noc(self, **login)
        try:
            yield noc
        finally:
            noc.close()


class Noc:
    """A subscriber: what it hears, and the retained objects that it has at the end."""

    def __init__(self, broker: Broker, **login: str) -> None:
        self.heard: list[tuple[str, str, bool]] = []
        self._client = Client(CallbackAPIVersion.VERSION2)
        if login:
            self._client.username_pw_set(login["username"], login["password"])
        self._client.on_message = lambda _c, _u, m: self.heard.append((m.topic, m.payload.decode(), m.retain))
        self._client.on_connect = lambda c, *_: c.subscribe("#", qos=1)
        subscribed = threading.Event()
        self._client.on_subscribe = lambda *_: subscribed.set()
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()
        assert subscribed.wait(30), "the broker takes no subscription"

    def waits_for(self, topic: str, holds: Callable[[list[str]], object], what: str) -> None:
        """Until that holds of what was heard on the topic."""
        eventually(lambda: holds(self.on(topic)), what)

    def on(self, topic: str) -> list[str]:
        return [payload for heard, payload, _ in self.heard if heard == topic]

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def brokers(require, tmp_path, free_port) -> Iterator[Callable[..., Broker]]:
    """Starts a broker with these lines in its configuration; without any, everybody may log in."""
    started = []

    def start(*conf: str) -> Broker:
        found = Broker(require("mosquitto"), tmp_path, free_port(), *conf)
        started.append(found)
        found.start()
        return found

    yield start
    for found in started:
        found.close()


@pytest.fixture
def broker(brokers) -> Broker:
    """A broker for everybody."""
    return brokers()


@pytest.fixture(scope="session", name="eventually")
def eventually_fixture():
    """Waits until something holds."""
    return eventually


@pytest.fixture(scope="session")
def row() -> Callable[[int], SampleBlock]:
    """A row without channels, at that time."""

    def make(when: int) -> SampleBlock:
        return SampleBlock((), np.array([when], np.int64), np.zeros((1, 0), np.float32), np.zeros((1, 0), np.uint8))

    return make


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
