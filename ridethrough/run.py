"""`ridethrough run`: a site file made into pollers, outputs and a live run."""

import asyncio
import signal
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from rich.text import Text

from alarms.sinks.journal import Journal
from alarms.sinks.mqtt import MqttSink
from device_profiles import library
from ridethrough.clock import WallClock
from ridethrough.live import Live
from ridethrough.output import Output, Outputs
from ridethrough.screen import AlarmScreen, err, log_to_screen
from telemetry.address import parse
from telemetry.pollers.auto import AutoPoller
from telemetry.pollers.base import Poller
from telemetry.pollers.open import open_poller
from telemetry.site import Device, Site

_TIMEOUT = 2.0  # seconds that a device has for one request, its repeats included


def poller_of(device: Device, timeout: float = _TIMEOUT) -> Poller:
    """The poller for a device of a site file that has an address.

    Raises:
        AddressError: the address is wrong, or a secret that it needs is nowhere to be found.
    """
    address = parse(device.address or "", device)
    if device.profile in (None, "auto"):
        return AutoPoller(address, timeout=timeout)
    return open_poller(address, library.load(str(device.profile)), timeout=timeout)


def outputs_of(
    site: Site, site_text: str, *, alarms: Path | None, record: Path | None, contacts: Mapping[str, object]
) -> list[Output]:
    """What the site file and the command line ask for; a recording keeps the contacts, as far as they are made.

    Raises:
        OSError: a file or folder cannot be written, or a file of secrets cannot be read.
    """
    outputs: list[Output] = [AlarmScreen(site)]
    if alarms:
        outputs.append(Journal(alarms, append=True))
    if record is None and site.recording_path:
        record = Path(site.recording_path) / datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    if record:
        from ridethrough.record import RecordingOutput

        outputs.append(RecordingOutput(record, site, site_text, {"contacts": contacts}))
    if site.mqtt:
        outputs.append(MqttSink(site.mqtt, site.name, replay=False))
    if site.influxdb:
        from ridethrough.store import InfluxOutput

        outputs.append(InfluxOutput(site))
    return outputs


def run(site: Site, site_text: str, *, alarms: Path | None = None, record: Path | None = None) -> None:
    """Watch the site until SIGINT or SIGTERM.

    Raises:
        AddressError: a device's address or secret.
        ValueError: no device has an address.
        OSError: an output cannot be opened.
    """
    log_to_screen(site.timezone)
    pollers = {d.name: poller_of(d) for d in site.devices if d.address}
    if not pollers:
        raise ValueError(f"no device of the site {site.name!r} has an address: there is nothing to watch")
    contacts: dict[str, object] = {}
    outputs = Outputs(outputs_of(site, site_text, alarms=alarms, record=record, contacts=contacts))
    told = [place for place in (site.mqtt and site.mqtt.url, alarms and str(alarms)) if place] or ["this screen only"]
    polled = f"{len(pollers)} of {len(site.devices)} devices are polled"
    err.print(Text(f"watching {site.name}: {polled}; alarms go to {' and '.join(told)}", "dim"))

    async def watch() -> None:
        clock = WallClock()
        live = Live(site, pollers, clock, outputs, contacts=contacts)
        stop_on_signal(live.stop)
        await live.run(clock.now())

    asyncio.run(watch())


def stop_on_signal(stop: Callable[[], None]) -> None:
    """Call `stop` on Ctrl-C and on `kill`, so that everything is finished in order."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
