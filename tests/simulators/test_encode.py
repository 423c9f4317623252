"""Profiles turned round: what a device is made to say is read back as what was meant."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device_profiles.library import load, names
from device_profiles.quantities import Kind, quantity
from device_profiles.schema import Address, Profile
from simulators.devices.encode import _DECIMALS, _INSTEAD, _RANGE, _numbered, _places, encode, walked
from telemetry.block import Quality
from telemetry.decode import Decoder, decode

NUMBERED = tuple(
    f"{stem}.{n}.{what}"
    for stem, whats in (
        ("outlet", ("voltage", "current", "realpower", "power", "status")),
        ("outlet.group", ("voltage", "current", "realpower")),
        ("ambient", ("temperature",)),
    )
    for what in whats
    for n in (1, 2, 12)
)


def _addresses(profile: Profile) -> dict[str, tuple[Address, ...]]:
    """Every quantity of a three-phase device of that profile, with the places that give it.

    Of states that one word says (a test's result, and the alarm that it failed) the first: it says them all.
    """
    found: dict[str, tuple[Address, ...]] = {}
    said: set[str] = set()
    for name, at in (*_places(profile), *_numbered(profile, NUMBERED)):
        words = {key for key, address in at if address.states and not address.bits and not address.character}
        if at and not words & said:
            found[name] = tuple(address for _, address in at)
        said |= words
    return found


def _bounds(name: str, address: Address) -> tuple[float, float]:
    """What can both be physically and be said at that place."""
    of = quantity(name)
    low, high = -(2.0**31), 2.0**31 - 1
    if address.bits:
        low, high = 0, (1 << address.bits[1]) - 1
    elif address.register_ is not None and address.type in _RANGE:
        low, high = _RANGE[address.type]
    of_low, of_high = address.range or (of.low, of.high)
    scale = address.scale / (10**_DECIMALS if address.decimals else 1)
    ends = sorted((low * scale + address.offset, high * scale + address.offset))
    # Within a step of the end, the nearest word may lie beyond it.
    low, high = max(of_low, ends[0]), min(of_high, ends[1])
    return low, max(low, high - abs(address.scale))


@st.composite
def _values(draw: st.DrawFn, profile: Profile) -> dict[str, float]:
    values = {}
    for name, addresses in _addresses(profile).items():
        of = quantity(name)
        if profile.fresh and any(a.place == profile.fresh.place for a in addresses):
            values[name] = 0.0  # the card hears its device
        elif name.endswith(".phases"):
            values[name] = 3.0
        elif name.endswith(".wiring"):
            values[name] = float(of.code("line_to_neutral"))
        elif of.kind is Kind.STATE:
            listed = set(of.states) if any(address.lists is not None for address in addresses) else set()
            sayable = sorted({state for address in addresses for state in address.states.values()} | listed)
            values[name] = float(of.code(draw(st.sampled_from(sayable))))
        else:
            low, high = _bounds(name, addresses[0])
            values[name] = draw(st.floats(low, high) | st.sampled_from([low, high, min(max(low, 0.0), high)]))
    return values


@pytest.mark.parametrize("name", names())
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_what_is_said_is_read_back_within_the_device_s_resolution(name: str, data: st.DataObject) -> None:
    profile = load(name)
    said = data.draw(_values(profile))
    addresses = _addresses(profile)
    # As at first contact with a sound supply: the profile's own scale.
    scales = {address.place: address.scale for address in profile.addresses() if address.other_scales}
    heard = {v.quantity: v for v in Decoder(profile, scales).decode(walked(profile, encode(profile, said)))}
    for quantity_name, value in said.items():
        if quantity_name not in heard:
            # Of one table's two forms one is meant, a single figure says nothing beside three phases, and some places
            # count only on devices of another kind.
            conditional = any(a.when and a.when.equals for a in addresses[quantity_name])
            assert conditional or quantity_name.endswith(("voltage", "current")), f"{quantity_name} is lost"
            continue
        address = addresses[quantity_name][0]
        says_unknown = 0.0 in address.unknown and not address.offset
        if value == 0 and says_unknown and quantity(quantity_name).kind is not Kind.STATE:
            another_row = "*" in (address.index or "")  # of the same table, which may know
            another_place = any(0.0 not in a.unknown for a in addresses[quantity_name])  # where 0 is what it is
            assert heard[quantity_name].quality is Quality.MISSING or another_row or another_place, quantity_name
            continue
        if address.other_scales and quantity(quantity_name).unit == "W" and abs(value) < abs(address.scale):
            continue  # 0 W beside volts and amperes is not believed
        assert heard[quantity_name].quality is Quality.GOOD, quantity_name
        of = quantity(quantity_name)
        if of.kind is Kind.STATE and (word := _INSTEAD.get((quantity_name, of.state(value) or ""))):
            assert heard[quantity_name].value in {value, of.code(word)}, quantity_name
            continue
        fine = address.type in {"f32", "f64"} and address.register_ is not None
        # Half a step, or one and a half where the nearest word is a sentinel.
        step = abs(address.scale) / (10**_DECIMALS if address.decimals else 1)
        resolution = abs(value) * 1e-6 if fine else step * 1.5 + abs(value) * 1e-6
        assert abs(heard[quantity_name].value - value) <= resolution + 1e-6, quantity_name


@pytest.mark.parametrize("name", names())
def test_a_device_that_knows_nothing_says_so_and_is_still_recognised(name: str) -> None:
    profile = load(name)
    raw = encode(profile, {})
    assert all(math.isnan(v.value) or v.quality is Quality.GOOD for v in decode(profile, raw))
    for register in profile.match.registers:
        assert raw[f"{register.space}:{register.register_}"] in register.equals
    if profile.protocol == "snmp":
        assert raw == {}


def test_a_sentinel_is_never_said_for_a_value_that_is_known() -> None:
    profile = load("rfc1628/ups")
    raw = encode(profile, {"battery.runtime": 4.0, "battery.temperature": 0.2})
    assert raw["1.3.6.1.2.1.33.1.2.3.0"] == 1  # minutes: 0 would mean that it does not know
    assert raw["1.3.6.1.2.1.33.1.2.7.0"] == 1


def test_what_does_not_fit_a_register_is_said_as_the_most_that_fits_and_no_sentinel() -> None:
    profile = load("dse/gencomm")
    heard = {v.quantity: v for v in decode(profile, encode(profile, {"generator.speed": 9e9, "generator.fuel": -3.0}))}
    assert heard["generator.fuel"].value == 0
    assert encode(profile, {"generator.speed": 9e9})["holding:1030"] == 65_527


def test_a_state_without_a_word_is_said_by_one_that_is_as_true() -> None:
    profile = load("dse/gencomm")
    locked_out = float(quantity("generator.state").code("locked_out"))
    heard = {v.quantity: v.value for v in decode(profile, encode(profile, {"generator.state": locked_out}))}
    assert heard["generator.state"] == quantity("generator.state").code("stopped")
    for (name, state), instead in _INSTEAD.items():
        assert {state, instead} <= set(quantity(name).states)


def test_a_switch_that_prefers_its_first_source_says_nothing_of_the_other_preference() -> None:
    raw = encode(load("apc/rack-switch"), {"input.source": 1.0, "input.1.status": 0.0, "input.2.voltage": 229.0})
    assert raw["1.3.6.1.4.1.318.1.1.8.4.2.0"] == 1  # A
    assert raw["1.3.6.1.4.1.318.1.1.8.5.1.2.0"] == 1
    assert raw["1.3.6.1.4.1.318.1.1.8.5.3.3.1.3.2.1.1"] == 229  # B


def test_a_table_that_holds_one_form_of_voltages_gets_the_form_that_the_device_names() -> None:
    profile = load("apc/ups")
    column = "1.3.6.1.4.1.318.1.1.1.9.2.3.1.3.1.1.1"
    both = {"input.phases": 3.0, "input.L1-N.voltage": 277.0, "input.L1-L2.voltage": 480.0}
    wiring = quantity("input.wiring")
    assert encode(profile, both | {"input.wiring": float(wiring.code("line_to_neutral"))})[column] == 277
    assert encode(profile, both | {"input.wiring": float(wiring.code("line_to_line"))})[column] == 480
