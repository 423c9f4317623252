"""What a scenario does to a transfer switch: its faults, and what people set on its panel or move by hand."""

import numpy as np

from simulators.supply import Floats
from simulators.transfer_switch.parameters import POLES, Codes, Flags, SwitchParameters

POSITIONS = ("none", "normal", "emergency", "both")  # the catalogue's `input.source`
MODES = ("auto", "manual", "inhibited", "test")  # the catalogue's `ats.mode`
TESTS = ("off", "engine", "load")
FAULTS = (
    "none",
    "stuck",  # does not leave its position
    "stuck_open",  # leaves, and arrives nowhere
    "slow_mechanism",
    "no_start",  # the controller is dead: it calls no engine and does not move
    "failed_contact",  # one pole of the emergency side does not conduct
    "failed_contact_normal",
    "sees_good_emergency",  # takes a dead emergency source for a good one
    "sees_bad_normal",
    "hunting",  # the sensing relay chatters: no gap between drop-out and pick-up, no retransfer delay
    "early_retransfer",  # the retransfer delay is left out once
)

NONE, NORMAL, EMERGENCY, BOTH = range(4)
AUTO, MANUAL, INHIBITED, TEST = range(4)
LOAD_TEST = TESTS.index("load")
NO_HAND = -1


class Conditions:
    """Arrays `(S, n)`, codes into the tuples above.

    fault: into `FAULTS`; pole: into `POLES`; chosen: mode on the panel, into `MODES`; test: into `TESTS`
    hand: position to which somebody moves it, `NO_HAND` where nobody does
    retransfer: somebody bypasses the retransfer delay
    mechanism: s
    healthy: no switch has a fault
    usual: no switch has a fault, and all are in auto
    fresh: something was set since the last step
    """

    def __init__(self, parameters: SwitchParameters) -> None:
        self.mechanism: Floats = np.array(parameters.mechanism, np.float64)
        shape = self.mechanism.shape
        self.fault: Codes = np.zeros(shape, np.int8)
        self.pole: Codes = np.zeros(shape, np.int8)
        self.pole[:] = [POLES.index(pole) for pole in parameters.pole]
        self.chosen: Codes = np.zeros(shape, np.int8)
        self.test: Codes = np.zeros(shape, np.int8)
        self.hand: Codes = np.full(shape, NO_HAND, np.int8)
        self.retransfer: Flags = np.zeros(shape, np.bool_)
        self.healthy = self.usual = True
        self.fresh = False

    def set(self, site: int, i: int, key: str, value: object) -> None:
        """One setting of switch `i` at one site.

        Raises:
            ValueError: there is no such setting, or the value does not fit it.
        """
        at = site, i
        match key, value:
            case "fault", str() if value in FAULTS:
                self.fault[at] = FAULTS.index(value)
            case "pole", str() if value in POLES:
                self.pole[at] = POLES.index(value)
            case "mode", "auto" | "manual" | "inhibited":
                self.chosen[at] = MODES.index(str(value))
            case "position", "none" | "normal" | "emergency":
                self.hand[at] = POSITIONS.index(str(value))
            case "test", "load" | "engine":
                self.test[at] = TESTS.index(str(value))
            case "test", False:
                self.test[at] = 0
            case "retransfer", True:
                self.retransfer[at] = True
            case "mechanism", int() | float() if not isinstance(value, bool) and value >= 0:
                self.mechanism[at] = value
            case _:
                raise ValueError(
                    f"a transfer switch has fault (one of {', '.join(FAULTS)}), pole ({', '.join(POLES)}),"
                    f" mode (auto, manual, inhibited), position (by hand: none, normal, emergency),"
                    f" test (load, engine; false ends it), retransfer = true and mechanism (s), not {key} = {value!r}"
                )
        self._count()
        self.fresh = True

    def has(self, fault: str) -> Flags:
        """Which switches have that fault."""
        found: Flags = self.fault == FAULTS.index(fault)
        return found

    def done(self, landing: Flags, position: Codes) -> None:
        """What people wanted once is done, and what goes wrong once has gone wrong.

        Args:
            landing: `(S, n)` those that have just arrived at a source
            position: `(S, n)` where they all are
        """
        self.hand[:] = NO_HAND
        if not self.usual:
            self.retransfer &= position == EMERGENCY
            self.fault[landing & (position == NORMAL) & self.has("early_retransfer")] = 0
            self._count()

    def mode(self, blocked: Flags) -> Codes:
        """What the switches show: what the panel is set to, then what a relay forbids, then a test."""
        shown = np.where(self.test > 0, TEST, AUTO)
        shown = np.where(blocked | (self.chosen == INHIBITED), INHIBITED, shown)
        return np.where(self.chosen == MANUAL, MANUAL, shown).astype(np.int8)

    def _count(self) -> None:
        self.healthy = not self.fault.any()
        self.usual = self.healthy and not (self.chosen.any() or self.test.any() or self.retransfer.any())
