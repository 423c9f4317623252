"""Two journals compared."""

import json

import pytest

from ridethrough.replay import differences


def change(second: int, title: str, **more: object) -> str:
    made = {"time": f"2026-03-01T14:32:{second:02}.000Z", "alarm_id": "dc/a/k", "severity": "minor", "active": True}
    return json.dumps({**made, "title": title, **more})


def test_whether_live_or_replayed_makes_no_difference() -> None:
    assert differences([change(1, "a", replay=False), ""], [change(1, "a", replay=True)]) == []


def test_other_figures_of_the_same_change_are_one_line_that_names_them() -> None:
    """Both values where they are short, the key alone where they are not."""
    old = change(1, "a", stage_margin_s=5.0, evidence=[1])
    new = change(1, "a", stage_margin_s=12.0, evidence=[2])
    (line,) = differences([old], [new])
    assert line == "~ 2026-03-01T14:32:01.000Z dc/a/k minor: a (stage_margin_s 5.0 → 12.0, evidence)"


def test_what_only_one_tells_comes_in_order_of_time() -> None:
    found = differences(
        [change(2, "gone"), change(4, "both")], [change(1, "come"), change(4, "both"), change(5, "late")]
    )
    assert [(line[0], line.rsplit(" ", 1)[1]) for line in found] == [("+", "come"), ("-", "gone"), ("+", "late")]


@pytest.mark.parametrize("line", ["[site]", "[1]", '{"time":"x"}', "3"])
def test_what_is_no_alarm_change_is_shown(line: str) -> None:
    with pytest.raises(ValueError, match="expected an alarm change"):
        differences([line], [])
