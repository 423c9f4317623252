"""S2 and S5, lockouts, and what becomes of a transfer: one state machine a switch, all switches at once."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.genset import Demand
from detectors.observation import POSITION, Observation
from detectors.row import Row
from detectors.stages import FIRST_POWER, IN_SPEC, IN_SPEC_NOT_BEFORE, RUNS, STAGES, START_SIGNALLED, TRANSFERRED
from detectors.state import State
from detectors.truth import FALSE, TRUE, UNKNOWN, Truth, among, enough, first_known, since
from detectors.wiring import SwitchWiring, poll_allowance
from telemetry.block import SECOND

S2, S3, S4, S5 = range(len(STAGES))
NEVER = np.iinfo(np.int64).max


@dataclass(slots=True)
class Switches(State):
    """Two-source switches, by name. Times in µs, 0 for none.

    lost: (S,) bool, the normal side is below drop-out and not yet back at pick-up
    loss: (S, 2) µs (last sample of the normal side that held, first that did not)
    begun: (S,) what deadlines run from: the loss, or when a lockout was lifted
    asked: (S,) since when its generators are to run
    done: (S, 4) when S2 … S5 were first seen done
    due: (S, 4) their deadlines; of a stage that is done, as it was then
    emergency: (S,) since when emergency power is good without a break
    undone: (S,) the last row in which a new sample showed it not transferred
    opened: (S,) since when it stands between its sources
    locked: (S,) bool, neither source can feed
    apart: (S,) bool, its normal source was good for others when the switch itself last saw that side dead
    starved: (S,) bool, it waits, and when last seen no power arrived, though enough of its sources give it
    """

    lost: NDArray[np.bool_]
    loss: NDArray[np.int64]
    begun: NDArray[np.int64]
    asked: NDArray[np.int64]
    done: NDArray[np.int64]
    due: NDArray[np.int64]
    emergency: NDArray[np.int64]
    undone: NDArray[np.int64]
    opened: NDArray[np.int64]
    locked: NDArray[np.bool_]
    apart: NDArray[np.bool_]
    starved: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a row says of the time to come, (S,).

    power: µs, the earliest that a source could carry the load side; NEVER where none can
    loss: µs, the first end of a battery below; 0 where unknown
    """

    power: NDArray[np.int64]
    loss: NDArray[np.int64]

    @property
    def ride_through(self) -> NDArray[np.float64]:
        """(S,) s from earliest power to first loss; infinite where either is unknown."""
        known = (self.loss > 0) & (self.power != NEVER)
        return np.where(known, (self.loss - np.where(known, self.power, 0)) / SECOND, np.inf)


@dataclass(frozen=True, slots=True)
class Moves:
    """What one row changed, (S,) bool each; `done` (S, 4).

    returned: the normal side is back; locked, freed: a lockout of both sources begins, ends
    """

    returned: NDArray[np.bool_]
    locked: NDArray[np.bool_]
    freed: NDArray[np.bool_]
    done: NDArray[np.bool_]
    transferred: Truth
    signalled: Truth


def start(w: SwitchWiring) -> Switches:
    """At rest."""
    n = len(w.devices)

    def times(*shape: int) -> NDArray[np.int64]:
        return np.zeros((n, *shape), np.int64)

    return Switches(
        tuple(d.name for d in w.devices),
        lost=np.zeros(n, bool),
        loss=times(2),
        begun=times(),
        asked=times(),
        done=times(len(STAGES)),
        due=times(len(STAGES)),
        emergency=times(),
        undone=times(),
        opened=times(),
        locked=np.zeros(n, bool),
        apart=np.zeros(n, bool),
        starved=np.zeros(n, bool),
    )


def follow(row: Row, s: Switches) -> Moves:
    """Move every switch by one row."""
    w, seen = row.w.switches, row.seen
    returned = _normal(row, s)
    position = among(seen.position, POSITION["none"])
    s.opened = since(s.opened, position, row.time)
    s.emergency = since(s.emergency, seen.emergency, row.time)
    transferred, signalled = _since_the_loss(row, s, _transferred(w, seen)), _signalled(w, seen)
    locked, freed = _locked(row, s, transferred)
    s.asked[s.lost & (s.asked == 0) & (signalled == TRUE)] = row.time
    granted = s.begun + w.setting("start_delay")
    blind = s.lost & (s.asked == 0) & (signalled == UNKNOWN) & (row.time >= granted)
    s.asked[blind] = granted[blind]
    _deadlines(w, s, row.time)
    now = np.column_stack(
        (
            signalled == TRUE,
            (enough(seen.running, w.sources, np.maximum(w.needs, 1)) == TRUE) | (seen.emergency == TRUE),
            seen.emergency == TRUE,
            transferred == TRUE,
        )
    )
    done = s.lost[:, None] & (s.done == 0) & now
    s.done[done] = row.time
    s.undone[s.lost & (transferred == FALSE) & _shown_now(row)] = row.time
    return Moves(returned, locked, freed, done, transferred, signalled)


def _normal(row: Row, s: Switches) -> NDArray[np.bool_]:
    lost: NDArray[np.bool_] = np.where(s.lost, _back(row, s) != TRUE, row.seen.normal_holds == FALSE)
    fell, returned = lost & ~s.lost, s.lost & ~lost
    s.loss[fell] = np.column_stack((row.before(row.w.switches.normal_shown_by), np.full(len(lost), row.time)))[fell]
    s.begun[fell] = row.time
    for reset in (s.done, s.due, s.undone):
        reset[fell] = 0
    s.asked[fell | returned] = 0
    s.locked[returned] = False
    s.lost, s.apart = lost, s.apart & lost
    return returned


def _back(row: Row, s: Switches) -> Truth:
    """Whether a lost normal side is back: by the switch's own word, by its source's only where that can replace it.

    A lost poll is common and replaces nothing. Nor is power at the switch what is good at its source while the way
    between them is seen open, or the switch locked out.
    """
    w, own, source = row.w.switches, row.seen.normal_back, row.seen.source_back
    places = np.column_stack((w.normal, w.normal_status))
    last = row.sampled[places].max(axis=1)
    lately = (last > 0) & (row.time - last <= poll_allowance(w.poll))
    s.apart = np.where((own == FALSE) & row.fresh(places) & (source != UNKNOWN), source == TRUE, s.apart)
    stands = lately | s.apart | (s.locked & (places >= 0).any(axis=1))
    return np.where((own == UNKNOWN) & stands, UNKNOWN, first_known(own, source))


def _transferred(w: SwitchWiring, seen: Observation) -> Truth:
    """On emergency, as the load side shows it: a contact alone proves nothing."""
    on_emergency = among(seen.position, POSITION["emergency"], POSITION["both"])
    taken = w.alone @ (seen.loaded == TRUE) | w.below_ups @ (seen.accepts == TRUE)
    load = first_known(seen.load, np.where(taken & (on_emergency == TRUE), TRUE, UNKNOWN))
    return np.minimum(np.where(on_emergency == UNKNOWN, load, on_emergency), load)


def _shown_now(row: Row) -> NDArray[np.bool_]:
    """Whether that it is not transferred rests on a new sample: of its position, or else of its load side."""
    w = row.w.switches
    stands_elsewhere = among(row.seen.position, POSITION["emergency"], POSITION["both"]) == FALSE
    load = np.where(
        (w.load >= 0).any(axis=1),
        row.fresh(w.load),
        np.where(
            (w.load_far >= 0).any(axis=1),
            row.fresh(w.load_far),
            row.fresh(w.below.reshape(len(w.below), math.prod(w.below.shape[1:]))),
        ),
    )
    return np.where(stands_elsewhere, row.fresh(w.position[:, None]), load)


def _since_the_loss(row: Row, s: Switches, transferred: Truth) -> Truth:
    """Without a position, a live load side may still be a sample from before the loss: it proves nothing yet."""
    w = row.w.switches
    early = s.lost & (s.undone == 0) & (row.time < s.loss[:, 1] + poll_allowance(w.load_poll))
    return np.where(early & (row.seen.position < 0) & (transferred == TRUE), UNKNOWN, transferred)


def _signalled(w: SwitchWiring, seen: Observation) -> Truth:
    """A generator that lives has been told to; so has nothing to be told where there is no generator."""
    alive = w.sources @ (seen.started == TRUE)
    return np.where(alive | ~w.has_generator, TRUE, seen.contact)


def _locked(row: Row, s: Switches, transferred: Truth) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Neither source can feed: at the first row that shows it."""
    w = row.w.switches
    blocked = np.maximum.reduce(
        [
            row.seen.inhibited,
            row.seen.barred,
            np.where(row.seen.arrives == TRUE, FALSE, row.seen.bus),
            -enough(-row.seen.locked, w.sources, w.needs),
        ]
    )
    locked = s.lost & ~s.locked & (blocked == TRUE) & (transferred != TRUE)
    freed = s.locked & ((blocked == FALSE) | (transferred == TRUE))
    s.locked = (s.locked | locked) & ~freed
    s.begun[freed] = row.time
    s.asked[freed] = 0
    return locked, freed


def _deadlines(w: SwitchWiring, s: Switches, now: int) -> None:
    """Those of stages that are not done move with what they are reckoned from."""
    runs = np.where(s.done[:, S3] > 0, s.done[:, S3], now)  # at the earliest now, where it does not run yet
    delay = w.setting("start_delay")
    due = np.column_stack(
        (
            START_SIGNALLED.due(s.begun, delay, w.poll),
            np.where(s.asked > 0, RUNS.due(s.asked, w.setting("crank_limit"), w.poll), 0),
            np.where(s.asked > 0, np.maximum(IN_SPEC.due(runs, 0, w.poll), s.asked + IN_SPEC_NOT_BEFORE), 0),
            np.where(
                s.emergency > 0,
                TRANSFERRED.due(
                    np.maximum(s.emergency, s.begun + delay),
                    w.setting("transfer_delay") + w.setting("neutral_delay"),
                    np.maximum(w.poll, w.load_poll),
                ),
                0,
            ),
        )
    )
    s.due = np.where(s.lost[:, None] & (s.done == 0), due, s.due)


def demand(row: Row, s: Switches, outlook: Outlook) -> Demand:
    """What the switches want of each generator."""
    w, seen = row.w.switches, row.seen
    asking = s.lost & (s.asked > 0)
    waiting = asking & (s.done[:, S5] == 0) & ~s.locked
    none_arrives = (seen.arrives == FALSE) | (s.starved & (seen.arrives == UNKNOWN))
    s.starved = waiting & none_arrives & (enough(seen.good, w.sources, w.needs) != FALSE)
    wants = w.sources & asking[:, None]
    first = np.where(wants, s.asked[:, None], NEVER).min(axis=0, initial=NEVER)
    return Demand(
        since=np.where(first == NEVER, 0, first),
        judged=(asking & ~s.locked) @ w.sources,
        waited_for=waiting @ w.sources,
        short_of=s.starved @ w.sources,
        ride_through=np.where(wants, outlook.ride_through[:, None], np.inf).min(axis=0, initial=np.inf),
    )


def earliest_power(row: Row, s: Switches, moves: Moves) -> NDArray[np.int64]:
    """(S,) µs when a source could carry the load side at the earliest; NEVER where none can."""
    w = row.w.switches
    granted = s.begun + w.setting("start_delay")
    moving = w.setting("transfer_delay") + w.setting("neutral_delay")
    ready = np.maximum(s.emergency, granted) + moving
    started = np.where(s.asked > 0, s.asked, np.maximum(granted, row.time)) + FIRST_POWER + moving
    hopeless = ~w.has_generator & (row.seen.emergency == FALSE)
    power = np.where(row.seen.emergency == TRUE, ready, np.where(hopeless, NEVER, started))
    power = np.where(s.locked, NEVER, np.maximum(power, row.time))
    return np.where(s.lost & (moves.transferred != TRUE), power, row.time)


def pending(s: Switches) -> bool:
    """Whether time alone can bring something about."""
    return bool(s.lost.any() or s.opened.any())
