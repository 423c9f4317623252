"""What is hard to read, and what never ends: it costs nobody time, and no memory."""

import asyncio
import gc
import random
import time
import tracemalloc

import pytest

import ber
from hostile_agent import Question
from snmp_lies import LIES, stale
from watched_poller import BACK_ENDS, HONEST, UPS, UPTIME, Watched

back_ends = pytest.mark.parametrize("back_end", BACK_ENDS)

BURDENS = {
    "thirty thousand levels": lambda q: [LIES["thirty thousand levels"](q)[0]] * 20,
    "thirty thousand levels in an answer": lambda q: [q.around(b"\x30\x80" * 30_000)] * 20,
    "seven thousand objects": lambda q: LIES["an object seven thousand times"](q) * 20,
    "an object with a name of 60 kB": lambda q: [q.around(ber.tlv(ber.SEQUENCE, ber.tlv(ber.OID, b"\x2b" + b"\x81" * 60_000 + b"\x01"), ber.integer(1)))] * 20,
    "an INTEGER of 60 kB": lambda q: [q.around(ber.varbind(q.oids[0], ber.tlv(ber.INTEGER, b"\x01" * 60_000)))] * 20,
    "a text of 60 kB": lambda q: [q.answer([(oid, ber.tlv(ber.OCTETS, b"7" * 60_000)) for oid in q.oids[:1]])] * 20,
    "others' answers": lambda q: list(stale(q, 400)),
}  # fmt: skip


@back_ends
@pytest.mark.parametrize("name", BURDENS)
def test_what_is_hard_to_read_keeps_nobody_waiting(back_end, name):
    """While an agent sends what takes long to take apart, the event loop is never held up for long."""

    async def run():
        async with Watched(back_end, 3) as w:
            await w.poll()
            clock = time.thread_time  # of this thread alone: a busy machine is no failure
            longest, over = 0.0, False

            async def watch():
                nonlocal longest
                while not over:
                    before = clock()
                    await asyncio.sleep(0)
                    longest = max(longest, clock() - before)

            watching = asyncio.create_task(watch())
            gc.collect()
            gc.disable()
            try:
                await w.poll(BURDENS[name], 0.1)
            finally:
                gc.enable()
                over = True
            await watching
            assert longest < 0.2
            assert await w.poll() == HONEST

    asyncio.run(run())


@pytest.mark.parametrize("back_end", ["gufo v2c", "pysnmp v3"])
def test_memory_does_not_grow_with_what_an_agent_makes_up(back_end):
    """New rows at every look, a restart at every poll, texts and names without end: nothing of it stays."""
    chance = random.Random(5)

    def inventive(q: Question) -> list[bytes]:
        uptime = [(UPTIME, ber.integer(chance.randrange(10**9), ber.TIMETICKS))]
        if q.kind != ber.GET:
            column = f"{UPS}.3.3.1.3"
            arc = max(ber.arcs_of(q.oids[0])[len(ber.arcs_of(column)) :] or (0,)) + chance.randint(1, 10**6)
            return [q.answer([(f"{column}.{arc + n}", ber.tlv(ber.OCTETS, chance.randbytes(30))) for n in range(20)])]
        return [q.answer([*uptime, *((oid, ber.tlv(ber.OCTETS, chance.randbytes(30))) for oid in q.oids[1:])])]

    async def run():
        async with Watched(back_end, 0.2) as w:
            used = []
            for number in range(14):
                w.look_now()
                await w.poll(inventive)
                if number == 2:
                    tracemalloc.start()
                elif number > 2:
                    gc.collect()
                    used.append(tracemalloc.get_traced_memory()[0])
            tracemalloc.stop()
            assert used[-1] < used[4] + 500_000, used

    asyncio.run(run())
