"""The raw values by which a device says that it does not know, as a profile file writes them."""

import re
from typing import Any

_RANGE = re.compile(r"^(-?\d+)\.\.(-?\d+)$")
_LONGEST_RANGE = 1000


def spelled_out(given: Any) -> Any:
    """A file's list of sentinels with each `"65528..65535"` as every whole number from one to the other.

    What is no list is given back as it is, for the schema to say so.

    Raises:
        ValueError: a range whose end lies before its start, or that is longer than any device has reasons.
    """
    if not isinstance(given, list | tuple):
        return given
    values: list[Any] = []
    for value in given:
        ends = _RANGE.match(value) if isinstance(value, str) else None
        if not ends:
            values.append(value)
            continue
        low, high = int(ends[1]), int(ends[2])
        if not low <= high <= low + _LONGEST_RANGE:
            raise ValueError(f"{value!r} is no range of 1 to {_LONGEST_RANGE} whole numbers")
        values += [float(number) for number in range(low, high + 1)]
    return values
