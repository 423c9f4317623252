"""A first profile of whatever a walk holds."""

import tomllib

from hypothesis import given, settings
from hypothesis import strategies as st

from device_profiles import library
from device_profiles.schema import Profile
from device_profiles.walk import Walk, read_walk
from telemetry.draft.draft import NothingToReadError, draft

_OIDS = st.builds(
    lambda maker, arcs: ".".join(map(str, (1, 3, 6, 1, 4, 1, maker, *arcs))),
    st.sampled_from([318, 99_999]),
    st.lists(st.integers(0, 4), min_size=1, max_size=5),
)
_WORDS = st.one_of(
    st.integers(-(2**31), 2**64),
    st.sampled_from([0, -1, 230, 2301, 23_010, 231, 232, 500, 501, 5412, 25, 65_535]),
    st.binary(max_size=12),
    st.sampled_from(
        [b"12.3 Amps", b"16 A", b"30 C", b"mV", b"V", b'AC "Mains" \\ 1', b"Battery Voltage", b"Temp 1", b"50.0 Hz"]
    ),
    st.text(max_size=8).map(lambda text: text.encode()),
    st.sampled_from(["1.3.6.1.4.1.318.1", "0.0", "10.1.2.3"]),
)
_KNOWN = {name: points for name, points in library.bases().items() if name in {"_ups_mib", "apc/_powernet"}}
_OTHERS = (library.load("rfc1628/ups"),)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(_OIDS, _WORDS, max_size=40))
def test_whatever_a_walk_holds_gives_a_sound_profile_or_none(walk: Walk) -> None:
    """The file is TOML and without fault, and its recording can be read again; nothing else is ever raised."""
    try:
        made = draft(walk, known=_KNOWN, among=_OTHERS)
    except NothingToReadError:
        return
    table = tomllib.loads(made.profile)
    if made.sure:
        Profile.model_validate(table)
    assert all(oid in read_walk(made.walk) for each in made.sure for oid in [each.guess.oid])


def test_a_scalar_next_to_the_maker_s_number_recognises_its_device() -> None:
    """The subtree by which a device is known lies above its objects, however short their OIDs are."""
    walk: Walk = {
        "1.3.6.1.4.1.99999.1.1.0": b"AC Mains",
        "1.3.6.1.4.1.99999.1.2.0": b"Battery Voltage",
        "1.3.6.1.4.1.99999.2.1.0": 23_040,
        "1.3.6.1.4.1.99999.2.2.0": 5_390,
    }
    made = draft(walk, known={}, among=())
    assert [(p.quantity, p.guess.scale) for p in made.sure] == [("input.voltage", 0.01), ("battery.voltage", 0.01)]
    assert made.match.tree == ("1.3.6.1.4.1.99999.2.1",)
    assert made.match.sys_object_id == ()
