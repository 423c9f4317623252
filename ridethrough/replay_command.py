"""`ridethrough replay`: a recording to the screen, a journal, a broker, and against an earlier journal."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from alarms.effects import Effect
from alarms.sinks.journal import Journal
from alarms.sinks.mqtt import MqttSink
from ridethrough.output import Output, Outputs
from ridethrough.replay import differences, replay
from ridethrough.screen import AlarmScreen, err, local, out, progress
from telemetry.block import SampleBlock
from telemetry.recordings.recording import Recording
from telemetry.site import Mqtt, Site


class _Lines:
    """An output that keeps the journal's lines, to be compared."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def tell(self, effects: Sequence[Effect]) -> None:
        self.lines += [effect.to_line() for effect in effects]

    def after_tick(self, block: SampleBlock) -> None:
        pass

    def close(self) -> None:
        pass


def replay_command(
    recording: Recording,
    *,
    speed: float | None,
    alarms: Path | None,
    mqtt: str | None,
    start: int | None,
    stop: int | None,
    against: Path | None,
    other: Site | None,
) -> bool:
    """Replay, and print what the NOC would have been told; whether it differs from the journal `against`.

    `other` is the same site with other settings: what it would tell differently is printed too.

    Raises:
        RecordingError: the recording cannot be read on.
        OSError: a file cannot be read or written.
    """
    for note in recording.notes:
        err.print(f"[dim]{note}[/]")
    site, lines = recording.site, _Lines()
    outputs: list[Output] = [AlarmScreen(site)]
    if alarms:
        outputs.append(Journal(alarms))
    if mqtt:
        outputs.append(MqttSink(Mqtt(mqtt), site.name, replay=True))
    if against or other:
        outputs.append(lines)
    with progress("replay", recording.length) as bar:

        def done(block: SampleBlock) -> None:
            bar.update(bar.task_ids[0], advance=len(block), note=local(int(block.times[-1]), site.timezone))

        replay(recording, Outputs(outputs), speed=speed, start=start, stop=stop, progress=done)
    if other:
        changed = _Lines()
        replay(replace(recording, site=other), Outputs([changed]), start=start, stop=stop)
        _show(differences(lines.lines, changed.lines), "the other site file")
    if against is None:
        return False
    different = differences(against.read_text(encoding="utf-8").splitlines(), lines.lines)
    _show(different, str(against))
    return bool(different)


def _show(different: Sequence[str], where: str) -> None:
    for line in different:
        out.print(line, markup=False)
    out.print(f"{len(different)} differences to {where}" if different else f"the same as {where}")
