"""The feeds of an oscillogram that show a supply: their RMS every half cycle, and the voltage declared for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from device_profiles.quantities import PHASE_TO_PHASE
from telemetry.recordings.declared_voltage import SQRT3, Declared, declared_voltage, is_level
from telemetry.recordings.half_cycle import Waveform
from telemetry.recordings.oscillogram import Oscillogram, Trace
from telemetry.recordings.phase_names import is_residual
from telemetry.recordings.recorded_feeds import RecordedFeed, device_names, find_feeds

Floats = NDArray[np.float64]

_DEAD = 0.05  # of what a feed is made for; one that never had more is connected to nothing
_LEAST = 10.0  # V; the same where nobody says what it is made for
_BESIDE = 0.01  # the same of the strongest feed beside it, unless it stands at a standard voltage
_SINE = 0.5  # part of a feed's power at the supply's frequency, below which it is no voltage of a supply


@dataclass(frozen=True, slots=True)
class Supply:
    """A feed that can be replayed.

    name, recorded: of its device; and as the recorder has it
    columns: (R,) RMS of each quantity, NaN where not known
    declared: to neutral; line to line where `pairs`, because nothing else was recorded
    """

    name: str
    recorded: str
    columns: Mapping[str, Floats]
    declared: Declared
    pairs: bool

    @property
    def nominal(self) -> float:
        """V to neutral."""
        return self.declared.volts / SQRT3 if self.pairs else self.declared.volts


def find_supplies(record: Oscillogram, waveform: Waveform) -> tuple[list[Supply], str]:
    """The feeds that show a supply, and for people what was left out; empty where nothing was."""
    found = find_feeds(record.traces)
    names = device_names(feed.name or record.station for feed in found)
    rms = {i: waveform.rms(record.traces[i].values) for feed in found for i in _places(feed)}
    highest = {i: float(np.nanmax(v, initial=0.0)) for i, v in rms.items()}
    strongest = max((highest[i] for feed in found for i in feed.voltages.values()), default=0.0)
    supplies, dead, strange = [], [], []
    for name, feed in zip(names, found, strict=True):
        pairs = set(feed.voltages) <= set(PHASE_TO_PHASE)
        judged = [i for form, i in feed.voltages.items() if pairs or form not in PHASE_TO_PHASE]
        peak = max(judged, key=lambda i: highest[i])
        trace = record.traces[peak]
        if highest[peak] < (_LEAST if trace.rated is None else _DEAD * trace.rated):
            dead.append(feed.name)
        elif not _alternates(rms[peak], waveform.fundamental(trace.values)):
            strange.append(feed.name)
        elif highest[peak] < _BESIDE * strongest and not (trace.rated or is_level(highest[peak], line_to_line=pairs)):
            dead.append(feed.name)
        else:
            declared = declared_voltage(np.column_stack([rms[i] for i in judged]), trace.rated, line_to_line=pairs)
            supplies.append(Supply(name, feed.name, _columns(feed, rms), declared, pairs))
    return supplies, _left_out(record.traces, found, dead, strange)


def _places(feed: RecordedFeed) -> list[int]:
    return [*feed.voltages.values(), *feed.currents.values()]


def _alternates(rms: Floats, fundamental: Floats) -> bool:
    """Whether what there is goes with the supply's frequency: no direct voltage, no carrier of a relay's."""
    strong = rms > np.nanmax(rms) / 2
    return float(np.median((fundamental[strong] / rms[strong]) ** 2)) >= _SINE


def _columns(feed: RecordedFeed, rms: Mapping[int, Floats]) -> dict[str, Floats]:
    voltages = {_quantity(form, "voltage"): rms[i] for form, i in feed.voltages.items()}
    return voltages | {_quantity(phase, "current"): rms[i] for phase, i in feed.currents.items()}


def _quantity(form: str, of: str) -> str:
    return f"input.{form}.{of}" if form else f"input.{of}"


def _left_out(
    traces: Sequence[Trace], found: Sequence[RecordedFeed], dead: Sequence[str], strange: Sequence[str]
) -> str:
    used = {i for feed in found for i in _places(feed)}
    residual = {i for i, t in enumerate(traces) if t.unit in {"V", "A"} and is_residual(t.phase, t.name)}
    others = len(traces) - len(used | residual)
    parts = [f"{', '.join(dead)} (no voltage in all the record)"] if dead else []
    parts += [f"{', '.join(strange)} (does not alternate with the supply)"] if strange else []
    parts += [f"{len(residual)} neutral and residual channels"] if residual else []
    parts += [f"{others} channels that go with no voltage"] if others else []
    return f"left out: {'; '.join(parts)}" if parts else ""
