"""What one poll of one device gives, raw and decoded."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from telemetry.block import Quality

# A device's words before any profile: an SNMP Integer, Counter, Gauge or TimeTicks as int, an octet
# string as bytes, an OID or IP address as str; a Modbus register or bit as int. An instance that is
# absent, Null or in error is not in the mapping. The key is a numeric OID without a leading dot, or
# `holding:3027` (zero-based wire address).
Raw = int | bytes | str
RawAnswer = Mapping[str, Raw]


_OF_A_PHASE = re.compile(r"\.L\d-(N|L\d)\.voltage$")


@dataclass(frozen=True, slots=True)
class Value:
    """A quantity as one device gave it.

    value: in the quantity's unit, a state as its code; NaN where quality is MISSING
    source: the address that it came from, as in `RawAnswer`
    """

    quantity: str
    value: float
    quality: Quality
    source: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a poller brings back from one poll: values, or the reason why there are none.

    error: None where the device answered; else a sentence for people: address, what was tried, what to check
    """

    values: tuple[Value, ...]
    error: str | None = None

    @property
    def given(self) -> tuple[str, ...]:
        """The quantities that the device turns out to have: they become columns.

        A phase's voltage only where it can be believed: the phases of a three-phase model, of which this one never says
        anything, must not stand before the single figure that it gives.
        """
        return tuple(v.quantity for v in self.values if v.quality is Quality.GOOD or not _OF_A_PHASE.search(v.quantity))


@dataclass(frozen=True, slots=True)
class Reading:
    """One device's answer to one poll. Times in microseconds UTC."""

    device: str
    requested: int
    answered: int
    answer: Answer
