"""What stands on a terminal: alarms, messages and a progress bar that do not write over one another."""

import io
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
import structlog
from rich.console import Console

from ridethrough import screen
from telemetry.block import SECOND

SCRIPT = Path(sys.executable).with_name("ridethrough")
MIDNIGHT = 1_772_341_200 * SECOND  # 2026-03-01T05:00:00Z, midnight in New York


def on_a_terminal(*words: object, columns: int = 60) -> str:
    """What a command shows where stdout and stderr are one terminal."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(columns), "TERM": "xterm"}
    process = subprocess.Popen([*map(str, words)], stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 4096):
            shown += piece
    except OSError:  # how Linux says that the other side is closed
        pass
    os.close(ours)
    assert process.wait(60) == 0, shown
    return shown.decode()


def test_stdout_and_stderr_are_one_console_on_a_terminal_and_two_in_pipes() -> None:
    """A progress bar on one console makes way for lines only of the same."""
    ask = (sys.executable, "-c", "from ridethrough.screen import err, out; print(out is err, err.stderr)")
    assert on_a_terminal(*ask).split() == ["True", "False"]
    assert subprocess.run(ask, capture_output=True, text=True, check=True).stdout.split() == ["False", "True"]


def test_the_date_stands_before_the_first_line_of_each_day_at_the_site() -> None:
    shown = io.StringIO()
    dated = screen.Dated(Console(file=shown), "America/New_York")
    assert [dated.hour(MIDNIGHT + s * SECOND) for s in (-2, -1, 0, 1)] == [
        "23:59:58",
        "23:59:59",
        "00:00:00",
        "00:00:01",
    ]
    assert shown.getvalue() == "2026-02-28 EST\n2026-03-01 EST\n"


def test_a_long_title_goes_on_below_its_beginning_on_a_terminal(tmp_path: Path) -> None:
    """No line is longer than the terminal is wide, and what goes on is indented."""
    path = tmp_path / "a.csv"
    rows = [f"{1_700_000_000 + i},meter-of-hall-1,input.voltage,{230 * (i % 60 != 30)}" for i in range(300)]
    path.write_text("\n".join(["time,device,quantity,value", *rows]))
    shown = on_a_terminal(SCRIPT, "replay", path, columns=50)
    lines = [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", line).rstrip() for line in shown.split("\n")]
    at = next(i for i, line in enumerate(lines) if "minor" in line)
    assert lines[at].endswith("  meter-of-hall-1 input:")
    assert lines[at + 1].startswith(" " * 22 + "supply unstable")
    assert len(lines[at + 1]) <= 50


@pytest.mark.parametrize(("timezone", "begins"), [(None, "ups-a: "), ("Etc/UTC", "2")])
def test_messages_of_a_live_run_say_when(
    timezone: str | None, begins: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In simulated time, where this host's time would mislead, they do not."""
    monkeypatch.setattr(screen, "err", Console(stderr=True, soft_wrap=True))
    try:
        screen.log_to_screen(timezone)
        structlog.get_logger().warning("gives no readings", device="ups-a", error="nothing listens")
    finally:
        structlog.reset_defaults()
    shown = capsys.readouterr().err
    assert shown.startswith(begins)
    assert shown.endswith("ups-a: gives no readings: nothing listens\n")
