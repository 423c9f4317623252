"""A recording through the engine: the same engine as live, as fast as it goes or at a given speed."""

import json
import time
from collections.abc import Callable, Iterable, Iterator

from ridethrough.clock import WallClock
from ridethrough.engine import Engine
from ridethrough.output import Outputs
from telemetry.block import SECOND, SampleBlock
from telemetry.recordings.recording import Recording

_ROWS = 3600  # a block: long enough for vectorised detectors, short enough for any memory


def replay(
    recording: Recording,
    outputs: Outputs,
    *,
    speed: float | None = None,
    start: int | None = None,
    stop: int | None = None,
    progress: Callable[[SampleBlock], None] = lambda _: None,
) -> None:
    """Push [start, stop) of the recording through a fresh engine.

    Args:
        recording: what happened
        outputs: told as in a live run; closed at the end
        speed: seconds of the recording in a second of real time; None: as fast as it goes
        start: microseconds UTC; None: from the beginning
        stop: microseconds UTC; None: to the end
        progress: hears of the rows that are done

    Raises:
        RecordingError: the recording cannot be read further.
    """
    engine = Engine(recording.site, replay=True)
    blocks = recording.blocks(_ROWS, start=start, stop=stop)
    try:
        for block in blocks if speed is None else _paced(blocks, speed):
            outputs.give(engine.push(block), block)
            progress(block)
    finally:
        outputs.close()


def _paced(blocks: Iterable[SampleBlock], speed: float) -> Iterator[SampleBlock]:
    """The same rows one by one, each when its time has come."""
    clock = WallClock()
    began = clock.now()
    first: int | None = None
    for block in blocks:
        for i in range(len(block)):
            row = block.rows(i, i + 1)
            moment = int(row.times[0])
            first = moment if first is None else first
            time.sleep(max(0, began + round((moment - first) / speed) - clock.now()) / SECOND)
            yield row


def differences(old: Iterable[str], new: Iterable[str]) -> list[str]:
    """What two journals do not share, as lines `- …` (only in `old`) and `+ …` (only in `new`), in order of time.

    A change counts as the same where it says the same, whether live or replayed.

    Raises:
        ValueError: a line is no JSON.
    """
    before = [_without_replay(line) for line in old if line.strip()]
    after = [_without_replay(line) for line in new]
    gone, come = set(before) - set(after), set(after) - set(before)
    found = [("-", line) for line in before if line in gone] + [("+", line) for line in after if line in come]
    return [f"{sign} {_short(line)}" for sign, line in sorted(found, key=lambda f: (json.loads(f[1])["time"], f[0]))]


def _without_replay(line: str) -> str:
    return json.dumps({k: v for k, v in json.loads(line).items() if k != "replay"}, ensure_ascii=False)


def _short(line: str) -> str:
    change = json.loads(line)
    state = change["severity"] if change["active"] else "cleared"
    return f"{change['time']} {change['alarm_id']} {state}: {change['title']}"
