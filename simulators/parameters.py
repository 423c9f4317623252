"""A part's parameters as arrays: one number for each device of each site, where the scenario's table or the default has it."""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields
from typing import Any, TypeVar

import numpy as np

P = TypeVar("P")
Given = Mapping[str, Mapping[str, Any]]  # {device, load or relay: {parameter: value}}, in SI units


class Tables:
    """What a scenario's [plant] says, one table a site; what no part has asked for is `left`."""

    def __init__(self, sites: Sequence[Given]) -> None:
        """Nothing is taken yet.

        Args:
            sites: one a seed, alike but for numbers that chance decides
        """
        self._given = [{name: dict(table) for name, table in site.items()} for site in sites]
        self.sites = len(sites)

    def take(self, cls: type[P], names: Sequence[str], defaults: Sequence[Mapping[str, Any]] = ()) -> P:
        """`cls` with an array for each field: `(S, n)`, or `(S, n, k)` for a tuple of k; text is a tuple of n.

        Args:
            cls: a dataclass whose fields all have defaults
            names: of the parts
            defaults: what takes the place of the class's default, one table a part

        Raises:
            ValueError: a value does not fit its field; it says which part and parameter, and what was expected.
        """
        return cls(**{f.name: self._array(f, names, defaults) for f in fields(cls)})  # type: ignore[arg-type]  # all are dataclasses

    def pop(self, name: str, key: str, default: Any = None) -> Any:
        """One value that no dataclass holds, the same at every site."""
        found = [site.get(name, {}).pop(key, default) for site in self._given]
        return found[0] if found else default

    def names_with(self, key: str) -> tuple[str, ...]:
        """The parts whose table has that key."""
        return tuple(name for name, table in self._given[0].items() if key in table) if self._given else ()

    @property
    def rest(self) -> list[dict[str, dict[str, Any]]]:
        """What has not been taken yet, as it was given."""
        return self._given

    @property
    def left(self) -> list[str]:
        """`part.parameter` of what nobody took."""
        return [f"{name}.{key}" for name, table in self._given[0].items() for key in table] if self._given else []

    def _array(self, field: Field[Any], names: Sequence[str], defaults: Sequence[Mapping[str, Any]]) -> Any:
        usual = field.default if field.default is not MISSING else field.default_factory()  # type: ignore[operator]
        rows = [
            [
                self._value(site, name, field.name, defaults[i].get(field.name, usual) if defaults else usual, usual)
                for i, name in enumerate(names)
            ]
            for site in self._given
        ]
        if isinstance(usual, str):
            return tuple(rows[0]) if rows else ()
        if isinstance(usual, tuple):
            longest = max((len(value) for row in rows for value in row), default=len(usual))
            filled = [[[*value, *[np.nan] * (longest - len(value))] for value in row] for row in rows]
            return np.array(filled, np.float64).reshape(len(rows), len(names), longest)
        kind = np.bool_ if isinstance(usual, bool) else np.float64
        return np.array(rows, kind).reshape(len(rows), len(names))

    @staticmethod
    def _value(site: dict[str, dict[str, Any]], name: str, key: str, default: Any, usual: Any) -> Any:
        value = site.get(name, {}).pop(key, default)
        if isinstance(usual, bool):
            fits = isinstance(value, bool)
        elif isinstance(usual, str):
            fits = isinstance(value, str)
        elif isinstance(usual, tuple):
            fits = isinstance(value, list | tuple) and all(_is_number(v) for v in value)
        else:
            fits = _is_number(value)
        if not fits:
            expected = {bool: "true or false", str: "a text", tuple: "a list of numbers"}.get(type(usual), "a number")
            raise ValueError(f"{name}.{key} = {value!r}: expected {expected}")
        return value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
