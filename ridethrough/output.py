"""What a run gives its results to."""

from collections.abc import Sequence
from typing import Protocol

import structlog

from alarms.effects import Effect
from telemetry.block import SampleBlock

log = structlog.get_logger()


class Output(Protocol):
    """Takes a run's effects: a journal, the NOC's broker, a recording, a screen. It must not block."""

    def tell(self, effects: Sequence[Effect]) -> None:
        """What the engine said at a tick; called only where it said something."""
        ...

    def after_tick(self, block: SampleBlock) -> None:
        """These rows have gone through the engine and their effects have been told."""
        ...

    def close(self) -> None:
        """Finish in order. Harmless when called twice."""
        ...


class Outputs:
    """Several outputs as one. One that fails (a full disk) is reported when that begins, and costs the others nothing."""

    def __init__(self, outputs: Sequence[Output]) -> None:
        self._outputs = outputs
        self._failing: set[int] = set()

    def give(self, effects: Sequence[Effect], block: SampleBlock) -> None:
        """Tell every output what the engine said of the rows of `block`."""
        for i, output in enumerate(self._outputs):
            try:
                if effects:
                    output.tell(effects)
                output.after_tick(block)
            except Exception as e:  # noqa: BLE001 - whatever it is: the other outputs go on
                self._report(i, e)
            else:
                self._failing.discard(i)

    def close(self) -> None:
        """Finish every output, whatever the others do."""
        for i, output in enumerate(self._outputs):
            try:
                output.close()
            except Exception as e:  # noqa: BLE001 - whatever it is: the other outputs are still finished
                self._report(i, e)

    def _report(self, i: int, error: Exception) -> None:
        if i not in self._failing:
            self._failing.add(i)
            reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
            log.error("an output fails; the others go on", output=type(self._outputs[i]).__name__, error=reason)
