"""A recorded walk in the place of an agent: what it said then is what it answers now."""

from bisect import bisect_right
from collections.abc import Sequence

from device_profiles.walk import Walk
from telemetry.reading import Raw


class WalkSession:
    """Answers from a recording; an `SnmpSession` without a network."""

    def __init__(self, walk: Walk) -> None:
        """Nothing is copied.

        Args:
            walk: value by OID (`device_profiles.walk.read_walk`)
        """
        self._walk = walk
        self._order = sorted((tuple(map(int, oid.split("."))), oid) for oid in walk)

    async def get(self, oids: Sequence[str], wait: float) -> dict[str, Raw]:  # noqa: ARG002 - of the protocol
        """Those of the objects that are in the recording; see `SnmpSession`."""
        return {oid: self._walk[oid] for oid in oids if oid in self._walk}

    def walk(self, column: str, *, by_one: bool) -> "_Rows":  # noqa: ARG002 - of the protocol
        """Begin to walk a column; see `SnmpSession`."""
        return _Rows(self._walk, self._order, column)

    async def close(self) -> None:
        """Nothing is held open."""


class _Rows:
    def __init__(self, walk: Walk, order: list[tuple[tuple[int, ...], str]], column: str) -> None:
        self._walk, self._order = walk, order
        self._next = bisect_right(order, (tuple(map(int, column.split("."))), "~"))

    async def following(self, wait: float) -> tuple[str, Raw | None] | None:  # noqa: ARG002 - of the protocol
        if self._next >= len(self._order):
            return None
        oid = self._order[self._next][1]
        self._next += 1
        return oid, self._walk[oid]
