"""What detectors' states have in common: plain arrays, one entry an entity, named by `keys`.

A detector with several sorts of entities has a dataclass of `State`s. What such a dataclass holds beside them
(index arrays into a layout's columns) belongs to the layout: it is neither copied nor carried.
"""

from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar

import numpy as np


@dataclass(slots=True)
class State:
    """Base of every detector's state. Each further field is an array whose first axis runs along `keys`.

    keys: what each entry belongs to, `device` or `device/point` or the like; unique
    """

    keys: tuple[str, ...]


S = TypeVar("S")


def carry(old: S, fresh: S) -> S:
    """`fresh` with every entry that `old` has under the same key: a stream goes on with other columns."""
    if isinstance(old, State) and isinstance(fresh, State):
        _carry_entries(old, fresh)
    else:
        for before, after in zip(_parts(old), _parts(fresh), strict=True):
            carry(before[1], after[1])
    return fresh


def copied(state: S) -> S:
    """The state once more, its arrays of its own: to write into."""
    if isinstance(state, State):
        return replace(
            state, **{f.name: getattr(state, f.name).copy(order="K") for f in fields(state) if f.name != "keys"}
        )
    if not is_dataclass(state) or isinstance(state, type):
        raise TypeError(f"a state is a dataclass, not {type(state).__name__}")
    return replace(state, **{name: copied(part) for name, part in _parts(state)})


def _parts(state: Any) -> list[tuple[str, Any]]:
    """What holds state in a dataclass, by name: `State`s, and what has such in it."""
    found = [(f.name, getattr(state, f.name)) for f in fields(state)]
    return [(name, part) for name, part in found if isinstance(part, State) or (is_dataclass(part) and _parts(part))]


def _carry_entries(old: State, fresh: State) -> None:
    at = {key: i for i, key in enumerate(old.keys)}
    pairs = [(i, at[key]) for i, key in enumerate(fresh.keys) if key in at]
    if pairs:
        to, source = (np.array(side) for side in zip(*pairs, strict=True))
        for f in fields(fresh):
            if f.name != "keys":
                getattr(fresh, f.name)[to] = getattr(old, f.name)[source]
