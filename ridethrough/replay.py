"""A recording through the engine: the same engine as live, as fast as it goes or at a given speed."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from alarms.standing import Standing
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
    at_end: Callable[[Sequence[Standing]], None] = lambda _: None,
) -> None:
    """Push [start, stop) of the recording through a fresh engine.

    Args:
        recording: what happened
        outputs: told as in a live run; closed at the end
        speed: seconds of the recording in a second of real time; None: as fast as it goes
        start: microseconds UTC; None: from the beginning
        stop: microseconds UTC; None: to the end
        progress: hears of the rows that are done
        at_end: hears what stands after the last row, before the outputs are closed

    Raises:
        RecordingError: the recording cannot be read further.
    """
    engine = Engine(recording.site, replay=True)
    blocks = recording.blocks(_ROWS, start=start, stop=stop)
    try:
        for block in blocks if speed is None else _paced(blocks, speed):
            outputs.give(engine.push(block), block)
            progress(block)
        at_end(engine.standing())
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
    """What two journals do not share, in order of time.

    A change counts as the same where it says the same, whether live or replayed. Lines begin with `-` where only
    `old` tells it, with `+` where only `new` does, with `~` where both tell it, with other figures: these follow.

    Raises:
        ValueError: a line is no alarm change.
    """
    before, after = [_change(line) for line in old if line.strip()], [_change(line) for line in new]
    known, told = {_key(change) for change in before}, {_key(change) for change in after}
    gone = [change for change in before if _key(change) not in told]
    come = [change for change in after if _key(change) not in known]
    twins: dict[str, list[dict[str, Any]]] = {}
    for change in come:
        twins.setdefault(_short(change), []).append(change)
    found = []
    for change in gone:
        if same := twins.get(text := _short(change)):
            found.append((change["time"], "~", f"{text} ({_figures(change, same.pop(0))})"))
        else:
            found.append((change["time"], "-", text))
    found += [(change["time"], "+", text) for text, left in twins.items() for change in left]
    return [f"{sign} {text}" for _, sign, text in sorted(found, key=lambda f: f[:2])]


def _change(line: str) -> dict[str, Any]:
    try:
        change = json.loads(line)
        _short(change)
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"found {line[:80]!r}, expected an alarm change, as --alarms writes them") from None
    return {key: value for key, value in change.items() if key != "replay"}


def _key(change: Mapping[str, Any]) -> str:
    return json.dumps(change, ensure_ascii=False)


def _short(change: Mapping[str, Any]) -> str:
    state = change["severity"] if change["active"] else "cleared"
    return f"{change['time']} {change['alarm_id']} {state}: {change['title']}"


def _figures(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """The keys whose values differ, with both values where these are short."""
    pairs = {key: (old.get(key), new.get(key)) for key in {**old, **new}}
    return ", ".join(
        key if isinstance(a or b, dict | list) else f"{key} {a} → {b}" for key, (a, b) in pairs.items() if a != b
    )
