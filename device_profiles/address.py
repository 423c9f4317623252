"""Where a value stands on a device, and what makes it a number: the keys of a point and of each of its fallbacks.

`device_profiles/schema.py` shows them in a profile.
"""

import re
from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from device_profiles.sentinels import spelled_out


def _in_32_bits(oid: str) -> str:
    if any(arc != "*" and int(arc) >= 2**32 for arc in oid.split(".")):
        raise ValueError("is no OID: each of its numbers is below 4294967296")
    return oid


# Arcs of at most ten figures: 2³² - 1 is the highest.
Oid = Annotated[str, StringConstraints(pattern=r"^[0-2](\.\d{1,10})+$"), AfterValidator(_in_32_bits)]
# A sysObjectID, or with `.*` at its end all of a subtree.
OidPattern = Annotated[str, StringConstraints(pattern=r"^[0-2](\.\d{1,10})+(\.\*)?$"), AfterValidator(_in_32_bits)]
Protocol = Literal["snmp", "modbus"]
Space = Literal["holding", "input", "coil", "discrete"]
RegisterType = Literal["u16", "s16", "u32", "s32", "u64", "s64", "f32", "f64", "bit"]
Words = Literal["big", "little"]

Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]  # "0.1" and true are none
Register = Annotated[int, Field(strict=True, ge=0, le=65_535)]
Bit = Annotated[int, Field(strict=True, ge=0, le=64)]

WORDS_OF = {"u16": 1, "s16": 1, "bit": 1, "u32": 2, "s32": 2, "f32": 2, "u64": 4, "s64": 4, "f64": 4}

# What stands in braces in a quantity or an index is filled from a table's row.
PLACEHOLDER = re.compile(r"\{(\w+)\}")
_ARC = r"(\d+|\*|\{(phase|pair|source|n|unit)\})"
Index = Annotated[str, StringConstraints(pattern=rf"^{_ARC}(\.{_ARC})*$")]


def placeholders(text: str) -> frozenset[str]:
    """What stands in braces in a quantity or an index."""
    return frozenset(PLACEHOLDER.findall(text))


class Strict(BaseModel):
    """A table of a profile file, of which each key is known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Condition(Strict):
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


class Label(Strict):
    """The column of names beside a column of values, and how the name of a row that counts reads.

    `{phase}` stands for L1, L2, L3, `{pair}` for L1-L2, L2-L3, L3-L1, every other placeholder for its number, `*` for
    anything.
    """

    column: Oid
    reads: Annotated[str, Field(min_length=1)]


class Address(Strict):
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
