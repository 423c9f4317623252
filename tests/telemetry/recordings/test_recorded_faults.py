"""Five real oscillograms through the engine, against an oracle that reads the files by hand and shares no code.

`xtz`, `ygz` and `ymz` saw one fault of phase A at three substations, and the reclosing onto it 1.13 s later; `pyct2` is
a sag of two phases at a power station, `hitachi1` a record of nothing.
"""

import math
import struct
from pathlib import Path

import pytest

from detectors.bank import ALL
from detectors.event import EventKind
from ridethrough.engine import Engine
from streams import run
from telemetry.recordings.open import open_recording

# Where the file holds what: analog and status channels, stretches of waveform (from, to sample), samples a cycle;
# per feed the place of phase A.
XTZ = (48, 96, [(0, 1280), (1316, 2788)], 64, {"220kv-i": 0, "220kv-ii": 4})
YGZ = (96, 128, [(0, 1280), (1325, 2541)], 64, {"220kvlg1x-215": 8, "220kvhg2x-212": 20, "220kvghx-211": 36})
YMZ = (80, 80, [(0, 1120), (1256, 2376)], 80, {"220kv-i": 0, "220kvhyx": 12, "feed-2": 64})
PYCT2 = (26, 13, [(0, 13248)], 96, {"gc1": 0, "gc2": 7})


@pytest.fixture
def faults(data_dir: Path) -> Path:
    return data_dir / "mains" / "comtrade"


def sliding(
    path: Path, analog: int, status: int, first: int, stretch: tuple[int, int], cycle: int
) -> list[list[float]]:
    """The RMS over the cycle that ends at each sample, of three phases, each in parts of its first."""
    data, row = path.read_bytes(), 8 + 2 * analog + 2 * -(-status // 16)
    text = path.with_suffix(".cfg").read_bytes().split(b"\n")[2:]
    phases = []
    for channel in range(first, first + 3):
        factor, shift = map(float, text[channel].split(b",")[5:7])
        at = 8 + 2 * channel
        squares = [(factor * struct.unpack_from("<h", data, i * row + at)[0] + shift) ** 2 for i in range(*stretch)]
        phases.append([math.sqrt(sum(squares[i - cycle : i]) / cycle) for i in range(cycle, len(squares) + 1)])
    return [[value / phase[0] for value in phase] for phase in phases]


def oracle_sags(phases: list[list[float]], cycle: int) -> list[tuple[int, float, float]]:
    """(first sample, length in cycles, lowest) of each sag: any phase below 0.90 begins it, all above 0.92 end it."""
    sags, begun, lowest = [], None, 1.0
    for i, values in enumerate(zip(*phases, strict=True)):
        if begun is None and min(values) < 0.90:
            begun, lowest = i, 1.0
        if begun is not None:
            lowest = min(lowest, *values)
            if min(values) >= 0.92:
                sags.append((begun, (i - begun) / cycle, lowest))
                begun = None
    assert begun is None
    return sags


def found_sags(path: Path, feed: str) -> list[tuple[int, float, float]]:
    """(onset in µs, length in cycles, lowest) of each sag of a feed that is over."""
    recording = open_recording(path)
    (block,) = recording.blocks(100_000)
    events = [e for detector in ALL for e in run(detector, [block], recording.site)]
    cycle = 1e6 / recording.site.nominal_frequency
    return [
        (e.onset[1], (e.ended[1] - e.onset[1]) / cycle, e.magnitude)
        for e in sorted(events, key=lambda e: e.order)
        if e.subject == feed and e.kind is EventKind.VOLTAGE_SAG and e.ended
    ]


@pytest.mark.parametrize(
    ("name", "layout", "feed"),
    [
        (name, layout, feed)
        for name, layout in (("xtz", XTZ), ("ygz", YGZ), ("ymz", YMZ), ("pyct2", PYCT2))
        for feed in layout[4]
    ],
)
def test_sags_are_as_deep_and_as_long_as_the_oracle_finds_them(faults, name, layout, feed) -> None:
    """Within 0.02 of nominal and one cycle."""
    analog, status, stretches, cycle, feeds = layout
    expected = [
        sag
        for stretch in stretches
        for sag in oracle_sags(sliding(faults / f"{name}.dat", analog, status, feeds[feed], stretch, cycle), cycle)
    ]
    found = found_sags(faults / f"{name}.cfg", feed)
    assert len(found) == len(expected) == len(stretches)
    for (_, length, lowest), (_, true_length, true_lowest) in zip(found, expected, strict=True):
        assert lowest == pytest.approx(true_lowest, abs=0.02)
        assert abs(length - true_length) <= 1


@pytest.mark.parametrize(("name", "feed"), [("xtz", "220kv-i"), ("ygz", "220kvlg1x-215"), ("ymz", "220kv-i")])
def test_three_stations_agree_when_the_breaker_closed_onto_the_fault(faults, name, feed) -> None:
    """One of the recorders paused between the two; its rates alone would lose a sixth of a second."""
    first, second = found_sags(faults / f"{name}.cfg", feed)
    assert (second[0] - first[0]) / 1e6 == pytest.approx(1.13, abs=0.011)
    assert first[1] == pytest.approx(2.5, abs=0.6)
    assert second[1] == pytest.approx(2.5, abs=0.6)


@pytest.mark.parametrize("name", ["xtz", "ygz", "ymz", "pyct2"])
def test_each_feed_that_sagged_is_told(faults, name) -> None:
    recording = open_recording(faults / f"{name}.cfg")
    engine = Engine(recording.site, replay=True)
    effects = [effect for block in recording.blocks(7) for effect in engine.push(block)]
    told = [e for e in effects if e.notify and e.active and e.kind == "voltage_sag"]
    assert {e.subject for e in told} == {c.device for c in recording.channels}


@pytest.mark.parametrize("name", ["xtz", "ygz", "ymz", "pyct2"])
def test_each_sag_is_told_and_over_with_its_depth_and_length(faults, name) -> None:
    """Also the second one of a feed, a second later, and the last before the record ends."""
    recording = open_recording(faults / f"{name}.cfg")
    engine = Engine(recording.site, replay=True)
    effects = [effect for block in recording.blocks() for effect in engine.push(block)]
    for feed in {c.device for c in recording.channels} - {"220kvxgx-214"}:
        sags = found_sags(faults / f"{name}.cfg", feed)
        told = [e for e in effects if e.subject == feed and e.notify]
        assert [e.active for e in told] == [True, False] * len(sags)
        assert [e.onset[1] for e in told[1::2]] == [begun for begun, _, _ in sags]
        for change, (_, _, lowest) in zip(told[1::2], sags, strict=True):
            assert change.title.startswith("over after 5")
            assert f"fell to {round(100 * lowest)} % of nominal" in change.title
            assert "unstable" not in change.title


def test_the_line_that_was_tripped_is_an_interruption(faults) -> None:
    """Its breaker opens one pole, closes it onto the fault and opens all three: then the line is dead."""
    recording = open_recording(faults / "ygz.cfg")
    engine = Engine(recording.site, replay=True)
    effects = [effect for block in recording.blocks() for effect in engine.push(block)]
    dead = [e for e in effects if e.kind == "voltage_interruption" and e.active]
    assert {e.subject for e in dead} == {"220kvxgx-214"}
    assert any(e.notify for e in dead)
    assert [e.active for e in effects if e.kind == "voltage_interruption"][-1]


def test_a_record_of_nothing_is_silent(faults) -> None:
    recording = open_recording(faults / "hitachi1.cfg")
    (block,) = recording.blocks(100_000)
    assert len(block) == 718
    engine = Engine(recording.site, replay=True)
    assert [e for e in engine.push(block) if e.notify] == []


def test_feeds_without_a_connection_are_not_replayed(faults) -> None:
    recording = open_recording(faults / "ygz.cfg")
    assert not any(c.device.startswith("feed-") for c in recording.channels)
    assert "电压2, 电压7, 电压8, 电压9 (no voltage in all the record)" in recording.notes[-1]
