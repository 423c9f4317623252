"""Devices that measure the same node and do not agree: one of them is wrong, or something between them is open.

Judged by the windows of the slowest device at the node, two in a row: a real outage is seen by each in its own poll,
so the window that it falls into holds both, and the next one at most one that is late. And only while somebody at
the node sees a sound supply: in a disturbance breakers open between those who measure, and each lags in its own way.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors import lasting, spans, testimony
from detectors import slots as slots_
from detectors.event import Event, EventKind, Evidence
from detectors.feeds import FORMS
from detectors.lasting import Lasting, Turn, Verdict
from detectors.layout import Layout
from detectors.relations import figure
from detectors.screen import Screen
from detectors.siblings import Seats, seats_of
from detectors.slots import Heard, Record, Slots
from detectors.spans import Opened, Span
from detectors.state import copied
from detectors.testimony import Said
from detectors.windows import rows_in_window
from telemetry.block import SampleBlock

WINDOWS = 2  # in a row
VOLTAGE = 0.1  # of nominal: far beyond the accuracy of any voltage sensor, and where a sag begins
FREQUENCY = 0.5  # Hz: as far apart as EN 50160 4.2.1 lets a supply be from nominal
_ROUNDING, _HERTZ_ROUNDING = 1e-5, 1e-3  # single precision has no exact 10 %: that far is not yet a difference
_TOLD = 3  # others named in the reason; the detail has them all

Matrix = NDArray[np.bool_]


@dataclass(slots=True)
class Disagreements:
    """The detector's state: what belongs to the layout, and what is carried on.

    entry: (S,) of each seat in `found`; -1 for a witness, who is judged at its own node
    """

    seats: Seats
    entry: NDArray[np.int64]
    slots: tuple[Slots, ...]
    tick: int
    opened: Opened
    heard: Heard
    found: Lasting


class Odd(NamedTuple):
    """Who is the odd one out in one window.

    seats: whose places among those of the node
    against: (S, S) who contradicts whom
    volts: (S,) who does so by voltage; others by frequency alone
    apart: (S,) how far each is from the one furthest from it, in parts of nominal
    split: nobody is in the minority, so it is the furthest from the source
    """

    seats: frozenset[int]
    against: Matrix
    volts: Matrix
    apart: NDArray[np.float64]
    split: bool


class DisagreementDetector:
    """`sensor_disagreement` of a device's feed while the others at its node contradict it."""

    def start(self, layout: Layout) -> Disagreements:
        """Before the first row."""
        seats = seats_of(layout)
        rows_of = {d.name: rows_in_window(d, layout.site.tick) for d in layout.site.devices}
        slots, heard = slots_.slots_of(seats, layout.channels, rows_of)
        own = [i for i, s in enumerate(seats.seats) if not s.witness]
        entry = np.full(len(seats.seats), -1, np.int64)
        entry[own] = np.arange(len(own))
        found = lasting.lasting(tuple(f"{seats.seats[i].device.name}/{seats.seats[i].point}" for i in own))
        return Disagreements(seats, entry, slots, layout.site.tick, spans.opened(layout), heard, found)

    def step(self, state: Disagreements, block: SampleBlock, screen: Screen) -> tuple[Disagreements, Sequence[Event]]:
        """Judge the windows that ended in the block; nodes at which all agree cost one look at their extremes."""
        if not state.slots:
            return state, ()
        opened, ended = spans.spans(state.opened, block, state.tick)
        after = replace(state, opened=opened)
        if not any(map(len, screen.windows)) and not any(len(span.stops) for span in ended.values()):
            return after, ()
        after.heard, after.found = copied(state.heard), copied(state.found)
        events: list[Event] = []
        for slots in state.slots:
            span = ended[slots.rows]
            record = slots_.listen(after.heard, slots, span, screen)
            if not len(span.stops):
                continue
            waiting = np.logical_or.reduceat(_waiting(after)[slots.seats], slots.starts)
            agree = testimony.close(slots, record) & ~waiting
            if agree.any():
                _settle(after, slots.at_nodes(agree), span, record)
            if not agree.all():
                events += _judge(after, slots.at_nodes(~agree), span, record)
        return after, sorted(events, key=lambda e: e.order)


def _waiting(v: Disagreements) -> Matrix:
    """(S,) whether the next window of a seat matters, whatever it says; never of a witness."""
    return np.append(v.found.waiting, False)[v.entry]


def _settle(v: Disagreements, s: Slots, span: Span, record: Record) -> None:
    """Remember of nodes at which all agree when each was last compared."""
    speaks = testimony.fits(s, record)
    compared = np.add.reduceat(speaks, s.starts, axis=1, dtype=np.int64) > 1
    _remember(v, s, span, speaks & compared[:, s.node])


def _remember(v: Disagreements, s: Slots, span: Span, good: Matrix) -> None:
    """When each seat was last good, of (K, S) windows in which it was."""
    entry = v.entry[s.seats]
    known = np.flatnonzero(good.any(axis=0) & (entry >= 0))
    last = len(good) - 1 - good[::-1, known].argmax(axis=0)
    v.found.good[entry[known]] = span.began[last]


def _judge(v: Disagreements, s: Slots, span: Span, record: Record) -> list[Event]:
    """Judge the windows of nodes with one interval; the state is written into."""
    starts, said = s.starts, testimony.testify(s, record)
    with np.errstate(invalid="ignore"):
        apart = np.fmax.reduceat(said.low, starts, axis=1) - np.fmin.reduceat(said.high, starts, axis=1)
        hertz = np.fmax.reduceat(said.hertz_low, starts, axis=1) - np.fmin.reduceat(said.hertz_high, starts, axis=1)
    differs = ((apart > VOLTAGE) | (hertz > FREQUENCY)).any(axis=0)
    waiting = _waiting(v)[s.seats]
    exact = differs | np.logical_or.reduceat(waiting, starts)
    compared = np.add.reduceat(said.speaks, starts, axis=1, dtype=np.int64) > 1
    compared &= np.logical_or.reduceat(said.sound, starts, axis=1)
    _remember(v, s, span, said.speaks & compared[:, s.node] & ~exact[s.node])
    events: list[Event] = []
    stops = np.append(starts[1:], len(s.seats))
    for node in np.flatnonzero(exact):
        of = slice(int(starts[node]), int(stops[node]))
        events += _exact(v, s.seats[of], span, [said.of(k, of) for k in range(len(span.stops))])
    return events


def _exact(v: Disagreements, seats: NDArray[np.int64], span: Span, said: list[Said]) -> list[Event]:
    """Go through the windows of one node, in order."""
    events = []
    for began, ended, one in zip(span.began.tolist(), span.ended.tolist(), said, strict=True):
        speaks = one.speaks
        if speaks.sum() < 2 or not one.sound.any():
            continue
        odd = _odd(v, seats, one)
        for i in np.flatnonzero(speaks & (v.entry[seats] >= 0)).tolist():
            verdict = Verdict.BAD if i in odd.seats else Verdict.GOOD
            if lasting.judge(v.found, int(v.entry[seats[i]]), verdict, (began, ended), WINDOWS) != Turn.NONE:
                events.append(_event(v, seats, i, (odd, one), ended))
    return events


def _odd(v: Disagreements, seats: NDArray[np.int64], said: Said) -> Odd:
    """Who contradicts whom in one window, and who is in the minority by it."""
    alike = (said.form[:, None] == said.form) & (said.form > 0)
    # How far the lowest of each is beyond each other: phase by phase, where both give all three.
    above = said.low[:, None].astype(np.float64) - np.where(alike, said.high, said.top)
    apart = np.nan_to_num(np.maximum(above, above.T), nan=-1.0)
    faster = said.hertz_low[:, None].astype(np.float64) - said.hertz_high
    hertz = np.nan_to_num(np.maximum(faster, faster.T), nan=-1.0)
    volts = np.asarray(apart > VOLTAGE + _ROUNDING, bool)
    against = np.asarray(volts | (hertz > FREQUENCY + _HERTZ_ROUNDING), bool)
    parts = np.maximum(apart, hertz / v.seats.nominal_frequency[seats]).max(axis=1)
    count, n = against.sum(axis=1), int(said.speaks.sum())
    wrong = np.flatnonzero(count * 2 > n - 1)
    minority = 0 < len(wrong) * 2 < n
    if not minority:
        own = [i for i in np.flatnonzero(count).tolist() if not v.seats.seats[seats[i]].witness]
        wrong = np.array(sorted(own, key=lambda i: _distance(v, int(seats[i])))[-1:], np.int64)
    return Odd(frozenset(wrong.tolist()), against, volts, parts, not minority)


def _distance(v: Disagreements, seat: int) -> tuple[int, str, str]:
    of = v.seats.seats[seat]
    return of.depth, of.device.name, of.point


def _event(v: Disagreements, seats: NDArray[np.int64], i: int, finding: tuple[Odd, Said], time: int) -> Event:
    odd, said = finding
    at, s = int(v.entry[seats[i]]), v.found
    active = bool(s.active[at])
    others = np.flatnonzero(odd.against[i]).tolist() if active else []
    shown = [_shown(said, j, hertz=bool(others) and not odd.volts[i].any()) for j in (i, *others)]
    of = [v.seats.seats[seats[j]] for j in (i, *others)]
    detail: dict[str, object] = {}
    if active:
        names = tuple(f"{seat.device.name} {seat.point}" for seat in of[1:])
        told = [f"{name} {text}" for name, (_, text, _) in zip(names, shown[1:], strict=True)]
        more = [f"{len(told) - _TOLD} more likewise"] if len(told) > _TOLD else []
        *first, last = (*told[:_TOLD], *more)
        rest = f"{', '.join(first)} and {last}" if first else last
        unsure = "; which of them is wrong is not known, this one is furthest from the source" if odd.split else ""
        detail = {"reason": f"reads {shown[0][1]}, but {rest}{unsure}", "others": names}
    return Event(
        time=time,
        kind=EventKind.SENSOR_DISAGREEMENT,
        subject=of[0].device.name,
        point=of[0].point,
        active=active,
        onset=(int(s.onset[at, 0]), int(s.onset[at, 1])),
        ended=None if active else (int(s.bad[at]), int(s.good[at])),
        magnitude=max(0.0, float(odd.apart[i])),
        evidence=tuple(
            Evidence(seat.device.name, f"{seat.point}.{quantity}", value, time)
            for seat, (quantity, _, value) in zip(of, shown, strict=True)
        ),
        detail=detail,
    )


def _shown(said: Said, seat: int, *, hertz: bool) -> tuple[str, str, float]:
    """The quantity by which a seat speaks in one window, its value in words, and as a number."""
    middle, forms = (said.raw_low[seat] + said.raw_high[seat]) / 2, list(FORMS)
    if hertz or np.isnan(middle[: len(forms)]).all():
        value = float(middle[len(forms)])
        return "frequency", f"{value:.4g} Hz", value
    among = {1: range(3), 2: range(3, 6)}.get(int(said.form[seat]), range(len(forms)))
    slot = min((i for i in among if not np.isnan(middle[i])), key=lambda i: float(middle[i]))
    value = float(middle[slot])
    return f"{forms[slot]}voltage", f"{figure(value)} V{' line to line' if 3 <= slot < 6 else ''}", value
