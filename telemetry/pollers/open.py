"""Opens the poller that an address and a profile need."""

from device_profiles.schema import Profile
from telemetry.address import Address, ModbusAddress, check_keys
from telemetry.pollers.base import Poller
from telemetry.pollers.modbus import ModbusPoller
from telemetry.pollers.snmp import SnmpPoller
from telemetry.pollers.snmp_open import open_session


def open_poller(address: Address, profile: Profile, *, timeout: float) -> Poller:
    """A poller for one device. Nothing is sent yet.

    Args:
        address: where the device is
        profile: what it is
        timeout: seconds for one request, its repeats included

    Raises:
        ValueError: the profile is for another protocol than the address.
        AddressError: a key that the address needs is missing.
    """
    spoken = "modbus" if isinstance(address, ModbusAddress) else "snmp"
    if profile.protocol != spoken:
        raise ValueError(f"{address} speaks {spoken}, but profile {profile.name} is read by {profile.protocol}")
    if isinstance(address, ModbusAddress):
        return ModbusPoller(address, profile, timeout=timeout)
    check_keys(address)
    return SnmpPoller(address, profile, open_session(address), timeout=timeout)
