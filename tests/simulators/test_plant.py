"""The plant: how the parts of a two-sided site work together."""

import pytest

from simulators.plant import Plant
from simulators.scenario import FOLDER
from telemetry.block import SECOND
from telemetry.site import Site
from telemetry.site_file import parse_site

LOAD = 290_000.0
START = 1_000_000 * SECOND


@pytest.fixture(scope="module")
def site() -> Site:
    return parse_site((FOLDER / "sites" / "two-sided-one-generator.toml").read_text(encoding="utf-8"), "site")


def _plant(site: Site, seed: int = 1, **parts: dict[str, object]) -> Plant:
    return Plant(
        site, {"row-1": {"power": LOAD}, **{k.replace("_", "-"): v for k, v in parts.items()}}, start=START, seed=seed
    )


def _run(plant: Plant, seconds: float) -> None:
    plant.advance(plant.now + round(seconds * SECOND))


def _shown(plant: Plant, device: str) -> dict[str, float]:
    values = plant.readings()[device]
    assert values is not None, f"{device} is silent"
    return values


def test_power_is_conserved_from_the_loads_to_the_utility(site: Site) -> None:
    plant = _plant(site)
    _run(plant, 60)
    pdus = sum(_shown(plant, p)["input.realpower"] for p in ("pdu-a1", "pdu-b1"))
    upses = sum(_shown(plant, u)["output.realpower"] for u in ("ups-a", "ups-b"))
    utility = _shown(plant, "utility-1")["input.realpower"]
    assert pdus == pytest.approx(LOAD, rel=0.01)
    assert upses == pytest.approx(pdus, rel=0.01)
    assert utility == pytest.approx((upses / 0.95 + 2 * 3_200) / 0.95, rel=0.01)


def test_when_one_side_dies_the_other_carries_the_whole_load_at_once(site: Site) -> None:
    plant = _plant(site, ups_a={"rated_time": 20.0}, gen_1={"cycles": 0})
    plant.set("utility-1", "voltage", 0)
    shifted = None
    while plant.parts.upses["ups-a"].state != "off":
        _run(plant, 0.1)
        assert plant.now < START + 600 * SECOND
    shifted = plant.parts.upses["ups-b"].load
    _run(plant, 0.2)
    assert shifted == pytest.approx(LOAD / 2)
    assert plant.parts.upses["ups-b"].load == pytest.approx(LOAD)
    assert not plant.parts.loads["row-1"].lost


def test_a_load_is_lost_when_its_last_cord_is_dead(site: Site) -> None:
    plant = _plant(site, ups_a={"rated_time": 20.0}, ups_b={"rated_time": 40.0}, gen_1={"cycles": 0})
    plant.set("utility-1", "voltage", 0)
    _run(plant, 120)
    assert plant.milestones["row-1.lost"] == max(plant.milestones["ups-a.lost"], plant.milestones["ups-b.lost"])


def test_one_generator_carries_both_sides_within_nine_seconds(site: Site) -> None:
    for seed in range(5):
        plant = _plant(site, seed)
        _run(plant, 30)
        lost_at = plant.now
        plant.set("utility-1", "voltage", 0)
        _run(plant, 60)
        for switch in ("ats-a", "ats-b"):
            assert plant.milestones[f"{switch}.emergency"] - lost_at <= 9 * SECOND
        assert _shown(plant, "gen-1")["output.realpower"] == pytest.approx((LOAD / 0.95 + 6_400) / 0.95, rel=0.15)


def test_a_lockout_keeps_both_sources_from_the_switches_though_the_generator_runs(site: Site) -> None:
    plant = _plant(site, relay_86={"blocks": ["ats-a", "ats-b"]})
    plant.set("relay-86", "tripped", True)
    _run(plant, 20)
    ats = _shown(plant, "ats-a")
    assert ats["input.1.voltage"] == ats["input.2.voltage"] == ats["output.voltage"] == 0
    assert plant.parts.switches["ats-a"].inhibited
    assert plant.parts.switches["ats-a"].start_contact
    assert plant.parts.generators["gen-1"].in_spec
    assert _shown(plant, "gen-1")["output.realpower"] == 0
    assert _shown(plant, "utility-1")["input.voltage"] > 270
    plant.set("relay-86", "tripped", False)
    _run(plant, 1)
    assert _shown(plant, "ats-a")["output.voltage"] > 270


def test_cards_die_with_their_feed_and_control_power_lives_on(site: Site) -> None:
    plant = _plant(site, ups_a={"rated_time": 20.0}, ups_b={"rated_time": 20.0}, gen_1={"cycles": 0})
    plant.set("utility-1", "voltage", 0)
    while plant.parts.upses["ups-a"].state != "off":
        _run(plant, 0.1)
    _run(plant, 1)
    shown = plant.readings()
    assert shown["pdu-a1"] is None
    assert shown["ups-a"] is not None  # the last of its battery feeds its card a little longer
    assert shown["ups-a"]["output.voltage"] == 0
    _run(plant, 20)
    shown = plant.readings()
    assert {name for name, values in shown.items() if values is None} == {"ups-a", "ups-b", "pdu-a1", "pdu-b1"}


def test_a_card_answers_again_only_when_it_has_booted(site: Site) -> None:
    plant = _plant(site, ups_a={"rated_time": 10.0, "restart": 5.0}, gen_1={"cycles": 0})
    plant.set("utility-1", "voltage", 0)
    _run(plant, 90)
    assert plant.readings()["pdu-a1"] is None
    plant.set("utility-1", "voltage", 1)
    _run(plant, 10)
    assert plant.parts.upses["ups-a"].output.lowest == 1.0
    assert plant.readings()["pdu-a1"] is None
    _run(plant, 45)
    assert plant.readings()["pdu-a1"] is not None


def test_reading_twice_shows_the_same_and_changes_nothing(site: Site) -> None:
    read, unread = _plant(site), _plant(site)
    for _ in range(5):
        _run(read, 1)
        _run(unread, 1)
        assert read.readings() == read.readings()
    assert read.readings() == unread.readings()


def test_every_seed_has_its_own_noise_and_none_at_all_where_nothing_is(site: Site) -> None:
    one, other = _plant(site, 1), _plant(site, 2)
    assert _shown(one, "utility-1")["input.voltage"] != _shown(other, "utility-1")["input.voltage"]
    assert _shown(one, "gen-1")["output.voltage"] == 0


def test_a_fluctuating_utility_stays_within_its_bounds_and_moves(site: Site) -> None:
    plant = _plant(site)
    plant.set("utility-1", "fluctuation", {"low": 0.72, "high": 0.91, "every": 3})
    seen = []
    for _ in range(100):
        _run(plant, 1)
        seen += plant.parts.utilities["utility-1"].supply[:3]
    assert min(seen) > 0.70
    assert max(seen) < 0.93
    assert max(seen) - min(seen) > 0.1


def test_what_the_plant_does_not_have_is_named(site: Site) -> None:
    with pytest.raises(ValueError, match=r"ups-a\.colour"):
        _plant(site, ups_a={"colour": 1})
    with pytest.raises(ValueError, match="ups-c"):
        _plant(site).set("ups-c", "voltage", 1)
    with pytest.raises(ValueError, match="fluctuation"):
        _plant(site).set("utility-1", "voltage", [1, 2])
