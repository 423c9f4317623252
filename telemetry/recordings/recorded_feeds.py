"""Which channels of an oscillogram are the phases of one feed. Pure.

Recorders name channels as their owners like (`220kV bus I_Ua`, `VA_GC1`, `HV Bus VR`) and fill in the fields for phase
and circuit as they like. What belongs together is found from all of it: the phase from its field, or else from the
name; the feed by what the names share once the phase is taken out of them.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from device_profiles.quantities import PHASE_TO_NEUTRAL
from telemetry.recordings.oscillogram import Trace
from telemetry.recordings.phase_names import MARK, PhaseNames, is_residual, phase_names, plain

# What stands before the phase in a name: the letter of voltage or current, or the word.
_TAIL = re.compile(r"[\s_./-]*(?:(?<![A-Za-z])[UVEI]{1,2}|phase|ph\.?)?[\s_./-]*$", re.IGNORECASE)
_LETTER = re.compile(r"[UVEI]{1,2}[\s_-]*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RecordedFeed:
    """Channels that are one feed.

    name: what its channels' names share, as recorded
    voltages: place of the trace of each form: `L1-N` …, `L1-L2` …, or `` for one without a phase
    currents: the same of each phase: `L1` …
    """

    name: str
    voltages: Mapping[str, int]
    currents: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Group:
    """Channels of one feed and one unit. stem: the names' common part without phase and letter of the unit."""

    name: str
    stem: str
    circuit: str
    forms: Mapping[str, int]


def find_feeds(traces: Sequence[Trace]) -> list[RecordedFeed]:
    """The feeds among the traces, in the order in which they were recorded.

    Residual channels are in none. Currents go with a voltage where name or circuit say so for one feed only.
    """
    of_unit = {
        unit: [i for i, t in enumerate(traces) if t.unit == unit and not is_residual(t.phase, t.name)] for unit in "VA"
    }
    groups, currents = _groups(traces, of_unit["V"]), _groups(traces, of_unit["A"])
    circuits = [group.circuit for group in groups]
    feeds = []
    for group in groups:
        own = group.circuit if circuits.count(group.circuit) == 1 else ""
        same = [c for c in currents if (own and c.circuit == own) or (c.stem and c.stem == group.stem)]
        beside = same[0].forms if len(same) == 1 else {}
        phases = {form[:2]: i for form, i in beside.items() if form in PHASE_TO_NEUTRAL}
        feeds.append(RecordedFeed(group.name, group.forms, phases))
    return sorted(feeds, key=lambda feed: min(feed.voltages.values()))


def _groups(traces: Sequence[Trace], among: Sequence[int]) -> list[_Group]:
    """What belongs together of these traces: first where names agree around the phase, then what simply follows."""
    names = phase_names(blue=any(traces[i].phase.strip().upper() in {"Y", "YN", "RY"} for i in among))
    fields = {i: names.form(traces[i].phase) for i in among}
    groups, taken = [], set[int]()
    shared = _shared(traces, fields, names)
    for (named, circuit, rest), forms in sorted(shared.items(), key=lambda s: (-len(s[1]), min(s[1].values()))):
        # Without a field for the phase, two names that differ in a letter may be feeds A and B: three are phases.
        if len(forms) >= (3 if named else 2) and not taken & set(forms.values()):
            taken |= set(forms.values())
            groups.append(_group(rest, circuit, forms))
    rest_of = {i: fields[i] for i in among if i not in taken}
    return groups + _following(traces, rest_of)


def _shared(
    traces: Sequence[Trace], fields: Mapping[int, str | None], names: PhaseNames
) -> dict[tuple[bool, str, str], dict[str, int]]:
    """Traces by form, for each (phase seen in the name only, circuit, name without its phase) that has a form once."""
    shared: dict[tuple[bool, str, str], dict[str, int]] = defaultdict(dict)
    clashing = set()
    for i, field in fields.items():
        for form, rest in names.taken_out(plain(traces[i].name), field):
            key = (field is None, traces[i].circuit, rest)
            if shared[key].setdefault(form, i) != i:
                clashing.add(key)
    return {key: forms for key, forms in shared.items() if key not in clashing}


def _group(rest: str, circuit: str, forms: Mapping[str, int]) -> _Group:
    """A group with the name that people know it by: without the phase, and the letter before it."""
    before, _, after = rest.partition(MARK)
    parts = (_TAIL.sub("", before), after.strip(" _-./"))
    return _Group(" ".join(filter(None, parts)) or circuit, _LETTER.sub("", before) + MARK + after, circuit, forms)


def _following(traces: Sequence[Trace], fields: Mapping[int, str | None]) -> list[_Group]:
    """Channels whose names say nothing: phases of one circuit that follow one another are one feed."""
    found: list[tuple[str, dict[str, int]]] = []
    for i, form in fields.items():
        circuit = traces[i].circuit
        if form and found and found[-1][0] == circuit and not {"", form} & found[-1][1].keys():
            found[-1][1][form] = i
        else:
            found.append((circuit, {form or "": i}))
    return [
        _Group((len(forms) > 1 and circuit) or plain(traces[min(forms.values())].name), "", circuit, forms)
        for circuit, forms in found
    ]


def device_names(names: Iterable[str]) -> list[str]:
    """Names that a site file allows, each once: small letters, digits and `-`."""
    given: list[str] = []
    for name in names:
        ascii_only = re.sub(r"[^a-z0-9]+", "-", plain(name).lower()).strip("-")
        told = ascii_only if re.search(r"[a-z]", ascii_only) else f"feed-{ascii_only}".rstrip("-")
        number, candidate = 2, told
        while candidate in given:
            candidate, number = f"{told}-{number}", number + 1
        given.append(candidate)
    return given
