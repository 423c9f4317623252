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

import re
from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from device_profiles.quantities import ALARM, Kind, Quantity, UnknownQuantityError, quantity
from device_profiles.sentinels import spelled_out


def _in_32_bits(oid: str) -> str:
    if any(arc != "*" and int(arc) >= 2**32 for arc in oid.split(".")):
        raise ValueError("is no OID: each of its numbers is below 4294967296")
    return oid


# Arcs of at most ten figures: 2³² - 1 is the highest.
Oid = Annotated[str, StringConstraints(pattern=r"^[0-2](\.\d{1,10})+$"), AfterValidator(_in_32_bits)]
OidPattern = Annotated[str, StringConstraints(pattern=r"^[0-2](\.\d{1,10})+(\.\*)?$"), AfterValidator(_in_32_bits)]
DeviceKind = Literal["utility", "generator", "switchgear", "transfer_switch", "ups", "pdu", "meter", "dc_plant"]
Protocol = Literal["snmp", "modbus"]
Space = Literal["holding", "input", "coil", "discrete"]
RegisterType = Literal["u16", "s16", "u32", "s32", "u64", "s64", "f32", "f64", "bit"]
Words = Literal["big", "little"]

Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]  # "0.1" and true are none
Register = Annotated[int, Field(strict=True, ge=0, le=65_535)]
Bit = Annotated[int, Field(strict=True, ge=0, le=64)]

WORDS_OF = {"u16": 1, "s16": 1, "bit": 1, "u32": 2, "s32": 2, "f32": 2, "u64": 4, "s64": 4, "f64": 4}

# What stands in braces in a quantity or an index is filled from a table's row.
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_PLACEHOLDERS = {"phase": "L1", "pair": "L1-L2", "source": "1", "n": "1", "unit": "2"}
_ARC = r"(\d+|\*|\{(phase|pair|source|n|unit)\})"
Index = Annotated[str, StringConstraints(pattern=rf"^{_ARC}(\.{_ARC})*$")]

_PLAUSIBLE = ("V", "Hz", "W", "VA")  # units whose scale can be told by what a sound supply reads


def placeholders(text: str) -> frozenset[str]:
    """What stands in braces in a quantity or an index."""
    return frozenset(_PLACEHOLDER.findall(text))


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Condition(_Strict):
    """What another object of the device has to say for an address to count; of a column, in the same row.

    Without `equals` it is enough that it says anything.
    """

    oid: Oid | None = None
    column: Oid | None = None
    equals: tuple[Number | str, ...] = ()
    optional: bool = False  # a device without that object is taken as one where it holds

    @model_validator(mode="after")
    def _has_one_place(self) -> Self:
        if (self.oid is None) == (self.column is None):
            raise ValueError("when needs exactly one of oid, column")
        return self

    @property
    def place(self) -> str:
        """Its OID, or its column's."""
        return self.oid or str(self.column)


class Label(_Strict):
    """The column of names beside a column of values, and how the name of a row that counts reads.

    `{phase}` stands for L1, L2, L3, `{pair}` for L1-L2, L2-L3, L3-L1, every other placeholder for its number, `*` for
    anything.
    """

    column: Oid
    reads: Annotated[str, Field(min_length=1)]


class Address(_Strict):
    """Where a value stands on the device, and what makes it a number in the quantity's unit.

    Exactly one of `oid` (one SNMP instance), `column` (a table's column, walked by index) and
    `register` (Modbus, the zero-based number on the wire).
    """

    oid: Oid | None = None
    column: Oid | None = None
    # How a row's index names it: literals, `*`, {phase} {pair} {source} {n} {unit}. Absent: the
    # placeholder of the quantity stands alone. A row whose index does not fit is left out.
    index: Index | None = None
    # The index of the first row: many agents count from 0. Of a further series, which goes on behind the one before, what
    # it would be: -99 makes its row 1 number 101.
    first: Annotated[int, Field(strict=True)] = 1
    # How far apart the rows are: of a list in which every so many objects are the next battery's, one figure of each.
    every: Annotated[int, Field(strict=True, ge=1)] = 1
    first_unit: Annotated[int, Field(strict=True, ge=0, le=1)] = 1  # what the first device of a chain has as its {unit}
    # What names a row in place of its index, or beside it.
    label: Label | None = None
    register_: Annotated[Register | None, Field(alias="register")] = None
    space: Space = "holding"
    type: RegisterType = "u16"
    words: Words = "big"
    bits: tuple[Bit, Annotated[Bit, Field(ge=1)]] | None = None  # (lowest bit, how many)
    # Of a text of flags ("0010…"), the one character that counts, from 1.
    character: Annotated[int, Field(strict=True, ge=1, le=1000)] | None = None
    scale: Number = 1.0
    # What agents of this profile are also seen to count in. The one that makes the values plausible at first contact
    # is theirs; where none does, they are not believed.
    other_scales: tuple[Number, ...] = ()
    # The object (of a column: the column with the same rows) that says how many decimal places the value has.
    decimals: Oid | None = None
    offset: Number = 0.0
    range: tuple[Number, Number] | None = None  # in the quantity's unit: what this model can measure at all
    # Raw values by which the device says that it does not know; "65528..65535" stands for all between.
    unknown: Annotated[tuple[Number | str, ...], BeforeValidator(spelled_out)] = ()
    states: dict[str, str] = {}  # raw value -> canonical state; a raw value not named here is unknown
    # Counts only where this holds. A device without that object has not this address, nor any without `when` for the
    # same object where it has.
    when: Condition | None = None
    # The column lists what is active now: a row that holds this makes the alarm active, none makes it ok.
    lists: str | None = None

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        if found := list(self._contradictions()):
            raise ValueError("; ".join(found))
        return self

    def _contradictions(self) -> Iterator[str]:
        """What does not go together, although each key by itself is right."""
        places = (("oid", self.oid), ("column", self.column), ("register", self.register_))
        given = [name for name, value in places if value is not None]
        if len(given) != 1:
            yield f"a point has exactly one of oid, column, register; here: {', '.join(given) or 'none'}"
        for_registers = self.model_fields_set & {"space", "type", "words"}
        if self.register_ is None and for_registers:
            yield f"only a register has {', '.join(sorted(for_registers))}"
        if self.range and not self.range[0] < self.range[1]:
            yield f"range {list(self.range)} holds nothing: lowest first"
        if 0 in (self.scale, *self.other_scales):
            yield "scale is 0: every value would be the same"
        if self.register_ is not None and (self.when or self.decimals or self.other_scales or self.character):
            yield "only an SNMP object has when, decimals, other_scales, character"
        if self.character and self.bits:
            yield "character is of a text, bits are of a number: not both"
        width = 64 if self.register_ is None else 16 * WORDS_OF[self.type]
        if self.bits and (sum(self.bits) > width or self.type in {"f32", "f64", "bit"}):
            yield f"bits {list(self.bits)} do not lie in an integer of {width} bits"
        yield from self._contradictions_of_rows()

    def _contradictions_of_rows(self) -> Iterator[str]:
        """What does not go together in how the rows of a table are told apart."""
        if (self.index is not None or self.first != 1 or self.every != 1) and self.column is None:
            yield "index, first and every say how the rows of a column are named; here is no column"
        if self.first_unit != 1 and "{unit}" not in (self.index or ""):
            yield "first_unit says from where {unit} counts; here is none in index"
        if self.label and (self.column is None or self.lists is not None):
            yield "label names the rows of a column of values; here is none"
        if self.oid and self.when and self.when.column:
            yield "when names a column, and one object has no row: name an oid"
        if self.lists is not None and (self.column is None or self.states or self.unknown):
            yield "lists goes with a column, without states or unknown"
        if self.lists is not None and (self.when is None or self.when.oid is None):
            yield "lists needs when with the oid of an object that only devices with this list have: an empty list is none"

    @property
    def place(self) -> str:
        """What is read: the OID of an instance or a column, or a register as `holding:3027`."""
        return self.oid or self.column or f"{self.space}:{self.register_}"

    @property
    def placeholders(self) -> frozenset[str]:
        """What a row's index and label fill in."""
        return placeholders(f"{self.index or ''} {self.label.reads if self.label else ''}")

    @property
    def protocol(self) -> Protocol:
        """By what this address is read."""
        return "snmp" if self.register_ is None else "modbus"


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
        for placeholder in _PLACEHOLDER.findall(name):
            if placeholder not in _PLACEHOLDERS:
                raise ValueError(f"{{{placeholder}}} is none of {', '.join(f'{{{p}}}' for p in _PLACEHOLDERS)}")
        try:
            quantity(_PLACEHOLDER.sub(lambda m: _PLACEHOLDERS[m[1]], name))
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
        return quantity(_PLACEHOLDER.sub(lambda m: _PLACEHOLDERS[m[1]], self.quantity))

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Every place to read from, in order of preference."""
        return (self, *self.fallback)


class RegisterValue(_Strict):
    """A Modbus register that a device of this profile answers with one of these values."""

    register_: Annotated[Register, Field(alias="register")]
    space: Space = "holding"
    equals: Annotated[tuple[Annotated[int, Field(strict=True)], ...], Field(min_length=1)]


class Match(_Strict):
    """How a device is recognised: by sysObjectID, else by what it answers."""

    sys_object_id: tuple[OidPattern, ...] = ()  # `.*` at the end: the whole subtree
    probe: tuple[Oid, ...] = ()  # instances that all give a real value
    tree: tuple[Oid, ...] = ()  # beside them or in their place: subtrees that all hold something
    registers: tuple[RegisterValue, ...] = ()
    rank: Annotated[int, Field(strict=True)] = 0  # of two profiles that match equally well, the higher wins


class Profile(_Strict):
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

    def lists(self) -> tuple[str, ...]:
        """Every SNMP column that lists what is active now, and so has other rows at each poll."""
        return tuple(dict.fromkeys(a.place for a in self.addresses() if a.lists is not None))


class Mixin(_Strict):
    """A part that profiles share (`_powernet.toml`): points only, no device of its own."""

    source: tuple[str, ...] = Field(min_length=1)
    extends: tuple[str, ...] = ()
    point: tuple[Point, ...] = ()
