"""What is usual of a column: what is learnt in one dense pass is what a loop learns, window by window."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors import screen
from detectors.layout import Layout
from detectors.screen import Screen
from telemetry.block import SECOND, Channel, Quality, SampleBlock
from telemetry.site import Device, Site
from usual_plain_loop import Learner, Loop

POLLS = 16
INTERVAL = {"meter": 1, "ups": 10}
SITE = Site(
    "usual", tuple(Device(name, name, interval=INTERVAL[name] * SECOND, nominal_voltage=230) for name in INTERVAL)
)
# The site's nominal voltage of each column; None where none is judged.
NOMINAL = {
    Channel("meter", "input.L1-N.voltage"): 230.0,
    Channel("meter", "input.L1-L2.voltage"): 230 * math.sqrt(3),
    Channel("ups", "input.voltage"): 230.0,
    Channel("meter", "input.L1.current"): None,
    Channel("ups", "battery.voltage"): None,
    Channel("ups", "input.frequency"): None,
}
UNTRACKED = (Channel("ups", "battery.charge"), Channel("ups", "ups.status"))
CHANNELS = (UNTRACKED[0], *NOMINAL, UNTRACKED[1])


def uncut(rng: np.random.Generator, rows: int, spells: int, *, gaps: bool) -> SampleBlock:
    """Quarter volts around the nominal, with spells around other levels, noisy and quiet ones, and lost samples."""
    values = np.empty((rows, len(CHANNELS)), np.float32)
    for i, channel in enumerate(CHANNELS):
        usual = NOMINAL.get(channel) or 40.0
        level, noise = np.full(rows, rng.choice([1, 1, 0.52, 0.85, 1.2])), np.full(rows, rng.choice([0, 0.003, 0.05]))
        for _ in range(spells):
            start = int(rng.integers(0, rows))
            spell = slice(start, start + int(rng.choice([1, 5, 40, 200, 900])))
            level[spell] = rng.choice([0, 0.05, 0.52, 0.85, 0.95, 1, 1.05, 1.2])
            noise[spell] = rng.choice([0, 0.003, 0.02, 0.05, 0.3])
        values[:, i] = np.round(usual * level * (1 + noise * rng.normal(0, 1, rows)) * 4) / 4
    quality = np.zeros(values.shape, np.uint8)
    for i, channel in enumerate(CHANNELS):
        every = INTERVAL[channel.device]
        held = np.arange(rows) % every > 0
        quality[held, i] = Quality.HELD
        values[held, i] = values[np.arange(rows)[held] // every * every, i]
        lost = rng.random(rows) < rng.choice([0, 0.01, 0.6]) * ~held
        values[lost, i], quality[lost, i] = np.nan, Quality.MISSING
    steps = rng.choice([1, 1, 1, 30], rows) if gaps else np.ones(rows, np.int64)
    return SampleBlock(CHANNELS, (1_700_000_000 + np.cumsum(steps)) * SECOND, values, quality)


@st.composite
def streams(draw: st.DrawFn) -> SampleBlock:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return uncut(rng, draw(st.sampled_from((1, 100, 600, 2500))), draw(st.integers(0, 8)), gaps=draw(st.booleans()))


def loop(block: SampleBlock, column: int) -> list[tuple[float, float, float]]:
    """(T,) what is usual in each row, by the windows that were over before it."""
    channel, known = block.channels[column], []
    part = math.sqrt(3) if "L1-L2" in channel.quantity else 1
    learner = Learner(Loop(NOMINAL[channel], part), INTERVAL[channel.device])
    for row, time in enumerate(block.times.tolist()):
        good = int(block.quality[row, column]) == Quality.GOOD
        learner.row(time, float(block.values[row, column]), good=good)
        known.append(learner.loop.known)
    return known


def looks(pieces: list[SampleBlock]) -> list[Screen]:
    state, found = screen.start(Layout(SITE, CHANNELS)), []
    for piece in pieces:
        state, seen = screen.look(state, piece)
        found.append(seen)
    return found


def dense(pieces: list[SampleBlock]) -> np.ndarray:
    """(T, n, 3) of the tracked columns, row by row."""
    parts = []
    for seen in looks(pieces):
        known = np.stack([seen.usual.reference, seen.usual.noise, seen.usual.base], axis=-1)
        parts.append(known[seen.pieces.of_row])
    return np.concatenate(parts)


def cut(block: SampleBlock, at: list[int]) -> list[SampleBlock]:
    return [block.rows(a, b) for a, b in pairwise([0, *at, len(block)]) if a < b]


@settings(max_examples=40, deadline=None)
@given(block=streams(), data=st.data())
def test_what_is_usual_is_what_a_loop_learns_under_any_cut(block: SampleBlock, data: st.DataObject) -> None:
    at = sorted(data.draw(st.sets(st.integers(0, len(block)), max_size=30)))
    found = dense(cut(block, at))
    for entry, channel in enumerate(NOMINAL):
        expected = np.array(loop(block, CHANNELS.index(channel)))
        assert np.array_equal(found[:, entry], expected, equal_nan=True), channel


@settings(max_examples=5, deadline=None)
@given(block=streams())
def test_what_is_usual_row_by_row_is_what_it_is_in_one_block(block: SampleBlock) -> None:
    rows = dense(cut(block, list(range(1, len(block)))))
    assert np.array_equal(rows, dense([block]), equal_nan=True)


def test_the_tracked_columns_are_the_measurements_that_move_with_the_supply() -> None:
    [seen] = looks([uncut(np.random.default_rng(1), 1, 0, gaps=False)])
    tracked = seen.usual.tracked
    assert [CHANNELS[c] for c in tracked.columns] == list(NOMINAL)
    assert [tracked.entry[CHANNELS.index(c)] for c in UNTRACKED] == [-1, -1]
    assert [tracked.entry[c] for c in tracked.columns] == list(range(len(NOMINAL)))
    site = [math.nan if v is None else v for v in NOMINAL.values()]
    assert np.array_equal(tracked.nominal, np.array(site, np.float32), equal_nan=True)


def told(levels: list[tuple[float, int]], noise: float = 0.3) -> list[tuple[float, float, float]]:
    """(reference, noise, base) of a 230 V meter at the end of each of these spells of (V, windows)."""
    return known_of(np.concatenate([np.full(n * POLLS, level) for level, n in levels]), [n for _, n in levels], noise)


def known_of(volts: np.ndarray, windows: list[int], noise: float = 0.3) -> list[tuple[float, float, float]]:
    """(reference, noise, base) after each of these numbers of windows."""
    rng = np.random.default_rng(7)
    volts = (volts + rng.normal(0, noise, len(volts))).astype(np.float32)
    channel = Channel("meter", "input.L1-N.voltage")
    times = (1_700_000_000 // POLLS * POLLS + np.arange(len(volts) + 1, dtype=np.int64)) * SECOND
    values = np.append(volts, volts[-1])[:, None]
    block = SampleBlock((channel,), times, values, np.zeros(values.shape, np.uint8))
    _, seen = screen.look(screen.start(Layout(SITE, (channel,))), block)
    known = np.stack([seen.usual.reference, seen.usual.noise, seen.usual.base], axis=-1)[:, 0]
    return [tuple(map(float, known[end])) for end in np.cumsum(windows)]


def test_the_reference_follows_the_supply_and_learns_nothing_from_a_sag() -> None:
    (at_first, *_), (later, *_), (in_sag, *_), (after, *_) = told([(230, 20), (240, 20), (180, 20), (240, 1)])
    assert at_first == pytest.approx(230, abs=0.5)
    assert later == pytest.approx(240, abs=0.5)
    assert math.isnan(in_sag), "there is none during an event"
    assert after == pytest.approx(240, abs=0.5)


def test_nothing_is_usual_before_five_windows() -> None:
    (four, *_), (five, *_) = told([(230, 4), (230, 1)])
    assert math.isnan(four)
    assert five == pytest.approx(230, abs=0.5)


def test_an_hour_of_disturbance_does_not_become_usual_noise_at_once() -> None:
    [(_, quiet, _)], [_, (_, after, _)] = told([(230, 100)]), told([(230, 100), (230, 5)], 0.3)
    assert quiet == pytest.approx(0.3 * 3.5, rel=0.4)
    assert after <= quiet * 1.02**5


def test_no_unrest_makes_itself_usual_however_long_it_lasts() -> None:
    """Two hours of swings to and fro, inside the limits: the noise is still that of the quiet time."""
    quiet, swings = np.full(100 * POLLS, 230.0), 230 + 6.0 * (-1.0) ** np.arange(450 * POLLS)
    (_, before, _), (_, after, _) = known_of(np.concatenate([quiet, swings]), [100, 450])
    assert after == before


@pytest.mark.parametrize(("reads", "base"), [(120, 120), (398, 400), (480, 480), (23, None), (2300, 2300), (133, 127)])
def test_a_voltage_that_was_never_near_the_nominal_is_judged_where_it_stands(reads: float, base: float | None) -> None:
    """The standard voltage there, or what it reads; a dead feed (a tenth of nominal) is none."""
    [(_, _, found)] = told([(reads, 5)])
    assert found == pytest.approx(230 if base is None else base, rel=0.01)


def test_a_voltage_that_has_been_near_its_nominal_is_never_judged_elsewhere() -> None:
    [*_, (_, _, base)] = told([(230, 1), (120, 300)])
    assert base == 230


def test_a_ramp_through_the_nominal_does_not_make_it_right() -> None:
    """A 480 V feed that starts up passes 230 V within a window."""
    volts = np.concatenate([np.linspace(0, 480, 2 * POLLS + 5), np.full(7 * POLLS - 5, 480)])
    [(_, _, base)] = known_of(volts, [9])
    assert base == 480


def test_a_supply_that_was_low_from_the_beginning_is_judged_by_the_site_again_when_it_is_back() -> None:
    found = told([(195, 10), (230, 4), (230, 1), (230, 5), (195, 100)])
    assert [base for _, _, base in found] == [pytest.approx(195, abs=1), pytest.approx(195, abs=1), 230, 230, 230]
    assert found[3][0] == pytest.approx(230, abs=0.5)


def test_a_visit_near_the_nominal_of_the_site_does_not_bring_it_back() -> None:
    """A 277 V feed that the site calls 230 V sags to 240 V for a minute."""
    assert [base for _, _, base in told([(277, 10), (240, 4), (277, 10)])] == [277, 277, 277]


def test_a_noisy_sensor_is_learnt_although_its_windows_leave_the_limits() -> None:
    """One of 4.8 % noise has no window within ±10 %."""
    [(reference, noise, base)] = told([(230, 60)], noise=11)
    assert reference == pytest.approx(230, abs=8)
    assert noise == pytest.approx(3.5 * 11, rel=0.4)
    assert base == 230
