"""A bench for transfer switches: two supplies that a test turns on, off and round."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from simulators.chance import Chance
from simulators.parameters import Tables
from simulators.supply import Supply, balanced
from simulators.transfer_switch.conditions import POSITIONS
from simulators.transfer_switch.switches import TransferSwitches
from telemetry.block import SECOND
from telemetry.site import TransferSettings

NOMINAL = 60.0
BEGIN = 1_700_000_000 * SECOND
QUICK = {"start_delay": SECOND, "transfer_delay": 0, "retransfer_delay": 30 * SECOND}


class Bench:
    """`sites` sites with one switch each; all are fed alike unless `normal` and `emergency` are given per site.

    normal, emergency: parts of nominal, by site or by site and phase; slip: Hz of the emergency source off nominal
    """

    def __init__(
        self,
        parameters: Mapping[str, Any] | None = None,
        *,
        sites: int = 1,
        has_engine: bool = True,
        seeds: Sequence[int] = (),
        settle: float = 5,
        **settings: float,
    ) -> None:
        tables = Tables([{"ats": dict(parameters or {})} for _ in range(sites)])
        self.switches = TransferSwitches(
            ["ats"],
            [TransferSettings(**settings)],
            np.array([NOMINAL]),
            tables,
            Chance(seeds or range(sites), ["ats"]),
            np.array([has_engine]),
        )
        assert tables.left == []
        self.sites = sites
        self.now = BEGIN
        self.normal: Any = 1.0
        self.emergency: Any = 0.0 if has_engine else 1.0
        self.slip = 0.0
        self.lead = 0.0  # rad, of the emergency source before the normal one
        self.emergency_frequency = NOMINAL
        self.normal_frequency = NOMINAL
        self.blocked = False
        self.visited: list[tuple[int, str]] = []  # of site 0: when it came to which position
        if settle:
            self.run(settle)

    def step(self, dt: float = 0.1) -> Supply:
        self.now += round(dt * SECOND)
        self.lead += 2 * np.pi * self.slip * dt
        shape = (self.sites, 1)
        output = self.switches.energise(
            self.now,
            dt,
            _supply(self.normal, self.normal_frequency, 0.0, shape),
            _supply(self.emergency, self.emergency_frequency + self.slip, self.lead, shape),
            np.full(shape, self.blocked),
        )
        if not self.visited or self.visited[-1][1] != self.position:
            self.visited.append((self.now, self.position))
        return output

    def run(self, seconds: float, dt: float = 0.1) -> None:
        for _ in range(round(seconds / dt)):
            self.step(dt)

    def until(self, position: str, limit: float = 1000) -> float:
        """Seconds until site 0's switch is in that position."""
        begun = self.now
        while self.position != position:
            self.step()
            assert self.now - begun < limit * SECOND, f"never came to {position}"
        return (self.now - begun) / SECOND

    def set(self, **settings: object) -> None:
        for site in range(self.sites):
            for key, value in settings.items():
                self.switches.set(site, 0, key, value)

    @property
    def position(self) -> str:
        return POSITIONS[self.switches.position[0, 0]]

    @property
    def words(self) -> dict[str, str]:
        """What site 0's switch is watched for."""
        return {what: words[codes[0, 0]] for what, (words, codes) in self.switches.watched.items()}

    @property
    def called(self) -> bool:
        return bool(self.switches.start_contact[0, 0])

    @property
    def levels(self) -> list[float]:
        """By phase, at site 0's output."""
        return [float(level) for level in self.switches.output.levels[0, 0].round(9)]


def on_emergency(parameters: Mapping[str, Any] | None = None, **kwargs: Any) -> Bench:
    """After a transfer, both sources good since."""
    bench = Bench(parameters, **{**QUICK, **kwargs})
    bench.normal, bench.emergency = 0.0, 1.0
    bench.until("emergency")
    bench.normal = 1.0
    return bench


def _supply(level: Any, frequency: float, angle: float, shape: tuple[int, int]) -> Supply:
    """A level for all, or one a phase, or one a site."""
    given = np.asarray(level, np.float64)
    if given.shape == (3,):
        phases = np.broadcast_to(given, (*shape, 3))
    else:
        phases = np.broadcast_to(given.reshape(-1, 1, 1), (*shape, 3))
    whole = balanced(np.ones(shape), np.full(shape, frequency), angle)
    alive = phases.max(axis=-1) > 0
    return Supply(whole.volts * phases, whole.frequency * alive, whole.distortion)
