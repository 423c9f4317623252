"""When a utility is lost, by whose word, and when it is back."""

from detectors.event import EventKind

BASE = """
0 utility-1 input.L1-N.voltage 230; utility-1 input.L2-N.voltage 230; utility-1 input.L3-N.voltage 230
0 ats-a input.1.voltage 230
"""


def test_two_observers_in_one_tick_make_a_loss_at_once(stream):
    text = "10 utility-1 input.L2-N.voltage 100; ats-a input.1.voltage 0"
    made = stream(text, base=BASE, until=20)
    assert made.told("utility_lost") == ["10 +utility_lost utility-1"]
    event = made.events()[0]
    assert event.detail["observers"] == ("utility-1", "ats-a")
    assert event.magnitude == 0.0


def test_one_observer_that_another_contradicts_makes_none(stream):
    assert stream("10 ats-a input.1.voltage 0", base=BASE, until=20).told("utility_lost") == []


def test_the_only_observer_has_to_see_it_twice(stream):
    once = "10 utility-1 input.L1-N.voltage 50\n11 utility-1 input.L1-N.voltage 230"
    without = "ats-a input.1.voltage"
    assert stream(once, base=BASE, until=20, without=without).told() == []
    made = stream("10 utility-1 input.L1-N.voltage 50", base=BASE, until=20, without=without)
    assert made.told() == ["11 +utility_lost utility-1"]
    assert made.events()[0].onset == (made.block.times[9], made.block.times[10])


def test_a_held_sample_is_no_second_sample(stream):
    text = "10 utility-1 input.L1-N.voltage 50\n11 utility-1 input.L1-N.voltage =\n20 utility-1 input.L1-N.voltage 60"
    without = "ats-a input.1.voltage, utility-1 input.L2-N.voltage, utility-1 input.L3-N.voltage"
    assert stream(text, base=BASE, until=30, without=without).told() == ["20 +utility_lost utility-1"]


def test_an_observer_that_is_silent_contradicts_nobody(stream):
    text = "5 ats-a input.1.voltage -\n10 utility-1 input.L1-N.voltage 50"
    assert stream(text, base=BASE, until=20).told("utility_lost") == ["11 +utility_lost utility-1"]


def test_the_utility_is_back_when_it_has_been_above_95_percent_for_the_retransfer_delay(stream, site_text):
    site = site_text.replace('emergency = "gen-1"', 'emergency = "gen-1"\n[device.transfer]\nretransfer_delay = "30s"')
    text = """
    10 utility-1 input.L1-N.voltage 0; ats-a input.1.voltage 0
    20 utility-1 input.L1-N.voltage 212; ats-a input.1.voltage 212
    30 utility-1 input.L1-N.voltage 230; ats-a input.1.voltage 230
    50 utility-1 input.L1-N.voltage 210
    51 utility-1 input.L1-N.voltage 230
    """
    made = stream(text, base=BASE, site=site, until=120)
    assert made.told("utility_lost") == ["10 +utility_lost utility-1", "81 -utility_lost utility-1"]
    over = [e for e in made.events() if e.kind is EventKind.UTILITY_LOST][-1]
    assert over.ended == (made.block.times[50], made.block.times[51])


def test_a_utility_that_comes_back_low_but_usable_is_not_lost_for_ever(stream, site_text):
    """At 0.92 of nominal every switch goes back to it: after three retransfer delays a second loss is one of its own."""
    site = site_text.replace('emergency = "gen-1"', 'emergency = "gen-1"\n[device.transfer]\nretransfer_delay = "30s"')
    low = "utility-1 input.L1-N.voltage 212; ats-a input.1.voltage 212"
    text = f"""
    10 utility-1 input.L1-N.voltage 0; ats-a input.1.voltage 0
    20 {low}
    60 utility-1 input.L1-N.voltage 206
    70 {low}
    200 utility-1 input.L1-N.voltage 0; ats-a input.1.voltage 0
    """
    made = stream(text, base=BASE, site=site, until=220)
    assert made.told("utility_lost") == [
        "10 +utility_lost utility-1",
        "160 -utility_lost utility-1",
        "200 +utility_lost utility-1",
    ]
    over = next(e for e in made.events() if e.kind is EventKind.UTILITY_LOST and not e.active)
    assert over.ended == (made.block.times[69], made.block.times[70])


def test_a_utility_that_nobody_watched_has_to_be_steady_all_over_again(stream, site_text):
    site = site_text.replace('emergency = "gen-1"', 'emergency = "gen-1"\n[device.transfer]\nretransfer_delay = "30s"')
    text = """
    10 utility-1 input.L1-N.voltage 0; ats-a input.1.voltage 0
    20 utility-1 input.L1-N.voltage 230; ats-a input.1.voltage 230
    25 utility-1 input.L1-N.voltage -; utility-1 input.L2-N.voltage -; utility-1 input.L3-N.voltage -
    25 ats-a input.1.voltage -
    100 utility-1 input.L1-N.voltage 230; utility-1 input.L2-N.voltage 230; utility-1 input.L3-N.voltage 230
    """
    assert stream(text, base=BASE, site=site, until=150).told("utility_lost")[1:] == ["130 -utility_lost utility-1"]


def test_a_switch_behind_switchgear_is_no_witness_of_the_utility(stream, site_text):
    site = site_text.replace('normal = "utility-1"', 'normal = "main"') + (
        '\n[[device]]\nname = "main"\nkind = "switchgear"\nfed_by = "utility-1"\n'
    )
    text = "10 utility-1 input.L1-N.voltage 230; ats-a input.1.voltage 0"
    assert stream(text, base=BASE, site=site, until=20).told("utility_lost") == []


def test_a_switch_that_does_not_measure_its_normal_side_goes_by_the_utility(stream, lost):
    without = "ats-a input.1.voltage"
    assert "16 +no_start_command ats-a" in stream(lost, without=without).told()


def test_a_switch_that_only_says_good_or_bad_is_believed(stream, lost):
    text = "0 ats-a input.1.status good\n10 ats-a input.1.status bad\n" + lost
    assert "16 +no_start_command ats-a" in stream(text, without="ats-a input.1.voltage").told()


def test_between_drop_out_and_pick_up_a_switch_stays_as_it_is(stream, lost):
    text = lost + "12 ats-a input.1.voltage 200"
    assert "16 +no_start_command ats-a" in stream(text).told()
    never = "10 ats-a input.1.voltage 200"
    assert stream(never).told() == []
