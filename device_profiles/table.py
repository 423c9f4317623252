"""How the rows of an SNMP table become names of quantities.

A point that reads a column has a placeholder in its quantity; the row's index fills it:

| in braces | the row's number is | fills in |
|---|---|---|
| `{phase}` | 1, 2, 3 | L1, L2, L3 |
| `{pair}` | 1, 2, 3 | L1-L2, L2-L3, L3-L1 |
| `{source}` | 1, 2 | 1, 2: the normal and the emergency side of a switch, by the order of its inputs |
| `{n}` | from 1 up | itself: an outlet, a bank, a sensor |
| `{unit}` | from 2 up | itself: a device of a chain behind the first |

A table with one phase is a single-phase device, and its quantity loses the phase: `input.voltage`.
"""

import re
from collections.abc import Iterable
from functools import cache

from device_profiles.quantities import PHASE_TO_PHASE, PHASES
from device_profiles.schema import Address, Point, placeholders

Row = dict[str, int]  # placeholder -> the row's number

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


def row_of(address: Address, point: Point, oid: str) -> Row | None:
    """The numbers by which the instance `oid` of a column fills the point's placeholders.

    None where `oid` is no instance of the column, or its index does not fit.
    """
    prefix = f"{address.column}."
    if address.column is None or not oid.startswith(prefix):
        return None
    index = address.index or "{" + next(iter(placeholders(point.quantity))) + "}"
    match = _pattern(index).fullmatch(oid, len(prefix))
    if match is None:
        return None
    row = {name: int(number) for name, number in match.groupdict().items()}
    for last in list(row)[-1:]:
        row[last] -= address.first - 1
    return row if all(_NUMBERS[name][0] <= number <= _NUMBERS[name][1] for name, number in row.items()) else None


def rows_of(address: Address, point: Point, oids: Iterable[str]) -> dict[str, Row]:
    """Every instance of the address's column among `oids` that fits, in the order of their numbers."""
    found = {oid: row for oid in oids if (row := row_of(address, point, oid)) is not None}
    return dict(sorted(found.items(), key=lambda item: [int(arc) for arc in item[0].split(".")]))


def name_of(quantity: str, row: Row, *, single_phase: bool = False) -> str:
    """The quantity's name for a row; without its phase where the table is a single-phase device's."""
    if single_phase:
        quantity = _PHASE_SEGMENT.sub("", quantity)
    for name, number in row.items():
        if name == "phase":
            text = PHASES[number - 1]
        elif name == "pair":
            text = PHASE_TO_PHASE[number - 1]
        else:
            text = str(number)
        quantity = quantity.replace(f"{{{name}}}", text)
    return quantity
