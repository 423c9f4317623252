"""Main switchgear: a breaker that overload opens, and that a lockout relay holds open."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.distribution.breakers import CLOSED, WORDS, Bools, BreakerParameters, Breakers, currents
from simulators.parameters import Tables
from simulators.supply import Floats, Supply
from telemetry.block import SECOND

_LOCKOUT_WORDS = ("lockout_reset", "locked_out")
_FAILURE_WORDS = ("breaker_obeyed", "breaker_failed")


@dataclass(frozen=True, slots=True)
class SwitchgearParameters:
    """Of one board.

    recloses: whether it closes by itself once the lockout is reset; else a hand has to
    breaker_fail_delay: s after which a breaker that was told to open and has not counts as failed (50BF; 0.15–0.3 s is usual)
    """

    recloses: Bools | bool = True
    breaker_fail_delay: Floats | float = 0.2


class Switchgears:
    """`n` boards of `S` sites. What they hand on is what comes in, or nothing.

    A scenario sets `breaker` (open, closed, tripped) and `fault`: tripped, as a relay that trips for nothing;
    breaker_stuck, until false ends it.

    breakers: their mains
    lockout: `(S, n)` held open by a lockout relay, or told to be
    failed_to_open: `(S, n)` told to open, but closed for longer than breaker failure protection waits: what feeds it has to open
    current: `(S, n, 3)` A through the main
    """

    def __init__(self, names: Sequence[str], tables: Tables, rating_current: Floats, nominal_voltage: Floats) -> None:
        """All are closed at first.

        Args:
            names: of the boards
            tables: their parameters are taken from it
            rating_current: `(n,)` A by phase; NaN: overload never opens it
            nominal_voltage: `(n,)` V phase to neutral
        """
        self.names = tuple(names)
        self._parameters = tables.take(SwitchgearParameters, names)
        self.breakers = Breakers(rating_current, tables.take(BreakerParameters, names))
        shape = self.breakers.rating.shape
        self.lockout: Bools = np.zeros(shape, np.bool_)
        self.failed_to_open: Bools = np.zeros(shape, np.bool_)
        self.current: Floats = np.zeros((*shape, 3))
        self.loss: Floats = np.zeros(shape)
        self.stored: Floats = np.zeros(shape)
        self._nominal_voltage = np.asarray(nominal_voltage, np.float64)
        self._fail_delay = (np.asarray(self._parameters.breaker_fail_delay) * SECOND).astype(np.int64)
        self._held: Bools = np.zeros(shape, np.bool_)  # open because of the lockout alone
        self._releasing: Bools = np.zeros(shape, np.bool_)
        self._refusing: Bools = np.zeros(shape, np.bool_)
        self._refusing_since: NDArray[np.int64] = np.zeros(shape, np.int64)
        self._levels: Floats = np.zeros((*shape, 3))

    def set(self, site: int, i: int, key: str, value: object) -> None:
        """One setting of a scenario.

        Raises:
            ValueError: there is no such setting, or the value does not fit it.
        """
        match key, value:
            case "breaker", "open" | "closed" | "tripped":
                self.breakers.set(site, i, value)
                self._held[site, i] = False
            case "fault", "tripped":
                self.breakers.set(site, i, "tripped")
            case "fault", "breaker_stuck":
                self.breakers.stuck[site, i] = True
            case "fault", False:
                self.breakers.stuck[site, i] = False
            case _:
                raise ValueError(
                    "a switchgear has breaker (open, closed, tripped) and fault (tripped, breaker_stuck; false ends it),"
                    f" not {key} = {value!r}"
                )

    def energise(self, now: int, dt: float, source: Supply, blocked: Bools) -> Supply:  # noqa: ARG002  # all step alike
        """What is behind the mains.

        Args:
            now: µs UTC
            dt: s
            source: `(S, n)` in front of them
            blocked: `(S, n)` that a lockout relay holds open
        """
        self._levels = source.levels
        self._obey(blocked)
        self._watch_for_failure(now)
        closed = self.breakers.closed
        return source if closed.all() else source.only(closed)

    def absorb(self, now: int, dt: float, load: Floats) -> Floats:
        """`(S, n, 3)` W drawn in front of the mains, of what is drawn behind them; too much of it opens them."""
        drawn: Floats = load * self.breakers.closed[..., np.newaxis]
        self.current = currents(drawn, self._levels, self._nominal_voltage)
        self._releasing = self.breakers.step(now, dt, self.current)
        return drawn

    @property
    def watched(self) -> dict[str, tuple[tuple[str, ...], NDArray[np.int8]]]:
        """Discrete states: `{what: (words, codes (S, n))}`."""
        return {
            "breaker": (WORDS, self.breakers.state),
            "lockout": (_LOCKOUT_WORDS, self.lockout.astype(np.int8)),
            "breaker_failure": (_FAILURE_WORDS, self.failed_to_open.astype(np.int8)),
        }

    @property
    def quiet(self) -> bool:
        """None is about to open or to be found stuck."""
        return self.breakers.quiet and not (self._refusing & ~self.failed_to_open).any()

    def _obey(self, blocked: Bools) -> None:
        if blocked.any():
            was_closed = self.breakers.closed
            self.breakers.trip(blocked)
            self._held |= was_closed & ~self.breakers.closed
        released = self._held & ~blocked
        if released.any():
            self.breakers.close(released & np.asarray(self._parameters.recloses))
            self._held &= ~released
        self.lockout = blocked.copy()

    def _watch_for_failure(self, now: int) -> None:
        refusing = (self.lockout | self._releasing) & (self.breakers.state == CLOSED)
        if not refusing.any():
            self._refusing = self.failed_to_open = refusing
            return
        self._refusing_since[refusing & ~self._refusing] = now
        self._refusing = refusing
        self.failed_to_open = refusing & (now - self._refusing_since >= self._fail_delay)
