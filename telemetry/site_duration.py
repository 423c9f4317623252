"""Durations as a site file writes them: `"3s"`, `"5m"`, `"1.5h"`, `"250ms"`."""

import re
from fractions import Fraction

from telemetry.block import SECOND

EXPECTED = 'a duration with its unit, such as "250ms", "3s", "5m", "1.5h" or "30d"'

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", re.ASCII)
_UNITS = {"ms": SECOND // 1000, "s": SECOND, "m": 60 * SECOND, "h": 3600 * SECOND, "d": 86_400 * SECOND}
_LONGEST = 100 * 366 * 86_400 * SECOND


def parse_duration(text: object) -> int:
    """The microseconds of a duration, exactly.

    Raises:
        ValueError: it is no duration, is no whole number of microseconds or exceeds a hundred years.
    """
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if not match:
        raise ValueError(f"found {text!r}, expected {EXPECTED}")
    duration = Fraction(match[1]) * _UNITS[match[2]]
    if duration.denominator != 1 or duration > _LONGEST:
        raise ValueError(f"found {text!r}, expected whole microseconds, and no more than a hundred years")
    return int(duration)
