"""Windows: what the dense pass over a block finds is what a loop over all rows finds, however the stream is cut."""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors import windows
from detectors.layout import Layout
from telemetry.block import SECOND, Channel, Quality, SampleBlock
from telemetry.site import Device, Site

POLLS = 16
INTERVAL = {"fast": 1, "slow": 10, "slower": 25}
SITE = Site("windows", tuple(Device(name, "meter", interval=s * SECOND) for name, s in INTERVAL.items()))
CHANNELS = tuple(
    Channel(device, quantity)
    for device, quantity in (
        ("fast", "input.voltage"),
        ("slow", "input.voltage"),
        ("fast", "input.frequency"),
        ("slower", "input.voltage"),
        ("slow", "input.frequency"),
    )
)


@st.composite
def streams(draw: st.DrawFn) -> SampleBlock:
    """A few values and all qualities at random, rows a tick apart with gaps among them."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows = draw(st.integers(1, 900))
    values = rng.choice(np.array([-1, 0, 3, 5], np.float32), (rows, len(CHANNELS)))
    shares = draw(st.sampled_from(([1, 0, 0, 0], [0.9, 0, 0.1, 0], [0.2, 0.6, 0.1, 0.1], [0, 1, 0, 0])))
    quality = rng.choice(4, values.shape, p=shares).astype(np.uint8)
    values[(quality == Quality.MISSING) | (quality == Quality.SUSPECT)] = np.nan
    steps = rng.choice([1, 2, 40, 500], rows, p=draw(st.sampled_from(([1, 0, 0, 0], [0.9, 0.07, 0.02, 0.01]))))
    start = draw(st.sampled_from((0, 1, 1_700_000_000)))
    return SampleBlock(CHANNELS, (start + np.cumsum(steps)) * SECOND, values, quality)


@dataclass
class Window:
    begin: int
    low: float = math.nan
    high: float = math.nan
    polls: int = 0


def loop(block: SampleBlock, column: int) -> list[tuple[int, int, float, float, int]]:
    """Row by row: open a window, keep its extremes, close it in the first row of another."""
    every = INTERVAL[block.channels[column].device]
    span, number, window, found = POLLS * every * SECOND, None, None, []
    for row, time in enumerate(block.times.tolist()):
        if window is None or time // span != number:
            if window is not None:
                found.append((window.begin, time, window.low, window.high, window.polls * every))
            number, window = time // span, Window(time)
        value = float(block.values[row, column])
        if not math.isnan(value):
            window.low = value if math.isnan(window.low) else min(window.low, value)
            window.high = value if math.isnan(window.high) else max(window.high, value)
        window.polls += int(block.quality[row, column]) == Quality.GOOD
    return found


def dense(pieces: list[SampleBlock]) -> list[list[tuple[int, int, float, float, int]]]:
    """The same of every column by `windows.step`, without the empty window that stands before the first row."""
    state = windows.start(Layout(SITE, CHANNELS))
    found: list[list[tuple[int, int, float, float, int]]] = [[] for _ in CHANNELS]
    for piece in pieces:
        state, extremes = windows.step(state, piece)
        for w in extremes.windows:
            assert w.times.tolist() == piece.times[w.stops].tolist()
            assert w.rows == POLLS * INTERVAL[CHANNELS[w.columns[0]].device]
            for place, column in enumerate(w.columns.tolist()):
                for k in range(len(w)):
                    facts = (w.low[k, place], w.high[k, place])
                    found[column].append((int(w.begins[k]), int(w.times[k]), *map(float, facts), int(w.seen[k, place])))
    first = int(pieces[0].times[0])
    return [own[1:] if own and own[0][1] == first else own for own in found]


def cut(block: SampleBlock, at: list[int]) -> list[SampleBlock]:
    return [block.rows(a, b) for a, b in zip([0, *at], [*at, len(block)], strict=True) if a < b]


@settings(max_examples=60, deadline=None)
@given(block=streams(), data=st.data())
def test_windows_are_those_of_a_loop_under_any_cut(block: SampleBlock, data: st.DataObject) -> None:
    at = sorted(data.draw(st.sets(st.integers(0, len(block)), max_size=20)))
    found = dense(cut(block, at))
    for column in range(len(CHANNELS)):
        assert np.array_equal(np.array(found[column]), np.array(loop(block, column)), equal_nan=True)


@settings(max_examples=15, deadline=None)
@given(block=streams())
def test_windows_are_those_of_a_loop_row_by_row(block: SampleBlock) -> None:
    found = dense(cut(block, list(range(1, len(block)))))
    for column in range(len(CHANNELS)):
        assert np.array_equal(np.array(found[column]), np.array(loop(block, column)), equal_nan=True)


@settings(max_examples=40, deadline=None)
@given(block=streams(), at=st.integers(0, 899))
def test_a_block_and_its_pieces_have_the_extremes_of_their_rows(block: SampleBlock, at: int) -> None:
    """Of the first piece those of its window's earlier rows too; where windows are longer, of more rows."""
    state = windows.start(Layout(SITE, CHANNELS))
    before, rest = block.rows(0, min(at, len(block) - 1)), block.rows(min(at, len(block) - 1), len(block))
    if len(before):
        state, _ = windows.step(state, before)
    _, found = windows.step(state, rest)
    shortest = POLLS * SECOND
    edges = found.pieces.edges.tolist()
    assert edges[0] == 0
    assert edges[-1] == len(rest)
    numbers = (rest.times // shortest).tolist()
    assert [numbers[e] for e in edges[:-1]] == sorted(set(numbers))
    assert found.pieces.of_row.tolist() == [sorted(set(numbers)).index(n) for n in numbers]
    for column, channel in enumerate(CHANNELS):
        known = [v for v in rest.values[:, column].tolist() if not math.isnan(v)]
        assert np.array_equal([found.low[column]], [min(known, default=math.nan)], equal_nan=True)
        assert np.array_equal([found.high[column]], [max(known, default=math.nan)], equal_nan=True)
        assert found.spoiled[column] == any(q != Quality.GOOD for q in rest.quality[:, column].tolist())
        for p, (a, b) in enumerate(pairwise(edges)):
            own = rest.values[a:b, column].tolist()
            if p == 0:
                own += before.values[before.times // shortest == numbers[0], column].tolist()
            own = [v for v in own if not math.isnan(v)]
            low, high = float(found.pieces.low[p, column]), float(found.pieces.high[p, column])
            if channel.device == "fast" or p:
                assert np.array_equal([low], [min(own, default=math.nan)], equal_nan=True)
                assert np.array_equal([high], [max(own, default=math.nan)], equal_nan=True)
            elif own:
                assert low <= min(own)
                assert high >= max(own)


def test_a_device_polled_every_tenth_row_has_windows_of_sixteen_polls() -> None:
    """What is held between its polls counts for nothing: a window without a poll has seen nothing."""
    rows = 480
    times = (1_700_000_000 // 160 * 160 + np.arange(rows, dtype=np.int64)) * SECOND
    quality = np.full((rows, len(CHANNELS)), Quality.HELD, np.uint8)
    quality[:160:10] = Quality.GOOD
    block = SampleBlock(CHANNELS, times, np.full(quality.shape, 230, np.float32), quality)
    _, found = windows.step(windows.start(Layout(SITE, CHANNELS)), block)
    slow = next(w for w in found.windows if w.rows == 160)
    assert slow.seen[1:].tolist() == [[160, 160], [0, 0]]
