"""The kinds of a UPS and its battery."""

from alarms.kind import AlarmKind, Blame, Limit, Severity
from alarms.rows.consequences import SUPPLY_UNSTABLE, VOLTAGE
from alarms.titles import ups as titles
from telemetry.block import SECOND

_UPS = "transfer: the UPS"
_BATTERY = "battery"

UPS_KINDS = (
    AlarmKind(
        name="ups_on_battery",
        group=_UPS,
        severity=Severity.MINOR,
        by_ride_through=True,
        title=titles.ups_on_battery,
        meaning="The UPS carries its load from the battery: its supply is gone, or it does not accept it.",
        limits=(Limit("the UPS says so", "RFC 1628 upsOutputSource, or the vendor's own status"),),
        advice=(
            "Look at the UPS's input: has it voltage?",
            "Look at the battery time left.",
        ),
        blame=Blame.EFFECT,
        off_delay=10 * SECOND,
        hold=5 * SECOND,
    ),
    AlarmKind(
        name="ups_load_dropped",
        group=_UPS,
        severity=Severity.CRITICAL,
        title=titles.ups_load_dropped,
        meaning="The UPS feeds its load no more.",
        limits=(Limit("output dead, or the UPS says off, for two polls", "one polled sample may be a glitch"),),
        advice=(
            "Look which loads have lost a side, and which have lost both.",
            "Look at the UPS: its own alarms, input and battery.",
        ),
        blame=Blame.FAILED,
        off_delay=10 * SECOND,
        silences=("ups_on_battery", *VOLTAGE, SUPPLY_UNSTABLE, "comms_lost", "device_alarm"),
    ),
    AlarmKind(
        name="load_loss_predicted",
        group=_BATTERY,
        severity=Severity.MAJOR,
        by_ride_through=True,
        title=titles.load_loss_predicted,
        meaning="At the present rate the batteries end before any other source can carry this load.",
        limits=(
            Limit("the earlier of the discharge slope and the UPS's own figure", "batteries end before their label"),
            Limit("against the earliest possible generator power", "the deadlines of the transfer's open stages"),
        ),
        advice=("Begin an orderly shutdown in time, the longest first.",),
        blame=Blame.EFFECT,
        first_always=True,
    ),
)
