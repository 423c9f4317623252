"""Energy, power and charge add up, and sets bear steps of load as their class asks: of a small run, and of it falsified.

The same is asked of every scenario in test_scenario_truth.py, where each is run once.
"""

import copy
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from balances import imbalances
from hidden import Record, run_and_record
from small_run import small_run
from step_response import poor_responses, responses

# The engine starts, and while it carries the load a part of the load is switched off and on again.
_CARRIES = (
    ('"5m30s"', '"105s"'),
    ('at = "3m"', 'at = "95s"'),
    ('at = "3m10s"', 'at = "96s"'),
    ('set.gen-1.fault = "does_not_fire"', 'set.gen-1.fault = "none"'),
    (
        "[truth]",
        (
            '[[event]]\nat = "60s"\nwhat = "Off"\nset.row-1.power = 10_000\n\n'
            '[[event]]\nat = "80s"\nwhat = "On"\nset.row-1.power = 45_000\n\n[truth]'
        ),
    ),
)


@cache
def _record(*changes: tuple[str, str]) -> Record:
    return run_and_record(small_run(*changes))


def test_a_run_that_discharges_and_recharges_a_battery_adds_up() -> None:
    record = _record()
    assert imbalances(record) == []
    power = record.of("ups-a", "power")
    assert power.max() > 25_000
    assert power.min() < -1_000


def test_a_run_on_the_generator_adds_up() -> None:
    record = _record(*_CARRIES)
    assert imbalances(record) == []
    assert record.of("gen-1", "load").max() > 45_000


def _scaled(kind: str, what: str, by: float) -> Callable[[Record], None]:
    def change(record: Record) -> None:
        record.arrays[kind, what] = record.arrays[kind, what] * by

    return change


def _leak(record: Record) -> None:
    """A battery that loses a part in a thousand of its energy within one step of its discharge."""
    stored = record.arrays["ups", "stored"]
    stored[800:] *= 0.999


def _gap(record: Record) -> None:
    """A string from which a quarter of an ampere-hour vanishes."""
    record.arrays["ups", "charge"][800:] -= 900.0


def _spin(record: Record) -> None:
    """A rotor that takes up energy out of nothing."""
    runs = np.flatnonzero(record.of("gen-1", "load")[:, 0] > 0)
    record.arrays["generator", "stored"][runs[len(runs) // 2] :] *= 1.01


FALSE = {
    "drawn": (_scaled("node", "drawn", 1.001), "what is drawn from"),
    "load": (_scaled("load", "drawn", 0.999), "what all loads draw"),
    "loads of the site": (_scaled("load", "drawn", 0.97), "the site took"),
    "switch": (_scaled("device", "taken", 1.001), "power through ats-a"),
    "input of the UPS": (_scaled("ups", "input_power", 0.999), "power into ups-a"),
    "no loss in the UPS": (_scaled("ups", "loss", 0.3), "less than its converters must"),
    "too much loss in the UPS": (_scaled("ups", "loss", 3.0), "more than its converters can"),
    "loss of the UPS": (_scaled("ups", "loss", 1.02), "power through ups-a and its battery"),
    "battery": (_scaled("ups", "power", 1.01), "ups-a's battery"),
    "battery's heat": (_scaled("ups", "battery_loss", 0.5), "ups-a's battery"),
    "battery that leaks": (_leak, "ups-a's battery"),
    "current of strings": (_scaled("ups", "string_current", 1.001), "ups-a's strings"),
    "charge of strings": (_gap, "ups-a's strings"),
    "generator": (_scaled("generator", "load", 1.001), "gen-1: "),
    "generator's loss": (_scaled("generator", "loss", 0.9), "gen-1: "),
    "rotor": (_spin, "gen-1: "),
    "fuel": (_scaled("generator", "fuelled", 1.01), "gen-1's fuel"),
    "bus": (_scaled("generator", "burnt", 0.0), "gen-1's fuel"),
}


@pytest.mark.parametrize("name", FALSE)
def test_what_does_not_add_up_is_found(name: str) -> None:
    change, expected = FALSE[name]
    changes = _CARRIES if expected.startswith("gen") else ()
    record = _record(*changes)
    falsified = Record(
        record.site, record.times, record.names, copy.deepcopy(record.arrays), record.fixed, record.settings
    )
    change(falsified)
    found = imbalances(falsified)
    assert any(expected in fault for fault in found), found


def test_a_healthy_set_bears_a_step_of_load_as_iso_8528_5_g2_asks() -> None:
    record = _record(*_CARRIES)
    own = [r for r in responses(record) if r.step > 0.3]
    assert own
    assert poor_responses(record) == []
    assert all(r.frequency_dip > 0.002 and r.voltage_dip > 0.01 for r in own)


@pytest.mark.parametrize("dip", ["frequency", "lowest"])
def test_a_poor_response_is_found(dip: str) -> None:
    record = _record(*_CARRIES)
    arrays = copy.deepcopy(record.arrays)
    first = next(r for r in responses(record) if r.step > 0.3)
    step = int(np.searchsorted(record.times, first.at))
    arrays["generator", dip][step : step + 20] *= 0.75
    falsified = Record(record.site, record.times, record.names, arrays, record.fixed, record.settings)
    assert any("not ISO 8528-5 G2" in fault for fault in poor_responses(falsified))


@pytest.mark.parametrize("fault", ["unstable", "low_output", "low_frequency"])
def test_a_set_that_is_said_to_be_ill_is_outside_its_class(fault: str) -> None:
    """And where its voltage and frequency are made to be sound, that is found."""
    ill = ('set.gen-1.fault = "does_not_fire"', f'set.gen-1.fault = "{fault}"')
    changes = (ill, ('"5m30s"', '"45s"'), ('at = "3m"', 'at = "40s"'), ('at = "3m10s"', 'at = "41s"'))
    record = _record(*changes)
    assert poor_responses(record) == []
    arrays = copy.deepcopy(record.arrays)
    running = arrays["generator", "state"] == 2
    assert running.any()
    arrays["generator", "lowest"][running] = 1.0
    arrays["generator", "frequency"][running] = 60.0
    falsified = Record(record.site, record.times, record.names, arrays, record.fixed, record.settings)
    assert any("stays within" in found for found in poor_responses(falsified))
