"""What tests of the SNMP poller share."""

import asyncio

import pytest

from device_profiles import library
from telemetry.address import parse
from telemetry.block import Quality
from telemetry.pollers.snmp import SnmpPoller

UPS = "1.3.6.1.2.1.33.1"


@pytest.fixture
def one_phase():
    """The objects of a single-phase UPS that speaks the UPS-MIB; 231 V come in."""
    return {
        f"{UPS}.2.1.0": 2,
        f"{UPS}.2.3.0": 30,
        f"{UPS}.2.4.0": 100,
        f"{UPS}.3.3.1.2.1": 500,
        f"{UPS}.3.3.1.3.1": 231,
        f"{UPS}.4.1.0": 3,
        f"{UPS}.4.4.1.2.1": 230,
    }


@pytest.fixture
def poller_of():
    """Makes a poller of a device at a URL, by one of the libraries."""

    def make(url, session, profile="rfc1628/ups", timeout=0.6):
        address = parse(url)
        given = library.load(profile) if isinstance(profile, str) else profile
        return SnmpPoller(address, given, session(address), timeout=timeout)

    return make


@pytest.fixture
def polls(poller_of):
    """The answers to so many polls of one poller; `between` is called before each with its number."""

    def run(url, session, *, count=1, profile="rfc1628/ups", timeout=0.6, between=lambda number: None):
        async def poll():
            poller = poller_of(url, session, profile, timeout)
            try:
                answers = []
                for number in range(count):
                    between(number)
                    answers.append(await poller.poll())
                return answers
            finally:
                await poller.close()

        return asyncio.run(poll())

    return run


@pytest.fixture
def good():
    """The values of an answer that can be believed, by quantity."""
    return lambda answer: {v.quantity: v.value for v in answer.values if v.quality is Quality.GOOD}
