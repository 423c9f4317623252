"""The assembler: readings onto the tick grid."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry.assemble import Assembler
from telemetry.block import SECOND, Channel, Quality, SampleBlock
from telemetry.reading import Answer, Reading, Value

G, H, M, S = Quality.GOOD, Quality.HELD, Quality.MISSING, Quality.SUSPECT
TICK = SECOND
START = 1_000_000 * SECOND


def reading(device: str, answered: float, error: str | None = None, **values: float | tuple[float, Quality]) -> Reading:
    """A reading answered that many seconds after START; quantities with `_` for their dots."""
    found = []
    for name, value in values.items():
        number, quality = value if isinstance(value, tuple) else (value, G)
        found.append(Value(name.replace("_", "."), number, quality, "1.3"))
    at = START + round(answered * SECOND)
    return Reading(device, at - SECOND // 10, at, Answer(tuple(found), error))


def row(assembler: Assembler, second: int, due: Sequence[str] | None = None) -> dict[str, tuple[float | None, Quality]]:
    block = assembler.row(START + second * TICK, due)
    assert block.times.tolist() == [START + second * TICK]
    return cells(block)


def cells(block: SampleBlock) -> dict[str, tuple[float | None, Quality]]:
    return {
        f"{c.device}/{c.quantity}": (None if np.isnan(v) else float(v), Quality(q))
        for c, v, q in zip(block.channels, block.values[0], block.quality[0], strict=True)
    }


@pytest.fixture
def two() -> Assembler:
    """`a` is polled every tick, `slow` every five."""
    quantities = {"a": ("input.voltage", "input.frequency"), "slow": ("ups.load",)}
    return Assembler(quantities, {"a": TICK, "slow": 5 * TICK}, TICK)


def test_an_answer_of_the_tick_is_good(two: Assembler):
    """Each quantity lands in its own column, as float32."""
    two.put(reading("a", 0.4, input_voltage=230.1, input_frequency=50))
    two.put(reading("slow", 0.5, ups_load=40))
    assert row(two, 0) == {
        "a/input.voltage": (float(np.float32(230.1)), G),
        "a/input.frequency": (50, G),
        "slow/ups.load": (40, G),
    }


def test_a_row_comes_though_nothing_answered(two: Assembler):
    """Silence is a row of MISSING and NaN where answers were due."""
    assert set(row(two, 0).values()) == {(None, M)}


def test_a_quantity_that_the_answer_lacks_is_missing(two: Assembler):
    """Never the last value in its place."""
    two.put(reading("a", 0.4, input_voltage=230, input_frequency=50))
    row(two, 0)
    two.put(reading("a", 1.4, input_voltage=231))
    assert row(two, 1)["a/input.frequency"] == (None, M)


def test_what_cannot_be_believed_is_suspect_and_no_number(two: Assembler):
    """SUSPECT holds NaN whatever number came with it; a value without a number is never GOOD."""
    two.put(reading("a", 0.4, input_voltage=(9999.0, S), input_frequency=math.nan))
    found = row(two, 0)
    assert found["a/input.voltage"] == (None, S)
    assert found["a/input.frequency"] == (None, M)


def test_no_answer_due_holds_the_row_before(two: Assembler):
    """A slow device is HELD between its polls, with its last value, and MISSING when a poll is not answered."""
    two.put(reading("slow", 0.2, ups_load=40))
    assert [row(two, s)["slow/ups.load"] for s in range(5)] == [(40, G)] + [(40, H)] * 4
    assert [row(two, s)["slow/ups.load"] for s in range(5, 8)] == [(None, M), (None, H), (None, H)]


def test_who_calls_can_say_which_devices_were_due(two: Assembler):
    """`due` stands in place of the intervals."""
    two.put(reading("a", 0.2, input_voltage=230, input_frequency=50))
    row(two, 0, due=["a", "slow"])
    assert set(row(two, 1, due=["slow"]).values()) == {(230, H), (50, H), (None, M)}


def test_a_late_answer_counts_in_the_row_then_made(two: Assembler):
    """Its own row was MISSING; the next one has it, GOOD, though none was due."""
    assert row(two, 0)["slow/ups.load"] == (None, M)
    two.put(reading("slow", 0.9, ups_load=40))
    assert row(two, 1)["slow/ups.load"] == (40, G)
    assert row(two, 2)["slow/ups.load"] == (40, H)


def test_an_answer_of_a_later_tick_waits_for_it(two: Assembler):
    """A row never knows what came after its tick."""
    two.put(reading("a", 1.0, input_voltage=230, input_frequency=50))
    assert row(two, 0)["a/input.voltage"] == (None, M)
    assert row(two, 1)["a/input.voltage"] == (230, G)


def test_a_late_answer_older_than_one_used_is_not_evidence_any_more(two: Assembler):
    """Values never run backwards."""
    two.put(reading("slow", 1.5, ups_load=41))
    row(two, 0)
    assert row(two, 1)["slow/ups.load"] == (41, G)
    two.put(reading("slow", 0.5, ups_load=40))
    assert row(two, 2)["slow/ups.load"] == (41, H)


def test_of_two_answers_in_one_tick_the_newer_counts(two: Assembler):
    """Whatever order they are put in."""
    two.put(reading("slow", 0.6, ups_load=42))
    two.put(reading("slow", 0.2, ups_load=41))
    assert row(two, 0)["slow/ups.load"] == (42, G)


def test_an_error_brings_nothing_and_takes_nothing(two: Assembler):
    """A poll that failed where none was due leaves the row HELD; where one was due it is MISSING."""
    two.put(reading("slow", 0.2, ups_load=40))
    row(two, 0)
    two.put(reading("slow", 1.2, error="10.0.0.1 does not answer"))
    assert row(two, 1)["slow/ups.load"] == (40, H)
    two.put(reading("slow", 5.2, error="10.0.0.1 does not answer"))
    assert row(two, 5)["slow/ups.load"] == (None, M)


def test_a_device_that_gives_more_gets_columns_behind_the_others(two: Assembler):
    """Known columns keep their place and their value; the new one begins without any."""
    two.put(reading("slow", 0.2, ups_load=40))
    before = two.row(START, None)
    two.add_channels("slow", ["ups.load", "battery.charge"])
    two.add_channels("slow", ["battery.charge"])
    after = two.row(START + TICK, None)
    assert after.channels == (*before.channels, Channel("slow", "battery.charge"))
    assert cells(after)["slow/ups.load"] == (40, H)
    assert cells(after)["slow/battery.charge"] == (None, H)


def test_a_quantity_that_is_no_column_is_left_out(two: Assembler):
    """Columns come by `add_channels` only, so that they never change unseen."""
    two.put(reading("slow", 0.2, ups_load=40, battery_charge=90))
    assert "slow/battery.charge" not in row(two, 0)


def test_rows_off_the_grid_or_backwards_are_refused(two: Assembler):
    """The grid is the contract with every detector."""
    row(two, 3)
    for time in (START + 3 * TICK, START + 2 * TICK, START + 4 * TICK + 1):
        with pytest.raises(ValueError, match="not on the grid"):
            two.row(time)


def test_a_row_given_out_is_not_changed_by_the_next(two: Assembler):
    """Blocks may be kept."""
    two.put(reading("slow", 0.2, ups_load=40))
    first = two.row(START)
    for s in range(1, 6):
        two.row(START + s * TICK)
    assert cells(first)["slow/ups.load"] == (40, G)


# Against an oracle

QUANTITIES = ("input.voltage", "input.frequency", "ups.load")
INTERVALS = {"a": 1, "b": 3, "c": 5}


@st.composite
def runs(draw: st.DrawFn) -> tuple[list[tuple[int, Reading]], list[tuple[int, str, str]]]:
    """Readings with the tick before whose row they are put, and columns that are added before a row."""
    puts, stamps = [], set()
    for _ in range(draw(st.integers(0, 30))):
        device, tenths = draw(st.sampled_from("abc")), draw(st.integers(0, 149))
        if (device, tenths) in stamps:  # of two answers at the same instant none is newer
            continue
        stamps.add((device, tenths))
        values = {
            q.replace(".", "_"): (draw(st.integers(0, 99)), draw(st.sampled_from([G, G, G, S, M])))
            for q in draw(st.lists(st.sampled_from(QUANTITIES), unique=True))
        }
        error = draw(st.sampled_from([None, None, None, "no answer"]))
        late = draw(st.sampled_from([0, 0, 0, 1, 4]))
        puts.append((tenths // 10 + late, reading(device, tenths / 10, error, **values)))
    more = draw(st.lists(st.tuples(st.integers(0, 14), st.sampled_from("abc"), st.sampled_from(QUANTITIES))))
    return draw(st.permutations(puts)), more


def oracle(puts: list[tuple[int, Reading]], more: list[tuple[int, str, str]]) -> list[dict]:
    """Every row of 15 ticks from the whole history at once: what a person would write down."""
    rows, used, last = [], {}, {}
    for tick in range(15):
        row = {}
        for device, interval in INTERVALS.items():
            columns = ["input.voltage", *(q for t, d, q in more if d == device and t <= tick)]
            known = [r for t, r in puts if t <= tick and r.device == device and r.answer.error is None]
            known = [r for r in known if r.answered < START + (tick + 1) * TICK]
            newest = max(known, key=lambda r: r.answered, default=None)
            fresh = newest is not None and newest.answered > used.get(device, -1)
            if fresh:
                used[device] = newest.answered
            for q in columns:
                value = next((v for v in newest.answer.values if v.quantity == q), None) if fresh else None
                if fresh and value and value.quality is G:
                    row[f"{device}/{q}"] = (value.value, G)
                elif fresh and value and value.quality is S:
                    row[f"{device}/{q}"] = (None, S)
                elif fresh or (START // TICK + tick) % interval == 0:
                    row[f"{device}/{q}"] = (None, M)
                else:
                    row[f"{device}/{q}"] = (last.get(f"{device}/{q}", (None, H))[0], H)
        last = row
        rows.append(row)
    return rows


@settings(max_examples=300, deadline=None)
@given(runs())
def test_rows_equal_an_oracle_for_any_order_lateness_and_interval(run: tuple[list, list]):
    """Readings in any order, late ones, errors, slow devices and added columns give the oracle's rows."""
    puts, more = run
    assembler = Assembler(
        dict.fromkeys(INTERVALS, ("input.voltage",)), {d: i * TICK for d, i in INTERVALS.items()}, TICK
    )
    found = []
    for tick in range(15):
        for _, device, quantity in (m for m in more if m[0] == tick):
            assembler.add_channels(device, [quantity])
        for _, its_reading in (p for p in puts if p[0] == tick):
            assembler.put(its_reading)
        found.append(row(assembler, tick))
    assert found == oracle(puts, more)
