"""CSV as a recording: `time,device,quantity,value`, plain or compressed with gzip.

The file is read twice, in batches: once to learn its channels, how often they come and, where no site is
given, what to assume; and once for the rows, when they are asked for. Memory does not grow with its length.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from telemetry.block import SECOND, Channel, SampleBlock
from telemetry.recordings.assumed_site import assume_site
from telemetry.recordings.cadence import CadenceSurvey
from telemetry.recordings.csv_records import CsvRecords, Records
from telemetry.recordings.csv_rows import rows
from telemetry.recordings.recording import Recording, RecordingError, within
from telemetry.site import Site

_HOUR = 3600 * SECOND


def read_csv(path: str | Path, site: Site | None = None) -> Recording:
    """Open a CSV file. Every line is looked at before this returns.

    Args:
        path: a file `.csv` or `.csv.gz`
        site: the site that its devices belong to; None: one named `replay` is assumed, and `notes` says what

    Raises:
        RecordingError: it cannot be read, or a line is wrong; the message names file, line and what was expected.
    """
    path = Path(path)
    devices = None if site is None else {device.name for device in site.devices}
    records = CsvRecords(path, devices)
    collected, first_hour = CadenceSurvey(), _FirstHour()
    for batch in records:
        collected.add(batch.times, batch.column, len(records.channels))
        first_hour.add(batch)
    if not records.channels:
        raise RecordingError(f"{path}: holds no values; expected lines below the header")
    channels, cadence = tuple(records.channels), collected.cadence()
    notes: tuple[str, ...] = ()
    if site is None:
        site, notes = assume_site(channels, cadence, first_hour.samples(channels))

    def source(start: int | None, stop: int | None) -> Iterator[SampleBlock]:
        return within(rows(records, channels, cadence), start, stop)

    return Recording(site, channels, source, notes, {"file": path.name}, cadence.length)


class _FirstHour:
    """The values of a file's first hour."""

    def __init__(self) -> None:
        self._batches: list[Records] = []
        self._until: int | None = None

    def add(self, batch: Records) -> None:
        """Keep what belongs to it; the first batch begins it."""
        if self._until is None:
            self._until = int(batch.times[0]) + _HOUR
        if batch.times[0] < self._until:
            self._batches.append(batch)

    def samples(self, channels: tuple[Channel, ...]) -> dict[Channel, NDArray[np.float32]]:
        """The values of voltages and frequencies, (n,) a channel."""
        times = np.concatenate([batch.times for batch in self._batches])
        within_hour = times < self._until
        column = np.concatenate([batch.column for batch in self._batches])[within_hour]
        values = np.concatenate([batch.values for batch in self._batches])[within_hour]
        wanted = [i for i, c in enumerate(channels) if c.quantity.endswith((".voltage", ".frequency"))]
        return {channels[i]: values[column == i] for i in wanted}
