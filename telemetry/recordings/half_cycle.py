"""Urms(1/2): the RMS over one cycle, refreshed every half cycle, of samples at any rate.

After IEC 61000-4-30:2015 5.4, with a grid of nominal half cycles from the first sample on in place of zero crossings:
a fault has none that could be relied on.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SAMPLES_A_CYCLE = 8  # fewer show no waveform: in slow stretches recorders write amplitudes, one a cycle or so
_SLACK = 1e-6  # of a cycle: what adding up times may cost


class Waveform:
    """The windows of one cycle over a recorder's samples, one every half cycle.

    times: (S,) s, strictly rising
    ends: (R,) s, where each window ends: the moment at which its value is known
    sampled: (R,) whether all of it was sampled fast enough to show a waveform
    """

    def __init__(self, times: Floats, frequency: float) -> None:
        """Lay the windows over samples taken at `times` (S,) of a supply of nominally `frequency` Hz."""
        self.times = times
        self._cycle = 1 / frequency
        self._step = np.diff(times)
        near = self._step <= self._cycle / SAMPLES_A_CYCLE * 1.001
        # Both neighbours: a slow stretch's last sample lies near the first of the fast one that follows, and is none of it.
        fast = np.concatenate([[True], near]) & np.concatenate([near, [True]])
        self._counted = fast[:-1] & fast[1:]
        self.ends = self._grid(float(times[fast.argmax()])) if self._counted.any() else np.empty(0)
        self.sampled = self._mean(np.ones(len(times))) > 1 - _SLACK

    def rms(self, values: Floats) -> Floats:
        """(R,) the RMS of each window; NaN where it was not wholly sampled, or a sample is missing.

        Args:
            values: (S,) instantaneous values, NaN where missing
        """
        return np.asarray(np.sqrt(np.maximum(0.0, self._mean_known(values, np.square(values)))))

    def fundamental(self, values: Floats) -> Floats:
        """(R,) the RMS of what has the nominal frequency in each window; NaN as in `rms`."""
        turn = 2 * np.pi * self.times / self._cycle
        cosine, sine = (self._mean_known(values, values * wave(turn)) for wave in (np.cos, np.sin))
        return np.asarray(np.sqrt(2 * (np.square(cosine) + np.square(sine))))

    def _mean_known(self, values: Floats, of: Floats) -> Floats:
        """(R,) the mean of `of` over each window; NaN where one of the values is missing."""
        lost = np.isnan(values)
        part = self._mean(np.where(lost, 0.0, of))
        whole = self.sampled & (self._mean(lost.astype(np.float64)) <= 0)
        return np.where(whole, part, np.nan)

    def _grid(self, start: float) -> Floats:
        count = 1 + int(np.floor((self.times[-1] - start - self._cycle * (1 - _SLACK)) / (self._cycle / 2)))
        return np.asarray(start + self._cycle + np.arange(max(0, count)) * (self._cycle / 2))

    def _mean(self, of: Floats) -> Floats:
        """(R,) the integral over each window, divided by a cycle.

        Between two samples the integrand runs straight; so does it at a window's edge, wherever that lies between them.
        """
        at = np.where(self._counted, self._step * (of[:-1] + of[1:]) / 2, 0.0)
        whole = np.concatenate([[0.0], np.cumsum(at)])

        def until(edge: Floats) -> Floats:
            i = np.clip(np.searchsorted(self.times, edge, side="right") - 1, 0, len(self._step) - 1)
            part = np.clip((edge - self.times[i]) / self._step[i], 0, 1)
            within = self._step[i] * (of[i] * part + (of[i + 1] - of[i]) * part**2 / 2)
            return np.asarray(whole[i] + np.where(self._counted[i], within, 0.0))

        return np.asarray((until(self.ends) - until(self.ends - self._cycle)) / self._cycle)
