"""Whole outages: against a switch told step by step, and in steps of other lengths."""

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from switch_bench import Bench
from telemetry.block import SECOND
from telemetry.site import TransferSettings


@dataclass
class _Scalar:
    """One healthy switch, told step by step as a panel's manual tells it. Times in µs."""

    s: TransferSettings
    position: str = "normal"
    contact: bool = False
    normal_good: bool = True
    emergency_good: bool = False
    normal_since: int = 0
    emergency_since: int = 0
    arrives: int = 0
    target: str = ""

    def step(self, now: int, normal: float, emergency: float) -> None:
        s = self.s
        good = normal >= (s.dropout if self.normal_good else s.pickup)
        if good != self.normal_good:
            self.normal_good, self.normal_since = good, now
        good = emergency >= (s.dropout if self.emergency_good else s.pickup)
        if good != self.emergency_good:
            self.emergency_good, self.emergency_since = good, now
        normal_for, emergency_for = now - self.normal_since, now - self.emergency_since
        if not self.normal_good and normal_for >= s.start_delay:
            self.contact = True
        elif self.normal_good and self.position == "normal":
            self.contact = False
        if self.position == "none":
            if self.target == "emergency" and not self.emergency_good and self.normal_good:
                self.target, self.arrives = "normal", now + SECOND // 10
            elif self.target == "normal" and not self.normal_good and self.emergency_good:
                self.target, self.arrives = "emergency", now + SECOND // 10
            if now >= self.arrives:
                self.position = self.target
        elif self.position == "normal":
            if self.contact and not self.normal_good and self.emergency_good and emergency_for >= s.transfer_delay:
                self.position, self.target, self.arrives = "none", "emergency", now + SECOND // 10
        elif self.normal_good:
            failed = not self.emergency_good and emergency_for >= SECOND // 2
            if failed or normal_for >= s.retransfer_delay:
                self.position, self.target, self.arrives = "none", "normal", now + SECOND // 10


_LEVEL = st.sampled_from([0.0, 0.8, 0.86, 0.88, 0.92, 1.0])


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(_LEVEL, _LEVEL, st.sampled_from([1, 3, 6, 20, 45])), min_size=1, max_size=12),
    st.sampled_from([0, SECOND, 3 * SECOND]),
    st.sampled_from([0, 2 * SECOND]),
    st.sampled_from([0, 3 * SECOND]),
)
def test_it_does_what_a_switch_told_step_by_step_does(
    story: list[tuple[float, float, int]], start: int, transfer: int, retransfer: int
) -> None:
    delays = {"start_delay": start, "transfer_delay": transfer, "retransfer_delay": retransfer}
    bench = Bench(settle=0, **delays)
    told = _Scalar(TransferSettings(**delays), normal_since=bench.now, emergency_since=bench.now)
    bench.step()
    told.normal_since = told.emergency_since = bench.now
    told.step(bench.now, 1.0, 0.0)
    for normal, emergency, steps in story:
        bench.normal, bench.emergency = normal, emergency
        for _ in range(steps):
            bench.step()
            told.step(bench.now, normal, emergency)
            assert (bench.position, bench.called) == (told.position, told.contact)


STORY = [(1.0, 0.0, 30), (0.0, 0.0, 12), (0.0, 1.0, 60), (1.0, 1.0, 80), (1.0, 0.0, 40), (0.0, 1.0, 40), (1.0, 0.0, 30)]


def told(dt: float | None) -> list[tuple[int, str]]:
    """The positions of a run in steps of that length; None: 10 s while it is quiet, else 0.1 s."""
    bench = Bench(start_delay=3 * SECOND, transfer_delay=3 * SECOND, retransfer_delay=60 * SECOND)
    for normal, emergency, seconds in STORY:
        bench.normal, bench.emergency = normal, emergency
        end = bench.now + seconds * SECOND
        bench.step(dt or 0.1)
        while bench.now < end:
            longest = 10.0 if bench.switches.quiet else 0.1
            bench.step(dt or min(longest, (end - bench.now) / SECOND))
    return bench.visited


def test_long_steps_while_it_is_quiet_change_nothing() -> None:
    assert told(None) == told(0.1)
    assert len(told(0.1)) > 8


def test_steps_of_a_second_give_the_same_positions_within_steps() -> None:
    coarse, fine = told(1.0), told(0.1)
    assert [what for _, what in coarse] == [what for _, what in fine]
    assert all(abs(a - b) <= 3 * SECOND for (a, _), (b, _) in zip(coarse, fine, strict=True))
