"""Reads a recorded SNMP walk: what an agent answered, as text of two common forms.

- snmpsim's `.snmprec`: `1.3.6.1.2.1.1.3.0|67|51` (type tags are those of BER; `4x` is an octet string in hex)
- `snmpwalk -On`: `.1.3.6.1.2.1.1.3.0 = Timeticks: (51) 0:00:00.51`

Rows without a value (Null, "No Such Object") and rows that an snmpsim variation module would make up are left out.
"""

import re
from collections.abc import Iterator

# As an agent's words reach a profile: integers of all kinds as int, octet strings as bytes, OIDs and IP addresses as str.
Walk = dict[str, int | bytes | str]

_INTEGERS = {"2", "65", "66", "67", "70"}
_OID = re.compile(r"\d{1,10}(?:\.\d{1,10})+")
_WALKED = re.compile(r"\.?(\d+(?:\.\d+)+) = (.*)")
_INTEGER = re.compile(
    r"(?:INTEGER|Gauge32|Counter32|Counter64|UInteger32): (?:[^\s()]+\()?(-?\d+)(?:\.(\d+))?(?![\d.]).*"
)
_TICKS = re.compile(r"Timeticks: \((\d+)\).*")
_OBJECT = re.compile(r"(?:OID|IpAddress): \.?(.*)")
_HEX = re.compile(r"Hex-STRING: ([0-9A-Fa-f\s]*)")
_STRING = re.compile(r'(?:STRING: )?"?(.*?)"?', re.DOTALL)


def read_walk(text: str) -> Walk:
    """What the agent answered, by numeric OID without a leading dot; the last of a doubled OID stands.

    Args:
        text: of a `.snmprec` file or of `snmpwalk -On`
    """
    if re.search(r"^\.?[\d.]+ = ", text, re.MULTILINE):
        return dict(_from_snmpwalk(text))
    return dict(_from_snmprec(text))


def _from_snmprec(text: str) -> Iterator[tuple[str, int | bytes | str]]:
    for line in text.split("\n"):
        oid, _, rest = line.rstrip("\r").partition("|")
        tag, _, value = rest.partition("|")
        oid = oid.strip().lstrip(".")
        if not _OID.fullmatch(oid):  # a comment, an empty line, what else stands in a file
            continue
        if tag in _INTEGERS and re.fullmatch(r"-?\d+", value.strip()):
            yield oid, int(value)
        elif tag == "4":
            yield oid, value.encode()
        elif tag in {"4x", "64x"} and re.fullmatch(r"(?:[0-9A-Fa-f]{2})*", value.strip()):
            octets = bytes.fromhex(value.strip())
            yield oid, octets if tag == "4x" else ".".join(map(str, octets))
        elif tag in {"6", "64"}:
            yield oid, value.strip().lstrip(".")


def _from_snmpwalk(text: str) -> Iterator[tuple[str, int | bytes | str]]:
    rows: list[tuple[str, str]] = []
    for line in text.split("\n"):
        if match := _WALKED.fullmatch(line.rstrip("\r")):
            rows.append((match[1], match[2]))
        elif rows:  # a string of several lines
            rows[-1] = (rows[-1][0], f"{rows[-1][1]}\n{line}")
    for oid, given in rows:
        value = given.rstrip("\n")
        if value == "NULL" or value.startswith("No "):
            continue
        if match := _INTEGER.fullmatch(value):
            # A point is put there for display (DISPLAY-HINT d-1): 230 is shown as 23.0.
            yield oid, int(match[1] + (match[2] or ""))
        elif match := _TICKS.fullmatch(value):
            yield oid, int(match[1])
        elif match := _OBJECT.fullmatch(value):
            yield oid, match[1]
        elif match := _HEX.fullmatch(value):
            yield oid, bytes.fromhex(match[1])
        elif match := _STRING.fullmatch(value):
            yield oid, match[1].encode()
