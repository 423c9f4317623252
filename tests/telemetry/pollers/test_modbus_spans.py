"""How registers are joined into reads: against a plain oracle, for any device."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from telemetry.pollers.modbus_spans import GAP, join, span_of

spaces = st.sampled_from(["holding", "input", "coil", "discrete"])
values = st.builds(
    lambda space, first, words: (space, first, 1 if space in ("coil", "discrete") else words),
    spaces,
    st.integers(0, 400),
    st.sampled_from([1, 1, 2, 4]),
)
places = st.frozensets(st.tuples(spaces, st.integers(0, 400)), max_size=30)


def registers(space, first, words):
    return {(space, first + i) for i in range(words)}


def covered(span):
    return registers(span.space, span.start, span.count)


def most(space, limit):
    return min(2000, 16 * limit) if space in ("coil", "discrete") else limit


@given(st.lists(values, max_size=40), st.integers(1, 125), places, places)
def test_brings_every_value_that_is_there_and_no_register_that_is_absent(wanted, limit, absent, cuts):
    spans = join(wanted, limit=limit, absent=absent, cuts=cuts)
    there = [v for v in wanted if not registers(*v) & absent]
    expected = set().union(*(registers(*v) for v in there)) if there else set()
    assert set().union(*(s.places for s in spans)) == expected if spans else not expected
    for span in spans:
        assert span.places <= covered(span)
        assert not covered(span) & absent
        assert span.count <= most(span.space, limit)
        assert span.start >= 0
        assert not {(span.space, n) for n in range(span.start + 1, span.start + span.count)} & {
            cut for cut in cuts if not any(cut in registers(*v) - {(v[0], v[1])} for v in there)
        }


@given(st.lists(values, max_size=40), st.integers(4, 125), places, places)
def test_tears_no_value(wanted, limit, absent, cuts):
    spans = join(wanted, limit=limit, absent=absent, cuts=cuts)
    for value in wanted:
        if not registers(*value) & absent:
            assert any(registers(*value) <= covered(span) for span in spans)


@given(st.lists(values, max_size=40), st.integers(4, 125), places)
def test_no_two_neighbours_could_have_been_one_read(wanted, limit, absent):
    spans = join(wanted, limit=limit, absent=absent)
    for left, right in pairwise(spans):
        if left.space != right.space:
            continue
        first = right.wanted[0]
        with_first = max(left.start + left.count, sum(first)) - left.start
        between = range(left.start + left.count, first[0])
        assert (
            with_first > most(left.space, limit)
            or len(between) > GAP
            or any((left.space, n) in absent for n in between)
        )


@given(st.lists(values, min_size=1, max_size=40), st.integers(4, 125))
def test_halves_bring_what_the_whole_would(wanted, limit):
    for span in join(wanted, limit=limit):
        halves = span.halves()
        if halves is None:
            assert len(span.wanted) == 1
        else:
            assert halves[0].places | halves[1].places == span.places
            assert all(half.count <= span.count for half in halves)


def test_neighbours_are_one_read_and_what_is_far_is_another():
    spans = join([("holding", 10, 2), ("holding", 12, 1), ("holding", 20, 1), ("holding", 200, 1)], limit=125)
    assert [(s.start, s.count) for s in spans] == [(10, 11), (200, 1)]


def test_a_read_ends_before_a_cut_and_before_an_absent_register():
    wanted = [("holding", n, 1) for n in (1, 3, 5, 7)]
    assert [(s.start, s.count) for s in join(wanted, limit=125, cuts={("holding", 5)})] == [(1, 3), (5, 3)]
    assert [(s.start, s.count) for s in join(wanted, limit=125, absent={("holding", 4)})] == [(1, 3), (5, 3)]
    assert [(s.start, s.count) for s in join(wanted, limit=125, absent={("holding", 3)})] == [(1, 1), (5, 3)]


def test_a_value_longer_than_the_limit_is_read_in_parts():
    assert [(s.start, s.count) for s in join([("holding", 0, 4)], limit=3)] == [(0, 3), (3, 1)]


def test_one_value_has_no_halves():
    assert span_of("holding", ((5, 2),)).halves() is None
