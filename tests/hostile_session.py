"""An SNMP session without a network, whose agent says what it likes, and a note of what it said."""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from telemetry.pollers.snmp_session import NoReply, PortClosed, Refused, Rejected, Unreadable
from telemetry.reading import Raw

UPTIME = "1.3.6.1.2.1.1.3.0"
FOREIGN = "1.3.6.1.4.1.9.9"  # nobody asks for it

Row = tuple[str, Raw | None]


def order(oid: str) -> tuple[int, ...]:
    """By which OIDs are sorted."""
    return tuple(map(int, oid.split(".")))


def word(chance: random.Random) -> Raw:
    """Anything that a library can take for an object's value."""
    match chance.randrange(9):
        case 0 | 1:
            return chance.randint(-3, 12)
        case 2:
            return chance.choice([-1, 0, 32_767, 65_535, 2**31 - 1, 2**32 - 1, 2**63, 2**64 - 1, -(2**63), 10**30])
        case 3:
            return chance.randint(-(2**31), 2**32)
        case 4:
            return chance.randint(0, 4_000)
        case 5:
            return chance.randbytes(chance.choice([0, 1, 2, 7, 500, 60_000]))
        case 6:
            return f"{chance.randint(-50, 5_000) / 10}{chance.choice(['', ' V', 'Hz', ' kW', ' furlongs'])}".encode()
        case 7:
            return chance.choice([b"", b"nan", b"inf", b"1e3", b"0x1f", b"--5", "٣".encode(), b"2", b"230,5", b"1,234"])
        case _:
            return chance.choice(["0.0", "1.3.6.1.4.1.318", "10.0.0.9", "1.3", FOREIGN])


@dataclass
class HostileSession:
    """Asked for objects, it does one of `moods` each time, by chance.

    objects: what an honest agent has
    asked, walked: the objects and columns that it was ever asked for
    said: every value that it gave since `begin`, by object
    walks: the rows of each walk since `begin`, by column, with what ended it
    """

    objects: Mapping[str, Raw]
    chance: random.Random
    moods: Sequence[str] = ("honest",)
    asked: set[str] = field(default_factory=set)
    walked: set[str] = field(default_factory=set)
    said: dict[str, list[Raw]] = field(default_factory=dict)
    walks: list[tuple[str, list[Row | None]]] = field(default_factory=list)

    def begin(self, *moods: str) -> None:
        """Forget what was said; be like this from now on."""
        self.moods = moods
        self.said.clear()
        self.walks.clear()

    async def get(self, oids: Sequence[str], wait: float) -> dict[str, Raw]:
        self.asked.update(oids)
        mood = await self._answers(wait)
        answer = {oid: self.objects[oid] for oid in oids if oid in self.objects}
        if mood == "lies":
            answer = {oid: word(self.chance) for oid in oids if self.chance.random() < 0.9}
        elif mood == "forgets":
            answer = {oid: value for oid, value in answer.items() if self.chance.random() < 0.5}
        elif mood == "says too much":
            answer |= {f"{FOREIGN}.{i}": word(self.chance) for i in range(self.chance.choice([1, 5_000]))}
            answer |= {f"{oid}.1": 1 for oid in oids}
        elif mood == "answers another":
            answer = {f"{FOREIGN}.{oid}": 231 for oid in oids}
        self._note(answer.items())
        return answer

    def walk(self, column: str, *, by_one: bool) -> "HostileRows":
        self.walked.add(column)
        transcript: list[Row | None] = []
        self.walks.append((column, transcript))
        return HostileRows(self, column, transcript)

    async def close(self) -> None:
        pass

    async def _answers(self, wait: float) -> str:
        """The mood of this answer, once the time that it takes has passed."""
        mood = self.chance.choice(self.moods)
        await asyncio.sleep(self.chance.choice([0.0, 0.0, 0.01, wait / 2]) if mood == "slow" else 0)
        if mood == "silent":
            await asyncio.sleep(wait)
            raise NoReply
        if mood == "fails":
            raise self.chance.choice([NoReply, PortClosed, Unreadable])
        if mood == "refuses":
            raise Refused("the agent lets nobody read")
        if mood == "rejects":
            raise Rejected(self.chance.choice([None, None, 0, 1, 5, 23, 24, 25, 10**9, -1, -(2**31)]))
        return mood

    def _note(self, rows) -> None:
        for oid, value in rows:
            if value is not None:
                self.said.setdefault(oid, []).append(value)


class HostileRows:
    """One walk. What kind of table it is shows at its first row."""

    def __init__(self, session: HostileSession, column: str, transcript: list[Row | None]):
        self._session = session
        self._column = column
        self._transcript = transcript
        self._rows: Callable[[int], Row | None] | None = None
        self._at = 0

    async def following(self, wait: float) -> Row | None:
        session = self._session
        try:
            mood = await session._answers(wait)
        except Rejected as e:
            if e.index is not None:  # by which v1 says that there is nothing more
                self._transcript.append(None)
            raise
        if self._rows is None:
            self._rows = self._table(mood, session.chance)
        row = self._rows(self._at)
        self._at += 1
        self._transcript.append(row)
        if row is not None:
            session._note([row])
        return row

    def _table(self, mood: str, chance: random.Random) -> Callable[[int], Row | None]:
        column = self._column
        honest = sorted(
            ((o, v) for o, v in self._session.objects.items() if order(o) > order(column)), key=lambda r: order(r[0])
        )

        def listed(rows: Sequence[Row]) -> Callable[[int], Row | None]:
            return lambda at: rows[at] if at < len(rows) else None

        if mood == "lies":
            indexes = [
                chance.choice(["0", "1", "2", "3", "4", "1.1", "1.1.1", "7.0", "4294967295", "1.2.3.4.5"])
                for _ in range(8)
            ]
            rows: list[Row] = [(f"{column}.{i}", chance.choice([word(chance), None])) for i in indexes]
            if chance.random() < 0.7:
                rows.sort(key=lambda row: order(row[0]))
            return listed(rows)
        if mood == "forgets":
            return listed([(oid, chance.choice([value, value, None])) for oid, value in honest[: chance.randint(0, 3)]])
        if mood == "says too much":
            return lambda at: (f"{column}.{at + 1}", 231)
        if mood == "invents":
            first = chance.randint(1, 10**9)
            return listed([(f"{column}.{first + at}", at) for at in range(900)])
        if mood == "answers another":
            return listed([(f"{FOREIGN}.1", 231), *honest])
        if mood == "loops":
            rows = [*honest[:2], *honest[:2]] or [(f"{column}.1", 1)]
            return lambda at: rows[at % len(rows)]
        return listed(honest)
