"""Lockout relays (86) of switchboards, and the ground-fault element (59N) that can trip them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.parameters import Tables
from simulators.supply import Floats, Supply

WORDS = ("relay_normal", "relay_tripped")

_SECOND = 1_000_000  # µs
_NOT_TIMING = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class RelayParameters:
    """The ground-fault element: it measures zero-sequence voltage, and cannot tell on which side of it the fault is.

    pickup: V0 in parts of nominal phase to neutral (judgement: above what a sagging neighbour's fault makes, below the
        1/3 of a bolted one; a relay that counts 3·V0 has three times this figure)
    reset: part of pickup below which it drops out (judgement; relays' manuals give 0.96–0.98)
    delay: s, definite time (0.3–0.5 usual for a main; NEC 230.95(A) allows at most 1 s for 3000 A and more)
    armed: whether the element is in service; if not, only a scenario trips the relay
    """

    pickup: float | Floats = 0.2
    reset: float | Floats = 0.96
    delay: float | Floats = 0.4
    armed: bool | NDArray[np.bool_] = False


class Relays:
    """r relays at each of S sites. Once tripped, only a person at the relay releases it.

    A scenario sets
    tripped: true or false
    armed: true or false: a setting that is not coordinated with the utility's, so that it takes a fault out there for
        one of the site's own

    watches: the device whose supply each measures; blocks: what each keeps open while it is tripped
    tripped, armed: `(S, r)`; zero_sequence: `(S, r)` V0 that it measured last
    """

    def __init__(
        self,
        names: Sequence[str],
        tables: Tables,
        watches: Sequence[str] = (),
        blocks: Sequence[Sequence[str]] = (),
    ) -> None:
        """All released.

        Args:
            names: of the relays
            tables: their parameters
            watches: one a relay
            blocks: one list a relay

        Raises:
            ValueError: a parameter does not fit.
        """
        self.names = tuple(names)
        self.watches = tuple(watches)
        self.blocks = tuple(frozenset(blocked) for blocked in blocks)
        p = tables.take(RelayParameters, names)
        shape = tables.sites, len(self.names)
        self._pickup, self._drop_out = np.asarray(p.pickup), np.asarray(p.pickup) * np.asarray(p.reset)
        if (np.asarray(p.delay) < 0).any() or (self._pickup <= 0).any():
            raise ValueError("a relay's pickup is more than 0 and its delay at least 0 s")
        self._delay = np.rint(np.asarray(p.delay) * _SECOND).astype(np.int64)
        self.armed = np.array(p.armed, np.bool_)
        self.tripped = np.zeros(shape, np.bool_)
        self.zero_sequence = np.zeros(shape)
        self._began = np.full(shape, _NOT_TIMING)  # µs, when V0 rose above pickup

    def set(self, site: int, i: int, key: str, value: object) -> None:
        """One setting of a scenario, at one site.

        Raises:
            ValueError: there is no such setting, or the value does not fit it.
        """
        if key not in {"tripped", "armed"} or not isinstance(value, bool):
            raise ValueError(f"a lockout relay has tripped and armed (true or false), not {key} = {value!r}")
        (self.tripped if key == "tripped" else self.armed)[site, i] = value
        self._began[site, i] = _NOT_TIMING  # released or put into service onto a fault, it times anew

    def step(self, now: int, dt: float, watched: Supply) -> NDArray[np.bool_]:  # noqa: ARG002  # every part's step has dt
        """Which are tripped at `now` (µs UTC): `(S, r)`. watched: what each measures, `(S, r)`."""
        self.zero_sequence = np.abs(watched.volts.sum(axis=-1)) / 3
        timing = self._began != _NOT_TIMING
        above = self.armed & (self.zero_sequence > np.where(timing, self._drop_out, self._pickup))
        if above.any() or timing.any():
            self._began = np.where(above, np.minimum(self._began, now), _NOT_TIMING)
            self.tripped = self.tripped | (above & (now - self._began >= self._delay))
        return self.tripped

    @property
    def watched(self) -> dict[str, tuple[tuple[str, ...], NDArray[np.int8]]]:
        """What the plant logs every change of."""
        return {"relay": (WORDS, self.tripped.astype(np.int8))}

    @property
    def quiet(self) -> bool:
        """No relay is timing towards a trip."""
        return not (~self.tripped & (self._began != _NOT_TIMING)).any()
