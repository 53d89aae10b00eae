"""Fusion of ranked lists, and context, as pure functions."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st
from utterances import told

from modelatlas.graph.search import NEIGHBOUR_SHARE, adjacent_turns, fused, in_context

RANKING = st.lists(st.sampled_from("abcdefgh"), unique=True)
RANKINGS = st.lists(RANKING, max_size=4)
SCORES = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0.1, 30))
PAIRS = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("abcdefgh")).filter(lambda it: it[0] < it[1]))


def order(rankings: list[str], limit: int = 99) -> str:
    return "".join(thing for thing, _ in fused(rankings, limit))


def test_two_lists_are_taken_in_turn_and_the_first_list_first() -> None:
    assert order(["ab", "xyz"]) == "axbyz"


def test_what_two_lists_have_comes_once_and_before_what_one_has() -> None:
    assert order(["abc", "xcy"]) == "caxby"
    assert fused(["abc", "xcy"], 1) == [("c", 1 / 63 + 1 / 62)]


def test_a_list_that_has_a_thing_twice_counts_it_once() -> None:
    assert fused(["aab"], 9) == [("a", 1 / 61), ("b", 1 / 62)]


@given(RANKINGS, st.integers(-2, 12))
def test_nothing_is_lost_and_nothing_comes_twice(rankings: list[list[str]], limit: int) -> None:
    found = [thing for thing, _ in fused(rankings, limit)]
    every = {thing for ranking in rankings for thing in ranking}
    assert len(found) == len(set(found)) == max(0, min(limit, len(every)))
    assert set(found) <= every


@given(RANKINGS)
def test_scores_fall_and_only_what_several_lists_have_exceeds_the_best_of_one(rankings: list[list[str]]) -> None:
    found = fused(rankings, 99)
    scores = [score for _, score in found]
    assert scores == sorted(scores, reverse=True)
    for thing, score in found:
        times = sum(thing in ranking for ranking in rankings)
        assert 0 < score <= times / 61


@given(RANKING)
def test_one_list_keeps_its_order(ranking: list[str]) -> None:
    assert [thing for thing, _ in fused([ranking, []], 99)] == ranking


def test_a_turn_between_two_that_match_rises_most() -> None:
    scores = {"first": 4.0, "second": 2.0, "third": 6.0, "alone": 5.0}
    pairs = [("first", "second"), ("second", "third"), ("third", "silent"), ("silent", "alone")]
    share = NEIGHBOUR_SHARE
    expected = {"first": 4 + share * 2, "second": 2 + share * (4 + 6), "third": 6 + share * 2, "alone": 5.0}
    assert in_context(scores, pairs) == expected


@given(SCORES, PAIRS, st.randoms(use_true_random=False))
def test_the_order_of_turns_and_pairs_does_not_matter(
    scores: dict[str, float], pairs: list[tuple[str, str]], random: Random
) -> None:
    turns, again = list(scores.items()), [*pairs, *pairs]
    random.shuffle(turns)
    random.shuffle(again)
    assert in_context(dict(turns), again) == in_context(scores, pairs)


@given(SCORES, PAIRS)
def test_context_lowers_no_score_and_gives_none_to_what_has_none(
    scores: dict[str, float], pairs: list[tuple[str, str]]
) -> None:
    found = in_context(scores, pairs)
    assert found.keys() == scores.keys()
    assert all(found[turn] >= scores[turn] for turn in scores)
    touched = {turn for pair in pairs if set(pair) <= scores.keys() for turn in pair}
    assert {turn for turn in scores if found[turn] != scores[turn]} == touched


def test_turns_are_adjacent_within_a_session_by_when_they_were_said() -> None:
    at = ("2025-01-03", "2025-01-01", "2025-01-02")
    late, early, middle = (told(day, day, source=day, session="one") for day in at)
    other = told("elsewhere", "2025-01-02", source="other", session="two")
    page = told("a page", "2025-01-02", source="page")
    expected = {(early.id, middle.id), (middle.id, late.id)}
    assert adjacent_turns([late, other, early, page, middle]) == expected
    assert adjacent_turns([page, middle, early, other, late]) == expected
