"""What a UPS does: on its inverter, on bypass, off; when it changes, and what a person told it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from device_profiles.quantities import quantity
from simulators.stopwatch import FOR_EVER, Flags, Micros, Stopwatch
from simulators.supply import Floats
from simulators.ups.overload import InverterOverload
from simulators.ups.parameters import UpsParameters
from telemetry.block import SECOND

STATES = quantity("ups.status").states
ONLINE, ON_BATTERY, BYPASS, OFF, TEST, BOOST, TRIM, ECO = range(8)
INVERTING: Flags = np.array([True, True, False, False, True, False, False, False])  # by state

FAULTS = ("none", "rectifier", "inverter", "static_switch", "battery_path", "charger")
NO_FAULT, RECTIFIER, INVERTER, STATIC_SWITCH, BATTERY_PATH, CHARGER = range(6)

TEST_RESULTS = quantity("ups.test.result").states
UNTESTED, PASSED, WARNING, FAILED, ABORTED, IN_PROGRESS = range(6)

_TRANSFERS = 3  # within `lock_within` lock it on bypass


class Seen(NamedTuple):
    """What it decides by, each `(S, n)`.

    good_for: µs, of the input, -1 while it is bad; walked: 0–1, how far the rectifier has walked in
    self_fed: the rectifier alone can feed the inverter; powered: rectifier and battery can
    battery: the battery is there and has something left
    bypass_good: in its window; bypass_alive: there is anything at all
    in_step: the inverter is synchronised with it
    overload: load in parts of rating
    """

    good_for: Micros
    walked: Floats
    self_fed: Flags
    powered: Flags
    battery: Flags
    bypass_good: Flags
    bypass_alive: Flags
    in_step: Flags
    overload: Floats


class UpsControllers:
    """All arrays `(S, n)`.

    mode: code in STATES; gap: the load was without power for some ms on the way to this mode
    fault: code in FAULTS; maintenance, eco, stopped, emergency_off: what people have set; `stopped` by either kind of
        switching off, until it is switched on again
    bypass_locked: it stays on bypass until a person unlocks it
    test_result: code in TEST_RESULTS; seconds_on_battery: s, 0 while it is not
    """

    def __init__(self, parameters: UpsParameters, shape: tuple[int, int]) -> None:
        self._p = parameters
        self.mode: NDArray[np.int8] = np.full(shape, ONLINE, np.int8)
        self.fault: NDArray[np.int8] = np.zeros(shape, np.int8)
        self.maintenance, self.stopped, self.emergency_off, self.bypass_locked = np.zeros((4, *shape), np.bool_)
        self.eco: Flags = np.array(parameters.eco, np.bool_)
        self.gap: Flags = np.zeros(shape, np.bool_)
        self.test_result: NDArray[np.int8] = np.full(shape, UNTESTED, np.int8)
        self.seconds_on_battery = np.zeros(shape)
        self.overloads = InverterOverload(parameters, shape)
        self._test_wanted, self._switch_on = np.zeros((2, *shape), np.bool_)
        self._test_ends: Micros = np.zeros(shape, np.int64)
        self._transfers: Micros = np.full((*shape, _TRANSFERS), -FOR_EVER, np.int64)
        self._bypass = Stopwatch(shape, held=True)  # good
        self._clear = Stopwatch(shape)  # nothing is in the way back from bypass
        self._changed: Flags = np.zeros(shape, np.bool_)
        self._restarting: Flags = np.zeros(shape, np.bool_)
        self._eco_pending: Flags = np.zeros(shape, np.bool_)

    @property
    def moving(self) -> Flags:
        """Where something is moving, or a time runs that may end soon."""
        runs = self._changed | self._restarting | self._eco_pending | self.overloads.moving
        runs |= self._clear.held & ~self.maintenance  # nothing leads back from there but a hand
        busy: Flags = runs | (self.mode == TEST) | self._test_wanted | self._switch_on
        return busy

    def step(self, now: int, dt: float, seen: Seen, battery_failed: Flags) -> None:
        """Decide the mode at `now` µs; `battery_failed`: it could not give what was asked of it in the last step."""
        p, before = self._p, self.mode
        was_inverting, was_bypass, was_eco, was_off = INVERTING[before], before == BYPASS, before == ECO, before == OFF
        self._bypass.step(now, seen.bypass_good)
        self.overloads.step(dt, seen.overload, was_inverting)
        able = seen.powered & (self.fault != INVERTER) & ~self.overloads.tripped & ~self.bypass_locked
        told = self.eco | self.maintenance | self.stopped | (self.fault == STATIC_SWITCH)
        if was_inverting.all() and able.all() and not told.any():
            mode = np.where(seen.walked >= 1.0, ONLINE, ON_BATTERY).astype(np.int8)
            self._switch_on[:] = False
            self._clear.step(now, was_bypass)
        else:
            mode = self._choose(now, seen, able, (was_inverting, was_bypass, was_eco, was_off))
        if self._test_wanted.any() or (before == TEST).any():
            mode = self._test(now, mode, seen, battery_failed)
        self.gap = (was_bypass | was_eco) & INVERTING[mode] & ~seen.bypass_good
        moved = was_inverting & (mode == BYPASS)
        if moved.any():
            self.gap |= moved & ~seen.in_step
            self._count(now, moved & ~self.maintenance)
        self._changed = mode != before
        self.mode = mode
        self._eco_pending = self.eco & (mode == ONLINE) & seen.bypass_good
        left = p.restart * SECOND - seen.good_for
        self._restarting = (mode == OFF) & ~self.stopped & (seen.good_for >= 0) & (left > 0) & (left <= 10 * SECOND)
        discharging = (mode == ON_BATTERY) | (mode == TEST)
        self.seconds_on_battery = np.where(discharging, self.seconds_on_battery + dt, 0.0)

    def _choose(self, now: int, seen: Seen, able: Flags, before: tuple[Flags, Flags, Flags, Flags]) -> NDArray[np.int8]:
        p = self._p
        was_inverting, was_bypass, was_eco, was_off = before
        bypass_for = self._bypass.elapsed(now)
        stays_eco = was_eco & self.eco & seen.bypass_good
        enters_eco = was_inverting & able & self.eco & seen.in_step & (seen.walked >= 1.0)
        eco = stays_eco | (enters_eco & (bypass_for >= p.eco_return * SECOND))
        self._clear.step(now, was_bypass & able & seen.self_fed & seen.in_step & (seen.overload <= p.retransfer_below))
        returns = self._clear.elapsed(now) >= p.retransfer * SECOND
        restarts = was_off & ((seen.self_fed & (seen.good_for >= p.restart * SECOND)) | self._switch_on)
        on_bypass_only = self.bypass_locked | (self.fault == INVERTER) | p.restart_on_bypass
        rises = was_off & ((on_bypass_only & (bypass_for >= p.qualify * SECOND)) | self._switch_on)
        leaves = (was_bypass & (returns | ~seen.bypass_good)) | (was_eco & ~stays_eco)
        inverting = able & ~eco & (was_inverting | leaves | restarts)
        bypass = seen.bypass_good & (was_inverting | was_bypass | was_eco | rises)
        stopped = self.stopped | (self.fault == STATIC_SWITCH)
        self._switch_on = np.zeros_like(stopped)
        mode = np.select(
            [
                self.emergency_off,
                self.maintenance & seen.bypass_alive,
                self.maintenance | stopped,
                eco,
                inverting,
                bypass,
            ],
            [OFF, BYPASS, OFF, ECO, np.where(seen.walked >= 1.0, ONLINE, ON_BATTERY), BYPASS],
            OFF,
        )
        return mode.astype(np.int8)

    def _test(self, now: int, mode: NDArray[np.int8], seen: Seen, battery_failed: Flags) -> NDArray[np.int8]:
        testing = self.mode == TEST
        begins = self._test_wanted & ~testing
        possible = mode == ONLINE
        failed = testing & possible & (battery_failed | ~seen.battery)
        passed = testing & possible & ~failed & (now >= self._test_ends)
        aborted = (testing | begins) & ~possible
        goes_on = (testing | begins) & ~(failed | passed | aborted)
        lasts = np.rint(self._p.test_time * SECOND).astype(np.int64)
        self._test_ends = np.where(begins & goes_on, now + lasts, self._test_ends)
        self.test_result = np.select(
            [failed, passed, aborted, goes_on], [FAILED, PASSED, ABORTED, IN_PROGRESS], self.test_result
        ).astype(np.int8)
        self._test_wanted = np.zeros_like(testing)
        return np.where(goes_on, np.int8(TEST), mode)

    def _count(self, now: int, moved: Flags) -> None:
        """Keep the last transfers to bypass, the latest first, and lock where they came too fast."""
        later = np.concatenate([np.full((*moved.shape, 1), now, np.int64), self._transfers[..., :-1]], axis=-1)
        self._transfers = np.where(moved[..., np.newaxis], later, self._transfers)
        self.bypass_locked |= moved & (now - self._transfers[..., -1] <= self._p.lock_within * SECOND)

    def set(self, site: int, i: int, key: str, value: object) -> None:
        """A setting of UPS `i` at one site.

        Raises:
            ValueError: there is no such setting, or the value does not fit it.
        """
        at = site, i
        match key, value:
            case "fault", str() if value in FAULTS:
                self.fault[at] = FAULTS.index(value)
            case "maintenance_bypass", bool():
                self.maintenance[at] = value
            case "eco", bool():
                self.eco[at] = value
            case "off", bool():
                self.stopped[at], self._switch_on[at] = value or self.emergency_off[at], not value
            case "emergency_off", bool():
                self.emergency_off[at] = value
                self.stopped[at] |= value
            case "restart", True:
                self.stopped[at], self._switch_on[at] = self.emergency_off[at], True
            case "test", True:
                self._test_wanted[at] = True
            case "unlock", True:
                self.bypass_locked[at] = False
                self._transfers[at] = -FOR_EVER
            case _:
                raise ValueError(
                    f"a UPS has fault (one of {', '.join(FAULTS)}), maintenance_bypass, eco, off and emergency_off "
                    f"(true or false), test = true, unlock = true and restart = true, not {key} = {value!r}"
                )
