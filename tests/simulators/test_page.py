"""docs/scenarios.md."""

from pathlib import Path

import pytest

from simulators.page import ABOUT, render
from simulators.scenario import RECONSTRUCTION, load_scenario, names

PAGE = Path(__file__).parents[2] / "docs" / "scenarios.md"


def test_the_page_is_current(request: pytest.FixtureRequest) -> None:
    """docs/scenarios.md says what the scenario files say; `make golden` writes it."""
    if request.config.getoption("--golden", default=False):
        PAGE.write_text(render(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == render(), "docs/scenarios.md is out of date: run `make golden`"


def test_the_page_has_every_scenario_once_and_what_each_must_say() -> None:
    page = render()
    for name in names():
        scenario = load_scenario(name)
        assert scenario.about in ABOUT
        assert page.count(f"`{name}`") + page.count(f"### {name}\n") == 1
        if scenario.about == "incident":
            assert RECONSTRUCTION in page[page.index(f"### {name}\n") :]
