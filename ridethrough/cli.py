"""The command line. Heavy imports happen inside the commands: `--help` answers at once.

Exit codes: 0 done; 1 what was looked for is missing or wrong; 2 wrong usage or a wrong file; 3 cannot run.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="ridethrough",
    help="Watches the power path of a data centre and says, while it happens, which transfer failed.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
profiles_app = typer.Typer(help="What is known of devices.", no_args_is_help=True)
app.add_typer(profiles_app, name="profiles")

SiteFile = Annotated[Path, typer.Argument(metavar="SITE.toml", help="The site file.")]
Alarms = Annotated[
    Path | None,
    typer.Option(
        "--alarms", metavar="FILE.jsonl", help="Write every alarm change to this file, one JSON object a line."
    ),
]
Record = Annotated[
    Path | None, typer.Option("--record", metavar="DIR", help="Record the run to this folder; it can be replayed.")
]
Json = Annotated[bool, typer.Option("--json", help="Print data for programs.")]

MISSING, WRONG, CANNOT = 1, 2, 3


def fail(code: int, message: object) -> typer.Exit:
    """Say what is wrong on stderr; raise what comes back."""
    if isinstance(message, OSError) and message.filename:
        message = f"{message.filename}: {message.strerror}"
    typer.echo(f"ridethrough: {message}", err=True)
    return typer.Exit(code)


@app.command()
def demo(
    scenario: Annotated[str, typer.Option(help="Which scenario to play: a name or a file.")] = "lockout-2014",
    speed: Annotated[
        float | None,
        typer.Option(help="Seconds of the scenario in a second; without it the scenario's own pace.", min=0.01),
    ] = None,
    no_console: Annotated[bool, typer.Option("--no-console", help="Without the web console.")] = False,  # noqa: ARG001 - there is none yet; scripts may ask for it
    exit_: Annotated[bool, typer.Option("--exit", help="End when the scenario is over.")] = False,
    alarms: Alarms = None,
    record: Record = None,
) -> None:
    """See it work: a simulated site on loopback, watched, while an incident is played to it."""
    import asyncio

    from ridethrough.demo import demo as play
    from simulators.scenario import ScenarioError, load_scenario

    try:
        asyncio.run(play(load_scenario(scenario), speed=speed, stay=not exit_, alarms=alarms, record=record))
    except ScenarioError as e:
        raise fail(WRONG, e) from None
    except OSError as e:
        raise fail(CANNOT, e) from None


@app.command()
def check(site: SiteFile, json: Json = False) -> None:
    """Find every fault of a site file that can be known without the network."""
    from ridethrough.check import faults
    from telemetry.site_file import SiteUnreadableError

    try:
        found = faults(site)
    except SiteUnreadableError as e:
        raise fail(WRONG, e) from None
    if json:
        from json import dumps

        typer.echo(dumps([{"key": f.key, "message": f.message} for f in found], ensure_ascii=False, indent=1))
    else:
        for fault in found:
            typer.echo(f"{site}: {fault}", err=True)
        typer.echo(f"{site}: {len(found) or 'no'} fault{'s' * (len(found) != 1)}", err=bool(found))
    if found:
        raise typer.Exit(MISSING)


@app.command()
def run(site: SiteFile, record: Record = None, alarms: Alarms = None) -> None:
    """Watch a site until stopped."""
    from ridethrough.check import usable_site
    from ridethrough.run import run as watch

    # AddressError, SiteError and SiteUnreadableError are ValueErrors with a sentence each.
    try:
        watch(*usable_site(site), alarms=alarms, record=record)
    except ValueError as e:
        raise fail(WRONG, e) from None
    except OSError as e:
        raise fail(CANNOT, e) from None


@app.command()
def probe(
    url: Annotated[
        str,
        typer.Argument(
            metavar="URL",
            help="snmp://HOST?community=public, snmp://USER@HOST?auth=sha256&priv=aes128, modbus://HOST/UNIT",
        ),
    ],
    profile: Annotated[
        str | None, typer.Option(help="Read it as this profile (a name, or a .toml of your own).")
    ] = None,
    json: Json = False,
) -> None:
    """Recognise one device, poll it once, print what it says."""
    import asyncio

    from ridethrough.probe import probe as ask
    from ridethrough.probe import show

    found = asyncio.run(ask(url, profile))
    show(found, as_json=json)
    if found.wrong_usage:
        raise typer.Exit(WRONG)
    if not found.readings:
        raise typer.Exit(MISSING)


@app.command()
def replay(
    recording: Annotated[
        Path,
        typer.Argument(
            metavar="RECORDING", help="A recording's folder, a .csv or .csv.gz file, or an oscillogram's .cfg or .cff."
        ),
    ],
    site: Annotated[
        Path | None,
        typer.Option(metavar="SITE.toml", help="The site, where the recording brings none or another is wanted."),
    ] = None,
    speed: Annotated[str, typer.Option(metavar="N|max", help="Seconds of the recording in a second.")] = "max",
    alarms: Alarms = None,
    mqtt: Annotated[
        str | None, typer.Option(metavar="URL", help="Send the alarms there, under ridethrough-replay/.")
    ] = None,
    from_: Annotated[
        str | None, typer.Option("--from", metavar="T", help="Begin there (ISO 8601, UTC where no offset is given).")
    ] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="T", help="End there.")] = None,
    against: Annotated[
        Path | None,
        typer.Option(metavar="OLD.jsonl", help="Compare with an earlier journal; exit 1 where they differ."),
    ] = None,
    with_: Annotated[
        Path | None,
        typer.Option("--with", metavar="OTHER_SITE.toml", help="Say what other settings would tell differently."),
    ] = None,
) -> None:
    """Put a recording through the same engine as a live run."""
    from ridethrough.check import usable_site
    from ridethrough.replay_command import replay_command
    from telemetry.recordings.open import open_recording

    try:
        opened = open_recording(recording, usable_site(site)[0] if site else None)
        different = replay_command(
            opened,
            speed=None if speed == "max" else _speed(speed),
            alarms=alarms,
            mqtt=mqtt,
            start=_moment("--from", from_),
            stop=_moment("--to", to),
            against=against,
            other=usable_site(with_)[0] if with_ else None,
        )
    except ValueError as e:
        raise fail(WRONG, e) from None
    except OSError as e:
        raise fail(CANNOT, e) from None
    if different:
        raise typer.Exit(MISSING)


def _speed(text: str) -> float:
    try:
        if (speed := float(text)) > 0:
            return speed
    except ValueError:
        pass
    raise ValueError(f"--speed {text}: expected max, or a number above 0: seconds of the recording in a second")


def _moment(option: str, text: str | None) -> int | None:
    """Microseconds UTC of an ISO time, which is UTC where it has no offset."""
    from datetime import UTC, datetime

    from telemetry.moment import microseconds

    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{option} {text}: expected a time such as 2021-02-13T14:08:00Z") from None
    return microseconds(moment.replace(tzinfo=moment.tzinfo or UTC))


@app.command()
def simulate(
    scenario: Annotated[str | None, typer.Argument(metavar="SCENARIO", help="A name or a file.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="Where the recording goes.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Draws another variation.")] = None,
    list_: Annotated[bool, typer.Option("--list", help="Name the scenarios.")] = False,
) -> None:
    """Make a recording of a scenario, with the truth beside it, without a network."""
    from ridethrough.screen import progress
    from simulators.page import ABOUT
    from simulators.scenario import DEFAULT_SEED, ScenarioError, load_scenario, names
    from simulators.simulate import record as make

    if list_:
        scenarios = [load_scenario(name) for name in names()]
        widest = max(len(s.id) for s in scenarios)
        for about, (heading, note) in ABOUT.items():
            typer.echo(f"{heading}. {note}".strip())
            for s in scenarios:
                if s.about == about:
                    typer.echo(f"  {s.id:{widest}}  {s.title}")
        return
    if scenario is None or output is None:
        raise fail(WRONG, "simulate needs a scenario and -o DIR, or --list")
    try:
        loaded = load_scenario(scenario)
        with progress(loaded.title, 100) as bar:
            make(
                loaded,
                output,
                DEFAULT_SEED if seed is None else seed,
                lambda part: bar.update(bar.task_ids[0], completed=100 * part),
            )
    except ScenarioError as e:
        raise fail(WRONG, e) from None
    except OSError as e:
        raise fail(CANNOT, e) from None
    typer.echo(f"{output}: recorded, with truth.json", err=True)


@profiles_app.command("list")
def profiles_list(json: Json = False) -> None:
    """Name the profiles."""
    from ridethrough.profiles import listing

    listing(as_json=json)


@profiles_app.command("show")
def profiles_show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="vendor/model")],
    resolved: Annotated[bool, typer.Option("--resolved", help="With what it takes from its mix-ins.")] = False,
    json: Json = False,
) -> None:
    """Show what a profile reads."""
    from device_profiles.library import ProfileError
    from ridethrough.profiles import show

    try:
        show(name, resolved=resolved, as_json=json)
    except ProfileError as e:
        raise fail(MISSING, e) from None


@profiles_app.command("new")
def profiles_new(
    walk: Annotated[
        Path,
        typer.Option("--from-walk", metavar="FILE", help="What snmpwalk -On printed of the device, or a .snmprec."),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Where the files go.")] = Path(),
    name: Annotated[
        str | None, typer.Option(metavar="VENDOR/MODEL", help="Its name; without it what the device says of itself.")
    ] = None,
) -> None:
    """Write a first profile of a device that no profile knows, with its recording, for you to go on with."""
    from ridethrough.profiles import new
    from telemetry.draft.draft import NothingToReadError

    try:
        reads = new(walk, output, name)
    except NothingToReadError as e:
        raise fail(MISSING, f"{walk}: {e}") from None
    except (OSError, ValueError) as e:
        raise fail(WRONG, e) from None
    if not reads:
        raise typer.Exit(MISSING)


@profiles_app.command("test")
def profiles_test(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The profile's .toml, wherever it lies.")],
    cases: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            exists=True,
            file_okay=False,
            help="A folder of further recordings, of which those of this profile count.",
        ),
    ] = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="Write down what is read now as what is expected, for you to read.")
    ] = False,
    json: Json = False,
) -> None:
    """Hold a profile against the recordings beside it: NAME.snmprec with NAME.expected.json, or folders in NAME/."""
    from device_profiles.library import ProfileError
    from ridethrough.profiles import test

    try:
        is_right = test(path, cases=cases, accept=accept, as_json=json)
    except ProfileError as e:
        if json:
            _faulty([{"key": f.key, "message": f.message} for f in e.faults])
        for fault in e.faults:
            typer.echo(fault, err=True)
        raise fail(WRONG, f"{path}: {len(e.faults)} fault{'s' * (len(e.faults) != 1)}") from None
    except (OSError, ValueError) as e:
        if json:
            _faulty([{"key": "", "message": str(e)}])
        raise fail(WRONG, e) from None
    if not is_right:
        raise typer.Exit(MISSING)


def _faulty(faults: list[dict[str, str]]) -> None:
    """Print what is wrong with a profile's files, for programs."""
    from json import dumps

    typer.echo(dumps({"right": False, "faults": faults}, ensure_ascii=False, indent=1))


@app.command()
def explain(
    what: Annotated[str, typer.Argument(metavar="KIND|DEVICE", help="An alarm kind, or a device of the site.")],
    site: Annotated[
        Path | None,
        typer.Option(metavar="SITE.toml", help="The site that the device is of, or whose limits are in force."),
    ] = None,
    json: Json = False,
) -> None:
    """Say what an alarm means and what to look at, or which limits a device has and where each comes from."""
    from alarms.kinds import KINDS
    from ridethrough.check import usable_site
    from ridethrough.explain import explain as say
    from telemetry.site_fault import nearest

    try:
        parsed, text = usable_site(site) if site else (None, "")
    except ValueError as e:
        raise fail(WRONG, e) from None
    if not say(what, parsed, text, as_json=json):
        known = [*KINDS, *(d.name for d in parsed.devices)] if parsed else [*KINDS]
        where = f"nor a device of {site}" if site else "(a device needs --site)"
        hint = nearest(what, known) or f"; there are {', '.join(known)}"
        raise fail(MISSING, f"{what!r} is no alarm kind {where}{hint}")


def main() -> None:
    """The script `ridethrough`."""
    try:
        app()
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
