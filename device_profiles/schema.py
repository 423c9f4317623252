"""What a profile file may say.

A profile is TOML: how one device model is recognised and how its answers become quantities. It holds
no expressions: scale, bit field, sentinels and a state map say it all, and `fallback` lists other places to
read the same quantity from, asked in order until one gives a good value.

```toml
vendor = "Acme"
model = "PowerCard"
kind = "ups"
protocol = "snmp"
source = ["RFC 1628 (UPS-MIB)"]
extends = ["_ups_mib"]

[match]
sys_object_id = ["1.3.6.1.4.1.99999.1.*"]

[[point]]
quantity = "battery.runtime"
oid = "1.3.6.1.2.1.33.1.2.3.0"
scale = 60            # the MIB counts minutes
unknown = [-1]
seen = 30

[[point]]
quantity = "input.{phase}-N.voltage"   # one row in the table makes it `input.voltage`
column = "1.3.6.1.2.1.33.1.3.3.1.3"
seen = { 1 = 231, 2 = 230, 3 = 232 }

[[point]]
quantity = "generator.oil.pressure"
register = 1024                        # as on the wire: zero-based
unknown = ["65528..65535"]             # the eight highest, each for a reason of its own
fallback = [{ register = 2048, type = "f32", words = "little", scale = 100 }]   # bar

[[point]]
quantity = "output.{phase}-N.voltage"
column = "1.3.6.1.2.1.33.1.4.4.1.2"
other_scales = [0.1]                   # some agents count tenths: the first contact shows which

[[point]]
quantity = "outlet.{n}.current"
column = "1.3.6.1.4.1.99999.2.4"
decimals = "1.3.6.1.4.1.99999.2.7"     # the device says for each row how many decimal places it has

[[point]]
quantity = "input.{phase}.current"
column = "1.3.6.1.4.1.99999.4.11"      # a table of everything: which row is what, a column of names says
label = { column = "1.3.6.1.4.1.99999.4.3", reads = "Phase {phase}.Current.Value" }

[[point]]
quantity = "ambient.temperature"
oid = "1.3.6.1.4.1.99999.3.1.0"
when = { oid = "1.3.6.1.4.1.99999.3.2.0", equals = [1] }   # the device is set to °C
fallback = [{ oid = "1.3.6.1.4.1.99999.3.1.0", scale = 0.5555556, offset = -17.777778, when = { oid = "1.3.6.1.4.1.99999.3.2.0", equals = [2] } }]

[[point]]
quantity = "alarm.fan-failure"         # a table of the alarms that are active now, empty where there are none
column = "1.3.6.1.2.1.33.1.6.2.1.2"
lists = "1.3.6.1.2.1.33.1.6.3.16"
when = { oid = "1.3.6.1.2.1.33.1.6.1.0" }   # how many there are: a device without it has no such table
```
"""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from device_profiles.address import (
    PLACEHOLDER,
    WORDS_OF,
    Address,
    Condition,
    Label,
    Oid,
    OidPattern,
    Protocol,
    Register,
    RegisterType,
    Space,
    Strict,
    placeholders,
)
from device_profiles.quantities import ALARM, Kind, Quantity, UnknownQuantityError, quantity

__all__ = [
    "WORDS_OF",
    "Address",
    "Condition",
    "DeviceKind",
    "Label",
    "Match",
    "Mixin",
    "Point",
    "Profile",
    "Protocol",
    "RegisterType",
    "RegisterValue",
    "Space",
    "placeholders",
]

DeviceKind = Literal["utility", "generator", "switchgear", "transfer_switch", "ups", "pdu", "meter", "dc_plant"]

# An example of each row that what stands in braces can be filled from.
_EXAMPLES = {"phase": "L1", "pair": "L1-L2", "source": "1", "n": "1", "unit": "2"}

_PLAUSIBLE = ("V", "Hz", "W", "VA")  # units whose scale can be told by what a sound supply reads


class Point(Address):
    """One quantity of a profile, with the places to read it from."""

    quantity: str
    # Read in this order where the address above gives no value (say, a card without high precision).
    fallback: tuple[Address, ...] = ()
    seen: float | str | dict[str, float | str] | None = None  # raw, from a real device or its manual
    note: str = ""

    @field_validator("quantity")
    @classmethod
    def _known(cls, name: str) -> str:
        for placeholder in PLACEHOLDER.findall(name):
            if placeholder not in _EXAMPLES:
                raise ValueError(f"{{{placeholder}}} is none of {', '.join(f'{{{p}}}' for p in _EXAMPLES)}")
        try:
            quantity(PLACEHOLDER.sub(lambda m: _EXAMPLES[m[1]], name))
        except UnknownQuantityError as e:
            raise ValueError(str(e)) from None
        return name

    def _contradictions(self) -> Iterator[str]:
        yield from super()._contradictions()
        of = self.entry
        for address in self.addresses:
            if address.lists is not None:
                if not ALARM.fullmatch(of.name):
                    yield f"{self.quantity} is no alarm: only alarm.… is read from a list of what is active"
            elif of.kind is Kind.STATE and not address.states:
                yield f"{self.quantity} is a state: it needs states"
            elif of.kind is not Kind.STATE and address.states:
                yield f"{self.quantity} is a {of.kind}: it has no states"
            else:
                strangers = sorted(set(address.states.values()) - set(of.states))
                for state in strangers:
                    yield f"{self.quantity} has no state {state!r}; it has {', '.join(of.states)}"
            if address.other_scales and of.unit not in _PLAUSIBLE:
                yield f"only {', '.join(_PLAUSIBLE)} have other_scales: of {of.unit or 'a state'} nobody can tell what is plausible"
            yield from self._misnamed_rows(address)

    def _misnamed_rows(self, address: Address) -> Iterator[str]:
        named = placeholders(self.quantity)
        if address.lists is not None:
            if named or address.index is not None:
                yield "a list of what is active has rows without a name: no index, no placeholder"
        elif address.column is None:
            if named:
                yield f"{self.quantity} needs a column, whose rows fill what stands in braces"
        elif address.index is None and address.label is None:
            if len(named) != 1:
                yield "a column without index needs exactly one placeholder in its quantity"
        elif address.placeholders != named:
            yield f"index {address.index!r} and quantity {self.quantity!r} name different placeholders"

    @property
    def entry(self) -> Quantity:
        """The catalogue's entry for it; for one of its rows where it has several."""
        return quantity(PLACEHOLDER.sub(lambda m: _EXAMPLES[m[1]], self.quantity))

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Every place to read from, in order of preference."""
        return (self, *self.fallback)


class RegisterValue(Strict):
    """A Modbus register that a device of this profile answers with one of these values."""

    register_: Annotated[Register, Field(alias="register")]
    space: Space = "holding"
    equals: Annotated[tuple[Annotated[int, Field(strict=True)], ...], Field(min_length=1)]


class Match(Strict):
    """How a device is recognised: by sysObjectID, else by what it answers."""

    sys_object_id: tuple[OidPattern, ...] = ()  # `.*` at the end: the whole subtree
    probe: tuple[Oid, ...] = ()  # instances that all give a real value
    tree: tuple[Oid, ...] = ()  # beside them or in their place: subtrees that all hold something
    registers: tuple[RegisterValue, ...] = ()
    rank: Annotated[int, Field(strict=True)] = 0  # of two profiles that match equally well, the higher wins


class Profile(Strict):
    """How one device model yields quantities."""

    name: str = ""  # `vendor/model`, from the file's place; given by the library
    vendor: str
    model: str
    kind: DeviceKind
    protocol: Protocol
    source: tuple[str, ...] = Field(min_length=1)  # manual, standard or MIB that the facts are from
    extends: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    max_registers: Annotated[int, Field(strict=True, ge=1, le=125)] = 125  # in one Modbus read
    match: Match = Match()
    # Where the agent is a card that repeats what it heard last once its device is silent: what it says while it hears it.
    # While it says otherwise, nothing is believed but that. A device without that object is always believed.
    fresh: Condition | None = None
    point: tuple[Point, ...] = ()  # of its own; a resolved profile has those of its bases too

    @model_validator(mode="after")
    def _is_fresh_by_an_object(self) -> Self:
        if self.fresh and (self.fresh.oid is None or not self.fresh.equals):
            raise ValueError("fresh needs an oid, and in equals what it says while the card hears its device")
        return self

    def __hash__(self) -> int:
        """Equal profiles hash equal; their tables keep pydantic from finding that out itself."""
        return hash((self.name, self.vendor, self.model, len(self.point)))

    def __repr__(self) -> str:
        """Its name and size: the points are a file's worth."""
        return f"Profile({self.name or self.model!r}, {len(self.point)} points)"

    def addresses(self) -> Iterator[Address]:
        """Every place that a poll reads, in order, fallbacks behind what they stand in for."""
        for point in self.point:
            yield from point.addresses

    def asked(self) -> tuple[tuple[str, bool], ...]:
        """What a poll of an SNMP device asks for: OID, and whether it is a column. States first: they tell what has happened."""
        found: dict[tuple[str, bool], None] = {}
        if self.fresh:
            found[self.fresh.place, False] = None
        for a in sorted(self.addresses(), key=lambda a: not a.states):
            if a.when:
                found[a.when.place, a.when.column is not None] = None
            if a.lists is None:
                found[a.place, a.column is not None] = None
            if a.decimals:
                found[a.decimals, a.column is not None] = None
            if a.label:
                found[a.label.column, True] = None
        return tuple(found)

    def lists(self) -> dict[str, str]:
        """Every SNMP column that lists what is active now, with the object that only devices with this list have."""
        return {a.place: a.when.place for a in self.addresses() if a.lists is not None and a.when}


class Mixin(Strict):
    """A part that profiles share (`_powernet.toml`): points only, no device of its own."""

    source: tuple[str, ...] = Field(min_length=1)
    extends: tuple[str, ...] = ()
    point: tuple[Point, ...] = ()
