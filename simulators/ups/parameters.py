"""What the site file does not say of a UPS."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class UpsParameters:
    """Times in s; "data sheet" means a figure common on the data sheets of three-phase double-conversion UPSs.

    The input:
    low, high: window of every phase, parts of nominal (data sheet: +10 −15 %)
    frequency_window: parts of nominal (data sheet: ±5 %)
    slew: Hz/s, the fastest that the frequency may move (judgement: a healthy set moves by 5 Hz/s when a fifth of its rating
        comes at once, when one UPS takes over the other's load)
    distortion_limit: of the voltage, in parts (data sheet: 10 %)
    distortion_delay: so long above the limit before the input counts as bad (judgement)
    qualify: the input must be good for so long before the rectifier walks in (data sheet)
    retry, retake: the same and the walk-in for an input that was only distorted: the rectifier has stood by. With
        `distortion_delay` they make the cycle of about 4 s that APC FA158891 describes
    weak: a source with at least this distortion is a weak one (judgement: more than a sound generator at full load)
    notching: distortion that the rectifier's current adds on a weak source, at rated power (judgement: a six-pulse
        rectifier of 30 % current distortion on a generator of its own size with 15 % subtransient reactance)
    restart: after an output was lost, the input must be good for so long before it is switched on again
    restart_on_bypass: whether it first comes on again on its bypass, once that was good for `qualify`

    Power:
    efficiency: of the rectifier and of the inverter, each; idle: own consumption, parts of rating
    input_limit: of the rectifier's current, in parts of that at rated load and nominal voltage (data sheet: 110 %)
    isolation_delay: so long the input stays connected while it sags (0: it parts at once; rotary sets with a slow
        breaker: seconds, as in a public report of 2016); backfeed: what then flows back at half voltage, parts of rating

    Bypass:
    has_bypass: whether it has a static bypass (flywheel and small units may not); its maintenance bypass stands beside it
    bypass_window: parts of nominal; bypass_frequency_window: Hz (data sheet: ±10 %, ±1 Hz)
    bypass_efficiency: of the static switch and its filter (data sheet: 99 % in eco mode)
    sync_rate: Hz, the most that the inverter's frequency is off while it catches up with the bypass (judgement)
    retransfer: so long the cause must be gone before the load goes back to the inverter (judgement)
    retransfer_below: parts of rating, at or below which an overload is gone (judgement)
    lock_within: three transfers to bypass within this time lock it there (Powerware 9390 p. 7-7: 10 min)

    Overload:
    overload_continuous: parts of rating that the inverter carries for ever (judgement)
    overload_steps: up to so many parts of rating …; overload_times: … it carries on for so long (data sheet: 110 % for
        60 min, 125 % for 10 min, 150 % for 60 s); overload_beyond: above the last step
    overload_seconds: takes the place of all these times unless 0
    overload_cooling: time constant with which the inverter forgets an overload (judgement)

    Eco mode:
    eco: whether it is on; eco_return: the bypass must be good for so long before the load goes there (judgement)
    eco_gap: shortest and longest gap on the way from bypass to inverter (4–10 ms, IEC 62040-3 VFD units)

    test_time: length of a self-test (judgement)
    output_distortion: of the inverter's voltage, parts (data sheet: < 2 %)
    ambient: °C of the air that it takes in; temperature_rise: K at rated load; temperature_time: time constant
        (judgement)
    """

    low: Any = 0.85
    high: Any = 1.10
    frequency_window: Any = 0.05
    slew: Any = 12.0
    distortion_limit: Any = 0.10
    distortion_delay: Any = 1.0
    qualify: Any = 5.0
    retry: Any = 2.5
    retake: Any = 0.5
    weak: Any = 0.06
    notching: Any = 0.15
    restart: Any = 60.0
    restart_on_bypass: Any = False

    efficiency: Any = 0.95
    idle: Any = 0.01
    input_limit: Any = 1.1
    isolation_delay: Any = 0.0
    backfeed: Any = 1.0

    has_bypass: Any = True
    bypass_window: Any = 0.10
    bypass_frequency_window: Any = 1.0
    bypass_efficiency: Any = 0.99
    sync_rate: Any = 1.0
    retransfer: Any = 5.0
    retransfer_below: Any = 1.0
    lock_within: Any = 600.0

    overload_continuous: Any = 1.05
    overload_steps: Any = (1.10, 1.25, 1.50)
    overload_times: Any = (3600.0, 600.0, 60.0)
    overload_beyond: Any = 0.2
    overload_seconds: Any = 0.0
    overload_cooling: Any = 300.0

    eco: Any = False
    eco_return: Any = 60.0
    eco_gap: Any = (0.004, 0.010)

    test_time: Any = 10.0
    output_distortion: Any = 0.02
    ambient: Any = 25.0
    temperature_rise: Any = 7.0
    temperature_time: Any = 600.0
