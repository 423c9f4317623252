"""The connection to an MQTT broker: what must arrive waits here until the broker has taken it.

While there is no broker, the latest object of each retained topic is kept, so that nothing current is
lost, and the last `EVENTS` others; older ones of those are dropped and counted. After every connect all
retained objects are sent again: a broker that has lost its memory has it back.
"""

import os
import re
import ssl
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit

import structlog
from paho.mqtt.client import Client, MQTTMessageInfo
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode

from telemetry.site import Mqtt

log = structlog.get_logger()

EVENTS = 10_000
WINDOW = 100  # messages on their way that the broker has not acknowledged
_PORTS = {"mqtt": 1883, "mqtts": 8883}
_BACKOFF = (1, 30)  # seconds between two tries to connect, at first and at most
_HELP = {
    "Bad user name or password": "look at `username` and the password (RIDETHROUGH_MQTT_PASSWORD or `password_file`)",
    "Not authorized": "look at `username`, the password (RIDETHROUGH_MQTT_PASSWORD or `password_file`) and the "
    "broker's access list",
}


class MqttConfigError(ValueError):
    """The [mqtt] settings cannot be used; the message says what was expected."""


class _Client(Client):
    """paho's client, which else keeps to itself why it could not connect."""

    why = ""

    def reconnect(self) -> MQTTErrorCode:
        try:
            return super().reconnect()
        except OSError as e:
            self.why = e.strerror or str(e)
            raise


class Link:
    """Delivers messages with QoS 1, each at least once, each topic's in order. No call blocks but `close`.

    Args:
        config: where the broker is and how to log in.
        name: shown in the broker's log.
        will: topic and payload that the broker publishes, retained, when this end falls silent.

    Raises:
        MqttConfigError: a wrong URL.
        OSError: a file of secrets or certificates cannot be read.
    """

    def __init__(self, config: Mqtt, name: str, will: tuple[str, str]) -> None:
        self.error: str | None = None
        self.dropped = 0
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._connected = False
        self._closing = False
        self._retained: dict[str, str] = {}
        self._waiting: OrderedDict[str | int, tuple[str, str, bool]] = OrderedDict()
        self._sent: dict[int, str] = {}  # message id → topic, of what the broker has not acknowledged
        self._acknowledged: deque[int] = deque()
        self._number = 0
        host, port, tls = _address(config.url)
        self._place = f"{host}:{port}"
        self._client = _Client(CallbackAPIVersion.VERSION2, client_id=f"ridethrough-{name}-{token_hex(3)}")
        self._client.max_inflight_messages_set(WINDOW)
        self._client.reconnect_delay_set(*_BACKOFF)
        self._client.will_set(*will, qos=1, retain=True)
        if config.username:
            self._client.username_pw_set(config.username, _password(config))
        if tls:
            self._client.tls_set_context(_tls(config))
        self._client.on_connect = self._on_connect
        self._client.on_connect_fail = self._on_connect_fail
        self._client.on_disconnect = self._on_disconnect
        self._client.on_publish = self._on_publish
        self._client.connect_async(host, port, keepalive=30)
        self._client.loop_start()
        self._courier = threading.Thread(target=self._deliver, name="mqtt courier", daemon=True)
        self._courier.start()

    def send(self, topic: str, payload: str, *, retain: bool) -> None:
        """Hand over a message. A retained one replaces its predecessor that still waits; an empty one ends the topic."""
        with self._lock:
            if retain:
                self._waiting.pop(topic, None)  # the newer one takes its place at the end: changes stay in order
                self._waiting[topic] = (topic, payload, True)
                self._retained[topic] = payload
                if not payload:
                    del self._retained[topic]
            else:
                self._number += 1
                self._waiting[self._number] = (topic, payload, False)
                self._drop()
        self._wake.set()

    def _drop(self) -> None:
        others = [key for key in self._waiting if isinstance(key, int)] if len(self._waiting) > EVENTS else []
        for key in others[: max(0, len(others) - EVENTS)]:
            del self._waiting[key]
            if not self.dropped:
                log.error("no MQTT broker for so long that messages are dropped, the oldest first", broker=self._place)
            self.dropped += 1

    def forget(self, topic: str) -> None:
        """Leave the retained object with the broker, and do not send it again."""
        with self._lock:
            self._retained.pop(topic, None)

    def flush(self, timeout: float) -> bool:
        """Wait until the broker has everything, at most `timeout` seconds; whether it has."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            with self._lock:
                if not self._waiting and not self._sent:
                    return True
            time.sleep(0.01)
        return False

    def close(self, timeout: float = 5.0) -> None:
        """Deliver what waits, as far as `timeout` seconds allow, and leave in order: no last will is published."""
        if self._closing:
            return
        self.flush(min(timeout, 1.0) if self.error else timeout)
        self._closing = True
        self._wake.set()
        connected = self._connected
        self._client.disconnect()
        if connected:  # else its thread may sit in a connect that hangs; it ends by itself
            self._client.loop_stop()
        self._courier.join(timeout=1)

    def _deliver(self) -> None:
        while not self._closing:
            self._wake.wait()
            self._wake.clear()
            for topic, payload, retain in self._next():
                info: MQTTMessageInfo = self._client.publish(topic, payload, qos=1, retain=retain)
                with self._lock:
                    self._sent[info.mid] = topic

    def _next(self) -> Iterator[tuple[str, str, bool]]:
        """What may go now. Of one topic only one message is on its way: a repeated older one cannot overtake."""
        while True:
            with self._lock:
                while self._acknowledged:
                    self._sent.pop(self._acknowledged.popleft(), None)
                if not self._connected or len(self._sent) >= WINDOW:
                    return
                under_way = set(self._sent.values())
                key = next((k for k, m in self._waiting.items() if not m[2] or m[0] not in under_way), None)
                if key is None:
                    return
                message = self._waiting.pop(key)
            yield message

    # What paho's own thread calls. It may hold paho's locks: nothing here may wait for the courier.

    def _on_publish(self, _client: Client, _userdata: Any, mid: int, _code: ReasonCode, _properties: Any) -> None:
        self._acknowledged.append(mid)
        self._wake.set()

    def _on_connect(self, _client: Client, _userdata: Any, _flags: Any, code: ReasonCode, _properties: Any) -> None:
        if code.is_failure:
            hint = _HELP.get(str(code), "look at the broker's log")
            self._say(f"the MQTT broker at {self._place} refuses: {code}; {hint}")
            return
        if self.error:
            log.info("MQTT broker reached", broker=self._place)
        with self._lock:
            self.error = None
            self._connected = True
            newer, self._waiting = self._waiting, OrderedDict()
            self._waiting.update((t, (t, p, True)) for t, p in self._retained.items() if t not in newer)
            self._waiting.update(newer)
        self._wake.set()

    def _on_connect_fail(self, _client: Client, _userdata: Any) -> None:
        self._say(
            f"the MQTT broker at {self._place} cannot be reached: {self._client.why}; look whether it runs, whether the "
            "network lets through, and for mqtts:// whether `ca_file` names its authority"
        )

    def _on_disconnect(self, _client: Client, _userdata: Any, _flags: Any, code: ReasonCode, _properties: Any) -> None:
        with self._lock:
            was, self._connected = self._connected, False
        if was and not self._closing:
            self._say(f"the connection to the MQTT broker at {self._place} is lost: {code}")

    def _say(self, error: str) -> None:
        if error != self.error:
            log.warning(error)
        self.error = error


def _address(url: str) -> tuple[str, int, bool]:
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in _PORTS or not parts.hostname or port == -1 or parts.path.strip("/") or parts.query:
        raise MqttConfigError(f"expected mqtt://HOST[:1883] or mqtts://HOST[:8883], not {_without_login(url)!r}")
    if "@" in parts.netloc:
        raise MqttConfigError(
            "an MQTT URL holds no login: set `username`, and the password in RIDETHROUGH_MQTT_PASSWORD or `password_file`"
        )
    return parts.hostname, port or _PORTS[parts.scheme], parts.scheme == "mqtts"


def _without_login(url: str) -> str:
    return re.sub(r"//[^/]*@", "//", url)


def _password(config: Mqtt) -> str | None:
    if secret := os.environ.get("RIDETHROUGH_MQTT_PASSWORD"):
        return secret
    if config.password_file:
        return Path(config.password_file).read_text(encoding="utf-8").strip()
    return None


def _tls(config: Mqtt) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=config.ca_file)
    if config.cert_file:
        context.load_cert_chain(config.cert_file, config.key_file)
    return context
