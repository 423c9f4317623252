"""How fast a recording goes through the engine: a simulated incident, and a wide calm day."""

import tempfile
import time
from pathlib import Path
from typing import Any

from ridethrough.engine import Engine
from simulators.scenario import load_scenario
from simulators.simulate import record
from telemetry.recordings.open import open_recording


def measure(repeats: int = 3) -> list[dict[str, Any]]:
    """Seconds, and times real time, of the replay of each scenario from its Parquet folder."""
    rows = []
    for name in ("lockout-2014", "good-transfer"):
        with tempfile.TemporaryDirectory() as folder:
            directory = Path(folder) / name
            began = time.perf_counter()
            record(load_scenario(name), directory)
            simulated = time.perf_counter() - began
            took = min(_replay(directory) for _ in range(repeats))
            recording = open_recording(directory, None)
            blocks = list(recording.blocks())
            length = sum(map(len, blocks))
            span = (int(blocks[-1].times[-1]) - int(blocks[0].times[0])) / 1e6
            samples = sum(b.values.size for b in blocks)
            rows.append(
                {
                    "recording": name,
                    "rows": length,
                    "channels": len(recording.channels),
                    "replay s": took,
                    "times real time": span / took,
                    "samples a second": samples / took,
                    "simulated in s": simulated,
                }
            )
    return rows


def _replay(directory: Path) -> float:
    began = time.perf_counter()
    recording = open_recording(directory, None)
    engine = Engine(recording.site, replay=True)
    for block in recording.blocks():
        engine.push(block)
    return time.perf_counter() - began


if __name__ == "__main__":
    for row in measure():
        print(row)
