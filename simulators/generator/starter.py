"""The starter motor and the battery that turns it: what tells a dead battery from an engine that does not fire."""

import numpy as np
from numpy.typing import NDArray

from simulators.generator.parameters import GeneratorParameters
from simulators.supply import Floats

Bools = NDArray[np.bool_]

# How the voltage at `battery_crank` parts: back-EMF of the motor, and the drop across its winding.
_BACK_EMF = 0.5

_SURFACE_GONE = 0.5  # s of cranking take the surface charge of float charging off
_SURFACE_BACK = 15.0  # s, by the charger

_DEAD = 0.08  # health of a battery that holds its float voltage and cannot deliver


class Starter:
    """A series motor behind a battery with an inner resistance, both in parts of the current at `crank_speed`.

    voltage: `(S, n)` V at the battery's terminals
    charge: `(S, n)` in parts of what it can hold
    health: `(S, n)` in parts of a new one
    dead: `(S, n)` bool: it cannot deliver, whatever its health
    charging: `(S, n)` bool, whether its charger works
    """

    def __init__(self, p: GeneratorParameters, crank_speed: Floats, crank_torque: Floats) -> None:
        """A full battery on its charger; `crank_speed`, `crank_torque`: `(S, n)` in parts of rated."""
        self._p = p
        self.voltage: Floats = p.battery_float.copy()
        self.charge = np.ones_like(self.voltage)
        self.health: Floats = p.battery_health.copy()
        self.dead = np.zeros(self.voltage.shape, np.bool_)
        self.charging = np.ones(self.voltage.shape, np.bool_)
        self._surface = np.ones_like(self.voltage)
        self._inner = p.battery_full - p.battery_crank  # V at a current of 1, new and full
        self._winding = (1 - _BACK_EMF) * p.battery_crank
        self._emf = _BACK_EMF * p.battery_crank / crank_speed
        self._torque = crank_torque

    @property
    def settled(self) -> Bools:
        """`(S, n)` whether the voltage has come to rest."""
        settled: Bools = np.abs(self._surface - self.charging) < 0.05
        return settled

    def torque(self) -> tuple[Floats, Floats]:
        """`(S, n)` torque at rest and what it loses by speed, in parts of rated."""
        along = self._torque / (self._resistance() + self._winding)
        return along * self._rest_voltage(), along * self._emf

    def step(self, dt: float, cranking: Bools, speed: Floats, running: Bools) -> None:
        """What `dt` seconds took from the battery or gave it.

        Args:
            dt: s
            cranking: `(S, n)` the starter is engaged
            running: `(S, n)` the engine charges it
            speed: `(S, n)` in parts of rated
        """
        p = self._p
        filling = np.where(self.charging | running, 1.0, 0.0)
        self.charge += dt * np.where(filling > 0, 1 / p.battery_recharge, -1 / p.battery_standing)
        if not cranking.any():
            self.charge = np.minimum(np.maximum(self.charge, 0.0), 1.0)
            self._surface += (filling - self._surface) * -np.expm1(-dt / _SURFACE_BACK)
            self.voltage = self._rest_voltage() + self._surface * (p.battery_float - p.battery_full)
            return
        resistance = self._resistance()
        rest = self._rest_voltage()
        current = np.maximum(0.0, (rest - self._emf * speed) / (resistance + self._winding)) * cranking
        self.charge -= dt * current / (p.battery_cranks * self.health)
        self.charge = np.minimum(np.maximum(self.charge, 0.0), 1.0)
        rate = np.where(cranking, dt / _SURFACE_GONE, dt / _SURFACE_BACK)
        self._surface += (np.where(cranking, 0.0, filling) - self._surface) * -np.expm1(-rate)
        self.voltage = rest + self._surface * (p.battery_float - p.battery_full) - resistance * current

    def _rest_voltage(self) -> Floats:
        p = self._p
        rest: Floats = p.battery_empty + (p.battery_full - p.battery_empty) * self.charge
        return rest

    def _resistance(self) -> Floats:
        """V at a current of 1: it doubles as the battery empties, and grows as it ages."""
        resistance: Floats = self._inner * (2.0 - self.charge) / np.where(self.dead, _DEAD, self.health)
        return resistance
