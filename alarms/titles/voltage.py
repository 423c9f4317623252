"""The titles of a feed's voltage. The keys of the detail are those of `detectors/curves.py` and the voltage detectors."""

import re

from alarms.facts import Facts, enumeration
from alarms.titles.words import figure, once, per_cent, since

_PHASE = re.compile(r"\.(L[123])-N\.voltage$")
_FAR_BELOW = 0.3  # of the highest phase


def voltage_sag(f: Facts) -> str:
    """How deep; of one that is over, what IEEE 1159 calls it."""
    return f"{f.where}: {_went(f, 'fell', 0.1, 0.9)}{_classes(f)}{_found(f)}"


def voltage_swell(f: Facts) -> str:
    """How high; of one that is over, what IEEE 1159 calls it."""
    return f"{f.where}: {_went(f, 'rose', 1.1, 10.0)}{_classes(f)}{_found(f)}"


def voltage_interruption(f: Facts) -> str:
    """Since when; of one that is over, what IEEE 1159 calls it."""
    gone = "the voltage was gone" if f.detail.get("unseen") is True else f"no voltage {since(f)}"
    return f"{f.where}: {gone}{_classes(f)}{_found(f)}"


def phase_loss(f: Facts) -> str:
    """Which phase, where the voltages are of single phases, and since when."""
    volts = {m[1]: e.value for e in f.evidence if (m := _PHASE.search(e.quantity)) and isinstance(e.value, float)}
    highest = max(volts.values(), default=0.0)
    dead = enumeration(f.names("phases") or [phase for phase, value in volts.items() if value < _FAR_BELOW * highest])
    return f"{f.where}: {f'no voltage on {dead}' if dead else 'one phase is dead'} {since(f)}{_classes(f)}{_found(f)}"


def undervoltage(f: Facts) -> str:
    """How low, since when."""
    deep = "far too low" if 0 < f.magnitude < 0.8 else "too low"
    return f"{f.where}: voltage {deep} {since(f)}{_at_worst(f)}{once(f)}"


def overvoltage(f: Facts) -> str:
    """How high, since when."""
    return f"{f.where}: voltage too high {since(f)}{_at_worst(f)}{once(f)}"


def rapid_voltage_change(f: Facts) -> str:
    """By how much, and from what."""
    change, usual = f.number("change"), f.number("reference")
    far = f" by {per_cent(change)}" if change else ""
    of = f" from its usual {figure(usual, 'V')}" if usual else ""
    if f.detail.get("gradual") is True:
        way = "drifted" if not change else "slowly fallen" if change < 0 else "slowly risen"
        return f"{f.where}: voltage has {way}{far}{of}{once(f)}"
    way = "stepped" if not change else "suddenly fell" if change < 0 else "suddenly rose"
    return f"{f.where}: voltage {way}{far}{of}{_found(f)}"


def voltage_unbalance(f: Facts) -> str:
    """How much, and which figure that is: VUF and PVUR of one supply differ."""
    unbalance, form = f.number("unbalance"), f.text("form")
    much = f" by {per_cent(unbalance)}" if unbalance else ""
    return f"{f.where}: the phases differ{much}{f' ({form})' if form else ''} {since(f)}{once(f)}"


def _went(f: Facts, verb: str, low: float, high: float) -> str:
    """`voltage fell to 43 % of nominal`; a device that only counts tells neither how far nor which way.

    In an oscillogram with its first bad sample: what is told is a sample later, or at its end, and there that matters.
    """
    known = low <= f.magnitude <= high or not f.detail.get("unseen")
    when = f" at {f.clock(f.onset[1])}" if f.fine else ""
    return f"voltage {verb} to {round(100 * f.magnitude)} % of nominal{when}" if known else "voltage left its limits"


def _at_worst(f: Facts) -> str:
    return f", {round(100 * f.magnitude)} % of nominal at worst" if f.magnitude > 0 else ""


def _classes(f: Facts) -> str:
    """What the standards say of it, once it is over; of the curves only what asks for a look at the load."""
    if not f.over:
        return ""
    names = enumeration(f.names("classes"), "or")
    left = ", outside the ITIC curve" if f.text("itic") == "outside" else ""
    return f"{f', {names}' if names else ''}{left}"


def _found(f: Facts) -> str:
    """That no poll saw it, or only one did."""
    if f.detail.get("unseen") is not True:
        return once(f)
    counted = f.number("counted")
    times = f" {round(counted)} times" if counted and counted > 1 else ""
    return f", between polls, recorded{times} by the device itself"
