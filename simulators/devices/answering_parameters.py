"""How one device's answers differ from the truth: what a scenario's [plant.DEVICE] says of it."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from device_profiles.quantities import Kind, quantity
from simulators.parameters import Tables

EVERYTHING = "*"


def _known(name: str) -> str:
    if name != EVERYTHING:
        quantity(name)
    return name


def _listed(value: object) -> object:
    """As a tuple; `false` is none."""
    if value is False:
        return ()
    return tuple(value) if isinstance(value, list) else value


def _said(value: object) -> object:
    """Numbers for states that are given by their word."""
    if not isinstance(value, Mapping):
        return value
    found: dict[str, object] = {}
    for name, word in value.items():
        of = quantity(name)
        if of.kind is Kind.STATE and isinstance(word, str) and word not in of.states:
            raise ValueError(f"{name} is none of {', '.join(of.states)}")
        found[name] = float(of.code(word)) if of.kind is Kind.STATE and isinstance(word, str) else word
    return found


def _a_quantity(name: str) -> str:
    return quantity(name).name


_Seconds = Annotated[float, Field(ge=0)]
_Part = Annotated[float, Field(ge=0, le=1)]
_Quantity = Annotated[str, AfterValidator(_a_quantity)]
_Quantities = Annotated[tuple[Annotated[str, AfterValidator(_known)], ...], BeforeValidator(_listed)]
_Numbers = Mapping[_Quantity, float]


class AnsweringParameters(BaseModel):
    """The defaults are the ideal device: it answers at once, with what its instruments measure.

    Where a quantity is named, its phases are meant too (`input.voltage`: `input.L1-N.voltage` as well, and the minimum that
    its register keeps); in a list, `*` names all. The kinds of lies are those of recorded devices.

    update: s between two refreshes of the card's copy of its device (cards: 1 to 10 s); 0: every answer is fresh
    phase: s after whole multiples of `update` since 1970 at which it refreshes; None: drawn
    clock: s by which the device's clock is ahead
    latency: s from request to answer, about; drawn for each, spread by a third
    lost: part of the answers that never come; late: part that come in the tick after
    resolution: {quantity: step} to which it rounds, in the quantity's unit
    gain, offset: {quantity: factor}, {quantity: what is then added}: a sensor that is out, a firmware's wrong unit
    constant: {quantity: value or state} that it says whatever is: 220 V on a 120 V unit, 0 W where it measures none
    unknown: quantities that it does not know; online_only, battery_only: that it knows only on mains, only on battery
    stuck: quantities that stay at what they were when this was set; false: none
    hears: whether the card hears its device; false: it goes on with what it heard last, and says so where its
        profile has a word for it; None: never a question
    dead_input: what it says of a dead feed's voltages and frequency: `zero`, the `last` that was, `unknown`
    runtime: its estimate: `true`: that of the plant's UPS; `zero` and `most` always; whole `minutes`; `counted`
        down from what it was on the mains, whatever the battery does
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    update: _Seconds = 0.0
    phase: _Seconds | None = None
    clock: float = 0.0
    latency: _Seconds = 0.0
    lost: _Part = 0.0
    late: _Part = 0.0
    resolution: Mapping[_Quantity, Annotated[float, Field(gt=0)]] = {}
    gain: _Numbers = {}
    offset: _Numbers = {}
    constant: Annotated[_Numbers, BeforeValidator(_said)] = {}
    unknown: _Quantities = ()
    online_only: _Quantities = ()
    battery_only: _Quantities = ()
    stuck: _Quantities = ()
    hears: bool | None = None
    dead_input: Literal["zero", "last", "unknown"] = "zero"
    runtime: Literal["true", "zero", "most", "minutes", "counted"] = "true"

    @classmethod
    def of(cls, device: str, given: Mapping[str, Any]) -> Self:
        """What a scenario says of a device, `given` as its file has it.

        Raises:
            ValueError: there is no such parameter, or its value does not fit; it says what was expected.
        """
        try:
            return cls.model_validate(dict(given))
        except ValidationError as e:
            faults = (f"{device}.{'.'.join(map(str, f['loc']))} = {f['input']!r}: {f['msg']}" for f in e.errors())
            raise ValueError("; ".join(faults)) from None


KEYS = tuple(AnsweringParameters.model_fields)


def taken(tables: Tables, names: Iterable[str]) -> dict[str, AnsweringParameters]:
    """Those of each device that has any, taken out of a plant's tables: the same at every site.

    Raises:
        ValueError: a value does not fit.
    """
    found: dict[str, AnsweringParameters] = {}
    for name in names:
        given = {key: value for key in KEYS if (value := tables.pop(name, key)) is not None}
        if given:
            found[name] = AnsweringParameters.of(name, given)
    return found
