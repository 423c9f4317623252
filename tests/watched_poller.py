"""A small device, its agent on loopback, and the poller that reads it by one of the libraries."""

import asyncio

import ber
from hostile_agent import UPTIME, HostileAgent, honest
from made_up import made_up
from telemetry.address import parse
from telemetry.block import Quality
from telemetry.pollers.snmp import SnmpPoller
from telemetry.pollers.snmp_gufo import GufoSession
from telemetry.pollers.snmp_pysnmp import PysnmpSession

UPS = "1.3.6.1.2.1.33.1"
ALARMS, FAN_FAILED = f"{UPS}.6.2.1.2", f"{UPS}.6.3.16"
PROFILE = made_up(
    {"quantity": "ups.status", "oid": f"{UPS}.4.1.0", "states": {"3": "online", "4": "bypass"}},
    {"quantity": "battery.charge", "oid": f"{UPS}.2.4.0"},
    {"quantity": "battery.runtime", "oid": f"{UPS}.2.3.0", "scale": 60},
    {"quantity": "input.{phase}-N.voltage", "column": f"{UPS}.3.3.1.3"},
    {"quantity": "alarm.fan-failed", "column": ALARMS, "lists": FAN_FAILED, "when": {"oid": f"{UPS}.6.1.0"}},
    {"quantity": "alarm.overload", "column": ALARMS, "lists": f"{UPS}.6.3.8", "when": {"oid": f"{UPS}.6.1.0"}},
)
OBJECTS = {
    UPTIME: ber.integer(4711, ber.TIMETICKS),
    f"{UPS}.2.3.0": ber.integer(30),
    f"{UPS}.2.4.0": ber.integer(98, ber.GAUGE32),
    **{f"{UPS}.3.3.1.3.{phase}": ber.integer(230 + phase) for phase in (1, 2, 3)},
    f"{UPS}.4.1.0": ber.integer(3),
    f"{UPS}.6.1.0": ber.integer(1, ber.GAUGE32),
    f"{ALARMS}.4": ber.oid(FAN_FAILED),
}
HONEST = {
    (f"{UPS}.4.1.0", "ups.status"): 0,
    (f"{UPS}.2.4.0", "battery.charge"): 98,
    (f"{UPS}.2.3.0", "battery.runtime"): 1800,
    **{(f"{UPS}.3.3.1.3.{phase}", f"input.L{phase}-N.voltage"): 230 + phase for phase in (1, 2, 3)},
    (ALARMS, "alarm.fan-failed"): 1,
    (ALARMS, "alarm.overload"): 0,
}

BACK_ENDS = {
    "gufo v1": (GufoSession, "snmp://127.0.0.1:{}?community=public&version=1"),
    "gufo v2c": (GufoSession, "snmp://127.0.0.1:{}?community=public"),
    "pysnmp v2c": (PysnmpSession, "snmp://127.0.0.1:{}?community=public"),
    "pysnmp v3": (PysnmpSession, "snmp://operator@127.0.0.1:{}"),
}


def believed(answer):
    return {(v.source, v.quantity): v.value for v in answer.values if v.quality is Quality.GOOD}


class Watched:
    """A poller with the agent that it asks; nothing that the event loop complains of is lost."""

    def __init__(self, back_end: str, timeout: float):
        self._kind, self._url = BACK_ENDS[back_end]
        self.timeout = timeout
        self.complaints: list[dict] = []

    async def __aenter__(self):
        asyncio.get_running_loop().set_exception_handler(lambda _loop, what: self.complaints.append(what))
        self.agent = await HostileAgent(honest(OBJECTS)).open()
        address = parse(self._url.format(self.agent.port))
        self.poller = SnmpPoller(address, PROFILE, self._kind(address), timeout=self.timeout)
        return self

    async def __aexit__(self, *_):
        await self.poller.close()
        self.agent.close()
        assert not self.complaints

    async def poll(self, behaviour=None, within=None):
        """What an answer makes believe while the agent behaves like this, else as it should."""
        self.agent.behaviour = behaviour or honest(OBJECTS)
        self.poller._timeout = self.poller._client._timeout = within or self.timeout
        async with asyncio.timeout(20):
            return believed(await self.poller.poll())

    def look_now(self):
        """Let the next poll look at the device anew, as it does by itself every while."""
        self.poller._look_at = self.poller._peace_until = 0.0
