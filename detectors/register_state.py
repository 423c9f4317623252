"""What is remembered of the registers that a device keeps of a feed, and which columns they are.

A register tells of the time between polls: how often the supply was bad, how low and how high it went, why the UPS
left it the last time.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.event import EventKind
from detectors.feeds import Feeds, judged_feeds
from detectors.layout import Layout
from detectors.state import State
from detectors.voltage_state import VoltageLimits
from telemetry.block import Channel

COUNT, LOWEST, HIGHEST, REASON = range(4)
REGISTERS = ("linebads", "voltage.minimum", "voltage.maximum", "transfer.reason")

LOW, HIGH = 0, 1  # which way a feed's voltage went
OFF = 2  # the frequency is off

# The deviation that explains a UPS's counter: EN 50160 4.2.1 (49.5 to 50.5 Hz). Per unit, both ways.
FREQUENCY_BAND = np.float32(0.01)

# What a sign can be of, by its number in `RegisterState.kind`.
KINDS = (
    None,
    EventKind.VOLTAGE_SAG,
    EventKind.VOLTAGE_INTERRUPTION,
    EventKind.VOLTAGE_SWELL,
    EventKind.RAPID_VOLTAGE_CHANGE,
)

# The value of a minimum or maximum that stands inside the limits: how far inside is of no interest.
INSIDE = np.float32(np.inf)


@dataclass(slots=True)
class RegisterState(State):
    """Entries along the G feeds; a second axis of 4 runs along `REGISTERS`. Times in µs, 0 for none.

    sampled: last sample
    value: of the last that counts; NaN before the first, INSIDE of an extreme within the limits
    spoke: when it last showed a disturbance
    outside: (…, 3) last poll that saw the feed itself low, high, off its frequency
    fell: when the counter last fell
    kind: (…, 2) of what the last poll showed low and high, and the next has to bear out; a number of `KINDS`
    onset: (…, 2, 2) of that
    counted: (…, 2) how many
    shown: (…, 2, 4) by which registers, at which values; NaN where not
    """

    sampled: NDArray[np.int64]
    value: NDArray[np.float32]
    spoke: NDArray[np.int64]
    outside: NDArray[np.int64]
    fell: NDArray[np.int64]
    kind: NDArray[np.int8]
    onset: NDArray[np.int64]
    counted: NDArray[np.int32]
    shown: NDArray[np.float32]

    @staticmethod
    def before_the_first_row(keys: tuple[str, ...]) -> "RegisterState":
        """Nothing is known: what stands in a register at first contact is history."""
        n, m = len(keys), len(REGISTERS)
        return RegisterState(
            keys,
            sampled=np.zeros((n, m), np.int64),
            value=np.full((n, m), np.nan, np.float32),
            spoke=np.zeros((n, m), np.int64),
            outside=np.zeros((n, 3), np.int64),
            fell=np.zeros(n, np.int64),
            kind=np.zeros((n, 2), np.int8),
            onset=np.zeros((n, 2, 2), np.int64),
            counted=np.zeros((n, 2), np.int32),
            shown=np.full((n, 2, m), np.nan, np.float32),
        )


@dataclass(slots=True)
class Registers:
    """The detector's state: the G judged feeds that have a register, and what is carried on.

    columns: (G, 4) of the registers, -1 where there is none
    base: (G,) V, nominal of the extremes: a name without a phase is line to neutral, the lowest phase
    polled: (C,) columns of their voltages and frequencies
    owner: (C,) the feed that it belongs to
    nominal: (C,) V or Hz
    bounds: (2, C) per unit, between which a poll sees nothing
    ways: (2, C) what a value below and one above is: LOW, HIGH, OFF
    """

    feeds: Feeds
    limits: VoltageLimits
    channels: tuple[Channel, ...]
    columns: NDArray[np.int64]
    base: NDArray[np.float32]
    polled: NDArray[np.int64]
    owner: NDArray[np.int64]
    nominal: NDArray[np.float32]
    bounds: NDArray[np.float32]
    ways: NDArray[np.int64]
    state: RegisterState


def start(layout: Layout) -> Registers:
    """Before the first row."""
    every = judged_feeds(layout)
    found = [[layout.column(device, f"{point}.{name}") for name in REGISTERS] for device, point in every.names]
    feeds, limits = every.where([max(own) >= 0 for own in found]), VoltageLimits.of(layout.site)
    columns = np.column_stack([feeds.columns, feeds.frequency])
    nominal = np.column_stack([feeds.nominal, feeds.nominal_frequency])
    owner, slot = np.nonzero(columns >= 0)
    hertz = slot == columns.shape[1] - 1
    one = np.float32(1)
    return Registers(
        feeds,
        limits,
        layout.channels,
        columns=np.array([own for own in found if max(own) >= 0], np.int64).reshape(-1, len(REGISTERS)),
        base=feeds.nominal[:, -1],
        polled=columns[owner, slot],
        owner=owner,
        nominal=nominal[owner, slot],
        bounds=np.stack(
            [
                np.where(hertz, one - FREQUENCY_BAND, limits.lowest),
                np.where(hertz, one + FREQUENCY_BAND, limits.swell[0]),
            ]
        ),
        ways=np.stack([np.where(hertz, OFF, LOW), np.where(hertz, OFF, HIGH)]),
        state=RegisterState.before_the_first_row(feeds.keys),
    )
