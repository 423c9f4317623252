"""Words that titles share. What the finding does not have is left out, never guessed."""

from alarms.facts import Facts


def once(f: Facts) -> str:
    """That it may be a glitch."""
    return "" if f.confirmed else f", seen in one {'sample' if f.fine else 'poll'} only"


def since(f: Facts) -> str:
    """The first bad sample, as the time of day at the site."""
    return f"since {f.clock(f.onset[1])}"


def after(f: Facts, key: str, words: str) -> str:
    """`words` and a duration of the detail."""
    length = f.seconds(key)
    return f" {words} {length}" if length else ""


def why(f: Facts) -> str:
    """The detector's own words."""
    reason = f.text("reason")
    return f": {reason}" if reason else ""


def per_cent(part: float) -> str:
    """`8 %`, below ten with its decimal: `2.4 %`."""
    size = abs(100 * part)
    return f"{size:.0f} %" if size >= 9.95 else f"{size:.1f} %".replace(".0 ", " ")


def figure(value: float, unit: str) -> str:
    """`230.1 V`: nobody reads more than four digits of a polled value."""
    return f"{round(value) if abs(value) >= 1000 else f'{value:.4g}'} {unit}".strip()
