"""What is told when an alarm changes."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

from alarms.incident import Incident
from alarms.kind import Severity
from alarms.state import State
from alarms.times import iso, iso_second
from detectors.event import Evidence
from device_profiles.quantities import quantity

SCHEMA = "ridethrough.alarm/1"


@dataclass(frozen=True, slots=True)
class AlarmChange:
    """One change of one alarm, as it goes to the journal and to the NOC. Times in microseconds UTC.

    time: event time of the change
    rev: rises with every change of this alarm_id
    notify: whether it is sent to the NOC
    suppressed_by: the alarm_id that it follows from
    onset, cleared: (last known on the one side, first known on the other); the truth lies between
    cause: `kind@subject` of the incident's root as known at this change
    stage, stage_margin_s, ride_through_s, loss_predicted: None where the finding has none
    incident: what it belongs to, counted up to this change; None where nothing worth telling has come of it
    """

    time: int
    alarm_id: str
    rev: int
    kind: str
    subject: str
    point: str | None
    severity: Severity
    state: State
    active: bool
    notify: bool
    suppressed_by: str | None
    onset: tuple[int, int]
    cleared: tuple[int, int] | None
    title: str
    cause: str | None
    stage: str | None
    stage_margin_s: float | None
    ride_through_s: float | None
    loss_predicted: Mapping[str, int] | None
    evidence: tuple[Evidence, ...]
    advice: tuple[str, ...]
    count: int
    replay: bool
    incident: Incident | None

    def to_json(self) -> dict[str, object]:
        """The alarm object of docs/mqtt.md, keys in its order."""
        found: dict[str, object] = {
            "schema": SCHEMA,
            "time": iso(self.time),
            "alarm_id": self.alarm_id,
            "rev": self.rev,
            "incident": self.incident.id if self.incident else None,
            "kind": self.kind,
            "subject": self.subject,
            "point": self.point,
            "severity": self.severity.value,
            "state": self.state.value,
            "active": self.active,
            "notify": self.notify,
            "suppressed_by": self.suppressed_by,
            "shelved_until": None,
            "onset": [iso(t) for t in self.onset],
            "cleared": [iso(t) for t in self.cleared] if self.cleared else None,
            "title": self.title,
            "cause": self.cause,
        }
        if self.stage is not None:
            found["stage"] = self.stage
        if self.stage_margin_s is not None:
            found["stage_margin_s"] = round(self.stage_margin_s, 1)
        if self.ride_through_s is not None:
            found["ride_through_s"] = round(self.ride_through_s, 1)
        if self.loss_predicted:
            found["loss_predicted"] = {s: iso_second(t) for s, t in sorted(self.loss_predicted.items())}
        found["evidence"] = [_evidence(e) for e in self.evidence]
        found["advice"] = list(self.advice)
        found["count"] = self.count
        found["replay"] = self.replay
        return found

    def to_line(self) -> str:
        """The same as one line of JSON without its end, byte for byte the same for the same change."""
        return json.dumps(self.to_json(), ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _evidence(e: Evidence) -> dict[str, object]:
    return {
        "device": e.device,
        "quantity": e.quantity,
        "value": e.value if isinstance(e.value, str) else _six_digits(e.value),
        "unit": quantity(e.quantity).unit,
        "time": iso(e.time),
    }


def _six_digits(value: float) -> float | None:
    """A measured value as it is printed: six digits, so that none is an artefact of single precision; NaN is null."""
    return float(f"{value:.6g}") if math.isfinite(value) else None
