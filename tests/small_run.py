"""A small site with all that a path has, and a short story of it, for tests of what judges the scenarios."""

from pathlib import Path
from tempfile import TemporaryDirectory

from simulators.scenario import load_scenario
from simulators.simulate import Run

_SITE = """
[site]
name = "dc-small"
nominal_voltage = 277
nominal_frequency = 60

[transfer]
start_delay = "1s"
transfer_delay = "500ms"
retransfer_delay = "20s"
cooldown = "10s"

[[device]]
name = "utility-1"
kind = "utility"

[[device]]
name = "gen-1"
kind = "generator"
rating_power = 100_000

[[device]]
name = "ats-a"
kind = "transfer_switch"
normal = "utility-1"
emergency = "gen-1"

[[device]]
name = "ups-a"
kind = "ups"
fed_by = "ats-a"
rating_power = 50_000
walk_in = "5s"

[[load]]
name = "row-1"
fed_by = ["ups-a"]
"""

# Its engine never fires, its battery runs down and its load is lost; then the utility is back.
_SCENARIO = """
[scenario]
id = "small"
title = "Nothing fires"
about = "failure"
start = 2026-03-01T12:00:00Z
duration = "5m30s"
site = "site.toml"

[plant.row-1]
power = 30_000

[plant.ups-a]
rated_time = 130
rated_load = 0.6

[plant.gen-1]
cycles = 1

[[event]]
at = "2s"
what = "The fuel valve sticks"
set.gen-1.fault = "does_not_fire"

[[event]]
id = "loss"
at = "10.04s"
what = "The utility fails"
set.utility-1.voltage = 0

[[event]]
id = "back"
at = "3m"
what = "It is back"
set.utility-1.voltage = 1

[[event]]
id = "released"
at = "3m10s"
what = "The set is in order again"
set.gen-1.fault = "none"
set.gen-1.reset = true

[truth]
allowed = ["sources_locked_out"]
max_10min = 9
max_total = 20
lost = ["ups-a", "row-1"]
not_safe_before = "ups-a.online"

[truth.root]
kind = ["generator_fail_to_start"]
subject = ["gen-1"]

[[truth.events]]
kind = ["utility_lost"]
subject = ["utility-1"]
start = "loss"
latest = "loss + 5s"

[[truth.events]]
kind = ["generator_fail_to_start"]
subject = ["gen-1"]
start = "gen-1.cranking"
latest = "gen-1.locked_out + 5s"

[[truth.events]]
kind = ["load_loss_predicted"]
subject = ["ups-a"]
start = "loss"
latest = "ups-a.lost - 30s"

[[truth.events]]
kind = ["ups_load_dropped"]
subject = ["ups-a"]
start = "ups-a.lost"
latest = "ups-a.lost + 5s"

[[truth.events]]
kind = ["load_lost"]
subject = ["row-1"]
start = "row-1.lost"
latest = "row-1.lost + 5s"
"""


def small_run(*changes: tuple[str, str]) -> Run:
    """A run that is not advanced yet. changes: text of the scenario, and what takes its place."""
    text = _SCENARIO
    for old, new in changes:
        if old not in text:
            raise ValueError(f"the small scenario has no {old!r}")
        text = text.replace(old, new)
    with TemporaryDirectory() as folder:
        (Path(folder) / "site.toml").write_text(_SITE, encoding="utf-8")
        (Path(folder) / "small.toml").write_text(text, encoding="utf-8")
        return Run(load_scenario(Path(folder) / "small.toml"), 1)
