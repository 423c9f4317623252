"""`make bench`: every benchmark in one run on this machine, into benchmarks/results/.

Ratios are between things measured in this run; a figure from another machine or day says nothing here.
"""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

import detection
import detector_bank
import plant_speed
import replay_speed
import snmp_clients

RESULTS = Path(__file__).parent / "results"

Rows = list[dict[str, Any]]

BENCHMARKS: tuple[tuple[str, str, Callable[[], Rows]], ...] = (
    ("detector_bank", "Detectors: samples a second on one core", detector_bank.measure),
    ("detection", "Detection: events found, delay and false alarms, beside the rules of others", detection.measure),
    ("replay_speed", "Replay: a recorded scenario through the engine", replay_speed.measure),
    ("plant_speed", "Plant: how fast a site is simulated, on one core", plant_speed.measure),
    ("snmp_clients", "SNMP: CPU of the client for a poll of 20 values", snmp_clients.measure),
)


def machine() -> str:
    """What the figures were measured on."""
    cpu = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.processor(),
    )
    return f"{cpu}, {os.cpu_count()} cores, Python {platform.python_version()}, numpy {np.__version__}"


def tables(rows: Rows) -> str:
    """Rows as Markdown: one table, or one of each name that rows have under `table`."""
    titles = dict.fromkeys(row.get("table", "") for row in rows)
    parts = (
        (t, [{k: v for k, v in r.items() if k != "table"} for r in rows if r.get("table", "") == t]) for t in titles
    )
    return "\n\n".join(f"## {title}\n\n{_table(part)}" if title else _table(part) for title, part in parts)


def _table(rows: Rows) -> str:
    keys = list(dict.fromkeys(key for row in rows for key in row))
    lines = ["| " + " | ".join(keys) + " |", "|" + "---|" * len(keys)]
    lines += ["| " + " | ".join(_cell(row.get(key)) for key in keys) + " |" for row in rows]
    return "\n".join(lines)


def _cell(value: object) -> str:
    if value is None:
        return ""
    return (
        f"{value:,.4g}"
        if isinstance(value, float) and abs(value) < 1000
        else f"{value:,.0f}"
        if isinstance(value, (int, float))
        else str(value)
    )


def main() -> None:
    only = set(sys.argv[1:])
    revision = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    header = f"{datetime.now(UTC):%Y-%m-%d}, revision {revision or 'unknown'}, {machine()}"
    print(header)
    RESULTS.mkdir(exist_ok=True)
    for name, title, measure in BENCHMARKS:
        if only and name not in only:
            continue
        rows = measure()
        text = f"# {title}\n\n{header}\n\n{tables(rows)}\n"
        (RESULTS / f"{name}.md").write_text(text, encoding="utf-8")
        (RESULTS / f"{name}.json").write_text(
            json.dumps({"run": header, "rows": rows}, indent=1) + "\n", encoding="utf-8"
        )
        print(f"\n{title}\n\n{tables(rows)}", flush=True)


if __name__ == "__main__":
    main()
