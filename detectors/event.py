"""Events: what detectors find."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class EventKind(StrEnum):
    """The kinds of alarm that detectors of today can find; `alarms/kinds.py` says what each means."""

    UTILITY_LOST = "utility_lost"
    VOLTAGE_SAG = "voltage_sag"
    VOLTAGE_SWELL = "voltage_swell"
    VOLTAGE_INTERRUPTION = "voltage_interruption"
    PHASE_LOSS = "phase_loss"
    UNDERVOLTAGE = "undervoltage"
    OVERVOLTAGE = "overvoltage"
    RAPID_VOLTAGE_CHANGE = "rapid_voltage_change"
    VOLTAGE_UNBALANCE = "voltage_unbalance"
    FREQUENCY_DEVIATION = "frequency_deviation"
    SUPPLY_UNSTABLE = "supply_unstable"
    NO_START_COMMAND = "no_start_command"
    SOURCES_LOCKED_OUT = "sources_locked_out"
    ATS_FAIL_TO_TRANSFER = "ats_fail_to_transfer"
    ATS_OPEN = "ats_open"
    TRANSFER_SLOW = "transfer_slow"
    TRANSFER_UNCONFIRMED = "transfer_unconfirmed"
    GENERATOR_FAIL_TO_START = "generator_fail_to_start"
    GENERATOR_OUT_OF_SPEC = "generator_out_of_spec"
    UPS_ON_BATTERY = "ups_on_battery"
    UPS_LOAD_DROPPED = "ups_load_dropped"
    LOAD_LOSS_PREDICTED = "load_loss_predicted"
    COMMS_LOST = "comms_lost"
    VALUE_FROZEN = "value_frozen"
    VALUE_IMPLAUSIBLE = "value_implausible"
    SENSOR_DISAGREEMENT = "sensor_disagreement"
    DEVICE_ALARM = "device_alarm"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One sample that a finding rests on. `value` is in the quantity's unit, or a state's name."""

    device: str
    quantity: str
    value: float | str
    time: int


@dataclass(frozen=True, slots=True)
class Event:
    """A detector's finding at one tick: it begins, changes or ends.

    time: microseconds UTC of the tick at which this became known; never earlier than the samples it rests on
    subject: the device or load that the finding is about
    point: which of the subject's feeds (`input`, `input.1`, `output`), where it can have the kind more than once
    active: whether the condition holds as of `time`; an end is the same (kind, subject, point) with False
    onset: (last sample known good, first sample known bad): the truth lies between, a poll never sees more
    ended: the same for the end, (last bad, first good); None while active
    magnitude: in the kind's own unit, the worst so far (sag: per unit residual; frequency: Hz; stage: seconds late)
    confirmed: False for a finding that rests on one poll and may be a glitch: recorded, not yet worth waking anyone
    detail: more of the finding, by the kind's own keys (`stage`, `stage_margin_s`, `ride_through_s`, `loss_predicted` …):
        plain values; the table of those of a transfer is in `stages.py`
    """

    time: int
    kind: EventKind
    subject: str
    point: str | None
    active: bool
    onset: tuple[int, int]
    ended: tuple[int, int] | None = None
    magnitude: float = 0.0
    confirmed: bool = True
    evidence: tuple[Evidence, ...] = ()
    detail: Mapping[str, object] = field(default_factory=dict)

    @property
    def order(self) -> tuple[int, str, str, str, tuple[int, int], bool, bool]:
        """Sorting by this makes a tick's events independent of the order of channels and detectors.

        What begins and ends in one tick begins first; what began earlier ends before it.
        """
        return (self.time, self.kind, self.subject, self.point or "", self.onset, not self.active, self.confirmed)
