"""How a voltage moves inside its limits: rapid changes, slow shifts, and swings that make a supply unstable.

A rapid voltage change (IEC 61000-4-30:2015 5.11) goes from one steady level to another without crossing the limits of
dips and swells. A shift is the same, slowly: told as a change that is `gradual`. A supply is unstable where its
voltage swings to and fro from sample to sample (`oscillation`), or its windows scatter far more than they used to
(`spread`). All is held against what is usual of that column, its sliding reference and its noise, so that neither a
site's wrong nominal nor a noisy sensor tells stories.
"""

from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np
from numpy.typing import NDArray

from detectors.event import Event, Evidence
from detectors.feeds import judged_feeds
from detectors.layout import Layout
from detectors.screen import Screen, carried_on
from detectors.state import copied
from detectors.step_rows import Level, Mover, Turn, moving
from detectors.step_state import (
    CHANGE,
    FINDINGS,
    GRADUAL,
    OSCILLATES,
    RAPID,
    SCATTER,
    SCATTERS,
    TIMES_USUAL,
    UNREST,
    WINDOWS,
    Movement,
    Scatter,
    Standing,
    StepLimits,
    Steps,
    movement,
)
from detectors.windows import Floats, Places
from telemetry.block import Quality, SampleBlock

_NAN = np.float32(np.nan)

Bools = NDArray[np.bool_]


class StepDetector:
    """Rapid voltage changes, slow shifts, oscillation and scatter of every judged feed."""

    def start(self, layout: Layout) -> Steps:
        """Before the first row: nothing is known."""
        feeds = judged_feeds(layout)
        owner, form = np.nonzero(feeds.columns >= 0)
        columns = feeds.columns[owner, form]
        keys = tuple(f"{layout.channels[c].device}/{layout.channels[c].quantity}" for c in columns)
        n, f = len(columns), len(feeds.names)
        return Steps(
            feeds,
            StepLimits.of(layout.site),
            layout.channels,
            columns,
            owner,
            movement(keys),
            Scatter(keys, np.zeros(n, np.int8), np.zeros(n, np.int64)),
            Standing(
                feeds.keys,
                columns=np.zeros((f, 2), np.int8),
                onset=np.zeros((f, 2, 2), np.int64),
                far=np.zeros((f, 2), np.float32),
                usual=np.zeros((f, 2), np.float32),
                why=np.zeros((f, 2), np.int8),
            ),
        )

    def step(self, state: Steps, block: SampleBlock, screen: Screen) -> tuple[Steps, Sequence[Event]]:
        """Judge the block's rows."""
        if not len(state.columns):
            return state, ()
        after = replace(state, movement=copied(state.movement), scatter=copied(state.scatter))
        turns = _moves(after, block, screen) + _scatters(after, screen)
        if not turns:
            return after, ()
        after.standing = copied(state.standing)
        return after, sorted(_events(after, block, turns), key=lambda e: e.order)


def _moves(v: Steps, block: SampleBlock, screen: Screen) -> list[Turn]:
    """What the samples of the columns that move show, piece by piece."""
    m, entry, edges = v.movement, screen.usual.tracked.entry[v.columns], screen.pieces.edges.tolist()
    suspects = _suspects(v, screen, entry)
    turns: list[Turn] = []
    followed = np.zeros(len(v.columns), bool)  # those that the piece before wrote down
    for p, (a, b) in enumerate(zip(edges[:-1], edges[1:], strict=True)):
        at = np.flatnonzero(suspects[p] | moving(m))
        fresh = at[~followed[at]]
        if p and len(fresh):
            _write(m, fresh, _samples_before(v, block, screen, fresh, a))
        followed[:] = False
        if not len(at):
            continue
        level = Level.of(*(f[p, entry[at]] for f in (screen.usual.reference, screen.usual.noise, screen.usual.base)))
        own = Movement((), *(getattr(m, f.name)[at] for f in fields(Movement) if f.name != "keys"))
        volts, new = block.values[a:b, v.columns[at]], block.quality[a:b, v.columns[at]] == Quality.GOOD
        some = np.flatnonzero(moving(own) | _jumps(own, volts, level, v.limits))
        if not len(some):
            continue
        at, level, volts, new = at[some], level.where(some), volts[:, some], new[:, some]
        own = Movement((), *(getattr(own, f.name)[some] for f in fields(Movement) if f.name != "keys"))
        mover = Mover(own, level, v.limits, at)
        for row in range(a, b):
            mover.take(row, int(block.times[row]), volts[row - a], new[row - a])
        for f in fields(Movement):
            if f.name != "keys":
                getattr(m, f.name)[at] = getattr(own, f.name)
        followed[at] = True
        turns += mover.turns
    rest = np.flatnonzero(~followed)
    _write(m, rest, _samples_before(v, block, screen, rest, len(block)))
    return turns


def _suspects(v: Steps, screen: Screen, entry: Places) -> Bools:
    """(P, C) the columns of which something can begin in a piece: a jump, or a value far from usual."""
    usual, pieces = screen.usual, screen.pieces
    reference, noise = usual.reference[:, entry], usual.noise[:, entry]
    low, high = pieces.low[:, v.columns], pieces.high[:, v.columns]
    room = Level.room_of(noise)
    jump = np.maximum(min(v.limits.step, v.limits.swing) * reference, room)
    shift = np.maximum(v.limits.shift * reference, room)
    with np.errstate(invalid="ignore"):
        found = (low <= reference - shift) | (high >= reference + shift)
        # A jump may be from the last sample before the piece.
        before = np.fmin(v.movement.last, v.movement.before_last), np.fmax(v.movement.last, v.movement.before_last)
        lowest = np.fmin(low, np.concatenate((before[0][None], pieces.low[:-1, v.columns])))
        highest = np.fmax(high, np.concatenate((before[1][None], pieces.high[:-1, v.columns])))
        found |= highest - lowest >= jump
    # Where the piece before holds nothing, the last sample is older than that.
    found[1:] |= np.isnan(pieces.low[:-1, v.columns])
    return found & ~np.isnan(jump)


def _jumps(m: Movement, volts: Floats, level: Level, limits: StepLimits) -> Bools:
    """(n,) whether anything can begin in these rows: from one sample to the next, or far from usual."""
    if np.isnan(volts).any():
        volts = carried_on(volts, m.last)
    with np.errstate(invalid="ignore"):
        inside = level.inside(volts)
        by = np.abs(np.diff(np.concatenate((level.inside(m.last)[None], inside)), axis=0))
        found = (by >= level.threshold(min(limits.step, limits.swing))).any(axis=0)
        found |= (np.abs(inside - level.usual) >= level.threshold(limits.shift)).any(axis=0)
    return np.asarray(found, bool)


def _samples_before(
    v: Steps, block: SampleBlock, screen: Screen, at: Places, row: int
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """The newest two samples of these columns before a row of the block, and the time of the last."""
    m, columns = v.movement, v.columns[at]
    last, before_last, sampled = m.last[at], m.before_last[at], m.sampled[at]
    missing = np.full(len(at), 2)  # how many are still looked for
    spoiled = screen.spoiled[columns]
    old_last = last.copy()
    for r in range(row - 1, -1, -1):
        wanted = missing > 0
        if not wanted.any():
            return last, before_last, sampled
        here = wanted & (~spoiled | (block.quality[r, columns] == Quality.GOOD))
        volts = block.values[r, columns]
        newest = here & (missing == 2)
        last, sampled = np.where(newest, volts, last), np.where(newest, block.times[r], sampled)
        before_last = np.where(here & (missing == 1), volts, before_last)
        missing = missing - here
    before_last = np.where(missing == 1, old_last, before_last)
    return last, before_last, sampled


def _write(m: Movement, at: Places, samples: tuple[Floats, Floats, NDArray[np.int64]]) -> None:
    m.last[at], m.before_last[at], m.sampled[at] = samples


def _scatters(v: Steps, screen: Screen) -> list[Turn]:
    """Windows that scatter far more than they used to."""
    s, usual, edges = v.scatter, screen.usual, screen.pieces.edges
    place = np.full(len(screen.low), -1)
    place[v.columns] = np.arange(len(v.columns))
    turns: list[Turn] = []
    for w in screen.windows:
        own = np.flatnonzero(place[w.columns] >= 0)
        at = place[w.columns[own]]
        if not len(w) or not len(at):
            continue
        piece = np.searchsorted(edges, w.stops, side="right") - 1
        entry = usual.tracked.entry[v.columns[at]]
        low, high = w.low[:, own], w.high[:, own]
        with np.errstate(invalid="ignore"):
            spread, reference = high - low, usual.reference[piece][:, entry]
            wide = spread >= np.maximum(
                np.float32(SCATTER) * reference, np.float32(TIMES_USUAL) * usual.noise[piece][:, entry]
            )
        if not wide.any() and not s.windows[at].any():
            continue
        base = usual.base[piece][:, entry]
        flagged = ~((low >= np.float32(0.9) * base) & (high <= np.float32(1.1) * base))
        for k in range(len(w)):
            was, judged = s.windows[at], ~flagged[k]
            counted = np.where(wide[k], np.minimum(was + 1, WINDOWS), 0)
            now = np.where(judged, counted, was).astype(np.int8)
            s.since[at] = np.where(judged & wide[k] & (was == 0), w.times[k], s.since[at])
            s.windows[at] = now
            for i in np.flatnonzero((now >= WINDOWS) & (was < WINDOWS)).tolist():
                since, far, of = int(s.since[at[i]]), float(spread[k, i] / reference[k, i]), float(reference[k, i])
                turns.append(Turn(int(w.stops[k]), int(at[i]), SCATTERS, True, (since, since), far, of))
            over = np.flatnonzero((now < WINDOWS) & (was >= WINDOWS)).tolist()
            turns += [Turn(int(w.stops[k]), int(at[i]), SCATTERS, begins=False) for i in over]
    return turns


def _events(v: Steps, block: SampleBlock, turns: list[Turn]) -> list[Event]:
    """What begins and is over of feeds: with the first of its columns, and with the last."""
    s, events = v.standing, []
    order = sorted(turns, key=lambda t: (t.row, not t.begins, -abs(t.part), v.movement.keys[t.column]))
    for turn in order:
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
    far, column = float(s.far[feed, finding]), int(v.columns[turn.column])
    why = int(s.why[feed, finding])
    detail: dict[str, object] = {"reference": round(float(s.usual[feed, finding]), 1)}
    if finding == CHANGE:
        detail |= {"change": round(far, 4)} | ({"gradual": True} if why == GRADUAL else {})
    else:
        detail |= {"why": "oscillation" if why == OSCILLATES else "spread", "swing": round(far, 4)}
    known = block.quality[turn.row, column] == Quality.GOOD
    return Event(
        time=time,
        kind=FINDINGS[finding],
        subject=device,
        point=point,
        active=turn.begins,
        onset=(int(s.onset[feed, finding, 0]), int(s.onset[feed, finding, 1])),
        ended=None if turn.begins else (time, time),
        magnitude=abs(far),
        evidence=(Evidence(device, v.channels[column].quantity, float(block.values[turn.row, column]), time),)
        if known
        else (),
        detail=detail,
    )
