"""What can be read of generator sets: by instruments, by the plant, by whoever checks it."""

import numpy as np
from numpy.typing import NDArray

from simulators.generator.alternator import Alternators
from simulators.generator.controller import BREAKERS, CLOSED, CRANKING, MODES, STATES, TRIPS, Controllers
from simulators.generator.coolant import Coolant
from simulators.generator.engine import Engines
from simulators.generator.parameters import GeneratorParameters
from simulators.generator.settings import LOW_FREQUENCY, Settings
from simulators.generator.starter import Starter
from simulators.supply import Floats, Supply

Bools = NDArray[np.bool_]
Codes = NDArray[np.int8]

_NEAR_HOT, _NEAR_WARM = 3.0, 1.5  # K below the limits
_NEAR_EMPTY, _NEAR_LEAKED = 0.1, 4.0  # % of the tank


class GeneratorReadings:
    """All `(S, n)` unless it says otherwise.

    Energy, as means of the last step in W: fuelled · efficiency + started = mechanical = load + loss + what `stored`
    grew by a second.

    fuel: %
    oil_pressure: kPa
    fuelled: W of fuel burnt
    in_spec: fit to carry load
    carries: meant to, so that its breaker may close
    trim: of its speed, by a synchroniser, in parts
    tied: connected to others
    idle: nothing turns anywhere, and no controller is at work (one for all)
    supply: at its terminals
    rating_power, nominal_frequency, rated_speed: `(n,)` W, Hz, rpm
    """

    parameters: GeneratorParameters
    settings: Settings
    controller: Controllers
    engine: Engines
    alternator: Alternators
    cooling: Coolant
    starter: Starter
    rating_power: Floats
    nominal_frequency: Floats
    rated_speed: Floats
    now: int
    fuel: Floats
    oil_pressure: Floats
    fuelled: Floats
    trim: Floats
    in_spec: Bools
    carries: Bools
    tied: Bools
    idle: bool
    supply: Supply

    @property
    def state(self) -> Codes:
        """`(S, n)` codes of STATES."""
        return self.controller.state

    @property
    def mode(self) -> Codes:
        """`(S, n)` codes of MODES."""
        return self.controller.mode

    @property
    def breaker(self) -> Codes:
        """`(S, n)` codes of BREAKERS."""
        return self.controller.breaker

    @property
    def trip_cause(self) -> Codes:
        """`(S, n)` codes of TRIPS."""
        return self.controller.trip_cause

    @property
    def lockout(self) -> Bools:
        """`(S, n)` latched until a person resets it."""
        return self.controller.lockout

    @property
    def cranking(self) -> Bools:
        """`(S, n)` whether the starter turns just now: not in the rests between."""
        return self.controller.cranking

    @property
    def closed(self) -> Bools:
        """`(S, n)` connected to its bus."""
        closed: Bools = self.controller.breaker == CLOSED
        return closed

    @property
    def speed(self) -> Floats:
        """`(S, n)` rpm."""
        return self.engine.speed * self.rated_speed

    @property
    def battery_voltage(self) -> Floats:
        """`(S, n)` V of the start battery."""
        return self.starter.voltage

    @property
    def coolant(self) -> Floats:
        """`(S, n)` °C."""
        return self.cooling.temperature

    @property
    def high_temperature_warning(self) -> Bools:
        """`(S, n)` the alarm before the trip."""
        warning: Bools = self.cooling.temperature > self.parameters.high_temperature_warning
        return warning

    @property
    def load(self) -> Floats:
        """`(S, n)` W electrical, mean of the last step; below 0 where others motor it."""
        return self.engine.given

    @property
    def mechanical(self) -> Floats:
        """`(S, n)` W to the shaft, by combustion and starter, mean of the last step."""
        return self.engine.burnt + self.engine.started

    @property
    def started(self) -> Floats:
        """`(S, n)` W of it by the starter."""
        return self.engine.started

    @property
    def loss(self) -> Floats:
        """`(S, n)` W of friction, fan and copper, mean of the last step."""
        return self.engine.lost

    @property
    def stored(self) -> Floats:
        """`(S, n)` J of the rotor."""
        return self.engine.stored

    @property
    def watched(self) -> dict[str, tuple[tuple[str, ...], Codes]]:
        """Discrete states, for the plant's milestones."""
        return {
            "state": (STATES, self.state),
            "mode": (tuple(f"mode_{mode}" for mode in MODES), self.mode),
            "breaker": (tuple(f"breaker_{breaker}" for breaker in BREAKERS), self.breaker),
            "spec": (("not_in_spec", "in_spec"), self.in_spec.astype(np.int8)),
            "trip": (("not_tripped", *(f"tripped_{trip}" for trip in TRIPS[1:])), self.trip_cause),
            "coolant": (("coolant_normal", "coolant_high"), self.high_temperature_warning.astype(np.int8)),
            "fuel": (("fuel_there", "tank_empty"), (self.fuel <= 0).astype(np.int8)),
        }

    @property
    def quiet(self) -> bool:
        """Whether nothing moves faster than over tens of seconds."""
        p, engine, has = self.parameters, self.engine, self.settings.has
        if not self.starter.settled.all():
            return False
        if not engine.speed.any():
            return not (self.state == CRANKING).any()
        at_speed = np.abs(engine.speed - np.where(has["low_frequency"], LOW_FREQUENCY, 1.0)) < 1e-3
        settled = at_speed & self.alternator.settled & ~has["unstable"] & (self.trim == 0)
        margin = p.high_temperature - self.coolant, p.high_temperature_warning - self.coolant
        hot = (margin[0] < _NEAR_HOT) | ((margin[1] > 0) & (margin[1] < _NEAR_WARM))
        empties = self.fuel < np.where(has["fuel_leak"], _NEAR_LEAKED, _NEAR_EMPTY)
        calm = settled & ~(hot | empties | self.controller.soon(self.now) | self.controller.pending)
        return bool((calm | ((engine.speed == 0) & (self.state != CRANKING))).all())
