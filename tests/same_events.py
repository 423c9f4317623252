"""What shows that a detector tells the same: of other orders of columns, after its state was saved and restored."""

from dataclasses import fields, is_dataclass
from io import BytesIO
from typing import Any

import numpy as np

from detectors.event import Event
from detectors.state import State
from telemetry.block import Quality, SampleBlock


def taken(block: SampleBlock, order: list[int]) -> SampleBlock:
    return SampleBlock(
        tuple(block.channels[i] for i in order), block.times, block.values[:, order], block.quality[:, order]
    )


def coming_late(block: SampleBlock, late: list[int], cut: int) -> tuple[SampleBlock, list[SampleBlock]]:
    """The block with these columns silent before row `cut`; and in two pieces, the first without them."""
    values, quality = block.values.copy(), block.quality.copy()
    values[:cut, late], quality[:cut, late] = np.nan, Quality.HELD
    whole = SampleBlock(block.channels, block.times, values, quality)
    first = [i for i in range(len(block.channels)) if i not in late]
    return whole, [taken(whole, first).rows(0, cut), whole.rows(cut, len(whole))]


def told(events: list[Event]) -> list[Event]:
    return sorted(events, key=lambda e: e.order)


def unordered(events: list[Event]) -> list[object]:
    """Events with their evidence as a set: it may come in the order of columns."""
    return [
        (e.order, e.active, e.onset, e.ended, e.magnitude, e.confirmed, frozenset(e.evidence), repr(e.detail))
        for e in told(events)
    ]


def parts(state: Any, at: str = "") -> list[tuple[str, State]]:
    """The `State`s in what a bank knows, by name."""
    if isinstance(state, State):
        return [(at, state)]
    if isinstance(state, tuple):
        return [found for i, part in enumerate(state) for found in parts(part, f"{at}/{i}")]
    if not is_dataclass(state):
        return []
    return [found for f in fields(state) for found in parts(getattr(state, f.name), f"{at}/{f.name}")]


def save(state: Any) -> BytesIO:
    file = BytesIO()
    np.savez(
        file, **{f"{at}/{f.name}": getattr(p, f.name) for at, p in parts(state) for f in fields(p) if f.name != "keys"}
    )
    file.seek(0)
    return file


def restore(fresh: Any, file: BytesIO) -> Any:
    with np.load(file, allow_pickle=False) as arrays:
        for at, part in parts(fresh):
            for f in fields(part):
                if f.name != "keys":
                    setattr(part, f.name, arrays[f"{at}/{f.name}"])
    return fresh
