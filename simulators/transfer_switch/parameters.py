"""What the site file does not say of a transfer switch, and the defaults of each build of switch."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.parameters import Tables
from simulators.supply import Floats
from telemetry.block import SECOND

Flags = NDArray[np.bool_]
Codes = NDArray[np.int8]
Micros = NDArray[np.int64]
Counts = NDArray[np.int64]

TRANSITIONS = ("open", "delayed", "closed", "in_phase")
POLES = ("L1", "L2", "L3")


@dataclass(frozen=True, slots=True)
class SwitchParameters:
    """Times in s, voltages and frequencies in parts of nominal, unless they say otherwise.

    static: thyristors in place of contacts
    transition: one of `TRANSITIONS`; what waits for the sources to match falls back to open
    pole: the one that a failed contact is on
    mechanism: from leaving one source to reaching the other; 20–100 ms are usual for break before make.
        A static switch needs a quarter cycle, 4 ms (makers' data); a rack switch's relays about 12 ms (8–16 ms, makers' data)
    slow: the same of a mechanism that lacks grease or spring force (judgement)
    neutral: what a delayed transition waits between the sources where the site sets no neutral delay (0–120 s, judgement)
    overlap: for how long a closed transition has both sources closed; 100 ms at most
    match_voltage, match_frequency (Hz), match_angle (degrees): how near the sources must be for that; usual limits
    in_phase_angle (degrees), in_phase_frequency (Hz): how near they must be for an in-phase transfer (judgement)
    patience: how long a transition waits for a match before it is made open (1–60 min can be set; judgement)
    bypass_retransfer_delay: the emergency source is bad for so long, and the retransfer delay is cut short;
        at once where no engine is behind it
    ignore_dip: after arriving there, a bad emergency source counts as failed only after so long; 15 s on some makes
    lock: how long a switch stays after arriving; a static switch locks the load on for 100 ms (makers' data)
    dropout_over, pickup_over: of voltage; drop-out 1.05–1.20 can be set
    dropout_frequency, pickup_frequency: below; usual acceptance 0.95, drop-out 0.90–0.97 can be set
    dropout_frequency_over, pickup_frequency_over: above; drop-out 1.03–1.10 can be set
    dropout_unbalance, pickup_unbalance: greatest departure of a phase from their mean, in parts of it; 0: not watched
    chatter: standard deviation of what a chattering relay reads amiss, in parts of nominal (judgement)
    """

    static: Flags | bool = False
    transition: tuple[str, ...] | str = "open"
    pole: tuple[str, ...] | str = "L2"
    mechanism: Floats | float = 0.1
    slow: Floats | float = 5.0
    neutral: Floats | float = 1.0
    overlap: Floats | float = 0.1
    match_voltage: Floats | float = 0.05
    match_frequency: Floats | float = 0.2
    match_angle: Floats | float = 5.0
    in_phase_angle: Floats | float = 15.0
    in_phase_frequency: Floats | float = 1.0
    patience: Floats | float = 60.0
    bypass_retransfer_delay: Floats | float = 0.5
    ignore_dip: Floats | float = 0.0
    lock: Floats | float = 0.0
    dropout_over: Floats | float = 1.15
    pickup_over: Floats | float = 1.10
    dropout_frequency: Floats | float = 0.90
    pickup_frequency: Floats | float = 0.95
    dropout_frequency_over: Floats | float = 1.10
    pickup_frequency_over: Floats | float = 1.05
    dropout_unbalance: Floats | float = 0.0
    pickup_unbalance: Floats | float = 0.0
    chatter: Floats | float = 0.02


@dataclass(frozen=True, slots=True)
class _Build:
    static: Flags | bool = False


_STATIC = {"static": True, "mechanism": 0.004, "lock": 0.1, "bypass_retransfer_delay": 0.0}
_RACK = {"mechanism": 0.012, "bypass_retransfer_delay": 0.0}


def take_switch_parameters(tables: Tables, names: Sequence[str], has_engine: Flags) -> SwitchParameters:
    """The parameters of those switches, `(S, n)` each; text one a switch.

    Args:
        tables: what the scenario says
        names: of the switches
        has_engine: `(n,)` whether generators are behind the emergency side

    Raises:
        ValueError: a value does not fit, or is none of the words that there are.
    """
    static = np.asarray(tables.take(_Build, names).static)[0] if tables.sites else np.zeros(len(names), np.bool_)
    builds = [_STATIC if static[i] else {} if has_engine[i] else _RACK for i in range(len(names))]
    parameters = tables.take(SwitchParameters, names, builds)
    for key, words, found in (
        ("transition", TRANSITIONS, parameters.transition),
        ("pole", POLES, parameters.pole),
    ):
        for name, word in zip(names, found, strict=True):
            if word not in words:
                raise ValueError(f"{name}.{key} = {word!r}: expected one of {', '.join(words)}")
    return parameters


def micros(seconds: Floats | float) -> Micros:
    """Whole µs of seconds."""
    whole: Micros = np.rint(np.asarray(seconds) * SECOND).astype(np.int64)
    return whole
