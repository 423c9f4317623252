"""The utility at the site's door: a grid that wanders a little, and whatever a scenario does to it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.chance import Chance
from simulators.parameters import Tables
from simulators.supply import BALANCED, Floats, Supply, balanced
from simulators.utility.faults import Faults
from simulators.utility.feeder import Feeders
from simulators.utility.islands import Islands
from simulators.utility.levels import Levels
from simulators.utility.settings import SECOND, number
from simulators.utility.wander import Wander

WORDS = ("sound", "faulted", "dead", "feeder_locked_out", "islanded")
DEAD_BELOW = 0.1  # parts of nominal on every phase: an interruption by IEEE 1159

_SETTINGS = "voltage, frequency, angle, fluctuation, ramp, oscillation, fault, recloser, island"
_AHEAD = 10 * SECOND  # what moves within this time is not quiet


@dataclass(frozen=True, slots=True)
class UtilityParameters:
    """How the grid is while nothing is wrong.

    imbalance: parts of nominal by which each phase differs, steady (0.6 % between the extremes: IEEE 1159 calls 0.5–2 % usual)
    wander: standard deviation of voltage, in parts of nominal (judgement: ±1 % nearly always)
    wander_frequency: standard deviation, in Hz (judgement: a large interconnection stays within ±0.05 Hz nearly always)
    wander_time: s, after which both have forgotten where they were (judgement)
    zero_ratio: Z0/Z1 of the network (1: Bollen's seven types of dip; up to 3 is effectively grounded, IEEE C62.92.1)
    distortion: parts (judgement; EN 50160 allows 8 %)
    angle: degrees by which this feed leads the others, behind other transformers or lines
    grid: feeds with the same name turn together
    """

    imbalance: tuple[float, ...] | Floats = (0.002, -0.004, 0.002)
    wander: float | Floats = 0.003
    wander_frequency: float | Floats = 0.012
    wander_time: float | Floats = 60.0
    zero_ratio: float | Floats = 1.0
    distortion: float | Floats = 0.02
    angle: float | Floats = 0.0
    grid: str | tuple[str, ...] = "grid"


class Utilities:
    """n feeds of the grid at each of S sites.

    A scenario sets

    voltage: parts of nominal, one number or one a phase; 0 is dead
    frequency: Hz away from nominal
    angle: degrees by which the feed leads; a change is a phase jump
    fluctuation: {low, high, every}: each phase is redrawn in [low, high] every so many seconds
    ramp: {to, over}: voltage goes there in so many seconds
    oscillation: {amplitude, hertz, decay}: rms swings
    fault, recloser, island: see `Faults`, `Feeders`, `Islands`
    and ends each of those that are tables with false.

    A setting holds from the instant of the first step after it.
    """

    def __init__(self, names: Sequence[str], nominal_frequency: Floats, tables: Tables, chance: Chance) -> None:
        """All sound.

        Args:
            names: of the feeds
            nominal_frequency: `(n,)` Hz
            tables: their parameters
            chance: by the same names

        Raises:
            ValueError: a parameter does not fit.
        """
        self.names = tuple(names)
        p = tables.take(UtilityParameters, names)
        shape = tables.sites, len(self.names)
        imbalance = np.asarray(p.imbalance, np.float64)
        if imbalance.size and (imbalance.shape[-1] != 3 or np.isnan(imbalance).any()):
            raise ValueError("a utility's imbalance is three numbers, for L1, L2 and L3")
        self._imbalance = imbalance.reshape(*shape, 3)
        time = np.asarray(p.wander_time)
        if (time <= 0).any() or (np.asarray(p.zero_ratio) < 0).any():
            raise ValueError("a utility's wander_time is more than 0 s, its zero_ratio 0 or more")
        self._nominal = np.asarray(nominal_frequency, np.float64)
        self._distortion = np.asarray(p.distortion)
        leaders = np.array([p.grid.index(grid) for grid in p.grid], np.intp)
        self._wander = Wander((np.asarray(p.wander), np.asarray(p.wander_frequency)), time, leaders, chance)
        self.levels = Levels(*shape, chance)
        self.faults = Faults(np.asarray(p.zero_ratio), chance)
        self.feeders = Feeders(*shape)
        self.islands = Islands(tables.sites, self._nominal)
        self._offset = np.zeros(shape)
        self._angle = np.radians(p.angle)
        self._turns = np.zeros(shape)  # cycles gained on the frame that turns at nominal frequency
        self._now = 0
        self.state = np.zeros(shape, np.int8)  # of WORDS
        self.supply = balanced(np.ones(shape), self._nominal)

    def set(self, site: int, i: int, key: str, value: object) -> None:
        """One setting of a scenario, at one site.

        Raises:
            ValueError: there is no such setting, or the value does not fit it.
        """
        match key:
            case "voltage":
                self.levels.set_voltage(site, i, value)
            case "fluctuation":
                self.levels.set_fluctuation(site, i, value)
            case "ramp":
                self.levels.set_ramp(site, i, value)
            case "oscillation":
                self.levels.set_oscillation(site, i, value)
            case "frequency":
                self._offset[site, i] = number("frequency (Hz off nominal)", value, -20, 20)
            case "angle":
                self._angle[site, i] = np.radians(number("angle", value, -360, 360))
            case "fault":
                self.faults.set(site, i, value)
                self.feeders.see(site, i, faulted=value is not False)
            case "recloser":
                self.feeders.set(site, i, value, self.faults)
            case "island":
                self.islands.set(site, i, value)
            case _:
                raise ValueError(f"a utility has {_SETTINGS}, not {key} = {value!r}")

    def step(self, now: int, dt: float) -> Supply:
        """The supply at `now` (µs UTC), `dt` seconds after the step before: `(S, n)`."""
        self._now = now
        self._wander.step(now, dt)
        self.feeders.step(now, self.faults)
        self.islands.step(now, self._nominal + self._offset)
        self._turns += self._wander.cycles + self._offset * dt
        commanded = self.levels.step(now)
        live = self.feeders.closed & ~self.islands.collapsed
        common = (
            live * self.islands.factor * np.exp(1j * (2 * np.pi * (self._turns + self.islands.turns) + self._angle))
        )
        volts = commanded * (1 + self._wander.voltage[..., np.newaxis] + self._imbalance)
        volts = volts * (common[..., np.newaxis] * BALANCED)
        if self.faults.present.any():
            volts = np.where(self.faults.present[..., np.newaxis], volts * self.faults.ratios(now), volts)
        alive = volts.any(axis=-1)
        frequency = alive * (self._nominal + self._offset + self._wander.frequency + self.islands.frequency)
        self.supply = Supply(volts, frequency, alive * self._distortion)
        dead = ~live | (commanded.max(axis=-1) < DEAD_BELOW)
        self.state = self._coded(dead)
        return self.supply

    @property
    def faulted(self) -> NDArray[np.bool_]:
        """`(S, n)` a fault is there and fed."""
        faulted: NDArray[np.bool_] = self.faults.present & self.feeders.closed
        return faulted

    @property
    def positive_sequence(self) -> Floats:
        """`(S, n)` |V1| in parts of nominal."""
        return _magnitude(self.supply.volts * np.conj(BALANCED))

    @property
    def negative_sequence(self) -> Floats:
        """`(S, n)` |V2| in parts of nominal."""
        return _magnitude(self.supply.volts * BALANCED)

    @property
    def zero_sequence(self) -> Floats:
        """`(S, n)` |V0| in parts of nominal."""
        return _magnitude(self.supply.volts)

    @property
    def watched(self) -> dict[str, tuple[tuple[str, ...], NDArray[np.int8]]]:
        """What the plant logs every change of."""
        return {"utility": (WORDS, self.state)}

    @property
    def quiet(self) -> bool:
        """Nothing moves within ten seconds, but for the slow wandering."""
        then = self._now + _AHEAD
        flickers = (self.faults.flickering & self.feeders.closed).any()
        return not (flickers or self.islands.moving or self.feeders.moves_by(then) or self.levels.moves_by(then))

    def _coded(self, dead: NDArray[np.bool_]) -> NDArray[np.int8]:
        state = np.where(self.islands.islanded, np.int8(4), np.int8(0))
        state[self.faulted] = 1
        state[dead] = 2
        state[self.feeders.locked_out] = 3
        return state


def _magnitude(terms: NDArray[np.complex128]) -> Floats:
    magnitude: Floats = np.abs(terms.sum(axis=-1)) / 3
    return magnitude
