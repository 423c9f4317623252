"""Values of one device that cannot be: watts beyond volts times amperes, phases that do not make the whole.

Judged by window. Three in a row, 48 polls: a card that reads its figures one after the other, or averages one of
them, can be out of step for one window and the next, through a change of load; three is a wrong scale or ratio.
A relation with voltages in it says nothing outside 0.9 to 1.1 of what these should read: in an event every figure lags
in its own way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from detectors import lasting
from detectors.event import Event, EventKind, Evidence
from detectors.lasting import Lasting, Turn, Verdict
from detectors.layout import Layout
from detectors.relations import SORTS, Flags, Numbers, Relation, Sort, relations
from detectors.screen import Screen
from detectors.state import State, copied
from detectors.usual import HIGH, LOW
from detectors.windows import Places, Windows, rows_in_window
from telemetry.block import Channel, SampleBlock

WINDOWS = 3  # in a row


@dataclass(frozen=True, slots=True)
class Group:
    """The relations of one sort whose devices are polled at one interval: m of them, between c columns each.

    sort: which
    relations: (m,) which they are among all
    columns: (c, m) of the stream
    nominal: (c, m) V; NaN for what is no voltage
    guards, guarded: (g,) columns that show several phases, and the place among m of the relation that each bars
    above: (g,) a guard shows it by a value above this
    """

    sort: Sort
    relations: Places
    columns: Places
    nominal: NDArray[np.float32]
    guards: Places
    guarded: Places
    above: NDArray[np.float32]


@dataclass(slots=True)
class Barred(State):
    """Along the relations: the feed was seen to have several phases, which this relation is not for."""

    several: NDArray[np.bool_]


@dataclass(slots=True)
class Contradictions:
    """The detector's state: what belongs to the layout, and what is carried on.

    relations: all of them; those of a feed follow one another
    feed: (R,) a number for each feed
    groups: rows of a window → its groups, one a sort
    """

    relations: tuple[Relation, ...]
    channels: tuple[Channel, ...]
    feed: Places
    groups: Mapping[int, tuple[Group, ...]]
    found: Lasting
    barred: Barred


class ContradictionDetector:
    """`value_implausible` of a feed while its values contradict each other; the relation is in its reason."""

    def start(self, layout: Layout) -> Contradictions:
        """Before the first row."""
        found = relations(layout)
        keys = tuple(r.key for r in found)
        feeds = {name: i for i, name in enumerate(dict.fromkeys((r.device, r.feed) for r in found))}
        rows = [rows_in_window(layout.site.device(r.device), layout.site.tick) for r in found]
        groups = {
            length: tuple(
                _group(layout, sort, found, members)
                for sort in SORTS
                if (members := [i for i, r in enumerate(found) if rows[i] == length and r.sort is sort])
            )
            for length in sorted(set(rows))
        }
        return Contradictions(
            found,
            layout.channels,
            np.array([feeds[r.device, r.feed] for r in found], np.int64),
            groups,
            lasting.lasting(keys),
            Barred(keys, np.zeros(len(found), bool)),
        )

    def step(self, state: Contradictions, block: SampleBlock, screen: Screen) -> tuple[Contradictions, Sequence[Event]]:  # noqa: ARG002
        """Judge the windows that ended in the block; what fits together costs one look at their extremes."""
        if not state.relations:
            return state, ()
        if not any(map(len, screen.windows)):
            return state, ()
        after = replace(state, found=copied(state.found), barred=copied(state.barred))
        events: list[Event] = []
        for w in screen.windows:
            if len(w) and w.rows in state.groups:
                events += _judge(after, w, screen)
        return after, sorted(events, key=lambda e: e.order)


def _group(layout: Layout, sort: Sort, found: tuple[Relation, ...], members: list[int]) -> Group:
    own = [found[i] for i in members]
    guards = [(i, r.device, g) for i, r in enumerate(own) for g in r.guards]
    return Group(
        sort,
        np.array(members, np.int64),
        np.array([[layout.column(r.device, q) for q in r.quantities] for r in own], np.int64).T,
        np.array([r.nominal for r in own], np.float32).T,
        np.array([layout.column(device, g) for _, device, g in guards], np.int64),
        np.array([i for i, _, _ in guards], np.int64),
        np.array([1.0 if g.endswith(".phases") else -np.inf for _, _, g in guards], np.float32),
    )


def _judge(v: Contradictions, w: Windows, screen: Screen) -> list[Event]:
    """Judge the windows of one length; the state is written into."""
    events: list[Event] = []
    exact: dict[int, list[tuple[int, NDArray[np.int8], Numbers, Numbers]]] = {}
    for g in v.groups[w.rows]:
        verdicts, low, high = _look(v, g, w, screen)
        waiting = v.found.waiting[g.relations] | (verdicts == Verdict.BAD).any(axis=0)
        for i in np.flatnonzero(waiting):
            relation = int(g.relations[i])
            of_it = (relation, verdicts[:, i], low[:, :, i], high[:, :, i])
            exact.setdefault(int(v.feed[relation]), []).append(of_it)
        good = (verdicts == Verdict.GOOD) & ~waiting
        last = len(good) - 1 - good[::-1].argmax(axis=0)
        calm = np.flatnonzero(good.any(axis=0))
        v.found.good[g.relations[calm]] = w.begins[last[calm]]
    for feed, members in exact.items():
        events += _exact(v, feed, members, w)
    return events


def _look(v: Contradictions, g: Group, w: Windows, screen: Screen) -> tuple[NDArray[np.int8], Numbers, Numbers]:
    """(K, m) verdicts, (c, K, m) lowest and highest values."""
    places = np.searchsorted(w.columns, g.columns)
    low, high = (np.stack([a[:, p] for p in places]) for a in (w.low, w.high))
    says = np.ones(low.shape[1:], bool)
    few = w.seen * 2 < w.rows
    some = few.any()
    for i, place in enumerate(places):
        if some:
            says &= ~few[:, place]
        if not np.isnan(g.nominal[i, 0]):
            base = _base(g, i, w.stops, screen)
            says &= (low[i] >= LOW * base) & (high[i] <= HIGH * base)
    if len(g.guards):
        says &= ~_several(v, g, w)
    excess = g.sort.excess(low, high)
    with np.errstate(invalid="ignore"):
        broken = says & (excess > 0)
    if broken.any():
        at = np.nonzero(broken)
        close = [np.stack([column[at] for column in a]).astype(np.float64) for a in (low, high)]
        broken[at] = g.sort.excess(*close) > g.sort.rounding(*close)
    verdicts = np.where(broken, Verdict.BAD, np.where(says & ~np.isnan(excess), Verdict.GOOD, Verdict.NOTHING))
    return verdicts.astype(np.int8), low, high


def _base(g: Group, i: int, stops: Places, screen: Screen) -> NDArray[np.float32]:
    """(K, m) V that the i-th of each should read by then; by the site's nominal where nothing is learnt of it."""
    usual = screen.usual
    piece = np.searchsorted(screen.pieces.edges[:-1], stops)
    entry = usual.tracked.entry[g.columns[i]]
    learnt = np.where(entry >= 0, usual.base[np.ix_(piece, entry)], np.float32(np.nan))
    return np.where(np.isnan(learnt), g.nominal[i], learnt)


def _several(v: Contradictions, g: Group, w: Windows) -> Flags:
    """(K, m) the feed was seen to have several phases, up to each window."""
    shown = w.high[:, np.searchsorted(w.columns, g.guards)] > g.above
    several = np.zeros((len(shown) + 1, len(g.relations)), bool)
    several[0] = v.barred.several[g.relations]
    for at in np.unique(g.guarded):
        several[1:, at] = shown[:, g.guarded == at].any(axis=1)
    several = np.logical_or.accumulate(several, axis=0)
    v.barred.several[g.relations] = several[-1]
    return several[1:]


def _exact(
    v: Contradictions, feed: int, members: list[tuple[int, NDArray[np.int8], Numbers, Numbers]], w: Windows
) -> list[Event]:
    """Go through the windows of one feed in order: it begins with the first relation and is over with the last."""
    of_feed, s, events = np.flatnonzero(v.feed == feed), v.found, []
    for k, (began, ended) in enumerate(zip(w.begins.tolist(), w.times.tolist(), strict=True)):
        before = of_feed[s.active[of_feed]]
        turned: tuple[int, Numbers, Numbers] | None = None
        for relation, verdicts, low, high in members:
            turn = lasting.judge(s, relation, int(verdicts[k]), (began, ended), WINDOWS)
            if turn == Turn.BEGUN and len(before):
                s.onset[relation] = s.onset[before[0]]  # it joins what the feed is said to have
            if turn != Turn.NONE:
                turned = turned or (relation, low[:, k], high[:, k])
        if turned and bool(len(before)) != s.active[of_feed].any():
            events.append(_event(v, *turned, ended))
    return events


def _event(v: Contradictions, i: int, low: Numbers, high: Numbers, time: int) -> Event:
    r, s = v.relations[i], v.found
    low, high = low.astype(np.float64), high.astype(np.float64)
    active = bool(s.active[i])
    detail = {"reason": r.sort.tell(r.phase, low, high)} if active else {}
    return Event(
        time=time,
        kind=EventKind.VALUE_IMPLAUSIBLE,
        subject=r.device,
        point=r.feed,
        active=active,
        onset=(int(s.onset[i, 0]), int(s.onset[i, 1])),
        ended=None if active else (int(s.bad[i]), int(s.good[i])),
        magnitude=float(low[0] + high[0]) / 2,
        evidence=tuple(
            Evidence(r.device, q, float(m), time) for q, m in zip(r.quantities, (low + high) / 2, strict=True)
        ),
        detail={"relation": r.sort.name, **detail},
    )
