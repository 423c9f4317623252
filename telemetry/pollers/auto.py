"""A device whose profile the site file leaves open: recognised at first contact, and read from then on."""

from device_profiles import library
from telemetry.address import Address
from telemetry.pollers.base import Contact, Poller
from telemetry.pollers.open import open_poller
from telemetry.reading import Answer
from telemetry.recognise import recognise


class AutoPoller:
    """Tries to recognise the device at each poll until it can; then is that profile's poller."""

    def __init__(self, address: Address, *, timeout: float) -> None:
        self._address = address
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
        """The profile's, from recognition on."""
        return self._poller.quantities() if self._poller else ()

    def contact(self) -> Contact | None:
        """That of the profile that it was recognised by."""
        return self._poller.contact() if self._poller else None

    async def close(self) -> None:
        """Give sockets back."""
        if self._poller:
            await self._poller.close()
