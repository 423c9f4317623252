"""The SNMP poller above a session whose agent says anything at any time, in virtual time.

What a value must be is found out here by a slow reading of the words that the agent said, without the decoder.
"""

import asyncio
import itertools
import math
import random
import re
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import virtual_clock
from device_profiles import library
from device_profiles.quantities import Kind, quantity
from hostile_session import FOREIGN, UPTIME, HostileSession, order
from made_up import made_up
from telemetry.address import parse
from telemetry.block import Quality
from telemetry.pollers.snmp import SnmpPoller
from telemetry.reading import Answer

TIMEOUT = 1.0
# What one poll may take at most: five time-outs for its objects, ten for a first look, one for its lists, and what each
# of these has asked last.
LONGEST = 19 * TIMEOUT

MOODS = (
    "honest",
    "slow",
    "lies",
    "forgets",
    "says too much",
    "answers another",
    "loops",
    "silent",
    "fails",
    "refuses",
    "rejects",
)
NOISE = ("silent", "fails", "refuses", "rejects", "answers another")  # of these nothing can be learnt

E = "1.3.6.1.4.1.99999"
PROFILE = made_up(
    {"quantity": "ups.status", "oid": f"{E}.1.0", "unknown": [1], "states": {"2": "off", "3": "online", "5": "on_battery"}},
    {"quantity": "battery.status", "oid": f"{E}.2.0", "bits": [4, 2], "states": {"0": "normal", "1": "low", "2": "depleted"}},
    {"quantity": "battery.charge", "oid": f"{E}.3.0", "scale": 0.1, "unknown": [-1, 65_535]},
    {"quantity": "battery.runtime", "oid": f"{E}.4.0", "scale": 60, "fallback": [{"oid": f"{E}.4.1.0"}]},
    {"quantity": "ups.temperature", "oid": f"{E}.5.0", "scale": 0.5555556, "offset": -17.777778},
    {"quantity": "input.{phase}-N.voltage", "column": f"{E}.6", "range": [0, 600], "unknown": ["nan"]},
    {"quantity": "input.{phase}.current", "column": f"{E}.7", "index": "1.1.{phase}", "scale": 0.01},
    {"quantity": "outlet.{n}.current", "column": f"{E}.8", "decimals": f"{E}.9"},
    {"quantity": "outlet.{n}.status", "column": f"{E}.10", "states": {"on": "on", "1": "on", "off": "off"}},
    {"quantity": "alarm.fan-failed", "column": f"{E}.11", "lists": f"{E}.99.1", "when": {"oid": f"{E}.12.0"}},
    {"quantity": "alarm.over-load", "column": f"{E}.11", "lists": "7", "when": {"oid": f"{E}.12.0"}},
)  # fmt: skip
OBJECTS = {
    f"{E}.1.0": 3,
    f"{E}.2.0": 0b10_0000,
    f"{E}.3.0": 987,
    f"{E}.4.0": 24,
    f"{E}.5.0": 77,
    **{f"{E}.6.{phase}": 230 + phase for phase in (1, 2, 3)},
    **{f"{E}.7.1.1.{phase}": b"12.5 A" for phase in (1, 2, 3)},
    **{f"{E}.8.{n}": 100 * n for n in range(1, 9)},
    **{f"{E}.9.{n}": 2 for n in range(1, 9)},
    **{f"{E}.10.{n}": b"on" for n in range(1, 9)},
    f"{E}.11.1": f"{E}.99.1",
    f"{E}.12.0": 1,
    UPTIME: 4711,
}

PATIENT = settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])

phases = st.lists(st.lists(st.sampled_from(MOODS), min_size=1, max_size=4), min_size=1, max_size=6)
seeds = st.integers(0, 2**32)


def poller_of(profile, session):
    return SnmpPoller(parse("snmp://127.0.0.1:161?community=public"), profile, session, timeout=TIMEOUT)


async def polled(poller) -> Answer:
    """One answer, which came in time and is well-formed."""
    clock = asyncio.get_running_loop().time
    begun = clock()
    answer = await poller.poll()
    assert clock() - begun <= LONGEST + 1e-9
    assert bool(answer.values) != bool(answer.error)
    assert len({v.quantity for v in answer.values}) == len(answer.values)
    assert all(math.isnan(v.value) for v in answer.values if v.quality is not Quality.GOOD)
    return answer


def is_list(profile, source):
    return source in profile.lists()


def check_source(profile, session, value):
    """It was asked for, in this poll, and the agent said something at that place."""
    if is_list(profile, value.source):
        assert value.source in session.walked
        return
    assert value.source in session.said
    columns = [f"{column}." for column in session.walked]
    assert value.source in session.asked or any(value.source.startswith(column) for column in columns)
    assert not value.source.startswith(FOREIGN)


def readings(word, address, of, decimals):
    """All that a word can mean, by the profile's text alone."""
    text = word.decode("utf-8", "replace").strip(" \t\r\n\0\"'") if isinstance(word, bytes) else str(word)
    numbers = [Fraction(word)] if isinstance(word, int) else []
    in_its_unit = False  # a text that names the unit is in it, whatever bare numbers there are counted in
    if isinstance(word, bytes) and (m := re.fullmatch(r"([+-]?[0-9]+)(?:[.,]([0-9]+))?\s*([^\s0-9]*)", text)):
        factor = {"": 1, of.unit.lower(): 1, f"k{of.unit}".lower(): 1000, f"m{of.unit}".lower(): Fraction(1, 1000)}
        if m[3].lower() in factor and not re.fullmatch(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}.*", text):
            numbers.append(Fraction(f"{m[1]}.{m[2] or 0}") * factor[m[3].lower()])
            in_its_unit = bool(m[3])
    if isinstance(word, bytes) and re.fullmatch(r"0[xX][0-9a-fA-F]{1,16}", text):
        numbers.append(Fraction(int(text, 16)))
    if address.bits:
        lowest, many = address.bits
        numbers = [Fraction(int(n) // 2**lowest % 2**many) for n in numbers if n.denominator == 1]
        text = str(numbers[0]) if numbers else text
    if any(text.lower() == str(u).lower() or u in numbers for u in address.unknown):
        return
    if of.kind is Kind.STATE:
        if text in address.states:
            yield float(of.states.index(address.states[text]))
        return
    if in_its_unit:
        yield from map(float, numbers)
        return
    for n in numbers:
        for d in decimals or [0] * (n == 0):  # nothing is nothing, wherever its point stands
            yield float(n * Fraction(str(address.scale)) / 10**d + Fraction(str(address.offset)))


def explanations(profile, session, value):
    """Every number that the quantity may have after what the agent said in this poll."""
    of = quantity(value.quantity)
    for address in profile.addresses():
        row = value.source.removeprefix(address.place)
        if address.lists is None and (row == "" if address.oid else row.startswith(".") and row != value.source):
            said = session.said.get(f"{address.decimals}{row}", []) if address.decimals else [0]
            decimals = [d for d in said if isinstance(d, int) and 0 <= d <= 9]
            for word in session.said.get(value.source, []):
                yield from readings(word, address, of, decimals)


def check_list(profile, session, value):
    """An alarm is told from a list that was read to its end, in order."""
    whole = []
    for column, transcript in session.walks:
        if column != value.source:
            continue
        rows = list(itertools.takewhile(lambda row: row and row[0].startswith(f"{value.source}."), transcript))
        if len(rows) > 1 and rows[-1] == (rows[-2][0], None):  # endOfMibView
            rows.pop()
        names = [order(name) for name, _ in rows]
        is_in_order = names == sorted(set(names)) and None not in [word for _, word in rows]
        if len(rows) < len(transcript) and is_in_order:
            whole.append([str(word) for _, word in rows])
    item = next(a.lists for p in profile.point if p.quantity == value.quantity for a in p.addresses if a.lists)
    assert value.value in {float(any(said == item for said in rows)) for rows in whole}


def check(profile, session, answer, *, exactly):
    """All that is GOOD has a cause in what the agent said just now."""
    for value in answer.values:
        check_source(profile, session, value)
        if value.quality is not Quality.GOOD:
            continue
        of = quantity(value.quantity)
        assert of.low <= value.value <= of.high
        assert not of.states or of.state(value.value) is not None
        if not is_list(profile, value.source):
            assert of.states or any(not isinstance(word, str) for word in session.said[value.source])
            if exactly:
                assert any(
                    math.isclose(value.value, e, rel_tol=1e-9, abs_tol=1e-6)
                    for e in explanations(profile, session, value)
                )
        elif exactly:
            check_list(profile, session, value)


def torment(profile, session, moods, *, exactly):
    async def run():
        poller = poller_of(profile, session)
        for mood in moods:
            session.begin(*mood)
            check(profile, session, await polled(poller), exactly=exactly)
            await asyncio.sleep(session.chance.choice([0, 1, 40, 2_000]))
        await poller.close()

    virtual_clock.run(run())


def lying_walk_of(profile, chance):
    """Objects that stand where the profile looks, with random small numbers."""
    objects = {UPTIME: 4711}
    for address in profile.addresses():
        ends = ("",) if address.oid else (".1", ".2", ".3", ".1.1", ".1.1.1", ".1.1.2")
        for end in ends:
            objects[f"{address.place}{end}"] = chance.choice([1, 2, 3, 230, 500, b"2", b"230.4"])
    return objects


@settings(PATIENT, max_examples=150)
@given(phases, seeds)
def test_every_good_value_is_what_the_agent_said_at_that_place(moods, seed):
    """Whatever comes in whatever order: no exception, in time, and each GOOD value has its cause, range and type."""
    torment(PROFILE, HostileSession(OBJECTS, random.Random(seed)), moods, exactly=True)


def torment_by(name, moods, seed):
    profile, chance = library.load(name), random.Random(seed)
    assume(profile.protocol == "snmp")
    torment(profile, HostileSession(lying_walk_of(profile, chance), chance), moods, exactly=False)


@settings(PATIENT, max_examples=40)
@given(st.sampled_from(sorted(library.names())), phases, seeds)
def test_no_profile_of_the_library_makes_a_good_value_of_nothing(name, moods, seed):
    """By any SNMP profile: no exception, in time, sources that were asked for and answered, ranges and types."""
    torment_by(name, moods, seed)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@settings(PATIENT, max_examples=2_000)
@given(st.sampled_from(sorted(library.names())), phases, seeds)
def test_no_profile_of_the_library_makes_a_good_value_of_nothing_for_long(name, moods, seed):
    """As above, two thousand agents."""
    torment_by(name, moods, seed)


@pytest.mark.soak
@pytest.mark.timeout(900)
@settings(PATIENT, max_examples=5_000)
@given(phases, seeds)
def test_every_good_value_is_what_the_agent_said_at_that_place_for_long(moods, seed):
    """As above, five thousand agents."""
    torment(PROFILE, HostileSession(OBJECTS, random.Random(seed)), moods, exactly=True)


@settings(PATIENT, max_examples=60)
@given(st.lists(st.lists(st.sampled_from(NOISE), min_size=1, max_size=3), max_size=5), seeds, st.booleans())
def test_noise_is_forgotten_as_soon_as_the_agent_is_itself_again(moods, seed, known):
    """After any noise, a device that was known before is read in full at once, another one at its next look."""

    async def run():
        session = HostileSession(OBJECTS, random.Random(seed))
        poller = poller_of(PROFILE, session)
        expected = (await polled(poller_of(PROFILE, session))).values
        assert len(expected) == 29
        if known:
            await polled(poller)
        for mood in moods:
            session.begin(*mood)
            assert not [
                v
                for v in (await polled(poller)).values
                if v.quality is Quality.GOOD and v.source in session.said and FOREIGN in v.source
            ]
        session.begin("honest")
        if not known:
            await polled(poller)
            await asyncio.sleep(900)
            await polled(poller)
        assert (await polled(poller)).values == expected

    virtual_clock.run(run())


def test_an_agent_that_makes_up_rows_is_not_asked_for_ever_more():
    """New rows at each look, for days: what one poll asks for stays bounded, and the device is still read."""

    async def run():
        session = HostileSession(OBJECTS, random.Random(1))
        poller = poller_of(PROFILE, session)
        before = (await polled(poller)).values
        for _ in range(20):
            session.begin("invents")
            await polled(poller)
            await asyncio.sleep(1_000)
        session.begin("honest")
        session.asked.clear()
        assert set(before) <= set((await polled(poller)).values)
        assert len(session.asked) < 6_000

    virtual_clock.run(run())


def test_an_agent_that_restarts_at_every_poll_is_not_looked_at_at_every_poll():
    """An uptime that goes back each time: the columns are walked at most every half minute."""

    async def run():
        objects = dict(OBJECTS)
        session = HostileSession(objects, random.Random(1))
        poller = poller_of(PROFILE, session)
        walks = 0
        for number in range(120):
            objects[UPTIME] = 10_000 - number
            session.begin("honest")
            await polled(poller)
            walks += any(column == f"{E}.6" for column, _ in session.walks)
            await asyncio.sleep(1)
        assert 2 <= walks <= 6

    virtual_clock.run(run())
