"""What a device says beside a value: whether it counts, where its point stands; and lists of what is active."""

import math

import pytest
from pydantic import ValidationError

from device_profiles.schema import Condition, Profile
from made_up import made_up
from telemetry.block import Quality
from telemetry.decode import decode
from telemetry.reading import RawAnswer

CELSIUS = {"oid": "1.3.1.0", "when": {"oid": "1.3.9.0", "equals": [1]}}
FAHRENHEIT = {"oid": "1.3.1.0", "scale": 0.5, "offset": -16, "when": {"oid": "1.3.9.0", "equals": [2, "F"]}}
PLAIN = {"oid": "1.3.1.0"}


def _read(profile: Profile, raw: RawAnswer, known: set[str] | None = None) -> dict[str, float | str]:
    return {
        v.quantity: v.value if v.quality is Quality.GOOD else v.quality.name.lower()
        for v in decode(profile, raw, known)
    }


@pytest.mark.parametrize(("unit", "degrees"), [(1, 70.0), (2, 19.0), (b"f", 19.0), (3, None)])
def test_a_place_counts_only_where_its_condition_holds(unit: int | bytes, degrees: float | None) -> None:
    """A thermometer in the unit that the device is set to; set to something else it says nothing."""
    profile = made_up({"quantity": "ambient.temperature", **CELSIUS, "fallback": [FAHRENHEIT]})
    expected = {} if degrees is None else {"ambient.temperature": degrees}
    assert _read(profile, {"1.3.1.0": 70, "1.3.9.0": unit}) == expected


def test_a_place_without_a_condition_is_for_devices_that_have_none() -> None:
    """An agent that does not know the setting is read plainly; one that knows it, and fails to say it once, is not."""
    profile = made_up({"quantity": "ambient.temperature", **FAHRENHEIT, "fallback": [PLAIN]})
    assert _read(profile, {"1.3.1.0": 21}) == {"ambient.temperature": 21.0}
    assert _read(profile, {"1.3.1.0": 70, "1.3.9.0": 2}) == {"ambient.temperature": 19.0}
    assert _read(profile, {"1.3.1.0": 21, "1.3.9.0": 1}) == {}
    known = {"1.3.1.0", "1.3.9.0"}
    assert _read(profile, {"1.3.1.0": 70}, known) == {"ambient.temperature": "missing"}


def test_an_optional_condition_holds_where_the_device_has_no_such_object() -> None:
    """A sensor that is said to be away is not read; of a device that says so of none, each is."""
    when = {"column": "1.3.2", "equals": [1], "optional": True}
    profile = made_up({"quantity": "outlet.{n}.current", "column": "1.3.1", "when": when})
    assert _read(profile, {"1.3.1.1": 4, "1.3.1.2": 0}) == {"outlet.1.current": 4.0, "outlet.2.current": 0.0}
    raw = {"1.3.1.1": 4, "1.3.2.1": 1, "1.3.1.2": 0, "1.3.2.2": 2}
    assert _read(profile, raw) == {"outlet.1.current": 4.0}
    assert _read(profile, {"1.3.1.1": 4}, {"1.3.1.1", "1.3.2.1"}) == {"outlet.1.current": "missing"}


def test_a_condition_of_a_column_is_asked_of_the_same_row() -> None:
    """A table of sensors of all kinds: only the rows of the kind are read."""
    point = {"quantity": "ambient.{n}.temperature", "column": "1.3.1", "when": {"column": "1.3.2", "equals": [10]}}
    raw = {"1.3.1.1": 21, "1.3.2.1": 10, "1.3.1.2": 45, "1.3.2.2": 11, "1.3.1.3": 23, "1.3.2.3": 10}
    assert _read(made_up(point), raw) == {"ambient.1.temperature": 21.0, "ambient.3.temperature": 23.0}


def test_decimal_places_are_the_device_s() -> None:
    """Each row with the number of places that stands beside it; without it, or with nonsense, no value."""
    point = {"quantity": "outlet.{n}.current", "column": "1.3.1", "decimals": "1.3.2"}
    raw = {"1.3.1.1": 7467, "1.3.2.1": 3, "1.3.1.2": 12, "1.3.2.2": 0, "1.3.1.3": 0, "1.3.2.3": -1, "1.3.1.4": 9}
    assert _read(made_up(point), raw) == {
        "outlet.1.current": 7.467,
        "outlet.2.current": 12.0,
        "outlet.3.current": "suspect",
    }
    assert _read(made_up(point), {"1.3.1.1": 7467}, set(raw)) == {"outlet.1.current": "missing"}


def test_a_fixed_scale_stands_in_only_where_the_device_gives_no_decimals() -> None:
    """One lost answer does not turn 7.467 A into 7,467 A."""
    point = {
        "quantity": "outlet.{n}.current",
        "column": "1.3.1",
        "decimals": "1.3.2",
        "fallback": [{"column": "1.3.1"}],
    }
    assert _read(made_up(point), {"1.3.1.1": 7}) == {"outlet.1.current": 7.0}
    assert _read(made_up(point), {"1.3.1.1": 7467}, {"1.3.1.1", "1.3.2.1"}) == {"outlet.1.current": "missing"}


def test_rows_are_counted_from_where_the_agent_begins() -> None:
    """Outlets 0 to 2 on the wire are outlets 1 to 3."""
    point = {"quantity": "outlet.{n}.current", "column": "1.3.1", "first": 0}
    assert list(_read(made_up(point), {"1.3.1.0": 1, "1.3.1.2": 3})) == ["outlet.1.current", "outlet.3.current"]


def test_chained_devices_have_names_of_their_own() -> None:
    """The first goes without a number, as alone; the others are `device.2` and on."""
    one = {"quantity": "input.{phase}.current", "column": "1.3.1", "index": "1.{phase}"}
    more = {"quantity": "device.{unit}.input.{phase}.current", "column": "1.3.1", "index": "{unit}.{phase}"}
    raw = {"1.3.1.1.1": 5, "1.3.1.2.1": 6, "1.3.1.2.2": 7, "1.3.1.2.3": 8}
    assert _read(made_up(one, more), raw) == {
        "input.current": 5.0,
        "device.2.input.L1.current": 6.0,
        "device.2.input.L2.current": 7.0,
        "device.2.input.L3.current": 8.0,
    }


FAN = {
    "quantity": "alarm.fan-failed",
    "column": "1.3.1",
    "lists": "1.3.6.1.2.1.33.1.6.3.16",
    "when": {"oid": "1.3.2.0"},
}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"1.3.2.0": 0, "1.3.1": 0}, {"alarm.fan-failed": 0.0}),
        ({"1.3.2.0": 1, "1.3.1": 1, "1.3.1.7": "1.3.6.1.2.1.33.1.6.3.16"}, {"alarm.fan-failed": 1.0}),
        ({"1.3.2.0": 1, "1.3.1": 1, "1.3.1.7": "1.3.6.1.2.1.33.1.6.3.13"}, {"alarm.fan-failed": 0.0}),
        ({"1.3.2.0": 1, "1.3.1.7": "1.3.6.1.2.1.33.1.6.3.13"}, {}),  # the walk broke off: nobody knows
        ({"1.3.1": 0}, {}),  # no such table
    ],
)
def test_an_alarm_is_active_while_the_device_lists_it(raw: RawAnswer, expected: dict[str, float]) -> None:
    """Listed is active, not listed is ok; a list that was not read to its end, or that the device has not, says nothing."""
    assert _read(made_up(FAN), raw) == expected


def test_one_flag_of_a_text() -> None:
    """Flags come as a text of noughts and ones, counted from 1; one beyond its end is not known."""
    states = {"0": "ok", "1": "active"}
    points = [
        {"quantity": f"alarm.no-{n}", "oid": "1.3.1.0", "character": n, "states": states, "unknown": ["U"]}
        for n in (1, 3, 9)
    ]
    assert _read(made_up(*points), {"1.3.1.0": b"0010"}) == {
        "alarm.no-1": 0.0,
        "alarm.no-3": 1.0,
        "alarm.no-9": "suspect",
    }
    assert set(_read(made_up(*points), {"1.3.1.0": b"UNKNOWN"}).values()) == {"missing", "suspect"}
    assert not any(math.isfinite(v.value) for v in decode(made_up(*points), {"1.3.1.0": b"UNKNOWN"}))


def test_a_card_that_does_not_hear_its_device_says_only_that() -> None:
    """What a card repeats of a silent device is missing, and not as good as new; devices without such a card are read."""
    lost = {"quantity": "alarm.communications-lost", "oid": "1.3.9.0", "states": {"1": "ok", "2": "active"}}
    profile = made_up({"quantity": "input.voltage", "oid": "1.3.1.0"}, lost)
    profile = profile.model_copy(update={"fresh": Condition(oid="1.3.9.0", equals=(1,))})
    assert _read(profile, {"1.3.1.0": 230, "1.3.9.0": 1}) == {"input.voltage": 230.0, "alarm.communications-lost": 0.0}
    assert _read(profile, {"1.3.1.0": 230, "1.3.9.0": 2}) == {
        "input.voltage": "missing",
        "alarm.communications-lost": 1.0,
    }
    assert _read(profile, {"1.3.1.0": 230}) == {"input.voltage": 230.0}
    assert _read(profile, {"1.3.1.0": 230}, {"1.3.1.0", "1.3.9.0"}) == {"input.voltage": "missing"}
    assert ("1.3.9.0", False) in profile.asked()


def test_a_card_is_known_to_be_heard_by_what_one_object_says() -> None:
    """A profile that does not say which object, or what it says, is refused."""
    for fresh in ({"oid": "1.3.9.0"}, {"column": "1.3.9", "equals": [1]}):
        with pytest.raises(ValidationError, match="fresh needs an oid"):
            made_up(fresh=fresh)


def test_bits_of_a_number_that_comes_as_text() -> None:
    """A bit field is looked at bit by bit, whether it comes as a number or in figures."""
    point = {"quantity": "alarm.high", "oid": "1.3.1.0", "bits": [1, 1], "states": {"0": "ok", "1": "active"}}
    for word in (2, b"2", b"3"):
        assert _read(made_up(point), {"1.3.1.0": word}) == {"alarm.high": 1.0}
    assert _read(made_up(point), {"1.3.1.0": b"1"}) == {"alarm.high": 0.0}
    assert _read(made_up(point), {"1.3.1.0": b"1.5"}) == {"alarm.high": "suspect"}
