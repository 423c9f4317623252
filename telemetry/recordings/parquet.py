"""Recordings as folders of Parquet files; `docs/recordings.md` describes them for other programs.

    site.toml                          the site file as it was
    devices/<device>/000000.parquet    one chunk of rows of one device
    meta.json                          what the recorder says of the run, and the list of chunks

A chunk is written as the run goes: first its files, each whole under its name, then the list in
`meta.json`. A chunk that is not in the list does not exist for a reader, so that a kill at any moment
loses the open chunk and no more.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from telemetry.block import Channel, SampleBlock
from telemetry.recordings.chunk import Chunk, ChunkError, read_chunk, replace_file, write_chunk
from telemetry.recordings.recording import Recording, RecordingError, check_devices, joined, within
from telemetry.site import Site
from telemetry.site_file import load_site

SCHEMA = "ridethrough.recording/1"
_BY_THEMSELVES = "the files below devices/ can still be read by themselves"
CHUNK_ROWS = 600  # ten minutes at one row a second: what a kill may lose


class RecordingWriter:
    """Writes blocks to a folder. As a context manager it closes itself; one that was not closed is only shorter."""

    def __init__(
        self, directory: str | Path, site_text: str, meta: Mapping[str, object], *, chunk_rows: int = CHUNK_ROWS
    ) -> None:
        """Begin a recording.

        Args:
            directory: a folder that holds no recording yet; made where it is missing
            site_text: the site file, as it is
            meta: what to keep about the run: version, profiles, scenario …; plain JSON
            chunk_rows: after how many rows a chunk is written

        Raises:
            FileExistsError: the folder holds a recording already.
            OSError: it cannot be written to.
        """
        self._directory = Path(directory)
        if (self._directory / "meta.json").exists():
            raise FileExistsError(
                f"{directory}: holds a recording already; expected an empty folder, or none. ([recording] path in the "
                "site file gives each run a folder of its own)"
            )
        self._meta = dict(meta)
        self._chunk_rows = chunk_rows
        self._layouts: list[tuple[Channel, ...]] = []
        self._chunks: list[Chunk] = []
        self._open: list[SampleBlock] = []
        self._rows = 0
        self._last: int | None = None
        self._directory.mkdir(parents=True, exist_ok=True)
        replace_file(self._directory / "site.toml", site_text.encode())
        self._list(complete=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def write(self, block: SampleBlock) -> None:
        """Take rows; they are on the disk when their chunk is full. The block is copied.

        Raises:
            ValueError: its rows are not later than those before.
            OSError: the disk is full or gone.
        """
        if not len(block):
            return
        if (self._last is not None and block.times[0] <= self._last) or np.any(np.diff(block.times) <= 0):
            raise ValueError(f"rows run backwards at {block.times[0]} µs; the last one recorded was at {self._last} µs")
        if self._open and self._open[0].channels != block.channels:
            self._flush()
        self._last = int(block.times[-1])
        at = 0
        while at < len(block):
            part = block.rows(at, min(at + self._chunk_rows - self._rows, len(block)))
            self._open.append(SampleBlock(part.channels, part.times.copy(), part.values.copy(), part.quality.copy()))
            self._rows += len(part)
            at += len(part)
            if self._rows == self._chunk_rows:
                self._flush()

    def close(self) -> None:
        """Write what is open and say that the recording is complete. Harmless when called twice."""
        self._flush()
        self._list(complete=True)

    def _flush(self) -> None:
        if not self._open:
            return
        block = joined(self._open)
        if not self._layouts or self._layouts[-1] != block.channels:
            self._layouts.append(block.channels)
        file = f"{len(self._chunks):06}.parquet"
        self._chunks.append(write_chunk(self._directory, file, len(self._layouts) - 1, block))
        self._open, self._rows = [], 0
        self._list(complete=False)

    def _list(self, *, complete: bool) -> None:
        listed = {
            "schema": SCHEMA,
            "meta": self._meta,
            "complete": complete,
            "layouts": [[[c.device, c.quantity] for c in layout] for layout in self._layouts],
            "chunks": [asdict(chunk) for chunk in self._chunks],
        }
        replace_file(self._directory / "meta.json", json.dumps(listed, indent=1, ensure_ascii=False).encode())


def read_recording(directory: str | Path, site: Site | None = None) -> Recording:
    """Open a recording. Rows are read chunk by chunk when they are asked for.

    Args:
        directory: its folder
        site: another site to see it with; None: its own

    Raises:
        RecordingError: the folder is no recording, or has a device that the site does not have.
        SiteError, SiteUnreadableError: its site.toml is faulty.
    """
    directory = Path(directory)
    listed, layouts, chunks = _read_list(directory)
    channels = tuple(dict.fromkeys(channel for layout in layouts for channel in layout))
    site = site or load_site(directory / "site.toml")
    check_devices(str(directory), (channel.device for channel in channels), site)

    def read(chunk: Chunk) -> SampleBlock:
        try:
            return read_chunk(directory, chunk, layouts[chunk.layout])
        except ChunkError as e:
            raise RecordingError(f"{e}; {_readable(chunk, chunks)}") from None

    def source(start: int | None, stop: int | None) -> Iterator[SampleBlock]:
        wanted = (c for c in chunks if (start is None or c.stop >= start) and (stop is None or c.start < stop))
        return within(map(read, wanted), start, stop)

    unended = f"{directory}: the recording was not ended in order; up to its last chunk of rows may be missing"
    return Recording(
        site,
        channels,
        source,
        () if listed.get("complete") else (unended,),
        listed.get("meta", {}),
        sum(c.rows for c in chunks),
    )


def _read_list(directory: Path) -> tuple[dict[str, Any], list[tuple[Channel, ...]], list[Chunk]]:
    """`meta.json`, and from it the layouts and the chunks."""
    path = directory / "meta.json"
    try:
        listed = json.loads(path.read_bytes())
    except OSError as e:
        raise RecordingError(
            f"{path}: cannot be read ({e.strerror}); expected the list of a recording's chunks"
        ) from None
    except ValueError as e:
        raise RecordingError(f"{path}: is damaged ({e}); {_BY_THEMSELVES}") from None
    if not isinstance(listed, dict) or listed.get("schema") != SCHEMA:
        raise RecordingError(f"{path}: is no list that this program knows; expected the schema {SCHEMA!r}")
    try:
        layouts = [tuple(Channel(*pair) for pair in layout) for layout in listed["layouts"]]
        return listed, layouts, [Chunk(**chunk) for chunk in listed["chunks"]]
    except (KeyError, TypeError) as e:
        raise RecordingError(f"{path}: is damaged ({e}); {_BY_THEMSELVES}") from None


def _readable(bad: Chunk, chunks: list[Chunk]) -> str:
    """What can still be read around a chunk that cannot."""
    before = any(chunk.stop < bad.start for chunk in chunks)
    after = next((chunk for chunk in chunks if chunk.start > bad.stop), None)
    parts = [f"the rows before {_iso(bad.start)}"] if before else []
    parts += [f"the rows from {_iso(after.start)} on"] if after else []
    return f"{' and '.join(parts)} can still be read" if parts else "there are no other rows"


def _iso(time: int) -> str:
    return f"{np.datetime64(time, 'us')}Z"
