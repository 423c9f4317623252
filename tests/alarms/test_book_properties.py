"""What holds of the alarm book for any stream of events."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alarms.book import Book
from alarms.kind import Severity
from alarms.kinds import delays
from detectors.event import Event, EventKind
from telemetry.block import SECOND

# What a detector may find where on the site of conftest.py.
PLACES = (
    *((kind, "utility-a", None) for kind in ("utility_lost",)),
    *((kind, "utility-a", "input") for kind in ("voltage_sag", "voltage_interruption", "frequency_deviation")),
    *((kind, f"ats-{s}", "input.1") for kind in ("voltage_sag", "voltage_interruption") for s in "ab"),
    *((kind, "ats-a", None) for kind in ("sources_locked_out", "ats_fail_to_transfer", "transfer_slow", "comms_lost")),
    *((kind, f"ups-{s}", None) for kind in ("ups_on_battery", "ups_load_dropped", "load_loss_predicted") for s in "ab"),
    ("generator_fail_to_start", "gen-1", None),
    ("voltage_sag", "pdu-a1", "input"),
    ("load_loss_predicted", "row-1", None),
    *(
        (kind, "utility-a", "input")
        for kind in ("supply_unstable", "rapid_voltage_change", "undervoltage", "phase_loss")
    ),
    *(
        (kind, "ups-a", "input")
        for kind in ("voltage_sag", "supply_unstable", "voltage_unbalance", "sensor_disagreement")
    ),
    ("value_frozen", "ups-a", None),
)

# Steps between ticks: small ones, and such that delays run out in between.
STEPS = st.sampled_from((1, 1, 1, 2, 3, 7, 29, 31, 61, 240, 610))
FOUND = st.tuples(st.sampled_from(PLACES), st.booleans(), st.floats(-300, 600), st.sampled_from("     pug"))
TICK = st.tuples(STEPS, st.lists(FOUND, max_size=6))
STREAM = st.lists(TICK, max_size=40)


def events_of(stream, start: int) -> list[Event]:
    """A stream as detectors would give it: a place's condition begins, changes, ends.

    Ways: `p` begins and ends in one tick, or ends and begins; `u` is of a device's own record, `g` a slow shift.
    """
    events, holds, time = [], {}, start
    for step, found in stream:
        time += step * SECOND
        for place, flag, number, way in {f[0]: f for f in found}.values():
            detail = {"ride_through_s": number, "unbalance": number / 1e4, "repeats": abs(number)} if flag else {}
            detail |= {"u": {"unseen": True, "counted": 2}, "g": {"gradual": True}}.get(way, {})
            ends = place in holds and flag
            for active in (not ends, ends) if way in "pu" else (not ends,):
                onset = holds.setdefault(place, (time - SECOND, time))
                events.append(
                    Event(
                        time=time,
                        kind=EventKind(place[0]),
                        subject=place[1],
                        point=place[2],
                        active=active,
                        onset=onset,
                        ended=None if active else (time - SECOND, time),
                        confirmed=flag,
                        detail=detail if active else {k: v for k, v in detail.items() if k == "unseen"},
                    )
                )
                if not active:
                    del holds[place]
    return events


def lines(site, calls) -> list[str]:
    book = Book(site, replay=True)
    return [c.to_line() for time, events in calls for c in book.advance(time, events)]


@settings(max_examples=150, deadline=None)
@given(stream=STREAM)
def test_what_the_noc_hears_is_consistent(site, start, stream):
    """Onset before clear and never two, nothing suppressed is sent, each names a cause that was sent, revisions rise."""
    events = events_of(stream, start)
    changes = Book(site, replay=True).advance(start + 100_000 * SECOND, events)
    told, ever_told, revision, severity, time = set(), set(), {}, {}, 0
    for c in changes:
        assert c.time >= time
        time = c.time
        assert c.rev == revision.get(c.alarm_id, 0) + 1
        revision[c.alarm_id] = c.rev
        if c.suppressed_by is not None:
            assert not c.notify
            assert c.state == "suppressed"
            assert c.suppressed_by in ever_told
        if c.active:
            assert c.severity.rank >= severity.get(c.alarm_id, Severity.INFO).rank
            severity[c.alarm_id] = c.severity
            if c.notify:
                assert c.severity.notifies
                told.add(c.alarm_id)
                ever_told.add(c.alarm_id)
        else:
            assert c.notify == (c.alarm_id in told)
            told.discard(c.alarm_id)
            severity.pop(c.alarm_id, None)
    still_there = {c.alarm_id for c in {c.alarm_id: c for c in changes}.values() if c.active}
    assert told <= still_there


@settings(max_examples=150, deadline=None)
@given(stream=STREAM)
def test_nothing_that_begins_is_lost(site, start, stream):
    """Whatever has no delay and begins, if only for a tick, is in the journal, and it is over when its condition is."""
    events = events_of(stream, start)
    changes = Book(site, replay=True).advance(start + 100_000 * SECOND, events)
    begun = {(e.kind, e.subject, e.point) for e in events if e.active and not delays(e.kind, site)[0]}
    assert begun <= {(c.kind, c.subject, c.point) for c in changes if c.active}
    last_word = {(e.kind, e.subject, e.point): e.active for e in events if "unseen" not in e.detail}
    recorded = {(e.kind, e.subject, e.point) for e in events if "unseen" in e.detail}
    for c in {c.alarm_id: c for c in changes}.values():
        if (place := (c.kind, c.subject, c.point)) not in recorded and c.kind != "supply_unstable":
            assert c.active == last_word[place]


@settings(max_examples=150, deadline=None)
@given(stream=STREAM, seed=st.integers(0, 2**16))
def test_calls_in_between_and_the_order_within_a_tick_change_nothing(site, start, stream, seed):
    """One call for all, a call a tick with its events shuffled, and a call a tick with idle calls between: one journal."""
    events = events_of(stream, start)
    end = start + 100_000 * SECOND
    times = sorted({e.time for e in events})
    order = random.Random(seed)
    by_tick = [(t, order.sample(found := [e for e in events if e.time == t], len(found))) for t in times]
    idle = [(order.randint(start, end), []) for _ in range(60)]
    idle = [(t, found) for t, found in idle if t not in times]
    expected = lines(site, [(end, events)])
    assert lines(site, [*by_tick, (end, [])]) == expected
    assert lines(site, [*sorted([*by_tick, *idle], key=lambda call: call[0]), (end, [])]) == expected


@settings(max_examples=100, deadline=None)
@given(stream=STREAM)
def test_asking_only_when_due_is_enough(site, start, stream):
    """As the engine does it: called at ticks with events, and at the first tick of the grid at which something is due."""
    events = events_of(stream, start)
    book, grid, found, time = Book(site, replay=True), 7 * SECOND, [], start
    for event_time in sorted({e.time for e in events}):
        while (due := book.next_due) is not None and (due := -(-due // grid) * grid) < event_time:
            found += book.advance(due, [])
            assert book.next_due is None or book.next_due > due
        found += book.advance(event_time, [e for e in events if e.time == event_time])
        time = event_time
    while (due := book.next_due) is not None:
        assert due > time
        found += book.advance(due, [])
        time = due
    assert [c.to_line() for c in found] == lines(site, [(max(time, start), events)])


def test_an_event_from_the_future_or_the_past_is_refused(book, event, start):
    """A caller that mixes up ticks is told, instead of a journal that is out of order."""
    with pytest.raises(ValueError, match="cannot be told"):
        book.advance(start, [event("5 ats-a sources_locked_out")])
    book.advance(start + 9 * SECOND, [event("5 ats-a sources_locked_out")])
    with pytest.raises(ValueError, match="cannot be told"):
        book.advance(start + 9 * SECOND, [event("4 ats-a ats_open")])
