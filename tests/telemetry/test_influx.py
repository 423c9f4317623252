"""The store: line protocol, and the writer against a real VictoriaMetrics."""

import http.server
import json
import subprocess
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from influxdb_client.client.write.point import Point

from telemetry.block import SECOND, Channel, Quality, SampleBlock
from telemetry.recordings.influx import TOKEN, InfluxWriter
from telemetry.recordings.line_protocol import LineProtocol
from telemetry.site import Device, InfluxDb, Site

CHANNELS = (
    Channel("ups-a", "input.L1-N.voltage"),
    Channel("ups-a", "ups.status"),
    Channel("meter-1", "input.voltage"),
)
SITE = Site("dc", (Device("ups-a", "ups", "rfc1628/ups"), Device("meter-1", "meter")))
START = 1_772_000_000 * SECOND
G, H, M, S = Quality.GOOD, Quality.HELD, Quality.MISSING, Quality.SUSPECT
CHANGE = {
    "schema": "ridethrough.alarm/1",
    "time": "2026-03-01T14:32:35.000Z",
    "alarm_id": "dc/ups-a/ups_on_battery",
    "rev": 1,
    "incident": None,
    "kind": "ups_on_battery",
    "subject": "ups-a",
    "point": None,
    "active": True,
    "onset": ["2026-03-01T14:32:34.000Z", "2026-03-01T14:32:35.000Z"],
    "title": 'ups-a is on "battery"',
    "stage_margin_s": -12.5,
}


def block(values: list[list[float]], quality: list[list[int]], start: int = START) -> SampleBlock:
    times = start + SECOND * np.arange(len(values), dtype=np.int64)
    return SampleBlock(CHANNELS, times, np.array(values, np.float32), np.array(quality, np.uint8))


def site_at(port: int, **settings: object) -> Site:
    return replace(SITE, influxdb=InfluxDb(f"http://127.0.0.1:{port}", **settings))


def until(condition: object, seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


# Lines


def test_a_row_is_one_line_a_device_with_tags_fields_and_states_text():
    """Measurement is the kind, tags are site, device and profile, a state has its name beside its code."""
    ups, meter = LineProtocol(SITE).rows(block([[230.1, 1, 231]], [[G, G, G]]))
    fields = 'input_L1_N_voltage=230.1,ups_status=1,ups_status_state="on_battery"'
    assert ups == f"ups,device=ups-a,profile=rfc1628/ups,site=dc {fields} {START}"
    assert meter == f"meter,device=meter-1,site=dc input_voltage=231 {START}"


def test_state_text_can_be_left_out():
    """With state_text false no text field is sent."""
    (line, _) = LineProtocol(SITE, state_text=False).rows(block([[230, 1, 231]], [[G, G, G]]))
    assert "_state" not in line
    assert "ups_status=1 " in line


@pytest.mark.parametrize("quality", [H, M, S])
def test_only_good_samples_are_sent(quality: int):
    """Held, missing and suspect samples leave no field, and a row without a good one leaves no line."""
    value = 229 if quality == H else np.nan
    lines = LineProtocol(SITE).rows(block([[value, 0, 231], [value, np.nan, 231]], [[quality, G, G], [quality, M, G]]))
    assert [line.split(" ")[0].split(",")[0] for line in lines] == ["ups", "meter", "meter"]
    assert "input_L1_N_voltage" not in lines[0]
    assert "nan" not in "\n".join(lines)


def test_a_single_precision_value_comes_back_bit_for_bit():
    """The text of a number is short, and reads back as the same float32."""
    numbers = np.array([0.1, 16_777_216, 1e-7, 59.95, 123_456.78, -0.5, 6e4], np.float32)
    for number in numbers:
        (_, line) = LineProtocol(SITE).rows(block([[1, 0, number]], [[G, G, G]]))
        assert np.float32(line.split("input_voltage=")[1].split(" ")[0]) == number


def test_columns_that_join_later_are_sent_too():
    """A block with more columns changes the lines from then on."""
    lines = LineProtocol(SITE)
    lines.rows(block([[230, 0, 231]], [[G, G, G]]))
    wider = SampleBlock(
        (*CHANNELS, Channel("meter-1", "input.frequency")),
        np.array([START + SECOND]),
        np.array([[230, 0, 231, 50]], np.float32),
        np.zeros((1, 4), np.uint8),
    )
    assert lines.rows(wider)[1].startswith("meter,device=meter-1,site=dc input_voltage=231,input_frequency=50 ")


def test_an_alarm_change_is_a_line_of_the_measurement_alarm():
    """Kind and subject are tags; plain values are fields, with quotes and truth values as line protocol has them."""
    line = LineProtocol(SITE).alarm(CHANGE)
    assert line == (
        'alarm,kind=ups_on_battery,site=dc,subject=ups-a alarm_id="dc/ups-a/ups_on_battery",rev=1.0,active=true,'
        'title="ups-a is on \\"battery\\"",stage_margin_s=-12.5 1772375555000000'
    )


def test_lines_equal_those_of_the_clients_own_point():
    """influxdb-client's Point, which is slow but knows the protocol, writes the same tags and timestamp."""
    point = Point("ups").tag("site", "dc").tag("device", "ups-a").tag("profile", "rfc1628/ups")
    theirs = point.field("input_L1_N_voltage", 230.5).time(START, "us").to_line_protocol()
    (ours, _) = LineProtocol(SITE, state_text=False).rows(block([[230.5, np.nan, 1]], [[G, M, G]]))
    assert ours == theirs


# Against a store


@pytest.fixture
def victoria(require, free_port, tmp_path) -> Iterator["Victoria"]:
    store = Victoria(require("victoria-metrics"), free_port(), tmp_path / "store")
    yield store
    store.stop()


class Victoria:
    """A VictoriaMetrics on loopback."""

    def __init__(self, program: str, port: int, folder: object) -> None:
        self.program, self.port, self.folder = program, port, folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [
                self.program,
                f"-httpListenAddr=127.0.0.1:{self.port}",
                f"-storageDataPath={self.folder}",
                "-retentionPeriod=100y",
                "-loggerLevel=ERROR",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

        def healthy() -> bool:
            try:
                return self._get("/health") == b"OK"
            except OSError:
                return False

        assert until(healthy), "victoria-metrics does not come up"

    def stop(self) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait(30)
            self._process = None

    def _get(self, path: str) -> bytes:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
            return answer.read()

    def series(self, name: str) -> list[dict]:
        """Every series of that name: {metric, values, timestamps in ms}."""
        self._get("/internal/force_flush")
        match = urllib.parse.quote(f'{{__name__="{name}"}}')
        return [json.loads(line) for line in self._get(f"/api/v1/export?match[]={match}").splitlines()]


@pytest.mark.server("victoria-metrics")
def test_rows_and_alarms_arrive_with_their_tags_times_and_values(victoria: Victoria):
    """What was queued stands in a real store after close."""
    victoria.start()
    writer = InfluxWriter(site_at(victoria.port))
    writer.write(block([[230.5, 0, 231], [np.nan, 1, 232]], [[G, G, G], [M, G, G]]))
    writer.write_alarm(CHANGE)
    writer.close()
    assert (writer.written, writer.dropped, writer.error) == (3, 0, None)
    (voltage,) = victoria.series("ups_input_L1_N_voltage")
    assert voltage["values"] == [230.5]
    assert voltage["timestamps"] == [START // 1000]
    assert {key: voltage["metric"][key] for key in ("site", "device", "profile")} == {
        "site": "dc",
        "device": "ups-a",
        "profile": "rfc1628/ups",
    }
    assert victoria.series("ups_ups_status")[0]["values"] == [0, 1]
    assert victoria.series("meter_input_voltage")[0]["values"] == [231, 232]
    assert victoria.series("alarm_active")[0]["values"] == [1]


@pytest.mark.server("victoria-metrics")
def test_a_store_that_is_down_gets_everything_when_it_comes_up(victoria: Victoria):
    """Rows written while the store is away wait, in order, and all arrive."""
    writer = InfluxWriter(site_at(victoria.port), pauses=(0.05,))
    for i in range(50):
        writer.write(block([[230, 0, i]], [[G, G, G]], START + i * SECOND))
    assert until(lambda: writer.error is not None)
    assert f"127.0.0.1:{victoria.port}" in writer.error
    victoria.start()
    assert until(lambda: writer.written == 50)
    writer.close()
    assert (writer.error, writer.dropped) == (None, 0)
    assert victoria.series("meter_input_voltage")[0]["values"] == list(range(50))


# Without a store


def test_the_queue_is_bounded_drops_the_oldest_and_never_blocks(free_port):
    """With nothing listening, 20,000 rows are taken at once; all but the newest few are dropped and counted."""
    writer = InfluxWriter(site_at(free_port()), queued=300, pauses=(60,))
    writer.write(block([[230, 0, 0]], [[G, G, G]]))
    assert until(lambda: writer.error is not None)
    begin = time.monotonic()
    for i in range(20_000):
        writer.write(block([[230, 0, i]], [[G, G, G]], START + i * SECOND))
    assert time.monotonic() - begin < 10
    assert writer.dropped == 20_000 - 300 // len(CHANNELS)
    writer.close(timeout=0.1)
    assert writer.dropped == 20_001
    assert writer.written == 0


class Canned(http.server.BaseHTTPRequestHandler):
    """Answers each POST with the next status of `statuses`, then with 204."""

    statuses: list[int]
    bodies: list[str]
    tokens: list[str | None]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.tokens.append(self.headers.get("Authorization"))
        status = self.statuses.pop(0) if self.statuses else 204
        if status == 204:
            self.bodies.append(body)
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def canned() -> Iterator[tuple[int, type[Canned]]]:
    handler = type("Handler", (Canned,), {"statuses": [], "bodies": [], "tokens": []})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_address[1], handler
        server.shutdown()
        thread.join()


def test_a_store_in_trouble_is_asked_again_and_gets_each_row_once(canned):
    """After 503 and 429 the same body is sent again; nothing is lost and nothing is told twice."""
    port, handler = canned
    handler.statuses += [503, 429, 401]
    writer = InfluxWriter(site_at(port), pauses=(0.01,))
    writer.write(block([[230, 0, 1]], [[G, G, G]]))
    assert until(lambda: writer.written == 1)
    writer.close()
    assert len(handler.bodies) == 1
    assert (writer.dropped, writer.error) == (0, None)


def test_a_body_that_the_store_refuses_is_dropped_and_holds_nothing_up(canned):
    """A 400 costs that body, which is counted and told; the next one arrives."""
    port, handler = canned
    handler.statuses += [400]
    writer = InfluxWriter(site_at(port), pauses=(60,))
    writer.write(block([[230, 0, 1]], [[G, G, G]]))
    assert until(lambda: writer.dropped == 1)
    assert "400" in writer.error
    writer.write(block([[230, 0, 2]], [[G, G, G]]))
    assert until(lambda: writer.written == 1)
    writer.close()
    assert writer.error is None


def test_the_token_comes_from_the_environment_or_the_file(canned, monkeypatch, tmp_path):
    """RIDETHROUGH_INFLUXDB_TOKEN goes before the file; without either no login is sent."""
    port, handler = canned
    file = tmp_path / "token"
    file.write_text("from-file\n")
    for environment, config in (("from-env", {"token_file": str(file)}), ("", {"token_file": str(file)}), ("", {})):
        monkeypatch.setenv(TOKEN, environment)
        writer = InfluxWriter(site_at(port, **config))
        writer.write(block([[230, 0, 1]], [[G, G, G]]))
        writer.close()
    assert handler.tokens == ["Token from-env", "Token from-file", None]


def test_a_token_file_that_is_not_there_is_said_at_once(tmp_path, monkeypatch):
    """The run does not start with a login that cannot work."""
    monkeypatch.delenv(TOKEN, raising=False)
    with pytest.raises(FileNotFoundError, match="absent"):
        InfluxWriter(site_at(1, token_file=str(tmp_path / "absent")))


def test_close_gives_up_on_a_store_that_is_away(free_port):
    """An orderly stop takes seconds, not until the store is back; what is lost is counted."""
    writer = InfluxWriter(site_at(free_port()), pauses=(60,))
    writer.write(block([[230, 0, 1]], [[G, G, G]]))
    assert until(lambda: writer.error is not None)
    begin = time.monotonic()
    writer.close(timeout=0.2)
    writer.write(block([[230, 0, 2]], [[G, G, G]]))
    assert time.monotonic() - begin < 5
    assert (writer.written, writer.dropped) == (0, 2)
