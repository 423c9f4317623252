"""One row of a stream, as the parts of the supervisor judge it."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.event import Evidence
from detectors.ledger import Ledger
from detectors.observation import Observation
from detectors.wiring import Wiring
from device_profiles.quantities import Kind, quantity

Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Row:
    """One row. Places are those of `levels.py`: the last stands for every absent quantity.

    time, previous: µs of this row, and of the row before (0 before the first)
    w: the wiring that tells what the places are; seen: what can be seen in this row
    ledger: where findings are written
    values: (M + 1,) in the unit of each; new: (M + 1,) whether it is a sample of this row's own
    sampled: (M + 1,) µs of the last sample before this row, 0 for none
    """

    time: int
    previous: int
    w: Wiring
    seen: Observation
    ledger: Ledger
    values: NDArray[np.float32]
    new: NDArray[np.bool_]
    sampled: NDArray[np.int64]

    def fresh(self, places: Places) -> NDArray[np.bool_]:
        """(n,) whether any of (n, k) places has a new sample in this row."""
        return np.asarray(self.new[places].any(axis=-1))

    def before(self, places: Places) -> NDArray[np.int64]:
        """(n,) µs of the last sample of (n, k) places before this row; of this row where there was none."""
        last = self.sampled[places].max(axis=-1)
        return np.where(last > 0, last, self.time)

    def onset(self, places: Places) -> tuple[int, int]:
        """(last sample before this row, this row): when what these places show came about."""
        return (int(self.before(places.reshape(1, -1))[0]), self.time)

    def lowest(self, places: Places) -> float:
        """The lowest known voltage of these places, in parts of nominal; 1 where none is known."""
        flat = places.ravel()
        known = self.values[flat] / self.w.watched.nominal[flat]
        known = known[~np.isnan(known)]
        return float(known.min()) if len(known) else 1.0

    def evidence(self, *places: Places | int) -> tuple[Evidence, ...]:
        """The samples at these places, as far as they are known, each once."""
        flat: Iterable[int] = (int(p) for part in places for p in np.ravel(part))
        found = []
        for place in dict.fromkeys(flat):
            if place < 0 or np.isnan(self.values[place]):
                continue
            value, channel = float(self.values[place]), self.w.watched.channels[place]
            q = quantity(channel.quantity)
            said = q.state(value) if q.kind is Kind.STATE else None
            found.append(Evidence(channel.device, channel.quantity, value if said is None else said, self.time))
        return tuple(found)
