"""Chooses the library that asks an SNMP agent."""

from telemetry.address import SnmpAddress
from telemetry.pollers.snmp_session import SnmpSession


def open_session(address: SnmpAddress) -> SnmpSession:
    """gufo-snmp for v1 and v2c, many times cheaper; pysnmp for v3, and where gufo-snmp is not to be had."""
    if address.version != "3":
        try:
            from telemetry.pollers.snmp_gufo import GufoSession  # noqa: PLC0415 - it may be missing
        except ImportError:
            pass
        else:
            return GufoSession(address)
    from telemetry.pollers.snmp_pysnmp import PysnmpSession  # noqa: PLC0415 - takes a third of a second

    return PysnmpSession(address)
