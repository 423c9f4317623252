"""Reads the file of a recorded walk as people bring it: redirected by PowerShell, packed, or not quite what was asked for."""

import codecs
import gzip
import re
import zlib
from pathlib import Path

from device_profiles.walk import Walk, read_walk

_MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16", codecs.BOM_UTF8: "utf-8-sig"}
_PACKED = b"\x1f\x8b"  # gzip's mark
_SHOWN = 60  # characters of a line that are enough to know a file by

_NAMED = re.compile(r"^(?:\.?iso\b|[A-Za-z][\w-]*::)\S* = ", re.MULTILINE)  # IF-MIB::ifIndex.1 = INTEGER: 1
_BARE = re.compile(r"^\.?1(?:\.\d+){3,} (?!= )\S", re.MULTILINE)  # .1.3.6.1.2.1.1.7.0 72


def read_walk_file(path: Path) -> Walk:
    """What an agent answered, of a file of `snmpwalk -On` or `.snmprec`; text in UTF-8 or UTF-16, packed by gzip or not.

    Raises:
        OSError: the file cannot be read.
        ValueError: it holds no walk; the message names the file and says what it holds instead.
    """
    data = path.read_bytes()
    if data.startswith(_PACKED):
        try:
            data = gzip.decompress(data)
        except (EOFError, OSError, zlib.error) as e:
            raise ValueError(f"{path}: cannot be unpacked: {e}") from None
    encoding = next((name for mark, name in _MARKS.items() if data.startswith(mark)), "utf-8")
    text = data.decode(encoding, errors="replace")
    if walk := read_walk(text):
        return walk
    raise ValueError(f"{path}: holds no row of a walk: {_held(text)}; expected what snmpwalk -On prints, or .snmprec")


def _held(text: str) -> str:
    """What a file holds that is no walk."""
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    if not first:
        return "it is empty"
    if "\0" in text:
        return "it is no text"
    if _NAMED.search(text):
        return "it has names in place of numbers, so it was taken without -On"
    if _BARE.search(text):
        return "its values have no types, so it was taken with -Oq"
    return f"it begins with {first[:_SHOWN]!r}"
