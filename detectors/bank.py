"""Every detector that the engine runs. To add one: a file of its own, and its line here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from detectors import screen
from detectors.contradiction import ContradictionDetector
from detectors.detector import Detector
from detectors.device_alarm import DeviceAlarmDetector
from detectors.disagreement import DisagreementDetector
from detectors.event import Event
from detectors.frequency import FrequencyDetector
from detectors.frozen import FrozenDetector
from detectors.layout import Layout
from detectors.nominal import NominalDetector
from detectors.registers import RegisterDetector
from detectors.screen import Screening
from detectors.silence import SilenceDetector
from detectors.state import carry
from detectors.steps import StepDetector
from detectors.transfer import TransferSupervisor
from detectors.unbalance import UnbalanceDetector
from detectors.voltage import VoltageDetector
from telemetry.block import SampleBlock

ALL: tuple[Detector[Any], ...] = (
    VoltageDetector(),
    RegisterDetector(),
    StepDetector(),
    FrequencyDetector(),
    SilenceDetector(),
    DeviceAlarmDetector(),
    ContradictionDetector(),
    DisagreementDetector(),
    FrozenDetector(),
    UnbalanceDetector(),
    NominalDetector(),
    TransferSupervisor(),
)


@dataclass(frozen=True, slots=True)
class BankState:
    """What all detectors know after some rows; `detectors` in the order of the bank."""

    screening: Screening
    detectors: tuple[Any, ...]


class Bank:
    """Detectors that share one dense look at each block."""

    def __init__(self, detectors: Sequence[Detector[Any]] = ALL) -> None:
        self._detectors = tuple(detectors)

    def start(self, layout: Layout, before: BankState | None = None) -> BankState:
        """The state before the first row; with `before`, of a stream that goes on with other columns."""
        fresh = BankState(screen.start(layout), tuple(detector.start(layout) for detector in self._detectors))
        if before is None:
            return fresh
        pairs = zip(before.detectors, fresh.detectors, strict=True)
        return BankState(carry(before.screening, fresh.screening), tuple(carry(old, new) for old, new in pairs))

    def step(self, state: BankState, block: SampleBlock) -> tuple[BankState, list[Sequence[Event]]]:
        """Judge a block's rows; each detector's events in the order of `Event.order`."""
        if not len(block):
            return state, []
        screening, seen = screen.look(state.screening, block)
        after, events = [], []
        for detector, own in zip(self._detectors, state.detectors, strict=True):
            stepped, found = detector.step(own, block, seen)
            after.append(stepped)
            events.append(found)
        return BankState(screening, tuple(after)), events
