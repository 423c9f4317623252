"""Reads `time,device,quantity,value` from CSV, batch by batch, so that any file fits in memory."""

import gzip
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
from numpy.typing import NDArray

from device_profiles.quantities import Kind, Quantity, UnknownQuantityError, quantity
from telemetry.block import Channel, Qualities, Quality, Times, Values
from telemetry.recordings.recording import RecordingError
from telemetry.site_fault import nearest
from telemetry.site_schema import NAME_PATTERN

HEADER = ("time", "device", "quantity", "value")

_BATCH_BYTES = 4 << 20
_LATEST = 253_402_300_800  # s; the year 10000: epoch seconds beyond are milliseconds by mistake
_WRONG_WIDTH = "columns, got "  # what the reader says of a line with more or fewer fields than the header
_SHOWN = 80  # characters of such a line that are shown
_NUMBER = re.compile(r"[-+]?[0-9]")
_TEXT_OF = {
    "time": pa.string(),
    "device": pa.dictionary(pa.int32(), pa.string()),
    "quantity": pa.dictionary(pa.int32(), pa.string()),
    "value": pa.string(),
}

Columns = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Records:
    """Lines of the file, in order: (R,) each. `column` is the number of the channel."""

    times: Times
    column: Columns
    values: Values
    quality: Qualities

    def __len__(self) -> int:
        return len(self.times)


class CsvRecords:
    """The lines of one file. Iterating reads it from the start; `channels` grows as channels are met.

    devices: the only devices that the file may have; None: any
    """

    def __init__(self, path: Path, devices: Collection[str] | None = None) -> None:
        self._path = path
        self._devices = devices
        self._of: dict[tuple[str, str], int] = {}
        self._quantities: list[Quantity] = []
        self.channels: list[Channel] = []

    def __iter__(self) -> Iterator[Records]:
        """Batches of records.

        Raises:
            RecordingError: a line is not as expected; the message names file, line and what was expected.
        """
        done = 0
        last: int | None = None
        for batch in self._batches():
            columns = self._columns(batch, done)
            times = self._times(batch["time"], done)
            self._check_order(times, last, done)
            values, quality = self._values(batch["value"], columns, done)
            yield Records(times, columns, values, quality)
            done += len(times)
            last = int(times[-1])

    def _batches(self) -> Iterator[Any]:
        try:
            with pa.input_stream(str(self._path), compression="gzip" if self._path.suffix == ".gz" else None) as stream:
                reader = pa_csv.open_csv(
                    stream,
                    read_options=pa_csv.ReadOptions(block_size=_BATCH_BYTES),
                    convert_options=pa_csv.ConvertOptions(column_types=_TEXT_OF),
                )
                if tuple(reader.schema.names) != HEADER:
                    found = ",".join(reader.schema.names)
                    raise self._error(1, f"found the header {found!r}, expected {','.join(HEADER)!r}")
                yield from (batch for batch in reader if len(batch))
        except (OSError, pa.ArrowException) as e:
            if _WRONG_WIDTH in str(e):
                number, text = self._line(lambda _, text: text.count(",") != len(HEADER) - 1)
                raise self._error(
                    number, f"found {text[:_SHOWN]!r}, expected four fields: {','.join(HEADER)}"
                ) from None
            raise RecordingError(f"{self._path}: cannot be read: {e}") from None

    def _columns(self, batch: Any, done: int) -> Columns:
        """The channel of each record; new channels are checked and numbered."""
        devices, quantities = batch["device"], batch["quantity"]
        names = [(d, q) for d in devices.dictionary.to_pylist() for q in quantities.dictionary.to_pylist()]
        width = len(quantities.dictionary)
        pair = devices.indices.to_numpy(zero_copy_only=False) * width + quantities.indices.to_numpy(
            zero_copy_only=False
        )
        channel_of = np.full(len(names), -1, np.int32)
        for i in np.flatnonzero(np.bincount(pair, minlength=len(names))):
            if names[i] not in self._of:
                self._add(*names[i], done + int(np.argmax(pair == i)))
            channel_of[i] = self._of[names[i]]
        columns: Columns = channel_of[pair]
        return columns

    def _add(self, device: str, name: str, record: int) -> None:
        if not re.match(NAME_PATTERN, device):
            expected = "a name of lower-case letters, digits and hyphens"
            raise self._error(self._line_of(record), f"found the device {device!r}, expected {expected}")
        if self._devices is not None and device not in self._devices:
            expected = f"a device of the site{nearest(device, self._devices)}"
            raise self._error(self._line_of(record), f"found the device {device!r}, expected {expected}")
        try:
            self._quantities.append(quantity(name))
        except UnknownQuantityError as e:
            raise self._error(self._line_of(record), str(e)) from None
        self._of[device, name] = len(self.channels)
        self.channels.append(Channel(device, name))

    def _times(self, texts: Any, done: int) -> Times:
        epoch = re.fullmatch(r"[-+0-9.eE]+", texts[0].as_py()) and "-" not in texts[0].as_py()[1:]

        def convert(part: Any) -> Any:
            if epoch:
                seconds = pc.cast(part, pa.float64())
                if pc.max(pc.abs(seconds)).as_py() > _LATEST or pc.any(pc.is_nan(seconds)).as_py():
                    raise pa.ArrowInvalid("no epoch seconds")
                return np.round(seconds.to_numpy() * 1e6).astype(np.int64)
            try:
                nanoseconds = pc.cast(part, pa.timestamp("ns", "UTC"))
            except pa.ArrowInvalid:
                nanoseconds = pc.cast(part, pa.timestamp("ns"))  # without an offset: UTC all the same
            return nanoseconds.cast(pa.int64()).to_numpy() // 1000

        expected = (
            "epoch seconds"
            if epoch
            else "a time in UTC such as 2026-03-01T14:30:00.5Z, or epoch seconds, of one form throughout"
        )
        times: Times = self._converted(convert, texts, done, expected)
        return times

    def _check_order(self, times: Times, last: int | None, done: int) -> None:
        back = np.diff(times, prepend=times[0] if last is None else last) < 0
        if back.any():
            raise self._error(
                self._line_of(done + int(np.argmax(back))), "found an earlier time than on the line before it"
            )

    def _values(self, texts: Any, columns: Columns, done: int) -> tuple[Values, Qualities]:
        """Numbers and states' codes; NaN with MISSING where the file has none, with SUSPECT where it cannot be."""
        is_state = np.array([q.kind is Kind.STATE for q in self._quantities])
        low = np.array([q.low for q in self._quantities])
        high = np.array([q.high for q in self._quantities])
        texts = pc.if_else(pc.equal(texts, ""), "nan", texts)
        of_states = is_state[columns]
        if of_states.any():
            texts = self._coded(texts, columns, of_states, done)
        values = self._converted(lambda part: pc.cast(part, pa.float64()).to_numpy(), texts, done, "a number")
        quality = np.full(len(values), Quality.GOOD, np.uint8)
        with np.errstate(invalid="ignore"):
            believed = (values >= low[columns]) & (values <= high[columns]) & ~(of_states & (values % 1 != 0))
        quality[~believed] = Quality.SUSPECT
        quality[np.isnan(values)] = Quality.MISSING
        return np.where(believed, values, np.nan).astype(np.float32), quality

    def _coded(self, texts: Any, columns: Columns, of_states: NDArray[np.bool_], done: int) -> Any:
        """The texts with states' names turned to their codes; a number stands for itself."""
        at = np.flatnonzero(of_states)
        words = texts.take(pa.array(at)).dictionary_encode()
        known = words.dictionary.to_pylist()
        pair = columns[at].astype(np.int64) * len(known) + words.indices.to_numpy()
        pairs, first, inverse = np.unique(pair, return_index=True, return_inverse=True)
        codes = []
        for p, i in zip(pairs, first, strict=True):
            of, word = self._quantities[p // len(known)], known[p % len(known)]
            if word not in of.states and word != "nan" and not _NUMBER.match(word):
                line = self._line_of(done + int(at[i]))
                hint = nearest(word, of.states)
                raise self._error(line, f"found the state {word!r}, expected one of {', '.join(of.states)}{hint}")
            codes.append(str(of.code(word)) if word in of.states else word)
        return pc.replace_with_mask(texts, pa.array(of_states), pa.array(codes).take(pa.array(inverse)))

    def _converted(self, convert: Callable[[Any], Any], texts: Any, done: int, expected: str) -> Any:
        """What `convert` makes of all texts; where it fails, the error of the first text that it fails at."""
        try:
            return convert(texts)
        except pa.ArrowInvalid:
            low, high = 0, len(texts)  # the first `low` texts convert, the first `high` do not
            while high - low > 1:
                middle = (low + high) // 2
                try:
                    convert(texts.slice(0, middle))
                    low = middle
                except pa.ArrowInvalid:
                    high = middle
            message = f"found {texts[low].as_py()!r}, expected {expected}"
            raise self._error(self._line_of(done + low), message) from None

    def _line_of(self, record: int) -> int:
        """The line of a record, counted from 0; blank lines are no records."""
        return self._line(lambda count, _: count == record + 1)[0]

    def _line(self, wanted: Callable[[int, str], bool]) -> tuple[int, str]:
        """The first line that is wanted, and its text: asked with how many non-blank lines are before it, and its text."""
        opened = gzip.open if self._path.suffix == ".gz" else open
        count = 0
        with opened(self._path, "rt", encoding="utf-8", errors="replace") as lines:
            for number, line in enumerate(lines, 1):
                text = line.rstrip("\r\n")
                if text and wanted(count, text):
                    return number, text
                count += bool(text)
        return count, ""

    def _error(self, line: int, message: str) -> RecordingError:
        return RecordingError(f"{self._path}: line {line}: {message}")
