"""What a device says is wrong with itself: its own alarm bits, told by the name that its maker gave them.

Only what the device says counts: silence neither raises nor ends an alarm.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from detectors.event import Event, EventKind, Evidence
from detectors.layout import Layout
from detectors.screen import Screen, last_times
from detectors.state import State, copied
from device_profiles.quantities import ALARM_STATES
from telemetry.block import Channel, Quality, SampleBlock

CONFIRM = 2  # polls in a row: agents are seen to raise an alarm for one poll while they start
_ACTIVE = ALARM_STATES.index("active")
_ALARM = re.compile(r"((?:device\.\d+\.)?)alarm\.(.+)")


@dataclass(slots=True)
class AlarmBits(State):
    """Entries along the alarm columns. Times in µs, 0 for none.

    sampled: last sample
    active: the device says so
    samples: in a row in which it did
    began: (…, 2) last sample ok, first active
    bad: last sample active
    """

    sampled: NDArray[np.int64]
    active: NDArray[np.bool_]
    samples: NDArray[np.int32]
    began: NDArray[np.int64]
    bad: NDArray[np.int64]


@dataclass(slots=True)
class DeviceAlarms:
    """The detector's state: what belongs to the layout, and what is carried on.

    columns: (n,) of the alarms
    channels: (n,) what they are
    """

    columns: NDArray[np.int64]
    channels: tuple[Channel, ...]
    state: AlarmBits


class DeviceAlarmDetector:
    """`device_alarm` while the device says that something is wrong; its point is the alarm's name."""

    def start(self, layout: Layout) -> DeviceAlarms:
        """Before the first row: nothing was said."""
        found = [(i, c) for i, c in enumerate(layout.channels) if _ALARM.fullmatch(c.quantity)]
        channels = tuple(c for _, c in found)
        n = len(found)
        state = AlarmBits(
            tuple(f"{c.device}/{c.quantity}" for c in channels),
            sampled=np.zeros(n, np.int64),
            active=np.zeros(n, bool),
            samples=np.zeros(n, np.int32),
            began=np.zeros((n, 2), np.int64),
            bad=np.zeros(n, np.int64),
        )
        return DeviceAlarms(np.array([i for i, _ in found], np.int64), channels, state)

    def step(self, state: DeviceAlarms, block: SampleBlock, screen: Screen) -> tuple[DeviceAlarms, Sequence[Event]]:
        """Judge the block's rows; a device that says nothing costs one look at its columns."""
        if not len(state.columns):
            return state, ()
        after = replace(state, state=copied(state.state))
        exact = after.state.active | (screen.high[state.columns] >= _ACTIVE)
        events: list[Event] = []
        for i in np.flatnonzero(exact):
            events += _judge(after, block, int(i))
        if len(calm := np.flatnonzero(~exact)):
            good = block.quality[:, state.columns[calm]] == Quality.GOOD
            after.state.sampled[calm] = last_times(good, block.times, after.state.sampled[calm])
        return after, sorted(events, key=lambda e: e.order)


def _judge(v: DeviceAlarms, block: SampleBlock, i: int) -> list[Event]:
    """Go through the samples of one alarm, in order."""
    s, events = v.state, []
    column = v.columns[i]
    for row in np.flatnonzero(block.quality[:, column] == Quality.GOOD):
        time = int(block.times[row])
        if block.values[row, column] != _ACTIVE:
            if s.active[i]:
                events.append(_event(v, i, time, ended=(int(s.bad[i]), time)))
                s.active[i], s.samples[i] = False, 0
            s.sampled[i] = time
            continue
        if not s.active[i]:
            s.active[i] = True
            s.began[i] = (int(s.sampled[i]) or time, time)
        s.samples[i] += 1
        s.bad[i] = s.sampled[i] = time
        if s.samples[i] <= CONFIRM:
            events.append(_event(v, i, time, ended=None))
    return events


def _event(v: DeviceAlarms, i: int, time: int, ended: tuple[int, int] | None) -> Event:
    s, channel = v.state, v.channels[i]
    return Event(
        time=time,
        kind=EventKind.DEVICE_ALARM,
        subject=channel.device,
        point=_ALARM.sub(r"\1\2", channel.quantity),
        active=ended is None,
        onset=(int(s.began[i, 0]), int(s.began[i, 1])),
        ended=ended,
        confirmed=bool(s.samples[i] >= CONFIRM),
        evidence=(Evidence(channel.device, channel.quantity, ALARM_STATES[_ACTIVE if ended is None else 0], time),),
    )
