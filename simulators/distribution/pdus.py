"""Power distribution units: a breaker at the input, and the little voltage that is lost on the way."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.distribution.breakers import WORDS, Bools, BreakerParameters, Breakers, currents
from simulators.parameters import Tables
from simulators.supply import Floats, Supply

_PHASE = {"L1": 0, "L2": 1, "L3": 2}


@dataclass(frozen=True, slots=True)
class PduParameters:
    """Of one PDU.

    drop: voltage lost in it and its feeder at rated current, in parts of nominal; 1 % is usual of the 3 % that NEC 210.19
        recommends for all branch circuits at most
    """

    drop: Floats | float = 0.01


class Pdus:
    """`n` PDUs of `S` sites.

    A scenario sets `breaker` (open, closed, tripped) and `fault`: feed, a short circuit within, behind the breaker;
    L1, L2 or L3, a conductor that is interrupted; false ends it, and the breaker stays as it is.

    breakers: their inputs
    current: `(S, n, 3)` A of the last step
    loss: `(S, n)` W of the last step
    """

    def __init__(self, names: Sequence[str], tables: Tables, rating_current: Floats, nominal_voltage: Floats) -> None:
        """All are closed at first.

        Args:
            names: of the PDUs
            tables: their parameters are taken from it
            rating_current: `(n,)` A by phase; NaN: overload never opens it, and no voltage is lost in it
            nominal_voltage: `(n,)` V phase to neutral
        """
        self.names = tuple(names)
        parameters = tables.take(PduParameters, names)
        self.breakers = Breakers(rating_current, tables.take(BreakerParameters, names))
        shape = self.breakers.rating.shape
        self.current: Floats = np.zeros((*shape, 3))
        self.loss: Floats = np.zeros(shape)
        self.stored: Floats = np.zeros(shape)
        self._nominal_voltage = np.asarray(nominal_voltage, np.float64)
        # Parts of nominal voltage lost for each ampere. The wires are made for what the site says of the device,
        # whatever its breaker is set to.
        drop = np.asarray(parameters.drop) / np.asarray(rating_current, np.float64)
        self._resistance = np.where(np.isnan(drop), 0.0, drop)[..., np.newaxis]
        self._shorted: Bools = np.zeros(shape, np.bool_)
        self._interrupted: Bools = np.zeros((*shape, 3), np.bool_)
        self._faulty = False
        self._levels: Floats = np.zeros((*shape, 3))  # at the output

    def set(self, site: int, i: int, key: str, value: object) -> None:
        """One setting of a scenario.

        Raises:
            ValueError: there is no such setting, or the value does not fit it.
        """
        match key, value:
            case "breaker", "open" | "closed" | "tripped":
                self.breakers.set(site, i, value)
            case "fault", "feed":
                self._shorted[site, i] = True
            case "fault", "L1" | "L2" | "L3":
                self._interrupted[site, i, _PHASE[str(value)]] = True
            case "fault", False:
                self._shorted[site, i] = False
                self._interrupted[site, i] = False
            case _:
                raise ValueError(
                    "a PDU has breaker (open, closed, tripped) and fault (feed, L1, L2, L3; false ends it),"
                    f" not {key} = {value!r}"
                )
        self._faulty = bool(self._shorted.any() or self._interrupted.any())

    def energise(self, now: int, dt: float, source: Supply) -> Supply:  # noqa: ARG002  # all parts step alike
        """What is at the outlets, of what is at the inputs, `(S, n)`. The drop is that of the last step's current."""
        incoming = source.levels
        passing = self.breakers.closed
        if self._faulty:
            # The current of a short circuit is beyond every magnetic release, as soon as anything drives it.
            self.breakers.trip(self._shorted & (incoming.max(axis=-1) > 0))
            passing = self.breakers.closed
        kept = np.maximum(1.0 - self._resistance * self.current / np.maximum(incoming, 1e-9), 0.0)
        if self._faulty:
            kept *= ~self._interrupted
        if not passing.all():
            kept *= passing[..., np.newaxis]
            source = source.only(passing)
        self._levels = incoming * kept
        return Supply(source.volts * kept, source.frequency, source.distortion)

    def absorb(self, now: int, dt: float, load: Floats) -> Floats:
        """`(S, n, 3)` W drawn at the inputs, of what is drawn at the outlets; too much of it opens the breaker."""
        self.current = currents(load, self._levels, self._nominal_voltage)
        lost = self.current**2 * self._resistance * self._nominal_voltage[:, np.newaxis]
        self.loss = lost.sum(axis=-1)
        self.breakers.step(now, dt, self.current)
        drawn: Floats = load + lost
        return drawn

    @property
    def watched(self) -> dict[str, tuple[tuple[str, ...], NDArray[np.int8]]]:
        """Discrete states: `{what: (words, codes (S, n))}`."""
        return {"breaker": (WORDS, self.breakers.state)}

    @property
    def quiet(self) -> bool:
        """None is about to open."""
        return self.breakers.quiet
