"""The live run: polls on the tick grid, one row a tick, into the engine, out to the outputs.

Every device is polled by a task of its own. A row waits a part of the tick for the devices that answered
last time; one that is slow or dead is not waited for: its answer, when it comes, goes into the row then due.
"""

import asyncio
from collections.abc import Collection, Mapping
from typing import Protocol

import structlog

from device_profiles.quantities import PRINCIPAL
from ridethrough.clock import Clock
from ridethrough.engine import Engine
from ridethrough.output import Outputs
from telemetry.assemble import Assembler
from telemetry.pollers.base import Contact, Poller
from telemetry.reading import Answer, Reading
from telemetry.site import Site

log = structlog.get_logger()

_LONGEST_PAUSE = 16  # polls left out between two tries of a device that does not answer


class Schedule(Protocol):
    """When which device is polled."""

    def due(self, tick: int) -> Collection[str]:
        """The devices that are polled at `tick` (microseconds UTC)."""
        ...


class SiteSchedule:
    """Every device at its own interval, on the site's grid."""

    def __init__(self, site: Site) -> None:
        self._interval = {d.name: d.interval for d in site.devices}

    def due(self, tick: int) -> Collection[str]:
        """At whole multiples of each device's interval since 1970, so that a restart changes nothing."""
        return {name for name, interval in self._interval.items() if tick % interval == 0}


class Watched:
    """One device and its poller: at most one poll under way, fewer tries while it does not answer."""

    def __init__(self, name: str, poller: Poller, *, backoff: bool) -> None:
        self.name = name
        self.poller = poller
        self.answered = True
        self.contact: Contact | None = None  # how it is read, since it first answered
        self._backoff = backoff
        self._task: asyncio.Task[Answer] | None = None
        self._asked = 0
        self._failures = 0
        self._pause = 0

    def ask(self, tick: int) -> None:
        """Begin the poll that is due at `tick`, unless the last one is still under way or the device is given a rest."""
        if self._task is not None:
            return
        if self._pause:
            self._pause -= 1
            return
        self._asked = tick
        self._task = asyncio.create_task(self.poller.poll(), name=f"poll {self.name}")

    @property
    def pending(self) -> asyncio.Task[Answer] | None:
        """The poll under way."""
        return self._task

    def take(self, now: int) -> Reading | None:
        """The reading, once the poll under way has ended."""
        if self._task is None or not self._task.done():
            return None
        task, self._task = self._task, None
        if error := task.exception():
            log.error("a poller failed: please report this", device=self.name, error=repr(error))
            answer = Answer((), f"{self.name}: internal error of its poller: {error!r}")
        else:
            answer = task.result()
        self._note(answer)
        return Reading(self.name, self._asked, now, answer)

    def _note(self, answer: Answer) -> None:
        if answer.error is None:
            if self._failures:
                log.info("gives readings again", device=self.name)
            self._failures, self._pause, self.answered = 0, 0, True
            self._meet()
            return
        if not self._failures:
            log.warning("gives no readings", device=self.name, error=answer.error)
        self._failures += 1
        self.answered = False
        # Three polls in a row are asked whatever comes: they decide whether communication is lost.
        if self._backoff and self._failures >= 3:
            self._pause = min(2 ** (self._failures - 3), _LONGEST_PAUSE) - 1

    def _meet(self) -> None:
        contact = self.poller.contact()
        known = self.contact.unusual if self.contact else frozenset()
        if contact and (found := contact.unusual - known):
            scales = {place: contact.scales[place] for place in sorted(found)}
            log.info("counts in other units than its MIB says; it is read so", device=self.name, scales=scales)
        self.contact = contact

    async def close(self) -> None:
        """End the poll under way and give the sockets back."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.poller.close()


class Live:
    """A site being watched.

    contacts: where how each device is read is written down, for a recording
    patience: the part of a tick that a row waits for answers; None waits for every poll to end, which is
        how simulated time never runs ahead of its devices
    """

    def __init__(
        self,
        site: Site,
        pollers: Mapping[str, Poller],
        clock: Clock,
        outputs: Outputs,
        *,
        schedule: Schedule | None = None,
        contacts: dict[str, object] | None = None,
        patience: float | None = 0.5,
    ) -> None:
        self._site = site
        self._clock = clock
        self._outputs = outputs
        self._schedule = schedule or SiteSchedule(site)
        self._patience = patience
        self._contacts = {} if contacts is None else contacts
        self._devices = [Watched(name, poller, backoff=patience is not None) for name, poller in pollers.items()]
        self._engine = Engine(site, replay=False)
        self._assembler = Assembler(
            {d.name: (PRINCIPAL[d.kind],) for d in site.devices if d.name in pollers},
            {d.name: d.interval for d in site.devices},
            site.tick,
        )
        self._stop = asyncio.Event()

    def stop(self) -> None:
        """End the run after the tick at hand."""
        self._stop.set()

    @property
    def stopped(self) -> bool:
        """Whether somebody has asked for the end."""
        return self._stop.is_set()

    async def wait_for_stop(self) -> None:
        """Return once somebody asks for the end."""
        await self._stop.wait()

    async def run(self, start: int, until: int | None = None) -> None:
        """Watch from the first tick at or after `start` to `until`, or till stopped."""
        tick = -(-start // self._site.tick) * self._site.tick
        try:
            while not self._stop.is_set() and (until is None or tick <= until):
                await self._wait_for(tick)
                if self._stop.is_set():
                    break
                await self._one(tick)
                tick = self._next(tick)
        finally:
            await asyncio.gather(*(d.close() for d in self._devices))
            self._outputs.close()

    async def _wait_for(self, tick: int) -> None:
        sleep = asyncio.create_task(self._clock.sleep_until(tick))
        stop = asyncio.create_task(self._stop.wait())
        try:
            done, _ = await asyncio.wait((sleep, stop), return_when=asyncio.FIRST_COMPLETED)
            if sleep in done:
                sleep.result()
        finally:
            for task in (sleep, stop):
                task.cancel()

    async def _one(self, tick: int) -> None:
        due = self._schedule.due(tick)
        for device in self._devices:
            if device.name in due:
                device.ask(tick)
        if awaited := [d.pending for d in self._devices if d.pending and (d.answered or self._patience is None)]:
            timeout = None if self._patience is None else self._patience * self._site.tick / 1e6
            await asyncio.wait(awaited, timeout=timeout)
        for device in self._devices:
            if reading := device.take(self._clock.now()):
                if reading.answer.error is None:
                    self._assembler.add_channels(device.name, device.poller.quantities())
                    if device.contact:
                        self._contacts[device.name] = device.contact.to_json()
                self._assembler.put(reading)
        block = self._assembler.row(tick, due)
        self._outputs.give(self._engine.push(block), block)

    def _next(self, tick: int) -> int:
        """The tick after `tick`; after a standstill of this host, the first that is not past."""
        following = tick + self._site.tick
        if self._patience is None or self._clock.now() < following + self._site.tick:
            return following
        late = self._clock.now() // self._site.tick * self._site.tick
        log.error("this host stood still; rows are missing", seconds=(late - following) / 1e6)
        return max(following, late)
