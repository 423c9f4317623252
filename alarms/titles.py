"""The one line that says what is wrong, for every kind: names and numbers, as far as the finding has them."""

from alarms.facts import Facts
from alarms.times import duration
from telemetry.block import SECOND


def _per_cent(f: Facts) -> str:
    return f"{round(100 * f.magnitude)} % of nominal"


def _once(f: Facts) -> str:
    return "" if f.confirmed else ", seen in one poll only"


def _since(f: Facts) -> str:
    return f"since {f.clock(f.onset[1])}"


def _witnesses(f: Facts) -> str:
    seen = f.text("observers") or " and ".join(sorted({e.device for e in f.evidence} - {f.subject}))
    return f", seen by {seen}" if seen else ""


def _normal(f: Facts) -> str:
    return f.text("source") or (f.device.normal if f.device and f.device.normal else "its normal source")


def _emergency(f: Facts) -> str:
    named = " and ".join(f.device.emergency) if f.device else ""
    return f.text("emergency") or named or "its emergency source"


def _late(f: Facts) -> str:
    margin = f.number("stage_margin_s")
    if margin is None or margin >= 0:
        return ""
    return f", {duration(round(-margin * SECOND))} past its time"


def utility_lost(f: Facts) -> str:
    """Which supply, since when, who sees it."""
    return f"{f.subject} is lost {_since(f)}{_witnesses(f)}"


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
    measured = f.number("frequency")
    found = f"frequency {measured:.2f} Hz" if measured else f"frequency off by {abs(f.magnitude):.2f} Hz"
    return f"{f.where}: {found}, nominal {nominal:g} Hz"


def supply_unstable(f: Facts) -> str:
    """How often, since when."""
    return f"{f.where}: supply unstable, {f.count} disturbances {_since(f)}"


def no_start_command(f: Facts) -> str:
    """Which switch asked for no generator, although its source is gone."""
    return f"{f.subject} gave no start command to {_emergency(f)}: {_normal(f)} is lost{_late(f)}"


def sources_locked_out(f: Facts) -> str:
    """Why neither source can feed."""
    why = f.text("reason")
    return f"{f.subject}: neither {_normal(f)} nor {_emergency(f)} can feed{f': {why}' if why else ''}"


def ats_fail_to_transfer(f: Facts) -> str:
    """How long the other source has been waiting."""
    good = f.seconds("source_good_s")
    waits = f"{_emergency(f)} has been good for {good}" if good else f"{_emergency(f)} is good"
    return f"{f.subject} did not transfer: {waits}"


def ats_open(f: Facts) -> str:
    """Which switch stands between its sources."""
    return f"{f.subject} is connected to neither source{_late(f)}"


def transfer_slow(f: Facts) -> str:
    """How long it took."""
    took, allowed = f.seconds("took_s"), f.seconds("allowed_s")
    if took and allowed:
        return f"{f.subject} transferred in {took}, {allowed} are allowed"
    return f"{f.subject} transferred{_late(f) or ', later than allowed'}"


def transfer_unconfirmed(f: Facts) -> str:
    """What could not be seen."""
    return f"{f.subject}: cannot confirm the transfer to {_emergency(f)}, its load side is not observed"


def generator_fail_to_start(f: Facts) -> str:
    """Which generator, and whether it gave up."""
    why = f.text("reason")
    return f"{f.subject} did not start{f': {why}' if why else _late(f)}"


def generator_out_of_spec(f: Facts) -> str:
    """What it gives, as far as known."""
    volts, hertz = f.number("voltage_pu"), f.number("frequency")
    given = [f"{round(100 * volts)} % of nominal voltage"] if volts is not None else []
    given += [f"{hertz:.1f} Hz"] if hertz is not None else []
    return f"{f.subject} runs, but does not give good power{': ' + ', '.join(given) if given else ''}{_late(f)}"


def ups_on_battery(f: Facts) -> str:
    """Since when, and how long it can."""
    left = f.seconds("battery_left_s")
    return f"{f.subject} is on battery {_since(f)}{f', {left} left' if left else ''}"


def ups_load_dropped(f: Facts) -> str:
    """Which UPS feeds nothing any more."""
    return f"{f.subject} has dropped its load {_since(f)}"


def load_loss_predicted(f: Facts) -> str:
    """When, and how long that is from now."""
    loss = f.losses.get(f.subject)
    if loss is None:
        return f"{f.subject} is going to lose power"
    if loss <= f.time:
        return f"{f.subject} was to lose power at {f.clock(loss)}"
    return f"{f.subject} loses power at {f.clock(loss)}, in {duration(loss - f.time)}"


def comms_lost(f: Facts) -> str:
    """Which device is silent since when."""
    return f"{f.subject} does not answer, last heard at {f.clock(f.onset[0])}"
