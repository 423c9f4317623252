"""The transfer supervisor: follows every change of source stage by stage, and says what did not happen in time.

What it sees is made of levels (`levels.py`), wired by the site (`wiring.py`), in three values (`truth.py`). Its
deadlines stand in one table (`stages.py`). Rows in which nothing leaves its level while no time runs are skipped
by one vectorised look; all others are judged one by one, all switches at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

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
from detectors.observation import observe
from detectors.row import Row
from detectors.screen import Screen, last_times
from detectors.sources import Observers, Utilities
from detectors.state import State, copied
from detectors.switch import Switches
from detectors.switch_findings import OF_A_TRANSFER, SwitchFindings
from detectors.ups import Upses
from detectors.wiring import Wiring, wire
from telemetry.block import Quality, SampleBlock

AHEAD = 256  # rows whose observations are made in one go while time runs
FEW, MANY = 16, 4096  # rows that the calm screen looks at in one go, growing as long as it stays calm


@dataclass(slots=True)
class Clock(State):
    """When the stream was last seen: `previous`, (1,) µs, 0 before the first row."""

    previous: NDArray[np.int64]


@dataclass(slots=True)
class Supervised:
    """The supervisor's state: one `State` for each sort of thing; `wiring` and `index` belong to the layout."""

    wiring: Wiring
    index: Mapping[str, int]
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


class Sheet:
    """The watched columns of a block: times (T,), values (T, M), and which of them are new samples (T, M)."""

    def __init__(self, block: SampleBlock, w: Wiring) -> None:
        self.times = block.times
        self.values = block.values[:, w.watched.columns]
        self.new = block.quality[:, w.watched.columns] == Quality.GOOD


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
        standing = ledger.standing(_findings(w, predictions.keys))
        return Supervised(
            wiring=w,
            index={key: i for i, key in enumerate(standing.keys)},
            clock=Clock(("stream",), np.zeros(1, np.int64)),
            bounds=levels.bounds(w.watched),
            standing=standing,
            observers=observers,
            utilities=utilities,
            switches=switch.start(w.switches),
            generators=genset.start(w.sources),
            upses=ups.start(w.upses),
            batteries=battery.start(w.upses),
            predictions=predictions,
        )

    def step(self, state: Supervised, block: SampleBlock, screen: Screen) -> tuple[Supervised, Sequence[Event]]:
        """Judge the block's rows; a calm stretch costs one comparison a sample."""
        if not state.pending and state.bounds.calm(block.values, state.wiring.watched.columns, screen):
            return _calm(state, block, screen), ()
        sheet = Sheet(block, state.wiring)
        s = replace(state, bounds=replace(state.bounds), clock=copied(state.clock))
        book = Ledger(state.standing, state.index)  # nothing is written before the state is our own
        row, ahead, owned = 0, FEW, False
        while row < len(block):
            if not s.pending:
                stop = min(len(block), row + ahead)
                if calm := s.bounds.changed(sheet.values[row:stop]):
                    _pass(s, sheet, row, row + calm)
                    row, ahead = row + calm, min(2 * ahead, MANY)
                    continue
                ahead = FEW
            if not owned:
                s, owned = copied(s), True
                book = Ledger(s.standing, s.index)
            row = _judge(s, book, sheet, row)
        return s, sorted(book.events, key=lambda e: e.order)


def _findings(w: Wiring, foretold: Sequence[str]) -> list[tuple[EventKind, str]]:
    return [
        *((EventKind.UTILITY_LOST, n) for n in w.utilities.names),
        *((kind, d.name) for kind in OF_A_TRANSFER for d in w.switches.devices),
        *((kind, n) for kind in (genset.FAIL, genset.OUT) for n in w.sources.names),
        *((kind, n) for kind in (EventKind.UPS_ON_BATTERY, EventKind.UPS_LOAD_DROPPED) for n in w.upses.names),
        *((EventKind.LOAD_LOSS_PREDICTED, n) for n in foretold),
    ]


def _calm(state: Supervised, block: SampleBlock, screen: Screen) -> Supervised:
    """The state after a block in which nothing left its level."""
    columns, before = state.wiring.watched.columns, state.bounds.sampled
    if screen.spoiled.any():
        sampled = last_times(np.take(block.quality, columns, axis=1) == Quality.GOOD, block.times, before)
    else:
        sampled = np.full(before.shape, block.times[-1])
    clock = Clock(state.clock.keys, np.array([block.times[-1]], np.int64))
    return replace(state, bounds=replace(state.bounds, sampled=sampled), clock=clock)


def _pass(s: Supervised, sheet: Sheet, start: int, stop: int) -> None:
    """Skip calm rows; what is remembered of them is when each column was last sampled."""
    s.bounds.sampled = last_times(sheet.new[start:stop], sheet.times[start:stop], s.bounds.sampled)
    s.clock.previous[0] = sheet.times[stop - 1]


def _judge(s: Supervised, book: Ledger, sheet: Sheet, start: int) -> int:
    """Judge rows one by one, as long as time runs; the first row that is left."""
    w = s.wiring
    stop = min(len(sheet.times), start + (AHEAD if s.pending else 1))
    levels_ = w.watched.levels(sheet.values[start:stop])
    seen = observe(w, levels_)
    for t in range(start, stop):
        time = int(sheet.times[t])
        row = Row(
            time=time,
            previous=int(s.clock.previous[0]) or time,
            w=w,
            seen=seen.row(t - start),
            ledger=book,
            values=np.append(sheet.values[t], np.float32(np.nan)),
            new=np.append(sheet.new[t], False),
            sampled=np.append(s.bounds.sampled, 0),
        )
        book.turn_to(row.time, row.previous)
        _judge_row(s, row)
        s.bounds.sampled = np.where(sheet.new[t], time, s.bounds.sampled)
        s.clock.previous[0] = time
        if not s.pending:
            stop = t + 1
            break
    s.bounds.settle(w.watched, levels_[stop - 1 - start], sheet.values[stop - 1])
    return stop


def _judge_row(s: Supervised, row: Row) -> None:
    """Sources, UPSs and batteries, switches, generators, then what is to come."""
    sources.step(row, s.observers, s.utilities)
    ups.step(row, s.upses)
    ends = battery.step(row, s.batteries, s.upses.battery > 0)
    moves = switch.follow(row, s.switches)
    power = switch.earliest_power(row, s.switches, moves)
    outlook = loss.outlook(row.w, ends, power)
    SwitchFindings(row, s.switches, moves, outlook).tell()
    genset.step(row, s.generators, switch.demand(row, s.switches, outlook))
    LossFindings(row, s.predictions, s.utilities, s.switches, moves, s.upses, ends, power).tell()
