"""Half-cycle RMS against a plain loop and against what sines are known to have."""

import numpy as np
import pytest

from comtrade_files import sine
from telemetry.recordings.half_cycle import Waveform


def plain_rms(times, values, end, cycle):
    """The RMS over the cycle before `end`, by adding up a fine staircase between the samples."""
    fine = end - cycle + (np.arange(20_000) + 0.5) / 20_000 * cycle
    total = 0.0
    for value in np.interp(fine, times, values):
        total += value * value
    return (total / len(fine)) ** 0.5


@pytest.mark.parametrize("rate", [400.0, 1000.0, 1234.5, 3200.0, 5760.0])
@pytest.mark.parametrize("hertz", [50.0, 60.0])
def test_a_steady_sine_reads_its_rms_at_any_rate(rate: float, hertz: float) -> None:
    rate = max(rate, 8 * hertz)
    times = np.arange(0, 0.3, 1 / rate)
    rms = Waveform(times, hertz).rms(sine(times, 230.0, hertz, 0.4))
    assert len(rms) == int((times[-1] - 1 / hertz) * 2 * hertz + 1e-6) + 1
    # With eight samples a cycle, straight lines between them cost up to two per cent where edges lie between samples.
    assert rms == pytest.approx(230.0, rel=0.02 if rate < 12 * hertz else 0.004)


def test_a_window_across_a_dip_is_what_a_plain_loop_finds() -> None:
    """Harmonics, a dip that begins anywhere and a rate that does not fit the cycle."""
    times = np.arange(0, 0.4, 1 / 6412.7)
    values = sine(times, 230.0, dips=[(0.1234, 0.1811, 0.4)]) + sine(times, 20.0, 250.0)
    waveform = Waveform(times, 50.0)
    expected = [plain_rms(times, values, end, 0.02) for end in waveform.ends]
    assert waveform.rms(values) == pytest.approx(expected, rel=2e-3)
    assert np.diff(waveform.ends) == pytest.approx(0.01)
    assert min(expected) == pytest.approx(0.4 * 230, rel=0.06)


def test_a_row_is_stamped_with_the_end_of_its_cycle() -> None:
    """A dip at 0.1 s changes nothing in the row of 0.1 s, and half of the row after it."""
    times = np.arange(0, 0.2, 1 / 4000)
    waveform = Waveform(times, 50.0)
    rms = dict(zip(waveform.ends.round(6), waveform.rms(sine(times, 100.0, dips=[(0.1, 1.0, 0.0)])), strict=True))
    assert rms[0.1] == pytest.approx(100.0, rel=1e-3)
    assert rms[0.11] == pytest.approx(100.0 / np.sqrt(2), rel=0.02)
    assert rms[0.12] == pytest.approx(0.0, abs=2.0)


def test_a_change_of_rate_is_no_change_of_voltage() -> None:
    times = np.concatenate([np.arange(0, 0.1, 1 / 1200), np.arange(0.1, 0.3, 1 / 4800)])
    assert Waveform(times, 60.0).rms(sine(times, 230.0, 60.0)) == pytest.approx(230.0, rel=2e-3)


def test_a_slow_stretch_shows_no_waveform_and_its_last_sample_spoils_nothing() -> None:
    """A recorder writes amplitudes once a cycle between two faults, the last of them one fast step before the next."""
    fast, slow = np.arange(0, 0.1, 1 / 3200), 0.1 + np.arange(0, 0.2, 0.02)
    again = slow[-1] + np.arange(1, 400) / 3200
    times = np.concatenate([fast, slow, again])
    values = sine(times, 100.0)
    values[len(fast) : len(fast) + len(slow)] = 5_000.0
    waveform = Waveform(times, 50.0)
    rms = waveform.rms(values)
    seen = ~np.isnan(rms)
    assert (waveform.sampled == seen).all()
    assert rms[seen] == pytest.approx(100.0, rel=1e-3)
    assert not seen[(waveform.ends > 0.1) & (waveform.ends < slow[-1] + 0.02)].any()
    assert seen[waveform.ends > slow[-1] + 0.031].all()


def test_a_missing_sample_leaves_exactly_the_windows_that_hold_it_unknown() -> None:
    times = np.arange(0, 0.2, 1 / 2000)
    values = sine(times, 100.0)
    values[101] = np.nan  # at 50.5 ms
    waveform = Waveform(times, 50.0)
    unknown = waveform.ends[np.isnan(waveform.rms(values))]
    assert unknown == pytest.approx([0.06, 0.07])


def test_the_fundamental_tells_a_supply_from_direct_voltage_and_from_a_carrier() -> None:
    times = np.arange(0, 0.2, 1 / 4000)
    waveform = Waveform(times, 50.0)
    assert waveform.fundamental(sine(times, 100.0)) == pytest.approx(100.0, rel=1e-3)
    assert waveform.fundamental(np.full(len(times), 100.0)) == pytest.approx(0.0, abs=0.5)
    assert waveform.fundamental(sine(times, 100.0, 850.0)) == pytest.approx(0.0, abs=3.0)


@pytest.mark.parametrize("times", [[0.0], [0.0, 0.001], np.arange(0, 0.0199, 0.001), np.arange(0, 1, 0.005)])
def test_less_than_a_cycle_or_too_few_samples_show_nothing(times) -> None:
    assert not Waveform(np.array(times), 50.0).sampled.any()
