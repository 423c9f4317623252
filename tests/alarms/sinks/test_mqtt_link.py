"""The connection: what arrives when the broker comes late, goes, refuses, or is not the right one."""

import subprocess
import time
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from alarms.sinks.mqtt_link import EVENTS, Link, MqttConfigError
from telemetry.site import Mqtt

pytestmark = pytest.mark.server("mosquitto")

WILL = ("will", "gone")


def test_a_broker_that_comes_late_has_everything_in_order(broker, eventually):
    """What was told while there was none: every event, and of each retained topic the latest."""
    broker.stop()
    link = Link(Mqtt(broker.url), "dc", WILL)
    try:
        eventually(lambda: link.error, "the broker is missed")
        assert f"the MQTT broker at 127.0.0.1:{broker.port} cannot be reached: Connection refused" in link.error
        for i in range(20):
            link.send("event", str(i), retain=False)
            link.send(f"alarm/{i % 2}", str(i), retain=True)
        broker.start()
        with broker.listening() as noc:  # subscribed before the link's backoff of a second is over
            assert link.flush(30)
            assert link.error is None
            noc.waits_for("event", lambda heard: len(heard) == 20, "all events")
            assert noc.on("event") == [str(i) for i in range(20)]
            assert (noc.on("alarm/0"), noc.on("alarm/1")) == (["18"], ["19"])
    finally:
        link.close()


def test_a_broker_that_comes_back_empty_has_what_stands(broker):
    """It keeps nothing over a restart: all retained objects are sent again, what was ended is not."""
    link = Link(Mqtt(broker.url), "dc", WILL)
    try:
        for topic, payload in (
            ("alarm/0", "old"),
            ("alarm/0", "new"),
            ("alarm/1", "x"),
            ("alarm/1", ""),
            ("event", "e"),
        ):
            link.send(topic, payload, retain=topic != "event")
            assert link.flush(30)
        broker.stop()
        broker.start()
        with broker.listening() as noc:
            noc.waits_for("alarm/0", bool, "the retained object again")
            link.send("end", "", retain=False)
            noc.waits_for("end", bool, "everything else")
            assert noc.on("alarm/0") == ["new"]
            assert not noc.on("alarm/1")
            assert not noc.on("event")
    finally:
        link.close()


def test_the_latest_wins_although_the_broker_dies_in_between(broker):
    """An older object that paho repeats after a reconnect never overtakes the newer one."""
    link = Link(Mqtt(broker.url), "dc", WILL)
    try:
        for i in range(3000):
            link.send("alarm", str(i), retain=True)
            link.send(f"other/{i % 50}", str(i), retain=True)
            if i % 1000 == 500:
                broker.stop()
                broker.start()
        assert link.flush(60)
        with broker.listening() as noc:
            noc.waits_for("alarm", bool, "the object")
            noc.waits_for("other/49", bool, "the others")
            assert noc.on("alarm")[-1] == "2999"
            assert noc.on("other/49")[-1] == "2999"
    finally:
        link.close()


def test_what_is_told_without_a_broker_is_bounded_and_current(free_port):
    """The latest object of each topic is kept; of the events the last ten thousand, and the rest is counted."""
    link = Link(Mqtt(f"mqtt://127.0.0.1:{free_port()}"), "dc", WILL)
    try:
        for i in range(EVENTS + 500):
            link.send("event", str(i), retain=False)
            link.send(f"alarm/{i % 7}", str(i), retain=True)
        assert link.dropped == 500
        waiting = list(link._waiting.values())
        assert len(waiting) == EVENTS + 7
        assert waiting[0] == ("event", "500", False)
        latest = {(f"alarm/{i % 7}", str(i)) for i in range(EVENTS + 493, EVENTS + 500)}
        assert {(topic, payload) for topic, payload, retain in waiting if retain} == latest
    finally:
        link.close(timeout=0)


def test_sending_never_waits_for_a_broker(free_port):
    """A broker that is not there costs the engine nothing, and the end a few seconds."""
    link = Link(Mqtt(f"mqtt://127.0.0.1:{free_port()}"), "dc", WILL)
    began = time.monotonic()
    for i in range(1000):
        link.send("alarm", str(i), retain=True)
    assert time.monotonic() - began < 10, "a thousand time-outs would take minutes"
    began = time.monotonic()
    link.close()
    link.close()
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("right", [True, False])
def test_a_wrong_login_is_explained(brokers, require, tmp_path, monkeypatch, right):
    """The password comes from the environment; a refusal names the broker, what it says and what to look at."""
    passwords = tmp_path / "passwords"
    subprocess.run(
        [require("mosquitto_passwd"), "-b", "-c", str(passwords), "noc", "correct-horse"],
        check=True,
        capture_output=True,
    )
    broker = brokers("allow_anonymous false", f"password_file {passwords}", "user root")
    monkeypatch.setenv("RIDETHROUGH_MQTT_PASSWORD", "correct-horse" if right else "battery-staple")
    link = Link(Mqtt(broker.url, username="noc"), "dc", WILL)
    try:
        link.send("alarm", "x", retain=True)
        assert link.flush(30 if right else 1) is right
        if not right:
            assert f"127.0.0.1:{broker.port} refuses: Not authorized; look at `username`" in link.error
            assert "staple" not in link.error
    finally:
        link.close()


def test_a_password_file_is_used(brokers, require, tmp_path, monkeypatch):
    """Where the environment has none."""
    monkeypatch.delenv("RIDETHROUGH_MQTT_PASSWORD", raising=False)
    passwords, secret = tmp_path / "passwords", tmp_path / "secret"
    secret.write_text("correct-horse\n", encoding="utf-8")
    subprocess.run(
        [require("mosquitto_passwd"), "-b", "-c", str(passwords), "noc", "correct-horse"],
        check=True,
        capture_output=True,
    )
    broker = brokers("allow_anonymous false", f"password_file {passwords}", "user root")
    link = Link(Mqtt(broker.url, username="noc", password_file=str(secret)), "dc", WILL)
    link.send("alarm", "x", retain=True)
    assert link.flush(30), link.error
    link.close()


def test_a_missing_password_file_is_said_before_anything_runs(tmp_path, monkeypatch):
    """The caller reports it; no thread is left behind."""
    monkeypatch.delenv("RIDETHROUGH_MQTT_PASSWORD", raising=False)
    with pytest.raises(FileNotFoundError):
        Link(Mqtt("mqtt://127.0.0.1", username="noc", password_file=str(tmp_path / "secret")), "dc", WILL)


@pytest.fixture
def certificate(tmp_path) -> tuple[Path, Path]:
    """Certificate and key of a broker at 127.0.0.1, its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a broker of a test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = tmp_path / "broker.pem", tmp_path / "broker.key"
    files[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files


# paho leaves the socket of a failed handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("trusted", [True, False])
def test_a_broker_behind_tls_is_checked(brokers, certificate, eventually, trusted):
    """mqtts:// reaches a broker whose authority `ca_file` names, and no other; the refusal says why."""
    pem, key = certificate
    broker = brokers("allow_anonymous true", f"certfile {pem}", f"keyfile {key}", "user root")
    url = broker.url.replace("mqtt:", "mqtts:")
    link = Link(Mqtt(url, ca_file=str(pem) if trusted else None), "dc", WILL)
    try:
        link.send("alarm", "x", retain=True)
        if trusted:
            assert link.flush(30), link.error
        else:
            eventually(lambda: link.error, "refused")
            assert "certificate verify failed" in link.error
            assert not link.flush(0.5)
    finally:
        link.close()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://noc.example", "expected mqtt://HOST"),
        ("mqtt://", "expected mqtt://HOST"),
        ("mqtt://noc.example:port", "expected mqtt://HOST"),
        ("mqtt://noc.example/topic", "expected mqtt://HOST"),
        ("mqtt://user:hunter2@noc.example", "holds no login"),
        ("http://user:hunter2@noc.example", "expected mqtt://HOST"),
    ],
)
def test_a_wrong_url_is_explained(url, says):
    """And a password in it is not repeated."""
    with pytest.raises(MqttConfigError, match=says) as found:
        Link(Mqtt(url), "dc", WILL)
    assert "hunter2" not in str(found.value)
