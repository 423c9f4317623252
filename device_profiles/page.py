"""docs/devices.md, made from the profiles. `make golden` writes it anew; a test holds it to them."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from device_profiles import library
from device_profiles.quantities import ALARM, Kind
from device_profiles.schema import Match, Point, Profile

_HEAD = """\
# Devices

This page is made from the profiles in `device_profiles/data/` by `make golden`. `ridethrough profiles show NAME` prints
one as it stands, [profiles.md](profiles.md) says how to write the next. What is read is what the maker's tables hold: a
device of fewer phases, banks or outlets gives fewer, and one without a sensor gives nothing for it.

Of a name with braces there are several: `{phase}` is L1, L2, L3, `{pair}` L1-L2, L2-L3, L3-L1 (a single-phase device
goes without), `{source}` the normal (1) and the emergency side (2) of a switch, `{n}` the number of a part, `{unit}` a
device chained behind the first. States are the canonical ones; a device's word for which there is none is not believed.
"""

_KINDS = {
    "utility": "utilities",
    "generator": "generators",
    "switchgear": "switchgear",
    "transfer_switch": "transfer switches",
    "ups": "UPSs",
    "pdu": "PDUs",
    "meter": "meters",
    "dc_plant": "DC plants",
}
_NO_VENDOR = "any"  # of a standard's own profile
_PRINCIPAL_STATES = ("ups.status", "battery.status", "input.source", "ats.mode", "generator.state")

# What a name begins with: the part of the device that it is of.
_PART = re.compile(r"((?:device\.\{unit\}\.)?(?:[a-z]+(?:\.group|\.bypass)?(?:\.(?:\{n\}|\{source\}|\d+))?))\.(.+)")


def render() -> str:
    """The whole page."""
    profiles = library.catalogue()
    lines = [_HEAD, _count(profiles), "", *_summary(profiles)]
    for kind, title in _KINDS.items():
        of_kind = [p for p in profiles if p.kind == kind]
        if of_kind:
            lines += ["", f"## {title[0].upper()}{title[1:]}"]
        for profile in of_kind:
            lines += ["", *_profile(profile)]
    return "\n".join(lines) + "\n"


def _count(profiles: Sequence[Profile]) -> str:
    vendors = {p.vendor for p in profiles} - {_NO_VENDOR}
    kinds = ((title, sum(p.kind == kind for p in profiles)) for kind, title in _KINDS.items())
    each = ", ".join(f"{number} of [{title}](#{_anchor(title)})" for title, number in kinds if number)
    read = sum(len(p.point) for p in profiles)
    return f"{len(profiles)} profiles of {len(vendors)} vendors ({each}) read {read} quantities."


def _summary(profiles: Iterable[Profile]) -> Iterator[str]:
    yield "| profile | vendor | model | kind | by | quantities | alarms | status |"
    yield "|---|---|---|---|---|---|---|---|"
    for p in sorted(profiles, key=lambda p: list(_KINDS).index(p.kind)):
        alarms = sum(_is_alarm(point) for point in p.point)
        status = [f"`{q}`" for q in _PRINCIPAL_STATES if any(point.quantity == q for point in p.point)]
        yield (
            f"| [{p.name}](#{_anchor(p.name)}) | {p.vendor} | {p.model} | {p.kind.replace('_', ' ')} | {p.protocol} "
            f"| {len(p.point) - alarms} | {alarms or '–'} | {', '.join(status) or '–'} |"
        )


def _anchor(title: str) -> str:
    """As a heading becomes the target of a link."""
    return re.sub(r"[^a-z0-9 _-]", "", title.lower()).replace(" ", "-")


def _profile(p: Profile) -> Iterator[str]:
    alarms = [point.quantity.removeprefix("alarm.") for point in p.point if _is_alarm(point)]
    states = [point for point in p.point if point.entry.kind is Kind.STATE and not _is_alarm(point)]
    numbers = [point for point in p.point if point.entry.kind is not Kind.STATE]
    yield from (f"### {p.name}", "", f"{p.vendor} {p.model}.", "", f"- known by {_known_by(p.match)}")
    yield from (f"- facts from {source}" for source in library.sources(p.name))
    yield from ("", "| of | reads |", "|---|---|")
    for part, points in _parts(numbers).items():
        yield f"| {part} | {', '.join(points)} |"
    yield from ("", "| state | is one of |", "|---|---|") if states else ()
    for point in states:
        yield f"| `{point.quantity}` | {', '.join(_given(point))} |"
    if alarms:
        yield from ("", f"Alarms of its own: {', '.join(f'`{name}`' for name in sorted(alarms))}.")


def _known_by(match: Match) -> str:
    ways = []
    if match.sys_object_id:
        ways.append(f"sysObjectID {_codes(match.sys_object_id)}")
    if match.probe:
        ways.append(f"a value at {_codes(match.probe)}")
    if match.tree:
        ways.append(f"objects below {_codes(match.tree)}")
    if match.registers:
        registers = [f"{r.space}:{r.register_} = {' or '.join(map(str, r.equals))}" for r in match.registers]
        ways.append(f"registers {_codes(registers)}")
    return "; ".join(ways) or "its name in the site file: it says nothing that tells it from others"


def _codes(texts: Iterable[str]) -> str:
    return ", ".join(f"`{text}`" for text in texts)


def _parts(points: Iterable[Point]) -> dict[str, list[str]]:
    """What is measured, by the part of the device that it is of."""
    found: dict[str, list[str]] = defaultdict(list)
    for point in points:
        match = _PART.fullmatch(point.quantity)
        part, name = (match[1], match[2]) if match else ("", point.quantity)
        unit = point.entry.unit
        found[f"`{part}`"].append(f"`{name}` {unit}".rstrip())
    return found


def _given(point: Point) -> list[str]:
    """The canonical states that a point can give, in their order."""
    given = {state for address in point.addresses for state in address.states.values()}
    return [state for state in point.entry.states if state in given]


def _is_alarm(point: Point) -> bool:
    return ALARM.fullmatch(point.entry.name) is not None
