"""Finding, resolving and matching profiles."""

from collections.abc import Callable
from pathlib import Path

import pytest

from device_profiles import library
from device_profiles.library import ProfileError

HEAD = 'vendor = "Acme"\nmodel = "Card"\nkind = "ups"\nprotocol = "snmp"\nsource = ["invented"]\n'
MIXIN = 'source = ["invented"]\n'


def _point(quantity: str, arc: int, *more: str) -> str:
    return "\n".join(["[[point]]", f'quantity = "{quantity}"', f'oid = "1.3.6.1.4.1.99999.{arc}.0"', *more, ""])


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def write_file(name: str, *parts: str) -> Path:
        path = tmp_path / "acme" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(parts), encoding="utf-8")
        return path

    return write_file


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[..., Path]) -> Callable[..., Path]:
    """A library of one's own; what is written there is found by name."""
    monkeypatch.setattr(library, "DATA", tmp_path)
    caches = (library.names, library.load, library.catalogue)
    for cache in caches:
        cache.cache_clear()
        monkeypatch.setattr(library, cache.__name__, cache)
    yield write  # type: ignore[misc]
    for cache in caches:
        cache.cache_clear()


def test_installed_profiles_are_without_fault() -> None:
    """Every profile that is delivered can be read."""
    assert list(library.faults()) == []
    assert {"rfc1628/ups", "apc/ups", "apc/transfer-switch", "apc/rack-pdu", "schneider/pm5000", "dse/gencomm"} <= set(
        library.names()
    )


def test_profiles_say_where_their_facts_are_from_and_what_was_seen() -> None:
    """Every profile names its source; every point of an SNMP profile that a recording showed says what was seen."""
    for name in library.names():
        assert library.load(name).source
    for name in ("rfc1628/ups", "apc/rack-pdu", "apc/modular-pdu"):
        assert [p.quantity for p in library.load(name).point if p.seen is None and p.lists is None] == []


def test_bases_merge_from_left_to_right_and_own_points_last(write: Callable[..., Path]) -> None:
    """The same quantity replaces, `drop` takes away what bases brought, and nothing else merges."""
    write("_one.toml", MIXIN, _point("battery.charge", 1, "scale = 0.1"), _point("battery.voltage", 1))
    write("_two.toml", MIXIN, _point("battery.charge", 2), _point("battery.current", 2), _point("ups.load", 2))
    own = write(
        "card.toml",
        HEAD,
        'extends = ["_one", "_two"]\ndrop = ["battery.current"]\n',
        _point("ups.load", 3),
        _point("ups.temperature", 3),
    )
    profile = library.load_file(own)
    read = {p.quantity: (p.oid or "").split(".")[-2] for p in profile.point}
    assert read == {"battery.charge": "2", "battery.voltage": "1", "ups.load": "3", "ups.temperature": "3"}
    assert next(p.scale for p in profile.point if p.quantity == "battery.charge") == 1.0
    assert profile.name == "acme/card"


def test_a_dropped_quantity_may_come_back_as_one_s_own(write: Callable[..., Path]) -> None:
    """`drop` is about what bases bring, and does not reach the file's own points."""
    write("_one.toml", MIXIN, _point("battery.charge", 1))
    own = write("card.toml", HEAD, 'extends = ["_one"]\ndrop = ["battery.charge"]\n', _point("battery.charge", 9))
    assert library.load_file(own).point[0].oid == "1.3.6.1.4.1.99999.9.0"


def test_quantity_twice_in_one_file_is_a_fault(write: Callable[..., Path]) -> None:
    """Two points of one file with the same quantity are a slip, not a replacement."""
    own = write("card.toml", HEAD, _point("battery.charge", 1), _point("battery.charge", 2))
    with pytest.raises(ProfileError, match=r"point\[1\] battery\.charge: stands in this file twice"):
        library.load_file(own)


def test_faults_of_mixin_and_profile_come_together(write: Callable[..., Path]) -> None:
    """What is wrong in a mix-in is told with the mix-in's file, beside what is wrong in the profile."""
    write("_one.toml", MIXIN, _point("battery.charge", 1, 'scale = "a"'))
    own = write("card.toml", HEAD, 'extends = ["_one"]\n', _point("ups.load", 1, "offset = true"))
    with pytest.raises(ProfileError) as caught:
        library.load_file(own)
    assert {(Path(f.file).name, f.key) for f in caught.value.faults} == {
        ("_one.toml", "point[0] battery.charge.scale"),
        ("card.toml", "point[0] ups.load.offset"),
    }


def test_missing_file_says_so(tmp_path: Path) -> None:
    """A file that is not there is one fault with its path, and no traceback."""
    with pytest.raises(ProfileError, match=r"card\.toml: cannot be read: No such file"):
        library.load_file(tmp_path / "card.toml")


def test_unknown_name_lists_the_known() -> None:
    """Who asks for a profile that does not exist is told which do."""
    with pytest.raises(ProfileError, match=r"acme/none: no such profile; there are .*rfc1628/ups"):
        library.load("acme/none")


def test_faulty_file_hides_no_other(shelf: Callable[..., Path]) -> None:
    """One bad file is told of and skipped; the others are found and match as if it were not there."""
    shelf("bad.toml", "vendor = ")
    shelf("good.toml", HEAD, '[match]\nsys_object_id = ["1.3.6.1.4.1.99999.1"]\n', _point("ups.load", 1))
    assert library.names() == ("acme/bad", "acme/good")
    assert library.match_sys_object_id("1.3.6.1.4.1.99999.1") == ("acme/good",)
    assert [fault.file.endswith("bad.toml") for fault in library.faults()] == [True]


def test_longest_match_wins_then_rank_then_name(shelf: Callable[..., Path]) -> None:
    """An exact sysObjectID beats a subtree, a deeper subtree beats a wider one, and rank decides between equals."""
    for name, match in (
        ("wide", 'sys_object_id = ["1.3.6.1.4.1.99999.*"]\nrank = 99'),
        ("deep", 'sys_object_id = ["1.3.6.1.4.1.99999.7.*"]'),
        ("deeper-by-rank", 'sys_object_id = ["1.3.6.1.4.1.99999.7.*"]\nrank = 1'),
        ("exact", 'sys_object_id = ["1.3.6.1.4.1.99999.7.1"]\nrank = -5'),
    ):
        shelf(f"{name}.toml", HEAD, f"[match]\n{match}\n", _point("ups.load", 1))
    deep = ("acme/deeper-by-rank", "acme/deep", "acme/wide")
    assert library.match_sys_object_id("1.3.6.1.4.1.99999.7.1") == ("acme/exact", *deep)
    assert library.match_sys_object_id(".1.3.6.1.4.1.99999.7.2.5") == deep
    assert library.match_sys_object_id("1.3.6.1.4.1.99999.70") == ("acme/wide",)
    assert library.match_sys_object_id("1.3.6.1.4.1.999990.7") == ()
    assert library.match_sys_object_id("0.0") == ()


def test_probing_tries_what_knows_most_first() -> None:
    """A vendor's own profile is tried before the UPS-MIB, which many vendors' agents answer as well."""
    names = [profile.name for profile in library.probe_candidates("snmp")]
    assert names.index("apc/ups") < names.index("rfc1628/ups")
    assert [profile.name for profile in library.probe_candidates("modbus")] == ["dse/gencomm"]
