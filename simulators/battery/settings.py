"""Checks of what a scenario sets at a battery: each gives the value as the battery needs it."""

from collections.abc import Mapping, Sequence


def number(what: str, value: object, low: float, high: float) -> float:
    """A number in that range.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ValueError(f"{what} = {value!r}: expected a number from {low:g} to {high:g}")
    return float(value)


def numbers(what: str, value: object, count: int, low: float, high: float) -> list[float]:
    """So many numbers in that range.

    Raises:
        ValueError: it is no list of them.
    """
    if isinstance(value, str) or not isinstance(value, Sequence) or len(value) != count:
        raise ValueError(f"{what} = {value!r}: expected a list of {count} numbers, one a string")
    return [number(what, one, low, high) for one in value]


def flag(what: str, value: object) -> bool:
    """True or false.

    Raises:
        ValueError: it is neither.
    """
    if not isinstance(value, bool):
        raise ValueError(f"{what} = {value!r}: expected true or false")  # noqa: TRY004  # a scenario's value
    return value


def word(what: str, value: object, words: Sequence[str]) -> str:
    """One of the words.

    Raises:
        ValueError: it is none of them.
    """
    if not isinstance(value, str) or value not in words:
        raise ValueError(f"{what} = {value!r}: expected {', '.join(words)}")
    return value


def string(what: str, value: object, count: int) -> tuple[int, bool]:
    """Which of `count` strings, counted from 0, and whether it is open. The scenario counts from 1.

    Raises:
        ValueError: it is no table of these two, or there is no such string.
    """
    if not isinstance(value, Mapping) or set(value) != {"n", "fault"}:
        raise ValueError(f'{what} = {value!r}: expected {{n = 1, fault = "open"}}, or "none" to mend it')
    n = value["n"]
    if isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= count:
        raise ValueError(f"{what}.n = {n!r}: expected a whole number from 1 to {count}")
    return n - 1, word(f"{what}.fault", value["fault"], ("open", "none")) == "open"
