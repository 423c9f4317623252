"""The findings of the frequency detector; events are made when somebody reads them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from detectors.event import Event, EventKind, Evidence
from detectors.frequency_state import SHIFTED, Frequencies
from detectors.frequency_supplies import Flags, Floats
from detectors.lazy_events import LazyEvents
from detectors.windows import Places
from telemetry.block import SampleBlock

_WHY = ("", "band", "rate", "limit")


@dataclass(frozen=True, slots=True)
class Found:
    """S findings.

    supply: (S,) whose
    row: (S,) of the block
    active, confirmed: (S,)
    said: (S,) what they say
    began: (S, 2) µs
    bad: (S,) µs of the last sample outside
    lowest, highest, rate: (S,) up to then, Hz and Hz/s
    hertz: (S,) in that row
    """

    supply: Places
    row: Places
    active: Flags
    confirmed: Flags
    said: NDArray[np.int8]
    began: NDArray[np.int64]
    bad: NDArray[np.int64]
    lowest: Floats
    highest: Floats
    rate: Floats
    hertz: Floats

    @staticmethod
    def joined(parts: Sequence["Found"]) -> "Found":
        """All of them."""
        return Found(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Found)))


class FrequencyEvents(LazyEvents):
    """Events in the order of `Event.order`, each made when it is read.

    Their detail: `why` (`limit`, or of what is only recorded `band`, `rate`), `lowest` and `highest` in Hz,
    `rocof_hz_s` where it changed at all, `gradual` where it drifted out of the band: that disturbs nothing.
    """

    def __init__(self, v: Frequencies, block: SampleBlock, found: Found) -> None:
        self._v, self._block, self._found = v, block, found

    def __len__(self) -> int:
        return len(self._found.supply)

    def _sorted(self) -> Places:
        """By time, supply, onset; what is active first, what is not confirmed first."""
        names, f = self._v.supplies.feeds.names, self._found
        rank = np.empty(len(names), np.int64)
        rank[sorted(range(len(names)), key=names.__getitem__)] = np.arange(len(names))
        return np.lexsort((f.confirmed, ~f.active, f.began[:, 1], f.began[:, 0], rank[f.supply], f.row))

    def _event(self, i: int) -> Event:
        f = self._found
        supply, time, said = int(f.supply[i]), int(self._block.times[f.row[i]]), int(f.said[i])
        device, point = self._v.supplies.feeds.names[supply]
        column = self._v.supplies.feeds.frequency[supply]
        nominal = float(self._v.supplies.feeds.nominal_frequency[supply])
        lowest, highest, rate = float(f.lowest[i]), float(f.highest[i]), float(f.rate[i])
        detail: dict[str, object] = {"why": _WHY[said], "lowest": lowest, "highest": highest}
        if rate > 0:
            detail["rocof_hz_s"] = rate
        if said == SHIFTED:
            detail["gradual"] = True
        return Event(
            time=time,
            kind=EventKind.FREQUENCY_DEVIATION,
            subject=device,
            point=point,
            active=bool(f.active[i]),
            onset=(int(f.began[i, 0]), int(f.began[i, 1])),
            ended=None if f.active[i] else (int(f.bad[i]), time),
            magnitude=lowest if nominal - lowest >= highest - nominal else highest,
            confirmed=bool(f.confirmed[i]),
            evidence=(Evidence(device, self._v.channels[column].quantity, float(f.hertz[i]), time),),
            detail=detail,
        )
