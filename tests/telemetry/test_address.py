"""Device addresses: what they mean, what is wrong with them, and that they show no secret."""

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.address import AUTH, PRIV, AddressError, ModbusAddress, SnmpAddress, check_keys, parse
from telemetry.site import Device


@pytest.fixture(autouse=True)
def no_keys(monkeypatch):
    for name in (
        "RIDETHROUGH_AUTH_KEY",
        "RIDETHROUGH_PRIV_KEY",
        "RIDETHROUGH_UPS_A_AUTH_KEY",
        "RIDETHROUGH_UPS_A_PRIV_KEY",
    ):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("url", "means"),
    [
        ("snmp://10.0.0.1?community=public", SnmpAddress("10.0.0.1", 161, "2c", "public")),
        ("snmp://ups-1.example:1161/?community=a&version=1", SnmpAddress("ups-1.example", 1161, "1", "a")),
        ("snmp://[2001:db8::1]:1161?community=a&version=2c", SnmpAddress("2001:db8::1", 1161, "2c", "a")),
        ("snmp://h?community=a%26b%3Dc%23d%25", SnmpAddress("h", 161, "2c", "a&b=c#d%")),
        ("snmp://h?community=a+b", SnmpAddress("h", 161, "2c", "a+b")),
        ("snmp://ups@h", SnmpAddress("h", 161, "3", user="ups")),
        ("snmp://ups@h?auth=md5", SnmpAddress("h", 161, "3", user="ups", auth="md5")),
        ("snmp://a%40b@h?auth=sha&priv=des&version=3", SnmpAddress("h", 161, "3", user="a@b", auth="sha", priv="des")),
        ("modbus://10.0.0.1/1", ModbusAddress("10.0.0.1", 502, 1)),
        ("modbus://[::1]:1502/255", ModbusAddress("::1", 1502, 255)),
        ("modbus://h/0", ModbusAddress("h", 502, 0)),
    ],
)
def test_every_form_of_the_contract_means_what_it_says(url, means):
    assert parse(url) == means


@pytest.mark.parametrize("auth", AUTH)
@pytest.mark.parametrize("priv", PRIV)
def test_every_way_of_authentication_and_privacy_is_known(auth, priv):
    address = parse(f"snmp://u@h?auth={auth}&priv={priv}")
    assert (address.auth, address.priv) == (auth, priv)


@pytest.mark.parametrize(
    ("url", "faults"),
    [
        ("snmp://h", ["neither a community", "nor a user"]),
        ("snmp://h?community=", ["neither a community"]),
        ("snmp://?community=a", ["no host"]),
        ("snmp://h:0?community=a", ["port 0"]),
        ("snmp://h:99999?community=a", ["1 to 65535"]),
        ("snmp://h:x?community=a", ["1 to 65535"]),
        ("snmp://h?community=a&version=4", ["version is '4'", "1 and 2c"]),
        ("snmp://h?community=a&version=3", ["user before the host"]),
        ("snmp://h?community=a&auth=sha", ["auth and priv need a user"]),
        ("snmp://u@h?community=a", ["which?"]),
        ("snmp://u@h?auth=sha3&priv=aes128", ["'sha3'", "sha256"]),
        ("snmp://u@h?auth=sha&priv=aes", ["'aes'", "aes128"]),
        ("snmp://u@h?priv=aes128", ["priv needs auth"]),
        ("snmp://u@h?version=2c&auth=sha", ["'2c'"]),
        ("snmp://h?community=a&community=b", ["twice"]),
        ("snmp://h?comunity=a", ["'comunity'", "community, version, auth, priv"]),
        ("snmp://h?community=a#b", ["%23"]),
        ("snmp://h/x?community=a", ["no path"]),
        ("snmp://a b?community=a", ["'a b'"]),
        ("snmp://[::1?community=a", ["cannot be read"]),
        ("modbus://h", ["the unit is missing"]),
        ("modbus://h/256", ["'256'", "0 to 255"]),
        ("modbus://h/1/2", ["'1/2'"]),
        ("modbus://h/one", ["'one'"]),
        ("modbus://u@h/1", ["no user"]),
        ("modbus://h/1?x=1", ["'x'"]),
        ("h", ["no scheme", "snmp:// and modbus://"]),
        ("http://h", ["http:", "snmp:// and modbus://"]),
        *((f"{scheme}://h/1", [scheme, "not built yet"]) for scheme in ("modbus+rtu", "modbus+tls", "nut")),
        ("modbus+serial:///dev/ttyS0/1?baud=9600", ["modbus+serial", "not built yet"]),
        ("", ["no scheme"]),
    ],
)
def test_a_wrong_address_says_what_was_expected(url, faults):
    with pytest.raises(AddressError) as told:
        parse(url)
    for fault in faults:
        assert fault in str(told.value)


def test_all_faults_are_told_at_once():
    with pytest.raises(AddressError) as told:
        parse("snmp://u:pw@h:99999?auth=x&priv=y&foo=1")
    for fault in ("password", "65535", "auth is 'x'", "priv is 'y'", "'foo'"):
        assert fault in str(told.value)


def test_a_password_in_the_url_is_refused_with_the_place_where_it_belongs():
    with pytest.raises(AddressError) as told:
        parse("snmp://ups:hunter2hunter2@h?auth=sha256")
    assert "RIDETHROUGH_AUTH_KEY" in str(told.value)
    assert "hunter2" not in str(told.value)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=40))
def test_whatever_stands_there_nothing_but_an_address_error_is_raised(text):
    for url in (text, f"snmp://{text}", f"snmp://h?{text}", f"modbus://h/{text}", f"snmp://{text}@h?community=c"):
        with suppress(AddressError):
            assert isinstance(parse(url), SnmpAddress | ModbusAddress)


HIDDEN = "s3cret-community"


@pytest.mark.parametrize(
    "url",
    [
        f"snmp://h?community={HIDDEN}",
        f"snmp://h:99999?community={HIDDEN}",
        f"snmp://u:{HIDDEN}@h?auth=sha",
        f"snmp://h?community={HIDDEN}&community={HIDDEN}",
        f"snmp://h/x?community={HIDDEN}#{HIDDEN}",
        f"snmp://{HIDDEN}@[::1?community={HIDDEN}",
    ],
)
def test_neither_address_nor_error_shows_a_secret(url):
    try:
        address = parse(url)
        shown = f"{address} {address!r} {address.place}"
    except AddressError as e:
        shown = str(e)
    assert not re.search("s3cret", shown)


def test_keys_come_from_the_devices_variable_then_its_file_then_the_general_variable(monkeypatch, tmp_path):
    url = "snmp://u@h?auth=sha256"
    file = tmp_path / "key"
    file.write_text("from-the-file\n")
    device = Device("ups-a", "ups", auth_key_file=str(file))
    monkeypatch.setenv("RIDETHROUGH_AUTH_KEY", "for-all-devices")
    assert parse(url).auth_key == "for-all-devices"
    assert parse(url, Device("ups-a", "ups")).auth_key == "for-all-devices"
    assert parse(url, device).auth_key == "from-the-file"
    monkeypatch.setenv("RIDETHROUGH_UPS_A_AUTH_KEY", "for-this-device")
    address = parse(url, device)
    assert address.auth_key == "for-this-device"
    assert "for-this-device" not in f"{address} {address!r}"


def test_a_missing_key_is_told_with_every_place_where_it_may_be():
    with pytest.raises(AddressError) as told:
        parse("snmp://u@h?auth=sha256", Device("ups-a", "ups"))
    for place in ("RIDETHROUGH_UPS_A_AUTH_KEY", "RIDETHROUGH_AUTH_KEY", "auth_key_file"):
        assert place in str(told.value)
    address = parse("snmp://u@h?auth=sha256")
    with pytest.raises(AddressError, match="RIDETHROUGH_AUTH_KEY"):
        check_keys(address)


def test_a_key_file_that_is_not_there_and_a_key_that_is_too_short_are_told(monkeypatch, tmp_path):
    url = "snmp://u@h?auth=sha256"
    with pytest.raises(AddressError, match=r"cannot be read from .*none: No such file"):
        parse(url, Device("ups-a", "ups", auth_key_file=str(tmp_path / "none")))
    monkeypatch.setenv("RIDETHROUGH_AUTH_KEY", "short")
    with pytest.raises(AddressError, match="too short") as told:
        parse(url)
    assert "short;" in str(told.value)
    assert "'short'" not in str(told.value)
