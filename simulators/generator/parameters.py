"""What a generator set is made of, in numbers."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class GeneratorParameters:
    """A standby diesel set of some hundred kW as commonly built.

    Times in s; powers, torques, voltages and speeds in parts of rated unless it says otherwise. Each field becomes an
    array `(S, n)`, a pair `(S, n, 2)`.

    Sequence
        crank, rest, cycles: NFPA 110 5.6.4.2: three cycles of 15 s crank and 15 s rest, 75 s in all, then overcrank
        fires_after: s of cranking that a start takes, drawn between the two for each start (judgement)
        run_up: s from firing to rated speed (judgement: NFPA 110 Type 10 leaves 10 s for everything)
        cooldown: s of unloaded running before the stop; five minutes as commonly set (NFPA 110 ch. 6)
        safety_on: s after firing from which low voltage, frequency and oil pressure count ("Safety On", DSE 5310)

    Starter and its battery (24 V: twelve lead-acid cells)
        crank_speed: rpm that the starter reaches (100–250 seen on real sets)
        battery_float: V on its charger, 2.27 V a cell; battery_full, battery_empty: V at rest (2.10 and 1.95 V a cell)
        battery_crank: V while it cranks at `crank_speed` (17–20 V seen on real sets)
        battery_cranks: s of cranking in a full battery of full health; two limiters of 75 s and some (NFPA 110 5.6.4)
        battery_health: parts of its capacity; its resistance is 1/health of a new one's
        battery_recharge: s from empty to full on its charger; battery_standing: s in which controls alone drain it
        breakaway: torque that starts a resting engine, in parts of that which keeps it at `crank_speed` (judgement)

    Engine and governor
        inertia: s, stored energy at rated speed by rated power; 0.5–1.5 is common
        friction, fan: torque at rated speed: constant and growing with the square of speed (judgement: idle burns
            about 10 % of the fuel at full load)
        governor, governor_reset: torque a part of speed, and per s of it: proportional and integral gain
        actuator: s, lag of injection
        power_limit: electrical power above which the engine gives no more (ISO 8528-1: 10 % overload of a prime rating)
        aspirated: torque without the turbocharger's help; turbo: torque a second by which it adds (judgement:
            a step of 70 % stays within ISO 8528-5 class G2, one of 100 % is carried)
        sharing: s, time constant of the load-sharing lines between connected sets
        efficiency: shaft energy by fuel energy; fuel_hours: h of a full tank at full load; fuel: % at the start
        leak: % of the tank a minute through a `fuel_leak`

    Alternator and regulator
        excitation: s, time constant of the voltage as it builds up
        voltage_dip: by which a step of full load dips the voltage (below G2's 20 %); voltage_recovery: s back
        knee: of frequency, below which the regulator lowers the voltage with the speed (V/Hz, against block loads)
        copper: losses at full load
        distortion, distortion_loaded: THD without load, and what full load adds (judgement: rectifiers through x''d)
        hunting, hunting_frequency: amplitude and Hz of an `unstable` regulator

    Coolant
        ambient, heater: °C outside and kept by the jacket heater
        heating: K/s that full load gives its heat capacity; cooling, fan_cooling: 1/s by surfaces and by a radiator
            whose thermostat is open (judgement: without fan, 60 % load trips it 9 min after a cold start, as in the
            public record of an incident of 2012)
        thermostat: °C at which it begins to open and is open
        heating_up: s, time constant of the jacket heater
        oil: kPa at rated speed

    Protections (limits, and s for which they last; DSE and ComAp controllers as commonly set)
        overspeed, underfrequency, undervoltage, overvoltage, overload, reverse_power; high_temperature and its
        warning in °C; low_oil_pressure in kPa
    """

    crank: Any = 15.0
    rest: Any = 15.0
    cycles: Any = 3.0
    fires_after: Any = (1.5, 2.5)
    run_up: Any = 3.0
    cooldown: Any = 300.0
    safety_on: Any = 10.0

    crank_speed: Any = 200.0
    battery_float: Any = 27.2
    battery_full: Any = 25.2
    battery_empty: Any = 23.4
    battery_crank: Any = 20.0
    battery_cranks: Any = 240.0
    battery_health: Any = 1.0
    battery_recharge: Any = 36_000.0
    battery_standing: Any = 720_000.0
    breakaway: Any = 1.2

    inertia: Any = 1.0
    friction: Any = 0.08
    fan: Any = 0.04
    governor: Any = 12.0
    governor_reset: Any = 12.0
    actuator: Any = 0.06
    power_limit: Any = 1.1
    aspirated: Any = 0.95
    turbo: Any = 0.8
    sharing: Any = 2.0
    efficiency: Any = 0.42
    fuel_hours: Any = 24.0
    fuel: Any = 96.0
    leak: Any = 10.0

    excitation: Any = 0.4
    voltage_dip: Any = 0.18
    voltage_recovery: Any = 0.8
    knee: Any = 0.96
    copper: Any = 0.03
    distortion: Any = 0.015
    distortion_loaded: Any = 0.04
    hunting: Any = 0.08
    hunting_frequency: Any = 0.43

    ambient: Any = 25.0
    heater: Any = 40.0
    heating: Any = 0.22
    cooling: Any = 0.0007
    fan_cooling: Any = 0.006
    thermostat: Any = (82.0, 92.0)
    heating_up: Any = 1800.0
    oil: Any = 420.0

    overspeed: Any = 1.15
    underfrequency: Any = 0.87
    underfrequency_delay: Any = 0.5
    undervoltage: Any = 0.75
    undervoltage_delay: Any = 5.0
    overvoltage: Any = 1.2
    overvoltage_delay: Any = 1.0
    overload: Any = 1.05
    overload_delay: Any = 10.0
    reverse_power: Any = 0.05
    reverse_power_delay: Any = 5.0
    high_temperature_warning: Any = 98.0
    high_temperature: Any = 105.0
    high_temperature_delay: Any = 1.0
    low_oil_pressure: Any = 100.0
    low_oil_pressure_delay: Any = 2.0
