"""A recording: whatever can be replayed, as a stream of sample blocks."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from telemetry.block import Channel, SampleBlock
from telemetry.site import Site

# Gives the rows in [start, stop), microseconds UTC, in blocks of its own size; None: no bound.
Source = Callable[[int | None, int | None], Iterator[SampleBlock]]


class RecordingError(ValueError):
    """A recording that cannot be read, or not to its end; the message names the file and what was expected."""


@dataclass(frozen=True, slots=True)
class Recording:
    """Rows in order of time, and the site that they are about.

    channels: every column that comes; the first rows may have fewer
    source: where the rows come from; may be called again and again
    notes: what was assumed or is missing, for people, said once
    meta: what the recorder wrote about the run
    length: how many rows there are; None where only reading tells
    fitted: makes another site fit for these rows, where they come at other times than that polls; `site` is
    """

    site: Site
    channels: tuple[Channel, ...]
    source: Source
    notes: tuple[str, ...] = ()
    meta: Mapping[str, object] = field(default_factory=dict)
    length: int | None = None
    fitted: Callable[[Site], Site] = lambda site: site

    def blocks(self, rows: int = 3600, start: int | None = None, stop: int | None = None) -> Iterator[SampleBlock]:
        """The rows from `start` up to and without `stop` (microseconds UTC), in blocks of `rows` rows.

        A block is shorter at the end, and where a device turned out to give more: columns never change
        within one.

        Raises:
            RecordingError: at the place where the recording cannot be read on.
        """
        return _reblock(self.source(start, stop), rows)


def _reblock(blocks: Iterable[SampleBlock], rows: int) -> Iterator[SampleBlock]:
    """The same rows in blocks of `rows` rows; a change of columns ends a block."""
    pieces: list[SampleBlock] = []
    have = 0
    for block in blocks:
        if pieces and pieces[0].channels != block.channels:
            yield joined(pieces)
            pieces, have = [], 0
        at = 0
        while len(block) - at >= rows - have:
            pieces.append(block.rows(at, at + rows - have))
            at += rows - have
            yield joined(pieces)
            pieces, have = [], 0
        if at < len(block):
            pieces.append(block.rows(at, len(block)))
            have += len(block) - at
    if pieces:
        yield joined(pieces)


def within(blocks: Iterable[SampleBlock], start: int | None, stop: int | None) -> Iterator[SampleBlock]:
    """The rows in [start, stop), microseconds UTC; reads no further than needed."""
    for block in blocks:
        first = 0 if start is None else int(np.searchsorted(block.times, start))
        last = len(block) if stop is None else int(np.searchsorted(block.times, stop))
        if first < last:
            yield block.rows(first, last)
        if last < len(block):
            return


def check_devices(name: str, devices: Iterable[str], site: Site) -> None:
    """Raises RecordingError where the site lacks one of the recording's devices; `name` names the recording."""
    known = {device.name for device in site.devices}
    if strange := sorted(set(devices) - known):
        raise RecordingError(
            f"{name}: has {', '.join(strange)}, which the site {site.name!r} has not; expected only its devices: "
            f"{', '.join(sorted(known))}"
        )


def joined(pieces: list[SampleBlock]) -> SampleBlock:
    """Blocks of the same columns as one."""
    if len(pieces) == 1:
        return pieces[0]
    return SampleBlock(
        pieces[0].channels,
        np.concatenate([piece.times for piece in pieces]),
        np.concatenate([piece.values for piece in pieces]),
        np.concatenate([piece.quality for piece in pieces]),
    )
