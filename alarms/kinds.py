"""The kinds of alarm: one table. `ridethrough explain` and docs/alarms.md print it, the book acts by it."""

from alarms import titles
from alarms.kind import AlarmKind, Blame, Limit, Severity
from telemetry.block import SECOND
from telemetry.site import Site

SUPPLY_UNSTABLE = "supply_unstable"

# What a disturbed or dead supply brings about at everything that it feeds, up to the next UPS's output.
_VOLTAGE = ("voltage_sag", "voltage_swell", "voltage_interruption", "frequency_deviation")
_DEAD_BELOW = (*_VOLTAGE, "ups_on_battery", "comms_lost", "device_alarm")
_FAILED_BELOW = (*_DEAD_BELOW, SUPPLY_UNSTABLE, "load_loss_predicted")

_SUPPLY = "supply"
_SWITCH = "transfer: the switch"
_GENERATOR = "transfer: the generator"
_UPS = "transfer: the UPS"
_BATTERY = "battery"
_TELEMETRY = "telemetry"
_OTHER = "other"

_POLLED = Limit("two polls in a row; one alone is recorded, not sent", "one polled sample may be a glitch")

_ROWS = (
    AlarmKind(
        name="utility_lost",
        group=_SUPPLY,
        severity=Severity.MINOR,
        by_ride_through=True,
        title=titles.utility_lost,
        meaning="A utility supply is below the drop-out voltage. Every switch that it feeds now has to transfer.",
        limits=(
            Limit("below `dropout` of nominal (0.85)", "usual acceptance of a normal source; the switch's own setting"),
            Limit("two observers in one tick, or the only one twice in a row", "one polled sample may be a glitch"),
            Limit("over when at 0.95 of nominal or more for `retransfer_delay`", "common setting of the switch's TDEN"),
            Limit(
                "or at `pickup` (0.90) or more for three times as long",
                "low, but switches take it (EN 50160: ±10 %); judgement",
            ),
        ),
        advice=(
            "Watch each transfer switch and generator on the one-line: they have to act now.",
            "Ask the utility for its expected time of return.",
        ),
        blame=Blame.LOST,
        silences=_DEAD_BELOW,
    ),
    AlarmKind(
        name="voltage_sag",
        group=_SUPPLY,
        severity=Severity.MINOR,
        title=titles.voltage_sag,
        meaning="The voltage is too low, but not gone. The duration is known to the poll interval only.",
        limits=(
            Limit("any phase between 0.1 and 0.9 of nominal", "IEEE 1159, IEC 61000-4-30"),
            Limit("over when every phase is back above 0.92", "hysteresis of 2 %, usual with IEC 61000-4-30"),
            _POLLED,
        ),
        advice=(
            "Look whether other feeds sag at the same time: if so it comes from the supply, else from this feed.",
            "Look at the battery of each UPS below.",
        ),
        blame=Blame.DISTURBED,
        off_delay=30 * SECOND,
        hold=2 * SECOND,
        silences=("voltage_sag", "ups_on_battery", "device_alarm"),
    ),
    AlarmKind(
        name="voltage_swell",
        group=_SUPPLY,
        severity=Severity.MINOR,
        title=titles.voltage_swell,
        meaning="The voltage is too high: a hazard to power supplies and surge arresters.",
        limits=(
            Limit("any phase above 1.1 of nominal", "IEEE 1159, IEC 61000-4-30"),
            Limit("over when every phase is back below 1.08", "hysteresis of 2 %, usual with IEC 61000-4-30"),
            _POLLED,
        ),
        advice=("Look whether a large load has gone, or a neutral is lost: one phase high and another low.",),
        blame=Blame.DISTURBED,
        off_delay=30 * SECOND,
        hold=2 * SECOND,
        silences=("voltage_swell", "ups_on_battery", "device_alarm"),
    ),
    AlarmKind(
        name="voltage_interruption",
        group=_SUPPLY,
        severity=Severity.MAJOR,
        title=titles.voltage_interruption,
        meaning="No voltage on any phase of this feed.",
        limits=(
            Limit("every phase below 0.1 of nominal", "IEEE 1159"),
            Limit("over when a phase is back above 0.12", "hysteresis of 2 %, usual with IEC 61000-4-30"),
            _POLLED,
        ),
        advice=("Look on the one-line for the highest device without voltage.",),
        blame=Blame.DISTURBED,
        off_delay=10 * SECOND,
        hold=2 * SECOND,
        silences=("voltage_sag", "voltage_interruption", "ups_on_battery", "device_alarm"),
    ),
    AlarmKind(
        name="frequency_deviation",
        group=_SUPPLY,
        severity=Severity.MINOR,
        title=titles.frequency_deviation,
        meaning="The frequency is off: the grid is short of power, or a generator cannot hold its speed.",
        limits=(
            Limit("0.5 Hz or more from nominal", "EN 50160: 1 % of 50 Hz"),
            Limit("two samples in a row, 10 s where they are a second apart", "EN 50160: means over 10 s"),
            Limit("not judged below half the nominal voltage", "a dead feed has no frequency"),
        ),
        advice=(
            "Compare with another feed: the same there means the grid.",
            "Ask the utility.",
        ),
        blame=Blame.DISTURBED,
        off_delay=30 * SECOND,
        silences=("frequency_deviation", "ups_on_battery", "device_alarm"),
    ),
    AlarmKind(
        name=SUPPLY_UNSTABLE,
        group=_SUPPLY,
        severity=Severity.MINOR,
        title=titles.supply_unstable,
        meaning="The supply keeps coming and going. Each spell drains the batteries further than it recharges them.",
        limits=(
            Limit(
                "three disturbances of one feed within 10 min",
                "judgement; chattering after ISA-18.2 is three in one minute",
            ),
            Limit("over after 10 min without one", "the same"),
            Limit("a single disturbance of more than 60 s is told on its own", "IEEE 1159: sustained above 1 min"),
        ),
        advice=(
            "Do not trust this supply until it has been steady.",
            "Look at the battery charge of each UPS below: short spells add up.",
            "Ask the utility what it is doing.",
        ),
        blame=Blame.UNSTABLE,
        silences=("utility_lost", SUPPLY_UNSTABLE, *_VOLTAGE, "ups_on_battery", "device_alarm"),
    ),
    AlarmKind(
        name="no_start_command",
        group=_SWITCH,
        severity=Severity.MAJOR,
        by_ride_through=True,
        title=titles.no_start_command,
        meaning="The normal source is gone, but the switch has not told the generator to start.",
        limits=(Limit("`start_delay` + 2 polls after the loss", "the switch's time delay on engine start"),),
        advice=(
            "Look at the switch controller: is it alive, in automatic, and does it see the loss?",
            "Look at the start contact's wiring and at the generator's controller.",
        ),
        blame=Blame.FAILED,
        silences=_FAILED_BELOW,
    ),
    AlarmKind(
        name="sources_locked_out",
        group=_SWITCH,
        severity=Severity.CRITICAL,
        title=titles.sources_locked_out,
        meaning="Neither source can feed this switch: one is gone, the other is held back by a lockout, a trip or an "
        "inhibit. No transfer will come; only the batteries carry the load.",
        limits=(Limit("the first poll that shows it", "a lockout does not pass by waiting"),),
        advice=(
            "Look at which lockout or trip contact is set, and find out why before anything else.",
            "Begin an orderly shutdown of what the batteries cannot carry.",
        ),
        blame=Blame.FAILED,
        silences=_FAILED_BELOW,
    ),
    AlarmKind(
        name="ats_fail_to_transfer",
        group=_SWITCH,
        severity=Severity.MAJOR,
        by_ride_through=True,
        title=titles.ats_fail_to_transfer,
        meaning="The other source is good, but the load is not on it.",
        limits=(
            Limit("`transfer_delay` + `neutral_delay` + 10 s after the source is good", "the switch's time delays"),
            Limit("the load side has to show it, not the position alone", "a contact may lie"),
        ),
        advice=("Look at the switch: position, mode, its own alarms, voltage on both sources.",),
        blame=Blame.FAILED,
        silences=_FAILED_BELOW,
    ),
    AlarmKind(
        name="ats_open",
        group=_SWITCH,
        severity=Severity.MAJOR,
        by_ride_through=True,
        title=titles.ats_open,
        meaning="The switch has left one source and not reached the other.",
        limits=(Limit("`neutral_delay` + `transfer_delay` + 10 s", "the switch's time delays"),),
        advice=("Look at the switch: position, mode, its own alarms.",),
        blame=Blame.FAILED,
        silences=_FAILED_BELOW,
    ),
    AlarmKind(
        name="transfer_slow",
        group=_SWITCH,
        severity=Severity.MINOR,
        title=titles.transfer_slow,
        meaning="The load is on the other source, but it took longer than allowed.",
        limits=(Limit("`accept_within` (10 s) from loss to load", "NFPA 110 Type 10"),),
        advice=(
            "Look at which stage took the time: start, warm-up or switch.",
            "Have it checked before the next outage.",
        ),
        blame=Blame.EFFECT,
    ),
    AlarmKind(
        name="transfer_unconfirmed",
        group=_SWITCH,
        severity=Severity.MINOR,
        title=titles.transfer_unconfirmed,
        meaning="The transfer should be over, but nothing on the load side can be seen. It is neither ok nor failed.",
        limits=(Limit("the deadline of the transfer", "unobserved is not ok"),),
        advice=(
            "Look at the switch and its load in person.",
            "Look why the load side is not observed.",
        ),
        blame=Blame.EFFECT,
    ),
    AlarmKind(
        name="generator_fail_to_start",
        group=_GENERATOR,
        severity=Severity.MAJOR,
        by_ride_through=True,
        title=titles.generator_fail_to_start,
        meaning="The generator was told to start and does not run.",
        limits=(
            Limit("`crank_limit` (75 s) + 5 s", "NFPA 110 5.6.4.2: three cycles of 15 s crank and 15 s rest"),
            Limit("at once where its controller says that it is locked out", "overcrank lockout"),
        ),
        advice=(
            "Look at the generator's controller: which shutdown or alarm does it show?",
            "Look at start battery, fuel, emergency stop and control position.",
        ),
        blame=Blame.FAILED,
        silences=_FAILED_BELOW,
    ),
    AlarmKind(
        name="generator_out_of_spec",
        group=_GENERATOR,
        severity=Severity.MAJOR,
        by_ride_through=True,
        title=titles.generator_out_of_spec,
        meaning="The generator runs, but not at a voltage and frequency that a switch accepts.",
        limits=(
            Limit("90 % of voltage on every phase, 95 % of frequency", "usual acceptance of an emergency source"),
            Limit("20 s after it should have started", "twice NFPA 110 Type 10"),
        ),
        advice=("Look at the generator's voltage regulator and governor readings.",),
        blame=Blame.FAILED,
        silences=_FAILED_BELOW,
    ),
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
        silences=("ups_on_battery", *_VOLTAGE, SUPPLY_UNSTABLE, "comms_lost", "device_alarm"),
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

KINDS: dict[str, AlarmKind] = {row.name: row for row in _ROWS}


def silenced_by(name: str) -> tuple[str, ...]:
    """The kinds that, active upstream, keep this one from being sent."""
    return tuple(row.name for row in _ROWS if name in row.silences)


def _level(name: str) -> int:
    return max((1 + _level(cause) for cause in silenced_by(name) if cause != name), default=0)


# Causes before what follows from them: within one tick the order of events makes no difference.
PRECEDENCE: dict[str, int] = {row.name: _level(row.name) for row in _ROWS}


def delays(name: str, site: Site | None) -> tuple[int, int]:
    """On-delay and off-delay of a kind in microseconds: the site's `[limits.KIND]`, else the table's."""
    row, own = KINDS[name], site.limits.get(name) if site else None
    on_delay = row.on_delay if own is None or own.on_delay is None else own.on_delay
    off_delay = row.off_delay if own is None or own.off_delay is None else own.off_delay
    return on_delay, off_delay
