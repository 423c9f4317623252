"""What only a device's registers show, from sample blocks to the journal."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from ridethrough.engine import Engine
from telemetry.block import SECOND, Channel, Quality, SampleBlock
from telemetry.site import Site
from telemetry.site_file import parse_site

TEXT = """
[site]
name = "dc"
nominal_voltage = 230

[[device]]
name = "ups-a"
kind = "ups"
"""
SITE = parse_site(TEXT, "dc.toml")
CALM = {
    "frequency": 50.0,
    "voltage": 230.0,
    "linebads": 7.0,
    "voltage.minimum": 229.0,
    "voltage.maximum": 231.0,
    "transfer.reason": 4.0,
}
START = 1_700_000_000 * SECOND
ROWS = 1500
Spells = Mapping[str, list[tuple[int, int, float]]]


def journal(spells: Spells, *, without: tuple[str, ...] = (), site: Site = SITE) -> list[dict[str, Any]]:
    """What is told of a UPS polled once a second, calm but for spells of (from, to, value) of its input's quantities."""
    names = [name for name in CALM if name not in without]
    values = np.tile(np.array([CALM[n] for n in names], np.float32), (ROWS, 1))
    for name, own in spells.items():
        for start, stop, value in own:
            values[start:stop, names.index(name)] = value
    quality = np.where(np.isnan(values), Quality.MISSING, Quality.GOOD).astype(np.uint8)
    channels = tuple(Channel("ups-a", f"input.{name}") for name in names)
    block = SampleBlock(channels, START + np.arange(1, ROWS + 1) * SECOND, values, quality)
    return [effect.to_json() for effect in Engine(site, replay=True).push(block)]


def told(changes: list[dict[str, Any]]) -> list[str]:
    return [
        f"{c['kind']} {'on' if c['active'] else 'over'} {c['severity']} {c['count']}{' told' if c['notify'] else ''}"
        for c in changes
    ]


def onwards(*rises: int) -> list[tuple[int, int, float]]:
    """A counter that goes up by one at each of these rows."""
    return [(row, ROWS, CALM["linebads"] + i) for i, row in enumerate(rises, 1)]


def test_an_unseen_sag_is_told_once_with_its_count_and_depth() -> None:
    """Counter and minimum of one poll are one sag: sent a poll later, over after its delay."""
    changes = journal({"linebads": onwards(100), "voltage.minimum": [(100, 160, 98.9)]})
    assert told(changes) == ["voltage_sag on minor 1 told", "voltage_sag over minor 1 told"]
    assert changes[0]["title"] == (
        "ups-a input: voltage fell to 43 % of nominal, between polls, recorded by the device itself"
    )
    assert changes[0]["point"] == "input"
    assert changes[0]["onset"] == ["2023-11-14T22:15:00.000Z", "2023-11-14T22:15:01.000Z"]
    assert changes[0]["time"] == "2023-11-14T22:15:02.000Z"
    assert [(e["quantity"], round(e["value"], 1)) for e in changes[0]["evidence"]] == [
        ("input.linebads", 8.0),
        ("input.voltage.minimum", 98.9),
    ]
    assert not changes[1]["title"].startswith("over after")


def test_a_counter_alone_tells_no_depth() -> None:
    """Neither how far nor which way is made up."""
    (begun, _) = journal({"linebads": [(100, ROWS, 9.0)]})
    assert (
        begun["title"] == "ups-a input: voltage left its limits, between polls, recorded 2 times by the device itself"
    )


def test_three_unseen_sags_in_ten_minutes_are_an_unstable_supply() -> None:
    """The chatter guard counts what the device counted, and one alarm is sent of the three."""
    changes = journal({"linebads": onwards(100, 300, 500)})
    unstable = [c for c in changes if c["kind"] == "supply_unstable"]
    assert [(c["active"], c["count"], c["notify"]) for c in unstable] == [(True, 3, True), (False, 3, True)]
    assert unstable[0]["time"] == "2023-11-14T22:21:42.000Z"
    sags = [c for c in changes if c["kind"] == "voltage_sag" and c["active"]]
    assert [c["suppressed_by"] for c in sags] == [None, None, "dc/ups-a/supply_unstable/input"]


def test_one_rise_by_three_is_an_unstable_supply_too() -> None:
    """A counter tells of all that fell between two polls."""
    changes = journal({"linebads": [(100, ROWS, 10.0)]})
    assert [(c["count"], c["notify"]) for c in changes if c["kind"] == "supply_unstable" and c["active"]] == [(3, True)]


def test_what_the_polls_see_is_theirs_alone() -> None:
    """A sag of ten polls that all registers show too: the journal is that of the polls alone."""
    spells: Spells = {"voltage": [(100, 110, 98.9)]}
    shown: Spells = {
        "linebads": onwards(100),
        "voltage.minimum": [(100, 170, 95.0)],
        "transfer.reason": [(101, ROWS, 2.0)],
    }
    alone = journal(spells)
    assert told(alone)[0] == "voltage_sag on info 1"
    assert journal({**spells, **shown}) == alone


def test_a_register_that_is_ahead_of_the_voltage_is_the_same_sag() -> None:
    """The counter is read a moment after the voltage: the sag begins between the two."""
    spells: Spells = {"voltage": [(101, 110, 98.9)]}
    assert journal({**spells, "linebads": onwards(100), "voltage.minimum": [(100, 170, 95.0)]}) == journal(spells)


def test_a_register_that_comes_later_is_the_same_sag() -> None:
    """A minute that is kept by the clock shows its minimum when it is over."""
    changes = journal({"linebads": onwards(100), "voltage.minimum": [(140, 200, 98.9)]})
    assert told(changes) == ["voltage_sag on minor 1 told", "voltage_sag over minor 1 told"]


def test_a_deeper_sag_within_the_same_minute_is_another() -> None:
    """A minimum that goes further down by more than the hysteresis shows a second sag; back up, it shows none."""
    changes = journal({"voltage.minimum": [(100, 160, 184.0), (150, 200, 98.9), (200, 220, 184.0)]})
    assert told(changes)[0] == "voltage_sag on minor 1 told"
    depths = [c["evidence"][0]["value"] for c in changes if c["kind"] == "voltage_sag" and c["active"]]
    assert depths == pytest.approx([184.0, 98.9], abs=0.01)


def test_the_reason_of_a_transfer_says_which_way_the_voltage_went() -> None:
    """A spike is no sag; what the UPS left by itself is neither."""
    changes = journal({"transfer.reason": [(100, ROWS, 5.0)], "linebads": onwards(100)})
    assert told(changes)[0] == "voltage_swell on minor 1 told"
    assert changes[0]["title"].startswith("ups-a input: voltage left its limits, between polls")
    assert not journal({"transfer.reason": [(100, 200, 8.0), (200, ROWS, 7.0)]})


@pytest.mark.parametrize(
    "spells",
    [
        {"linebads": [(0, ROWS, 140.0)], "voltage.minimum": [(0, 60, 12.0)], "transfer.reason": [(0, ROWS, 3.0)]},
        {"linebads": [(100, ROWS, 0.0)]},
        {"linebads": [(100, 130, 0.0)]},
        {"linebads": [(0, 100, 4_294_967_040.0), (100, ROWS, 2.0)]},
        {"linebads": [(100, ROWS, 3_000_000.0)]},
        {"transfer.reason": [(100, 130, 0.0)]},
        {"voltage.minimum": [(100, 130, 0.0)], "voltage.maximum": [(100, 130, 0.0)]},
        {"voltage.minimum": [(100, 900, 400.0)], "voltage.maximum": [(100, 900, 400.0)]},
        {"voltage.minimum": [(0, ROWS, 120.0), (300, ROWS, 119.0), (600, ROWS, 121.0)]},
    ],
    ids=[
        "what stood there at first contact",
        "an agent that starts again",
        "one that restores its count after a while",
        "a counter that wraps",
        "a leap that no supply makes",
        "a reason that is gone while a card starts",
        "zeros of a card that starts",
        "a voltage from line to line",
        "a minimum since somebody reset it",
    ],
)
def test_nothing_is_told_of(spells: Spells) -> None:
    """Registers whose change is no disturbance of the supply."""
    assert not journal(spells)


@pytest.mark.parametrize("gap", [1, 300])
def test_a_count_that_rose_while_the_device_was_silent_is_told(gap: int) -> None:
    """Between the last poll that did not show it and the first that does, however long that is."""
    silent: Spells = {name: [(100, 100 + gap, np.nan)] for name in CALM}
    spells = {**silent, "linebads": [(100 + gap, ROWS, 8.0), *silent["linebads"]]}
    (begun,) = (c for c in journal(spells) if c["kind"] == "voltage_sag" and c["active"])
    assert begun["onset"][0] == "2023-11-14T22:15:00.000Z"
    assert begun["onset"][1] == ("2023-11-14T22:15:02.000Z" if gap == 1 else "2023-11-14T22:20:01.000Z")


def test_a_ups_that_gives_no_voltage_is_heard_by_its_counter() -> None:
    """Its counter is then all that is known of its input."""
    changes = journal({"linebads": onwards(100)}, without=("voltage", "voltage.minimum", "voltage.maximum"))
    assert told(changes)[0] == "voltage_sag on minor 1 told"


def test_the_limits_are_the_sites() -> None:
    """A site that calls a sag what is below 0.4 is not told of 0.43."""
    spells: Spells = {"voltage.minimum": [(100, 160, 98.9)]}
    own = parse_site(f"{TEXT}\n[limits.voltage_sag]\nlimit = 0.4\n", "dc.toml")
    assert journal(spells)
    assert not journal(spells, site=own)
