"""Made-up oscillograms, of every form that the standards have, read as recordings."""

import numpy as np
import pytest

from comtrade_files import Channel, sine, three_phases, write_oscillogram
from csv_files import whole
from telemetry.block import SECOND, Quality
from telemetry.recordings.open import open_recording
from telemetry.recordings.recording import Recording, RecordingError
from telemetry.site import Device, Limits, Site

DIP = (0.1, 0.16, 0.5)


def seconds(rate: float, length: float = 0.4) -> np.ndarray:
    return np.arange(round(rate * length)) / rate


def column(recording: Recording, quantity: str = "input.L1-N.voltage", device: str | None = None):
    """(seconds since the first sample, values, qualities)."""
    block = whole(recording)
    (at,) = [i for i, c in enumerate(block.channels) if c.quantity == quantity and device in (None, c.device)]
    start = 1_772_375_555_000_000  # 2026-03-01T14:32:35Z
    return (block.times - start) / 1e6, block.values[:, at], block.quality[:, at]


@pytest.mark.parametrize("form", ["ASCII", "BINARY", "BINARY32", "FLOAT32"])
@pytest.mark.parametrize("revision", ["1991", "1999", "2013"])
@pytest.mark.parametrize(("hertz", "rate"), [(50, 3200), (60, 5760), (50, 1237), (60, 1000)])
def test_a_dip_of_known_depth_and_time_is_read_from_every_form(tmp_path, form, revision, hertz, rate) -> None:
    """1991 writes month before day."""
    times = seconds(rate)
    path = write_oscillogram(
        tmp_path / "dip.cfg",
        three_phases(times, 230.0, hertz, dips=[DIP]),
        [(rate, len(times))],
        hertz=str(hertz),
        form=form,
        revision=revision,
        start="03/01/2026,14:32:35.000000" if revision == "1991" else "01/03/2026,14:32:35.000000",
        status=17,
        tail=["0,0", "0,0"] if revision == "2013" else (),
    )
    recording = open_recording(path)
    (meter,) = recording.site.devices
    assert (meter.kind, meter.nominal_frequency) == ("meter", hertz)
    assert recording.site.tick == meter.interval == round(500_000 / hertz)
    assert meter.nominal_voltage == pytest.approx(230.0, rel=5e-3)
    at, volts, quality = column(recording)
    assert at[0] == pytest.approx(1 / hertz, abs=1e-6)
    assert np.diff(at) == pytest.approx(0.5 / hertz, abs=2e-6)
    assert (quality == Quality.GOOD).all()
    assert volts[(at <= 0.1)] == pytest.approx(230.0, rel=5e-3)
    assert volts[(at > 0.1 + 1 / hertz) & (at < 0.16)] == pytest.approx(115.0, rel=5e-3)
    assert volts[at > 0.16 + 1.01 / hertz] == pytest.approx(230.0, rel=5e-3)


def test_upper_case_names_and_a_single_cff_are_read_alike(tmp_path) -> None:
    times = seconds(1600)
    channels = three_phases(times, 230.0, dips=[DIP])
    blocks = [
        whole(open_recording(write_oscillogram(tmp_path / name, channels, [(1600, len(times))], form=form)))
        for name, form in (("A.CFG", "BINARY"), ("b.cff", "BINARY"), ("c.CFF", "ASCII"), ("d.Cfg", "BINARY"))
    ]
    for block in blocks[1:]:
        assert block.values == pytest.approx(blocks[0].values, rel=1e-6)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-8-sig"])
def test_names_load_in_the_recorders_own_encoding(tmp_path, encoding) -> None:
    times = seconds(1600)
    channels = three_phases(times, 100.0, name="220kV母线Ⅰ_U{}")
    recording = open_recording(write_oscillogram(tmp_path / "r.cfg", channels, [(1600, len(times))], encoding=encoding))
    assert {c.device for c in recording.channels} == {"220kv-i"}
    assert recording.site.devices[0].location == "220kV母线I"
    assert "220kV母线I" in recording.notes[0]


def test_a_name_in_no_known_encoding_still_loads(tmp_path) -> None:
    times = seconds(1600)
    path = write_oscillogram(
        tmp_path / "r.cfg", three_phases(times, 230.0, name="Süd\xff_U{}"), [(1600, len(times))], encoding="latin-1"
    )
    assert len(open_recording(path).channels) == 3


def test_secondary_values_are_scaled_to_volts_of_the_primary_side(tmp_path) -> None:
    times = seconds(1600)
    channels = [
        *three_phases(times, 57.7, name="line_U{}", primary=127_017.0, secondary=57.735, side="S"),
        *(
            Channel(c.name, c.phase, "", "kV", c.values / 1000, 5e-4)
            for c in three_phases(times, 6_350, name="bus_U{}")
        ),
    ]
    site = open_recording(write_oscillogram(tmp_path / "r.cfg", channels, [(1600, len(times))])).site
    volts = {d.name: d.nominal_voltage for d in site.devices}
    assert volts == pytest.approx({"line": 57.7 * 2200, "bus": 6_350}, rel=1e-3)


def test_currents_of_a_feed_come_with_it_and_others_are_left_out(tmp_path) -> None:
    times = seconds(1600)
    amperes = [Channel(f"I{p}_G1", p, "G1", "A", sine(times, 12.0), 0.001) for p in "ABC"]
    amperes.append(Channel("stray", "A", "", "A", sine(times, 5.0), 0.001))
    recording = open_recording(
        write_oscillogram(
            tmp_path / "r.cfg",
            [*three_phases(times, 230.0, name="V{}_G1", circuit="G1"), *amperes],
            [(1600, len(times))],
        )
    )
    assert len(recording.channels) == 6
    assert column(recording, "input.L2.current")[1] == pytest.approx(12.0, rel=1e-3)
    assert "1 channels that go with no voltage" in recording.notes[-1]


def test_what_is_dead_direct_or_a_residual_voltage_is_left_out_and_named(tmp_path) -> None:
    times = seconds(1600)
    channels = [
        *three_phases(times, 230.0, name="in_U{}"),
        *three_phases(times, 0.5, name="spare_U{}"),
        *three_phases(times, 4_000.0, name="idle_U{}", factor=1.0, primary=127_000.0, secondary=100.0),
        Channel("excitation", "", "", "V", np.full(len(times), 60.0)),
        Channel("in_3U0", "N", "", "V", sine(times, 40.0)),
    ]
    recording = open_recording(write_oscillogram(tmp_path / "r.cfg", channels, [(1600, len(times))]))
    assert {c.device for c in recording.channels} == {"in"}
    assert recording.notes[-1] == (
        "left out: spare, idle (no voltage in all the record); excitation (does not alternate with the supply); "
        "1 neutral and residual channels"
    )


def test_one_voltage_without_a_phase_is_a_feed_of_its_own(tmp_path) -> None:
    times = seconds(1600)
    channel = Channel("sync", "", "", "V", sine(times, 110.0))
    recording = open_recording(write_oscillogram(tmp_path / "r.cfg", [channel], [(1600, len(times))]))
    assert [(c.device, c.quantity) for c in recording.channels] == [("sync", "input.voltage")]


def test_pairs_of_phases_have_their_nominal_voltage_to_neutral_in_the_site(tmp_path) -> None:
    times = seconds(1600)
    pairs = [Channel(f"U{p}", p, "", "V", sine(times, 400.0), 0.05) for p in ("AB", "BC", "CA")]
    recording = open_recording(write_oscillogram(tmp_path / "r.cfg", pairs, [(1600, len(times))]))
    assert recording.site.devices[0].nominal_voltage == pytest.approx(400 / 3**0.5, rel=1e-3)
    assert {c.quantity for c in recording.channels} == {f"input.{p}.voltage" for p in ("L1-L2", "L2-L3", "L3-L1")}


@pytest.mark.parametrize("left", [0.1, 0.5, 0.6, 0.8])
def test_a_record_that_begins_within_an_event_takes_the_standard_voltage_and_says_so(tmp_path, left) -> None:
    """With half of 230 V left too, which is a standard voltage itself."""
    times = seconds(1600)
    channels = three_phases(times, 232.0, dips=[(0.0, 0.15, left)])
    recording = open_recording(write_oscillogram(tmp_path / "r.cfg", channels, [(1600, len(times))]))
    assert recording.site.devices[0].nominal_voltage == 230
    assert "since the record begins in an event" in recording.notes[0]


def test_a_swell_after_a_normal_beginning_is_no_event_at_the_beginning(tmp_path) -> None:
    times = seconds(1600)
    channels = three_phases(times, 230.0, dips=[(0.15, 0.4, 1.25)])
    recording = open_recording(write_oscillogram(tmp_path / "r.cfg", channels, [(1600, len(times))]))
    assert recording.site.devices[0].nominal_voltage == pytest.approx(230, rel=1e-3)


def test_between_two_fast_stretches_rows_are_held(tmp_path) -> None:
    """For 0.2 s the recorder writes one amplitude a cycle; nothing may be made of them."""
    fast, slow = seconds(3200, 0.2), 0.2 + np.arange(10) * 0.02
    times = np.concatenate([fast, slow, 0.4 + fast])
    channels = three_phases(times, 230.0)
    for channel in channels:
        channel.values[len(fast) : len(fast) + 10] = 325.0
    rates = [(3200, 640), (50, 650), (3200, 1290)]
    stamps = [round(t * 1e6) for t in times]
    recording = open_recording(write_oscillogram(tmp_path / "r.cfg", channels, rates, stamps=stamps))
    at, volts, quality = column(recording)
    assert volts == pytest.approx(230.0, rel=1e-3)
    held = (at > 0.201) & (at < 0.41)
    assert (quality[held] == Quality.HELD).all()
    assert (quality[(at < 0.199) | (at > 0.425)] == Quality.GOOD).all()
    assert any("kept no waveform" in note for note in recording.notes)


def test_a_gap_shows_in_the_samples_stamps_and_is_kept(tmp_path) -> None:
    """The rates alone would put the second part half a second too early."""
    fast = seconds(3200, 0.2)
    times = np.concatenate([fast, 0.7 + fast])
    path = write_oscillogram(
        tmp_path / "r.cfg",
        three_phases(times, 230.0, dips=[(0.8, 0.84, 0.5)]),
        [(3200, len(times))],
        stamps=[round(t * 1e6) for t in times],
    )
    at, volts, quality = column(open_recording(path))
    assert at[volts < 0.9 * 230][0] == pytest.approx(0.81)
    assert (quality[(at > 0.2) & (at < 0.72)] == Quality.HELD).all()


@pytest.mark.parametrize("bits", [16, 32])
def test_a_stamp_counter_that_runs_over_loses_no_time(tmp_path, bits) -> None:
    """Of 16 bits after 65 ms, of 32 bits after 4.3 s where it counts nanoseconds."""
    times = seconds(1600, 0.4 if bits == 16 else 5.0)
    unit = 1e6 if bits == 16 else 1e9
    path = write_oscillogram(
        tmp_path / "r.cfg",
        three_phases(times, 230.0),
        [(1600, len(times))],
        revision="2013",
        start="01/03/2026,14:32:35.000000" + ("" if bits == 16 else "000"),
        stamps=[round(t * unit) % 2**bits for t in times],
        tail=["0,0", "0,0"],
    )
    recording = open_recording(path)
    at, _, quality = column(recording)
    assert at[-1] == pytest.approx(times[-1], abs=0.011)
    assert (quality == Quality.GOOD).all()
    assert not any("contradict" in note for note in recording.notes)


def test_without_a_rate_the_stamps_count(tmp_path) -> None:
    times = np.concatenate([seconds(1600, 0.1), 0.1 + seconds(4000, 0.1)])
    path = write_oscillogram(
        tmp_path / "r.cfg", three_phases(times, 230.0), [(0, len(times))], stamps=[round(t * 1e6) for t in times]
    )
    at, volts, _ = column(open_recording(path))
    assert at[-1] == pytest.approx(0.19)
    assert volts == pytest.approx(230.0, rel=2e-3)


def test_stamps_that_contradict_the_rate_are_not_believed(tmp_path) -> None:
    times = seconds(1600)
    path = write_oscillogram(
        tmp_path / "r.cfg", three_phases(times, 230.0), [(1600, len(times))], stamps=list(range(0, 7 * len(times), 7))
    )
    recording = open_recording(path)
    assert column(recording)[0][-1] == pytest.approx(0.39)
    assert any("contradict its sampling rates" in note for note in recording.notes)


def test_a_clock_ahead_of_utc_is_set_back(tmp_path) -> None:
    times = seconds(1600)
    path = write_oscillogram(
        tmp_path / "r.cfg",
        three_phases(times, 230.0),
        [(1600, len(times))],
        revision="2013",
        start="01/03/2026,20:02:35.000000",
        tail=["+5h30,+5h30", "0,0"],
    )
    recording = open_recording(path)
    assert column(recording)[0][0] == pytest.approx(0.02)
    assert not any("UTC" in note for note in recording.notes)


def test_a_year_of_two_digits_is_one_of_our_time(tmp_path) -> None:
    times = seconds(1600)
    path = write_oscillogram(
        tmp_path / "r.cfg",
        three_phases(times, 230.0),
        [(1600, len(times))],
        revision="1991",
        start="03/01/26,14:32:35.000000",
    )
    assert column(open_recording(path))[0][0] == pytest.approx(0.02)


def test_minus_one_is_a_value_in_files_of_1991_unless_all_channels_have_it(tmp_path) -> None:
    """There the sign of a missing value is that of -1, through which each wave passes a hundred times a second."""
    times = seconds(1600)
    channels = three_phases(times, 230.0)
    channels[0].values[100] = -0.02
    for channel in channels:
        channel.values[408] = -0.02
    path = write_oscillogram(
        tmp_path / "r.cfg", channels, [(1600, len(times))], revision="1991", start="03/01/2026,14:32:35.000000"
    )
    at, _, quality = column(open_recording(path))
    assert list(at[quality == Quality.MISSING].round(3)) == [0.26, 0.27]


def test_a_missing_sample_makes_its_windows_missing(tmp_path) -> None:
    times = seconds(1600)
    channels = three_phases(times, 230.0)
    channels[0].values[200] = np.nan  # at 0.125 s
    for form in ("ASCII", "BINARY", "BINARY32", "FLOAT32"):
        path = write_oscillogram(tmp_path / f"{form}.cfg", channels, [(1600, len(times))], form=form)
        at, volts, quality = column(open_recording(path))
        assert list(at[quality == Quality.MISSING].round(3)) == [0.13, 0.14], form
        assert np.isnan(volts[quality == Quality.MISSING]).all()
        assert (column(open_recording(path), "input.L2-N.voltage")[2] == Quality.GOOD).all()


def test_a_file_that_names_no_frequency_is_read_by_its_waveform(tmp_path) -> None:
    times = seconds(2400)
    path = write_oscillogram(tmp_path / "r.cfg", three_phases(times, 120.0, 60.0), [(2400, len(times))], hertz="")
    recording = open_recording(path)
    assert recording.site.nominal_frequency == 60
    assert any("names no frequency" in note for note in recording.notes)


def test_a_site_file_gives_the_nominal_voltage_and_has_to_have_the_feeds(tmp_path) -> None:
    times = seconds(1600)
    path = write_oscillogram(tmp_path / "r.cfg", three_phases(times, 230.0, name="in_U{}"), [(1600, len(times))])
    mine = Site("mine", (Device("in", "meter", nominal_voltage=240.0),))
    assert open_recording(path, mine).site.device("in").nominal_voltage == 240.0
    assert not any("no site file" in note for note in open_recording(path, mine).notes)
    with pytest.raises(RecordingError, match="has in, which the site 'other' has not"):
        open_recording(path, Site("other", (Device("out", "meter"),)))


def test_a_site_file_s_polling_gives_way_to_the_recorder_s_and_its_delays_stand(tmp_path) -> None:
    """For the devices that were recorded; the others keep theirs, in whole rows."""
    times = seconds(1600)
    path = write_oscillogram(
        tmp_path / "r.cfg", three_phases(times, 230.0, 60.0, name="in_U{}"), [(1600, 640)], hertz="60"
    )
    mine = Site(
        "mine",
        (Device("in", "meter"), Device("ups", "ups")),
        limits={
            "voltage_sag": Limits(0.85),
            "voltage_swell": Limits(off_delay=SECOND),
            "comms_lost": Limits(on_delay=9),
        },
    )
    recording = open_recording(path, mine)
    for site in (recording.site, recording.fitted(mine), recording.fitted(recording.site)):
        assert (site.name, site.tick) == ("mine", 8333)
        assert [d.interval for d in site.devices] == [8333, 120 * 8333]
        assert site.limits["voltage_sag"] == Limits(0.85, off_delay=0)
        assert site.limits["voltage_swell"] == Limits(off_delay=SECOND)
        assert site.limits["comms_lost"] == Limits(on_delay=9)


def test_rows_between_two_times_are_the_same_rows(tmp_path) -> None:
    times = seconds(1600)
    path = write_oscillogram(tmp_path / "r.cfg", three_phases(times, 230.0, dips=[DIP]), [(1600, len(times))])
    recording = open_recording(path)
    block = whole(recording)
    (part,) = recording.blocks(1000, start=int(block.times[5]), stop=int(block.times[9]))
    assert (part.times == block.times[5:9]).all()
    assert (part.values == block.values[5:9]).all()
    assert recording.length == len(block)
