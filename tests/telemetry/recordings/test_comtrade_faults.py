"""Damaged oscillograms: each is refused with its file and what was expected, never with a traceback."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comtrade_files import Channel, three_phases, write_oscillogram
from telemetry.recordings.open import open_recording
from telemetry.recordings.recording import RecordingError

TIMES = np.arange(640) / 1600


@pytest.fixture
def path(tmp_path):
    return write_oscillogram(tmp_path / "event.cfg", three_phases(TIMES, 230.0), [(1600, 640)], status=3)


def refused(path) -> str:
    with pytest.raises(RecordingError) as caught:
        open_recording(path)
    assert str(caught.value).startswith(str(path.with_suffix("")))
    assert "expected" in str(caught.value)
    return str(caught.value)


def edit(path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_a_configuration_without_samples_names_the_file_that_is_missing(path) -> None:
    path.with_suffix(".dat").unlink()
    assert "expected event.dat beside it" in refused(path)


@pytest.mark.parametrize("cut", [1, 7, 500])
def test_samples_that_were_cut_are_counted(path, cut) -> None:
    data = path.with_suffix(".dat")
    data.write_bytes(data.read_bytes()[:-cut])
    assert "event.cfg says 640" in refused(path)


def test_text_samples_that_were_cut_are_counted(tmp_path) -> None:
    path = write_oscillogram(tmp_path / "event.cfg", three_phases(TIMES, 230.0), [(1600, 640)], form="ASCII")
    data = path.with_suffix(".dat")
    data.write_bytes(b"\r\n".join(data.read_bytes().split(b"\r\n")[:600]))
    assert "holds 600 samples, event.cfg says 640" in refused(path)


def test_text_that_is_no_number_is_refused(tmp_path) -> None:
    path = write_oscillogram(tmp_path / "event.cfg", three_phases(TIMES, 230.0), [(1600, 640)], form="ASCII")
    data = path.with_suffix(".dat")
    data.write_bytes(data.read_bytes().replace(b"\r\n300,", b"\r\n300,,x", 1))
    assert "holds what is no sample" in refused(path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("6,3A,3D", "7,3A,3D", "line 2 says 7 channels, 3 of them analog and 3 status"),
        ("6,3A,3D", "6,6A,0D", "holds 512 samples, event.cfg says 640"),
        ("6,3A,3D", "999999999,999999998A,1D", "line 2 is"),
        ("6,3A,3D", "99999999999999999999999A,1D", "line 2 is"),
        ("0.02,0.0,0.0", "nan,0.0,0.0", "line 3 (channel 'UA') has a factor that is no number"),
        ("0.02,0.0,0.0", "inf,0.0,0.0", "line 3 (channel 'UA') has a factor that is no number"),
        ("0.02,0.0,0.0", "x,0.0,0.0", "line 3 is '1,UA,A,,V,x"),
        ("1600,640", "1600,641", "holds 640 samples, event.cfg says 641"),
        ("1600,640", "1600,0", "its sampling rates end at samples [0]"),
        ("1600,640", "-1600,640", "has a sampling rate that is none"),
        ("1600,640", "0,640", "no times that rise, and event.cfg no sampling rate"),
        ("1600,640", "1e-320,640", "has a sampling rate that is none"),
        ("1600,640", "0.005,640", "expected a record of no more than a day"),
        ("1600,640", "100,640", "nowhere shows a whole cycle of 50 Hz"),
        ("\n50\n", "\n400\n", "is of a supply of 400 Hz; expected one near 50 or 60 Hz"),
        ("BINARY", "BINARY64", "are of the form 'BINARY64'"),
        ("01/03/2026", "41/03/2026", "line 12 is"),
        ("14:32:35.000000", "now", "line 12 is"),
    ],
)
def test_a_configuration_that_makes_no_sense_is_refused_at_its_line(path, old, new, said) -> None:
    edit(path, old, new)
    assert said in refused(path)


@pytest.mark.parametrize("content", [b"", b"\n", b"\x00" * 100, b"time,device,quantity,value\n", b"PK\x03\x04\xff\xfe"])
def test_what_is_no_configuration_is_refused(path, content) -> None:
    path.write_bytes(content)
    assert "expected a COMTRADE configuration" in refused(path)


def test_a_cff_without_samples_is_refused(tmp_path) -> None:
    path = write_oscillogram(tmp_path / "event.cff", three_phases(TIMES, 230.0), [(1600, 640)])
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"--- file type: DAT")])
    assert "lacks the section CFG or DAT" in refused(path)


def test_a_record_without_any_voltage_says_what_it_has(tmp_path) -> None:
    amperes = [Channel("I", "A", "", "A", np.sin(TIMES), 0.001)]
    path = write_oscillogram(tmp_path / "event.cfg", amperes, [(1600, 640)])
    assert "expected a channel in V or kV (left out: 1 channels that go with no voltage)" in refused(path)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused_and_nothing_else(path, data) -> None:
    """Bytes of the configuration or the samples are changed, put in or cut out at any place."""
    for suffix in (".cfg", ".dat"):
        whole = path.with_suffix(suffix).read_bytes()
        begin = data.draw(st.integers(0, len(whole)))
        end = data.draw(st.integers(begin, min(len(whole), begin + 8)))
        put = data.draw(
            st.one_of(st.just(whole[begin:end]), st.binary(max_size=8), st.sampled_from([b"9" * 8, b",", b"-"]))
        )
        (path.parent / f"x{suffix}").write_bytes(whole[:begin] + put + whole[end:])
    try:
        for block in open_recording(path.parent / "x.cfg").blocks():
            assert not np.isinf(block.values).any()
    except RecordingError as e:
        assert "expected" in str(e)  # noqa: PT017
