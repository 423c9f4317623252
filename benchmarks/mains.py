"""Streams of mains voltage without an event: two recordings of others, and a one-second series made here."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from telemetry.block import SECOND, Channel, SampleBlock
from telemetry.recordings.csv import read_csv
from telemetry.recordings.recording import joined
from telemetry.site import Device, Site

DATA = Path(os.environ.get("RIDETHROUGH_DATA", Path(__file__).parents[2] / "shared" / "data"))
DAY = 86_400
VOLTAGE = "input.voltage"

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Stream:
    """One device's rows.

    quantum: V, the smallest step of its voltage
    """

    name: str
    site: Site
    block: SampleBlock
    quantum: float

    @property
    def column(self) -> int:
        """Of the voltage."""
        return next(i for i, c in enumerate(self.block.channels) if c.quantity == VOLTAGE)

    @property
    def voltage(self) -> NDArray[np.float32]:
        """(T,) V, NaN where the device did not answer."""
        return self.block.values[:, self.column]

    @property
    def answered(self) -> NDArray[np.bool_]:
        """(T,) whether there is a voltage."""
        return ~np.isnan(self.voltage)

    @property
    def days(self) -> float:
        """How much of it was answered."""
        return float(self.answered.sum()) * self.site.tick / SECOND / DAY


# Recordings of sound home supply in `data/mains`, and the smallest step of each, V.
RECORDED: Mapping[str, float] = {"home-quiet-2014": 0.1, "household-2006-2008": 0.01}


def recorded(name: str, data: Path = DATA) -> Stream | None:
    """One of `RECORDED`; None where it is absent."""
    path = data / "mains" / name / "recording.csv.gz"
    if not path.is_file():
        return None
    recording = read_csv(path)
    return Stream(name, recording.site, joined(list(recording.blocks())), RECORDED[name])


def one_second(days: int, rng: np.random.Generator) -> Stream:
    """A meter on a sound 230 V supply, a row a second, as a point of a low-voltage network behaves.

    Its voltage is the product of: a daily swing of ±1.5 % with its second harmonic; load as two AR(1) processes
    (time constants 20 min and 30 s, 0.4 % and 0.15 %); appliances of 0.2 % on average, on for 20 min, one in 3 min;
    motor starts, ten a day, that dip by 0.5–2 % for 1–3 s; a tap changer's steps of 0.6–1.25 %, eight a day, which
    lead back to the middle; and the sensor's noise of 0.15 %. Read in steps of 0.1 V. Frequency: AR(1), 20 mHz,
    time constant 2 min, in steps of 10 mHz.

    Args:
        days: how long
        rng: what it is drawn from
    """
    n = days * DAY
    day = 2 * np.pi * (np.arange(n) / DAY + rng.random())
    away = 0.012 * np.sin(day) + 0.005 * np.sin(2 * day + rng.random() * 6)
    away += _wander(n, 1200, 0.004, rng) + _wander(n, 30, 0.0015, rng)
    away += _appliances(n, rng) + _motor_starts(n, rng) + _taps(n, rng)
    volts = 230.0 * (1 + away) * (1 + rng.normal(0, 0.0015, n))
    hertz = 50.0 + _wander(n, 120, 0.02, rng)
    meter = Device("meter", "meter", nominal_voltage=230.0)
    values = np.column_stack([np.round(volts, 1), np.round(hertz, 2)]).astype(np.float32)
    times = 1_780_000_000 * SECOND + np.arange(n, dtype=np.int64) * SECOND
    channels = (Channel("meter", VOLTAGE), Channel("meter", "input.frequency"))
    block = SampleBlock(channels, times, values, np.zeros(values.shape, np.uint8))
    return Stream("one-second", Site("one-second", (meter,)), block, 0.1)


def _wander(n: int, samples: float, spread: float, rng: np.random.Generator) -> Floats:
    """AR(1) with a time constant in samples and a standard deviation."""
    keep = np.exp(-1 / samples)
    driven = rng.normal(0, spread * np.sqrt(1 - keep**2), n)
    driven[0] = rng.normal(0, spread)
    return np.asarray(signal.lfilter([1.0], [1.0, -keep], driven))  # type: ignore[attr-defined]


def _appliances(n: int, rng: np.random.Generator) -> Floats:
    """What switched loads pull the voltage down by."""
    starts = rng.integers(0, n, n // 180)
    stops = np.minimum(starts + rng.exponential(1200, len(starts)).astype(np.int64), n - 1)
    drops = np.minimum(rng.exponential(0.002, len(starts)), 0.008)
    change = np.zeros(n)
    np.add.at(change, starts, -drops)
    np.add.at(change, stops, drops)
    level: Floats = np.cumsum(change)
    return level - np.mean(level)


def _motor_starts(n: int, rng: np.random.Generator) -> Floats:
    """Short dips of starting motors."""
    dips = np.zeros(n)
    for start in rng.integers(0, n - 3, 10 * n // DAY):
        dips[start : start + rng.integers(1, 4)] -= rng.uniform(0.005, 0.02)
    return dips


def _taps(n: int, rng: np.random.Generator) -> Floats:
    """A tap changer's position times its step: one up or down, two at most from the middle."""
    step, position, at = rng.uniform(0.006, 0.0125), 0, 0
    level = np.zeros(n)
    for change in np.sort(rng.integers(0, n, 8 * n // DAY)):
        level[at:change] = step * position
        position += -int(np.sign(position)) if abs(position) == 2 else int(rng.choice((-1, 1)))
        at = change
    level[at:] = step * position
    return level
