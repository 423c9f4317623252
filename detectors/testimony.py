"""What each seat at a node says in a window: how low and high its voltage and frequency have been."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from detectors.slots import FREQUENCY, STATES, VOLTS, Record, Slots
from detectors.usual import HIGH, LOW
from detectors.windows import Floats, Places

ALIVE = np.float32(0.5)  # of nominal: below, a bus is dying and its frequency says nothing; of frequency, too
CLOSE, CLOSE_HERTZ = np.float32(0.04), np.float32(0.004)  # of nominal: if all are so close to it, they agree


@dataclass(frozen=True, slots=True)
class Said:
    """What S seats said in K windows. NaN: nothing that counts. Voltages in parts of nominal.

    form: (K, S) 1 three phases to neutral, 2 three from line to line, 0 less: one phase, nobody knows which
    low: (K, S) lowest phase at its lowest
    high: (K, S) lowest phase at its highest; the highest of all, where it is not known which is lowest
    top: (K, S) highest phase at its highest
    hertz_low, hertz_high: (K, S)
    raw_low, raw_high: (K, S, 10) as given, to tell
    """

    form: NDArray[np.int8]
    low: Floats
    high: Floats
    top: Floats
    hertz_low: Floats
    hertz_high: Floats
    raw_low: Floats
    raw_high: Floats

    def of(self, window: int, seats: slice) -> "Said":
        """What some seats said in one window: the same arrays without their first axis."""
        return Said(*(getattr(self, f.name)[window, seats] for f in fields(self)))

    @property
    def speaks(self) -> NDArray[np.bool_]:
        """(…) whether it says anything."""
        return np.asarray(~np.isnan(self.low) | ~np.isnan(self.hertz_low), bool)

    @property
    def sound(self) -> NDArray[np.bool_]:
        """(…) whether it sees a sound supply; by its frequency, where it gives no voltage."""
        volts = (self.low >= LOW) & (self.top <= HIGH)
        return np.asarray(volts | (np.isnan(self.low) & ~np.isnan(self.hertz_low)), bool)


def close(s: Slots, record: Record) -> NDArray[np.bool_]:
    """(G,) the nodes at which all was measured in all windows, and all of it so close to nominal that all agree."""
    band = np.where(s.volts[s.measured], CLOSE, CLOSE_HERTZ)
    low, high, base = (a[:, s.measured] for a in (record.low, record.high, record.base))
    within = ((low >= (1 - band) * base) & (high <= (1 + band) * base)).all(axis=0)
    return np.logical_and.reduceat(within, s.measured_starts)


def fits(s: Slots, record: Record) -> NDArray[np.bool_]:
    """(K, S) whether a seat's conditions held all the time."""
    low, high = (_by_seat(s.at[:, STATES], a) for a in (record.low, record.high))
    so = (low == s.code) & (high == s.code)
    passed = (low <= s.code) & (s.code <= high)
    return np.asarray(((s.code < 0) | np.where(s.need, so, ~passed)).all(axis=-1), bool)


def testify(s: Slots, record: Record) -> Said:
    """What was said at these seats."""
    neutral, lines = slice(0, 3), slice(3, 6)
    nan, fit = np.float32(np.nan), fits(s, record)
    low, high = (
        _by_seat(s.at[:, :VOLTS], np.where(record.unknown, nan, a / record.base)) for a in (record.low, record.high)
    )
    raw_low, raw_high = (_by_seat(s.at, a) for a in (record.low, record.high))
    form = np.where(
        ~np.isnan(low[..., neutral]).any(axis=-1), 1, np.where(~np.isnan(low[..., lines]).any(axis=-1), 2, 0)
    )
    form = np.where(fit, form, 0).astype(np.int8)

    def chosen(one: Floats, two: Floats, less: Floats) -> Floats:
        found = np.where(form == 1, one, np.where(form == 2, two, less))
        return np.where(fit, found, nan)

    lowest = chosen(low[..., neutral].min(-1), low[..., lines].min(-1), np.fmin.reduce(low, axis=-1))
    widest = np.fmax.reduce(high, axis=-1)
    hertz_low, hertz_high = raw_low[..., FREQUENCY], raw_high[..., FREQUENCY]
    turning = fit & ~(lowest < ALIVE) & (hertz_low >= ALIVE * s.nominal_frequency)
    return Said(
        form,
        lowest,
        chosen(high[..., neutral].min(-1), high[..., lines].min(-1), widest),
        chosen(high[..., neutral].max(-1), high[..., lines].max(-1), widest),
        np.where(turning, hertz_low, nan),
        np.where(turning, hertz_high, nan),
        raw_low,
        raw_high,
    )


def _by_seat(at: Places, values: Floats) -> Floats:
    """(K, S, slots of each) of (K, n); NaN where a seat has no such slot."""
    return np.column_stack((values, np.full(len(values), np.nan, np.float32)))[:, at]
