"""States of several sorts of things at once: carried to other columns, copied before they are written to."""

from dataclasses import dataclass

import numpy as np
import pytest

from detectors.state import State, carry, copied


@dataclass(slots=True)
class Marks(State):
    marks: np.ndarray


@dataclass(slots=True)
class Both:
    columns: tuple[int, ...]
    left: Marks
    right: Marks


def test_each_part_is_carried_by_its_own_keys_and_what_belongs_to_the_layout_is_not():
    old = Both((1, 2), Marks(("a", "b"), np.array([1, 2])), Marks(("x",), np.array([9])))
    fresh = Both((7,), Marks(("b", "c", "a"), np.zeros(3, int)), Marks(("y",), np.zeros(1, int)))
    got = carry(old, fresh)
    assert got.columns == (7,)
    assert got.left.marks.tolist() == [2, 0, 1]
    assert got.right.marks.tolist() == [0]


def test_a_copy_has_arrays_of_its_own():
    old = Both((1,), Marks(("a",), np.array([1])), Marks(("x",), np.array([9])))
    new = copied(old)
    new.left.marks[0] = 5
    assert old.left.marks.tolist() == [1]
    assert new.columns is old.columns


def test_what_is_no_state_cannot_be_copied():
    with pytest.raises(TypeError, match="a state is a dataclass"):
        copied(3)
