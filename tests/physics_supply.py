"""When a supply is bad, at any point at which a device measures one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hidden import Record
from spans import Mask, Span, latched, onsets, repeated, since, spans
from telemetry.block import SECOND
from telemetry.oneline import OneLine

SAG, SWELL, INTERRUPTION, BACK = 0.90, 1.10, 0.10, 0.02  # IEEE 1159; hysteresis of IEC 61000-4-30
LASTS = 60.0  # s: undervoltage, overvoltage by IEEE 1159
UNBALANCED = 0.02  # V2/V1, EN 50160
PHASE_THERE = 0.5  # a phase above this is there while another is gone
DEVIATES, VARIES = 0.5, 0.1  # Hz, EN 50160 and IEEE 1159
STEPS = 0.02  # parts of nominal from one step to the next: IEC 61000-4-30 asks for 1 to 6 %


@dataclass(frozen=True)
class Point:
    """What one point of a device sees: `(T, S)` each."""

    lowest: NDArray[Any]
    highest: NDArray[Any]
    unbalance: NDArray[Any]
    frequency: NDArray[Any]


def points(record: Record, name: str) -> Iterator[Point]:
    """Every point at which the device, or the load's cords, see a supply."""
    load = next((load for load in record.site.loads if load.name == name), None)
    if load:
        yield from (_node(record, record.feed(cord)) for cord in load.fed_by)
        return
    device = record.site.device(name)
    match device.kind:
        case "generator":
            yield Point(
                record.of(name, "lowest"),
                record.of(name, "highest"),
                np.zeros_like(record.of(name, "lowest")),
                record.of(name, "frequency"),
            )
        case "meter":
            yield _node(record, record.feed(OneLine(record.site).node(name, "input")))
        case "transfer_switch":
            yield from (side(record, name, which) for which in ("normal", "emergency"))
            yield _node(record, name)
        case _:
            feeds = dict.fromkeys(record.feed(f) for f in (device.fed_by, device.bypass_fed_by) if f)
            yield from (_node(record, feed) for feed in (*feeds, name))


def side(record: Record, switch: str, which: str) -> Point:
    """The normal or the emergency side of a switch, behind what a lockout relay keeps open."""
    device = record.site.device(switch)
    feed = device.normal if which == "normal" else (device.emergency[0] if device.emergency else None)
    node = _node(record, record.feed(feed))
    lowest, highest = record.of(switch, which), record.of(switch, f"{which}_highest")
    return Point(lowest, highest, node.unbalance, node.frequency * (highest > 0))


def good(record: Record, switch: str, which: str) -> Mask:
    """Fit for use by the usual acceptance: from pick-up until drop-out."""
    device = record.site.device(switch)
    transfer, nominal = device.transfer, device.nominal_frequency
    at = side(record, switch, which)
    hertz = at.frequency / nominal
    hold = (at.lowest >= transfer.dropout) & (at.highest <= 1.15) & (np.abs(hertz - 1) <= 0.10)
    take = (at.lowest >= transfer.pickup) & (at.highest <= 1.10) & (np.abs(hertz - 1) <= 0.05)
    return latched(take, ~hold, initially=which == "normal")


def utility_lost(record: Record, name: str) -> list[Span]:
    """The utility's lowest phase is below the drop-out of a switch that it feeds, or its frequency is out."""
    if record.site.device(name).kind != "utility":
        return []
    nominal = record.site.device(name).nominal_frequency
    lost = [0.85, *(d.transfer.dropout for d in record.site.devices if d.normal and _hangs_on(record, d.normal, name))]
    taken = [0.90, *(d.transfer.pickup for d in record.site.devices if d.normal and _hangs_on(record, d.normal, name))]
    at = _node(record, name)
    out = np.abs(at.frequency / nominal - 1)
    found = []
    for dropout, pickup in dict.fromkeys(zip(lost, taken, strict=True)):
        bad = latched((at.lowest < dropout) | (out > 0.10), (at.lowest >= pickup) & (out <= 0.05), initially=False)
        found += spans(record.times, bad)
        found += spans(record.times, (at.lowest < dropout) | (out > 0.10))
    return found


def voltage_sag(record: Record, name: str) -> list[Span]:
    def sags(at: Point) -> Mask:
        return latched(at.lowest < SAG, at.lowest >= SAG + BACK, initially=False) & (at.highest >= INTERRUPTION)

    return _anywhere(record, name, sags)


def voltage_swell(record: Record, name: str) -> list[Span]:
    return _anywhere(record, name, lambda at: latched(at.highest > SWELL, at.highest <= SWELL - BACK, initially=False))


def voltage_interruption(record: Record, name: str) -> list[Span]:
    return _anywhere(record, name, lambda at: at.highest < INTERRUPTION)


def undervoltage(record: Record, name: str) -> list[Span]:
    """Between 0.1 and 0.9 for a minute (the standard has no word for 0.1 to 0.8 that lasts)."""
    low = _anywhere(record, name, lambda at: (at.lowest < SAG) & (at.highest >= INTERRUPTION), held=LASTS)
    return [span._replace(until=span.end) for span in low]


def overvoltage(record: Record, name: str) -> list[Span]:
    return _anywhere(record, name, lambda at: at.highest > SWELL, held=LASTS)


def rapid_voltage_change(record: Record, name: str) -> list[Span]:
    """A step between two levels of which neither is a sag nor a swell."""

    def steps(at: Point) -> Mask:
        usual = (at.lowest >= SAG) & (at.highest <= SWELL)
        moved = np.abs(np.diff(at.lowest, axis=0, prepend=at.lowest[:1])) >= STEPS
        moved &= usual
        moved[1:] &= usual[:-1]
        return moved

    return _anywhere(record, name, steps, until=5.0)


def voltage_unbalance(record: Record, name: str) -> list[Span]:
    return _anywhere(record, name, lambda at: (at.unbalance > UNBALANCED) & (at.lowest >= INTERRUPTION), until=60.0)


def phase_loss(record: Record, name: str) -> list[Span]:
    return _anywhere(record, name, lambda at: (at.lowest < INTERRUPTION) & (at.highest > PHASE_THERE))


def frequency_deviation(record: Record, name: str) -> list[Span]:
    """Out by more than EN 50160 has it; it may be said since it left what IEEE 1159 calls no variation."""
    nominal = _nominal_frequency(record, name)
    found = []
    for at in points(record, name):
        off = np.where((at.frequency > 0) & (at.highest > INTERRUPTION), np.abs(at.frequency - nominal), 0.0)
        for span in spans(record.times, off > DEVIATES, until=10.0):
            step = int(np.searchsorted(record.times, span.begin))
            away = step - int(np.argmax(off[step::-1, span.site] <= VARIES)) + 1
            found.append(span._replace(begin=min(span.begin, int(record.times[max(away, 0)]))))
    return found


def supply_unstable(record: Record, name: str) -> list[Span]:
    """It leaves a band of ±5 %, or ±0.5 Hz, or its usual acceptance, three times in ten minutes."""
    nominal = _nominal_frequency(record, name)
    found = []
    for at in points(record, name):
        for out in (
            np.abs(at.lowest - 1) > 0.05,
            at.lowest < SAG,
            at.lowest < 0.85,
            (at.highest > SWELL),
            np.abs(at.frequency - nominal) > DEVIATES,
        ):
            found += repeated(onsets(record.times, out), 3, 600.0, end=600.0)
    return [span._replace(until=span.end) for span in found]


def good_for(record: Record, mask: Mask) -> NDArray[np.float64]:
    """`(T, S)` s for which it has held; −1 where it does not."""
    held: NDArray[np.float64] = (record.times[:, np.newaxis] - since(record.times, mask)) / SECOND
    return np.where(mask, held, -1.0)


def _node(record: Record, name: str) -> Point:
    return Point(*(record.node(name, what) for what in ("lowest", "highest", "unbalance", "frequency")))


def _anywhere(
    record: Record, name: str, bad: Callable[[Point], Mask], *, held: float = 0.0, until: float | None = None
) -> list[Span]:
    return [span for at in points(record, name) for span in spans(record.times, bad(at), held=held, until=until)]


def _nominal_frequency(record: Record, name: str) -> float:
    """Of a device; a load's is the site's."""
    return next((d.nominal_frequency for d in record.site.devices if d.name == name), record.site.nominal_frequency)


def _hangs_on(record: Record, name: str, source: str) -> bool:
    return name == source or source in OneLine(record.site).upstream(name)


SUPPLY = {
    f.__name__: f
    for f in (
        utility_lost,
        voltage_sag,
        voltage_swell,
        voltage_interruption,
        undervoltage,
        overvoltage,
        rapid_voltage_change,
        voltage_unbalance,
        phase_loss,
        frequency_deviation,
        supply_unstable,
    )
}
