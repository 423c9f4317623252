"""The live run: a row every tick, whatever the devices do."""

import asyncio
from collections.abc import Mapping, Sequence

from alarms.effects import Effect
from ridethrough.live import Live
from ridethrough.output import Outputs
from telemetry.block import SECOND, Channel, Quality, SampleBlock
from telemetry.pollers.base import Contact
from telemetry.reading import Answer, Value
from telemetry.site import Device, Site

SITE = Site("test", (Device("ups-a", "ups"), Device("ups-b", "ups")))
NEVER: Mapping[int, int] = {}


class Rows:
    """An output that keeps the rows and what was told."""

    def __init__(self) -> None:
        self.blocks: list[SampleBlock] = []
        self.effects: list[Effect] = []

    def tell(self, effects: Sequence[Effect]) -> None:
        self.effects += effects

    def after_tick(self, block: SampleBlock) -> None:
        self.blocks.append(block)

    def close(self) -> None:
        pass

    def quality(self, device: str) -> list[Quality]:
        """A device's frequency, row by row; MISSING before its column is there."""
        channel = Channel(device, "input.frequency")
        return [
            Quality(int(b.quality[0, b.channels.index(channel)])) if channel in b.channels else Quality.MISSING
            for b in self.blocks
        ]


class FakePoller:
    """A device that gives its frequency, or is given a way to fail."""

    def __init__(self, *, delay: float = 0, error: str | None = None, fault: Exception | None = None) -> None:
        self.delay, self.error, self.fault = delay, error, fault
        self.polls = 0
        self.closed = False

    async def poll(self) -> Answer:
        self.polls += 1
        await asyncio.sleep(self.delay)
        if self.fault:
            raise self.fault
        if self.error:
            return Answer((), self.error)
        return Answer((Value("input.frequency", 50.0, Quality.GOOD, "1.3"),))

    def quantities(self) -> tuple[str, ...]:
        return ("input.frequency",)

    def contact(self) -> Contact | None:
        return Contact("acme/meter", {"1.3": 0.1}) if self.polls else None

    async def close(self) -> None:
        self.closed = True


class SteppingClock:
    """A clock that is as late as it is told, and stands still in between: real time makes no difference to a test.

    late: by how many seconds it wakes too late, by tick
    """

    def __init__(self, late: Mapping[int, int]) -> None:
        self._now = 0
        self._late = late

    def now(self) -> int:
        return self._now

    async def sleep_until(self, moment: int) -> None:
        self._now = max(self._now, moment + self._late.get(moment // SECOND, 0) * SECOND)


def watch(
    a: FakePoller, b: FakePoller, ticks: int, *, patience: float | None = 0.1, late: Mapping[int, int] = NEVER
) -> Rows:
    """Both devices watched for some ticks of a second; `patience` as `Live` has it."""
    rows = Rows()

    async def run() -> None:
        live = Live(SITE, {"ups-a": a, "ups-b": b}, SteppingClock(late), Outputs([rows]), patience=patience)
        await live.run(SECOND, ticks * SECOND)

    asyncio.run(run())
    return rows


def test_every_tick_makes_a_row_and_every_poller_is_closed() -> None:
    a, b = FakePoller(), FakePoller()
    rows = watch(a, b, 20)
    assert [int(r.times[0]) for r in rows.blocks] == [i * SECOND for i in range(1, 21)]
    assert set(rows.quality("ups-a")) == {Quality.GOOD}
    assert a.closed
    assert b.closed


def test_a_device_that_hangs_delays_nobody() -> None:
    a, b = FakePoller(), FakePoller(delay=60)
    rows = watch(a, b, 20)
    assert set(rows.quality("ups-a")) == {Quality.GOOD}
    assert set(rows.quality("ups-b")) == {Quality.MISSING}
    assert [e.subject for e in rows.effects if e.kind == "comms_lost"] == ["ups-b"]


def test_a_device_that_fails_is_asked_less_and_less_often() -> None:
    a, b = FakePoller(), FakePoller(error="no answer")
    watch(a, b, 60)
    assert 3 < b.polls < 20


def test_a_poller_that_raises_is_a_device_that_does_not_answer() -> None:
    a, b = FakePoller(), FakePoller(fault=RuntimeError("bug"))
    rows = watch(a, b, 10)
    assert set(rows.quality("ups-b")) == {Quality.MISSING}
    assert set(rows.quality("ups-a")) == {Quality.GOOD}


def test_simulated_time_waits_for_every_answer() -> None:
    a, b = FakePoller(), FakePoller(delay=0.03)
    rows = watch(a, b, 10, patience=None)
    assert set(rows.quality("ups-b")) == {Quality.GOOD}


def test_after_a_standstill_of_the_host_rows_go_on_from_now() -> None:
    """What was slept through is missing, not made up for in a burst; one tick late is caught up with."""
    rows = watch(FakePoller(), FakePoller(), 12, late={3: 1, 6: 4})
    assert [int(r.times[0]) // SECOND for r in rows.blocks] == [1, 2, 3, 4, 5, 6, 10, 11, 12]
