"""APC's devices: which side of a rack switch is the normal one, and a card that speaks two MIBs."""

from pathlib import Path

import pytest

from device_profiles import library
from device_profiles.walk import Walk, read_walk
from telemetry.block import Quality
from telemetry.decode import decode
from telemetry.reading import RawAnswer

CASES = Path(__file__).parent.parent / "profiles"
PREFERRED = "1.3.6.1.4.1.318.1.1.8.4.2.0"  # atsConfigPreferredSource

SIDED = {"input.source", *(f"input.{side}.{what}" for side in (1, 2) for what in ("status", "voltage", "frequency"))}


def _walk(case: str) -> Walk:
    return read_walk((CASES / case / "walk.snmprec").read_text(encoding="utf-8"))


def _read(profile: str, raw: RawAnswer, known: RawAnswer | None = None) -> dict[str, float | Quality]:
    """Each quantity's value, or its quality where there is none."""
    return {
        v.quantity: v.value if v.quality is Quality.GOOD else v.quality
        for v in decode(library.load(profile), raw, known)
    }


@pytest.mark.parametrize("case", ["apc-rack-switch", "apc-rack-switch-prefers-b", "apc-rack-switch-prefers-none"])
def test_a_switch_whose_preference_is_not_answered_says_nothing_of_either_side(case: str) -> None:
    """Which supply is the normal one is not known for that poll; what does not depend on it is read."""
    known = _walk(case)
    lost = {oid: word for oid, word in known.items() if oid != PREFERRED}
    read = _read("apc/rack-switch", lost, known)
    assert {read[quantity] for quantity in SIDED} == {Quality.MISSING}
    assert read["output.voltage"] == _read("apc/rack-switch", known)["output.voltage"]


@pytest.mark.parametrize("preference", [0, 4, -1, b"A"])
def test_a_preference_that_is_none_names_no_side(preference: int | bytes) -> None:
    """A word that the MIB does not have for it turns nothing round, and leaves nothing as it would be."""
    known = _walk("apc-rack-switch-prefers-b")
    read = _read("apc/rack-switch", {**known, PREFERRED: preference}, known)
    assert not SIDED & {quantity for quantity, value in read.items() if not isinstance(value, Quality)}


def test_a_change_of_preference_turns_the_sides_round() -> None:
    """The same supplies by the other preference: what was the normal side is the emergency side."""
    known = _walk("apc-rack-switch-prefers-b-lost")
    b, a = (_read("apc/rack-switch", {**known, PREFERRED: preference}, known) for preference in (2, 1))
    for what in ("status", "voltage"):
        assert (a[f"input.1.{what}"], a[f"input.2.{what}"]) == (b[f"input.2.{what}"], b[f"input.1.{what}"])
    assert a["input.source"] != b["input.source"]


def test_a_card_with_two_mibs_says_the_same_in_both() -> None:
    """What a Smart-UPS gives by PowerNet and by the UPS-MIB agrees within the coarser one's resolution."""
    raw = _walk("apc-ups-both-mibs")
    powernet, standard = (_read(profile, raw) for profile in ("apc/ups", "rfc1628/ups"))
    both = {q for q in powernet.keys() & standard.keys() if not q.startswith("alarm.")}
    assert {"ups.status", "battery.status", "battery.runtime", "input.voltage", "output.realpower"} <= both
    for quantity in both:
        assert powernet[quantity] == pytest.approx(standard[quantity], abs=0.5), quantity
