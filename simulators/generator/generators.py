"""Diesel generator sets with their controllers: start signal in, voltage and frequency out."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulators.chance import Chance
from simulators.generator.alternator import Alternators, reference
from simulators.generator.controller import (
    AUTO,
    BREAKERS,
    CRANKING,
    MODES,
    OFF,
    RUNNING,
    STATES,
    TRIPS,
    Condition,
    Controllers,
    under_way,
)
from simulators.generator.coolant import Coolant
from simulators.generator.engine import Drive, Engines
from simulators.generator.parameters import GeneratorParameters
from simulators.generator.readings import GeneratorReadings
from simulators.generator.settings import FAULTS, LEVELS, LOW_FREQUENCY, Settings, refusal
from simulators.generator.starter import Starter
from simulators.parameters import Tables
from simulators.supply import Floats, Supply, dead

__all__ = ["BREAKERS", "FAULTS", "MODES", "STATES", "TRIPS", "GeneratorParameters", "Generators"]

Bools = NDArray[np.bool_]
Codes = NDArray[np.int8]

_WEAK = 0.5  # electrical power of a weak engine, in parts of rated
_OIL_LOST = 0.15  # of the pressure, once the pump sucks air
_FIRING = 0.4  # of cranking speed
_ABORTS_AT = 0.6  # of rated speed
_SPEC_VOLTAGE, _SPEC_SPEED = 0.90, 0.95  # the usual acceptance of an emergency source


class Generators(GeneratorReadings):
    """`n` sets at each of `S` sites; what can be read of them stands at `GeneratorReadings`.

    A scenario sets `fault` (one of `FAULTS`), `mode`, the switches and levels of `settings.py`, and `reset`, by
    which a person releases a lock-out.
    """

    def __init__(
        self,
        names: Sequence[str],
        rating_power: Floats,
        nominal_frequency: Floats,
        tables: Tables,
        chance: Chance,
        *,
        defaults: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """All at rest, their batteries and heaters on.

        Args:
        names: of the sets
        rating_power: `(n,)` W
        nominal_frequency: `(n,)` Hz
        tables: a scenario's parameters
        chance: of these names
        defaults: parameters that the site knows, one table a set

        Raises:
            ValueError: a parameter does not fit.
        """
        self.names = tuple(names)
        self.rating_power = np.asarray(rating_power, np.float64)
        self.nominal_frequency = np.asarray(nominal_frequency, np.float64)
        self.parameters = p = tables.take(GeneratorParameters, names, defaults)
        shape = (tables.sites, len(self.names))
        self.rated_speed = 30 * self.nominal_frequency  # rpm of four poles
        crank_speed = p.crank_speed / self.rated_speed
        self._firing_speed = _FIRING * crank_speed
        self.controller = Controllers(p, chance, shape)
        self.engine = Engines(p, self.rating_power, crank_speed)
        self.alternator = Alternators(p, self.nominal_frequency, shape)
        self.alternator.angle = 2 * np.pi * chance.uniform(0, 3)
        self.cooling = Coolant(p)
        self.starter = Starter(p, crank_speed, self.engine.crank_torque)
        self.settings = Settings(shape)
        self.starter.dead, self.starter.charging = self.settings.has["dead_battery"], self.settings.on["charger"]
        self.fuel: Floats = p.fuel.copy()
        self.oil_pressure, self.fuelled, self.load_bank = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        self.now = 0
        self.trim = np.zeros(shape)  # of the speed, by a synchroniser
        self.tied = np.zeros(shape, np.bool_)  # connected to others
        self.carries, self.in_spec, self._aborted = (np.zeros(shape, np.bool_) for _ in range(3))
        self.supply: Supply = dead(*shape)
        full = (1 + p.friction + p.fan + p.copper) * self.rating_power * 3600 * p.fuel_hours
        self._burns: Floats = 100 * p.efficiency / full  # % of the tank for each J of fuel
        self.idle = True
        self._nowhere, self._zero = np.zeros(shape, np.bool_), np.zeros(shape)

    def set(self, site: int, i: int, key: str, value: object) -> None:
        """One setting of a scenario.

        Raises:
            ValueError: there is no such setting, or the value does not fit it.
        """
        number = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else -1.0
        if self.settings.set(site, i, key, value):
            if value == "out_of_fuel":
                self.fuel[site, i] = 0.0
        elif key == "mode" and isinstance(value, str) and value in MODES:
            self.controller.mode[site, i] = MODES.index(value)
            if value == "manual":  # it stays as it is, until a person starts or stops it
                self.settings.set(site, i, "start_by_hand", bool(self.controller.state[site, i] == RUNNING))
        elif key == "reset" and value is True:
            self.controller.reset(site, i)
        elif key in LEVELS and 0 <= number <= LEVELS[key]:
            array = {"fuel": self.fuel, "load_bank": self.load_bank}.get(key)
            array = array if array is not None else getattr(self.starter, key.removeprefix("battery_"))
            array[site, i] = number
        else:
            raise ValueError(refusal(key, value, MODES))

    def tie(self, groups: Sequence[Sequence[int]]) -> None:
        """Which sets share a bus: indices, none in two groups. Those of a group that are `tied` turn as one."""
        self.engine.tie(groups)

    def step(self, now: int, dt: float, start: Bools, load: Floats) -> None:
        """The sets `dt` seconds later.

        Args:
            now: µs, at the end of the step
            dt: s
            start: `(S, n)` whether anything asks for power
            load: `(S, n)` W that is drawn through its breaker; among tied sets only their sum counts
        """
        self.now = now
        if self.idle and not (self.settings.called or start.any()):
            self._wear(dt, self._nowhere, self.settings.faults)
            return
        on, has, faults = self.settings.on, self.settings.has, self.settings.faults
        controller, engine = self.controller, self.engine
        self._command(now, start)
        state = controller.state
        turned_on = under_way(state)
        if "aborts" in faults:
            self._aborted = has["aborts"] & (state == RUNNING) & (self._aborted | (engine.speed > _ABORTS_AT))
            turned_on = turned_on & ~self._aborted
        fuelled = turned_on & (self.fuel > 0)
        starter, slope = self._starter_torque()
        p = self.parameters
        limit = np.where(has["weak_engine"], _WEAK, p.power_limit) if "weak_engine" in faults else p.power_limit
        target = 1 + self.trim
        if "low_frequency" in faults:
            target = np.where(has["low_frequency"], LOW_FREQUENCY, target)
        asked = load * self.closed + self.load_bank * (fuelled & (self.alternator.level > 0.5))
        engine.step(
            dt, Drive(fuelled, has["loses_power"], has["overspeed"], limit, target, starter, slope, asked, self.tied)
        )
        self._excite(now, dt, faults)
        self._wear(dt, fuelled, faults)
        condition = Condition(
            engine.speed,
            engine.peak,
            self.supply.lowest,
            self.supply.highest,
            engine.delivered,
            self.fuel,
            self.coolant,
            self.oil_pressure,
        )
        controller.protect(now, condition, on["emergency_stop"])
        at_work = under_way(controller.state) | (controller.state == CRANKING)
        self.idle = not (engine.turned.any() or engine.speed.any() or self.alternator.level.any() or at_work.any())

    def _command(self, now: int, start: Bools) -> None:
        on, has, faults, mode = self.settings.on, self.settings.has, self.settings.faults, self.controller.mode
        by_hand = on["start_by_hand"] & (mode != OFF)
        self.carries = (start & on["start_wire"] & (mode == AUTO)) | by_hand
        wanted = self.carries | (on["exercise"] & (mode == AUTO))
        fires = (self.fuel > 0) & ~has["does_not_fire"] if faults else self.fuel > 0
        self.controller.command(
            now,
            wanted,
            self.engine.speed,
            fires=fires,
            late=has["slow_start"],
            keeps_on=has["does_not_stop"],
            firing_speed=self._firing_speed,
        )

    def _starter_torque(self) -> tuple[Floats, Floats]:
        if not self.cranking.any():
            return self._zero, self._zero
        torque, slope = self.starter.torque()
        return torque * self.cranking, slope * self.cranking

    def _excite(self, now: int, dt: float, faults: frozenset[str]) -> None:
        engine, has = self.engine, self.settings.has
        held = reference(has["low_output"], has["overvoltage"]) if faults else 1.0
        unstable = has["unstable"] if "unstable" in faults else None
        self.alternator.step(now, dt, engine, held, unstable)
        if self.tied.any():
            self.alternator.join(self.tied, lambda values: engine.mean(values, self.tied))
        self.supply = self.alternator.supply(engine.speed)
        self.in_spec = (self.supply.lowest >= _SPEC_VOLTAGE) & (engine.speed >= _SPEC_SPEED)

    def _wear(self, dt: float, fuelled: Bools, faults: frozenset[str]) -> None:
        p, engine, has = self.parameters, self.engine, self.settings.has
        self.starter.step(dt, self.cranking, engine.speed, fuelled)
        self.cooling.step(dt, engine, fuelled, ~has["fan_failed"], self.settings.on["heater"])
        if "fuel_leak" in faults:
            self.fuel = np.maximum(0.0, self.fuel - has["fuel_leak"] * p.leak * (dt / 60))
        if self.idle and fuelled is self._nowhere:
            return
        self.oil_pressure = p.oil * np.minimum(engine.speed, 1.0) * np.where(has["low_oil_pressure"], _OIL_LOST, 1.0)
        self.fuelled = engine.burnt / p.efficiency
        self.fuel = np.maximum(0.0, self.fuel - self.fuelled * self._burns * dt)
