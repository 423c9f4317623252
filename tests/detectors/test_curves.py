"""The names and curves of the standards, at both sides of every boundary."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.curves import ENDLESS, classes, described, itic, lasted, lasting, semi_f47
from detectors.event import EventKind
from telemetry.block import SECOND

SAG, SWELL, INTERRUPTION = EventKind.VOLTAGE_SAG, EventKind.VOLTAGE_SWELL, EventKind.VOLTAGE_INTERRUPTION
MS = 1000  # microseconds
CALLED = (SAG, SWELL, INTERRUPTION, EventKind.PHASE_LOSS, EventKind.UNDERVOLTAGE, EventKind.OVERVOLTAGE)


@pytest.mark.parametrize(
    ("kind", "magnitude", "length", "frequency", "name"),
    [
        (SAG, 0.5, 9_999, 50, None),
        (SAG, 0.5, 10_000, 50, "instantaneous sag"),
        (SAG, 0.5, 8_333, 60, None),
        (SAG, 0.5, 8_334, 60, "instantaneous sag"),
        (SAG, 0.5, 600 * MS, 50, "instantaneous sag"),
        (SAG, 0.5, 600 * MS + 1, 50, "momentary sag"),
        (SAG, 0.5, 500 * MS, 60, "instantaneous sag"),
        (SAG, 0.5, 500 * MS + 1, 60, "momentary sag"),
        (SAG, 0.5, 3 * SECOND, 50, "momentary sag"),
        (SAG, 0.5, 3 * SECOND + 1, 50, "temporary sag"),
        (SAG, 0.5, 60 * SECOND, 50, "temporary sag"),
        (SAG, 0.79, 60 * SECOND + 1, 50, "deep undervoltage"),
        (SAG, 0.8, 60 * SECOND + 1, 50, "undervoltage"),
        (EventKind.UNDERVOLTAGE, 0.85, 3600 * SECOND, 50, "undervoltage"),
        (SWELL, 1.7, 100 * MS, 50, "instantaneous swell"),
        (SWELL, 1.2, 3 * SECOND, 60, "momentary swell"),
        (SWELL, 1.2, 3 * SECOND + 1, 60, "temporary swell"),
        (SWELL, 1.15, 60 * SECOND + 1, 60, "overvoltage"),
        (INTERRUPTION, 0.0, 9_999, 50, None),
        (INTERRUPTION, 0.0, 10_000, 50, "momentary interruption"),
        (INTERRUPTION, 0.0, 3 * SECOND, 50, "momentary interruption"),
        (INTERRUPTION, 0.0, 3 * SECOND + 1, 50, "temporary interruption"),
        (INTERRUPTION, 0.0, 60 * SECOND + 1, 50, "sustained interruption"),
        (EventKind.PHASE_LOSS, 0.0, 2 * SECOND, 50, "momentary sag"),
        (EventKind.PHASE_LOSS, 0.0, 61 * SECOND, 50, "phase loss"),
        (EventKind.FREQUENCY_DEVIATION, 47.0, 61 * SECOND, 50, None),
    ],
)
def test_a_known_duration_has_one_name(kind, magnitude, length, frequency, name):
    """IEEE 1159-2019 table 2: both sides of each boundary, in microseconds."""
    assert classes(kind, magnitude, (length, length), frequency) == ((name,) if name else ())


@pytest.mark.parametrize(
    ("kind", "duration", "names"),
    [
        (SAG, (0, 2 * SECOND), ("instantaneous sag", "momentary sag")),
        (SAG, (SECOND, 3 * SECOND), ("momentary sag",)),
        (SAG, (2 * SECOND, 4 * SECOND), ("momentary sag", "temporary sag")),
        (SAG, (0, 0), ()),
        (SAG, (100 * MS, 120 * MS), ("instantaneous sag",)),
        (INTERRUPTION, (0, 2 * SECOND), ("momentary interruption",)),
        (SAG, (0, 120 * SECOND), ("instantaneous sag", "momentary sag", "temporary sag", "deep undervoltage")),
    ],
)
def test_a_polled_duration_has_every_name_that_its_interval_allows(kind, duration, names):
    """A sag in one poll of a second may have been instantaneous or momentary; only a finer record says which."""
    assert classes(kind, 0.5, duration, 50) == names


LENGTHS = st.one_of(
    st.integers(0, 130 * SECOND),
    st.sampled_from([10_000, 500 * MS, 600 * MS, 3 * SECOND, 60 * SECOND]).flatmap(
        lambda edge: st.integers(max(0, edge - 2), edge + 2)
    ),
)
INTERVAL = st.tuples(LENGTHS, LENGTHS).map(lambda pair: (min(pair), max(pair)))
FREQUENCY = st.sampled_from([50.0, 60.0, 400.0])


@given(st.sampled_from(CALLED), st.floats(0, 2), INTERVAL, LENGTHS, LENGTHS, FREQUENCY)
def test_knowing_less_of_the_duration_takes_no_name_away(kind, magnitude, duration, earlier, later, frequency):
    """Widening the interval only adds names, and turns a position only into "cannot be told"."""
    wider = (max(0, duration[0] - earlier), duration[1] + later)
    assert set(classes(kind, magnitude, duration, frequency)) <= set(classes(kind, magnitude, wider, frequency))
    for curve in (itic, semi_f47):
        assert curve(magnitude, wider) in (curve(magnitude, duration), "cannot be told")


def name_of(kind: EventKind, magnitude: float, length: int, frequency: float) -> str | None:
    """One duration's name, read off the standard's table in seconds and cycles."""
    seconds, cycles = length / SECOND, length * frequency / SECOND
    if cycles < 0.5:
        return None
    word = {SAG: "sag", EventKind.UNDERVOLTAGE: "sag", EventKind.PHASE_LOSS: "sag", INTERRUPTION: "interruption"}
    what = word.get(kind, "swell")
    if seconds > 60:
        if kind is INTERRUPTION:
            return "sustained interruption"
        if kind is EventKind.PHASE_LOSS:
            return "phase loss"
        return "overvoltage" if what == "swell" else "undervoltage" if magnitude >= 0.8 else "deep undervoltage"
    if seconds > 3:
        return f"temporary {what}"
    if cycles > 30 or kind is INTERRUPTION:
        return f"momentary {what}"
    return f"instantaneous {what}"


def dense(duration: tuple[int, int]) -> list[int]:
    """Durations all over the interval: its ends, two hundred between, and both sides of each of the standards' edges."""
    low, high = duration
    edges = [1, 3, 8 + 1 / 3, 10, 20, 75, 200, 500, 600, 1000, 3000, 10_000, 60_000]
    near = [round(edge * MS) + step for edge in edges for step in (-1, 0, 1)]
    near += [1250, 1249, 75_000, 75_001]  # half a cycle and thirty of 400 Hz
    even = [low + (high - low) * i // 200 for i in range(201)]
    return sorted({t for t in (*near, *even) if low <= t <= high})


@given(st.sampled_from(CALLED), st.floats(0, 2), INTERVAL, FREQUENCY)
def test_the_names_are_those_of_the_durations_in_the_interval(kind, magnitude, duration, frequency):
    """Against an oracle that walks through the interval and names each duration by itself."""
    walked = [name_of(kind, magnitude, t, frequency) for t in dense(duration)]
    assert list(classes(kind, magnitude, duration, frequency)) == list(dict.fromkeys(n for n in walked if n))


def itic_allows(magnitude: float, ms: float) -> bool:
    """One duration on the ITIC figure."""
    low = 0 if ms <= 20 else 0.7 if ms <= 500 else 0.8 if ms <= 10_000 else 0.9
    high = 2 if ms <= 1 else 1.4 if ms <= 3 else 1.2 if ms <= 500 else 1.1
    return low <= magnitude <= high


def f47_requires(magnitude: float, ms: float) -> bool:
    """One duration on the figure of SEMI F47."""
    return magnitude >= (0.5 if ms <= 200 else 0.7 if ms <= 500 else 0.8 if ms <= 1000 else 0.9)


HEIGHT = st.one_of(st.floats(0, 2.2), st.sampled_from([0.5, 0.7, 0.8, 0.9, 1.1, 1.2, 1.4, 2.0]))


@given(HEIGHT, INTERVAL)
def test_a_position_holds_for_every_duration_in_the_interval(magnitude, duration):
    """Against an oracle that walks through it: all inside, all outside, else it cannot be told."""
    for curve, allows in ((itic, itic_allows), (semi_f47, f47_requires)):
        walked = {allows(magnitude, t / MS) for t in dense(duration)}
        assert curve(magnitude, duration) == (
            "cannot be told" if len(walked) > 1 else "inside" if True in walked else "outside"
        )


@pytest.mark.parametrize(
    ("magnitude", "ms", "position"),
    [
        (0.0, 20, "inside"),
        (0.0, 20.001, "outside"),
        (0.7, 500, "inside"),
        (0.699, 500, "outside"),
        (0.7, 500.001, "outside"),
        (0.8, 10_000, "inside"),
        (0.8, 10_000.001, "outside"),
        (0.9, 3_600_000, "inside"),
        (0.899, 3_600_000, "outside"),
        (1.1, 3_600_000, "inside"),
        (1.101, 3_600_000, "outside"),
        (1.2, 500, "inside"),
        (1.2, 500.001, "outside"),
        (1.4, 3, "inside"),
        (1.4, 3.001, "outside"),
        (2.0, 1, "inside"),
        (2.0, 1.001, "outside"),
    ],
)
def test_itic_at_its_corners(magnitude, ms, position):
    """The corners belong to what equipment rides through."""
    assert itic(magnitude, (round(ms * MS),) * 2) == position


@pytest.mark.parametrize(
    ("magnitude", "ms", "position"),
    [
        (0.5, 200, "inside"),
        (0.499, 200, "outside"),
        (0.5, 200.001, "outside"),
        (0.7, 500, "inside"),
        (0.7, 500.001, "outside"),
        (0.8, 1000, "inside"),
        (0.8, 1000.001, "outside"),
        (0.89, 5000, "outside"),
    ],
)
def test_semi_f47_at_its_corners(magnitude, ms, position):
    """The corners belong to what tools ride through; what it does not require is outside."""
    assert semi_f47(magnitude, (round(ms * MS),) * 2) == position


def test_of_an_unknown_depth_no_position_can_be_told():
    """A device that only counts gives NaN."""
    assert itic(math.nan, (0, SECOND)) == semi_f47(math.nan, (0, SECOND)) == "cannot be told"


def test_a_duration_is_what_lies_between_the_samples():
    """From the first bad to the last bad sample at least, from the last good to the next good at most."""
    assert lasted((10, 20), (40, 50)) == (20, 40)
    assert lasted((10, 20), (20, 30)) == (0, 20)
    assert lasted((10, 20), (10, 20)) == (0, 10)  # a register that is read once a minute: somewhen between
    assert lasting((10, 20), 50) == (30, ENDLESS)


def test_what_still_holds_can_become_anything_longer():
    """At its confirmation a sag of a second has every longer name still before it."""
    names = classes(SAG, 0.85, lasting((0, SECOND), 2 * SECOND), 50)
    assert names == ("momentary sag", "temporary sag", "undervoltage")
    assert "duration_s" not in described(SAG, 0.85, (SECOND, ENDLESS), 50, load_side=False)


def test_a_detail_has_positions_on_the_load_side_only():
    """A tolerance curve is about what equipment is fed with; SEMI F47 knows no swells."""
    seen = described(SAG, 0.75, (SECOND, 3 * SECOND), 50, load_side=False)
    assert seen == {"duration_s": [1.0, 3.0], "classes": ["momentary sag"]}
    fed = described(SAG, 0.75, (SECOND, 3 * SECOND), 50, load_side=True)
    assert fed == {**seen, "itic": "outside", "semi_f47": "outside"}
    assert described(SWELL, 1.15, (0, 2 * SECOND), 50, load_side=True) == {
        "duration_s": [0.0, 2.0],
        "classes": ["instantaneous swell", "momentary swell"],
        "itic": "cannot be told",
    }
