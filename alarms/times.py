"""Times and durations as people and other programs read them. In the program they are integer microseconds UTC."""

from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo

from telemetry.block import SECOND
from telemetry.moment import utc

HOUR = 3600 * SECOND


def iso(time: int) -> str:
    """`2026-03-01T14:32:35.000Z`."""
    return utc(time // 1000 * 1000).strftime("%Y-%m-%dT%H:%M:%S.") + f"{time // 1000 % 1000:03d}Z"


def iso_second(time: int) -> str:
    """`2026-03-01T14:37:40Z`: the nearest whole second, for what is only predicted."""
    return utc((time + SECOND // 2) // SECOND * SECOND).strftime("%Y-%m-%dT%H:%M:%SZ")


def compact(time: int) -> str:
    """`20260301T143200Z`: the second it falls in, as incidents are named."""
    return utc(time // SECOND * SECOND).strftime("%Y%m%dT%H%M%SZ")


@cache
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # no such zone on this machine
        return None


def hour(moment: datetime, *, fine: bool) -> str:
    """`10:37:40`; `fine`: with its milliseconds, `10:37:40.250`."""
    second = moment.strftime("%H:%M:%S")
    return f"{second}.{moment.microsecond // 1000:03d}" if fine else second


def local(time: int, timezone: str, *, fine: bool = False) -> str:
    """`10:37:40 EDT`: the time of day where the site is; in UTC where this machine does not know the zone."""
    moment = utc(time).astimezone(_zone(timezone) or UTC)
    return f"{hour(moment, fine=fine)} {moment.strftime('%Z')}"


def duration(length: int) -> str:
    """`52 ms`, `1.3 s`, `25 s`, `4 min 10 s`, `2 h 5 min`: as one would say it, two or three digits of it.

    Args:
        length: microseconds; a negative one is said by its size alone.
    """
    size = abs(length)
    if 0 < (milliseconds := (size + 500) // 1000) < 1000:
        return f"{milliseconds} ms"
    if (tenths := (size + SECOND // 20) * 10 // SECOND) < 100:
        return f"{tenths / 10:g} s"
    seconds = (size + SECOND // 2) // SECOND
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 3600:
        minutes, rest = divmod(seconds, 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
