"""What an engineer reads of a replayed oscillogram: each event with its times, its depth and its length."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from comtrade_files import three_phases, write_oscillogram
from csv_files import whole
from ridethrough.engine import Engine
from ridethrough.output import Outputs
from ridethrough.replay import replay
from ridethrough.screen import AlarmScreen
from telemetry.block import SECOND
from telemetry.recordings.open import open_recording
from telemetry.recordings.recording import Recording
from telemetry.site import Device, Limits, Site

CONNECTED = Site("dc", (Device("board", "switchgear"), Device("in", "meter", fed_by="board")))


def record(folder: Path, *dips: tuple[float, float, float], length: float = 0.4, site: Site | None = None) -> Recording:
    """230 V on the feed `in` from 14:32:35 on, with dips of all phases: (from, to, part that is left)."""
    times = np.arange(round(3200 * length)) / 3200
    channels = three_phases(times, 230.0, name="in_U{}", dips=dips)
    return open_recording(write_oscillogram(folder / "r.cfg", channels, [(3200, len(times))]), site)


def shown(recording: Recording, *, all_of_it: bool = True) -> list[str]:
    """The lines on the screen, without dates and the words that are the same in all."""
    text = io.StringIO()
    screen = AlarmScreen(recording.site, Console(file=text, width=200), all_of_it=all_of_it)
    replay(recording, Outputs([screen]), at_end=screen.show_standing)
    lines = [" ".join(line.split()) for line in text.getvalue().splitlines()]
    alarms = [line for line in lines if not line.endswith(" UTC") or ":" in line]
    return [line.replace("in input: voltage fell", "fell").replace(" of nominal", "") for line in alarms]


def test_each_event_is_told_and_over_with_its_time_depth_and_length(tmp_path) -> None:
    """The depth that is told last is the lowest of all, not that of the second sample."""
    assert shown(record(tmp_path, (0.1, 0.13, 0.7), (0.13, 0.18, 0.5), (0.3, 0.34, 0.7))) == [
        "14:32:35.120 minor fell to 70 % at 14:32:35.110 UTC",
        "14:32:35.200 cleared over after 90 ms: fell to 50 % at 14:32:35.110 UTC, instantaneous sag",
        "14:32:35.320 minor fell to 70 % at 14:32:35.310 UTC",
        "14:32:35.360 cleared over after 50 ms: fell to 70 % at 14:32:35.310 UTC, instantaneous sag",
        "4 notifications, 0 further alarms recorded under their cause",
    ]


def test_repeated_faults_are_told_each_by_itself(tmp_path) -> None:
    """A recloser makes four attempts: that is one fault, and each of them counts."""
    dips = [(at, at + 0.06, 0.5) for at in (0.2, 0.6, 1.0, 1.4)]
    lines = shown(record(tmp_path, *dips, length=1.8))
    assert sum(" cleared over after 70 ms: fell to 50 %" in line for line in lines) == 4
    assert lines[-1] == "8 notifications, 0 further alarms recorded under their cause"


def test_a_dip_of_one_sample_is_no_message_but_is_printed(tmp_path) -> None:
    recording = record(tmp_path, (0.108, 0.112, 0.5))
    volts = whole(recording).values[:, :3].min(axis=1)
    assert (volts < 0.9 * 230).sum() == 1, "only one sample shows it"
    end = "0 notifications, 0 further alarms recorded under their cause"
    line = "over within 20 ms: fell to 89 % at 14:32:35.120 UTC, instantaneous sag, seen in one sample only"
    assert shown(recording) == [f"14:32:35.130 info {line}", end]
    assert shown(recording, all_of_it=False) == [end]


def test_what_holds_when_the_record_ends_is_said_last(tmp_path) -> None:
    """And what it began with, though it is not sent: it explains the message."""
    assert shown(record(tmp_path, (0.3, 0.4, 0.0))) == [
        "14:32:35.320 major in input: no voltage since 14:32:35.320 UTC",
        "14:32:35.320 info over within 20 ms: fell to 70 % at 14:32:35.310 UTC, instantaneous sag, seen in one sample only",
        "14:32:35.390 major still so at the end: in input: no voltage since 14:32:35.320 UTC",
        "1 notification, 1 further alarm recorded under their cause",
    ]


@pytest.mark.parametrize(
    ("until", "left", "said"),
    [
        (0.4, 0.5, "14:32:35.390 minor not told yet at the end: fell to 50 % at 14:32:35.110 UTC"),
        (0.2, 0.5, "14:32:35.220 minor over after 110 ms: fell to 50 % at 14:32:35.110 UTC, instantaneous sag"),
        (
            0.2,
            0.0,
            "14:32:35.390 major over after 90 ms: in input: no voltage since 14:32:35.120 UTC, momentary interruption",
        ),
    ],
)
def test_what_waits_for_its_cause_when_the_record_ends_is_not_lost(tmp_path, until, left, said) -> None:
    """A meter behind a feeder waits two seconds, whether it still sags or not: the record has 0.4."""
    *lines, end = shown(record(tmp_path, (0.1, until, left), site=CONNECTED))
    assert said in lines
    assert end == "0 notifications, 0 further alarms recorded under their cause"


def test_an_end_that_waits_for_the_site_s_own_delay_is_not_lost(tmp_path) -> None:
    patient = Site("dc", (Device("in", "meter"),), limits={"voltage_sag": Limits(off_delay=30 * SECOND)})
    assert shown(record(tmp_path, (0.1, 0.13, 0.7), (0.13, 0.18, 0.5), site=patient)) == [
        "14:32:35.120 minor fell to 70 % at 14:32:35.110 UTC",
        "14:32:35.390 cleared over after 90 ms: fell to 50 % at 14:32:35.110 UTC, instantaneous sag",
        "1 notification, 0 further alarms recorded under their cause",
    ]


def test_of_polls_only_what_the_noc_would_have_been_told_is_said_at_the_end(tmp_path) -> None:
    """One bad poll at the end of a recording is no message, two are."""
    lines = ["time,device,quantity,value", *(f"{1_700_000_000 + i},in,input.voltage,230" for i in range(300))]
    for bad, said in ((1, []), (2, ["22:18:21 minor still so at the end: fell to 50 %"])):
        path = tmp_path / f"{bad}.csv"
        path.write_text("\n".join([*lines, *(f"{1_700_000_300 + i},in,input.voltage,115" for i in range(bad))]))
        assert [line for line in shown(open_recording(path), all_of_it=False) if "at the end" in line] == said


def test_what_stands_at_the_end_changes_nothing(tmp_path) -> None:
    """Asked after each row, the alarms are the same."""
    recording = record(tmp_path, (0.1, 0.13, 0.7), (0.3, 0.4, 0.0))
    quiet, asked = Engine(recording.site, replay=True), Engine(recording.site, replay=True)
    told, again = [], []
    for block in recording.blocks(1):
        told += [e.to_line() for e in quiet.push(block)]
        again += [e.to_line() for e in asked.push(block)]
        asked.standing()
    assert told
    assert told == again
    assert Engine(replace(recording.site, name="other"), replay=True).standing() == []
