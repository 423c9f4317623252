"""The buses on which generators work together, and the controller that parallels them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulators.generator.controller import CLOSED, OPEN, RUNNING
from simulators.generator.generators import Generators
from simulators.parameters import Tables
from simulators.supply import Floats, Supply, dead

Bools = NDArray[np.bool_]
Codes = NDArray[np.int8]

_TOO_HIGH = 1.1  # of nominal voltage, above which no breaker closes
_RELEASE = 0.35  # of nominal voltage, at which a breaker's undervoltage release lets go


@dataclass(frozen=True)
class BusParameters:
    """A paralleling controller as commonly set.

    slip: Hz, voltage_difference: parts of nominal, angle: rad: the window in which a breaker may close (IEEE 1547-2018
        table 5 asks ±0.1–0.3 Hz, 3–10 %, 10–20° by size; judgement within)
    dwell: s within that window before it closes; stable: s in spec before it closes at all (judgement)
    pull: Hz of slip that the synchroniser asks for each rad out of step; most: Hz at most (judgement: in step within
        3–10 s)
    """

    slip: Any = 0.2
    voltage_difference: Any = 0.05
    angle: Any = 0.1745
    dwell: Any = 0.5
    stable: Any = 1.0
    pull: Any = 0.12
    most: Any = 0.15


class GeneratorBuses:
    """`b` buses at each of `S` sites.

    The first set in spec closes on the dead bus, the others synchronise to it. It hands on once `needs` sets are
    connected, then until none is. All `(S, b)`: live: a set is connected; handing: it hands on; overloaded: fewer than
    it needs are left, so that load must be shed; supply: what it hands on; connected: how many sets are.

    A scenario sets `sync` ("ok"; "dead": the controller has failed and no breaker closes any more) and `main`
    ("closed", "open").
    """

    def __init__(
        self,
        names: Sequence[str],
        members: Sequence[Sequence[int]],
        needs: Sequence[int] | NDArray[np.intp],
        generators: Generators,
        tables: Tables,
    ) -> None:
        """Everything is open.

        Args:
        names: of the buses
        members: indices of each bus's generators; no generator is in two
        needs: `(b,)` sets that carry the load
        generators: all of the site
        tables: a scenario's parameters

        Raises:
            ValueError: a generator is in two buses, or a parameter does not fit.
        """
        self.names = tuple(names)
        of_all = [i for bus in members for i in bus]
        if len(set(of_all)) < len(of_all):
            raise ValueError("a generator works on one bus only")
        self._g = generators
        self._p = tables.take(BusParameters, names)
        self._needs = np.asarray(needs)
        shape = (tables.sites, len(self.names))
        count = len(generators.names)
        self._members = np.zeros((count, len(self.names)))
        for bus, of_bus in enumerate(members):
            self._members[list(of_bus), bus] = 1.0
        self._bus_of = self._members.argmax(axis=1) if len(self.names) else np.zeros(count, np.intp)
        self._on_bus = self._members.any(axis=1)
        self._before = np.triu(self._members @ self._members.T, 1)  # who shares a bus with one further on
        generators.tie([tuple(bus) for bus in members])
        self.live, self.handing, self.overloaded, self._sync_dead = (np.zeros(shape, np.bool_) for _ in range(4))
        self.main_closed = np.ones(shape, np.bool_)
        self.connected = np.zeros(shape)
        self.supply: Supply = dead(*shape)
        self._in_step, self._stable = np.zeros((2, *generators.closed.shape))  # s within the window, and s in spec
        self._waits = False

    @property
    def watched(self) -> dict[str, tuple[tuple[str, ...], Codes]]:
        """Discrete states, for the plant's milestones."""
        return {
            "bus": (("bus_dead", "bus_live"), self.live.astype(np.int8)),
            "handing": (("not_handed_on", "handed_on"), self.handing.astype(np.int8)),
            "overloaded": (("load_kept", "load_shed_asked"), self.overloaded.astype(np.int8)),
        }

    @property
    def quiet(self) -> bool:
        """Whether no set is about to close."""
        return not (self._g.trim.any() or self._waits)

    def set(self, site: int, i: int, key: str, value: object) -> None:
        """One setting of a scenario.

        Raises:
            ValueError: there is no such setting, or the value does not fit it.
        """
        if key == "sync" and value in {"ok", "dead"}:
            self._sync_dead[site, i] = value == "dead"
        elif key == "main" and value in {"open", "closed"}:
            self.main_closed[site, i] = value == "closed"
        else:
            raise ValueError(f"a generator bus has sync (ok or dead) and main (open or closed), not {key} = {value!r}")

    def share(self, load: Floats) -> Floats:
        """`(S, n)` W of each set for `(S, b)` W from each bus: by rating among those that are connected."""
        if not load.any():
            return np.zeros(self._in_step.shape)
        rating = self._g.closed * self._g.rating_power
        together = rating @ self._members
        shares: Floats = (
            rating * np.divide(load, together, out=np.zeros_like(together), where=together > 0)[:, self._bus_of]
        )
        return shares

    def step(self, now: int, dt: float) -> None:
        """Close and open breakers, after the generators have stepped; `now` in µs, `dt` in s."""
        del now
        g = self._g
        if g.idle and not self.live.any():
            self._stable, self._waits = np.zeros_like(self._stable), False
            return
        breaker = g.breaker
        closed = breaker == CLOSED
        if closed.any():
            breaker[closed & ((g.state != RUNNING) | (g.supply.lowest < _RELEASE))] = OPEN
            closed = breaker == CLOSED
        fit = g.in_spec & (g.supply.highest <= _TOO_HIGH)
        self._stable = (self._stable + dt) * fit
        ready = (breaker == OPEN) & (g.state == RUNNING) & g.carries & fit & self._on_bus
        if g.settings.faults:
            ready &= ~g.settings.has["breaker_does_not_close"]
        if self._sync_dead.any():
            ready &= ~self._sync_dead[:, self._bus_of]
        waits = ready & (self._stable < self._p.stable[:, self._bus_of])
        self._waits = bool(waits.any())
        ready &= ~waits
        if ready.any():
            closed = self._close(dt, ready, closed)
        elif g.trim.any() or self._in_step.any():
            g.trim, self._in_step = np.zeros_like(g.trim), np.zeros_like(self._in_step)
        self._hand_on(closed)

    def _close(self, dt: float, ready: Bools, closed: Bools) -> Bools:
        g, of = self._g, self._bus_of
        live = (closed @ self._members > 0)[:, of]
        # On the dead bus: the first that is ready, and of several the first in the row.
        first = ready & ~live & (ready @ self._before == 0)
        others = ready & live
        if others.any():
            others &= self._synchronised(dt, others, closed)
        elif g.trim.any():
            g.trim = np.zeros_like(g.trim)
        now_closed = first | others
        if now_closed.any():
            g.breaker[now_closed] = CLOSED
            g.trim[now_closed] = 0.0
            self._in_step[now_closed] = 0.0
        both: Bools = closed | now_closed
        return both

    def _synchronised(self, dt: float, others: Bools, closed: Bools) -> Bools:
        """Trim the speed of those that are to join a live bus; `(S, n)` those that may."""
        g, of, p = self._g, self._bus_of, self._p
        bus = self._of_bus(closed)
        if g.settings.faults:
            others = others & ~g.settings.has["no_sync"]
        away = g.supply.angle - bus.angle[:, of]
        away = np.remainder(away + np.pi, 2 * np.pi) - np.pi
        slip = g.supply.frequency - bus.frequency[:, of]
        apart = np.abs(g.supply.lowest - bus.lowest[:, of])
        pull = np.minimum(p.pull, 0.5 / (2 * np.pi * dt))[:, of]
        wanted = bus.frequency[:, of] - np.clip(pull * away, -p.most[:, of], p.most[:, of])
        g.trim = np.where(others, wanted / g.nominal_frequency - 1, 0.0)
        fits = (np.abs(slip) < p.slip[:, of]) & (apart < p.voltage_difference[:, of]) & (np.abs(away) < p.angle[:, of])
        self._in_step = np.where(others & fits, self._in_step + dt, 0.0)
        may: Bools = self._in_step >= p.dwell[:, of]
        return may

    def _of_bus(self, closed: Bools) -> Supply:
        """What stands on each bus: the connected sets have one voltage and frequency."""
        g = self._g
        weight = closed * g.rating_power
        together = weight @ self._members
        part = weight / np.where(together > 0, together, 1.0)[:, self._bus_of]
        volts = np.swapaxes(np.swapaxes(g.supply.volts * part[..., np.newaxis], 1, 2) @ self._members, 1, 2)
        return Supply(volts, (g.supply.frequency * part) @ self._members, (g.supply.distortion * part) @ self._members)

    def _hand_on(self, closed: Bools) -> None:
        g = self._g
        self.connected = closed @ self._members
        self.live = self.connected > 0
        enough = self.connected >= self._needs
        self.handing = self.live & (self.handing | enough)
        self.overloaded = self.handing & ~enough
        g.tied = closed & (self.connected > 1)[:, self._bus_of] & self._on_bus
        if self.handing.any():
            self.supply = self._of_bus(closed).only(self.handing & self.main_closed)
        elif self.supply.frequency.any():
            self.supply = dead(*self.handing.shape)
