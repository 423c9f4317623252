"""What the site exists for, and what keeps it cool: everything at the end of a cord."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulators.distribution.breakers import Bools
from simulators.distribution.machines import Machines
from simulators.distribution.power_supply import PowerSupplies
from simulators.parameters import Tables
from simulators.supply import Floats, Supply

KINDS = ("it", "cooling", "mechanical")

_MACHINE_WORDS = ("running", "stopped", "cooling", "not_cooling")


@dataclass(frozen=True, slots=True)
class LoadParameters:
    """Of one load. Its kind decides what else it has: `PowerSupplyParameters` or `MachineParameters`.

    kind: it, on power supplies; cooling, a chiller; mechanical, a pump, fan or lift
    power: W
    phases: how it is spread over L1, L2, L3, in any unit
    shares: by which its cords share it, in any unit; evenly, where nothing is said. A cord of 0 is in hot standby
    """

    kind: str = "it"
    power: Floats | float = 0.0
    phases: Floats | tuple[float, ...] = (1.0, 1.0, 1.0)
    shares: Floats | tuple[float, ...] = ()


class Loads:
    """`l` loads of `S` sites, on up to `c` cords each.

    A scenario sets `power` (W), `shares` (a number a cord), `cord` = {n = 1, fault = true}, which kills the power supply of
    the first cord until fault = false, and, of a machine, `fault` = true, which stops it.

    power: `(S, l)` W as set
    drawn: `(S, l)` W of the last step
    lost: `(S, l)` what feeds it is not enough: some of the equipment is dead
    cooling_power: `(S, l)` W of heat that it can remove; 0 of what is no chiller
    running: `(S, l)` a machine's contactor is closed; true of IT equipment
    """

    def __init__(self, names: Sequence[str], cords: NDArray[np.intp], tables: Tables) -> None:
        """All are fed at first.

        Args:
            names: of the loads
            cords: `(l, c)` what feeds each cord; -1 where a load has fewer
            tables: their parameters are taken from it

        Raises:
            ValueError: a parameter does not fit.
        """
        self.names = tuple(names)
        self.cords = cords
        p = tables.take(LoadParameters, names)
        self._kinds: Any = p.kind  # a text for each
        for name, kind in zip(names, self._kinds, strict=True):
            if kind not in KINDS:
                raise ValueError(f"{name}.kind = {kind!r}: expected {', '.join(KINDS)}")
        self.power: Floats = np.asarray(p.power)
        shape = self.power.shape
        self._shares = self._spread(np.asarray(p.shares), shape)
        phases = np.asarray(p.phases, np.float64) if names else np.zeros((*shape, 3))
        if phases.shape != (*shape, 3) or not (phases >= 0).all() or not (phases.sum(axis=-1) > 0).all():
            raise ValueError(f"phases of {', '.join(names)}: expected three numbers, none below 0")
        phases = phases / phases.sum(axis=-1, keepdims=True)
        self._sound: Bools = np.ones((*shape, cords.shape[1]), np.bool_)  # cords whose power supply works

        self._it = np.array([i for i, kind in enumerate(self._kinds) if kind == "it"], np.intp)
        self._machine = np.array([i for i, kind in enumerate(self._kinds) if kind != "it"], np.intp)
        self._only_it = not self._machine.size
        self._supplies = PowerSupplies([names[i] for i in self._it], tables, phases[:, self._it])
        chills = [self._kinds[i] == "cooling" for i in self._machine]
        self._machines = Machines([names[i] for i in self._machine], tables, chills)
        self._first_word = np.array([2 * (kind == "cooling") for kind in self._kinds], np.int8)  # of _MACHINE_WORDS
        self._machine_phases = phases[:, self._machine]

        self.drawn: Floats = np.zeros(shape)
        self.lost: Bools = np.zeros(shape, np.bool_)
        self.cooling_power: Floats = np.zeros(shape)
        self.running: Bools = np.ones(shape, np.bool_)
        self._last: Floats | None = None

    def set(self, site: int, i: int, key: str, value: object) -> None:
        """One setting of a scenario.

        Raises:
            ValueError: there is no such setting, or the value does not fit it.
        """
        match key, value:
            case "power", int() | float() if not isinstance(value, bool) and value >= 0:
                self.power[site, i] = value
            case "shares", list() | tuple() if _are_shares(value, self._count(i)):
                self._shares[site, i, : len(value)] = value
            case "cord", {"n": int(n), "fault": bool(fault)} if 1 <= n <= self._count(i):
                self._sound[site, i, n - 1] = not fault
            case "fault", bool() if self._kinds[i] != "it":
                self._machines.stopped[site, int(np.searchsorted(self._machine, i))] = value
            case _:
                raise ValueError(
                    f"a load has power (W), shares (a number for each of {self._count(i)} cords),"
                    " cord (n from 1; fault, true or false) and, unless it is IT equipment, fault (true or false),"
                    f" not {key} = {value!r}"
                )
        self._supplies.changed()

    def draw(self, now: int, dt: float, cords: Supply, there: Bools) -> Floats:
        """What every cord draws: `(S, l, c, 3)` W on the average of the step. Not to be written to.

        Args:
            now: µs UTC
            dt: s
            cords: `(S, l, c)` what is at each
            there: `(l, c)` false where a load has fewer
        """
        levels = cords.levels
        usable = self._sound & there
        if self._only_it:
            drawn = self._supplies.draw(dt, levels, usable, self.power, self._shares)
            self.lost = self._supplies.lost
        else:
            it, machine = self._it, self._machine
            drawn = np.zeros(levels.shape)
            self.lost = np.zeros(self.power.shape, np.bool_)
            if it.size:
                drawn[:, it] = self._supplies.draw(
                    dt, levels[:, it], usable[:, it], self.power[:, it], self._shares[:, it]
                )
                self.lost[:, it] = self._supplies.lost
            lowest = levels[:, machine].min(axis=-1) * usable[:, machine]
            by_cord = self._machines.draw(now, dt, lowest, self.power[:, machine])
            drawn[:, machine] = by_cord[..., np.newaxis] * self._machine_phases[:, :, np.newaxis]
            self.lost[:, machine] = self._machines.unfed
            self.running[:, machine] = self._machines.running
            self.cooling_power[:, machine] = self._machines.cooling_power
        if drawn is not self._last:
            self._last, self.drawn = drawn, drawn.sum(axis=(-1, -2))
        return drawn

    @property
    def watched(self) -> dict[str, tuple[tuple[str, ...], NDArray[np.int8]]]:
        """Discrete states: `{what: (words, codes (S, l))}`."""
        return {
            "load": (("fed", "lost"), self.lost.astype(np.int8)),
            "machine": (_MACHINE_WORDS, self._first_word + ~self.running),
        }

    @property
    def quiet(self) -> bool:
        """No inrush, nothing boots, and no machine is about to stop or to start."""
        return self._supplies.settled and self._machines.quiet

    def _count(self, i: int) -> int:
        return int((self.cords[i] >= 0).sum())

    def _spread(self, given: Floats, shape: tuple[int, ...]) -> Floats:
        spread = np.ones((*shape, self.cords.shape[1]))
        for i, name in enumerate(self.names):
            said = np.isfinite(given[:, i])
            if not said.any():
                continue
            count = self._count(i)
            if (said.sum(axis=-1) != count).any() or not all(_are_shares(row[:count], count) for row in given[:, i]):
                raise ValueError(f"{name}.shares: expected {count} numbers, none below 0, not all 0")
            spread[:, i, :count] = given[:, i, :count]
        return spread


def _are_shares(value: Any, count: int) -> bool:
    fits = len(value) == count and all(isinstance(v, int | float) and not isinstance(v, bool) and v >= 0 for v in value)
    return fits and sum(value) > 0
