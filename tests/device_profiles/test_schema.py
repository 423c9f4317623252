"""What a profile file may say, and what it must not."""

from typing import Any

import pytest
from pydantic import ValidationError

from device_profiles.schema import Point, RegisterType, Space


@pytest.mark.parametrize(
    ("point", "said"),
    [
        ({"quantity": "ups.load"}, "exactly one of oid, column, register; here: none"),
        ({"quantity": "ups.load", "oid": "1.3.1", "register": 4}, "here: oid, register"),
        ({"quantity": "ups.lode", "oid": "1.3.1"}, "the nearest is 'ups.load'"),
        ({"quantity": "outlet.{x}.current", "column": "1.3.1"}, r"\{x\} is none of \{phase\}, \{pair\}"),
        ({"quantity": "outlet.{n}.current", "oid": "1.3.1"}, "needs a column"),
        ({"quantity": "ups.load", "column": "1.3.1"}, "exactly one placeholder"),
        ({"quantity": "outlet.{n}.current", "column": "1.3.1", "index": "{phase}"}, "name different placeholders"),
        ({"quantity": "ups.load", "oid": "1.3.1", "index": "*"}, "here is no column"),
        ({"quantity": "ups.load", "oid": "1.3.1", "type": "u32"}, "only a register has type"),
        ({"quantity": "ups.load", "oid": "1.3.1", "scale": 0}, "scale is 0"),
        ({"quantity": "ups.load", "oid": "1.3.1", "scale": float("nan")}, "finite number"),
        ({"quantity": "ups.load", "register": 1, "bits": [12, 5]}, "do not lie in an integer of 16 bits"),
        ({"quantity": "ups.load", "register": 1, "type": "f32", "bits": [0, 4]}, "do not lie in an integer"),
        ({"quantity": "ups.load", "register": 1, "unknown": ["9..3"]}, "'9..3' is no range"),
        ({"quantity": "ups.load", "register": 1, "range": [5, 5]}, "range"),
        ({"quantity": "ups.load", "oid": "1.3.1", "states": {"1": "on"}}, "has no states"),
        ({"quantity": "ups.status", "oid": "1.3.1"}, "needs states"),
        ({"quantity": "ups.status", "oid": "1.3.1", "states": {"1": "asleep"}}, "has no state 'asleep'"),
        ({"quantity": "ups.load", "oid": "1.3.1", "fallback": [{"register": 70_000}]}, "65535"),
        ({"quantity": "ups.load", "oid": "1.3.4294967296"}, "is no OID"),
        ({"quantity": "ups.load", "oid": "1.3.1", "other_scales": [0.1]}, "only V, Hz, W, VA have other_scales"),
        ({"quantity": "input.voltage", "oid": "1.3.1", "other_scales": [0]}, "scale is 0"),
        ({"quantity": "ups.load", "register": 1, "decimals": "1.3.1"}, "only an SNMP object has when, decimals"),
        ({"quantity": "ups.load", "oid": "1.3.1", "when": {"equals": [1]}}, "exactly one of oid, column"),
        ({"quantity": "ups.load", "oid": "1.3.1", "when": {"column": "1.3.2"}}, "one object has no row"),
        ({"quantity": "ups.load", "oid": "1.3.1", "first": 0}, "here is no column"),
        (
            {"quantity": "ups.load", "oid": "1.3.1", "label": {"column": "1.3.2", "reads": "Load"}},
            "label names the rows",
        ),
        (
            {"quantity": "outlet.{n}.current", "column": "1.3.1", "label": {"column": "1.3.2", "reads": "Load"}},
            "name different placeholders",
        ),
        (
            {"quantity": "ups.status", "oid": "1.3.1", "states": {"1": "off"}, "bits": [0, 1], "character": 2},
            "not both",
        ),
        ({"quantity": "alarm.Fan", "oid": "1.3.1", "states": {"1": "active"}}, "no quantity is named"),
        ({"quantity": "alarm.fan", "column": "1.3.1", "lists": "1.3.9"}, "lists needs when with the oid"),
        ({"quantity": "alarm.fan", "oid": "1.3.1", "lists": "1.3.9", "when": {"oid": "1.3.2"}}, "goes with a column"),
        ({"quantity": "ups.status", "column": "1.3.1", "lists": "1.3.9", "when": {"oid": "1.3.2"}}, "is no alarm"),
    ],
)
def test_contradiction_is_refused(point: dict[str, Any], said: str) -> None:
    """A point that contradicts itself or the catalogue is refused, and the message says by what."""
    with pytest.raises(ValidationError, match=said):
        Point.model_validate(point)


def test_contradictions_are_told_together() -> None:
    """All that does not go together in one point is said at once."""
    with pytest.raises(ValidationError) as caught:
        Point.model_validate({"quantity": "ups.status", "oid": "1.3.1", "register": 4, "scale": 0, "index": "*"})
    told = str(caught.value)
    assert all(word in told for word in ("here: oid, register", "scale is 0", "here is no column", "needs states"))


def test_range_of_sentinels_stands_for_all_between() -> None:
    """`65528..65535` is short for eight sentinels; text that is no range stays text."""
    point = Point.model_validate({"quantity": "ups.load", "register": 1, "unknown": ["65528..65535", "N/A", -1]})
    assert point.unknown == (*map(float, range(65_528, 65_536)), "N/A", -1.0)


def test_fallbacks_follow_the_preferred_place() -> None:
    """A point's places are listed in the order in which they are asked."""
    point = Point.model_validate({"quantity": "ups.load", "oid": "1.3.1", "fallback": [{"oid": "1.3.2"}]})
    assert [address.oid for address in point.addresses] == ["1.3.1", "1.3.2"]


def test_registers_are_holding_words_unless_said_otherwise() -> None:
    """What a profile leaves out is the commonest: one unsigned word of a holding register, most significant first."""
    point = Point.model_validate({"quantity": "ups.load", "register": 1})
    expected: tuple[Space, RegisterType, str, float] = ("holding", "u16", "big", 1.0)
    assert (point.space, point.type, point.words, point.scale) == expected
