"""`ridethrough demo`: a scenario played to real pollers by real agents on loopback."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

from rich.panel import Panel
from rich.progress import Progress

from alarms.sinks.journal import Journal
from alarms.sinks.mqtt import MqttSink
from ridethrough.broker import embedded_broker
from ridethrough.live import Live
from ridethrough.output import Output, Outputs
from ridethrough.record import RecordingOutput
from ridethrough.run import poller_of, stop_on_signal
from ridethrough.screen import AlarmScreen, local, log_to_screen, out, progress
from simulators.devices.agents import SimulatedSite
from simulators.scenario import Scenario
from simulators.simulate import Run
from telemetry.block import SECOND
from telemetry.site import Mqtt

_TIMEOUT = 10.0  # seconds: on loopback nothing is lost, and a slow machine must change no answer


class ScenarioClock:
    """Scenario time: a tick has come when the plant has been moved there and its devices show it."""

    def __init__(self, scenario: Scenario, agents: SimulatedSite, bar: Progress, speed: float | None) -> None:
        self._scenario = scenario
        self._agents = agents
        self._run = Run(scenario)
        self._bar = bar
        self._speed = speed
        self._now = scenario.start
        self._earliest = asyncio.get_running_loop().time()

    def now(self) -> int:
        """Microseconds UTC in the scenario."""
        return self._now

    async def sleep_until(self, moment: int) -> None:
        """Move the plant to `moment`, no sooner than the scenario's pace (or the given speed) allows."""
        real = asyncio.get_running_loop().time
        pace = self._speed or self._scenario.pace(self._now)
        takes = (moment - self._now) / SECOND / pace
        self._earliest = max(real(), self._earliest + takes)
        await asyncio.sleep(self._earliest - real())
        self._run.advance(moment)
        if self._scenario.due(moment):
            for name, shown in self._run.show().items():
                self._agents.set(name, None if shown.delay is None else shown.values)
        self._now = moment
        self._bar.update(self._bar.task_ids[0], advance=takes, note=local(moment, self._scenario.site.timezone))


def _lasts(scenario: Scenario, speed: float | None) -> float:
    """Seconds that it takes to play the scenario, at its own pace or at `speed`."""
    ticks = range(scenario.start, scenario.stop, scenario.site.tick)
    return sum(scenario.site.tick / SECOND / (speed or scenario.pace(tick)) for tick in ticks)


async def demo(
    scenario: Scenario,
    *,
    speed: float | None = None,
    stay: bool = False,
    alarms: Path | None = None,
    record: Path | None = None,
) -> None:
    """Play the scenario through; with `stay`, keep the broker until Ctrl-C.

    Raises:
        OSError: a port or a file cannot be had.
    """
    log_to_screen()
    out.print(Panel.fit(f"[bold]{scenario.title}[/]\n{scenario.note}".rstrip(), border_style="dim"))
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(embedded_broker())
        agents = SimulatedSite(scenario.site)
        stack.push_async_callback(agents.stop)
        await agents.start()
        devices = tuple(replace(d, address=agents.address(d.name)) if d.profile else d for d in scenario.site.devices)
        site = replace(scenario.site, devices=devices, mqtt=Mqtt(url))
        out.print(
            f"[dim]{sum(bool(d.profile) for d in devices)} devices answer on loopback; alarms go to {url}, topics ridethrough/{site.name}/#[/]"
        )
        outputs: list[Output] = [AlarmScreen(site)]
        if alarms:
            outputs.append(Journal(alarms))
        if record:
            outputs.append(
                RecordingOutput(record, site, scenario.site_text, {"scenario": scenario.id, "note": scenario.note})
            )
        outputs.append(MqttSink(Mqtt(url), site.name, replay=False))
        bar = stack.enter_context(progress("scenario", _lasts(scenario, speed)))
        live = Live(
            site,
            {d.name: poller_of(d, _TIMEOUT) for d in devices if d.profile},
            ScenarioClock(scenario, agents, bar, speed),
            Outputs(outputs),
            schedule=scenario,
            patience=None,
        )
        stop_on_signal(live.stop)
        await live.run(scenario.start, scenario.stop)
        if stay and not live.stopped:
            out.print(f"[dim]played; the broker at {url} stays until Ctrl-C[/]")
            await live.wait_for_stop()
