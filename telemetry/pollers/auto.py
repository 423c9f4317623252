"""A device whose profile the site file leaves open: recognised at first contact, and read from then on."""

from device_profiles import library
from telemetry.address import Address
from telemetry.pollers.base import Poller
from telemetry.pollers.open import open_poller
from telemetry.reading import Answer
from telemetry.recognise import recognise

# What a device of that kind is watched for above all: its one channel while nothing more is known of it.
_PRINCIPAL = {
    "utility": "input.frequency",
    "generator": "generator.state",
    "switchgear": "switchgear.breaker",
    "transfer_switch": "input.source",
    "ups": "ups.status",
    "pdu": "input.current",
    "meter": "input.frequency",
    "dc_plant": "dc.voltage",
}


class AutoPoller:
    """Tries to recognise the device at each poll until it can; then is that profile's poller."""

    def __init__(self, address: Address, kind: str, *, timeout: float) -> None:
        self._address = address
        self._kind = kind
        self._timeout = timeout
        self._poller: Poller | None = None

    async def poll(self) -> Answer:
        """The device's answer; while it is not recognised, the reason why not."""
        if self._poller is None:
            found = await recognise(self._address, timeout=self._timeout)
            if found.profile is None:
                return Answer((), found.error)
            self._poller = open_poller(self._address, library.load(found.profile), timeout=self._timeout)
        return await self._poller.poll()

    def quantities(self) -> tuple[str, ...]:
        """The kind's principal quantity, and all of the profile's from recognition on."""
        known = self._poller.quantities() if self._poller else ()
        return tuple(dict.fromkeys((_PRINCIPAL[self._kind], *known)))

    async def close(self) -> None:
        """Give sockets back."""
        if self._poller:
            await self._poller.close()
