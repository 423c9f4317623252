"""A UPS on a bench: its sources and its load as a test sets them."""

import numpy as np

from simulators.chance import Chance
from simulators.parameters import Tables
from simulators.supply import balanced, dead
from simulators.ups.controller import STATES, TEST_RESULTS
from simulators.ups.upses import Upses
from telemetry.block import SECOND

RATING, LOAD, NEEDED = 100_000.0, 50_000.0, 50_000 / 0.95 + 1_000


class Bucket:
    """A battery of so many J that gives whatever it is asked for, up to `most` W, until it is empty."""

    def __init__(self, shape=(1, 1), stored=30e6, room=0.0):
        self.stored, self.room = np.full(shape, stored), np.full(shape, room)
        self.exhausted, self.breaker = np.zeros(shape, bool), np.ones(shape, np.int8)
        self.most = np.full(shape, np.inf)
        self.expected, self.charger_power = np.zeros(shape), np.full(shape, 2_000.0)
        self.given = self.taken = np.zeros(shape)

    @property
    def quiet(self):
        return bool((self.stored >= 30 * self.given).all())

    def step(self, now, dt, demand, charge):
        assert (demand >= 0).all()
        assert (charge >= 0).all()
        self.given = np.minimum(np.minimum(demand, self.most), self.stored / dt) * (self.breaker == 1)
        self.taken = np.minimum(charge, self.room / dt)
        self.stored = self.stored - dt * (self.given - self.taken)
        self.room = self.room + dt * (self.given - self.taken)
        self.exhausted = self.stored <= 1e-6
        return self.given, self.taken


def level(volts, frequency=60.0, distortion=0.0):
    return balanced(np.full((1, 1), float(volts)), np.full((1, 1), frequency))._replace(
        distortion=np.full((1, 1), distortion)
    )


GOOD, DEAD = level(1.0), dead(1, 1)


class Bench:
    """A UPS of 100 kW at half load; its bypass is dead unless a test feeds it."""

    def __init__(self, walk_in=10.0, battery=None, **parameters):
        self.battery = battery or Bucket()
        self.ups = Upses(
            ("ups-a",),
            np.array([RATING]),
            np.array([60.0]),
            np.array([round(walk_in * SECOND)]),
            Tables([{"ups-a": parameters}]),
            self.battery,
            Chance([1], ["ups-a"]),
        )
        self.now = 0
        self.source, self.bypass, self.load = GOOD, DEAD, LOAD
        self.run(1)

    def step(self, dt=0.1):
        self.now += round(dt * SECOND)
        output = self.ups.energise(self.now, dt, self.source, self.bypass)
        live = output.lowest[0, 0] > 0.5
        self.input, self.from_bypass = self.ups.absorb(self.now, dt, np.full((1, 1, 3), self.load / 3 * live))

    def run(self, seconds, dt=0.1):
        for _ in range(round(seconds / dt)):
            self.step(dt)

    def seconds_until(self, condition, limit=5_000.0, dt=0.1):
        start = self.now
        while not condition():
            assert self.now - start < limit * SECOND
            self.step(dt)
        return (self.now - start) / SECOND

    def set(self, key, value):
        self.ups.set(0, 0, key, value)

    @property
    def state(self):
        return STATES[self.ups.mode[0, 0]]

    @property
    def output(self):
        return self.ups.output.lowest[0, 0]

    @property
    def input_power(self):
        return self.ups.input_power[0, 0]

    @property
    def test_result(self):
        return TEST_RESULTS[self.ups.test_result[0, 0]]


def with_bypass(**parameters):
    """The same with a good bypass, in step with it."""
    bench = Bench(**parameters)
    bench.bypass = GOOD
    bench.run(2)
    return bench
