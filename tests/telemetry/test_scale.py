"""What an agent counts in, where those of one MIB differ, is found out at first contact, and stands."""

import pytest

from made_up import made_up
from telemetry.block import Quality
from telemetry.decode import Decoder, decode
from telemetry.reading import RawAnswer

VOLTS = {"quantity": "input.{phase}-N.voltage", "column": "1.3.1", "other_scales": [0.1]}
OUT_VOLTS = {"quantity": "output.{phase}-N.voltage", "column": "1.3.2", "other_scales": [0.1]}
AMPERES = {"quantity": "output.{phase}.current", "column": "1.3.3", "scale": 0.1}
WATTS = {
    "quantity": "output.{phase}.realpower",
    "column": "1.3.4",
    "other_scales": [1000],
    "range": [0, 1e9],
}
HERTZ = {"quantity": "input.frequency", "oid": "1.3.5.0", "scale": 0.1, "other_scales": [0.01]}

PROFILE = made_up(VOLTS, OUT_VOLTS, AMPERES, WATTS, HERTZ)


def _read(raw: RawAnswer, decoder: Decoder | None = None) -> dict[str, float | str]:
    return {
        v.quantity: v.value if v.quality is Quality.GOOD else v.quality.name.lower()
        for v in (decoder or Decoder(PROFILE)).decode(raw)
    }


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((231,), 231.0),
        ((2310,), 231.0),
        ((1222,), 122.2),
        ((4156,), 415.6),
        ((480,), 480.0),
        ((100,), 100.0),  # and not 10.0 V
        ((0,), 0.0),  # dead at any scale
        ((80,), "suspect"),  # a deep sag, or tenths of nothing: nobody knows
        ((700,), "suspect"),  # at no scale a supply
        ((24_000,), "suspect"),
    ],
)
def test_the_scale_at_which_a_voltage_is_a_supply_s_is_the_agent_s(words: tuple[int, ...], expected: object) -> None:
    """Volts or tenths of them, by the standard voltages of the world within 15 %; what fits at none is not believed."""
    assert _read({f"1.3.1.{i}": word for i, word in enumerate(words, 1)}) == {"input.voltage": expected}


def test_each_table_is_judged_by_itself() -> None:
    """One agent counts its input in tenths and its output in volts."""
    assert _read({"1.3.1.1": 1222, "1.3.2.1": 122}) == {"input.voltage": 122.2, "output.voltage": 122.0}


def test_the_rows_of_a_table_decide_together() -> None:
    """A phase that sags at first contact is no supply's voltage at either scale; its sisters tell what it counts in."""
    read = _read({"1.3.1.1": 2300, "1.3.1.2": 1250, "1.3.1.3": 2310})
    assert read == {"input.L1-N.voltage": 230.0, "input.L2-N.voltage": 125.0, "input.L3-N.voltage": 231.0}
    assert _read({"1.3.1.1": 230, "1.3.1.2": 60, "1.3.1.3": 0})["input.L2-N.voltage"] == 60.0


def test_what_was_found_stands() -> None:
    """A supply that fails later does not look like one that is counted otherwise."""
    decoder = Decoder(PROFILE)
    for word, volts in ((2310, 231.0), (1150, 115.0), (230, 23.0), (0, 0.0), (1, 0.1)):
        assert _read({"1.3.1.1": word}, decoder) == {"input.voltage": volts}
        assert decoder.scales == {"1.3.1": 0.1}


def test_nothing_is_decided_by_a_dead_supply() -> None:
    """Contact made in the outage: 0 V is 0 V, and the scale is found when the supply is back."""
    decoder = Decoder(PROFILE)
    assert _read({"1.3.1.1": 0}, decoder) == {"input.voltage": 0.0}
    assert decoder.scales == {}
    assert _read({"1.3.1.1": 2290}, decoder) == {"input.voltage": 229.0}


@pytest.mark.parametrize(("word", "hertz"), [(500, 50.0), (5000, 50.0), (598, 59.8), (5998, 59.98), (300, "suspect")])
def test_hertz_in_tenths_or_hundredths(word: int, hertz: object) -> None:
    """A frequency is 50 or 60 Hz within 10 %."""
    assert _read({"1.3.5.0": word}) == {"input.frequency": hertz}


@pytest.mark.parametrize(
    ("watts", "expected"),
    [
        (1500, 1500.0),
        (15, 15_000.0),  # kW beside 75 A: 17 kVA
        (1, "suspect"),  # one digit shows nothing
        (0, "suspect"),  # not measured, beside 17 kVA
        (-4, "suspect"),
        (90_000, "suspect"),  # more than volts and amperes give
    ],
)
def test_watts_are_held_against_volts_and_amperes(watts: int, expected: object) -> None:
    """W or kW, by V x A of the same phase; where they contradict, the power is not believed."""
    amperes = 75 if watts == 1500 else 750
    read = _read({"1.3.2.1": 230, "1.3.3.1": amperes, "1.3.4.1": watts})
    assert read["output.realpower"] == expected


def test_no_power_is_believed_where_no_current_flows() -> None:
    """0 W beside 0 A is what it says."""
    assert _read({"1.3.2.1": 230, "1.3.3.1": 0, "1.3.4.1": 0})["output.realpower"] == 0.0


def test_a_place_that_does_not_count_here_is_no_witness_of_a_power_s_scale() -> None:
    """Watts are told by the volts that the device counts, not by a group for three phases that holds zeros."""
    one_phase = {"oid": "1.3.6.0", "equals": [1]}
    three_phases = {"oid": "1.3.6.0", "equals": [3]}
    volts: dict[str, object] = {"quantity": "output.voltage", "oid": "1.3.7.0", "when": three_phases}
    volts["fallback"] = [{"oid": "1.3.8.0", "when": one_phase}]
    profile = PROFILE.model_copy(update={"point": (*made_up(volts).point, *PROFILE.point[2:4])})
    raw = {"1.3.6.0": 1, "1.3.7.0": 0, "1.3.8.0": 230, "1.3.3.1": 61, "1.3.4.1": 1290}
    assert {v.quantity: v.value for v in decode(profile, raw)}["output.realpower"] == 1290
