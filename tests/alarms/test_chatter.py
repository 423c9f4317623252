"""The chatter guard: what counts as a disturbance, and one alarm for a supply that comes and goes and one that swings."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alarms.book import Book
from detectors.event import Event
from telemetry.block import SECOND

KINDS = {"s": "voltage_sag", "r": "rapid_voltage_change", "f": "frequency_deviation", "w": "supply_unstable"}


def play(book, event, lines, until, start):
    """Lines of the `event` fixture, a detail behind `|`."""
    events = []
    for line in lines:
        head, _, detail = line.partition(" | ")
        pairs = dict(pair.split("=") for pair in detail.split())
        events.append(
            event(head, **{k: True if v == "yes" else float(v) if v[0].isdigit() else v for k, v in pairs.items()})
        )
    return book.advance(start + until * SECOND, events)


def unstable(changes) -> list[tuple[float, bool, int]]:
    """(second, active, count) of each change of `supply_unstable`."""
    return [(c.time, c.active, c.count) for c in changes if c.kind == "supply_unstable"]


def spells(kind: str, *seconds: int, detail: str = "") -> list[str]:
    """A condition of the utility that lasts a second, at each of these."""
    tail = f" | {detail}" if detail else ""
    return [f"{s + more} utility-a input {sign}{kind}{tail}" for s in seconds for more, sign in ((0, ""), (1, "-"))]


def test_rapid_voltage_changes_count_and_are_not_sent_by_themselves(book, event, told, start):
    """Two are recorded only; the third makes the supply unstable."""
    changes = play(book, event, spells("rapid_voltage_change", 0, 30, 60), 300, start)
    assert [told(c) for c in changes if c.notify] == [
        "60 utility-a/supply_unstable/input unacknowledged minor told",
    ]
    assert [c.count for c in changes if c.kind == "rapid_voltage_change" and c.active] == [1, 2, 3]


def test_slow_shifts_do_not_count(book, event, start):
    """A voltage that follows the load of the day is no unstable supply."""
    changes = play(book, event, spells("rapid_voltage_change", 0, 30, 60, 90, detail="gradual=yes"), 400, start)
    assert not unstable(changes)
    assert [c.count for c in changes if c.active] == [1, 2, 3, 4]


def test_the_end_of_a_slow_shift_does_not_prolong_the_unrest(book, event, start):
    """Ten minutes after the last disturbance it is over, whatever drifts meanwhile."""
    drift = ("200 utility-a input rapid_voltage_change | gradual=yes", "400 utility-a input -rapid_voltage_change")
    changes = play(book, event, [*spells("voltage_sag", 0, 50, 100), *drift], 900, start)
    assert [t - start for t, active, _ in unstable(changes) if not active] == [701 * SECOND]


def test_an_undervoltage_that_continues_a_sag_is_no_second_disturbance(site, book, event, start):
    """A sag of more than a minute becomes one; three such are three disturbances, not six."""
    lines = [
        line
        for s in (0, 200)
        for line in (
            f"{s} utility-a input voltage_sag",
            f"{s + 60} utility-a input -voltage_sag",
            f"{s + 60} utility-a input undervoltage",
            f"{s + 90} utility-a input -undervoltage",
        )
    ]
    assert not unstable(play(Book(site, replay=True), event, lines, 390, start))
    third = [*lines, "400 utility-a input voltage_sag"]
    assert unstable(play(book, event, third, 410, start)) == [(start + 400 * SECOND, True, 3)]


def test_a_sag_that_turns_into_an_undervoltage_is_told_as_one_at_once(book, event, told, start):
    """The NOC is never left with a sag that is over while the voltage is still low; what is below stays suppressed."""
    lines = [
        line
        for where in ("utility-a input", "ats-a input.1")
        for line in (f"0 {where} voltage_sag", f"60 {where} -voltage_sag", f"60 {where} undervoltage")
    ]
    events = [event(line) for line in lines]
    events = [replace(e, onset=(start - SECOND, start)) for e in events]
    assert [told(c) for c in book.advance(start + 900 * SECOND, events) if c.notify] == [
        "0 utility-a/voltage_sag/input unacknowledged minor told",
        "60 utility-a/undervoltage/input unacknowledged minor told",
        "90 utility-a/voltage_sag/input returned minor told",
    ]


def test_a_utility_that_stays_low_is_told_although_the_supply_is_unstable(book, event, told, start):
    """A sag that goes on as an undervoltage keeps the utility lost for more than a spell."""
    lines = [
        *spells("voltage_sag", 0, 40, 80),
        "400 utility-a input voltage_sag",
        "400 utility-a utility_lost",
        "440 utility-a input -voltage_sag",
        "440 utility-a input undervoltage",
    ]
    lost = [told(c) for c in play(book, event, lines, 600, start) if c.kind == "utility_lost"]
    assert lost[-1] == "500 utility-a/utility_lost unacknowledged minor told"


def test_a_dead_phase_is_a_disturbance(book, event, start):
    """A loose connection that comes and goes."""
    changes = play(book, event, spells("phase_loss", 0, 60, 120), 130, start)
    assert unstable(changes) == [(start + 120 * SECOND, True, 3)]


def test_a_voltage_that_swings_is_unstable_before_it_is_disturbed(book, event, told, start):
    """The detector's word alone begins it; what then disturbs the supply is counted, and is suppressed by it."""
    lines = ["0 utility-a input supply_unstable | why=oscillation swing=0.08", *spells("voltage_sag", 100, 150)]
    changes = play(book, event, lines, 300, start)
    assert [told(c) for c in changes if c.notify] == ["0 utility-a/supply_unstable/input unacknowledged minor told"]
    assert "voltage swings to and fro by 8 %" in changes[0].title
    assert "disturbances" not in changes[0].title
    assert unstable(changes) == [(start, True, 1), (start + 150 * SECOND, True, 2)]
    assert {c.suppressed_by for c in changes if c.kind == "voltage_sag"} == {"dc/utility-a/supply_unstable/input", None}
    (last,) = (c for c in changes if c.count == 2 and c.kind == "supply_unstable")
    assert "2 disturbances and voltage swings to and fro by 8 % since 09:32:00" in last.title


def test_both_are_one_alarm_from_the_earlier_until_both_are_quiet(book, event, start):
    """Disturbances, then a swing that outlasts them: one onset, one clear, ten minutes after the swing."""
    lines = [
        *spells("voltage_sag", 0, 50, 100),
        "300 utility-a input supply_unstable | why=spread swing=0.03",
        "900 utility-a input -supply_unstable",
    ]
    changes = play(book, event, lines, 3000, start)
    found = [c for c in changes if c.kind == "supply_unstable"]
    assert [(c.time - start) // SECOND for c in found if c.notify] == [100, 1500]
    assert {c.onset for c in found} == {(start - SECOND, start)}
    assert "3 disturbances and voltage scatters by 3 %" in found[1].title


def test_a_swing_before_the_disturbances_moves_the_onset_no_later(book, event, start):
    """The detector looks back further than the count: the alarm is told to have begun with the earlier."""
    late = event("120 utility-a input supply_unstable", why="oscillation")
    early = Event(late.time, late.kind, late.subject, late.point, True, (start - 90 * SECOND, start - 80 * SECOND))
    sags = [event(line) for line in spells("voltage_sag", 0, 50, 100)]
    found = [c for c in book.advance(start + 200 * SECOND, [*sags, early]) if c.kind == "supply_unstable"]
    assert [c.onset[1] for c in found] == [start, start - 80 * SECOND]
    assert [c.notify for c in found] == [True, False]


def test_a_swing_that_rests_on_one_poll_is_recorded_until_it_is_confirmed(site, book, event, told, start):
    """One poll is no reason to wake anyone; the second is."""
    lines = ["0 utility-a input ?supply_unstable", "16 utility-a input supply_unstable"]
    assert [told(c) for c in play(book, event, lines, 20, start) if c.kind == "supply_unstable"][-1].endswith(
        "minor told"
    )
    assert [told(c) for c in play(Book(site, replay=True), event, lines[:1], 20, start)] == [
        "0 utility-a/supply_unstable/input unacknowledged info"
    ]


def test_a_count_of_the_device_counts_as_many(book, event, start):
    """A device's counter that went up by five between two polls is five disturbances."""
    lines = ["0 utility-a input voltage_sag | unseen=yes counted=5", "0 utility-a input -voltage_sag | unseen=yes"]
    assert unstable(play(book, event, lines, 10, start)) == [(start, True, 5)]


@pytest.mark.parametrize("later", [0, 1])
def test_what_no_poll_saw_is_recorded_although_it_is_over_when_it_is_known(book, event, told, start, later):
    """Begun and ended at one tick, or at two in a row: told like any other, and over after its delay."""
    lines = [
        "0 utility-a input voltage_sag | unseen=yes counted=1",
        f"{later} utility-a input -voltage_sag | unseen=yes",
    ]
    changes = play(book, event, lines, 600, start)
    assert [told(c) for c in changes] == [
        "0 utility-a/voltage_sag/input unacknowledged minor told",
        f"{30 + later} utility-a/voltage_sag/input returned minor told",
    ]
    assert changes[0].count == 1
    assert "recorded by the device itself" in changes[0].title


def test_a_devices_record_of_a_sag_that_polls_see_ends_nothing(book, event, start):
    """The register shows what is known: neither a second disturbance nor the end of the first."""
    lines = [
        "0 utility-a input voltage_sag",
        "10 utility-a input voltage_sag | unseen=yes counted=9",
        "10 utility-a input -voltage_sag | unseen=yes",
        "50 utility-a input -voltage_sag",
    ]
    changes = play(book, event, lines, 600, start)
    assert not unstable(changes)
    assert [(c.active, (c.time - start) // SECOND) for c in changes] == [(True, 0), (False, 80)]


def test_what_is_seen_takes_the_place_of_what_was_not(book, event, start):
    """A sag that begins between the two ticks of a device's record goes on when the record is over."""
    lines = [
        "0 utility-a input voltage_sag | unseen=yes",
        "1 utility-a input voltage_sag",
        "1 utility-a input -voltage_sag | unseen=yes",
    ]
    changes = play(book, event, lines, 600, start)
    assert all(c.active for c in changes)


def test_what_passed_within_a_tick_never_was_where_its_kind_has_a_delay(book, event, start):
    """An undervoltage lasts a minute or is none; the next one counts from one."""
    lines = ["0 ups-a input undervoltage", "0 ups-a input -undervoltage", "100 ups-a input undervoltage"]
    (change,) = play(book, event, lines, 200, start)
    assert ((change.time - start) // SECOND, change.count) == (160, 1)


# Spells of one feed as (gap to the one before, how long, which kind); kinds overlap.
SPELL = st.tuples(
    st.sampled_from((1, 2, 30, 100, 299, 300, 400, 700)), st.sampled_from((1, 5, 90, 400)), st.sampled_from("srfw")
)


def walked(spans: list[tuple[int, int, str]], until: int) -> list[tuple[int, int]]:
    """When the supply is unstable, second by second: an oracle that looks at the whole past each time."""
    swings = {a for a, _, kind in spans if kind == "w"}
    disturbed = [span for span in spans if span[2] != "w"]
    starts = {
        a
        for a, _, kind in disturbed
        if not any(x < a <= y and (kind == "f" or other != "f") for x, y, other in disturbed)
    }
    found: list[tuple[int, int]] = []
    since, settled = None, -1
    for now in range(until):
        recent = [a for a in starts if max(settled, now - 600) < a <= now]
        if since is None and (now in swings or (now in starts and len(recent) >= 3)):
            since = now
        holding = any(a <= now < b for a, b, _ in spans)
        quiet = max((b for a, b, _ in spans if a <= now), default=0)
        if since is not None and not holding and now - quiet >= 600:
            found.append((since, now))
            since, settled = None, now
    return found


def merged(stream) -> list[tuple[int, int, str]]:
    """Spells of one kind never overlap: a detector has one condition at a time."""
    spans: list[tuple[int, int, str]] = []
    now, free = 0, dict.fromkeys(KINDS, 0)
    for gap, length, kind in stream:
        now += gap
        begin = max(now, free[kind] + 1)
        spans.append((begin, begin + length, kind))
        free[kind] = begin + length
    return spans


@settings(max_examples=200, deadline=None)
@given(stream=st.lists(SPELL, max_size=14))
def test_the_alarm_is_the_union_of_swings_and_frequent_disturbances(site, event, start, stream):
    """Against a walk through every second: it begins and ends when that says."""
    spans = merged(stream)
    until = max((b for _, b, _ in spans), default=0) + 700
    lines = [(t, f"{t} utility-a input {sign}{KINDS[k]}") for a, b, k in spans for t, sign in ((a, ""), (b, "-"))]
    events = [event(line) for _, line in sorted(lines, key=lambda pair: pair[0])]
    changes = [
        c for c in Book(site, replay=True).advance(start + until * SECOND, events) if c.kind == "supply_unstable"
    ]
    begun = [(c.time - start) // SECOND for c in changes if c.notify and c.active]
    over = [(c.time - start) // SECOND for c in changes if not c.active]
    assert list(zip(begun, over, strict=True)) == walked(spans, until)
