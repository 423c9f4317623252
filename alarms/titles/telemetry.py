"""The titles of telemetry: silence, a device's own alarms, values that are not to be believed."""

from alarms.facts import Facts
from alarms.titles.words import figure, once, since, why
from device_profiles.quantities import quantity


def comms_lost(f: Facts) -> str:
    """Which device is silent since when; one that was never heard has no last answer before its first missed poll."""
    heard, missed = f.onset
    if heard == missed:
        return f"{f.subject} has not answered yet, asked since {f.clock(missed)}"
    return f"{f.subject} does not answer, last heard at {f.clock(heard)}"


def device_alarm(f: Facts) -> str:
    """What the device says of itself, in its maker's words; of one in a chain, which."""
    chain, _, name = (f.point or "").rpartition(".")
    which = f"{chain.replace('.', ' ')} of {f.subject}" if chain else f.subject
    return f"{which} reports: {name.replace('-', ' ')}, {since(f)}{once(f)}"


def value_frozen(f: Facts) -> str:
    """Which value, at what, since when."""
    unit = quantity(f.evidence[0].quantity).unit if f.evidence else ""
    at, name = f.number("stuck_at"), f.evidence[0].quantity if f.evidence else "a value"
    where = f.where if f.point == name else f"{f.where}: {name}"
    return f"{where} repeats exactly {since(f)}{f', at {figure(at, unit)}' if at is not None else ''}"


def value_implausible(f: Facts) -> str:
    """What is wrong with it; what a wrong nominal voltage looks like, the detector says in full."""
    nominal = f.number("suspected_nominal")
    if nominal and f.text("reason"):
        return f"{f.where}{why(f)}"
    if nominal and f.device:
        site = figure(f.device.nominal_voltage, "V")
        return f"{f.where}: voltage stays near {figure(nominal, 'V')}, the site file says {site}{why(f)}"
    return f"{f.where}: a value cannot be right{why(f)}"


def sensor_disagreement(f: Facts) -> str:
    """Who says what."""
    return f"{f.where}: does not agree with what others measure of the same feed{why(f)}"
