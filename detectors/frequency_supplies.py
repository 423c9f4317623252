"""The supplies whose frequency is judged, and the limits of each by the type of its source.

A utility and everything behind it is held against EN 50160, a generator against ISO 8528-5 class G2, which lets it
dip and recover when load comes on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from detectors.event import EventKind
from detectors.feeds import Feeds, feeds_at, judged_feeds
from detectors.layout import Layout
from detectors.paths import of_kind, sources_behind
from device_profiles.quantities import quantity
from telemetry.site import Device

# A utility, Hz from nominal, inclusive.
LIMIT, DEADBAND = 0.5, 0.05  # EN 50160 4.2.1: 49.5 to 50.5 Hz for 99.5 % of a year
SHOWN = 0.2  # recorded: the largest steady deviation that Europe's grids are run for (Regulation (EU) 2017/1485)

# A generator, parts of nominal; ISO 8528-5 class G2.
BAND = 0.015  # its steady band: recorded
GENERATOR_LIMIT = 0.05  # alarmed: switches give up a source that is 5 % slow (UL 1008 practice)
OVER = 0.12  # above what G2 allows even while load goes off
GENERATOR_DEADBAND = 0.5  # Hz

ALIVE = 0.5  # per unit of voltage, and of frequency: below, there is no supply
_ROUNDING = 1e-4  # Hz: 50.2 has no exact single-precision value
_STATE = "generator.state"
RUNS = tuple(quantity(_STATE).code(state) for state in ("running", "cooldown"))

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Limits:
    """Of F feeds, Hz from nominal.

    nominal: (F,) Hz
    shown, shown_end: (F,) where it begins and ends to be recorded
    limit, end: (F,) where it begins and ends to count
    over: (F,) above nominal, where a generator is even for a moment too fast
    generator: (F,) whether a generator alone is behind it
    direct: (F,) whether no generator can be behind it: load steps are small beside it
    """

    nominal: Floats
    shown: Floats
    shown_end: Floats
    limit: Floats
    end: Floats
    over: Floats
    generator: Flags
    direct: Flags

    def of(self, feeds: NDArray[np.int64]) -> "Limits":
        """Those of some feeds."""
        return Limits(*(getattr(self, f.name)[feeds] for f in fields(Limits)))


@dataclass(frozen=True, slots=True)
class Supplies:
    """What is judged.

    feeds: F of them, each with a frequency
    limits: theirs
    state: (F,) column in which a generator says whether it runs, -1 for none
    volts, owner, half: (C,) every voltage column of them, whose it is, and half its nominal
    """

    feeds: Feeds
    limits: Limits
    state: NDArray[np.int64]
    volts: NDArray[np.int64]
    owner: NDArray[np.int64]
    half: Floats


def supplies(layout: Layout) -> Supplies:
    """Every supply of the layout that gives a frequency. Outputs of a UPS follow its input and are not judged again."""
    utility = judged_feeds(layout)
    utility = utility.where(
        [f >= 0 and point != "output" for f, (_, point) in zip(utility.frequency, utility.names, strict=True)]
    )
    at = _generator_points(layout)
    generators = feeds_at(layout, at)
    generators = generators.where([f >= 0 for f in generators.frequency.tolist()])
    feeds = _joined(utility, generators)
    saying = [_sayer(layout, device, point) for device, point in generators.names]
    owner, form = np.nonzero(feeds.columns >= 0)
    return Supplies(
        feeds,
        _limits(layout, feeds, len(utility.names)),
        np.array([-1] * len(utility.names) + saying, np.int64),
        feeds.columns[owner, form],
        owner,
        np.float32(ALIVE) * feeds.nominal[owner, form],
    )


def _generator_points(layout: Layout) -> list[tuple[Device, str]]:
    """Each generator's own figure; a switch's only where none of the generators behind it gives one."""
    own = [(d, "output") for d in of_kind(layout, "generator")]
    given = {d.name for d, _ in own if layout.column(d.name, "output.frequency") >= 0}
    seen = [(s, set(_generators(layout, sources_behind(layout, s)))) for s in of_kind(layout, "transfer_switch")]
    return own + [(s, "input.2") for s, behind in seen if behind and not behind & given]


def _generators(layout: Layout, names: Sequence[str]) -> list[str]:
    return [n for n in names if layout.oneline.kind(n) == "generator"]


def _sayer(layout: Layout, device: str, point: str) -> int:
    """The column in which the generator, or the switch for it, says whether it runs."""
    named = (device, *(sources_behind(layout, layout.site.device(device)) if point == "input.2" else ()))
    return next((c for n in reversed(named) if (c := layout.column(n, _STATE)) >= 0), -1)


def _joined(one: Feeds, other: Feeds) -> Feeds:
    arrays = [f.name for f in fields(Feeds) if f.name != "names"]
    return Feeds(
        one.names + other.names,
        *(np.concatenate([getattr(one, name), getattr(other, name)]) for name in arrays),
    )


def _limits(layout: Layout, feeds: Feeds, utilities: int) -> Limits:
    """The standards' figures, unless the site sets its own for utilities; the first feeds are `utilities`."""
    limit = layout.site.limit(EventKind.FREQUENCY_DEVIATION, LIMIT)
    band = layout.site.deadband(EventKind.FREQUENCY_DEVIATION, DEADBAND)
    shown = min(SHOWN, limit)
    nominal = feeds.nominal_frequency.astype(np.float64)
    behind = [{layout.oneline.kind(n) for n in _sources(layout, device, point)} for device, point in feeds.names]
    started = np.array(["generator" in kinds for kinds in behind], bool)
    alone = np.array([kinds == {"generator"} for kinds in behind], bool)
    generator = alone | (np.arange(len(nominal)) >= utilities)

    def either(utility: float, other: NDArray[np.float64]) -> Floats:
        return np.where(generator, other, utility).astype(np.float32)

    return Limits(
        feeds.nominal_frequency,
        either(shown - _ROUNDING, BAND * nominal - _ROUNDING),
        either(min(shown - DEADBAND, limit - band), np.maximum(BAND * nominal - GENERATOR_DEADBAND, 0.1)),
        either(limit - _ROUNDING, GENERATOR_LIMIT * nominal - _ROUNDING),
        either(limit - band, GENERATOR_LIMIT * nominal - GENERATOR_DEADBAND),
        either(np.inf, OVER * nominal),
        generator,
        ~generator & ~started,
    )


def _sources(layout: Layout, device: str, point: str) -> tuple[str, ...]:
    """Whatever can feed that point in the end."""
    d = layout.site.device(device)
    if d.kind != "transfer_switch":
        return layout.oneline.sources(device)
    sides = (d.normal,) if point == "input.1" else d.emergency
    return tuple(n for side in sides if side for n in layout.oneline.sources(side))
