"""Generator sets on a test bench: started, loaded and watched step by step."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from simulators.chance import Chance
from simulators.generator.buses import GeneratorBuses
from simulators.generator.generators import BREAKERS, STATES, TRIPS, Generators
from simulators.parameters import Tables

RATING = 500_000.0
START = 1_700_000_000_000_000


class Bench:
    """`sets` alike of every site, on buses of their own unless they are told to share."""

    def __init__(
        self,
        sets: int = 1,
        seeds: Sequence[int] = (1,),
        *,
        shared: bool = False,
        needs: int = 1,
        rating: Sequence[float] = (),
        **parameters: Any,
    ) -> None:
        names = tuple(f"gen-{i + 1}" for i in range(sets))
        given: list[Mapping[str, Any]] = [{name: dict(parameters) for name in names} for _ in seeds]
        tables = Tables(given)
        ratings = np.array(rating or [RATING] * sets)
        self.sets = Generators(names, ratings, np.full(sets, 60.0), tables, Chance(seeds, names))
        members = (tuple(range(sets)),) if shared else tuple((i,) for i in range(sets))
        buses = tuple(f"bus-{i + 1}" for i in range(len(members)))
        self.buses = GeneratorBuses(buses, members, [needs] * len(members), self.sets, tables)
        self.now = START
        self.given = self.lost = self.gained = self.drawn = 0.0  # J
        self._stored = 0.0

    def fault(self, fault: str, i: int = 0) -> None:
        self.all("fault", fault, i)

    def all(self, key: str, value: object, i: int = 0) -> None:
        for site in range(self.sets.state.shape[0]):
            self.sets.set(site, i, key, value)

    def run(
        self,
        seconds: float,
        *,
        dt: float = 0.1,
        start: bool = True,
        load: float | np.ndarray = 0.0,
        each: Callable[[], None] | None = None,
    ) -> None:
        """`load`: W from each bus, drawn while it hands on."""
        sets, buses = self.sets, self.buses
        calls = np.full(sets.state.shape, start)
        for _ in range(round(seconds / dt)):
            self.now += round(dt * 1e6)
            share = buses.share(np.where(buses.handing, load, 0.0))
            sets.step(self.now, dt, calls, share)
            self.drawn += float(share.sum()) * dt
            self.gained += float((sets.fuelled * sets.parameters.efficiency + sets.started).sum()) * dt
            self.given += float(sets.load.sum()) * dt
            self.lost += float(sets.loss.sum()) * dt
            buses.step(self.now, dt)
            if each is not None:
                each()

    @property
    def imbalance(self) -> float:
        """Of the energy, in parts of what came in."""
        gone = self.given + self.lost + float(self.sets.stored.sum())
        return abs(self.gained - gone) / max(self.gained, 1.0)

    def state(self, i: int = 0) -> str:
        return STATES[self.sets.state[0, i]]

    def breaker(self, i: int = 0) -> str:
        return BREAKERS[self.sets.breaker[0, i]]

    def trip(self, i: int = 0) -> str:
        return TRIPS[self.sets.trip_cause[0, i]]

    def until(self, reached: Callable[[], bool], within: float, **how: Any) -> float:
        """S until it was so.

        Raises:
            AssertionError: it was not so within that time.
        """
        begin = self.now
        while not reached():
            assert self.now - begin < within * 1e6, f"not so within {within} s"
            self.run(how.get("dt", 0.1), **how)
        return (self.now - begin) / 1e6
