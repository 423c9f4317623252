"""What is usual of a column: its sliding reference and its noise, learnt from windows.

The reference is the median of the last five windows' middles (IEC 61000-4-30:2015 5.4.4 has a sliding reference
beside the declared voltage). Windows in which a supply is outside its limits are not learnt from, so it stands
still during an event. The noise is a running median of the windows' spreads that moves by one step of 2 % a
window, and not at all by a window of a voltage that is wild: no unrest, however long, makes itself usual.

A column that has never been near the site's nominal voltage, but stands steadily elsewhere, is judged against where it
stands; against the site's nominal again as soon as it stands there: it had been a supply that was low from the
beginning, not a wrong entry in the site file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from detectors.feeds import judged_feeds
from detectors.layout import SQRT3, Layout
from detectors.state import State, copied
from detectors.windows import Floats, Pieces, Places, Windows
from device_profiles.quantities import PHASE_TO_PHASE, Kind, quantity
from telemetry.nominal import STANDARD_VOLTAGES

MEDIAN_OF = 5  # windows: 80 polls
LOW, HIGH = np.float32(0.9), np.float32(1.1)  # of nominal: a window inside is learnt from (IEEE 1159-2019 table 2)
WIDEST = np.float32(0.2)  # of nominal: no noise widens the limits further
_ALIVE = np.float32(0.2)  # of nominal: below, a feed is not on
_PER_SPREAD = np.float32(1.7)  # limits stand so many spreads away: six sigma (16 samples of noise spread over 3.5)
_STEP = np.float32(1.02)  # of the noise, a window
_BACK = np.float32(1) / _STEP
_WILD = np.float32(2.5)  # times its noise, what no window of a quiet sensor reaches
_UNREST = np.float32(0.035)  # and of its base, so much that it matters
_STEADY = np.float32(0.03)  # of the reference: five windows within it are steady
_NEAR = 0.06  # of a standard voltage: what reads so is meant to be that
_NAN = np.float32(np.nan)
_LEAST = np.float32(1e-6)  # noise is no less: a constant has none, and a logarithm must not run away
_AT_A_TIME = 1 << 14  # columns learnt at a time: what fits a cache
_JUDGED = ("voltage", "current", "realpower", "frequency")

_STANDARD = np.array(STANDARD_VOLTAGES, np.float32)


@dataclass(slots=True)
class Learnt(State):
    """Entries along the tracked columns, by `device/quantity`.

    middles: (n, 5) of the last windows that were learnt from, newest last; NaN where there was none
    noise: usual spread of a window; NaN before the first
    windows: learnt from, counted up to five
    base: V that the column is meant to read; NaN where that is not known or changes
    proper: it has been near its base at some time
    steady: the last window was learnt from
    returned: windows in a row near the site's nominal, while the base is another
    """

    middles: Floats
    noise: Floats
    windows: NDArray[np.int8]
    base: Floats
    proper: NDArray[np.bool_]
    steady: NDArray[np.bool_]
    returned: NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Tracked:
    """The columns that are tracked, n of them.

    columns: (n,) of the stream
    entry: (N,) where each column of the stream stands among them; -1 where it is not tracked
    nominal: (n,) V by the site; NaN where none is judged
    part: (n,) what a standard voltage is to be multiplied with: √3 between phases, else 1
    by_rows: rows of a window → (entries, places among that window's columns)
    """

    columns: Places
    entry: Places
    nominal: Floats
    part: Floats
    by_rows: Mapping[int, tuple[Places, Places]]


@dataclass(slots=True)
class Learning:
    """The state."""

    tracked: Tracked
    learnt: Learnt


@dataclass(frozen=True, slots=True)
class Usual:
    """What was usual of the tracked columns in each piece of a block, by the windows that were over before it.

    reference: (P, n) NaN while too little is known, and where the last window was not learnt from: what is steady
        anew is no change of what was
    noise: (P, n) usual spread of a window
    base: (P, n) V that each is judged against; not the site's where that is wrong for certain
    """

    tracked: Tracked
    reference: Floats
    noise: Floats
    base: Floats

    def any_noisy(self, limit: float) -> bool:
        """Whether the noise of any column reaches a limit, given in parts of the base."""
        with np.errstate(invalid="ignore"):
            return bool((self.noise * _PER_SPREAD > np.float32(limit) * self.base).any())

    def bases(self, entries: Places | slice) -> tuple[Floats, Floats]:
        """(n,) lowest and highest base that these entries had in this block: the same, but where one was corrected."""
        if self.base.strides[0] == 0 or len(self.base) == 1:
            own = self.base[0, entries]
            return own, own
        own = self.base[:, entries]
        return own.min(axis=0), own.max(axis=0)


def noise_room(noise: Floats, base: Floats) -> Floats:
    """Parts of the base by which limits stand away from it where a sensor is noisy; NaN where nothing is known."""
    return np.asarray(np.minimum(noise * _PER_SPREAD / base, WIDEST), np.float32)


def tracked_columns(layout: Layout) -> Places:
    """(n,) the columns of which something is usual: measurements that move with the supply or the load."""
    judged = [quantity(c.quantity).kind is Kind.MEASUREMENT and c.quantity.endswith(_JUDGED) for c in layout.channels]
    return np.flatnonzero(judged)


def start(layout: Layout, lengths: Mapping[int, Places]) -> Learning:
    """Before the first window; `lengths` are those of `Windowing`."""
    nominal = np.full(len(layout.channels), np.nan, np.float32)
    feeds = judged_feeds(layout)
    nominal[feeds.columns[feeds.columns >= 0]] = feeds.nominal[feeds.columns >= 0]
    columns = tracked_columns(layout)
    n = len(columns)
    entry = np.full(len(layout.channels), -1, np.int64)
    entry[columns] = np.arange(n)
    by_rows = {rows: (entry[own][entry[own] >= 0], np.flatnonzero(entry[own] >= 0)) for rows, own in lengths.items()}
    learnt = Learnt(
        tuple(f"{layout.channels[c].device}/{layout.channels[c].quantity}" for c in columns),
        np.full((MEDIAN_OF, n), np.nan, np.float32).T,  # a window's middles stand together
        np.full(n, np.nan, np.float32),
        np.zeros(n, np.int8),
        nominal[columns],
        np.isnan(nominal[columns]),
        np.zeros(n, bool),
        np.zeros(n, np.int8),
    )
    to_line = [any(f".{p}." in layout.channels[c].quantity for p in PHASE_TO_PHASE) for c in columns]
    part = np.where(np.array(to_line, bool), np.float32(SQRT3), np.float32(1))
    return Learning(Tracked(columns, entry, nominal[columns], part, by_rows), learnt)


def step(state: Learning, windows: tuple[Windows, ...], pieces: Pieces) -> tuple[Learning, Usual]:
    """Learn from the windows that ended in a block, and say what was usual in each of its pieces."""
    after = replace(state, learnt=copied(state.learnt))
    starts, n = pieces.edges[:-1], len(state.tracked.columns)
    whole: tuple[Floats, ...] | None = None
    for w in windows:
        entries, places = state.tracked.by_rows[w.rows]
        found = _learn(after.learnt, state.tracked, w, entries, places)
        known = np.searchsorted(w.stops, starts, side="right")  # windows that were over when each piece began
        if len(entries) == n:
            if known[-1] - known[0] == len(known) - 1:  # a window to a piece: no copy
                return after, Usual(state.tracked, *(f[known[0] : known[-1] + 1] for f in found))
            return after, Usual(state.tracked, *(f[known] for f in found))
        whole = whole or tuple(np.full((len(starts), n), np.nan, np.float32) for _ in found)
        for target, f in zip(whole, found, strict=True):
            target[:, entries] = f[known]
    whole = whole or tuple(np.full((len(starts), n), np.nan, np.float32) for _ in range(3))
    return after, Usual(state.tracked, *whole)


def _learn(s: Learnt, tracked: Tracked, w: Windows, entries: Places, places: Places) -> tuple[Floats, Floats, Floats]:
    """(K + 1, n) reference, noise and base: before the first window, and after each; the state is written into."""
    n, every, all_places = len(entries), len(entries) == len(s.noise), len(places) == w.low.shape[1]
    reference, noise = np.empty((len(w) + 1, n), np.float32), np.empty((len(w) + 1, n), np.float32)
    before = s.base.copy() if every else s.base[entries]
    corrected: Floats | None = None
    for start_ in range(0, n, _AT_A_TIME):
        part = slice(start_, min(n, start_ + _AT_A_TIME))
        own = part if every else entries[part]
        of = part if all_places else places[part]
        seen = (w.low[:, of], w.high[:, of], w.seen[:, of].min(axis=0) * 2 >= w.rows if len(w) else None)
        rest = _learn_quietly(s, own, seen, reference[:, part], noise[:, part])
        if not len(rest):
            continue
        at = start_ + rest
        all_of_it = len(rest) == part.stop - part.start
        own_rest, place = (own, of) if all_of_it else (entries[at], places[at])
        enough = w.seen[:, place] * 2 >= w.rows
        into = part if all_of_it else at
        reference[:, into], noise[:, into], bases = _learn_slowly(
            s, tracked, own_rest, (w.low[:, place], w.high[:, place], enough)
        )
        if bases is not None:
            corrected = np.repeat(before[None], len(w) + 1, axis=0) if corrected is None else corrected
            corrected[:, into] = bases
    return reference, noise, np.broadcast_to(before, reference.shape) if corrected is None else corrected


def _learn_quietly(
    s: Learnt,
    own: Places | slice,
    seen: tuple[Floats, Floats, NDArray[np.bool_] | None],
    reference: Floats,
    noise: Floats,
) -> Places:
    """Write (K + 1, m) of the columns whose windows are all to be learnt from; the others are returned."""
    low, high, enough = seen
    if enough is None:
        return np.arange(reference.shape[1])
    base, middles, quiet = s.base[own], s.middles[own], s.noise[own]
    middle, spread = (low + high) * np.float32(0.5), high - low
    inside = low.min(axis=0) >= LOW * base
    inside &= high.max(axis=0) <= HIGH * base
    inside |= np.isnan(base) & ~np.isnan(middle.sum(axis=0))
    inside &= enough & (s.windows[own] == MEDIAN_OF) & s.proper[own] & s.steady[own] & (s.returned[own] == 0)
    rest = np.flatnonzero(~inside)
    if 2 * len(rest) > len(inside):
        return np.arange(len(inside))  # picking the others out would cost more
    history = np.concatenate((middles.T, middle))
    reference[:] = _medians(history)
    noise[0], unrest = quiet, _UNREST * base
    for k in range(len(middle)):
        np.maximum(noise[k] * _stepped(spread[k], noise[k], unrest), _LEAST, out=noise[k + 1])
    if not len(rest):
        s.middles[own], s.noise[own] = history[-MEDIAN_OF:].T, noise[-1]
    else:
        s.middles[own] = np.where(inside, history[-MEDIAN_OF:], middles.T).T
        s.noise[own] = np.where(inside, noise[-1], quiet)
    return rest


def _learn_slowly(
    s: Learnt, tracked: Tracked, entries: Places | slice, seen: tuple[Floats, Floats, NDArray[np.bool_]]
) -> tuple[Floats, Floats, Floats | None]:
    """Window by window, for columns of which some window is not to be learnt from, or too little is known.

    Args:
        s: is written into
        tracked: all columns
        entries: (m,) which are learnt from
        seen: (K, m) lowest, highest, whether enough samples came

    Returns:
        (K + 1, m) reference, noise and base; None for the base where no column's was corrected.
    """
    lows, highs, enough = seen
    middles, quiet, count = s.middles[entries].T, s.noise[entries], s.windows[entries].copy()
    base, proper, steady = s.base[entries].copy(), s.proper[entries].copy(), s.steady[entries]
    returned, site = s.returned[entries].copy(), tracked.nominal[entries]
    reference, noise, bases = (np.empty((len(lows) + 1, len(quiet)), np.float32) for _ in range(3))
    judged = ~np.isnan(base)
    for k in range(len(lows) + 1):
        settled = count == MEDIAN_OF
        reference[k] = np.where(settled & steady, _median(middles), _NAN)
        noise[k], bases[k] = np.where(settled, quiet, _NAN), base
        if k == len(lows):
            break
        low, high = lows[k], highs[k]
        middle, spread = (low + high) * np.float32(0.5), high - low
        room = np.where(settled, noise_room(quiet, base) * base, np.float32(0))
        inside = (low >= np.fmin(LOW * base, base - room)) & (high <= np.fmax(HIGH * base, base + room))
        every_proper = bool((settled & proper).all())
        # Before its noise is known, a window near the base is inside.
        near = inside if every_proper else _near(low, high, base)
        fits = inside if every_proper else np.where(proper, inside | (near & ~settled), middle > _ALIVE * base)
        steady = learns = enough[k] & np.where(judged, fits, ~np.isnan(middle))
        middles = np.where(learns, np.concatenate((middles[1:], middle[None])), middles)
        moved = quiet * _stepped(spread, quiet, _UNREST * base)
        # The quietest of the first five windows: a disturbance at the start is not taken for the sensor's noise.
        least = moved if every_proper else np.where(settled, moved, np.fmin(quiet, spread))
        quiet = np.where(learns, np.maximum(least, _LEAST), quiet)
        if every_proper and not (judged & (base != site)).any():
            continue
        count = np.where(learns & ~settled, count + 1, count).astype(np.int8)
        proper |= learns & near
        elsewhere = (base != site) & _near(low, high, site) & ~inside
        returned = np.where(enough[k], np.where(elsewhere, returned + 1, 0), returned).astype(np.int8)
        if len(back := np.flatnonzero(returned == MEDIAN_OF)):
            base[back], proper[back], returned[back] = site[back], True, 0
            middles[:, back], count[back] = np.nan, 0  # what was usual of a low supply is not of this one
        if len(strange := np.flatnonzero(~proper & (count == MEDIAN_OF))):
            part = tracked.part[entries][strange]
            base[strange] = _corrected(base[strange], middles[:, strange], part)
            proper[strange] = base[strange] != bases[k, strange]
    s.middles[entries], s.noise[entries], s.windows[entries] = middles.T, quiet, count
    s.base[entries], s.proper[entries], s.steady[entries] = base, proper, steady
    s.returned[entries] = returned
    kept = (bases == bases[0]) | ~judged
    return reference, noise, None if kept.all() else bases


def _stepped(spread: Floats, noise: Floats, unrest: Floats) -> Floats:
    """The factor of the noise, up or back; 1 for what is wild.

    By arithmetic: to choose by what nobody can foresee costs far more.
    """
    factor = (spread > noise).astype(np.float32)
    factor *= _STEP - _BACK
    factor += _BACK
    if (wide := spread > unrest).any():  # unknown, and so never, where the column has no base
        factor -= (_STEP - np.float32(1)) * (wide & (spread > _WILD * noise))
    return factor


def _near(low: Floats, high: Floats, base: Floats) -> NDArray[np.bool_]:
    """Whether a window's middle is near a base, and it did not only pass there."""
    middle = (low + high) * np.float32(0.5)
    return np.asarray((middle >= LOW * base) & (middle <= HIGH * base) & (high - low <= WIDEST * base), bool)


def _corrected(base: Floats, middles: Floats, part: Floats) -> Floats:
    """The base of columns that have never been near it: where they stand steadily elsewhere, the standard voltage there."""
    reads = _median(middles)
    elsewhere = (np.ptp(middles, axis=0) <= _STEADY * reads) & ((reads < LOW * base) | (reads > HIGH * base))
    nearest = _STANDARD[np.abs(_STANDARD * part[:, None] - reads[:, None]).argmin(axis=1)] * part
    meant = np.where(np.abs(nearest - reads) <= _NEAR * nearest, nearest, reads)
    return np.where(elsewhere, meant, base)


def _median(five: Floats) -> Floats:
    """(n,) the median of (5, n)."""
    return np.asarray(_medians(five)[0], np.float32)


def _medians(middles: Floats) -> Floats:
    """(M - 4, n) the median of each five (M, n) rows that follow one another; NaN where any is."""
    lower, upper = np.minimum(middles[:-1], middles[1:]), np.maximum(middles[:-1], middles[1:])
    # Of two pairs: neither the lowest nor the highest of the four is the median, so three are left.
    a, b, c = np.maximum(lower[:-3], lower[2:-1]), np.minimum(upper[:-3], upper[2:-1]), middles[4:]
    return np.asarray(np.maximum(np.minimum(a, b), np.minimum(np.maximum(a, b), c)), np.float32)
