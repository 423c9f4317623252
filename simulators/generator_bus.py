"""The bus on which generators work together, and the relay that can lock a switchboard out."""

from collections.abc import Sequence

from simulators.generator import Generator
from simulators.supply import DEAD, Supply


class GeneratorBus:
    """Live once `needs` of its generators are in spec and connected; they share the load evenly."""

    def __init__(self, generators: Sequence[Generator], needs: int) -> None:
        self._generators = generators
        self._needs = needs
        self._closed = False

    @property
    def connected(self) -> list[Generator]:
        """The generators whose breaker is closed onto it."""
        return [g for g in self._generators if g.breaker == "closed"]

    def supply(self) -> Supply:
        """What the bus gives; dead until enough generators are connected, then until none is."""
        connected = self.connected
        self._closed = bool(connected) and (self._closed or len(connected) >= self._needs)
        return connected[0].supply if self._closed else DEAD


class LockoutRelay:
    """An 86 relay: once tripped, it keeps both the utility main and the generator main of its board open.

    A scenario sets `tripped`; only a person at the relay releases it.
    """

    def __init__(self, blocks: Sequence[str]) -> None:
        self.blocks = frozenset(blocks)
        self.tripped = False

    def set(self, key: str, value: object) -> None:
        """One setting of a scenario.

        Raises:
            ValueError: there is no such setting, or the value does not fit it.
        """
        if key != "tripped" or not isinstance(value, bool):
            raise ValueError(f"a lockout relay has tripped (true or false), not {key} = {value!r}")
        self.tripped = value
