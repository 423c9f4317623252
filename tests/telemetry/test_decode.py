"""What decoding makes of an answer as a whole: names, order of places, what is left out."""

import math

import pytest

from device_profiles.schema import Profile
from made_up import made_up
from telemetry.block import Quality
from telemetry.decode import decode
from telemetry.reading import Answer, RawAnswer, Value

PHASES = {"quantity": "input.phases", "oid": "1.3.1.0"}
VOLTS = {"quantity": "input.{phase}-N.voltage", "column": "1.3.2"}


def _good(profile: Profile, raw: RawAnswer, instances: set[str] | None = None) -> dict[str, float]:
    return {v.quantity: v.value for v in decode(profile, raw, instances) if v.quality is Quality.GOOD}


def test_first_good_place_wins() -> None:
    """A sentinel in the preferred place gives way to the fallback, and the source says which place it was."""
    point = {
        "quantity": "battery.charge",
        "oid": "1.3.1.0",
        "scale": 0.1,
        "unknown": [-1],
        "fallback": [{"oid": "1.3.2.0"}],
    }
    profile = made_up(point)
    assert decode(profile, {"1.3.1.0": 987, "1.3.2.0": 98}) == (Value("battery.charge", 98.7, Quality.GOOD, "1.3.1.0"),)
    assert decode(profile, {"1.3.1.0": -1, "1.3.2.0": 98}) == (Value("battery.charge", 98.0, Quality.GOOD, "1.3.2.0"),)
    assert decode(profile, {"1.3.2.0": 98}) == (Value("battery.charge", 98.0, Quality.GOOD, "1.3.2.0"),)


def test_doubtful_place_is_told_where_none_is_good() -> None:
    """Where no place has a good value, the preferred place's reason stands."""
    profile = made_up(
        {"quantity": "battery.charge", "oid": "1.3.1.0", "unknown": [-1], "fallback": [{"oid": "1.3.2.0"}]}
    )
    (value,) = decode(profile, {"1.3.1.0": -1, "1.3.2.0": 400})
    assert (value.quality, value.source) == (Quality.MISSING, "1.3.1.0")
    assert math.isnan(value.value)


def test_unanswered_gives_nothing() -> None:
    """What is not in the answer is no value at all, least of all zero."""
    assert decode(made_up({"quantity": "battery.charge", "oid": "1.3.1.0"}), {"1.3.9.0": 5}) == ()


def test_chain_of_states_is_an_or() -> None:
    """Places that know one state each are asked one after another: an alarm anywhere is seen."""
    tripped = {"unknown": [1], "states": {"2": "locked_out"}}
    both = {"states": {"1": "normal", "2": "locked_out"}}
    point = {"quantity": "lockout.status", "oid": "1.3.1.0", **tripped, "fallback": [{"oid": "1.3.2.0", **both}]}
    profile = made_up(point)
    assert [_good(profile, {"1.3.1.0": a, "1.3.2.0": b}) for a, b in ((1, 1), (1, 2), (2, 1))] == [
        {"lockout.status": 0.0},
        {"lockout.status": 1.0},
        {"lockout.status": 1.0},
    ]


def test_one_row_loses_its_phase() -> None:
    """A table of one row is a single-phase device; of three rows, phases L1 to L3."""
    profile = made_up(VOLTS)
    assert _good(profile, {"1.3.2.1": 231}) == {"input.voltage": 231.0}
    assert _good(profile, {"1.3.2.1": 231, "1.3.2.2": 230, "1.3.2.3": 229}) == {
        "input.L1-N.voltage": 231.0,
        "input.L2-N.voltage": 230.0,
        "input.L3-N.voltage": 229.0,
    }


def test_row_missing_in_one_answer_renames_nothing() -> None:
    """Names come from what the device had at first contact, not from what this answer happens to hold."""
    known = {"1.3.2.1", "1.3.2.2", "1.3.2.3"}
    assert _good(made_up(VOLTS), {"1.3.2.2": 230}, known) == {"input.L2-N.voltage": 230.0}


def test_device_that_says_one_phase_has_one_row() -> None:
    """Rows beyond the number of phases that the device gives are not read."""
    raw = {"1.3.1.0": 1, "1.3.2.1": 231, "1.3.2.2": 0, "1.3.2.3": 0}
    assert _good(made_up(PHASES, VOLTS), raw) == {"input.phases": 1.0, "input.voltage": 231.0}


def test_number_of_phases_missing_in_one_answer_renames_nothing() -> None:
    """Where the number of phases is known to exist and does not come, the tables are left out once, not renamed."""
    known = {"1.3.1.0", "1.3.2.1", "1.3.2.2", "1.3.2.3"}
    assert _good(made_up(PHASES, VOLTS), {"1.3.2.1": 231, "1.3.2.2": 0, "1.3.2.3": 0}, known) == {}


@pytest.mark.parametrize(
    ("said", "names"),
    [
        (4, {"input.L1-N.voltage", "input.L2-N.voltage"}),
        (5, {"input.L1-L2.voltage", "input.L2-L3.voltage"}),
        (1, set()),
        (None, set()),
    ],
)
def test_voltages_are_named_by_the_wiring(said: int | None, names: set[str]) -> None:
    """One table of voltages is phase to neutral or phase to phase as the device says; where it does not, it is neither."""
    wiring = {
        "quantity": "input.wiring",
        "oid": "1.3.3.0",
        "unknown": [1],
        "states": {"4": "line_to_neutral", "5": "line_to_line"},
    }
    profile = made_up(wiring, VOLTS, {"quantity": "input.{pair}.voltage", "column": "1.3.2"})
    raw = {"1.3.2.1": 400, "1.3.2.2": 401} | ({} if said is None else {"1.3.3.0": said})
    assert set(_good(profile, raw)) - {"input.wiring"} == names


def test_figure_without_a_phase_gives_way_to_those_of_each() -> None:
    """Beside the voltages of every phase, one more voltage that does not say its phase is left out."""
    profile = made_up({"quantity": "input.voltage", "oid": "1.3.9.0"}, VOLTS)
    assert set(_good(profile, {"1.3.9.0": 400, "1.3.2.1": 231, "1.3.2.2": 230})) == {
        "input.L1-N.voltage",
        "input.L2-N.voltage",
    }
    assert _good(profile, {"1.3.9.0": 230, "1.3.2.1": 231}) == {"input.voltage": 230.0}


def test_index_may_end_in_a_superfluous_zero() -> None:
    """An agent that adds `.0` to every index is read all the same, and only that zero is forgiven."""
    assert _good(made_up(VOLTS), {"1.3.2.1.0": 231}) == {"input.voltage": 231.0}
    assert _good(made_up(VOLTS), {"1.3.2.1.1": 231, "1.3.2.4": 231, "1.3.21.1": 231}) == {}


def test_sources_and_numbers_are_filled_in() -> None:
    """A switch's inputs and a PDU's outlets are named by their rows, wherever these stand in the index."""
    profile = made_up(
        {"quantity": "input.{source}.voltage", "column": "1.3.5", "index": "{source}.*.*"},
        {"quantity": "outlet.{n}.current", "column": "1.3.6", "index": "7.{n}"},
    )
    raw = {"1.3.5.1.1.1": 230, "1.3.5.2.1.4": 231, "1.3.6.7.12": 3, "1.3.6.8.13": 4}
    assert _good(profile, raw) == {"input.1.voltage": 230.0, "input.2.voltage": 231.0, "outlet.12.current": 3.0}


def test_a_single_figure_stands_where_the_further_phases_are_not_there() -> None:
    """A voltage without a phase is left out beside three phases that the device has, not beside those it could have."""
    single = {"quantity": "input.voltage", "oid": "1.3.5.0"}
    second = {"quantity": "input.L2-N.voltage", "oid": "1.3.6.0"}
    profile = made_up(single, second)
    assert _good(profile, {"1.3.5.0": 230}) == {"input.voltage": 230}
    assert _good(profile, {"1.3.5.0": 230, "1.3.6.0": 231}) == {"input.L2-N.voltage": 231}
    says = made_up(PHASES, single, second)
    assert _good(says, {"1.3.1.0": 1, "1.3.5.0": 230, "1.3.6.0": 0})["input.voltage"] == 230


def test_one_row_of_a_device_that_says_three_phases_keeps_its_phase() -> None:
    """Where the others are not answered at all, the one that is says of which phase it is."""
    assert _good(made_up(PHASES, VOLTS), {"1.3.1.0": 3, "1.3.2.1": 231}) == {
        "input.phases": 3.0,
        "input.L1-N.voltage": 231.0,
    }


def test_phases_that_a_device_never_gives_become_no_columns() -> None:
    """What its profile has for three-phase models must not stand before the single figure that this one gives."""
    phases = [{"quantity": f"input.L{n}-N.voltage", "oid": f"1.3.4.{n}.0", "unknown": [0]} for n in (1, 2, 3)]
    single = {"quantity": "input.voltage", "oid": "1.3.4.4.0"}
    status = {"quantity": "input.frequency", "oid": "1.3.4.5.0", "unknown": [0]}
    raw = {"1.3.4.1.0": 0, "1.3.4.2.0": 0, "1.3.4.3.0": 0, "1.3.4.4.0": 231, "1.3.4.5.0": 0}
    assert Answer(decode(made_up(*phases, single, status), raw)).given == ("input.voltage", "input.frequency")
    assert "input.L2-N.voltage" in Answer(decode(made_up(*phases, single, status), raw | {"1.3.4.2.0": 229})).given
