"""What a person at a terminal sees of a run: alarms as they come, progress, tables."""

import logging
import sys
import time as system
from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

import structlog
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

from alarms.alarm import AlarmChange
from alarms.standing import Standing
from alarms.times import hour
from telemetry.block import SECOND, SampleBlock
from telemetry.moment import utc
from telemetry.site import Site

_PIPED = None if sys.stdout.isatty() else 200  # columns: what reads a pipe has no edge to wrap at
out = Console(highlight=False, soft_wrap=True, width=_PIPED)
# Both on a terminal are one console: only so does a progress bar make way for the lines of the other.
_ONE = sys.stdout.isatty() and sys.stderr.isatty()
err = out if _ONE else Console(stderr=True, highlight=False, soft_wrap=True)

_INDENT = 22  # columns before an alarm's title, where its hour has no milliseconds
_LEVEL = {"error": "bold red", "warning": "yellow"}
_COLOUR = {"critical": "bold white on red", "major": "bold red", "minor": "yellow", "warning": "cyan", "info": "dim"}


def local(time: int, timezone: str) -> str:
    """Microseconds UTC as the hour at the site."""
    return utc(time).astimezone(ZoneInfo(timezone)).strftime("%H:%M:%S")


class Dated:
    """Stamps lines on a console with the hour at the site; before the first one of a day it prints the date."""

    def __init__(self, console: Console, timezone: str) -> None:
        self._console = console
        self._zone = ZoneInfo(timezone)
        self._day = ""

    def hour(self, time: int, *, fine: bool = False) -> str:
        """Microseconds UTC as HH:MM:SS; `fine`: with milliseconds."""
        moment = utc(time).astimezone(self._zone)
        if (day := moment.strftime("%Y-%m-%d %Z")) != self._day:
            self._console.print(Text(day, "dim"))
            self._day = day
        return hour(moment, fine=fine)


@cache
def dated(console: Console, timezone: str) -> Dated:
    """The one that stamps on this console, whoever prints there."""
    return Dated(console, timezone)


def log_to_screen(timezone: str | None = None) -> None:
    """Let the program's own messages come as lines on stderr, between what else stands there.

    Args:
        timezone: the site's, to begin each with this host's time there; None where event time is another.
    """

    def stamp(_logger: object, _method: str, message: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        if timezone:
            message["at"] = dated(err, timezone).hour(system.time_ns() // 1000)
        return message

    structlog.configure(processors=[structlog.processors.add_log_level, stamp, _print_message])
    for library in ("pymodbus", "pysnmp", "asyncio", "amqtt", "transitions"):
        logging.getLogger(library).setLevel(logging.CRITICAL)  # what matters of it, our own messages say


def _print_message(_logger: object, _method: str, message: MutableMapping[str, Any]) -> NoReturn:
    level, what = message.pop("level"), message.pop("event")
    at, device = message.pop("at", ""), message.pop("device", "")
    details = ", ".join(str(v) if k == "error" else f"{k} {v}" for k, v in message.items())
    line = Text.assemble(
        (f"{at}  " if at else "", "dim"),
        (f"{device}: " if device else "", ""),
        (what, _LEVEL.get(level, "dim")),
        (f": {details}" if details else "", "dim"),
    )
    err.print(line, soft_wrap=not err.is_terminal)
    raise structlog.DropEvent


class AlarmScreen:
    """An output that prints what the NOC is told, and counts what it is spared.

    Args:
        site: whose alarms they are; where it ticks below a second, hours have milliseconds.
        console: to print on.
        all_of_it: whether to print also what the NOC is not told, once it is over: who reads an oscillogram wants it.
    """

    def __init__(self, site: Site, console: Console = out, *, all_of_it: bool = False) -> None:
        self._console = console
        self._dated = dated(console, site.timezone)
        self._fine = site.tick < SECOND
        self._indent = _INDENT + len(".000") * self._fine
        self._all_of_it = all_of_it
        self._last = 0
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
            elif self._all_of_it and not change.active:
                self._line(change.time, change.severity, "dim", change.title)

    def show_standing(self, standing: Sequence[Standing]) -> None:
        """Print what holds, or waits for its delay, at the last row of a recording."""
        for s in standing:
            if not self._all_of_it and (s.suppressed or not s.severity.notifies):
                continue
            if not s.holds:
                word, style = ("cleared", "green") if s.told else (s.severity, _COLOUR[s.severity])
                self._line(self._last, word, style, s.title)
                continue
            how = "still so at the end" if s.told else "not told yet at the end"
            self._line(self._last, s.severity, _COLOUR[s.severity], f"{how}: {s.title}")

    def _print(self, change: AlarmChange) -> None:
        style = _COLOUR[change.severity] if change.active else "green"
        word = change.severity if change.active else "cleared"
        self._line(change.time, word, style, change.title, bold=change.active)
        if change.active and change.severity == "critical":
            for advice in change.advice[:2]:
                self._hang(Text(" " * self._indent), Text(advice, "dim"))

    def _line(self, time: int, word: str, style: str, title: str, *, bold: bool = False) -> None:
        stamp = self._dated.hour(time, fine=self._fine)
        self._hang(Text.assemble((stamp, "dim"), "  ", (f" {word:8} ", style), "  "), Text(title, "bold" * bold))

    def _hang(self, head: Text, text: Text) -> None:
        """Print a text behind its head; on a terminal what does not fit goes on below its beginning."""
        width = max(self._indent, self._console.width - self._indent)
        first, *more = text.wrap(self._console, width) if self._console.is_terminal else [text]
        below = [Text.assemble(" " * self._indent, line) for line in more]
        self._console.print(Text("\n").join([Text.assemble(head, first), *below]))

    def after_tick(self, block: SampleBlock) -> None:
        """A row as such is not shown."""
        self._last = int(block.times[-1])

    def close(self) -> None:
        """Say how much the NOC was spared."""
        told, spared = self.notified, len(self.suppressed)
        self._console.print(
            Text(
                f"{told} notification{'s' * (told != 1)}, "
                f"{spared} further alarm{'s' * (spared != 1)} recorded under their cause",
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
        TaskProgressColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        bar.add_task(what, total=total, note="")
        yield bar
