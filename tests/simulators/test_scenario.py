"""Scenario files: what they say, and what is wrong in them."""

from datetime import datetime
from pathlib import Path

import pytest

from simulators.scenario import FOLDER, Scenario, ScenarioError, load_scenario, names
from simulators.simulate import Run
from simulators.timeline import duration, moment
from telemetry.block import SECOND

FILE = """
[scenario]
id = "small"
title = "Small"
about = "failure"
start = 2026-03-01T14:30:00-05:00
duration = "10m"
site = "site.toml"

[[event]]
id = "lost"
at = { between = [14:31:00, 14:31:02] }
what = "lost"
set.utility-1.voltage = { between = [0.1, 0.2] }

[[pace]]
from = "1m"
to = "2m"
speed = 5

[[pace]]
from = "0s"
to = "20m"
speed = 60
poll_every = "5s"

[truth]
events = []
"""


def _load(folder: Path, text: str) -> Scenario:
    (folder / "site.toml").write_bytes((FOLDER / "sites" / "two-sided-one-generator.toml").read_bytes())
    (folder / "small.toml").write_text(text, encoding="utf-8")
    return load_scenario(folder / "small.toml")


@pytest.mark.parametrize("name", names())
def test_every_scenario_of_the_program_loads_and_its_events_fit_its_plant(name: str) -> None:
    scenario = load_scenario(name)
    assert scenario.note
    run = Run(scenario)
    for event in scenario.events(1):
        assert scenario.start <= event.time <= scenario.stop
        for part, settings in event.settings.items():
            for key, value in settings.items():
                run._change(0, part, key, value)


def test_devices_are_due_at_their_own_interval_or_the_stretch_s(tmp_path: Path) -> None:
    scenario = _load(tmp_path, FILE)
    everything = tuple(d.name for d in scenario.site.devices)
    rounds = [(t - scenario.start) // SECOND for t in scenario.times() if scenario.due(t)]
    assert scenario.due(scenario.start) == everything
    assert rounds == [*range(0, 60, 5), *range(60, 120), *range(120, 601, 5)]


def test_pace_is_that_of_the_first_stretch_that_fits(tmp_path: Path) -> None:
    scenario = _load(tmp_path, FILE)
    assert scenario.pace(scenario.start + 90 * SECOND) == 5
    assert scenario.pace(scenario.start + 120 * SECOND) == 60


def test_what_chance_decides_is_the_seed_s_and_stays_within_its_bounds(tmp_path: Path) -> None:
    scenario = _load(tmp_path, FILE)
    runs = [scenario.events(seed)[0] for seed in range(20)]
    assert scenario.events(3) == scenario.events(3)
    assert len({e.time for e in runs}) == 20
    for event in runs:
        assert 60 * SECOND <= event.time - scenario.start <= 62 * SECOND
        assert 0.1 <= event.settings["utility-1"]["voltage"] <= 0.2


def test_a_time_of_day_is_that_of_the_scenario_s_own_offset_and_may_be_after_midnight() -> None:
    start = datetime.fromisoformat("2026-03-01T23:30:00-05:00")
    assert moment(datetime.fromisoformat("2026-01-01T00:10:00").time(), start) - moment("0s", start) == duration("40m")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('poll_every = "5s"', 'poll_every = "2500ms"', r"pace\[1\]\.poll_every"),
        ('duration = "10m"', 'duration = "ten"', "no duration"),
        ("14:30:00-05:00", "14:30:00", "offset from UTC"),
        ('what = "lost"', 'wat = "lost"', "wat"),
        (
            "at = { between = [14:31:00, 14:31:02] }",
            'at = "soon"',
            "'soon' is no time of day, no duration .* nothing that",
        ),
        ("at = { between = [14:31:00, 14:31:02] }", 'at = "11m"', "event 'lost' is not within"),
        ("speed = 5\n", "speed = 0\n", "pace.0.speed"),
    ],
)
def test_a_fault_in_the_file_is_named_with_the_file(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(ScenarioError, match=said) as error:
        _load(tmp_path, FILE.replace(old, new))
    assert "small.toml" in str(error.value)


def test_an_event_that_the_plant_cannot_do_is_named(tmp_path: Path) -> None:
    scenario = _load(tmp_path, FILE.replace("set.utility-1.voltage", "set.utility-1.colour"))
    with pytest.raises(ScenarioError, match=r"event 'lost'.*colour"):
        Run(scenario).advance(scenario.stop)


def test_a_scenario_that_does_not_exist_is_answered_with_those_that_do() -> None:
    with pytest.raises(ScenarioError, match="lockout-2014"):
        load_scenario("lockout-2041")
