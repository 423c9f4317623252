"""How a voltage moves inside its limits: rapid changes, slow shifts, and swings that make a supply unstable.

A rapid voltage change (IEC 61000-4-30:2015 5.11) goes from one steady level to another without crossing the limits of
dips and swells. A shift is the same, slowly: told as a change that is `gradual`. A supply is unstable where its
voltage swings to and fro from sample to sample (`oscillation`), or its windows scatter far more than they used to
(`spread`). All is held against what is usual of that column, its sliding reference and its noise, so that neither a
site's wrong nominal nor a noisy sensor tells stories.

The screen's extremes let few columns through, the samples inside the limits fewer; only those are judged sample by
sample.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from detectors.event import Event, Evidence
from detectors.feeds import judged_feeds
from detectors.layout import Layout
from detectors.screen import Screen
from detectors.state import copied
from detectors.step_rows import Bools, Samples, judged, remembered
from detectors.step_scatter import scattered
from detectors.step_state import (
    CHANGE,
    FINDINGS,
    GRADUAL,
    MEMORY,
    OSCILLATES,
    RAPID,
    UNREST,
    StepLimits,
    Steps,
    Turn,
    movement,
    noise_reach,
    scatter,
    standing,
)
from detectors.windows import Floats, Places, lengths_of
from telemetry.block import Quality, SampleBlock

_AT_A_TIME = 1 << 17  # values judged at a time: what fits a cache, and no storm takes memory without bound


class StepDetector:
    """Rapid voltage changes, slow shifts, oscillation and scatter of every judged feed."""

    def start(self, layout: Layout) -> Steps:
        """Before the first row: nothing is known."""
        feeds = judged_feeds(layout)
        owner, form = np.nonzero(feeds.columns >= 0)
        columns = feeds.columns[owner, form]
        keys = tuple(f"{layout.channels[c].device}/{layout.channels[c].quantity}" for c in columns)
        place = np.full(len(layout.channels), -1, np.int64)
        place[columns] = np.arange(len(columns))
        by_rows = {
            rows: (place[own][place[own] >= 0], np.flatnonzero(place[own] >= 0))
            for rows, own in lengths_of(layout).items()
        }
        return Steps(
            feeds,
            StepLimits.of(layout.site),
            layout.channels,
            columns,
            owner,
            by_rows,
            movement(keys),
            scatter(keys),
            standing(feeds.keys),
        )

    def step(self, state: Steps, block: SampleBlock, screen: Screen) -> tuple[Steps, Sequence[Event]]:
        """Judge the block's rows."""
        if not len(state.columns):
            return state, ()
        after = replace(state, movement=replace(state.movement), scatter=copied(state.scatter))
        m = after.movement
        m.episode, m.oscillates, m.rest = m.episode.copy(), m.oscillates.copy(), m.rest.copy()
        with np.errstate(invalid="ignore"):
            turns = _moves(after, block, screen) + scattered(after, screen)
            m.recent, m.times = remembered(after, block, screen)
        if not turns:
            return after, ()
        after.standing = copied(state.standing)
        return after, sorted(_events(after, block, turns), key=lambda e: e.order)


@dataclass(frozen=True, slots=True)
class _Reach:
    """What C columns have to do for anything to begin in a block, at least. Each (C,), V.

    least, most: the usual voltage
    step: from one sample to the next; shift: away from usual
    """

    least: Floats
    most: Floats
    step: Floats
    shift: Floats

    @staticmethod
    def of(v: Steps, screen: Screen) -> "_Reach":
        usual, entry = screen.usual, screen.usual.tracked.entry[v.columns]
        least, most = (pick.reduce(usual.reference, axis=0)[entry] for pick in (np.fmin, np.fmax))
        noise = noise_reach(np.fmin.reduce(usual.noise, axis=0)[entry])
        step = np.maximum(min(v.limits.step, v.limits.swing) * least, noise)
        return _Reach(least, most, step, np.maximum(v.limits.shift * least, noise))

    def passed(self, lowest: Floats, highest: Floats) -> Bools:
        """Whether values between these extremes can do it."""
        found = highest - lowest >= self.step
        found |= highest - self.least >= self.shift
        found |= self.most - lowest >= self.shift
        return np.asarray(found, bool)

    def where(self, chosen: Places) -> "_Reach":
        return _Reach(self.least[chosen], self.most[chosen], self.step[chosen], self.shift[chosen])


def _moves(v: Steps, block: SampleBlock, screen: Screen) -> list[Turn]:
    """What the samples of the columns that move show."""
    m, reach = v.movement, _Reach.of(v, screen)
    lowest, highest = np.fmin.reduce(m.recent, axis=1), np.fmax.reduce(m.recent, axis=1)
    low, high = np.fmin(lowest, screen.low[v.columns]), np.fmax(highest, screen.high[v.columns])
    suspects = np.flatnonzero(reach.passed(low, high) | m.under_way)
    if len(suspects):
        suspects = suspects[m.under_way[suspects] | _in_some_piece(v, screen, reach, suspects, (lowest, highest))]
    chosen = []
    for at in _batches(suspects, len(block)):
        inside = Samples.of(v, block, screen, at).volts
        low, high = np.fmin.reduce(inside, axis=0), np.fmax.reduce(inside, axis=0)
        passed = reach.where(at).passed(np.fmin(lowest[at], low), np.fmax(highest[at], high))
        chosen.append(at[passed | m.under_way[at]])
    if not chosen:
        return []
    return [t for at in _batches(np.concatenate(chosen), len(block)) for t in judged(v, block, screen, at)]


def _in_some_piece(v: Steps, screen: Screen, reach: _Reach, at: Places, before: tuple[Floats, Floats]) -> Bools:
    """(m,) whether anything can begin in a piece of these columns, with what they read in the two before it.

    A sample is held against the five before it, and a piece that neither begins nor ends the block has more than that
    many rows, but where rows are missing or held: then all are passed.
    """
    rows = np.diff(screen.pieces.edges)
    if len(rows) < 3 or rows[1:-1].min() < MEMORY:
        return np.ones(len(at), bool)
    columns = v.columns[at]
    low, high = screen.pieces.low.take(columns, axis=1), screen.pieces.high.take(columns, axis=1)
    low, high = (np.concatenate((b[at][None], own)) for b, own in zip(before, (low, high), strict=True))
    for _ in range(2):
        np.fmin(low[1:], low[:-1], out=low[1:])
        np.fmax(high[1:], high[:-1], out=high[1:])
    own = reach.where(at)
    return screen.spoiled[columns] | own.passed(low, high).any(axis=0)


def _batches(at: Places, rows: int) -> Iterator[Places]:
    size = max(1, _AT_A_TIME // rows)
    return (at[i : i + size] for i in range(0, len(at), size))


def _events(v: Steps, block: SampleBlock, turns: list[Turn]) -> list[Event]:
    """What begins and is over of feeds: with the first of its columns, and with the last."""
    s, events = v.standing, []
    for turn in sorted(turns, key=lambda t: (t.row, not t.begins, -abs(t.part), v.movement.keys[t.column])):
        feed, finding = int(v.owner[turn.column]), CHANGE if turn.why in {RAPID, GRADUAL} else UNREST
        s.columns[feed, finding] += 1 if turn.begins else -1
        if turn.begins and s.columns[feed, finding] == 1:
            s.onset[feed, finding], s.why[feed, finding] = turn.onset, turn.why
            s.far[feed, finding], s.usual[feed, finding] = turn.part, turn.usual
            events.append(_event(v, block, turn, feed, finding))
        elif not turn.begins and s.columns[feed, finding] == 0:
            events.append(_event(v, block, turn, feed, finding))
    return events


def _event(v: Steps, block: SampleBlock, turn: Turn, feed: int, finding: int) -> Event:
    s, time = v.standing, int(block.times[turn.row])
    device, point = v.feeds.names[feed]
    far, why, column = float(s.far[feed, finding]), int(s.why[feed, finding]), int(v.columns[turn.column])
    detail: dict[str, object] = {"reference": round(float(s.usual[feed, finding]), 1)}
    if finding == CHANGE:
        detail |= {"change": round(far, 4)} | ({"gradual": True} if why == GRADUAL else {})
    else:
        detail |= {"why": "oscillation" if why == OSCILLATES else "spread", "swing": round(far, 4)}
    sample = Evidence(device, v.channels[column].quantity, float(block.values[turn.row, column]), time)
    return Event(
        time=time,
        kind=FINDINGS[finding],
        subject=device,
        point=point,
        active=turn.begins,
        onset=(int(s.onset[feed, finding, 0]), int(s.onset[feed, finding, 1])),
        ended=None if turn.begins else (time, time),
        magnitude=abs(far),
        evidence=(sample,) if block.quality[turn.row, column] == Quality.GOOD else (),
        detail=detail,
    )
