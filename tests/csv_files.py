"""CSV files that tests write, read back as recordings."""

import gzip
from pathlib import Path

import numpy as np

from telemetry.block import SECOND, Channel, Quality, SampleBlock
from telemetry.recordings.open import open_recording
from telemetry.recordings.recording import Recording
from telemetry.site import Site


def recording_of(folder: Path, *lines: str, name: str = "r.csv", site: Site | None = None) -> Recording:
    text = "\n".join(("time,device,quantity,value", *lines, ""))
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return open_recording(path, site)


def whole(recording: Recording) -> SampleBlock:
    (block,) = list(recording.blocks(1_000_000))
    return block


def column(recording: Recording, device: str, quantity: str) -> list[tuple[float, float, Quality]]:
    """(second, value, quality) of each row."""
    block = whole(recording)
    at = block.channels.index(Channel(device, quantity))
    return [
        (int(t) / SECOND, None if np.isnan(v) else float(v), Quality(q))
        for t, v, q in zip(block.times, block.values[:, at], block.quality[:, at], strict=True)
    ]
