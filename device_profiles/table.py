"""How the rows of an SNMP table become names of quantities.

A point that reads a column has a placeholder in its quantity; the row's index fills it:

| in braces | the row's number is | fills in |
|---|---|---|
| `{phase}` | 1, 2, 3 | L1, L2, L3 |
| `{pair}` | 1, 2, 3 | L1-L2, L2-L3, L3-L1 |
| `{source}` | 1, 2 | 1, 2: the normal and the emergency side of a switch, by the order of its inputs |
| `{n}` | from 1 up | itself: an outlet, a bank, a sensor |
| `{unit}` | from 2 up | itself: a device of a chain behind the first |

What is read of a table of everything has a label beside it, by which its rows are told from the others.

A table with one phase is a single-phase device, and its quantity loses the phase: `input.voltage`.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache

from device_profiles.quantities import PHASE_TO_PHASE, PHASES
from device_profiles.schema import Address, Point, Profile, placeholders

Row = dict[str, int]  # placeholder -> the row's number

_TEXTS = {"phase": PHASES, "pair": PHASE_TO_PHASE}  # as they stand in a label
_NUMBERS = {"phase": (1, 3), "pair": (1, 3), "source": (1, 2), "n": (1, 99_999), "unit": (2, 999)}
_PHASE_SEGMENT = re.compile(r"\.\{phase\}(-N)?(?=\.)")


@cache
def _pattern(index: str) -> re.Pattern[str]:
    parts = []
    seen: set[str] = set()
    for part in index.split("."):
        name = part.strip("{}")
        if part == "*":
            parts.append(r"\d+")
        elif name == part:
            parts.append(part)
        elif name in seen:
            parts.append(f"(?P={name})")
        else:
            seen.add(name)
            parts.append(rf"(?P<{name}>\d{{1,9}})")
    # Some agents append a zero to every index, as if each row were a scalar.
    return re.compile(r"\.".join(parts) + r"(?:\.0)?")


@cache
def _label_pattern(reads: str) -> re.Pattern[str]:
    parts = []
    for part in re.split(r"(\{\w+\}|\*)", reads):
        name = part.strip("{}")
        if part == "*":
            parts.append(".*")
        elif name == part:
            parts.append(re.escape(part))
        else:
            parts.append(f"(?P<{name}>{'|'.join(_TEXTS.get(name, (r'[0-9]{1,9}',)))})")
    return re.compile("".join(parts))


@cache
def label_columns(profile: Profile) -> tuple[str, ...]:
    """Each column of names of a profile's tables, as the beginning of its instances' OIDs."""
    return tuple(dict.fromkeys(f"{a.label.column}." for a in profile.addresses() if a.label))


@cache
def labelled_columns(profile: Profile) -> dict[str, str]:
    """Of each column of which only rows with certain names are read: the column of names."""
    found: dict[str, str] = {}
    whole: set[str] = set()
    for a in profile.addresses():
        columns = {c for c in (a.column, a.when.column if a.when else None, a.decimals) if c}
        if a.label:
            names = a.label.column
            whole |= {c for c in columns if found.setdefault(c, names) != names}  # told apart by more than one column
            found.setdefault(names, names)
        else:
            whole |= columns
    return {column: names for column, names in found.items() if column not in whole}


def is_label(profile: Profile, column: str, text: str) -> bool:
    """Whether something of a profile is read in a row of this name."""
    labels = (a.label for a in profile.addresses() if a.label)
    return any(label.column == column and labelled_row(label.reads, text) is not None for label in labels)


def labelled_row(reads: str, text: str) -> Row | None:
    """The numbers in a row's name; None where the name does not read so."""
    match = _label_pattern(reads).fullmatch(text)
    if match is None:
        return None
    return {
        name: _TEXTS[name].index(said) + 1 if name in _TEXTS else int(said) for name, said in match.groupdict().items()
    }


def row_of(address: Address, point: Point, oid: str, labels: Mapping[str, str]) -> Row | None:
    """The numbers by which the instance `oid` of a column fills the point's placeholders.

    None where `oid` is no instance of the column, or its index or its name in `labels` does not fit.
    """
    prefix = f"{address.column}."
    if address.column is None or not oid.startswith(prefix):
        return None
    row: Row | None = {}
    if address.index or not address.label:
        index = address.index or "{" + next(iter(placeholders(point.quantity))) + "}"
        match = _pattern(index).fullmatch(oid, len(prefix))
        row = {name: int(number) for name, number in match.groupdict().items()} if match else None
    if row is None:
        return None
    for last in list(row)[-1:]:
        before, beside = divmod(row[last] - address.first, address.every)
        if beside:
            return None
        row[last] = before + 1
    if "unit" in row:
        row["unit"] -= address.first_unit - 1
    if address.label:
        text = labels.get(f"{address.label.column}.{oid[len(prefix) :]}")
        said = labelled_row(address.label.reads, text) if text is not None else None
        if said is None:
            return None
        row |= said
    return row if all(_NUMBERS[name][0] <= number <= _NUMBERS[name][1] for name, number in row.items()) else None


def rows_of(address: Address, point: Point, oids: Iterable[str], labels: Mapping[str, str]) -> dict[str, Row]:
    """Every instance of the address's column among `oids` that fits, in the order of their numbers."""
    found = {oid: row for oid in oids if (row := row_of(address, point, oid, labels)) is not None}
    return dict(sorted(found.items(), key=lambda item: [int(arc) for arc in item[0].split(".")]))


def name_of(quantity: str, row: Row, *, single_phase: bool = False) -> str:
    """The quantity's name for a row; without its phase where the table is a single-phase device's."""
    if single_phase:
        quantity = _PHASE_SEGMENT.sub("", quantity)
    for name, number in row.items():
        text = _TEXTS[name][number - 1] if name in _TEXTS else str(number)
        quantity = quantity.replace(f"{{{name}}}", text)
    return quantity


@cache
def names_of(quantity: str) -> re.Pattern[str]:
    """The names that a quantity of a profile can become, its single-phase form included."""
    forms = "|".join(map(re.escape, {quantity, _PHASE_SEGMENT.sub("", quantity)}))
    for name in _NUMBERS:
        texts = "|".join(map(re.escape, _TEXTS[name])) if name in _TEXTS else r"\d+"
        forms = forms.replace(re.escape(f"{{{name}}}"), f"(?:{texts})")
    return re.compile(forms)
