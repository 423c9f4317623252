"""The kinds of a feed's voltage: one row for each way in which it leaves its limits."""

from alarms.kind import AlarmKind, Blame, Grade, Limit, Severity
from alarms.rows.consequences import SUPPLY
from alarms.titles import voltage as titles
from telemetry.block import SECOND

_POLLED = Limit("two polls in a row; one alone is recorded, not sent", "one polled sample may be a glitch")
_RECORDED = Limit(
    "or a counter, minimum, maximum or transfer reason of the device shows it, and no poll saw it",
    "the device's own measurement, which needs no second poll",
)
_HYSTERESIS = "hysteresis of 2 %, usual with IEC 61000-4-30"

# What goes with a voltage that is low, at the same feed and below it; what follows from any bad voltage below it.
_LOW = ("undervoltage", "voltage_unbalance")
_AFTER = ("rapid_voltage_change", "ups_on_battery", "device_alarm")

VOLTAGE_KINDS = (
    AlarmKind(
        name="voltage_interruption",
        group=SUPPLY,
        severity=Severity.MAJOR,
        title=titles.voltage_interruption,
        meaning="No voltage on any phase of this feed.",
        limits=(
            Limit("every phase below 0.1 of nominal", "IEEE 1159"),
            Limit("over when a phase is back above 0.12", _HYSTERESIS),
            _POLLED,
            _RECORDED,
        ),
        advice=("Look on the one-line for the highest device without voltage.",),
        blame=Blame.DISTURBED,
        off_delay=10 * SECOND,
        hold=2 * SECOND,
        silences=("voltage_interruption", "phase_loss", "voltage_sag", *_LOW, *_AFTER),
    ),
    AlarmKind(
        name="phase_loss",
        group=SUPPLY,
        severity=Severity.MAJOR,
        title=titles.phase_loss,
        meaning="A phase of this feed is dead, another is not: a blown fuse, a broken conductor or a breaker pole that does "
        "not conduct. Motors overheat on what is left, and what is fed by the dead phase alone is off.",
        limits=(
            Limit("a phase below 0.1 of nominal while another is above", "IEC 61000-4-30: no interruption but a dip"),
            Limit("over when every phase is back above 0.12, or all are dead", _HYSTERESIS),
            _POLLED,
        ),
        advice=(
            "Look which phase it is, and whether the device above has it.",
            "Look for a blown fuse or a tripped pole between the two, and at the fuses of the measurement itself.",
            "Call an electrician: a broken conductor is dangerous to touch.",
        ),
        blame=Blame.DISTURBED,
        off_delay=10 * SECOND,
        hold=2 * SECOND,
        silences=("phase_loss", "voltage_sag", *_LOW, *_AFTER),
    ),
    AlarmKind(
        name="voltage_sag",
        group=SUPPLY,
        severity=Severity.MINOR,
        title=titles.voltage_sag,
        meaning="The voltage is too low, but not gone. The duration is known to the poll interval only.",
        limits=(
            Limit("any phase between 0.1 and 0.9 of nominal", "IEEE 1159, IEC 61000-4-30"),
            Limit("over when every phase is back above 0.92", _HYSTERESIS),
            _POLLED,
            _RECORDED,
        ),
        advice=(
            "Look whether other feeds sag at the same time: if so it comes from the supply, else from this feed.",
            "Look at the battery of each UPS below.",
        ),
        blame=Blame.DISTURBED,
        off_delay=30 * SECOND,
        hold=2 * SECOND,
        silences=("voltage_sag", *_LOW, *_AFTER),
    ),
    AlarmKind(
        name="voltage_swell",
        group=SUPPLY,
        severity=Severity.MINOR,
        title=titles.voltage_swell,
        meaning="The voltage is too high: a hazard to power supplies and surge arresters.",
        limits=(
            Limit("any phase above 1.1 of nominal", "IEEE 1159, IEC 61000-4-30"),
            Limit("over when every phase is back below 1.08", _HYSTERESIS),
            _POLLED,
            _RECORDED,
        ),
        advice=("Look whether a large load has gone, or a neutral is lost: one phase high and another low.",),
        blame=Blame.DISTURBED,
        off_delay=30 * SECOND,
        hold=2 * SECOND,
        silences=("voltage_swell", "overvoltage", "voltage_unbalance", *_AFTER),
    ),
    AlarmKind(
        name="undervoltage",
        group=SUPPLY,
        severity=Severity.MINOR,
        title=titles.undervoltage,
        meaning="The voltage has been low for more than a minute. It is no spell any more: a supply that is overloaded, a "
        "wrong tap, or a fault that stays.",
        limits=(
            Limit("below 0.9 of nominal for more than 60 s", "IEEE 1159: long-duration undervoltage, 0.8 to 0.9"),
            Limit("below 0.8 for as long: deep undervoltage", "IEEE 1159 has no name for it"),
            Limit("over when it has been above for 60 s", "as long as it takes to begin"),
        ),
        advice=(
            "Look whether other feeds are low too: if so ask the utility, else look at what hangs on this one.",
            "Look at each UPS below: it may take the difference from its battery.",
        ),
        blame=Blame.DISTURBED,
        on_delay=60 * SECOND,
        off_delay=60 * SECOND,
        silences=("undervoltage", *_AFTER),
    ),
    AlarmKind(
        name="overvoltage",
        group=SUPPLY,
        severity=Severity.MINOR,
        title=titles.overvoltage,
        meaning="The voltage has been high for more than a minute: power supplies and surge arresters age by it.",
        limits=(
            Limit("above 1.1 of nominal for more than 60 s", "IEEE 1159: long-duration overvoltage"),
            Limit("over when it has been below for 60 s", "as long as it takes to begin"),
        ),
        advice=(
            "Look whether other feeds are high too: if so ask the utility, else look at this feed's transformer tap.",
            "On a generator, look at its voltage regulator's reading.",
        ),
        blame=Blame.DISTURBED,
        on_delay=60 * SECOND,
        off_delay=60 * SECOND,
        silences=("overvoltage", *_AFTER),
    ),
    AlarmKind(
        name="rapid_voltage_change",
        group=SUPPLY,
        severity=Severity.INFO,
        title=titles.rapid_voltage_change,
        meaning="The voltage went from one steady value to another, within its limits: a large load has come or gone, or "
        "something was switched above. One alone is no alarm; it is recorded, and counts as a disturbance. A slow shift "
        "away from the usual voltage is recorded here too and does not count.",
        limits=(
            Limit(
                "2.5 % away from both samples before, for three samples; or 5.5 % from one sample to the next",
                "IEC 61000-4-30 5.11 (1 to 6 %), on polled values; sound mains of 2.4 years pass it four times",
            ),
            Limit("a slow shift: 5 % away from the usual voltage for three samples", "the median of 80 polls"),
            Limit("more where the sensor is noisy: six sigma of its own noise", "usual spread of 16 polls"),
            Limit("a sag or swell in between takes its place", "IEC 61000-4-30 5.11"),
            Limit("what comes again within a minute is counted with it", "judgement"),
        ),
        advice=("Look what was switched at that time, here or above.",),
        blame=Blame.EFFECT,
        off_delay=60 * SECOND,
    ),
    AlarmKind(
        name="voltage_unbalance",
        group=SUPPLY,
        severity=Severity.INFO,
        grade=Grade("unbalance", 0.03, Severity.MINOR, "unbalance of 3 % or more"),
        title=titles.voltage_unbalance,
        meaning="The three phases differ. Motors and rectifiers take far more current on one phase than on the others.",
        limits=(
            Limit("2 % is recorded", "EN 50160: negative sequence, 95 % of a week"),
            Limit("3 % is told", "ANSI C84.1: at the service"),
            Limit("held for 60 s; over after 5 min below", "EN 50160 judges means over 10 min"),
            Limit("VUF is V2/V1, from three line-to-line voltages", "IEC 61000-4-30 5.7"),
            Limit("PVUR is the largest deviation from the mean, from line-to-neutral voltages", "IEEE 112"),
            Limit("not judged on a feed without voltage", "a dead feed has no balance"),
        ),
        advice=(
            "Look which phase differs, and whether the device above has the same.",
            "Look for single-phase loads that are unequal, and for a fuse or connection that gets warm.",
        ),
        blame=Blame.EFFECT,
        on_delay=60 * SECOND,
        off_delay=300 * SECOND,
        silences=("voltage_unbalance",),
    ),
)
