"""CSV as a recording, as docs/recordings.md describes it."""

import csv
import gzip
import statistics
import tempfile
from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csv_files import column, recording_of, whole
from detectors.layout import Layout
from telemetry.block import SECOND, Channel, Quality
from telemetry.recordings import csv_records, csv_rows
from telemetry.recordings.open import open_recording
from telemetry.site import Device, Site

G, H, M, S = Quality.GOOD, Quality.HELD, Quality.MISSING, Quality.SUSPECT
NAN = float("nan")


# Times and values


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [
        ("2026-03-01T14:32:35.5Z", 1_772_375_555_500_000),
        ("2026-03-01T14:32:35", 1_772_375_555_000_000),
        ("2026-03-01 14:32:35.123456789Z", 1_772_375_555_123_456),
        ("2026-03-01T15:32:35+01:00", 1_772_375_555_000_000),
        ("1772375555", 1_772_375_555_000_000),
        ("1772375555.25", 1_772_375_555_250_000),
        ("1.772375555e9", 1_772_375_555_000_000),
    ],
)
def test_time_is_iso_in_utc_or_epoch_seconds(tmp_path, text: str, microseconds: int):
    """Both forms of the contract give the same exact microseconds."""
    assert whole(recording_of(tmp_path, f"{text},m,input.voltage,230")).times.tolist() == [microseconds]


def test_values_are_numbers_or_names_of_states(tmp_path):
    """A state's name and its code are the same; an empty or NaN value is missing; the impossible is suspect."""
    recording = recording_of(
        tmp_path,
        *("0,ups,ups.status,on_battery", "0,ups,input.voltage,230.5"),
        *("1,ups,ups.status,1", "1,ups,input.voltage,"),
        *("2,ups,ups.status,1.5", "2,ups,input.voltage,NaN"),
        *("3,ups,ups.status,9", "3,ups,input.voltage,-1"),
        *("4,ups,ups.status,", "4,ups,input.voltage,inf"),
    )
    assert [x[1:] for x in column(recording, "ups", "ups.status")] == [(1, G), (1, G), (None, S), (None, S), (None, M)]
    assert [x[1:] for x in column(recording, "ups", "input.voltage")] == [
        (230.5, G),
        (None, M),
        (None, M),
        (None, S),
        (None, S),
    ]


def test_gzip_and_plain_give_the_same(tmp_path):
    """Compression changes nothing."""
    lines = [f"{t},m,input.voltage,{230 + t}" for t in range(5)]
    plain, packed = whole(recording_of(tmp_path, *lines)), whole(recording_of(tmp_path, *lines, name="r.csv.gz"))
    assert np.array_equal(plain.values, packed.values)
    assert np.array_equal(plain.times, packed.times)


# Rows


def test_each_distinct_time_is_a_row_and_gaps_are_filled(tmp_path):
    """1 s apart: up to 1.5 s nothing is put in, beyond it a missing row every second."""
    times = [0, 1, 2, 3.5, 4.5, 8, 9, 10]
    recording = recording_of(tmp_path, *(f"{t},m,input.voltage,230" for t in times))
    found = column(recording, "m", "input.voltage")
    assert [t for t, _, q in found if q is G] == times
    assert [(t, v) for t, v, q in found if q is not G] == [(5.5, None), (6.5, None)]
    assert {q for t, _, q in found if t in (5.5, 6.5)} == {M}
    assert recording.length == len(found)


def test_an_absent_device_is_missing_where_it_answers_at_every_row(tmp_path):
    """Two devices in step: where one is away, its samples are MISSING and NaN, never the last value."""
    lines = [f"{t},{d},input.voltage,{t}" for t in range(10) for d in ("a", "b") if (t, d) not in {(4, "b"), (5, "b")}]
    found = column(recording_of(tmp_path, *lines), "b", "input.voltage")
    assert [q for _, _, q in found] == [G, G, G, G, M, M, G, G, G, G]
    assert found[4][1] is None


def test_a_slower_device_is_held_between_its_answers_and_missing_once_when_it_skips_one(tmp_path):
    """A device that answers every 5th row is HELD in between; a skipped answer is one MISSING, then NaN held."""
    lines = [f"{t},a,input.voltage,1" for t in range(40)]
    lines += [f"{t},slow,input.voltage,{t}" for t in range(0, 40, 5) if t != 20]
    found = column(
        recording_of(tmp_path, *sorted(lines, key=lambda line: int(line.split(",")[0]))), "slow", "input.voltage"
    )
    assert [t for t, _, q in found if q is G] == [0, 5, 10, 15, 25, 30, 35]
    assert [t for t, _, q in found if q is M] == [22]
    assert [v for _, v, _ in found[15:26]] == [15] * 7 + [None] * 3 + [25]


def test_a_slow_device_that_is_late_by_less_than_half_its_interval_is_held_not_missing(tmp_path):
    """Jitter is no lost answer."""
    at = [0, 10, 23, 30, 38, 50, 60]
    lines = [f"{t},a,input.voltage,1" for t in range(61)] + [f"{t},slow,input.voltage,{t}" for t in at]
    found = column(
        recording_of(tmp_path, *sorted(lines, key=lambda line: int(line.split(",")[0]))), "slow", "input.voltage"
    )
    assert {q for _, _, q in found} == {G, H}


def test_devices_that_answer_at_times_of_their_own_are_held_in_each_others_rows(tmp_path):
    """Two devices, once a second, 0.3 s apart: no row is put in, and none of them is missing."""
    lines = [f"{t + o},{d},input.voltage,{t}" for t in range(20) for d, o in (("a", 0), ("b", 0.3))]
    recording = recording_of(tmp_path, *lines)
    assert recording.length == 40
    assert recording.site.tick == SECOND
    assert {q for _, _, q in column(recording, "b", "input.voltage")[1:]} == {G, H}


def test_a_device_not_heard_of_yet_is_missing(tmp_path):
    """Before its first answer a device that should answer at every row is MISSING, not held from nothing."""
    lines = [f"{t},a,input.voltage,1" for t in range(10)] + [f"{t},late,input.voltage,1" for t in range(4, 10)]
    found = column(
        recording_of(tmp_path, *sorted(lines, key=lambda line: int(line.split(",")[0]))), "late", "input.voltage"
    )
    assert [q for _, _, q in found] == [M] * 4 + [G] * 6


def test_of_two_values_for_one_sample_the_later_line_counts(tmp_path):
    """A doubled line is no error."""
    recording = recording_of(tmp_path, "0,m,input.voltage,1", "0,m,input.voltage,2", "1,m,input.voltage,3")
    assert [v for _, v, _ in column(recording, "m", "input.voltage")] == [2, 3]


def test_a_long_gap_is_filled_row_by_row_within_bounded_memory(tmp_path):
    """A day's gap at 1 s comes as blocks of missing rows."""
    lines = [f"{t},m,input.voltage,1" for t in (0, 1, 2, 86_400, 86_401, 86_402)]
    recording = recording_of(tmp_path, *lines)
    assert recording.length == 86_403
    blocks = list(recording.blocks(10_000))
    assert max(map(len, blocks)) == 10_000
    times = np.concatenate([block.times for block in blocks])
    assert np.array_equal(times, np.arange(86_403) * SECOND)


def test_a_part_keeps_what_is_held_from_before_it(tmp_path):
    """Reading from the middle gives the same samples as reading all."""
    lines = [f"{t},a,input.voltage,1" for t in range(30)] + [f"{t},slow,input.voltage,{t}" for t in range(0, 30, 10)]
    recording = recording_of(tmp_path, *sorted(lines, key=lambda line: int(line.split(",")[0])))
    (part,) = recording.blocks(start=15 * SECOND, stop=18 * SECOND)
    assert part.times.tolist() == [15 * SECOND, 16 * SECOND, 17 * SECOND]
    assert part.values[:, 1].tolist() == [10, 10, 10]
    assert set(part.quality[:, 1].tolist()) == {H}


# The same by plain means: sums, loops and a dictionary


@st.composite
def logs(draw: st.DrawFn) -> list[tuple[int, str, int]]:
    """(tenths of a second, device, value): up to three devices with rates, offsets, jitter and dropouts of their own."""
    lines = set()
    for device in ("a", "b", "c")[: draw(st.integers(1, 3))]:
        every, offset = draw(st.sampled_from([10, 10, 20, 50])), draw(st.sampled_from([0, 0, 3]))
        jitter = draw(st.integers(0, 2))
        for i in range(draw(st.integers(1, 25))):
            if draw(st.integers(0, 9)) != 0:
                lines.add((i * every + offset + draw(st.integers(-jitter, jitter)), device))
    return [(t, d, i) for i, (t, d) in enumerate(sorted(lines))]


def plain_rows(log: list[tuple[int, str, int]]) -> list[tuple[int, dict[str, tuple[float | None, Quality]]]]:
    """The rows of a log as the contract and `docs/recordings.md` say, without numpy. Times in µs."""
    log = [(t * SECOND // 10, d, v) for t, d, v in log]
    times = sorted({t for t, _, _ in log})
    devices = list(dict.fromkeys(d for _, d, _ in log))
    gaps = [b - a for a, b in pairwise(times)]
    own = {d: [t for t, e, _ in log if e == d] for d in devices}
    between = {d: [b - a for a, b in pairwise(own[d])] for d in devices}
    row_of = {t: i for i, t in enumerate(times)}
    rows_between = {d: [row_of[b] - row_of[a] for a, b in pairwise(own[d])] for d in devices}
    every = {d: round(statistics.median(between[d])) for d in devices if between[d]}
    interval = max([round(statistics.median(gaps)) if gaps else SECOND, *([min(every.values())] if every else [])])
    every = {d: every.get(d, interval) for d in devices}
    every_row = {d: max(1, round(statistics.median(rows_between[d]))) if rows_between[d] else 1 for d in devices}
    grid = []
    for i, t in enumerate(times):
        if i and Fraction(t - times[i - 1], interval) > Fraction(3, 2):
            at = times[i - 1] + interval
            while t - at > Fraction(interval, 2):
                grid.append(at)
                at += interval
        grid.append(t)
    said = {(t, d): v for t, d, v in log}
    last = dict.fromkeys(devices)
    since_row, since = dict.fromkeys(devices, 0), {d: grid[0] - every[d] for d in devices}
    overdue = dict.fromkeys(devices, -1)
    rows = []
    for t in grid:
        row = {}
        for d in devices:
            since_row[d] += 1
            if (t, d) in said:
                last[d], since_row[d], since[d], overdue[d] = said[t, d], 0, t, 0
                row[d] = (said[t, d], G)
                continue
            count = 0
            while since_row[d] >= every_row[d] * 3 // 2 + count * every_row[d] or (
                Fraction(t - since[d], every[d]) > Fraction(3, 2) + count
            ):
                count += 1
            if count > overdue[d]:
                last[d] = None
            row[d] = (last[d], M if count > overdue[d] else H)
            overdue[d] = count
        rows.append((t, row))
    return rows


@settings(max_examples=150, deadline=None)
@given(logs(), st.integers(60, 400), st.integers(1, 40), st.integers(1, 9))
def test_rows_equal_those_of_a_plain_loop_whatever_the_batches(
    log: list[tuple[int, str, int]], batch: int, cells: int, rows: int
):
    """Rows, values and quality agree with an oracle in loops, however the work is cut into pieces."""
    if not log or min(log)[0] < 0:
        log = [(t + 10, d, v) for t, d, v in log] or [(0, "a", 0)]
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setattr(csv_records, "_BATCH_BYTES", batch)
        patch.setattr(csv_rows, "_CELLS", cells)
        recording = recording_of(Path(folder), *(f"{t / 10},{d},input.voltage,{v}" for t, d, v in log))
        found = [
            (
                int(block.times[i]),
                {
                    c.device: (
                        None if np.isnan(block.values[i, j]) else block.values[i, j],
                        Quality(block.quality[i, j]),
                    )
                    for j, c in enumerate(block.channels)
                },
            )
            for block in recording.blocks(rows)
            for i in range(len(block))
        ]
    assert found == plain_rows(log)
    assert recording.length == len(found)


# The assumed site


@pytest.mark.parametrize(
    ("quantities", "kind"),
    [
        (("ups.load", "input.source"), "ups"),
        (("battery.charge",), "ups"),
        (("input.1.voltage", "output.voltage"), "transfer_switch"),
        (("ats.mode",), "transfer_switch"),
        (("generator.battery.voltage", "output.voltage"), "generator"),
        (("outlet.3.current", "input.voltage"), "pdu"),
        (("input.voltage", "input.frequency"), "meter"),
    ],
)
def test_a_devices_kind_is_told_by_its_quantities(tmp_path, quantities: tuple[str, ...], kind: str):
    """UPS quantities first, then those of the other kinds; a meter has none of its own."""
    recording = recording_of(tmp_path, *(f"{t},d,{q},1" for t in range(2) for q in quantities))
    (device,) = recording.site.devices
    assert (recording.site.name, device.kind, device.fed_by) == ("replay", kind, None)


@pytest.mark.parametrize(("hertz", "nominal"), [(49.7, 50), (54.9, 50), (55.1, 60), (60.02, 60), (0, 50)])
def test_nominal_frequency_is_the_nearer_of_50_and_60(tmp_path, hertz: float, nominal: float):
    """By the median of the first hour; a resting machine's 0 Hz tells nothing."""
    recording = recording_of(tmp_path, *(f"{t},d,output.frequency,{hertz}" for t in range(3)))
    assert recording.site.nominal_frequency == nominal
    assert recording.site.devices[0].nominal_frequency == nominal


@pytest.mark.parametrize(
    ("quantity", "volts", "column_nominal"),
    [
        ("input.voltage", 99.6, 100),
        ("input.L1-N.voltage", 233, 230),
        ("input.L1-N.voltage", 283, 277),
        ("output.L2-L3.voltage", 402, 400),
        ("output.L1-L2.voltage", 473, 480),
        ("input.L1-L2.voltage", 209, 208),
        ("input.1.L1-L2.voltage", 414, 415),
        ("output.voltage", 119.9, 120),
    ],
)
def test_nominal_voltage_is_the_standard_one_of_the_columns_own_form(
    tmp_path, quantity: str, volts: float, column_nominal: float
):
    """What a detector takes as nominal for the column is the standard voltage, line to line or to neutral as it is."""
    recording = recording_of(tmp_path, *(f"{t},d,{quantity},{volts}" for t in range(3)))
    point = quantity.rsplit(".", 2 if "L" in quantity else 1)[0]
    feed = Layout(recording.site, recording.channels).feed(recording.site.devices[0], point)
    assert feed.nominal == pytest.approx(column_nominal, rel=1e-9)
    assert f"nominal {column_nominal} V" in recording.notes[0]


def test_input_and_output_have_nominal_voltages_of_their_own(tmp_path):
    """A UPS of 480 V line to line in and 120 V out; a dead side takes nothing from a standstill."""
    lines = [
        f"{t},{d},{q},{v}"
        for t in range(3)
        for d, q, v in (
            ("ups", "input.L1-L2.voltage", 481),
            ("ups", "output.voltage", 119),
            ("ups", "ups.load", 1),
            ("gen", "output.voltage", 0),
        )
    ]
    recording = recording_of(tmp_path, *lines)
    ups, gen = (recording.site.device(name) for name in ("ups", "gen"))
    assert ups.nominal_voltage == pytest.approx(480 / 3**0.5)
    assert ups.nominal_output_voltage == 120
    assert gen.nominal_voltage in {ups.nominal_voltage, ups.nominal_output_voltage}
    assert "no voltage in the first hour" in recording.notes[0]


def test_only_the_first_hour_counts_for_nominals(tmp_path):
    """What comes later, however much, does not change what was nominal."""
    lines = [f"{t},d,input.voltage,{120 if t < 3600 else 60}" for t in range(0, 36_000, 60)]
    assert recording_of(tmp_path, *lines).site.devices[0].nominal_voltage == 120


def test_what_was_assumed_is_said_once_and_only_without_a_site(tmp_path):
    """One note names the assumptions; with a site there is nothing to assume."""
    line = "0,ups-a,input.voltage,231"
    (note,) = recording_of(tmp_path, line).notes
    assert "ups-a (meter): nominal 230 V line to neutral" in note
    given_site = Site("dc", (Device("ups-a", "ups", nominal_voltage=120),))
    recording = recording_of(tmp_path, line, site=given_site)
    assert recording.site is given_site
    assert recording.notes == ()


# Recordings of others


def test_the_omron_recording_is_read_as_it_is(data_dir):
    """Every line is a GOOD sample of the row of its time; 100 V and 50 Hz are chosen; gaps get missing rows."""
    path = data_dir / "mains" / "omron-ups-2021" / "recording.csv.gz"
    with gzip.open(path, "rt") as file:
        lines = list(csv.DictReader(file))
    times = sorted({datetime.fromisoformat(line["time"]).timestamp() for line in lines})
    gaps = np.diff(times)
    recording = open_recording(path)
    block = whole(recording)
    assert (block.quality == G).sum() == len(lines)
    assert recording.site.tick == round(np.median(gaps) * SECOND)
    assert len(block) - len(times) == (gaps > 1.5 * np.median(gaps)).sum() == (block.quality[:, 0] == M).sum()
    (ups,) = recording.site.devices
    assert (ups.name, ups.kind, ups.nominal_voltage, ups.nominal_output_voltage) == ("ups", "ups", 100, 100)
    assert recording.site.nominal_frequency == 50
    voltage = block.channels.index(Channel("ups", "input.voltage"))
    expected = [float(line["value"]) for line in lines if line["quantity"] == "input.voltage"]
    assert block.values[block.quality[:, voltage] == G, voltage].tolist() == np.float32(expected).tolist()


def test_a_million_rows_are_read_whole(data_dir):
    """Two years of a household at one value a minute: every line is there, every gap is missing rows."""
    recording = open_recording(data_dir / "mains" / "household-2006-2008" / "recording.csv.gz")
    assert recording.site.tick == 60 * SECOND
    good = rows = 0
    for block in recording.blocks(100_000):
        rows += len(block)
        good += int((block.quality == G).sum())
        assert np.isnan(block.values[block.quality == M]).all()
    assert good == 1_070_546
    assert rows == recording.length
