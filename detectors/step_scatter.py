"""Windows that scatter far more than they used to: a supply that is restless without a rhythm."""

import numpy as np

from detectors.screen import Screen
from detectors.step_state import SCATTERS, Steps, Turn
from detectors.usual import HIGH, LOW
from detectors.windows import Places, Windows

_TIMES_USUAL = np.float32(4)  # the usual spread
_MANY = 3  # windows in a row


def scattered(v: Steps, screen: Screen) -> list[Turn]:
    """What begins and is over with the windows that ended in a block; the state is written into."""
    turns: list[Turn] = []
    for w in screen.windows:
        at, places = v.by_rows[w.rows]
        if not len(w) or not len(at):
            continue
        # What is less than the least of the block's windows asks for is wide in none of them.
        least = np.fmin.reduce(screen.usual.reference, axis=0)[screen.usual.tracked.entry[v.columns[at]]]
        widest = np.fmax.reduce(w.high - w.low, axis=0)[places]
        chosen = np.flatnonzero((v.scatter.windows[at] > 0) | (widest >= v.limits.scatter * least))
        if len(chosen):
            turns += _follow(v, screen, w, at[chosen], places[chosen])
    return turns


def _follow(v: Steps, screen: Screen, w: Windows, at: Places, places: Places) -> list[Turn]:
    """Window by window, for the columns `at`."""
    s, turns = v.scatter, []
    piece = np.searchsorted(screen.pieces.edges, w.stops, side="right") - 1
    entry = screen.usual.tracked.entry[v.columns[at]]
    usual = screen.usual
    reference, noise, base = (f[piece].take(entry, axis=1) for f in (usual.reference, usual.noise, usual.base))
    low, high, seen = (f.take(places, axis=1) for f in (w.low, w.high, w.seen))
    wide = high - low >= np.maximum(v.limits.scatter * reference, _TIMES_USUAL * noise)
    # A window that leaves the limits is a sag's or swell's; one that is half empty says nothing.
    judged = (low >= LOW * base) & (high <= HIGH * base) & (seen * 2 >= w.rows)
    wide &= judged
    rest = np.flatnonzero(wide.any(axis=0) | (s.windows[at] > 0))
    at, wide, judged = at[rest], wide[:, rest], judged[:, rest]
    for k in range(len(w)):
        was = s.windows[at]
        now = np.where(wide[k], np.minimum(was + 1, _MANY), np.where(judged[k], 0, was)).astype(np.int8)
        s.windows[at] = now
        s.since[at[(was == 0) & (now > 0)]] = w.begins[k], w.times[k]
        row = int(w.stops[k])
        for i in np.flatnonzero((now == _MANY) & (was < _MANY)).tolist():
            by, of = float(high[k, rest[i]] - low[k, rest[i]]), float(reference[k, rest[i]])
            since = (int(s.since[at[i], 0]), int(s.since[at[i], 1]))
            turns.append(Turn(row, int(at[i]), SCATTERS, begins=True, onset=since, part=by / of, usual=of))
        over = np.flatnonzero((now < _MANY) & (was == _MANY)).tolist()
        turns += [Turn(row, int(at[i]), SCATTERS, begins=False) for i in over]
    return turns
