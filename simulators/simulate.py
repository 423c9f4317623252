"""Runs a scenario without a network, as fast as it can be: the plant's words through the devices' profiles.

Every sample goes the way of a real one: from the plant through the profile turned round to a device's raw
words, through the profile to values, through the assembler to rows. What real agents and pollers give
is the same.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from device_profiles.library import load
from device_profiles.quantities import PRINCIPAL
from device_profiles.schema import Profile
from simulators.devices.answering import Answering, Shown
from simulators.devices.answering_parameters import KEYS, taken
from simulators.devices.encode import encode, walked
from simulators.devices.traps import Trap, Traps
from simulators.parameters import Tables
from simulators.plant import Plant
from simulators.scenario import DEFAULT_SEED, Scenario, ScenarioError
from simulators.truth import iso, resolve
from telemetry.assemble import Assembler
from telemetry.block import SampleBlock
from telemetry.decode import Decoder
from telemetry.reading import Answer, Reading
from telemetry.recordings.parquet import RecordingWriter

State = dict[str, Mapping[str, float] | None]  # device -> {quantity: value}; None while it does not answer


class Run:
    """One run of a scenario a seed, all at once: the plant, moved along the time line.

    The plant is looked at where a device is polled, and at every tick while anything moves: what it does
    depends on the scenario and the seed, never on who asks for what.
    """

    def __init__(self, scenario: Scenario, *seeds: int) -> None:
        """At the start, nothing has happened.

        Args:
            scenario: what happens
            seeds: of what chance decides, one a run; none: the default

        Raises:
            ScenarioError: the scenario's [plant] does not fit its site.
        """
        self.scenario = scenario
        self.seeds = seeds or (DEFAULT_SEED,)
        try:
            names = [d.name for d in scenario.site.devices]
            tables = [Tables([scenario.drawn(seed)]) for seed in self.seeds]
            answers = [taken(table, names) for table in tables]
            given = [table.rest[0] for table in tables]
            self.plant = Plant(scenario.site, given, start=scenario.start, seeds=self.seeds)
        except ValueError as e:
            raise ScenarioError(f"{scenario.id}: [plant]: {e}") from None
        registers = self.plant.registers
        self._answering = [
            Answering(names, answers[i], seed, tick=scenario.tick, registers=registers, site=i)
            for i, seed in enumerate(self.seeds)
        ]
        self._events = [scenario.events(seed) for seed in self.seeds]
        self._coming = sorted(
            (
                (event.time, order, site, event)
                for site, its in enumerate(self._events)
                for order, event in enumerate(its)
            ),
            key=lambda coming: coming[:3],
            reverse=True,
        )
        self._tick = scenario.start
        self._set_until(scenario.start)

    def advance(self, to: int) -> None:
        """Let everything happen up to and at `to` (µs UTC), a tick.

        Raises:
            ScenarioError: an event sets what the plant does not have.
        """
        while self._tick < to:
            self._tick += self.scenario.tick
            if self._tick >= to or not self.plant.quiet or self.scenario.due(self._tick):
                self._set_until(self._tick)
                self.plant.advance(self._tick)

    def _set_until(self, to: int) -> None:
        while self._coming and self._coming[-1][0] <= to:
            time, _, site, event = self._coming.pop()
            self.plant.advance_before(time)
            for part, settings in event.settings.items():
                for key, value in settings.items():
                    try:
                        self._change(site, part, key, value)
                    except ValueError as e:
                        raise ScenarioError(f"{self.scenario.id}: event {event.what!r}: {e}") from None

    def _change(self, site: int, part: str, key: str, value: object) -> None:
        """A setting of how a device answers, else of the plant."""
        if key in KEYS and part in self._answering[site].names:
            self._answering[site].set(part, key, value)
        else:
            self.plant.set(site, part, key, value)

    def show(self, site: int = 0) -> dict[str, Shown]:
        """What each device of one site answers to a poll now."""
        began = dict(zip(self._answering[site].names, self.plant.parts.cards.began[site].tolist(), strict=True))
        return self._answering[site].show(self.plant.now, self.plant.readings(site), began)

    def truth(self, site: int = 0) -> dict[str, Any]:
        """The truth of the run of that seed, once it is over."""
        scenario = self.scenario
        happened = {e.id: e.time for e in self._events[site] if e.id} | self.plant.milestones.of(site)
        return {"id": scenario.id} | resolve(scenario.truth_template, scenario.begins, happened)


def simulate(scenario: Scenario, seed: int = DEFAULT_SEED) -> Iterator[tuple[int, State]]:
    """Every tick of a run with what the devices show then."""
    run = Run(scenario, seed)
    for time in scenario.times():
        run.advance(time)
        yield time, {name: shown.values for name, shown in run.show().items()}


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
    """The run as a recording, with `truth.json` beside it, and `traps.jsonl`: what the devices sent of themselves.

    Raises:
        OSError: the directory cannot be written.
    """
    run = Run(scenario, seed)
    meta = {"scenario": scenario.id, "title": scenario.title, "note": scenario.note, "seed": seed}
    writer = RecordingWriter(directory, scenario.site_text, meta)
    sent: list[Trap] = []
    for block in _rows(run, progress, sent):
        writer.write(block)
    writer.close()
    text = json.dumps(run.truth(), indent=1, ensure_ascii=False)
    (directory / "truth.json").write_text(text + "\n", encoding="utf-8")
    lines = (json.dumps(asdict(trap) | {"time": iso(trap.time)}, ensure_ascii=False) + "\n" for trap in sent)
    (directory / "traps.jsonl").write_text("".join(lines), encoding="utf-8")


def _rows(run: Run, progress: Callable[[float], None], sent: list[Trap] | None = None) -> Iterator[SampleBlock]:
    """Every row of the run; what the devices send of themselves meanwhile goes to `sent`."""
    scenario = run.scenario
    profiles = {d.name: load(d.profile) for d in scenario.site.devices if d.profile}
    traps = Traps(profiles)
    assembler = Assembler(
        {d.name: (PRINCIPAL[d.kind],) for d in scenario.site.devices if d.profile},
        {d.name: d.interval for d in scenario.site.devices},
        scenario.tick,
    )
    contacts: dict[str, _Contact] = {}
    for time in scenario.times():
        run.advance(time)
        due = scenario.due(time)
        shown = run.show() if due else {}
        if sent is not None and shown:
            sent += traps.sent(time, {name: said.values for name, said in shown.items()})
        for name in due:
            answer = _poll(name, profiles[name], shown[name], contacts)
            assembler.add_channels(name, answer.given)
            assembler.put(Reading(name, time, time + (shown[name].delay or 0), answer))
        yield assembler.row(time, due)
        progress((time - scenario.start) / (scenario.stop - scenario.start))


@dataclass(frozen=True, slots=True)
class _Contact:
    """What a poller knows of a device since its first contact."""

    known: frozenset[str]
    decoder: Decoder


def _poll(name: str, profile: Profile, shown: Shown, contacts: dict[str, _Contact]) -> Answer:
    """What a poller brings back from a device that shows that."""
    if shown.values is None:
        return Answer((), f"{name} does not answer: its card is without power")
    if shown.delay is None:
        return Answer((), f"{name} does not answer: the answer was lost")
    raw = walked(profile, encode(profile, shown.values))
    contact = contacts.setdefault(name, _Contact(frozenset(raw), Decoder(profile)))
    return Answer(contact.decoder.decode(raw, contact.known))
