"""The stores of energy behind all batteries of a plant: those of one law together, each battery at its place."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulators.battery.belief import Belief
from simulators.battery.endurance import Endurance
from simulators.battery.flywheel import Flywheels
from simulators.battery.kibam import Chemistry
from simulators.battery.laws import CHEMISTRIES
from simulators.battery.parameters import ESTIMATES, BatteryParameters
from simulators.battery.rating import rate
from simulators.battery.strings import Limits, Strings
from simulators.supply import Floats

Mask = NDArray[np.bool_]


class Law(NamedTuple):
    """The batteries that obey one law. of: which, along the second axis."""

    of: slice | NDArray[np.intp]
    store: Strings | Flywheels
    belief: Belief


class Exchange(NamedTuple):
    """Of one step, the mean over it. given, accepted: `(S, n)` W at the terminals; current: `(S, n, k)` A into each string."""

    given: Floats
    accepted: Floats
    current: Floats


class Stores:
    """`n` batteries of up to `k` strings at `S` sites. `there`: `(S, n, k)` the strings that each has."""

    def __init__(self, kinds: Sequence[str], p: BatteryParameters, rated: Floats, spread: Floats) -> None:
        """New and full.

        Args:
            kinds: the law of each battery
            p: arrays of `(S, n)`
            rated: `(S, n)` W of rated load
            spread: `(S, n, k)` factor on the strings' resistance

        Raises:
            ValueError: no battery of such parameters carries its rated load for its rated time.
        """
        self.there: Mask = np.isfinite(p.health)
        self.strings: Floats = self.there.sum(axis=-1).astype(np.float64)
        self._p = p
        self._share = rated / np.maximum(self.strings, 1.0)  # W that one string is rated for
        self._amperes = self._share / p.voltage
        self._spread = spread
        self._laws = _laws(kinds, p, self.there)
        self._count = len(kinds)

    @property
    def still(self) -> bool:
        """Whether nothing moved in the last step, nor will until there is something else to give or to take."""
        return all(law.store.still for law in self._laws)

    def renew(self, health: Floats, joined: Mask) -> None:
        """Strings of that capacity, in parts of new, of which some are cut off: `(S, n, k)`. Their charge stays."""
        worn = np.maximum(1.0 - health, 0.0)
        resistance = self._p.sag[..., np.newaxis] * (1.0 + self._p.growth[..., np.newaxis] * worn) * self._spread
        for of, store, _ in self._laws:
            store.joined = joined[:, of]
            store.renew(health[:, of], resistance[:, of])

    def fill(self, site: int, i: int, charge: float) -> None:
        """Bring one battery, rested, to that charge."""
        for of, store, _ in self._laws:
            for place in np.flatnonzero(self._places(of) == i):
                store.fill(site, int(place), charge)

    def believe(self, site: int, i: int, code: int) -> None:
        """Let one card estimate in another way: a position in ESTIMATES."""
        for of, _, belief in self._laws:
            belief.words[site, self._places(of) == i] = code

    def exchange(self, dt: float, wanted: Floats, offered: Floats, fed: Mask) -> Exchange:
        """`dt` s on, with W wanted and W offered at the terminals; fed: `(S, n)` where the charger is alive."""
        given, accepted, current = np.empty_like(wanted), np.empty_like(wanted), np.empty(self.there.shape)
        for of, store, _ in self._laws:
            share = self._share[:, of]
            store.exhausted = store.exhausted & ~fed[:, of]
            store.step(dt, wanted[:, of] / share, offered[:, of] / share)
            given[:, of], accepted[:, of] = store.given * share, store.accepted * share
            current[:, of] = store.current * -self._amperes[:, of, np.newaxis]
        return Exchange(given, accepted, current)

    def state(self) -> tuple[Floats, Floats, Mask]:
        """`(S, n)` J stored, V at the terminals, and which are exhausted."""
        stored, voltage = np.empty(self.strings.shape), np.empty(self.strings.shape)
        exhausted = np.empty(self.strings.shape, np.bool_)
        for of, store, _ in self._laws:
            stored[:, of] = store.stored * self._share[:, of]
            voltage[:, of] = store.voltage * self._p.voltage[:, of]
            exhausted[:, of] = store.exhausted
        return stored, voltage, exhausted

    def charge(self, power: Floats) -> Floats:
        """`(S, n)` parts of a full discharge at that power, W, that are left; at rated load where it is 0."""
        charge, power = np.empty(power.shape), power / self._share
        for of, store, _ in self._laws:
            charge[:, of] = store.charge(power[:, of])
        return charge

    def runtime(self, power: Floats, charge: Floats, margin: Floats) -> Floats:
        """`(S, n)` s as the cards estimate it: see Belief."""
        runtime, power = np.empty(power.shape), power / self._share
        for of, store, belief in self._laws:
            runtime[:, of] = belief.runtime(store, power[:, of], charge[:, of], margin[:, of])
        return runtime

    def _places(self, of: slice | NDArray[np.intp]) -> NDArray[np.intp]:
        return np.arange(self._count)[of]


def _laws(kinds: Sequence[str], p: BatteryParameters, there: Mask) -> tuple[Law, ...]:
    wheels = [i for i, kind in enumerate(kinds) if kind == "flywheel"]
    cells = [i for i, kind in enumerate(kinds) if kind != "flywheel"]
    laws = []
    for members, make in ((cells, _strings), (wheels, _flywheels)):
        if members:
            of = slice(None) if len(members) == len(kinds) else np.array(members, np.intp)
            words = np.array([ESTIMATES.index(p.estimate[i]) for i in members], np.int8)
            belief = Belief(np.broadcast_to(words, p.charge[:, of].shape).copy(), p.optimism[:, of])
            laws.append(Law(of, make([kinds[i] for i in members], members, p, there), belief))
    return tuple(laws)


def _strings(kinds: Sequence[str], of: Sequence[int], p: BatteryParameters, there: Mask) -> Strings:
    chemistries = [CHEMISTRIES[kind] for kind in kinds]
    cell = Chemistry(*(np.array(column)[np.newaxis, :, np.newaxis] for column in zip(*chemistries, strict=True)))
    ratings = [
        [
            rate(chemistry, float(p.rated_time[site, i]), float(p.sag[site, i]), float(p.cut_off[site, i]))
            for chemistry, i in zip(chemistries, of, strict=True)
        ]
        for site in range(len(there))
    ]
    flat = Chemistry(*(np.asarray(column)[..., 0] for column in cell))
    cut_off = p.cut_off[:, of]
    limits = Limits(cut_off, (p.float_voltage / p.voltage)[:, of], p.taper[:, of])
    return Strings(cell, Endurance(flat, ratings, cut_off), limits, there[:, of])


def _flywheels(_: Sequence[str], of: Sequence[int], p: BatteryParameters, there: Mask) -> Flywheels:
    return Flywheels(p.rated_time[:, of], (p.float_voltage / p.voltage)[:, of], there[:, of])
