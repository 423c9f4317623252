"""What devices say: late, rounded, stale, wrong; and what their registers keep of what no poll saw."""

import math
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device_profiles.library import load
from device_profiles.quantities import quantity
from simulators.devices.answering import Answering, Shown
from simulators.devices.answering_parameters import AnsweringParameters, taken
from simulators.devices.encode import encode, walked
from simulators.devices.registers import Fast, Registers
from simulators.devices.sensors import Sensors
from simulators.parameters import Tables
from telemetry.assemble import Assembler
from telemetry.block import SECOND, Quality
from telemetry.decode import Decoder, decode
from telemetry.reading import Answer, Reading

START = 1_700_000_000 * SECOND
AGE = 3_000_000 * SECOND
STATUS, REASON = quantity("ups.status"), quantity("input.transfer.reason")


def status(word: str) -> float:
    return float(STATUS.code(word))


LIVE = {
    "input.voltage": 276.4,
    "input.L1-N.voltage": 277.0,
    "input.L2-N.voltage": 276.4,
    "input.L3-N.voltage": 277.8,
    "input.frequency": 60.01,
    "input.phases": 3.0,
    "input.wiring": 0.0,
    "input.linebads": 4.0,
    "output.voltage": 277.0,
    "output.frequency": 60.0,
    "ups.status": status("online"),
    "ups.load": 58.0,
    "ups.on_battery.time": 0.0,
    "battery.runtime": 480.0,
    "battery.charge": 100.0,
}
ON_BATTERY = LIVE | {
    "input.voltage": 0.0,
    "input.L1-N.voltage": 0.0,
    "input.L2-N.voltage": 0.0,
    "input.L3-N.voltage": 0.0,
    "input.frequency": 0.0,
    "ups.status": status("on_battery"),
    "ups.on_battery.time": 30.0,
    "battery.runtime": 230.0,
}


def answering(seed: int = 1, tick: int = SECOND, **given: object) -> Answering:
    """One UPS that lies so."""
    return Answering(("ups-a",), {"ups-a": AnsweringParameters.of("ups-a", given)}, seed, tick=tick)


def said(now: int = START, values: dict[str, float] | None = None, **given: object) -> dict[str, float]:
    shown = answering(**given).show(now, {"ups-a": LIVE if values is None else values})["ups-a"]
    assert shown.values is not None
    return dict(shown.values)


# What is shown at once.


def test_an_ideal_device_says_what_its_instruments_show_at_once() -> None:
    assert answering().show(START, {"ups-a": LIVE}) == {"ups-a": Shown(LIVE, 0, START)}
    assert answering().show(START, {"ups-a": None}) == {"ups-a": Shown(None, 0, START)}


def test_a_sensor_that_is_out_is_out_in_every_form_and_one_phase_alone_where_it_is_named() -> None:
    wrong = said(gain={"input.voltage": 1.02}, offset={"input.L2-N.voltage": -5.0, "battery.charge": 1.0})
    assert wrong["input.voltage"] == pytest.approx(276.4 * 1.02)
    assert wrong["input.L1-N.voltage"] == pytest.approx(277.0 * 1.02)
    assert wrong["input.L2-N.voltage"] == pytest.approx(276.4 * 1.02 - 5)
    assert wrong["battery.charge"] == 101
    assert wrong["output.voltage"] == 277
    assert wrong["input.frequency"] == LIVE["input.frequency"]


def test_it_rounds_to_its_resolution() -> None:
    rounded = said(resolution={"input.voltage": 1, "ups.load": 5, "input.frequency": 0.5})
    assert [rounded[f"input.L{n}-N.voltage"] for n in (1, 2, 3)] == [277, 276, 278]
    assert rounded["ups.load"] == 60
    assert rounded["input.frequency"] == 60


def test_what_it_does_not_know_is_nan_and_its_sentinel_on_the_wire() -> None:
    unknown = said(unknown=["battery.charge", "input.voltage"])
    assert math.isnan(unknown["battery.charge"])
    assert math.isnan(unknown["input.L3-N.voltage"])
    assert unknown["battery.runtime"] == LIVE["battery.runtime"]
    heard = {v.quantity: v.quality for v in decode(load("apc/ups"), encode(load("apc/ups"), unknown))}
    assert heard["battery.charge"] is Quality.MISSING
    assert heard["battery.runtime"] is Quality.GOOD
    assert all(math.isnan(v) for v in said(unknown=["*"]).values())


def test_what_it_knows_only_on_mains_or_only_on_battery() -> None:
    given = {"online_only": ["input.frequency"], "battery_only": ["battery.runtime"]}
    on_mains, on_battery = said(**given), said(values=ON_BATTERY, **given)
    assert math.isnan(on_mains["battery.runtime"])
    assert on_mains["input.frequency"] == LIVE["input.frequency"]
    assert math.isnan(on_battery["input.frequency"])
    assert on_battery["battery.runtime"] == 230


def test_what_it_always_says_it_says_whatever_is() -> None:
    given = {"input.voltage": 220, "battery.status": "low", "output.realpower": 0}
    constant = said(values=ON_BATTERY, constant=given)
    assert constant["input.voltage"] == constant["input.L2-N.voltage"] == 220
    assert constant["battery.status"] == quantity("battery.status").code("low")
    assert constant["output.realpower"] == 0


@pytest.mark.parametrize(("says", "volts", "hertz"), [("zero", 0, 0), ("last", 276.4, 60.01), ("unknown", None, None)])
def test_of_a_dead_input_it_says_nothing_the_last_or_that_it_does_not_know(
    says: str, volts: float | None, hertz: float | None
) -> None:
    device = answering(dead_input=says)
    assert device.show(START, {"ups-a": LIVE})["ups-a"].values == LIVE
    values = device.show(START + SECOND, {"ups-a": ON_BATTERY})["ups-a"].values
    assert values is not None
    for name, expected in (("input.voltage", volts), ("input.L2-N.voltage", volts), ("input.frequency", hertz)):
        assert math.isnan(values[name]) if expected is None else values[name] == expected
    assert values["output.voltage"] == 277
    assert values["ups.status"] == status("on_battery")
    assert device.show(START + 2 * SECOND, {"ups-a": LIVE})["ups-a"].values == LIVE


@pytest.mark.parametrize(
    ("runtime", "on_mains", "on_battery"),
    [("true", 485, 230), ("zero", 0, 0), ("most", 599_940, 599_940), ("minutes", 480, 180), ("counted", 485, 455)],
)
def test_estimates_of_the_runtime_are_wrong_in_known_ways(runtime: str, on_mains: float, on_battery: float) -> None:
    device = answering(runtime=runtime)
    shown = [
        device.show(START + i * SECOND, {"ups-a": values})["ups-a"].values
        for i, values in enumerate((LIVE | {"battery.runtime": 485.0}, ON_BATTERY))
    ]
    assert [values and values["battery.runtime"] for values in shown] == [on_mains, on_battery]


def test_what_sticks_stays_at_what_it_was_until_it_is_freed() -> None:
    device = answering()
    device.show(START, {"ups-a": LIVE})
    device.set("ups-a", "stuck", ["input.voltage"])
    values = device.show(START + SECOND, {"ups-a": ON_BATTERY})["ups-a"].values
    assert values is not None
    assert (values["input.voltage"], values["input.L1-N.voltage"]) == (276.4, 277.0)
    assert (values["input.frequency"], values["ups.status"]) == (0.0, status("on_battery"))
    device.set("ups-a", "stuck", False)
    assert device.show(START + 2 * SECOND, {"ups-a": ON_BATTERY})["ups-a"].values == ON_BATTERY


def test_a_card_that_does_not_hear_its_ups_repeats_itself_and_is_not_believed() -> None:
    profile = load("apc/ups")
    device, decoder = answering(hears=True), Decoder(profile)
    heard = []
    for i, hears in enumerate((True, False, True)):
        device.set("ups-a", "hears", hears)
        values = device.show(START + i * SECOND, {"ups-a": ON_BATTERY if i else LIVE})["ups-a"].values
        assert values is not None
        assert values["ups.status"] == status("online" if i < 2 else "on_battery")
        raw = walked(profile, encode(profile, values))
        heard.append({v.quantity: v for v in decoder.decode(raw)})
    assert [h["alarm.communications-lost"].value for h in heard] == [0, 1, 0]
    assert [h["ups.status"].quality for h in heard] == [Quality.GOOD, Quality.MISSING, Quality.GOOD]


# Cards that refresh now and then.


def test_a_slow_card_shows_its_last_refresh() -> None:
    device = answering(update=5, phase=2)
    shown = {}
    for second in range(20):
        now = START + second * SECOND
        values = device.show(now, {"ups-a": LIVE | {"battery.charge": 100.0 - second}})["ups-a"]
        assert values.values is not None
        shown[second] = values.values["battery.charge"]
        assert values.stamp == START + round((100 - shown[second]) * SECOND)
    steps = [second for second in range(1, 20) if shown[second] != shown[second - 1]]
    assert steps == [s for s in range(1, 20) if (START // SECOND + s) % 5 == 2]
    assert all(shown[s] == 100 - s for s in steps)


def test_a_refresh_between_two_polls_is_what_the_next_poll_is_given() -> None:
    device = answering(update=5, phase=2.5)
    began = START - START % (5 * SECOND)
    device.show(began, {"ups-a": LIVE})
    seen = [s for s in range(1, 300) if device.refreshing(began + (s - 1) * SECOND // 10, began + s * SECOND // 10)]
    assert seen == [25 + 50 * k for k in range(6)]
    device.refresh(began + round(27.5 * SECOND), {"ups-a": ON_BATTERY})
    assert device.show(began + 30 * SECOND, {"ups-a": LIVE})["ups-a"].values == ON_BATTERY
    assert device.show(began + 33 * SECOND, {"ups-a": LIVE})["ups-a"].values == LIVE


def test_phases_are_drawn_and_differ() -> None:
    names = [f"ups-{i}" for i in range(40)]
    devices = Answering(names, {n: AnsweringParameters.of(n, {"update": 10}) for n in names}, 1)
    when = {
        name: at for at in range(100) for name in devices.refreshing(START + at * 100_000, START + (at + 1) * 100_000)
    }
    assert when.keys() == set(names)
    assert 30 < fmean(when.values()) < 70
    assert len(set(when.values())) > 15


def test_a_card_that_comes_back_has_no_copy_of_old() -> None:
    device = answering(update=1000)
    device.show(START, {"ups-a": LIVE})
    assert device.show(START + SECOND, {"ups-a": ON_BATTERY})["ups-a"].values == LIVE
    assert device.show(START + 2 * SECOND, {"ups-a": None})["ups-a"].values is None
    assert device.show(START + 3 * SECOND, {"ups-a": ON_BATTERY})["ups-a"].values == ON_BATTERY


def test_a_clock_that_is_ahead_stamps_later() -> None:
    device = answering(clock=90.5)
    assert device.show(START, {"ups-a": LIVE})["ups-a"].stamp == START + round(90.5 * SECOND)


# Answers that take time, come late or never.


def delays(**given: object) -> list[int | None]:
    device = answering(**given)
    return [device.show(START + i * SECOND, {"ups-a": LIVE})["ups-a"].delay for i in range(4000)]


def test_so_many_answers_are_lost_and_so_many_late() -> None:
    found = delays(latency=0.05, lost=0.1, late=0.2)
    there = [d for d in found if d is not None]
    assert len(found) - len(there) == pytest.approx(400, abs=70)
    late = [d for d in there if d >= SECOND]
    assert len(late) == pytest.approx(0.2 * len(there), abs=90)
    assert max(late) < 2 * SECOND
    prompt = [d for d in there if d < SECOND]
    assert np.median(prompt) == pytest.approx(0.05 * SECOND, rel=0.05)
    assert 0.01 * SECOND < min(prompt) < max(prompt) < 0.2 * SECOND


def test_a_late_answer_misses_its_row_and_is_in_the_next() -> None:
    device = answering(late=1.0)
    assembler = Assembler({"ups-a": ("battery.charge",)}, {"ups-a": 2 * SECOND}, SECOND)
    shown = device.show(START, {"ups-a": LIVE})["ups-a"]
    assert shown.values is not None
    assert shown.delay is not None
    profile = load("apc/ups")
    answer = Answer(decode(profile, encode(profile, shown.values)))
    assembler.put(Reading("ups-a", START, START + shown.delay, answer))
    rows = [assembler.row(START + i * SECOND) for i in range(2)]
    assert [row.quality[0, 0] for row in rows] == [Quality.MISSING, Quality.GOOD]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31), st.lists(st.integers(0, 100), min_size=1, max_size=10, unique=True))
def test_the_same_seed_and_times_give_the_same_and_asking_twice_changes_nothing(seed: int, at: list[int]) -> None:
    given = {"update": 3, "latency": 0.1, "lost": 0.3, "late": 0.3, "runtime": "counted", "stuck": ["ups.load"]}
    given |= {"dead_input": "last"}
    once, twice = answering(seed, **given), answering(seed, **given)
    for second in sorted(at):
        now = START + second * SECOND
        values = {"ups-a": (ON_BATTERY if second % 7 == 0 else LIVE) | {"ups.load": float(second)}}
        first = twice.show(now, values)
        assert twice.show(now, values) == first == once.show(now, values)


def test_other_seeds_and_other_devices_lose_other_answers() -> None:
    names = ("ups-a", "ups-b")
    parameters = {name: AnsweringParameters(lost=0.5) for name in names}
    lost = {
        (seed, name): [
            Answering(names, parameters, seed).show(START + i * SECOND, dict.fromkeys(names, LIVE))[name].delay is None
            for i in range(60)
        ]
        for seed in (1, 2)
        for name in names
    }
    assert len({tuple(pattern) for pattern in lost.values()}) == 4


# What the card keeps.


class Card:
    """The registers of one UPS of 277 V nominal, at 0.1 s a step."""

    def __init__(self) -> None:
        self.registers = Registers(("ups-a",), (277.0,))
        self.now = START
        self.began = START - AGE
        self.bads = 4
        self.run(1)

    def run(self, seconds: float, level: float = 1.0, word: str = "online", dt: float = 0.1) -> None:
        for _ in range(round(seconds / dt)):
            self.now += round(dt * SECOND)
            level_at, codes = np.array([[level]]), np.array([[STATUS.code(word)]], np.int8)
            began, bads = np.array([[self.began]], np.int64), np.array([[self.bads]], np.int64)
            self.registers.notice(self.now, Fast(level_at, level_at * 1.001, codes, bads, began))

    def values(self) -> dict[str, float]:
        return self.registers.values(0)["ups-a"]

    def reason(self) -> str | None:
        return REASON.state(self.values()["input.transfer.reason"])


def test_a_sag_that_no_poll_saw_stands_in_the_minimum_for_a_minute() -> None:
    card = Card()
    card.run(30)
    card.run(0.1, level=0.42)
    for _ in range(11):
        card.run(5)
        assert card.values()["input.voltage.minimum"] == pytest.approx(0.42 * 277)
        assert card.values()["input.voltage.maximum"] == pytest.approx(1.001 * 277)
    card.run(5.1)
    assert card.values()["input.voltage.minimum"] == pytest.approx(277)


def test_a_swell_stands_in_the_maximum_whatever_the_steps() -> None:
    for dt in (0.1, 1.0, 10.0):
        card = Card()
        card.run(0.1, level=1.3)
        card.run(50, dt=dt)
        assert card.values()["input.voltage.maximum"] == pytest.approx(1.3 * 1.001 * 277)
        card.run(20, dt=dt)
        assert card.values()["input.voltage.maximum"] == pytest.approx(1.001 * 277)


def test_counters_and_extremes_begin_anew_with_the_card() -> None:
    card = Card()
    card.run(1, level=0.5)
    card.bads = 6
    card.run(5)
    assert card.values()["input.linebads"] == 6
    card.began = card.now
    card.run(1)
    assert card.values()["input.linebads"] == 0
    assert card.values()["input.voltage.minimum"] == pytest.approx(277)
    card.bads = 7
    card.run(1)
    assert card.values()["input.linebads"] == 1


@pytest.mark.parametrize(
    ("level", "seconds", "word", "reason"),
    [
        (0.6, 3, "on_battery", "sag"),
        (0.1, 3, "on_battery", "sag"),
        (0.6, 8, "on_battery", "undervoltage"),
        (0.1, 8, "on_battery", "blackout"),
        (1.2, 3, "on_battery", "spike"),
        (1.2, 8, "on_battery", "overvoltage"),
        (1.0, 8, "on_battery", "rate_of_change"),
        (1.0, 8, "test", "test"),
        (0.1, 8, "bypass", "none"),
    ],
)
def test_why_the_ups_left_its_mains_is_kept_after_it_is_back(
    level: float, seconds: float, word: str, reason: str
) -> None:
    card = Card()
    assert card.reason() == "none"
    card.run(seconds, level, word)
    if word == "on_battery":
        card.run(10, 1.0, word)  # the rectifier walks in: the mains are good again meanwhile
    card.run(100)
    assert card.reason() == reason


def test_the_registers_are_in_what_is_shown_with_the_same_sensor_s_fault() -> None:
    card = Card()
    card.run(0.1, level=0.5)
    parameters = {"ups-a": AnsweringParameters(gain={"input.voltage": 1.1})}
    device = Answering(("ups-a", "pdu-a"), parameters, 1, registers=card.registers)
    shown = device.show(card.now, {"ups-a": LIVE, "pdu-a": {"input.voltage": 120.0}}, {"ups-a": card.began})
    values = shown["ups-a"].values
    assert values is not None
    assert values["input.voltage.minimum"] == pytest.approx(0.5 * 277 * 1.1)
    assert values["device.uptime"] == pytest.approx(AGE / SECOND + 1.1)
    assert shown["ups-a"].began == card.began
    assert shown["pdu-a"].values == {"input.voltage": 120.0}


def test_seconds_on_battery_count_from_the_agent_s_restart() -> None:
    device = answering()
    for up_for, expected in ((AGE // SECOND, 30.0), (12, 12.0)):
        values = device.show(START, {"ups-a": ON_BATTERY}, {"ups-a": START - up_for * SECOND})["ups-a"].values
        assert values is not None
        assert values["ups.on_battery.time"] == expected


# Through the profile and back.


@pytest.mark.parametrize(
    ("profile", "without"),
    [("apc/ups", ()), ("rfc1628/ups", ("input.voltage.minimum", "input.voltage.maximum", "input.transfer.reason"))],
)
def test_registers_counters_and_tests_get_through_the_profile_and_back(profile: str, without: tuple[str, ...]) -> None:
    card = Card()
    card.run(8, 0.31, "on_battery")
    card.bads = 5
    card.run(1)
    device = Answering(("ups-a",), {}, 1, registers=card.registers)
    instruments = ON_BATTERY | {"ups.test.result": float(quantity("ups.test.result").code("passed"))}
    values = device.show(card.now, {"ups-a": instruments}, {"ups-a": card.began})["ups-a"].values
    assert values is not None
    heard = {v.quantity: v for v in decode(load(profile), encode(load(profile), values))}
    for name, resolution in (
        ("input.voltage.minimum", 0.06),
        ("input.voltage.maximum", 0.06),
        ("input.transfer.reason", 0),
        ("input.linebads", 0),
        ("ups.on_battery.time", 0.5),
        ("ups.status", 0),
    ):
        if name in without:
            assert name not in heard
        else:
            assert heard[name].quality is Quality.GOOD, name
            assert heard[name].value == pytest.approx(values[name], abs=resolution), name


def test_a_self_test_is_said_where_the_profile_has_a_word_for_it() -> None:
    testing = LIVE | {"ups.status": status("test")}
    heard = {v.quantity: v for v in decode(load("apc/ups"), encode(load("apc/ups"), testing))}
    assert heard["ups.status"].value == status("test")
    in_progress = float(quantity("ups.test.result").code("in_progress"))
    result = decode(load("eaton/ups"), encode(load("eaton/ups"), {"ups.test.result": in_progress}))
    assert {v.quantity: v.value for v in result}.get("ups.test.result") == in_progress


# What a scenario may say.


def test_parameters_are_taken_out_of_the_plant_s_tables() -> None:
    tables = Tables([{"ups-a": {"update": 5, "stuck": False, "rated_time": 480}, "pdu-a1": {"lost": 0.1}}])
    found = taken(tables, ("ups-a", "pdu-a1", "gen-1"))
    assert found == {"ups-a": AnsweringParameters(update=5.0), "pdu-a1": AnsweringParameters(lost=0.1)}
    assert tables.left == ["ups-a.rated_time"]


@pytest.mark.parametrize(
    ("key", "value", "match"),
    [
        ("offset", {"inpt.voltage": 1}, "the nearest is 'input.voltage'"),
        ("update", -1, r"ups-a\.update = -1.* greater than or equal to 0"),
        ("lost", 1.5, "less than or equal to 1"),
        ("constant", {"ups.status": "asleep"}, "ups.status is none of online"),
        ("resolution", {"ups.load": 0}, "greater than 0"),
        ("runtime", "guess", "'true', 'zero'"),
        ("stuck", "input.voltage", r"ups-a\.stuck"),
        ("voltage", 3, "answers have update, phase"),
    ],
)
def test_what_does_not_fit_is_said(key: str, value: object, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        answering().set("ups-a", key, value)


def test_every_parameter_can_be_set_while_it_runs() -> None:
    device = answering()
    for key, value in {
        "unknown": ["ups.load"],
        "gain": {"battery.charge": 0.5},
        "constant": {"ups.status": "eco"},
    }.items():
        device.set("ups-a", key, value)
    values = device.show(START, {"ups-a": LIVE})["ups-a"].values
    assert values is not None
    assert math.isnan(values["ups.load"])
    assert values["battery.charge"] == 50
    assert values["ups.status"] == status("eco")
    with pytest.raises(ValueError, match="there is no device 'ups-z'"):
        device.set("ups-z", "update", 1)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(LIVE)), st.floats(-1e6, 1e6), max_size=6))
def test_a_device_without_faults_invents_nothing(values: dict[str, float]) -> None:
    neutral = AnsweringParameters(latency=0.1, gain={"input.voltage": 1.0}, offset={"battery.charge": 0.0})
    assert Sensors(neutral).read(values) == values
