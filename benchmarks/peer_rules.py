"""The rules that others watch a voltage with, each as: the samples at which it would speak up anew.

Parameters are those that the programs ship or that textbooks give; none is tuned to a stream. A statistical rule
keeps learning while it alarms, as the plain form of each does. What has to be calibrated is, on the first third of
the same supply without events.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import signal

Values: TypeAlias = NDArray[np.float64]
Onsets: TypeAlias = NDArray[np.int64]
NORMAL_MAD = 1.4826  # standard deviations of a normal distribution in its median absolute deviation
PIECE = 50_000  # windows whose median is taken at once


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule and where it is from.

    onsets: from the (n,) answered values of one series, V, to the sorted indices at which it begins to be true
    """

    name: str
    source: str
    onsets: Callable[[Values], Onsets]


def rules(sound: Values, interval: float, nominal: float = 230.0) -> tuple[Rule, ...]:
    """Every rule for a series with a sample each `interval` seconds; without the one whose library is missing.

    Args:
        sound: (n,) V, the supply without events, to calibrate on
        interval: s; the programs with a poll interval of their own see only every so many samples
        nominal: V, for the rule with limits around it
    """
    usual = sound[: len(sound) // 3]
    spread = float(np.nanstd(residual(usual)))
    found = (
        Rule("Zabbix APC, 15 min", "template apc_ups_snmp, a poll a minute", polled(zabbix, 60 / interval)),
        Rule("LibreNMS ±15 % of first", "HasThresholds.php, a poll each 5 min", polled(librenms, 300 / interval)),
        Rule("static ±10 % of 230 V", "EN 50160, IEEE 1159", lambda v: rising(np.abs(v / nominal - 1) > 0.1)),
        Rule("sliding median 60, ±5 %", "IEC 61000-4-30 5.4 in its plainest form", sliding_reference),
        Rule("rolling z 120, 6", "textbook", rolling_z),
        Rule("Hampel 121, 6 MAD", "Hampel 1974, trailing", hampel),
        Rule("EWMA chart 0.2, L 6", "Roberts 1959", lambda v: ewma_chart(residual(v) / spread)),
        Rule("CUSUM k 1, h 12", "Page 1954", lambda v: cusum(residual(v) / spread)),
    )
    trees = half_space_trees(usual)
    return found if trees is None else (*found, Rule("River half-space trees, q 0.9999", "river.anomaly", trees))


def rising(state: NDArray[np.bool_]) -> Onsets:
    """Indices at which a condition becomes true."""
    return np.flatnonzero(state & ~np.concatenate([[False], state[:-1]]))


def polled(rule: Callable[[Values], Onsets], samples: float) -> Callable[[Values], Onsets]:
    """A rule that sees every so many samples only, as its program polls."""
    step = max(1, round(samples))
    return lambda values: rule(values[::step]) * step


def zabbix(values: Values) -> Onsets:
    """`min(V,15m) > 0 and (min(V,15m) > 243 or max(V,15m) < 197)`, V a minute apart."""
    window = sliding_window_view(values, 15)
    lowest, highest = window.min(axis=1), window.max(axis=1)
    return rising((lowest > 0) & ((lowest > 243) | (highest < 197))) + 14


def librenms(values: Values) -> Onsets:
    """Limits of 85 and 115 % guessed from the first value that was ever seen."""
    return rising((values < 0.85 * values[0]) | (values > 1.15 * values[0]))


def before(statistic: Callable[[NDArray[np.float64]], NDArray[np.float64]], values: Values, size: int) -> Values:
    """(n,) a statistic of the `size` samples before each; NaN where there are not as many."""
    windows = sliding_window_view(values, size)[:-1]
    pieces = [statistic(windows[i : i + PIECE]) for i in range(0, len(windows), PIECE)]
    return np.concatenate([np.full(size, np.nan), *pieces])


def median(windows: NDArray[np.float64]) -> Values:
    """(n,) of (n, size)."""
    return np.asarray(np.median(windows, axis=1))


def mad(windows: NDArray[np.float64]) -> Values:
    """(n,) median absolute deviation of (n, size)."""
    return median(np.abs(windows - median(windows)[:, None]))


def sliding_reference(values: Values) -> Onsets:
    """More than 5 % from the median of the 60 samples before."""
    return rising(np.abs(values / before(median, values, 60) - 1) > 0.05)


def rolling_z(values: Values) -> Onsets:
    """More than 6 standard deviations from the mean of the 120 samples before."""
    mean = before(lambda w: np.asarray(w.mean(axis=1)), values, 120)
    spread = before(lambda w: np.asarray(w.std(axis=1)), values, 120)
    return rising(np.abs(values - mean) > 6 * spread)


def hampel(values: Values) -> Onsets:
    """More than 6 scaled MAD from the median of the 121 samples before."""
    centre, spread = before(median, values, 121), before(mad, values, 121)
    return rising(np.abs(values - centre) > 6 * NORMAL_MAD * spread)


def residual(values: Values) -> Values:
    """(n,) V, distance from the median of the 60 samples before; 0 where there are not as many."""
    return np.nan_to_num(values - before(median, values, 60))


def ewma_chart(z: Values) -> Onsets:
    """An exponentially weighted mean (0.2) of a residual in standard deviations is outside 6 of its own."""
    weight = 0.2
    smooth = signal.lfilter([weight], [1.0, weight - 1.0], z)  # type: ignore[attr-defined]
    return rising(np.abs(smooth) > 6 * np.sqrt(weight / (2 - weight)))


def cusum(z: Values) -> Onsets:
    """The two-sided cumulative sum of what a residual has beyond 1 standard deviation passes 12 and begins anew."""
    up = down = 0.0
    found = []
    for i, away in enumerate(z.tolist()):
        up, down = max(0.0, up + away - 1.0), max(0.0, down - away - 1.0)
        if up > 12.0 or down > 12.0:
            found.append(i)
            up = down = 0.0
    return np.array(found, np.int64)


def half_space_trees(usual: Values) -> Callable[[Values], Onsets] | None:
    """The score of River's trees (its own defaults) above the 0.9999 quantile of the usual; None without River.

    They see what a voltage is, from nothing to twice 230 V, and how it has changed, within ±10 %.
    """
    try:
        from river.anomaly import HalfSpaceTrees  # noqa: PLC0415 - of the group `bench`
    except ImportError:
        return None

    def scores(values: Values) -> Values:
        trees: Any = HalfSpaceTrees(seed=1)
        level = np.clip(values / 460, 0, 1).tolist()
        change = np.clip(0.5 + np.diff(values, prepend=values[0]) / 46, 0, 1).tolist()
        found = np.zeros(len(values))
        for i, (v, d) in enumerate(zip(level, change, strict=True)):
            sample = {"level": v, "change": d}
            found[i] = trees.score_one(sample)
            trees.learn_one(sample)
        return found

    limit = np.quantile(scores(usual)[2 * HalfSpaceTrees().window_size :], 0.9999)
    return lambda values: rising(scores(values) > limit)
