"""The one line that says what is wrong, for every kind: names and numbers, as far as the finding has them.

The keys of the detail are those of `detectors/stages.py`.
"""

from alarms.facts import Facts, enumeration
from alarms.times import duration
from telemetry.block import SECOND

_BECAUSE = {
    "locked_out": "neither source can feed",
    "stage_missed": "the transfer did not come",
    "no_second_source": "there is no second source",
    "battery_short": "the battery ends before other power can come",
    "sides_lost": "every side of it is lost or about to be",
    "not_taken_up": "the UPS does not take the power that is there",
}


def _per_cent(f: Facts) -> str:
    return f"{round(100 * f.magnitude)} % of nominal"


def _once(f: Facts) -> str:
    return "" if f.confirmed else ", seen in one poll only"


def _since(f: Facts) -> str:
    return f"since {f.clock(f.onset[1])}"


def _normal(f: Facts) -> str:
    return f.text("source") or (f.device and f.device.normal) or "its normal source"


def _emergency(f: Facts, word: str = "and") -> str:
    names = f.names("emergency") or (f.device.emergency if f.device else ())
    return enumeration(names, word) or "its emergency source"


def _after(f: Facts, key: str, words: str) -> str:
    length = f.seconds(key)
    return f" {words} {length}" if length else ""


def _why(f: Facts) -> str:
    reason = f.text("reason")
    return f": {reason}" if reason else ""


def utility_lost(f: Facts) -> str:
    """Which supply, since when, who sees it."""
    seen = f.names("observers") or tuple(dict.fromkeys(e.device for e in f.evidence))
    others = enumeration(name for name in seen if name != f.subject)
    return f"{f.subject} is lost {_since(f)}{f', seen by {others}' if others else ''}"


def voltage_sag(f: Facts) -> str:
    """How deep."""
    return f"{f.where}: voltage fell to {_per_cent(f)}{_once(f)}"


def voltage_swell(f: Facts) -> str:
    """How high."""
    return f"{f.where}: voltage rose to {_per_cent(f)}{_once(f)}"


def voltage_interruption(f: Facts) -> str:
    """Since when."""
    return f"{f.where}: no voltage {_since(f)}{_once(f)}"


def frequency_deviation(f: Facts) -> str:
    """How far, and from what."""
    nominal = f.device.nominal_frequency if f.device else f.site.nominal_frequency
    return f"{f.where}: frequency went to {f.magnitude:.2f} Hz, nominal is {nominal:g} Hz{_once(f)}"


def supply_unstable(f: Facts) -> str:
    """How often, since when."""
    return f"{f.where}: supply unstable, {f.count} disturbances {_since(f)}"


def no_start_command(f: Facts) -> str:
    """Which switch asked for no generator, although its source is gone."""
    gone = _after(f, "since_loss_s", "for") or " and it is waited for"
    return f"{f.subject} gave no start command to {_emergency(f)}: {_normal(f)} has been lost{gone}"


def sources_locked_out(f: Facts) -> str:
    """Why neither source can feed."""
    return f"{f.subject}: neither {_normal(f)} nor {_emergency(f, 'or')} can feed{_why(f)}"


def ats_fail_to_transfer(f: Facts) -> str:
    """How long the other source has been waiting."""
    good = f"{_emergency(f)} has been good{_after(f, 'source_good_s', 'for')}"
    return f"{f.subject} did not transfer: {f.text('reason') or good}"


def ats_open(f: Facts) -> str:
    """Which switch stands between its sources."""
    return f"{f.subject} has been connected to neither source{_after(f, 'open_s', 'for')}"


def transfer_slow(f: Facts) -> str:
    """How long it took."""
    took, allowed = f.seconds("took_s"), f.seconds("allowed_s")
    if took and allowed:
        return f"{f.subject} took {took} from the loss to {_emergency(f)}, {allowed} are allowed"
    return f"{f.subject} reached {_emergency(f)} later than allowed"


def transfer_unconfirmed(f: Facts) -> str:
    """What could not be seen."""
    return f"{f.subject}: cannot confirm that the load is on {_emergency(f)}, its load side cannot be seen"


def generator_fail_to_start(f: Facts) -> str:
    """Which generator, and whether it gave up, or ran and stopped."""
    if f.detail.get("ran"):
        return f"{f.subject} ran, and has stopped{_why(f)}"
    return f"{f.subject} did not start{_why(f) or _after(f, 'since_start_s', 'within')}"


def generator_out_of_spec(f: Facts) -> str:
    """What it gives, as far as known."""
    volts, hertz, why = f.number("voltage_pu"), f.number("frequency"), f.text("reason")
    given = [f"{round(100 * volts)} % of nominal voltage"] if volts is not None else []
    given += [f"{hertz:.1f} Hz"] if hertz is not None else []
    said = "; ".join(part for part in (why, ", ".join(given)) if part)
    return f"{f.subject} runs, but gives no good power{f': {said}' if said else ''}"


def ups_on_battery(f: Facts) -> str:
    """Since when, and how long it can."""
    left = f.seconds("battery_left_s")
    return f"{f.subject} is on battery {_since(f)}{f', its own figure is {left}' if left else ''}"


def ups_load_dropped(f: Facts) -> str:
    """Which UPS feeds nothing any more, and how long it carried."""
    carried = f.seconds("on_battery_s")
    return f"{f.subject} has dropped its load {_since(f)}{f', after {carried} on battery' if carried else ''}"


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
    return f"{which} reports: {name.replace('-', ' ')}, {_since(f)}{_once(f)}"
