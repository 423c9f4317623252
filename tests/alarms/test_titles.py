"""What people read of voltage, instability and untrue values, at 3 am."""

from dataclasses import replace

import pytest

from alarms.book import Book
from alarms.facts import Facts
from alarms.kinds import KINDS
from detectors.event import Event, EventKind, Evidence
from telemetry.block import SECOND
from telemetry.site import Site

MS = SECOND // 1000


def title(site: Site, kind: str, magnitude: float = 0.0, evidence: tuple[Evidence, ...] = (), **detail: object) -> str:
    facts = Facts(
        site=site,
        subject="ups-a",
        point="input",
        time=10 * SECOND,
        onset=(SECOND, 2 * SECOND),
        magnitude=magnitude,
        confirmed=True,
        count=1,
        evidence=evidence,
        detail={k: v for k, v in detail.items() if k != "over"},
        over=bool(detail.get("over")),
    )
    return KINDS[kind].title(facts)


def phases(*volts: float) -> tuple[Evidence, ...]:
    return tuple(Evidence("ups-a", f"input.L{i}-N.voltage", v, SECOND) for i, v in enumerate(volts, 1))


@pytest.mark.parametrize(
    ("kind", "given", "said"),
    [
        (
            "voltage_sag",
            {"magnitude": 0.43, "classes": ["instantaneous sag", "momentary sag"], "over": True},
            "ups-a input: voltage fell to 43 % of nominal, instantaneous sag or momentary sag",
        ),
        (
            "voltage_sag",
            {"magnitude": 0.43, "classes": ["momentary sag"]},
            "ups-a input: voltage fell to 43 % of nominal",
        ),
        (
            "voltage_sag",
            {"magnitude": 0.6, "classes": ["momentary sag"], "itic": "outside", "over": True},
            "ups-a input: voltage fell to 60 % of nominal, momentary sag, outside the ITIC curve",
        ),
        (
            "voltage_sag",
            {"magnitude": 0.62, "unseen": True, "counted": 1},
            "ups-a input: voltage fell to 62 % of nominal, between polls, recorded by the device itself",
        ),
        (
            "voltage_sag",
            {"magnitude": float("nan"), "unseen": True, "counted": 3},
            "ups-a input: voltage left its limits, between polls, recorded 3 times by the device itself",
        ),
        (
            "voltage_swell",
            {"magnitude": 1.25, "classes": ["temporary swell"], "over": True},
            "ups-a input: voltage rose to 125 % of nominal, temporary swell",
        ),
        ("phase_loss", {"evidence": phases(231.0, 3.0, 229.0)}, "ups-a input: no voltage on L2 since 19:00:02 EST"),
        ("phase_loss", {"phases": ["L1", "L3"]}, "ups-a input: no voltage on L1 and L3 since 19:00:02 EST"),
        ("phase_loss", {}, "ups-a input: one phase is dead since 19:00:02 EST"),
        (
            "undervoltage",
            {"magnitude": 0.86},
            "ups-a input: voltage too low since 19:00:02 EST, 86 % of nominal at worst",
        ),
        (
            "undervoltage",
            {"magnitude": 0.5},
            "ups-a input: voltage far too low since 19:00:02 EST, 50 % of nominal at worst",
        ),
        (
            "overvoltage",
            {"magnitude": 1.12},
            "ups-a input: voltage too high since 19:00:02 EST, 112 % of nominal at worst",
        ),
        (
            "rapid_voltage_change",
            {"change": -0.041, "reference": 231.04},
            "ups-a input: voltage suddenly fell by 4.1 % from its usual 231 V",
        ),
        (
            "rapid_voltage_change",
            {"change": 0.03, "reference": 231.0, "gradual": True},
            "ups-a input: voltage has slowly risen by 3 % from its usual 231 V",
        ),
        (
            "voltage_unbalance",
            {"unbalance": 0.034, "form": "PVUR"},
            "ups-a input: the phases differ by 3.4 % (PVUR) since 19:00:02 EST",
        ),
        (
            "supply_unstable",
            {"why": "oscillation", "swing": 0.124},
            "ups-a input: supply unstable, voltage swings to and fro by 12 % since 19:00:02 EST",
        ),
        (
            "value_frozen",
            {"stuck_at": 230.1, "evidence": phases(230.1)},
            "ups-a input: input.L1-N.voltage repeats exactly since 19:00:02 EST, at 230.1 V",
        ),
        (
            "value_implausible",
            {"suspected_nominal": 208.0},
            "ups-a input: voltage stays near 208 V, the site file says 230 V",
        ),
        (
            "value_implausible",
            {"suspected_nominal": 120.0, "reason": "reads a steady 120 V, the site file says 230 V nominal"},
            "ups-a input: reads a steady 120 V, the site file says 230 V nominal",
        ),
        (
            "value_implausible",
            {"reason": "230 V times 10 A cannot be 5000 W"},
            "ups-a input: a value cannot be right: 230 V times 10 A cannot be 5000 W",
        ),
    ],
)
def test_a_title_says_what_is_known(site, kind, given, said):
    """Names and numbers, no more digits than anyone reads."""
    assert title(site, kind, **given) == said


@pytest.mark.parametrize(
    ("good", "first", "last", "back", "said"),
    [
        (0, 10, 62, 72, "over after 62 ms: "),
        (0, 10, 20, 30, "over after 10 ms to 30 ms: "),
        (0, 1000, 1000, 2000, "over within 2 s: "),
        (0, 1000, 2000, 3000, "over after 1 s to 3 s: "),
        (0, 1000, 250_000, 251_000, "over after 4 min 10 s: "),
    ],
)
def test_the_length_of_what_is_over_is_as_exact_as_its_samples(site, start, good, first, last, back, said):
    """Milliseconds of an oscillogram, what polls leave open of a poll. Times in milliseconds."""
    onset, ended = (start + good * MS, start + first * MS), (start + last * MS, start + back * MS)
    begin = Event(onset[1], EventKind.VOLTAGE_SAG, "utility-a", "input", True, onset, magnitude=0.43)
    spell = {"duration_s": [(last - first) / 1000, (back - good) / 1000]}
    end = replace(begin, time=ended[1], active=False, ended=ended, detail=spell)
    *_, change = Book(site, replay=True).advance(ended[1] + 60 * SECOND, [begin, end])
    assert change.title == said + "utility-a input: voltage fell to 43 % of nominal"
    assert not change.active


def test_an_unbalance_is_told_from_three_per_cent_on(book, event, told, start):
    """Above two it is recorded; what grows is told when it has grown."""
    lines = (("0", 0.025), ("100", 0.029), ("200", 0.03), ("300", 0.025))
    events = [event(f"{second} ups-a input voltage_unbalance", unbalance=u) for second, u in lines]
    assert [told(c) for c in book.advance(start + 400 * SECOND, events)] == [
        "60 ups-a/voltage_unbalance/input unacknowledged info",
        "100 ups-a/voltage_unbalance/input unacknowledged info",
        "200 ups-a/voltage_unbalance/input unacknowledged minor told",
        "300 ups-a/voltage_unbalance/input unacknowledged minor",
    ]


def test_a_delay_runs_from_the_onset_not_from_the_poll_that_found_it(book, event, told, start):
    """A detector that looks a minute back has waited already."""
    late = replace(event("100 utility-a input undervoltage"), onset=(start + 30 * SECOND, start + 40 * SECOND))
    (change,) = book.advance(start + 200 * SECOND, [late])
    assert told(change) == "100 utility-a/undervoltage/input unacknowledged minor told"


@pytest.mark.parametrize("kind", ["value_frozen", "value_implausible", "sensor_disagreement"])
def test_a_value_that_is_not_to_be_believed_is_no_root_of_a_power_incident(kind, book, event, start):
    """It stands alone before a sag and during one."""
    lines = (f"0 ups-a input {kind}", "10 ups-a input voltage_sag", f"20 utility-a input {kind}")
    changes = book.advance(start + 60 * SECOND, [event(line) for line in lines])
    incidents = {c.kind + c.subject: c.incident for c in changes if c.notify}
    assert len({incident.id for incident in incidents.values()}) == 3
    assert incidents["voltage_sagups-a"].cause == "voltage_sag@ups-a"


def test_one_dead_phase_of_the_utility_is_one_message(book, event, told, start):
    """Behind it others sag, are unbalanced or go on battery: all of that follows from it."""
    lines = (
        "0 utility-a input phase_loss",
        "0 ats-a input.1 voltage_sag",
        "0 ats-a input.1 voltage_unbalance",
        "1 ups-a ups_on_battery",
        "1 ups-b input phase_loss",
    )
    changes = book.advance(start + 50 * SECOND, [event(line) for line in lines])
    assert [told(c) for c in changes if c.notify] == [
        "0 utility-a/phase_loss/input unacknowledged major told",
        "3 ups-b/phase_loss/input unacknowledged major told",
    ]
