"""The rules of others speak up where their programs would."""

import numpy as np
import pytest
from numpy.typing import NDArray

from peer_rules import (
    NORMAL_MAD,
    cusum,
    ewma_chart,
    hampel,
    librenms,
    polled,
    rolling_z,
    rules,
    sliding_reference,
    zabbix,
)


def steady(*spells: tuple[int, float]) -> NDArray[np.float64]:
    """Spells of so many samples at so many volts."""
    return np.concatenate([np.full(count, volts) for count, volts in spells])


def test_zabbix_waits_for_fifteen_minutes_outside_and_a_single_zero_disables_it() -> None:
    """`min(V,15m) > 0 and (min(V,15m) > 243 or max(V,15m) < 197)`."""
    assert zabbix(steady((20, 230.0), (14, 190.0), (20, 230.0))).tolist() == []
    assert zabbix(steady((20, 230.0), (16, 190.0), (20, 230.0))).tolist() == [34]
    assert zabbix(steady((20, 230.0), (5, 190.0), (1, 0.0), (14, 190.0), (20, 230.0))).tolist() == []
    assert zabbix(steady((20, 230.0), (20, 250.0))).tolist() == [34]


def test_librenms_guesses_its_limits_from_the_first_value() -> None:
    """15 % around it, whatever it was."""
    assert librenms(steady((3, 240.0), (2, 200.0), (2, 240.0), (1, 280.0))).tolist() == [3, 7]
    assert librenms(steady((3, 110.0), (2, 230.0))).tolist() == [3]


def test_a_rule_with_its_own_poll_sees_only_its_samples() -> None:
    """Four samples of a sag between two polls stay unseen."""
    values = steady((6, 230.0), (4, 100.0), (5, 230.0), (1, 100.0))
    assert polled(librenms, 5)(values).tolist() == [15]


@pytest.mark.parametrize("rule", [sliding_reference, rolling_z, hampel])
def test_a_rule_with_a_window_speaks_once_of_a_step_and_never_before_its_window_is_full(
    rule: object,
) -> None:
    """A little noise, then a fifth less."""
    assert callable(rule)
    values = 230 + np.random.default_rng(1).normal(0, 0.3, 400)
    values[300:310] *= 0.8
    values[50] *= 0.5
    found = rule(values)
    assert found[found >= 200].tolist() == [300]
    assert (found >= 60).all()


def test_charts_speak_of_small_shifts_that_stay() -> None:
    """An EWMA chart at 6 of its standard deviations, a CUSUM at 12 beyond 1."""
    z = np.concatenate([np.zeros(50), np.full(50, 3.0)])
    assert ewma_chart(z).tolist() == [54], "3 (1 − 0.8⁵) is beyond 6 √(0.2 / 1.8) = 2"
    assert cusum(z).tolist() == list(range(56, 100, 7))
    assert cusum(-z).tolist() == cusum(z).tolist()
    assert not cusum(np.ones(1000)).size


def test_every_rule_runs_on_a_series_and_finds_an_outage() -> None:
    """Those with a poll of their own too, for it lasts; onsets are indices in order."""
    rng = np.random.default_rng(2)
    sound = 230 + np.cumsum(rng.normal(0, 0.05, 3000)) + rng.normal(0, 0.2, 3000)
    values = sound.copy()
    values[2500:2530] = 5.0
    for rule in rules(sound, 60.0):
        found = rule.onsets(values)
        assert (np.diff(found) > 0).all(), rule.name
        assert ((found >= 2500) & (found < 2535)).any(), rule.name


def test_the_scale_of_a_median_absolute_deviation_is_that_of_a_normal_distribution() -> None:
    """1 / 0.6745."""
    z = np.random.default_rng(3).normal(0, 1, 200_000)
    assert np.median(np.abs(z)) * NORMAL_MAD == pytest.approx(1, abs=0.01)
