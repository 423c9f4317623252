"""Streams written as time lines, and the supervisor's findings read back as text.

A time line is lines of `SECOND device quantity value[; device quantity value …]`; a value stands until the next. A
state is its name, `-` means that an answer was due and did not come, `=` that none was due (the value before,
held). Findings come back as lines `SECOND +kind subject` for a beginning and `SECOND -kind subject` for an end.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from detectors.bank import Bank
from detectors.event import Event
from detectors.layout import Layout
from detectors.transfer import TransferSupervisor
from device_profiles.quantities import Kind, quantity
from telemetry.block import SECOND, Channel, Quality, SampleBlock
from telemetry.site import Site
from telemetry.site_file import parse_site

BEGINS = 1_700_000_000 * SECOND

SITE = """
[site]
name = "one-side"
nominal_voltage = 230
nominal_frequency = 50

[[device]]
name = "utility-1"
kind = "utility"

[[device]]
name = "gen-1"
kind = "generator"
rating_power = 100_000

[[device]]
name = "ats-a"
kind = "transfer_switch"
normal = "utility-1"
emergency = "gen-1"

[[device]]
name = "ups-a"
kind = "ups"
fed_by = "ats-a"
walk_in = "10s"

[[load]]
name = "row-1"
fed_by = ["ups-a"]
shutdown_time = "2m"
"""

AT_REST = """
0 utility-1 input.voltage 230
0 gen-1 generator.state stopped; gen-1 generator.speed 0; gen-1 lockout.status normal; gen-1 generator.breaker open
0 gen-1 output.voltage 0; gen-1 output.frequency 0
0 ats-a input.1.voltage 230; ats-a input.2.voltage 0; ats-a output.voltage 230
0 ats-a input.source normal; ats-a ats.mode auto; ats-a ats.start_contact stop; ats-a lockout.status normal
0 ups-a ups.status online; ups-a input.voltage 230; ups-a output.voltage 230
0 ups-a battery.charge 100; ups-a battery.runtime 600
"""

LOST = """
10 utility-1 input.voltage 0; ats-a input.1.voltage 0; ats-a output.voltage 0
10 ups-a input.voltage 0; ups-a ups.status on_battery
"""

GOOD = (
    LOST
    + """
11 ats-a ats.start_contact run; gen-1 generator.state cranking; gen-1 generator.speed 150
14 gen-1 generator.state running; gen-1 generator.speed 1500; gen-1 output.voltage 100; gen-1 output.frequency 48
16 gen-1 output.voltage 230; gen-1 output.frequency 50; ats-a input.2.voltage 230
18 ats-a input.source emergency; ats-a output.voltage 230; ups-a input.voltage 230
20 ups-a ups.status online
"""
)


@dataclass(frozen=True)
class Stream:
    """A site and a block of it."""

    site: Site
    block: SampleBlock

    def events(self, *cuts: int) -> list[Event]:
        """The supervisor's events over the block, cut before these rows."""
        supervisor = Bank([TransferSupervisor()])
        state = supervisor.start(Layout(self.site, self.block.channels))
        found: list[Event] = []
        edges = [0, *sorted(cuts), len(self.block)]
        for start, stop in itertools.pairwise(edges):
            state, told = supervisor.step(state, self.block.rows(start, stop))
            found += [event for events in told for event in events]
        return found

    def told(self, *kinds: str) -> list[str]:
        """Beginnings and ends as text; of these kinds, of all if none is named."""
        return said(self.events(), *kinds)


def second(time: int) -> float:
    """Seconds of the time line."""
    at = (time - BEGINS) / SECOND
    return int(at) if at == int(at) else at


def said(events: list[Event], *kinds: str) -> list[str]:
    """Beginnings and ends as text, changes left out."""
    active: set[tuple[str, str]] = set()
    lines = []
    for event in events:
        key = (event.kind.value, event.subject)
        if event.active != (key in active):
            (active.add if event.active else active.discard)(key)
            if not kinds or event.kind in kinds:
                lines.append(f"{second(event.time)} {'+' if event.active else '-'}{event.kind} {event.subject}")
    return lines


def parsed(text: str) -> list[tuple[float, Channel, str]]:
    """A time line's entries in order of time; later lines win."""
    entries = []
    for line in filter(None, map(str.strip, text.splitlines())):
        at, _, rest = line.partition(" ")
        for entry in rest.split(";"):
            device, name, value = entry.split()
            entries.append((float(at), Channel(device, name), value))
    return sorted(entries, key=lambda e: e[0])


def block_of(text: str, until: float, step: float = 1.0) -> SampleBlock:
    """The time line as rows every `step` seconds up to `until`."""
    entries = parsed(text)
    channels = tuple(dict.fromkeys(c for _, c, _ in entries))
    at = {c: i for i, c in enumerate(channels)}
    times = np.arange(0, until + step / 2, step)
    values = np.full((len(times), len(channels)), np.nan, np.float32)
    quality = np.full(values.shape, Quality.MISSING, np.uint8)
    for start, channel, word in entries:
        rows, column = times >= start, at[channel]
        q = quantity(channel.quantity)
        if word == "=":
            quality[rows, column] = Quality.HELD
        elif word == "-":
            values[rows, column], quality[rows, column] = np.nan, Quality.MISSING
        else:
            values[rows, column] = q.code(word) if q.kind is Kind.STATE else float(word)
            quality[rows, column] = Quality.GOOD
    return SampleBlock(channels, BEGINS + (times * SECOND).astype(np.int64), values, quality)


@pytest.fixture(scope="session")
def stream() -> Callable[..., Stream]:
    """`stream(timeline, until=60, step=1, base=AT_REST, site=SITE, without="ats-a output.voltage, …")`."""

    def make(
        text: str, until: float = 60, *, step: float = 1.0, base: str = AT_REST, site: str = SITE, without: str = ""
    ) -> Stream:
        block = block_of(base + text, until, step)
        gone = {tuple(word.split()) for word in without.split(",") if word.strip()}
        keep = [i for i, c in enumerate(block.channels) if (c.device, c.quantity) not in gone]
        channels = tuple(block.channels[i] for i in keep)
        return Stream(
            parse_site(site, "site.toml"),
            SampleBlock(channels, block.times, block.values[:, keep], block.quality[:, keep]),
        )

    return make


@pytest.fixture
def site_text() -> str:
    """One utility, one generator, one switch, one UPS, one load."""
    return SITE


@pytest.fixture
def at_rest() -> str:
    """All is well, at second 0."""
    return AT_REST


@pytest.fixture
def lost() -> str:
    """The utility goes at second 10, the UPS goes on battery, and nothing else happens."""
    return LOST


@pytest.fixture
def good() -> str:
    """A transfer as it should be: start at 1 s, good power at 6 s, transferred at 8 s, UPS back at 10 s."""
    return GOOD
