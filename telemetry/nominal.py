"""What the world's supplies are meant to give, and what stands near enough to it. Pure."""

from collections.abc import Iterable

# V, to neutral and line to line: what a recording without a site is taken to be meant for; and what any supply may be.
STANDARD_VOLTAGES = (100, 110, 115, 120, 127, 208, 220, 230, 240, 277, 347, 400, 415, 480)
VOLTAGES = (*STANDARD_VOLTAGES, 200)  # of Japan's three-phase supplies
FREQUENCIES = (50, 60)  # Hz


def is_near(value: float, nominals: Iterable[float], band: float) -> bool:
    """Whether a value lies no further from one of these than the part `band` of it."""
    return any(abs(value - nominal) <= band * nominal for nominal in nominals)
