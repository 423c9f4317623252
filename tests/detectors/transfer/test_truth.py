"""Three-valued logic against its own words."""

import itertools

import numpy as np
import pytest

from detectors.truth import FALSE, TRUE, UNKNOWN, among, enough, every, first_known, reaches, since, some

VALUES = (TRUE, UNKNOWN, FALSE)


def truths(*values):
    return np.array(values, np.int8)


@pytest.mark.parametrize("pair", list(itertools.product(VALUES, VALUES)))
def test_and_and_or_are_false_or_true_only_where_that_is_sure(pair):
    possible = [set({TRUE: [True], FALSE: [False], UNKNOWN: [True, False]}[v]) for v in pair]
    outcomes = {a and b for a in possible[0] for b in possible[1]}
    expected = {frozenset([True]): TRUE, frozenset([False]): FALSE}.get(frozenset(outcomes), UNKNOWN)
    assert every(truths(*pair)) == expected
    outcomes = {a or b for a in possible[0] for b in possible[1]}
    expected = {frozenset([True]): TRUE, frozenset([False]): FALSE}.get(frozenset(outcomes), UNKNOWN)
    assert some(truths(*pair)) == expected


def test_a_level_that_is_unknown_reaches_nothing_and_is_nothing():
    levels = np.array([-1, 0, 2, 3], np.int8)
    assert reaches(levels, 2).tolist() == [UNKNOWN, FALSE, TRUE, TRUE]
    assert among(levels, 0, 3).tolist() == [UNKNOWN, TRUE, FALSE, TRUE]


def test_the_first_witness_that_can_be_seen_counts():
    assert first_known(truths(UNKNOWN, FALSE), truths(TRUE, TRUE)).tolist() == [TRUE, FALSE]


@pytest.mark.parametrize("members", list(itertools.product(VALUES, repeat=3)))
@pytest.mark.parametrize("needs", [0, 1, 2, 3])
def test_enough_of_a_group_is_sure_or_open(members, needs):
    told = enough(truths(*members), np.ones((1, 3), bool), np.array([needs]))[0]
    sure, open_ = members.count(TRUE), members.count(UNKNOWN)
    assert told == (TRUE if sure >= needs else UNKNOWN if sure + open_ >= needs else FALSE)


def test_a_spell_is_broken_by_false_and_not_by_silence():
    began = np.array([0, 5, 5, 5])
    assert since(began, truths(TRUE, TRUE, UNKNOWN, FALSE), 9).tolist() == [9, 5, 5, 0]
