"""The controller of a set: start sequence, cool-down, lock-out and the protections that stop it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from device_profiles.quantities import quantity
from simulators.chance import Chance
from simulators.generator.parameters import GeneratorParameters
from simulators.supply import Floats

Bools = NDArray[np.bool_]
Codes = NDArray[np.int8]
Times = NDArray[np.int64]

STATES = quantity("generator.state").states
STOPPED, CRANKING, RUNNING, COOLDOWN, LOCKED_OUT = range(5)
BREAKERS = quantity("generator.breaker").states
OPEN, CLOSED, TRIPPED = range(3)
MODES = quantity("generator.mode").states
AUTO, MANUAL, OFF = range(3)

# Why a set locked out. The protections stand in the order in which they are named when several act at once.
TRIPS = (
    "none",
    "overcrank",
    "overspeed",
    "underfrequency",
    "undervoltage",
    "overvoltage",
    "overload",
    "high_temperature",
    "low_oil_pressure",
    "out_of_fuel",
    "reverse_power",
    "emergency_stop",
)
_PROTECTIONS = TRIPS[2:-1]
# After these the breaker opens and the engine cools down before it stops; the others stop it at once.
_ELECTRICAL = np.array([trip in {"overload", "reverse_power"} for trip in TRIPS])

NEVER = np.iinfo(np.int64).max
_STANDS = 0.02  # of rated speed, below which the starter may engage
_FAILED = 0.2  # of rated speed: a started engine that falls below it has not started
_RUN_UP_AT_LEAST = 3_000_000  # µs before that is judged
_REACHED = 0.9  # of rated speed: started
_SOON = 10_000_000  # µs


class Condition(NamedTuple):
    """What the controller measures, `(S, n)`, in parts of nominal or rated; fuel in %, coolant in °C, oil in kPa."""

    speed: Floats
    peak: Floats
    lowest: Floats
    highest: Floats
    power: Floats
    fuel: Floats
    coolant: Floats
    oil: Floats


class Controllers:
    """One a set, all `(S, n)`.

    state, mode, breaker, trip_cause: codes of STATES, MODES, BREAKERS, TRIPS
    lockout: latched until a person resets it
    cranking: the starter turns just now
    """

    def __init__(self, p: GeneratorParameters, chance: Chance, shape: tuple[int, int]) -> None:
        self._p = p
        self._chance = chance
        self.state, self.mode, self.breaker, self.trip_cause = (np.zeros(shape, np.int8) for _ in range(4))
        self.lockout, self.cranking = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
        self._since = np.zeros(shape, np.int64)
        self._crank_since, self._fired = np.zeros(shape, np.int64), np.full(shape, NEVER)
        self._fires_after = np.zeros(shape)
        self._fires_from_cycle, self._lost_cycle = np.zeros(shape, np.int64), np.full(shape, -1)
        self._started = np.zeros(shape, np.bool_)
        self._cycle: Times = _microseconds(p.crank + p.rest)
        self._crank: Times = _microseconds(p.crank)
        self._limit: Times = _microseconds(p.cycles * (p.crank + p.rest) - p.rest)
        self._cooldown: Times = _microseconds(p.cooldown)
        self._safety_on: Times = _microseconds(p.safety_on)
        self._held = np.full((len(_PROTECTIONS), *shape), NEVER)
        none = np.zeros(shape)
        delays = (none, p.underfrequency_delay, p.undervoltage_delay, p.overvoltage_delay, p.overload_delay)
        later = (p.high_temperature_delay, p.low_oil_pressure_delay, none, p.reverse_power_delay)
        self._delays: Times = _microseconds(np.stack([*delays, *later]))

    @property
    def pending(self) -> Bools:
        """`(S, n)` whether the time of a protection runs."""
        pending: Bools = (self._held != NEVER).any(axis=0)
        return pending

    def soon(self, now: int) -> Bools:
        """`(S, n)` whether a timer of the sequence runs out within ten seconds."""
        ends = self._since + self._cooldown
        timed = (self.state == COOLDOWN) & (ends > now) & (ends < now + _SOON)
        fresh = (self.state == RUNNING) & (now - np.minimum(self._fired, now) < self._safety_on)
        soon: Bools = timed | fresh | (self.state == CRANKING)
        return soon

    def command(
        self,
        now: int,
        wanted: Bools,
        speed: Floats,
        *,
        fires: Bools,
        late: Bools,
        keeps_on: Bools,
        firing_speed: Floats,
    ) -> None:
        """The sequence, by what is known at the step's begin.

        Args:
            now: µs
            wanted: `(S, n)` the set is to run
            speed: in parts of rated
            fires: `(S, n)` the engine has fuel and would fire
            late: it fires only in a later crank cycle
            keeps_on: it does not obey a stop
            firing_speed: of rated, below which it does not fire
        """
        begin = (self.state == STOPPED) & wanted & ~self.lockout & (speed < _STANDS) & (self.mode != OFF)
        if begin.any():
            self._begin(now, begin, late)
        if (self.state == CRANKING).any():
            self._crank_on(now, wanted, speed, fires, firing_speed)
        else:
            self.cranking = np.zeros_like(self.cranking)
        run_up = (self.state == RUNNING) & ~self._started
        if run_up.any():
            self._started |= run_up & (speed > _REACHED)
            failed = run_up & (speed < _FAILED) & (now - self._since >= _RUN_UP_AT_LEAST)
            if failed.any():  # the crank cycles go on, from the next
                self._enter(now, failed, CRANKING)
                self._lost_cycle = np.where(failed, (now - self._crank_since) // self._cycle, self._lost_cycle)
        self._enter(now, (self.state == RUNNING) & ~wanted, COOLDOWN)
        cooling = self.state == COOLDOWN
        if cooling.any():
            self._enter(now, cooling & wanted & ~self.lockout, RUNNING)
            over = (now - self._since >= self._cooldown) | (self.mode == OFF)
            over &= (self.state == COOLDOWN) & ~keeps_on
            self._enter(now, over & self.lockout, LOCKED_OUT)
            self._enter(now, over & ~self.lockout, STOPPED)
        self.breaker[(self.state != RUNNING) & (self.breaker == CLOSED)] = OPEN

    def protect(self, now: int, c: Condition, emergency_stop: Bools) -> None:
        """Whatever is out of its limits for longer than it may be stops the set, and locks it out."""
        p = self._p
        running = under_way(self.state)
        if running.any():
            armed = running & (now - self._fired >= self._safety_on) & self._started
            closed = running & (self.breaker == CLOSED)
            conditions = np.array(
                [
                    running & (c.peak > p.overspeed),
                    armed & (c.speed < p.underfrequency),
                    armed & (c.lowest < p.undervoltage),
                    running & (c.highest > p.overvoltage),
                    closed & (c.power > p.overload),
                    running & (c.coolant > p.high_temperature),
                    armed & (c.oil < p.low_oil_pressure),
                    running & (c.fuel <= 0),
                    closed & (c.power < -p.reverse_power),
                ]
            )
            self._held = np.where(conditions, np.minimum(self._held, now), NEVER)
            acts = conditions & (now - np.minimum(self._held, now) >= self._delays)
            if acts.any():
                self.trip(now, acts.any(axis=0), (2 + acts.argmax(axis=0)).astype(np.int8))
        else:
            self._held.fill(NEVER)
        if emergency_stop.any():
            stopped = emergency_stop & ~((self.state == LOCKED_OUT) & self.lockout)
            self.trip(now, stopped, np.full_like(self.trip_cause, TRIPS.index("emergency_stop")))

    def trip(self, now: int, which: Bools, cause: Codes) -> None:
        """Lock these sets out; the first cause stays."""
        if not which.any():
            return
        self.trip_cause = np.where(which & ~self.lockout, cause, self.trip_cause)
        self.lockout = self.lockout | which
        self.breaker = np.where(which & (self.breaker == CLOSED), np.int8(TRIPPED), self.breaker)
        gently = _ELECTRICAL[cause]
        self._enter(now, which & gently & (self.state == RUNNING), COOLDOWN)
        self._enter(now, which & ~gently & (self.state != LOCKED_OUT), LOCKED_OUT)
        self.cranking = self.cranking & ~which

    def reset(self, site: int, i: int) -> None:
        """A person at the set releases its lock-out."""
        if self.state[site, i] == LOCKED_OUT:
            self.state[site, i] = STOPPED
        self.lockout[site, i] = False
        self.trip_cause[site, i] = 0
        if self.breaker[site, i] == TRIPPED:
            self.breaker[site, i] = OPEN
        self._held[:, site, i] = NEVER

    def _enter(self, now: int, which: Bools, state: int) -> None:
        if which.any():
            self.state = np.where(which, np.int8(state), self.state)
            self._since = np.where(which, now, self._since)

    def _begin(self, now: int, begin: Bools, late: Bools) -> None:
        p = self._p
        self._enter(now, begin, CRANKING)
        self._crank_since = np.where(begin, now, self._crank_since)
        low, high = p.fires_after[..., 0], p.fires_after[..., 1]
        self._fires_after = np.where(begin, low + (high - low) * self._chance.uniform(now, 1), self._fires_after)
        cycle = np.where(late, np.where(self._chance.uniform(now, 2) < 0.5, 1, 2), 0)
        self._fires_from_cycle = np.where(
            begin, np.minimum(cycle, p.cycles - 1).astype(np.int64), self._fires_from_cycle
        )
        self._lost_cycle = np.where(begin, -1, self._lost_cycle)
        self._started = self._started & ~begin

    def _crank_on(self, now: int, wanted: Bools, speed: Floats, fires: Bools, firing_speed: Floats) -> None:
        cranks = self.state == CRANKING
        elapsed = now - self._crank_since
        cycle, within = elapsed // self._cycle, elapsed % self._cycle
        self.cranking = cranks & wanted & (within < self._crank) & (cycle > self._lost_cycle)
        fired = self.cranking & fires & (cycle >= self._fires_from_cycle) & (speed >= firing_speed)
        fired &= within >= _microseconds(self._fires_after)
        if fired.any():
            self._enter(now, fired, RUNNING)
            self._fired = np.where(fired, now, self._fired)
            self.cranking &= ~fired
        self._enter(now, cranks & ~wanted, STOPPED)
        over = cranks & (self.state == CRANKING) & (elapsed >= self._limit)
        if over.any():
            self.trip(now, over, np.full_like(self.trip_cause, TRIPS.index("overcrank")))


def under_way(state: Codes) -> Bools:
    """Where fuel is on."""
    running: Bools = (state == RUNNING) | (state == COOLDOWN)
    return running


def _microseconds(seconds: Floats) -> Times:
    times: Times = np.rint(np.asarray(seconds) * 1e6).astype(np.int64)
    return times
