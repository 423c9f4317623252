"""Alarms, incidents and the heartbeat over MQTT, as docs/mqtt.md has it."""

import json
import re
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

import structlog

from alarms.alarm import AlarmChange
from alarms.sinks.mqtt_link import Link, MqttConfigError
from alarms.times import HOUR, iso
from telemetry.block import SECOND, SampleBlock
from telemetry.site import Mqtt

log = structlog.get_logger()

HEARTBEAT = 10 * SECOND
KEPT = 24 * HOUR  # an alarm's object stays so long after it is over
_OFFLINE = '{"online":false}'
_NOT_IN_A_LEVEL = re.compile(r"[+#/\x00-\x1f\x7f]|^$")


class MqttSink:
    """Tells the NOC. Nothing here blocks or fails the engine; `error` says why the broker is not reached.

    Args:
        config: the site's [mqtt].
        site: its name, the second level of every topic.
        replay: whether to publish below `ridethrough-replay`, so that no replay pages anyone.

    Raises:
        MqttConfigError: a wrong URL, or a site name that is no topic level.
        OSError: a file of secrets or certificates cannot be read.
    """

    def __init__(self, config: Mqtt, site: str, *, replay: bool) -> None:
        if _NOT_IN_A_LEVEL.search(site):
            raise MqttConfigError(f"the site's name {site!r} cannot stand in an MQTT topic: it has one of + # /")
        self._root = f"{'ridethrough-replay' if replay else 'ridethrough'}/{site}"
        self._status = f"{self._root}/status"
        self._link = Link(config, site, (self._status, _OFFLINE))
        self._over: dict[str, int] = {}  # topic → when what it holds was over
        self._refused: set[str] = set()
        self._since: int | None = None
        self._next_heartbeat = 0
        self._seq = 0
        self._closed = False

    @property
    def error(self) -> str | None:
        """Why the broker is not reached, in a sentence; None while it is, or was not tried yet."""
        return self._link.error

    def tell(self, effects: Sequence[AlarmChange]) -> None:
        """Publish each change: its alarm object, the event where it is notified, its incident."""
        for change in effects:
            levels = [change.subject, change.kind, *([change.point] if change.point else [])]
            if bad := next((level for level in levels if _NOT_IN_A_LEVEL.search(level)), None):
                if bad not in self._refused:
                    log.error("not published: a name that cannot stand in an MQTT topic", name=bad)
                self._refused.add(bad)
                continue
            line = change.to_line()
            self._retain("/".join((self._root, "alarm", *levels)), line, None if change.active else change.time)
            if change.notify:
                self._link.send(f"{self._root}/event", line, retain=False)
            if change.incident:
                topic = f"{self._root}/incident/{change.incident.id}"
                self._retain(topic, json.dumps(change.incident.to_json(), ensure_ascii=False), change.incident.ended)

    def _retain(self, topic: str, payload: str, over: int | None) -> None:
        self._link.send(topic, payload, retain=True)
        self._over.pop(topic, None)
        if over is not None:
            self._over[topic] = over

    def after_tick(self, block: SampleBlock) -> None:
        """These rows have gone through the engine: the heartbeat, at most every 10 s of event time, and what is old ends."""
        if not len(block):
            return
        tick = int(block.times[-1])
        self._since = int(block.times[0]) if self._since is None else self._since
        if tick < self._next_heartbeat:
            return
        self._next_heartbeat = tick + HEARTBEAT
        self._seq += 1
        status = {
            "online": True,
            "time": iso(tick),
            "seq": self._seq,
            "last_tick": iso(tick),
            "since": iso(self._since),
            "version": _version(),
        }
        self._link.send(self._status, json.dumps(status, separators=(",", ":")), retain=True)
        for topic in [t for t, over in self._over.items() if tick - over >= KEPT]:
            del self._over[topic]
            if topic.startswith(f"{self._root}/incident/"):
                self._link.forget(topic)  # history: it stays with the broker
            else:
                self._link.send(topic, "", retain=True)

    def flush(self, timeout: float = 5.0) -> bool:
        """Wait until the broker has everything, at most `timeout` seconds; whether it has."""
        return self._link.flush(timeout)

    def close(self) -> None:
        """Deliver what waits, say offline, and leave. Harmless when called twice; takes seconds at most."""
        if not self._closed:
            self._closed = True
            self._link.send(self._status, _OFFLINE, retain=True)
            self._link.close()


def _version() -> str:
    try:
        return version("ridethrough")
    except PackageNotFoundError:  # not installed, run from a checkout
        return "unknown"
