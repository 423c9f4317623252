"""How a transfer switch passes from one live source to the other: open, delayed, closed or in phase."""

from collections.abc import Sequence

import numpy as np

from simulators.supply import Floats, Supply
from simulators.transfer_switch.parameters import Flags, Micros, SwitchParameters, micros
from telemetry.block import SECOND
from telemetry.site import TransferSettings

_NOT = -1


class Transition:
    """Arrays `(S, n)`.

    neutral: µs that the switch stays between the sources on purpose
    overlap: µs for which a closed transition has both sides closed
    waiting: a switch waits for its sources to match
    """

    def __init__(self, settings: Sequence[TransferSettings], parameters: SwitchParameters) -> None:
        p = parameters
        self._closed: Flags = np.array([t == "closed" for t in p.transition], np.bool_)
        self._in_phase: Flags = np.array([t == "in_phase" for t in p.transition], np.bool_)
        delayed = np.array([t == "delayed" for t in p.transition], np.bool_)
        of_site = np.array([s.neutral_delay for s in settings], np.int64)
        self.neutral: Micros = np.where(delayed & (of_site == 0), micros(p.neutral), of_site)
        self.overlap = micros(p.overlap)
        self.waiting = False
        self._voltage: Floats = np.asarray(p.match_voltage)
        self._frequency: Floats = np.where(self._closed, p.match_frequency, p.in_phase_frequency)
        self._angle: Floats = np.radians(np.where(self._closed, p.match_angle, p.in_phase_angle))
        self._patience = micros(p.patience)
        self._asked: Micros = np.full(np.shape(p.mechanism), _NOT, np.int64)  # µs since when it waits
        self._careful = bool((self._closed | self._in_phase).any())

    def choose(
        self, now: int, dt: float, normal: Supply, emergency: Supply, *, leaving: Flags, good: Flags, travel: Micros
    ) -> tuple[Flags, Flags]:
        """Of those that are to leave: which close the other side first, and which wait for a better moment.

        An in-phase transfer looks ahead by the time that the mechanism takes, and takes the step in which the
        sources come nearest. What is bad is left without waiting.

        Args:
            now: µs
            dt: s
            normal: `(S, n)`
            emergency: `(S, n)`
            leaving: `(S, n)` those that are to leave
            good: `(S, n)` both sources are believed good
            travel: `(S, n)` µs that an open transition takes
        """
        nobody = np.zeros_like(leaving)
        if not self._careful:
            return nobody, nobody
        asking = leaving & good & (self._closed | self._in_phase)
        self._asked = np.where(asking, np.where(self._asked == _NOT, now, self._asked), _NOT)
        slip = normal.frequency - emergency.frequency  # Hz
        turning = 2 * np.pi * slip  # rad/s
        ahead = np.where(self._closed, 0.0, travel / SECOND)
        apart = np.abs(np.angle(np.exp(1j * (normal.angle - emergency.angle + turning * ahead))))
        window = np.where(self._closed, self._angle, np.maximum(self._angle, np.abs(turning) * dt / 2))
        near = (apart <= window) & (np.abs(slip) <= self._frequency)
        alike = np.abs(normal.levels - emergency.levels).max(axis=-1) <= self._voltage
        match = asking & near & (alike | self._in_phase)
        impatient = asking & (now - self._asked >= self._patience)
        held = asking & ~match & ~impatient
        self.waiting = bool(held.any())
        return match & self._closed, held
