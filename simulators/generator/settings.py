"""What a scenario sets at a generator: its faults, switches and stores."""

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]

FAULTS = (
    "none",
    "does_not_fire",  # no fuel reaches it: it cranks and does not catch
    "dead_battery",  # holds its float voltage and cannot turn the starter
    "slow_start",  # fires only in a later crank cycle
    "aborts",  # fires, comes up, and its engine control shuts it again
    "fan_failed",
    "low_output",  # the regulator gives 0.8 of nominal
    "low_frequency",  # the governor holds 0.93 of nominal
    "overvoltage",  # the regulator has lost its sensing
    "unstable",  # the regulator hunts
    "weak_engine",  # gives half its power
    "loses_power",  # burns nothing although there is fuel: stalls alone, is motored by others
    "fuel_leak",
    "out_of_fuel",
    "low_oil_pressure",
    "does_not_stop",
    "breaker_does_not_close",
    "overspeed",  # the actuator is stuck at full
    "no_sync",  # its synchroniser never lets it close on a live bus
)
LOW_FREQUENCY = 0.93  # of nominal, that a governor of that fault holds

SWITCHES = {
    "emergency_stop": False,
    "start_by_hand": False,
    "start_wire": True,
    "charger": True,
    "exercise": False,
    "heater": True,
}
LEVELS = {"fuel": 100.0, "load_bank": 1e8, "battery_charge": 1.0, "battery_health": 1.0}


class Settings:
    """Faults and switches as they stand.

    has: `{fault: (S, n) bool}`
    on: `{switch: (S, n) bool}`
    faults: those that any set has
    called: a switch anywhere makes a controller work
    """

    def __init__(self, shape: tuple[int, int]) -> None:
        self.has = {fault: np.full(shape, fault == "none") for fault in FAULTS}
        self.on = {switch: np.full(shape, usual) for switch, usual in SWITCHES.items()}
        self.faults: frozenset[str] = frozenset()
        self.called = False

    def set(self, site: int, i: int, key: str, value: object) -> bool:
        """Change one, if it is a fault or a switch.

        Returns:
            whether it was.
        """
        if key == "fault" and isinstance(value, str) and value in FAULTS:
            for fault, there in self.has.items():
                there[site, i] = fault == value
            self.faults = frozenset(fault for fault in FAULTS[1:] if self.has[fault].any())
            return True
        if key in SWITCHES and isinstance(value, bool):
            self.on[key][site, i] = value
            self.called = any(bool(self.on[k].any()) for k in ("emergency_stop", "start_by_hand", "exercise"))
            return True
        return False


def refusal(key: str, value: object, modes: tuple[str, ...]) -> str:
    """Says what a generator can be set to."""
    return (
        f"a generator has fault (one of {', '.join(FAULTS)}), mode (one of {', '.join(modes)}), "
        f"{', '.join(SWITCHES)} (true or false), {', '.join(f'{k} (0 to {v:g})' for k, v in LEVELS.items())} "
        f"and reset = true, not {key} = {value!r}"
    )
