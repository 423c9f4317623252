"""Circuit breakers with a thermal and a magnetic release: slow on overload, at once on a short circuit."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.supply import Floats

Bools = NDArray[np.bool_]
Codes = NDArray[np.int8]

STATES = ("open", "closed", "tripped")
OPEN, CLOSED, TRIPPED = range(3)
WORDS = tuple(f"breaker_{state}" for state in STATES)

_SOON = 10.0  # s: the longest step that is made while all is quiet
_FAINTEST = 0.05  # of nominal voltage: below, the current of a constant power is no longer meaningful


@dataclass(frozen=True, slots=True)
class BreakerParameters:
    """Of one breaker.

    breaker_rating: A by pole at which it may carry current for ever; NaN: the device's own rating
    breaker_thermal_trip: heat at which the bimetal releases, in parts of what the rated current ends at. 1.4 lets
        1.18 times the rated current pass for ever: between the conventional non-tripping current of 1.13 and the
        tripping current of 1.45 (IEC 60898-1 table 7)
    breaker_time_constant: s, of the bimetal. 120 s makes 1.35 times the rated current trip in 2–3 minutes, twice
        in 17–52 s, 2.55 times in at most 30 s (IEC 60898-1: 1–60 s)
    breaker_magnetic_trip: times the rated current; 5–10 is type C of IEC 60898-1, and the upper end is usual in feeders
    breaker_reset: heat below which the latch holds again: 1 to 2 minutes after an overload (judgement)
    """

    breaker_rating: Floats | float = np.nan
    breaker_thermal_trip: Floats | float = 1.4
    breaker_time_constant: Floats | float = 120.0
    breaker_magnetic_trip: Floats | float = 10.0
    breaker_reset: Floats | float = 0.7


class Breakers:
    """One breaker of three poles for each of `n` parts of `S` sites, all closed at first.

    state: `(S, n)` codes of `STATES`
    heat: `(S, n, 3)` of each pole's bimetal, in parts of what the rated current ends at
    rating: `(S, n)` A; NaN: it never trips by itself, and can still be switched and tripped
    stuck: `(S, n)` the mechanism does not open, whatever calls for it
    """

    def __init__(self, rating: Floats, parameters: BreakerParameters) -> None:
        """One for each rating.

        Args:
            rating: `(n,)` A by pole, NaN where nothing protects
            parameters: arrays of `(S, n)`
        """
        own = np.asarray(parameters.breaker_rating)
        self.rating: Floats = np.where(np.isnan(own), rating, own)
        self.state: Codes = np.full(self.rating.shape, CLOSED, np.int8)
        self.stuck: Bools = np.zeros(self.rating.shape, np.bool_)
        self.heat: Floats = np.zeros((*self.rating.shape, 3))
        self._unit = np.where(np.isnan(self.rating), np.inf, self.rating)[..., np.newaxis]
        self._protects = bool(np.isfinite(self._unit).any())
        self._thermal_trip = np.asarray(parameters.breaker_thermal_trip)
        self._time_constant = np.asarray(parameters.breaker_time_constant)[..., np.newaxis]
        self._magnetic_trip = np.asarray(parameters.breaker_magnetic_trip)
        self._reset = np.asarray(parameters.breaker_reset)
        self._ends_at: Floats | None = None  # the heat that the last current leads to
        self._closing: Bools = np.zeros(self.rating.shape, np.bool_)  # by a hand that waits until the latch holds
        self._dt, self._decay = 0.0, np.ones_like(self._time_constant)

    @property
    def closed(self) -> Bools:
        """`(S, n)` whether current can pass."""
        closed: Bools = self.state == CLOSED
        return closed

    def step(self, now: int, dt: float, current: Floats) -> Bools:  # noqa: ARG002  # all parts step alike
        """Carry a current for `dt` seconds: exact, as long as it is constant. Before the first step it flowed for long.

        Args:
            now: µs UTC
            dt: s
            current: `(S, n, 3)` A

        Returns:
            `(S, n)` where a release calls for the breaker to open; where it is not stuck, it has.
        """
        if not self._protects:
            return np.zeros(self.rating.shape, np.bool_)
        loading = current / self._unit
        ends_at = loading * loading
        if self._ends_at is None:
            self.heat = np.minimum(ends_at, 1.0)
        if dt != self._dt:
            self._dt, self._decay = dt, np.exp(-dt / self._time_constant)
        self.heat = ends_at + (self.heat - ends_at) * self._decay
        self._ends_at = ends_at
        hottest = self.heat.max(axis=-1)
        releasing: Bools = (hottest > self._thermal_trip) | (loading.max(axis=-1) > self._magnetic_trip)
        if releasing.any():
            self._open(releasing)
        if self._closing.any():
            latching = self._closing & (hottest <= self._reset)
            self.state[latching] = CLOSED
            self._closing &= ~latching
        return releasing

    def trip(self, which: Bools) -> None:
        """Open those of `(S, n)` that are closed and not stuck; a hand that is about to close them gives up."""
        self._open(which)
        self._closing &= ~which

    def close(self, which: Bools) -> None:
        """Close those of `(S, n)`."""
        self.state[which] = CLOSED

    def set(self, site: int, i: int, value: object) -> None:
        """Switch one by hand. One that tripped on heat latches only when it has cooled, and is closed then.

        Raises:
            ValueError: the value is no state.
        """
        if value not in STATES:
            raise ValueError(f"a breaker is {', '.join(STATES)}, not {value!r}")
        cold = self.heat[site, i].max() <= self._reset[site, i]
        self._closing[site, i] = value == "closed" and not cold and self.state[site, i] != CLOSED
        if not self._closing[site, i]:
            self.state[site, i] = STATES.index(str(value))

    def _open(self, which: Bools) -> None:
        self.state[which & ~self.stuck & (self.state == CLOSED)] = TRIPPED

    @property
    def quiet(self) -> bool:
        """None is about to release, or is cooling under a hand that waits to close it."""
        if self._closing.any():
            return False
        if self._ends_at is None:
            return True
        doomed = self.closed & (self._ends_at.max(axis=-1) > self._thermal_trip)
        if not doomed.any():
            return True
        soon = self._ends_at + (self.heat - self._ends_at) * np.exp(-_SOON / self._time_constant)
        return not (doomed & (soon.max(axis=-1) > self._thermal_trip)).any()


def currents(power: Floats, levels: Floats, nominal_voltage: Floats) -> Floats:
    """A of a power that is drawn whatever the voltage.

    Args:
        power: `(S, n, 3)` W
        levels: `(S, n, 3)` parts of nominal
        nominal_voltage: `(n,)` V phase to neutral
    """
    flowing: Floats = power / (np.maximum(levels, _FAINTEST) * nominal_voltage[:, np.newaxis])
    return flowing
