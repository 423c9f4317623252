"""Chooses the library that asks an SNMP agent."""

import importlib.util

from telemetry.address import SnmpAddress
from telemetry.pollers.snmp_session import SnmpSession


def open_session(address: SnmpAddress) -> SnmpSession:
    """gufo-snmp for v1 and v2c, three hundred times cheaper; pysnmp for v3, and where gufo-snmp is not installed."""
    if address.version != "3" and importlib.util.find_spec("gufo"):
        from telemetry.pollers.snmp_gufo import GufoSession  # noqa: PLC0415 - it may be missing

        return GufoSession(address)
    from telemetry.pollers.snmp_pysnmp import PysnmpSession  # noqa: PLC0415 - takes a third of a second

    return PysnmpSession(address)
