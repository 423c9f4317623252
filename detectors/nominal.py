"""A wrong nominal voltage or scale: a feed that reads steadily far from what the site file says of it.

`usual.py` finds it and judges the column where it stands from then on; here it is said, once a feed. It is over when
the feed reads what the site file says: it had been a supply that was low.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from detectors.event import Event, EventKind, Evidence
from detectors.feeds import FORMS, Feeds, judged_feeds
from detectors.layout import SQRT3, Layout
from detectors.screen import Screen
from detectors.state import State, copied
from detectors.windows import Floats, Places
from telemetry.block import Channel, SampleBlock

_NEAR = 0.06  # of what a scale error would make of it

_PARTS = tuple(FORMS.values())


@dataclass(slots=True)
class Strange(State):
    """Entries along the judged feeds. Times in µs, 0 for none.

    told: it has been said that the feed does not read what the site file says
    since: row in which that was known
    """

    told: NDArray[np.bool_]
    since: NDArray[np.int64]


@dataclass(slots=True)
class Nominals:
    """The detector's state: what belongs to the layout, and what is carried on."""

    feeds: Feeds
    channels: tuple[Channel, ...]
    state: Strange


class NominalDetector:
    """`value_implausible` of a feed whose voltage has never been near nominal, but stands steadily elsewhere.

    Its point is the feed's voltage: `input.voltage`, whatever phases that has.
    """

    def start(self, layout: Layout) -> Nominals:
        """Before the first row."""
        feeds = judged_feeds(layout)
        n = len(feeds.names)
        return Nominals(feeds, layout.channels, Strange(feeds.keys, np.zeros(n, bool), np.zeros(n, np.int64)))

    def step(self, state: Nominals, block: SampleBlock, screen: Screen) -> tuple[Nominals, Sequence[Event]]:
        """Compare what each voltage is judged against with what the site file says, where that has changed."""
        if not any(len(w) for w in screen.windows):
            return state, ()  # what is usual changes with windows only
        base, tracked = screen.usual.base, screen.usual.tracked
        elsewhere = ((base != tracked.nominal) & ~np.isnan(base)).any(axis=0)
        if not elsewhere.any() and not state.state.told.any():
            return state, ()
        after = replace(state, state=copied(state.state))
        columns = state.feeds.columns
        strange = ((columns >= 0) & elsewhere[tracked.entry[columns]]).any(axis=1) | state.state.told
        events: list[Event] = []
        for f in np.flatnonzero(strange):
            events += _judge(after, int(f), block, screen)
        return after, sorted(events, key=lambda e: e.order)


def _judge(v: Nominals, f: int, block: SampleBlock, screen: Screen) -> list[Event]:
    """Go through the pieces of the block, in each of which what a feed is judged against is one thing."""
    s, usual, events = v.state, screen.usual, []
    forms = np.flatnonzero(v.feeds.columns[f] >= 0)
    entries = usual.tracked.entry[v.feeds.columns[f, forms]]
    away = usual.base[:, entries] != usual.tracked.nominal[entries]
    for piece in range(len(away)):
        strange = bool(away[piece].any())
        if strange == s.told[f]:
            continue
        time = int(block.times[screen.pieces.edges[piece]])
        s.told[f] = strange
        s.since[f] = time if strange else s.since[f]
        # At the end: all of the feed's voltages are where they should be.
        shown = forms[away[piece]] if strange else forms
        own = usual.tracked.entry[v.feeds.columns[f, shown]]
        volts = np.stack([usual.reference[piece, own], usual.base[piece, own]], axis=1)
        events.append(_event(v, f, time, shown, volts))
    return events


def _event(v: Nominals, f: int, time: int, forms: Places, volts: Floats) -> Event:
    """What is said in this row, of the columns in these forms; `volts` (…, 2) are what each reads and is judged against."""
    (device, point), since, active = v.feeds.names[f], int(v.state.since[f]), bool(v.state.told[f])
    names = [v.channels[c].quantity for c in v.feeds.columns[f, forms].tolist()]
    detail: dict[str, object] = {}
    if active:
        part = _PARTS[forms[0]]
        nominal = float(v.feeds.nominal[f, forms[0]]) / part
        suspected = float(f"{float(volts[0, 1]) / part:.4g}")
        reason = _reason(float(volts[0, 0]), float(f"{nominal:.4g}"), suspected, part, point)
        detail = {"reason": reason, "suspected_nominal": suspected}
    return Event(
        time=time,
        kind=EventKind.VALUE_IMPLAUSIBLE,
        subject=device,
        point=f"{point}.voltage",  # its feed alone is the point of what else of it cannot be so
        active=active,
        onset=(since, since),
        ended=None if active else (time, time),
        magnitude=float(detail.get("suspected_nominal", 0.0)),  # type: ignore[arg-type]
        evidence=tuple(
            Evidence(device, name, round(reads, 2), time)
            for name, reads in zip(names, volts[:, 0].tolist(), strict=True)
            if not math.isnan(reads)
        ),
        detail=detail,
    )


def _reason(reads: float, nominal: float, suspected: float, part: float, point: str) -> str:
    """What it reads, what the site file says, and what may be wrong, as people say it."""
    key = "nominal_output_voltage" if point == "output" else "nominal_voltage"
    where = f" between phases ({suspected:g} V to neutral)" if part > 1 else ""
    ratio = reads / part / nominal
    return (
        f"reads a steady {reads:.0f} V{where}, the site file says {nominal:g} V nominal: "
        f"{_suspicion(ratio, key)} Limits are now judged against {suspected:g} V"
    )


def _suspicion(ratio: float, key: str) -> str:
    """What explains that a feed reads so many times its nominal voltage."""
    for factor in (10, 100, 1000):
        if abs(ratio / factor - 1) <= _NEAR:
            return f"the scale is wrong by {factor}: look at the device's profile and its voltage transformers' ratio."
    if abs(ratio / SQRT3 - 1) <= _NEAR:
        return f"√3 times that: does it give voltages between phases as voltages to neutral, or is {key} wrong?"
    if abs(ratio * SQRT3 - 1) <= _NEAR:
        return f"that by √3: {key} is line to neutral, was the voltage between phases entered?"
    so_far = "low" if ratio < 1 else "high"
    return f"is {key} wrong, or has the supply been {so_far} since before the first poll?"
