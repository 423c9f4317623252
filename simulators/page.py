"""docs/scenarios.md, made from the scenario files. `make golden` writes it anew; a test holds it to them."""

from collections.abc import Iterator, Sequence

from simulators.scenario import Scenario, load_scenario, names
from telemetry.block import SECOND

_HEAD = """\
# Scenarios

This page is made from `simulators/scenarios/` by `make golden`. `ridethrough simulate NAME -o DIR --seed N` makes a
recording of one, with the truth beside it; `ridethrough demo --scenario NAME` plays one live. Another seed draws other
moments, loads and faults within the ranges of its file. [plant.md](plant.md) describes the model behind them and how a
scenario file is written.
"""

# What a scenario is `about`, and how that is told.
ABOUT = {
    "good": ("Nothing wrong", "Nobody ought to be woken by these."),
    "failure": ("One failure", "Each alone, so that its signature can be seen."),
    "pair": ("Two failures that mask one another", ""),
    "incident": (
        "After public incidents",
        "Reconstructions: invented device data, no statement about the operator. Each says what is public and what is not.",
    ),
}


def render() -> str:
    """The whole page."""
    scenarios = [load_scenario(name) for name in names()]
    return "\n".join([_HEAD, f"There are {len(scenarios)}.", *_sections(scenarios)]) + "\n"


def _sections(scenarios: Sequence[Scenario]) -> Iterator[str]:
    for about, (title, note) in ABOUT.items():
        of_it = [s for s in scenarios if s.about == about]
        if not of_it:
            continue
        yield from ("", f"## {title} ({len(of_it)})", "", *([note, ""] if note else []))
        yield from _incidents(of_it) if about == "incident" else _table(of_it)


def _table(scenarios: Sequence[Scenario]) -> Iterator[str]:
    yield from ("| scenario | what happens | told as | min |", "|---|---|---|---|")
    for s in scenarios:
        yield f"| `{s.id}` | {s.title} | {_told(s)} | {_minutes(s)} |"


def _incidents(scenarios: Sequence[Scenario]) -> Iterator[str]:
    for s in scenarios:
        yield from (
            f"### {s.id}",
            "",
            f"{s.title}. {_minutes(s)} minutes; told as {_told(s)}.",
            "",
            " ".join(s.note.split()),
            "",
        )
        yield from (f"- {source}" for source in s.sources)
        yield ""


def _told(scenario: Scenario) -> str:
    kinds = dict.fromkeys(k for e in scenario.truth_template["events"] if not e.get("quiet") for k in e["kind"])
    return ", ".join(f"`{kind}`" for kind in kinds) or "nothing"


def _minutes(scenario: Scenario) -> int:
    return round((scenario.stop - scenario.start) / SECOND / 60)
