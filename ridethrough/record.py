"""The recording of a run, with the journal beside it."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from alarms.effects import Effect
from alarms.sinks.journal import Journal
from telemetry.block import SampleBlock
from telemetry.recordings.parquet import RecordingWriter
from telemetry.site import Site

_COMMUNITY = re.compile(r"""\b(community=)[^&"'#\s]+""")


class RecordingOutput:
    """An output that keeps everything that a replay needs: rows, site, and the alarms as they were told."""

    def __init__(self, directory: Path, site: Site, site_text: str, meta: Mapping[str, object] | None = None) -> None:
        """A recording is handed on: the communities in the site's addresses are not kept.

        Raises:
            OSError: the folder cannot be made, or holds a recording already.
        """
        profiles = {d.name: d.profile for d in site.devices if d.profile}
        site_text = _COMMUNITY.sub(r"\1hidden", site_text)
        self._writer = RecordingWriter(directory, site_text, {"profiles": profiles, **(meta or {})})
        self._journal = Journal(directory / "alarms.jsonl")

    def tell(self, effects: Sequence[Effect]) -> None:
        """Keep the changes."""
        self._journal.tell(effects)

    def after_tick(self, block: SampleBlock) -> None:
        """Keep the rows."""
        self._writer.write(block)

    def close(self) -> None:
        """Write what is still open."""
        self._writer.close()
        self._journal.close()
