"""A chunk of a recording: the same rows in one Parquet file a device."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from device_profiles.quantities import quantity
from telemetry.block import Channel, SampleBlock

_TIME = pa.timestamp("us", tz="UTC")


class ChunkError(ValueError):
    """A chunk's file is missing or damaged; the message names it."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows that stand in one file a device.

    file: the file's name in every device's folder
    layout: number of the layout (the columns in their order) in `meta.json`
    start, stop: time of the first and of the last row, microseconds UTC
    """

    file: str
    layout: int
    rows: int
    start: int
    stop: int


def write_chunk(directory: Path, file: str, layout: int, block: SampleBlock) -> Chunk:
    """Write the rows of a block; when this returns, every file is whole and on the disk.

    Raises:
        OSError: the disk is full or gone.
    """
    for device, columns in _columns(block.channels).items():
        folder = directory / "devices" / device
        folder.mkdir(parents=True, exist_ok=True)
        _write_table(folder / file, _table(block, columns))
    return Chunk(file, layout, len(block), int(block.times[0]), int(block.times[-1]))


def read_chunk(directory: Path, chunk: Chunk, channels: tuple[Channel, ...]) -> SampleBlock:
    """The rows of a chunk, bit for bit as they were written.

    Raises:
        ChunkError: one of its files is missing or damaged.
    """
    times = np.empty(chunk.rows, np.int64)
    values = np.empty((chunk.rows, len(channels)), np.float32)
    quality = np.empty((chunk.rows, len(channels)), np.uint8)
    for device, columns in _columns(channels).items():
        path = directory / "devices" / device / chunk.file
        try:
            # Without threads: a column is small, and replay has better use for the cores.
            table = pq.ParquetFile(path).read(use_threads=False)
            times[:] = table["time"].cast(pa.int64()).to_numpy().reshape(chunk.rows)  # all of them, or ValueError
            for column, name in columns:
                values[:, column] = table[name].to_numpy()
                quality[:, column] = table[f"{name}.quality"].to_numpy()
        except FileNotFoundError:
            raise ChunkError(f"{path}: is missing") from None
        except (OSError, KeyError, ValueError, pa.ArrowException) as e:
            raise ChunkError(f"{path}: is damaged ({e})") from None
    return SampleBlock(channels, times, values, quality)


def replace_file(path: Path, content: bytes) -> None:
    """Write a small file so that at any moment the old or the new one is whole."""
    beside = path.with_name(f"{path.name}.part")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _columns(channels: tuple[Channel, ...]) -> dict[str, list[tuple[int, str]]]:
    """Of each device: its columns' numbers and quantities."""
    columns: dict[str, list[tuple[int, str]]] = {}
    for i, channel in enumerate(channels):
        columns.setdefault(channel.device, []).append((i, channel.quantity))
    return columns


def _table(block: SampleBlock, columns: list[tuple[int, str]]) -> pa.Table:
    """One device's columns: the time, then each quantity and its quality."""
    arrays = [pa.array(block.times, pa.int64()).cast(_TIME)]
    fields = [pa.field("time", _TIME, nullable=False)]
    for column, name in columns:
        known = quantity(name)
        about = {"unit": known.unit, "kind": known.kind.value, "states": ",".join(known.states)}
        arrays.append(pa.array(np.ascontiguousarray(block.values[:, column])))
        arrays.append(pa.array(np.ascontiguousarray(block.quality[:, column])))
        fields.append(pa.field(name, pa.float32(), nullable=False, metadata={k: v for k, v in about.items() if v}))
        fields.append(pa.field(f"{name}.quality", pa.uint8(), nullable=False))
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def _write_table(path: Path, table: pa.Table) -> None:
    # Measured values differ in their last bits, where a dictionary gains nothing; qualities are few.
    floats = [field.name for field in table.schema if pa.types.is_float32(field.type)]
    small = [field.name for field in table.schema if pa.types.is_uint8(field.type)]
    beside = path.with_suffix(".part")
    with beside.open("wb") as file:
        pq.write_table(
            table,
            file,
            compression="zstd",
            compression_level=1,
            use_dictionary=small,
            use_byte_stream_split=floats,
        )
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
