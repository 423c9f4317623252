"""How long a battery lasts: from the slope of its charge, and from the UPS's own figure where that behaves.

The charge is a figure in steps (whole percents, mostly). What is exact is when it changes: so the slope is fitted,
by least squares, through the instants of its changes. A change that comes well before or after its time twice in a
row is a new slope (the load doubled, a string gave out): what was before is forgotten.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.row import Row
from detectors.state import State
from detectors.wiring import UpsWiring
from telemetry.block import SECOND

POINTS = 32
WINDOW = 60 * SECOND  # older changes than this are forgotten, as long as three are left
STALE = 75 * SECOND  # a runtime in whole minutes stands still for one
WATCHED = 30 * SECOND  # so long a figure has to fall before its own pace says anything
FASTER = 1.1  # s of runtime a s: a figure that falls faster than this ends early, by as much
SLOWEST = 0.3  # s of runtime a s: a figure that falls slower does not tell of this discharge


@dataclass(slots=True)
class Batteries(State):
    """Discharges under way, by UPS.

    at, charge: (U, 32) µs and % of the last changes of the charge figure, oldest first; count: (U,) how many
    figure: (U,) % as it stands, NaN before the first sample on battery
    strain: (U,) changes in a row that came too early (negative) or too late (positive) for the slope
    runtime: (U,) s, the UPS's own figure as it stands; NaN before the first sample on battery
    runtime_at: (U,) µs when it last changed; runtime_step: (U,) s that it fell then; falls: (U,) in a row
    runtime_first, runtime_since: (U,) s and µs of the first fall in this row
    heard: (U,) µs of the last sample of either figure: what is said later than it rests on nothing new
    """

    at: NDArray[np.int64]
    charge: NDArray[np.float64]
    count: NDArray[np.int64]
    figure: NDArray[np.float64]
    strain: NDArray[np.int64]
    runtime: NDArray[np.float64]
    runtime_at: NDArray[np.int64]
    runtime_step: NDArray[np.float64]
    falls: NDArray[np.int64]
    runtime_first: NDArray[np.float64]
    runtime_since: NDArray[np.int64]
    heard: NDArray[np.int64]


def start(w: UpsWiring) -> Batteries:
    """No battery is discharging."""
    n = len(w.names)

    def times() -> NDArray[np.int64]:
        return np.zeros(n, np.int64)

    return Batteries(
        w.names,
        at=np.zeros((n, POINTS), np.int64),
        charge=np.zeros((n, POINTS)),
        count=times(),
        figure=np.full(n, np.nan),
        strain=times(),
        runtime=np.full(n, np.nan),
        runtime_at=times(),
        runtime_step=np.zeros(n),
        falls=times(),
        runtime_first=np.zeros(n),
        runtime_since=times(),
        heard=times(),
    )


def step(row: Row, b: Batteries, on_battery: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Take one row's figures; (U,) µs when each battery on discharge is at its end, 0 where there is no ground to say."""
    w = row.w.upses
    b.count[~on_battery] = 0
    b.strain[~on_battery] = 0
    b.falls[~on_battery] = 0
    b.figure[~on_battery] = np.nan
    b.runtime[~on_battery] = np.nan
    b.heard[~on_battery] = 0
    ends = np.zeros(len(w.names), np.int64)
    for i in np.flatnonzero(on_battery):
        if row.new[w.charge[i]] or row.new[w.runtime[i]] or not b.heard[i]:
            b.heard[i] = row.time
        if row.new[w.charge[i]]:
            _take_charge(b, int(i), float(row.values[w.charge[i]]), row.time, int(w.poll[i]))
        if row.new[w.runtime[i]]:
            _take_runtime(b, int(i), float(row.values[w.runtime[i]]), row.time)
        now = int(b.heard[i])
        known = [end for end in (_by_slope(b, int(i), now, int(w.poll[i])), _by_runtime(b, int(i), now)) if end]
        ends[i] = max(_whole(min(known)), now) if known else 0
    return ends


def _whole(time: int) -> int:
    """To the second: more would only pretend."""
    return round(time / SECOND) * SECOND


def _take_charge(b: Batteries, i: int, charge: float, now: int, poll: int) -> None:
    before, n = b.figure[i], int(b.count[i])
    b.figure[i] = charge
    if charge > before:
        b.count[i] = b.strain[i] = 0
    if not charge < before:
        return
    if n >= 3:
        end, a_percent = _line(b, i)
        off = now - (end - a_percent * charge)
        side = 0 if abs(off) <= 1.5 * poll + 0.2 * a_percent * (before - charge) else int(np.sign(off))
        b.strain[i] = b.strain[i] + side if side * b.strain[i] > 0 else side
    if n == POINTS:
        _keep(b, i, POINTS - 1)
    n = int(b.count[i])
    b.at[i, n], b.charge[i, n], b.count[i] = now, charge, n + 1
    if abs(b.strain[i]) >= 2:
        b.strain[i] = 0
        _keep(b, i, 3)
    recent = int((now - b.at[i, : n + 1] <= WINDOW).sum())
    _keep(b, i, max(3, recent))


def _keep(b: Batteries, i: int, last: int) -> None:
    n = int(b.count[i])
    if n > last:
        for points in (b.at[i], b.charge[i]):
            points[:last] = points[n - last : n]
        b.count[i] = last


def _line(b: Batteries, i: int) -> tuple[float, float]:
    """Least squares through the changes: µs at which the charge is nothing, and µs that a percent takes."""
    n = int(b.count[i])
    last = int(b.at[i, n - 1])
    t, c = (b.at[i, :n] - last).astype(np.float64), b.charge[i, :n]
    away = c - c.mean()
    a_percent = -float((away * t).sum() / (away * away).sum())
    return last + float(t.mean()) + a_percent * float(c.mean()), a_percent


def _by_slope(b: Batteries, i: int, now: int, poll: int) -> int:
    """µs at which the charge ends by its own slope; 0 before two changes, or before they are far enough apart."""
    n = int(b.count[i])
    if n < 2 or b.at[i, n - 1] - b.at[i, 0] < 2 * poll:
        return 0
    end, a_percent = _line(b, i)
    step, waited = b.charge[i, n - 2] - b.charge[i, n - 1], now - int(b.at[i, n - 1])
    if waited > 1.5 * a_percent * step + poll:  # the next change is overdue: the slope has become flatter
        end = b.at[i, n - 1] + waited / step * b.figure[i]
    return int(end)


def _take_runtime(b: Batteries, i: int, runtime: float, now: int) -> None:
    before, waited = b.runtime[i], now - int(b.runtime_at[i])
    if runtime == before or runtime <= 0:
        return
    b.runtime[i], b.runtime_at[i] = runtime, now
    if not runtime < before:
        b.falls[i] = 0
        return
    b.runtime_step[i] = before - runtime
    reckoned_anew = b.runtime_step[i] * SECOND > 3 * waited + 10 * SECOND  # a leap says nothing of the pace
    b.falls[i] = 1 if reckoned_anew else b.falls[i] + 1
    if b.falls[i] == 1:
        b.runtime_first[i], b.runtime_since[i] = runtime, now


def _by_runtime(b: Batteries, i: int, now: int) -> int:
    """µs at which the battery ends by the UPS's figure; 0 while that cannot be believed: not seen falling, or stuck."""
    at = int(b.runtime_at[i])
    if not b.falls[i] or now - at > STALE:
        return 0
    watched, fell = at - int(b.runtime_since[i]), (b.runtime_first[i] - b.runtime[i]) * SECOND
    if watched > STALE and fell < SLOWEST * watched:
        return 0
    minutes = b.runtime[i] % 60 == 0 and b.runtime_step[i] % 60 == 0
    pace = fell / watched if watched >= WATCHED and fell > FASTER * watched else 1.0
    return at + int((b.runtime[i] + (30 if minutes else 0)) * SECOND / pace)
