"""Outputs: one that fails costs the others nothing."""

from collections.abc import Sequence

import numpy as np
from structlog.testing import capture_logs

from alarms.effects import Effect
from ridethrough.output import Outputs
from telemetry.block import SampleBlock

EMPTY = SampleBlock((), np.array([0], np.int64), np.empty((1, 0), np.float32), np.empty((1, 0), np.uint8))


class Full:
    """A disk without room."""

    def __init__(self) -> None:
        self.room = False

    def tell(self, effects: Sequence[Effect]) -> None:
        raise AssertionError("nothing was said")

    def after_tick(self, block: SampleBlock) -> None:
        if not self.room:
            raise OSError(28, "No space left on device")

    def close(self) -> None:
        raise OSError(28, "No space left on device")


class Sound:
    """An output that counts."""

    def __init__(self) -> None:
        self.rows = 0
        self.closed = False

    def tell(self, effects: Sequence[Effect]) -> None:
        raise AssertionError("nothing was said")

    def after_tick(self, block: SampleBlock) -> None:
        self.rows += len(block)

    def close(self) -> None:
        self.closed = True


def test_a_failing_output_is_reported_once_and_the_others_go_on() -> None:
    full, sound = Full(), Sound()
    outputs = Outputs([full, sound])
    with capture_logs() as logs:
        for _ in range(3):
            outputs.give([], EMPTY)
        full.room = True
        outputs.give([], EMPTY)
        full.room = False
        outputs.give([], EMPTY)
    assert sound.rows == 5
    assert [log["output"] for log in logs] == ["Full", "Full"], "once for each time that it begins to fail"


def test_every_output_is_closed_even_where_one_cannot_be() -> None:
    sound = Sound()
    with capture_logs() as logs:
        Outputs([Full(), sound]).close()
    assert sound.closed
    assert "No space left" in logs[0]["error"]
