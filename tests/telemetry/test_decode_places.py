"""Which places of a profile a device has: devices of a chain, and places that only other devices have."""

from device_profiles.schema import Profile
from made_up import made_up
from telemetry.decode import decode
from telemetry.reading import RawAnswer


def _read(profile: Profile, raw: RawAnswer) -> dict[str, float]:
    return {v.quantity: v.value for v in decode(profile, raw)}


def test_a_chain_that_counts_from_zero_names_its_devices_as_one_that_counts_from_one() -> None:
    """The first device of a chain goes without a prefix, the second is `device.2`, whatever number the agent gives it."""
    first = {"quantity": "outlet.{n}.current", "column": "1.3.1", "index": "0.{n}"}
    others = {"quantity": "device.{unit}.outlet.{n}.current", "column": "1.3.1", "index": "{unit}.{n}", "first_unit": 0}
    raw: RawAnswer = {"1.3.1.0.1": 1, "1.3.1.0.2": 2, "1.3.1.1.1": 3, "1.3.1.2.7": 4}
    assert _read(made_up(first, others), raw) == {
        "outlet.1.current": 1,
        "outlet.2.current": 2,
        "device.2.outlet.1.current": 3,
        "device.3.outlet.7.current": 4,
    }


def test_a_place_that_this_device_has_not_takes_no_other_reading_away() -> None:
    """Three rows that count only on a device that says its phases do not hide the single voltage of one that does not."""
    point = {
        "quantity": "input.{phase}-N.voltage",
        "column": "1.3.1",
        "fallback": [{"column": "1.3.2", "when": {"oid": "1.3.3.0", "equals": [3]}}],
    }
    raw: RawAnswer = {"1.3.1.1": 230, "1.3.2.1": 230, "1.3.2.2": 0, "1.3.2.3": 0}
    assert _read(made_up(point), raw) == {"input.voltage": 230}
