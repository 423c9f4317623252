"""What the site exists for, and the management cards that die with their feed."""

from collections.abc import Sequence
from dataclasses import dataclass


class DualCordedLoad:
    """Draws `power` W, evenly from every cord that is live: what one side loses, the other gets at once.

    Its power supplies bridge the tens of milliseconds of a step. A scenario sets `power`.
    """

    def __init__(self, cords: Sequence[str], power: float) -> None:
        self.cords = tuple(cords)
        self.power = power
        self.lost = False

    def set(self, key: str, value: object) -> None:
        """One setting of a scenario.

        Raises:
            ValueError: there is no such setting, or the value does not fit it.
        """
        if key != "power" or not isinstance(value, int | float) or value < 0:
            raise ValueError(f"a load has power (W), not {key} = {value!r}")
        self.power = float(value)

    def share(self, live: Sequence[str]) -> dict[str, float]:
        """W drawn from each live cord."""
        self.lost = not live
        return dict.fromkeys(live, self.power / len(live)) if live else {}


@dataclass(slots=True)
class Card:
    """A network management card, fed by the power that it reports on. Times in µs.

    boot: until it answers once fed
    hold: for which it still answers without: a UPS feeds its card from the last of the battery for a while
    """

    boot: int
    hold: int = 0
    _fed: bool = True
    _since: int = 0  # when that last changed
    _up: bool = True

    def answers(self, now: int, fed: bool) -> bool:
        """Whether it answers at `now`, being fed or not."""
        if fed != self._fed:
            self._fed, self._since = fed, now
        if fed:
            self._up = self._up or now - self._since >= self.boot
        elif now - self._since >= self.hold:
            self._up = False
        return self._up
