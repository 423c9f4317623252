"""What the objects of an unknown device may be, told from what stands beside them. Pure.

A guess is sure where two things that know nothing of each other agree: a number with the same number in words and its
unit; a table of names or units all of whose rows are plausible at one scale and in one column; a long column that stands
at a supply's frequency to the last decimals. All else is put before a person: a wrong value is worse than a missing one.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from device_profiles.walk import Walk
from telemetry.draft.plausible import SCALES, Sign, is_supply_frequency, is_supply_voltage, sign_of
from telemetry.draft.sheet import Sheet, number_in, sheets
from telemetry.draft.wording import is_limit, is_serial_like, part_by_name, unit_by_name

_SAME = 0.03  # between a number and its words, which an agent may have taken a moment apart
_TELLING = 10  # a number below it stands beside the same one by chance
_READABLE = ("V", "A", "W", "VA", "Hz", "C", "°C")  # behind a number, by `telemetry/word.py`
_MOST_WRONG = 0.1  # of the numbers beside their words: what had changed between the two
_LONG = 6  # rows of a column that speak for themselves
_FINE = 4_500  # the least raw frequency that has hundredths
_ROUND, _THREE_DIGITS = 100, 100  # no measurement, but a setting; no coincidence
_EVEN = 1.1  # the highest of a supply's phases to the lowest


@dataclass(frozen=True, slots=True)
class Guess:
    """What one object may be.

    oid: of the object
    unit: of the catalogue, or °F
    scale: by which its number comes to that unit
    why: what speaks for it, for people
    sure: whether it can stand without a person's look
    row: what it has in common with the others of its row
    name: what the agent calls it; empty where it does not
    condition: another object and its text now, without which all this is not so
    witness: the object that says the same in words
    """

    oid: str
    unit: str
    scale: float
    why: str
    sure: bool
    row: str
    name: str = ""
    condition: tuple[str, str] | None = None
    witness: str | None = None

    @property
    def part(self) -> str | None:
        """The part of the device that its name speaks of."""
        return part_by_name(self.name)


def guesses(walk: Walk, oids: Iterable[str]) -> tuple[Guess, ...]:
    """A guess for each object for which there is one, the sure ones first where an object has several.

    Args:
        walk: the device's words
        oids: those of its objects that nobody reads yet
    """
    found: dict[str, Guess] = {}
    free = list(oids)
    made = list(sheets(walk, free))
    for rule in (_beside_words, _by_names_and_units):
        for sheet in made:
            for guess in rule(sheet):
                if guess.oid not in found or guess.sure > found[guess.oid].sure:
                    found[guess.oid] = guess
    for guess in _by_numbers_alone(walk, free):
        if guess.oid not in found or guess.sure > found[guess.oid].sure:
            found[guess.oid] = guess
    said_twice = {guess.witness for guess in found.values()}
    return tuple(found[oid] for oid in free if oid in found and oid not in said_twice)


def _beside_words(sheet: Sheet) -> Iterator[Guess]:
    """Numbers beside the same number in words with its unit, and such words alone."""
    for column, (twin, powers) in _twins(sheet).items():
        cells = sheet.measured[column]
        for row, m in cells.items():
            name, said = sheet.names.get(row, ""), f"{m.value:g} {m.unit.said}"
            is_named = unit_by_name(name) == m.unit.name
            if is_limit(name):
                continue
            if twin is not None and row in powers:
                alike = [other.value for other in cells.values() if other.unit == m.unit and other.value]
                # Words without decimals, or the same in all rows, may be a rating: `16 A`.
                is_measured = any(other.decimals for other in cells.values()) and not 1 == len(set(alike)) < len(alike)
                oid, witness = sheet.columns[twin][row], sheet.columns[column][row]
                scale, why = m.unit.factor / 10 ** powers[row], f"{said!r} stands beside it"
                sure = is_named or is_measured
                yield Guess(oid, m.unit.name, scale, why, sure, sheet.row(row), name, witness=witness)
            elif m.unit.said in _READABLE:
                oid, why = sheet.columns[column][row], f"it says {said!r}"
                yield Guess(oid, m.unit.name, m.unit.factor, why, is_named, sheet.row(row), name)


def _twins(sheet: Sheet) -> dict[int, tuple[int | None, dict[str, int]]]:
    """Of each column of words: the column of numbers that says the same, and how many decimals each row of it has."""
    found = {column: _twin(sheet, column) for column in sheet.measured}
    pairs = [(column, twin, powers) for column, (twin, powers) in found.items() if twin is not None]
    steps = {twin - column for column, twin, _ in pairs}
    as_said = all(powers[row] == sheet.measured[column][row].decimals for column, _, powers in pairs for row in powers)
    if len(steps) == 1 and as_said:  # where that is how this table is made, also of what is nothing now
        for column, cells in sheet.measured.items():
            other = column + next(iter(steps))
            numbers = sheet.numbers[other] if other in sheet.columns else {}
            nothing = {row: m.decimals for row, m in cells.items() if m.value == 0 and numbers.get(row) == 0}
            if found[column][0] in {None, other}:
                found[column] = (other, {**nothing, **found[column][1]})
    return found


def _twin(sheet: Sheet, column: int) -> tuple[int | None, dict[str, int]]:
    best: tuple[int, int, int | None, dict[str, int]] = (0, 0, None, {})
    cells = {row: m for row, m in sheet.measured[column].items() if m.value and not is_limit(sheet.names.get(row, ""))}
    for other in sheet.numeric:
        numbers = sheet.numbers[other]
        powers = {row: _power(numbers[row], m.value) for row, m in cells.items() if row in numbers}
        same = {row: power for row, power in powers.items() if power is not None}
        telling = sum(abs(numbers[row]) >= _TELLING for row in same)
        if telling and len(powers) - len(same) <= _MOST_WRONG * len(powers):
            best = max(best, (telling, -abs(other - column), other, same), key=lambda b: b[:2])
    return best[2], best[3]


def _power(number: float, said: float) -> int | None:
    """How many decimals make a number the one that is said."""
    return next((k for k in range(5) if abs(number / 10**k - said) <= _SAME * abs(said)), None)


@dataclass(frozen=True, slots=True)
class _Row:
    unit: str
    factor: float
    name: str
    condition: tuple[str, str] | None


def _by_names_and_units(sheet: Sheet) -> Iterator[Guess]:
    """Numbers beside names or units, where one column at one scale is plausible in all rows."""
    rows = _rows(sheet)
    fitting = _fitting(sheet, rows)
    if len(fitting) == 1:
        column, scale = fitting[0]
        words = "unit" if sheet.units else "name"
        for row in [row for row in sheet.numbers[column] if row in rows]:
            why = f"the {words} beside it, and all rows plausible at × {scale:g}"
            is_told = scale < 1 or bool(sheet.units) or _sign(sheet, column, row, rows[row], scale) is not Sign.NONE
            yield _as_row_says(sheet, (column, row), rows[row], scale, why, sure=is_told)
        return
    for unit in ("V", "°C", "Hz"):  # each kind for itself
        alike = {row: of for row, of in rows.items() if of.unit == unit}
        fitting = _fitting(sheet, alike, alone=True)
        if len(fitting) == 1:
            column, scale = fitting[0]
            why = f"its name, and all of its kind plausible at × {scale:g} in this column only"
            for row in [row for row, number in sheet.numbers[column].items() if row in alike and number]:
                yield _as_row_says(sheet, (column, row), alike[row], scale, why, sure=True)


def _as_row_says(sheet: Sheet, at: tuple[int, str], of: "_Row", scale: float, why: str, *, sure: bool) -> Guess:
    column, row = at
    oid = sheet.columns[column][row]
    return Guess(oid, of.unit, of.factor * scale, why, sure, sheet.row(row), of.name, of.condition)


def _sign(sheet: Sheet, column: int, row: str, of: "_Row", scale: float) -> Sign:
    return sign_of(of.unit, sheet.numbers[column][row] * of.factor * scale, part_by_name(of.name))


def _rows(sheet: Sheet) -> dict[str, _Row]:
    """What the rows of a sheet are said to be."""
    found = {}
    for row in {**sheet.names, **sheet.units}:
        name = sheet.names.get(row, "")
        if is_limit(name):
            continue
        if row in sheet.units:
            unit, oid = sheet.units[row]
            found[row] = _Row(unit.name, unit.factor, name, (oid, unit.said))
        elif not sheet.units and (said := unit_by_name(name)) and sheet.names_column is not None:
            oid = sheet.columns[sheet.names_column][row]
            found[row] = _Row(said, 1.0, name, None if is_serial_like(name) else (oid, name))
    return found


def _fitting(sheet: Sheet, rows: Mapping[str, _Row], *, alone: bool = False) -> list[tuple[int, float]]:
    """Each column and scale at which all rows are plausible, and enough of them tell anything.

    Columns that hold the same in all rows of a kind are limits that somebody has set.
    """
    found = []
    for column in sheet.numeric:
        there = {row: number for row, number in sheet.numbers[column].items() if row in rows and number}
        by_unit: dict[str, list[float]] = defaultdict(list)
        for row, number in there.items():
            by_unit[rows[row].unit].append(number)
        several = [numbers for numbers in by_unit.values() if len(numbers) > 1]
        if several and all(len(set(numbers)) == 1 for numbers in several):
            continue
        for scale in SCALES:
            signs = [(rows[row].unit, _sign(sheet, column, row, rows[row], scale)) for row in there]
            if (several and _is_enough_alone([sign for _, sign in signs])) if alone else _is_enough(signs):
                found.append((column, scale))
    return found


def _is_enough(signs: list[tuple[str, Sign]]) -> bool:
    telling = [(unit, sign) for unit, sign in signs if sign is not Sign.NONE]
    if any(sign is Sign.AGAINST for _, sign in telling) or len(telling) < 2:
        return False
    return any(sign is Sign.STRONG for _, sign in telling) or (len(telling) > 2 and len({u for u, _ in telling}) > 1)


def _is_enough_alone(signs: list[Sign]) -> bool:
    return len(signs) > 1 and all(sign in {Sign.FOR, Sign.STRONG} for sign in signs)


def _by_numbers_alone(walk: Walk, oids: Iterable[str]) -> Iterator[Guess]:
    """Columns whose numbers stand where a supply stands. Only a long column of frequencies is told by that alone."""
    columns: dict[str, dict[str, float]] = defaultdict(dict)
    for oid in oids:
        number = number_in(walk[oid])
        if number:
            stem, _, last = oid.rpartition(".")
            columns[stem][oid] = number
            if last == "0":  # a row of a table whose index ends so
                columns[stem.rpartition(".")[0]][oid] = number
    frequencies: dict[tuple[str, int], list[tuple[str, float]]] = defaultdict(list)
    for stem, numbers in columns.items():
        lowest, highest = min(numbers.values()), max(numbers.values())
        for scale in SCALES if len(numbers) > 1 else ():
            if all(is_supply_frequency(n * scale) for n in numbers.values()):
                frequencies[stem.rpartition(".")[0], len(numbers)].append((stem, scale))
            elif highest <= _EVEN * lowest and is_supply_voltage(lowest * scale):
                why = f"{len(numbers)} rows stand at a supply's voltage at × {scale:g}"
                yield from (Guess(oid, "V", scale, why, False, oid.removeprefix(stem)) for oid in numbers)
    for (_, many), alike in frequencies.items():  # of several alike in one table, some are its highest and lowest
        for stem, scale in alike:
            values = set(columns[stem].values())
            is_long = many >= _LONG or (many > 2 and min(values) >= _FINE)
            sure = len(alike) == 1 and scale < 1 and len(values) > 1 and is_long
            why = f"{many} rows stand at a supply's frequency at × {scale:g}"
            yield from (Guess(oid, "Hz", scale, why, sure, oid.removeprefix(stem)) for oid in columns[stem])
    yield from _alone(columns)


def _alone(columns: Mapping[str, Mapping[str, float]]) -> Iterator[Guess]:
    """Single objects that stand where a supply stands: for a person only."""
    for stem, numbers in columns.items():
        for oid, number in numbers.items():
            if oid.rpartition(".")[0] != stem or number % _ROUND == 0:
                continue
            for scale in SCALES:
                unit = "Hz" if is_supply_frequency(number * scale) else "V"
                if unit == "Hz" or (number >= _THREE_DIGITS and is_supply_voltage(number * scale)):
                    yield Guess(oid, unit, scale, f"it stands where a supply stands at × {scale:g}", False, oid)
                    break
