"""Judges a scenario's truth by what the plant did: every fault that it finds, in words."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import numpy as np

from hidden import Record
from physics import KINDS, UNDECIDED, told
from physics_generator import ready
from physics_supply import good, utility_lost
from physics_transfer import CLOSED, cut_off
from physics_ups import OFF, on_line
from simulators.scenario import Scenario
from simulators.truth import iso
from spans import Mask, Span, runs, without_gaps
from telemetry.block import SECOND
from telemetry.oneline import OneLine

TOLERANCE = 3 * SECOND // 10  # three steps of the plant
GRACE = 600 * SECOND  # an alarm is an event's until so long after its latest moment
FORESEEN = 120 * SECOND  # a loss that comes after so long a discharge can be predicted, and must be
BLIP = 60.0  # s that a UPS may need to take to its other source
LOCKOUT_KINDS = {
    *("generator_fail_to_start", "generator_trip_on_load", "generator_not_ready", "generator_out_of_spec"),
    *("generator_fail_to_parallel", "reverse_power", "device_alarm", "emergency_power_off"),
}

Truth = Mapping[str, Any]


def faults(scenario: Scenario, record: Record, truth: Truth, site: int) -> list[str]:
    """What is wrong with the truth of one run, the one of site number `site`."""
    found = list(_words(scenario, truth))
    for event in truth["events"]:
        found += _event(scenario, record, event, site)
    found += _lost(record, truth, site)
    found += _untold(record, truth, site)
    if "not_safe_before" in truth:
        found += _safe(scenario, record, truth, site)
    return found


def _words(scenario: Scenario, truth: Truth) -> Iterator[str]:
    """Kinds and subjects that there are, and a root that is an event."""
    subjects = {"*", *(d.name for d in scenario.site.devices), *(load.name for load in scenario.site.loads)}
    root = truth.get("root")
    for what in (*truth["events"], *([root] if root else [])):
        if unknown := set(what["kind"]) - KINDS:
            yield f"there is no kind {', '.join(sorted(unknown))}"
        if unknown := set(what["subject"]) - subjects:
            yield f"the site has no {', '.join(sorted(unknown))}"
    if unknown := set(truth["allowed"]) - KINDS:
        yield f"allowed: there is no kind {', '.join(sorted(unknown))}"
    if root and (strange := _strange(root, truth)):
        yield f"root: {', '.join(strange)}: no event of the truth has that kind, or that subject, with another of the root's"


def _strange(root: Mapping[str, Any], truth: Truth) -> list[str]:
    """The root's kinds and subjects that are those of no event: any of its kinds may stand with any of its subjects.

    Beside the kind of an event, kinds may stand that are allowed, then with subjects of their own.
    """
    found = set()
    for event in truth["events"]:
        kinds = set(event["kind"]) & set(root["kind"])
        anything = "*" in {*event["subject"], *root["subject"]}
        subjects = set(root["subject"]) if anything else set(event["subject"]) & set(root["subject"])
        found |= kinds | subjects if kinds and subjects else set()
    also = set(root["kind"]) & set(truth["allowed"]) if found else set()
    return [what for what in root["kind"] if what not in found | also] + [
        what for what in root["subject"] if what not in found and not also
    ]


def _event(scenario: Scenario, record: Record, event: Mapping[str, Any], site: int) -> Iterator[str]:
    start, latest = moment(event["start"]), moment(event["latest"])
    name = f"{'|'.join(event['kind'])}@{'|'.join(event['subject'])} [{clock(start)}, {clock(latest)}]"
    if not scenario.start <= start < latest <= scenario.stop:
        yield f"{name}: not in order, or not within the recording {clock(scenario.start)}–{clock(scenario.stop)}"
    if set(event["kind"]) & UNDECIDED or not set(event["kind"]) <= KINDS:
        return
    every = [
        (f"{kind}@{subject}", span)
        for kind in event["kind"]
        for subject in _subjects(record, event["subject"])
        for span in told(kind, record, subject)
        if span.site == site
    ]
    if any(_fits(span, start, latest) for _, span in every):
        return
    near = sorted(every, key=lambda found: abs(found[1].begin - start))[:3]
    had = "; ".join(f"{what} from {_words_of(span)}" for what, span in near) or "nothing of the kind"
    if not near and "load_loss_predicted" in event["kind"]:
        had += ": it was not lost in the end, so that the prediction can be allowed, but is no event"
    yield f"{name}: the plant had {had}"


def _fits(span: Span, start: int, latest: int) -> bool:
    return span.begin - TOLERANCE <= start <= span.until + TOLERANCE and span.due - TOLERANCE <= latest


def _lost(record: Record, truth: Truth, site: int) -> Iterator[str]:
    """What was lost, and could be foreseen to be, is said, to the step; nothing else is."""
    said = {name: moment(at) for name, at in truth.get("lost_at", {}).items()}
    names = (*record.names.get("ups", ()), *record.names.get("load", ()))
    for name in said.keys() - set(names):
        yield f"lost_at: {name} is neither a UPS nor a load"
    for name in names:
        is_load = name in record.names.get("load", ())
        gone = record.of(name, "lost") if is_load else record.of(name, "mode") == OFF
        at = next((int(record.times[first]) for s, first, _ in runs(gone) if s == site), None)
        if name in said and said[name] != at:
            yield f"lost_at: {name} was lost at {clock(at) if at else 'no time'}, not at {clock(said[name])}"
        spans = [span for span in told("load_loss_predicted", record, name) if span.site == site]
        if name in said and not spans:
            yield f"lost_at: the loss of {name} could not be foreseen: nothing ran down before it"
        foreseen = [span for span in spans if span.end - span.begin >= FORESEEN]
        if foreseen and name not in said:
            yield f"lost_at: {name} is missing, which ran down from {clock(foreseen[0].begin)} to {clock(foreseen[0].end)}"


def _untold(record: Record, truth: Truth, site: int) -> Iterator[str]:
    """Nothing catastrophic happens that the truth neither lists nor allows."""
    for kind, subject, kinds, span in _catastrophes(record):
        if span.site != site or span.end - span.begin < SECOND or kinds & set(truth["allowed"]):
            continue
        listed = any(
            kinds & set(event["kind"])
            and (subject in event["subject"] or "*" in event["subject"])
            and moment(event["start"]) - TOLERANCE <= span.begin <= moment(event["latest"]) + GRACE
            for event in truth["events"]
        )
        if not listed:
            yield f"{kind}@{subject} from {_words_of(span)} is neither an event nor allowed"


def _catastrophes(record: Record) -> Iterator[tuple[str, str, set[str], Span]]:
    of = (("ups", "ups_load_dropped"), ("load", "load_lost"), ("transfer_switch", "sources_locked_out"))
    for group, kind in of:
        for name in record.names.get(group, ()):
            for span in told(kind, record, name):
                off = kind == "ups_load_dropped" and _pressed(record, name, span)
                yield kind, name, {kind, "emergency_power_off"} if off else {kind}, span
    for name in record.names.get("generator", ()):
        for site, first, last in runs(record.of(name, "lockout")):
            end = int(record.times[min(last, len(record.times) - 1)])
            begin = int(record.times[first])
            yield "lock-out", name, LOCKOUT_KINDS, Span(site, begin, begin, begin, end)


def _pressed(record: Record, name: str, span: Span) -> bool:
    return bool(record.of(name, "emergency_off")[np.searchsorted(record.times, span.begin), span.site])


def _safe(scenario: Scenario, record: Record, truth: Truth, site: int) -> Iterator[str]:
    """The first path that becomes sound for good is so by then, and for no longer than the retransfer delay.

    A watch that calls any path safe as soon as it may is then right. One path at least becomes sound.
    """
    at = moment(truth["not_safe_before"])
    wait = max((d.transfer.retransfer_delay for d in scenario.site.devices if d.kind == "transfer_switch"), default=0)
    name = f"not_safe_before {clock(at)}"
    ended = {}
    for path in dict.fromkeys(cord for load in scenario.site.loads for cord in load.fed_by):
        for s, _, after in runs(unsound(record, path)):
            if s == site:
                ended[path] = int(record.times[after]) if after < len(record.times) else scenario.stop + 1
        if path not in ended:
            yield f"{name}: {path} was sound all the time, and may be called safe before"
    path, end = min(ended.items(), key=lambda its: its[1], default=("", at))
    if at + TOLERANCE < end <= scenario.stop:
        yield f"{name}: no path was sound before {path} was, at {clock(end)}"
    for path, end in ended.items():
        if end < at - wait - TOLERANCE:
            yield f"{name}: {path} was sound from {clock(end)}, and may be called safe before"
    sound = [end for end in ended.values() if end + wait <= scenario.stop - 2 * SECOND]
    if ended and not sound:
        yield f"{name}: the recording ends at {clock(scenario.stop)}, before any path was sound for {wait / SECOND:g} s"


def unsound(record: Record, path: str) -> Mask:
    """`(T, S)` a utility behind the path is lost, a switch is cut off, a generator not ready, or a UPS not on line.

    A UPS that takes to another source for a moment, while its switch's normal source is good, is sound.
    """
    found = np.zeros((len(record.times), record.sites), np.bool_)
    above = (path, *OneLine(record.site).upstream(path))
    switches = [name for name in above if name in record.names.get("transfer_switch", ())]
    steady = np.logical_and.reduce([~found, *(good(record, name, "normal") for name in switches)])
    for name in switches:
        normal, emergency = cut_off(record, name)
        found |= normal & emergency
    for name in above:
        if name in record.names.get("utility", ()):
            for span in utility_lost(record, name):
                first, last = np.searchsorted(record.times, (span.begin, span.end))
                found[first : last + (span.end == record.times[-1]), span.site] = True
        elif name in record.names.get("generator", ()):
            found |= ~ready(record, name)
        elif name in record.names.get("ups", ()):
            off = ~on_line(record, name)
            lasting = ~without_gaps(record.times, ~off, BLIP)
            found |= off & (lasting | ~steady)
        elif name in record.names.get("pdu", ()) or name in record.names.get("switchgear", ()):
            found |= record.of(name, "breaker") != CLOSED
    return found


def _subjects(record: Record, subjects: Iterable[str]) -> list[str]:
    every = [*(d.name for d in record.site.devices), *(load.name for load in record.site.loads)]
    return every if "*" in subjects else [name for name in subjects if name in every]


def moment(text: str) -> int:
    """µs UTC."""
    return round(datetime.fromisoformat(text).timestamp() * 1000) * (SECOND // 1000)


def clock(at: int) -> str:
    return iso(at)[11:]


def _words_of(span: Span) -> str:
    beginning = clock(span.begin) if span.until == span.begin else f"{clock(span.begin)}…{clock(span.until)}"
    told_at = "" if span.due <= span.until else f" (so at {clock(span.due)})"
    return f"{beginning}{told_at} to {clock(span.end)}"
