"""Recordings as folders: what is written is read again, bit for bit, whatever happens on the way."""

import collections
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from telemetry.block import SECOND, Channel, Quality, SampleBlock
from telemetry.recordings.open import open_recording
from telemetry.recordings.parquet import RecordingWriter, read_recording
from telemetry.recordings.recording import RecordingError
from telemetry.site import Device, Site
from telemetry.site_file import SiteError, load_site

SITE_TEXT = """
[site]
name = "dc"
[[device]]
name = "ups-a"
kind = "ups"
[[device]]
name = "meter-1"
kind = "meter"
"""
CHANNELS = (Channel("meter-1", "input.voltage"), Channel("ups-a", "ups.status"), Channel("ups-a", "output.voltage"))
MORE = (*CHANNELS, Channel("meter-1", "input.frequency"))


def same(a: SampleBlock, b: SampleBlock) -> bool:
    """Bit for bit, the kind of NaN included."""
    return (
        a.channels == b.channels
        and np.array_equal(a.times, b.times)
        and np.array_equal(a.values.view(np.uint32), b.values.view(np.uint32))
        and np.array_equal(a.quality, b.quality)
    )


def rows_of(blocks: Sequence[SampleBlock]) -> list[tuple[object, ...]]:
    """Every row by itself, whatever the cut."""
    return [
        (b.channels, int(b.times[i]), b.values[i].tobytes(), b.quality[i].tobytes())
        for b in blocks
        for i in range(len(b))
    ]


def ramp(rows: int, channels: tuple[Channel, ...] = CHANNELS, start: int = 0) -> SampleBlock:
    values = np.arange(rows * len(channels), dtype=np.float32).reshape(rows, len(channels))
    quality = np.zeros(values.shape, np.uint8)
    return SampleBlock(channels, (start + np.arange(rows, dtype=np.int64)) * SECOND, values, quality)


def write(folder: Path, blocks: Sequence[SampleBlock], **settings: int) -> Path:
    with RecordingWriter(folder, SITE_TEXT, {"version": "1"}, **settings) as writer:
        for block in blocks:
            writer.write(block)
    return folder


@st.composite
def streams(draw: st.DrawFn) -> list[SampleBlock]:
    """Blocks that follow one another, at odd times, with every kind of float, and a device that gives more midway."""
    blocks, time = [], draw(st.integers(0, 2_000_000_000)) * SECOND
    widens = draw(st.integers(0, 4))
    for i in range(draw(st.integers(0, 4))):
        channels = MORE if i >= widens else CHANNELS
        rows = draw(st.integers(0, 7))
        steps = draw(st.lists(st.integers(1, 10**9), min_size=rows, max_size=rows))
        times = time + np.cumsum(np.array(steps, np.int64))
        time = int(times[-1]) if rows else time
        shape = (rows, len(channels))
        values = draw(hnp.arrays(np.uint32, shape)).view(np.float32)
        blocks.append(
            SampleBlock(channels, times, values, draw(hnp.arrays(np.uint8, shape, elements=st.integers(0, 3))))
        )
    return blocks


@settings(max_examples=60, deadline=None)
@given(streams(), st.integers(1, 5), st.integers(1, 9))
def test_what_is_written_is_read_again_bit_for_bit_at_any_cut(blocks: list[SampleBlock], chunk: int, rows: int):
    """Times, values (every NaN, -0.0), quality and columns come back, whatever the chunks and the blocks asked for."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / "r", blocks, chunk_rows=chunk)
        recording = read_recording(Path(folder) / "r")
        read = list(recording.blocks(rows))
        assert rows_of(read) == rows_of(blocks)
        assert recording.length == sum(map(len, blocks))
        assert all(len(block) <= rows for block in read)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 7), st.integers(-2, 22), st.integers(-2, 22))
def test_a_part_is_the_rows_from_start_up_to_stop(chunk: int, start: int, stop: int):
    """`start` is in, `stop` is out, wherever they fall."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / "r", [ramp(20)], chunk_rows=chunk)
        read = list(read_recording(Path(folder) / "r").blocks(3, start=start * SECOND, stop=stop * SECOND))
        times = [int(t) // SECOND for block in read for t in block.times]
        assert times == [t for t in range(20) if start <= t < stop]


def test_blocks_are_full_but_for_the_last(tmp_path):
    """Blocks of 8 rows from chunks of 3: 8, 8, 4."""
    write(tmp_path / "r", [ramp(20)], chunk_rows=3)
    assert [len(block) for block in read_recording(tmp_path / "r").blocks(8)] == [8, 8, 4]


def test_a_block_that_is_changed_after_writing_is_recorded_as_it_was(tmp_path):
    """The writer keeps a copy, as the caller may use its arrays again."""
    block = ramp(4)
    with RecordingWriter(tmp_path / "r", SITE_TEXT, {}) as writer:
        writer.write(block)
        block.values[:] = -1
    (read,) = read_recording(tmp_path / "r").blocks()
    assert same(read, ramp(4))


def test_rows_that_run_backwards_are_refused(tmp_path):
    """A row at or before the last one would make the recording unreadable as a stream."""
    with RecordingWriter(tmp_path / "r", SITE_TEXT, {}) as writer:
        writer.write(ramp(4))
        with pytest.raises(ValueError, match="backwards"):
            writer.write(ramp(1, start=3))


def test_a_recording_is_never_written_over(tmp_path):
    """A second recorder in the same folder is refused, and the first recording stays."""
    write(tmp_path / "r", [ramp(4)])
    with pytest.raises(FileExistsError, match="holds a recording already"):
        RecordingWriter(tmp_path / "r", SITE_TEXT, {})
    assert rows_of(list(read_recording(tmp_path / "r").blocks())) == rows_of([ramp(4)])


def test_the_site_and_the_meta_come_back(tmp_path):
    """What the run was about stands in the folder."""
    recording = open_recording(write(tmp_path / "r", [ramp(1)]))
    assert [device.name for device in recording.site.devices] == ["ups-a", "meter-1"]
    assert recording.site == load_site(tmp_path / "r" / "site.toml")
    assert recording.meta == {"version": "1"}
    assert recording.notes == ()


def test_a_kill_loses_the_open_chunk_and_no_more(tmp_path):
    """A recorder killed with SIGKILL leaves every full chunk readable, and the reader says that the end may miss."""
    code = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
from test_recordings_parquet import RecordingWriter, SITE_TEXT, ramp
writer = RecordingWriter(Path({str(tmp_path / "r")!r}), SITE_TEXT, {{}}, chunk_rows=10)
for i in range(37):
    writer.write(ramp(1, start=i))
print("written", flush=True)
sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stdin=subprocess.PIPE, cwd=Path(__file__).parents[2]
    ) as process:
        assert process.stdout.readline() == b"written\n"
        os.kill(process.pid, signal.SIGKILL)
    recording = read_recording(tmp_path / "r")
    assert [int(t) // SECOND for block in recording.blocks() for t in block.times] == list(range(30))
    assert "may be missing" in recording.notes[0]


def test_files_of_a_chunk_that_was_not_finished_are_passed_over(tmp_path):
    """A kill between a chunk's files and its entry in the list leaves files that no reader takes for rows."""
    write(tmp_path / "r", [ramp(20)], chunk_rows=10)
    (tmp_path / "r" / "devices" / "ups-a" / "000002.parquet").write_bytes(b"PAR1 half")
    (tmp_path / "r" / "devices" / "ups-a" / "000003.part").write_bytes(b"")
    assert read_recording(tmp_path / "r").length == 20
    assert sum(map(len, read_recording(tmp_path / "r").blocks())) == 20


@pytest.mark.parametrize("damage", ["cut", "noise", "gone"])
def test_a_damaged_chunk_is_named_with_what_can_still_be_read(tmp_path, damage: str):
    """The rows before it come, then an error names the file and the time from which rows can be read again."""
    write(tmp_path / "r", [ramp(30)], chunk_rows=10)
    bad = tmp_path / "r" / "devices" / "meter-1" / "000001.parquet"
    if damage == "gone":
        bad.unlink()
    else:
        content = bad.read_bytes()
        bad.write_bytes(content[: len(content) // 2] if damage == "cut" else b"x" * len(content))
    recording, read = read_recording(tmp_path / "r"), collections.deque()
    with pytest.raises(RecordingError) as e:
        read.extend(recording.blocks(5))
    assert sum(map(len, read)) == 10
    assert str(bad) in str(e.value)
    assert "the rows before 1970-01-01T00:00:10.000000Z and the rows from 1970-01-01T00:00:20.000000Z on" in str(
        e.value
    )
    later = list(recording.blocks(start=20 * SECOND))
    assert [int(t) // SECOND for block in later for t in block.times] == list(range(20, 30))


@pytest.mark.parametrize("rows", [1, 5, 11])
def test_a_chunk_with_more_or_fewer_rows_than_listed_is_damaged(tmp_path, rows: int):
    """A file put in from elsewhere is an error, not another recording."""
    write(tmp_path / "r", [ramp(30)], chunk_rows=10)
    write(tmp_path / "other", [ramp(rows)])
    foreign = (tmp_path / "other" / "devices" / "meter-1" / "000000.parquet").read_bytes()
    (tmp_path / "r" / "devices" / "meter-1" / "000001.parquet").write_bytes(foreign)
    with pytest.raises(RecordingError, match=r"meter-1/000001\.parquet: is damaged"):
        list(read_recording(tmp_path / "r").blocks())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "is damaged"),
        (b"[]", "expected the schema"),
        (b'{"schema": "other/9"}', "expected the schema"),
        (b'{"schema": "ridethrough.recording/1", "chunks": [{}]}', "is damaged"),
    ],
)
def test_a_list_that_is_none_is_named(tmp_path, content: bytes, said: str):
    """meta.json that is cut, of another shape or from another program is told apart from a recording."""
    write(tmp_path / "r", [ramp(3)])
    (tmp_path / "r" / "meta.json").write_bytes(content)
    with pytest.raises(RecordingError, match=said):
        read_recording(tmp_path / "r")


def test_a_faulty_site_file_in_the_folder_is_reported_as_one(tmp_path):
    """The recording's own site.toml goes through the same checks as any."""
    write(tmp_path / "r", [ramp(3)])
    (tmp_path / "r" / "site.toml").write_text(SITE_TEXT.replace('"ups"', '"upss"'))
    with pytest.raises(SiteError, match=r"device\[0\] ups-a\.kind"):
        read_recording(tmp_path / "r")


def test_another_site_can_be_given_and_must_have_the_devices(tmp_path):
    """`--site` replaces the recording's own; one that lacks a device is refused by name."""
    write(tmp_path / "r", [ramp(3)])
    other = Site("other", (Device("ups-a", "ups"), Device("meter-1", "meter")))
    assert read_recording(tmp_path / "r", other).site is other
    with pytest.raises(RecordingError, match="has meter-1, which the site 'small' has not"):
        read_recording(tmp_path / "r", Site("small", (Device("ups-a", "ups"),)))


def test_the_files_are_plain_tables_for_other_programs(tmp_path):
    """One column a quantity, its quality beside it, the time in UTC, unit and states in the field's metadata."""
    write(tmp_path / "r", [ramp(3)])
    table = pq.read_table(tmp_path / "r" / "devices" / "ups-a" / "000000.parquet")
    assert table.schema.names == [
        "time",
        "ups.status",
        "ups.status.quality",
        "output.voltage",
        "output.voltage.quality",
    ]
    assert str(table.schema.field("time").type) == "timestamp[us, tz=UTC]"
    assert table.schema.field("output.voltage").metadata[b"unit"] == b"V"
    assert table.schema.field("ups.status").metadata[b"states"].startswith(b"online,on_battery,")
    assert set(table["output.voltage.quality"].to_pylist()) == {int(Quality.GOOD)}
    listed = json.loads((tmp_path / "r" / "meta.json").read_text())
    assert listed["complete"] is True
    assert [chunk["rows"] for chunk in listed["chunks"]] == [3]


def test_memory_stays_bounded_by_the_block_not_by_the_recording(tmp_path, monkeypatch):
    """Only the chunks that a block needs are read before it is given."""
    write(tmp_path / "r", [ramp(100)], chunk_rows=10)
    read: list[str] = []
    real = pq.ParquetFile
    monkeypatch.setattr(pq, "ParquetFile", lambda path: read.append(path.name) or real(path))
    next(read_recording(tmp_path / "r").blocks(15))
    assert sorted(set(read)) == ["000000.parquet", "000001.parquet"]
