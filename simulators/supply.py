"""What a source gives at one instant: rms voltages and a frequency."""

import math
from typing import NamedTuple

from device_profiles.quantities import PHASE_TO_NEUTRAL, PHASE_TO_PHASE, PHASES, quantity


class Supply(NamedTuple):
    """Three phases in parts of nominal, phase to neutral, 120° apart; frequency in Hz, 0 where nothing turns."""

    l1: float
    l2: float
    l3: float
    frequency: float

    @property
    def lowest(self) -> float:
        """The lowest phase, in parts of nominal."""
        return min(self.l1, self.l2, self.l3)

    @property
    def highest(self) -> float:
        """The highest phase, in parts of nominal."""
        return max(self.l1, self.l2, self.l3)


DEAD = Supply(0.0, 0.0, 0.0, 0.0)


def voltages(feed: str, supply: Supply, nominal: float) -> dict[str, float]:
    """Every way in which a device may give the voltages of `feed`, in V, and its frequency, in Hz.

    Args:
        feed: `input`, `output`, `input.1` …
        supply: what is there
        nominal: V, phase to neutral
    """
    a, b, c = (nominal * phase for phase in supply[:3])
    found = dict(zip((f"{feed}.{p}.voltage" for p in PHASE_TO_NEUTRAL), (a, b, c), strict=True))
    for pair, (x, y) in zip(PHASE_TO_PHASE, ((a, b), (b, c), (c, a)), strict=True):
        found[f"{feed}.{pair}.voltage"] = math.sqrt(x * x + y * y + x * y)
    found[f"{feed}.voltage"] = min(a, b, c)
    found[f"{feed}.frequency"] = supply.frequency
    found[f"{feed}.phases"] = 3.0
    found[f"{feed}.wiring"] = float(quantity(f"{feed}.wiring").code("line_to_neutral"))
    return found


def currents(feed: str, supply: Supply, nominal: float, power: float) -> dict[str, float]:
    """Currents in A, power in W and VA that a balanced load of unity power factor draws through `feed`."""
    total = nominal * sum(supply[:3])
    current = power / total if total > 0 else 0.0
    found = {f"{feed}.current": current, f"{feed}.realpower": power, f"{feed}.power": power}
    for phase, level in zip(PHASES, supply[:3], strict=True):
        share = current * nominal * level
        found |= {
            f"{feed}.{phase}.current": current,
            f"{feed}.{phase}.realpower": share,
            f"{feed}.{phase}.power": share,
        }
    return found
