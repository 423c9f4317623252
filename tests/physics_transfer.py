"""When a transfer switch fails at one of its stages, or is kept from its sources."""

import numpy as np

from hidden import Record
from physics_supply import good, good_for
from spans import Mask, Span, onsets, repeated, runs, spans
from telemetry.block import SECOND
from telemetry.oneline import OneLine

NONE, NORMAL, EMERGENCY = 0, 1, 2
AUTO, MANUAL, INHIBITED, TEST = range(4)
CLOSED, TRIPPED = 1, 2  # of a breaker: open, closed, tripped
RUNNING, COOLDOWN, LOCKED_OUT = 2, 3, 4
TEN_MINUTES = 600.0


def engines(record: Record, switch: str) -> tuple[str, ...]:
    """The generators that can feed its emergency side."""
    emergency = record.site.device(switch).emergency
    above = {name for e in emergency for name in (e, *OneLine(record.site).upstream(e))}
    return tuple(d.name for d in record.site.devices if d.kind == "generator" and d.name in above)


def no_start_command(record: Record, name: str) -> list[Span]:
    """The normal side is bad for the start delay and nothing calls the engine, or the call does not reach it."""
    delay = record.site.device(name).transfer.start_delay / SECOND
    sets = engines(record, name)
    if not sets:
        return []
    uncalled = ~good(record, name, "normal") & ~record.of(name, "contact")
    cut = np.logical_and.reduce([~record.of(g, "start_wire") & ~_turns(record, g) for g in sets])
    missed = ~good(record, name, "normal") & (uncalled | cut)
    return spans(record.times, missed, held=delay + 0.3, until=delay + 3.0)


def sources_locked_out(record: Record, name: str) -> list[Span]:
    """A lockout or a trip is on its way, and neither side can feed."""
    normal, emergency = cut_off(record, name)
    tripped = _barred(record, name) | _barred_above(record, record.site.device(name).normal)
    tripped |= _barred_above(record, next(iter(record.site.device(name).emergency), None)) | _too_few(record, name)
    return spans(record.times, normal & emergency & tripped)


def cut_off(record: Record, name: str) -> tuple[Mask, Mask]:
    """`(T, S)` each: the normal and the emergency side cannot feed, whatever anybody does short of a repair."""
    device = record.site.device(name)
    barred = _barred(record, name)
    normal = ~good(record, name, "normal") | barred
    emergency = barred | _barred_above(record, next(iter(device.emergency), None))
    emergency = emergency | (_too_few(record, name) if engines(record, name) else ~good(record, name, "emergency"))
    return normal, emergency


def ats_fail_to_transfer(record: Record, name: str) -> list[Span]:
    delay = record.site.device(name).transfer.transfer_delay / SECOND
    waits = ~good(record, name, "normal") & good(record, name, "emergency") & (record.of(name, "mode") != INHIBITED)
    return spans(record.times, waits & (record.of(name, "position") == NORMAL), held=delay + 1.0)


def ats_open(record: Record, name: str) -> list[Span]:
    """Between its sources for longer than it stays there on purpose."""
    neutral = max(record.site.device(name).transfer.neutral_delay / SECOND, float(record.fixed[name]["neutral"].max()))
    return spans(record.times, record.of(name, "position") == NONE, held=neutral + 0.5)


def ats_on_dead_source(record: Record, name: str) -> list[Span]:
    """Closed on a side that is bad: it stays on a generator that died, or it has moved to a source that was bad."""
    position = record.of(name, "position")
    emergency = (position == EMERGENCY) & ~good(record, name, "emergency")
    bad = ~good(record, name, "normal")
    moved = np.zeros_like(emergency)
    for site, first, last in runs(position == NORMAL):
        if first and bad[first, site]:
            stays = np.flatnonzero(~bad[first:last, site])
            moved[first : first + int(stays[0]) if stays.size else last, site] = True
    return spans(record.times, emergency, held=0.5, until=6.0) + spans(record.times, moved, held=0.1, until=1.0)


def ats_hunting(record: Record, name: str) -> list[Span]:
    """Three transfers in ten minutes, or two retransfers before the normal source was good for the retransfer delay."""
    position = record.of(name, "position")
    arrives = [sorted(a + b) for a, b in zip(*(onsets(record.times, position == p) for p in (1, 2)), strict=True)]
    early: list[list[int]] = [[] for _ in range(record.sites)]
    for span in early_retransfer(record, name):
        early[span.site].append(span.due)
    return repeated(arrives, 3, TEN_MINUTES) + repeated(early, 2, TEN_MINUTES)


def early_retransfer(record: Record, name: str) -> list[Span]:
    """It leaves a good emergency source before the normal one was good for the retransfer delay."""
    delay = record.site.device(name).transfer.retransfer_delay / SECOND
    position = record.of(name, "position")
    waited, emergency = good_for(record, good(record, name, "normal")), good(record, name, "emergency")
    found = []
    for site, _, last in runs(position == EMERGENCY):
        if last >= len(position):
            continue
        landed = last + int(np.argmax(position[last:, site] != NONE))
        if position[landed, site] == NORMAL and emergency[last - 1, site] and -1 < waited[last, site] < delay - 1.0:
            found.append(_at(site, int(record.times[last]), int(record.times[landed])))
    return found


def fail_to_retransfer(record: Record, name: str) -> list[Span]:
    delay = record.site.device(name).transfer.retransfer_delay / SECOND
    ready = good_for(record, good(record, name, "normal")) >= delay
    stays = ready & (record.of(name, "position") == EMERGENCY) & (record.of(name, "test") == 0)
    return spans(record.times, stays, held=1.0, until=60.0)


def transfer_slow(record: Record, name: str) -> list[Span]:
    """From loss to load energised it takes longer than the site accepts."""
    within = record.site.device(name).transfer.accept_within / SECOND
    waits = ~good(record, name, "normal") & (record.node(name, "lowest") < 0.5)
    return spans(record.times, waits, held=within)


def transfer_unexpected(record: Record, name: str) -> list[Span]:
    """It leaves a good normal source, and nobody tests it."""
    position, well = record.of(name, "position"), good(record, name, "normal")
    found = []
    for site, _, last in runs((position == NORMAL) & well):
        if last == len(position) or position[last, site] == NORMAL or not well[last, site]:
            continue
        if not record.of(name, "test")[last, site]:
            landed = last + int(np.argmax(position[last:, site] != NONE))
            found.append(_at(site, int(record.times[last]), int(record.times[landed])))
    return found


def ats_not_in_auto(record: Record, name: str) -> list[Span]:
    mode = record.of(name, "mode")
    return [span for wrong in (MANUAL, INHIBITED) for span in spans(record.times, mode == wrong)]


def called(record: Record, generator: str) -> Mask:
    """`(T, S)` a switch's contact calls it."""
    nobody = np.zeros((len(record.times), record.sites), np.bool_)
    switches = [s for s in record.names.get("transfer_switch", ()) if generator in engines(record, s)]
    return np.logical_or.reduce([nobody, *(record.of(s, "contact") for s in switches)])


def _turns(record: Record, generator: str) -> Mask:
    turns: Mask = np.isin(record.of(generator, "state"), (RUNNING, COOLDOWN))
    return turns


def _barred(record: Record, name: str) -> Mask:
    """A relay holds it, or it is inhibited."""
    barred = record.of(name, "mode") == INHIBITED
    for relay in record.names.get("relay", ()):
        if name in record.fixed[relay]["blocks"]:
            barred = barred | record.of(relay, "tripped")
    return barred


def _barred_above(record: Record, name: str | None) -> Mask:
    """A board on the way from the sources to `name`, itself included, has tripped or is locked out."""
    barred = np.zeros((len(record.times), record.sites), np.bool_)
    if name is None:
        return barred
    for board in (name, *OneLine(record.site).upstream(name)):
        if board in record.names.get("switchgear", ()):
            barred = barred | (record.of(board, "breaker") == TRIPPED) | record.of(board, "lockout")
    return barred


def _too_few(record: Record, name: str) -> Mask:
    """Fewer generators than it needs are not locked out."""
    sets = engines(record, name)
    if not sets:
        return np.zeros((len(record.times), record.sites), np.bool_)
    left = np.sum([~record.of(g, "lockout") for g in sets], axis=0)
    few: Mask = left < min(record.site.device(name).needs, len(sets))
    return few


def _at(site: int, begin: int, end: int) -> Span:
    return Span(site, begin, end, begin, end)


TRANSFER = {
    f.__name__: f
    for f in (
        no_start_command,
        sources_locked_out,
        ats_fail_to_transfer,
        ats_open,
        ats_on_dead_source,
        ats_hunting,
        early_retransfer,
        fail_to_retransfer,
        transfer_slow,
        transfer_unexpected,
        ats_not_in_auto,
    )
}
