"""Double-conversion UPSs: rectifier, direct-current link with its battery, inverter, static bypass."""

import numpy as np
from numpy.typing import NDArray

from simulators.battery.batteries import BREAKER, Batteries
from simulators.chance import Chance
from simulators.parameters import Tables
from simulators.stopwatch import Flags, Micros
from simulators.supply import Floats, Supply, balanced
from simulators.ups.bypass import UpsBypasses
from simulators.ups.controller import (
    BATTERY_PATH,
    BYPASS,
    CHARGER,
    ECO,
    INVERTING,
    OFF,
    ON_BATTERY,
    RECTIFIER,
    TEST,
    Seen,
    UpsControllers,
)
from simulators.ups.input import UpsInputs
from simulators.ups.parameters import UpsParameters
from telemetry.block import SECOND

_DEAD = 0.1  # parts of nominal, IEEE 1159: below it a phase is interrupted
_CLOSED = BREAKER.index("closed")
_GAP = 1  # what chance is drawn for

Watched = dict[str, tuple[tuple[str, ...], NDArray[np.int8]]]


class Upses:
    """Arrays `(S, n)` unless said otherwise.

    mode: code in `controller.STATES`; test_result: code in TEST_RESULTS
    load: W at the output; load_phases: (S, n, 3) W; overload: load of the fullest phase in parts of its rating
    input_power: W, negative while energy flows back; input_phases: (S, n, 3) W; bypass_power: W
    distorts: distortion that the rectifier adds to a weak source, parts
    output, source, bypass_source: Supply at the output, the input and the bypass
    loss: W; temperature: °C; ambient: °C of the air around, to be set by who knows it
    """

    def __init__(  # noqa: PLR0917  # the plant makes all its groups in this way
        self,
        names: tuple[str, ...],
        rating_power: Floats,
        nominal_frequency: Floats,
        walk_in: Micros,
        tables: Tables,
        batteries: Batteries,
        chance: Chance,
    ) -> None:
        """All are online on a source that has been good for ever; rating (n,) W, frequency (n,) Hz, walk-in (n,) µs."""
        self.names = names
        self.rating_power = rating_power
        self.batteries = batteries
        self._p = p = tables.take(UpsParameters, names)
        shape = (tables.sites, len(names))
        self._chance = chance
        self.inputs = UpsInputs(p, nominal_frequency, walk_in, tables.sites)
        self.bypasses = UpsBypasses(p, np.broadcast_to(nominal_frequency, shape))
        self.controllers = UpsControllers(p, shape)
        self._idle = p.idle * rating_power
        self._rated_input = self._needed(np.broadcast_to(rating_power, shape)) / p.efficiency
        self._isolates = np.rint(p.isolation_delay * SECOND).astype(np.int64)
        self._short: Flags = np.zeros(shape, np.bool_)  # the battery gave less than it was asked for
        self.load, self.input_power, self.bypass_power, self.loss, self.distorts, self.overload = np.zeros((6, *shape))
        self.load_phases, self.input_phases = np.zeros((2, *shape, 3))
        self.ambient: Floats = np.array(p.ambient)
        self.temperature: Floats = np.array(p.ambient)
        self._cold = 0.0  # at the first step it is as warm as it becomes
        self.output = self.source = self.bypass_source = balanced(np.ones(shape), nominal_frequency)

    @property
    def mode(self) -> NDArray[np.int8]:
        """Code in `controller.STATES`."""
        return self.controllers.mode

    @property
    def test_result(self) -> NDArray[np.int8]:
        """Code in `controller.TEST_RESULTS`."""
        return self.controllers.test_result

    @property
    def line_bads(self) -> NDArray[np.int64]:
        """How often the input went from good to bad."""
        return self.inputs.line_bads

    @property
    def bypass_locked(self) -> Flags:
        """Stays on bypass until a person unlocks it."""
        return self.controllers.bypass_locked

    @property
    def emergency_off(self) -> Flags:
        """The emergency button is pressed."""
        return self.controllers.emergency_off

    @property
    def seconds_on_battery(self) -> Floats:
        """S since it took to its battery, 0 while it has not."""
        return self.controllers.seconds_on_battery

    @property
    def accepted(self) -> Flags:
        """The rectifier takes what is at the input."""
        accepted: Flags = self.inputs.qualified & (self.controllers.fault != RECTIFIER)
        return accepted

    @property
    def quiet(self) -> bool:
        """Nothing moves faster than over tens of seconds, and no time ends within 10 s."""
        parting = (self.inputs.bad_for >= 0) & (self.inputs.bad_for < self._isolates)
        return self.batteries.quiet and not bool((self.inputs.moving | self.controllers.moving | parting).any())

    @property
    def watched(self) -> Watched:
        """Discrete states of which every change is a milestone: words and codes."""
        modes = ("online", "on_battery", "bypass", "lost", "testing", "boosting", "trimming", "on_eco")
        return {
            "mode": (modes, self.mode),
            "lock": (("bypass_free", "bypass_locked"), self.bypass_locked.astype(np.int8)),
            "source": (("source_accepted", "source_refused"), (~self.accepted).astype(np.int8)),
            "output": (("output_live", "output_dead"), (self.output.highest < _DEAD).astype(np.int8)),
            "load": (("no_overload", "overloaded"), (self.overload > self._p.overload_continuous).astype(np.int8)),
        }

    def set(self, site: int, i: int, key: str, value: object) -> None:
        """A setting of UPS `i` at one site: see `UpsControllers.set`.

        Raises:
            ValueError: there is no such setting, or the value does not fit it.
        """
        self.controllers.set(site, i, key, value)

    def energise(self, now: int, dt: float, source: Supply, bypass: Supply) -> Supply:
        """What is at the outputs at `now` µs, the last step's load on them."""
        p, fault = self._p, self.controllers.fault
        self.source, self.bypass_source = source, bypass
        self.inputs.step(now, dt, source, self.distorts)
        walked = self.inputs.walked * (fault != RECTIFIER)
        needed = self._needed(self.load)
        self_fed = (walked >= 1.0) & (self._rectifier_limit() >= needed)
        battery = ~self.batteries.exhausted & (self.batteries.breaker == _CLOSED) & (fault != BATTERY_PATH)
        self.bypasses.step(dt, bypass)
        seen = Seen(
            self.inputs.good_for,
            walked,
            self_fed,
            self_fed | (battery & ~(self._short & ~(self.mode == TEST))),
            battery,
            self.bypasses.good,
            self.bypasses.alive,
            self.bypasses.in_step,
            self.overload,
        )
        self.controllers.step(now, dt, seen, self._short)
        mode, gap = self.mode, self.controllers.gap
        on_bypass = (mode == BYPASS) | (mode == ECO)
        inverter = self.bypasses.inverter
        output = bypass.where(on_bypass, inverter) if on_bypass.any() else inverter
        if (off := mode == OFF).any():
            output = output.only(~off)
        if gap.any():
            shortest, longest = p.eco_gap[..., 0], p.eco_gap[..., 1]
            lasts = shortest + (longest - shortest) * self._chance.uniform(now, _GAP)
            left = np.sqrt(np.maximum(0.0, 1.0 - lasts / dt))  # rms over the step
            output = output._replace(volts=output.volts * np.where(gap, left, 1.0)[..., np.newaxis])
        self.output = output
        return output

    def absorb(self, now: int, dt: float, load: Floats) -> tuple[Floats, Floats]:
        """What is drawn, in W by phase `(S, n, 3)`, at the input and at the bypass, while `load` is drawn at the output."""
        p, controllers, mode = self._p, self.controllers, self.mode
        inverting, on_bypass = INVERTING[mode], (mode == BYPASS) | (mode == ECO)
        running = ~(controllers.stopped | controllers.maintenance)
        load = np.where((mode == OFF)[..., np.newaxis], 0.0, load)
        total = load.sum(axis=-1)
        walked = self.inputs.walked * (controllers.fault != RECTIFIER) * running
        limit = self._rectifier_limit()
        needed = np.where(inverting, self._needed(total), self._idle * running)
        rectified = np.minimum(np.where(mode == TEST, 0.0, needed * walked), limit)
        back = self._flowing_back()
        back_total = back.sum(axis=-1)
        demand = (needed - rectified) * inverting + back_total / p.efficiency
        rests = (walked < 1.0) | (mode == TEST) | (controllers.fault == CHARGER) | (controllers.fault == BATTERY_PATH)
        offered = np.where(rests, 0.0, np.minimum(self.batteries.charger_power, np.maximum(0.0, limit - rectified)))
        self.batteries.expected = self._needed(total)
        given, taken = self.batteries.step(now, dt, demand, offered)
        self._short = given < demand * (1.0 - 1e-6)
        if self._short.any():
            share = np.where(self._short, given / np.where(self._short, demand, 1.0), 1.0)
            back, back_total = back * share[..., np.newaxis], back_total * share
            # While it is tested the rectifier stands by and gives the rest; else the load goes without.
            missing = (needed - rectified) * inverting * (1.0 - share)
            helped = np.where(mode == TEST, np.minimum(missing, limit * walked), 0.0)
            rectified += helped
            delivered = np.maximum(0.0, total - (missing - helped) * p.efficiency)
            load = load * (delivered / np.where(total > 0.0, total, 1.0))[..., np.newaxis]
            total = load.sum(axis=-1)
        drawn = (rectified + taken) / p.efficiency
        levels = self.source.levels
        input_phases = levels * (drawn / np.maximum(levels.sum(axis=-1), 1e-9))[..., np.newaxis] - back
        static_loss = np.where(controllers.maintenance, 1.0, 1.0 / p.bypass_efficiency)
        from_bypass = load * (on_bypass * static_loss)[..., np.newaxis]
        from_bypass = from_bypass + (on_bypass * (needed - rectified) / 3.0)[..., np.newaxis]
        self.load, self.load_phases = total, load
        self.overload = 3.0 * load.max(axis=-1) / self.rating_power
        self.input_phases = input_phases
        self.input_power = input_phases.sum(axis=-1)
        self.bypass_power = from_bypass.sum(axis=-1)
        self.loss = self.input_power + self.bypass_power + given - taken - total
        weak = self.source.distortion >= p.weak
        self.distorts = np.where(weak, p.notching * np.maximum(0.0, self.input_power) / self.rating_power, 0.0)
        rated_loss = self._rated_input - self.rating_power
        warm = self.ambient + p.temperature_rise * self.loss / rated_loss
        self.temperature = warm + (self.temperature - warm) * self._cold * np.exp(-dt / p.temperature_time)
        self._cold = 1.0
        return input_phases, from_bypass

    def _needed(self, load: Floats) -> Floats:
        """W that the inverter takes from the link for that load."""
        needed: Floats = load / self._p.efficiency + self._idle
        return needed

    def _rectifier_limit(self) -> Floats:
        """W at most to the link: its current is limited, so its power falls with the voltage."""
        p = self._p
        limit: Floats = p.input_limit * self._rated_input * self.source.levels.mean(axis=-1) * p.efficiency
        return limit

    def _flowing_back(self) -> Floats:
        """(S, n, 3) W into a source that sags and is not yet parted from: through a reactance, v (1 − v) / X."""
        levels = self.source.levels
        if not self._isolates.any():
            return np.zeros_like(levels)
        sags = (self.mode == ON_BATTERY) & (self.inputs.bad_for >= 0) & (self.inputs.bad_for < self._isolates)
        peak = np.where(sags, self._p.backfeed * self.rating_power / 3.0, 0.0)
        return peak[..., np.newaxis] * 4.0 * np.maximum(0.0, levels * (1.0 - levels))
