"""What one word of a device is worth: numbers in text, sentinels, scale, states, bits, range."""

import math

import pytest

from device_profiles.quantities import quantity
from device_profiles.schema import Address
from telemetry.block import Quality
from telemetry.reading import Raw
from telemetry.word import number_of


def _decoded(name: str, word: Raw | float, **how: object) -> float | str:
    value, quality = number_of(quantity(name), Address.model_validate({"oid": "1.3.1.0"} | how), word)
    assert math.isnan(value) == (quality is not Quality.GOOD)
    return value if quality is Quality.GOOD else quality.name.lower()


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        (b"232.6V", 232.6),
        (b"232.6 v", 232.6),
        (b'"231"', 231.0),
        (b" 1,1 ", 1.1),
        (b"0,123", 0.123),
        (b"0x00E6", 230.0),
        (b"230\x00", 230.0),
        (b"+12", 12.0),
        (b"1,234", "suspect"),
        (b"20kV", 20_000.0),
        (b"231500 mV", 231.5),
        (b"0.2MV", "suspect"),
        (b"20kA", "suspect"),
        (b"230A", "suspect"),
        (b"", "suspect"),
        (b"--", "suspect"),
        (b"2 30", "suspect"),
        (b"1e3", "suspect"),
        (b"nan", "suspect"),
        (b"9" * 400, "suspect"),
        (b"1.3.6.1", "suspect"),
        (b"\xff\xfe", "suspect"),
        ("230", "suspect"),
    ],
)
def test_text_is_a_number_only_where_it_can_be_nothing_else(word: Raw, expected: float | str) -> None:
    """Units, quotes, decimal commas and hexadecimal are read; what could mean two numbers, or none, is not believed."""
    assert _decoded("input.voltage", word) == expected


@pytest.mark.parametrize(
    ("name", "word", "how", "expected"),
    [
        ("battery.voltage", b"543.2 V", {"scale": 0.1}, 543.2),
        ("battery.voltage", b"5432", {"scale": 0.1}, 543.2),
        ("output.realpower", b"1.7 kW", {"scale": 100}, 1700.0),
        ("ambient.temperature", b"22.5 C", {"scale": 5 / 9, "offset": -160 / 9}, 22.5),
        ("battery.charge", b"0x3E8", {"scale": 0.1}, 100.0),
    ],
)
def test_text_that_names_its_unit_is_in_that_unit(
    name: str, word: Raw, how: dict[str, float], expected: float | str
) -> None:
    """An agent that writes 543.2 V where others of its kind count tenths has 543.2 V and not 54.3."""
    assert _decoded(name, word, **how) == expected


@pytest.mark.parametrize(
    ("raw", "scale", "expected"),
    [(1216, 0.1, 121.6), (4995, 0.01, 49.95), (3, 0.1, 0.3), (7, 60, 420.0), (-42, 0.001, -0.042)],
)
def test_scaled_values_are_clean_decimals(raw: int, scale: float, expected: float) -> None:
    """A tenth of 1216 is 121.6 and not 121.60000000000001."""
    assert _decoded("battery.current", raw, scale=scale) == expected


def test_sentinels_are_missing_whatever_their_form() -> None:
    """A sentinel is compared with the raw word, before scale, as a number or as text in any case."""
    how = {"unknown": [-1, "N/A", "65528..65535"], "scale": 0.1}
    for word in (-1, b"-1", b"n/a", 65528, 65535, b"65530"):
        assert _decoded("input.voltage", word, **how) == "missing"
    assert _decoded("input.voltage", 10, **how) == 1.0
    assert _decoded("input.voltage", 65527, **how) == 6552.7


def test_value_out_of_the_quantity_s_range_is_suspect() -> None:
    """What a quantity cannot be is not believed; its bounds themselves are."""
    assert [_decoded("battery.charge", raw) for raw in (0, 100, 101, -1)] == [0.0, 100.0, "suspect", "suspect"]
    assert _decoded("input.frequency", 5000, scale=0.1) == "suspect"
    assert _decoded("input.voltage", 2**200) == "suspect"


def test_profile_s_range_narrows_the_quantity_s() -> None:
    """What a model cannot measure is not believed either, and a profile cannot widen what is physical."""
    assert _decoded("input.voltage", 2304, range=[0, 600]) == "suspect"
    assert _decoded("input.voltage", 600, range=[0, 600]) == 600.0
    assert _decoded("battery.charge", 120, range=[0, 500]) == "suspect"


def test_states_are_their_codes_and_strangers_are_suspect() -> None:
    """A state that the profile does not name is never taken for one that it does."""
    how = {"states": {"2": "online", "3": "on_battery", "on line": "online"}}
    online = float(quantity("ups.status").code("online"))
    assert [_decoded("ups.status", word, **how) for word in (2, b"2", b" on line", 4, b"on", True)] == [
        online,
        online,
        online,
        "suspect",
        "suspect",
        "suspect",
    ]


def test_bits_are_cut_out_before_sentinel_and_state() -> None:
    """Four bits of a register are a number of their own, with its own sentinel."""
    how = {"oid": None, "register": 5, "bits": [4, 4], "unknown": [15], "states": {"1": "normal", "3": "locked_out"}}
    assert [_decoded("lockout.status", word, **how) for word in (0xFF1F, 0x0031, 0x10F0, 0x0020)] == [
        0.0,
        1.0,
        "missing",
        "suspect",
    ]
