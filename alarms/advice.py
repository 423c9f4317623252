"""Advice: what to look at, whom to call, the site's own procedure. Never an act upon the plant."""

from alarms.facts import Facts
from alarms.kind import AlarmKind


def advise(kind: AlarmKind, facts: Facts) -> tuple[str, ...]:
    """The kind's advice, then where the subject is, whom to call and which procedure, as far as the site file says."""
    device = facts.device
    location, contact, procedure = (device.location, device.contact, device.procedure) if device else ("", "", "")
    contact = contact or ", ".join(facts.site.contacts)
    return (
        *kind.advice,
        *((f"{facts.subject} is at: {location}",) if location else ()),
        *((f"Call: {contact}",) if contact else ()),
        *((f"The site's procedure: {procedure}",) if procedure else ()),
    )
