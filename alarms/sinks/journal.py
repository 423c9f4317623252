"""The journal: every alarm change as a line of JSON, in a file."""

from collections.abc import Sequence
from pathlib import Path

from alarms.alarm import AlarmChange
from telemetry.block import SampleBlock


class Journal:
    """Writes JSON lines, handed to the system before `tell` returns.

    Args:
        path: the file.
        append: go on behind what it holds, as a daemon does; else it begins empty, as a replay does.

    Raises:
        OSError: the file cannot be opened.
    """

    def __init__(self, path: Path, *, append: bool = False) -> None:
        self._file = path.open("a" if append else "w", encoding="utf-8", newline="\n")

    def tell(self, effects: Sequence[AlarmChange]) -> None:
        """Write the changes.

        Raises:
            OSError: the disk is full, or gone.
        """
        for change in effects:
            self._file.write(change.to_line() + "\n")
        self._file.flush()

    def after_tick(self, block: SampleBlock) -> None:
        """Nothing: rows as such are not journalled."""

    def close(self) -> None:
        """Close the file. Harmless when called twice."""
        self._file.close()
