"""The titles of a UPS and its battery."""

from alarms.facts import Facts
from alarms.times import duration
from alarms.titles.words import since
from telemetry.block import SECOND

_BECAUSE = {
    "locked_out": "neither source can feed",
    "stage_missed": "the transfer did not come",
    "no_second_source": "there is no second source",
    "battery_short": "the battery ends before other power can come",
    "sides_lost": "every side of it is lost or about to be",
    "not_taken_up": "the UPS does not take the power that is there",
}


def ups_on_battery(f: Facts) -> str:
    """Since when, and how long it can."""
    left = f.seconds("battery_left_s")
    return f"{f.subject} is on battery {since(f)}{f', its own figure is {left}' if left else ''}"


def ups_load_dropped(f: Facts) -> str:
    """Which UPS feeds nothing any more, and how long it carried."""
    carried = f.seconds("on_battery_s")
    return f"{f.subject} has dropped its load {since(f)}{f', after {carried} on battery' if carried else ''}"


def load_loss_predicted(f: Facts) -> str:
    """When, how long that is from now, and why."""
    loss, why = f.losses.get(f.subject), _BECAUSE.get(f.text("because") or "")
    reason = f": {why}" if why else ""
    if loss is None:
        return f"{f.subject} is going to lose power{reason}"
    if f.detail.get("lost"):
        return f"{f.subject} lost power at {f.clock(loss)}{reason}"
    if f.over or loss < f.time - SECOND:
        return f"{f.subject} was to lose power at {f.clock(loss)}{reason}"
    left = f", in {duration(loss - f.time)}" if loss > f.time + SECOND else ", now"
    return f"{f.subject} loses power at {f.clock(loss)}{left}{reason}"
