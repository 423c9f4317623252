"""What detectors' states have in common: plain arrays, one entry an entity, named by `keys`."""

from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np


@dataclass(slots=True)
class State:
    """Base of every detector's state. Each further field is an array whose first axis runs along `keys`.

    keys: what each entry belongs to, `device` or `device/point` or the like; unique
    """

    keys: tuple[str, ...]


S = TypeVar("S", bound=State)


def carry(old: S, fresh: S) -> S:
    """`fresh` with every entry that `old` has under the same key: a stream goes on with other columns."""
    at = {key: i for i, key in enumerate(old.keys)}
    pairs = [(i, at[key]) for i, key in enumerate(fresh.keys) if key in at]
    if pairs:
        to, source = (np.array(side) for side in zip(*pairs, strict=True))
        for f in fields(fresh):
            if f.name != "keys":
                getattr(fresh, f.name)[to] = getattr(old, f.name)[source]
    return fresh
