"""CPU that one poll of 20 values costs the client, by each SNMP library, from net-snmp's agent on loopback.

`python benchmarks/snmp_clients.py` prints the table. The agent is a process of its own: its CPU is not counted.
"""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pysnmp.entity.engine import SnmpEngine
from pysnmp.hlapi.v3arch.asyncio import auth, cmdgen, context, transport
from pysnmp.smi.rfc1902 import ObjectIdentity, ObjectType

from device_profiles.schema import Profile
from telemetry.address import SnmpAddress
from telemetry.pollers.snmp import SnmpPoller
from telemetry.pollers.snmp_gufo import GufoSession
from telemetry.pollers.snmp_pysnmp import PysnmpSession
from telemetry.pollers.snmp_session import SnmpSession

VALUES = 20
OIDS = [f"1.3.6.1.4.1.99999.1.{i}.0" for i in range(1, VALUES + 1)]
AUTH_KEY, PRIV_KEY = "benchmark-auth", "benchmark-priv"
ROUNDS = 3

PROFILE = Profile.model_validate(
    {
        "name": "benchmark/pdu",
        "vendor": "benchmark",
        "model": "pdu",
        "kind": "pdu",
        "protocol": "snmp",
        "source": ["this file"],
        "point": [{"quantity": f"outlet.{i}.current", "oid": oid, "scale": 0.1} for i, oid in enumerate(OIDS, start=1)],
    }
)


@contextmanager
def agent() -> Iterator[int]:
    """net-snmp's snmpd with the 20 objects; its UDP port.

    Raises:
        FileNotFoundError: it is not installed.
    """
    program = shutil.which("snmpd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if program is None:
        raise FileNotFoundError("snmpd is not installed")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        port = int(s.getsockname()[1])
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "snmpd.conf"
        config.write_text(
            f"agentAddress udp:127.0.0.1:{port}\nrocommunity public\ndontLogTCPWrappersConnects yes\n"
            f'createUser bench SHA-256 "{AUTH_KEY}" AES "{PRIV_KEY}"\nrouser bench authPriv\n'
            + "".join(f"override .{oid} integer {i}\n" for i, oid in enumerate(OIDS))
        )
        process = subprocess.Popen(
            [program, "-f", "-C", "-c", str(config), "-Lf", str(Path(folder) / "log")],
            env={**os.environ, "SNMP_PERSISTENT_DIR": str(Path(folder) / "state")},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield port
        finally:
            process.terminate()
            process.wait()


async def cpu_of(ask: Callable[[], Awaitable[object]], seconds: float) -> tuple[float, float]:
    """CPU µs and requests a second of asking again and again, one request at a time."""
    count, began, cpu = 0, time.perf_counter(), time.process_time()
    while (took := time.perf_counter() - began) < seconds:
        await ask()
        count += 1
    return (time.process_time() - cpu) / count * 1e6, count / took


def high_level(port: int) -> Callable[[], Awaitable[object]]:
    """The way of pysnmp's own manual: `get_cmd`, with MIB look-up."""
    engine, community = SnmpEngine(), auth.CommunityData("public")  # type: ignore[no-untyped-call]
    target: Any = None

    async def ask() -> object:
        nonlocal target
        target = target or await transport.UdpTransportTarget.create(("127.0.0.1", port))
        asked = [ObjectType(ObjectIdentity(oid)) for oid in OIDS]  # type: ignore[no-untyped-call]
        answer = await cmdgen.get_cmd(engine, community, target, context.ContextData(), *asked)  # type: ignore[no-untyped-call]
        if answer[0] or len(answer[3]) != VALUES:
            raise RuntimeError(f"the agent did not answer: {answer[0]}")
        return answer

    return ask


async def answers(poller: SnmpPoller) -> None:
    """Wait until the agent has started and gives all values.

    Raises:
        RuntimeError: it does not within 10 s.
    """
    for _ in range(100):
        answer = await poller.poll()
        if len(answer.values) == VALUES:
            return
        await asyncio.sleep(0.1)
    raise RuntimeError(f"the agent does not answer: {answer.error}")


async def row_of(name: str, session: SnmpSession, address: SnmpAddress, seconds: float) -> dict[str, Any]:
    """What a request costs by this library, and what the whole poll costs with it."""
    poller = SnmpPoller(address, PROFILE, session, timeout=5.0)
    await answers(poller)
    request, rate = min([await cpu_of(lambda: session.get(OIDS, 5.0), seconds) for _ in range(ROUNDS)])
    poll, _ = min([await cpu_of(poller.poll, seconds) for _ in range(ROUNDS)])
    await poller.close()
    return {"client": name, "CPU µs a request": request, "CPU µs a poll, decoded": poll, "requests a second": rate}


async def _measure(port: int, seconds: float) -> list[dict[str, Any]]:
    v2c = SnmpAddress("127.0.0.1", port, "2c", "public")
    v3 = SnmpAddress("127.0.0.1", port, "3", "", "bench", "sha256", "aes128", AUTH_KEY, PRIV_KEY)
    rows = [
        await row_of("gufo-snmp, v2c", GufoSession(v2c), v2c, seconds),
        await row_of("pysnmp, v2c", PysnmpSession(v2c), v2c, seconds),
        await row_of("pysnmp, v3 authPriv", PysnmpSession(v3), v3, seconds),
    ]
    ask = high_level(port)
    await ask()
    request, rate = min([await cpu_of(ask, seconds) for _ in range(ROUNDS)])
    name = "pysnmp, v2c, its own get_cmd"
    rows.append(
        {"client": name, "CPU µs a request": request, "CPU µs a poll, decoded": None, "requests a second": rate}
    )
    return [{**row, "times gufo-snmp": row["CPU µs a request"] / rows[0]["CPU µs a request"]} for row in rows]


def measure(seconds: float = 0.7) -> list[dict[str, Any]]:
    """One row a client; none where snmpd is not installed.

    Args:
        seconds: of each of the rounds, of which the best counts
    """
    try:
        with agent() as port:
            return asyncio.run(_measure(port, seconds))
    except FileNotFoundError as e:
        print(f"SNMP clients are not measured: {e}", file=sys.stderr)
        return []


def main() -> None:
    """Print the table."""
    for row in measure():
        cells = (f"{key} {value:,.1f}" for key, value in row.items() if isinstance(value, float))
        print(f"{row['client']:40}", *cells, sep=" | ")


if __name__ == "__main__":
    main()
