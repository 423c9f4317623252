"""Which poller an address and a profile get."""

import sys

import pytest

from device_profiles import library
from telemetry.address import AddressError, parse
from telemetry.pollers.modbus import ModbusPoller
from telemetry.pollers.open import open_poller
from telemetry.pollers.snmp import SnmpPoller
from telemetry.pollers.snmp_gufo import GufoSession
from telemetry.pollers.snmp_open import open_session
from telemetry.pollers.snmp_pysnmp import PysnmpSession

V2C, V3 = "snmp://h?community=public", "snmp://u@h?auth=sha256"


def test_the_address_decides_what_is_spoken():
    assert isinstance(open_poller(parse(V2C), library.load("apc/ups"), timeout=1), SnmpPoller)
    assert isinstance(open_poller(parse("modbus://h/1"), library.load("dse/gencomm"), timeout=1), ModbusPoller)


@pytest.mark.parametrize(("url", "profile"), [(V2C, "dse/gencomm"), ("modbus://h/1", "apc/ups")])
def test_a_profile_of_another_protocol_is_refused(url, profile):
    with pytest.raises(ValueError, match=profile):
        open_poller(parse(url), library.load(profile), timeout=1)


def test_a_missing_key_is_refused_before_anything_is_sent(monkeypatch):
    monkeypatch.delenv("RIDETHROUGH_AUTH_KEY", raising=False)
    with pytest.raises(AddressError, match="RIDETHROUGH_AUTH_KEY"):
        open_poller(parse(V3), library.load("apc/ups"), timeout=1)


def test_v3_never_goes_by_the_library_that_checks_no_mac(monkeypatch):
    monkeypatch.setenv("RIDETHROUGH_AUTH_KEY", "authpass1234")
    assert isinstance(open_session(parse(V3)), PysnmpSession)
    assert isinstance(open_session(parse(V2C)), GufoSession)
    assert isinstance(open_session(parse(f"{V2C}&version=1")), GufoSession)


def test_pysnmp_stands_in_where_gufo_snmp_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "telemetry.pollers.snmp_gufo", None)
    assert isinstance(open_session(parse(V2C)), PysnmpSession)
