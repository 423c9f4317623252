"""Short circuits of the grid: the phasors that they leave at the site, by symmetrical components."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from simulators.chance import Chance
from simulators.supply import Floats, Phasors
from simulators.utility.settings import Range, number, numbers, one_of, table

TYPES = ("slg", "ll", "llg", "3ph")
BEHIND = ("none", "delta-wye")
PHASES = ("L1", "L2", "L3")

_ARC_LASTS = 100_000  # µs for which an arc stays as it was drawn
_ARC_DRAWN = 3  # the purpose for which chance is asked
_A = np.exp(2j * np.pi / 3)
_DELTA_WYE = np.exp(1j * np.pi / 3)  # Dyn1 turns V1 by −30° and V2 by +30°: V2 against V1 by 60°
_RANGES: Mapping[str, Range] = {
    "depth": Range(0, 1.2),
    "sound": Range(0, 1.2, 1.0),
    "jump": Range(-90, 90, 0.0),
    "arc": Range(0, 0.5, 0.0),
}


class Faults:
    """One possible fault at each of `(S, n)` feeds.

    A fault is a table of

    type: `slg` one phase to ground, `ll` two phases, `llg` two phases to ground, `3ph`
    phase: the faulted phase of slg; the sound one of ll and llg
    depth: retained voltage of what is faulted, in parts of what it was before: phase to ground, of ll the voltage
        between the two phases (Bollen's characteristic voltage)
    sound: what the source behind the fault keeps, in parts; below 1 the sound phases sag too
    jump: degrees by which the retained voltage is turned (fault and source differ in X/R)
    behind: `delta-wye`: a transformer stands between the fault and the site
    arc: standard deviation of depth, redrawn every 0.1 s

    present: `(S, n)` whether the fault is there, fed or not
    """

    def __init__(self, zero_ratio: Floats, chance: Chance) -> None:
        """None is there.

        Args:
            zero_ratio: `(S, n)` Z0/Z1 of the network
            chance: of the arcs
        """
        self.present = np.zeros(zero_ratio.shape, np.bool_)
        self._chance = chance
        self._type = np.zeros(zero_ratio.shape, np.int8)  # 0 none, then TYPES
        self._phase = np.zeros(zero_ratio.shape, np.int8)
        self._behind = np.zeros(zero_ratio.shape, np.bool_)
        self._number = {key: np.zeros(zero_ratio.shape) for key in _RANGES}
        # What each sequence takes of the voltage that the fault costs: 0 none, slg, ll, llg, 3ph. From the sequence
        # networks in series (slg), in parallel (ll, llg), the positive one alone (3ph).
        k = zero_ratio
        none = np.zeros_like(k)
        self._share = np.stack(
            [
                [none, 1 / (2 + k), none + 0.5, (1 + k) / (1 + 2 * k), none + 1],
                [none, -1 / (2 + k), none + 0.5, k / (1 + 2 * k), none],
                [none, -k / (2 + k), none, k / (1 + 2 * k), none],
            ]
        )  # (sequence 1 2 0, type, S, n)
        self._ratios: Phasors = np.ones((*zero_ratio.shape, 3), np.complex128)
        self._stale = True
        self._arc_drawn_at = -1

    def set(self, site: int, i: int, value: object) -> None:
        """Make that fault, or end the one that is there with false.

        Raises:
            ValueError: it is no such table.
        """
        at = site, i
        if value is False:
            self.present[at] = False
            return
        given = table("fault", value, ("type", "phase", *_RANGES, "behind"))
        kind = one_of("fault.type", given.get("type"), TYPES)
        phase = one_of("fault.phase", given.get("phase", "L1"), PHASES)
        behind = one_of("fault.behind", given.get("behind", "none"), BEHIND)
        found = numbers("fault", given, _RANGES)
        number("fault.depth", found["depth"], 0, found["sound"])
        self.present[at] = True
        self._type[at], self._phase[at], self._behind[at] = kind + 1, phase, behind == 1
        for key, array in self._number.items():
            array[at] = found[key]
        self._stale = True

    @property
    def flickering(self) -> NDArray[np.bool_]:
        """`(S, n)` a fault is there whose arc varies."""
        varies: NDArray[np.bool_] = self.present & (self._number["arc"] > 0)
        return varies

    def ratios(self, now: int) -> Phasors:
        """`(S, n, 3)` what each phase keeps of its phasor while the fault is fed; only where it is present."""
        flickers = now // _ARC_LASTS != self._arc_drawn_at and bool(self.flickering.any())
        if self._stale or flickers:
            self._arc_drawn_at = now // _ARC_LASTS
            self._stale = False
            self._ratios = self._solved()
        return self._ratios

    def _solved(self) -> Phasors:
        n = self._number
        depth = n["depth"]
        if self.flickering.any():
            arc = self._chance.normal(self._arc_drawn_at * _ARC_LASTS, _ARC_DRAWN)
            depth = np.clip(depth + n["arc"] * arc, 0, n["sound"])
        cost = n["sound"] - depth * np.exp(1j * np.radians(n["jump"]))
        shares = np.take_along_axis(self._share, self._type[np.newaxis, np.newaxis].astype(np.intp), axis=1)[:, 0]
        positive = n["sound"] - shares[0] * cost
        negative = shares[1] * cost * np.where(self._behind, _DELTA_WYE, 1)
        zero = shares[2] * cost * ~self._behind
        turns = (np.arange(3) - self._phase[..., np.newaxis]) % 3  # how many phases after the reference
        ratios: Phasors = (
            positive[..., np.newaxis]
            + negative[..., np.newaxis] * _A ** (2 * turns)
            + zero[..., np.newaxis] * _A**turns
        )
        return ratios
