"""docs/devices.md."""

import re
from pathlib import Path

import pytest

from device_profiles import library
from device_profiles.page import render

PAGE = Path(__file__).parents[2] / "docs" / "devices.md"


def test_the_page_is_current(request: pytest.FixtureRequest) -> None:
    """docs/devices.md says what the profiles say; `make golden` writes it."""
    if request.config.getoption("--golden", default=False):
        PAGE.write_text(render(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == render(), "docs/devices.md is out of date: run `make golden`"


def test_the_page_has_all_of_every_profile() -> None:
    """Each profile with every quantity that it reads, every state, every alarm and every source, under its own heading."""
    sections = {text.split("\n", 1)[0]: text for text in render().split("\n### ")[1:]}
    assert set(sections) == {p.name for p in library.catalogue()}
    for name, text in sections.items():
        profile = library.load(name)
        for point in profile.point:
            own = point.quantity.removeprefix("alarm.")
            assert f"`{own}`" in text or any(f"`{own.split('.', i)[-1]}`" in text for i in range(1, 6)), (name, own)
            states = {state for a in point.addresses for state in a.states.values()}
            assert point.quantity.startswith("alarm.") or all(state in text for state in states)
        assert all(f"- facts from {source}" in text for source in library.sources(name))


def test_every_link_of_the_page_has_its_heading() -> None:
    """No row of the table, and no kind above it, leads nowhere."""
    page = render()
    headings = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    targets = {re.sub(r"[^a-z0-9 _-]", "", heading.lower()).replace(" ", "-") for heading in headings}
    links = set(re.findall(r"\(#([^)]+)\)", page))
    assert len(links) > len(library.catalogue())
    assert links <= targets


def test_the_readme_counts_as_the_page_does() -> None:
    """Profiles and vendors are as many in README.md as in docs/devices.md."""
    (counted,) = re.findall(r"^\d+ profiles of \d+ vendors", render(), re.MULTILINE)
    assert counted in (PAGE.parents[1] / "README.md").read_text(encoding="utf-8")
