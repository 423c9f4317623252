"""Recordings of real mains through every detector: what happened is found."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from detectors.bank import ALL
from detectors.event import Event, EventKind
from streams import run
from telemetry.block import SampleBlock
from telemetry.recordings.csv import read_csv
from telemetry.site import Site


def events_of(data_dir: Path, name: str, rows: int = 3600) -> tuple[Site, list[Event]]:
    """Every detector's events, in the order of time."""
    recording = read_csv(data_dir / "mains" / name / "recording.csv.gz")
    blocks: list[SampleBlock] = list(recording.blocks(rows))
    events = [e for detector in ALL for e in run(detector, blocks, recording.site)]
    return recording.site, sorted(events, key=lambda e: e.order)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1_000_000)


def clock(time: int) -> str:
    return datetime.fromtimestamp(time / 1e6, UTC).strftime("%Y-%m-%d %H:%M")


def test_the_fukushima_earthquake_of_2021_is_one_frequency_deviation(data_dir: Path) -> None:
    """Frequency left 49.5 Hz at 14:08:19Z and came back at 14:09:41Z; the UPS stayed on line, polled at about 5 s."""
    _, events = events_of(data_dir, "omron-ups-2021")
    assert {e.kind for e in events} <= {EventKind.FREQUENCY_DEVIATION, EventKind.RAPID_VOLTAGE_CHANGE}
    frequency = [e for e in events if e.kind is EventKind.FREQUENCY_DEVIATION]
    assert {(e.subject, e.point) for e in frequency} == {("ups", "input")}
    first, confirmed, over = (e for e in frequency if e.detail["why"] == "limit")
    assert [e for e in frequency if e.confirmed] == [confirmed, over], "49.8 Hz now and then is recorded, no more"
    assert not first.confirmed
    assert confirmed.active
    assert confirmed.confirmed
    assert confirmed.time <= at("2021-02-13 14:08:45")
    assert at("2021-02-13 14:08:10") <= confirmed.onset[0] < confirmed.onset[1] <= at("2021-02-13 14:08:20")
    assert not over.active
    assert over.magnitude == pytest.approx(48.4)


@pytest.mark.parametrize(
    ("name", "silences"),
    [
        # Of the twelve gaps of more than three minutes two follow another after a single value: one silence each.
        ("home-quiet-2014", ["2014-10-25 09:22", "2014-10-27 10:22"]),
        (
            "household-2006-2008",
            [
                "2007-04-28 00:21",
                "2007-06-09 17:55",
                "2007-07-15 16:49",
                "2007-07-15 18:21",
                "2007-08-01 08:12",
                "2008-10-25 10:28",
                "2008-11-10 17:43",
                "2008-12-10 10:48",
            ],
        ),
    ],
)
def test_a_silent_recorder_is_found_each_time_and_is_over_again(data_dir: Path, name: str, silences: list[str]) -> None:
    """147 days and two years of minute values; what else is said of them, `test_sound_supply.py` bounds."""
    _, found = events_of(data_dir, name)
    events = [e for e in found if e.kind is EventKind.COMMS_LOST]
    assert [clock(e.onset[1]) for e in events if e.active] == silences
    assert sum(not e.active for e in events) == len(silences), "each of them ends"


def test_the_recorder_that_repeated_one_value_for_seven_hours_is_found(data_dir: Path) -> None:
    """241.18 V, 400 times from 10:09 on; in two years no other value comes more than three times in a row."""
    _, found = events_of(data_dir, "household-2006-2008")
    begun, over = (e for e in found if e.kind is EventKind.VALUE_FROZEN)
    assert clock(begun.onset[0]) <= "2008-10-06 10:09" <= clock(begun.onset[1])
    assert begun.detail["stuck_at"] == pytest.approx(241.18)
    assert over.ended is not None
    assert clock(over.ended[0]) <= "2008-10-06 16:48" <= clock(over.ended[1])


def test_blocks_of_another_size_give_the_same_events(data_dir: Path) -> None:
    """Live is a row at a time; a replay is not."""
    whole: tuple[Any, ...] = events_of(data_dir, "omron-ups-2021", 100_000)
    assert whole == events_of(data_dir, "omron-ups-2021", 7)
