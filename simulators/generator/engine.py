"""The turning mass of a set: engine, governor and the swing of its speed, alone or tied to others by a bus."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulators.generator.parameters import GeneratorParameters
from simulators.supply import Floats

Bools = NDArray[np.bool_]

_SUBSTEP = 0.05  # s, in which the governor's answer to a step of load is within 0.4 % of a fine integration's
_LONG = 2.0  # s, after which a small change has settled
_THERE = 1e-5  # of speed and power: nothing to govern
_CLOSE, _SMALL = 0.005, 0.02  # of speed and of power: what a governor settles without the turbocharger's help
_COLD_DRAG = 3.0  # of friction, by which compression and thick oil drag an engine that is cranked
_WARM = 1 / 3  # of rated speed, from which they do not
_BACKUP = 1.15  # torque that full power may take below rated speed, in parts of that at it
_RESERVE = 0.3  # torque above the present one that the turbocharger is ready for
_STATE = ("speed", "peak", "torque", "integral", "reference", "_air", "delivered")


class Drive(NamedTuple):
    """What acts on the engines during a step, each `(S, n)`.

    fuelled: fuel reaches the injectors
    powerless: and burns to no power
    wide_open: the actuator is stuck at full
    limit: electrical power above which the engine gives no more, in parts of rated
    target: speed that the governor is to hold, in parts of rated
    starter, starter_slope: torque of the starter at rest and what it loses by speed; 0 where it is not engaged
    asked: W electrical
    tied: connected to others of its group, which then turn as one
    """

    fuelled: Bools
    powerless: Bools
    wide_open: Bools
    limit: Floats
    target: Floats
    starter: Floats
    starter_slope: Floats
    asked: Floats
    tied: Bools


class Engines:
    """Torque in, torque out, by the equation of swing; energy is conserved to rounding.

    All `(S, n)`. speed: in parts of rated; turned, peak: its mean and highest of the last step
    Means of the last step in W: given: electrical; burnt: by combustion to the shaft; started: by the starter;
    lost: friction, fan, copper and the shock of closing. stored: J of the rotor
    delivered: electrical power at the end of the step, in parts of rated
    """

    def __init__(self, p: GeneratorParameters, rating: Floats, crank_speed: Floats) -> None:
        """At rest; `rating` `(n,)` W, `crank_speed` `(S, n)` in parts of rated."""
        self._p = p
        self._rating = rating
        shape = crank_speed.shape
        self._weight: Floats = p.inertia * rating
        self._together = self._weight  # of all that turn as one with each
        self._crank_speed = crank_speed
        self.crank_torque: Floats = self.friction(crank_speed)
        self._breakaway = p.breakaway * self.crank_torque
        self._group = np.zeros((shape[1], shape[1]))
        zero: Floats = np.zeros(shape)
        self.speed = self.turned = self.peak = self.torque = self.integral = self.reference = zero
        self._air: Floats = p.aspirated.copy()
        self.given = self.burnt = self.started = self.lost = self.delivered = zero

    @property
    def stored(self) -> Floats:
        """`(S, n)` J."""
        stored: Floats = self._weight * self.speed**2
        return stored

    def tie(self, groups: Sequence[Sequence[int]]) -> None:
        """Which sets share a bus: indices of sets, none in two groups."""
        for group in groups:
            self._group[np.ix_(list(group), list(group))] = 1.0

    def friction(self, speed: Floats) -> Floats:
        """`(S, n)` torque that it takes to keep the engine at that speed."""
        p = self._p
        cold = _between((_WARM - speed) / (_WARM - self._crank_speed), 0.0, 1.0)
        drag: Floats = p.friction * (1 + _COLD_DRAG * cold) + p.fan * speed**2
        return drag

    def step(self, dt: float, drive: Drive) -> None:
        """`dt` seconds later."""
        sums: Floats = np.zeros((5, *self.speed.shape))
        self.peak = self.speed
        if not (drive.fuelled.any() or drive.starter.any() or self.speed.any()):
            self.given, self.burnt, self.started, self.lost, self.turned = sums
            self.delivered = np.zeros_like(self.speed)
            return
        tied = drive.tied
        joined = bool(tied.any())
        if joined:
            self._together = self._sum(self._weight, tied)
            self._join(tied, sums)
        close, small = (_CLOSE, _SMALL) if dt >= _LONG else (_THERE, _THERE)
        settles = self._settles(drive, close, small)
        if settles.all():
            self._settle(dt, drive, sums)
        elif not settles.any():
            self._swing(dt, drive, joined, sums)
        else:  # each site goes its own way, so that none depends on what the others do
            begin, settled = {name: getattr(self, name) for name in _STATE}, sums.copy()
            self._settle(dt, drive, settled)
            end = {name: getattr(self, name) for name in _STATE}
            vars(self).update(begin)
            self._swing(dt, drive, joined, sums)
            vars(self).update({name: np.where(settles, end[name], getattr(self, name)) for name in _STATE})
            sums = np.where(settles, settled, sums)
        self.given, self.burnt, self.started, self.lost, self.turned = sums / dt

    def mean(self, values: Floats, tied: Bools) -> Floats:
        """`(S, n)` mean by inertia over all that turn as one with each set."""
        mean: Floats = self._sum(values * self._weight, tied) / self._together
        return mean

    def _sum(self, values: Floats, tied: Bools) -> Floats:
        """Of all that turn as one with each set."""
        return np.where(tied, (values * tied) @ self._group, values)

    def _join(self, tied: Bools, sums: Floats) -> None:
        """Make connected sets turn as one.

        Momentum is kept, the shock of closing is lost, and what goes from one to another flows over the bus.
        """
        common = self.mean(self.speed, tied)
        if np.abs(common - self.speed).max() < 1e-12:
            return
        left = self._weight * (self.speed**2 - common**2)
        shock = self.mean(left / self._weight, tied) * self._weight
        self.speed = common
        sums[0] += left - shock
        sums[3] += shock

    def _swing(self, dt: float, drive: Drive, joined: bool, sums: Floats) -> None:
        for _ in range(steps := max(1, math.ceil(dt / _SUBSTEP - 1e-9))):
            self._substep(dt / steps, drive, joined, sums)

    def _substep(self, h: float, drive: Drive, joined: bool, sums: Floats) -> None:
        p, rating, weight, speed = self._p, self._rating, self._weight, self.speed
        fuelled, tied = drive.fuelled, drive.tied
        self._govern(h, drive)
        # The damper of an engine that runs away shuts within the step; the controller sees it at the end.
        burnt = np.where(drive.powerless | (self.peak > p.overspeed), 0.0, self.torque)
        starter = np.maximum(0.0, drive.starter - drive.starter_slope * speed)
        drag = np.where(speed == 0, self._breakaway, self.friction(speed))
        # Friction brakes to a stand and no further.
        drag = np.minimum(drag, burnt + starter + 2 * p.inertia * speed / h)
        copper = p.copper * self.delivered**2 * rating
        net = (burnt + starter - drag) * rating
        all_net, all_asked, all_weight = net, drive.asked + copper, weight
        if joined:
            all_net, all_asked, all_weight = self._sum(net, tied), self._sum(all_asked, tied), self._together
        # 2H dω/dt = torque − power/ω, with ω in the middle of the sub-step: a quadratic, so that energy is kept.
        b = 4 * all_weight * speed + h * all_net
        middle = (b + np.sqrt(np.maximum(b * b - 16 * h * all_weight * all_asked, 0.0))) / (8 * all_weight)
        after = np.maximum(2 * middle - speed, 0.0)
        middle = 0.5 * (speed + after)
        given = middle * net - weight * (after * after - speed * speed) / h - copper
        served = np.where((drive.asked != 0) | tied, given, 0.0)
        self.speed = after
        self.peak = np.maximum(self.peak, after)
        self.delivered = served / rating
        self.reference = np.where(fuelled, self.reference, after)
        whole = middle * rating
        lost = drag * whole + copper + (given - served)
        sums += np.array([served, burnt * whole, starter * whole, lost, middle]) * h

    def _govern(self, h: float, drive: Drive) -> None:
        """The torque that the governor lets the engine give."""
        p = self._p
        before = self.reference
        ramp = h / p.run_up
        self.reference = before + _between(drive.target - before, -ramp, ramp)
        error = self.reference - self.speed
        ahead = 2 * p.inertia * (self.reference - before) / h  # what it takes to follow the ramp
        friction = p.friction + p.fan * self.speed**2
        full = drive.limit + p.friction + p.fan + p.copper * drive.limit**2
        top = full * _between(1 / np.maximum(self.speed, 0.1), 1.0, _BACKUP)
        wanted = friction + ahead + p.governor * error + self.integral
        free = ((wanted < top) | (error < 0)) & ((wanted > 0) | (error > 0)) & drive.fuelled
        moved = p.governor_reset * error * h
        if drive.tied.any():  # the load-sharing lines: every set takes the part that the others take
            sharing = (drive.tied & free & ~drive.powerless) * self._rating
            mean = (self.integral * sharing) @ self._group / np.maximum((sharing @ self._group), 1e-9)
            moved = moved + np.where(sharing > 0, (mean - self.integral) * -np.expm1(-h / p.sharing), 0.0)
        self.integral = np.where(drive.fuelled, self.integral + moved * free, 0.0)
        wanted = np.where(drive.wide_open, top, _between(wanted, 0.0, top))
        lag = -np.expm1(-h / p.actuator)
        self.torque = (self.torque + (np.minimum(wanted, self._air) - self.torque) * lag) * drive.fuelled
        ready = np.maximum(p.aspirated, self.torque + _RESERVE)
        self._air = self._air + _between(ready - self._air, -p.turbo * h, p.turbo * h)

    def _settles(self, drive: Drive, close: float, small: float) -> Bools:
        """Where the step ends as the governor settles, `(S, 1)`: what turns is near its speed and load, and able."""
        turning = (self.speed > 0) | drive.fuelled | (drive.starter > 0)
        share = self._share(drive) / self._rating
        calm = (
            drive.fuelled
            & ~drive.powerless
            & ~drive.wide_open
            & (np.abs(self.speed - drive.target) < close)
            & (np.abs(share - self.delivered) < small)
            & (share < drive.limit - _SMALL)
            & (share > -_SMALL)
        )
        settles: Bools = np.logical_and.reduce(calm | ~turning, axis=1, keepdims=True)
        return settles

    def _share(self, drive: Drive) -> Floats:
        if not drive.tied.any():
            return drive.asked
        return self._sum(drive.asked, drive.tied) * self._rating / self._sum(self._rating + 0 * drive.asked, drive.tied)

    def _settle(self, dt: float, drive: Drive, sums: Floats) -> None:
        p, rating = self._p, self._rating
        turning = drive.fuelled & (self.speed > 0)
        target = drive.target
        if drive.tied.any():
            target = self.mean(target, drive.tied)
        after = np.where(turning, target, 0.0)
        middle = 0.5 * (self.speed + after)
        given = np.where(turning, self._share(drive), 0.0)
        self.delivered = given / rating
        copper = p.copper * self.delivered**2 * rating
        drag = np.where(turning, self.friction(middle), 0.0)
        spin = self._weight * (after * after - self.speed * self.speed)
        burnt = (given + copper + drag * middle * rating) * dt + spin
        self.speed = after
        self.reference = np.where(turning, drive.target, self.reference)
        self.torque = np.where(turning, (given + copper) / rating / np.maximum(after, 0.1) + drag, self.torque)
        self.integral = np.where(turning, self.torque - p.friction - p.fan * after**2, self.integral)
        self._air = np.maximum(p.aspirated, self.torque + _RESERVE)
        lost = (drag * middle * rating + copper) * dt
        sums += np.array([given * dt, burnt, np.zeros_like(burnt), lost, middle * dt])


def _between(values: Floats, low: Floats | float, high: Floats | float) -> Floats:
    """`np.clip`, at half its cost on small arrays."""
    return np.minimum(np.maximum(values, low), high)
