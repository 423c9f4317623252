"""What the site file does not say of a battery."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from simulators.battery.laws import DEFAULTS

ESTIMATES = ("nameplate", "honest", "stuck", "minutes", "optimistic")


@dataclass(frozen=True, slots=True)
class BatteryKind:
    """law: vrla (lead-acid), lithium or flywheel; decides some of the defaults below."""

    law: Any = "vrla"


@dataclass(frozen=True, slots=True)
class BatteryParameters:
    """One battery, of as many strings as `health` has numbers. Times in s.

    rated_time: a new battery carries rated load for so long (usual designs: 5–15 min; flywheels 13–20 s)
    rated_load: in parts of the UPS's rating
    health: capacity of each string in parts of new; 0: an open cell. Replace below 0.8 (IEEE 1188)
    charge: at the start, in parts of full
    voltage: V nominal (2.0 V a cell: 240 cells); float_voltage: V while charged (2.25 V a cell, makers' usual figure)
    cut_off: of the battery under load, parts of nominal (1.67 V a cell, usual for minutes)
    sag: parts of nominal that rated current drops in a new string's resistance (judgement)
    growth: a string that has lost all its capacity would have 1 + `growth` times the resistance: 30 % more at 0.8,
        where IEEE 1188 has it looked into
    spread: standard deviation of the strings' resistance, in parts (makers' tolerance, judgement)
    charger: W drawn at most, in parts of the UPS's rating: 90 % of a full discharge is back after about ten times its
        length; charger_efficiency: 0.85–0.92 usual
    taper: charge, in parts of full, above which the charger holds its voltage and the current falls: with the square
        of what is missing, so that the last per cent take a day, as makers say
    estimate: how the card estimates runtime: `nameplate` as if the strings were new, `minutes` the same in whole
        minutes downwards, `optimistic` the same times `optimism`, `honest` with the strings as they are, `stuck` never moves
    low_battery: runtime at or below which the battery is low (RFC 1628 upsConfigLowBattTime)
    temperature: °C around it; heating: K that it would gain if all the energy of a rated discharge became heat in it
        (60: lead-acid of 15 Wh/kg at this rate and 900 J/(kg·K)); cooling: time constant of its getting rid of it (judgement)
    """

    rated_time: Any = 480.0
    rated_load: Any = 1.0
    health: Any = (1.0, 1.0)
    charge: Any = 1.0
    voltage: Any = 480.0
    float_voltage: Any = 540.0
    cut_off: Any = 0.835
    sag: Any = 0.02
    growth: Any = 1.5
    spread: Any = 0.01
    charger: Any = 0.1
    charger_efficiency: Any = 0.88
    taper: Any = 0.8
    estimate: Any = "nameplate"
    optimism: Any = 1.5
    low_battery: Any = 120.0
    temperature: Any = 24.0
    heating: Any = 60.0
    cooling: Any = 10_800.0


_RANGES = {
    "rated_time": (0.1, 1e6),
    "rated_load": (1e-3, 10.0),
    "health": (0.0, 2.0),
    "charge": (0.0, 1.0),
    "voltage": (1.0, 2000.0),
    "float_voltage": (1.0, 2000.0),
    "cut_off": (0.1, 1.0),
    "sag": (1e-4, 0.2),
    "growth": (0.0, 20.0),
    "spread": (0.0, 0.2),
    "charger": (0.0, 10.0),
    "charger_efficiency": (0.1, 1.0),
    "taper": (0.0, 0.999),
    "optimism": (0.0, 100.0),
    "low_battery": (0.0, 1e6),
    "temperature": (-40.0, 80.0),
    "heating": (0.0, 1000.0),
    "cooling": (1.0, 1e7),
}


def check(names: tuple[str, ...], kinds: tuple[str, ...], p: BatteryParameters) -> None:
    """Refuse what no battery can be.

    Raises:
        ValueError: it says which battery and parameter, and what was expected.
    """
    for name, law, estimate in zip(names, kinds, p.estimate, strict=True):
        if law not in DEFAULTS:
            raise ValueError(f"{name}.law = {law!r}: expected {', '.join(DEFAULTS)}")
        if estimate not in ESTIMATES:
            raise ValueError(f"{name}.estimate = {estimate!r}: expected {', '.join(ESTIMATES)}")
    for key, (low, high) in _RANGES.items():
        values = np.asarray(getattr(p, key))
        wrong = (values < low) | (values > high)  # a string that is not there is NaN: not wrong
        if wrong.any():
            where = tuple(np.argwhere(wrong)[0])
            raise ValueError(f"{names[where[1]]}.{key} = {values[where]:g}: expected {low:g} to {high:g}")
    none = (
        np.isnan(np.asarray(p.health)).all(axis=-1) if np.size(p.health) else np.ones(np.shape(p.rated_time), np.bool_)
    )
    if none.any():
        raise ValueError(f"{names[np.argwhere(none)[0][1]]}.health = []: expected one number a string")
