"""The kinds of store: what their cells are like, and what their batteries have unless the scenario says otherwise."""

from collections.abc import Mapping
from typing import Any

from simulators.battery.kibam import Chemistry

# Lead-acid, in parts of 2.0 V a cell. Full 2.14 V, empty 1.98 V open circuit (makers' tables of open-circuit voltage
# by state of charge); 0.12 V of activation at the plates, so that 0.16 V are lost at rated load in all. The wells:
# half of the charge within reach, levelling out in 20 min, makes discharges from 4 to 60 min follow Peukert's law with
# exponents of 1.1 to 1.25, as VRLA batteries do at rates of minutes.
VRLA = Chemistry(
    full=1.07, slope=0.08, knee=0.002, end=1.02, polarisation=0.06, available=0.5, rate=1 / 1200, minimum=-1.0
)

# Lithium iron phosphate, in parts of 3.2 V a cell: flat until the last few per cent, nearly no rate effect, and a
# management system that opens at 5 % of the weakest string (judgement, from makers' discharge curves).
LITHIUM = Chemistry(
    full=1.05, slope=0.04, knee=0.0005, end=1.005, polarisation=0.005, available=0.9, rate=1 / 60, minimum=0.05
)

CHEMISTRIES: Mapping[str, Chemistry] = {"vrla": VRLA, "lithium": LITHIUM}

# What differs from the defaults of `BatteryParameters`.
DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "vrla": {},
    "lithium": {"charger": 0.07, "charger_efficiency": 0.92, "taper": 0.95, "growth": 1.0, "heating": 25.0},
    "flywheel": {
        "rated_time": 15.0,
        "health": (1.0,),
        "charger": 0.1,
        "charger_efficiency": 0.92,
        "low_battery": 5.0,
        "heating": 0.0,
    },
}
