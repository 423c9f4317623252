"""Objects of a walk that stand side by side: columns and rows, as far as their numbers show. Pure.

Nobody has the MIB. Objects whose OIDs differ in one arc alone are taken for one row of a table; which arc that is tells
the columns. A name, a unit or a value in words beside a number is found so, whatever the order of a table's arcs.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from device_profiles.walk import Walk
from telemetry.draft.wording import Measured, Unit, measured, text_in, unit_by_name, unit_of
from telemetry.reading import Raw
from telemetry.word import text_of

ENTERPRISES = "1.3.6.1.4.1."
_SHORTEST = 7  # arcs before a column: the maker's number

# What agents say in place of a number that they do not have.
SENTINELS = frozenset(
    (-1, 255, 65_535, 655_350, 32_767, -32_768, 9_999, 99_999, -100, -273, 2**31 - 1, -(2**31), 2**32 - 1)
)


def number_in(word: Raw) -> float | None:
    """The number that an object holds without a unit; None where it holds none, or a sentinel."""
    if isinstance(word, bytes):
        try:
            number = float(text_of(word))
        except ValueError:
            return None
    elif isinstance(word, int):
        number = float(word)
    else:
        return None
    return None if number in SENTINELS or abs(number) >= 1e9 else number


@dataclass(frozen=True)
class Sheet:
    """Columns of objects with the same rows, of which at least one is of words.

    prefix: what their OIDs begin with
    columns: the OIDs by the column's arc, then by the row's arcs
    """

    prefix: str
    columns: dict[int, dict[str, str]]
    walk: Walk

    @cached_property
    def texts(self) -> dict[int, dict[str, str]]:
        """The words of each column by row."""
        return {
            column: {row: text for row, oid in cells.items() if (text := text_in(self.walk, oid)) is not None}
            for column, cells in self.columns.items()
        }

    @cached_property
    def numbers(self) -> dict[int, dict[str, float]]:
        """The numbers of each column by row."""
        return {
            column: {row: number for row, oid in cells.items() if (number := number_in(self.walk[oid])) is not None}
            for column, cells in self.columns.items()
        }

    def row(self, row: str) -> str:
        """A row's name among all rows of all sheets."""
        return f"{self.prefix}…{row}"

    @cached_property
    def numeric(self) -> tuple[int, ...]:
        """The columns that hold numbers."""
        return tuple(column for column in self.columns if self.numbers[column])

    @cached_property
    def names(self) -> dict[str, str]:
        """What the rows are called, by the column whose words say most often what is measured; empty where none does."""
        texts = self.texts[self.names_column] if self.names_column is not None else {}
        return {row: text for row, text in texts.items() if not measured(text) and not unit_of(text)}

    @cached_property
    def names_column(self) -> int | None:
        """The column of `names`."""
        telling = {
            column: sum(unit_by_name(t) is not None and not measured(t) and not unit_of(t) for t in texts.values())
            for column in self.columns
            if (texts := self.texts[column])
        }
        best = max(telling, key=lambda c: telling[c], default=None)
        return best if best is not None and telling[best] else None

    @cached_property
    def units(self) -> dict[str, tuple[Unit, str]]:
        """The unit beside each row, with the OID where it stands; empty where no column is of units."""
        for cells in self.columns:
            texts = self.texts[cells]
            found = {row: unit for row, text in texts.items() if (unit := unit_of(text))}
            if found and 2 * len(found) >= len(set(texts.values())) and len(texts) > 1:
                return {row: (unit, self.columns[cells][row]) for row, unit in found.items()}
        return {}

    @cached_property
    def measured(self) -> dict[int, dict[str, Measured]]:
        """The columns of values in words with their unit."""
        found = {c: {r: m for r, t in self.texts[c].items() if (m := measured(t))} for c in self.columns}
        return {column: cells for column, cells in found.items() if cells}


def sheets(walk: Walk, oids: list[str]) -> Iterator[Sheet]:
    """Every sheet among these objects that has words beside numbers; the one with the most rows first.

    Args:
        walk: the device's words
        oids: those of its objects that nobody reads yet
    """
    arcs = {oid: oid.split(".") for oid in oids}
    with_words = {
        ".".join(path[:at])
        for oid, path in arcs.items()
        if text_in(walk, oid) is not None
        for at in range(_SHORTEST, len(path) - 1)
    }
    found: dict[str, dict[int, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for oid, path in arcs.items():
        for at in range(_SHORTEST, len(path) - 1):
            prefix = ".".join(path[:at])
            if prefix in with_words:
                found[prefix][int(path[at])][".".join(path[at + 1 :])] = oid
    made = [Sheet(prefix, dict(columns), walk) for prefix, columns in found.items() if len(columns) > 1]
    yield from sorted(made, key=lambda s: (-max(len(rows) for rows in s.columns.values()), s.prefix))
