"""The detectors over dense blocks: samples a second on one core, beside peers and a memory copy.

A calm block is one in which nothing happens: sound mains with a sensor's noise. Every detector of the bank looks at
it. The peers do a small part of that: a running mean and variance of each channel, and one threshold.
"""

import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np

from detectors import fast
from detectors.bank import ALL, Bank, BankState
from detectors.detector import Detector
from detectors.layout import Layout
from detectors.state import State
from telemetry.block import SECOND, Channel, Quality, SampleBlock
from telemetry.site import Device, Site

ROWS = 60  # a minute of one-second polls in a block
QUANTITIES = (*tuple(f"input.L{p}-N.voltage" for p in (1, 2, 3)), "input.frequency")


def stream(channels: int, *, storm: bool, seed: int = 1) -> tuple[Layout, SampleBlock]:
    """Meters with three phases and a frequency each; in a storm every phase sags a quarter of the time."""
    rng = np.random.default_rng(seed)
    meters = channels // len(QUANTITIES)
    site = Site("bench", tuple(Device(f"m{i}", "meter", nominal_voltage=230.0) for i in range(meters)))
    columns = tuple(Channel(f"m{i}", q) for i in range(meters) for q in QUANTITIES)
    values = np.empty((ROWS, len(columns)), np.float32)
    for q, name in enumerate(QUANTITIES):
        level, spread = (50.0, 0.02) if name.endswith("frequency") else (230.0, 1.0)
        values[:, q :: len(QUANTITIES)] = rng.normal(level, spread, (ROWS, meters))
    if storm:
        for p in range(3):
            start = rng.integers(0, ROWS * 3 // 4, meters)
            row = np.arange(ROWS)[:, None]
            inside = (row >= start) & (row < start + ROWS // 4)
            values[:, p :: len(QUANTITIES)][inside] *= np.float32(0.7)
    times = np.arange(1, ROWS + 1, dtype=np.int64) * SECOND
    return Layout(site, columns), SampleBlock(columns, times, values, np.zeros(values.shape, np.uint8))


def polled_every(rows: int, block: SampleBlock) -> SampleBlock:
    """The block as slow devices give it: a sample in one row of `rows`, held in the others; devices take turns."""
    device = np.arange(len(block.channels)) // len(QUANTITIES)
    sampled = (np.arange(len(block))[:, None] + device) % rows == 0
    row = np.maximum.accumulate(np.where(sampled, np.arange(len(block))[:, None], 0), axis=0)
    quality = np.where(sampled, Quality.GOOD, Quality.HELD).astype(np.uint8)
    return SampleBlock(block.channels, block.times, np.take_along_axis(block.values, row, axis=0), quality)


def plain_loop(block: SampleBlock, nominal: float = 230.0) -> int:
    """The calm part of the bank's rules, a sample at a time, in plain Python; counts what leaves them.

    Limits with hysteresis, windows of sixteen with their extremes, the median of five middles, noise, jumps, shifts
    and repeats. What happens once something has begun is left out, and so are all other rules.
    """
    found, width = 0, len(block.channels)
    low, high = [math.inf] * width, [-math.inf] * width
    outside, last = [False] * width, [math.nan] * width
    middles: list[list[float]] = [[] for _ in range(width)]
    usual, noise, repeats = [math.nan] * width, [1.0] * width, [0] * width
    frequency = [c.quantity.endswith("frequency") for c in block.channels]
    for number, (row, quality) in enumerate(zip(block.values.tolist(), block.quality.tolist(), strict=True), 1):
        for i, value in enumerate(row):
            if quality[i] != Quality.GOOD:
                continue
            away = abs(value - 50.0) >= 0.5 if frequency[i] else not 0.9 * nominal <= value <= 1.1 * nominal
            if away and not outside[i]:
                outside[i] = True
                found += 1
            elif outside[i] and (
                abs(value - 50.0) < 0.45 if frequency[i] else 0.92 * nominal <= value <= 1.08 * nominal
            ):
                outside[i] = False
            reach = max(0.025 * usual[i], 1.7 * noise[i])
            if abs(value - last[i]) >= reach or abs(value - usual[i]) >= 2 * reach:
                found += 1
            last[i] = value
            low[i] = min(low[i], value)
            high[i] = max(high[i], value)
        if number % 16 == 0:
            for i in range(width):
                spread, own = high[i] - low[i], middles[i]
                own.append((high[i] + low[i]) / 2)
                if len(own) > 5:
                    own.pop(0)
                usual[i] = sorted(own)[len(own) // 2]
                noise[i] *= 1.02 if spread > noise[i] else 1 / 1.02
                repeats[i] = repeats[i] + 16 if spread == 0 else 0
                found += repeats[i] >= 32
                low[i], high[i] = math.inf, -math.inf
    return found


def river_loop(block: SampleBlock) -> Callable[[], int]:
    """River's exponentially weighted variance with a threshold at six sigma; a model a channel."""
    from river.stats import EWMean, EWVar  # noqa: PLC0415

    models = [(EWMean(0.1), EWVar(0.1)) for _ in block.channels]
    rows = block.values.tolist()

    def run() -> int:
        onsets = 0
        for row in rows:
            for value, (mean, var) in zip(row, models, strict=True):
                spread = var.get()
                onsets += spread > 0 and (value - mean.get()) ** 2 > 36 * spread
                mean.update(value)
                var.update(value)
        return onsets

    return run


def polars_ewm(block: SampleBlock) -> Callable[[], object]:
    """Polars' exponentially weighted mean and deviation, a block of all channels at once, and the same threshold."""
    os.environ["POLARS_MAX_THREADS"] = "1"  # one core, as everybody here
    import polars as pl  # noqa: PLC0415

    frame = pl.DataFrame({str(i): block.values[:, i] for i in range(len(block.channels))})
    column = pl.all()
    z = (column - column.ewm_mean(alpha=0.1)) / column.ewm_std(alpha=0.1)
    return lambda: frame.select((z.abs() > 6).sum())


def timed(work: Callable[[], object], repeats: int = 5) -> float:
    """The best of some runs, in seconds; the first is for warming up."""
    work()
    best = float("inf")
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return best


def copy_rate() -> float:
    """Samples a second that `np.copyto` moves between two float32 arrays of 256 MB."""
    source, target = np.zeros(64 * 1024 * 1024, np.float32), np.ones(64 * 1024 * 1024, np.float32)
    return source.size / timed(lambda: np.copyto(target, source))


@dataclass(frozen=True)
class Run:
    """A bank that has seen a stream for long enough to know what is usual, and the block that comes next."""

    bank: Bank
    state: BankState
    block: SampleBlock

    @staticmethod
    def of(layout: Layout, block: SampleBlock, bank: Sequence[Detector[Any]] = ALL) -> "Run":
        """After as many blocks as it takes to learn what is usual and each last digit (64 windows of sixteen polls)."""
        whole = Bank(bank)
        state, later = whole.start(layout), block
        for _ in range(1 + 1200 // len(block)):
            state, _ = whole.step(state, later)
            times = later.times + int(block.times[-1] - block.times[0]) + SECOND
            later = SampleBlock(block.channels, times, block.values, block.quality)
        return Run(whole, state, later)

    def rate(self) -> float:
        """Samples a second; events are found, and made when somebody reads them."""
        return self.block.values.size / timed(lambda: self.bank.step(self.state, self.block))

    def rate_with_events(self) -> float:
        """The same, with every event read."""
        return self.block.values.size / timed(lambda: [list(e) for e in self.bank.step(self.state, self.block)[1]], 2)

    def events(self) -> int:
        """How many it finds."""
        return sum(map(len, self.bank.step(self.state, self.block)[1]))

    def bytes_a_channel(self) -> float:
        """Bytes of state that are carried from block to block, for each channel."""
        return sum(a.nbytes for a in arrays(self.state)) / len(self.block.channels)


def arrays(state: object) -> Iterator[np.ndarray[Any, Any]]:
    """What a state holds: the arrays of every `State` in it."""
    if isinstance(state, State):
        yield from (getattr(state, f.name) for f in fields(state) if f.name != "keys")
    elif isinstance(state, tuple):
        for part in state:
            yield from arrays(part)
    elif is_dataclass(state):
        for f in fields(state):
            yield from arrays(getattr(state, f.name))


def without_fast(work: Callable[[], float]) -> float:
    """What numpy alone does."""
    before, fast.LARGE = fast.LARGE, 1 << 60
    try:
        return work()
    finally:
        fast.LARGE = before


def longer(block: SampleBlock, times: int) -> SampleBlock:
    """The block repeated: the rows that replay gives at once."""
    rows = len(block) * times
    return SampleBlock(
        block.channels,
        np.arange(1, rows + 1, dtype=np.int64) * SECOND,
        np.tile(block.values, (times, 1)),
        np.tile(block.quality, (times, 1)),
    )


def measure() -> list[dict[str, Any]]:
    """Rows of the table; ratios are to the peers and to the copy of the same run."""
    copied = copy_rate()
    layout, small = stream(2_000, storm=False)
    looped = small.values.size / timed(lambda: plain_loop(small), 3)
    rows: list[dict[str, Any]] = [
        {"what": "np.copyto, 256 MB float32", "samples a second": copied},
        {"what": "plain Python loop of the rules, calm part", "channels": 2_000, "samples a second": looped},
    ]
    peers = {"plain loop": looped}
    few = longer(stream(200, storm=False)[1], 60)  # an hour: long columns are what polars is made for
    for name, peer, block in (("River EWVar", river_loop, small), ("polars ewm", polars_ewm, few)):
        try:
            peers[name] = block.values.size / timed(peer(block), 2)
        except ImportError:
            continue
        rows.append({"what": name, "channels": len(block.channels), "samples a second": peers[name]})

    def row(what: str, run: Run, rate: float) -> None:
        rows.append(
            {
                "what": what,
                "channels": len(run.block.channels),
                "samples a second": rate,
                "copy is faster by": copied / rate,
            }
            | {f"times {name}": rate / peer for name, peer in peers.items()}
            | {"events in the block": run.events(), "bytes of state a channel": run.bytes_a_channel()}
        )

    calm = Run.of(*stream(100_000, storm=False))
    row("all detectors, calm", calm, without_fast(calm.rate))
    row("all detectors, calm, with the extra `fast`", calm, calm.rate())
    replayed = Run.of(layout, longer(small, 60))
    row("all detectors, calm, blocks of an hour", replayed, without_fast(replayed.rate))
    row("all detectors, calm, blocks of an hour, with `fast`", replayed, replayed.rate())
    layout, block = stream(100_000, storm=False)
    held = Run.of(layout, polled_every(10, block))
    row("all detectors, calm, polled every 10 s, held between", held, without_fast(held.rate))
    storm = Run.of(*stream(100_000, storm=True))
    row("all detectors, every phase sags a quarter of the time", storm, without_fast(storm.rate))
    row("the same, with `fast`", storm, storm.rate())
    row("the same, and every event read", storm, storm.rate_with_events())
    layout, block = stream(100_000, storm=False)
    for detector in ALL:
        alone = Run.of(layout, block, (detector,))
        row(f"the dense look and {type(detector).__name__}, calm", alone, without_fast(alone.rate))
    return rows


if __name__ == "__main__":
    for line in measure():
        print({k: f"{v:,.4g}" if isinstance(v, float) else v for k, v in line.items()}, flush=True)
