"""What agents' own words tell."""

import pytest

from telemetry.draft.wording import is_serial_like, measured, part_by_name, unit_by_name, unit_of, without_serials


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("mV", ("V", 0.001)),
        ("Amps", ("A", 1.0)),
        (" °C ", ("°C", 1.0)),
        ("Fahrenheit", ("°F", 1.0)),
        ("kW", ("W", 1000.0)),
    ],
)
def test_units_are_known_as_agents_write_them(text: str, unit: tuple[str, float]) -> None:
    """By name, symbol and prefix, whatever their case."""
    found = unit_of(text)
    assert found is not None
    assert (found.name, found.factor) == unit


@pytest.mark.parametrize("text", ["", "OK", "12", "Vienna", "m", "A1", "12:30", "100-240V"])
def test_what_is_no_unit_and_no_value_is_neither(text: str) -> None:
    """Neither a word that begins with a unit's letter, nor a number alone, nor a range."""
    assert unit_of(text) is None
    assert measured(text) is None


def test_a_value_in_words_keeps_its_decimals() -> None:
    """They show what the number beside it counts in."""
    found = measured("54.300 Volts")
    assert found is not None
    assert (found.value, found.unit.name, found.decimals) == (54.3, "V", 3)


@pytest.mark.parametrize(
    ("name", "unit", "part"),
    [
        ("AC Mains", "V", "mains"),
        ("MainsVolt 1", "V", "mains"),
        ("NetzSpann 2", "V", "mains"),
        ("Battery Temperature", "°C", "battery"),
        ("Phase L1.Power.Active.Value", None, None),
        ("Phase L1.Active Power.Value", "W", None),
        ("Phase L1.Voltage.SetPtLowAlarm", None, None),
        ("Temp_Humid_Sensor_A1", None, None),
        ("Rated output current", None, "output"),
        ("Contemporary art", None, None),
    ],
)
def test_a_name_says_what_is_measured_or_nothing(name: str, unit: str | None, part: str | None) -> None:
    """A limit, a rating, two kinds at once and a word that only holds another say nothing."""
    assert (unit_by_name(name), part_by_name(name)) == (unit, part)


def test_what_names_one_device_is_taken_out() -> None:
    """Serial numbers, addresses, hosts and people; a model and a version stay."""
    said = "Card v5.53 (SN 112000718200) 10.1.2.3 00:11:22:aa:bb:cc noc@example.com"
    assert without_serials(said) == "Card v5.53 (SN …) … … …"
    assert without_serials("Linux ups-7.example.com 4.9.0 #1 SMP") == "Linux … 4.9.0 #1 SMP"
    assert not any(map(is_serial_like, ("Phase L1", "PX3-5493U", "UPS2000 6kVA", "PHASE1")))
