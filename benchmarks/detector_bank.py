"""The detectors over dense blocks: samples a second on one core, beside a plain loop and a memory copy."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from detectors.bank import ALL, Bank
from detectors.detector import Detector
from detectors.layout import Layout
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
    """The voltage and frequency limits with hysteresis, a sample at a time, in plain Python; counts onsets."""
    onsets = 0
    low = [False] * len(block.channels)
    out = [False] * len(block.channels)
    frequency = [c.quantity.endswith("frequency") for c in block.channels]
    for row, quality in zip(block.values.tolist(), block.quality.tolist(), strict=True):
        for i, value in enumerate(row):
            if quality[i] != Quality.GOOD:
                continue
            if frequency[i]:
                away = abs(value - 50.0)
                if away >= 0.5 and not out[i]:
                    out[i] = True
                    onsets += 1
                elif out[i] and away < 0.45:
                    out[i] = False
            elif value < 0.9 * nominal and not low[i]:
                low[i] = True
                onsets += 1
            elif low[i] and value >= 0.92 * nominal:
                low[i] = False
    return onsets


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


def bank_rate(layout: Layout, block: SampleBlock, bank: tuple[Detector[Any], ...]) -> float:
    """Samples a second through every detector of the bank, from the state after one block."""
    whole = Bank(bank)
    state, _ = whole.step(whole.start(layout), block)
    later = SampleBlock(block.channels, block.times + ROWS * SECOND, block.values, block.quality)
    return block.values.size / timed(lambda: whole.step(state, later))


def measure() -> list[dict[str, Any]]:
    """Rows of the table; ratios are to the plain loop and to the copy of the same run."""
    copied = copy_rate()
    small = stream(2_000, storm=False)[1]
    looped = small.values.size / timed(lambda: plain_loop(small), 3)
    rows: list[dict[str, Any]] = [
        {"what": "np.copyto, 256 MB float32", "channels": None, "samples a second": copied},
        {"what": "plain Python loop of the limits", "channels": 2_000, "samples a second": looped},
    ]
    for what, channels, storm, poll in (
        ("all detectors, calm", 100_000, False, 1),
        ("all detectors, calm", 2_000, False, 1),
        ("all detectors, calm, polled every 10 s, held between", 100_000, False, 10),
        ("all detectors, every phase sags a quarter of the time", 100_000, True, 1),
    ):
        layout, block = stream(channels, storm=storm)
        block = polled_every(poll, block) if poll > 1 else block
        rate = bank_rate(layout, block, ALL)
        rows.append(
            {
                "what": what,
                "channels": channels,
                "samples a second": rate,
                "times the plain loop": rate / looped,
                "copy is faster by": copied / rate,
                "events in the block": sum(map(len, Bank().step(Bank().start(layout), block)[1])),
            }
        )
    layout, block = stream(100_000, storm=False)
    for detector in ALL:
        rate = bank_rate(layout, block, (detector,))
        rows.append(
            {
                "what": f"{type(detector).__name__} alone, calm",
                "channels": 100_000,
                "samples a second": rate,
                "copy is faster by": copied / rate,
            }
        )
    return rows


if __name__ == "__main__":
    for row in measure():
        print({k: f"{v:,.4g}" if isinstance(v, float) else v for k, v in row.items()})
