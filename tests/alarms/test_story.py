"""The alarm book, told as time lines: what is pushed at which second, and every change that comes of it."""

from dataclasses import dataclass

import pytest

from telemetry.block import SECOND


@dataclass(frozen=True)
class Story:
    """`push`: lines of the `event` fixture, with details behind `|`; `want`: lines of the `told` fixture, all of them."""

    proves: str
    push: tuple[str, ...]
    want: tuple[str, ...]


STORIES = (
    Story(
        "an alarm is told when it begins and when it ends",
        ("0 utility-a utility_lost", "300 utility-a -utility_lost"),
        (
            "0 utility-a/utility_lost unacknowledged minor told",
            "300 utility-a/utility_lost returned minor told",
        ),
    ),
    Story(
        "what comes again after its end is told again",
        ("0 gen-1 generator_fail_to_start", "9 gen-1 -generator_fail_to_start", "20 gen-1 generator_fail_to_start"),
        (
            "0 gen-1/generator_fail_to_start unacknowledged major told",
            "9 gen-1/generator_fail_to_start returned major told",
            "20 gen-1/generator_fail_to_start unacknowledged major told",
        ),
    ),
    Story(
        "a sag seen in one poll is recorded, and told once a second poll confirms it",
        ("0 utility-a ?voltage_sag", "1 utility-a voltage_sag", "5 utility-a -voltage_sag"),
        (
            "0 utility-a/voltage_sag unacknowledged info",
            "1 utility-a/voltage_sag unacknowledged minor told",
            "35 utility-a/voltage_sag returned minor told",
        ),
    ),
    Story(
        "a glitch of one poll is never told",
        ("0 utility-a ?voltage_sag", "1 utility-a -voltage_sag"),
        ("0 utility-a/voltage_sag unacknowledged info", "31 utility-a/voltage_sag returned info"),
    ),
    Story(
        "severity rises with what is known of the ride-through, is told each time, and never falls while active",
        (
            "0 ats-a ats_fail_to_transfer | ride_through_s=400",
            "10 ats-a ats_fail_to_transfer | ride_through_s=120",
            "20 ats-a ats_fail_to_transfer | ride_through_s=-3",
            "30 ats-a ats_fail_to_transfer | ride_through_s=400",
            "40 ats-a -ats_fail_to_transfer",
        ),
        (
            "0 ats-a/ats_fail_to_transfer unacknowledged major told",
            "10 ats-a/ats_fail_to_transfer unacknowledged major",
            "20 ats-a/ats_fail_to_transfer unacknowledged critical told",
            "30 ats-a/ats_fail_to_transfer unacknowledged critical",
            "40 ats-a/ats_fail_to_transfer returned critical told",
        ),
    ),
    Story(
        "the detector's own severity can raise the kind's, and not lower it",
        ("0 ups-a load_loss_predicted | severity=critical", "1 ups-b load_loss_predicted | severity=info"),
        (
            "0 ups-a/load_loss_predicted unacknowledged critical told",
            "1 ups-b/load_loss_predicted unacknowledged major told",
        ),
    ),
    Story(
        "what must follow from a lost utility is recorded under it: below it, at itself, and in the same tick",
        (
            "0 ups-a ups_on_battery",
            "0 ats-a input.1 voltage_interruption",
            "0 utility-a input voltage_interruption",
            "0 utility-a utility_lost",
        ),
        (
            "0 utility-a/utility_lost unacknowledged minor told",
            "0 utility-a/voltage_interruption/input suppressed major < utility-a/utility_lost",
            "0 ats-a/voltage_interruption/input.1 suppressed major < utility-a/utility_lost",
            "0 ups-a/ups_on_battery suppressed minor < utility-a/utility_lost",
            # longer on battery than the slowest transfer takes: that no longer follows from the loss alone
            "186 ups-a/ups_on_battery unacknowledged minor told",
        ),
    ),
    Story(
        "a UPS that goes on battery just before its utility is known as lost waits for it",
        ("0 ups-a ups_on_battery", "2 utility-a utility_lost", "20 ups-a -ups_on_battery"),
        (
            "2 utility-a/utility_lost unacknowledged minor told",
            "2 ups-a/ups_on_battery suppressed minor < utility-a/utility_lost",
            "30 ups-a/ups_on_battery normal minor",
        ),
    ),
    Story(
        "a UPS on battery for no known reason is told after that wait, be it over or not",
        ("0 ups-a ups_on_battery", "2 ups-a -ups_on_battery"),
        ("5 ups-a/ups_on_battery unacknowledged minor told", "12 ups-a/ups_on_battery returned minor told"),
    ),
    Story(
        "the other side's utility explains nothing on this side",
        ("0 utility-b utility_lost", "0 ups-a ups_on_battery"),
        (
            "0 utility-b/utility_lost unacknowledged minor told",
            "5 ups-a/ups_on_battery unacknowledged minor told",
        ),
    ),
    Story(
        "a UPS keeps a lost utility from what it feeds: a dead PDU behind it is told",
        ("0 utility-a utility_lost", "3 pdu-a1 input voltage_interruption"),
        (
            "0 utility-a/utility_lost unacknowledged minor told",
            "5 pdu-a1/voltage_interruption/input unacknowledged major told",
        ),
    ),
    Story(
        "behind a UPS that dropped its load a dead PDU is no news",
        ("0 pdu-a1 input voltage_interruption", "1 ups-a ups_load_dropped"),
        (
            "1 ups-a/ups_load_dropped unacknowledged critical told",
            "1 pdu-a1/voltage_interruption/input suppressed major < ups-a/ups_load_dropped",
        ),
    ),
    Story(
        "missed stages, lockouts, dropped loads and the first prediction are told under any cause",
        (
            "0 utility-a utility_lost",
            "1 ats-a sources_locked_out",
            "1 ats-a no_start_command",
            "1 gen-1 generator_fail_to_start",
            "1 ats-a ats_fail_to_transfer",
            "1 ups-a load_loss_predicted",
            "1 ups-a ups_load_dropped",
        ),
        (
            "0 utility-a/utility_lost unacknowledged minor told",
            "1 gen-1/generator_fail_to_start unacknowledged major told",
            "1 ats-a/ats_fail_to_transfer unacknowledged major told",
            "1 ats-a/no_start_command unacknowledged major told",
            "1 ats-a/sources_locked_out unacknowledged critical told",
            "1 ups-a/ups_load_dropped unacknowledged critical told",
            "1 ups-a/load_loss_predicted unacknowledged major told",
        ),
    ),
    Story(
        "a prediction that comes again in the same incident is recorded under the lockout",
        (
            "0 ats-a sources_locked_out",
            "1 ups-a load_loss_predicted",
            "60 ups-a -load_loss_predicted",
            "90 ups-a load_loss_predicted",
        ),
        (
            "0 ats-a/sources_locked_out unacknowledged critical told",
            "1 ups-a/load_loss_predicted unacknowledged major told",
            "60 ups-a/load_loss_predicted returned major told",
            "90 ups-a/load_loss_predicted suppressed major < ats-a/sources_locked_out",
        ),
    ),
    Story(
        "what outlasts its cause by more than a UPS's walk-in is told then",
        ("0 utility-a utility_lost", "0 ups-a ups_on_battery", "50 utility-a -utility_lost"),
        (
            "0 utility-a/utility_lost unacknowledged minor told",
            "0 ups-a/ups_on_battery suppressed minor < utility-a/utility_lost",
            "50 utility-a/utility_lost returned minor told",
            "80 ups-a/ups_on_battery unacknowledged minor told",
        ),
    ),
    Story(
        "what ends within that grace is never told, nor is the blip of the way back",
        (
            "0 utility-a utility_lost",
            "0 ups-a ups_on_battery",
            "50 utility-a -utility_lost",
            "60 ups-a -ups_on_battery",
            "75 ups-a ups_on_battery",
            "77 ups-a -ups_on_battery",
        ),
        (
            "0 utility-a/utility_lost unacknowledged minor told",
            "0 ups-a/ups_on_battery suppressed minor < utility-a/utility_lost",
            "50 utility-a/utility_lost returned minor told",
            "70 ups-a/ups_on_battery normal minor",
            "75 ups-a/ups_on_battery suppressed minor < utility-a/utility_lost",
            "87 ups-a/ups_on_battery normal minor",
        ),
    ),
    Story(
        "a generator that failed explains a UPS below only where its utility is lost too",
        (
            "0 utility-a utility_lost",
            "80 gen-1 generator_fail_to_start",
            "90 ups-b ups_on_battery",
            "90 utility-a -utility_lost",
            "100 ups-b -ups_on_battery",
        ),
        (
            "0 utility-a/utility_lost unacknowledged minor told",
            "80 gen-1/generator_fail_to_start unacknowledged major told",
            "90 utility-a/utility_lost returned minor told",
            "95 ups-b/ups_on_battery unacknowledged minor told",
            "110 ups-b/ups_on_battery returned minor told",
        ),
    ),
    Story(
        "one sag of the utility is one message, whoever sees it",
        (
            "0 ups-a input voltage_sag",
            "0 ats-a input.1 voltage_sag",
            "1 utility-a input voltage_sag",
            "9 ups-a input -voltage_sag",
            "9 ats-a input.1 -voltage_sag",
            "9 utility-a input -voltage_sag",
        ),
        (
            "1 utility-a/voltage_sag/input unacknowledged minor told",
            "1 ats-a/voltage_sag/input.1 suppressed minor < utility-a/voltage_sag/input",
            "1 ups-a/voltage_sag/input suppressed minor < utility-a/voltage_sag/input",
            "39 utility-a/voltage_sag/input returned minor told",
            "39 ats-a/voltage_sag/input.1 normal minor",
            "39 ups-a/voltage_sag/input normal minor",
        ),
    ),
    Story(
        "a site's own delay applies: what ends before it never was",
        ("0 pdu-a1 comms_lost", "15 pdu-a1 -comms_lost", "20 pdu-b1 comms_lost"),
        ("40 pdu-b1/comms_lost unacknowledged minor told",),
    ),
)


def details(line: str) -> tuple[str, dict[str, object]]:
    head, _, tail = line.partition(" | ")
    pairs = (part.split("=") for part in tail.split())
    return head, {k: float(v) if v.lstrip("-").isdigit() else v for k, v in pairs}


@pytest.mark.parametrize("story", STORIES, ids=lambda s: s.proves)
def test_story(story, book, event, told, start):
    """What the story proves; run on until nothing more is due within ten minutes."""
    events = []
    for line in story.push:
        head, detail = details(line)
        events.append(event(head, **detail))
    last = max(e.time for e in events)
    assert tuple(map(told, book.advance(max(last, start + 600 * SECOND), events))) == story.want


def disturbances(*seconds: int, lasting: int = 2) -> tuple[str, ...]:
    """Sags of the utility, each told as confirmed at once."""
    ends = [f"{s + lasting} utility-a input -voltage_sag" for s in seconds]
    return (*(f"{s} utility-a input voltage_sag" for s in seconds), *ends)


def play(book, event, lines, until, start):
    return book.advance(start + until * SECOND, [event(line) for line in lines])


def test_ninety_minutes_of_sags_are_a_handful_of_messages(book, event, told, start):
    """A hundred sags, one every 54 s: the first is told, then one unstable supply with a count that doubles."""
    changes = play(book, event, disturbances(*range(0, 5400, 54)), 7200, start)
    assert [told(c) for c in changes if c.notify] == [
        "0 utility-a/voltage_sag/input unacknowledged minor told",
        "32 utility-a/voltage_sag/input returned minor told",
        "54 utility-a/voltage_sag/input unacknowledged minor told",
        "86 utility-a/voltage_sag/input returned minor told",
        "108 utility-a/supply_unstable/input unacknowledged minor told",
        "5948 utility-a/supply_unstable/input returned minor told",
    ]
    counts = [c.count for c in changes if c.kind == "supply_unstable"]
    assert counts == [3, 6, 12, 24, 48, 96, 100]
    assert {
        c.suppressed_by for c in changes if c.kind == "voltage_sag" and c.time > start + 100 * SECOND and c.active
    } == {"dc/utility-a/supply_unstable/input"}


def test_a_sag_that_deepens_is_one_disturbance(book, event, start):
    """Sag, interruption and lost utility within seconds are one bad moment, not an unstable supply."""
    lines = (
        "0 utility-a input voltage_sag",
        "1 utility-a input voltage_interruption",
        "1 utility-a input -voltage_sag",
        "1 utility-a utility_lost",
        "4 utility-a input voltage_sag",
        "4 utility-a input -voltage_interruption",
        "6 utility-a input -voltage_sag",
    )
    assert "supply_unstable" not in {c.kind for c in play(book, event, lines, 60, start)}


def test_a_sag_that_lasts_is_told_although_the_supply_is_unstable(book, event, told, start):
    """An unstable supply explains spells up to a minute, not a voltage that stays low."""
    lines = (*disturbances(0, 40, 80), "200 utility-a input voltage_sag")
    changes = play(book, event, lines, 400, start)
    assert "260 utility-a/voltage_sag/input unacknowledged minor told" in map(told, changes)


def test_a_utility_that_is_back_but_not_yet_trusted_is_no_second_message(book, event, start):
    """Under an unstable supply a loss of seconds stays recorded, although `utility_lost` lasts its five minutes."""
    lines = (
        *disturbances(0, 40, 80),
        "400 utility-a input voltage_interruption",
        "400 utility-a utility_lost",
        "405 utility-a input -voltage_interruption",
        "705 utility-a -utility_lost",
    )
    changes = play(book, event, lines, 720, start)
    lost = [c for c in changes if c.kind == "utility_lost"]
    assert [c.state.value for c in lost] == ["suppressed", "normal"]
    assert not any(c.notify for c in lost)


def test_a_utility_that_stays_dead_is_told_although_the_supply_is_unstable(book, event, told, start):
    """The same, but the voltage does not come back: told after a minute."""
    lines = (
        *disturbances(0, 40, 80),
        "400 utility-a input voltage_interruption",
        "400 utility-a utility_lost",
    )
    changes = play(book, event, lines, 600, start)
    assert "460 utility-a/utility_lost unacknowledged minor told" in map(told, changes)
    assert not any(c.notify for c in changes if c.kind == "voltage_interruption")


def test_an_unstable_utility_seen_by_several_is_one_message(book, event, start):
    """Two switches and two UPSs see the same supply: one of them tells of it, the nearest to the source."""
    seen = ("ats-a input.1", "ups-a input", "utility-a input")
    lines = [f"{s} {w} {sign}voltage_sag" for s in (0, 60, 120, 180) for w in seen for sign in ("", "-")]
    lines = [line if "-v" not in line else f"{int(line.split()[0]) + 3} {line.split(' ', 1)[1]}" for line in lines]
    changes = play(book, event, lines, 300, start)
    assert {c.subject for c in changes if c.kind == "supply_unstable" and c.notify} == {"utility-a"}
    assert {c.subject for c in changes if c.kind == "supply_unstable" and c.suppressed_by} == {"ats-a", "ups-a"}
