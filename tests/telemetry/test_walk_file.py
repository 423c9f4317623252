"""A walk's file as people bring it: whatever it was redirected by, or a sentence that says what it is instead."""

import codecs
import gzip
from pathlib import Path

import pytest

from telemetry.walk_file import read_walk_file

TEXT = '.1.3.6.1.2.1.1.1.0 = STRING: "Example"\n.1.3.6.1.4.1.99999.1.0 = INTEGER: 2312\n'
WALK = {"1.3.6.1.2.1.1.1.0": b"Example", "1.3.6.1.4.1.99999.1.0": 2312}


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        TEXT.replace("\n", "\r\n").encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        codecs.BOM_UTF16_LE + TEXT.replace("\n", "\r\n").encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        gzip.compress(TEXT.encode()),
    ],
    ids=["plain", "windows", "utf-8 with mark", "PowerShell", "utf-16 be", "gzip"],
)
def test_each_form_reads_alike(tmp_path: Path, data: bytes) -> None:
    """Line ends, marks and packing lose no row, the first one neither."""
    (tmp_path / "w").write_bytes(data)
    assert read_walk_file(tmp_path / "w") == WALK


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "it is empty"),
        (b"\n \r\n", "it is empty"),
        (b"\x7fELF\0\0\1", "it is no text"),
        (b"SNMPv2-MIB::sysDescr.0 = STRING: Example\n", "names in place of numbers, so it was taken without -On"),
        (b"iso.3.6.1.2.1.1.1.0 = STRING: Example\n", "names in place of numbers, so it was taken without -On"),
        (b".1.3.6.1.4.1.99999.1.0 2312\n", "its values have no types, so it was taken with -Oq"),
        (b"Timeout: No Response from 10.0.0.9\n", "it begins with 'Timeout: No Response from 10.0.0.9'"),
        (gzip.compress(TEXT.encode())[:20], "cannot be unpacked"),
    ],
    ids=["empty", "blank", "binary", "names", "iso", "bare", "no answer", "cut short"],
)
def test_what_is_no_walk_is_told(tmp_path: Path, data: bytes, said: str) -> None:
    """The sentence names the file and says how it was taken, as far as that shows."""
    (tmp_path / "w").write_bytes(data)
    with pytest.raises(ValueError, match="w: ") as raised:
        read_walk_file(tmp_path / "w")
    assert said in str(raised.value)
