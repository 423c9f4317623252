"""The titles of a transfer. The keys of the detail are those of `detectors/stages.py`."""

from alarms.facts import Facts, enumeration
from alarms.titles.words import after, why


def _normal(f: Facts) -> str:
    return f.text("source") or (f.device and f.device.normal) or "its normal source"


def _emergency(f: Facts, word: str = "and") -> str:
    names = f.names("emergency") or (f.device.emergency if f.device else ())
    return enumeration(names, word) or "its emergency source"


def no_start_command(f: Facts) -> str:
    """Which switch asked for no generator, although its source is gone."""
    gone = after(f, "since_loss_s", "for") or " and it is waited for"
    return f"{f.subject} gave no start command to {_emergency(f)}: {_normal(f)} has been lost{gone}"


def sources_locked_out(f: Facts) -> str:
    """Why neither source can feed."""
    return f"{f.subject}: neither {_normal(f)} nor {_emergency(f, 'or')} can feed{why(f)}"


def ats_fail_to_transfer(f: Facts) -> str:
    """How long the other source has been waiting."""
    good = f"{_emergency(f)} has been good{after(f, 'source_good_s', 'for')}"
    return f"{f.subject} did not transfer: {f.text('reason') or good}"


def ats_open(f: Facts) -> str:
    """Which switch stands between its sources."""
    return f"{f.subject} has been connected to neither source{after(f, 'open_s', 'for')}"


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
        return f"{f.subject} ran, and has stopped{why(f)}"
    return f"{f.subject} did not start{why(f) or after(f, 'since_start_s', 'within')}"


def generator_out_of_spec(f: Facts) -> str:
    """What it gives, as far as known."""
    volts, hertz, why = f.number("voltage_pu"), f.number("frequency"), f.text("reason")
    given = [f"{round(100 * volts)} % of nominal voltage"] if volts is not None else []
    given += [f"{hertz:.1f} Hz"] if hertz is not None else []
    said = "; ".join(part for part in (why, ", ".join(given)) if part)
    return f"{f.subject} runs, but gives no good power{f': {said}' if said else ''}"
