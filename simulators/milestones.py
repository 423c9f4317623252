"""What happened when: every change of a discrete state in the plant, by name.

`ups-a.on_battery` is the first time that ups-a went to its battery, `ups-a.on_battery.2` the second.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int8]


class Watched(Protocol):
    """A group of parts whose states are worth telling."""

    names: tuple[str, ...]

    @property
    def watched(self) -> Mapping[str, tuple[tuple[str, ...], Codes]]:
        """{what: (words, codes)}, codes `(S, n)` into the words."""


class Milestones:
    """The changes of each site since the first look, in order of time."""

    def __init__(self, groups: Sequence[Watched], sites: int) -> None:
        self.changes: list[list[tuple[int, str]]] = [[] for _ in range(sites)]  # (µs, name), by site
        self._groups = groups
        self._first: list[dict[str, int]] = [{} for _ in range(sites)]
        self._many: list[dict[str, int]] = [{} for _ in range(sites)]
        self._words = [(name, words) for group in groups for words, _ in group.watched.values() for name in group.names]
        self._before = self._codes()

    def look(self, now: int) -> None:
        """Note what has changed by `now` (µs)."""
        codes = self._codes()
        changed = codes != self._before
        if changed.any():
            for site, column in np.argwhere(changed).tolist():
                name, words = self._words[column]
                self._note(site, now, f"{name}.{words[codes[site, column]]}")
            self._before = codes

    def of(self, site: int) -> dict[str, int]:
        """{name: µs} of a site."""
        return self._first[site]

    def _note(self, site: int, now: int, name: str) -> None:
        self.changes[site].append((now, name))
        times = self._many[site][name] = self._many[site].get(name, 0) + 1
        self._first[site][name if times == 1 else f"{name}.{times}"] = now

    def _codes(self) -> Codes:
        codes = [codes for group in self._groups for _, codes in group.watched.values()]
        joined: Codes = np.concatenate(codes, axis=1) if codes else np.empty((0, 0), np.int8)
        return joined
