"""The controller of a transfer switch: when it calls the engine, and to which source it wants to move."""

from collections.abc import Sequence

import numpy as np

from simulators.chance import Chance
from simulators.supply import Floats, Supply
from simulators.transfer_switch.conditions import (
    AUTO,
    EMERGENCY,
    INHIBITED,
    LOAD_TEST,
    MANUAL,
    NONE,
    NORMAL,
    Conditions,
)
from simulators.transfer_switch.parameters import Codes, Flags, Micros, SwitchParameters, micros
from simulators.transfer_switch.sensing import SourceSensing
from telemetry.block import SECOND
from telemetry.site import TransferSettings

_NEVER = 1 << 60  # µs
_CHATTER = 1  # purpose of the chance drawn
_CHATTER_PERIOD = 5 * SECOND  # for so long a chattering relay reads the same amiss (judgement)


class TransferController:
    """Arrays `(S, n)`.

    The start delay runs while the normal source is bad, the transfer delay from when the emergency source is there,
    the retransfer delay from when the normal source is back. Each begins anew when its source changes its mind.

    mode: code into `MODES`
    start_contact: the engine is called
    """

    def __init__(
        self,
        settings: Sequence[TransferSettings],
        parameters: SwitchParameters,
        nominal_frequency: Floats,
        *,
        chance: Chance,
        has_engine: Flags,
        conditions: Conditions,
    ) -> None:
        self.sensing = SourceSensing(settings, parameters, nominal_frequency, has_engine)
        self._conditions = conditions
        self._chance = chance
        self._engine = has_engine
        self._start_delay = np.array([s.start_delay for s in settings], np.int64)
        self._transfer_delay = np.array([s.transfer_delay for s in settings], np.int64)
        self._retransfer_delay = np.array([s.retransfer_delay for s in settings], np.int64)
        self._bypass = micros(parameters.bypass_retransfer_delay)
        self._ignore_dip = micros(parameters.ignore_dip)
        self._lock = micros(parameters.lock)
        self._chatter: Floats = np.asarray(parameters.chatter)
        self._no_mode: Codes = np.full(conditions.fault.shape, AUTO, np.int8)
        self.mode = self._no_mode
        self.start_contact: Flags = np.zeros(conditions.fault.shape, np.bool_)

    def decide(
        self,
        now: int,
        normal: Supply,
        emergency: Supply,
        blocked: Flags,
        *,
        position: Codes,
        target: Codes,
        arrived: Micros,
    ) -> Codes:
        """The position wanted, `(S, n)`; the very array `position` where all rest and are to stay.

        Args:
            now: µs
            normal: `(S, n)`
            emergency: `(S, n)`
            blocked: `(S, n)` a lockout relay forbids it to move
            position: where it is
            target: where it moves to while it is between
            arrived: µs, when it came to where it is
        """
        self._look(now, normal, emergency)
        conditions = self._conditions
        normal_good, emergency_good = self.sensing.good
        on_normal = position == NORMAL
        if conditions.usual and not blocked.any():
            self.mode = self._no_mode
            if normal_good.all() and on_normal.all():
                if self.start_contact.any():
                    self.start_contact = np.zeros_like(self.start_contact)
                return position
        else:
            self.mode = conditions.mode(blocked)
        normal_age, emergency_age = now - self.sensing.since
        alive = ~conditions.has("no_start")
        obeys = alive & (self.mode != MANUAL)
        load_test = conditions.test == LOAD_TEST
        called = (~normal_good & (normal_age >= self._start_delay)) | (conditions.test > 0)
        released = normal_good & on_normal
        contact = np.where(obeys, called | (self.start_contact & ~released), self.start_contact)
        self.start_contact = contact & self._engine & alive

        may = obeys & (self.mode != INHIBITED)
        settled = now - arrived
        there = emergency_good & (emergency_age >= self._transfer_delay) & (self.start_contact | ~self._engine)
        to_emergency = on_normal & may & (load_test | ~normal_good) & there & (settled >= self._lock)
        wanted = np.where(to_emergency, EMERGENCY, position)
        on_emergency = position == EMERGENCY
        if on_emergency.any():
            failed = ~emergency_good & (emergency_age >= self._bypass) & (settled >= self._ignore_dip)
            hasty = conditions.has("hunting") | conditions.has("early_retransfer") | conditions.retransfer
            waited = ((normal_age >= self._retransfer_delay) | hasty) & ~load_test
            asked = conditions.retransfer & alive & (self.mode != INHIBITED)
            back = on_emergency & normal_good & (may | asked) & (failed | waited) & (settled >= self._lock)
            wanted = np.where(back, NORMAL, wanted)
        under_way = ~(on_normal | on_emergency)
        if under_way.any():
            wanted = np.where(position == NONE, self._aim(may, target), wanted)
        elif not (wanted != position).any():
            return position
        return wanted.astype(np.int8)

    def remaining(self, now: int, *, position: Codes, arrived: Micros, arrives: Micros) -> Floats:
        """`(S, n)` s of the timer that runs, the first to matter where several do; 0 where none runs.

        Args:
            now: µs
            position: where it is
            arrived: µs, when it came there
            arrives: µs, when a movement under way ends
        """
        normal_good, emergency_good = self.sensing.good
        normal_age, emergency_age = now - self.sensing.since
        obeys = ~self._conditions.has("no_start") & (self.mode != MANUAL)
        load_test = self._conditions.test == LOAD_TEST
        on_normal, on_emergency = position == NORMAL, position == EMERGENCY
        settled = now - arrived
        locked = self._lock - settled
        leaves = on_normal & (load_test | ~normal_good) & (self.start_contact | ~self._engine) & emergency_good
        returns = on_emergency & normal_good
        comes_back = np.where(load_test, _NEVER, self._retransfer_delay - normal_age)
        gives_up = np.maximum(self._bypass - emergency_age, self._ignore_dip - settled)
        gives_up = np.where(emergency_good, _NEVER, gives_up)
        runs = (
            (~on_normal & ~on_emergency, arrives - now),
            (obeys & ~normal_good & ~self.start_contact & self._engine, self._start_delay - normal_age),
            (obeys & leaves, np.maximum(self._transfer_delay - emergency_age, locked)),
            (obeys & returns & ~(load_test & emergency_good), np.maximum(np.minimum(comes_back, gives_up), locked)),
        )
        left = np.select([which for which, _ in runs], [np.maximum(time, 0) for _, time in runs], 0)
        remaining: Floats = left / SECOND
        return remaining

    @property
    def chatters(self) -> bool:
        """A chattering relay is near the voltage at which it changes its mind."""
        if self._conditions.healthy:
            return False
        near = np.abs(self.sensing.lowest[0] - self.sensing.dropout) < 4 * self._chatter
        return bool((self._conditions.has("hunting") & near).any())

    def _aim(self, may: Flags, target: Codes) -> Codes:
        """Where a switch between its sources is to close: on a good one, if the one it was bound for has failed."""
        normal_good, emergency_good = self.sensing.good
        to_normal = may & normal_good & ((target == NONE) | ((target == EMERGENCY) & ~emergency_good))
        to_emergency = may & emergency_good & ~normal_good & (target != EMERGENCY)
        return np.where(to_normal, NORMAL, np.where(to_emergency, EMERGENCY, target)).astype(np.int8)

    def _look(self, now: int, normal: Supply, emergency: Supply) -> None:
        conditions = self._conditions
        if conditions.healthy:
            self.sensing.look(now, normal, emergency)
            return
        amiss = None
        hunting = conditions.has("hunting")
        if hunting.any():
            amiss = hunting * self._chatter * self._chance.normal(now // _CHATTER_PERIOD, _CHATTER)
        self.sensing.look(
            now,
            normal,
            emergency,
            amiss=amiss,
            taken_for_bad=conditions.has("sees_bad_normal"),
            taken_for_good=conditions.has("sees_good_emergency"),
        )
