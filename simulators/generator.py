"""A diesel generator set with its controller: start signal in, voltage and frequency out."""

import math
from dataclasses import dataclass

import numpy as np

from simulators.supply import DEAD, Supply


@dataclass(frozen=True, slots=True)
class GeneratorParameters:
    """A set as commonly built. Times in s.

    crank, rest, cycles: NFPA 110 5.6.4.2: three cycles of 15 s crank and 15 s rest, 75 s in all, then overcrank lock-out
    fires_after: a start takes this much cranking, drawn between the two for each start
    run_up: from firing to rated speed; excitation: time constant of the voltage behind the speed
    voltage_dip, frequency_dip: parts of nominal by which a step of 100 % load dips them, within ISO 8528-5
        class G2 (−20 %, −10 %); voltage_recovery, frequency_recovery: time constants back
    cooldown: unloaded running before the stop, five minutes as commonly set
    fuel_hours: of a full tank at full load
    """

    crank: float = 15.0
    rest: float = 15.0
    cycles: int = 3
    fires_after: tuple[float, float] = (1.5, 2.5)
    crank_speed: float = 200.0
    run_up: float = 3.0
    excitation: float = 0.4
    voltage_dip: float = 0.18
    frequency_dip: float = 0.08
    voltage_recovery: float = 0.8
    frequency_recovery: float = 1.5
    cooldown: float = 300.0
    fuel: float = 96.0
    fuel_hours: float = 24.0
    battery_float: float = 27.2
    battery_crank: float = 20.0
    battery_dead: float = 9.0


FAULTS = ("none", "does_not_fire", "dead_battery")


class Generator:
    """States: stopped, cranking, running, cooldown, locked_out, as in the catalogue's `generator.state`.

    A scenario sets `fault` (one of `FAULTS`) and `reset`, by which a person releases the overcrank lock-out.
    """

    def __init__(
        self, rating_power: float, nominal_frequency: float, parameters: GeneratorParameters, rng: np.random.Generator
    ) -> None:
        self.rating_power = rating_power
        self.state = "stopped"
        self.breaker = "open"
        self.speed = 0.0  # rpm
        self.battery_voltage = parameters.battery_float
        self.fuel = parameters.fuel
        self.coolant = 40.0  # °C, kept by its heater
        self.load = 0.0  # W
        self.supply = DEAD
        self._p = parameters
        self._rng = rng
        self._nominal_frequency = nominal_frequency
        self._rated_speed = 30 * nominal_frequency  # four poles
        self._fault = "none"
        self._fires_after = 0.0
        self._in_state = 0.0  # s
        self._voltage = 0.0
        self._load_seen_by_governor = self._load_seen_by_regulator = 0.0

    def set(self, key: str, value: object) -> None:
        """One setting of a scenario.

        Raises:
            ValueError: there is no such setting, or the value does not fit it.
        """
        match key, value:
            case "fault", str() if value in FAULTS:
                self._fault = value
            case "reset", True:
                if self.state == "locked_out":
                    self._enter("stopped")
            case _:
                raise ValueError(
                    f"a generator has fault (one of {', '.join(FAULTS)}) and reset = true, not {key} = {value!r}"
                )

    @property
    def cranking(self) -> bool:
        """Whether the starter turns just now: not in the rests between."""
        return self.state == "cranking" and self._in_state % (self._p.crank + self._p.rest) < self._p.crank

    @property
    def in_spec(self) -> bool:
        """Fit to carry load: 90 % voltage on every phase and 95 % frequency, the usual acceptance."""
        return self.supply.lowest >= 0.90 and self.supply.frequency >= 0.95 * self._nominal_frequency

    def step(self, dt: float, start: bool, load: float) -> Supply:
        """The supply `dt` seconds later.

        Args:
            dt: s
            start: whether any switch asks for power
            load: W that the set carries
        """
        self._in_state += dt
        self.load = load
        self._sequence(start)
        self._turn(dt)
        self._excite(dt)
        self._wear(dt)
        closed = self.state == "running" and (self.in_spec or (self.breaker == "closed" and self._voltage > 0.5))
        self.breaker = "closed" if closed else "open"
        return self.supply

    def _enter(self, state: str) -> None:
        self.state = state
        self._in_state = 0.0

    def _sequence(self, start: bool) -> None:
        p = self._p
        if self.state == "stopped" and start:
            self._enter("cranking")
            self._fires_after = float(self._rng.uniform(*p.fires_after))
        elif self.state == "cranking":
            whole = p.cycles * (p.crank + p.rest) - p.rest
            if not start:
                self._enter("stopped")
            elif self._in_state >= whole:
                self._enter("locked_out")
            elif self._fault == "none" and self.cranking and self._in_state >= self._fires_after:
                self._enter("running")
        elif self.state == "running" and not start:
            self._enter("cooldown")
        elif self.state == "cooldown":
            if start:
                self._enter("running")
            elif self._in_state >= p.cooldown:
                self._enter("stopped")

    def _turn(self, dt: float) -> None:
        p = self._p
        if self.state in ("running", "cooldown"):
            self.speed = min(self._rated_speed, self.speed + self._rated_speed * dt / p.run_up)
        elif self.cranking and self._fault != "dead_battery":
            self.speed += (p.crank_speed - self.speed) * _share(dt, 0.3)
        else:
            self.speed -= self.speed * _share(dt, 2.0)
            if self.speed < 1.0:
                self.speed = 0.0
        drained = p.battery_dead if self._fault == "dead_battery" else p.battery_crank
        towards, within = (drained, 0.3) if self.cranking else (p.battery_float, 4.0)
        self.battery_voltage += (towards - self.battery_voltage) * _share(dt, within)

    def _excite(self, dt: float) -> None:
        p = self._p
        excited = self.state in ("running", "cooldown") and self.speed > 0.8 * self._rated_speed
        self._voltage += ((1.0 if excited else 0.0) - self._voltage) * _share(dt, p.excitation)
        if self._voltage < 0.01:
            self._voltage, self.supply = 0.0, DEAD
            self._load_seen_by_governor = self._load_seen_by_regulator = 0.0
            return
        load = self.load / self.rating_power
        self._load_seen_by_governor += (load - self._load_seen_by_governor) * _share(dt, p.frequency_recovery)
        self._load_seen_by_regulator += (load - self._load_seen_by_regulator) * _share(dt, p.voltage_recovery)
        voltage = self._voltage * (1 - p.voltage_dip * (load - self._load_seen_by_regulator))
        frequency = self.speed / 30 * (1 - p.frequency_dip * (load - self._load_seen_by_governor))
        self.supply = Supply(voltage, voltage, voltage, frequency)

    def _wear(self, dt: float) -> None:
        running = self.state in ("running", "cooldown")
        load = self.load / self.rating_power
        if running:
            self.fuel = max(0.0, self.fuel - (0.1 + 0.9 * load) * 100 * dt / (self._p.fuel_hours * 3600))
        hot = 75 + 15 * load if running else 40.0
        self.coolant += (hot - self.coolant) * _share(dt, 180.0 if running else 1800.0)


def _share(dt: float, time_constant: float) -> float:
    """How much of a difference is made up within `dt`."""
    return 1 - math.exp(-dt / time_constant)
