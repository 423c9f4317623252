"""The live run: a row every tick, whatever the devices do."""

import asyncio
from collections.abc import Sequence

from alarms.effects import Effect
from ridethrough.live import Live
from ridethrough.output import Outputs
from telemetry.block import SECOND, Channel, Quality, SampleBlock
from telemetry.reading import Answer, Value
from telemetry.site import Device, Site

SITE = Site("test", (Device("ups-a", "ups"), Device("ups-b", "ups")))


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

    async def close(self) -> None:
        self.closed = True


class QuickClock:
    """A clock that runs a hundred times faster than real time."""

    def __init__(self) -> None:
        self._began = asyncio.get_running_loop().time()

    def now(self) -> int:
        return round((asyncio.get_running_loop().time() - self._began) * 100 * SECOND)

    async def sleep_until(self, moment: int) -> None:
        await asyncio.sleep(max(0, moment - self.now()) / SECOND / 100)


class SteppingClock:
    """Simulated time: it stands still until it is told to go on."""

    def __init__(self) -> None:
        self._now = 0

    def now(self) -> int:
        return self._now

    async def sleep_until(self, moment: int) -> None:
        self._now = moment


def watch(a: FakePoller, b: FakePoller, ticks: int, *, simulated: bool = False) -> Rows:
    """Both devices watched for some ticks; a row waits 5 ms, half a tick of the quick clock."""
    rows = Rows()

    async def run() -> None:
        clock = SteppingClock() if simulated else QuickClock()
        patience = None if simulated else 0.005
        live = Live(SITE, {"ups-a": a, "ups-b": b}, clock, Outputs([rows]), patience=patience)
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
    assert rows.quality("ups-a").count(Quality.GOOD) >= 18, "the first row may wait for the one that hangs"
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
    rows = watch(a, b, 10, simulated=True)
    assert set(rows.quality("ups-b")) == {Quality.GOOD}
