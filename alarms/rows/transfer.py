"""The kinds of a transfer: what a switch or a generator should have done."""

from alarms.kind import AlarmKind, Blame, Limit, Severity
from alarms.rows.consequences import FAILED_BELOW
from alarms.titles import transfer as titles

_SWITCH = "transfer: the switch"
_GENERATOR = "transfer: the generator"

TRANSFER_KINDS = (
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
        silences=FAILED_BELOW,
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
        silences=FAILED_BELOW,
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
        silences=FAILED_BELOW,
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
        silences=FAILED_BELOW,
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
        silences=FAILED_BELOW,
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
        silences=FAILED_BELOW,
    ),
)
