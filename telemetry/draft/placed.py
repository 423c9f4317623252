"""What guesses are called: the catalogue's name where the agent's words leave no doubt, else the number of a row."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from telemetry.draft.guess import Guess

# By the part that a name speaks of, and the unit. A battery's current is not here: nobody knows its sign.
_CANONICAL = {
    ("battery", "V"): "battery.voltage",
    ("battery", "°C"): "battery.temperature",
    ("mains", "V"): "input.voltage",
    ("mains", "Hz"): "input.frequency",
    ("input", "Hz"): "input.frequency",
    ("output", "Hz"): "output.frequency",
    ("bypass", "V"): "input.bypass.voltage",
    ("bypass", "Hz"): "input.bypass.frequency",
    ("dc", "V"): "dc.voltage",
    ("ambient", "°C"): "ambient.temperature",
}
_OF_A_ROW = {
    "V": "circuit.{n}.voltage",
    "A": "circuit.{n}.current",
    "W": "circuit.{n}.realpower",
    "VA": "circuit.{n}.power",
    "var": "circuit.{n}.reactivepower",
    "Hz": "circuit.{n}.frequency",
    "°C": "ambient.{n}.temperature",
}


@dataclass(frozen=True, slots=True)
class Placed:
    """A guess with the quantity that it is read as."""

    quantity: str
    guess: Guess


def placed(guesses: Iterable[Guess], taken: Collection[str]) -> tuple[Placed, ...]:
    """The guesses for which the catalogue has a name, each name once.

    Args:
        guesses: what objects may be
        taken: quantities that are read already
    """
    named = [(guess, _canonical(guess)) for guess in guesses if _unit(guess) in _OF_A_ROW]
    often = Counter(name for _, name in named)
    rows: dict[str, int] = {}
    found: dict[str, Placed] = {}
    for guess, canonical in named:
        number = rows.setdefault(guess.row, len(rows) + 1)
        is_free = canonical is not None and often[canonical] == 1 and canonical not in taken
        name = canonical if canonical and is_free else _numbered(guess, number)
        while name in taken or name in found:  # a second of the same unit in one row
            rows[guess.row] = number = max(number, *rows.values()) + 1
            name = _numbered(guess, number)
        found[name] = Placed(name, guess)
    return tuple(found.values())


def _numbered(guess: Guess, number: int) -> str:
    return _OF_A_ROW[_unit(guess)].replace("{n}", str(number))


def table_quantity(guess: Guess) -> str | None:
    """What the column of a guess can be called, its rows by their number."""
    return _OF_A_ROW.get(_unit(guess))


def _canonical(guess: Guess) -> str | None:
    return _CANONICAL.get((guess.part or "", _unit(guess)))


def _unit(guess: Guess) -> str:
    return "°C" if guess.unit == "°F" else guess.unit
