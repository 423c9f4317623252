"""What benchmarks and tests put into a stream is what they say, and is judged rightly."""

from dataclasses import replace

import numpy as np
import pytest

from injection import CLASSES, PERTURBATIONS, SETTLED, SPACING, Injected, Trial, inject
from mains import DAY, Stream, one_second
from outcome import LATEST, judge
from telemetry.block import SECOND, Quality


@pytest.fixture(scope="module")
def sound() -> Stream:
    return one_second(1, np.random.default_rng(1))


@pytest.fixture(scope="module")
def trial(sound: Stream) -> Trial:
    return inject(sound, np.random.default_rng(2), each=10)


def test_the_one_second_series_is_a_sound_supply(sound: Stream) -> None:
    """A row a second within ±8 % of 230 V, in steps of 0.1 V, that never stands still for long."""
    assert len(sound.block) == DAY
    assert sound.days == 1
    assert (np.diff(sound.block.times) == SECOND).all()
    assert np.abs(sound.voltage / 230 - 1).max() < 0.08
    assert sound.voltage * 10 == pytest.approx(np.round(sound.voltage * 10), abs=1e-3)
    stands = np.flatnonzero(np.diff(sound.voltage) != 0)
    assert np.diff(stands).max() < 10


def test_events_stand_alone_and_all_else_is_as_it_was(sound: Stream, trial: Trial) -> None:
    """Ten of each class, none near another, a gap or the beginning; no other row is touched."""
    assert {name: sum(e.name == name for e in trial.truth) for name in CLASSES} == dict.fromkeys(CLASSES, 10)
    starts, stops = (np.array([getattr(e, end) for e in trial.truth]) for end in ("start", "stop"))
    assert starts[0] >= SETTLED + SPACING
    assert (starts[1:] - stops[:-1] >= SPACING).all()
    inside = np.zeros(len(sound.block), bool)
    for event in trial.truth:
        inside[event.start : event.stop] = True
    assert (trial.stream.block.values[~inside] == sound.block.values[~inside]).all()
    assert (trial.stream.block.values[:, 1] == sound.block.values[:, 1]).all(), "the frequency is left alone"


def test_events_are_as_long_and_deep_as_their_class(sound: Stream, trial: Trial) -> None:
    """Each class's bounds, in parts of what the voltage would have been."""
    bounds = {
        "interruption": (0.0, 0.09),
        "sag": (0.10, 0.88),
        "swell": (1.12, 1.40),
        "shallow": (0.93, 0.96),
        "oscillation": (0.93, 1.07),
        "drift": (0.92, 1.0),
    }
    for event in trial.truth:
        rows = slice(event.start, event.stop)
        length = event.stop - event.start
        assert CLASSES[event.name].shortest <= length <= CLASSES[event.name].longest
        if event.name == "frozen":
            assert (trial.stream.voltage[rows] == sound.voltage[event.start]).all()
            continue
        part = trial.stream.voltage[rows] / sound.voltage[rows]
        low, high = bounds[event.name]
        assert low - 0.001 <= part.min() <= part.max() <= high + 0.001, event
        if event.name == "oscillation":
            assert (np.diff(np.sign(part - 1)) != 0).all(), "it alternates"


def test_no_event_touches_a_gap(sound: Stream) -> None:
    """Where the device did not answer, and near it, nothing is put in."""
    values, quality = sound.block.values.copy(), sound.block.quality.copy()
    values[::3000], quality[::3000] = np.nan, Quality.MISSING
    broken = replace(sound, block=replace(sound.block, values=values, quality=quality))
    for event in inject(broken, np.random.default_rng(3), each=5).truth:
        assert broken.answered[event.start - SPACING : event.stop + SPACING].all()


def test_a_stream_that_is_too_short_is_refused(sound: Stream) -> None:
    """Rather than events that overlap."""
    short = replace(sound, block=sound.block.rows(0, 3000))
    with pytest.raises(ValueError, match="no room for"):
        inject(short, np.random.default_rng(4))


@pytest.mark.parametrize(
    ("rows", "delay"),
    [([], None), ([99], None), ([100], 0), ([103, 109], 3), ([109 + LATEST], 9 + LATEST), ([110 + LATEST], None)],
)
def test_found_is_an_onset_from_the_first_sample_to_five_after_the_last(
    sound: Stream, rows: list[int], delay: int | None
) -> None:
    """Before the event, or later, nothing was found."""
    of_one = Trial(sound, (Injected("sag", 100, 110),))
    outcome = judge(of_one, rows)
    assert outcome.delays["sag"] == (delay,)
    assert outcome.found("sag") == outcome.recall("sag") == (delay is not None)
    assert outcome.delay(0.5, "sag") == delay


def test_a_delay_is_in_answered_samples_and_what_nobody_could_see_is_not_asked_for(sound: Stream) -> None:
    """Lost polls are not held against anyone."""
    values = sound.block.values.copy()
    values[100:103] = values[200:203] = np.nan
    lossy = replace(sound, block=replace(sound.block, values=values))
    outcome = judge(Trial(lossy, (Injected("sag", 100, 110), Injected("sag", 200, 203))), [104])
    assert outcome.delays["sag"] == (1,)


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_a_perturbed_stream_is_still_a_block_in_order(sound: Stream, name: str) -> None:
    """As many rows, later and later; what is not answered is NaN and MISSING."""
    block = PERTURBATIONS[name](sound.block, np.random.default_rng(5))
    assert block.values.shape == sound.block.values.shape
    assert (np.diff(block.times) > 0).all()
    assert (np.isnan(block.values) == (block.quality == Quality.MISSING)).all()
    changed = (block.times != sound.block.times).any() or not np.array_equal(block.values, sound.block.values)
    assert changed == (name != "as it is")
