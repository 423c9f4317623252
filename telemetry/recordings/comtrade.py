"""Oscillograms as recordings: the half-cycle RMS of every feed that a fault recorder caught.

A row is what was known at its time: the RMS of the cycle that ends there, once every half cycle. Where the recorder
kept no waveform (it slows down between faults, or pauses), rows are held: evidence of nothing new.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from telemetry.block import SECOND, Channel, Quality, SampleBlock
from telemetry.recordings.half_cycle import SAMPLES_A_CYCLE, Waveform
from telemetry.recordings.oscillogram import Oscillogram, read_oscillogram
from telemetry.recordings.recording import Recording, RecordingError, check_devices, within
from telemetry.recordings.supplies import Supply, find_supplies
from telemetry.site import MINUTE, Device, Limits, Site

_OVER_AT_ONCE = (
    "voltage_interruption",
    "phase_loss",
    "voltage_sag",
    "voltage_swell",
    "undervoltage",
    "overvoltage",
    "rapid_voltage_change",
)
_UNSTABLE = "supply_unstable"
_STAYS = 10 * MINUTE  # as long as it has to be quiet to be over


def read_comtrade(path: str | Path, site: Site | None = None) -> Recording:
    """Open an oscillogram; it is loaded whole.

    Args:
        path: its .cfg, with the .dat beside it, or its .cff
        site: the site that its feeds belong to, as devices of the names that are given to them; None: one named
            `replay` is assumed, and `notes` says what

    Raises:
        RecordingError: a file is missing, damaged or no oscillogram, or there is no voltage of a supply in it.
    """
    path = Path(path)
    record = read_oscillogram(path)
    frequency, assumed = _nominal_frequency(record, path)
    waveform = Waveform(record.times, frequency)
    if not waveform.sampled.any():
        raise RecordingError(
            f"{path}: nowhere shows a whole cycle of {frequency:g} Hz; expected at least one, sampled "
            f"{SAMPLES_A_CYCLE} times or more"
        )
    supplies, left_out = find_supplies(record, waveform)
    if not supplies:
        told = f" ({left_out})" if left_out else ""
        raise RecordingError(f"{path}: has no voltage of {frequency:g} Hz; expected a channel in V or kV{told}")
    block = _rows(record, waveform, supplies)
    notes = (*assumed, *record.notes, *_held(block), left_out)
    fitted = partial(_fitted, names=frozenset(supply.name for supply in supplies), tick=round(SECOND / (2 * frequency)))
    if site is None:
        site = _assumed_site(supplies, frequency)
        notes = (_said(supplies, frequency), *notes)
    else:
        check_devices(str(path), (supply.name for supply in supplies), site)

    def source(start: int | None, stop: int | None) -> Iterator[SampleBlock]:
        return within([block], start, stop)

    meta = {"file": path.name, "station": record.station, "feeds": {s.name: s.recorded for s in supplies}}
    return Recording(fitted(site), block.channels, source, tuple(filter(None, notes)), meta, len(block), fitted)


def _nominal_frequency(record: Oscillogram, path: Path) -> tuple[float, tuple[str, ...]]:
    """50 or 60 Hz; recorders write either, or what they measured, or nothing."""
    if not record.frequency:
        power = {hertz: _power_at(record, hertz) for hertz in (50.0, 60.0)}
        likely = max(power, key=lambda hertz: power[hertz])
        return likely, (f"{path.name} names no frequency of the supply: its waveform is one of {likely:g} Hz",)
    nearest = min((50.0, 60.0), key=lambda hertz: abs(hertz - record.frequency))
    if not abs(record.frequency - nearest) < 5:
        raise RecordingError(f"{path}: is of a supply of {record.frequency:g} Hz; expected one near 50 or 60 Hz")
    return nearest, ()


def _power_at(record: Oscillogram, hertz: float) -> float:
    """How much of all voltages goes with this frequency, in V²."""
    waveform = Waveform(record.times, hertz)
    parts = [waveform.fundamental(t.values) for t in record.traces if t.unit == "V"]
    return sum(float(np.nanmedian(part**2)) for part in parts if not np.isnan(part).all())


def _rows(record: Oscillogram, waveform: Waveform, supplies: Sequence[Supply]) -> SampleBlock:
    """From the first whole cycle to the last."""
    channels = tuple(Channel(supply.name, quantity) for supply in supplies for quantity in supply.columns)
    columns = np.column_stack([column for supply in supplies for column in supply.columns.values()])
    seen = np.flatnonzero(waveform.sampled)
    span = slice(seen[0], seen[-1] + 1)
    values, sampled = columns[span].astype(np.float32), waveform.sampled[span]
    quality = np.where(np.isnan(values), np.uint8(Quality.MISSING), np.uint8(Quality.GOOD))
    quality[~sampled] = Quality.HELD
    last = np.maximum.accumulate(np.where(sampled, np.arange(len(sampled)), 0))
    times = record.start + np.rint(waveform.ends[span] * SECOND).astype(np.int64)
    return SampleBlock(channels, times, values[last], quality)


def _held(block: SampleBlock) -> tuple[str, ...]:
    """How long there was no waveform, for people."""
    held = int((block.quality[:, 0] == Quality.HELD).sum())
    if not held:
        return ()
    length = held * int(np.median(np.diff(block.times))) / SECOND
    return (f"for {length:.2f} s between its parts the recorder kept no waveform: nothing is known of them",)


def _assumed_site(supplies: Sequence[Supply], frequency: float) -> Site:
    """Unconnected meters, one a supply, whose nominal voltages are the declared ones."""
    devices = tuple(
        Device(
            supply.name,
            "meter",
            nominal_voltage=supply.nominal,
            nominal_output_voltage=supply.nominal,
            nominal_frequency=frequency,
            location=supply.recorded,
        )
        for supply in supplies
    )
    return Site("replay", devices, nominal_voltage=devices[0].nominal_voltage, nominal_frequency=frequency)


def _fitted(site: Site, names: frozenset[str], tick: int) -> Site:
    """The site with its feeds polled every half cycle, and with delays that a record of seconds does not fall short of.

    An alarm is over at once, so that each event has an end of its own; the site's own delays stand. Three of them are
    the reclosing of one fault, and each counts: an unstable supply is told only where it stays so.
    """
    devices = tuple(replace(d, interval=tick if d.name in names else _whole(d.interval, tick)) for d in site.devices)
    limits = dict(site.limits)
    for kind in _OVER_AT_ONCE:
        own = limits.get(kind, Limits())
        limits[kind] = replace(own, off_delay=0) if own.off_delay is None else own
    own = limits.get(_UNSTABLE, Limits())
    limits[_UNSTABLE] = replace(own, on_delay=_STAYS) if own.on_delay is None else own
    return replace(site, tick=tick, devices=devices, limits=limits)


def _whole(interval: int, tick: int) -> int:
    """The nearest whole multiple of the tick."""
    return max(1, round(interval / tick)) * tick


def _said(supplies: Sequence[Supply], frequency: float) -> str:
    before = "; ".join(map(_voltage, (s for s in supplies if s.declared.measured)))
    standard = "; ".join(map(_voltage, (s for s in supplies if not s.declared.measured)))
    return (
        f"no site file was given: assumed the site 'replay' of unconnected meters, {frequency:g} Hz, a row every half "
        "cycle with the RMS of the cycle before it; alarms are over as soon as the voltage is back"
        + (f"; nominal voltages, as they were before the event: {before}" if before else "")
        + (f"; the standard voltage nearest to it, since the record begins in an event: {standard}" if standard else "")
    )


def _voltage(supply: Supply) -> str:
    volts = supply.declared.volts
    form = " line to line" if supply.pairs else ""
    return f"{supply.name} ({supply.recorded}) {f'{volts / 1000:.4g} kV' if volts >= 1000 else f'{volts:.4g} V'}{form}"
