"""How recorders name phases: which of ours is meant, and where a name says it. Pure."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from device_profiles.quantities import PHASE_TO_NEUTRAL, PHASE_TO_PHASE

_LETTERS = {"L1": ("A", "R", "L1", "1", "U"), "L2": ("B", "S", "L2", "2", "V"), "L3": ("C", "T", "L3", "3", "W")}
_RED_YELLOW_BLUE = {"L1": ("R",), "L2": ("Y",), "L3": ("B",)}  # where B is the third, not the second

_NEUTRAL = ("N", "0", "G", "E", "PE", "Z0", "3U0", "3I0", "U0", "I0", "NG", "N-G")
# Neutral displacement, residual (of an open delta) and zero-sequence channels, which show no phase.
_RESIDUAL = re.compile(r"(3|\b|_)[UVI]_?0\b|零序|开口|residual|zero.?seq|neutral", re.IGNORECASE)
_NEUTRAL_NAME = re.compile(r"(\b|_)([UV][NnGL]|I[NnG])(?![A-Za-z0-9])")

MARK = "\0"  # stands in a name where its phase stood


def plain(name: str) -> str:
    """A name with one form for each letter: the single sign `Ⅰ` is `I`."""
    return unicodedata.normalize("NFKC", name).strip()


def is_residual(phase: str, name: str) -> bool:
    """Whether a channel with this phase field and name shows none of the phases."""
    field = phase.strip().upper()
    if field in _NEUTRAL:
        return True
    known = any(names.form(field) for names in (phase_names(blue=False), phase_names(blue=True)))
    return not known and bool(_RESIDUAL.search(plain(name)) or _NEUTRAL_NAME.search(plain(name)))


@dataclass(frozen=True, slots=True)
class PhaseNames:
    """aliases: for each form (`L1-N` …, `L1-L2` …) the ways to write it, in capitals."""

    aliases: dict[str, tuple[str, ...]]

    def form(self, phase: str) -> str | None:
        """What a phase field says; None where it says nothing that is known."""
        field = phase.strip().upper()
        return next((form for form, aliases in self.aliases.items() if field in aliases), None)

    def taken_out(self, name: str, form: str | None) -> Iterator[tuple[str, str]]:
        """Each way to see a phase in a name: (its form, the name with a mark in place of it).

        Where the form is known, any place is tried; where not, it must stand by itself behind U, V, E or I, or be an
        `L1` by itself: other letters name buses and bays, as numbers do.
        """
        for candidate in [form] if form else self.aliases:
            for alias in self.aliases[candidate]:
                if alias[0] in "123":
                    continue  # numbers count channels too
                if form:
                    pattern = re.escape(alias)
                elif alias.startswith("L"):
                    pattern = rf"(?:(?<![A-Z0-9])|(?<=[UVEI])){alias}(?![A-Z0-9])"
                elif alias[0] in "UVW":
                    continue
                else:
                    pattern = rf"(?:(?<=[UVEI])|(?<=[UVEI][ _-])){alias}(?![A-Z0-9])"
                for found in re.finditer(pattern, name, re.IGNORECASE):
                    yield candidate, name[: found.start()] + MARK + name[found.end() :]


@cache
def phase_names(*, blue: bool) -> PhaseNames:
    """The names of phases; `blue`: red, yellow and blue are meant where R, Y and B stand."""
    letters = _RED_YELLOW_BLUE if blue else _LETTERS
    aliases = {form: tuple(a + n for n in ("-N", "N", "") for a in letters[form[:2]]) for form in PHASE_TO_NEUTRAL}
    for pair in PHASE_TO_PHASE:
        ends = list(zip(letters[pair[:2]], letters[pair[3:]], strict=True))
        aliases[pair] = tuple(x + dash + y for dash in ("-", "") for a, b in ends for x, y in ((a, b), (b, a)))
    return PhaseNames(aliases)
