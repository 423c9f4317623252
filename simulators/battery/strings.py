"""Strings of cells in parallel: they share a current so that their terminals have one voltage."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulators.battery import kibam
from simulators.battery.endurance import Endurance
from simulators.battery.kibam import Chemistry
from simulators.supply import Floats

Mask = NDArray[np.bool_]

_LONGEST = 2.0  # s of a discharge in one step: its current is steady that long
_FULL = 1e-4  # parts of capacity missing: a string so full takes no more
_LEVEL = 1e-7  # a gap this small between the wells is none
_WEAKEST = 1e-6  # parts of new capacity: a string of less has none
_NOTHING = 1e-12  # s: capacity of a string that has none


class Limits(NamedTuple):
    """All `(S, m)`.

    cut_off: under load, parts of nominal
    held: parts of nominal to which the charger rises; taper: charge above which it holds it
    """

    cut_off: Floats
    held: Floats
    taper: Floats


class Strings:
    """`m` batteries of up to `k` strings at `S` sites. Units as in kibam.py, by each string's own rated power.

    All `(S, m, k)`: level, gap: the state of the wells; capacity; conductance: 0 where a string has none; joined: a
    string in use; current: out of it. All `(S, m)`: voltage: parts of nominal; stored: energy; exhausted: cut off under
    load; given, accepted: power out and in at the terminals, the mean over the last step. still: nothing moved in it, nor
    will it until there is something to give or to take.
    """

    def __init__(self, cell: Chemistry, endurance: Endurance, limits: Limits, there: Mask) -> None:
        """New and full, but without strings until they are renewed.

        Args:
            cell: of arrays that fit `(S, m, k)`
            endurance: of the new batteries
            limits: of voltage and charge
            there: `(S, m, k)` the strings that a battery has
        """
        self._cell = cell
        self._endurance = endurance
        self._cut_off, self._held, self._taper = limits
        self._strings = there.sum(axis=-1).astype(np.float64)
        shape = there.shape
        self.level: Floats = np.ones(shape)
        self.gap: Floats = np.zeros(shape)
        self.capacity: Floats = np.full(shape, _NOTHING)
        self.conductance: Floats = np.zeros(shape)
        self.joined: Mask = np.ones(shape, np.bool_)
        self.current: Floats = np.zeros(shape)
        self.exhausted: Mask = np.zeros(self._cut_off.shape, np.bool_)
        self.given: Floats = np.zeros(self._cut_off.shape)
        self.accepted: Floats = np.zeros(self._cut_off.shape)
        self._dt, self._span = 1.0, kibam.span(cell, 1.0)
        self.settle()

    def renew(self, health: Floats, resistance: Floats) -> None:
        """Strings of that capacity, in parts of new, and resistance, parts of nominal at rated current; NaN: none."""
        there = health > _WEAKEST
        self.capacity = np.where(there, health * self._endurance.capacity[..., np.newaxis], _NOTHING)
        self.conductance = np.where(there, 1.0 / np.where(there, resistance, 1.0), 0.0)
        self.settle()

    def fill(self, site: int, i: int, charge: float) -> None:
        """Bring every string of one battery, rested, to that charge, in parts of a rated discharge."""
        level = self._endurance.rested(self._strings, *self._together(), charge)
        self.level[site, i] = level[site, i]
        self.gap[site, i] = 0.0
        self.exhausted[site, i] = charge == 0
        self.settle()

    def settle(self) -> None:
        """After a change from outside: what is stored and the voltage at rest."""
        self.stored = self._held_energy()
        self._resting = self._rest()
        self.voltage = self._resting
        self.still = False

    @property
    def sound(self) -> Mask:
        """`(S, m, k)` strings that give current."""
        return self.joined & (self.conductance > 0)

    def charge(self, power: Floats) -> Floats:
        """`(S, m)` what is left at that power (at rated power where it is 0), in parts of what the strings give when full."""
        power = np.where(power > 0, power, self._strings)
        capacity, conductance = self._together()
        weight = self.capacity * self.sound
        level, gap = (weight * self.level).sum(axis=-1) / capacity, (weight * self.gap).sum(axis=-1) / capacity
        levels = np.stack([level, np.ones_like(level)])
        gaps = np.stack([gap, np.zeros_like(gap)])
        left, whole = self._endurance.left(power, capacity, conductance, levels, gaps)
        charge: Floats = np.minimum(left / np.maximum(whole, _NOTHING), 1.0)
        return charge * (conductance > 0)

    def lasts(self, power: Floats) -> Floats:
        """`(S, m)` s that the strings as they are, full, give that power."""
        full = np.ones_like(power)
        return self._endurance.left(power, *self._together(), full, np.zeros_like(power))

    def lasted(self, power: Floats) -> Floats:
        """`(S, m)` s that they gave it when new."""
        return self._endurance.new(power / self._strings)

    def step(self, dt: float, power: Floats, offered: Floats) -> None:
        """`dt` s on: give `power` (S, m), where that is 0 take what they can of `offered` (S, m) at the terminals."""
        power = np.where(self.exhausted, 0.0, power)
        giving, taking = bool(power.any()), bool((offered > 0).any())
        self.given, self.accepted = np.zeros_like(power), np.zeros_like(power)
        if self.still and not giving and not (taking and self._lacking(offered)):
            self.voltage = np.where(self._floats(offered), self._held, self._resting)
            return
        self.still = False
        pieces = max(1, int(np.ceil(dt / _LONGEST - 1e-9))) if giving else 1
        for _ in range(pieces):
            self._piece(dt / pieces, power, offered if taking else None)
            power = np.where(self.exhausted, 0.0, power)
        if pieces > 1:
            self.given, self.accepted = self.given / pieces, self.accepted / pieces
        self.stored = self._held_energy()
        idle = ~self.current.any(axis=-1)
        if idle.any():
            self._resting = self._rest()
            self.voltage = np.where(idle, np.where(self._floats(offered), self._held, self._resting), self.voltage)
            self.still = bool(idle.all()) and bool((np.abs(self.gap) < _LEVEL).all())

    def _piece(self, dt: float, power: Floats, offered: Floats | None) -> None:
        if dt != self._dt:
            self._dt, self._span = dt, kibam.span(self._cell, dt)
        mid = kibam.halfway(self._cell, self.level, self.gap, self.capacity, self._span)
        current = self._discharge(mid, power) if power.any() else np.zeros_like(self.level)
        if offered is not None:
            current -= self._recharge(dt, mid, offered)
        self.current = current
        self.level, self.gap = kibam.advance(self.level, self.gap, self.capacity, current, self._span)

    def _discharge(self, mid: kibam.Halfway, power: Floats) -> Floats:
        """Currents at which all strings that carry have one voltage and together give that power."""
        asked = power > 0
        source = mid.emf - self._cell.polarisation
        conductance = np.where(self.sound, self.conductance / (1.0 + self.conductance * mid.emf_drop), 0.0)
        most = kibam.most_out(self._cell, self.level, self.gap, self.capacity, self._span)
        carrying, emptied = conductance, np.zeros_like(conductance)
        while True:
            together = carrying.sum(axis=-1)
            lifted = (carrying * source + emptied).sum(axis=-1)
            square = lifted * lifted - 4.0 * together * power
            voltage = 0.5 * (lifted + np.sqrt(np.maximum(square, 0.0))) / np.where(together > 0, together, 1.0)
            current: Floats = carrying * (source - voltage[..., np.newaxis])
            aside = (current < 0) & asked[..., np.newaxis]
            if aside.any():
                carrying = np.where(aside, 0.0, carrying)  # it gives nothing, and its polarisation keeps it from taking
                continue
            over = (current > most) & asked[..., np.newaxis]
            if not over.any():
                break
            emptied = np.where(over, most, emptied)  # it gives what it has, and the others the rest
            carrying = np.where(over, 0.0, carrying)
        current = current + emptied
        low = (conductance > 0) & (mid.level - mid.level_drop * current < self._cell.minimum)
        failing = (square <= 0) | (together <= 0) | (voltage < self._cut_off) | low.any(axis=-1)
        self.exhausted = self.exhausted | (asked & failing)
        on = asked & ~failing
        current *= on[..., np.newaxis]
        self.given = self.given + voltage * current.sum(axis=-1)
        self.voltage = np.where(on, voltage, self.voltage)
        return current

    def _recharge(self, dt: float, mid: kibam.Halfway, offered: Floats) -> Floats:
        """Currents into the strings, each in proportion to what it misses."""
        missing = self.capacity * np.maximum(1.0 - self.level, 0.0) * self.sound
        whole = np.maximum((self.capacity * self.sound).sum(axis=-1), _NOTHING)
        lack = missing.sum(axis=-1) / whole
        taking = (offered > 0) & (lack > _FULL)
        open_circuit = np.where(self.sound, mid.emf, 0.0).max(axis=-1)
        filled = np.minimum((1.0 - lack) / np.maximum(self._taper, _NOTHING), 1.0)
        rising = open_circuit + np.maximum(self._held - open_circuit, 0.0) * filled * filled
        voltage = np.where(taking, rising, 1.0)
        steady = offered / voltage
        # Above the taper the current falls with the square of what is missing, which has a closed form too.
        falling = steady / (whole * (1.0 - self._taper) ** 2)
        tapered = whole * lack * (1.0 - 1.0 / (1.0 + lack * falling * dt)) / dt
        total = np.where(taking, np.minimum(steady, tapered), 0.0)
        share = missing / np.maximum(missing.sum(axis=-1), _NOTHING)[..., np.newaxis]
        most = kibam.most_in(self._cell, self.level, self.gap, self.capacity, self._span)
        current: Floats = np.minimum(total[..., np.newaxis] * share, most)
        self.accepted = self.accepted + voltage * current.sum(axis=-1)
        self.voltage = np.where(taking, voltage, self.voltage)
        return current

    def _lacking(self, offered: Floats) -> bool:
        capacity = self.capacity * self.sound
        lack = (capacity * (1.0 - self.level)).sum(axis=-1)
        return bool(((offered > 0) & (lack > _FULL * capacity.sum(axis=-1))).any())

    def _floats(self, offered: Floats) -> Mask:
        return (offered > 0) & self.sound.any(axis=-1)

    def _together(self) -> tuple[Floats, Floats]:
        """`(S, m)` capacity and conductance of all strings in use."""
        sound = self.sound
        return np.maximum((self.capacity * sound).sum(axis=-1), _NOTHING), (self.conductance * sound).sum(axis=-1)

    def _held_energy(self) -> Floats:
        held = self.capacity * kibam.energy(self._cell, self.level, self.gap)
        stored: Floats = (held * (self.conductance > 0)).sum(axis=-1)
        return stored

    def _rest(self) -> Floats:
        """Open-circuit voltage of the string that has most left, parts of nominal."""
        open_circuit = kibam.emf(self._cell, kibam.level(self._cell, self.level, self.gap))
        rest: Floats = np.where(self.sound, open_circuit, 0.0).max(axis=-1)
        return rest
