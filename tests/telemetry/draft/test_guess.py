"""What is guessed of objects that nobody knows: only what two independent things agree on is sure."""

from collections.abc import Mapping

import pytest

from telemetry.draft.guess import Guess, guesses

BASE = "1.3.6.1.4.1.99999.5"


def guessed(cells: Mapping[str, int | str]) -> tuple[dict[str, tuple[str, float]], dict[str, Guess]]:
    """Unit and scale of what is sure, and all that is guessed, by the OID's end."""
    walk = {f"{BASE}.{end}": word.encode() if isinstance(word, str) else word for end, word in cells.items()}
    found = {guess.oid.removeprefix(f"{BASE}."): guess for guess in guesses(walk, walk)}
    return {end: (g.unit, round(g.scale, 9)) for end, g in found.items() if g.sure}, found


def table(**columns: list[int | str]) -> dict[str, int | str]:
    """Columns c1, c2, … of a table, its rows numbered from 1."""
    return {f"1.{name[1:]}.{i}": word for name, cells in columns.items() for i, word in enumerate(cells, 1)}


def test_a_number_beside_the_same_in_words_has_its_unit_and_decimals() -> None:
    """Also where the agent took the words a moment later, and where a row is nothing now."""
    sure, found = guessed(
        table(c5=[12159, 11351, 0], c6=["12.094 Amps", "11.327 Amps", "0.000 Amps"], c7=[16000, 16000, 16000])
    )
    assert sure == {"1.5.1": ("A", 0.001), "1.5.2": ("A", 0.001), "1.5.3": ("A", 0.001)}
    assert not any(end.startswith("1.6") for end in found)


def test_a_rating_in_words_is_no_measurement() -> None:
    """Neither `16 A` without decimals nor what all rows have alike, whatever stands beside them; a name decides."""
    measured = {"c5": [859, 893], "c6": ["0.859 Amps", "0.891 Amps"]}
    sure, _ = guessed(table(c2=[16, 32], c3=["16 A", "32 A"], c8=[160, 160], c9=["16.0 A", "16.0 A"], **measured))
    assert sure == {"1.5.1": ("A", 0.001), "1.5.2": ("A", 0.001)}
    named, _ = guessed(table(c1=["Total current", "Rated current"], c2=[16, 32], c3=["16 A", "32 A"]))
    assert named == {"1.2.1": ("A", 1.0)}


def test_what_a_name_says_is_set_is_not_read() -> None:
    """A limit has the same unit, the same decimals and a plausible value."""
    cells = table(
        c3=["Phase L1.Voltage.Value", "Phase L1.Voltage.SetPtHighAlarm"], c10=["229.2 V", "250.0 V"], c11=[2292, 2500]
    )
    sure, _ = guessed(cells)
    assert sure == {"1.11.1": ("V", 0.1)}


def test_a_unit_beside_a_number_counts_while_it_stands_there() -> None:
    """Millivolts and °F, in the one column in which all rows are plausible; the limits beside it are left alone."""
    cells = table(
        c1=["Temperature 1", "AC voltage 1", "DC voltage 1", "Dry contact 1"],
        c3=[71, 121_200, 54_100, 1],
        c4=["Fahrenheit", "mV", "mV", "Boolean"],
        c5=[-40, 0, 0, 0],
        c6=[167, 300_000, 60_000, 1],
    )
    sure, found = guessed(cells)
    assert sure == {"1.3.1": ("°F", 1.0), "1.3.2": ("V", 0.001), "1.3.3": ("V", 0.001)}
    assert found["1.3.2"].condition == (f"{BASE}.1.4.2", "mV")


def test_a_table_of_names_that_is_plausible_at_one_scale_is_read_at_it() -> None:
    """Currents follow the scale that mains, battery and temperature show; a runtime's unit nobody says."""
    cells = table(
        c2=[5401, 622, -310, 11_870, 2140, 95],
        c3=["Load Voltage", "Load Current", "Battery Current", "AC Mains", "Battery Temperature", "Battery Runtime"],
    )
    sure, _ = guessed(cells)
    assert sure == {f"1.2.{row}": (unit, 0.01) for row, unit in enumerate(["V", "A", "A", "V", "°C"], 1)}


@pytest.mark.parametrize(
    "cells",
    [
        pytest.param(
            table(c2=[5444, 5424, 391], c3=["Bay 5 Voltage", "Bay 6 Voltage", "Bay 6 Temp"]), id="54.4 or 544 V"
        ),
        pytest.param(table(c2=[231, 230], c3=["Temp_Humid_Sensor 1", "Temp_Humid_Sensor 2"]), id="two kinds in a name"),
        pytest.param(table(c2=[30, 21], c3=["Temp 1", "Temp 2"], c4=[28, 20]), id="two columns plausible"),
        pytest.param(table(c2=[40, 40], c3=["Temp 1", "Temp 2"]), id="the same in all rows: a limit"),
        pytest.param(table(c2=[2301, 2295, 2310]), id="no word at all: volts, or 23 °C in hundredths"),
        pytest.param(table(c2=[500, 501, 499]), id="50 Hz, or 50 V in tenths"),
        pytest.param(table(c2=[49_998, 50_012, 49_991], c3=[49_950, 49_960, 49_940]), id="now, or the lowest"),
        pytest.param(table(c2=[-1, 2_147_483_647, 65_535], c3=["Mains 1", "Mains 2", "Mains 3"]), id="sentinels"),
        pytest.param(table(c2=[0, 0, 0], c3=["Mains 1", "Mains 2", "Mains 3"]), id="nothing shows no scale"),
    ],
)
def test_what_can_be_two_things_is_not_sure(cells: dict[str, int | str]) -> None:
    """It may stand before a person, but is not read."""
    assert guessed(cells)[0] == {}


def test_mains_by_name_in_one_column_are_read_and_their_limits_are_not() -> None:
    """Of columns at a supply's voltage the one counts whose rows differ."""
    cells = table(
        c3=["MainsVolt 1", "MainsVolt 2", "MainsVolt 3"], c5=[1, 1, 1], c6=[231, 228, 233], c7=[260] * 3, c8=[100] * 3
    )
    assert guessed(cells)[0] == {f"1.6.{row}": ("V", 1.0) for row in (1, 2, 3)}


def test_a_long_column_of_frequencies_is_told_by_itself() -> None:
    """Nothing but a supply stands within half a percent of 50 Hz in row after row, to the hundredth."""
    assert guessed(table(c2=[4998, 5001, 5003]))[0] == {f"1.2.{row}": ("Hz", 0.01) for row in (1, 2, 3)}


def test_a_name_that_is_one_device_s_own_is_no_condition() -> None:
    """A serial number in a name would tie the profile to that one device."""
    cells = table(c2=[22, 27], c3=["Temperature AEI88501234", "Temperature AEI88505678"])
    sure, found = guessed(cells)
    assert set(sure) == {"1.2.1", "1.2.2"}
    assert found["1.2.1"].condition is None
