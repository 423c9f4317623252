"""The stages against a plain reckoning of their own: random timings, one switch, one generator, rows of one second."""

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

LOSS = 10
START_DELAY, CRANK_LIMIT, TRANSFER_DELAY, ACCEPT_WITHIN = 3, 75, 3, 10
END = 220
KINDS = (
    "no_start_command",
    "generator_fail_to_start",
    "generator_out_of_spec",
    "ats_fail_to_transfer",
    "transfer_slow",
)


@dataclass(frozen=True)
class Timings:
    """Seconds at which each thing happens; None for never."""

    signal: int | None
    runs: int | None
    in_spec: int | None
    moves: int | None

    def line(self) -> str:
        """As a time line."""
        lines = [
            f"{LOSS} utility-1 input.voltage 0; ats-a input.1.voltage 0; ats-a output.voltage 0; ups-a input.voltage 0",
            f"{LOSS} ups-a ups.status on_battery",
        ]
        if self.signal is not None:
            lines.append(f"{self.signal} ats-a ats.start_contact run; gen-1 generator.state cranking")
        if self.runs is not None:
            lines.append(
                f"{self.runs} gen-1 generator.state running; gen-1 output.voltage 150; gen-1 output.frequency 40"
            )
        if self.in_spec is not None:
            lines.append(
                f"{self.in_spec} gen-1 output.voltage 230; gen-1 output.frequency 50; ats-a input.2.voltage 230"
            )
        if self.moves is not None:
            lines.append(f"{self.moves} ats-a input.source emergency; ats-a output.voltage 230")
        return "\n".join(lines)


def reckoned(t: Timings) -> set[str]:
    """Each deadline worked out by hand; a missed stage is an alarm from its deadline until it is done."""
    told: set[str] = set()

    def alarm(kind: str, subject: str, due: int, done: int | None) -> None:
        if due <= END and (done is None or done > due):
            told.add(f"{due} +{kind} {subject}")
            if done is not None:
                told.add(f"{done} -{kind} {subject}")

    alarm("no_start_command", "ats-a", LOSS + START_DELAY + 3, t.signal)
    if t.signal is not None:
        alarm("generator_fail_to_start", "gen-1", t.signal + CRANK_LIMIT + 5, t.runs)
    if t.signal is not None and t.runs is not None:
        due = max(t.runs + 10, t.signal + 17)
        # In spec has to hold for six seconds, unless the switch has taken it before.
        ends = [x for x in (t.moves, None if t.in_spec is None else t.in_spec + 6) if x is not None]
        if due <= END and (t.in_spec is None or t.in_spec > due):
            told.add(f"{due} +generator_out_of_spec gen-1")
            if ends:
                told.add(f"{min(ends)} -generator_out_of_spec gen-1")
    if t.in_spec is not None:
        alarm("ats_fail_to_transfer", "ats-a", max(t.in_spec, LOSS + START_DELAY) + TRANSFER_DELAY + 10, t.moves)
    if t.moves is not None and (t.moves - 1) - LOSS >= ACCEPT_WITHIN:
        told.add(f"{t.moves} +transfer_slow ats-a")
    return told


@st.composite
def timings(draw) -> Timings:
    """In the order of nature, each step perhaps never."""
    at, found = LOSS + 1, []
    for longest in (30, 100, 40, 40):
        if draw(st.integers(0, 7)) == 0:
            break
        at += draw(st.integers(0, longest))
        found.append(at)
        at += 1
    return Timings(*(found + [None] * (4 - len(found))))


@settings(max_examples=60, deadline=None)
@given(t=timings())
def test_every_deadline_is_as_reckoned_by_hand(stream, t):
    told = set(stream(t.line(), until=END).told(*KINDS))
    assert told == {line for line in reckoned(t) if int(line.split()[0]) <= END}
