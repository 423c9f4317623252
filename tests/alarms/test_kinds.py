"""The kinds table: complete, consistent, and modest in what it tells people to do."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from alarms import titles
from alarms.advice import advise
from alarms.entry import by_ride_through
from alarms.facts import Facts
from alarms.kind import Blame, Severity
from alarms.kinds import KINDS, PRECEDENCE, delays, silenced_by
from alarms.page import render
from detectors.event import EventKind
from telemetry.block import SECOND

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "alarms.md"
EACH = pytest.mark.parametrize("kind", KINDS.values(), ids=lambda k: k.name)

# Acts upon the plant, as an instruction would name them. Advice is no instruction: no protection relay is reset,
# nothing is bypassed, energised or operated on this program's word.
ACTS = re.compile(
    r"\b(re-?set(ting)?|bypass(ing)?|(re-?|de-?)?energi[sz](e|ing)|operat(e|ing)|re-?clos(e|ing)|"
    r"throw|crank it|override|overrid(e|ing)|force|forcing|isolate|disconnect|unplug|rack (in|out)|trip it|"
    r"(close|open|turn|move|flip) (the |a )?(breaker|switch|contactor|isolator|relay|main)|"
    r"switch (to|over|back|on|off|it|the)|start the|stop the|transfer (to|it|the|back)|retransfer|"
    r"put .* (in|into|to) (auto|manual|off|service))\b",
    re.IGNORECASE,
)


def facts(site, kind, subject="ats-a", **detail):
    return Facts(
        site=site,
        subject=subject,
        point=None,
        time=10 * SECOND,
        onset=(SECOND, 2 * SECOND),
        magnitude=0.5,
        confirmed=True,
        count=1,
        evidence=(),
        detail=detail,
    )


def test_every_kind_that_a_detector_finds_has_a_row():
    """A detector cannot find what nobody could explain, and no kind is explained that nothing finds."""
    assert set(KINDS) == {kind.value for kind in EventKind}


@EACH
def test_no_advice_and_no_meaning_tells_anyone_to_act_upon_the_plant(kind, site):
    """Advice names what to look at, whom to call and the site's own procedure."""
    for line in (kind.meaning, *advise(kind, facts(site, kind))):
        assert not ACTS.search(line), f"{kind.name}: {line}"


@pytest.mark.parametrize(
    "line",
    [
        "Reset the 86 relay.",
        "Bypass the UPS.",
        "Re-energise the bus.",
        "Operate the switch by hand.",
        "Close the breaker.",
        "Put the switch in manual.",
        "Switch to the generator.",
        "Start the generator.",
    ],
)
def test_the_scan_finds_an_act(line):
    """The scan above can fail."""
    assert ACTS.search(line)


@EACH
@pytest.mark.parametrize("subject", ["ats-a", "ups-a", "gen-1", "utility-a", "row-1", "somewhere"])
def test_a_title_needs_no_detail(kind, subject, site):
    """A detector that knows little still gives a line with the subject in it and nothing unfilled, and no act."""
    title = kind.title(facts(site, kind, subject))
    assert subject in title
    assert not re.search(r"None|nan|\{|\}|  |: *$", title)
    assert not ACTS.search(title), title


@EACH
def test_a_title_survives_details_of_the_wrong_type(kind, site):
    """Whatever a detail holds, the alarm is told."""
    sources = Path(titles.__file__).parent.glob("*.py")
    keys = {
        key for source in sources for key in re.findall(r"""["']([a-z0-9_]+)["']""", source.read_text(encoding="utf-8"))
    }
    assert "source_good_s" in keys
    for odd in (None, float("nan"), float("inf"), True, "", (), {}, [1], 3):
        assert kind.title(facts(site, kind, **dict.fromkeys(keys, odd)))


@EACH
def test_limits_and_advice_are_there(kind):
    """`explain` has something to say: what decides, where that comes from, what to look at."""
    assert kind.meaning.endswith(".")
    assert kind.limits
    assert all(limit.figure and limit.basis for limit in kind.limits)
    assert kind.advice
    assert all(line.endswith((".", "?")) for line in kind.advice)


@EACH
def test_silences_name_kinds_and_come_before_what_they_silence(kind):
    """Within a tick a cause is always dealt with before what it silences."""
    for child in kind.silences:
        assert PRECEDENCE[kind.name] < PRECEDENCE[child] or child == kind.name


@EACH
def test_what_failed_is_never_silenced(kind):
    """A missed stage, a trip or a lockout is never suppressed."""
    if kind.blame is Blame.FAILED:
        assert silenced_by(kind.name) == ()


def test_every_cause_is_itself_told():
    """`suppressed_by` has to lead to something that the NOC has."""
    assert all(kind.worst.notifies for kind in KINDS.values() if kind.silences)


def test_holds_are_short():
    """A cause gets at most five seconds to show."""
    assert max(kind.hold for kind in KINDS.values()) <= 5 * SECOND


def test_the_site_overrides_delays(site):
    """[limits.KIND] wins, key by key."""
    assert delays("comms_lost", site) == (20 * SECOND, KINDS["comms_lost"].off_delay)
    assert delays("comms_lost", None) == (KINDS["comms_lost"].on_delay, KINDS["comms_lost"].off_delay)
    assert delays("voltage_sag", site) == (0, 30 * SECOND)


def test_advice_names_place_contact_and_procedure(site):
    """A device's own contact comes before the site's; what the site file does not say is left out."""
    kind = KINDS["ats_open"]
    assert advise(kind, facts(site, kind, "ats-a"))[-3:] == (
        "ats-a is at: switch room",
        "Call: Facilities on call, 555-0100",
        "The site's procedure: binder 7, tab 3",
    )
    assert advise(kind, facts(site, kind, "ups-a"))[-1] == "Call: UPS service, 555-0101"
    nobody = replace(site, contacts=())
    assert advise(kind, facts(nobody, kind, "gen-1")) == kind.advice


def test_titles_carry_names_and_numbers(site):
    """What is known is said, as one would say it."""
    f = facts(site, KINDS["ats_fail_to_transfer"], source_good_s=25.2)
    assert KINDS["ats_fail_to_transfer"].title(f) == "ats-a did not transfer: gen-1 has been good for 25 s"
    f = facts(site, KINDS["load_loss_predicted"], "ups-a", loss_predicted={"ups-a": 85 * SECOND}, because="locked_out")
    assert KINDS["load_loss_predicted"].title(f) == (
        "ups-a loses power at 19:01:25 EST, in 75 s: neither source can feed"
    )
    f = facts(site, KINDS["utility_lost"], "utility-a", observers=("ats-a", "ats-b", "meter-1"))
    assert KINDS["utility_lost"].title(f) == "utility-a is lost since 19:00:02 EST, seen by ats-a, ats-b and meter-1"


def test_severities_compare_by_how_bad_they_are():
    """Not by the alphabet."""
    assert sorted(Severity, key=lambda s: s.rank) == ["info", "warning", "minor", "major", "critical"]


@pytest.mark.parametrize(
    ("seconds", "severity"),
    [(180.1, "minor"), (180, "major"), (0, "major"), (-0.1, "critical")],
)
def test_ride_through_sets_the_severity(seconds, severity):
    """Above 3 min minor, to 0 major, below critical."""
    assert by_ride_through(seconds) == severity


def test_the_page_is_current(request):
    """docs/alarms.md says what the table says; `make golden` writes it."""
    if request.config.getoption("--golden", default=False):
        PAGE.write_text(render(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == render(), "docs/alarms.md is out of date: run `make golden`"


def test_a_loss_that_did_not_come_is_not_told_with_the_time_left(site):
    """Neither when the prediction is over, nor when its time has passed without word from the UPS."""
    kind = KINDS["load_loss_predicted"]
    foretold = facts(site, kind, "ups-a", loss_predicted={"ups-a": 190 * SECOND}, because="stage_missed")
    assert ", in 3 min: the transfer" in kind.title(foretold)
    for said in (replace(foretold, over=True), replace(foretold, time=400 * SECOND)):
        assert kind.title(said).startswith("ups-a was to lose power at ")
        assert ", in " not in kind.title(said)


def test_a_generator_that_ran_is_not_said_to_have_never_started(site):
    """The same kind, in other words."""
    kind = KINDS["generator_fail_to_start"]
    assert kind.title(facts(site, kind, "gen-1", ran=True, since_start_s=90.0)) == "gen-1 ran, and has stopped"


def test_a_device_that_was_never_heard_is_not_said_to_have_been(site):
    """Down since before the watch began, or wrongly set up: there is no time at which it was last heard."""
    heard = facts(site, KINDS["comms_lost"], "pdu-a1")
    assert "last heard at" in KINDS["comms_lost"].title(heard)
    never = KINDS["comms_lost"].title(replace(heard, onset=(2 * SECOND, 2 * SECOND)))
    assert "last heard" not in never
    assert "has not answered yet" in never
