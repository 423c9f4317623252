"""Failures of transfer switches and UPSs, each alone: what the devices show is what tells one from another."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from device_profiles.quantities import quantity
from simulators.plant import Plant
from simulators.scenario import load_scenario
from simulators.simulate import Run
from simulators.timeline import duration
from simulators.ups.upses import Upses
from telemetry.block import SECOND

SEEDS = (1, 2)
NOMINAL = 277.0
EDGE_NOMINAL = 230.0
DEAD = 0.02  # parts of nominal
BROWNOUT = 0.85  # parts of nominal, at which the switches leave a source

Numbers = NDArray[np.float64]


class Story:
    """One scenario under all seeds, looked at every tick until `until`.

    times: s since the start, `(T,)`
    """

    def __init__(self, name: str, until: str, hidden: Callable[[Plant], Any] | None) -> None:
        self.scenario = load_scenario(name)
        self.run = Run(self.scenario, *SEEDS)
        self.hidden: list[Any] = []
        if hidden is not None:
            self.run.plant.observers.append(lambda plant: self.hidden.append((plant.now, hidden(plant))))
        stop = self.scenario.start + duration(until)
        assert stop <= self.scenario.stop
        self.times = np.arange(0, (stop - self.scenario.start) // SECOND + 1)
        self._shown: list[list[dict[str, dict[str, float] | None]]] = []
        for time in self.scenario.times():
            if time > stop:
                break
            self.run.advance(time)
            self._shown.append([self.run.plant.readings(site) for site in range(len(SEEDS))])

    def at(self, site: int, milestone: str) -> float:
        """S since the start at which a milestone or an event with an id was."""
        events = {e.id: e.time for e in self.scenario.events(SEEDS[site]) if e.id}
        when = (events | self.run.plant.milestones.of(site))[milestone]
        return (when - self.scenario.start) / SECOND

    def happened(self, site: int, milestone: str) -> bool:
        """Whether it has come so far."""
        return milestone in self.run.plant.milestones.of(site)

    def all_of(self, site: int, milestone: str) -> list[float]:
        """S since the start of every time that it came."""
        changes = self.run.plant.milestones.changes[site]
        return [(when - self.scenario.start) / SECOND for when, name in changes if name == milestone]

    def seen(self, site: int, device: str, name: str, begin: float, end: float) -> Numbers:
        """What the device showed at the ticks within [begin, end] s; NaN where it was silent."""
        rows = [s[site][device] for s, t in zip(self._shown, self.times, strict=True) if begin <= t <= end]
        assert rows, "no tick in that time"
        return np.array([np.nan if row is None else row[name] for row in rows])

    def phases(self, site: int, device: str, feed: str, begin: float, end: float) -> Numbers:
        """`(ticks, 3)` V phase to neutral at a feed."""
        return np.stack(
            [self.seen(site, device, f"{feed}.L{k}-N.voltage", begin, end) for k in (1, 2, 3)],
            axis=-1,
        )

    def states(self, site: int, device: str, name: str, begin: float, end: float) -> set[str | None]:
        """The states that it showed then."""
        return {quantity(name).state(code) for code in self.seen(site, device, name, begin, end)}


@cache
def _story(name: str, until: str) -> Story:
    return Story(name, until, _HIDDEN.get(name))


def _string_currents(plant: Plant) -> Numbers:
    return plant.parts.batteries[0].string_current[:, 0].copy()


def _upses(plant: Plant) -> Upses:
    return next(group.part for group in plant.parts.groups if isinstance(group.part, Upses))


def _output_levels(plant: Plant) -> Numbers:
    return np.array(_upses(plant).output.lowest)


def _stored(plant: Plant) -> Numbers:
    return plant.parts.batteries[0].stored[:, 0].copy()


_HIDDEN: dict[str, Callable[[Plant], Any]] = {
    "ups-weak-string": _string_currents,
    "ups-open-cell-string": _string_currents,
    "ups-eco-gap": _output_levels,
    "ups-charger-failed": _stored,
}


def _within(story: Story, begin: float, end: float) -> list[Any]:
    start = story.scenario.start
    return [what for when, what in story.hidden if begin <= (when - start) / SECOND <= end]


def _correlation(one: Numbers, other: Numbers) -> float:
    one, other = one - one.mean(), other - other.mean()
    return float((one * other).sum() / np.sqrt((one**2).sum() * (other**2).sum()))


@pytest.fixture(params=range(len(SEEDS)), ids=[f"seed{s}" for s in SEEDS])
def site(request: pytest.FixtureRequest) -> int:
    chosen: int = request.param
    return chosen


# ---- transfer switches ----------------------------------------------------------------------------------------------


def test_a_stuck_switch_stays_on_its_dead_source_beside_a_good_one_in_automatic(site: int) -> None:
    story = _story("ats-stuck", "4m")
    begin, end = story.at(site, "ats-a.emergency_good") + 2, 240
    assert story.states(site, "ats-a", "input.source", begin, end) == {"normal"}
    assert story.states(site, "ats-a", "ats.mode", begin, end) == {"auto"}  # no lockout holds it
    assert story.states(site, "ats-a", "ats.start_contact", begin, end) == {"run"}
    assert story.states(site, "ats-a", "input.2.status", begin, end) == {"good"}
    assert story.seen(site, "ats-a", "input.2.voltage", begin, end).min() > 0.9 * NOMINAL
    assert story.seen(site, "ats-a", "output.voltage", begin, end).max() < DEAD * NOMINAL
    assert story.states(site, "ats-b", "input.source", begin, end) == {"emergency"}
    assert story.states(site, "ups-a", "ups.status", begin, end) == {"on_battery"}
    assert np.all(np.diff(story.seen(site, "ups-a", "battery.charge", begin, end)) < 0)


def test_a_switch_stuck_open_is_on_neither_source_and_dead_beside_a_good_one(site: int) -> None:
    story = _story("ats-stuck-open", "4m")
    begin = story.at(site, "ats-a.between") + 1
    assert 240 - begin > 60  # of no neutral delay at all
    assert story.states(site, "ats-a", "input.source", begin, 240) == {"none"}
    assert story.states(site, "ats-a", "ats.mode", begin, 240) == {"auto"}
    assert story.states(site, "ats-a", "input.2.status", begin, 240) == {"good"}
    assert story.seen(site, "ats-a", "input.2.voltage", begin, 240).min() > 0.9 * NOMINAL
    assert story.seen(site, "ats-a", "output.voltage", begin, 240).max() < DEAD * NOMINAL
    assert story.states(site, "ats-b", "input.source", begin + 1, 240) == {"emergency"}


def test_a_slow_mechanism_passes_ten_seconds_from_loss_to_load_and_arrives(site: int) -> None:
    story = _story("ats-slow-mechanism", "3m")
    lost = story.at(site, "utility_lost")
    travel = story.at(site, "ats-a.on_emergency") - story.at(site, "ats-a.between")
    assert 5 <= travel <= 8.1
    assert story.at(site, "ats-a.output_live") - lost > 10
    assert story.at(site, "ats-b.output_live") - lost < 10
    between = story.at(site, "ats-a.between"), story.at(site, "ats-a.on_emergency") - 0.1
    assert story.states(site, "ats-a", "input.source", *between) == {"none"}
    assert not story.happened(site, "ups-a.lost")


def test_a_switch_on_a_dead_source_says_so_by_its_voltages_although_its_status_says_good(site: int) -> None:
    story = _story("ats-to-dead-source", "3m")
    moved = story.at(site, "ats-a.on_emergency")
    fed = story.at(site, "ats-a.output_live")
    assert fed - moved > 10
    begin, end = story.at(site, "utility_back") + 1, fed - 3
    assert end - begin >= 4
    assert story.states(site, "ats-a", "input.source", moved, end) == {"emergency"}
    assert story.states(site, "ats-a", "input.2.status", moved, end) == {"good"}
    assert story.seen(site, "ats-a", "input.2.voltage", moved, end).max() < BROWNOUT * NOMINAL
    assert story.seen(site, "ats-a", "output.voltage", moved, end).max() < BROWNOUT * NOMINAL
    assert story.seen(site, "ats-a", "input.1.voltage", begin, end).min() > 0.95 * NOMINAL
    assert story.states(site, "ats-b", "input.source", 0, 180) == {"normal"}
    assert story.states(site, "ups-a", "ups.status", moved, end) == {"on_battery"}


def test_a_lockout_inhibits_the_switch_and_takes_both_its_sources_while_the_generator_runs_well(site: int) -> None:
    story = _story("ats-inhibited-by-lockout", "4m")
    fault, tripped = story.at(site, "fault"), story.at(site, "relay-86.relay_tripped")
    assert 0.3 <= tripped - fault <= 0.6  # within the element's delay, before the feeder opens
    assert tripped < story.at(site, "utility-1.feeder_locked_out")
    begin, end = tripped + 1, 240
    assert story.states(site, "ats-a", "ats.mode", begin, end) == {"inhibited"}
    assert story.states(site, "ats-a", "input.source", begin, end) == {"normal"}
    for side in ("input.1", "input.2"):
        assert story.seen(site, "ats-a", f"{side}.voltage", begin, end).max() < DEAD * NOMINAL
    ready = story.at(site, "gen-1.in_spec") + 2
    assert story.seen(site, "gen-1", "output.voltage", ready, end).min() > 0.9 * NOMINAL
    assert story.states(site, "ats-b", "input.source", ready, end) == {"emergency"}
    assert story.states(site, "ats-b", "ats.mode", begin, end) == {"auto"}


def test_a_switch_in_manual_shows_it_while_all_is_well_and_then_neither_calls_nor_moves(site: int) -> None:
    story = _story("ats-not-in-auto", "6m")
    left, lost = story.at(site, "left_in_manual"), story.at(site, "utility_lost")
    assert lost - left > 120
    assert story.states(site, "ats-a", "ats.mode", left + 1, lost - 1) == {"manual"}
    assert story.states(site, "ups-a", "ups.status", left + 1, lost - 1) == {"online"}
    begin, end = story.at(site, "ats-b.on_emergency") + 1, 360
    assert story.states(site, "ats-a", "ats.start_contact", lost + 2, end) == {"stop"}
    assert story.states(site, "ats-b", "ats.start_contact", lost + 2, end) == {"run"}
    assert story.states(site, "ats-a", "input.source", begin, end) == {"normal"}
    assert story.seen(site, "ats-a", "input.2.voltage", begin, end).min() > 0.9 * NOMINAL
    assert story.seen(site, "ats-a", "output.voltage", begin, end).max() < DEAD * NOMINAL
    assert story.states(site, "ups-a", "ups.status", begin, end) == {"on_battery"}


def test_a_hunting_switch_transfers_again_and_again_on_a_source_that_stays_above_its_drop_out(site: int) -> None:
    story = _story("ats-hunting", "7m")
    moves = sorted(story.all_of(site, "ats-a.on_emergency") + story.all_of(site, "ats-a.on_normal"))
    assert len(moves) >= 4
    assert min(late - early for early, late in zip(moves, moves[2:], strict=False)) < 600  # three within ten minutes
    good_for = [
        back - good
        for good, back in zip(
            [t for t in story.all_of(site, "ats-a.normal_good") if t > moves[0]],
            story.all_of(site, "ats-a.on_normal"),
            strict=False,
        )
    ]
    assert max(good_for) < 1  # of the five minutes that it ought to wait
    assert story.seen(site, "ats-a", "input.1.voltage", 0, 420).min() > BROWNOUT * NOMINAL
    assert story.states(site, "ats-b", "input.source", 0, 420) == {"normal"}


def test_an_early_retransfer_comes_at_once_and_meets_the_next_loss(site: int) -> None:
    story = _story("ats-early-retransfer", "6m")
    good, back = story.at(site, "ats-a.normal_good"), story.at(site, "ats-a.on_normal")
    assert back - good < 1
    again = story.at(site, "lost_again")
    assert back < again < back + 60
    assert story.at(site, "ats-a.on_emergency.2") > again
    # The generator had not failed, which would have been reason to go.
    assert story.seen(site, "ats-a", "input.2.voltage", good - 5, good).min() > 0.9 * NOMINAL
    assert story.states(site, "ats-b", "input.source", good, again + 30) == {"emergency"}
    assert story.all_of(site, "ups-a.on_battery")[1:3] == pytest.approx([back, again], abs=1)


def test_a_failed_contact_loses_one_phase_of_a_whole_source(site: int) -> None:
    story = _story("ats-failed-contact", "4m")
    begin = story.at(site, "ats-a.on_emergency") + 1
    assert story.states(site, "ats-a", "input.source", begin, 240) == {"emergency"}
    source, output = (story.phases(site, "ats-a", feed, begin, 240) for feed in ("input.2", "output"))
    lost = (output < 0.98 * source).all(axis=0)
    assert lost.sum() == 1
    assert output[:, lost].max() < DEAD * NOMINAL
    assert source.min() > 0.9 * NOMINAL
    assert np.abs(output[:, ~lost] / source[:, ~lost] - 1).max() < 0.02
    assert story.states(site, "ups-a", "ups.status", begin, 240) == {"on_battery"}
    assert story.states(site, "ups-b", "ups.status", begin + 20, 240) == {"online"}


def test_a_switch_that_fails_to_retransfer_is_on_the_generator_a_minute_after_its_delay(site: int) -> None:
    story = _story("ats-fails-to-retransfer", "10m30s")
    due = story.at(site, "ats-a.normal_good") + 300
    begin, end = due + 60, due + 75
    assert story.states(site, "ats-a", "input.source", begin, end) == {"emergency"}
    assert story.states(site, "ats-a", "input.1.status", due - 290, end) == {"good"}
    assert story.states(site, "ats-b", "input.source", begin, end) == {"normal"}
    assert story.seen(site, "gen-1", "output.realpower", begin, end).min() > 100_000
    assert story.states(site, "ups-a", "ups.status", begin, end) == {"online"}


def test_a_switch_leaves_a_source_that_every_other_device_finds_good(site: int) -> None:
    story = _story("ats-leaves-good-utility", "4m")
    failed, moved = story.at(site, "board_failed"), story.at(site, "ats-a.on_emergency")
    assert moved - failed < 15
    assert story.states(site, "ats-a", "input.1.status", failed + 1, 240) == {"bad"}
    assert story.states(site, "ats-b", "input.1.status", 0, 240) == {"good"}
    for device, feed in (("utility-1", "input"), ("ats-a", "input.1"), ("ups-b", "input")):
        assert story.seen(site, device, f"{feed}.voltage", 0, 240).min() > 0.95 * NOMINAL
    assert story.states(site, "ats-a", "ats.start_contact", failed + 3, 240) == {"run"}
    assert story.states(site, "ats-a", "input.source", moved + 1, 240) == {"emergency"}


# ---- UPSs -----------------------------------------------------------------------------------------------------------


def _drops_with_its_input(story: Story, site: int) -> None:
    """The output is dead in the sample in which the input is, the card says off, and nothing came from the battery."""
    lost = story.at(site, "ups-a.lost")
    assert lost - story.at(site, "utility_lost") <= 0.3
    after = np.ceil(lost), np.ceil(lost) + 5
    assert story.seen(site, "ups-a", "output.voltage", *after).max() < DEAD * NOMINAL
    assert story.states(site, "ups-a", "ups.status", *after) == {"off"}  # it answers: no comms loss
    assert not story.happened(site, "ups-a.on_battery") or story.at(site, "ups-a.on_battery") > lost
    assert story.seen(site, "ups-b", "output.voltage", *after).min() > 0.97 * NOMINAL
    assert story.states(site, "ups-b", "ups.status", *after) == {"on_battery"}
    assert np.isnan(story.seen(site, "pdu-a1", "input.voltage", *after)).all()
    assert not story.happened(site, "row-1.lost")
    before = story.seen(site, "ups-b", "ups.load", lost - 5, lost - 1).mean()
    assert story.seen(site, "ups-b", "ups.load", *after)[2:].mean() == pytest.approx(2 * before, rel=0.05)


def test_a_ups_without_a_way_to_its_battery_drops_its_load_with_a_full_battery(site: int) -> None:
    story = _story("ups-drops-load", "3m")
    _drops_with_its_input(story, site)
    lost = story.at(site, "ups-a.lost")
    assert story.states(site, "ups-a", "battery.status", 0, lost - 1) == {"normal"}  # nothing told of it before
    assert story.seen(site, "ups-a", "battery.charge", lost, lost + 5).min() > 99.9
    assert np.abs(story.seen(site, "ups-a", "battery.current", lost, lost + 5)).max() == 0


def test_an_open_battery_breaker_stands_as_a_battery_fault_and_no_runtime_before_the_load_drops(site: int) -> None:
    story = _story("battery-breaker-open", "5m")
    opened, lost = story.at(site, "left_open"), story.at(site, "utility_lost")
    assert lost - opened > 120
    assert story.states(site, "ups-a", "battery.breaker", opened + 2, lost) == {"open"}
    assert story.states(site, "ups-a", "battery.status", opened + 2, lost) == {"fault"}
    assert story.seen(site, "ups-a", "battery.runtime", opened + 2, lost).max() == 0
    assert story.states(site, "ups-a", "ups.status", opened + 2, lost - 1) == {"online"}
    assert story.states(site, "ups-b", "battery.status", opened + 2, lost) == {"normal"}
    _drops_with_its_input(story, site)


def test_on_bypass_the_output_follows_the_input_through_a_sag(site: int) -> None:
    story = _story("ups-bypass-fault", "6m")
    failed = story.at(site, "inverter_failed")
    assert story.states(site, "ups-a", "ups.status", failed + 1, 360) == {"bypass"}
    sag, over = story.at(site, "sag"), story.at(site, "sag_over")
    a_in, a_out, b_out = (
        story.phases(site, device, feed, sag - 30, over + 30)
        for device, feed in (("ups-a", "input"), ("ups-a", "output"), ("ups-b", "output"))
    )
    assert a_in.min() < 0.89 * NOMINAL
    for phase in range(3):
        assert _correlation(a_in[:, phase], a_out[:, phase]) > 0.99
    assert np.abs(a_out / a_in - 1).max() < 0.02
    assert b_out.min() > 0.99 * NOMINAL
    assert story.states(site, "ups-b", "ups.status", 0, 360) == {"online"}
    assert not story.happened(site, "utility-1.dead")


def test_a_failed_static_switch_leaves_a_dead_output_beside_a_healthy_input_and_a_full_battery(site: int) -> None:
    story = _story("ups-static-switch-fails", "3m30s")
    begin = story.at(site, "ups-a.lost") + 1
    assert story.seen(site, "ups-a", "output.voltage", begin, 210).max() < DEAD * NOMINAL
    assert story.seen(site, "ups-a", "input.voltage", 0, 210).min() > 0.95 * NOMINAL
    assert story.seen(site, "ups-a", "battery.charge", begin, 210).min() > 99.9
    assert story.states(site, "ups-a", "ups.status", begin, 210) == {"off"}
    assert story.states(site, "ups-b", "ups.status", begin, 210) == {"online"}
    assert not _upses(story.run.plant).emergency_off.any()  # nobody pressed the button
    assert not story.happened(site, "row-1.lost")


def _falls_faster_than_time(story: Story, site: int) -> None:
    """The card counts on strings as good as new: its runtime falls by more than 1.5 s each second."""
    lost = story.at(site, "utility_lost")
    runtime = story.seen(site, "ups-1", "battery.runtime", lost + 5, lost + 60)
    assert (runtime[-1] - runtime[0]) / (len(runtime) - 1) < -1.5
    assert story.states(site, "ups-1", "battery.status", 0, lost) == {"normal"}  # nothing told of it before


def test_a_worn_out_string_gives_ever_less_of_the_current_and_the_battery_ends_far_too_soon(site: int) -> None:
    story = _story("ups-weak-string", "5m")
    lost, end = story.at(site, "utility_lost"), story.at(site, "ups-1.lost")
    _falls_faster_than_time(story, site)
    currents = np.abs(np.array([c[site] for c in _within(story, lost + 2, lost + 60)]))
    shares = currents.min(axis=-1) / currents.sum(axis=-1)
    assert shares[0] < 0.45
    assert shares[-1] < 0.6 * shares[0]
    promised = story.seen(site, "ups-1", "battery.runtime", lost - 10, lost - 1).mean()
    assert end - lost < 0.4 * promised
    # A new battery of the same make and about the same load stands higher after a minute.
    sound = _story("ups-charger-failed", "16m")
    then = sound.at(site, "utility_lost")
    drawn = [s.seen(site, "ups-1", "output.realpower", t, t + 60).mean() for s, t in ((story, lost), (sound, then))]
    assert drawn[0] == pytest.approx(drawn[1], rel=0.15)
    weak, whole = (
        s.seen(site, "ups-1", "battery.voltage", t + 50, t + 60).mean() for s, t in ((story, lost), (sound, then))
    )
    assert weak < 0.97 * whole
    assert story.happened(site, "row-1.lost")


def test_an_open_cell_takes_its_string_out_unseen_until_the_other_carries_all(site: int) -> None:
    story = _story("ups-open-cell-string", "3m30s")
    opened, lost = story.at(site, "opened"), story.at(site, "utility_lost")
    _falls_faster_than_time(story, site)
    currents = np.abs(np.array([c[site] for c in _within(story, lost + 2, lost + 60)]))
    assert currents.min(axis=-1).max() == 0
    assert currents.max(axis=-1).min() > 50
    floats = [
        story.seen(site, "ups-1", "battery.voltage", *span).mean() for span in ((0, opened - 1), (opened + 5, lost - 1))
    ]
    assert floats[0] == pytest.approx(floats[1], rel=1e-3)


def test_an_overload_lasts_a_minute_on_the_inverter_and_then_rides_on_bypass(site: int) -> None:
    story = _story("ups-overload-to-bypass", "10m")
    over, bypass, shed = (story.at(site, m) for m in ("ups-1.overloaded", "ups-1.bypass", "shed"))
    assert bypass - over == pytest.approx(60, abs=3)
    assert story.seen(site, "ups-1", "ups.load", over + 1, shed - 1).min() > 125
    assert story.states(site, "ups-1", "ups.status", over + 1, bypass - 1) == {"online"}
    assert (
        story.seen(site, "ups-1", "battery.current", over + 1, bypass - 1).max() < -10
    )  # the rectifier is at its limit
    assert story.states(site, "ups-1", "ups.status", bypass + 1, shed - 1) == {"bypass"}
    voltage_in, voltage_out = (
        story.seen(site, "ups-1", f"{feed}.voltage", bypass + 1, shed - 1) for feed in ("input", "output")
    )
    assert _correlation(voltage_in, voltage_out) > 0.9
    assert story.states(site, "ups-1", "ups.status", shed + 15, 600) == {"online"}
    assert not story.happened(site, "row-1.lost")


def test_a_ups_that_rejects_the_generator_stays_on_battery_beside_voltage_and_frequency_in_range(site: int) -> None:
    story = _story("ups-rejects-generator", "4m30s")
    begin, end = story.at(site, "ats-a.on_emergency") + 1, 270
    assert end - begin > 120
    assert story.states(site, "ups-a", "ups.status", begin, end) == {"on_battery"}
    for device, feed in (("ats-a", "output"), ("ups-a", "input")):
        assert np.abs(story.seen(site, device, f"{feed}.voltage", begin + 5, end) / NOMINAL - 1).max() < 0.1
        assert np.abs(story.seen(site, device, f"{feed}.frequency", begin + 5, end) - 60).max() < 0.05 * 60
    assert story.seen(site, "ups-a", "input.realpower", begin, end).max() < 0.01 * 320_000
    assert story.states(site, "ups-b", "ups.status", begin + 20, end) == {"online"}


def test_on_a_dirty_generator_the_ups_comes_and_goes_every_four_seconds(site: int) -> None:
    story = _story("ups-cycles-on-dirty-generator", "4m")
    leaves = [t for t in story.all_of(site, "ups-a.source_refused") if t > story.at(site, "ats-a.on_emergency")]
    periods = np.diff(leaves)
    assert len(periods) > 15  # and no end
    assert np.all((periods > 3) & (periods < 5))
    assert story.states(site, "ups-a", "ups.status", leaves[0], 240) == {"online", "on_battery"}
    assert story.states(site, "ups-b", "ups.status", leaves[0] + 10, 240) == {"online"}
    assert story.states(site, "ats-a", "input.source", leaves[0], 240) == {"emergency"}
    assert story.seen(site, "ups-a", "input.voltage", leaves[0], 240).min() > 0.9 * NOMINAL


def test_a_dead_charger_leaves_current_nought_and_a_battery_below_its_float_voltage_on_good_mains(site: int) -> None:
    story = _story("ups-charger-failed", "16m")
    begin = story.at(site, "ups-1.online") + 1
    assert story.states(site, "ups-1", "ups.status", begin, 960) == {"online"}
    assert np.abs(story.seen(site, "ups-1", "battery.current", begin, 960)).max() == 0
    assert story.seen(site, "ups-1", "battery.charge", begin, 960).max() < 90
    assert story.seen(site, "ups-1", "battery.voltage", begin, 960).max() < 0.95 * 540
    energy = np.array([e[site] for e in _within(story, begin, 960)])
    assert energy.max() <= energy[0] * (1 + 1e-9)
    # Beside it, a charger that works: four outages later its battery still rises.
    drained = _story("ups-repeated-drain", "14m")
    back = drained.at(site, "end_1") + 20
    assert drained.seen(site, "ups-1", "battery.current", back, back + 60).min() > 0


def test_repeated_outages_drain_what_is_not_put_back_between_them(site: int) -> None:
    story = _story("ups-repeated-drain", "14m")
    begins = [story.at(site, m) for m in ("utility_lost", "outage_2", "outage_3", "outage_4")]
    ends = [story.at(site, m) for m in ("end_1", "end_2", "end_3", "utility_back")]
    charge = [story.seen(site, "ups-1", "battery.charge", t - 2, t)[-1] for t in begins]
    left = [story.seen(site, "ups-1", "battery.charge", t - 2, t)[-1] for t in ends]
    assert charge == sorted(charge, reverse=True)
    for put_back, taken in zip(np.subtract(charge[1:], left[:-1]), np.subtract(charge, left), strict=False):
        assert put_back < 0.5 * taken
    runtimes = [story.seen(site, "ups-1", "battery.runtime", t - 2, t)[-1] for t in begins]
    assert runtimes[-1] < 0.75 * runtimes[0]
    assert sum(end - begin for begin, end in zip(begins, ends, strict=True)) > 240  # s on battery


def test_eco_mode_has_a_gap_of_milliseconds_that_double_conversion_has_not(site: int) -> None:
    story = _story("ups-eco-gap", "3m")
    lost = story.at(site, "utility_lost")
    assert story.states(site, "ups-a", "ups.status", 0, lost - 1) == {"eco"}
    follows = [story.seen(site, "ups-a", f"{feed}.L1-N.voltage", 0, lost - 1) for feed in ("input", "output")]
    assert _correlation(*follows) > 0.9
    eco, double = np.array([levels[site] for levels in _within(story, lost - 1, lost + 1)]).T
    # 4 to 10 ms without voltage, as the rms of a tenth of a second.
    assert np.sqrt(1 - 0.1) - 0.001 <= eco.min() <= np.sqrt(1 - 0.04) + 0.001
    assert (eco < 0.985).sum() == 1
    assert double.min() > 0.999
    assert not story.happened(site, "row-1.lost")


def test_lithium_ends_abruptly_at_a_voltage_at_which_lead_acid_has_minutes_left(site: int) -> None:
    story = _story("lithium-knee", "7m30s")
    lost, end = story.at(site, "utility_lost"), story.at(site, "ups-1.lost")
    voltage = story.seen(site, "ups-1", "battery.voltage", lost + 5, end - 1)
    assert voltage.min() > 0.97 * 480
    assert voltage[0] - voltage[-1] < 0.06 * 480
    slopes = np.diff(voltage[::30])
    assert slopes.min() > -0.01 * 480  # no bend tells of the end half a minute ahead
    lead = _story("ups-weak-string", "5m")
    lead_end = lead.at(site, "ups-1.lost")
    assert lead.seen(site, "ups-1", "battery.voltage", lead_end - 3, lead_end - 1).min() < 0.87 * 480
    assert story.happened(site, "row-1.lost")
    assert story.seen(site, "ups-1", "output.voltage", lost, end - 1).min() > 0.99 * EDGE_NOMINAL
