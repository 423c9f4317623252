"""The titles of a supply as a whole."""

from alarms.facts import Facts, enumeration
from alarms.titles.words import once, per_cent, since


def utility_lost(f: Facts) -> str:
    """Which supply, since when, who sees it."""
    seen = f.names("observers") or tuple(dict.fromkeys(e.device for e in f.evidence))
    others = enumeration(name for name in seen if name != f.subject)
    return f"{f.subject} is lost {since(f)}{f', seen by {others}' if others else ''}"


def frequency_deviation(f: Facts) -> str:
    """How far, and from what."""
    nominal = f.device.nominal_frequency if f.device else f.site.nominal_frequency
    went = f"{f.where}: frequency went to {f.magnitude:.2f} Hz, nominal is {nominal:g} Hz"
    why, rate = f.text("why"), f.number("rocof_hz_s")
    if why == "rate" and rate:
        return f"{went}, at {rate:.2g} Hz a second"
    return went if why == "band" else f"{went}{once(f)}"


def supply_unstable(f: Facts) -> str:
    """How often it was disturbed, how it moves, since when."""
    reason, swing = f.text("why"), f.number("swing")
    far = f" by {per_cent(swing)}" if swing else ""
    moves = {"oscillation": f"voltage swings to and fro{far}", "spread": f"voltage scatters{far}"}.get(reason or "")
    often = f"{f.count} disturbances" if f.count > 1 or not moves else ""
    return f"{f.where}: supply unstable, {enumeration(part for part in (often, moves) if part)} {since(f)}"
