"""A first profile as a file for a person to go on with, and the recording beside it."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from device_profiles.schema import Condition, Match
from device_profiles.walk import Walk
from telemetry.draft.guess import Guess
from telemetry.draft.placed import Placed, table_quantity
from telemetry.draft.sheet import number_in
from telemetry.draft.wording import is_serial_like, measured, without_serials
from telemetry.pollers.snmp_client import UPTIME
from telemetry.reading import Raw
from telemetry.word import text_of

_FAHRENHEIT = (0.555555555556, -17.777777777778)  # scale and offset to °C
_SENTINELS = "[-1, 32767, 65535, 2147483647, 4294967295]"
_DOTS_OF_IP = 3
_MOST_MAYBES = 60  # of what is not sure; more than that nobody reads

_HEAD = """\
# A first profile, made from a walk by `ridethrough profiles new`. What to do next:
#
# 1. Name vendor, model and kind below, and in `source` the MIB or manual.
# 2. Hold every point that is marked as guessed against the device's own display, then take its note away.
# 3. Look through what is commented out at the end: nothing of it is sure enough to be read.
# 4. Add what only the MIB tells: states (`ups.status`, `battery.status`, `input.source`, …) and the device's alarms.
# 5. `ridethrough profiles test` holds this file against its recording; `--accept` takes over what is read now.
#
# `ridethrough profiles show rfc1628/ups` shows how a finished one looks; a figure that is wrong is worse than none.
"""


def profile_text(
    *,
    vendor: str,
    model: str,
    kind: str,
    source: Sequence[str],
    extends: Sequence[str],
    match: Match,
    fresh: Condition | None,
    sure: Sequence[Placed],
    maybe: Sequence[Guess],
    walk: Walk,
) -> str:
    """The file's text."""
    lines = [_HEAD]
    lines += [f"vendor = {_quoted(vendor)}", f"model = {_quoted(model)}"]
    lines += [
        f"kind = {_quoted(kind)}   # or another of utility, generator, switchgear, transfer_switch, ups, pdu, meter, dc_plant"
    ]
    lines += ['protocol = "snmp"', f"source = {_list(source)}"]
    if extends:
        lines += [f"extends = {_list(extends)}"]
    if fresh:
        equals = ", ".join(_quoted(v) if isinstance(v, str) else f"{v:g}" for v in fresh.equals)
        lines += [f"fresh = {{ oid = {_quoted(fresh.place)}, equals = [{equals}] }}"]
    lines += ["", "[match]"]
    for key in ("sys_object_id", "probe", "tree"):
        if given := getattr(match, key):
            lines += [f"{key} = {_list(given)}"]
    if match.rank:
        lines += [f"rank = {match.rank}"]
    for each in sure:
        lines += ["", *_point(each.quantity, each.guess, walk, "guessed: ")]
    lines += _maybes(maybe, walk)
    return "\n".join(lines) + "\n"


def _point(quantity: str, guess: Guess, walk: Walk, note: str) -> Iterator[str]:
    yield "[[point]]"
    yield f"quantity = {_quoted(quantity)}"
    yield f"oid = {_quoted(guess.oid)}"
    yield from _keys(guess, walk)
    if guess.condition:
        yield f"when = {{ oid = {_quoted(guess.condition[0])}, equals = [{_quoted(guess.condition[1])}] }}"
    seen = walk[guess.oid]
    yield f"seen = {seen if isinstance(seen, int) else _quoted(seen if isinstance(seen, str) else seen.decode())}"
    yield f"note = {_quoted(note + _reason(guess))}"


def _keys(guess: Guess, walk: Walk) -> Iterator[str]:
    scale, offset = guess.scale, 0.0
    if guess.unit == "°F":
        scale, offset = scale * _FAHRENHEIT[0], _FAHRENHEIT[1]
    if scale != 1:
        yield f"scale = {scale:.12g}"
    if offset:
        yield f"offset = {offset!r}"
    if guess.unit == "Hz":
        yield "unknown = [-1, 0, 65535]"
    elif isinstance(walk[guess.oid], int):
        yield f"unknown = {_SENTINELS}"


def _reason(guess: Guess) -> str:
    named = f"named {guess.name!r}; " if guess.name and not is_serial_like(guess.name) else ""
    return f"{named}{guess.why}"


def _maybes(guesses: Sequence[Guess], walk: Walk) -> Iterator[str]:
    """What is not sure, as comments, the rows of a column together."""
    columns: dict[tuple[str, str, float], list[Guess]] = defaultdict(list)
    for guess in guesses:
        columns[_column(guess.oid), guess.unit, guess.scale].append(guess)
    if columns:
        yield from (
            "",
            "",
            "# What follows is not sure. Take the `#` away from a point that you have held against the device.",
        )
    for (column, _, _), of_column in list(columns.items())[:_MOST_MAYBES]:
        guess = of_column[0]
        values = ", ".join(str(_shown(walk[g.oid])) for g in of_column[:6])
        if (quantity := table_quantity(guess)) is None:
            continue
        if len(of_column) > 1:
            keys = [f"quantity = {_quoted(quantity)}", f"column = {_quoted(column)}", *_keys(guess, walk)]
        else:
            keys = [
                f"quantity = {_quoted(quantity.replace('{n}', '1'))}",
                f"oid = {_quoted(guess.oid)}",
                *_keys(guess, walk),
            ]
        yield from ("#", f"# maybe: {_reason(guess)}; now {values}", "# [[point]]", *(f"# {key}" for key in keys))
    if len(columns) > _MOST_MAYBES:
        yield from ("#", f"# {len(columns) - _MOST_MAYBES} further columns could be something as well.")


def _column(oid: str) -> str:
    stem, _, last = oid.rpartition(".")
    return stem.rpartition(".")[0] if last == "0" else stem


def walk_text(walk: Walk, oids: Iterable[str]) -> str:
    """These objects as `.snmprec`, in order, without what names one single device in those that are words."""
    lines = [
        "# Made from a walk by `ridethrough profiles new`: the objects that the profile reads, and what the device says it is."
    ]
    in_order = sorted(set(oids), key=lambda oid: [int(arc) for arc in oid.split(".")])
    lines += [f"{oid}|{67 if oid == UPTIME else _type(walk[oid])}|{_written(walk[oid])}" for oid in in_order]
    return "\n".join(lines) + "\n"


def _type(word: Raw) -> str:
    """A word's type as `.snmprec` has them."""
    if isinstance(word, int):
        return "2" if abs(word) < 2**31 else "70"
    if isinstance(word, str):
        return "6" if re.match(r"[0-2]\.|\d+$", word) and word.count(".") != _DOTS_OF_IP else "64"
    return "4" if _is_text(word) else "4x"


def _written(word: Raw) -> str:
    if not isinstance(word, bytes):
        return str(word)
    if not _is_text(word):
        return word.hex()
    text = word.decode()
    return text if number_in(word) is not None or measured(text_of(word)) else without_serials(text)


def _is_text(word: bytes) -> bool:
    text = word.decode("utf-8", errors="replace")
    return text.isprintable() and "\N{REPLACEMENT CHARACTER}" not in text


def _shown(word: Raw) -> int | str:
    return word.decode("utf-8", errors="replace") if isinstance(word, bytes) else word


def _list(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(_quoted, texts))}]"


def _quoted(text: str) -> str:
    """A basic string of TOML; its escapes are those of JSON."""
    return json.dumps(text, ensure_ascii=False)
