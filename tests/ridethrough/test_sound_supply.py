"""Supplies in which nothing happened go through the whole engine: next to nothing is sent to the NOC."""

import secrets
from pathlib import Path

import numpy as np

from mains import RECORDED, one_second, recorded
from outcome import onsets


def test_years_of_sound_supply_send_two_notifications_at_most(data_dir: Path) -> None:
    """2.4 years in two homes, without a site file; that a silent recorder is reported is right, and not counted."""
    sent = []
    for name in RECORDED:
        sound = recorded(name, data_dir)
        assert sound is not None, f"{name} is not in {data_dir}"
        sent += [(name, onset) for onset in onsets(sound).notified]
    assert len(sent) <= 2, sent


def test_days_of_sound_supply_each_second_send_nothing() -> None:
    """Load that comes and goes, motor starts and tap changes are no alarm; drawn anew each time."""
    seed = secrets.randbits(32)
    assert not onsets(one_second(2, np.random.default_rng(seed))).notified, f"seed {seed}"
