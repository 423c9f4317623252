"""Moments as datetimes, and as the integer microseconds UTC that stand for them in this program."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(moment: datetime) -> int:
    """Microseconds UTC of a datetime that knows its offset, exactly."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def utc(time: int) -> datetime:
    """The datetime in UTC of `time` µs, exactly: not by `fromtimestamp`, which goes through a float."""
    return _EPOCH + timedelta(microseconds=time)
