"""The kinds of telemetry: what a device, or its silence, says of itself."""

from alarms.kind import AlarmKind, Blame, Limit, Severity
from alarms.titles import telemetry as titles
from telemetry.block import SECOND

_TELEMETRY = "telemetry"
_OTHER = "other"

TELEMETRY_KINDS = (
    AlarmKind(
        name="comms_lost",
        group=_TELEMETRY,
        severity=Severity.MINOR,
        title=titles.comms_lost,
        meaning="The device does not answer. What it would say is unknown, neither good nor bad.",
        limits=(Limit("three missed polls; over after two answers", "a single lost answer is common"),),
        advice=(
            "Look whether other devices on the same network or the same feed are silent too.",
            "Look at the device's network card, address and login.",
        ),
        blame=Blame.EFFECT,
    ),
    AlarmKind(
        name="value_frozen",
        group=_TELEMETRY,
        severity=Severity.MINOR,
        title=titles.value_frozen,
        meaning="A value that always moves a little repeats exactly: the device answers, but what it answers is old. It "
        "would look just as calm in an outage.",
        limits=(
            Limit(
                "exact repeats for far longer than this value has ever stood still", "its own history and last digit"
            ),
            Limit("over when it moves", "the device's own value"),
        ),
        advice=(
            "Compare with the device's own display.",
            "Look at the device's network card, and at the gateway between: one of them may have stopped.",
        ),
        blame=Blame.EFFECT,
        off_delay=60 * SECOND,
    ),
    AlarmKind(
        name="value_implausible",
        group=_TELEMETRY,
        severity=Severity.MINOR,
        title=titles.value_implausible,
        meaning="What the device says cannot be so: its values contradict each other, or what the site file says of it.",
        limits=(
            Limit("volts times amperes against watts; the sum of the phases against the whole", "they are one power"),
            Limit(
                "a steady voltage that has never been within 10 % of nominal",
                "the nominal voltage or the scale is wrong",
            ),
        ),
        advice=(
            "Compare with the device's own display, or with a meter.",
            "Look at the device's entry in the site file: nominal voltage, profile, ratio of current transformers.",
        ),
        blame=Blame.EFFECT,
        off_delay=300 * SECOND,
    ),
    AlarmKind(
        name="sensor_disagreement",
        group=_TELEMETRY,
        severity=Severity.MINOR,
        title=titles.sensor_disagreement,
        meaning="Devices that measure the same feed differ by far more than their accuracy: one of them is wrong, or "
        "something between them is open.",
        limits=(Limit("for far longer than polls are apart", "they are polled a moment after each other"),),
        advice=(
            "Look at the feed between them: a breaker, a fuse, a loose terminal.",
            "Compare each with its own display.",
        ),
        blame=Blame.EFFECT,
        off_delay=300 * SECOND,
    ),
    AlarmKind(
        name="device_alarm",
        group=_OTHER,
        severity=Severity.MINOR,
        title=titles.device_alarm,
        meaning="The device itself says that something is wrong with it: its own alarm bit, by its maker's name.",
        limits=(Limit("active in two polls in a row; over when the device says so", "the device's own judgement"),),
        advice=(
            "Look at the device's own display or web page, and at its manual for what this alarm means.",
            "Call the service contact where it does not clear.",
        ),
        blame=Blame.EFFECT,
        off_delay=30 * SECOND,
        hold=5 * SECOND,
    ),
)
