"""`ridethrough replay`: a recording to the screen, a journal, a broker, and against an earlier journal."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.text import Text

from alarms.effects import Effect
from alarms.sinks.journal import Journal
from alarms.sinks.mqtt import MqttSink
from ridethrough.output import Output, Outputs
from ridethrough.replay import differences, replay
from ridethrough.screen import AlarmScreen, err, local, log_to_screen, out, progress
from telemetry.block import SECOND, SampleBlock
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
        ValueError: what was asked for fits the recording not: no row in [start, stop), `against` that is no journal,
            `other` without the recorded devices.
        OSError: a file cannot be written.
    """
    log_to_screen()
    earlier = _journal(against) if against else []
    _check_devices(recording, other)
    for note in recording.notes:
        err.print(Text(note, "dim"), soft_wrap=not err.is_terminal)
    site, lines = recording.site, _Lines()
    screen = AlarmScreen(site, all_of_it=site.tick < SECOND)
    outputs: list[Output] = [screen]
    if alarms:
        outputs.append(Journal(alarms))
    if mqtt:
        outputs.append(MqttSink(Mqtt(mqtt), site.name, replay=True))
    if against or other:
        outputs.append(lines)
    played = 0
    with progress("replay", recording.length) as bar:

        def done(block: SampleBlock) -> None:
            nonlocal played
            played += len(block)
            bar.update(bar.task_ids[0], advance=len(block), note=local(int(block.times[-1]), site.timezone))

        replay(
            recording, Outputs(outputs), speed=speed, start=start, stop=stop, progress=done, at_end=screen.show_standing
        )
    if not played:
        raise ValueError("the recording has no row between --from and --to")
    if other:
        changed = _Lines()
        replay(replace(recording, site=recording.fitted(other)), Outputs([changed]), start=start, stop=stop)
        _show(differences(lines.lines, changed.lines), "the other site file")
    if against is None:
        return False
    different = differences(earlier, lines.lines)
    _show(different, str(against))
    return bool(different)


def _journal(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as e:
        raise ValueError(f"{path}: cannot be read: {e.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path}: is no text; expected a journal, as --alarms writes it") from None
    try:
        differences(lines, ())
    except ValueError as e:
        raise ValueError(f"{path}: {e}") from None
    return lines


def _check_devices(recording: Recording, other: Site | None) -> None:
    recorded = {channel.device for channel in recording.channels}
    if other and (lacking := recorded - {device.name for device in other.devices}):
        raise ValueError(f"--with: the site {other.name!r} has not what was recorded: {', '.join(sorted(lacking))}")


def _show(different: Sequence[str], where: str) -> None:
    for line in different:
        out.print(line, markup=False)
    count = f"{len(different)} difference{'s' * (len(different) != 1)}"
    out.print(f"{count} to {where}" if different else f"the same as {where}")
