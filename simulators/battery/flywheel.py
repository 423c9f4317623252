"""Flywheels: kinetic energy between full speed and the least at which the converter still holds its voltage."""

import numpy as np
from numpy.typing import NDArray

from simulators.supply import Floats

Mask = NDArray[np.bool_]

EFFICIENCY = 0.95  # of the converter when the wheel gives (judgement)
LOWEST = 0.5  # least speed, in parts of full: three quarters of the energy are within reach (judgement)
_NOTHING = 1e-12
_FULL = 1e-9


class Flywheels:
    """`m` sets of up to `k` wheels at `S` sites, each in units of its own rated power, like Strings.

    All `(S, m, k)`: energy: s of rated power within reach; capacity: what that is at full speed; joined: a wheel in
    use; current: out of it. All `(S, m)`: voltage: parts of nominal; stored: also what is below the least speed;
    exhausted: at its least speed; given, accepted: power out and in, the mean over the last step.
    """

    def __init__(self, rated_time: Floats, held: Floats, there: Mask) -> None:
        """At full speed, but without wheels until they are renewed.

        Args:
            rated_time: `(S, m)` s that a new wheel gives rated power
            held: `(S, m)` the converter's voltage, parts of nominal
            there: `(S, m, k)` the wheels that a set has
        """
        self._rated_time = rated_time
        self._held = held
        self._wheels = there.sum(axis=-1).astype(np.float64)
        self.energy: Floats = np.zeros(there.shape)
        self.capacity: Floats = np.zeros(there.shape)
        self.joined: Mask = np.ones(there.shape, np.bool_)
        self.current: Floats = np.zeros(there.shape)
        self.exhausted: Mask = np.zeros(held.shape, np.bool_)
        self.given: Floats = np.zeros(held.shape)
        self.accepted: Floats = np.zeros(held.shape)
        self.still = False
        self.settle()

    def renew(self, health: Floats, resistance: Floats) -> None:  # noqa: ARG002  # a wheel has none
        """Wheels that hold that much, in parts of new, filled as they were. NaN: none."""
        part = np.where(self.capacity > 0, self.energy / np.maximum(self.capacity, _NOTHING), 1.0)
        new = self._rated_time[..., np.newaxis] / EFFICIENCY
        self.capacity = np.where(health > 0, health * new, 0.0)
        self.energy = part * self.capacity
        self.settle()

    def fill(self, site: int, i: int, charge: float) -> None:
        """Bring every wheel of one set to that charge."""
        self.energy[site, i] = charge * self.capacity[site, i]
        self.exhausted[site, i] = charge == 0
        self.settle()

    def settle(self) -> None:
        """After a change from outside: what is stored and the voltage."""
        floor = LOWEST**2 / (1.0 - LOWEST**2)
        self.stored = self.energy.sum(axis=-1) + floor * self.capacity.sum(axis=-1)
        self.voltage = np.where(self.exhausted | ~self.sound.any(axis=-1), 0.0, self._held)

    @property
    def sound(self) -> Mask:
        """`(S, m, k)` wheels that turn and are connected."""
        return self.joined & (self.capacity > 0)

    @property
    def speed(self) -> Floats:
        """`(S, m, k)` in parts of full."""
        part = self.energy / np.maximum(self.capacity, _NOTHING)
        return np.sqrt(LOWEST**2 + (1.0 - LOWEST**2) * part)

    def charge(self, power: Floats) -> Floats:  # noqa: ARG002  # the same at any
        """`(S, m)` what is left, in parts of what they can hold as they are."""
        sound = self.sound
        charge: Floats = (self.energy * sound).sum(axis=-1) / np.maximum((self.capacity * sound).sum(axis=-1), _NOTHING)
        return charge

    def lasts(self, power: Floats) -> Floats:
        """`(S, m)` s that the wheels as they are, full, give that power."""
        lasts: Floats = (self.capacity * self.sound).sum(axis=-1) * EFFICIENCY / np.maximum(power, _NOTHING)
        return lasts

    def lasted(self, power: Floats) -> Floats:
        """`(S, m)` s that they gave it when new."""
        lasted: Floats = self._rated_time * self._wheels / np.maximum(power, _NOTHING)
        return lasted

    def step(self, dt: float, power: Floats, offered: Floats) -> None:
        """`dt` s on: give `power` (S, m), where that is 0 take what they can of `offered` (S, m)."""
        sound = self.sound
        within = self.energy * sound
        most = within.sum(axis=-1) * (EFFICIENCY / dt)
        power = np.where(self.exhausted, 0.0, power)
        self.given = np.minimum(power, most)
        self.exhausted = self.exhausted | ((power > 0) & (power >= most * (1.0 - _FULL)))
        missing = (self.capacity - self.energy) * sound
        room = missing.sum(axis=-1)
        self.accepted = np.where(room > _FULL * self._rated_time, np.minimum(offered, room / dt), 0.0)
        out = within * (self.given / np.maximum(most, _NOTHING))[..., np.newaxis]
        back = missing * (self.accepted * dt / np.maximum(room, _NOTHING))[..., np.newaxis]
        self.energy = np.clip(self.energy - out + back, 0.0, self.capacity)
        self.settle()
        volts = np.where(self.voltage > 0, self.voltage, 1.0)[..., np.newaxis]
        self.current = (out * EFFICIENCY - back) / (dt * volts) * ~self.exhausted[..., np.newaxis]
        self.still = not (self.given.any() or self.accepted.any())
