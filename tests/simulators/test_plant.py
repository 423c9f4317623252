"""The plant: how the parts of a two-sided site work together."""

import pytest

from device_profiles.quantities import quantity
from simulators.plant import Plant
from simulators.scenario import FOLDER
from telemetry.block import SECOND
from telemetry.site import Site
from telemetry.site_file import parse_site

LOAD = 290_000.0
START = 1_000_000 * SECOND
INHIBITED = quantity("ats.mode").code("inhibited")


@pytest.fixture(scope="module")
def site() -> Site:
    return parse_site((FOLDER / "sites" / "two-sided-one-generator.toml").read_text(encoding="utf-8"), "site")


def _plant(site: Site, seed: int = 1, **parts: dict[str, object]) -> Plant:
    given = {"row-1": {"power": LOAD}, **{k.replace("_", "-"): v for k, v in parts.items()}}
    return Plant(site, [given], start=START, seeds=[seed])


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
    plant.set(0, "utility-1", "voltage", 0)
    before = 0.0
    while "ups-a.lost" not in plant.milestones.of(0):
        before = plant.hidden("ups-b", "load")
        _run(plant, 0.1)
        assert plant.now < START + 600 * SECOND
    assert before == pytest.approx(LOAD / 2, rel=0.01)
    assert plant.hidden("ups-b", "load") == pytest.approx(LOAD, rel=0.01)
    assert not plant.hidden("row-1", "lost")


def test_a_load_is_lost_when_its_last_cord_is_dead(site: Site) -> None:
    plant = _plant(site, ups_a={"rated_time": 20.0}, ups_b={"rated_time": 40.0}, gen_1={"cycles": 0})
    plant.set(0, "utility-1", "voltage", 0)
    _run(plant, 120)
    happened = plant.milestones.of(0)
    assert happened["row-1.lost"] == max(happened["ups-a.lost"], happened["ups-b.lost"])


def test_one_generator_carries_both_sides_within_nine_seconds(site: Site) -> None:
    for seed in range(5):
        plant = _plant(site, seed)
        _run(plant, 30)
        lost_at = plant.now
        plant.set(0, "utility-1", "voltage", 0)
        _run(plant, 60)
        for switch in ("ats-a", "ats-b"):
            assert plant.milestones.of(0)[f"{switch}.on_emergency"] - lost_at <= 9 * SECOND
        assert _shown(plant, "gen-1")["output.realpower"] == pytest.approx((LOAD / 0.95 + 6_400) / 0.95, rel=0.15)


def test_a_lockout_keeps_both_sources_from_the_switches_though_the_generator_runs(site: Site) -> None:
    plant = _plant(site, relay_86={"blocks": ["ats-a", "ats-b"]})
    plant.set(0, "relay-86", "tripped", True)
    _run(plant, 20)
    ats = _shown(plant, "ats-a")
    assert ats["input.1.voltage"] == ats["input.2.voltage"] == ats["output.voltage"] == 0
    assert plant.hidden("ats-a", "mode") == INHIBITED
    assert plant.hidden("ats-a", "start_contact")
    assert plant.hidden("gen-1", "in_spec")
    assert _shown(plant, "gen-1")["output.realpower"] == 0
    assert _shown(plant, "utility-1")["input.voltage"] > 270
    plant.set(0, "relay-86", "tripped", False)
    _run(plant, 1)
    assert _shown(plant, "ats-a")["output.voltage"] > 270


def test_cards_die_with_their_feed_and_control_power_lives_on(site: Site) -> None:
    plant = _plant(site, ups_a={"rated_time": 20.0}, ups_b={"rated_time": 20.0}, gen_1={"cycles": 0})
    plant.set(0, "utility-1", "voltage", 0)
    while "ups-a.lost" not in plant.milestones.of(0):
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
    plant.set(0, "utility-1", "voltage", 0)
    _run(plant, 90)
    assert plant.readings()["pdu-a1"] is None
    plant.set(0, "utility-1", "voltage", 1)
    while "ups-a.output_live" not in plant.milestones.of(0):
        _run(plant, 0.1)
    assert plant.supplies.lowest[0, plant.wiring.names.index("ups-a")] == pytest.approx(1.0)
    _run(plant, 40)
    assert plant.readings()["pdu-a1"] is None
    _run(plant, 6)
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
    plant.set(0, "utility-1", "fluctuation", {"low": 0.72, "high": 0.91, "every": 3})
    seen = []
    for _ in range(100):
        _run(plant, 1)
        seen += plant.parts.utilities.supply.levels[0, 0].tolist()
    assert min(seen) > 0.70
    assert max(seen) < 0.93
    assert max(seen) - min(seen) > 0.1


def test_what_the_plant_does_not_have_is_named(site: Site) -> None:
    with pytest.raises(ValueError, match=r"ups-a\.colour"):
        _plant(site, ups_a={"colour": 1})
    with pytest.raises(ValueError, match="ups-c"):
        _plant(site).set(0, "ups-c", "voltage", 1)
    with pytest.raises(ValueError, match=r"voltage = .*expected one number or three"):
        _plant(site).set(0, "utility-1", "voltage", [1, 2])


def test_sites_that_run_together_do_what_each_does_alone(site: Site) -> None:
    given = [{"row-1": {"power": power}, "gen-1": {"cycles": cycles}} for power, cycles in ((LOAD, 3), (1.2 * LOAD, 0))]
    together = Plant(site, given, start=START, seeds=[1, 2])
    alone = [Plant(site, [table], start=START, seeds=[seed]) for seed, table in enumerate(given, 1)]
    for plant in (together, *alone):
        _run(plant, 5)
        for s in range(plant.sites):
            plant.set(s, "utility-1", "voltage", 0)
        _run(plant, 60)
    for i, plant in enumerate(alone):
        assert plant.milestones.changes[0] == together.milestones.changes[i]
        for device, values in together.readings(i).items():
            assert plant.readings()[device] == (None if values is None else pytest.approx(values, rel=1e-3, abs=1e-3))


def test_a_long_quiet_night_ends_as_it_would_in_short_steps(site: Site) -> None:
    """Steps grow while nothing moves; what the parts hold is then the same, and so is what happens afterwards."""
    grown, short = _plant(site), _plant(site)
    _run(grown, 300)
    while short.now < grown.now:
        short._restless_at = short.now
        _run(short, 0.1)
    steps: list[int] = []
    grown.observers.append(lambda plant: steps.append(plant.now))
    for plant in (grown, short):
        plant.set(0, "utility-1", "voltage", 0)
        _run(plant, 20)
    assert grown.milestones.changes == short.milestones.changes
    for name, attribute in (("ups-a", "stored"), ("ups-a", "load"), ("gen-1", "coolant"), ("gen-1", "fuel")):
        assert grown.hidden(name, attribute) == pytest.approx(short.hidden(name, attribute), rel=1e-3)
    assert len(steps) == 200
