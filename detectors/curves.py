"""What the standards call a voltage event, and where it lies on their tolerance curves.

A poll sees an event's duration as an interval only. So a name is a set of names, all that the interval allows, and a
position on a curve can be "cannot be told". Every figure is a boundary of a standard; nothing is estimated.

An event is judged as a rectangle: the worst value that was sampled, for the whole duration. IEEE 1159, ITIC and
SEMI F47 all do so. What happened between two samples is in neither.
"""

from typing import Literal, TypeAlias

from detectors.event import EventKind
from telemetry.block import SECOND

Position: TypeAlias = Literal["inside", "outside", "cannot be told"]
Duration: TypeAlias = tuple[int, int]  # (shortest, longest) in microseconds, both included

ENDLESS = 1 << 62  # longer than anything; the longest duration of what still holds
_MILLISECOND = SECOND // 1000

# IEEE 1159-2019 table 2, the ends of its duration classes: half a cycle, 30 cycles, then these.
_MOMENTARY = 3 * SECOND
_TEMPORARY = 60 * SECOND
_DEEP = 0.8  # the table's undervoltage is 0.8 to 0.9; below it the table ends at one minute

_WORDS = {
    EventKind.VOLTAGE_INTERRUPTION: "interruption",
    EventKind.VOLTAGE_SAG: "sag",
    EventKind.UNDERVOLTAGE: "sag",
    EventKind.PHASE_LOSS: "sag",
    EventKind.VOLTAGE_SWELL: "swell",
    EventKind.OVERVOLTAGE: "swell",
}

# Steps of a curve: up to and with this duration, this residual voltage or more is to be ridden through.
_ITIC_LOW = ((20 * _MILLISECOND, 0.0), (500 * _MILLISECOND, 0.7), (10 * SECOND, 0.8), (ENDLESS, 0.9))
_ITIC_HIGH = ((_MILLISECOND, 2.0), (3 * _MILLISECOND, 1.4), (500 * _MILLISECOND, 1.2), (ENDLESS, 1.1))
_SEMI_F47 = ((200 * _MILLISECOND, 0.5), (500 * _MILLISECOND, 0.7), (SECOND, 0.8), (ENDLESS, 0.9))


def lasted(onset: tuple[int, int], ended: tuple[int, int]) -> Duration:
    """How long an event can have lasted.

    Args:
        onset: µs, (last sample good, first bad).
        ended: µs, (last sample bad, first good).
    """
    return max(0, ended[0] - onset[1]), max(0, ended[1] - onset[0])


def lasting(onset: tuple[int, int], time: int) -> Duration:
    """How long an event that still holds at `time` can last in the end."""
    return max(0, time - onset[1]), ENDLESS


def classes(kind: EventKind, magnitude: float, duration: Duration, frequency: float = 50.0) -> tuple[str, ...]:
    """The names of IEEE 1159-2019 table 2 that an event can have, the shortest first.

    A duration at the end of a class belongs to it: 30 cycles are instantaneous, 3 s momentary, 1 min temporary. Below
    half a cycle it is a transient and no variation of the RMS value: no name. Interruptions have no instantaneous.
    The table's heights of swells are what is typical, no limits, so a swell of any height has the name of its duration.

    Two names are not the table's: a voltage below 0.8 for more than 1 min, of which it says nothing, is "deep
    undervoltage"; one dead phase is a sag for IEC 61000-4-30 5.4 (an interruption needs all), and after 1 min "phase loss".

    Args:
        kind: what the detector found; of kinds that are no event of the voltage's height, nothing.
        magnitude: the worst value, per unit; NaN where it is not known.
        duration: microseconds, (shortest, longest).
        frequency: Hz, nominal.
    """
    if kind not in _WORDS:
        return ()
    word, (shortest, longest) = _WORDS[kind], duration
    # In cycles without a division: microseconds times hertz are exact here, a cycle of 60 Hz in microseconds is not.
    half_cycle_or_more = longest * frequency >= 0.5 * SECOND
    thirty_or_less = shortest * frequency <= 30 * SECOND
    more_than_thirty = longest * frequency > 30 * SECOND
    found = []
    if word == "interruption":
        if half_cycle_or_more and shortest <= _MOMENTARY:
            found.append("momentary interruption")
    else:
        if half_cycle_or_more and thirty_or_less:
            found.append(f"instantaneous {word}")
        if more_than_thirty and shortest <= _MOMENTARY:
            found.append(f"momentary {word}")
    if longest > _MOMENTARY and shortest <= _TEMPORARY:
        found.append(f"temporary {word}")
    if longest > _TEMPORARY:
        found.append(_sustained(kind, magnitude))
    return tuple(found)


def _sustained(kind: EventKind, magnitude: float) -> str:
    """What lasts more than a minute."""
    if kind is EventKind.VOLTAGE_INTERRUPTION:
        return "sustained interruption"
    if kind is EventKind.PHASE_LOSS:
        return "phase loss"
    if _WORDS[kind] == "swell":
        return "overvoltage"
    return "deep undervoltage" if magnitude < _DEEP else "undervoltage"


def itic(magnitude: float, duration: Duration) -> Position:
    """Where an event lies on the ITI (CBEMA) curve of 2000, for single-phase equipment of 120 V.

    "inside" is where equipment goes on working; below it may drop out, above it may be damaged. To be asked of what
    the load is fed with. What the curve allows above 200 % below 1 ms is left out: no RMS value shows it.

    Args:
        magnitude: the worst value, per unit of nominal; NaN where it is not known.
        duration: microseconds, (shortest, longest).
    """
    return _joined(_low(_ITIC_LOW, magnitude, duration), _high(_ITIC_HIGH, magnitude, duration))


def semi_f47(magnitude: float, duration: Duration) -> Position:
    """Where a sag lies on the curve of SEMI F47-0706: "inside" is what semiconductor tools have to ride through.

    50 % for 200 ms, 70 % for 500 ms, 80 % for 1 s. It requires nothing below 50 %, nor of longer sags: these are
    outside. It is no curve for swells.

    Args:
        magnitude: the residual voltage, per unit of nominal; NaN where it is not known.
        duration: microseconds, (shortest, longest).
    """
    return _low(_SEMI_F47, magnitude, duration)


def described(
    kind: EventKind, magnitude: float, duration: Duration, frequency: float, *, load_side: bool
) -> dict[str, object]:
    """What an event's detail says of it: `duration_s` once it is over, `classes`, and on the load side its positions.

    Args:
        kind: what the detector found.
        magnitude: the worst value, per unit of nominal.
        duration: microseconds, (shortest, longest); the longest ENDLESS while it holds.
        frequency: Hz, nominal.
        load_side: whether equipment is fed with this voltage: of a UPS's input a tolerance curve says nothing.
    """
    found: dict[str, object] = {}
    if duration[1] < ENDLESS:
        found["duration_s"] = [duration[0] / SECOND, duration[1] / SECOND]
    if names := classes(kind, magnitude, duration, frequency):
        found["classes"] = list(names)
        if load_side:
            found["itic"] = itic(magnitude, duration)
            if _WORDS[kind] != "swell":
                found["semi_f47"] = semi_f47(magnitude, duration)
    return found


def _low(curve: tuple[tuple[int, float], ...], magnitude: float, duration: Duration) -> Position:
    shortest, longest = (_at(curve, length) for length in duration)
    return _judged(magnitude >= longest, magnitude < shortest)  # it only rises: the longest is the hardest


def _high(curve: tuple[tuple[int, float], ...], magnitude: float, duration: Duration) -> Position:
    shortest, longest = (_at(curve, length) for length in duration)
    return _judged(magnitude <= longest, magnitude > shortest)


def _at(curve: tuple[tuple[int, float], ...], length: int) -> float:
    return next(height for until, height in curve if length <= until)


def _judged(inside: bool, outside: bool) -> Position:
    return "inside" if inside else "outside" if outside else "cannot be told"


def _joined(one: Position, other: Position) -> Position:
    """Inside both, outside either."""
    if "outside" in (one, other):
        return "outside"
    return "inside" if one == other == "inside" else "cannot be told"
