"""Outputs: one that fails costs the others nothing."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from structlog.testing import capture_logs

from alarms.effects import Effect
from ridethrough.output import Outputs
from ridethrough.record import RecordingOutput
from telemetry.block import SampleBlock
from telemetry.site_file import load_site, parse_site

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


def test_a_recording_can_be_handed_on_without_the_communities(tmp_path: Path) -> None:
    """All else of the site file is kept as it is, and it is still one."""
    text = (
        '[site]\nname = "dc"  # community=of-a-comment\n[[device]]\nname = "ups-a"\nkind = "ups"\n'
        'address = "snmp://10.0.0.1?version=1&community=s3cret%20"\n'
    )
    RecordingOutput(tmp_path / "rec", parse_site(text, "site.toml"), text).close()
    kept = (tmp_path / "rec" / "site.toml").read_text()
    assert kept == text.replace("s3cret%20", "hidden").replace("of-a-comment", "hidden")
    assert load_site(tmp_path / "rec" / "site.toml").name == "dc"
