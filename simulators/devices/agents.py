"""A simulated site on the network: every device answers on a free port of loopback, as its profile says.

site = SimulatedSite(scenario.site)
await site.start()
site.set("ups-a", {"input.voltage": 277.0, …})   # what it shows from now on; None: its card is dead
site.address("ups-a")                            # its URL, for a poller
await site.stop()
"""

import asyncio
from collections.abc import Mapping

from device_profiles.library import load
from simulators.devices.encode import encode
from simulators.devices.modbus_device import UNIT, ModbusDevice
from simulators.devices.snmp_agent import COMMUNITY, SnmpAgent
from telemetry.site import Site


class SimulatedSite:
    """SNMP agents and Modbus servers of all devices that have a profile, in one process on one event loop."""

    def __init__(self, site: Site) -> None:
        """Nothing is on the network yet. A profile that recognition would have to find out (`auto`) is none."""
        self._profiles = {d.name: load(d.profile) for d in site.devices if d.profile and d.profile != "auto"}
        self._devices: dict[str, SnmpAgent | ModbusDevice] = {}

    async def start(self) -> None:
        """Open every device. Until its first `set` a device answers, but knows nothing.

        Raises:
            OSError: no free port.
        """
        for name, profile in self._profiles.items():
            device = SnmpAgent(name, profile) if profile.protocol == "snmp" else ModbusDevice(profile)
            device.set(encode(profile, {}))
            device.open()
            self._devices[name] = device
        await self._settled()

    async def stop(self) -> None:
        """Close every device. Harmless when called twice."""
        for device in self._devices.values():
            device.close()
        await self._settled()
        self._devices = {}

    def set(self, device: str, values: Mapping[str, float] | None) -> None:
        """What the device shows from now on: {quantity: value}; None: it is dead, and its port closed.

        Raises:
            KeyError: the site has no such device, or it is not started.
        """
        agent = self._devices[device]
        if values is None:
            agent.close()
        else:
            agent.set(encode(self._profiles[device], values))
            agent.open()

    def address(self, device: str) -> str:
        """The URL by which a poller reads the device.

        Raises:
            KeyError: the site has no such device, or it is not started.
        """
        agent = self._devices[device]
        if isinstance(agent, ModbusDevice):
            return f"modbus://127.0.0.1:{agent.port}/{UNIT}"
        return f"snmp://127.0.0.1:{agent.port}?community={COMMUNITY}"

    async def _settled(self) -> None:
        await asyncio.gather(*(d.settled() for d in self._devices.values() if isinstance(d, ModbusDevice)))
