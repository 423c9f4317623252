"""What the NOC finds on which topic, by a real Mosquitto."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from alarms.sinks.mqtt import MqttSink
from alarms.sinks.mqtt_link import MqttConfigError
from telemetry.block import SECOND
from telemetry.site import Mqtt

pytestmark = pytest.mark.server("mosquitto")

HOUR = 3600 * SECOND
STATUS = "ridethrough/dc/status"
OFFLINE = '{"online":false}'


@pytest.fixture
def sink(broker) -> Iterator[MqttSink]:
    found = MqttSink(Mqtt(broker.url), "dc", replay=False)
    yield found
    found.close()


def test_alarms_events_and_incidents_stand_on_their_topics(broker, sink, story):
    """Each change is the retained object of its alarm; only what is notified is an event; the incident counts."""
    with broker.listening() as noc:
        sink.tell(story)
        incident = f"ridethrough/dc/incident/{story[0].incident.id}"
        notified = [c.to_line() for c in story if c.notify]
        noc.waits_for("ridethrough/dc/event", lambda heard: len(heard) == len(notified), "every event")
        noc.waits_for(incident, lambda heard: heard and json.loads(heard[-1])["notifications"] == 3, "the incident")
        assert noc.on("ridethrough/dc/event") == notified
        assert noc.on("ridethrough/dc/alarm/ups-a/ups_on_battery") == [
            c.to_line() for c in story if c.kind == "ups_on_battery"
        ]


def test_who_subscribes_later_has_what_stands(broker, sink, story, row, start):
    """Retained: the last object of each alarm and incident, the status; no event."""
    sink.tell(story)
    sink.after_tick(row(start))
    assert sink.flush()
    with broker.listening() as noc:
        noc.waits_for(STATUS, bool, "the status")
        noc.waits_for("ridethrough/dc/alarm/ats-a/voltage_sag/input.1", bool, "an alarm of a point")
        failed = json.loads(noc.on("ridethrough/dc/alarm/gen-1/generator_fail_to_start")[0])
        assert (failed["active"], failed["rev"]) == (False, 2)
        assert len(noc.heard) == 6
        assert all(retained for *_, retained in noc.heard)
        assert not noc.on("ridethrough/dc/event")


def test_the_heartbeat_follows_event_time(broker, sink, row, start):
    """At most one in ten seconds of event time, and none without a row."""
    with broker.listening() as noc:
        for second in (0, 1, 9, 10, 11, 19.5, 20, 300):
            sink.after_tick(row(start + round(second * SECOND)))
            assert sink.flush()
        noc.waits_for(STATUS, lambda heard: len(heard) >= 4, "four heartbeats")
        time.sleep(0.3)
        first, *_, last = beats = [json.loads(p) for p in noc.on(STATUS)]
        assert len(beats) == 4
        assert list(first) == ["online", "time", "seq", "last_tick", "since", "version"]
        assert first["online"] is True
        assert (last["seq"], last["last_tick"]) == (4, "2026-03-01T14:37:00.000Z")
        assert last["since"] == "2026-03-01T14:32:00.000Z"


def test_an_orderly_end_says_offline(broker, row, start):
    """After everything else has been delivered."""
    with broker.listening() as noc:
        sink = MqttSink(Mqtt(broker.url), "dc", replay=False)
        sink.after_tick(row(start))
        assert sink.flush()
        sink.close()
        sink.close()
        noc.waits_for(STATUS, lambda heard: len(heard) == 2, "online, then offline")
        assert noc.on(STATUS)[-1] == OFFLINE


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
    with broker.listening() as noc:
        process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)])
        try:
            noc.waits_for(STATUS, bool, "it is online")
            os.kill(process.pid, signal.SIGKILL)
            noc.waits_for(STATUS, lambda heard: heard[-1] == OFFLINE, "the last will")
        finally:
            process.kill()
            process.wait()


def test_a_replay_stays_on_a_root_of_its_own(broker, story, row, start):
    """It never pages anyone."""
    with broker.listening() as noc:
        sink = MqttSink(Mqtt(broker.url), "dc", replay=True)
        sink.tell(story)
        sink.after_tick(row(start))
        sink.close()
        noc.waits_for("ridethrough-replay/dc/status", lambda heard: OFFLINE in heard, "the end")
        assert {topic.split("/")[0] for topic, *_ in noc.heard} == {"ridethrough-replay"}


@pytest.mark.parametrize("name", ["a/b", "a+", "#", "", "a\0b"])
def test_a_site_name_that_is_no_topic_level_is_refused(name):
    """Nothing may be published where nobody listens."""
    with pytest.raises(MqttConfigError, match="topic"):
        MqttSink(Mqtt("mqtt://127.0.0.1"), name, replay=False)


def test_an_alarm_whose_name_is_no_topic_level_is_left_out(broker, sink, story):
    """It is logged, the others are published, and no wildcard topic is tried."""
    with broker.listening() as noc:
        sink.tell([replace(story[0], subject="a/#"), story[1]])
        noc.waits_for("ridethrough/dc/alarm/ups-a/ups_on_battery", bool, "the other one")
        assert not any("#" in topic for topic, *_ in noc.heard)


def test_an_alarm_that_is_long_over_leaves_its_topic(broker, sink, story, row, start):
    """24 h of event time later its retained object is gone; what is still active stays."""
    over, stands = "ridethrough/dc/alarm/gen-1/generator_fail_to_start", "ridethrough/dc/alarm/utility-a/utility_lost"
    sink.tell(story)
    sink.after_tick(row(start + 90 * SECOND + 24 * HOUR - SECOND))
    assert sink.flush()
    with broker.listening() as before:
        before.waits_for(over, bool, "what is over for less than a day")
        sink.after_tick(row(start + 90 * SECOND + 24 * HOUR + 10 * SECOND))
        before.waits_for(over, lambda heard: heard[-1] == "", "the empty payload")
        assert "" not in before.on(stands)
    with broker.listening() as later:
        later.waits_for(stands, bool, "what stands")
        later.waits_for(STATUS, bool, "the status")
        assert not later.on(over)
