"""CSV files that are wrong: each is refused by file, line and what was expected."""

import gzip

import pytest

from csv_files import recording_of
from telemetry.recordings.csv import read_csv
from telemetry.recordings.open import open_recording
from telemetry.recordings.recording import RecordingError
from telemetry.site import Device, Site

GOOD_LINES = tuple(f"{t},m,input.voltage,230" for t in range(200_000))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("200000,m,input.voltage", "expected four fields"),
        ("200000,m,input.voltage,230,9", "expected four fields"),
        ("200000,m,input.voltage,ab", "found 'ab', expected a number"),
        ("200000,m,input.voltge,230", "no quantity is named 'input.voltge'; the nearest is 'input.voltage'"),
        ("200000,M 1,input.voltage,230", "found the device 'M 1', expected a name of lower-case letters"),
        ("200000,m,ups.status,onbattery", "found the state 'onbattery', expected one of online, on_battery"),
        ("199998,m,input.voltage,230", "found an earlier time than on the line before it"),
        ("tomorrow,m,input.voltage,230", "found 'tomorrow', expected epoch seconds"),
        ("2026-03-01T00:00:00Z,m,input.voltage,230", "expected epoch seconds"),
        ("1772375555000,m,input.voltage,230", "found '1772375555000', expected epoch seconds"),
    ],
)
def test_a_wrong_line_far_down_is_named_with_file_line_and_what_was_expected(tmp_path, line: str, said: str):
    """The number is the file's own, blank lines counted."""
    with pytest.raises(RecordingError) as e:
        recording_of(tmp_path, *GOOD_LINES[:100_000], "", *GOOD_LINES[100_000:], line, "200001,m,input.voltage,230")
    assert str(e.value).startswith(f"{tmp_path / 'r.csv'}: line 200003: ")
    assert said in str(e.value)


@pytest.mark.parametrize("text", ["noon", "2026-02-30T00:00:00Z", "01/03/2026 14:00"])
def test_a_first_time_that_is_none_names_both_forms(tmp_path, text: str):
    """Whoever begins with a time of another form learns which ones there are."""
    with pytest.raises(RecordingError, match=rf"line 2: found '{text}', expected a time in UTC .* or epoch seconds"):
        recording_of(tmp_path, f"{text},m,input.voltage,230")


def test_times_of_two_forms_are_refused(tmp_path):
    """The line where the form changes is named, and that one form is expected."""
    with pytest.raises(RecordingError, match=r"line 3: found '2026-03-01T00:00:01Z', .* of one form throughout"):
        recording_of(tmp_path, "2026-03-01T00:00:00,m,ups.load,1", "2026-03-01T00:00:01Z,m,ups.load,1")


def test_what_is_no_text_is_refused_without_a_word_of_python(tmp_path, capfd):
    """A file of another kind that is named .csv."""
    path = tmp_path / "r.csv"
    path.write_bytes(b"\x93NUMPY,\xff\xfe\x00\n\xcd,\xcd,\xcd\n" * 3)
    with pytest.raises(RecordingError, match=r"r\.csv: line 1: found .*, expected four fields"):
        read_csv(path)
    assert capfd.readouterr().err == ""


def test_a_device_that_the_site_lacks_is_named(tmp_path):
    """With a site, a device that it does not have is an error with the nearest name."""
    with pytest.raises(RecordingError, match=r"line 2: found the device 'ups-b', .*did you mean 'ups-a'\?"):
        recording_of(tmp_path, "0,ups-b,ups.load,1", site=Site("dc", (Device("ups-a", "ups"),)))


def test_other_headers_empty_files_and_broken_archives_are_told_apart(tmp_path):
    """Each says what was found and what was expected."""
    path = tmp_path / "r.csv"
    path.write_text("timestamp;value\n1;2\n")
    with pytest.raises(RecordingError, match=r"line 1: found the header 'timestamp;value', expected 'time,device,"):
        read_csv(path)
    path.write_text("")
    with pytest.raises(RecordingError, match=r"r\.csv: cannot be read"):
        read_csv(path)
    path.write_text("time,device,quantity,value\n")
    with pytest.raises(RecordingError, match="holds no values"):
        read_csv(path)
    packed = tmp_path / "r.csv.gz"
    packed.write_bytes(gzip.compress("\n".join(("time,device,quantity,value", *GOOD_LINES)).encode())[:5000])
    with pytest.raises(RecordingError, match=r"r\.csv\.gz: cannot be read"):
        read_csv(packed)


def test_what_cannot_be_replayed_lists_what_can(tmp_path):
    """An unknown form and a path without anything name the forms that are accepted."""
    (tmp_path / "r.xlsx").write_bytes(b"")
    for name in ("r.xlsx", "absent.csv"):
        with pytest.raises(
            RecordingError, match=r"expected a recording's folder .*\.csv file, .*\.csv\.gz file, .*\.cfg"
        ):
            open_recording(tmp_path / name)
    with pytest.raises(RecordingError, match=r"meta\.json: cannot be read"):
        open_recording(tmp_path)
