"""Nothing outside the simulators and the tests can write to a device.

What is sent is looked at in `telemetry/pollers/test_read_only_on_the_wire.py`; here it is the source. Names are taken
for what they are wherever they stand: imported, called, or in a string for `getattr`.
"""

import ast
import re
from pathlib import Path

import pytest
from pymodbus.client.mixin import ModbusClientMixin

ROOT = Path(__file__).parent.parent
EXEMPT = {"simulators", "tests"}

# The libraries that speak to devices, and the only places that may use them.
DEVICE_LIBRARIES = {"pysnmp", "gufo", "pymodbus", "puresnmp", "aiosnmp", "easysnmp", "ezsnmp", "snmp", "minimalmodbus"}
SPEAKERS = {"telemetry/pollers", "benchmarks"}

# All that a Modbus client can do, but for the four reads (function codes 1 to 4).
READS = {"read_coils", "read_discrete_inputs", "read_holding_registers", "read_input_registers"}
MODBUS_DEEDS = {name for name in dir(ModbusClientMixin) if not name.startswith("_")} - READS

# Names of SNMP SET and of Modbus writes, in whatever library.
WRITES = re.compile(
    r"set_?cmd|setCmd|snmp_?set|multi_?set|.*SetRequest.*|.*SetCommand.*"
    r"|write_?(single_?|multiple_?)?(coil|register|file_?record)s?|mask_?write.*|read_?write_?(multiple_?)?registers?"
    r"|.*(Write|Mask)[A-Za-z]*(Coil|Register|FileRecord).*",
    re.IGNORECASE,
)
SNMP_SETS = re.compile(r"set|set_many|send_set.*|recv_set.*")


def faults(source: str, path: str) -> list[str]:
    """Every use of a name that writes to a device, with its line."""
    tree = ast.parse(source, path)
    libraries = {name.partition(".")[0] for _, name in imported(tree)} & DEVICE_LIBRARIES
    found = []
    if libraries and not any(path.startswith(place) for place in SPEAKERS):
        found.append(f"{path}: only {', '.join(sorted(SPEAKERS))} may use {', '.join(sorted(libraries))}")
    for line, name in names(tree):
        if (
            WRITES.fullmatch(name)
            or ("pymodbus" in libraries and name in MODBUS_DEEDS)
            or (libraries & {"pysnmp", "gufo"} and SNMP_SETS.fullmatch(name))
        ):
            found.append(f"{path}:{line}: {name}")
    return found


def imported(tree: ast.AST):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.lineno, node.module or ""


def names(tree: ast.AST):
    """Names that are read, called or imported, attributes, and strings that are a name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.lineno, node.attr
        elif isinstance(node, ast.Name):
            yield node.lineno, node.id
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            yield node.lineno, node.value


def product() -> list[Path]:
    """The Python files that users run: all but the simulators' and the tests'."""
    return [
        path
        for path in sorted(ROOT.rglob("*.py"))
        if (parts := path.relative_to(ROOT).parts)[0] not in EXEMPT and not any(part.startswith(".") for part in parts)
    ]


def test_no_source_of_the_product_can_write_to_a_device():
    assert len(product()) > 50
    found = [f for path in product() for f in faults(path.read_text(encoding="utf-8"), str(path.relative_to(ROOT)))]
    assert found == []


@pytest.mark.parametrize(
    "planted",
    [
        "from pysnmp.hlapi.v3arch.asyncio import set_cmd",
        "from pysnmp.hlapi.v1arch.asyncio import set_cmd as get",
        "import pysnmp.hlapi.v3arch.asyncio as hlapi\nhlapi.set_cmd()",
        "from pysnmp.entity.rfc3413 import cmdgen\ncmdgen.SetCommandGenerator()",
        "from pysnmp.proto.api import v2c\nv2c.SetRequestPDU()",
        "from gufo.snmp.aio import SnmpSession\nasync def f(s):\n    await s.set('1.3', 1)",
        "async def f(client):\n    await client.write_register(1, 2)",
        "async def f(client):\n    await client.write_registers(1, [2])",
        "def f(client):\n    client.write_coil(1, True)",
        "def f(client):\n    client.write_coils(1, [True])",
        "def f(client):\n    client.mask_write_register(1, 2, 3)",
        "def f(client):\n    client.readwrite_registers()",
        "def f(client):\n    getattr(client, 'write_register')(1, 2)",
        "from pymodbus.pdu.register_message import WriteSingleRegisterRequest",
        "from pymodbus.client import AsyncModbusTcpClient\nasync def f(c, r):\n    await c.execute(False, r)",
        "from pymodbus.client import AsyncModbusTcpClient\nasync def f(c):\n    await c.diag_restart_communication(True)",
    ],
)
def test_a_planted_write_is_found(planted):
    assert faults(planted, "telemetry/pollers/planted.py")


def test_a_device_library_outside_the_pollers_is_found():
    for library in DEVICE_LIBRARIES:
        assert faults(f"import {library}", "ridethrough/planted.py")
        assert not faults(f"import {library}", "telemetry/pollers/planted.py")


def test_reading_is_no_fault():
    source = (
        "from pymodbus.client import AsyncModbusTcpClient\n"
        "async def f(c, cache):\n    cache.clear()\n    return await c.read_holding_registers(1, count=2)\n"
    )
    assert faults(source, "telemetry/pollers/planted.py") == []
