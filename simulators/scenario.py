"""Scenarios: what happens at a simulated site, when it is polled, and which alarms ought to come of it.

    scenario = load_scenario("lockout-2014")           # a name of `names()`, or the path of a file
    scenario.site                                      # Site; its TOML is `scenario.site_text`
    scenario.start, scenario.stop, scenario.tick       # microseconds UTC; ticks are start, start + tick, … ≤ stop
    scenario.times()                                   # every tick
    scenario.due(time)                                 # names of the devices to poll at that tick, maybe none
    scenario.drawn(seed)                               # the plant's parameters in the run of that seed
    scenario.pace(time)                                # seconds of scenario a second of real time, for the live demo
    for time, devices in simulate(scenario, seed):     # simulate.py: the plant at every tick
        devices["ups-a"]                               # {quantity: value}, or None while its card is silent
    truth(scenario, seed)                              # simulate.py: truth.json as a dict
    record(scenario, directory, seed)                  # simulate.py: the recording, with truth.json

`simulate` and the live demo poll at the same scenario times, those that `due` names, so that both give
the same samples. A stretch of a scenario in which nothing happens is polled less often (`poll_every`).
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from simulators.timeline import Event, Happening, Moment, draw, drawn_tables, duration, moment
from telemetry.block import SECOND
from telemetry.moment import microseconds
from telemetry.site import Site
from telemetry.site_file import parse_site

DEFAULT_SEED = 1
FOLDER = Path(__file__).parent / "scenarios"


# What is said wherever a scenario after a public incident is shown.
RECONSTRUCTION = "Reconstruction: invented device data, no statement about the operator."


class ScenarioError(ValueError):
    """A scenario file that cannot be used; the message names file and key, and what was expected."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _About(_Strict):
    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: str
    about: Literal["good", "failure", "pair", "incident"]
    note: str = ""
    sources: tuple[str, ...] = ()
    start: datetime
    duration: str
    site: str  # a site file, beside the scenario's

    @model_validator(mode="after")
    def _offset(self) -> Self:
        if self.start.tzinfo is None:
            raise ValueError("start needs an offset from UTC, such as 2026-03-01T14:30:00Z")
        duration(self.duration)
        if self.about == "incident" and not (self.sources and RECONSTRUCTION in self.note):
            raise ValueError(f"an incident needs sources, and a note that says {RECONSTRUCTION!r}")
        return self


class _Stretch(_Strict):
    """`from` one moment to another: how fast the live demo runs, and how often devices are polled."""

    from_: Moment = Field(alias="from")
    to: Moment
    speed: float = Field(gt=0)
    poll_every: str | None = None


class _File(_Strict):
    scenario: _About
    plant: dict[str, dict[str, Any]] = {}
    event: tuple[Happening, ...] = ()
    pace: tuple[_Stretch, ...] = ()
    truth: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Part of a scenario: [start, stop) in microseconds UTC; poll_every: 0 where devices keep their own interval."""

    start: int
    stop: int
    speed: float
    poll_every: int


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario as its file has it. Times are microseconds UTC.

    about: `good` where nothing ought to be told, `failure` of one thing, `pair` of two that mask one another,
        `incident` where it follows a public one
    note: what must be said wherever the scenario is shown (say, that it is a reconstruction)
    sources: where the public record stands
    plant: parameters of the plant's parts, and of how devices answer, that differ from the default; see `drawn`
    truth_template: the file's [truth], its moments not yet known; see `simulators/truth.py`
    """

    id: str
    title: str
    about: str
    note: str
    sources: tuple[str, ...]
    begins: datetime
    start: int
    stop: int
    site: Site
    site_text: str
    plant: dict[str, dict[str, Any]]
    happenings: tuple[Happening, ...]
    stretches: tuple[Stretch, ...]
    truth_template: dict[str, Any]

    @property
    def tick(self) -> int:
        """The grid of the sample blocks."""
        return self.site.tick

    def times(self) -> Iterator[int]:
        """Every tick from start to stop."""
        return iter(range(self.start, self.stop + 1, self.tick))

    def events(self, seed: int) -> tuple[Event, ...]:
        """What happens in the run of that seed, in order of time."""
        return draw(self.happenings, self.begins, seed)

    def drawn(self, seed: int) -> dict[str, dict[str, Any]]:
        """The parameters of the plant in the run of that seed."""
        return drawn_tables(self.plant, seed)

    def due(self, time: int) -> tuple[str, ...]:
        """The devices that are polled at that tick, in the site's order."""
        stretch = self._stretch(time)
        at_least = stretch.poll_every if stretch else 0
        since = time - self.start
        return tuple(d.name for d in self.site.devices if d.profile and since % max(d.interval, at_least) == 0)

    def pace(self, time: int) -> float:
        """How many seconds of the scenario the live demo plays in a second at that time; 1 where the file says nothing."""
        stretch = self._stretch(time)
        return stretch.speed if stretch else 1.0

    def _stretch(self, time: int) -> Stretch | None:
        for stretch in self.stretches:
            if stretch.start <= time < stretch.stop:
                return stretch
        return None


def names() -> tuple[str, ...]:
    """The scenarios that come with the program."""
    return tuple(sorted(p.stem for p in FOLDER.glob("*.toml")))


def load_scenario(name: str | Path) -> Scenario:
    """The scenario of that name, or in that file.

    Raises:
        ScenarioError: there is none, or its file is wrong.
    """
    path = FOLDER / f"{name}.toml" if str(name) in names() else Path(name)
    try:
        file = _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        return _scenario(file, path.parent)
    except OSError:
        raise ScenarioError(f"{name}: no scenario of that name and no file; there are {', '.join(names())}") from None
    except ValidationError as e:
        faults = (f"{'.'.join(map(str, f['loc']))}: {f['msg']}" for f in e.errors())
        raise ScenarioError(f"{path}: " + "; ".join(faults)) from None
    except ValueError as e:
        raise ScenarioError(f"{path}: {e}") from None


def _scenario(file: _File, folder: Path) -> Scenario:
    about = file.scenario
    start = microseconds(about.start)
    text = (folder / about.site).read_text(encoding="utf-8")
    stretches = (
        Stretch(
            moment(s.from_, about.start),
            moment(s.to, about.start),
            s.speed,
            duration(s.poll_every) if s.poll_every else 0,
        )
        for s in file.pace
    )
    site = parse_site(text, about.site)
    _check_grid(site, start, file.pace)
    stop = start + duration(about.duration)
    for event in draw(file.event, about.start, DEFAULT_SEED):
        if not start <= event.time <= stop:
            raise ValueError(f"event {event.what!r} is not within the scenario's duration")
    return Scenario(
        about.id,
        about.title,
        about.about,
        about.note,
        about.sources,
        about.start,
        start,
        stop,
        site,
        text,
        file.plant,
        file.event,
        tuple(stretches),
        file.truth,
    )


def _check_grid(site: Site, start: int, stretches: tuple[_Stretch, ...]) -> None:
    """Everything that is polled is polled at a tick, and ticks stand where a live run has them.

    Raises:
        ValueError: start, an interval or a `poll_every` is no multiple of the site's tick.
    """
    every = {f"interval of {d.name}": d.interval for d in site.devices}
    every |= {f"pace[{i}].poll_every": duration(s.poll_every) for i, s in enumerate(stretches) if s.poll_every}
    every["start (since 1970)"] = start
    if wrong := [what for what, length in every.items() if length % site.tick]:
        raise ValueError(f"{', '.join(wrong)}: expected whole multiples of the site's tick, {site.tick / SECOND:g} s")
