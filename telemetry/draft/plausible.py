"""What a value of a sound device can be: what speaks for a scale, and what against it. Pure."""

from enum import Enum

from telemetry.nominal import FREQUENCIES, VOLTAGES, is_near

SCALES = (1.0, 0.1, 0.01, 0.001)

_VOLTAGE_BAND, _FREQUENCY_BAND, _EXACTLY = 0.15, 0.05, 0.005
_DC = ((10.5, 15.5), (21.0, 31.0), (42.0, 60.0))  # V of lead-acid and lithium strings of 12, 24 and 48 V
_ROOM = (10.0, 50.0)  # °C where power stands


class Sign(Enum):
    """What a value says of the scale that it was read at."""

    NONE = "nothing"
    FOR = "for it"
    STRONG = "strongly for it"
    AGAINST = "against it"


def sign_of(unit: str, value: float, part: str | None) -> Sign:
    """What a value in this unit says; nothing where it is 0, a current or a power, which can be anything.

    Args:
        unit: of the catalogue, or °F
        value: in that unit
        part: of the device, as `part_by_name` has it
    """
    if not value:
        return Sign.NONE
    if unit == "V":
        at_battery = any(low <= abs(value) <= high for low, high in _DC)
        if part in {"battery", "dc"}:
            return Sign.FOR if at_battery else Sign.AGAINST
        if part in {"mains", "bypass"}:
            return Sign.STRONG if is_supply_voltage(value) else Sign.AGAINST
        # 54 V of a battery, counted in hundredths, are 540 V counted in tenths: only a name decides.
        return Sign.NONE if at_battery or is_supply_voltage(value) else Sign.AGAINST
    if unit == "Hz":
        return Sign.STRONG if is_near(value, FREQUENCIES, _FREQUENCY_BAND) else Sign.AGAINST
    if unit in {"°C", "°F"}:
        celsius = value if unit == "°C" else (value - 32) / 1.8
        return Sign.FOR if _ROOM[0] <= celsius <= _ROOM[1] else Sign.AGAINST
    return Sign.AGAINST if unit == "%" and not 0 <= value <= 100 else Sign.NONE


def is_supply_voltage(value: float) -> bool:
    """Whether a voltage stands near that of one of the world's supplies."""
    return is_near(value, VOLTAGES, _VOLTAGE_BAND)


def is_supply_frequency(value: float) -> bool:
    """Whether a frequency stands at that of a supply, closer than anything else would by chance."""
    return is_near(value, FREQUENCIES, _EXACTLY)
