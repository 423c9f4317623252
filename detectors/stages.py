"""The stages of a transfer, each with its deadline: the table that the supervisor works by.

A deadline is event time, not a count of samples: what it is reckoned from was seen in a poll, and two more polls
are always granted, so that slow polling alone misses none. A sample later than the deadline that shows the stage
undone is a miss; a stage that cannot be seen is neither done nor missed.

What the events of a transfer carry in `detail` (all optional, plain values, durations in seconds):

| key | of | meaning |
|---|---|---|
| `stage` | all | `S0` … `S5` |
| `stage_margin_s` | missed stages, `utility_lost` | deadline minus when it was done; while undone minus now: negative is late |
| `ride_through_s` | all but S1, as known | predicted load loss minus earliest possible emergency power; negative is too late |
| `severity` | `load_loss_predicted`, lockouts | at least this |
| `observers` | `utility_lost` | devices that see it |
| `stages` | `utility_lost` | by switch: margin of every stage that is done, by its name |
| `switch` | `utility_lost` | the switch of `stage` |
| `source`, `emergency` | switch kinds | names of its normal source and of its emergency sources |
| `since_loss_s` | switch kinds | how long the normal side has been gone |
| `reason` | `sources_locked_out`, `generator_fail_to_start`, `ats_fail_to_transfer`, `generator_out_of_spec` | in words |
| `locked_by` | `sources_locked_out` | devices whose lockout, trip or inhibit it is |
| `source_good_s` | `ats_fail_to_transfer`, `ats_open`, `transfer_unconfirmed` | how long emergency power has been waiting |
| `position` | the same | where the switch says it stands |
| `open_s` | `ats_open` | how long it has been between its sources |
| `took_s`, `allowed_s` | `transfer_slow` | loss to load energised, and `accept_within` |
| `since_start_s` | generator kinds | how long it has been asked to run |
| `switches` | generator kinds | who asks |
| `overcrank` | `generator_fail_to_start` | its controller has given up and locked itself out |
| `ran` | `generator_fail_to_start` | it had been running since it was asked to, and runs no more |
| `voltage_pu`, `frequency` | `generator_out_of_spec` | lowest phase in parts of nominal; Hz |
| `input_dead` | `ups_on_battery` | whether its input is seen dead; absent where unobservable |
| `battery_left_s` | `ups_on_battery` | the battery's own figure as it begins |
| `on_battery_s`, `seen_by` | `ups_load_dropped` | how long it had carried; `status` or `voltage` |
| `loss_predicted` | `load_loss_predicted`, and others as known | {subject: µs UTC}; the actual time once it is over |
| `because` | `load_loss_predicted` | `locked_out` `stage_missed` `no_second_source` `battery_short` `not_taken_up` |
| `lost` | `load_loss_predicted` | the loss has come true |
| `shutdown_by` | `load_loss_predicted` of a load | µs UTC: an orderly shutdown begun later does not end in time |
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.event import EventKind
from detectors.wiring import poll_allowance
from telemetry.block import SECOND


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage.

    name: as in docs/transfer.md and in alarms, `S2`
    done: what shows it
    reckoned_from: what its time runs from
    settings: timers of the transfer settings that are added
    allowance: µs on top; at least two polls and a second
    missed: what is raised, the kinds that the evidence chooses from
    citation: where the allowance comes from
    """

    name: str
    done: str
    reckoned_from: str
    settings: tuple[str, ...]
    allowance: int
    missed: tuple[EventKind, ...]
    citation: str

    def due(
        self, reckoned_from: NDArray[np.int64], settings: NDArray[np.int64] | int, poll: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """(n,) µs of its deadlines.

        Args:
            reckoned_from: (n,) µs
            settings: (n,) µs, the sum of `settings`
            poll: (n,) µs between two polls of what shows it
        """
        return reckoned_from + settings + np.maximum(self.allowance, poll_allowance(poll))


START_SIGNALLED = Stage(
    "S2",
    "the switch's start contact, or a generator's sign of life",
    "loss of the normal side",
    ("start_delay",),
    3 * SECOND,
    (EventKind.NO_START_COMMAND,),
    "time delay on engine start, plus two polls",
)
RUNS = Stage(
    "S3",
    "the generator is up to speed: its state, speed or voltage",
    "start signal",
    ("crank_limit",),
    5 * SECOND,
    (EventKind.GENERATOR_FAIL_TO_START,),
    "NFPA 110 5.6.4.2: three cycles of 15 s crank and 15 s rest, limiter at 75 s",
)
IN_SPEC = Stage(
    "S4",
    "90 % of voltage on every phase and 95 % of frequency, at the generator and at the switch",
    "generator up to speed",
    (),
    10 * SECOND,
    (EventKind.GENERATOR_OUT_OF_SPEC,),
    "twice NFPA 110 Type 10 from loss, so not before 17 s from the start signal; ISO 8528-5 G2 recovers within 6 s",
)
TRANSFERRED = Stage(
    "S5",
    "position on emergency, and voltage at the load side",
    "emergency power good at the switch",
    ("transfer_delay", "neutral_delay"),
    10 * SECOND,
    (EventKind.ATS_FAIL_TO_TRANSFER, EventKind.ATS_OPEN, EventKind.TRANSFER_UNCONFIRMED),
    "time delays to emergency and in neutral; the mechanism itself takes 20–100 ms",
)
STAGES = (START_SIGNALLED, RUNS, IN_SPEC, TRANSFERRED)

IN_SPEC_NOT_BEFORE = 17 * SECOND  # after the start signal: 20 s from the loss with a start delay of 3 s
UNCONFIRMED_AFTER = 10 * SECOND  # after the deadline of S5: what cannot be seen is said, but not in haste
OPEN_AFTER = 10 * SECOND  # between both sources beyond the neutral delay
SETTLED = 6 * SECOND  # in spec without a break, ISO 8528-5 G2: a generator that hunts is not in spec
FIRST_POWER = 8 * SECOND  # start signal to good power of a sound generator: NFPA 110 Type 10 less the transfer
