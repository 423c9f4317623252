"""Every alarm that a site has had, and quick ways to those that matter now."""

from collections.abc import Iterable

from alarms.entry import Entry


class Register:
    """The entries of one site, by alarm_id; none is ever removed: there are no more than kinds times feeds."""

    def __init__(self, site: str) -> None:
        self._site = site
        self._entries: dict[str, Entry] = {}
        self._kinds: dict[str, list[Entry]] = {}
        self._causes: dict[str, Entry] = {}

    def entry(self, kind: str, subject: str, point: str | None) -> Entry:
        """The entry of that alarm, made where it is the first of it."""
        alarm_id = "/".join(part for part in (self._site, subject, kind, point) if part)
        if alarm_id not in self._entries:
            entry = self._entries[alarm_id] = Entry(alarm_id, str(kind), subject, point)
            self._kinds.setdefault(entry.kind, []).append(entry)
        return self._entries[alarm_id]

    def waking(self) -> list[Entry]:
        """Those whose condition holds, came and went just now, or which are not over yet."""
        return [e for e in self._entries.values() if e.raw or e.passing or e.active]

    def of(self, *kinds: str) -> list[Entry]:
        """All of these kinds."""
        return [e for kind in kinds for e in self._kinds.get(kind, ())]

    @property
    def causes(self) -> Iterable[Entry]:
        """Those that the NOC has, or had until a moment ago, and that others can follow from."""
        return self._causes.values()

    def told(self, entry: Entry) -> None:
        """It can explain others from now on."""
        if entry.row.silences:
            self._causes[entry.alarm_id] = entry

    def spent(self, entry: Entry) -> None:
        """It has been over for so long that it explains nothing."""
        self._causes.pop(entry.alarm_id, None)
