"""Agents on loopback that lie in every way that we could think of, under the poller and both libraries."""

import asyncio

import pytest

import ber
from hostile_agent import honest, right
from snmp_lies import LIE, LIES, lies, stale
from watched_poller import BACK_ENDS, HONEST, OBJECTS, Watched

back_ends = pytest.mark.parametrize("back_end", BACK_ENDS)


async def told(back_end, lie):
    """A device lies at first contact, and again when it is known. Nothing of it is believed, and after it all is read."""
    async with Watched(back_end, 3) as w:
        assert (await w.poll(lie, 0.1)).items() <= HONEST.items()
        w.look_now()
        await w.poll()
        assert await w.poll() == HONEST
        assert (await w.poll(lie, 0.1)).items() <= HONEST.items()
        assert await w.poll() == HONEST


async def told_all(back_end, lies_by_name):
    """A few at a time, so that their time-outs do not add up."""
    room = asyncio.Semaphore(6)

    async def one(name, lie):
        async with room:
            try:
                await told(back_end, lie)
            except BaseException as e:
                e.add_note(f"the agent's lie: {name}")
                raise

    await asyncio.gather(*(one(name, lie) for name, lie in lies_by_name))


@pytest.mark.parametrize(("back_end", "every"), [("gufo v1", 1), ("gufo v2c", 1), ("pysnmp v2c", 4), ("pysnmp v3", 3)])
def test_no_lie_is_believed_and_none_does_lasting_harm(back_end, every):
    """Lies to a new and to a known device: nothing raised, no GOOD value that an honest agent would not give."""
    asyncio.run(told_all(back_end, list(LIES.items())[::every]))


@pytest.mark.soak
@pytest.mark.parametrize("back_end", ["pysnmp v2c", "pysnmp v3"])
def test_no_lie_at_all_is_believed_by_the_slow_library(back_end):
    """As above, each of them."""
    asyncio.run(told_all(back_end, LIES.items()))


NUISANCES = {
    "objects in another order": lambda q: [q.answer(right(OBJECTS, q)[0][::-1], *right(OBJECTS, q)[1:])]
    if q.kind == ber.GET
    else honest(OBJECTS)(q),
    "each answer three times": lambda q: honest(OBJECTS)(q) * 3,
    "others' answers first": lambda q: [*stale(q, 40), *honest(OBJECTS)(q)],
    "others' answers behind": lambda q: [*honest(OBJECTS)(q), *stale(q, 40)],
    "the right answer from another port, too": lambda q: [*((octets,) for octets in lies(ber.integer(LIE))(q)), *honest(OBJECTS)(q)],
}  # fmt: skip


@back_ends
@pytest.mark.parametrize("name", NUISANCES)
def test_a_right_answer_is_found_among_others(back_end, name):
    """What comes beside the right answer changes nothing of it."""

    async def run():
        async with Watched(back_end, 3) as w:
            for _ in range(3):
                assert await w.poll(NUISANCES[name]) == HONEST

    asyncio.run(run())
