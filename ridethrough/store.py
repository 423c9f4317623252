"""The time series store as an output."""

from collections.abc import Sequence

from alarms.effects import Effect
from telemetry.block import SampleBlock
from telemetry.recordings.influx import InfluxWriter
from telemetry.site import Site


class InfluxOutput:
    """Gives rows and alarm changes to the store. It queues; a store that is down delays nobody."""

    def __init__(self, site: Site) -> None:
        """Raises OSError where the token's file cannot be read."""
        self._writer = InfluxWriter(site)

    def tell(self, effects: Sequence[Effect]) -> None:
        """Queue the changes."""
        for effect in effects:
            self._writer.write_alarm(effect.to_json())

    def after_tick(self, block: SampleBlock) -> None:
        """Queue the rows."""
        self._writer.write(block)

    def close(self) -> None:
        """Send what is queued, for as long as that takes no longer than a few seconds."""
        self._writer.close()
