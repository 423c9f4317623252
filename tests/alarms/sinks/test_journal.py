"""The journal file."""

import json

from alarms.sinks.journal import Journal
from telemetry.block import SECOND


def test_every_change_is_on_disk_at_once(tmp_path, book, event, start):
    """A reader sees a change as soon as it was told, the file still open."""
    path = tmp_path / "j.jsonl"
    journal = Journal(path)
    changes = book.advance(start, [event("0 utility-a utility_lost")])
    journal.tell(changes)
    assert path.read_text(encoding="utf-8") == changes[0].to_line() + "\n"
    journal.tell(book.advance(start + SECOND, [event("1 ats-a sources_locked_out")]))
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["kind"] for line in lines] == ["utility_lost", "sources_locked_out"]
    journal.close()
    journal.close()


def test_a_replay_begins_empty_and_a_daemon_goes_on(tmp_path, book, event, start):
    """The same replay twice leaves the same file; a restart of the daemon loses nothing."""
    path = tmp_path / "j.jsonl"
    path.write_text("{}\n", encoding="utf-8")
    changes = book.advance(start, [event("0 utility-a utility_lost")])
    for append, lines in ((True, 2), (True, 3), (False, 1)):
        journal = Journal(path, append=append)
        journal.tell(changes)
        journal.close()
        assert len(path.read_text(encoding="utf-8").splitlines()) == lines
