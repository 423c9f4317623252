"""The batteries of UPSs: strings or flywheels behind a breaker, their charger, and what the card says of them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simulators.battery import settings
from simulators.battery.laws import DEFAULTS
from simulators.battery.parameters import ESTIMATES, BatteryKind, BatteryParameters, check
from simulators.battery.stores import Stores
from simulators.chance import Chance
from simulators.parameters import Tables
from simulators.supply import Floats

STATUS = ("normal", "low", "depleted", "fault", "replace")
BREAKER = ("open", "closed", "tripped")

_STATUS_WORDS = tuple(f"battery_{word}" for word in STATUS)
_BREAKER_WORDS = tuple(f"battery_breaker_{word}" for word in BREAKER)
_EXHAUSTED_WORDS = ("not_exhausted", "exhausted")
_NORMAL, _LOW, _DEPLETED, _FAULT, _REPLACE = (np.int8(code) for code in range(len(STATUS)))
_SECOND = 1_000_000  # µs
_ROUNDING = 1e-9
_FAR_CHARGE, _FAR_TIME = 0.25, 60.0  # parts of full, s: a battery with more than both is far from its end
_CLOSED = BREAKER.index("closed")
_SETTINGS = ("health", "breaker", "charger", "charge", "string", "temperature", "replace", "estimate")

Mask = NDArray[np.bool_]


class Batteries:
    """`n` batteries of up to `k` strings at `S` sites. Attributes are `(S, n)` but where it says otherwise.

    exhausted: cut off under load, until its charger is fed again
    voltage: V at its terminals; current: A, positive while it charges; both at the end of the last step
    power: W out of it, negative while it charges, the mean over the last step
    string_current: `(S, n, k)` A, positive while it charges
    stored: J in it, chemical or kinetic; loss: W of heat, in it and in its charger; temperature: °C
    health: `(S, n, k)` capacity in parts of new, NaN where it has no such string; joined: `(S, n, k)` strings not cut off
    runtime: s as its card estimates it, for the power it gives, or else for `expected` W, which the UPS sets
    charger_power: W that its charger draws at most
    status, breaker: codes in STATUS and BREAKER
    seconds_on_battery: s for which it has given power without a break
    charger_works, needs_replacement: as the scenario has them
    """

    def __init__(self, names: Sequence[str], rating_power: Floats, tables: Tables, chance: Chance) -> None:
        """Charged as the scenario has them, on float where they are full.

        Args:
            names: of the UPSs
            rating_power: `(n,)` W of the UPSs
            tables: what the scenario gives
            chance: for the spread of the strings' resistance

        Raises:
            ValueError: a parameter is not what a battery can have.
        """
        self.names = tuple(names)
        kinds = tables.take(BatteryKind, names).law
        p = tables.take(BatteryParameters, names, [DEFAULTS.get(kind, {}) for kind in kinds])
        check(self.names, kinds, p)
        shape = (tables.sites, len(self.names))
        rated = np.broadcast_to(rating_power, shape) * p.rated_load
        drawn = [chance.normal(0, j) for j in range(p.health.shape[-1])]
        spread = 1.0 + p.spread[..., np.newaxis] * (np.stack(drawn, axis=-1) if drawn else 0.0)
        self._p = p
        self._stores = Stores(kinds, p, rated, spread)
        self._warming = p.heating * p.cooling / (rated * p.rated_time)  # K in the end, per W of heat
        self.charger_power: Floats = rating_power * p.charger

        self.health: Floats = p.health.copy()
        self.joined: Mask = np.ones(p.health.shape, np.bool_)
        self.breaker: NDArray[np.int8] = np.full(shape, _CLOSED, np.int8)
        self.charger_works: Mask = np.ones(shape, np.bool_)
        self.needs_replacement: Mask = np.zeros(shape, np.bool_)
        self.room: Floats = p.temperature.copy()
        self.temperature: Floats = p.temperature.copy()
        self.expected: Floats = rated.copy()
        self.seconds_on_battery: Floats = np.zeros(shape)
        self.discharging: Mask = np.zeros(shape, np.bool_)
        self.exhausted: Mask = np.zeros(shape, np.bool_)
        self.voltage, self.runtime = np.zeros(shape), np.zeros(shape)
        self.power, self.current, self.loss, self.stored = (np.zeros(shape) for _ in range(4))
        self.string_current: Floats = np.zeros(p.health.shape)
        self.status: NDArray[np.int8] = np.zeros(shape, np.int8)
        self._charge: Floats | None = None
        self._charge_before: Floats = np.ones(shape)
        self._dt = 1.0
        self._expected, self._fed = self.expected, self.exhausted
        self._still, self._changed, self._looked = False, True, 0
        self._stores.renew(self.health, self.joined)
        for site, i in np.argwhere(p.charge < 1.0):
            self._stores.fill(int(site), int(i), float(p.charge[site, i]))
        self._show()
        self.voltage = np.where(p.charge >= 1.0, p.float_voltage, self.voltage)

    def set(self, site: int, i: int, key: str, value: object) -> None:
        """A scenario's setting of battery `i` at one site.

        health: list of parts of new, one a string; string: {n = 1, fault = "open" or "none"}, n from 1; charge: parts of
        full, the battery rested; breaker: open, closed or tripped; charger: whether it works; temperature: °C of the
        battery and of its room; replace: whether it says that it needs replacement; estimate: as in BatteryParameters

        Raises:
            ValueError: it has no such setting, or the value does not fit it.
        """
        what = f"{self.names[i]}.{key}"
        match key:
            case "health":
                strings = int(self._stores.strings[site, i])
                self.health[site, i, :strings] = settings.numbers(what, value, strings, 0.0, 2.0)
                self._stores.renew(self.health, self.joined)
            case "string":
                n, fault = settings.string(what, value, int(self._stores.strings[site, i]))
                self.joined[site, i, n] = not fault
                self._stores.renew(self.health, self.joined)
            case "charge":
                self._stores.fill(site, i, settings.number(what, value, 0.0, 1.0))
            case "breaker":
                self.breaker[site, i] = BREAKER.index(settings.word(what, value, BREAKER))
            case "charger":
                self.charger_works[site, i] = settings.flag(what, value)
            case "replace":
                self.needs_replacement[site, i] = settings.flag(what, value)
            case "estimate":
                self._stores.believe(site, i, ESTIMATES.index(settings.word(what, value, ESTIMATES)))
            case "temperature":
                self.temperature[site, i] = self.room[site, i] = settings.number(what, value, -40.0, 80.0)
            case _:
                raise ValueError(f"{self.names[i]}'s battery has no {key}; it has {', '.join(_SETTINGS)}")
        self._show()

    @property
    def watched(self) -> dict[str, tuple[tuple[str, ...], NDArray[np.int8]]]:
        """Discrete states: their words, codes `(S, n)`."""
        return {
            "status": (_STATUS_WORDS, self.status),
            "exhausted": (_EXHAUSTED_WORDS, self.exhausted.astype(np.int8)),
            "breaker": (_BREAKER_WORDS, self.breaker),
        }

    @property
    def quiet(self) -> bool:
        """Whether none that is being discharged comes near its end within a minute."""
        if not self.discharging.any():
            return True
        fall = np.maximum((self._charge_before - self.charge) / self._dt, 1e-9)
        far = (self.charge > _FAR_CHARGE) & (self.charge > _FAR_TIME * fall)
        return bool((far | ~self.discharging).all())

    def step(self, now: int, dt: float, demand: Floats, charge: Floats) -> tuple[Floats, Floats]:
        """`dt` s on.

        Args:
            now: µs UTC
            dt: s
            demand: `(S, n)` W wanted out of it
            charge: `(S, n)` W offered to its charger, taken only where nothing is wanted

        Returns:
            W given and W taken, `(S, n)`, the mean over the step: less is given than wanted where a battery gives out
            within the step, is exhausted, or its breaker is not closed.
        """
        self._charge_before, self._dt = self.charge if self.discharging.any() else np.ones_like(demand), dt
        asked = demand > 0
        fed = (charge > 0) & ~asked
        if self._still and not asked.any() and np.array_equal(fed, self._fed):
            self._warm(dt, self.loss)
            self._estimate(now)
            return np.zeros_like(demand), np.zeros_like(demand)
        closed = self.breaker == _CLOSED
        self._still, self._fed = False, fed
        fed = fed & closed
        charging = np.where(fed & self.charger_works, np.minimum(charge, self.charger_power), 0.0)
        wanted = np.where(asked & closed, demand, 0.0)
        given, accepted, self.string_current = self._stores.exchange(
            dt, wanted, charging * self._p.charger_efficiency, fed
        )
        given = np.where(given > wanted * (1.0 - _ROUNDING), wanted, given)  # no less than wanted by rounding alone
        self.current = self.string_current.sum(axis=-1)
        taken = accepted / self._p.charger_efficiency
        discharging = given > 0
        self._changed |= not np.array_equal(discharging, self.discharging)
        self.discharging = discharging
        self.power = given - accepted
        self.seconds_on_battery = np.where(discharging, self.seconds_on_battery + dt, 0.0)
        before = self.stored
        self._gather()
        self.loss = (before - self.stored) / dt - given + taken
        self._warm(dt, self.loss - (taken - accepted))
        self._estimate(now)
        self._still = self._stores.still and not self.loss.any()
        return given, taken

    @property
    def charge(self) -> Floats:
        """`(S, n)` parts of what it can hold as it is: of a rated discharge, or, while it gives power, of one at that power."""
        if self._charge is None:
            self._charge = self._stores.charge(np.where(self.discharging, self.power, 0.0))
        return self._charge

    def _gather(self) -> None:
        """What follows from the state of the stores."""
        self._charge = None
        self.stored, self.voltage, exhausted = self._stores.state()
        self._changed |= not np.array_equal(exhausted, self.exhausted)
        self.exhausted = exhausted

    def _warm(self, dt: float, heat: Floats) -> None:
        warm = self.room + self._warming * heat
        self.temperature = warm + (self.temperature - warm) * np.exp(-dt / self._p.cooling)

    def _estimate(self, now: int) -> None:
        """The card looks at its battery once a second, and when something switches."""
        if now // _SECOND == self._looked and not self._changed:
            return
        self._looked, self._changed = now // _SECOND, False
        if self._still and np.array_equal(self.expected, self._expected):
            return
        self._expected = self.expected.copy()
        p = self._p
        load = np.where(self.discharging, self.power, self.expected)
        margin = np.where(self.discharging, self.voltage / p.voltage - p.cut_off, np.inf)
        charge = np.where((self.breaker == _CLOSED) & ~self.exhausted, self.charge, 0.0)
        self.runtime = self._stores.runtime(load, charge, margin)
        status = np.where(self.needs_replacement, _REPLACE, _NORMAL)
        status = np.where(self.runtime <= p.low_battery, _LOW, status)
        status = np.where(self.exhausted, _DEPLETED, status)
        self.status = np.where(self.breaker == _CLOSED, status, _FAULT)

    def _show(self) -> None:
        """What a setting changes is seen at once."""
        self._still, self._changed = False, True
        self._gather()
        self._estimate(self._looked * _SECOND)
