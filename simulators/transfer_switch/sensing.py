"""What a transfer switch believes of its two sources, with the gap between drop-out and pick-up that stops hunting."""

from collections.abc import Sequence

import numpy as np

from simulators.supply import Floats, Supply
from simulators.transfer_switch.parameters import Flags, Micros, SwitchParameters
from telemetry.site import TransferSettings

_LOWEST, _SLOWEST, _HIGHEST, _FASTEST, _UNBALANCE = range(5)  # what is compared; the last three with their sign turned


class SourceSensing:
    """Arrays `(2, S, n)`: the normal and the emergency source of each switch.

    good: what the controller believes
    since: µs, when that last changed
    lowest, highest: phase, in parts of nominal
    """

    def __init__(
        self,
        settings: Sequence[TransferSettings],
        parameters: SwitchParameters,
        nominal_frequency: Floats,
        has_engine: Flags,
    ) -> None:
        p = parameters
        self.shape = np.shape(p.mechanism)
        hertz = np.broadcast_to(nominal_frequency, self.shape)
        unlimited = np.full(self.shape, np.inf)
        watched = np.asarray(p.dropout_unbalance) > 0
        dropout, pickup = (
            np.broadcast_to([getattr(s, limit) for s in settings], self.shape) for limit in ("dropout", "pickup")
        )
        self.dropout: Floats = np.array(dropout)
        # Every limit as a least value: what must not be above one is compared with its sign turned.
        self._hold = np.array(
            [
                dropout,
                hertz * p.dropout_frequency,
                -np.asarray(p.dropout_over),
                -hertz * p.dropout_frequency_over,
                np.where(watched, -np.asarray(p.dropout_unbalance), -unlimited),
            ]
        )[:, np.newaxis]
        self._take = np.array(
            [
                pickup,
                hertz * p.pickup_frequency,
                -np.asarray(p.pickup_over),
                -hertz * p.pickup_frequency_over,
                np.where(watched, -np.asarray(p.pickup_unbalance), -unlimited),
            ]
        )[:, np.newaxis]
        self._watches_unbalance = bool(watched.any())
        self.good: Flags = np.stack((np.ones(self.shape, np.bool_), np.broadcast_to(~has_engine, self.shape)))
        self.since: Micros = np.zeros((2, *self.shape), np.int64)
        self.lowest: Floats = np.zeros((2, *self.shape))
        self.highest: Floats = np.zeros((2, *self.shape))
        self._volts = np.zeros((2, *self.shape, 3), np.complex128)
        self._measured = np.zeros((5, 2, *self.shape))
        self._gapless = np.zeros((2, *self.shape), np.bool_)
        self._limits = self._hold + np.zeros_like(self._measured)
        self._begun = False
        self._set_limits()

    def lose_gap(self, of_normal: Flags) -> None:
        """Those switches drop out and pick up their normal source at one voltage."""
        self._gapless[0] = of_normal
        self._set_limits()

    def look(
        self,
        now: int,
        normal: Supply,
        emergency: Supply,
        *,
        amiss: Floats | None = None,
        taken_for_bad: Flags | None = None,
        taken_for_good: Flags | None = None,
    ) -> None:
        """Judge the sources at `now` (µs).

        Args:
            now: µs
            normal: `(S, n)`
            emergency: `(S, n)`
            amiss: `(S, n)` parts of nominal by which the normal source is read too high
            taken_for_bad: normal sources that are believed bad whatever they are
            taken_for_good: emergency sources that are believed good whatever they are
        """
        if not self._begun:
            self._begun = True
            self.since[:] = now
        measured = self._measured
        self._volts[0], self._volts[1] = normal.volts, emergency.volts
        levels = np.abs(self._volts)
        one, two, three = levels[..., 0], levels[..., 1], levels[..., 2]
        self.lowest = np.minimum(np.minimum(one, two), three)
        self.highest = np.maximum(np.maximum(one, two), three)
        measured[_LOWEST] = self.lowest
        np.negative(self.highest, out=measured[_HIGHEST])
        measured[_SLOWEST, 0], measured[_SLOWEST, 1] = normal.frequency, emergency.frequency
        np.negative(measured[_SLOWEST], out=measured[_FASTEST])
        if self._watches_unbalance:
            mean = levels.mean(axis=-1)
            departure = np.maximum(self.highest - mean, mean - self.lowest)
            measured[_UNBALANCE] = -departure / np.maximum(mean, 1e-9)
        if amiss is not None:
            measured[_LOWEST, 0] += amiss
        good: Flags = np.asarray((measured >= self._limits).all(axis=0))
        if taken_for_bad is not None:
            good[0] &= ~taken_for_bad
        if taken_for_good is not None:
            good[1] |= taken_for_good
        changed = good != self.good
        if changed.any():
            self.since = np.where(changed, now, self.since)
            self.good = good
            self._set_limits()

    def _set_limits(self) -> None:
        self._limits = np.where(self.good | self._gapless, self._hold, self._take)
