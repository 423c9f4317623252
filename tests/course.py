"""The course of a scenario: what its devices answer, poll by poll, and what had happened by then. Two seeds at once."""

from functools import cache

import numpy as np

from simulators.devices.answering import Shown
from simulators.scenario import load_scenario
from simulators.simulate import Run
from simulators.supply import Floats
from simulators.timeline import duration, moment
from telemetry.block import SECOND

SEEDS = (1, 2)
SITES = tuple(range(len(SEEDS)))


class Course:
    """A scenario, played until the end of the last stretch that is looked at.

    run: as it stands at the end
    answers: by site, {µs: what each device answers to a poll then}
    """

    def __init__(self, name: str, *stretches: str) -> None:
        """Play it.

        Args:
            name: of the scenario
            stretches: in which it is polled at every tick, such as "3m to 4m30s"
        """
        scenario = load_scenario(name)
        self.run = Run(scenario, *SEEDS)
        self.answers: list[dict[int, dict[str, Shown]]] = [{} for _ in SITES]
        for stretch in stretches:
            begins, ends = (scenario.start + duration(text) for text in stretch.split(" to "))
            for now in range(begins, ends + 1, scenario.tick):
                self.run.advance(now)
                for site in SITES:
                    self.answers[site][now] = self.run.show(site)

    def when(self, site: int, text: str) -> int:
        """µs of a moment as scenario files write it: `fault + 2s`, of an event or a milestone."""
        happened = {e.id: e.time for e in self.run.scenario.events(SEEDS[site]) if e.id}
        happened |= self.run.plant.milestones.of(site)
        return moment(text, self.run.scenario.begins, happened)

    def milestones(self, site: int, part: str) -> list[str]:
        """What happened to a part, in order."""
        changes = self.run.plant.milestones.changes[site]
        return [name.removeprefix(f"{part}.") for _, name in changes if name.startswith(f"{part}.")]

    def values(self, site: int, device: str, quantity: str, since: str, until: str) -> Floats:
        """What the polls in [since, until] gave; NaN where the device was silent."""
        first, last = self.when(site, since), self.when(site, until)
        found = [
            np.nan if (values := shown[device].values) is None else values[quantity]
            for now, shown in self.answers[site].items()
            if first <= now <= last
        ]
        assert found, f"nobody polled between {since} and {until}"
        return np.array(found)

    def mean(self, site: int, device: str, quantity: str, since: str, until: str) -> float:
        """Of what the polls in [since, until] gave."""
        return float(self.values(site, device, quantity, since, until).mean())

    def silent(self, site: int, since: str, until: str) -> set[str]:
        """The devices that answered no poll in [since, until]."""
        first, last = self.when(site, since), self.when(site, until)
        polls = [shown for now, shown in self.answers[site].items() if first <= now <= last]
        assert polls, f"nobody polled between {since} and {until}"
        return {name for name in polls[0] if all(p[name].values is None or p[name].delay is None for p in polls)}

    def seconds(self, site: int, since: str, until: str) -> float:
        """From the one moment to the other."""
        return (self.when(site, until) - self.when(site, since)) / SECOND


@cache
def played(name: str, *stretches: str) -> Course:
    """The course of a scenario, played once."""
    return Course(name, *stretches)
