"""Site files: every fault at once, each with its key; and what a sound one becomes."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.block import SECOND
from telemetry.oneline import OneLine
from telemetry.site import MINUTE, Limits, Load, Maintenance, Mqtt, TransferSettings
from telemetry.site_duration import parse_duration
from telemetry.site_file import Fault, SiteError, SiteUnreadableError, load_site, parse_site
from telemetry.site_schema import KEYS

CASES = sorted((Path(__file__).parent.parent / "sites").iterdir())
EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "site.toml"
SOUND = """
[site]
name = "dc"
nominal_voltage = 277
[[device]]
name = "u"
kind = "utility"
[[device]]
name = "g"
kind = "generator"
nominal_frequency = 60
[[device]]
name = "ats"
kind = "transfer_switch"
normal = "u"
emergency = "g"
[[device]]
name = "ups-a"
kind = "ups"
fed_by = "ats"
nominal_voltage = 240
"""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_faulty_site_file_is_told_in_these_words(case: Path):
    """tests/sites/<flaw>/site.toml gives exactly the faults of expected.txt, in the order of the file."""
    expected = (case / "expected.txt").read_text().splitlines()
    with pytest.raises((SiteError, SiteUnreadableError)) as e:
        parse_site((case / "site.toml").read_text(), "site.toml")
    if isinstance(e.value, SiteError):
        assert [str(fault) for fault in e.value.faults] == expected
    else:
        assert str(e.value).startswith(expected[0])  # how the parser goes on differs between releases of Python


def test_five_different_faults_are_reported_with_their_five_keys_in_one_go():
    """A wrong kind, a wrong duration, an unknown key, a wrong reference and a doubled name."""
    text = next(case for case in CASES if case.name == "five-at-once").joinpath("site.toml").read_text()
    with pytest.raises(SiteError) as e:
        parse_site(text, "site.toml")
    assert [fault.key for fault in e.value.faults] == [
        "device[1] gen-1.kind",
        "device[2] ats-a.transfer.crank_limit",
        "device[3] ups-a.intervall",
        "device[3] ups-a.fed_by",
        "load[0] ups-a.name",
    ]
    assert str(e.value).startswith("site.toml has 5 faults:\n  device[1] gen-1.kind: found 'genrator', expected one of")


def test_a_file_that_cannot_be_read_is_told_apart_from_faults(tmp_path):
    """Missing, a folder, no UTF-8 and no TOML are one class of error, none of them a list of faults."""
    (tmp_path / "latin.toml").write_bytes(b'[site]\nname = "dc"\n# caf\xe9\n')
    (tmp_path / "broken.toml").write_text('[site]\nname = "dc"\n[[device]\n')
    for name, said in (
        ("absent.toml", "cannot be read: No such file"),
        (".", "cannot be read: Is a directory"),
        ("latin.toml", "line 3: is no text in UTF-8"),
        ("broken.toml", "line 3, column 9: is no TOML"),
    ):
        with pytest.raises(SiteUnreadableError) as e:
            load_site(tmp_path / name)
        assert said in str(e.value)
        assert str(tmp_path) in str(e.value)
        assert not isinstance(e.value, SiteError)


def test_a_byte_order_mark_is_no_fault(tmp_path):
    """Some editors put one at the beginning."""
    (tmp_path / "site.toml").write_text(SOUND, encoding="utf-8-sig")
    assert load_site(tmp_path / "site.toml").name == "dc"


# What a sound file becomes


def test_nominal_values_come_down_from_the_site_to_the_device_and_its_output():
    """Device before site; the output's is the device's own where it has none."""
    site = parse_site(SOUND.replace('name = "ups-a"', 'name = "ups-a"\nnominal_output_voltage = 120'), "s")
    assert [(d.nominal_voltage, d.nominal_output_voltage) for d in site.devices] == [
        (277, 277),
        (277, 277),
        (277, 277),
        (240, 120),
    ]
    assert [d.nominal_frequency for d in site.devices] == [50, 60, 50, 50]
    assert parse_site(SOUND, "s").device("ups-a").nominal_output_voltage == 240


def test_transfer_settings_come_from_the_switch_then_the_site_then_the_standard():
    """Each key by itself."""
    text = SOUND.replace('emergency = "g"', 'emergency = "g"\n[device.transfer]\ncrank_limit = "60s"\npickup = 0.95')
    text += '[transfer]\ncrank_limit = "45s"\nneutral_delay = "2s"\n'
    assert parse_site(text, "s").device("ats").transfer == TransferSettings(
        crank_limit=60 * SECOND, neutral_delay=2 * SECOND, pickup=0.95
    )
    assert parse_site(SOUND, "s").device("ats").transfer == TransferSettings()


def test_the_poll_interval_is_the_tick_where_a_device_has_none():
    """And the tick is a second where the site has none."""
    text = SOUND.replace("[site]", '[site]\ntick = "2s"').replace('name = "u"', 'name = "u"\ninterval = "10s"')
    assert [d.interval // SECOND for d in parse_site(text, "s").devices] == [10, 2, 2, 2]
    assert parse_site(SOUND, "s").tick == SECOND


def test_a_device_with_an_address_and_no_profile_is_recognised_by_itself():
    """Such a profile is "auto"; without an address there is none."""
    site = parse_site(SOUND.replace('name = "g"', 'name = "g"\naddress = "modbus://10.0.0.1/1"'), "s")
    assert [d.profile for d in site.devices] == [None, "auto", None, None]


def test_limits_are_kept_for_whoever_knows_the_kinds():
    """Telemetry knows no alarms: any kind's name passes, its keys are checked."""
    site = parse_site(SOUND + '[limits.no_such_kind]\nlimit = 0.8\noff_delay = "1.5s"\n', "s")
    assert site.limits == {"no_such_kind": Limits(limit=0.8, off_delay=1_500_000)}


def test_relative_paths_are_taken_from_the_files_folder(tmp_path):
    """So that a service finds them whatever folder it is started in; absolute ones stay."""
    (tmp_path / "site.toml").write_text(
        SOUND.replace('name = "ups-a"', 'name = "ups-a"\nauth_key_file = "a.key"')
        + '[mqtt]\nurl = "mqtt://127.0.0.1"\nca_file = "/etc/ca.pem"\n[recording]\npath = "r"\n'
    )
    site = load_site(tmp_path / "site.toml")
    assert site.device("ups-a").auth_key_file == str(tmp_path / "a.key")
    assert site.mqtt.ca_file == "/etc/ca.pem"
    assert site.recording_path == str(tmp_path / "r")


@pytest.mark.parametrize(
    "url", ["mqtts://noc.example", "mqtt://localhost:1883", "mqtt://127.0.0.1", "mqtt://[::1]:1883"]
)
def test_commands_are_allowed_over_tls_or_on_this_host_with_a_login(url: str):
    """The two ways that are safe."""
    text = SOUND + f'[mqtt]\nurl = "{url}"\ncommands = true\nusername = "noc"\n'
    assert parse_site(text, "s").mqtt == Mqtt(url, commands=True, username="noc")


def test_a_long_chain_of_devices_is_no_fault():
    """Checks do not run out of stack on a deep site."""
    chain = "".join(f'[[device]]\nname = "p{i}"\nkind = "pdu"\nfed_by = "p{i + 1}"\n' for i in range(2000))
    site = parse_site(f'[site]\nname = "dc"\n{chain}[[device]]\nname = "p2000"\nkind = "utility"\n', "s")
    assert len(site.devices) == 2001


# The annotated example


def test_the_example_is_sound_and_says_what_its_comments_say():
    """examples/site.toml is the manual: it loads, and its values are those that it explains."""
    site = load_site(EXAMPLE)
    assert (site.name, site.tick, site.nominal_voltage, site.host_fed_by) == ("dc-example", SECOND, 277, "ups-a")
    assert site.drill_every == 30 * 24 * 60 * MINUTE
    switch = site.device("ats-a")
    assert (switch.normal, switch.emergency, switch.needs) == ("utility-a", ("gen-1", "gen-2"), 1)
    assert switch.transfer == TransferSettings(accept_within=15 * SECOND)
    assert site.device("meter-7").measures_point == "output"
    assert site.loads == (Load("row-1", ("pdu-a1",), 6 * MINUTE),)
    assert site.maintenance == (Maintenance(("gen-2",), 1_796_090_400 * SECOND, 1_796_104_800 * SECOND),)
    assert OneLine(site).sources("row-1") == ("utility-a", "gen-1", "gen-2")


def test_the_example_says_everything_that_a_site_file_can_say():
    """No key is left out of the manual."""
    keys = {key.rstrip("_") for table in KEYS.values() for key in table}
    assert [key for key in sorted(keys) if not re.search(rf"\b{key}\b", EXAMPLE.read_text())] == []


# Durations


@given(st.integers(0, 10**9), st.sampled_from(["ms", "s", "m", "h"]))
def test_a_duration_is_exact(number: int, unit: str):
    """Whole numbers of any unit, in microseconds."""
    if number * {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000}[unit] > 10**12:
        number %= 1000
    expected = number * {"ms": 1000, "s": SECOND, "m": MINUTE, "h": 60 * MINUTE}[unit]
    assert parse_duration(f"{number}{unit}") == expected


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [("1.5h", 5_400_000_000), ("0.1s", 100_000), ("250ms", 250_000), ("30d", 2_592_000_000_000)],
)
def test_parts_of_a_unit_are_exact_too(text: str, microseconds: int):
    """0.1 s is 100,000 µs, with no trace of binary fractions."""
    assert parse_duration(text) == microseconds


@pytest.mark.parametrize(
    "text", [3, 3.5, True, None, "", "3", "s", "-3s", "+3s", "3 s", "3S", "1m30s", "1e3s", ".5s", "٣s"]
)
def test_what_is_no_duration_is_told_what_one_is(text: object):
    """A number without its unit is the usual slip."""
    with pytest.raises(ValueError, match='expected a duration with its unit, such as "250ms", "3s"'):
        parse_duration(text)


def test_a_fault_reads_as_key_and_message():
    """The form of the contract."""
    assert str(Fault("device[3] ups-a.fed_by", "found 'x'")) == "device[3] ups-a.fed_by: found 'x'"
