"""How fast the plant is simulated: a day of a site of 200 devices, and one scenario under one seed and under twenty."""

import time
from datetime import UTC, datetime
from typing import Any

from large_site import LOADS, large_site
from simulators.plant import Plant
from simulators.scenario import load_scenario
from simulators.simulate import Run
from telemetry.block import SECOND

DAY = 86_400 * SECOND
OUTAGE = 12 * 3_600 * SECOND  # after the start; half the site loses its utility for ten minutes
ENDS = OUTAGE + 600 * SECOND
EVERY = 10 * SECOND  # between two looks at all instruments


def measure() -> list[dict[str, Any]]:
    """Seconds, and times real time; all instruments are read every ten seconds of the day, and at no time of the scenario."""
    return [_day(outage=False), _day(outage=True), _scenario(1), _scenario(20)]


def _scenario(seeds: int) -> dict[str, Any]:
    scenario = load_scenario("good-transfer")
    run = Run(scenario, *range(1, seeds + 1))
    began = time.perf_counter()
    run.advance(scenario.stop)
    took = time.perf_counter() - began
    length = (scenario.stop - scenario.start) / SECOND
    return {
        "what": f"good-transfer under {seeds} seed{'s' if seeds > 1 else ''}",
        "s": took,
        "times real time": length * seeds / took,
    }


def _day(*, outage: bool) -> dict[str, Any]:
    site, _ = large_site("10s")
    start = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp()) * SECOND
    given = {f"row-{i + 1}": {"power": 50_000} for i in range(LOADS)}
    plant = Plant(site, [given], start=start, seeds=[1])
    steps = readings = 0

    def count(_: Plant) -> None:
        nonlocal steps
        steps += 1

    plant.observers.append(count)
    began = time.perf_counter()
    for now in range(start, start + DAY + 1, EVERY):
        if outage and now - start in (OUTAGE, ENDS):
            plant.set(0, "utility-1", "voltage", 0 if now - start == OUTAGE else 1)
        plant.advance(now)
        readings += sum(len(values) for values in plant.readings().values() if values)
    took = time.perf_counter() - began
    return {
        "what": f"a day of 200 devices, {'with an outage of ten minutes' if outage else 'calm'}",
        "steps": steps,
        "readings": readings,
        "s": took,
        "times real time": DAY / SECOND / took,
    }


if __name__ == "__main__":
    for row in measure():
        print(row)
