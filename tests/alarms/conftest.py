"""A site with two sides, and events as short lines."""

from collections.abc import Callable

import pytest

from alarms.alarm import AlarmChange
from alarms.book import Book
from detectors.event import Event, EventKind
from telemetry.block import SECOND
from telemetry.site import Device, Limits, Load, Site

START = 1_772_375_520 * SECOND  # 2026-03-01T14:32:00Z


@pytest.fixture(scope="session")
def site() -> Site:
    """Two utilities, one generator for both switches, a UPS and a PDU a side, one dual-corded load."""
    sides = [
        device
        for side in "ab"
        for device in (
            Device(f"utility-{side}", "utility"),
            Device(
                f"ats-{side}",
                "transfer_switch",
                normal=f"utility-{side}",
                emergency=("gen-1",),
                procedure="binder 7, tab 3",
                location="switch room",
            ),
            Device(f"ups-{side}", "ups", fed_by=f"ats-{side}", contact="UPS service, 555-0101"),
            Device(f"pdu-{side}1", "pdu", fed_by=f"ups-{side}"),
        )
    ]
    return Site(
        "dc",
        (*sides, Device("gen-1", "generator")),
        (Load("row-1", ("pdu-a1", "pdu-b1")),),
        timezone="America/New_York",
        contacts=("Facilities on call, 555-0100",),
        limits={"comms_lost": Limits(on_delay=20 * SECOND)},
    )


@pytest.fixture(scope="session")
def event() -> Callable[..., Event]:
    """`event("12 ats-a input.1 voltage_sag", …)`: begins at second 12; `-voltage_sag` ends it; `?voltage_sag` is one poll."""

    def make(line: str, **detail: object) -> Event:
        second, *where, kind = line.split()
        time = START + round(float(second) * SECOND)
        active = not kind.startswith("-")
        interval = (time - SECOND, time)
        return Event(
            time=time,
            kind=EventKind(kind.lstrip("-?")),
            subject=where[0],
            point=where[1] if len(where) > 1 else None,
            active=active,
            onset=interval,
            ended=None if active else interval,
            confirmed=not kind.startswith("?"),
            detail=detail,
        )

    return make


@pytest.fixture(scope="session")
def told() -> Callable[[AlarmChange], str]:
    """A change as a short line: second, alarm, state, severity, `told` where the NOC hears it, `< cause` where suppressed."""

    def line(c: AlarmChange) -> str:
        parts = [f"{(c.time - START) / SECOND:g}", c.alarm_id.removeprefix("dc/"), c.state.value, c.severity.value]
        parts += ["told"] if c.notify else []
        parts += ["<", c.suppressed_by.removeprefix("dc/")] if c.suppressed_by else []
        return " ".join(parts)

    return line


@pytest.fixture
def book(site: Site) -> Book:
    """An empty book."""
    return Book(site, replay=True)


@pytest.fixture(scope="session")
def start() -> int:
    """The second 0 of `event`, microseconds UTC."""
    return START
