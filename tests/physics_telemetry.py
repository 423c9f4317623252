"""When a device cannot be heard, or what it says is not what is."""

from collections.abc import Callable

from hidden import Record
from spans import Span, spans, stepwise

MOSTLY = 0.5  # part of the answers that are lost


def comms_lost(record: Record, name: str) -> list[Span]:
    """Its card is dead, or hardly any answer comes."""
    found = spans(record.times, ~record.of(name, "heard", "card"))
    found += _set(record, name, "lost", lambda value: float(value) >= MOSTLY)  # type: ignore[arg-type]
    return found + _set(record, name, "hears", lambda value: value is False)


def value_frozen(record: Record, name: str) -> list[Span]:
    found = _set(record, name, "stuck", bool)
    return found + _set(record, name, "hears", lambda value: value is False)


def sensor_disagreement(record: Record, name: str) -> list[Span]:
    """A sensor is out, or says one thing whatever is."""
    return [span for key in ("gain", "offset", "constant", "stuck") for span in _set(record, name, key, bool)]


def _set(record: Record, name: str, key: str, holds: Callable[[object], bool]) -> list[Span]:
    changes = [(s.time, s.site, holds(s.value)) for s in record.settings if (s.part, s.key) == (name, key)]
    return spans(record.times, stepwise(record.times, record.sites, changes, False), standing=True)


TELEMETRY = {f.__name__: f for f in (comms_lost, value_frozen, sensor_disagreement)}
