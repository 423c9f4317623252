"""A scenario's truth: the alarms that ought to come, as a recording's truth.json has them.

A scenario file gives moments as `10:44:00`, as "5m" after the start, or by the name of what happened:
an event's id or a milestone of the plant, as in `"lockout"`, `"lockout + 4s"`, `"ups-a.lost - 1s"`. What
is known only after a run, such as when a load was lost, is taken from the plant, never from the file.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from simulators.timeline import moment
from telemetry.moment import utc

_MOMENTS = ("start", "latest", "not_safe_before")


def resolve(template: Mapping[str, Any], begins: datetime, happened: Mapping[str, int]) -> dict[str, Any]:
    """The truth of one run.

    Args:
        template: the scenario's [truth]; `lost` names the devices and loads of `lost_at`; an event with `if` counts only
            where that happened
        begins: the scenario's start
        happened: µs UTC of events by id and of the plant's milestones

    Raises:
        ValueError: a moment names nothing that happened in this run.
    """

    def at(given: Any) -> str:
        try:
            return iso(moment(given, begins, happened))
        except ValueError as e:
            raise ValueError(f"truth: {e}") from None

    truth = {key: value for key, value in template.items() if key not in ("lost", "not_safe_before")}
    truth["events"] = [
        {key: at(value) if key in _MOMENTS else value for key, value in event.items() if key != "if"}
        for event in template["events"]
        if event.get("if") is None or event["if"] in happened
    ]
    if lost := template.get("lost"):
        truth["lost_at"] = {name: at(f"{name}.lost") for name in lost}
    if "not_safe_before" in template:
        truth["not_safe_before"] = at(template["not_safe_before"])
    return truth


def iso(moment: int) -> str:
    """Microseconds UTC as ISO 8601 with milliseconds."""
    text = utc(moment).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
