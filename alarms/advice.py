"""Advice: what to look at, whom to call, the site's own procedure. Never an act upon the plant."""

from collections.abc import Iterable

from alarms.facts import Facts


def advise(rows: Iterable[str], facts: Facts) -> tuple[str, ...]:
    """The kind's advice with this site's names in it; a line whose name the site file does not give is left out."""
    device = facts.device
    place = f"{facts.subject} is at {device.location}." if device and device.location else None
    names = {
        "{contact}": (device.contact if device else "") or ", ".join(facts.site.contacts),
        "{procedure}": device.procedure if device else "",
    }
    told = [place] if place else []
    for row in rows:
        wanted = [key for key in names if key in row]
        if all(names[key] for key in wanted):
            line = row
            for key in wanted:
                line = line.replace(key, names[key])
            told.append(line)
    return tuple(told)
