"""A scenario's parameters become arrays, and what does not fit is said with its place."""

from dataclasses import dataclass

import numpy as np
import pytest

from simulators.parameters import Tables


@dataclass(frozen=True)
class Kettle:
    power: float = 2_000.0
    lid: bool = True
    law: str = "boils"
    strings: tuple[float, ...] = (1.0, 1.0)


def test_each_part_of_each_site_has_its_own_number_else_its_kind_s_else_the_usual() -> None:
    tables = Tables([{"a": {"power": 1}, "b": {}}, {"a": {"power": 3}, "b": {"lid": False}}])
    kettles = tables.take(Kettle, ["a", "b", "c"], defaults=[{}, {"power": 7.0}, {}])
    assert np.array_equal(kettles.power, [[1, 7, 2_000], [3, 7, 2_000]])
    assert np.array_equal(kettles.lid, [[True, True, True], [True, False, True]])
    assert kettles.law == ("boils", "boils", "boils")
    assert tables.left == []


def test_lists_of_different_lengths_are_filled_with_nan() -> None:
    kettles = Tables([{"a": {"strings": [0.5]}}]).take(Kettle, ["a", "b"])
    assert np.array_equal(kettles.strings, [[[0.5, np.nan], [1.0, 1.0]]], equal_nan=True)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("power", "much", "a number"),
        ("power", True, "a number"),
        ("lid", 1, "true or false"),
        ("law", 3, "a text"),
        ("strings", 3, "a list of numbers"),
        ("strings", ["x"], "a list of numbers"),
    ],
)
def test_what_does_not_fit_is_said_with_its_place(key: str, value: object, expected: str) -> None:
    with pytest.raises(ValueError, match=rf"a\.{key} = .*expected {expected}"):
        Tables([{"a": {key: value}}]).take(Kettle, ["a"])


def test_what_nobody_takes_is_left_and_what_is_popped_is_not() -> None:
    tables = Tables([{"relay": {"blocks": ["x"], "delay": 1}}, {"relay": {"blocks": ["x"], "delay": 2}}])
    assert tables.names_with("blocks") == ("relay",)
    assert tables.pop("relay", "blocks") == ["x"]
    assert tables.pop("relay", "watches", "u") == "u"
    assert tables.left == ["relay.delay"]
