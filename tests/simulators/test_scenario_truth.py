"""The scenarios' truth beside the plant's hidden state, judged by definitions; and the judge beside truths that are wrong.

Every scenario is run once, all its seeds together, and everything that can be asked of the run is asked here: its
truth, its balances of energy and charge, and how its generators bear steps of load.
"""

import copy
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from balances import imbalances
from hidden import Record, run_and_record
from oracle import faults, moment
from physics import told
from simulators.scenario import Scenario, load_scenario, names
from simulators.simulate import Run
from simulators.truth import iso
from small_run import small_run
from step_response import poor_responses
from telemetry.block import SECOND

SEEDS = [
    pytest.param((1, 2), id="2"),
    pytest.param(tuple(range(1, 21)), id="20", marks=[pytest.mark.soak, pytest.mark.timeout(1200)]),
]


@pytest.mark.parametrize("seeds", SEEDS)
@pytest.mark.parametrize("name", names())
def test_the_truth_is_what_the_plant_did_and_everything_adds_up(name: str, seeds: tuple[int, ...]) -> None:
    run = Run(load_scenario(name), *seeds)
    record = run_and_record(run)
    found: dict[str, list[int]] = {}
    for site, seed in enumerate(seeds):
        for fault in _of_seed(run, record, site):
            found.setdefault(fault, []).append(seed)
    said = [f"seed {', '.join(map(str, of))}: {fault}" for fault, of in found.items()]
    said += imbalances(record) + poor_responses(record)
    if said:
        pytest.fail(f"{name}:\n" + "\n".join(said), pytrace=False)


def _of_seed(run: Run, record: Record, site: int) -> list[str]:
    try:
        truth = run.truth(site)
    except ValueError as e:
        return [str(e)]
    return faults(run.scenario, record, truth, site)


@cache
def _small() -> tuple[Scenario, Record, dict[str, Any]]:
    run = small_run()
    record = run_and_record(run)
    return run.scenario, record, run.truth()


def _judged(change: Callable[[dict[str, Any]], object]) -> list[str]:
    scenario, record, truth = _small()
    truth = copy.deepcopy(truth)
    change(truth)
    return faults(scenario, record, truth, 0)


def _moved(key: str, seconds: float, event: int | None = None) -> Callable[[dict[str, Any]], object]:
    def change(truth: dict[str, Any]) -> None:
        own = truth if event is None else truth["events"][event]
        own[key] = iso(moment(own[key]) + round(seconds * SECOND))

    return change


def _event_of(event: int, key: str, value: object) -> Callable[[dict[str, Any]], object]:
    return lambda truth: truth["events"][event].update({key: value})


def _lost(name: str, seconds: float) -> Callable[[dict[str, Any]], object]:
    def change(truth: dict[str, Any]) -> None:
        truth["lost_at"][name] = iso(
            moment(truth["lost_at"].get(name, truth["lost_at"]["ups-a"])) + round(seconds * SECOND)
        )

    return change


def test_a_right_truth_is_found_right() -> None:
    assert _judged(lambda truth: None) == []


LOSS, NO_START, PREDICTED, DROPPED, LOST = range(5)
WRONG = {
    "loss too late": (_moved("start", 2, LOSS), "utility_lost@utility-1"),
    "loss too early": (_moved("start", -2, LOSS), "utility_lost@utility-1"),
    "half a second": (_moved("start", 0.5, LOSS), "utility_lost@utility-1"),
    "wrong kind": (_event_of(LOSS, "kind", ["voltage_swell"]), "nothing of the kind"),
    "wrong subject": (_event_of(LOSS, "subject", ["gen-1"]), "nothing of the kind"),
    "no such subject": (_event_of(LOSS, "subject", ["gen-9"]), "the site has no gen-9"),
    "no such kind": (_event_of(LOSS, "kind", ["gone"]), "there is no kind gone"),
    "told before it is so": (_moved("start", -5, NO_START), "generator_fail_to_start@gen-1"),
    "told after it is over": (_moved("start", 20, NO_START), "generator_fail_to_start@gen-1"),
    "predicted before the loss": (_moved("start", -3, PREDICTED), "load_loss_predicted@ups-a"),
    "not in order": (_moved("latest", -200, PREDICTED), "not in order"),
    "after the recording": (_moved("latest", 2000, LOST), "not within the recording"),
    "dropped early": (_moved("start", -5, DROPPED), "ups_load_dropped@ups-a"),
    "dropped late": (_moved("start", 3, DROPPED), "ups_load_dropped@ups-a"),
    "drop missing": (lambda truth: truth["events"].pop(DROPPED), "ups_load_dropped@ups-a from"),
    "lost load missing": (lambda truth: truth["events"].pop(LOST), "load_lost@row-1 from"),
    "lockout missing": (lambda truth: truth["allowed"].clear(), "sources_locked_out@ats-a from"),
    "generator's lock-out missing": (
        lambda truth: (truth["events"].pop(NO_START), truth.pop("root")),
        "lock-out@gen-1 from",
    ),
    "lost a step late": (_lost("ups-a", 0.1), "lost_at: ups-a was lost at"),
    "lost what was not": (_lost("ats-a", 0), "lost_at: ats-a is neither"),
    "a loss is missing": (lambda truth: truth["lost_at"].pop("ups-a"), "lost_at: ups-a is missing"),
    "root of another device": (lambda truth: truth["root"].update(subject=["ats-a"]), "root: "),
    "safe too early": (_moved("not_safe_before", -1), "no path was sound before"),
    "safe too late": (_moved("not_safe_before", 30), "may be called safe before"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_truth_is_found_wrong(name: str) -> None:
    change, expected = WRONG[name]
    found = _judged(change)
    assert any(expected in fault for fault in found), found


def test_what_was_in_order_in_the_small_run_is_not_told() -> None:
    _, record, _ = _small()
    for kind, subject in (
        ("ats_fail_to_transfer", "ats-a"),
        ("ats_open", "ats-a"),
        ("no_start_command", "ats-a"),
        ("generator_trip_on_load", "gen-1"),
        ("generator_out_of_spec", "gen-1"),
        ("ups_on_bypass", "ups-a"),
        ("ups_cycling", "ups-a"),
        ("battery_weak", "ups-a"),
        ("emergency_power_off", "ups-a"),
        ("redundancy_lost", "row-1"),
        ("voltage_swell", "utility-1"),
        ("phase_loss", "utility-1"),
        ("comms_lost", "ats-a"),
    ):
        assert told(kind, record, subject) == [], (kind, subject)
