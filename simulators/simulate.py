"""Runs a scenario without a network, as fast as it can be: the plant's words through the devices' profiles.

Every sample goes the way of a real one: from the plant through the profile turned round to a device's raw
words, through the profile to values, through the assembler to rows. What real agents and pollers give
is the same.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from device_profiles.library import load
from device_profiles.quantities import PRINCIPAL
from device_profiles.schema import Profile
from simulators.encode import encode, walked
from simulators.plant import Plant
from simulators.scenario import DEFAULT_SEED, Scenario, ScenarioError
from simulators.timeline import Event
from simulators.truth import resolve
from telemetry.assemble import Assembler
from telemetry.block import SampleBlock
from telemetry.decode import Decoder
from telemetry.reading import Answer, Reading
from telemetry.recordings.parquet import RecordingWriter

State = dict[str, dict[str, float] | None]  # device -> {quantity: value}; None while it does not answer


class Run:
    """One run of a scenario: the plant, moved along the time line."""

    def __init__(self, scenario: Scenario, seed: int = DEFAULT_SEED) -> None:
        """At the start, nothing has happened.

        Raises:
            ScenarioError: the scenario's [plant] does not fit its site.
        """
        self.scenario = scenario
        try:
            self.plant = Plant(scenario.site, scenario.plant, start=scenario.start, seed=seed)
        except ValueError as e:
            raise ScenarioError(f"{scenario.id}: [plant]: {e}") from None
        self._events = scenario.events(seed)
        self._done = 0

    def advance(self, to: int) -> None:
        """Let everything happen up to and at `to` (µs UTC).

        Raises:
            ScenarioError: an event sets what the plant does not have.
        """
        while self._done < len(self._events) and (event := self._events[self._done]).time <= to:
            self.plant.advance_before(event.time)
            self._set(event)
            self._done += 1
        self.plant.advance(to)

    def _set(self, event: Event) -> None:
        for part, settings in event.settings.items():
            for key, value in settings.items():
                try:
                    self.plant.set(part, key, value)
                except ValueError as e:
                    raise ScenarioError(f"{self.scenario.id}: event {event.what!r}: {e}") from None

    def truth(self) -> dict[str, Any]:
        """The truth of this run, once it is over."""
        scenario = self.scenario
        happened = {e.id: e.time for e in self._events if e.id} | self.plant.milestones
        return {"id": scenario.id} | resolve(scenario.truth_template, scenario.begins, happened)


def simulate(scenario: Scenario, seed: int = DEFAULT_SEED) -> Iterator[tuple[int, State]]:
    """Every tick of a run with what the devices show then."""
    run = Run(scenario, seed)
    for time in scenario.times():
        run.advance(time)
        yield time, run.plant.readings()


def truth(scenario: Scenario, seed: int = DEFAULT_SEED) -> dict[str, Any]:
    """The truth of a run, as `truth.json` has it; the run is made for it."""
    run = Run(scenario, seed)
    run.advance(scenario.stop)
    return run.truth()


def blocks(
    scenario: Scenario, seed: int = DEFAULT_SEED, progress: Callable[[float], None] = lambda _: None
) -> Iterator[SampleBlock]:
    """The run as rows, one a tick, as a live run gives them.

    Args:
        scenario: what happens
        seed: of what chance decides
        progress: told the part that is done, 0 to 1
    """
    yield from _rows(Run(scenario, seed), progress)


def record(
    scenario: Scenario,
    directory: Path,
    seed: int = DEFAULT_SEED,
    progress: Callable[[float], None] = lambda _: None,
) -> None:
    """The run as a recording, with `truth.json` beside it.

    Raises:
        OSError: the directory cannot be written.
    """
    run = Run(scenario, seed)
    meta = {"scenario": scenario.id, "title": scenario.title, "note": scenario.note, "seed": seed}
    writer = RecordingWriter(directory, scenario.site_text, meta)
    for block in _rows(run, progress):
        writer.write(block)
    writer.close()
    text = json.dumps(run.truth(), indent=1, ensure_ascii=False)
    (directory / "truth.json").write_text(text + "\n", encoding="utf-8")


def _rows(run: Run, progress: Callable[[float], None]) -> Iterator[SampleBlock]:
    scenario = run.scenario
    profiles = {d.name: load(d.profile) for d in scenario.site.devices if d.profile}
    assembler = Assembler(
        {d.name: (PRINCIPAL[d.kind],) for d in scenario.site.devices if d.profile},
        {d.name: d.interval for d in scenario.site.devices},
        scenario.tick,
    )
    contacts: dict[str, _Contact] = {}
    for time in scenario.times():
        run.advance(time)
        due = scenario.due(time)
        state = run.plant.readings() if due else {}
        for name in due:
            answer = _poll(name, profiles[name], state[name], contacts)
            assembler.add_channels(name, answer.given)
            assembler.put(Reading(name, time, time, answer))
        yield assembler.row(time, due)
        progress((time - scenario.start) / (scenario.stop - scenario.start))


@dataclass(frozen=True, slots=True)
class _Contact:
    """What a poller knows of a device since its first contact."""

    known: frozenset[str]
    decoder: Decoder


def _poll(name: str, profile: Profile, values: Mapping[str, float] | None, contacts: dict[str, _Contact]) -> Answer:
    """What a poller brings back from a device that shows `values`."""
    if values is None:
        return Answer((), f"{name} does not answer: its card is without power")
    raw = walked(profile, encode(profile, values))
    contact = contacts.setdefault(name, _Contact(frozenset(raw), Decoder(profile)))
    return Answer(contact.decoder.decode(raw, contact.known))
