"""What a UPS's card keeps between two polls: the last minute's extremes, counters, why the UPS left its mains.

A sag that no poll sees stands in these for a while. They see every step of the plant, as the card's own
measurement does; what begins anew with the card begins anew here.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from device_profiles.quantities import quantity
from simulators.supply import Floats
from telemetry.block import SECOND

Times = NDArray[np.int64]

# Extremes are kept in buckets of 5 s: what is shown is of the last 55 to 60 s, as APC's cards say of theirs.
_BUCKET = 5 * SECOND
_BUCKETS = 12

# PowerNet's upsAdvInputLineFailCause: below 40 % it is a blackout, above a brownout, both for more than 5 s; else a sag.
_SHORT = 5 * SECOND
_BLACKOUT = 0.4
# Within which, in parts of nominal, it was not the voltage: usual transfer limits of a double-conversion UPS.
_LOW, _HIGH = 0.85, 1.10

_STATUS = quantity("ups.status")
_REASON = quantity("input.transfer.reason")
_ON_BATTERY, _TEST = _STATUS.code("on_battery"), _STATUS.code("test")
_NONE, _OVER, _UNDER, _OUT, _SAG, _SPIKE, _OTHER, _BY_TEST = (
    _REASON.code(word)
    for word in ("none", "overvoltage", "undervoltage", "blackout", "sag", "spike", "rate_of_change", "test")
)


class Fast(NamedTuple):
    """What moves between polls, of n UPSs of S sites, each `(S, n)`.

    lowest, highest: phase of the input, in parts of nominal
    status: codes of `ups.status`
    line_bads: how often the input has gone bad since the plant began
    began: µs since when the card counts (`Cards.began`)
    """

    lowest: Floats
    highest: Floats
    status: NDArray[np.int8]
    line_bads: NDArray[np.int64]
    began: Times


class Registers:
    """The registers of n UPSs of S sites.

    lowest, highest: `(S, n)` of the last minute, in parts of nominal; reason: codes of `input.transfer.reason`, of the
    last transfer, `none` before the first; line_bads: since the card began
    """

    def __init__(self, names: Sequence[str], nominal: Sequence[float], sites: int = 1) -> None:
        """Empty.

        Args:
            names: of the devices
            nominal: V phase to neutral at each input
            sites: how many
        """
        self.names = tuple(names)
        self._nominal = np.asarray(nominal, np.float64)
        shape = (sites, len(self.names))
        self.reason: NDArray[np.int8] = np.full(shape, _NONE, np.int8)
        self.line_bads: NDArray[np.int64] = np.zeros(shape, np.int64)
        self._lows: Floats = np.full((_BUCKETS, *shape), np.inf)
        self._highs: Floats = np.full((_BUCKETS, *shape), -np.inf)
        self._bucket: int | None = None  # that is being filled
        self._began: Times = np.zeros(shape, np.int64)
        self._base: NDArray[np.int64] = np.zeros(shape, np.int64)
        self._away = np.zeros(shape, np.bool_)  # from the mains
        self._left: Times = np.zeros(shape, np.int64)  # when the UPS left them, µs
        self._worst: Floats = np.ones((2, *shape))  # lowest and highest since
        self._bad_until: Times = np.zeros(shape, np.int64)

    @property
    def lowest(self) -> Floats:
        """`(S, n)` of the last minute."""
        lowest: Floats = self._lows.min(axis=0)
        return lowest

    @property
    def highest(self) -> Floats:
        """`(S, n)` of the last minute."""
        highest: Floats = self._highs.max(axis=0)
        return highest

    def notice(self, now: int, fast: Fast) -> None:
        """Take one step of the plant."""
        if self._bucket is None:
            self._began = fast.began.copy()
        self._turn(now // _BUCKET)
        fresh = fast.began != self._began
        if fresh.any():
            self._base[fresh] = fast.line_bads[fresh]
            self._lows[:, fresh], self._highs[:, fresh] = np.inf, -np.inf
            self._began = fast.began.copy()
        place = now // _BUCKET % _BUCKETS
        np.minimum(self._lows[place], fast.lowest, out=self._lows[place])
        np.maximum(self._highs[place], fast.highest, out=self._highs[place])
        self.line_bads = fast.line_bads - self._base
        away = (fast.status == _ON_BATTERY) | (fast.status == _TEST)
        if away.any() or self._away.any():
            self._judge(now, fast, away)
        self._away = away

    def values(self, site: int) -> dict[str, dict[str, float]]:
        """{device: {quantity: value}} of one site; nothing before the first step."""
        if self._bucket is None:
            return {}
        low, high = (self.lowest[site] * self._nominal).tolist(), (self.highest[site] * self._nominal).tolist()
        bads, reasons = self.line_bads[site].tolist(), self.reason[site].tolist()
        return {
            name: {
                "input.voltage.minimum": low[i],
                "input.voltage.maximum": high[i],
                "input.transfer.reason": float(reasons[i]),
                "input.linebads": float(bads[i]),
            }
            for i, name in enumerate(self.names)
        }

    def _turn(self, bucket: int) -> None:
        """Empty the buckets that time has passed over."""
        if self._bucket is None:
            self._bucket = bucket
        for passed in range(max(self._bucket + 1, bucket - _BUCKETS + 1), bucket + 1):
            self._lows[passed % _BUCKETS], self._highs[passed % _BUCKETS] = np.inf, -np.inf
        self._bucket = bucket

    def _judge(self, now: int, fast: Fast, away: NDArray[np.bool_]) -> None:
        """Why those that are on their batteries left the mains: what is said of a sag changes when it lasts."""
        leaves = away & ~self._away
        self._left[leaves], self._bad_until[leaves] = now, now
        self._worst[0][leaves], self._worst[1][leaves] = np.inf, -np.inf
        low = self._worst[0] = np.minimum(self._worst[0], fast.lowest)
        high = self._worst[1] = np.maximum(self._worst[1], fast.highest)
        bad = away & ((fast.lowest < _LOW) | (fast.highest > _HIGH))
        self._bad_until[bad] = now
        brief = self._bad_until - self._left < _SHORT
        down = np.where(brief, _SAG, np.where(low < _BLACKOUT, _OUT, _UNDER))
        up = np.where(brief, _SPIKE, _OVER)
        reason = np.where(low < _LOW, down, np.where(high > _HIGH, up, _OTHER))
        reason = np.where(fast.status == _TEST, _BY_TEST, reason)
        self.reason = np.where(away, reason, self.reason).astype(np.int8)
