"""The alarm object of docs/mqtt.md: keys, order, formats, and that the same change is the same bytes."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from alarms.book import Book
from alarms.state import TRANSITIONS, State, Trigger
from alarms.times import compact, duration, iso, iso_second, local
from detectors.event import Evidence
from telemetry.block import SECOND

KEYS = (
    *("schema", "time", "alarm_id", "rev", "incident", "kind", "subject", "point", "severity", "state", "active"),
    *("notify", "suppressed_by", "shelved_until", "onset", "cleared", "title", "cause", "stage", "stage_margin_s"),
    *("ride_through_s", "loss_predicted", "evidence", "advice", "count", "replay"),
)


@pytest.fixture
def failed_transfer(book, event, start):
    """A missed stage with everything that is known of one."""
    given = event(
        "35 ats-a ats_fail_to_transfer",
        stage="S5",
        stage_margin_s=-12.0,
        ride_through_s=np.float32(-95.04),
        loss_predicted={"ups-a": np.int64(start) + 340 * SECOND + 400_000},
        source_good_s=25.0,
    )
    seen = Evidence("ats-a", "input.2.L1-L2.voltage", float(np.float32(478.1)), start + 35 * SECOND)
    book.advance(start, [event("0 utility-a utility_lost")])
    (change,) = book.advance(start + 35 * SECOND, [replace(given, evidence=(seen,))])
    return change


def test_the_object_has_every_key_in_its_format(failed_transfer):
    """As other programs read it."""
    assert failed_transfer.to_json() == {
        "schema": "ridethrough.alarm/1",
        "time": "2026-03-01T14:32:35.000Z",
        "alarm_id": "dc/ats-a/ats_fail_to_transfer",
        "rev": 1,
        "incident": "20260301T143200Z-utility-a-utility_lost",
        "kind": "ats_fail_to_transfer",
        "subject": "ats-a",
        "point": None,
        "severity": "critical",
        "state": "unacknowledged",
        "active": True,
        "notify": True,
        "suppressed_by": None,
        "shelved_until": None,
        "onset": ["2026-03-01T14:32:34.000Z", "2026-03-01T14:32:35.000Z"],
        "cleared": None,
        "title": "ats-a did not transfer: gen-1 has been good for 25 s",
        "cause": "ats_fail_to_transfer@ats-a",
        "stage": "S5",
        "stage_margin_s": -12.0,
        "ride_through_s": -95.0,
        "loss_predicted": {"ups-a": "2026-03-01T14:37:40Z"},
        "evidence": [
            {
                "device": "ats-a",
                "quantity": "input.2.L1-L2.voltage",
                "value": 478.1,
                "unit": "V",
                "time": "2026-03-01T14:32:35.000Z",
            }
        ],
        "advice": failed_transfer.to_json()["advice"],
        "count": 1,
        "replay": True,
    }


def test_keys_stand_in_the_contracts_order(failed_transfer):
    """Readers of the journal find them where they look."""
    assert tuple(failed_transfer.to_json()) == KEYS


def test_keys_of_a_transfer_are_absent_where_there_is_none(book, event, start):
    """A sag has no stage."""
    (change,) = book.advance(start, [event("0 utility-a input voltage_sag")])
    assert list(change.to_json()) == [k for k in KEYS if not k.startswith(("stage", "ride", "loss"))]
    assert change.alarm_id == "dc/utility-a/voltage_sag/input"


def test_a_line_is_one_line_of_plain_json(failed_transfer):
    """It reads back as what it was, and has no line end in it."""
    line = failed_transfer.to_line()
    assert json.loads(line) == failed_transfer.to_json()
    assert "\n" not in line


@pytest.mark.parametrize("odd", [float("nan"), float("inf")])
def test_no_figure_is_not_a_number(book, event, start, odd):
    """JSON has no NaN: what is not known is left out, or null in evidence."""
    given = event("0 ats-a ats_open", ride_through_s=odd, stage_margin_s=odd)
    seen = Evidence("ats-a", "output.voltage", odd, start)
    (change,) = book.advance(start, [replace(given, evidence=(seen,))])
    found = json.loads(change.to_line(), parse_constant=pytest.fail)
    assert "ride_through_s" not in found
    assert "stage_margin_s" not in found
    assert found["evidence"][0]["value"] is None


def test_states_are_printed_by_name(book, event, start):
    """Evidence of a state carries the state's name."""
    seen = Evidence("ats-a", "input.source", "normal", start)
    (change,) = book.advance(start, [replace(event("0 ats-a ats_open"), evidence=(seen,))])
    assert change.to_json()["evidence"][0]["value"] == "normal"
    assert change.to_json()["evidence"][0]["unit"] == ""


def test_only_what_is_live_is_no_replay(site, event, start):
    """`replay` is what the book was made with."""
    for replay in (True, False):
        (change,) = Book(site, replay=replay).advance(start, [event("0 ats-a ats_open")])
        assert change.to_json()["replay"] is replay


def test_a_clear_says_since_when_and_how_long(book, event, start):
    """`cleared` is an interval like the onset, and the title says that it is over."""
    events = [event("0 gen-1 generator_fail_to_start"), event("90 gen-1 -generator_fail_to_start")]
    *_, change = book.advance(start + 90 * SECOND, events)
    assert change.to_json()["cleared"] == ["2026-03-01T14:33:29.000Z", "2026-03-01T14:33:30.000Z"]
    assert change.title == "over after 90 s: gen-1 did not start"


@pytest.mark.parametrize(
    ("state", "trigger"), [(s, t) for s in State for t in Trigger if (s, t) not in TRANSITIONS], ids=str
)
def test_what_the_table_does_not_have_is_no_transition(state, trigger):
    """Nothing clears that is not there, nothing is released that is not suppressed."""
    allowed = {
        Trigger.ONSET: {State.NORMAL, State.RETURNED},
        Trigger.CLEAR: {State.UNACKNOWLEDGED, State.SUPPRESSED},
        Trigger.SUPPRESS: {State.NORMAL, State.RETURNED, State.UNACKNOWLEDGED},
        Trigger.RELEASE: {State.SUPPRESSED},
    }
    assert state not in allowed[trigger]


def test_times_as_text(start):
    """ISO with milliseconds, whole seconds for predictions, compact for names, the site's hour for people."""
    assert iso(start + 1_999) == "2026-03-01T14:32:00.001Z"
    assert iso(0) == "1970-01-01T00:00:00.000Z"
    assert iso_second(start + 499_999) == "2026-03-01T14:32:00Z"
    assert iso_second(start + 500_000) == "2026-03-01T14:32:01Z"
    assert compact(start + 999_999) == "20260301T143200Z"
    assert local(start, "America/New_York") == "09:32:00 EST"
    assert local(start, "Nowhere/At_All") == "14:32:00 UTC"
    assert local(start + 7_999, "America/New_York", fine=True) == "09:32:00.007 EST"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (0.000_4, "0 s"),
        (0.052, "52 ms"),
        (-0.999_4, "999 ms"),
        (0.999_6, "1 s"),
        (1.34, "1.3 s"),
        (3.004, "3 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (25.2, "25 s"),
        (-119, "119 s"),
        (120, "2 min"),
        (250, "4 min 10 s"),
        (3600, "1 h"),
        (7500, "2 h 5 min"),
    ],
)
def test_durations_as_said(seconds, said):
    """As one would say it."""
    assert duration(round(seconds * SECOND)) == said


def test_the_keys_come_in_the_order_in_which_they_are_documented(failed_transfer):
    """Other programs are written after docs/mqtt.md."""
    page = (Path(__file__).parents[2] / "docs" / "mqtt.md").read_text(encoding="utf-8")
    table = page.split("| key | meaning |")[1].split("\n\n")[0]
    cells = [line.split(" | ")[0] for line in table.splitlines()]
    assert [name for cell in cells for name in cell.split("`")[1::2]] == list(failed_transfer.to_json())
