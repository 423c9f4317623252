"""Agents and servers on loopback, honest ones and others."""

import os
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pyasn1.codec.ber import decoder, encoder
from pysnmp.proto import api

UPTIME = "1.3.6.1.2.1.1.3.0"
GET_UPTIME = bytes.fromhex(
    "3026020101 04067075626c6963 a019 020101 020100 020100 300e300c 06082b06010201010300 0500"
)  # v2c, public

Behaviour = Callable[["Request"], Iterable[bytes | tuple[float, bytes]]]


@dataclass
class Request:
    """A v1 or v2c request as an agent sees it; `data` is all of it, `sender` who sent it."""

    data: bytes
    sender: Any = None

    def __post_init__(self):
        self.version = api.decodeMessageVersion(self.data)
        self.api = api.PROTOCOL_MODULES[self.version]
        self.message, _ = decoder.decode(self.data, asn1Spec=self.api.Message())
        self.pdu = self.api.apiMessage.get_pdu(self.message)
        self.kind = type(self.pdu).__name__.removesuffix("RequestPDU").lower()
        self.id = int(self.api.apiPDU.get_request_id(self.pdu))
        self.oids = [str(oid) for oid, _ in self.api.apiPDU.get_varbinds(self.pdu)]

    def answer(self, pairs: Iterable[tuple[str, Any]], status: int = 0, index: int = 0, request_id: int | None = None):
        """The answer's octets. Values: int, bytes, str for an OID, or a pysnmp value."""
        response = self.api.apiMessage.get_response(self.message)
        pdu = self.api.apiMessage.get_pdu(response)
        self.api.apiPDU.set_varbinds(pdu, [(oid, self._typed(value)) for oid, value in pairs])
        self.api.apiPDU.set_error_status(pdu, status)
        self.api.apiPDU.set_error_index(pdu, index)
        if request_id is not None:
            self.api.apiPDU.set_request_id(pdu, request_id)
        return encoder.encode(response)

    def error(self, status: int, index: int = 0):
        """The answer by which an agent rejects the request: its own objects, without values."""
        return self.answer([(oid, self.api.Null("")) for oid in self.oids], status, index)

    def _typed(self, value: Any):
        if isinstance(value, int):
            return self.api.Integer(value)
        if isinstance(value, bytes):
            return self.api.OctetString(value)
        return self.api.ObjectIdentifier(value) if isinstance(value, str) else value


class UdpAgent:
    """An SNMP agent that answers as it is told. Notes every request."""

    def __init__(self, behaviour: Behaviour):
        self.behaviour = behaviour
        self.requests: list[Request] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.05)
        self.port = self._socket.getsockname()[1]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def url(self):
        return f"snmp://127.0.0.1:{self.port}?community=public"

    def _run(self):
        waiting: list[tuple[float, bytes, Any]] = []
        while not self._stop.is_set():
            for item in [w for w in waiting if w[0] <= time.monotonic()]:
                waiting.remove(item)
                self._socket.sendto(item[1], item[2])
            try:
                data, sender = self._socket.recvfrom(65535)
            except TimeoutError:
                continue
            request = Request(data, sender)
            self.requests.append(request)
            for answer in self.behaviour(request) or []:
                delay, octets = answer if isinstance(answer, tuple) else (0.0, answer)
                if delay:
                    waiting.append((time.monotonic() + delay, octets, sender))
                else:
                    self._socket.sendto(octets, sender)

    def close(self):
        self._stop.set()
        self._thread.join()
        self._socket.close()


def serve(mib: dict[str, Any]) -> Behaviour:
    """An honest agent that has these objects, and sysUpTime. Values that are None are Null."""
    objects = {UPTIME: 12345, **mib}

    def order(oid: str):
        return tuple(map(int, oid.split(".")))

    rising = sorted(objects, key=order)

    def following(oid: str):
        return next((o for o in rising if order(o) > order(oid)), None)

    def behave(request: Request):
        m = request.api
        value = {o: m.Null("") if v is None else v for o, v in objects.items()}
        if request.kind == "get":
            missing = [i for i, o in enumerate(request.oids) if o not in value]
            if request.version == 0 and missing:
                return [request.error(2, missing[0] + 1)]
            return [request.answer([(o, value[o] if o in value else m.NoSuchInstance()) for o in request.oids])]
        rows: list[tuple[str, Any]] = []
        last = request.oids[0]
        for _ in range(1 if request.kind == "getnext" else int(m.apiBulkPDU.get_max_repetitions(request.pdu))):
            after = following(last)
            if after is None:
                if request.version == 0:
                    return [request.error(2, 1)]
                rows.append((last, m.EndOfMibView()))
                break
            rows.append((after, value[after]))
            last = after
        return [request.answer(rows)]

    return behave


@pytest.fixture
def honest() -> Callable[[dict[str, Any]], Behaviour]:
    """The behaviour of an agent that has these objects."""
    return serve


@pytest.fixture
def udp_agent() -> Iterator[Callable[[Behaviour], UdpAgent]]:
    """Starts agents that answer as they are told."""
    agents: list[UdpAgent] = []

    def start(behaviour: Behaviour) -> UdpAgent:
        agents.append(UdpAgent(behaviour))
        return agents[-1]

    yield start
    for agent in agents:
        agent.close()


class Snmpd:
    """net-snmp's agent; can die and come back on its port."""

    def __init__(self, program: str, folder: Path, port: int, lines: str):
        self.port = port
        self._program = program
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "snmpd.conf").write_text(
            f"agentAddress udp:127.0.0.1:{port}\nrocommunity public\ndontLogTCPWrappersConnects yes\n{lines}\n"
        )
        self.start()

    @property
    def url(self):
        return f"snmp://127.0.0.1:{self.port}?community=public"

    def start(self):
        self._process = subprocess.Popen(
            [self._program, "-f", "-C", "-c", str(self._folder / "snmpd.conf"), "-Lf", str(self._folder / "log")],
            env={**os.environ, "SNMP_PERSISTENT_DIR": str(self._folder / "state")},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 10
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            asker.connect(("127.0.0.1", self.port))
            asker.settimeout(0.1)
            while time.monotonic() < deadline:
                if self._process.poll() is not None:
                    pytest.fail(f"snmpd ended: {(self._folder / 'log').read_text()}")
                try:
                    asker.send(GET_UPTIME)
                    asker.recv(1500)
                except (TimeoutError, ConnectionRefusedError):
                    time.sleep(0.02)
                else:
                    return
        pytest.fail("snmpd did not answer within 10 s")

    def stop(self):
        if self._process:
            self._process.terminate()
            self._process.wait()
        self._process = None


@pytest.fixture
def snmpd(require, free_port, tmp_path) -> Iterator[Callable[[str], Snmpd]]:
    """Starts net-snmp's agent with these lines of configuration."""
    program = require("snmpd")
    running: list[Snmpd] = []

    def start(lines: str) -> Snmpd:
        folder = tmp_path / f"snmpd-{len(running)}"
        folder.mkdir()
        running.append(Snmpd(program, folder, free_port(socket.SOCK_DGRAM), lines))
        return running[-1]

    yield start
    for agent in running:
        agent.stop()


class UdpProxy:
    """Stands before an agent. Notes what passes, and may change answers."""

    def __init__(self, port: int, change: Callable[[bytes], bytes | None]):
        self.requests: list[bytes] = []
        self._change = change
        self._front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._front.bind(("127.0.0.1", 0))
        self._front.settimeout(0.05)
        self._back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._back.connect(("127.0.0.1", port))
        self._back.settimeout(0.2)
        self.port = self._front.getsockname()[1]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while not self._stop.is_set():
            try:
                data, sender = self._front.recvfrom(65535)
                self.requests.append(data)
                self._back.send(data)
                answer = self._change(self._back.recv(65535))
            except (TimeoutError, ConnectionRefusedError):
                continue
            if answer is not None:
                self._front.sendto(answer, sender)

    def close(self):
        self._stop.set()
        self._thread.join()
        self._front.close()
        self._back.close()


@pytest.fixture
def udp_proxy() -> Iterator[Callable[..., UdpProxy]]:
    """Puts a proxy before a port; `change` gets each answer and gives what is sent on, None for nothing."""
    proxies: list[UdpProxy] = []

    def start(port: int, change: Callable[[bytes], bytes | None] = lambda answer: answer) -> UdpProxy:
        proxies.append(UdpProxy(port, change))
        return proxies[-1]

    yield start
    for proxy in proxies:
        proxy.close()


SPACES = {1: "coil", 2: "discrete", 3: "holding", 4: "input"}


class ModbusServer:
    """A Modbus TCP server that has these registers, (space, number) -> word, and answers for `unit` only.

    codes: every function code that it was asked for
    reads: (function code, start, count) of every request
    code: an exception code that answers everything, where it is set
    change: what is sent in place of an answer, given request and answer; None sends nothing
    """

    def __init__(self, registers: dict[tuple[str, int], int], port: int = 0, unit: int | None = 1):
        self.registers = registers
        self.unit = unit
        self.codes: list[int] = []
        self.reads: list[tuple[int, int, int]] = []
        self.connections = 0
        self.code: int | None = None
        self.change: Callable[[bytes, bytes], bytes | None] = lambda _request, answer: answer
        self.delay = 0.0
        self._listener = socket.create_server(("127.0.0.1", port))
        self._listener.settimeout(0.05)
        self.port = self._listener.getsockname()[1]
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()
        self._sockets: list[socket.socket] = []

    @property
    def url(self):
        return f"modbus://127.0.0.1:{self.port}/1"

    def _accept(self):
        while not self._stop.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            self.connections += 1
            connection.settimeout(0.05)
            self._sockets.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket):
        buffer = b""
        while not self._stop.is_set():
            try:
                data = connection.recv(4096)
            except TimeoutError:
                continue
            except OSError:
                return
            if not data:
                return
            buffer += data
            while len(buffer) >= 6 and len(buffer) >= (end := 6 + struct.unpack(">H", buffer[4:6])[0]):
                request, buffer = buffer[:end], buffer[end:]
                answer = self._answer(request)
                time.sleep(self.delay)
                answer = self.change(request, answer) if answer is not None else None
                if answer is not None:
                    connection.sendall(answer)

    def _answer(self, request: bytes) -> bytes | None:
        tid, _, _, unit, function, start, count = struct.unpack(">HHHBBHH", request[:12])
        self.codes.append(function)
        self.reads.append((function, start, count))
        if self.unit is not None and unit != self.unit:
            return None
        space = SPACES.get(function)
        words = [self.registers.get((space, start + i)) for i in range(count)]
        code = self.code or (1 if space is None else 2 if None in words else None)
        if code:
            body = bytes([function | 0x80, code])
        elif function in (1, 2):
            octets = sum(word << i for i, word in enumerate(words)).to_bytes((count + 7) // 8, "little")
            body = bytes([function, len(octets)]) + octets
        else:
            body = bytes([function, 2 * count]) + struct.pack(f">{count}H", *words)
        return struct.pack(">HHHB", tid, 0, len(body) + 1, unit) + body

    def drop(self):
        """Close every connection, and go on listening."""
        for connection in self._sockets:
            connection.close()
        self._sockets.clear()

    def close(self):
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self.drop()
        self._listener.close()


@pytest.fixture
def modbus_server() -> Iterator[Callable[..., ModbusServer]]:
    """Starts Modbus TCP servers."""
    servers: list[ModbusServer] = []

    def start(registers: dict[tuple[str, int], int], **settings: Any) -> ModbusServer:
        servers.append(ModbusServer(registers, **settings))
        return servers[-1]

    yield start
    for server in servers:
        server.close()
