"""Automatic transfer switches: mechanism and contacts. Two sources in, one out."""

from collections.abc import Sequence

import numpy as np

from simulators.chance import Chance
from simulators.parameters import Tables
from simulators.supply import Floats, Supply, dead
from simulators.transfer_switch.conditions import BOTH, EMERGENCY, FAULTS, INHIBITED, NO_HAND, NONE, NORMAL, Conditions
from simulators.transfer_switch.controller import TransferController
from simulators.transfer_switch.parameters import Codes, Counts, Flags, Micros, micros, take_switch_parameters
from simulators.transfer_switch.transition import Transition
from telemetry.site import TransferSettings

__all__ = ["FAULTS", "TransferSwitches"]

_LONG_AGO = -(1 << 60)  # µs
_SOON = 10.0  # s: a timer that ends within this is no quiet
_LIVE = 0.5  # parts of nominal: an output above this on every phase is live

# Every power supply rides through this (ITI curve): so short a travel is over within the step in which it begins.
_UNSEEN = 20_000  # µs


class TransferSwitches:
    """`n` switches of each of `S` sites. Arrays `(S, n)`, per phase `(S, n, 3)`.

    A scenario sets `fault`, `pole`, `mode`, `position`, `test`, `retransfer`, `mechanism`; see `Conditions`.

    position: code into `POSITIONS`; none while the mechanism moves, or stays between the sources
    output: what the load side gets; normal, emergency: what the two sides got
    on_normal, on_emergency: W drawn through either side
    transfers: how often it has arrived
    loss, stored: W and J; contacts are taken to lose nothing
    """

    def __init__(  # noqa: PLR0917  # all groups are made alike
        self,
        names: Sequence[str],
        settings: Sequence[TransferSettings],
        nominal_frequency: Floats,
        tables: Tables,
        chance: Chance,
        has_engine: Flags,
    ) -> None:
        """All rest on their normal source.

        Args:
            names: of the switches
            settings: one a switch
            nominal_frequency: `(n,)` Hz
            tables: the scenario's parameters
            chance: of these names
            has_engine: `(n,)` whether the emergency side is generators; nothing is to be called where it is not

        Raises:
            ValueError: a parameter does not fit.
        """
        self.names = tuple(names)
        parameters = take_switch_parameters(tables, names, has_engine)
        self.conditions = Conditions(parameters)
        self.controller = TransferController(
            settings,
            parameters,
            nominal_frequency,
            chance=chance,
            has_engine=has_engine,
            conditions=self.conditions,
        )
        self._transition = Transition(settings, parameters)
        self._slow = micros(parameters.slow)
        shape = self.conditions.fault.shape
        self.position: Codes = np.full(shape, NORMAL, np.int8)
        self.transfers: Counts = np.zeros(shape, np.int64)
        self.output = self.normal = self.emergency = dead(*shape)
        self.on_normal: Floats = np.zeros((*shape, 3))
        self.on_emergency: Floats = np.zeros((*shape, 3))
        self.loss: Floats = np.zeros(shape)
        self.stored: Floats = np.zeros(shape)
        self._now = 0
        self._target = self.position
        self._arrives: Micros = np.zeros(shape, np.int64)
        self._arrived: Micros = np.full(shape, _LONG_AGO, np.int64)
        self._set_contacts()

    def set(self, site: int, i: int, key: str, value: object) -> None:
        """One setting of a scenario.

        Raises:
            ValueError: there is no such setting, or the value does not fit it.
        """
        self.conditions.set(site, i, key, value)
        self.controller.sensing.lose_gap(self.conditions.has("hunting"))

    def energise(self, now: int, dt: float, normal: Supply, emergency: Supply, blocked: Flags) -> Supply:
        """What the load side gets at `now` (µs), `dt` s after the last step.

        Args:
            now: µs
            dt: s
            normal: `(S, n)`
            emergency: `(S, n)`
            blocked: `(S, n)` a lockout relay forbids it to move; it still calls the engine
        """
        self._now, self.normal, self.emergency = now, normal, emergency
        wanted = self.controller.decide(
            now, normal, emergency, blocked, position=self.position, target=self._target, arrived=self._arrived
        )
        if wanted is not self.position or self.conditions.fresh or self._transition.waiting:
            self._move(now, dt, wanted)
            self._set_contacts()
            self.conditions.fresh = False
        if self._all_on_normal:
            self.output = normal
        else:
            through, alternate = self._conducts
            side, other = self._closed
            self.output = Supply(
                normal.volts * through + emergency.volts * alternate,
                normal.frequency * side + emergency.frequency * other,
                normal.distortion * side + emergency.distortion * other,
            )
        return self.output

    def absorb(self, now: int, dt: float, load: Floats) -> Floats:  # noqa: ARG002  # all parts step alike
        """W drawn through the closed side, by phase, given what is drawn from the load side: `(S, n, 3)` each."""
        through, alternate = self._conducts
        self.on_normal = load * through
        self.on_emergency = load * alternate
        return self.on_normal + self.on_emergency

    @property
    def mode(self) -> Codes:
        """Codes into `MODES`."""
        return self.controller.mode

    @property
    def start_contact(self) -> Flags:
        """The engine is called."""
        return self.controller.start_contact

    @property
    def normal_good(self) -> Flags:
        """What the controller believes."""
        good: Flags = self.controller.sensing.good[0]
        return good

    @property
    def emergency_good(self) -> Flags:
        """What the controller believes."""
        good: Flags = self.controller.sensing.good[1]
        return good

    @property
    def timer_remaining(self) -> Floats:
        """S of the timer that runs; 0 where none does."""
        return self.controller.remaining(
            self._now, position=self.position, arrived=self._arrived, arrives=self._arrives
        )

    @property
    def watched(self) -> dict[str, tuple[tuple[str, ...], Codes]]:
        """Discrete states: {what: (words, codes)}."""
        live: Flags = np.asarray(self.output.lowest > _LIVE)
        return {
            "position": (("between", "on_normal", "on_emergency", "on_both"), self.position),
            "contact": (("start_stopped", "start_called"), self.start_contact.view(np.int8)),
            "mode": (("in_auto", "in_manual", "inhibited", "in_test"), self.mode),
            "normal": (("normal_bad", "normal_good"), self.normal_good.view(np.int8)),
            "emergency": (("emergency_bad", "emergency_good"), self.emergency_good.view(np.int8)),
            "output": (("output_dead", "output_live"), live.view(np.int8)),
        }

    @property
    def quiet(self) -> bool:
        """No timer ends soon, nothing moves or waits to."""
        if self.conditions.fresh or self._transition.waiting or self.controller.chatters:
            return False
        if self.conditions.usual and self._all_on_normal and self.normal_good.all():
            return True
        if (self._arrived == self._now).any():
            return False
        remaining = self.timer_remaining
        return not ((remaining > 0) & (remaining <= _SOON)).any()

    def _move(self, now: int, dt: float, wanted: Codes) -> None:
        """The mechanism: leave where another position is wanted, arrive where its time has come."""
        conditions = self.conditions
        between, both = self.position == NONE, self.position == BOTH
        by_hand = conditions.hand != NO_HAND
        wanted = np.where(by_hand, conditions.hand, wanted)
        leaving = (wanted != self.position) & ~between & ~both & ~conditions.has("stuck")
        travel = self._travel
        held_open = conditions.has("stuck_open")
        overlapping, held = self._transition.choose(
            now,
            dt,
            self.normal,
            self.emergency,
            leaving=leaving & ~by_hand,
            good=self.normal_good & self.emergency_good,
            travel=travel,
        )
        overlapping &= ~held_open
        leaving &= ~held
        turned = between & (wanted != self._target)
        self._target = np.where(leaving | between, wanted, self._target).astype(np.int8)
        self._arrives = np.where(
            leaving | turned, now + np.where(overlapping, self._transition.overlap, travel), self._arrives
        )
        at_once = leaving & ~overlapping & (travel <= _UNSEEN)
        waits = (self.mode == INHIBITED) & (self._transition.neutral > 0) & ~by_hand
        due = both | (between & ~waits)
        landing = ((due & (now >= self._arrives)) | at_once) & (self._target != NONE) & ~(held_open & ~both)
        gone = np.where(overlapping, BOTH, np.where(leaving, NONE, self.position))
        self.position = np.where(landing, self._target, gone).astype(np.int8)
        self.transfers = self.transfers + landing
        self._arrived = np.where(landing, now, self._arrived)
        conditions.done(landing, self.position)

    @property
    def _travel(self) -> Micros:
        """`(S, n)` µs from one source to the other."""
        mechanism = np.where(self.conditions.has("slow_mechanism"), self._slow, micros(self.conditions.mechanism))
        return mechanism + self._transition.neutral

    def _set_contacts(self) -> None:
        """How far each pole of each side conducts; two closed sides share."""
        conditions = self.conditions
        normal = (self.position == NORMAL) | (self.position == BOTH)
        emergency = (self.position == EMERGENCY) | (self.position == BOTH)
        share = 1.0 / np.maximum(normal * 1.0 + emergency, 1.0)
        self._closed = normal * share, emergency * share
        poles = np.ones((*self.position.shape, 3))
        pole = np.arange(3) == conditions.pole[..., np.newaxis]
        through = normal[..., np.newaxis] & ~(pole & conditions.has("failed_contact_normal")[..., np.newaxis])
        alternate = emergency[..., np.newaxis] & ~(pole & conditions.has("failed_contact")[..., np.newaxis])
        shared = poles / np.maximum(through * 1.0 + alternate, 1.0)
        self._conducts = through * shared, alternate * shared
        self._all_on_normal = bool(through.all() and not emergency.any())
