"""Reading recorded walks."""

from device_profiles.walk import read_walk


def test_snmprec_gives_each_type_as_a_profile_sees_it() -> None:
    """Integers of every kind, text, hexadecimal text, OIDs and addresses; rows without a value are left out."""
    text = """# a comment
1.3.6.1.2.1.1.1.0|4|UPS | with a bar
.1.3.6.1.2.1.1.2.0|6|.1.3.6.1.4.1.99999
1.3.6.1.2.1.1.3.0|67|51
1.3.6.1.9.1.0|2|-4
1.3.6.1.9.2.0|65|4294967295
1.3.6.1.9.3.0|66|7
1.3.6.1.9.4.0|70|18446744073709551615
1.3.6.1.9.5.0|4x|3233300a
1.3.6.1.9.6.0|64|10.0.0.9
1.3.6.1.9.7.0|64x|0a000009
1.3.6.1.9.8.0|5|
1.3.6.1.9.9.0|2:numeric|min=1,max=2
1.3.6.1.9.10.0|4|
no row at all
1.3.6.1.9.3.0|66|8"""
    assert read_walk(text) == {
        "1.3.6.1.2.1.1.1.0": b"UPS | with a bar",
        "1.3.6.1.2.1.1.2.0": "1.3.6.1.4.1.99999",
        "1.3.6.1.2.1.1.3.0": 51,
        "1.3.6.1.9.1.0": -4,
        "1.3.6.1.9.2.0": 4294967295,
        "1.3.6.1.9.3.0": 8,
        "1.3.6.1.9.4.0": 18446744073709551615,
        "1.3.6.1.9.5.0": b"230\n",
        "1.3.6.1.9.6.0": "10.0.0.9",
        "1.3.6.1.9.7.0": "10.0.0.9",
        "1.3.6.1.9.10.0": b"",
    }


def test_snmpwalk_gives_the_same() -> None:
    """The text of `snmpwalk -On` reads as the same words would from a `.snmprec`."""
    text = """.1.3.6.1.2.1.1.1.0 = STRING: "UPS card
second line"
.1.3.6.1.2.1.1.2.0 = OID: .1.3.6.1.4.1.99999
.1.3.6.1.2.1.1.3.0 = Timeticks: (51) 0:00:00.51
.1.3.6.1.9.1.0 = INTEGER: -4
.1.3.6.1.9.1.1 = INTEGER: onBattery(3)
.1.3.6.1.9.1.2 = INTEGER: 1216 0.1 Volts
.1.3.6.1.9.3.0 = Gauge32: 7
.1.3.6.1.9.4.0 = Counter64: 18446744073709551615
.1.3.6.1.9.5.0 = Hex-STRING: 32 33 30 0A
.1.3.6.1.9.6.0 = IpAddress: 10.0.0.9
.1.3.6.1.9.7.0 = NULL
.1.3.6.1.9.8.0 = No Such Instance currently exists at this OID
.1.3.6.1.9.10.0 = ""
"""
    assert read_walk(text) == {
        "1.3.6.1.2.1.1.1.0": b"UPS card\nsecond line",
        "1.3.6.1.2.1.1.2.0": "1.3.6.1.4.1.99999",
        "1.3.6.1.2.1.1.3.0": 51,
        "1.3.6.1.9.1.0": -4,
        "1.3.6.1.9.1.1": 3,
        "1.3.6.1.9.1.2": 1216,
        "1.3.6.1.9.3.0": 7,
        "1.3.6.1.9.4.0": 18446744073709551615,
        "1.3.6.1.9.5.0": b"230\n",
        "1.3.6.1.9.6.0": "10.0.0.9",
        "1.3.6.1.9.10.0": b"",
    }


def test_a_row_without_an_oid_is_left_out() -> None:
    """Comments, names in place of numbers, half a line: what follows is read all the same."""
    text = "# a comment\nsysDescr.0|4|x\n1|2|3\n.1.3.x|2|3\n|2|3\n1.3.6.1.2.1.1.3.0|67|51\n"
    assert read_walk(text) == {"1.3.6.1.2.1.1.3.0": 51}


def test_a_point_that_is_there_for_display_is_taken_out_again() -> None:
    """With a MIB at hand snmpwalk shows 230 as 23.0; what was on the wire was 230."""
    text = ".1.3.6.1.9.1.0 = INTEGER: 23.0\n.1.3.6.1.9.2.0 = INTEGER: -0.4 degrees\n.1.3.6.1.9.3.0 = INTEGER: on(2)\n"
    assert read_walk(text) == {"1.3.6.1.9.1.0": 230, "1.3.6.1.9.2.0": -4, "1.3.6.1.9.3.0": 2}
