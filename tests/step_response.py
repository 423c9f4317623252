"""How generator sets bear a step of load, measured in voltage and frequency, beside ISO 8528-5 class G2."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from hidden import Record
from simulators.generator.settings import FAULTS
from telemetry.block import SECOND

# ISO 8528-5 class G2, in parts of nominal: dips at a step of load, seconds to recover, and what is steady.
FREQUENCY_DIP, FREQUENCY_BACK, FREQUENCY_BAND = 0.10, 5.0, 0.02
VOLTAGE_DIP, VOLTAGE_BACK, VOLTAGE_BAND = 0.20, 6.0, 0.025
STEADY_FREQUENCY = 0.015
A_STEP, ACCEPTED = 0.10, 0.70  # parts of rating: what counts as a step, and what a turbocharged set takes at once
RUNNING, CLOSED = 2, 1
OUTSIDE = [FAULTS.index(fault) for fault in ("unstable", "weak_engine", "low_output", "low_frequency", "overvoltage")]


class Response(NamedTuple):
    """One step of load.

    step: parts of rating; at: µs; dips in parts of nominal
    off: what is left after the time to recover, NaN where another step came before
    """

    generator: str
    site: int
    at: int
    step: float
    frequency_dip: float
    frequency_off: float
    voltage_dip: float
    voltage_off: float

    @property
    def in_class(self) -> bool:
        off = self.frequency_off > FREQUENCY_BAND or self.voltage_off > VOLTAGE_BAND
        return not off and self.frequency_dip <= FREQUENCY_DIP and self.voltage_dip <= VOLTAGE_DIP


def responses(record: Record) -> Iterator[Response]:
    """Every step of load that a healthy set on its bus has borne."""
    seconds = (record.times - record.times[0]) / SECOND
    for name in record.names.get("generator", ()):
        nominal = record.site.device(name).nominal_frequency
        load = record.of(name, "load") / record.fixed[name]["rating"]
        frequency, voltage = record.of(name, "frequency") / nominal, record.of(name, "lowest")
        well = (record.of(name, "fault") == 0) & (record.of(name, "state") == RUNNING) & ~record.of(name, "lockout")
        well &= record.of(name, "breaker") == CLOSED
        rise = np.zeros_like(load)
        rise[2:] = load[2:] - load[:-2]
        for site in range(record.sites):
            last = -np.inf
            for at in np.flatnonzero((rise[:, site] >= A_STEP) & well[:, site]):
                if seconds[at] - last < 0.3 or record.dt[at, 0] > 1.0:
                    last = seconds[at]
                    continue
                last = seconds[at]
                until = np.searchsorted(seconds, seconds[at] + VOLTAGE_BACK + 0.2)
                own = slice(at - 1, until)
                if not well[own, site].all() or load[own, site].max() > 1.0 or until >= len(seconds):
                    continue
                again = np.abs(np.diff(load[at + 2 : until, site])).max(initial=0.0) > A_STEP / 2
                yield Response(
                    name,
                    site,
                    int(record.times[at]),
                    float(np.ptp(load[at - 2 : at + 2, site])),
                    float(1 - frequency[own, site].min()),
                    np.nan if again else _off(seconds[own] - seconds[at], frequency[own, site], FREQUENCY_BACK),
                    float(1 - voltage[own, site].min()),
                    np.nan if again else _off(seconds[own] - seconds[at], voltage[own, site], VOLTAGE_BACK),
                )


def poor_responses(record: Record) -> list[str]:
    """Healthy sets outside their class, and sets within it that a scenario made unstable or weak."""
    found = [
        f"{r.generator} (site {r.site}): a step of {r.step:.0%} at {np.datetime64(r.at, 'us')} dips"
        f" f by {r.frequency_dip:.1%} and V by {r.voltage_dip:.1%}, which are off by {r.frequency_off:.1%} and"
        f" {r.voltage_off:.1%} after their times to recover: not ISO 8528-5 G2"
        for r in responses(record)
        if r.step <= ACCEPTED and not r.in_class
    ]
    for name in record.names.get("generator", ()):
        nominal = record.site.device(name).nominal_frequency
        out = np.abs(record.of(name, "frequency") / nominal - 1) > STEADY_FREQUENCY
        out |= np.abs(record.of(name, "lowest") - 1) > VOLTAGE_BAND
        for fault in OUTSIDE:
            ill = (record.of(name, "fault") == fault) & (record.of(name, "state") == RUNNING)
            half = 0.6 if FAULTS[fault] == "weak_engine" else -np.inf  # it gives half its power, and that well
            ill &= record.of(name, "load") > half * record.fixed[name]["rating"]
            steady = (ill * record.dt).sum(axis=0) > 2 * VOLTAGE_BACK
            found += [
                f"{name} (site {site}) has {FAULTS[fault]} and stays within ISO 8528-5 G2"
                for site in np.flatnonzero(steady & ~(out & ill).any(axis=0))
            ]
    return found


def _off(after: np.ndarray, values: np.ndarray, recovered: float) -> float:
    """The most by which it is off from then on."""
    return float(np.abs(values[after >= recovered] - 1).max(initial=0.0))
