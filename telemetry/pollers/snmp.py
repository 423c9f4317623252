"""Reads one SNMP device: finds out what it has, then asks for that.

First contact walks the columns of the profile and notes which instances exist. Every poll after it gets the scalars
and the known instances, states first. The device is looked at anew, a little in each poll: soon after first contact
and after it restarted, for cards show what they find behind them bit by bit, and then ever more seldom. What it was
found not to have is left out until then.
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from device_profiles.schema import Profile
from device_profiles.table import is_label, label_columns, labelled_columns
from telemetry.address import SnmpAddress
from telemetry.decode import Decoder
from telemetry.pollers.base import Contact
from telemetry.pollers.snmp_client import UPTIME, SnmpClient
from telemetry.pollers.snmp_session import SnmpSession
from telemetry.reading import Answer, Raw
from telemetry.word import text_of

_SOONEST, _LATEST = 30.0, 900.0  # seconds from one look to the next; each pause is twice the one before

# In time-outs: what a whole poll may take, what first contact may, what looking anew may add to a poll; and how long
# an agent that did not let itself be looked at is left in peace.
_POLL, _FIRST_LOOK, _LATER_LOOK, _PEACE = 5.0, 10.0, 0.25, 10.0

_MOST_INSTANCES = 5_000  # in all tables of one device; no power device has more, one that makes them up does


class SnmpPoller:
    """Reads one device by one profile."""

    def __init__(self, address: SnmpAddress, profile: Profile, session: SnmpSession, *, timeout: float) -> None:
        """Nothing is sent yet.

        Args:
            address: where the device is
            profile: what it is, and so what to ask for
            session: by which it is asked
            timeout: seconds for one request, its repeats included
        """
        self._client = SnmpClient(address, session, timeout=timeout)
        self._profile = profile
        self._timeout = timeout
        self._asked = profile.asked()
        self._columns = tuple(oid for oid, is_column in self._asked if is_column)
        self._lists = profile.lists()
        self._expected = {a.place: a.scale for a in profile.addresses() if a.other_scales}
        self._decoder = Decoder(profile)
        self._rows: dict[str, tuple[str, ...]] = {}  # of each column, the instances ever seen
        self._tables = labelled_columns(profile)
        self._labels: dict[str, Raw] = {}  # the names of rows, as last heard
        self._known: frozenset[str] = frozenset()  # every object that has ever had a value
        self._absent: frozenset[str] = frozenset()  # asked for in vain; left out until the device is looked at anew
        self._to_walk: deque[str] = deque()
        self._pause = _SOONEST
        self._look_at = 0.0  # the event loop's time at which the device is looked at anew
        self._restart_from = 0.0  # until then nobody believes that it has restarted again
        self._peace_until = 0.0
        self._uptime: Raw | None = None  # of the last answer; None before the first
        self._wanted = self._order()
        self._seen: dict[str, None] = {}  # quantities, in the order of their first value

    async def poll(self) -> Answer:
        """Read every point once; see `Poller`."""
        clock = asyncio.get_running_loop().time
        reply = await self._client.get(self._wanted, until=clock() + _POLL * self._timeout)
        if reply.error and not reply.values:
            return Answer((), reply.error)
        first = self._uptime is None
        restarted = self._has_restarted(reply.values) and clock() >= self._restart_from
        if restarted:
            self._restart_from = clock() + _SOONEST
        if first or restarted or clock() >= self._look_at:
            self._pause = _SOONEST if first or restarted else min(2 * self._pause, _LATEST)
            self._look_at = clock() + self._pause
            self._to_walk = deque(self._columns)
            self._absent = frozenset()
            self._wanted = self._order()
        self._uptime = reply.values.get(UPTIME, 0)
        raw = dict(reply.values)
        if not reply.error:
            raw |= await self._look(clock() + self._timeout * (_FIRST_LOOK if first else _LATER_LOOK))
        # An empty text is what some agents give for what they have not: it is not answered, and makes nothing known.
        raw = {oid: word for oid, word in {**self._named(raw), **raw}.items() if word != b""}
        self._learn(raw.keys(), reply.absent)
        if not reply.error:
            raw |= await self._list(clock() + self._timeout)
        values = self._decoder.decode(raw, self._known)
        if not values:
            return Answer((), reply.error or self._knows_nothing())
        answer = Answer(values)
        self._seen.update(dict.fromkeys(answer.given))
        return answer

    def quantities(self) -> tuple[str, ...]:
        """See `Poller`."""
        return tuple(self._seen)

    def contact(self) -> Contact | None:
        """See `Poller`."""
        if not self._seen:
            return None
        scales = self._decoder.scales
        unusual = frozenset(place for place, scale in scales.items() if scale != self._expected[place])
        return Contact(self._profile.name, scales, unusual)

    async def close(self) -> None:
        """See `Poller`."""
        await self._client.close()

    def _learn(self, there: AbstractSet[str], absent: AbstractSet[str]) -> None:
        """Note what the device has, and what it was asked for in vain. What was there before may come back any moment."""
        if not there <= self._known or not absent <= self._known | self._absent:
            self._known |= there
            self._absent |= absent - self._known
            self._wanted = self._order()

    def _named(self, raw: Mapping[str, Raw]) -> dict[str, Raw]:
        """The names of all rows, those that this answer lacks as last heard: a name that is lost for once renames nothing."""
        columns = label_columns(self._profile)
        heard = {oid: word for oid, word in raw.items() if columns and oid.startswith(columns)}
        if any(self._labels.get(oid) != word for oid, word in heard.items()):
            self._labels |= heard
            self._wanted = self._order()
        return dict(self._labels)

    def _order(self) -> list[str]:
        """What to ask for, states first: they tell what has happened, whatever else gets lost."""
        wanted: dict[str, None] = {}
        for oid, is_column in self._asked:
            rows = self._rows.get(oid, ()) if is_column else (oid,)
            if names := self._tables.get(oid):  # a table of everything: only what a name tells to be read
                rows = tuple(row for row in rows if self._is_read(names, f"{names}{row.removeprefix(oid)}"))
            wanted.update(dict.fromkeys(rows))
        return [oid for oid in wanted if oid not in self._absent]

    def _is_read(self, names: str, row: str) -> bool:
        """Whether something is read in the row whose name stands at `row` of the column `names`."""
        return row in self._labels and is_label(self._profile, names, text_of(self._labels[row]))

    def _has_restarted(self, raw: Mapping[str, Raw]) -> bool:
        before, now = self._uptime, raw.get(UPTIME)
        return isinstance(before, int) and isinstance(now, int) and now < before

    async def _look(self, until: float) -> dict[str, Raw]:
        """Walk the columns whose turn it is, until that time of the event loop; what they gave."""
        found: dict[str, Raw] = {}
        clock = asyncio.get_running_loop().time
        while self._to_walk and self._peace_until <= clock() < until:
            column = self._to_walk[0]
            rows = await self._client.walk(column, until=until)
            if rows is None:
                self._to_walk.rotate(-1)
                self._peace_until = clock() + _PEACE * self._timeout
                break
            self._to_walk.popleft()
            # Rows once seen stay: a table that is cut short for once must not rename a three-phase device's values.
            before = dict.fromkeys(self._rows.get(column, ()))
            room = _MOST_INSTANCES - sum(map(len, self._rows.values()))
            self._rows[column] = (*before, *[oid for oid in rows if oid not in before][:room])
            found |= {oid: rows[oid] for oid in self._rows[column] if oid in rows}
        return found

    async def _list(self, until: float) -> dict[str, Raw]:
        """What the lists that the device has hold now, each with its own OID beside its rows where it was read to the end."""
        found: dict[str, Raw] = {}
        for column in [column for column, sign in self._lists.items() if sign in self._known]:
            rows = await self._client.walk(column, whole=True, until=until)
            if rows is not None:
                found |= {**rows, column: len(rows)}
        return found

    def _knows_nothing(self) -> str:
        return (
            f"{self._client.address.place} answers, but has nothing that profile {self._profile.name} reads: check the "
            "profile, and which objects the agent's access list lets this host see"
        )
