"""From scenario to rows and recording."""

import json
from pathlib import Path

import numpy as np
import pytest

from simulators.scenario import Scenario, load_scenario
from simulators.simulate import blocks, record, simulate, truth
from telemetry.block import SECOND, Quality, SampleBlock
from telemetry.recordings.parquet import read_recording


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario("good-transfer")


def _joined(rows: list[SampleBlock]) -> tuple[np.ndarray, np.ndarray]:
    assert len({block.channels for block in rows}) == 1
    return np.concatenate([b.values for b in rows]), np.concatenate([b.quality for b in rows])


def test_one_seed_gives_one_recording_and_another_seed_another(scenario: Scenario) -> None:
    first, again, other = (_joined(list(blocks(scenario, seed))) for seed in (1, 1, 2))
    assert np.array_equal(first[0], again[0], equal_nan=True)
    assert np.array_equal(first[1], again[1])
    assert not np.array_equal(first[0], other[0], equal_nan=True)
    assert truth(scenario, 1) == truth(scenario, 1) != truth(scenario, 2)


def test_there_is_a_row_for_every_tick_and_fresh_samples_only_where_a_poll_was_due(scenario: Scenario) -> None:
    rows = list(blocks(scenario))
    assert [int(b.times[0]) for b in rows] == list(scenario.times())
    for block in rows:
        fresh = {c.device for c, q in zip(block.channels, block.quality[0], strict=True) if q == Quality.GOOD}
        assert fresh == set(scenario.due(int(block.times[0])))


def test_rows_show_what_the_plant_shows_in_the_devices_own_resolution(scenario: Scenario) -> None:
    states = simulate(scenario)
    for block, (time, devices) in zip(blocks(scenario), states, strict=True):
        assert int(block.times[0]) == time
        if time - scenario.start != 180 * SECOND:
            continue
        for channel, value in zip(block.channels, block.values[0], strict=True):
            shown = devices[channel.device]
            assert shown is not None
            if channel.quantity == "ups.status":
                assert value == shown["ups.status"]
            if channel.quantity.startswith("output.L1-N"):
                assert value == pytest.approx(shown[channel.quantity], abs=0.6)


def test_a_silent_card_gives_missing_samples_and_no_numbers() -> None:
    lost = 0
    for block in blocks(load_scenario("generator-fail-to-start")):
        of_pdu = [i for i, c in enumerate(block.channels) if c.device == "pdu-a1"]
        if (block.quality[0, of_pdu] == Quality.MISSING).all():
            assert np.isnan(block.values[0, of_pdu]).all()
            lost += 1
    assert lost > 100


def test_a_recording_holds_site_truth_and_every_row(scenario: Scenario, tmp_path: Path) -> None:
    parts: list[float] = []
    record(scenario, tmp_path / "out", progress=parts.append)
    assert json.loads((tmp_path / "out" / "truth.json").read_text(encoding="utf-8")) == truth(scenario)
    traps = [json.loads(line) for line in (tmp_path / "out" / "traps.jsonl").read_text(encoding="utf-8").splitlines()]
    on_battery = truth(scenario)["events"][0]["start"]
    assert {t["device"] for t in traps} >= {"ups-a", "ups-b", "ats-a", "ats-b"}
    assert min(t["time"] for t in traps) >= on_battery
    recording = read_recording(tmp_path / "out")
    assert recording.site == scenario.site
    times = np.concatenate([b.times for b in recording.blocks(500)])
    assert times.tolist() == list(scenario.times())
    assert parts == sorted(parts)
    assert parts[-1] == 1.0
