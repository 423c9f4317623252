"""Where in a device's answer a quantity stands."""

from dataclasses import dataclass

from device_profiles.quantities import Quantity
from device_profiles.schema import Address


@dataclass(frozen=True, slots=True)
class Place:
    """One place that can give a value.

    key: of the value, as in `RawAnswer`
    condition, decimals: the keys of what decides whether it counts, and where its point stands; None where nothing does
    """

    key: str
    address: Address
    condition: str | None = None
    decimals: str | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """A quantity with the places that can give it, the preferred first."""

    quantity: Quantity
    places: tuple[Place, ...]
