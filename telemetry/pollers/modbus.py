"""Reads one Modbus device: joins its registers into few reads, and finds out which of them it does not have."""

import asyncio
from dataclasses import dataclass, field

from device_profiles.schema import WORDS_OF, Profile
from telemetry.address import ModbusAddress
from telemetry.decode import Decoder
from telemetry.pollers.base import Contact
from telemetry.pollers.modbus_link import ModbusFailure, ModbusLink, ModbusRefusal
from telemetry.pollers.modbus_spans import Place, Span, join
from telemetry.reading import Answer, Raw

# Seconds after which registers that were refused are asked for once more; each pause is twice the one before.
_SOONEST, _LATEST = 30.0, 900.0
_POLL = 5.0  # time-outs that a whole poll may take


@dataclass
class _Found:
    """What one poll has brought so far, and the event loop's time at which it sends no further request."""

    until: float
    words: dict[Place, int] = field(default_factory=dict)
    absent: set[Place] = field(default_factory=set)
    error: str | None = None


class ModbusPoller:
    """Reads one device by one profile. Keeps its connection from poll to poll."""

    def __init__(self, address: ModbusAddress, profile: Profile, *, timeout: float) -> None:
        """Nothing is sent yet.

        Args:
            address: where the device is
            profile: what it is, and so what to ask for
            timeout: seconds for one read, its repeat included
        """
        self._link = ModbusLink(address, timeout=timeout)
        self._profile = profile
        self._decoder = Decoder(profile)
        self._timeout = timeout
        self._values = [
            (a.space, a.register_, WORDS_OF[a.type]) for a in profile.addresses() if a.register_ is not None
        ]
        self._there: frozenset[Place] = frozenset()  # registers that were ever read
        self._absent: frozenset[Place] = frozenset()  # refused; not asked for until _look_at
        self._cuts: frozenset[Place] = frozenset()  # registers before which a read must end
        self._spans: list[Span] = []
        self._look_at = float("-inf")  # the event loop's time
        self._pause = _SOONEST
        self._seen: dict[str, None] = {}

    async def poll(self) -> Answer:
        """Read every point once; see `Poller`."""
        clock = asyncio.get_running_loop().time
        if clock() >= self._look_at:
            self._look_at = clock() + self._pause
            self._pause = min(2 * self._pause, _LATEST)
            self._absent = self._cuts = frozenset()
            self._plan()
        found = _Found(clock() + _POLL * self._timeout)
        try:
            for span in self._spans:
                await self._read(span, found)
        except ModbusFailure as e:
            found.error = str(e)
        self._there |= found.words.keys()
        # What was there before is asked for every time: it may come back at any moment.
        if gone := found.absent - self._there - self._absent:
            self._absent |= gone
            self._plan()
        raw: dict[str, Raw] = {f"{space}:{number}": word for (space, number), word in found.words.items()}
        values = self._decoder.decode(raw)
        if not values:
            return Answer((), found.error or self._knows_nothing())
        answer = Answer(values)
        self._seen.update(dict.fromkeys(answer.given))
        return answer

    def quantities(self) -> tuple[str, ...]:
        """See `Poller`."""
        return tuple(self._seen)

    def contact(self) -> Contact | None:
        """See `Poller`."""
        return Contact(self._profile.name) if self._seen else None

    async def close(self) -> None:
        """See `Poller`."""
        self._link.close()

    def _plan(self) -> None:
        self._spans = join(self._values, limit=self._profile.max_registers, absent=self._absent, cuts=self._cuts)

    async def _read(self, span: Span, found: _Found) -> bool:
        """Read a span, in halves where the device refuses it; whether it came in one piece."""
        if asyncio.get_running_loop().time() >= found.until:
            raise ModbusFailure(f"{self._link.address} answers too slowly to be read in full")
        try:
            words = await self._link.read(span)
        except ModbusRefusal as e:
            if not e.says_not_there:
                raise
            halves = span.halves()
            if halves is None:
                found.absent |= span.places
                found.error = str(e)
                return False
            before = await self._read(halves[0], found)
            after = await self._read(halves[1], found)
            if before and after:  # so what was refused is a gap between them
                self._cuts |= {(span.space, halves[1].start)}
                self._plan()
            return False
        found.words.update(
            ((span.space, number), word) for number, word in words.items() if (span.space, number) in span.places
        )
        return True

    def _knows_nothing(self) -> str:
        return f"{self._link.address} answers, but has no register that profile {self._profile.name} reads: check the profile"
