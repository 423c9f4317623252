"""The transfer supervisor: follows every change of source stage by stage, and says what did not happen in time.

What it sees is made of levels (`levels.py`), wired by the site (`wiring.py`), in three values (`truth.py`). Its
deadlines stand in one table (`stages.py`). Rows in which nothing leaves its level while no time runs are skipped
by one vectorised look; all others are judged one by one, all switches at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors import battery, genset, ledger, levels, loss, sources, switch, ups
from detectors.battery import Batteries
from detectors.event import Event, EventKind
from detectors.genset import Generators
from detectors.layout import Layout
from detectors.ledger import Ledger, Standing
from detectors.levels import Bounds
from detectors.loss import LossFindings, Predictions
from detectors.observation import Observation, observe
from detectors.sources import Observers, Utilities
from detectors.state import State, copied
from detectors.switch import Switches
from detectors.switch_findings import OF_A_TRANSFER, SwitchFindings
from detectors.tick import Tick
from detectors.ups import Upses
from detectors.wiring import Wiring, wire
from telemetry.block import Quality, SampleBlock

AHEAD = 256  # rows looked at in one go


@dataclass(slots=True)
class Clock(State):
    """When the stream was last seen: `previous`, (1,) µs, 0 before the first row."""

    previous: NDArray[np.int64]


@dataclass(slots=True)
class Supervised:
    """The supervisor's state: one `State` for each sort of thing; `wiring` belongs to the layout and is never carried."""

    wiring: Wiring
    clock: Clock
    bounds: Bounds
    standing: Standing
    observers: Observers
    utilities: Utilities
    switches: Switches
    generators: Generators
    upses: Upses
    batteries: Batteries
    predictions: Predictions

    @property
    def pending(self) -> bool:
        """Whether time alone can bring something about."""
        return (
            switch.pending(self.switches)
            or sources.pending(self.observers, self.utilities)
            or ups.pending(self.upses)
            or loss.pending(self.predictions)
        )


class TransferSupervisor:
    """Stages S0 to S5 of any number of two-source switches, lockouts of both sources, UPSs and loss predictions.

    Windows and evidence: docs/transfer.md; standards: NFPA 110 (2022) chapters 5 and 6 and table 4.1(b), as the
    table in `stages.py` cites them.
    """

    def start(self, layout: Layout) -> Supervised:
        """Before the first row: nothing is known."""
        w = wire(layout)
        observers, utilities = sources.start(w.utilities)
        predictions = loss.start(w)
        return Supervised(
            wiring=w,
            clock=Clock(("stream",), np.zeros(1, np.int64)),
            bounds=levels.bounds(w.watched),
            standing=ledger.standing(_findings(w, predictions.keys)),
            observers=observers,
            utilities=utilities,
            switches=switch.start(w.switches),
            generators=genset.start(w.sources),
            upses=ups.start(w.upses),
            batteries=battery.start(w.upses),
            predictions=predictions,
        )

    def step(self, state: Supervised, block: SampleBlock) -> tuple[Supervised, Sequence[Event]]:
        """Judge the block's rows; a calm stretch costs one comparison a sample."""
        if not len(block):
            return state, ()
        s = copied(state)
        columns = s.wiring.watched.columns
        values, good = block.values[:, columns], block.quality[:, columns] == Quality.GOOD
        book = Ledger(s.standing)
        row, ahead = 0, 16
        while row < len(block):
            if not s.pending:
                stop = min(len(block), row + ahead)
                calm = s.bounds.changed(values[row:stop])
                if calm:
                    _pass(s, block, good, row, row + calm)
                    row += calm
                    ahead = min(2 * ahead, 4096)
                    continue
                ahead = 16
            row = _judge(s, book, block, values, good, row)
        return s, sorted(book.events, key=lambda e: e.order)


def _findings(w: Wiring, foretold: Sequence[str]) -> list[tuple[EventKind, str]]:
    return [
        *((EventKind.UTILITY_LOST, n) for n in w.utilities.names),
        *((kind, d.name) for kind in OF_A_TRANSFER for d in w.switches.devices),
        *((kind, n) for kind in (genset.FAIL, genset.OUT) for n in w.sources.names),
        *((kind, n) for kind in (EventKind.UPS_ON_BATTERY, EventKind.UPS_LOAD_DROPPED) for n in w.upses.names),
        *((EventKind.LOAD_LOSS_PREDICTED, n) for n in foretold),
    ]


def _pass(s: Supervised, block: SampleBlock, good: NDArray[np.bool_], start: int, stop: int) -> None:
    """Skip calm rows; what is remembered of them is when each column was last sampled."""
    new = good[start:stop]
    last = stop - 1 - new[::-1].argmax(axis=0)
    s.bounds.sampled = np.where(new.any(axis=0), block.times[last], s.bounds.sampled)
    s.clock.previous[0] = block.times[stop - 1]


def _judge(
    s: Supervised, book: Ledger, block: SampleBlock, values: NDArray[np.float32], good: NDArray[np.bool_], row: int
) -> int:
    """Judge rows one by one from `row` on, as long as time runs; the first row that is left."""
    w = s.wiring
    stop = min(len(block), row + (AHEAD if s.pending else 1))
    seen = w.watched.levels(values[row:stop])
    observed = observe(w, seen)
    for t in range(row, stop):
        tick = Tick(
            time=int(block.times[t]),
            previous=int(s.clock.previous[0]) or int(block.times[t]),
            watched=w.watched,
            values=np.append(values[t], np.float32(np.nan)),
            new=np.append(good[t], False),
            sampled=np.append(s.bounds.sampled, 0),
        )
        _tell(s, book, tick, observed.row(t - row))
        s.bounds.sampled = np.where(good[t], tick.time, s.bounds.sampled)
        s.clock.previous[0] = tick.time
        if not s.pending:
            stop = t + 1
            break
    s.bounds.settle(w.watched, seen[stop - 1 - row], values[stop - 1])
    return stop


def _tell(s: Supervised, book: Ledger, tick: Tick, seen: Observation) -> None:
    """One row: sources, UPSs and batteries, switches, generators, then what is to come."""
    w = s.wiring
    sources.step(w, s.observers, s.utilities, book, tick, seen)
    ups.step(w, s.upses, book, tick, seen)
    ends = battery.step(w.upses, s.batteries, s.upses.battery > 0, tick)
    moves = switch.follow(w, s.switches, tick, seen)
    power = switch.earliest_power(w.switches, s.switches, moves, tick, seen)
    SwitchFindings(w, s.switches, book, tick, seen, moves, loss.outlook(w, ends, power)).tell()
    genset.step(w, s.generators, switch.demand(w.switches, s.switches, seen), book, tick, seen)
    LossFindings(w, s.predictions, book, tick, seen, s.utilities, s.switches, moves, s.upses, ends, power).tell()
