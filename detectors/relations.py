"""Relations between the values of one device that must hold, whatever the supply does: one power, one set of phases.

They are judged by the lowest and highest values of a window. A relation is broken only where no values between
these fit together, with room for the sensors' accuracy and for the last digit of each figure. An agent that answers
0 for what it does not measure is common, so a constant 0 says nothing.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.layout import SQRT3, Layout
from device_profiles.quantities import FEEDS, PHASE_TO_NEUTRAL, PHASE_TO_PHASE, PHASES
from telemetry.site import Device

ROOM = 1.1  # times: judgement; even simple sensors are within 5 % in each factor
SUM_ROOM = 0.05  # of the whole: phases are not sampled at one instant
LEAST_CURRENT = 0.5  # A: near zero no sensor is trusted closer
LINE_ROOM = 0.76  # of √3: half way, by ratio, to a line voltage that is really one to neutral (1/√3)
_NO_LINE = 0.01  # of the phases: a line voltage that is not measured
_DIGITS = (0.01, 0.1, 1.0, 10.0, 100.0, 1000.0)  # what figures end in; finer is no matter

Numbers = NDArray[np.floating]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Sort:
    """A sort of relation, between a few columns; arrays are (columns, …).

    excess: from lowest and highest values, how far they are from fitting, in the unit of the first; > 0: broken, NaN
        where they say nothing
    rounding: how far the last digits of the figures alone can bring them
    tell: what is wrong, in words
    """

    name: str
    excess: Callable[[Numbers, Numbers], Numbers]
    rounding: Callable[[Numbers, Numbers], Numbers]
    tell: Callable[[str, Numbers, Numbers], str]


@dataclass(frozen=True, slots=True)
class Relation:
    """One relation of one feed of one device.

    quantities: in the order of the sort
    nominal: V that each should read; NaN for what is no voltage
    guards: quantities that show, by any value, that the feed has several phases: single figures then are of different ones
    """

    sort: Sort
    device: str
    feed: str
    quantities: tuple[str, ...]
    nominal: tuple[float, ...]
    guards: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What its state's entry is named by."""
        return f"{self.device}/{self.sort.name}/{'/'.join(self.quantities)}"

    @property
    def phase(self) -> str:
        """`L1 `, or nothing for the whole feed: begins what is told."""
        found = re.search(r"\.(L\d(?:-L\d)?)\.", self.quantities[0])
        return f"{found[1]} " if found else ""


def relations(layout: Layout) -> tuple[Relation, ...]:
    """All relations of the layout's columns, the relations of a feed one after the other."""
    return tuple(r for d in layout.site.devices for feed in _feeds(d, layout) for r in _of_feed(d, feed, layout))


def _feeds(device: Device, layout: Layout) -> tuple[str, ...]:
    """Feeds of a device, and of those that it answers for."""
    names = "|".join(map(re.escape, sorted(FEEDS, key=len, reverse=True)))
    of = re.compile(rf"((?:device\.\d+\.)?(?:{names}))\.")
    quantities = (layout.channels[c].quantity for c in layout.columns(device.name))
    return tuple(sorted({m[1] for q in quantities if (m := of.match(q))}))


def _of_feed(device: Device, feed: str, layout: Layout) -> Iterator[Relation]:
    volts = device.nominal_output_voltage if feed.endswith("output") else device.nominal_voltage
    nan = float("nan")

    def relation(
        sort: Sort, names: list[str], nominal: list[float], guards: tuple[str, ...] = ()
    ) -> Iterator[Relation]:
        quantities = tuple(f"{feed}.{name}" for name in names)
        if all(layout.column(device.name, q) >= 0 for q in quantities):
            known = tuple(g for g in guards if layout.column(device.name, g) >= 0)
            yield Relation(sort, device.name, feed, quantities, tuple(nominal), known)

    for phase in ("", *PHASES, *PHASE_TO_PHASE):
        form = f"{phase}." if phase else ""
        voltage = f"{phase}-N.voltage" if phase in PHASES else f"{form}voltage"
        nominal = volts * SQRT3 if phase in PHASE_TO_PHASE else volts
        guards = () if phase else _several_phases(feed)
        for power in ("realpower", "power"):
            sort = WATTS if power == "realpower" else VOLT_AMPERES
            yield from relation(sort, [f"{form}{power}", voltage, f"{form}current"], [nan, nominal, nan], guards)
        yield from relation(REAL, [f"{form}realpower", f"{form}power"], [nan, nan])
    yield from relation(SUM, ["realpower", *(f"{p}.realpower" for p in PHASES)], [nan] * 4)
    for pair in PHASE_TO_PHASE:
        a, b = pair.split("-")
        names = [f"{pair}.voltage", f"{a}-N.voltage", f"{b}-N.voltage"]
        yield from relation(LINE, names, [nan, volts, volts])


def _several_phases(feed: str) -> tuple[str, ...]:
    whats = ("voltage", "current", "realpower", "power")
    return (
        f"{feed}.phases",
        *(f"{feed}.{p}.{w}" for p in (*PHASES, *PHASE_TO_NEUTRAL, *PHASE_TO_PHASE) for w in whats),
    )


def last_digit(low: Numbers, high: Numbers, coarsest: float) -> Numbers:
    """(…) the coarsest power of ten that both figures are whole multiples of: what they may be rounded to."""
    digit = np.full(low.shape, _DIGITS[0])
    for unit in _DIGITS[1:]:
        if unit <= coarsest:
            parts = np.stack((low, high)) / unit
            whole = (np.abs(parts - np.rint(parts)) <= 1e-4 + 1e-6 * np.abs(parts)).all(axis=0)
            digit[whole] = unit
    return digit


def least(low: Numbers, high: Numbers) -> Numbers:
    """(…) the smallest magnitude between: 0 where the sign changes."""
    return np.maximum(np.maximum(low, -high), 0.0)


def greatest(low: Numbers, high: Numbers) -> Numbers:
    """(…) the greatest magnitude between."""
    return np.maximum(high, -low)


def _is_zero(low: Numbers, high: Numbers) -> Flags:
    return np.asarray((low == 0.0) & (high == 0.0), bool)


def _product_excess(low: Numbers, high: Numbers) -> Numbers:
    excess = least(low[0], high[0]) - ROOM * high[1] * high[2]
    return np.where(_is_zero(low, high).any(axis=0), np.nan, excess)


def _product_rounding(low: Numbers, high: Numbers) -> Numbers:
    power, volt, ampere = (last_digit(low[i], high[i], coarsest) for i, coarsest in enumerate((1000.0, 1.0, 1.0)))
    return np.asarray(power + high[1] * np.maximum(ampere, LEAST_CURRENT) + high[2] * volt)


def _product_tell(unit: str) -> Callable[[str, Numbers, Numbers], str]:
    def tell(phase: str, low: Numbers, high: Numbers) -> str:
        reads, possible = float(least(low[0], high[0])), float(high[1] * high[2])
        return (
            f"{phase}reads {figure(reads)} {unit} but {figure(float(high[1]))} V × {figure(float(high[2]))} A "
            f"cannot be more than {figure(possible)} {unit}"
        )

    return tell


def _real_excess(low: Numbers, high: Numbers) -> Numbers:
    excess = least(low[0], high[0]) - ROOM * high[1]
    return np.where(_is_zero(low, high).any(axis=0), np.nan, excess)


def _real_rounding(low: Numbers, high: Numbers) -> Numbers:
    return last_digit(low[0], high[0], 1000.0) + last_digit(low[1], high[1], 1000.0)


def _real_tell(phase: str, low: Numbers, high: Numbers) -> str:
    reads = float(least(low[0], high[0]))
    return f"{phase}reads {figure(reads)} W but {figure(float(high[1]))} VA: W cannot be more than VA"


def _sum_excess(low: Numbers, high: Numbers) -> Numbers:
    lowest, highest = low[1:].sum(axis=0), high[1:].sum(axis=0)
    whole = np.maximum(greatest(low[0], high[0]), greatest(lowest, highest))
    excess = np.maximum(low[0] - highest, lowest - high[0]) - SUM_ROOM * whole
    zero = _is_zero(low, high)
    return np.where(zero[0] | zero[1:].all(axis=0), np.nan, excess)


def _sum_rounding(low: Numbers, high: Numbers) -> Numbers:
    return np.asarray(last_digit(low, high, 1000.0).sum(axis=0))


def _sum_tell(_: str, low: Numbers, high: Numbers) -> str:
    middle = (low + high) / 2
    parts = " + ".join(figure(float(m)) for m in middle[1:])
    return f"reads {figure(float(middle[0]))} W but its phases sum to {figure(float(middle[1:].sum()))} W ({parts})"


def _line_excess(low: Numbers, high: Numbers) -> Numbers:
    above = low[0] - ROOM * (high[1] + high[2])
    below = LINE_ROOM * SQRT3 * np.minimum(low[1], low[2]) - high[0]
    measured = high[0] > _NO_LINE * high[1]
    return np.where(measured, np.maximum(above, below), np.nan)


def _line_rounding(low: Numbers, high: Numbers) -> Numbers:
    return np.asarray(last_digit(low, high, 1.0).sum(axis=0))


def _line_tell(phase: str, low: Numbers, high: Numbers) -> str:
    line, a, b = (float(m) for m in (low + high) / 2)
    first, second = phase.strip().split("-")
    return (
        f"reads {figure(line)} V from {first} to {second} but {figure(a)} V and {figure(b)} V to neutral: "
        f"these make about {figure(SQRT3 * (a + b) / 2)} V"
    )


def figure(value: float) -> str:
    """`5,200`, `231.4`: to four digits or the unit."""
    return f"{round(value):,}" if abs(value) >= 1000 else f"{value:.4g}"


WATTS = Sort("volts-amperes-watts", _product_excess, _product_rounding, _product_tell("W"))
VOLT_AMPERES = Sort("volts-amperes-volt-amperes", _product_excess, _product_rounding, _product_tell("VA"))
REAL = Sort("watts-volt-amperes", _real_excess, _real_rounding, _real_tell)
SUM = Sort("phase-sum", _sum_excess, _sum_rounding, _sum_tell)
LINE = Sort("line-to-line", _line_excess, _line_rounding, _line_tell)
SORTS = (WATTS, VOLT_AMPERES, REAL, SUM, LINE)
