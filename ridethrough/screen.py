"""What a person at a terminal sees of a run: alarms as they come, progress, tables."""

import logging
import sys
from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

import structlog
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

from alarms.alarm import AlarmChange
from telemetry.block import SampleBlock
from telemetry.moment import utc
from telemetry.site import Site

_PIPED = None if sys.stdout.isatty() else 200  # columns: what reads a pipe has no edge to wrap at
out = Console(highlight=False, soft_wrap=True, width=_PIPED)
err = Console(stderr=True, highlight=False, soft_wrap=True)

_LEVEL = {"error": "bold red", "warning": "yellow"}
_COLOUR = {"critical": "bold white on red", "major": "bold red", "minor": "yellow", "warning": "cyan", "info": "dim"}


def local(time: int, timezone: str) -> str:
    """Microseconds UTC as the hour at the site."""
    return utc(time).astimezone(ZoneInfo(timezone)).strftime("%H:%M:%S")


def log_to_screen() -> None:
    """Let the program's own messages come as lines on stderr, between what else stands there."""
    structlog.configure(processors=[structlog.processors.add_log_level, _print_message])
    for library in ("pymodbus", "pysnmp", "asyncio", "amqtt", "transitions"):
        logging.getLogger(library).setLevel(logging.CRITICAL)  # what matters of it, our own messages say


def _print_message(_logger: object, _method: str, message: MutableMapping[str, Any]) -> NoReturn:
    level, what = message.pop("level"), message.pop("event")
    device = message.pop("device", "")
    details = ", ".join(str(v) if k == "error" else f"{k} {v}" for k, v in message.items())
    err.print(
        Text.assemble(
            (f"{device}: " if device else "", ""),
            (what, _LEVEL.get(level, "dim")),
            (f": {details}" if details else "", "dim"),
        )
    )
    raise structlog.DropEvent


class AlarmScreen:
    """An output that prints what the NOC is told, and counts what it is spared."""

    def __init__(self, site: Site, console: Console = out) -> None:
        self._zone = site.timezone
        self._console = console
        self.notified = 0
        self.suppressed: set[str] = set()

    def tell(self, effects: Sequence[AlarmChange]) -> None:
        """Print the changes that are notified."""
        for change in effects:
            if change.notify:
                self.notified += 1
                self._print(change)
            elif change.suppressed_by:
                self.suppressed.add(change.alarm_id)

    def _print(self, change: AlarmChange) -> None:
        style = _COLOUR[change.severity] if change.active else "green"
        word = change.severity if change.active else "cleared"
        line = Text.assemble(
            (local(change.time, self._zone), "dim"),
            "  ",
            (f" {word:8} ", style),
            "  ",
            (change.title, "bold" * change.active),
        )
        self._console.print(line)
        if change.active and change.severity == "critical":
            for advice in change.advice[:2]:
                self._console.print(Text(f"{'':22}{advice}", "dim"))

    def after_tick(self, block: SampleBlock) -> None:
        """Nothing: a row as such is not shown."""

    def close(self) -> None:
        """Say how much the NOC was spared."""
        self._console.print(
            Text(
                f"{self.notified} notifications, {len(self.suppressed)} further alarms recorded under their cause",
                "dim",
            )
        )


@contextmanager
def progress(what: str, total: float | None) -> Iterator[Progress]:
    """A progress bar with its first task added; it goes to stderr and hides where that is no terminal."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        bar.add_task(what, total=total, note="")
        yield bar
