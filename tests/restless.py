"""Long random streams of supplies that settle and are then disturbed in every way, for tests of what is learnt first."""

import numpy as np
from numpy.typing import NDArray

from streams import nominal_part
from telemetry.block import SECOND, Channel, Quality, SampleBlock
from telemetry.site_file import parse_site

SITE = parse_site(
    """
[site]
name = "restless"
nominal_voltage = 230

[[device]]
name = "mains"
kind = "utility"

[[device]]
name = "ups-a"
kind = "ups"

[[device]]
name = "meter-b"
kind = "meter"

[[device]]
name = "slow"
kind = "meter"
interval = "3s"
""",
    "restless.toml",
)

# meter-b gives both forms; the UPS has two feeds of one column; `slow` answers every third row and is held between.
CHANNELS = tuple(
    Channel(*name.split("/"))
    for name in (
        *(f"mains/input.L{p}-N.voltage" for p in (1, 2, 3)),
        *("mains/input.frequency", "ups-a/input.voltage", "ups-a/output.voltage"),
        *("meter-b/input.L1-N.voltage", "meter-b/input.L1-L2.voltage", "slow/input.voltage"),
    )
)
FEEDS = (("mains", "input"), ("ups-a", "input"), ("ups-a", "output"), ("meter-b", "input"), ("slow", "input"))

Floats = NDArray[np.float64]


def stream(seed: int) -> SampleBlock:
    """400 to 1500 rows, a second apart but for some gaps."""
    rng = np.random.default_rng(seed)
    rows = int(rng.integers(400, 1500))
    values = np.full((rows, len(CHANNELS)), 50.0)
    for feed in FEEDS:
        own = [
            i for i, c in enumerate(CHANNELS) if (c.device, c.quantity.split(".")[0]) == feed and "volt" in c.quantity
        ]
        every = 3 if feed[0] == "slow" else 1
        values[:, own] = np.repeat(_feed(-(-rows // every), len(own), rng), every, axis=0)[:rows]
    values *= [nominal_part(c.quantity) for c in CHANNELS]
    quality = np.zeros(values.shape, np.uint8)
    slow = [i for i, c in enumerate(CHANNELS) if c.device == "slow"]
    lost = rng.random(values.shape) < rng.choice((0.0, 0.01, 0.2))
    for _ in range(rng.integers(0, 4)):
        first = int(rng.integers(0, rows))
        lost[first : first + int(rng.integers(2, 60)), rng.integers(0, len(CHANNELS))] = True
    values[lost], quality[lost] = np.nan, Quality.MISSING
    answered = np.arange(rows) // 3 * 3
    values[:, slow] = values[answered][:, slow]
    quality[:, slow] = np.where((np.arange(rows) % 3 == 0)[:, None], quality[:, slow], Quality.HELD)
    gaps = np.where(rng.random(rows) < 0.004, rng.integers(2, 200, rows), 1)
    times = (1_700_000_000 + np.cumsum(gaps)) * SECOND
    return SampleBlock(CHANNELS, times.astype(np.int64), values.astype(np.float32), quality)


def _feed(rows: int, columns: int, rng: np.random.Generator) -> Floats:
    """(rows, columns) V of one feed: a level, a noise, and something every so often, of some or all columns."""
    level = 230.0 * rng.choice((1.0, 1.03, 0.97, 0.5, 1.2), p=(0.5, 0.15, 0.15, 0.1, 0.1))
    noise = float(rng.choice((0.0, 0.001, 0.004, 0.02)))
    volts = np.full((rows, columns), level) * (1 + 0.01 * np.sin(np.arange(rows) / rng.uniform(50, 500)))[:, None]
    at = int(rng.integers(3, 150))
    while at < rows:
        length = min(int(rng.integers(1, 60)), rows - at)
        some = np.flatnonzero(rng.random(columns) < 0.7)
        part = np.s_[at : at + length]
        volts[part, some] *= _disturbance(length, rng)[:, None]
        if rng.random() < 0.2:
            volts[at + length :] *= rng.choice((0.96, 1.04, 0.93, 1.07))
        at += length + int(rng.integers(1, 150))
    volts *= 1 + noise * rng.standard_normal(volts.shape)
    quantum = float(rng.choice((0.001, 0.1, 1.0)))
    return np.maximum(np.round(volts / quantum) * quantum, 0.0)


def _disturbance(length: int, rng: np.random.Generator) -> Floats:
    """(length,) parts of the voltage."""
    rows = np.arange(length)
    sign = rng.choice((-1.0, 1.0))
    kind = rng.integers(0, 8)
    if kind <= 1:
        return np.full(length, 1 + sign * rng.uniform(0.02, 0.08))
    if kind == 2:
        return 1 + sign * rng.uniform(0.05, 0.09) * rows / length
    if kind == 3:
        return 1 + sign * rng.uniform(0.015, 0.05) * np.where(rows // rng.integers(1, 4) % 2, 1, -1)
    if kind == 4:
        return 1 + rng.uniform(0.004, 0.02) * rng.standard_normal(length)
    if kind == 5:
        return np.full(length, rng.uniform(0.1, 0.92))
    if kind == 6:
        return np.full(length, rng.uniform(1.08, 1.3))
    return np.full(length, 0.0)
