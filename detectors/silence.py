"""Silence: a device that does not answer.

A poll is missed in a row in which an answer was due and nothing came. Rows in which none was due (HELD)
are no polls. A quantity that a device has never given is not waited for, except while it has given none.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from detectors.event import Event, EventKind
from detectors.layout import Layout
from detectors.screen import Screen, last_times
from detectors.state import State, copied
from telemetry.block import Qualities, Quality, SampleBlock

MISSED = 3  # polls in a row: one lost datagram is common
ANSWERED = 2  # polls in a row that end it


@dataclass(slots=True)
class DeviceState(State):
    """Entries along the devices. Times in µs, 0 for none.

    missed, answered: polls in a row
    silent: communication is lost
    heard: last answer
    since: (…, 2) last answer before the silence, first missed poll
    bad: last missed poll
    back: first answer of a row of answers
    """

    missed: NDArray[np.int32]
    answered: NDArray[np.int32]
    silent: NDArray[np.bool_]
    heard: NDArray[np.int64]
    since: NDArray[np.int64]
    bad: NDArray[np.int64]
    back: NDArray[np.int64]


@dataclass(slots=True)
class ColumnState(State):
    """Entries along the columns, named `device/quantity`; given: a value has come at any time."""

    given: NDArray[np.bool_]


@dataclass(slots=True)
class Silences:
    """The detector's state: the devices' columns, and what is carried on.

    columns: of all devices, one device's after the other's
    owner: the device of each of them
    starts: where each device's begin
    """

    columns: NDArray[np.int64]
    owner: NDArray[np.int64]
    starts: NDArray[np.int64]
    devices: DeviceState
    quantities: ColumnState

    def of(self, device: int) -> NDArray[np.int64]:
        """The columns of one device."""
        stop = self.starts[device + 1] if device + 1 < len(self.starts) else None
        return self.columns[self.starts[device] : stop]


class SilenceDetector:
    """`comms_lost` after three missed polls in a row, over after two answers in a row."""

    def start(self, layout: Layout) -> Silences:
        """Before the first row: nothing was ever heard."""
        names = tuple(d.name for d in layout.site.devices if layout.columns(d.name))
        n = len(names)
        columns = [layout.columns(name) for name in names]
        return Silences(
            np.array([c for own in columns for c in own], np.int64),
            np.repeat(np.arange(n), [len(own) for own in columns]),
            np.cumsum([0, *map(len, columns[:-1])], dtype=np.int64),
            DeviceState(
                names,
                missed=np.zeros(n, np.int32),
                answered=np.zeros(n, np.int32),
                silent=np.zeros(n, bool),
                heard=np.zeros(n, np.int64),
                since=np.zeros((n, 2), np.int64),
                bad=np.zeros(n, np.int64),
                back=np.zeros(n, np.int64),
            ),
            ColumnState(
                tuple(f"{c.device}/{c.quantity}" for c in layout.channels), given=np.zeros(len(layout.channels), bool)
            ),
        )

    def step(self, state: Silences, block: SampleBlock, screen: Screen) -> tuple[Silences, Sequence[Event]]:
        """Judge the block's rows; a device that misses nothing costs a look at its columns' qualities."""
        if not len(state.columns):
            return state, ()
        after = replace(state, devices=copied(state.devices), quantities=copied(state.quantities))
        d, given = after.devices, after.quantities.given
        waiting = d.silent | (d.missed > 0)
        if not screen.spoiled.any() and not waiting.any():
            d.heard[:], given[:] = block.times[-1], True  # every channel GOOD in every row, as on most days
            return after, ()
        good = block.quality == Quality.GOOD
        missing = (block.quality == Quality.MISSING).any(axis=0)
        always = np.logical_or.reduceat(good.all(axis=0)[state.columns], state.starts)
        never = ~np.logical_or.reduceat(missing[state.columns], state.starts)
        calm = (always | never) & ~waiting
        events: list[Event] = []
        for i in np.flatnonzero(~calm):
            events += _judge(after, block, int(i))
        given |= good.any(axis=0)
        _remember_calm(after, block, calm)
        return after, sorted(events, key=lambda e: e.order)


def _remember_calm(state: Silences, block: SampleBlock, calm: NDArray[np.bool_]) -> None:
    """When each device that missed nothing was last heard."""
    d, last = state.devices, block.quality[-1, state.columns]
    answered = calm & np.logical_or.reduceat(_answer(last), state.starts)
    d.heard[answered] = block.times[-1]
    if len(rest := np.flatnonzero((calm & ~answered)[state.owner])):  # none was due in the last row
        answers, owner = _answer(block.quality[:, state.columns[rest]]), state.owner[rest]
        np.maximum.at(d.heard, owner, last_times(answers, block.times, d.heard[owner]))


def _answer(quality: Qualities) -> NDArray[np.bool_]:
    """Where something came, whether it can be believed or not."""
    return np.asarray((quality == Quality.GOOD) | (quality == Quality.SUSPECT), bool)


def _judge(state: Silences, block: SampleBlock, i: int) -> list[Event]:
    """Go through the polls of one device, in order."""
    d, events = state.devices, []
    columns = state.of(i)
    quality = block.quality[:, columns]
    answers = np.asarray(_answer(quality).any(axis=1))
    misses = _missed(quality, _given_before(state, quality, columns)) & ~answers
    for row in np.flatnonzero(answers | misses):
        time = int(block.times[row])
        if misses[row]:
            d.answered[i] = 0
            d.missed[i] += 1
            d.bad[i] = time
            if d.missed[i] == 1:
                d.since[i] = (int(d.heard[i]) or time, time)
            if d.missed[i] == MISSED and not d.silent[i]:
                d.silent[i] = True
                events.append(_event(d, i, time, ended=None))
            continue
        d.heard[i] = time
        if not d.silent[i]:
            d.missed[i] = 0
            continue
        d.answered[i] += 1
        if d.answered[i] == 1:
            d.back[i] = time
        if d.answered[i] == ANSWERED:
            events.append(_event(d, i, time, ended=(int(d.bad[i]), int(d.back[i]))))
            d.silent[i] = False
            d.missed[i] = d.answered[i] = 0
    return events


def _given_before(state: Silences, quality: Qualities, columns: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(T, C) whether each column has given a value up to that row; what the block shows is remembered."""
    given = state.quantities.given
    good = np.logical_or.accumulate(quality == Quality.GOOD, axis=0) | given[columns]
    given[columns] = good[-1]
    return good


def _missed(quality: Qualities, given: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(T,) whether a poll was missed, had nothing come: of what the device gives; of all while it has given nothing."""
    missing = quality == Quality.MISSING
    return np.asarray(np.where(given.any(axis=1), (missing & given).any(axis=1), missing.all(axis=1)), bool)


def _event(d: DeviceState, i: int, time: int, ended: tuple[int, int] | None) -> Event:
    since = d.since[i]
    return Event(
        time=time,
        kind=EventKind.COMMS_LOST,
        subject=d.keys[i],
        point=None,
        active=ended is None,
        onset=(int(since[0]), int(since[1])),
        ended=ended,
        magnitude=float(d.missed[i]),
    )
