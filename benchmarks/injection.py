"""Events put into a sound supply at random places: what is to be found, and when it began."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from mains import Stream
from telemetry.block import Quality, SampleBlock

Floats: TypeAlias = NDArray[np.float64]

SPACING = 200  # samples of normal supply, all of them answered, on each side of every event
SETTLED = 1000  # samples at the beginning that stay as they are


@dataclass(frozen=True, slots=True)
class Class:
    """A class of events: how many samples it lasts, and what becomes of the values meanwhile."""

    shortest: int
    longest: int
    distort: Callable[[Floats, np.random.Generator], Floats]


def _times(low: float, high: float) -> Callable[[Floats, np.random.Generator], Floats]:
    return lambda values, rng: values * rng.uniform(low, high)


def _alternating(values: Floats, rng: np.random.Generator) -> Floats:
    swing: Floats = np.full(len(values), rng.uniform(0.03, 0.07) * rng.choice((-1.0, 1.0)))
    swing[1::2] *= -1
    return values * (1 + swing)


def _falling(values: Floats, _: np.random.Generator) -> Floats:
    left: Floats = np.linspace(1, 0.92, len(values) + 1)[1:]
    return values * left


def _standing_still(values: Floats, _: np.random.Generator) -> Floats:
    return np.full_like(values, values[0])


CLASSES: Mapping[str, Class] = {
    "interruption": Class(1, 30, _times(0.0, 0.09)),
    "sag": Class(1, 30, _times(0.10, 0.88)),
    "swell": Class(1, 10, _times(1.12, 1.40)),
    "shallow": Class(10, 60, _times(0.93, 0.96)),
    "oscillation": Class(10, 40, _alternating),
    "drift": Class(30, 30, _falling),
    "frozen": Class(60, 60, _standing_still),
}
LIMIT_CLASSES = ("interruption", "sag", "swell")  # those that IEEE 1159 has limits for


@dataclass(frozen=True, slots=True)
class Injected:
    """One event: rows [start, stop) of the stream."""

    name: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Trial:
    """A stream with events in it; `truth` in the order of time."""

    stream: Stream
    truth: tuple[Injected, ...]


def inject(stream: Stream, rng: np.random.Generator, each: int = 40) -> Trial:
    """Put events of every class into a copy of a stream, in steps of its quantum; its other columns stay.

    Args:
        stream: a supply without an event
        rng: what places, lengths and depths are drawn from
        each: how many of each class

    Raises:
        ValueError: the stream is too short for so many.
    """
    free = stream.answered.copy()
    free[:SETTLED] = False
    values = stream.block.values.copy()
    truth = []
    for name in rng.permutation(np.repeat(list(CLASSES), each)).tolist():
        event = CLASSES[name]
        length = int(rng.integers(event.shortest, event.longest + 1))
        start = _place(free, length, rng)
        rows = slice(start, start + length)
        distorted = event.distort(values[rows, stream.column].astype(np.float64), rng)
        values[rows, stream.column] = np.round(distorted / stream.quantum) * stream.quantum
        free[rows] = False
        truth.append(Injected(name, start, start + length))
    changed = replace(stream, block=replace(stream.block, values=values))
    return Trial(changed, tuple(sorted(truth, key=lambda e: e.start)))


def _place(free: NDArray[np.bool_], length: int, rng: np.random.Generator) -> int:
    """The first row of so many that are free with their surroundings."""
    for _ in range(10_000):
        start = int(rng.integers(SPACING, len(free) - length - SPACING))
        if free[start - SPACING : start + length + SPACING].all():
            return start
    raise ValueError(f"no room for {length} more samples of an event in {len(free)} rows")


def _unanswered(block: SampleBlock, lost: NDArray[np.bool_]) -> SampleBlock:
    values, quality = block.values.copy(), block.quality.copy()
    values[lost], quality[lost] = np.nan, Quality.MISSING
    return replace(block, values=values, quality=quality)


def lost_polls(block: SampleBlock, rng: np.random.Generator) -> SampleBlock:
    """One poll in a hundred is not answered."""
    return _unanswered(block, rng.random(len(block)) < 0.01)


def gaps(block: SampleBlock, rng: np.random.Generator) -> SampleBlock:
    """About every ten minutes of one-second rows, five of them are not answered."""
    begins = rng.random(len(block)) < 1 / 600
    return _unanswered(block, np.convolve(begins, np.ones(5), "full")[: len(block)] > 0)


def jittered(block: SampleBlock, rng: np.random.Generator) -> SampleBlock:
    """Rows come up to 30 % of an interval early or late."""
    interval = int(np.median(np.diff(block.times)))
    return replace(block, times=block.times + (rng.uniform(-0.3, 0.3, len(block)) * interval).astype(np.int64))


def rounded(block: SampleBlock, _: np.random.Generator) -> SampleBlock:
    """Volts come as whole ones, frequency in tenths."""
    steps = np.array([0.1 if c.quantity.endswith("frequency") else 1.0 for c in block.channels])
    return replace(block, values=(np.round(block.values / steps) * steps).astype(np.float32))


PERTURBATIONS: Mapping[str, Callable[[SampleBlock, np.random.Generator], SampleBlock]] = {
    "as it is": lambda block, _: block,
    "1 % of the polls lost": lost_polls,
    "gaps of 5 samples": gaps,
    "times ±30 % of the interval": jittered,
    "1 V and 0.1 Hz steps": rounded,
}
