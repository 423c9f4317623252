"""What the world's supplies are meant to give, and what stands near enough to it. Pure."""

from collections.abc import Iterable

VOLTAGES = (100, 110, 115, 120, 127, 200, 208, 220, 230, 240, 277, 347, 400, 415, 480)  # V, to neutral and line to line
FREQUENCIES = (50, 60)  # Hz


def is_near(value: float, nominals: Iterable[float], band: float) -> bool:
    """Whether a value lies no further from one of these than the part `band` of it."""
    return any(abs(value - nominal) <= band * nominal for nominal in nominals)
