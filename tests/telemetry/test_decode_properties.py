"""Whatever a device answers, decoding does not raise, and what it calls good can be believed."""

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device_profiles import library
from device_profiles.quantities import quantity
from device_profiles.schema import Profile
from telemetry.block import Quality
from telemetry.decode import decode

WORDS = st.one_of(
    st.integers(-5, 6),
    st.integers(-(2**31), 2**64),
    st.sampled_from([-1, 65_535, 32_767, 2**31 - 1, 2**32 - 1, 9_999, -273]),
    st.integers(0, 4_000).map(lambda n: f"{n / 10}".encode()),
    st.binary(max_size=12),
    st.sampled_from(["", "1.3.6.1.4.1.318", "10.0.0.9", "3"]),
)
# A busy machine is no failure.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

REGISTERS = st.one_of(st.integers(0, 65_535), st.sampled_from([0, 1, 0x7FC0, 0x7F80, 0xFFC0, 0xFFFF, 0x7FFF]))


def _keys(profile: Profile) -> list[str]:
    """Addresses that this profile reads, and some beside them."""
    keys = []
    for point in profile.point:
        for address in point.addresses:
            if address.register_ is not None:
                keys += [f"{address.space}:{address.register_ + i}" for i in range(4)]
            elif address.oid:
                keys.append(address.oid)
            else:
                ends = ("1", "2", "3", "4", "1.0", "1.1.1", "1.1.2", "1.1.3", "2.1.1", "2.1.4", "0", "17.3")
                keys += [f"{address.column}.{end}" for end in ends]
    return sorted(set(keys))


@pytest.mark.parametrize("name", library.names())
@PATIENT
@given(data=st.data())
def test_good_is_believable_whatever_comes(name: str, data: st.DataObject) -> None:
    """Random words under a profile's addresses: no exception, each quantity once, good only inside its range."""
    profile = library.load(name)
    words = REGISTERS if profile.protocol == "modbus" else WORDS
    keys = data.draw(st.lists(st.sampled_from(_keys(profile)), unique=True, max_size=25))
    raw = {key: data.draw(words) for key in keys}
    values = decode(profile, raw)
    assert len({value.quantity for value in values}) == len(values)
    for value in values:
        of = quantity(value.quantity)
        assert value.source in raw
        if value.quality is Quality.GOOD:
            assert of.low <= value.value <= of.high
            assert not of.states or of.state(value.value)
        else:
            assert value.quality in {Quality.MISSING, Quality.SUSPECT}
            assert math.isnan(value.value)


@pytest.mark.parametrize("name", library.names())
@PATIENT
@given(data=st.data())
def test_losing_a_row_renames_no_other(name: str, data: st.DataObject) -> None:
    """With the instances of first contact known, an answer that lacks some gives no value by a name that the whole did not have."""
    profile = library.load(name)
    keys = data.draw(st.lists(st.sampled_from(_keys(profile)), unique=True, max_size=25))
    raw = {key: data.draw(st.integers(1, 5)) for key in keys}
    lost = data.draw(st.sets(st.sampled_from(keys))) if keys else set()
    whole = {value.quantity for value in decode(profile, raw, keys)}
    partial = decode(profile, {k: v for k, v in raw.items() if k not in lost}, keys)
    # What counts under a condition only is missing while nobody knows whether it holds.
    assert {value.quantity for value in partial if value.quality is not Quality.MISSING} <= whole
