"""What a UPS does after faults, switching off, tests; what it tells."""

import pytest

from ups_bench import DEAD, GOOD, LOAD, NEEDED, RATING, Bench, Bucket, level, with_bypass


def test_it_counts_the_seconds_on_battery():
    bench = Bench()
    bench.source = DEAD
    bench.run(12)
    assert bench.ups.seconds_on_battery == pytest.approx(12)
    bench.source = GOOD
    bench.run(16)
    assert bench.state == "online"
    assert bench.ups.seconds_on_battery == 0


def test_a_failed_static_switch_is_a_dead_output_while_all_else_is_well():
    bench = with_bypass()
    bench.set("fault", "static_switch")
    bench.step()
    assert bench.state == "off"
    assert bench.output == 0
    assert bench.input_power > 0
    assert bench.ups.accepted
    bench.run(120)
    assert bench.output == 0
    bench.set("fault", "none")
    bench.run(1)
    assert bench.state == "online"


def test_switched_off_it_stays_off_until_switched_on():
    bench = with_bypass()
    bench.set("off", True)
    bench.run(100, dt=1)
    assert (bench.state, bench.output, bench.input_power) == ("off", 0, 0)
    assert not bench.ups.emergency_off
    bench.set("off", False)
    bench.step()
    assert bench.state == "online"


def test_after_an_emergency_stop_a_person_restarts_it():
    bench = with_bypass(battery=Bucket(room=1e6))
    assert bench.battery.taken > 0
    bench.set("emergency_off", True)
    bench.step()
    assert (bench.state, bench.output, bench.input_power) == ("off", 0, 0)
    assert bench.ups.emergency_off
    assert bench.battery.taken == 0
    bench.set("restart", True)
    bench.run(100, dt=1)
    assert bench.output == 0
    bench.set("emergency_off", False)
    bench.run(100, dt=1)
    assert bench.output == 0
    bench.set("restart", True)
    bench.step()
    assert bench.state == "online"


def test_a_person_may_start_it_before_its_time():
    bench = Bench(battery=Bucket(stored=NEEDED))
    bench.source = DEAD
    bench.run(5)
    bench.source = bench.bypass = GOOD
    bench.run(1)
    assert bench.state == "off"
    bench.set("restart", True)
    bench.step()
    assert bench.output == pytest.approx(1.0)


def test_a_test_has_the_battery_carry_the_load_for_a_while():
    bench = with_bypass(battery=Bucket(room=1e6))
    assert bench.test_result == "none"
    bench.set("test", True)
    bench.step()
    assert (bench.state, bench.test_result, bench.input_power) == ("test", "in_progress", 0)
    assert bench.battery.given == pytest.approx(NEEDED)
    assert bench.battery.taken == 0
    assert bench.seconds_until(lambda: bench.state == "online") == pytest.approx(10, abs=0.2)
    assert bench.test_result == "passed"
    assert bench.input_power > 0


@pytest.mark.parametrize("cause", ["empties", "path", "open"])
def test_a_battery_that_fails_its_test_does_not_drop_the_load(cause):
    bench = with_bypass(battery=Bucket(stored=3.05 * NEEDED))
    if cause == "path":
        bench.set("fault", "battery_path")
    elif cause == "open":
        bench.battery.breaker[:] = 0
    bench.set("test", True)
    for _ in range(100):
        bench.step()
        assert bench.output == pytest.approx(1.0)
        assert bench.ups.load == pytest.approx(LOAD)
    assert (bench.state, bench.test_result) == ("online", "failed")


def test_an_outage_ends_a_test():
    bench = with_bypass()
    bench.set("test", True)
    bench.run(3)
    bench.source = DEAD
    bench.step()
    assert (bench.state, bench.test_result) == ("on_battery", "aborted")


def test_it_is_quiet_only_while_nothing_runs_out():
    bench = with_bypass()
    assert bench.ups.quiet
    bench.source = DEAD
    bench.step()
    assert not bench.ups.quiet
    bench.step()
    assert bench.ups.quiet
    bench.battery.stored[:] = 10 * NEEDED
    bench.step()
    assert not bench.ups.quiet
    bench.battery.stored[:] = 1_000 * NEEDED
    bench.source = GOOD
    bench.run(14)
    assert not bench.ups.quiet
    bench.run(3)
    assert bench.ups.quiet
    bench.load = 1.2 * RATING
    bench.run(570, dt=1)
    assert bench.ups.quiet
    bench.run(25, dt=1)
    assert not bench.ups.quiet


def test_it_is_not_quiet_before_it_comes_on_again():
    bench = with_bypass(battery=Bucket(stored=NEEDED))
    bench.source = bench.bypass = DEAD
    bench.run(10)
    assert bench.ups.quiet
    bench.source = GOOD
    bench.run(40)  # the rectifier has walked in long since, and the minute is not over soon
    assert bench.ups.quiet
    bench.run(15)
    assert not bench.ups.quiet
    bench.set("off", True)
    bench.run(1)
    assert bench.ups.quiet


def test_it_is_not_quiet_before_it_comes_back_from_bypass():
    bench = with_bypass()
    bench.set("fault", "inverter")
    bench.run(10)
    assert bench.ups.quiet
    bench.set("fault", "none")
    bench.run(1)
    assert not bench.ups.quiet


def test_it_is_not_quiet_before_it_goes_to_eco_nor_before_it_parts_from_a_sag():
    eco, slow = with_bypass(), with_bypass(isolation_delay=5.0)
    eco.set("eco", True)
    eco.run(1)
    assert not eco.ups.quiet
    eco.run(70)
    assert eco.ups.quiet
    slow.source = level(0.5)
    slow.run(2)
    assert not slow.ups.quiet
    slow.run(4)
    assert slow.ups.quiet


def test_its_words_tell_themselves():
    words = [word for words, _ in Bench().ups.watched.values() for word in words]
    assert len(words) == len(set(words))
    assert {"on_battery", "lost", "bypass_locked", "source_refused", "output_dead", "overloaded"} <= set(words)


@pytest.mark.parametrize(("key", "value"), [("fault", "smoke"), ("off", 1), ("test", False), ("volume", 11)])
def test_a_setting_that_it_does_not_have_is_refused(key, value):
    with pytest.raises(ValueError, match="a UPS has fault"):
        Bench().set(key, value)
