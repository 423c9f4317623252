"""The files of an oscillogram: `.cfg` with `.dat` beside it, or both in one `.cff` (IEEE C37.111 / IEC 60255-24)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from telemetry.recordings.recording import RecordingError

# What a section of a .cff begins with: `--- file type: DAT BINARY: 702 ---`.
_SECTION = re.compile(rb"^--- *file type: *(\w+)[^\r\n]*?---[ \t]*\r?\n", re.IGNORECASE | re.MULTILINE)

# Names come in whatever the recorder's computer spoke. UTF-8 does not fit by chance; GB 18030 (of which GBK is a part)
# fits nearly everything, so that a Western accent may come out as a Chinese letter: only names are at stake.
_ENCODINGS = ("utf-8-sig", "gb18030", "latin-1")


@dataclass(frozen=True, slots=True)
class OscillogramFiles:
    """What was read from the disk.

    path: what messages name
    configuration: the text of the .cfg
    data: the bytes of the .dat
    data_name: what messages about the samples name
    """

    path: Path
    configuration: str
    data: bytes
    data_name: str


def read_files(path: Path) -> OscillogramFiles:
    """Read the configuration and the samples that belong to it.

    Args:
        path: a .cfg, whose .dat lies beside it, or a .cff; letters of any case

    Raises:
        RecordingError: a file is missing or cannot be read, or a .cff lacks a section.
    """
    if path.suffix.lower() == ".cff":
        sections = _sections(_read(path))
        if not {b"CFG", b"DAT"} <= sections.keys():
            raise RecordingError(f"{path}: lacks the section CFG or DAT; expected both, as a COMTRADE .cff has them")
        return OscillogramFiles(path, _decoded(sections[b"CFG"]), sections[b"DAT"], str(path))
    configuration = _decoded(_read(path))
    data = _beside(path, ".dat")
    return OscillogramFiles(path, configuration, _read(data), str(data))


def _beside(path: Path, suffix: str) -> Path:
    """The file of the same name with another suffix, in letters of any case."""
    same: Sequence[Path] = [p for p in path.parent.iterdir() if p.stem == path.stem and p.suffix.lower() == suffix]
    if not same:
        raise RecordingError(f"{path}: has no samples; expected {path.with_suffix(suffix).name} beside it")
    return same[0]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as e:
        raise RecordingError(f"{path}: cannot be read ({e.strerror}); expected a file of an oscillogram") from None


def _sections(content: bytes) -> dict[bytes, bytes]:
    """The sections of a .cff by type, in capitals. Samples come last and run to the end: they may hold any bytes."""
    found: dict[bytes, bytes] = {}
    heads = list(_SECTION.finditer(content))
    for i, head in enumerate(heads):
        kind = head[1].upper()
        last = kind == b"DAT" or i + 1 == len(heads)
        found[kind] = content[head.end() :] if last else content[head.end() : heads[i + 1].start()]
        if last:
            break
    return found


def _decoded(text: bytes) -> str:
    for encoding in _ENCODINGS[:-1]:
        try:
            return text.decode(encoding)
        except UnicodeDecodeError:
            continue
    return text.decode(_ENCODINGS[-1])
