"""Modbus registers: every type and word order comes back as it was put in."""

import math
import struct
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device_profiles.schema import WORDS_OF, Profile
from made_up import made_up
from telemetry.block import Quality
from telemetry.decode import decode
from telemetry.reading import Value

LAYOUTS = {"u16": "H", "s16": "h", "u32": "I", "s32": "i", "u64": "Q", "s64": "q", "f32": "f", "f64": "d"}
FIRST = 1408
LIMIT = 60_000  # of a reactive power, so that every type has numbers beyond it


def _profile(kind: str, words: str, space: str = "holding") -> Profile:
    point = {"quantity": "input.reactivepower", "register": FIRST, "space": space, "type": kind, "words": words}
    return made_up(point | {"range": [-LIMIT, LIMIT]}, kind="meter", protocol="modbus")


def _registers(kind: str, order: str, number: float) -> dict[str, int]:
    """The number as a device would send it: big-endian in each register, registers in their order."""
    data = struct.pack(f">{LAYOUTS[kind]}", number)
    words = [int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2)]
    return {f"holding:{FIRST + i}": word for i, word in enumerate(words if order == "big" else words[::-1])}


def _numbers(kind: str) -> st.SearchStrategy[Any]:
    if kind in {"f32", "f64"}:
        return st.floats(width=32 if kind == "f32" else 64)
    bits = 16 * WORDS_OF[kind]
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if kind[0] == "s" else st.integers(0, 2**bits - 1)


@pytest.mark.parametrize("order", ["big", "little"])
@pytest.mark.parametrize("kind", LAYOUTS)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no failure
@given(data=st.data())
def test_number_survives_its_registers(kind: str, order: str, data: st.DataObject) -> None:
    """A number put into registers is read back within its type's precision, or is out of range and not believed."""
    number = data.draw(_numbers(kind))
    (value,) = decode(_profile(kind, order), _registers(kind, order, number))
    if math.isnan(number):
        assert value.quality is Quality.MISSING
    elif abs(number) > LIMIT:
        assert value.quality is Quality.SUSPECT
    else:
        assert value.quality is Quality.GOOD
        assert value.value == pytest.approx(number, rel=1e-7, abs=1e-9)
        assert value.source == f"holding:{FIRST}"


def test_float_is_the_shortest_decimal_that_means_it() -> None:
    """A 32-bit 230.1 reads 230.1, not the 64-bit number next to it."""
    (value,) = decode(_profile("f32", "big"), _registers("f32", "big", 230.1))
    assert value.value == 230.1


def test_half_a_number_is_none() -> None:
    """Where one of a number's registers was not answered, there is no value, not the other half."""
    registers = _registers("u32", "big", 70_000)
    del registers[f"holding:{FIRST + 1}"]
    assert decode(_profile("u32", "big"), registers) == ()


@pytest.mark.parametrize("word", [-1, 65_536, b"12", "12"])
def test_word_that_no_register_holds_is_suspect(word: Any) -> None:
    """A register that is no 16-bit number makes its value suspect, whatever its other half says."""
    (value,) = decode(_profile("u32", "big"), {f"holding:{FIRST}": 0, f"holding:{FIRST + 1}": word})
    assert value.quality is Quality.SUSPECT


def test_coils_are_states() -> None:
    """A coil is read as the state that its bit stands for."""
    states = {"0": "normal", "1": "locked_out"}
    point = {"quantity": "lockout.status", "register": 3, "space": "coil", "type": "bit", "states": states}
    profile = made_up(point, kind="switchgear", protocol="modbus")
    assert decode(profile, {"coil:3": 1}) == (Value("lockout.status", 1.0, Quality.GOOD, "coil:3"),)
    assert decode(profile, {"coil:3": 2})[0].quality is Quality.SUSPECT
