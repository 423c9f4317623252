"""Sample blocks and alarm changes as line protocol, in the schema that `docs/recordings.md` describes."""

from collections.abc import Callable, Mapping
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from device_profiles.quantities import Kind, Quantity, quantity
from telemetry.block import Channel, Quality, SampleBlock
from telemetry.moment import microseconds
from telemetry.site import Site

# Keys of an alarm change that tell one series from another; all other plain ones are fields.
_ALARM_TAGS = ("kind", "point", "subject")
_NO_FIELDS = (*_ALARM_TAGS, "schema", "time")

_TAG_ESCAPES = str.maketrans({",": r"\,", " ": r"\ ", "=": r"\=", "\n": r"\ "})
_TEXT_ESCAPES = str.maketrans({'"': r"\"", "\\": r"\\", "\n": " "})


class LineProtocol:
    """Writes lines for one site. Timestamps are microseconds.

    state_text: whether a state's name stands beside its code, as `<field>_state`
    """

    def __init__(self, site: Site, *, state_text: bool = True) -> None:
        self._site = site
        self._state_text = state_text
        self._channels: tuple[Channel, ...] = ()
        self._devices: list[tuple[list[int], list[str], str]] = []  # columns, field names, beginning of the line
        self._states: list[tuple[int, Callable[[str], str]]] = []

    def rows(self, block: SampleBlock) -> list[str]:
        """One line a device and row: its GOOD samples. A row without any is no line."""
        if block.channels != self._channels:
            self._relayout(block.channels)
        good = block.quality == Quality.GOOD
        numbers = pc.cast(pa.array(np.ascontiguousarray(block.values.T).ravel()), pa.string()).to_pylist()
        count = len(block)
        texts = [numbers[i * count : (i + 1) * count] for i in range(len(block.channels))]
        for column, named in self._states:
            texts[column] = [named(number) for number in texts[column]]
        stamps = block.times.tolist()
        lines: list[str] = []
        for columns, fields, begin in self._devices:
            some, every = good[:, columns].any(axis=1).tolist(), good[:, columns].all(axis=1).tolist()
            whole = f"{begin} {','.join(f'{field}=%s' for field in fields)} "
            for row, values in enumerate(zip(*(texts[column] for column in columns), strict=True)):
                if every[row]:
                    lines.append(f"{whole % values}{stamps[row]}")
                elif some[row]:
                    parts = zip(fields, values, good[row, columns].tolist(), strict=True)
                    said = ",".join(f"{field}={value}" for field, value, known in parts if known)
                    lines.append(f"{begin} {said} {stamps[row]}")
        return lines

    def alarm(self, change: Mapping[str, object]) -> str:
        """The line of an alarm change (docs/mqtt.md): numbers, texts and truth values; lists stay in the journal."""
        tags = {key: str(change[key]) for key in _ALARM_TAGS if change.get(key)}
        fields = [
            f"{key}={_field(value)}"
            for key, value in change.items()
            if key not in _NO_FIELDS and isinstance(value, bool | int | float | str)
        ]
        time = microseconds(datetime.fromisoformat(str(change["time"])))
        return f"{_begin('alarm', tags | {'site': self._site.name})} {','.join(fields)} {time}"

    def _relayout(self, channels: tuple[Channel, ...]) -> None:
        self._channels = channels
        self._devices, self._states = [], []
        for device in self._site.devices:
            columns = [i for i, channel in enumerate(channels) if channel.device == device.name]
            tags = {"site": self._site.name, "device": device.name, "profile": device.profile or ""}
            fields = [_field_name(channels[i].quantity) for i in columns]
            if columns:
                self._devices.append((columns, fields, _begin(device.kind, tags)))
        for i, channel in enumerate(channels):
            of = quantity(channel.quantity)
            if self._state_text and of.kind is Kind.STATE:
                self._states.append((i, _naming(_field_name(channel.quantity), of)))


def _field_name(name: str) -> str:
    """The field of a quantity: `input.L1-N.voltage` is `input_L1_N_voltage`."""
    return name.replace(".", "_").replace("-", "_")


def _naming(field: str, of: Quantity) -> Callable[[str], str]:
    """Puts the state's name behind its code: `0` becomes `0,ups_status_state="online"`."""

    def named(code: str) -> str:
        state = of.state(float(code))
        return code if state is None else f'{code},{field}_state="{state}"'

    return named


def _begin(measurement: str, tags: Mapping[str, str]) -> str:
    """Measurement and tags, these sorted: a store takes such lines fastest. A tag without a value is left out."""
    said = (f"{key}={value.translate(_TAG_ESCAPES)}" for key, value in sorted(tags.items()) if value)
    return ",".join((measurement, *said))


def _field(value: bool | float | str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value.translate(_TEXT_ESCAPES)}"'
    return repr(float(value))
