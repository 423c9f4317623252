"""Joins neighbouring registers into few reads. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from device_profiles.schema import Space

Place = tuple[Space, int]  # a register or bit: its space and its number on the wire

GAP = 16  # registers that are read for nothing rather than asking twice: 32 octets against a round trip
BITS = 2000  # the most coils or discrete inputs in one read (Modbus Application Protocol 1.1b3, 6.1)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Neighbours read at once: `count` registers or bits from `start`.

    wanted: of those, the values: (first register, how many)
    """

    space: Space
    start: int
    count: int
    wanted: tuple[tuple[int, int], ...]

    @property
    def places(self) -> frozenset[Place]:
        """The registers that somebody wants."""
        return frozenset((self.space, start + i) for start, words in self.wanted for i in range(words))

    def halves(self) -> "tuple[Span, Span] | None":
        """Two spans with half of the values each; None where there is one value only."""
        if len(self.wanted) == 1:
            return None
        half = len(self.wanted) // 2
        return span_of(self.space, self.wanted[:half]), span_of(self.space, self.wanted[half:])


def span_of(space: Space, wanted: tuple[tuple[int, int], ...]) -> Span:
    """The shortest span that holds these values, given in rising order."""
    start = wanted[0][0]
    return Span(space, start, max(first + words for first, words in wanted) - start, wanted)


def join(
    values: Iterable[tuple[Space, int, int]],
    *,
    limit: int,
    absent: Collection[Place] = (),
    cuts: Collection[Place] = (),
) -> list[Span]:
    """The reads that bring all values: as few as the limits allow, no value torn that fits into one.

    Args:
        values: space, first register and how many; a value that touches an absent register is left out
        limit: the most registers in one read (bits: sixteen times as many, 2000 at most)
        absent: registers that the device does not have; none is ever read, not even in a gap
        cuts: registers before which a read must end, because a read across was refused
    """
    gone, barred = frozenset(absent), frozenset(cuts)
    there = {v for v in values if not any((v[0], v[1] + i) in gone for i in range(v[2]))}
    wanted = sorted({piece for value in there for piece in _pieces(*value, limit)})
    spans: list[Span] = []
    for space, first, words in wanted:
        most = min(limit * 16, BITS) if space in ("coil", "discrete") else limit
        last = spans[-1] if spans else None
        if last and last.space == space:
            end = last.start + last.count
            joined = span_of(space, (*last.wanted, (first, words)))
            between = range(end, first)
            crossed = range(last.wanted[-1][0] + 1, first + 1)
            if (
                joined.count <= most
                and len(between) <= GAP
                and not any((space, r) in gone for r in between)
                and not any((space, r) in barred for r in crossed)
            ):
                spans[-1] = joined
                continue
        spans.append(span_of(space, ((first, words),)))
    return spans


def _pieces(space: Space, first: int, words: int, limit: int) -> Iterable[tuple[Space, int, int]]:
    """A value in parts that fit into one read; as a rule one."""
    return [(space, start, min(limit, first + words - start)) for start in range(first, first + words, limit)]
