"""What a scenario may set at a utility, checked: numbers in their ranges, tables with the keys that belong there."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

SECOND = 1_000_000  # µs


class Range(NamedTuple):
    """What one number of a setting may be. usual: what it is where the scenario leaves it out; None: it must be there."""

    low: float
    high: float
    usual: float | None = None


def number(what: str, value: object, low: float, high: float) -> float:
    """The value as a float.

    Raises:
        ValueError: it is no number, or outside [low, high]; the text names both.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ValueError(f"{what} = {value!r}: expected a number from {low:g} to {high:g}")
    return float(value)


def phases(what: str, value: object, low: float, high: float) -> tuple[float, float, float]:
    """One number for all three phases, or one for each.

    Raises:
        ValueError: it is neither, or a number is outside [low, high].
    """
    if isinstance(value, Sequence) and not isinstance(value, str):
        if len(value) != 3:
            raise ValueError(f"{what} = {value!r}: expected one number or three, for L1, L2 and L3")
        first, second, third = (number(what, v, low, high) for v in value)
        return first, second, third
    common = number(what, value, low, high)
    return common, common, common


def table(what: str, value: object, keys: Sequence[str]) -> Mapping[str, object]:
    """The value as a table that has no other keys than these.

    Raises:
        ValueError: it is no table, or has a key that is not among them.
    """
    if not isinstance(value, Mapping):
        raise ValueError(f"{what} = {value!r}: expected a table with {', '.join(keys)}, or false to end it")  # noqa: TRY004  # a scenario's value
    strange = [str(key) for key in value if key not in keys]
    if strange:
        raise ValueError(f"{what} has no {', '.join(strange)}; it has {', '.join(keys)}")
    return value


def numbers(what: str, given: Mapping[str, object], ranges: Mapping[str, Range]) -> dict[str, float]:
    """The numbers of a table, each in its range or at its usual value.

    Raises:
        ValueError: one is missing that has no usual value, or does not fit.
    """
    found = {}
    for key, (low, high, usual) in ranges.items():
        if key not in given and usual is None:
            raise ValueError(f"{what} needs {key}, a number from {low:g} to {high:g}")
        found[key] = number(f"{what}.{key}", given.get(key, usual), low, high)
    return found


def one_of(what: str, value: object, choices: Sequence[str]) -> int:
    """Which of the choices the value is.

    Raises:
        ValueError: none of them.
    """
    if value not in choices:
        raise ValueError(f"{what} = {value!r}: expected one of {', '.join(choices)}")
    return choices.index(str(value))
